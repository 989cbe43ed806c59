"""Fetching pages to record or explain: one request each, as politely as a crawl, with their redirects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response as ScrapyResponse
from scrapy.settings import Settings

from ..fetch.browser import NoBrowser
from ..fetch.faults import Broken
from ..fetch.render import Asked, Document, Renderer, fetch_by_engine
from ..page.urls import host
from ..profiles.load import Profile
from ..profiles.model import Render
from .fixture import Exchange, Redirect
from .recorder import Response
from .rendered import Answered, Shown, needed

_OWN = {
    # A single fetch is not a run, so it does not use the store.
    "SCHEDULER": "scrapy.core.scheduler.Scheduler",
}


_SHUTDOWN = "shutdown"
"""Scrapy's reason for the end of a crawl that a signal stopped."""


class Fetched(msgspec.Struct, frozen=True):
    """Responses, error messages, and whether a signal stopped the fetch: the other URLs were not fetched then."""

    responses: list[Response] = []
    problems: list[str] = []
    stopped: bool = False


class Browser(msgspec.Struct, frozen=True):
    """That pages are rendered: by which Chromium (None: looked for), and whether a screenshot is taken."""

    chromium: str | None = None
    screenshot: bool = False


class RecordSpider(Spider):
    """Fetches URLs and collects the responses."""

    name = "record"

    def __init__(
        self,
        urls: Iterable[str],
        domains: Iterable[str],
        site: Profile | None,
        browser: Browser | None = None,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.site = site
        self.browser = browser
        self.urls = list(urls)
        self.allowed_domains = list(domains)
        self.responses: list[Response] = []
        self.problems: list[str] = []
        self.ended: str | None = None
        """Why the crawl ended, in Scrapy's words."""

    async def start(self) -> AsyncIterator[Request]:
        """Request each URL once."""
        for url in self.urls:
            try:
                request = Request(url, callback=self.keep, errback=self.failed, meta={"handle_httpstatus_all": False})
            except ValueError as error:
                self.problems.append(f"{url}: not fetched: {error}")
            else:
                yield request

    async def keep(self, response: ScrapyResponse) -> None:
        """Store a response with its redirects, and as it is after its scripts if that is wanted."""
        shown = await self._shown(response) if self.browser is not None else None
        self.responses.append(msgspec.structs.replace(response_of(response, datetime.now(UTC)), shown=shown))

    async def _shown(self, response: ScrapyResponse) -> Shown | None:
        """Render a page; a problem is stored if there is no browser, or it does not manage."""
        browser, answers = self.browser, []
        kind = response.headers.get(b"Content-Type")
        exchange = Exchange(url=response.url, status=response.status, headers=_text(response.headers))
        wanted = needed(exchange, response.body, self.site) if self.site is not None else None
        rule = wanted.rule if wanted is not None else self.site.render(None) if self.site is not None else Render()

        async def fetch_asked(asked: Asked) -> ScrapyResponse:
            got = await fetch_by_engine(self.crawler.engine, asked)
            answers.append(Answered.of(asked, got))
            return got

        renderer = Renderer(fetch_asked, lambda: False, chromium=browser.chromium if browser is not None else None)
        document = Document(
            url=response.url, body=response.body, content_type=kind.decode("latin-1") if kind else "text/html"
        )
        picture = browser is not None and browser.screenshot
        try:
            rendered = await renderer.render(
                document, rule, wanted.awaits if wanted is not None else (), lambda _: picture
            )  # fmt: skip
        except (NoBrowser, Broken) as error:
            self.problems.append(f"{response.url}: not rendered: {error}")
            return None
        finally:
            await renderer.close()
        return Shown(html=rendered.html, answers=tuple(answers), screenshot=rendered.screenshot)

    def closed(self, reason: str) -> None:
        """Remember why the crawl ended; Scrapy calls it."""
        self.ended = reason

    def failed(self, failure: Any) -> None:
        """Store an error message."""
        self.problems.append(
            f"{failure.request.url}: not fetched: {failure.getErrorMessage() or failure.type.__name__}"
        )


def fetch(
    urls: Iterable[str],
    settings: Settings,
    domains: Iterable[str] = (),
    *,
    site: Profile | None = None,
    browser: Browser | None = None,
) -> Fetched:
    """Fetch `urls` with the project's settings.

    Redirects are only followed on `domains`, by default those of the URLs. With `site`, its profile decides which URLs
    belong to it. With `browser`, pages are rendered as well. It runs the event loop and can therefore be called only
    once per process.
    """
    wanted = list(urls)
    own = settings.copy()
    own.setdict(_OWN, priority="cmdline")
    process = AsyncCrawlerProcess(own)
    crawler = process.create_crawler(RecordSpider)
    process.crawl(
        crawler, urls=wanted, domains=list(domains) or sorted({host(url) for url in wanted}), site=site, browser=browser
    )
    process.start()
    spider = crawler.spider
    if not isinstance(spider, RecordSpider):
        return Fetched(problems=["the fetch failed to start; see the error above"])
    # a second signal ends the event loop before the crawl has closed
    stopped = spider.ended == _SHUTDOWN or crawler in process.crawlers
    return Fetched(spider.responses, spider.problems, stopped)


def response_of(response: ScrapyResponse, fetched_at: datetime) -> Response:
    """Return what `scrapy record` keeps of a response, with its redirects."""
    meta = response.meta if response.request is not None else {}
    steps = zip(meta.get("redirect_urls", []), meta.get("redirect_reasons", []), strict=False)
    return Response(
        url=response.url,
        body=response.body,
        status=response.status,
        headers=_text(response.headers),
        request_headers=_text(response.request.headers) if response.request is not None else {},
        redirects=tuple(Redirect(url, reason if isinstance(reason, int) else 0) for url, reason in steps),
        fetched_at=fetched_at,
    )


def _text(headers: Any) -> dict[str, str]:
    """Return Scrapy's headers as strings; several values of a name are joined by line ends."""
    return {name.decode("latin-1"): b"\n".join(values).decode("latin-1") for name, values in headers.items()}
