"""The one spider: finds articles by the profile's lists, or is told them, and gives a record of each."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

import scrapy
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure as TwistedFailure

from crawler import __version__
from crawler.errors import Failure, PageRefused, PortalsieveError, Quarantined
from crawler.extract import extract, rfc3339
from crawler.fetch.archive import Archive, NotInArchive
from crawler.fetch.warc import ArchivedResponse
from crawler.profiles.choose import article_id, profile_for, read_url
from crawler.profiles.load import Profile
from crawler.records.model import Record
from crawler.records.quarantine import QuarantineEntry
from crawler.report.run import Run
from crawler.report.text import plain
from crawler.spiders.frontier import Frontier
from crawler.spiders.lists import ListPage, ListUnreadable, page_of, read_list
from crawler.spiders.options import Options
from crawler.spiders.selection import BadArgument, Selection

NOT_FOUND = 404
OK = 200
ARTICLE_PRIORITY = 10
"""Articles before lists: what is found is fetched before more is looked for."""

log = logging.getLogger("portalsieve")


class PortalSpider(scrapy.Spider):
    """Crawls one site by its profile; the spider loader makes a class for each profile folder.

    The arguments are those of `crawler.spiders.selection.ARGUMENTS`; BadArgument is raised for any other. Yields each
    record as a dict, for Scrapy's pipelines and feed exports; `run` has the counts and the files.
    """

    profile: ClassVar[Profile | None] = None
    run: Run
    archive: Archive | None

    @classmethod
    def of(cls, profile: Profile) -> type[Self]:
        """Return the spider class of a profile."""
        return type(f"{cls.__name__}_{profile.site.site}", (cls,), {"name": profile.site.site, "profile": profile})

    def __init__(self, name: str | None = None, *, selection: Any = None, **arguments: Any) -> None:
        super().__init__(name)
        if self.profile is None:
            raise BadArgument("this spider has no profile; `scrapy list` shows those that have")
        if selection is not None and not isinstance(selection, Selection):
            arguments["selection"] = selection
        self.site: Profile = self.profile
        self.selection = selection if isinstance(selection, Selection) else Selection.of(self.site, arguments)
        self.allowed_domains = list(self.site.site.hosts)
        self.frontier = Frontier(self.selection.limit)
        self.archive = None
        self.started = False
        self._lists: set[str] = set()
        self._listing = 0
        self._settled = asyncio.Event()

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Make the spider and fit Scrapy's settings to it; raises BadArgument, BadSetting, NotAnArchive."""
        options = Options.of(crawler.settings)
        spider = super().from_crawler(crawler, *args, **kwargs)
        site = spider.site
        spider.run = Run(site.site.site, site.version, __version__, options.output, options.chrome)
        settings = crawler.settings
        if options.contact:
            settings.set("USER_AGENT", options.user_agent, priority="spider")
        settings.set("DOWNLOAD_DELAY", site.site.crawl.delay, priority="spider")
        settings.set("CONCURRENT_REQUESTS_PER_DOMAIN", site.site.crawl.concurrency, priority="spider")
        if spider.selection.archive is not None:
            spider.run.archived = True
            handler = "crawler.fetch.archive.ArchiveHandler"
            replay = {
                "DOWNLOAD_HANDLERS": {
                    "http": handler,
                    "https": handler,
                    "file": None,
                    "ftp": None,
                    "data": None,
                    "s3": None,
                },
                "ROBOTSTXT_OBEY": False,
                "RETRY_ENABLED": False,
                "DOWNLOAD_DELAY": 0,
                "CONCURRENT_REQUESTS_PER_DOMAIN": settings.getint("CONCURRENT_REQUESTS"),
            }
            settings.setdict(replay, priority="cmdline")
        elif not options.contact:
            log.warning("no contact is set; with -s PORTALSIEVE_CONTACT=YOU@EXAMPLE.ORG a site's people can reach you")
        crawler.signals.connect(spider.broke, signals.spider_error)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Yield the first requests: pages that were named, then lists, or all that the archive has of the site."""
        self.started = True
        if self.selection.archive is not None:
            self.archive = Archive(self.selection.archive, self.site, self._unusable)
        engine = self.crawler.engine
        for request in self._starts():
            if engine.needs_backout():
                await self.crawler.signals.wait_for(signals.scheduler_empty)
            yield request
            if self.selection.limit is not None:
                await self._quiet()

    def _starts(self) -> Iterator[Request]:
        for url in self.selection.urls:
            yield from self._look_at(url)
        for page in self.selection.lists:
            if not self.frontier.enough:
                yield from self._list(page.url, page)
        if self.selection.everything and self.archive is not None:
            for capture in self.archive.captures():
                if self.frontier.enough:
                    return
                yield from self._look_at(capture.url)

    async def _quiet(self) -> None:
        """Wait until nothing is under way: with a limit, one start after the other is used up before the next."""
        while self._listing or not self.frontier.idle:
            self._settled.clear()
            await self._settled.wait()

    def _look_at(self, url: str) -> Iterator[Request]:
        """Ask for a page that was named: a list where the profile says so, else an article."""
        reading = read_url(url, self.site)
        if reading.kind == "list":
            yield from self._list(url, page_of(url, self.site))
        else:
            self.frontier.offer(article_id(reading, self.site.site.site), url)
            yield from self._articles()

    def _articles(self) -> Iterator[Request]:
        for key, url in self.frontier.take():
            yield Request(
                url,
                self.read_article,
                errback=self.not_got,
                cb_kwargs={"key": key, "form": url},
                priority=ARTICLE_PRIORITY,
                dont_filter=True,
            )

    def _list(self, url: str, page: ListPage | None) -> Iterator[Request]:
        if url not in self._lists:
            self._lists.add(url)
            self._listing += 1
            yield Request(url, self.read_listing, errback=self.not_got, cb_kwargs={"page": page}, dont_filter=True)

    def read_listing(self, response: Response, page: ListPage | None) -> Iterator[Request]:
        """Follow the links to articles of a list page, and the list to its next page."""
        self.run.pages += 1
        self.run.lists += 1
        following: ListPage | None = page.following if page is not None else None
        try:
            if response.status == NOT_FOUND and page is not None and page.page > 0:
                return  # behind the list's last page
            if response.status != OK:
                reason = f"{response.url}: the list answered with status {response.status}"
                self._quarantine(Quarantined(Failure.HTTP_STATUS, reason), response)
                return
            fetched = self._fetched_at(response)
            links = read_list(response.body, response.url, _content_type(response), page, self.site, now=fetched)
            self.run.links += len(links)
            since = self.selection.since
            wanted = [link for link in links if since is None or link.day is None or link.day >= since]
            for link in wanted:
                self.frontier.offer(link.key, link.url)
            further = following is not None and not self.selection.everything  # else each page is a start by itself
            if following is not None and further and wanted and not self.frontier.enough:
                yield from self._list(following.url, following)
        except ListUnreadable as error:
            self._quarantine(Quarantined(Failure.RULE_MISSED, str(error), rule="lists"), response)
        except PageRefused as error:
            self._quarantine(error, response)
        finally:
            self._listing -= 1
            self._settled.set()
        yield from self._articles()

    def read_article(self, response: Response, key: str, form: str) -> Iterator[dict[str, Any] | Request]:
        """Take a page apart; what gives no record goes into quarantine."""
        self.run.pages += 1
        written = again = False
        retry: Request | None = None
        try:
            record = self._extract(response)
        except (PageRefused, Quarantined) as error:
            retry = self._retry(error, response)
            if retry is not None:
                self.run.pages -= 1
                yield retry
                return
            again = True
            self._quarantine(error, response)
        else:
            if self._wanted(record, key):
                written = True
                yield record.to_dict()
        finally:
            if retry is None:
                self.frontier.settle(key, form, written=written, again=again)
                self._settled.set()
        yield from self._articles()

    def _extract(self, response: Response) -> Record:
        return extract(
            response.body,
            response.url,
            headers={"content-type": _content_type(response) or ""},
            fetched_at=self._fetched_at(response),
            status=response.status,
            profiles=[self.site],
        )

    def _retry(self, error: PortalsieveError, response: Response) -> Request | None:
        """Return the request to repeat for a page that was cut on its way, as often as RETRY_TIMES says."""
        if error.failure is not Failure.TRUNCATED or self.archive is not None or response.request is None:
            return None
        return get_retry_request(response.request, reason=str(error.failure), spider=self)

    def _wanted(self, record: Record, key: str) -> bool:
        since = self.selection.since
        if since is not None and record.date_published is not None and record.date_published[:10] < since.isoformat():
            self.run.older += 1
            return False
        return record.id == key or self.frontier.first(record.id)

    def not_got(self, failure: TwistedFailure) -> Iterator[Request]:
        """Account for a request that no page came of."""
        request: Request = failure.request  # type: ignore[attr-defined]
        error = failure.value
        if isinstance(error, NotInArchive):
            self.run.missing(request.url)
            log.info("%s", plain(str(error)))
        elif isinstance(error, IgnoreRequest) and "robots.txt" in str(error):
            self.run.disallowed += 1
            log.info("%s: robots.txt forbids it", plain(request.url))
        else:
            told = str(error) or type(error).__name__
            missed = Quarantined(Failure.HTTP_STATUS, f"{request.url}: no answer: {told}")
            self.run.unanswered(self._entry(missed, url=request.url))
            log.warning("%s", plain(str(missed)))
        if "key" in request.cb_kwargs:
            key, form = request.cb_kwargs["key"], request.cb_kwargs["form"]
            self.frontier.settle(key, form, written=False, again=True)
        else:
            self._listing -= 1
        self._settled.set()
        yield from self._articles()

    def broke(self, failure: TwistedFailure) -> None:
        """Note an error in this spider or a middleware: the run has failed."""
        self.run.fault(f"{type(failure.value).__name__}: {failure.value}")

    def _fetched_at(self, response: Response) -> datetime | None:
        if self.archive is not None:
            recorded: datetime | None = response.meta.get("fetched_at")
            return recorded
        return datetime.now(UTC)

    def _quarantine(self, error: PortalsieveError, response: Response) -> None:
        entry = self._entry(
            error,
            url=response.url,
            sha256=hashlib.sha256(response.body).hexdigest(),
            fetched_at=self._fetched_at(response),
            status=response.status,
        )
        self.run.quarantine(entry)
        log.info("quarantined: %s", plain(entry.message))

    def _unusable(self, archived: ArchivedResponse) -> None:
        """Account for a record of the archive that cannot be used; what is wrong with other sites' pages is not."""
        problem = archived.problem
        if problem is None:
            return
        error = Quarantined(problem.failure, problem.message)
        entry = self._entry(error, url=archived.url)
        if problem.failure is Failure.ARCHIVE_DAMAGED:
            self.run.damage(entry)
            log.warning("%s", plain(problem.message))
        elif archived.url is not None and profile_for(archived.url, [self.site]) is not None:
            self.run.quarantine(entry)
            log.info("quarantined: %s", plain(problem.message))

    def _entry(
        self,
        error: PortalsieveError,
        *,
        url: str | None,
        sha256: str | None = None,
        fetched_at: datetime | None = None,
        status: int | None = None,
    ) -> QuarantineEntry:
        return QuarantineEntry.from_error(
            error,
            url=url,
            site=self.site.site.site,
            sha256=sha256,
            fetched_at=rfc3339(fetched_at) if fetched_at else None,
            status=status,
            run=self.run.id,
        )


def _content_type(response: Response) -> str | None:
    value = response.headers.get(b"Content-Type")
    return value.decode("latin-1") if value else None
