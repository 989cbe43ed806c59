"""Collects doubts about a record: flags, and evidence for them with its place."""

from __future__ import annotations

from collections.abc import Iterable

from ..page.text import collapse
from ..records.model import Doubt, Flag

MOST_DOUBTS = 20
"""Maximum entries per flag; a page with more is wrong as a whole."""
MOST_VALUES = 10
LONGEST_VALUE = 200
"""Maximum characters of a value in an entry."""


class Doubts:
    """A page's flags and doubts, shared by the readers of its parts."""

    def __init__(self) -> None:
        self.flags: set[Flag] = set()
        self._found: dict[Doubt, None] = {}
        self._counts: dict[Flag, int] = {}

    def add(self, flag: Flag, where: str, values: Iterable[str] = ()) -> None:
        """Raise `flag` for what is at `where`: an XPath in the page, or the JSON pointer of a field of the record.

        `values` are what was found there, or the values that disagree. Duplicates are ignored; entries and values
        over the limits of this module are dropped.
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
        """Return the doubts sorted by flag, those of one flag in the order of adding."""
        return tuple(sorted(self._found, key=lambda doubt: doubt.flag))
