"""The one spider: finds articles by the profile's lists, or is told them, and gives a record of each."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

import msgspec
import scrapy
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure as TwistedFailure

from crawler import __version__
from crawler.errors import Failure, PageRefused, PortalsieveError, Quarantined
from crawler.extract import complete, extract, rfc3339
from crawler.fetch.archive import Archive, NotInArchive
from crawler.fetch.pace import Stopped
from crawler.fetch.robots import RobotsForbid
from crawler.fetch.warc import ArchivedResponse
from crawler.fetch.whole import Broken
from crawler.page import charset, urls
from crawler.profiles.choose import article_id, profile_for, read_url
from crawler.profiles.load import Profile
from crawler.records.lines import encode_line
from crawler.records.model import Record
from crawler.records.quarantine import QuarantineEntry
from crawler.records.write import chrome_level
from crawler.report.run import Run
from crawler.report.text import plain
from crawler.spiders.again import Retries, look_at, retry_after
from crawler.spiders.ledger import Bounds, Ledger
from crawler.spiders.lists import ListPage, ListUnreadable, list_links, page_of, read_list
from crawler.spiders.options import Options
from crawler.spiders.selection import BadArgument, Selection
from crawler.store.errors import StoreError
from crawler.store.interface import Ask, Job, NewRecord, Outcome, PageKind, Result
from crawler.store.sqlite import SqliteStore

OK = 200
NOT_MODIFIED = 304
NOT_FOUND = 404
ARTICLE_PRIORITY = 10
"""Articles before lists: what is found is fetched before more is looked for."""

_BATCH = 500
"""Pages that are scheduled in one transaction at the start."""

log = logging.getLogger("portalsieve")


class PortalSpider(scrapy.Spider):
    """Crawls one site by its profile; the spider loader makes a class for each profile folder.

    The arguments are those of `crawler.spiders.selection.ARGUMENTS`; BadArgument is raised for any other. Callbacks
    yield outcomes, which `crawler.spiders.scheduler` settles and replaces by records as dicts, for Scrapy's pipelines
    and feed exports. `run` has the counts and the files; `ledger` is the frontier once the spider has started.
    """

    profile: ClassVar[Profile | None] = None
    run: Run
    options: Options
    retries: Retries
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
        self.ledger: Ledger | None = None
        self.archive = None
        self.crawl_delays: dict[str, float] = {}
        self.started = False
        self._ending: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Make the spider and fit Scrapy's settings to it; raises BadArgument, BadSetting, NotAnArchive."""
        options = Options.of(crawler.settings)
        spider = super().from_crawler(crawler, *args, **kwargs)
        site = spider.site
        spider.options = options
        spider.run = Run(site.site.site, site.version, __version__, options.output, options.chrome)
        settings = crawler.settings
        if options.contact:
            settings.set("USER_AGENT", options.user_agent, priority="spider")
        settings.set("DOWNLOAD_DELAY", site.site.crawl.delay, priority="spider")
        settings.set("CONCURRENT_REQUESTS_PER_DOMAIN", site.site.crawl.concurrency, priority="spider")
        if spider.selection.archive is not None:
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
        spider.retries = Retries.of(settings, options.retry_delay)
        crawler.signals.connect(spider.broke, signals.spider_error)
        return spider

    # --- Start and end ------------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Any]:
        """Fill the frontier: pages that were named, lists, or all that the archive has of the site. Yields nothing.

        A run of the same arguments that was not finished is taken up.
        """
        self.started = True
        try:
            self._begin()
        except StoreError as error:
            self.run.fault(str(error))
            log.warning("%s", plain(str(error)))
        nothing: tuple[Any, ...] = ()
        for start in nothing:
            yield start

    def _begin(self) -> None:
        run, selection = self.run, self.selection
        store = SqliteStore(None if selection.archive is not None else self.options.store_file)
        try:
            row = store.begin(run.site, selection.scope, run.id, run.begun)
        except BaseException:
            store.close()
            raise
        if row.id != run.id:
            log.warning("run %s of %s was not finished; it goes on", row.id, run.site)
        run.take_up(row.id, row.begun, store)
        settings = self.crawler.settings
        bounds = Bounds(
            limit=selection.limit,
            requests=settings.getint("CONCURRENT_REQUESTS"),
            host=settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"),
            free=self.options.min_free,
        )
        self.ledger = Ledger(store, run, self.site.site.crawl, bounds)
        if selection.archive is not None:
            self.archive = Archive(selection.archive, self.site, self._unusable)
        batch: list[Ask] = []
        for ask in self._starts():
            batch.append(ask)
            if len(batch) >= _BATCH:
                self.ledger.schedule(batch, time.time())
                batch.clear()
        self.ledger.schedule(batch, time.time())
        if selection.whole_site:
            run.counts["waiting"] += store.adopt(run.id, time.time())

    def _starts(self) -> Iterator[Ask]:
        for url in self.selection.urls:
            yield self._ask(url, named=True)
        for page in self.selection.lists:
            yield self._ask_list(page.url, 0)
        if self.selection.everything and self.archive is not None:
            for capture in self.archive.captures():
                yield self._ask(capture.url)

    @property
    def stopping(self) -> bool:
        """Whether no more pages are to be asked for."""
        engine = self.crawler.engine
        return self._ending is not None or engine is None or not engine.running

    def give_up(self, reason: str) -> None:
        """End the crawl because of a fault that no page is to blame for."""
        if self._ending is None:
            self.run.fault(reason)
            log.error("%s", plain(reason))
            self._ending = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="fault"))

    def broke(self, failure: TwistedFailure) -> None:
        """Note an error in this spider or a middleware: the run has failed."""
        self.run.fault(f"{type(failure.value).__name__}: {failure.value}")

    # --- Asking -------------------------------------------------------------------------------------------------------

    def _ask(self, url: str, *, named: bool = False, key: str | None = None) -> Ask:
        """Return what asks for a page of the site: a list where the profile says so, else an article."""
        reading = read_url(url, self.site)
        if reading.kind == "list":
            return self._ask_list(url, 0, named=named)
        ident = key or article_id(reading, self.site.site.site)
        host = urls.host(url)
        return Ask(key=ident, url=url, kind=PageKind.ARTICLE, host=host, priority=ARTICLE_PRIORITY, named=named)

    def _ask_list(self, url: str, depth: int, *, named: bool = False) -> Ask:
        return Ask(key=url, url=url, kind=PageKind.LIST, host=urls.host(url), depth=depth, named=named)

    def request_for(self, job: Job) -> Request:
        """Return the request for a page; what the server said of its version goes along."""
        headers = {"If-None-Match": job.etag, "If-Modified-Since": job.modified} if job.revision is not None else {}
        return Request(
            job.url,
            self.read_listing if job.kind is PageKind.LIST else self.read_article,
            errback=self.not_got,
            headers={name: value for name, value in headers.items() if value},
            cb_kwargs={"job": job},
            priority=job.priority,
            dont_filter=True,
        )

    # --- Pages --------------------------------------------------------------------------------------------------------

    def read_listing(self, response: Response, job: Job) -> Iterator[Outcome]:
        """Follow the links to articles of a list page, and the list to its next page."""
        page = page_of(job.url, self.site)
        counts = {"pages": 1, "lists": 1, **self._caps(job)}
        if response.status == NOT_FOUND and page is not None and page.page > 0:
            yield Outcome(job=job, result=Result.LISTED, status=response.status, counts=counts)
            return  # behind the list's last page
        try:
            if response.status != OK:
                reason = f"{response.url}: the list answered with status {response.status}"
                raise Quarantined(Failure.HTTP_STATUS, reason)  # noqa: TRY301 - one place settles what failed
            if _cut(response, page):
                raise Quarantined(Failure.TRUNCATED, f"{response.url}: the list ends early; fetch it again")  # noqa: TRY301
            found, links = self._found(response, job, page)
        except ListUnreadable as error:
            yield self._failed(Quarantined(Failure.RULE_MISSED, str(error), rule="lists"), response, job, counts)
        except (PageRefused, Quarantined) as error:
            yield self._failed(error, response, job, counts)
        else:
            counts["links"] = links
            yield Outcome(job=job, result=Result.LISTED, status=OK, found=tuple(found), counts=counts)

    def _found(self, response: Response, job: Job, page: ListPage | None) -> tuple[list[Ask], int]:
        """Return what a list page leads to, and how many links to articles it has."""
        fetched = self._fetched_at(response)
        kind = _header(response, b"Content-Type")
        links = read_list(response.body, response.url, kind, page, self.site, now=fetched)
        since = self.selection.since
        wanted = [link for link in links if since is None or link.day is None or link.day >= since]
        found = [self._ask(link.url, key=link.key) for link in wanted]
        following = page.following if page is not None else None
        if following is not None and wanted and not self.selection.everything:  # else each page is a start by itself
            found.append(self._ask_list(following.url, job.depth))
        if job.depth < self.site.site.crawl.depth:
            deeper = list_links(response.body, response.url, kind, self.site)
            found += [self._ask_list(url, job.depth + 1) for url in deeper]
        return found, len(links)

    def read_article(self, response: Response, job: Job) -> Iterator[Outcome]:
        """Take a page apart; what gives no record goes into quarantine."""
        now = time.time()
        if response.status == NOT_MODIFIED:
            yield self._unchanged(job, now)
            return
        counts = {"pages": 1, **self._caps(job)}
        try:
            record = self._extract(response)
        except (PageRefused, Quarantined) as error:
            yield self._failed(error, response, job, counts)
            return
        since = self.selection.since
        if since is not None and record.date_published is not None and record.date_published[:10] < since.isoformat():
            yield Outcome(job=job, result=Result.PASSED, status=OK, counts={**counts, "older": 1})
            return
        line = encode_line(chrome_level(record, self.run.chrome))
        yield Outcome(
            job=job,
            result=Result.RECORD,
            record=NewRecord(id=record.id, content_hash=record.content_hash, layout=record.layout.id, line=line),
            counts=counts,
            status=OK,
            look_at=look_at(self.site.site.crawl, record.date_published, self.site.timezone, now),
            etag=_header(response, b"ETag"),
            modified=_header(response, b"Last-Modified"),
        )

    def _extract(self, response: Response) -> Record:
        return extract(
            response.body,
            response.url,
            headers={"content-type": _header(response, b"Content-Type") or ""},
            fetched_at=self._fetched_at(response),
            status=response.status,
            profiles=[self.site],
        )

    def _unchanged(self, job: Job, now: float) -> Outcome:
        published = None
        if self.ledger is not None and job.revision is not None:
            last = next(self.ledger.store.revisions(site=job.site, after=job.revision - 1))
            published = msgspec.json.decode(last.line, type=_Published).datePublished
        return Outcome(
            job=job,
            result=Result.UNCHANGED,
            status=NOT_MODIFIED,
            counts={"pages": 1, "unchanged": 1, **self._caps(job)},
            look_at=look_at(self.site.site.crawl, published, self.site.timezone, now),
            etag=job.etag,
            modified=job.modified,
        )

    # --- Failures -----------------------------------------------------------------------------------------------------

    def _failed(
        self, error: PortalsieveError, response: Response, job: Job, counts: dict[str, int] | None = None
    ) -> Outcome:
        """Return the outcome of a page that was answered and gives nothing: again, dead or refused."""
        now, passing = time.time(), error.failure is Failure.TRUNCATED
        if response.status in self.retries.statuses or passing:
            wait = retry_after(response.headers, now)
            again = self._again(job, error.failure, str(error), now, wait, response.status)
            if again is not None:
                return again
        entry = self._entry(
            error,
            url=response.url,
            sha256=hashlib.sha256(response.body).hexdigest(),
            fetched_at=self._fetched_at(response),
            status=response.status,
        )
        log.info("quarantined: %s", plain(entry.message))
        dead = passing or error.failure is Failure.HTTP_STATUS
        return Outcome(
            job=job,
            result=Result.DEAD if dead else Result.REFUSED,
            quarantine=(entry,),
            failure=error.failure,
            reason=str(error),
            status=response.status,
            look_at=None if dead else look_at(self.site.site.crawl, None, self.site.timezone, now),
            other_form=job.kind is PageKind.ARTICLE,
            counts={**(counts or {}), "quarantined": 1},
        )

    def _again(
        self, job: Job, failure: str, reason: str, now: float, wait: float | None, status: int | None = None
    ) -> Outcome | None:
        """Return the outcome of a page that is to be tried again later; None where it was tried often enough."""
        at = self.retries.at(job, now, wait)
        if at is None:
            return None
        if wait is not None and self.ledger is not None:
            self.ledger.store.hold(job.host, at)
        log.info("%s: again in %.1f s: %s", plain(job.url), at - now, plain(reason))
        return Outcome(
            job=job,
            result=Result.AGAIN,
            failure=failure,
            reason=reason,
            status=status,
            retry_at=at,
            counts={"retried": 1},
        )

    def not_got(self, failure: TwistedFailure) -> list[Any]:
        """Account for a request that no page came of; the spider's middlewares do not see what comes of it."""
        request: Request = failure.request  # type: ignore[attr-defined]
        job, error = request.cb_kwargs["job"], failure.value
        if isinstance(error, Stopped):
            if self.ledger is not None:
                self.ledger.give_back(job)
        elif error is not None:
            self.settle(self._unanswered(job, request.url, error))
        return []

    def _unanswered(self, job: Job, url: str, error: BaseException) -> Outcome:
        told = str(error) or type(error).__name__
        other = job.kind is PageKind.ARTICLE
        if isinstance(error, NotInArchive):
            self.run.missing(url)
            log.info("%s", plain(told))
            return Outcome(
                job=job, result=Result.DEAD, failure="not_in_archive", reason=told, counts={"misses": 1},
                other_form=other,
            )  # fmt: skip
        if isinstance(error, RobotsForbid):
            log.info("%s: robots.txt forbids it", plain(url))
            return Outcome(
                job=job, result=Result.DEAD, failure="robots", reason=told, counts={"disallowed": 1}, other_form=other
            )
        kind = error.failure if isinstance(error, Broken) else Failure.HTTP_STATUS
        if isinstance(error, DownloadCancelledError):
            kind = Failure.TOO_BIG
        if kind is not Failure.TOO_BIG and not isinstance(error, IgnoreRequest):
            again = self._again(job, kind, told, time.time(), None)
            if again is not None:
                return again
        missed = Quarantined(kind, f"{url}: no answer: {told}")
        log.warning("%s", plain(str(missed)))
        return Outcome(
            job=job,
            result=Result.DEAD,
            quarantine=(self._entry(missed, url=url),),
            failure=kind,
            reason=told,
            counts={"failed": 1},
            other_form=other,
        )

    def over_bound(self, job: Job, bound: str) -> None:
        """Settle a page that the profile's caps forbid."""
        self.settle(Outcome(job=job, result=Result.DEAD, failure="capped", reason=bound, counts={"capped": 1}))

    def bury(self, job: Job, reason: str) -> None:
        """Settle a page that an error of ours was met on."""
        if self.ledger is not None and self.ledger.holds(job):
            self.settle(Outcome(job=job, result=Result.DEAD, failure="error", reason=reason))

    def settle(self, outcome: Outcome) -> dict[str, Any] | None:
        """Write an outcome; return its record, as it was written, if it is new or changed."""
        if self.ledger is None:
            return None
        try:
            settled = self.ledger.settle(outcome, time.time())
        except StoreError as error:
            self.give_up(str(error))
            return None
        if not settled.written or outcome.record is None:
            return None
        record: dict[str, Any] = msgspec.json.decode(outcome.record.line)
        return record

    def _caps(self, job: Job) -> dict[str, int]:
        return self.ledger.cap_counts(job.url) if self.ledger is not None else {}

    def _fetched_at(self, response: Response) -> datetime | None:
        if self.archive is not None:
            recorded: datetime | None = response.meta.get("fetched_at")
            return recorded
        return datetime.now(UTC)

    def _unusable(self, archived: ArchivedResponse) -> None:
        """Account for a record of the archive that cannot be used; what is wrong with other sites' pages is not."""
        problem = archived.problem
        if problem is None or self.ledger is None:
            return
        entry = self._entry(Quarantined(problem.failure, problem.message), url=archived.url)
        if problem.failure is Failure.ARCHIVE_DAMAGED:
            self.ledger.file(entry, "damaged")
            log.warning("%s", plain(problem.message))
        elif archived.url is not None and profile_for(archived.url, [self.site]) is not None:
            self.ledger.file(entry, "quarantined")
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


class _Published(msgspec.Struct):
    datePublished: str | None = None  # noqa: N815 - as the record has it


def _header(response: Response, name: bytes) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def _cut(response: Response, page: ListPage | None) -> bool:
    """Tell whether a list ends before it should: HTML without its end, JSON without its last bracket."""
    text = charset.decode(response.body, _header(response, b"Content-Type"))[0].strip()
    if text.startswith("<") or (page is not None and page.source.format == "html"):
        return not complete(text)
    return bool(text) and text[-1] not in ")]};"
