"""When and how a page is fetched again: after a transient failure, and when an article may have changed."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Any, Self

import msgspec

from ..errors import Failure
from ..profiles.model import Crawl
from ..store.interface import MAX_WAIT, Job

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Retries(msgspec.Struct, frozen=True, kw_only=True):
    """Number of retries, seconds before the first, and the statuses that are worth retrying."""

    times: int
    delay: float
    statuses: frozenset[int]

    @classmethod
    def of(cls, settings: Any, delay: float) -> Self:
        """Read Scrapy's settings. Over an archive (RETRY_ENABLED off) retrying is pointless."""
        enabled = settings.getbool("RETRY_ENABLED")
        statuses = frozenset(map(int, settings.getlist("RETRY_HTTP_CODES"))) if enabled else frozenset()
        return cls(times=settings.getint("RETRY_TIMES") if enabled else 0, delay=delay, statuses=statuses)

    def at(self, job: Job, now: float, after: float | None = None) -> float | None:
        """Return when to retry a page: the delay doubles each time; `after` is the server's Retry-After in seconds.

        Return None if all retries are used up, or if the server asks to wait longer than a run waits (`MAX_WAIT`).
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
    """Return the headers of the request for a page: its conditions, or no-cache after an unexpected 304."""
    if job.failure == Failure.NOT_MODIFIED:
        return {"Cache-Control": "no-cache", "Pragma": "no-cache"}
    return conditions(job)


def next_visit(crawl: Crawl, published: str | None, zone: tzinfo, now: float) -> float | None:
    """Return when to revisit an article, by its age; None means never.

    An article without a valid date is treated like the oldest that are revisited.
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
    """Return the number of seconds of a time span such as 6h."""
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])}).total_seconds()
