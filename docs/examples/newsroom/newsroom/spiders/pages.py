"""A spider of one's own that yields records."""

from pathlib import Path

import scrapy
from portalsieve import PageRefused, Quarantined
from portalsieve.addon import record_from


class PagesSpider(scrapy.Spider):
    """Reads the pages whose URLs are in a file."""

    name = "pages"

    def __init__(self, urls="urls.txt", **arguments):
        super().__init__(**arguments)
        self.start_urls = Path(urls).read_text(encoding="utf-8").split()

    def parse(self, response):
        """Yield the record of a page, or count why there is none."""
        try:
            yield record_from(response)
        except (Quarantined, PageRefused) as error:
            self.crawler.stats.inc_value(f"newsroom/{error.failure}")
