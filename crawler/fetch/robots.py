"""robots.txt (RFC 9309): an unreachable one forbids everything, a missing one allows everything."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Sequence
from typing import Any, Self

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from ..errors import Failure
from ..page.urls import host
from ..store.errors import StoreError
from ..store.interface import MAX_WAIT, Robots
from ..terminal import plain
from .faults import NotSent, Stopped, fault_of, retry_after
from .onsite import RENDER_HOSTS

MAX_SIZE = 500 * 1024
"""Maximum number of bytes parsed (RFC 9309, 2.5, requires at least as many)."""

DAY = 24 * 3600.0
"""Seconds for which a robots.txt is cached (2.4)."""

FOUND = range(200, 300)
NONE = range(400, 500)
"""Statuses that mean that there are no rules (2.3.1.3), except 429, which means "later"."""

PRIORITY = 1000

log = logging.getLogger("portalsieve")


_AGENT_LINE = re.compile(r"(\s*user[- ]?agent\s*[:\s]\s*)([^#]*)", re.IGNORECASE)
_ANOTHER = "another-agent"
"""Stands for every agent except ours."""


def for_agent(text: str, agent: str) -> str:
    """Return a robots.txt with all other agents renamed to one name.

    A rule applies to all agents named before it, and Protego stores it once for each of them: 250 kB of names
    before 250 kB of rules took 80 s.
    """
    agent = agent.strip().lower()

    def renamed(line: str) -> str:
        named = _AGENT_LINE.match(line)
        if named is None:
            return line
        name = named[2].strip().lower()
        return line if name == "*" or name.replace("*", "") in agent else named[1] + _ANOTHER

    return "\n".join(map(renamed, text.splitlines()))


class RobotsForbid(NotSent):
    """A request that robots.txt forbids."""

    failure = Failure.ROBOTS


class RobotsUnreachable(NotSent):
    """robots.txt is temporarily unavailable, so nothing may be fetched (RFC 9309, 2.3.1.4).

    `failure` is the host's own if its name does not resolve, its address is not allowed, or its certificate is not
    trusted.
    """

    def __init__(self, failure: Failure, reason: str) -> None:
        super().__init__(reason)
        own = {Failure.DNS, Failure.TLS, Failure.FORBIDDEN_ADDRESS}
        self.failure = failure if failure in own else Failure.ROBOTS_UNREACHABLE


class RobotsMiddleware:
    """Obeys each host's robots.txt, cached in the store for a day; concurrent requests share one download.

    Its Crawl-delay goes into the spider's `crawl_delays` if it is longer than the profile's delay.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._crawler = crawler
        agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["USER_AGENT"]
        self._agent = agent.partition("/")[0]  # rules name product tokens (2.2.1), which do not include the contact
        self._again = float(crawler.settings["PORTALSIEVE_RETRY_DELAY"])
        self._rules: dict[str, tuple[float, Protego | None]] = {}
        self._faults: dict[str, tuple[Failure, str]] = {}
        self._asked: dict[str, asyncio.Task[None]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the middleware for a crawler."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raise RobotsForbid or RobotsUnreachable if the request may not be sent."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        parts = urlparse_cached(request)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"
        if self._rules.get(origin, (0.0, None))[0] <= time.time():
            if origin not in self._asked:
                self._asked[origin] = asyncio.ensure_future(self._load(origin, request.meta.get(RENDER_HOSTS, ())))
            await asyncio.shield(self._asked[origin])
        rules = self._rules[origin][1]
        if rules is None:
            failure, why = self._faults[origin]
            raise RobotsUnreachable(failure, f"nothing may be fetched while {origin}/robots.txt is unavailable: {why}")
        if not rules.can_fetch(request.url, self._agent):
            raise RobotsForbid(f"{origin}/robots.txt forbids {request.url}")

    async def _load(self, origin: str, hosts: Sequence[str]) -> None:
        try:
            robots = self._cached(origin)
            if robots is None:
                robots = await self._fetched(origin, hosts)
                self._cache(origin, robots)
            self._rules[origin] = (self._until(robots), self._read(origin, robots))
        finally:
            del self._asked[origin]

    async def _fetched(self, origin: str, hosts: Sequence[str]) -> Robots:
        meta = {"dont_obey_robotstxt": True, RENDER_HOSTS: hosts}
        request = Request(f"{origin}/robots.txt", priority=PRIORITY, meta=meta, callback=NO_CALLBACK)
        try:
            response = await self._crawler.engine.download_async(request)
        except (Stopped, StoreError):
            raise
        except Exception as error:  # noqa: BLE001 - after any error the rules are unknown
            self._unknown(origin, *fault_of(error))
            return Robots(fetched_at=time.time(), status=0, body=b"")
        now, body = time.time(), response.body
        if len(body) > MAX_SIZE:
            body = body[: body.rfind(b"\n", 0, MAX_SIZE) + 1]  # not in the middle of a rule
        robots = Robots(fetched_at=now, status=response.status, body=body)
        if self._unreachable(robots):
            self._unknown(origin, Failure.HTTP_STATUS, f"status {response.status}")
            wait, store = retry_after(response.headers, now), self._store()
            if wait is not None and store is not None:
                store.hold(host(response.url), now + min(wait, MAX_WAIT))
        return robots

    def _unknown(self, origin: str, failure: Failure, why: str) -> None:
        """Remember why the rules are unknown, and log it once, because each retry of the host's pages comes here."""
        if self._faults.get(origin) != (failure, why):
            log.warning("%s/robots.txt: %s", plain(origin), plain(why))
        self._faults[origin] = failure, why

    def _until(self, robots: Robots) -> float:
        return robots.fetched_at + (self._again if self._unreachable(robots) else DAY)

    @staticmethod
    def _unreachable(robots: Robots) -> bool:
        return robots.status == 429 or (robots.status not in FOUND and robots.status not in NONE)

    def _read(self, origin: str, robots: Robots) -> Protego | None:
        if self._unreachable(robots):
            return None
        text = robots.body.decode("utf-8-sig", "replace") if robots.status in FOUND else ""
        rules: Protego = Protego.parse(for_agent(text, self._agent))
        delay = rules.crawl_delay(self._agent)
        delays, store = getattr(self._crawler.spider, "crawl_delays", None), self._store()
        if delay and delays is not None:
            wait = min(float(delay), MAX_WAIT)
            delays[host(origin)] = wait
            if store is not None:
                store.hold(host(origin), robots.fetched_at + wait)
            if wait > self._crawler.settings.getfloat("DOWNLOAD_DELAY"):
                log.warning(
                    "%s/robots.txt asks for %g s between two requests, which is obeyed",
                    plain(origin),
                    wait,
                )
        return rules

    def _store(self) -> Any:
        frontier = getattr(self._crawler.spider, "frontier", None)
        return frontier.store if frontier is not None else None

    def _cached(self, origin: str) -> Robots | None:
        store = self._store()
        robots: Robots | None = store.robots(origin) if store is not None else None
        return robots if robots is not None and time.time() < self._until(robots) else None

    def _cache(self, origin: str, robots: Robots) -> None:
        store = self._store()
        if store is not None and not self._unreachable(robots):
            store.keep_robots(origin, robots)
