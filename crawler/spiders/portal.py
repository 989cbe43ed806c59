"""The spider: finds articles through the profile's lists, or takes their URLs, and yields a record for each."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import partial
from typing import Any, ClassVar, Self

import msgspec
import scrapy
from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure as TwistedFailure

from .. import __version__
from ..bulk.page import PageProcess
from ..errors import Failure, Quarantined
from ..extract import extract_parted, profiles_in
from ..failpoints import failpoint
from ..fetch.archive import Archive, ArchiveHandler, NotInArchive
from ..fetch.faults import Stopped
from ..fetch.render import Asked, Renderer, fetch_by_engine
from ..profiles.load import Profile
from ..profiles.match import profile_for
from ..records.model import Record
from ..report.run import Run
from ..store.errors import StoreError
from ..store.interface import Job, NewPage, Outcome, PageKind, Result, Settled
from ..store.opening import open_store
from ..terminal import plain
from ..warc.reader import ArchivedResponse
from .adopted import adopt
from .examples import Examples
from .failures import FailureOutcomes
from .frontier import Bounds, Frontier
from .options import Options
from .responses import ResponseOutcomes, new_list, new_page
from .reviewing import ReviewPages
from .revisit import Retries, request_headers
from .selection import BadArgument, Selection
from .watching import Watching

_BATCH = 500
"""Pages that are scheduled in one transaction at the start."""

log = logging.getLogger("portalsieve")


class PortalSpider(scrapy.Spider):
    """Crawls one site by its profile. The spider loader creates a subclass for each profile folder.

    Arguments are those of `crawler.spiders.selection.ARGUMENTS`; BadArgument is raised for any other. Callbacks yield
    outcomes, which `crawler.spiders.scheduler` settles and replaces with records as dicts for Scrapy's pipelines and
    feed exports. `run` has the counts and the files; `frontier` is set once the spider has started.

    In another Scrapy project a subclass with the `name` of a site, or its `profile_name`, is the whole crawl of that
    site. It brings the settings that the crawl needs; the project's own settings, middlewares and pipelines hold too.
    """

    profile: ClassVar[Profile | None] = None
    profile_name: ClassVar[str | None] = None
    run: Run
    options: Options
    retries: Retries
    failures: FailureOutcomes
    archive: Archive | None

    @classmethod
    def of(cls, profile: Profile) -> type[Self]:
        """Return the spider class of a profile."""
        return type(f"{cls.__name__}_{profile.site.site}", (cls,), {"name": profile.site.site, "profile": profile})

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Add the crawl's settings where the project has others, then `custom_settings`."""
        adopt(settings)
        super().update_settings(settings)

    def item(self, record: dict[str, Any]) -> Any:
        """Return what pipelines and feed exports get for a record that was written, None for nothing; to override."""
        return record

    @classmethod
    def select(cls, arguments: Mapping[str, Any]) -> Selection:
        """Return the pages that spider arguments ask for; raises BadArgument."""
        return Selection.of(cls._own(), arguments)

    @classmethod
    def site_of(cls, selection: Selection) -> Profile:
        """Return the profile for the pages of a selection."""
        del selection
        return cls._own()

    @classmethod
    def find_profile(cls, options: Options) -> None:
        """Load the spider's profile by name if it has none; raises BadArgument, ProfileInvalid."""
        if cls.profile is None:
            cls.profile = _profile_named(cls.profile_name or cls.name, options)

    @classmethod
    def _own(cls) -> Profile:
        if cls.profile is None:
            raise BadArgument("this spider has no profile; `scrapy list` shows the sites with one")
        return cls.profile

    def __init__(self, name: str | None = None, *, selection: Any = None, **arguments: Any) -> None:
        super().__init__(name)
        if selection is not None and not isinstance(selection, Selection):
            arguments["selection"] = selection
        self.selection = selection if isinstance(selection, Selection) else self.select(arguments)
        self.site: Profile = self.site_of(self.selection)
        self.allowed_domains = list(self.site.site.hosts)
        self.frontier: Frontier | None = None
        self.responses: ResponseOutcomes | None = None
        self.examples: Examples | None = None
        self.archive = None
        self.review: ReviewPages | None = None
        self.pages: PageProcess | None = None
        self.watching: Watching | None = None
        self.crawl_delays: dict[str, float] = {}
        self.started = False
        self._ending: asyncio.Future[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Create the spider and adjust Scrapy's settings; raises BadArgument, BadSetting, NotAnArchive."""
        options = Options.of(crawler.settings)
        cls.find_profile(options)
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
            handler = f"{ArchiveHandler.__module__}.{ArchiveHandler.__name__}"
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
            log.warning("no contact is set; use -s PORTALSIEVE_CONTACT=YOU@EXAMPLE.ORG so that sites can reach you")
        spider.retries = Retries.of(settings, options.retry_delay)
        crawler.signals.connect(spider.end_rendering, signals.spider_closed)
        crawler.signals.connect(spider.note_error, signals.spider_error)
        return spider

    # --- Start and end ------------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Any]:
        """Fill the frontier with the pages or lists to crawl, or all archived pages of the site. Yields nothing.

        An unfinished run with the same arguments is resumed.
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
        place = None if selection.archive is not None else self.options.store_place
        store = open_store(place, lease=self.options.lease, wait=self.options.store_wait)
        failpoint("recover.before")
        try:
            row = store.begin(run.site, selection.scope, run.id, run.begun)
        except BaseException:
            store.close()
            raise
        if row.id != run.id:
            log.warning("resuming unfinished run %s of %s", row.id, run.site)
        failpoint("recover.after")
        run.resume(row.id, row.begun, store)
        settings = self.crawler.settings
        bounds = Bounds(
            limit=selection.limit,
            requests=settings.getint("CONCURRENT_REQUESTS"),
            host=settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN"),
            free=self.options.min_free,
            folder=self.options.output if store.shared else None,
        )
        self.frontier = Frontier(store, run, self.site.site.crawl, bounds)
        self.failures = FailureOutcomes(self.site, run.id, self.retries)
        record: Callable[..., Record] = partial(extract_parted, profiles=[self.site])
        if self.options.page_process:
            self.pages = self.page_process()
            record = self.pages.extract
        frontier = self.frontier
        self.watching = self.watch(frontier)
        self.responses = ResponseOutcomes(
            self.site, selection, self.failures, run.chrome, frontier.published, self.fetch_part, frontier.part_cap,
            record, self._renderer(), frontier.release_host,
            self.options.output / "quarantine" / run.site / "pictures", self.watching,
        )  # fmt: skip
        if self.options.explained and self.pages is None:  # a process of its own is for pages that nobody trusts
            self.examples = Examples(run.reports / run.id, self.site, self.options.explained)
        if selection.archive is not None:
            self.archive = Archive(selection.archive, self.site, self._unusable)
        else:
            self.review = ReviewPages(self.options.output / "review", self.site)
        batch: list[NewPage] = []
        for page in self._starts():
            batch.append(page)
            if len(batch) >= _BATCH:
                self.frontier.schedule(batch, time.time())
                batch.clear()
        self.frontier.schedule(batch, time.time())
        if selection.whole_site:
            run.counts["waiting"] += store.adopt(run.id, time.time())
        failpoint("start.after")

    def watch(self, frontier: Frontier) -> Watching | None:
        """Return what watches for changed layouts. An archive is only observed."""
        passive = self.selection.archive is not None
        return Watching(self.crawler, self.site, self.run, frontier, passive=passive, traced=self.pages is None)

    def page_process(self) -> PageProcess:
        """Return the process for the crawl's pages."""
        return PageProcess(self.options.profiles, self.site.site.site, self.options.cost)

    def _renderer(self) -> Renderer | None:
        options = self.options
        if not options.render_pages:
            return None
        return Renderer(
            self.fetch_asked, lambda: self.stopping, chromium=options.chromium, at_once=options.render_pages
        )  # fmt: skip

    def _starts(self) -> Iterator[NewPage]:
        for url in self.selection.urls:
            yield new_page(url, self.site, named=True)
        for page in self.selection.lists:
            yield new_list(page.url)
        if self.selection.everything and self.archive is not None:
            for capture in self.archive.captures():
                yield new_page(capture.url, self.site)

    @property
    def stopping(self) -> bool:
        """Whether the crawl is ending and must not fetch more pages."""
        engine = self.crawler.engine
        return self._ending is not None or engine is None or not engine.running

    def stop_with_fault(self, reason: str) -> None:
        """End the crawl because of a fault that is not the fault of a page."""
        if self._ending is None:
            self.run.fault(reason)
            log.error("%s", plain(reason))
            self._ending = asyncio.ensure_future(self.crawler.engine.close_spider_async(reason="fault"))

    def note_error(self, failure: TwistedFailure) -> None:
        """Mark the run as failed because of an error in this spider or a middleware."""
        self.run.fault(f"{type(failure.value).__name__}: {failure.value}")

    # --- Requests and outcomes ----------------------------------------------------------------------------------------

    def request_for(self, job: Job) -> Request:
        """Return the request for a page, with the server's validators if there are any."""
        return Request(
            job.url,
            self.read,
            errback=self.download_failed,
            headers=request_headers(job),
            cb_kwargs={"job": job},
            priority=job.priority,
            dont_filter=True,
        )

    async def read(self, response: Response, job: Job) -> AsyncIterator[Outcome]:
        """Yield the outcome of a page; nothing if the crawl ends before an article's other pages are there."""
        failpoint("fetch.after")
        if self.responses is None or self.frontier is None:
            return
        of_kind = self.responses.of_list if job.kind is PageKind.LIST else self.responses.of_article
        try:
            outcome = await of_kind(response, job)
        except Stopped:
            self.give_back(job)
        except StoreError as error:
            self.stop_with_fault(str(error))
        else:
            if self.review is not None:
                self.review.keep(response, outcome)
            if self.examples is not None and job.kind is PageKind.ARTICLE:
                self.examples.consider(outcome, response, response.meta.get("fetched_at"))
            yield outcome

    async def fetch_part(self, url: str, job: Job) -> Response:
        """Fetch another page of a job's article, subject to robots.txt, pace and checks like every request.

        Raises Stopped if the crawl ends, and whatever the download raises.
        """
        engine = self.crawler.engine
        slot = getattr(engine, "_slot", None)
        if self.stopping or engine is None or slot is None or slot.closing or self.frontier is None:
            raise Stopped(f"{url}: the crawl is ending")
        request = Request(url, callback=NO_CALLBACK, priority=job.priority, dont_filter=True)
        try:
            response = await engine.download_async(request)
        except NotInArchive:
            self.run.missing(url)
            raise
        self.frontier.count_part(job, url)
        failpoint("fetch.after")
        return response

    async def end_rendering(self) -> None:
        """Close the browser; the most seconds that a page took become a stat."""
        if self.responses is not None:
            rendering = self.responses.rendering
            await rendering.close()
            if rendering.slowest and self.crawler.stats is not None:
                self.crawler.stats.set_value("portalsieve/render_seconds_max", round(rendering.slowest, 3))

    async def fetch_asked(self, asked: Asked) -> Response:
        """Fetch what a rendered page asks for, with robots.txt, delays and checks as for any request.

        Raises Stopped if the crawl is ending, and the download's exceptions.
        """
        engine = self.crawler.engine
        slot = getattr(engine, "_slot", None)
        if self.stopping or engine is None or slot is None or slot.closing:
            raise Stopped(f"{asked.url}: the crawl is ending")
        return await fetch_by_engine(engine, asked)

    def download_failed(self, failure: TwistedFailure) -> list[Any]:
        """Settle a page whose request failed (an errback's outcome does not pass through the spider middlewares)."""
        request: Request = failure.request  # type: ignore[attr-defined]
        job, error = request.cb_kwargs["job"], failure.value
        if isinstance(error, StoreError):  # not the page's fault: it stays as it is
            self.stop_with_fault(str(error))
        elif isinstance(error, Stopped):
            self.give_back(job)
        elif error is not None:
            outcome = self.failures.download_failed(job, request.url, error, now=time.time())
            if outcome.failure == Failure.NOT_IN_ARCHIVE:
                self.run.missing(request.url)
            self.settle(outcome)
        return []

    def give_back(self, job: Job) -> None:
        """Return a page to the frontier unchanged because the crawl is stopping."""
        if self.frontier is not None:
            try:
                self.frontier.give_back(job)
            except StoreError as error:
                self.stop_with_fault(str(error))

    def settle_capped(self, job: Job, bound: str) -> None:
        """Settle a page that a cap of the profile forbids."""
        self.settle(Outcome(job=job, result=Result.DEAD, failure=Failure.CAPPED, reason=bound, counts={"capped": 1}))

    def settle_crashed(self, job: Job, reason: str) -> None:
        """Settle a page on which our own code raised an error."""
        if self.frontier is not None and self.frontier.is_in_flight(job):
            self.settle(Outcome(job=job, result=Result.DEAD, failure=Failure.CRASHED, reason=reason))

    def settle(self, outcome: Outcome) -> dict[str, Any] | None:
        """Write an outcome now; return its record as written if it is new or changed."""
        failpoint("extract.after")
        if self.frontier is None:
            return None
        try:
            settled = self.frontier.settle(outcome, time.time())
            self._carry_out()
        except StoreError as error:
            self.stop_with_fault(str(error))
            return None
        return self._written(outcome, settled)

    async def settle_soon(self, outcome: Outcome) -> dict[str, Any] | None:
        """Like `settle`, possibly in one transaction with other pages; return when it is on disk."""
        failpoint("extract.after")
        if self.frontier is None:
            return None
        try:
            settled = await self.frontier.settle_soon(outcome)
            self._carry_out()
        except StoreError as error:
            self.stop_with_fault(str(error))
            return None
        return self._written(outcome, settled)

    def _carry_out(self) -> None:
        if self.watching is not None:
            self.watching.settled()

    @staticmethod
    def _written(outcome: Outcome, settled: Settled) -> dict[str, Any] | None:
        if not settled.written or outcome.record is None:
            return None
        record: dict[str, Any] = msgspec.json.decode(outcome.record.line)
        return record

    def _unusable(self, archived: ArchivedResponse) -> None:
        """File an archive record that cannot be used; unusable pages of other sites are ignored."""
        problem = archived.problem
        if problem is None or self.frontier is None:
            return
        entry = self.failures.entry(Quarantined(problem.failure, problem.message), url=archived.url)
        if problem.failure is Failure.ARCHIVE_DAMAGED:
            self.frontier.file(entry, "damaged")
            log.warning("%s", plain(problem.message))
        elif archived.url is not None and profile_for(archived.url, [self.site]) is not None:
            self.frontier.file(entry, "quarantined")
            log.info("quarantined: %s", plain(problem.message))


def _profile_named(name: str | None, options: Options) -> Profile | None:
    """Return the profile of a site; raises BadArgument without one, ProfileInvalid if it is invalid."""
    profiles = profiles_in(options.profiles)
    if name in profiles.refused:
        raise profiles.refusal(str(name))
    if name is None or name not in profiles:
        known = ", ".join(sorted(profiles))
        raise BadArgument(f"{name!r} has no profile; set the spider's name or profile_name to one of: {known}")
    return profiles[name]
