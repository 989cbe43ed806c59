"""robots.txt, obeyed by every request."""

from __future__ import annotations

import asyncio

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached


class ObeyedRobotsMiddleware(RobotsTxtMiddleware):
    """Scrapy's middleware, with each request that waits for a host's robots.txt getting the answer.

    In Scrapy 2.19 all of them wait on one Deferred whose result is None from the second on, which means "no rules": of
    requests that come before robots.txt does, two obey it. A task's result is the same for all who await it.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._asked: dict[str, asyncio.Task[RobotParser | None]] = {}

    async def robot_parser(self, request: Request) -> RobotParser | None:
        """Return the rules for the host of `request`; None where there are none."""
        host = urlparse_cached(request).netloc
        if host not in self._asked:
            self._asked[host] = asyncio.ensure_future(super().robot_parser(request))
        return await asyncio.shield(self._asked[host])
