"""White space: how a page's text is counted and displayed.

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
    """Return the squeezed `texts`, separated by line feeds."""
    return _without(ZERO_WIDTH, "\n".join(["".join(text.split()) for text in texts]))


def _without(chars: str, text: str) -> str:
    if not text.isascii():
        for char in chars:
            if char in text:  # searching is many times faster than replacing
                text = text.replace(char, "")
    return text


def size(text: str) -> int:
    """Return the number of characters of `text` that `squeeze` keeps."""
    joined = "".join(text.split())
    if joined.isascii():
        return len(joined)
    return len(joined) - sum(map(joined.count, ZERO_WIDTH))


def line_size(line: str) -> int:
    """Like `size`, for a text returned by `collapse`, whose white space is single spaces."""
    if line.isascii():
        return len(line) - line.count(" ")
    return len(line) - line.count(" ") - sum(map(line.count, ZERO_WIDTH))


def without_marks(text: str) -> str:
    """Return `text` without zero-width spaces and byte order marks; joiners stay, because emoji need them."""
    return _without(_MARKS, text)


def without_zero_width(text: str) -> str:
    """Return `text` without zero-width and replacement characters."""
    return _without(ZERO_WIDTH, text)


def collapse(text: str) -> str:
    """Return `text` with each run of white space replaced by one space, stripped."""
    return " ".join(text.split())
