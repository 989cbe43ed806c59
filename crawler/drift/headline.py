"""The headline in the page's title: on the pages of most layouts the title has it word for word."""

from __future__ import annotations

import re

from ..records.model import Record

_MARKS = re.compile(r"[\W_]+")
_LETTER = re.compile(r"[^\W_]")
_BETWEEN = re.compile(r"[\W_]*\Z|[^\w\s]{0,6}[\s_|｜丨–—\-(（\[【<>·:：/]")
"""What stands between the headline and the rest of a title."""
_MOST = 0.5
"""The share of a title from which a headline in it is not the name of a channel or of the site."""
_CUT = 8
"""Minimum characters of the beginning of a headline in a title that is cut."""


def is_titled(record: Record) -> bool:
    """Return whether the page's title has the headline, or its beginning and an ellipsis."""
    headline, title = plain(record.headline), plain(record.title)
    is_cut = re.search(r"\.{2,}|…", record.title or "") is not None
    return headline in title or (is_cut and headline[:_CUT] in title)


def is_confirmed(record: Record) -> bool:
    """Return whether the headline makes up most of the page's title: then it is right, whatever element it is in."""
    headline, title = plain(record.headline), plain(record.title)
    return headline in title and is_bounded(record) and len(headline) > _MOST * len(title)


def plain(text: str | None) -> str:
    """Return the letters and digits of a text, in lower case."""
    return _MARKS.sub("", text or "").lower()


def is_bounded(record: Record) -> bool:
    """Return whether the headline in the title ends where that of the record does, if the title has the latter."""
    return is_bounded_in(record.headline or "", record.title or "")


def is_bounded_in(text: str, title: str) -> bool:
    """Return whether a headline ends where the one in a title does, if the title has it."""
    headline, title = plain(text), title.lower()
    if not headline:
        return True
    letters = plain(title)
    places = [letter.start() for letter in _LETTER.finditer(title) for _ in letter[0].lower()]
    at = letters.find(headline)
    found = at < 0
    while at >= 0 and not found:
        before, end = places[at], places[at + len(headline) - 1] + 1
        is_start = at == 0 or not title[before - 1].isalnum()
        found = is_start and _BETWEEN.match(title, end) is not None
        at = letters.find(headline, at + 1)
    return found
