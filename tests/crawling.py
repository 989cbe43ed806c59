"""Crawls for tests: in this process and without Twisted's reactor, or by the command line in one of its own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.http import Response
from scrapy.settings import Settings

from crawler.extract import PROFILES, profiles_in
from crawler.fetch.pace import Paced
from crawler.profiles.load import Profiles
from crawler.report.run import CrawlLine
from crawler.spiders.loader import ProfileSpiderLoader
from crawler.spiders.portal import PortalSpider
from tests.portal.server import Portal
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parent.parent


class PortalHandler(Paced, AiohttpDownloadHandler):
    """Fetches every URL from the local portal, and answers as if it came from there."""

    async def download_request(self, request: Request) -> Response:
        """Fetch from the address that the portal gives the URL."""
        parts = urlsplit(request.url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        base = self.crawler.settings["PORTAL_BASE"]
        response = await super().download_request(request.replace(url=f"{base}/_/{parts.netloc}{target}"))
        return response.replace(url=request.url)


class Loader(ProfileSpiderLoader):
    """Loads the shipped profiles once for all crawls of the process: they take more time than most crawls here."""

    def _loaded(self) -> Profiles:
        return profiles_in() if self._folders == (PROFILES,) else super()._loaded()


def run(
    output: Path, settings: dict[str, Any] | None = None, *, site: str = "netease", **arguments: str
) -> PortalSpider:
    """Crawl a site in this process, and give the spider when the run is over."""
    return asyncio.run(_crawl(output, settings, site, **arguments))


async def _crawl(output: Path, settings: dict[str, Any] | None, site: str, **arguments: str) -> PortalSpider:
    made = Settings()
    made.setmodule("crawler.settings", priority="project")
    own = {
        "TWISTED_REACTOR_ENABLED": False,
        "SPIDER_LOADER_CLASS": Loader,
        "PORTALSIEVE_SHIPPED_PROFILES": int("PORTALSIEVE_PROFILES" not in (settings or {})),
        "PORTALSIEVE_OUTPUT": str(output),
        "DOWNLOAD_DELAY": 0,
        "PORTALSIEVE_RETRY_DELAY": 0.05,
    }
    made.setdict({**own, **(settings or {})}, priority="cmdline")
    runner = AsyncCrawlerRunner(made)
    crawler = runner.create_crawler(site)
    await runner.crawl(crawler, **arguments)
    assert isinstance(crawler.spider, PortalSpider)
    return crawler.spider


async def crawling(output: Path, portal: Portal, settings: dict[str, Any], site: str, **arguments: str) -> PortalSpider:
    """Crawl a site from the local portal, beside other crawls of this process."""
    return await _crawl(output, {**_portal(portal), **settings}, site, **arguments)


def crawl(output: Path, settings: dict[str, Any] | None = None, **arguments: str) -> CrawlLine:
    """Crawl in this process, and give the run's line."""
    line = run(output, settings, **arguments).run.line
    assert line is not None
    return line


def crawl_portal(output: Path, portal: Portal, settings: dict[str, Any] | None = None, **arguments: str) -> CrawlLine:
    """Crawl the local portal in this process, and give the run's line."""
    return crawl(output, {**_portal(portal), **(settings or {})}, **arguments)


def _portal(portal: Portal) -> dict[str, Any]:
    handler = "tests.crawling.PortalHandler"
    return {"PORTAL_BASE": portal.base, "DOWNLOAD_HANDLERS": {"http": handler, "https": handler}}


def command(*arguments: str | Path, given: str | bytes = b"", **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m crawler ARGUMENTS` in the project, without the proxies and settings of whoever tests."""
    kept = {k: v for k, v in os.environ.items() if "proxy" not in k.lower() and not k.startswith("SCRAPY")}
    done = subprocess.run(
        [sys.executable, "-m", "crawler", *map(str, arguments)],
        cwd=ROOT,
        env={**kept, **environment},
        input=given.encode() if isinstance(given, str) else given,
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
