"""Wordings: patterns matched on whole lines of text in a plain form, so that one pattern fits every way of writing it.

The plain form of a line is its NFKC form with Chinese marks as their half-width likes (，：（）。、“”《》 become
, : ( ) . , " " < >) and without white space; the spaced form keeps one space where the line has white space.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any, Generic, TypeVar

import re2

from crawler.page.text import ZERO_WIDTH
from crawler.profiles.patterns import pattern

_LIKES = {
    "。": ".", "、": ",", "·": "·", "・": "·", "•": "·", "‧": "·", "【": "[", "】": "]", "〔": "[", "〕": "]",
    "〖": "[", "〗": "]", "《": "<", "》": ">", "〈": "<", "〉": ">", "«": "<", "»": ">", "‹": "<", "›": ">",
    "“": '"', "”": '"', "„": '"', "‟": '"', "〝": '"', "〞": '"', "「": '"', "」": '"', "『": '"', "』": '"',
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "—": "-", "–": "-", "―": "-", "‒": "-", "‐": "-", "‑": "-", "−": "-",
    "〜": "~",
}  # fmt: skip
_MEMORY = 1 << 16
"""Distinct characters that a form remembers; a hostile text may hold a million."""


class _Form(dict[int, str]):
    """A table for `str.translate` that is filled as characters are met."""

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
    """Return the spaced form of `text`, whose white space is collapsed already."""
    return text.translate(_SPACED)


class Wording:
    """One compiled pattern; raises ValueError where RE2 refuses `source`."""

    __slots__ = ("_compiled", "_spaced", "groups", "source")

    def __init__(self, source: str, *, spaced: bool = False) -> None:
        self._compiled: Any = pattern(source)
        self._spaced = spaced
        self.source = source
        self.groups: dict[str, int] = dict(self._compiled.groupindex)

    def read(self, text: str) -> dict[str, str] | None:
        """Return what the named groups stand for in `text` as it was written, None where it is another wording."""
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


class Finder(Generic[T]):
    """Many wordings tried at once: which of them a whole line is, in the order they were given."""

    def __init__(self, wordings: Iterable[tuple[T, Wording]]) -> None:
        self._wordings = list(wordings)
        options = re2.Options()
        options.log_errors = False
        self._set = re2.Set.FullMatchSet(options)
        for _, wording in self._wordings:
            self._set.Add(wording.source)
        self._set.Compile()

    def __bool__(self) -> bool:
        return bool(self._wordings)

    def find(self, form: str) -> list[tuple[T, Wording]]:
        """Return the wordings that `form` is, with what they were given with."""
        return [self._wordings[number] for number in sorted(self._set.Match(form) or ())]
