"""Rows of the store's tables as structs and back, each compared with its seal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from crawler.store.errors import StoreDamaged
from crawler.store.interface import Job, PageKind, State
from crawler.store.schema import COLUMNS, seal

FRONTIER = ", ".join((*COLUMNS, "seal"))
ADD = f"INSERT INTO frontier ({FRONTIER}) VALUES ({', '.join('?' * (len(COLUMNS) + 1))})"  # noqa: S608
CHANGED = slice(3, None)
"""The values of a row that may change: not the number, nor whose page it is, which would cost an index each time."""
CHANGE = (
    f"UPDATE frontier SET {', '.join(f'{column} = ?' for column in (*COLUMNS, 'seal')[CHANGED])}"  # noqa: S608
    " WHERE number = ?"
)
REVISION = "sequence, site, id, run, number, content_hash, stored_at, line"

GONE = frozenset({404, 410})
"""Statuses that do not pass by themselves."""

_FORMS = msgspec.json.Decoder(tuple[str, ...])


def job_of(row: Sequence[Any], file: str) -> Job:
    """Return a row of the frontier as a struct; raises StoreDamaged."""
    *values, mark = row
    if seal(values) != mark:
        raise StoreDamaged(file, f"row {values[0]} of the frontier ({values[3]}) is not what was written")
    values[4], values[8], values[12] = PageKind(values[4]), State(values[8]), _FORMS.decode(values[12])
    return Job(**dict(zip(Job.__struct_fields__, values, strict=True)))


def job_values(job: Job) -> list[Any]:
    """Return the values of a row, with its seal."""
    values: list[Any] = list(msgspec.structs.astuple(job))
    values[4], values[8], values[12] = job.kind.value, job.state.value, msgspec.json.encode(job.forms).decode()
    return [*values, seal(values)]


def changed(job: Job, run: str | None, **values: Any) -> Job:
    """Return the row of a page that waits (again) for a run, as if it had not been tried."""
    again = at(job, values.pop("url", job.url))
    return msgspec.structs.replace(
        again, state=State.WAITING, run=run, tries=0, not_before=0.0, failure=None, reason=None, **values
    )


def at(job: Job, url: str) -> Job:
    """Return the row with another form of its URL in turn: what the server said of a version holds for one URL only."""
    return job if url == job.url else msgspec.structs.replace(job, url=url, etag=None, modified=None)


def next_form(job: Job) -> str | None:
    """Return the form of a page's URL that comes after the one in turn."""
    if job.url not in job.forms:
        return None
    following = job.forms[job.forms.index(job.url) + 1 :]
    return following[0] if following else None
