"""The lines of a page, measured: how long each is, how much of it is linked, whether it reads like prose.

All lines of a page are measured together, because one search of a page's text costs less than a thousand of its lines'.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Final

import msgspec

MARKS: Final = re.compile(r"[，。！？；、…,.!?;]")
"""Marks of punctuation that sentences have."""
_HANZI: Final = bytes(1 if 0x34 <= high < 0xA0 else 0 for high in range(256))
"""Whether a character from U+3400 to U+9FFF begins so in UTF-16: Chinese ones do."""
_BITS: Final = {0x00: 1, 0x20: 2, 0x30: 4, 0xFF: 8}
"""A bit for each first byte, in UTF-16, of `MARKS`."""
_FIRST: Final = bytes(_BITS.get(byte, 0) for byte in range(256))
_SECOND: Final = bytes(
    sum(bit for high, bit in _BITS.items() if MARKS.fullmatch(chr(high << 8 | low))) for low in range(256)
)
"""The bits of the first bytes with which a second byte is a mark."""
_ASTRAL: Final = re.compile("[\U00010000-\U0010ffff]")
_UNMARKED: Final = 19
"""Length up to which a line's marks are not counted."""
PROSE: Final = 50
"""Characters from which a line with marks reads like prose."""


class Line(msgspec.Struct, gc=False):
    """One line: its text with white space collapsed, and the number of the element around it.

    `length` counts the characters, Chinese ones double because they say as much, `linked` those in `links`; `hanzi` is
    the share of Chinese ones in percent, `marks` the number of marks that sentences have; `prose` is the length of a
    line that reads like prose, 0 of any other.
    """

    text: str
    element: int
    links: int
    length: int
    linked: int
    hanzi: int
    marks: int
    prose: int


class Lines:
    """The lines of a page as columns, of which `Line` is a row; and their sums before each line by number.

    `found` are the lines as the page has them: text, element, linked characters, links.
    """

    def __init__(self, found: Sequence[tuple[str, int, int, int]]) -> None:
        raw, elements, linked, links = zip(*found, strict=True) if found else ((), (), (), ())
        self.texts = [" ".join(text.split()) for text in raw]
        self.elements: Sequence[int] = elements
        self.links: Sequence[int] = links
        self.lengths: list[int] = []
        self.linked: list[int] = []
        self.hanzi: list[int] = []
        self.marks: list[int] = []
        self.prose: list[int] = []
        self._measure(linked)

    def _measure(self, linked: Sequence[int]) -> None:
        lengths, linkeds, hanzis, marks, proses = self.lengths, self.linked, self.hanzi, self.marks, self.prose
        hanzi_in, unmarked_in = _counters(self.texts)
        end = -1
        for text, within in zip(self.texts, linked, strict=True):
            count = len(text)
            start = end + 1
            end = start + count
            hanzi = 0 if text.isascii() else hanzi_in(1, start, end)
            length = count + hanzi
            inside = min(within, count) * length // count if within else 0
            mark = prose = 0
            if length > _UNMARKED and inside < length:
                mark = count - unmarked_in(0, start, end)
                if mark and length >= PROSE and inside * 5 < length * 2:
                    prose = length - inside
            lengths.append(length)
            linkeds.append(inside)
            hanzis.append(100 * hanzi // count if hanzi else 0)
            marks.append(mark)
            proses.append(prose)

    def rows(self) -> list[Line]:
        """Return the lines one by one."""
        return [*map(Line, self.texts, self.elements, self.links, self.lengths, self.linked, self.hanzi, self.marks,
                     self.prose)]  # fmt: skip


def signs_in(texts: Sequence[str]) -> tuple[list[int], list[int]]:
    """Return the numbers of Chinese characters (U+3400 to U+9FFF) and of `MARKS` in each text."""
    hanzi_in, unmarked_in = _counters(texts)
    ends = [*accumulate((len(text) + 1 for text in texts), initial=0)]
    places = [(start, end - 1) for start, end in pairwise(ends)]
    return (
        [hanzi_in(1, start, end) for start, end in places],
        [end - start - unmarked_in(0, start, end) for start, end in places],
    )


def _counters(texts: Sequence[str]) -> tuple[Callable[[int, int, int], int], Callable[[int, int, int], int]]:
    """Return two functions of a value, a start and an end, as of the texts joined by one character.

    The first counts the Chinese characters as 1, the second those that are none of `MARKS` as 0.
    """
    joined = "\n".join(texts)
    coded = joined.encode("utf-16-le", "surrogatepass")
    if len(coded) != 2 * len(joined):  # characters of two units each would shift those after them
        coded = _ASTRAL.sub("\n", joined).encode("utf-16-le", "surrogatepass")
    low, high = coded[::2], coded[1::2]
    both = int.from_bytes(low.translate(_SECOND), "little") & int.from_bytes(high.translate(_FIRST), "little")
    return high.translate(_HANZI).count, both.to_bytes(len(low), "little").count


def lines_with(texts: Sequence[str], words: Sequence[str]) -> list[int]:
    """Return for each text, and for the end, how many before it have any of the words (no white space)."""
    found = bytearray(len(texts))
    joined = "\n".join(texts)
    for word in words:
        number = 0
        for part in joined.split(word)[:-1]:
            number += part.count("\n")
            found[number] = 1
    return [*accumulate(found, initial=0)]
