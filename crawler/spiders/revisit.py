"""When and how a page is asked for again: after a failure that may pass, and when an article may have changed."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Any, Self

import msgspec

from crawler.errors import Failure
from crawler.profiles.model import Crawl
from crawler.store.interface import MAX_WAIT, Job

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """How often a page is tried beyond the first time, after how many seconds, and which statuses may pass."""

    times: int
    delay: float
    statuses: frozenset[int]

    @classmethod
    def of(cls, settings: Any, delay: float) -> Self:
        """Read Scrapy's settings; an archive (RETRY_ENABLED off) gives the same answer each time."""
        enabled = settings.getbool("RETRY_ENABLED")
        statuses = frozenset(map(int, settings.getlist("RETRY_HTTP_CODES"))) if enabled else frozenset()
        return cls(times=settings.getint("RETRY_TIMES") if enabled else 0, delay=delay, statuses=statuses)

    def at(self, job: Job, now: float, after: float | None = None) -> float | None:
        """Return when to try a page again: twice as late each time, or `after` seconds if the server says so.

        None: it was tried often enough, or the server asks for more patience than a run has.
        """
        if job.tries >= self.times or (after is not None and after > MAX_WAIT):
            return None
        return now + (after if after is not None else self.delay * 2**job.tries)


def conditions(job: Job) -> dict[str, str]:
    """Return the headers that make the request for a page conditional; empty unless a record of the page is stored.

    Without a stored record, a 304 (Not Modified) would leave nothing.
    """
    if job.revision is None or job.failure == Failure.NOT_MODIFIED:
        return {}
    headers = {"If-None-Match": job.etag, "If-Modified-Since": job.modified}
    return {name: value for name, value in headers.items() if value}


def request_headers(job: Job) -> dict[str, str]:
    """Return the headers of the request for a page: its conditions, or no-cache after a 304 that nobody asked for."""
    if job.failure == Failure.NOT_MODIFIED:
        return {"Cache-Control": "no-cache", "Pragma": "no-cache"}
    return conditions(job)


def look_at(crawl: Crawl, published: str | None, zone: tzinfo, now: float) -> float | None:
    """Return when an article should be looked at again, by its age; None: never.

    One without a date that can be read is treated as the oldest that are looked at.
    """
    age = _age(published, zone, now)
    if age is None:
        return now + _span(crawl.looks[-1].every) if crawl.looks else None
    return next((now + _span(look.every) for look in crawl.looks if age < _span(look.younger)), None)


def _age(published: str | None, zone: tzinfo, now: float) -> float | None:
    try:
        when = datetime.fromisoformat(published or "")
    except ValueError:
        return None
    return now - when.replace(tzinfo=when.tzinfo or zone).timestamp()


def _span(text: str) -> float:
    """Return the seconds of a span such as 6h."""
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])}).total_seconds()
