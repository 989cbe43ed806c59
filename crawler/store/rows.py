"""Conversion between rows of the store's tables and structs; each row's checksum (`seal`) is verified."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec

from ..records.quarantine import QuarantineEntry
from .errors import StoreDamaged
from .interface import Job, PageKind, Revision, RunRow, SiteCheckRow, State
from .tables import NewRevision

COLUMNS = (
    "number", "site", "address", "url", "kind", "host", "priority", "depth", "state", "run", "tries",
    "not_before", "forms", "failure", "reason", "status", "layout", "etag", "modified", "look_at", "revision", "entry",
)  # fmt: skip
"""Columns of the frontier, in the order of `Job`; `seal` follows. `address` is the key, a reserved word in SQL."""
FRONTIER = ", ".join((*COLUMNS, "seal"))
CHANGED = slice(3, None)
"""The values of a row that may change: all but the number and the key, whose update would touch an index."""
REVISION = "sequence, site, id, run, number, content_hash, stored_at, line"
RUN = "id, site, scope, begun, state, counts, seal"

_FORMS = msgspec.json.Decoder(tuple[str, ...])


def seal(values: Sequence[Any], blob: bytes = b"") -> int:
    """Return the checksum of a row's values."""
    return zlib.crc32(blob, zlib.crc32(msgspec.json.encode(values)))


def cursor_at(ident: str, sequence: int, mark: int) -> str:
    """Return the cursor after a record. It has the record's checksum, so a store restored from a backup refuses it."""
    return f"{ident}-{sequence}-{mark:08x}"


def job_of(row: Sequence[Any], store: str) -> Job:
    """Return a row of the frontier as a struct; raises StoreDamaged."""
    *values, mark = row
    if seal(values) != mark:
        raise StoreDamaged(store, f"row {values[0]} of the frontier ({values[3]}) does not match its checksum")
    values[4], values[8], values[12] = PageKind(values[4]), State(values[8]), _FORMS.decode(values[12])
    return Job(**dict(zip(Job.__struct_fields__, values, strict=True)))


def job_values(job: Job) -> list[Any]:
    """Return the values of a frontier row, with its seal."""
    # PostgreSQL refuses the character, which a server may send in a header.
    values: list[Any] = [
        value.replace("\0", "\ufffd") if isinstance(value, str) and "\0" in value else value
        for value in msgspec.structs.astuple(job)
    ]
    values[4], values[8], values[12] = job.kind.value, job.state.value, msgspec.json.encode(job.forms).decode()
    return [*values, seal(values)]


def run_of(row: Sequence[Any], store: str) -> RunRow:
    """Return a row of the runs as a struct; raises StoreDamaged."""
    *values, mark = row
    if seal(values) != mark:
        raise StoreDamaged(store, f"the row of run {values[0]} does not match its checksum")
    ident, site, scope, begun, state, counts = values
    numbers = msgspec.json.decode(counts, type=dict[str, int])
    return RunRow(id=ident, site=site, scope=scope, begun=begun, open=state == "open", counts=numbers)


def run_values(run: RunRow) -> list[Any]:
    """Return the values of a run's row, with its seal."""
    state, counts = "open" if run.open else "closed", msgspec.json.encode(run.counts).decode()
    values: list[Any] = [run.id, run.site, run.scope, run.begun, state, counts]
    return [*values, seal(values)]


def revision_of(row: Sequence[Any], store: str, cursor: str) -> Revision:
    """Return a row of the records as a struct; raises StoreDamaged."""
    *values, line, mark = row
    if not isinstance(line, bytes) or seal(values, line) != mark:
        raise StoreDamaged(store, f"record {values[0]} ({values[2]}) does not match its checksum")
    sequence, site, ident, run, number, digest, stored_at = values
    return Revision(
        sequence=sequence, site=site, id=ident, run=run, number=number, content_hash=digest, stored_at=stored_at,
        line=line, cursor=cursor,
    )  # fmt: skip


def revision_values(revision: NewRevision) -> list[Any]:
    """Return the values of a record's row, with its seal."""
    *values, line = msgspec.structs.astuple(revision)
    return [*values, line, seal(values, line)]


def entry_of(row: Sequence[Any], run: str, store: str) -> QuarantineEntry:
    """Return a row of the quarantine (number, line, seal) as a struct; raises StoreDamaged."""
    number, line, mark = row
    if not isinstance(line, bytes) or seal((number, run), line) != mark:
        raise StoreDamaged(store, f"quarantine entry {number} does not match its checksum")
    return msgspec.json.decode(line, type=QuarantineEntry)


def check_of(row: Sequence[Any], store: str) -> SiteCheckRow:
    """Return a row of the checks (number, site, time, line, seal) as a struct; raises StoreDamaged."""
    *values, line, mark = row
    if not isinstance(line, bytes) or seal(values, line) != mark:
        raise StoreDamaged(store, f"check {values[0]} of {values[1]} does not match its checksum")
    return SiteCheckRow(site=values[1], checked_at=values[2], line=line)
