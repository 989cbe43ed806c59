"""Outcomes of pages that cannot be used: retried, given up (dead), or quarantined."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime

from scrapy.http import Response

from ..errors import Action, Failure, PortalsieveError, Quarantined
from ..fetch.faults import fault_of, retry_after
from ..page import urls
from ..profiles.load import Profile
from ..records.quarantine import QuarantineEntry
from ..records.scalars import rfc3339
from ..store.interface import MAX_WAIT, Job, Outcome, PageKind, Result
from ..terminal import plain
from .revisit import Retries, next_visit

_SKIPPED = {Failure.ROBOTS: "disallowed", Failure.NOT_IN_ARCHIVE: "misses", Failure.CAPPED: "capped"}
"""The count of pages that were deliberately not fetched, by reason."""

log = logging.getLogger("portalsieve")


class FailureOutcomes:
    """Turns failures of one run of one site into outcomes. Nothing is written here."""

    def __init__(self, site: Profile, run: str, retries: Retries) -> None:
        self._site = site
        self._run = run
        self._retries = retries

    def refused(
        self,
        error: PortalsieveError,
        response: Response,
        job: Job,
        *,
        now: float,
        fetched_at: datetime | None,
        counts: Mapping[str, int],
    ) -> Outcome:
        """Return the outcome of a response that cannot be used: retried, dead or refused."""
        transient = error.failure is not Failure.HTTP_STATUS and error.failure.action is Action.RETRY
        hold, reason = None, str(error)
        if transient or response.status in self._retries.statuses:
            wait = retry_after(response.headers, now)
            hold = (urls.host(response.url), now + min(wait, MAX_WAIT)) if wait is not None else None
            again = self._again(job, error.failure, reason, now, wait=wait, status=response.status, hold=hold)
            if again is not None:
                return again
            if wait is not None and wait > MAX_WAIT:
                reason += f"; the server asks to wait {wait:.0f} s, a run waits at most {MAX_WAIT:.0f} s"
        entry = self.entry(
            error,
            url=response.url,
            sha256=hashlib.sha256(response.body).hexdigest(),
            fetched_at=fetched_at,
            status=response.status,
        )
        log.info("quarantined: %s", plain(entry.message))
        dead = transient or error.failure is Failure.HTTP_STATUS
        return Outcome(
            job=job,
            result=Result.DEAD if dead else Result.REFUSED,
            quarantine=(entry,),
            failure=error.failure,
            reason=reason,
            status=response.status,
            look_at=None if dead else next_visit(self._site.site.crawl, None, self._site.timezone, now),
            other_form=job.kind is PageKind.ARTICLE,
            counts={**counts, "quarantined": 1},
            hold=hold,
        )

    def download_failed(self, job: Job, url: str, error: BaseException, *, now: float) -> Outcome:
        """Return the outcome of a request without a response: retried, or dead."""
        failure, reason = fault_of(error)
        other = job.kind is PageKind.ARTICLE
        if failure.action is Action.SKIP:
            log.info("%s", plain(reason))
            counts = {_SKIPPED[failure]: 1}
            return Outcome(job=job, result=Result.DEAD, failure=failure, reason=reason, counts=counts, other_form=other)
        if failure.action is Action.RETRY:
            again = self._again(job, failure, reason, now)
            if again is not None:
                return again
        missed = Quarantined(failure, reason if reason.startswith(url) else f"{url}: no response: {reason}")
        log.warning("%s", plain(str(missed)))
        return Outcome(
            job=job,
            result=Result.DEAD,
            quarantine=(self.entry(missed, url=url),),
            failure=failure,
            reason=reason,
            counts={"failed": 1},
            other_form=other,
        )

    def _again(
        self,
        job: Job,
        failure: Failure,
        reason: str,
        now: float,
        *,
        wait: float | None = None,
        status: int | None = None,
        hold: tuple[str, float] | None = None,
    ) -> Outcome | None:
        """Return the outcome of a page that will be retried, or None if all its retries are used up."""
        at = self._retries.at(job, now, wait)
        if at is None:
            return None
        log.info("%s: retrying in %.1f s: %s", plain(job.url), at - now, plain(reason))
        return Outcome(
            job=job,
            result=Result.AGAIN,
            failure=failure,
            reason=reason,
            status=status,
            retry_at=at,
            hold=hold,
            counts={"retried": 1},
        )

    def entry(
        self,
        error: PortalsieveError,
        *,
        url: str | None,
        sha256: str | None = None,
        fetched_at: datetime | None = None,
        status: int | None = None,
    ) -> QuarantineEntry:
        """Return the quarantine entry of a failure."""
        return QuarantineEntry.from_error(
            error,
            url=url,
            site=self._site.site.site,
            sha256=sha256,
            fetched_at=rfc3339(fetched_at) if fetched_at else None,
            status=status,
            run=self._run,
        )
