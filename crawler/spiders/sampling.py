"""Fetches the pages that a check for layout drift needs: known pages, and a sample of what the site's lists link."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from scrapy import Request
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from scrapy.settings import Settings

from ..drift.check import Answer, KnownPage, sample_page
from ..drift.crawled import spread
from ..drift.verdict import ListCheck
from ..errors import Failure, PageRefused
from ..extract import OK
from ..fetch.archive import Archive
from ..fetch.faults import fault_of
from ..profiles.load import Profile
from ..profiles.match import article_id, read_url
from ..regression.fetching import Browser, RecordSpider
from ..warc.reader import read_response
from .lists import ARTICLES, ListUnreadable, page_of, read_list
from .responses import header
from .selection import Selection

LISTS = 8
"""Maximum number of lists that are read for a sample."""
_AGAIN = frozenset({500, 502, 503, 504})
_OWN = {"SCHEDULER": "scrapy.core.scheduler.Scheduler"}
"""A check is not a run, so it does not use the frontier."""


class Sampled:
    """What was fetched: the answers of the pages, the lists that were read, and how far it is, for a display."""

    def __init__(self, known: Sequence[KnownPage], site: Profile, sample: int) -> None:
        self.answers: list[tuple[KnownPage, Answer]] = []
        self.lists: list[ListCheck] = []
        self.total = len(known)
        self._site = site
        self._left = sample
        self._seen = {self._key(page.url) for page in known}

    def _key(self, url: str) -> str:
        return article_id(read_url(url, self._site), self._site.site.site)

    def choose(self, urls: Iterator[str], most: int) -> Iterator[KnownPage]:
        """Yield at most `most` of the URLs as pages to check, as far as the sample has room for new articles."""
        for url in urls:
            if most <= 0 or self._left <= 0:
                return
            if self._key(url) not in self._seen:
                self._seen.add(self._key(url))
                self._left -= 1
                self.total += 1
                most -= 1
                yield sample_page(url, self._site)

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1."""
        return len(self.answers) / self.total if self.total else 0.0

    @property
    def line(self) -> str:
        """How far it is, for people."""
        return f"{self._site.site.site}: {len(self.answers)} of {self.total} pages fetched"


class SampleSpider(RecordSpider):
    """Requests known pages, then lists, then articles that these link; a failed request is sent again."""

    name = "drift"

    def __init__(
        self, known: Sequence[KnownPage], sampled: Sampled, site: Profile, sample: int, browser: Browser | None
    ) -> None:
        super().__init__([], site.site.hosts, site, browser)
        self._known = known
        lists = Selection.of(site, {}).lists if sample and site.site.lists else ()
        self._lists = spread(lists, LISTS)
        self._links: list[list[str]] = []
        """The articles of each list that has been read."""
        self._sample = sample
        self._profile = site
        self.sampled = sampled

    async def start(self) -> AsyncIterator[Request]:
        """Request the known pages and the lists."""
        for page in self._known:
            yield self._request(page)
        for source in self._lists:
            yield Request(source.url, self.of_list, errback=self.failed_list, dont_filter=True)

    def _request(self, page: KnownPage, *, last: bool = False) -> Request:
        return Request(
            page.url,
            self.of_page,
            errback=self.failed_page,
            cb_kwargs={"page": page, "last": last},
            dont_filter=True,
        )

    async def of_page(self, response: Response, page: KnownPage, last: bool) -> AsyncIterator[Request]:
        """Store the answer of a page."""
        if response.status in _AGAIN and not last:
            yield self._request(page, last=True)
            return
        shown = await self._shown(response) if self.browser is not None and response.status == OK else None
        answer = Answer(
            url=response.url,
            body=response.body,
            status=response.status,
            headers={"content-type": header(response, b"Content-Type") or ""},
            fetched_at=datetime.now(UTC),
            rendered=shown.html if shown is not None else None,
        )
        self.sampled.answers.append((page, answer))

    def failed_page(self, failure: Any) -> list[Request]:
        """Store the failure of a page, or request it again."""
        page, last = failure.request.cb_kwargs["page"], failure.request.cb_kwargs["last"]
        kind, reason = fault_of(failure.value)
        if not last and kind not in {Failure.ROBOTS, Failure.OFF_SITE, Failure.REDIRECTS}:
            return [self._request(page, last=True)]
        answer = Answer(url=failure.request.url, failure=kind, reason=reason, fetched_at=datetime.now(UTC))
        self.sampled.answers.append((page, answer))
        return []

    def of_list(self, response: Response) -> Iterator[Request]:
        """Keep the articles that a list links."""
        check, links = read_sample(
            response.body, response.url, header(response, b"Content-Type"), response.status, self._profile
        )  # fmt: skip
        self.sampled.lists.append(check)
        self._links.append(links)
        yield from self._articles()

    def failed_list(self, failure: Any) -> list[Request]:
        """Store the failure of a list."""
        _, reason = fault_of(failure.value)
        self.sampled.lists.append(ListCheck(url=failure.request.url, links=0, missed=False, reason=reason))
        return [*self._articles()]

    def _articles(self) -> Iterator[Request]:
        """Yield requests for articles of all lists, after the last of them was read."""
        if len(self.sampled.lists) == len(self._lists):
            for page in self.sampled.choose(mixed(self._links, self._sample), self._sample):
                yield self._request(page)


