"""The side of scrapy-playwright in `benchmarks.rendering`: renders the pages of a list and writes the URLs it got."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response

from crawler.fetch.browser import find_chromium

AT_ONCE = 4
SEEN: list[str] = []


class Rendered(Spider):
    """Asks for each page, and waits for its article and for a quiet network."""

    name = "rendered"

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the pages."""
        from scrapy_playwright.page import PageMethod  # noqa: PLC0415 - only `make bench` installs it

        waits = [PageMethod("wait_for_selector", ".body p"), PageMethod("wait_for_load_state", "networkidle")]
        for url in Path(sys.argv[1]).read_text(encoding="ascii").split():
            yield Request(url, meta={"playwright": True, "playwright_page_methods": waits}, dont_filter=True)

    def parse(self, response: Response) -> None:
        """Note a page that has its article."""
        if "号仓库空了三年" in response.text:
            SEEN.append(response.url)


def main() -> None:
    """Render the pages."""
    handler = "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    settings = {
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
        "PLAYWRIGHT_LAUNCH_OPTIONS": {
            "executable_path": find_chromium(),
            "args": ["--disable-gpu", "--blink-settings=imagesEnabled=false", *root],
            "proxy": {"server": os.environ["http_proxy"]},
        },
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": AT_ONCE,
        "CONCURRENT_REQUESTS": AT_ONCE,
        "CONCURRENT_REQUESTS_PER_DOMAIN": AT_ONCE,
        "DOWNLOAD_DELAY": 0,
        "ROBOTSTXT_OBEY": False,
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "LOG_LEVEL": "ERROR",
    }
    process = AsyncCrawlerProcess(settings)
    process.crawl(Rendered)
    process.start()
    Path(sys.argv[2]).write_text("".join(f"{url}\n" for url in SEEN), encoding="ascii")


if __name__ == "__main__":
    main()
