"""The one spider: finds articles by the profile's lists, or is told them, and gives a record of each."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any, ClassVar, Self

import msgspec
import scrapy
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from twisted.python.failure import Failure as TwistedFailure

from crawler import __version__
from crawler.bulk.page import PageProcess
from crawler.errors import Failure, Quarantined
from crawler.extract import extract
from crawler.failpoints import failpoint
from crawler.fetch.archive import Archive, NotInArchive
from crawler.fetch.faults import Stopped
from crawler.profiles.load import Profile
from crawler.profiles.match import profile_for
from crawler.records.model import Record
from crawler.report.run import Run
from crawler.spiders.failures import Failing
from crawler.spiders.frontier import Bounds, Ledger
from crawler.spiders.options import Options
from crawler.spiders.responses import Answers, ask_list, ask_page
from crawler.spiders.revisit import Retries, request_headers
from crawler.spiders.selection import BadArgument, Selection
from crawler.store.errors import StoreError
from crawler.store.interface import Ask, Job, Outcome, PageKind, Result, Settled
from crawler.store.opening import open_store
from crawler.terminal import plain
from crawler.warc.reader import ArchivedResponse

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
    failing: Failing
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
        self.answers: Answers | None = None
        self.archive = None
        self.pages: PageProcess | None = None
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
        spider.run = Run(
            site.site.site, site.version, __version__, options.output, options.chrome, max_failed=options.max_failed
        )
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
        store = open_store(None if selection.archive is not None else self.options.store_file)
        failpoint("recover.before")
        try:
            row = store.begin(run.site, selection.scope, run.id, run.begun)
        except BaseException:
            store.close()
            raise
        if row.id != run.id:
            log.warning("run %s of %s was not finished; it goes on", row.id, run.site)
        failpoint("recover.after")
        run.take_up(row.id, row.begun, store)
        settings = self.crawler.settings
        bounds = Bounds(
            limit=selection.limit,
            requests=settings.getint("CONCURRENT_REQUESTS"),
            host=settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"),
            free=self.options.min_free,
        )
        self.ledger = Ledger(store, run, self.site.site.crawl, bounds)
        self.failing = Failing(self.site, run.id, self.retries)
        record: Callable[..., Record] = partial(extract, profiles=[self.site])
        if self.options.page_process:
            self.pages = PageProcess(self.options.profiles, self.site.site.site, self.options.cost)
            record = self.pages.extract
        ledger = self.ledger
        self.answers = Answers(
            self.site, selection, self.failing, run.chrome, ledger.published, self.fetch_part, ledger.bound, record
        )  # fmt: skip
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
        failpoint("start.after")

    def _starts(self) -> Iterator[Ask]:
        for url in self.selection.urls:
            yield ask_page(url, self.site, named=True)
        for page in self.selection.lists:
            yield ask_list(page.url)
        if self.selection.everything and self.archive is not None:
            for capture in self.archive.captures():
                yield ask_page(capture.url, self.site)

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

    # --- Asking and settling ------------------------------------------------------------------------------------------

    def request_for(self, job: Job) -> Request:
        """Return the request for a page; what the server said of its version goes along."""
        return Request(
            job.url,
            self.read,
            errback=self.not_got,
            headers=request_headers(job),
            cb_kwargs={"job": job},
            priority=job.priority,
            dont_filter=True,
        )

    async def read(self, response: Response, job: Job) -> AsyncIterator[Outcome]:
        """Yield what comes of a page; nothing where the crawl ends before an article's other pages are there."""
        failpoint("fetch.after")
        if self.answers is None or self.ledger is None:
            return
        if job.kind is PageKind.LIST:
            yield self.answers.of_list(response, job)
            return
        try:
            outcome = await self.answers.of_article(response, job)
        except Stopped:
            self.ledger.give_back(job)
        else:
            yield outcome

    async def fetch_part(self, url: str, job: Job) -> Response:
        """Fetch another page of a job's article: robots.txt, pace and checks are those of every request.

        Raises Stopped where the crawl ends, and what the download raises.
        """
        engine = self.crawler.engine
        slot = getattr(engine, "_slot", None)
        if self.stopping or engine is None or slot is None or slot.closing or self.ledger is None:
            raise Stopped(f"{url}: the crawl ends")
        request = Request(url, callback=NO_CALLBACK, priority=job.priority, dont_filter=True)
        try:
            response = await engine.download_async(request)
        except NotInArchive:
            self.run.missing(url)
            raise
        self.ledger.count_part(job, url)
        failpoint("fetch.after")
        return response

    def not_got(self, failure: TwistedFailure) -> list[Any]:
        """Account for a request that no page came of; the spider's middlewares do not see what comes of it."""
        request: Request = failure.request  # type: ignore[attr-defined]
        job, error = request.cb_kwargs["job"], failure.value
        if isinstance(error, Stopped):
            if self.ledger is not None:
                self.ledger.give_back(job)
        elif error is not None:
            outcome = self.failing.unanswered(job, request.url, error, now=time.time())
            if outcome.failure == Failure.NOT_IN_ARCHIVE:
                self.run.missing(request.url)
            self.settle(outcome)
        return []

    def over_bound(self, job: Job, bound: str) -> None:
        """Settle a page that the profile's caps forbid."""
        self.settle(Outcome(job=job, result=Result.DEAD, failure=Failure.CAPPED, reason=bound, counts={"capped": 1}))

    def bury(self, job: Job, reason: str) -> None:
        """Settle a page that an error of ours was met on."""
        if self.ledger is not None and self.ledger.holds(job):
            self.settle(Outcome(job=job, result=Result.DEAD, failure=Failure.CRASHED, reason=reason))

    def settle(self, outcome: Outcome) -> dict[str, Any] | None:
        """Write an outcome at once; return its record, as it was written, if it is new or changed."""
        failpoint("extract.after")
        if self.ledger is None:
            return None
        try:
            settled = self.ledger.settle(outcome, time.time())
        except StoreError as error:
            self.give_up(str(error))
            return None
        return self._written(outcome, settled)

    async def settle_soon(self, outcome: Outcome) -> dict[str, Any] | None:
        """Do as `settle` does, maybe with other pages in one transaction; return when it is on the disk."""
        failpoint("extract.after")
        if self.ledger is None:
            return None
        try:
            settled = await self.ledger.settle_soon(outcome)
        except StoreError as error:
            self.give_up(str(error))
            return None
        return self._written(outcome, settled)

    @staticmethod
    def _written(outcome: Outcome, settled: Settled) -> dict[str, Any] | None:
        if not settled.written or outcome.record is None:
            return None
        record: dict[str, Any] = msgspec.json.decode(outcome.record.line)
        return record

    def _unusable(self, archived: ArchivedResponse) -> None:
        """Account for a record of the archive that cannot be used; what is wrong with other sites' pages is not."""
        problem = archived.problem
        if problem is None or self.ledger is None:
            return
        entry = self.failing.entry(Quarantined(problem.failure, problem.message), url=archived.url)
        if problem.failure is Failure.ARCHIVE_DAMAGED:
            self.ledger.file(entry, "damaged")
            log.warning("%s", plain(problem.message))
        elif archived.url is not None and profile_for(archived.url, [self.site]) is not None:
            self.ledger.file(entry, "quarantined")
            log.info("quarantined: %s", plain(problem.message))