def mixed(lists: Sequence[Sequence[str]], most: int) -> Iterator[str]:
    """Yield the links of lists in turn, from all parts of each before the rest: the first ones may be of one kind."""
    each = -(-most // max(len(lists), 1))
    spreads = (dict.fromkeys([*spread(links, each), *links]) for links in lists)
    for links in zip_longest(*spreads):
        yield from (link for link in links if link is not None)


def read_sample(
    body: bytes, url: str, kind: str | None, status: int, site: Profile
) -> tuple[ListCheck, list[str]]:  # fmt: skip
    """Return the check of a list page, and the articles that it links."""
    if status != OK:
        return ListCheck(url=url, links=0, missed=False, reason=f"the status is {status}"), []
    try:
        links = read_list(body, url, kind, page_of(url, site), site, now=datetime.now(UTC))
    except ListUnreadable as error:
        return ListCheck(url=url, links=0, missed=True, reason=str(error)), []
    except PageRefused as error:
        return ListCheck(url=url, links=0, missed=False, reason=str(error)), []
    return ListCheck(url=url, links=len(links), missed=False, reason=None), [link.url for link in links]


def fetch_live(
    known: Sequence[KnownPage],
    site: Profile,
    settings: Settings,
    sampled: Sampled,
    sample: int,
    browser: Browser | None,
) -> bool:
    """Fetch with the project's settings, as politely as a crawl; return False if nothing could be started.

    It runs the event loop and can therefore be called only once per process.
    """
    own = settings.copy()
    own.setdict(_OWN, priority="cmdline")
    own.set("DOWNLOAD_DELAY", site.site.crawl.delay, priority="spider")
    process = AsyncCrawlerProcess(own)
    crawler = process.create_crawler(SampleSpider)
    process.crawl(crawler, known=known, sampled=sampled, site=site, sample=sample, browser=browser)
    process.start()
    return isinstance(crawler.spider, SampleSpider)


def read_archived(known: Sequence[KnownPage], site: Profile, path: Path, sampled: Sampled, sample: int) -> list[str]:
    """Read the pages from an archive instead; return the names of known pages that are not in it.

    Raises NotAnArchive.
    """
    archive = Archive(path, site, lambda _: None)
    missing: list[str] = []
    try:
        for page in known:
            capture = archive.find(page.url)
            if capture is None:
                missing.append(page.name)
                sampled.total -= 1
            else:
                sampled.answers.append((page, _archived(capture.place)))
        captures = [(one.url, one.place) for one in archive.captures() if one.kind in ARTICLES] if sample else []
        step = max(len(captures) // max(sample, 1), 1)
        # Spread over the archive: its pages are in the order of the crawl, so neighbours are alike.
        places = dict([*captures[::step], *captures])
        for page in sampled.choose(iter(places), sample):
            sampled.answers.append((page, _archived(places[page.url])))
    finally:
        archive.close()
    return missing


def _archived(place: Any) -> Answer:
    found = read_response(place)
    if found.problem is not None or found.url is None:
        failure = found.problem.failure if found.problem is not None else Failure.ARCHIVE_DAMAGED
        return Answer(url="", failure=failure, reason=found.problem.message if found.problem is not None else "")
    return Answer(
        url=found.url, body=found.body, status=found.status or 0, headers=found.headers, fetched_at=found.date
    )
