"""Publishes a run's results from the store when the spider is closed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Self

import msgspec
from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from ..report.figures import STATS
from ..report.run import FINISHED, CrawlCounts
from ..store.errors import StoreError
from .portal import PortalSpider

EVERY = 1.0
"""Seconds between two updates of Scrapy's stats."""


class RunOutput:
    """A Scrapy extension rather than a pipeline: records are stored before any pipeline sees them."""

    def __init__(self, crawler: Crawler, spider: PortalSpider) -> None:
        self._crawler = crawler
        self._spider = spider
        self._counted = 0.0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the extension; raises NotConfigured for spiders of other kinds, which have no run."""
        if not isinstance(crawler.spider, PortalSpider):
            raise NotConfigured
        output = cls(crawler, crawler.spider)
        crawler.signals.connect(output.close, signals.spider_closed)
        crawler.signals.connect(output.idle, signals.spider_idle)
        crawler.signals.connect(output.count, signals.response_received)
        return output

    def idle(self) -> None:
        """Decide about the records that are still held back, when nothing is left to fetch."""
        crawl = self._spider
        if crawl.watching is None or crawl.stopping:
            return
        try:
            crawl.watching.idle()
        except StoreError as error:
            crawl.stop_with_fault(str(error))

    def close(self, spider: Spider, reason: str) -> None:
        """Publish the run's files and its summary line, unless nothing was crawled (`scrapy shell`, `scrapy fetch`).

        A run over an archive cannot be resumed, so its results are published even if it was stopped early.
        """
        del spider
        crawl = self._spider
        if not crawl.started:
            return
        if crawl.pages is not None:
            crawl.pages.close()
        store = crawl.frontier.store if crawl.frontier is not None else None
        complete = reason == FINISHED or crawl.selection.archive is not None
        last = crawl.watching.last if crawl.watching is not None else None
        line = crawl.run.close(store, reason, complete=complete, last=last)
        if store is not None:
            store.close()
        self._publish(msgspec.structs.asdict(line.counts))
        if crawl.archive is not None:
            crawl.archive.close()

    def count(self) -> None:
        """Put the run's figures so far into Scrapy's stats, where exporters find them; at most once a second."""
        now = time.monotonic()
        if now - self._counted >= EVERY and self._spider.started:
            self._counted = now
            counts = self._spider.run.counts
            self._publish({name: counts[name] for name in CrawlCounts.__struct_fields__})

    def _publish(self, counts: Mapping[str, int]) -> None:
        stats = {f"{STATS}/{name}": count for name, count in counts.items()}
        for name, count in (stats | self._spider.run.figures.stats()).items():
            self._crawler.stats.set_value(name, count)
