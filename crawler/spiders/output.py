"""Writes what a crawl gives to output/, and ends the run's books when the spider is closed."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Self

import msgspec
from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler.records.model import Record
from crawler.spiders.portal import PortalSpider

log = logging.getLogger("portalsieve")


class RunOutput:
    """The last item pipeline: hands each record to the spider's `run`, and on to the feed exports as it was written."""

    def __init__(self, crawler: Crawler, spider: PortalSpider) -> None:
        self._crawler = crawler
        self._spider = spider
        self._stopping: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make one; spiders of another kind have no run, and the pipeline stays away."""
        if not isinstance(crawler.spider, PortalSpider):
            raise NotConfigured
        pipeline = cls(crawler, crawler.spider)
        crawler.signals.connect(pipeline.close, signals.spider_closed)
        return pipeline

    async def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Write a record; a disk that takes no more ends the crawl."""
        run = self._spider.run
        try:
            return run.record(Record.from_dict(item)).to_dict()
        except OSError as error:
            run.fault(str(error))
            if self._stopping is None:
                stop = self._crawler.engine.close_spider_async(reason="output cannot be written")
                self._stopping = asyncio.ensure_future(stop)
            raise
        except Exception as error:
            run.fault(f"{item.get('url')}: the record cannot be written: {error}")
            raise

    def close(self, spider: Spider, reason: str) -> None:
        """Close the run's files and write its line, unless nothing was crawled (`scrapy shell`, `scrapy fetch`)."""
        del spider
        if not self._spider.started:
            return
        run = self._spider.run
        run.duplicates = self._spider.frontier.duplicates
        line = run.close(reason)
        for name, count in msgspec.structs.asdict(line.counts).items():
            self._crawler.stats.set_value(f"portalsieve/{name}", count)
        if self._spider.archive is not None:
            self._spider.archive.close()
