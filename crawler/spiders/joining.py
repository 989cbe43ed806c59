"""Articles over several pages: the other pages are fetched after the first and joined into one record.

Nothing is written until all pages are there, so an article whose process is killed is simply pending again. A page that
fails for a transient reason postpones the whole article; a page that stays missing is named in the record.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import msgspec
from scrapy.http import Response

from ..errors import Action, Failure, PageRefused, Quarantined
from ..extract import other_pages
from ..fetch.faults import Stopped
from ..profiles.load import Profile
from ..profiles.match import read_url
from ..records.model import Doubt, Flag, Record
from ..records.quarantine import QuarantineEntry
from ..records.validate import validate
from ..sieve.joined import join
from ..store.errors import StoreError
from ..store.interface import Job, Outcome, Result
from ..store.policy import GONE
from .failures import FailureOutcomes
from .rendering import Seen

MAX_PAGES = 50
"""Maximum number of pages fetched for one article."""


class Joined(msgspec.Struct):
    """An article's record, the counts of its other pages, and a quarantine entry for each page that failed.

    `transient`: a page failed for a reason that may go away, so the article is worth another visit; `look_at` says
    when, if a page waits for a browser.
    """

    record: Record
    counts: Counter[str]
    entries: tuple[QuarantineEntry, ...] = ()
    hold: tuple[str, float] | None = None
    transient: bool = False
    look_at: float | None = None


class OtherPages:
    """Fetches the other pages of articles for one run. Nothing is written here.

    `fetch` sends a request for a page of a job like any other request of the crawl and raises whatever the download
    raises. `bound` returns the profile's limit that forbids a URL; `see` extracts a page's record, after its scripts
    if the page needs them.
    """

    def __init__(
        self,
        site: Profile,
        failures: FailureOutcomes,
        *,
        fetch: Callable[[str, Job], Awaitable[Response]],
        bound: Callable[[Job, str], str | None],
        see: Callable[[Response, Job, float], Awaitable[Seen | Outcome]],
        fetched_at: Callable[[Response], datetime | None],
    ) -> None:
        self._site = site
        self._failures = failures
        self._fetch = fetch
        self._bound = bound
        self._see = see
        self._fetched_at = fetched_at

    async def join(self, record: Record, response: Response, job: Job) -> Joined | Outcome:
        """Return the record of all pages of an article; `record` is one of them, extracted from `response`.

        Return an outcome if the article has to be fetched again later. Raises Stopped if the crawl ends, Quarantined
        if the joined record is not valid.
        """
        if record.pages is None:
            return Joined(record, Counter())
        pages = {record.pages.number: record}
        urls = self._links(response)
        done: list[Outcome] = []
        rendered = Counter[str]()
        while True:
            left = sorted(number for number in urls if number not in pages)
            number = next((number for number in left if urls[number] not in {o.job.url for o in done}), None)
            if number is None or len(pages) + len(done) >= MAX_PAGES:
                break
            got = await self._part(job, urls, number, pages)
            if isinstance(got, Outcome):
                if got.result is Result.AGAIN:
                    reason = f"page {number} of the article: {got.reason}"
                    return msgspec.structs.replace(got, job=job, reason=reason)
                done.append(got)
                continue
            pages[number] = got.record()
            rendered.update(got.counts)
            urls = {**self._links(got.response), **urls}
        return self._joined(pages, [urls[number] for number in left], done, rendered)

    async def _part(
        self, job: Job, urls: Mapping[int, str], number: int, pages: Mapping[int, Record]
    ) -> Seen | Outcome:
        """Fetch and extract page `number` of `urls`; return an outcome instead of a record if that fails.

        The article of a page that waits for a run with a browser is visited again in the next run.
        """
        url = urls[number]
        part = msgspec.structs.replace(job, url=url)
        bound = self._bound(job, url)
        if bound is not None:
            return Outcome(
                job=part, result=Result.DEAD, failure=Failure.CAPPED, reason=bound, counts={"capped": 1}
            )  # fmt: skip
        try:
            response = await self._fetch(url, job)
        except (Stopped, StoreError):
            raise
        except Exception as error:  # noqa: BLE001 - each is a failure with a name
            return self._failures.download_failed(part, url, error, now=time.time())
        seen = await self._see(response, part, time.time())
        if isinstance(seen, Outcome):
            return seen
        try:
            record = seen.record()
            self._check(record, seen.response, number, urls, pages)
        except (PageRefused, Quarantined) as error:
            now, fetched_at = time.time(), self._fetched_at(seen.response)
            counts = {"pages": 1, **seen.counts}
            refused = self._failures.refused(error, seen.response, part, now=now, fetched_at=fetched_at, counts=counts)
            return msgspec.structs.replace(refused, look_at=now) if seen.waits else refused
        return seen

    def _check(
        self, record: Record, response: Response, number: int, urls: Mapping[int, str], pages: Mapping[int, Record]
    ) -> None:
        """Raise Quarantined if a page is not page `number` of the article, or repeats one of its pages."""
        known = next(iter(pages.values()))
        fault = None
        if record.pages is not None and record.pages.number != number:
            fault = f"its own pager says that it is page {record.pages.number}"
        elif record.pages is None and response.meta.get("redirect_times"):
            fault = "it redirects to a page without a pager"
        elif any(record.blocks == other.blocks for other in pages.values()):
            fault = "it repeats the text of another page of the article"
        elif not self._of_same_article(response, urls, pages):
            fault = f"it belongs to another article ({record.id})"
        if fault is not None:
            message = f"{response.url}: linked as page {number} of {known.id}, but {fault}"
            raise Quarantined(Failure.RULE_MISSED, message, rule="pager")

    def _of_same_article(self, response: Response, urls: Mapping[int, str], pages: Mapping[int, Record]) -> bool:
        """Return whether a page's URL has the article's id or, for URLs without ids, the page links to its pages."""
        own = read_url(response.url, self._site).id
        ids = {read_url(page.url or "", self._site).id for page in pages.values()} - {None}
        if own is not None and ids:
            return own in ids
        known = {*urls.values(), *(page.url for page in pages.values())}
        return not known.isdisjoint(self._links(response).values())

    def _links(self, response: Response) -> dict[int, str]:
        kind = response.headers.get("Content-Type")
        headers = {"content-type": kind.decode("latin-1")} if kind else {}
        return other_pages(response.body, response.url, headers=headers, profiles=[self._site])

    @staticmethod
    def _joined(
        pages: Mapping[int, Record], missing: list[str], done: list[Outcome], rendered: Counter[str]
    ) -> Joined:  # fmt: skip
        record = join(pages)
        if len(pages) > 1:
            if Flag.PAGES_MISSING in record.flags:
                doubts = [doubt for doubt in record.doubts if doubt.flag is not Flag.PAGES_MISSING]
                doubts.append(Doubt(Flag.PAGES_MISSING, "/pages", tuple(missing)))
                record = msgspec.structs.replace(record, doubts=tuple(sorted(doubts, key=lambda doubt: doubt.flag)))
            validate(record)
        counts = Counter({"pages": len(pages) - 1}) + rendered
        for outcome in done:
            counts.update(outcome.counts)
        return Joined(
            record,
            counts,
            tuple(entry for outcome in done for entry in outcome.quarantine),
            next((outcome.hold for outcome in reversed(done) if outcome.hold is not None), None),
            any(map(_may_be_transient, done)),
            next((outcome.look_at for outcome in done if outcome.look_at is not None), None),
        )


def _may_be_transient(outcome: Outcome) -> bool:
    failure = outcome.failure
    return failure is not None and Failure(failure).action is Action.RETRY and outcome.status not in GONE
