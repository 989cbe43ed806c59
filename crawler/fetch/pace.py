"""A host is asked no faster than its profile and its robots.txt allow, whoever asks, and also after a restart."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from crawler.page.urls import host

SLICE = 0.25
"""Seconds after which a wait looks whether the crawl goes on at all."""


class Stopped(IgnoreRequest):
    """A request that was not sent because the crawl ends."""


class Paced:
    """Mixed into a download handler: each request waits for its host's turn, which the project's store gives.

    That is the last moment before a request is sent, so redirects and robots.txt wait as well, and turns are taken in
    the order of sending. Scrapy's own delay knows only what one process has sent.
    """

    crawler: Any

    async def download_request(self, request: Request) -> Response:
        """Wait for the host's turn, then fetch. Raises Stopped."""
        spider = self.crawler.spider
        ledger = getattr(spider, "ledger", None)
        if ledger is not None:
            name, delay = host(request.url), self.crawler.settings.getfloat("DOWNLOAD_DELAY")
            delay = max(delay, spider.crawl_delays.get(name, 0.0))
            while (wait := ledger.store.take_turn(name, delay, time.time())) > 0:
                if spider.stopping:
                    raise Stopped(f"{request.url}: the crawl ends")
                await asyncio.sleep(min(wait, SLICE))
        response: Response = await super().download_request(request)  # type: ignore[misc]
        return response


class PacedHandler(Paced, HTTP11DownloadHandler):
    """Scrapy's handler for http and https, paced."""
