"""The headline in the page's title: on the pages of most layouts the title has it word for word."""

from __future__ import annotations

import re

from ..records.model import Record

_MARKS = re.compile(r"[\W_]+")
_CUT = 8
"""Minimum characters of the beginning of a headline in a title that is cut."""


def is_titled(record: Record) -> bool:
    """Return whether the page's title has the headline, or its beginning and an ellipsis."""
    headline, title = _plain(record.headline), _plain(record.title)
    is_cut = re.search(r"\.{2,}|…", record.title or "") is not None
    return headline in title or (is_cut and headline[:_CUT] in title)


def _plain(text: str | None) -> str:
    return _MARKS.sub("", text or "").lower()
