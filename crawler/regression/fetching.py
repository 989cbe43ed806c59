"""Fetching pages to record or explain: one request each, as politely as a crawl, with their redirects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response as ScrapyResponse
from scrapy.settings import Settings

from crawler.page.urls import host
from crawler.profiles.load import Profile
from crawler.regression.fixture import Redirect
from crawler.regression.recorder import Response

_OWN = {
    # A single fetch is not a run, so it does not use the store.
    "SCHEDULER": "scrapy.core.scheduler.Scheduler",
}


class RecordSpider(Spider):
    """Fetches URLs and collects the responses."""

    name = "record"

    def __init__(self, urls: Iterable[str], domains: Iterable[str], site: Profile | None, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.site = site
        self.urls = list(urls)
        self.allowed_domains = list(domains)
        self.responses: list[Response] = []
        self.problems: list[str] = []

    async def start(self) -> AsyncIterator[Request]:
        """Request each URL once."""
        for url in self.urls:
            yield Request(url, callback=self.keep, errback=self.failed, meta={"handle_httpstatus_all": False})

    def keep(self, response: ScrapyResponse) -> None:
        """Store a response with its redirects."""
        urls, reasons = response.meta.get("redirect_urls", []), response.meta.get("redirect_reasons", [])
        steps = zip(urls, reasons, strict=False)
        self.responses.append(
            Response(
                url=response.url,
                body=response.body,
                status=response.status,
                headers=_text(response.headers),
                request_headers=_text(response.request.headers) if response.request is not None else {},
                redirects=tuple(Redirect(url, reason if isinstance(reason, int) else 0) for url, reason in steps),
                fetched_at=datetime.now(UTC),
            )
        )

    def failed(self, failure: Any) -> None:
        """Store an error message."""
        self.problems.append(
            f"{failure.request.url}: not fetched: {failure.getErrorMessage() or failure.type.__name__}"
        )


def fetch(
    urls: Iterable[str], settings: Settings, domains: Iterable[str] = (), *, site: Profile | None = None
) -> tuple[list[Response], list[str]]:
    """Fetch `urls` with the project's settings; return the responses and the error messages.

    Redirects are only followed on `domains`, by default those of the URLs. With `site`, its profile decides which URLs
    belong to it. It runs the event loop and can therefore be called only once per process.
    """
    wanted = list(urls)
    own = settings.copy()
    own.setdict(_OWN, priority="cmdline")
    process = AsyncCrawlerProcess(own)
    crawler = process.create_crawler(RecordSpider)
    process.crawl(crawler, urls=wanted, domains=list(domains) or sorted({host(url) for url in wanted}), site=site)
    process.start()
    spider = crawler.spider
    if not isinstance(spider, RecordSpider):
        return [], ["the fetch failed to start; see the error above"]
    return spider.responses, spider.problems


def _text(headers: Any) -> dict[str, str]:
    """Return Scrapy's headers as strings; several values of a name are joined by line ends."""
    return {name.decode("latin-1"): b"\n".join(values).decode("latin-1") for name, values in headers.items()}
