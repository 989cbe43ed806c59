"""Scrapy's view of the store: a scheduler that leases pages, and a middleware that settles their outcomes."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Self

from scrapy import Request, Spider
from scrapy.core.scheduler import BaseScheduler
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils.asyncio import call_later

from ..failpoints import failpoint
from ..store.errors import StoreError
from ..store.interface import Job, Outcome
from .frontier import Frontier
from .portal import PortalSpider

PAUSE = 2.0
"""Seconds between two checks whether a paused crawl can continue."""

log = logging.getLogger("portalsieve")


class StoreScheduler(BaseScheduler):
    """Takes the next page from the spider's frontier.

    Requests from the engine (redirects, which belong to a page in flight, and those of Scrapy's own commands) are kept
    in memory only: a page that was not settled is fetched again from its own row.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._aside: deque[Request] = deque()
        self._spider: PortalSpider | None = None
        self._timer: Any = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the object for a crawler."""
        return cls(crawler)

    def open(self, spider: Spider) -> None:
        """Remember the spider; its frontier is opened when it starts."""
        self._spider = spider if isinstance(spider, PortalSpider) else None

    def close(self, reason: str) -> None:
        """Cancel the timer."""
        del reason
        if self._timer is not None:
            self._timer.cancel()

    def has_pending_requests(self) -> bool:
        """Return whether pages are waiting that this run will fetch."""
        if self._aside:
            return True
        spider = self._spider
        if spider is None or spider.frontier is None or spider.stopping:
            return False
        try:
            return spider.frontier.pending
        except StoreError as error:
            spider.stop_with_fault(str(error))
            return False

    def enqueue_request(self, request: Request) -> bool:
        """Keep a request that the engine made itself."""
        self._aside.append(request)
        return True

    def next_request(self) -> Request | None:
        """Return the request for the next page that may be fetched now."""
        if self._aside:
            return self._aside.popleft()
        spider = self._spider
        if spider is None or spider.frontier is None or spider.stopping:
            return None
        try:
            now = time.time()
            while (job := self._next(spider, spider.frontier, now)) is not None:
                failpoint("fetch.before")
                try:
                    return spider.request_for(job)
                except ValueError as error:  # its host is not an address, such as http://[1:2]/
                    spider.settle(spider.failures.download_failed(job, job.url, error, now=now))
            self._wake(spider, now)
        except StoreError as error:
            spider.stop_with_fault(str(error))
        return None

    @staticmethod
    def _next(spider: PortalSpider, frontier: Frontier, now: float) -> Job | None:
        """Return the next page to fetch; pages over a cap are settled, and those of a changed layout set aside."""
        job = frontier.next(now)
        while job is not None:
            if spider.watching is not None and spider.watching.is_stopped(job):
                frontier.give_back(job)
                frontier.set_aside(spider.watching.is_stopped)
            elif (bound := frontier.cap_reached(job.url)) is not None:
                spider.settle_capped(job, bound)
            else:
                break
            job = frontier.next(now)
        return job

    def _wake(self, spider: PortalSpider, now: float) -> None:
        """Have the engine poll when the next page is due; its own clock is too coarse for Retry-After."""
        frontier, timer = spider.frontier, self._timer
        if frontier is None or (timer is not None and timer.when > now and not frontier.in_flight):
            return
        due = now + PAUSE if frontier.paused else frontier.due(now)
        if due is None or (timer is not None and now < timer.when <= due):
            return
        if timer is not None:
            timer.cancel()
        self._timer = _Timer(due, call_later(min(due - now, PAUSE), self._look, spider))

    def _look(self, spider: PortalSpider) -> None:
        self._timer = None
        slot = getattr(self._crawler.engine, "_slot", None)
        if slot is not None and not spider.stopping:
            slot.nextcall.schedule()


class _Timer:
    """A scheduled call and its time."""

    def __init__(self, when: float, call: Any) -> None:
        self.when = when
        self._call = call

    def cancel(self) -> None:
        """Cancel the call."""
        self._call.cancel()


class SettleMiddleware:
    """Settles each page: its record, the pages found on it and its state are written in one transaction.

    Only what was written reaches the pipelines and feed exports.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the object for a crawler."""
        return cls(crawler)

    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        """Replace outcomes with the records that were written."""
        spider = self._crawler.spider
        try:
            async for output in result:
                if not isinstance(output, Outcome) or not isinstance(spider, PortalSpider):
                    yield output
                elif (record := await spider.settle_soon(output)) is not None:
                    item = spider.item(record)
                    if item is not None:
                        yield item
        except Exception as error:
            job = response.request.cb_kwargs.get("job") if response.request is not None else None
            if isinstance(spider, PortalSpider) and job is not None:
                spider.settle_crashed(job, f"{type(error).__name__}: {error}")
            raise
