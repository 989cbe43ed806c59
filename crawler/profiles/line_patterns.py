"""Patterns for whole lines of text in a normalised form, so that one pattern matches every way of writing a line.

The plain form of a line is its NFKC form with Chinese punctuation as its half-width equivalents (，：（）。、“”《》
become , : ( ) . , " " < >) and without white space; the spaced form keeps one space where the line has white space.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import re2

from ..page.text import ZERO_WIDTH
from .patterns import pattern

_LIKES = {
    "。": ".", "、": ",", "·": "·", "・": "·", "•": "·", "‧": "·", "【": "[", "】": "]", "〔": "[", "〕": "]",
    "〖": "[", "〗": "]", "《": "<", "》": ">", "〈": "<", "〉": ">", "«": "<", "»": ">", "‹": "<", "›": ">",
    "“": '"', "”": '"', "„": '"', "‟": '"', "〝": '"', "〞": '"', "「": '"', "」": '"', "『": '"', "』": '"',
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "—": "-", "–": "-", "―": "-", "‒": "-", "‐": "-", "‑": "-", "−": "-",
    "〜": "~",
}  # fmt: skip
_MEMORY = 1 << 16
"""Maximum distinct characters that a form caches; a hostile text may contain a million."""


class _Form(dict[int, str]):
    """A table for `str.translate` that is filled when characters are first encountered."""

    def __init__(self, space: str) -> None:
        super().__init__()
        self.space = space

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char in ZERO_WIDTH:
            like = ""
        elif char.isspace():
            like = self.space
        else:
            like = "".join(_LIKES.get(c, c) for c in unicodedata.normalize("NFKC", char) if not c.isspace())
        if len(self) < _MEMORY:
            self[code] = like
        return like


_PLAIN = _Form("")
_SPACED = _Form(" ")


def plain(text: str) -> str:
    """Return the plain form of `text`."""
    return text.translate(_PLAIN)


def spaced(text: str) -> str:
    """Return the spaced form of `text`, whose white space must already be collapsed."""
    return text.translate(_SPACED)


class LinePattern:
    """A compiled pattern; raises ValueError if RE2 rejects `source`."""

    __slots__ = ("_compiled", "_spaced", "groups", "source")

    def __init__(self, source: str, *, spaced: bool = False) -> None:
        self._compiled: Any = pattern(source)
        self._spaced = spaced
        self.source = source
        self.groups: dict[str, int] = dict(self._compiled.groupindex)

    def read(self, text: str) -> dict[str, str] | None:
        """Return the named groups as written in `text`, or None if the pattern does not match."""
        form = _SPACED if self._spaced else _PLAIN
        match = self._compiled.fullmatch(text.translate(form))
        if match is None:
            return None
        if not self.groups:
            return {}
        places = [place for place, char in enumerate(text) for _ in form[ord(char)]]
        found = {}
        for name, number in self.groups.items():
            start, end = match.span(number)
            if end > start >= 0:
                found[name] = text[places[start] : places[end - 1] + 1]
        return found


T = TypeVar("T")


class LineFinder(Generic[T]):
    """Many patterns matched at once, in the order given."""

    def __init__(self, patterns: Iterable[tuple[T, LinePattern]]) -> None:
        self._patterns = list(patterns)
        options = re2.Options()
        options.log_errors = False
        self._set = re2.Set.FullMatchSet(options)
        for _, entry in self._patterns:
            self._set.Add(entry.source)
        self._set.Compile()

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def find(self, form: str) -> list[tuple[T, LinePattern]]:
        """Return the patterns that match the line `form`, each with the value it was given with."""
        return [self._patterns[number] for number in sorted(self._set.Match(form) or ())]
