"""Outcomes of responses: a record, links, or a failure."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from scrapy.http import Response

from ..errors import Failure, PageRefused, PortalsieveError, Quarantined
from ..extract import complete
from ..fetch.browser import NoBrowser
from ..fetch.faults import Stopped
from ..fetch.render import Renderer
from ..page import charset, urls
from ..profiles.load import Profile
from ..profiles.match import article_id, read_url
from ..records.model import Record
from ..records.write import ChromeLevel, chrome_level
from ..sieve.rendering import list_need
from ..store.errors import StoreError
from ..store.interface import Job, NewPage, NewRecord, Outcome, PageKind, Result
from .failures import FailureOutcomes
from .joining import OtherPages
from .lists import ListPage, ListUnreadable, list_links, page_of, read_list
from .rendering import Found, Rendering, Seen, unavailable
from .revisit import conditions, next_visit
from .selection import Selection
from .watching import Watching

_FEED_END = re.compile(r"</(?:rss|feed|rdf:RDF)\s*>\s*(?:<!--[^>]*-->\s*)?\Z", re.IGNORECASE)
OK = 200
NOT_MODIFIED = 304
NOT_FOUND = 404
ARTICLE_PRIORITY = 10
"""Above lists: known articles are fetched before more are searched for."""


def new_list(url: str, depth: int = 0, *, named: bool = False) -> NewPage:
    """Return a list page to schedule."""
    return NewPage(key=url, url=url, kind=PageKind.LIST, host=urls.host(url), depth=depth, named=named)


def new_page(url: str, site: Profile, *, named: bool = False, key: str | None = None) -> NewPage:
    """Return a page of the site to schedule: a list if the profile says so, else an article."""
    reading = read_url(url, site)
    if reading.kind == "list":
        return new_list(url, named=named)
    ident = key or article_id(reading, site.site.site)
    return NewPage(
        key=ident, url=url, kind=PageKind.ARTICLE, host=urls.host(url), priority=ARTICLE_PRIORITY, named=named
    )  # fmt: skip


class ResponseOutcomes:
    """Turns the responses of one run into outcomes. Nothing is written here.

    `published` returns the date of a page's last record, for pages that have not changed since; `fetch` sends a
    request for another page of a job's article; `bound` returns the profile's limit that forbids one. `extract`
    extracts records, in this process or another. `renderer` renders pages that need a browser; without it they wait.
    `release` is called before: other pages of the host may be fetched meanwhile. Pictures of rendered pages that give
    no record are written to the folder `pictures`. `watching` sees all pages of articles.
    """

    def __init__(
        self,
        site: Profile,
        selection: Selection,
        failures: FailureOutcomes,
        chrome: ChromeLevel,
        published: Callable[[Job], str | None],
        fetch: Callable[[str, Job], Awaitable[Response]],
        bound: Callable[[Job, str], str | None],
        extract: Callable[..., Record],
        renderer: Renderer | None,
        release: Callable[[Job], None],
        pictures: Path,
        watching: Watching | None = None,
    ) -> None:
        self._site = site
        self._watching = watching
        self._selection = selection
        self._failures = failures
        self._chrome = chrome
        self._published = published
        self._record = extract
        self._release = release
        self.rendering = Rendering(site, renderer, self._read, pictures)
        self._other_pages = OtherPages(
            site, failures, fetch=fetch, bound=bound, see=self._seen, fetched_at=self._fetched_at
        )  # fmt: skip

    async def of_list(self, response: Response, job: Job) -> Outcome:
        """Return the outcome of a list page: its links to articles and its next page.

        Raises Stopped if the crawl ends before the page's scripts have run.
        """
        page = page_of(job.url, self._site)
        counts = {"pages": 1, "lists": 1}
        if response.status == NOT_FOUND and page is not None and page.page > 0:  # after the list's last page
            return Outcome(job=job, result=Result.LISTED, status=response.status, counts=counts)
        fault = _list_fault(response, page)
        if fault is not None:
            return self._refused(fault, response, job, counts)
        error, found, links = self._listed(response, job, page)
        wanted = list_need(page.source, self._site, links) if page is not None else None
        if wanted is not None:
            self._release(job)
            try:
                rendered = await self.rendering.render_list(response, wanted)
            except (Stopped, StoreError):
                raise
            except NoBrowser as missing:
                counts["unrendered"] = 1
                waiting = Quarantined(Failure.NEEDS_RENDERING, unavailable(response, wanted, str(missing)))
                return msgspec.structs.replace(self._refused(waiting, response, job, counts), look_at=time.time())
            except Exception as failed:  # noqa: BLE001 - each is a failure with a name
                return self._failures.download_failed(job, response.url, failed, now=time.time())
            counts["rendered"] = 1
            response = rendered
            error, found, links = self._listed(response, job, page)
        if error is not None:
            return self._refused(error, response, job, counts)
        counts["links"] = links
        return Outcome(job=job, result=Result.LISTED, status=OK, found=tuple(found), counts=counts)

    async def of_article(self, response: Response, job: Job) -> Outcome:
        """Extract a page and the article's other pages; without a record, the outcome is a quarantine entry.

        Raises Stopped if the crawl ends before all pages are there.
        """
        now = time.time()
        counts = {"pages": 1}
        if response.status == NOT_MODIFIED and not conditions(job):
            return self._refused(_unexpected_304(response), response, job, counts)
        if response.status == NOT_MODIFIED:
            return Outcome(
                job=job,
                result=Result.UNCHANGED,
                status=NOT_MODIFIED,
                counts={**counts, "unchanged": 1},
                look_at=self._next_visit(self._published(job), now),
                etag=job.etag,
                modified=job.modified,
            )
        seen = await self._seen(response, job, now)
        if isinstance(seen, Outcome):
            return seen
        counts |= seen.counts
        response = seen.response
        try:
            record = seen.record()
            if self._too_old(record):
                return Outcome(job=job, result=Result.PASSED, status=OK, counts={**counts, "older": 1})
            joined = await self._other_pages.join(record, response, job)
        except (PageRefused, Quarantined) as error:
            refused = self._refused(error, response, job, counts)
            return msgspec.structs.replace(refused, look_at=now) if seen.waits else refused
        if isinstance(joined, Outcome):
            return joined
        record, single = joined.record, joined.record.pages is None
        look = self._next_visit(record.date_published, now)
        if look is None and joined.transient:
            look = self._next_visit(None, now)
        look = joined.look_at or look
        line = chrome_level(record, self._chrome).line
        outcome = Outcome(
            job=job,
            result=Result.RECORD,
            record=NewRecord(id=record.id, content_hash=record.content_hash, layout=record.layout.id, line=line),
            quarantine=joined.entries,
            counts=Counter(counts) + joined.counts,
            status=OK,
            hold=joined.hold,
            look_at=look,
            # The validators of one page say nothing about the article's other pages.
            etag=header(response, b"ETag") if single else None,
            modified=header(response, b"Last-Modified") if single else None,
        )
        return self._watching.seen(outcome, record, response) if self._watching is not None else outcome

    async def _seen(self, response: Response, job: Job, now: float) -> Seen | Outcome:
        """Return the result for a page, after its scripts if it needs them; an outcome if it cannot be rendered."""
        found = self._read(response)
        need = self.rendering.need(response, found) if response.status == OK else None
        if need is None or (isinstance(found, Record) and self._too_old(found)):
            return Seen(found, response)
        self._release(job)
        try:
            return await self.rendering.render(response, found, need)
        except (Stopped, StoreError):
            raise
        except Exception as error:  # noqa: BLE001 - each is a failure with a name
            failed = self._failures.download_failed(job, response.url, error, now=now)
            if failed.result is Result.AGAIN or not isinstance(found, Record):
                return failed
            return Seen(found, response)

    def _listed(
        self, response: Response, job: Job, page: ListPage | None
    ) -> tuple[PortalsieveError | None, list[NewPage], int]:
        """Return the pages to schedule from a list page, and its number of links to articles; or its failure."""
        try:
            return None, *self._links_of(response, job, page)
        except ListUnreadable as error:
            return Quarantined(Failure.RULE_MISSED, str(error), rule="lists"), [], 0
        except PageRefused as error:
            return error, [], 0

    def _too_old(self, record: Record) -> bool:
        since, published = self._selection.since, record.date_published
        return since is not None and published is not None and published[:10] < since.isoformat()

    def _links_of(self, response: Response, job: Job, page: ListPage | None) -> tuple[list[NewPage], int]:
        """Return the pages to schedule from a list page, and its number of links to articles."""
        kind = header(response, b"Content-Type")
        links = read_list(response.body, response.url, kind, page, self._site, now=self._fetched_at(response))
        since = self._selection.since
        wanted = [link for link in links if since is None or link.day is None or link.day >= since]
        found = [new_page(link.url, self._site, key=link.key) for link in wanted]
        # With `everything`, each archived page is scheduled anyway.
        following = page.following if page is not None else None
        if following is not None and wanted and not self._selection.everything:
            found.append(new_list(following.url, job.depth))
        if job.depth < self._site.site.crawl.depth:
            deeper = list_links(response.body, response.url, kind, self._site)
            found += [new_list(url, job.depth + 1) for url in deeper]
        return found, len(links)

    def _extract(self, response: Response) -> Record:
        keep = self._watching.keep(response) if self._watching is not None else None
        return self._record(
            response.body,
            response.url,
            *([keep] if keep is not None else []),
            headers={"content-type": header(response, b"Content-Type") or ""},
            fetched_at=self._fetched_at(response),
            status=response.status,
        )

    def _read(self, response: Response) -> Found:
        """Return the record of a response, or the error that was raised instead."""
        try:
            return self._extract(response)
        except (PageRefused, Quarantined) as error:
            return error

    def _refused(self, error: PortalsieveError, response: Response, job: Job, counts: dict[str, int]) -> Outcome:
        fetched_at = self._fetched_at(response)
        now = time.time()
        outcome = self._failures.refused(error, response, job, now=now, fetched_at=fetched_at, counts=counts)
        watched = self._watching is not None and job.kind is PageKind.ARTICLE
        return self._watching.refused(outcome, error, response) if self._watching is not None and watched else outcome

    def _next_visit(self, published: str | None, now: float) -> float | None:
        return next_visit(self._site.site.crawl, published, self._site.timezone, now)

    def _fetched_at(self, response: Response) -> datetime | None:
        """Return when a page was fetched; a response from an archive carries its own time, if known."""
        if self._selection.archive is not None:
            recorded: datetime | None = response.meta.get("fetched_at")
            return recorded
        return datetime.now(UTC)


def header(response: Response, name: bytes) -> str | None:
    """Return the value of a response's header."""
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def _unexpected_304(response: Response) -> Quarantined:
    """Return the failure of a 304 in response to an unconditional request: the page's content is nowhere."""
    reason = f"{response.url}: the server responded 304 (not modified), but no record of the page is stored"
    return Quarantined(Failure.NOT_MODIFIED, reason)


def _list_fault(response: Response, page: ListPage | None) -> Quarantined | None:
    """Return why a response is not a complete list: a status, HTML without its end, JSON without its last bracket."""
    if response.status == NOT_MODIFIED:
        return _unexpected_304(response)
    if response.status != OK:
        reason = f"{response.url}: the list has status {response.status}"
        return Quarantined(Failure.HTTP_STATUS, reason)
    text = charset.decode(response.body, header(response, b"Content-Type"))[0].strip()
    if page is not None and page.source.format == "feed":
        cut = _FEED_END.search(text) is None
    elif text.startswith("<") or (page is not None and page.source.format == "html"):
        cut = not complete(text)
    else:
        cut = bool(text) and text[-1] not in ")]};"
    return Quarantined(Failure.TRUNCATED, f"{response.url}: the list is truncated; fetch it again") if cut else None
