"""What a store keeps over time besides pages: the checks of sites for layout drift."""

from __future__ import annotations

from .interface import SiteCheckRow
from .tables import Numbered, Tables


class History:
    """The part of a store that keeps history. See `crawler.store.interface.Store` for the methods."""

    tables: Tables

    def add_check(self, check: SiteCheckRow) -> None:
        """Store a check for layout drift."""
        with self.tables.transaction():
            self.tables.add_check(self.tables.number(Numbered.CHECKS), check)

    def checks(self, site: str, limit: int) -> list[SiteCheckRow]:
        """Return the last checks of a site, in the order in which they were made."""
        return self.tables.checks(site, limit)
