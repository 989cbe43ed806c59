"""Looks of a date: how it is written, and whether the page states the same moment elsewhere in another zone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Final

from ..page.text import squeeze
from ..records.model import Record
from .fingerprint import pattern

_STATED: Final = "stated"
AGAIN: Final = f"{_STATED} again"
_MOMENT = re.compile(
    r"([12](?<!\d[12])(?:(?<=1)9|(?<=2)0)\d\d)[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:\s+|T|&nbsp;)?(\d{1,2}):(\d{2})(?::(\d{2}))?(?!\d)"
)
"""Begins with the digit itself, which is looked for many times faster than what must not be before it."""
_SECONDS = re.compile(r"(1(?<![\d.]1)\d{9})(?:\d{3})?(?![\d.])")
"""Seconds, or milliseconds, since 1970."""
_WRITTEN = re.compile(
    r"((?:19|20)?\d\d)?\s*([-/.年])?\s*\d{1,2}\s*([-/.月])\s*\d{1,2}\s*日?(?:\s*T?\s*(\d{1,2}:\d{2}))?"
)
_DAY: Final = len("2026-02-20")
_TWICE: Final = 2
_MOST: Final = 300
"""Maximum moments on a page that are compared."""


def form_of(raw: str) -> str:
    """Return how a date is written: its order and whether it has a time; of other texts, the words."""
    found = _WRITTEN.search(raw)
    if found is not None:
        return f"{'year ' if found[1] else ''}{found[3]}{' time' if found[4] else ''}"
    return pattern(squeeze(raw))[:12]


def of_date(record: Record, source: str) -> Iterator[str]:
    """Yield how the date of publication is written, and how the moment differs from those that a page's source states.

    Both are as precise as minutes.
    `zone`: the source states one that is later by exactly the zone's hours: the one that is shown is in UTC, without
    saying so. `stated once`: the source states the moment nowhere else, as it does if it is `AGAIN`.
    """
    if record.date_published_raw is not None:
        yield f"form {form_of(record.date_published_raw)}"
    if record.date_published is None or len(record.date_published) <= _DAY:
        return
    published = datetime.fromisoformat(record.date_published)
    local = published.replace(tzinfo=None, second=0)
    stated = [moment for found in islice(_MOMENT.finditer(source), _MOST) if (moment := _moment(found)) is not None]
    hours = published.utcoffset()
    if hours and local + hours in stated:
        yield "zone"
    if stated.count(local) < _TWICE and (hours is None or local - hours not in stated):
        minute = int(published.timestamp()) // 60
        if not any(int(found[1]) // 60 == minute for found in _SECONDS.finditer(source)):
            yield f"{_STATED} once"
            return
    yield AGAIN


def _moment(found: re.Match[str]) -> datetime | None:
    try:
        year, month, day, hour, minute = (int(part) for part in found.groups()[:5])
        return datetime(year, month, day, hour, minute)
    except ValueError:
        return None
