"""What a store keeps over time: cursors into its revisions, and the checks of sites for layout drift."""

from __future__ import annotations

import re

from ..terminal import as_called
from .errors import BadCursor, StoreDamaged
from .interface import SiteCheckRow, Span
from .link import repeated
from .rows import cursor_at
from .tables import Numbered, Tables

_CURSOR = re.compile(r"[0-9a-f]{8}-([0-9]{1,18})-[0-9a-f]{8}")


class History:
    """The part of a store that keeps history. See `crawler.store.interface.Store` for the methods."""

    name: str
    tables: Tables

    @repeated
    def add_check(self, check: SiteCheckRow) -> None:
        """Store a check for layout drift."""
        with self.tables.transaction():
            self.tables.add_check(self.tables.number(Numbered.CHECKS), check)

    def checks(self, site: str, limit: int) -> list[SiteCheckRow]:
        """Return the last checks of a site, in the order in which they were made."""
        return self.tables.checks(site, limit)

    def since(self, site: str, cursor: str | None) -> Span:
        """Return the span of a site's revisions after a cursor; None means all of them."""
        tables = self.tables
        tables.flush()
        with tables.snapshot():
            last = tables.last_sequence()
            after = self._position(cursor, last) if cursor is not None else 0
            tally = tables.tally(site, after)
            if (tally.last or after, tally.records) != (last, last - after):
                raise StoreDamaged(self.name, f"records after {after}: {last - after} expected, {tally.records} found")
            return Span(
                after=after, last=last, records=tally.own, cursor=cursor_at(tables.ident, last, tables.mark(last))
            )

    def _position(self, cursor: str, last: int) -> int:
        """Return the sequence number that a cursor refers to."""
        shape = _CURSOR.fullmatch(cursor)
        if shape is None:
            raise BadCursor(
                f"{cursor or 'the empty string'} is not a cursor; "
                + as_called("`scrapy export` prints one at the end (next cursor: …); ")
                + "without --since it exports everything"
            )
        number = int(shape[1])
        if number > last or cursor != cursor_at(self.tables.ident, number, self.tables.mark(number)):
            raise BadCursor(
                f"{cursor} is not a cursor of {self.name} (or the store was restored from a backup since); "
                + as_called("use one that `scrapy export` printed for this store, or omit --since to export everything")
            )
        return number
