"""Publishes a run's results from the store when the spider is closed."""

from __future__ import annotations

from typing import Self

import msgspec
from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from ..report.run import FINISHED
from .portal import PortalSpider


class RunOutput:
    """A Scrapy extension rather than a pipeline: records are stored before any pipeline sees them."""

    def __init__(self, crawler: Crawler, spider: PortalSpider) -> None:
        self._crawler = crawler
        self._spider = spider

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the extension; raises NotConfigured for spiders of other kinds, which have no run."""
        if not isinstance(crawler.spider, PortalSpider):
            raise NotConfigured
        output = cls(crawler, crawler.spider)
        crawler.signals.connect(output.close, signals.spider_closed)
        return output

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
        line = crawl.run.close(store, reason, complete=reason == FINISHED or crawl.selection.archive is not None)
        if store is not None:
            store.close()
        for name, count in msgspec.structs.asdict(line.counts).items():
            self._crawler.stats.set_value(f"portalsieve/{name}", count)
        if crawl.archive is not None:
            crawl.archive.close()
