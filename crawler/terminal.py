"""Text of pages and URLs on its way to a terminal or a log."""

from __future__ import annotations


def plain(text: str) -> str:
    """Return `text` on one line, with what a terminal or a log reader would obey written as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
