"""The lines of a page, measured: how long each is, how much of it is linked, whether it reads like prose.

All lines of a page are measured together, because one search of a page's text costs less than a thousand of its lines'.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate
from operator import add
from typing import Final

import msgspec

MARKS: Final = re.compile(r"[，。！？；、…,.!?;]")
"""Marks of punctuation that sentences have."""
_END, _HANZI = 1, 2
_BITS: Final = {0x00: 4, 0x20: 8, 0x30: 16, 0xFF: 32}
"""A bit for each first byte, in UTF-16, of `MARKS`."""
_FIRST: Final = bytes(
    _HANZI if 0x34 <= byte < 0xA0 else _BITS.get(byte, 0) | (0 if byte else _END) for byte in range(256)
)
"""What a character that begins with a byte may be: Chinese (U+3400 to U+9FFF), a mark, the end of a line."""
_SECOND: Final = bytes(
    sum(bit for high, bit in _BITS.items() if MARKS.fullmatch(chr(high << 8 | low)))
    | (_HANZI | _END if chr(low) == "\n" else _HANZI)
    for low in range(256)
)
"""What a character that goes on with a byte may be: it is the one thing that both bytes say, or none."""
_NOT_HANZI: Final = bytes(byte for byte in range(256) if byte not in {_END, _HANZI})
_NOT_MARKS: Final = bytes((0, _HANZI))
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
        self.texts = texts = [" ".join(text.split()) for text in raw]
        self.elements: Sequence[int] = elements
        self.links: Sequence[int] = links
        counts = [*map(len, texts)]
        hanzi, marks = signs_in(texts)
        self.lengths = lengths = [*map(add, counts, hanzi)]
        self.linked = linkeds = [
            min(within, count) * length // count if within else 0
            for within, count, length in zip(linked, counts, lengths, strict=True)
        ]
        self.hanzi = [100 * own // count if own else 0 for own, count in zip(hanzi, counts, strict=True)]
        self.marks = [
            own if length > _UNMARKED and inside < length else 0
            for own, length, inside in zip(marks, lengths, linkeds, strict=True)
        ]
        self.prose = [
            length - inside if own and length >= PROSE and inside * 5 < length * 2 else 0
            for own, length, inside in zip(self.marks, lengths, linkeds, strict=True)
        ]

    def rows(self) -> list[Line]:
        """Return the lines one by one."""
        return [*map(Line, self.texts, self.elements, self.links, self.lengths, self.linked, self.hanzi, self.marks,
                     self.prose)]  # fmt: skip


def signs_in(texts: Sequence[str]) -> tuple[list[int], list[int]]:
    """Return the numbers of Chinese characters (U+3400 to U+9FFF) and of `MARKS` in each text, which is one line."""
    if not texts:
        return [], []
    joined = "\n".join(texts)
    coded = joined.encode("utf-16-le", "surrogatepass")
    if len(coded) != 2 * len(joined):  # characters of two units each are neither; they would be taken for two others
        coded = _ASTRAL.sub(" ", joined).encode("utf-16-le", "surrogatepass")
    low, high = coded[::2], coded[1::2]
    both = int.from_bytes(low.translate(_SECOND), "little") & int.from_bytes(high.translate(_FIRST), "little")
    signs = both.to_bytes(len(low), "little")
    end = bytes((_END,))
    return (
        [*map(len, signs.translate(None, _NOT_HANZI).split(end))],
        [*map(len, signs.translate(None, _NOT_MARKS).split(end))],
    )


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
