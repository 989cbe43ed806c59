"""Lines of a body that stand in other articles of the run too: promotions, statements of the portal."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Final

from ..records.model import Record

REPEATED: Final = "repeated"
"""The name of the doubt about a body with such a line."""
OTHERS: Final = 2
"""A line that this many other articles of the run have too is not the article's."""
_MOST_LINES: Final = 20_000
_SHORTEST: Final = 10
_LONGEST: Final = 300


def lines_of(record: Record) -> tuple[str, ...]:
    """Return digests of the lines of a body that would be remarkable in another article too."""
    texts = (block.text for block in record.blocks if block.text is not None)
    return tuple(dict.fromkeys(_digest(text) for text in texts if _SHORTEST <= len(text) <= _LONGEST))


def _digest(line: str) -> str:
    return hashlib.blake2b(line.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


class Repeats:
    """The lines of a run's articles, with the pages that have them."""

    def __init__(self) -> None:
        self._pages: dict[str, list[int]] = {}

    def add(self, number: int, lines: Sequence[str]) -> bool:
        """Add the lines of a page; return whether one of them stands in other articles too.

        Pages that share more than half of their lines are one article, under two URLs or revised.
        """
        shared = Counter(page for line in lines for page in self._pages.get(line, ()))
        same = {page for page, count in shared.items() if count * 2 > len(lines)} | {number}
        found = False
        for line in lines:
            pages = self._pages.setdefault(line, [])
            found = found or sum(page not in same for page in pages) >= OTHERS
            if len(pages) <= OTHERS and same.isdisjoint(pages):
                pages.append(number)
        while len(self._pages) > _MOST_LINES:
            del self._pages[next(iter(self._pages))]
        return found
