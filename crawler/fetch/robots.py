"""robots.txt by RFC 9309: what cannot be got forbids all, what is not there forbids nothing."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from typing import Any, Self

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http.request import NO_CALLBACK
from scrapy.utils.httpobj import urlparse_cached

from crawler.errors import Failure
from crawler.fetch.faults import NotSent, Stopped, fault_of, retry_after
from crawler.page.urls import host
from crawler.store.interface import MAX_WAIT, Robots
from crawler.terminal import plain

MOST = 500 * 1024
"""Bytes that are read of a robots.txt (RFC 9309, 2.5: at least so many)."""

DAY = 24 * 3600.0
"""Seconds for which a robots.txt is good (2.4)."""

FOUND = range(200, 300)
NONE = range(400, 500)
"""Statuses that say that there are no rules (2.3.1.3), but for 429, which says to come later."""

PRIORITY = 1000

log = logging.getLogger("portalsieve")


_AGENT_LINE = re.compile(r"(\s*user[- ]?agent\s*[:\s]\s*)([^#]*)", re.IGNORECASE)
_ANOTHER = "another-agent"
"""Stands for each agent but ours."""


def for_agent(text: str, agent: str) -> str:
    """Return a robots.txt with all other agents under one name.

    Each rule is for all agents that are named before it, and Protego keeps it once for each of them: 250 kB of names
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
    """The host's robots.txt cannot be got just now, which forbids everything for now (2.3.1.4).

    `failure` is the host's own where it has no address, one that is not connected to, or is not to be trusted.
    """

    def __init__(self, failure: Failure, reason: str) -> None:
        super().__init__(reason)
        own = {Failure.DNS, Failure.TLS, Failure.FORBIDDEN_ADDRESS}
        self.failure = failure if failure in own else Failure.ROBOTS_UNREACHABLE


class RobotsMiddleware:
    """Obeys the robots.txt of each host, kept in the store for a day; one request gets it for all who wait.

    Its Crawl-delay goes into the spider's `crawl_delays`, where it is more than the profile's delay.
    """

    def __init__(self, crawler: Crawler) -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured
        self._crawler = crawler
        agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"] or crawler.settings["USER_AGENT"]
        self._agent = agent.partition("/")[0]  # rules are for product tokens (2.2.1), and a contact is none
        self._again = float(crawler.settings["PORTALSIEVE_RETRY_DELAY"])
        self._rules: dict[str, tuple[float, Protego | None]] = {}
        self._faults: dict[str, tuple[Failure, str]] = {}
        self._asked: dict[str, asyncio.Task[None]] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make one."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Raise RobotsForbid or RobotsUnreachable for what may not be fetched."""
        if request.meta.get("dont_obey_robotstxt"):
            return
        parts = urlparse_cached(request)
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"
        if self._rules.get(origin, (0.0, None))[0] <= time.time():
            if origin not in self._asked:
                self._asked[origin] = asyncio.ensure_future(self._get(origin))
            await asyncio.shield(self._asked[origin])
        rules = self._rules[origin][1]
        if rules is None:
            failure, why = self._faults[origin]
            raise RobotsUnreachable(failure, f"nothing may be fetched while {origin}/robots.txt cannot be got: {why}")
        if not rules.can_fetch(request.url, self._agent):
            raise RobotsForbid(f"{origin}/robots.txt forbids {request.url}")

    async def _get(self, origin: str) -> None:
        try:
            robots = self._kept(origin)
            if robots is None:
                robots = await self._fetched(origin)
                self._keep(origin, robots)
            self._rules[origin] = (self._until(robots), self._read(origin, robots))
        finally:
            del self._asked[origin]

    async def _fetched(self, origin: str) -> Robots:
        request = Request(
            f"{origin}/robots.txt", priority=PRIORITY, meta={"dont_obey_robotstxt": True}, callback=NO_CALLBACK
        )
        try:
            response = await self._crawler.engine.download_async(request)
        except Stopped:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the rules are not known
            self._unknown(origin, *fault_of(error))
            return Robots(fetched_at=time.time(), status=0, body=b"")
        now, body = time.time(), response.body
        if len(body) > MOST:
            body = body[: body.rfind(b"\n", 0, MOST) + 1]  # half a rule is another rule
        robots = Robots(fetched_at=now, status=response.status, body=body)
        if self._unreachable(robots):
            self._unknown(origin, Failure.HTTP_STATUS, f"answered with status {response.status}")
            wait, store = retry_after(response.headers, now), self._store()
            if wait is not None and store is not None:
                store.hold(host(response.url), now + min(wait, MAX_WAIT))
        return robots

    def _unknown(self, origin: str, failure: Failure, why: str) -> None:
        """Note why the rules are not known, and tell it once: each try of the host's pages comes here."""
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
                log.warning("%s/robots.txt asks for %g s between two requests, so each waits", plain(origin), wait)
        return rules

    def _store(self) -> Any:
        frontier = getattr(self._crawler.spider, "frontier", None)
        return frontier.store if frontier is not None else None

    def _kept(self, origin: str) -> Robots | None:
        store = self._store()
        robots: Robots | None = store.robots(origin) if store is not None else None
        return robots if robots is not None and time.time() < self._until(robots) else None

    def _keep(self, origin: str, robots: Robots) -> None:
        store = self._store()
        if store is not None and not self._unreachable(robots):
            store.keep_robots(origin, robots)
