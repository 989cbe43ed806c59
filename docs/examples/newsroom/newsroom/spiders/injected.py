"""A spider whose callback asks for a record."""

from pathlib import Path

import scrapy
from portalsieve import Record
from scrapy_poet import DummyResponse


class InjectedSpider(scrapy.Spider):
    """Reads the pages whose URLs are in a file; scrapy-poet provides the record."""

    name = "injected"

    def __init__(self, urls="urls.txt", **arguments):
        super().__init__(**arguments)
        self.urls = Path(urls).read_text(encoding="utf-8").split()

    async def start(self):
        """Yield a request for each page."""
        for url in self.urls:
            yield scrapy.Request(url, self.parse_article, errback=self.without_record)

    def parse_article(self, response: DummyResponse, record: Record):
        """Yield the record."""
        yield record

    def without_record(self, failure):
        """Count a page without a record."""
        self.crawler.stats.inc_value(f"newsroom/{getattr(failure.value, 'failure', 'error')}")
