"""Fetching pages to record or to look at: one request each, as politely as a crawl, with the way they came."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response as Answer
from scrapy.settings import Settings

from crawler.page.urls import host
from crawler.regression.fixture import Redirect
from crawler.regression.recorder import Response

_OWN = {
    # A recording goes to fixtures: nothing of it is a run's state.
    "SCHEDULER": "scrapy.core.scheduler.Scheduler",
}


class RecordSpider(Spider):
    """Fetches URLs and keeps the responses."""

    name = "record"

    def __init__(self, urls: Iterable[str], domains: Iterable[str], **arguments: Any) -> None:
        super().__init__(**arguments)
        self.urls = list(urls)
        self.allowed_domains = list(domains)
        self.responses: list[Response] = []
        self.problems: list[str] = []

    async def start(self) -> AsyncIterator[Request]:
        """Ask for each URL once."""
        for url in self.urls:
            yield Request(url, callback=self.keep, errback=self.failed, meta={"handle_httpstatus_all": False})

    def keep(self, answer: Answer) -> None:
        """Keep a response with its redirects."""
        urls, reasons = answer.meta.get("redirect_urls", []), answer.meta.get("redirect_reasons", [])
        steps = zip(urls, reasons, strict=False)
        self.responses.append(
            Response(
                url=answer.url,
                body=answer.body,
                status=answer.status,
                headers=_text(answer.headers),
                request_headers=_text(answer.request.headers) if answer.request is not None else {},
                redirects=tuple(Redirect(url, reason if isinstance(reason, int) else 0) for url, reason in steps),
                fetched_at=datetime.now(UTC),
            )
        )

    def failed(self, failure: Any) -> None:
        """Keep what went wrong."""
        self.problems.append(
            f"{failure.request.url}: not fetched: {failure.getErrorMessage() or failure.type.__name__}"
        )


def fetch(urls: Iterable[str], settings: Settings, domains: Iterable[str] = ()) -> tuple[list[Response], list[str]]:
    """Fetch `urls` by the project's settings; return the responses and what went wrong.

    Redirects are followed on the `domains` only; without any, those of the URLs. Runs the event loop: once a process.
    """
    wanted = list(urls)
    own = settings.copy()
    own.setdict(_OWN, priority="cmdline")
    process = AsyncCrawlerProcess(own)
    crawler = process.create_crawler(RecordSpider)
    process.crawl(crawler, urls=wanted, domains=list(domains) or sorted({host(url) for url in wanted}))
    process.start()
    spider = crawler.spider
    if not isinstance(spider, RecordSpider):
        return [], ["the fetch ended before it began; what stopped it is told above"]
    return spider.responses, spider.problems


def _text(headers: Any) -> dict[str, str]:
    """Return Scrapy's headers as text; several of a name are joined by line ends."""
    return {name.decode("latin-1"): b"\n".join(values).decode("latin-1") for name, values in headers.items()}
