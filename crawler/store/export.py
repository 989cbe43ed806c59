"""Export of records that are new or changed since a cursor, for other projects to ingest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from ..records.model import Record
from ..records.revisions import ExportedRecord, RevisionMark, marked
from ..records.tables import Format, need_arrow, write_lines
from .errors import StoreDamaged
from .interface import Span, Store


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """The result of an export: the number of lines, and the cursor for the next export."""

    lines: int
    cursor: str


def export(
    store: Store,
    site: str,
    out: BinaryIO,
    *,
    since: str | None = None,
    wanted: Format = Format.JSONL,
    bare: bool = False,
    formulas: bool = False,
) -> Exported:
    """Write each revision of a site's articles that was stored after the cursor `since` to `out`, in that order.

    None: from the beginning. Each line has its `revision` (see `crawler.records.revisions`) unless `bare`. `formulas`:
    CSV keeps text that a spreadsheet may run as a formula. Records that a crawl stores meanwhile come after the
    returned cursor, which may be used once `out` is safe. Raises BadCursor before anything is written, NoArrow,
    StoreDamaged.
    """
    need_arrow(wanted)
    span = store.since(site, since)
    kind = Record if bare else ExportedRecord
    lines = write_lines(out, _lines(store, site, span, bare=bare), wanted, kind, formulas=formulas)
    if lines != span.records:
        raise StoreDamaged(store.name, f"records of {site}: {span.records} expected, {lines} found")
    return Exported(lines=lines, cursor=span.cursor)


def _lines(store: Store, site: str, span: Span, *, bare: bool) -> Iterator[bytes]:
    for revision in store.revisions(site=site, after=span.after):
        if revision.sequence > span.last:
            return
        if bare:
            yield revision.line
            continue
        mark = RevisionMark(
            name=revision.name,
            previous=revision.previous,
            run=revision.run,
            stored_at=revision.stored_at,
            cursor=revision.cursor,
        )
        yield marked(revision.line, mark)
