"""White space: how the text of a page is counted and how it is shown.

The contract counts a page's text without white space; ``squeeze`` removes exactly what the contract calls white space
(Unicode white space, zero-width characters, U+FFFD), ``collapse`` keeps one space where there was some.
"""

from __future__ import annotations

from collections.abc import Iterable

ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\ufffd"
_MARKS = "\u200b\u2060\ufeff"


def squeeze(text: str) -> str:
    """Return `text` without any white space, zero-width character or replacement character."""
    return squeeze_lines((text,))


def squeeze_lines(texts: Iterable[str]) -> str:
    """Return `texts` as `squeeze` gives each of them, a line feed between them."""
    joined = "\n".join(["".join(text.split()) for text in texts])
    if not joined.isascii():
        for char in ZERO_WIDTH:
            if char in joined:  # to look is many times as fast as to replace
                joined = joined.replace(char, "")
    return joined


def size(text: str) -> int:
    """Return the number of characters of `text` that count: those that `squeeze` keeps."""
    joined = "".join(text.split())
    if joined.isascii():
        return len(joined)
    return len(joined) - sum(map(joined.count, ZERO_WIDTH))


def line_size(line: str) -> int:
    """Return what `size` does, of a text that `collapse` has been through: its white space are single spaces."""
    if line.isascii():
        return len(line) - line.count(" ")
    return len(line) - line.count(" ") - sum(map(line.count, ZERO_WIDTH))


def without_marks(text: str) -> str:
    """Return `text` without zero-width spaces and marks that editors paste; joiners stay, emoji need them."""
    if not text.isascii():
        for char in _MARKS:
            if char in text:
                text = text.replace(char, "")
    return text


def collapse(text: str) -> str:
    """Return `text` with each run of white space made one space, and none at its ends."""
    return " ".join(text.split())
