"""Rate limiting per host by profile and robots.txt, across processes and restarts."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from ..page.urls import host
from ..store.errors import StoreError
from .faults import Stopped
from .guarded import GuardedHandler
from .wire import WireFactory

SLICE = 0.25
"""Seconds between two checks whether the crawl is ending, during a wait."""

LATE = 0.01
"""Fraction of the delay by which a request may be late before its turn is counted from the moment of sending."""


class Paced:
    """Mixin for download handlers: each request waits for its host's turn, which is kept in the project's store.

    This is the last moment before a request is sent, so redirects and robots.txt wait as well, and turns are taken in
    the order of sending. Scrapy's own delay covers only the requests of one process.
    """

    crawler: Any

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)  # type: ignore[call-arg]
        self._turns: dict[str, float] = {}

    async def download_request(self, request: Request) -> Response:
        """Wait for the host's turn, then fetch. Raises Stopped."""
        spider, name = self.crawler.spider, host(request.url)
        frontier = getattr(spider, "frontier", None)
        if frontier is not None:
            delay = self.delay(name)
            now = time.time()
            while (wait := frontier.store.take_turn(name, delay, now)) > 0:
                if spider.stopping:
                    raise Stopped(f"{request.url}: the crawl is ending")
                await asyncio.sleep(min(wait, SLICE))
                now = time.time()
            self._turns[name] = now
        response: Response = await super().download_request(request)  # type: ignore[misc]
        return response

    def delay(self, name: str) -> float:
        """Return the seconds between two requests to a host; robots.txt may ask for more than the profile."""
        asked: float = self.crawler.spider.crawl_delays.get(name, 0.0)
        own: float = self.crawler.settings.getfloat("DOWNLOAD_DELAY")
        return max(own, asked)

    def sent(self, authority: str) -> None:
        """Count a host's delay from the moment of sending if DNS and connecting took long."""
        frontier, name = getattr(self.crawler.spider, "frontier", None), host(f"http://{authority}")
        if frontier is not None:
            delay, now = self.delay(name), time.time()
            if delay > 0 and now - self._turns.get(name, 0.0) > LATE * delay:
                with contextlib.suppress(StoreError):  # whatever asks the store next reports it
                    frontier.store.hold(name, now + delay)


class PacedHandler(Paced, GuardedHandler):
    """Scrapy's handler for http and https: rate-limited, guarded, and strict about HTTP framing."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = functools.partial(WireFactory, sent=self.sent)  # type: ignore[assignment]
        # Twisted would resend a request by itself, out of turn.
        self._pool.retryAutomatically = False
