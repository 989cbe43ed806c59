"""Doubts about a record: flags, and the evidence for them with its place."""

from __future__ import annotations

from collections.abc import Iterable

from crawler.page.text import collapse
from crawler.records.model import Doubt, Flag

MOST_DOUBTS = 20
"""Entries that a record keeps for one flag: a page with more of them is wrong as a whole."""
MOST_VALUES = 10
LONGEST_VALUE = 200
"""Characters that an entry keeps of a value."""


class Doubts:
    """Collects a page's flags and doubts; readers of its parts share one."""

    def __init__(self) -> None:
        self.flags: set[Flag] = set()
        self._found: dict[Doubt, None] = {}
        self._counts: dict[Flag, int] = {}

    def add(self, flag: Flag, where: str, values: Iterable[str] = ()) -> None:
        """Raise `flag` for what is at `where`: an XPath in the page, or the JSON pointer of a field of the record.

        `values` are what was found there, or the values that disagree. The same doubt twice is one; entries and values
        beyond the limits of this module are left out.
        """
        self.flags.add(flag)
        count = self._counts.get(flag, 0)
        if count >= MOST_DOUBTS:
            return
        kept: list[str] = []
        for value in values:
            if len(kept) == MOST_VALUES:
                break
            if text := collapse(value)[:LONGEST_VALUE].strip():
                kept.append(text)
        doubt = Doubt(flag, where, tuple(kept))
        if doubt not in self._found:
            self._found[doubt] = None
            self._counts[flag] = count + 1

    def entries(self) -> tuple[Doubt, ...]:
        """Return the doubts by flag, those of one flag in the order in which they were added."""
        return tuple(sorted(self._found, key=lambda doubt: doubt.flag))
