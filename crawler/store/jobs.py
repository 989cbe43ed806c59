"""How the row of a page changes: when it is requeued, and by each outcome."""

from __future__ import annotations

import msgspec

from .interface import Job, Outcome, Result, State


def requeued(job: Job, run: str | None, **values: object) -> Job:
    """Return the row of a page waiting (again) for a run, with its retries reset."""
    again = at(job, str(values.pop("url", job.url)))
    return msgspec.structs.replace(
        again, state=State.WAITING, run=run, tries=0, not_before=0.0, failure=None, reason=None, **values
    )


def at(job: Job, url: str) -> Job:
    """Return the row with another form of its URL, without the validators, which hold for one URL only."""
    return job if url == job.url else msgspec.structs.replace(job, url=url, etag=None, modified=None)


def next_form(job: Job) -> str | None:
    """Return the next form of a page's URL, or None after the last."""
    if job.url not in job.forms:
        return None
    following = job.forms[job.forms.index(job.url) + 1 :]
    return following[0] if following else None


def after(job: Job, outcome: Outcome, run: str) -> Job:
    """Return the row of a page after an outcome, except for `revision` and `entry`."""
    noted = {"failure": outcome.failure, "reason": outcome.reason, "status": outcome.status}
    if outcome.result is Result.AGAIN:
        return msgspec.structs.replace(job, tries=job.tries + 1, not_before=outcome.retry_at, **noted)
    following = next_form(job) if outcome.other_form else None
    if following is not None:
        return msgspec.structs.replace(at(job, following), tries=0, not_before=0.0, **noted)
    layout = outcome.record.layout if outcome.record else next((q.layout for q in outcome.quarantine), job.layout)
    return msgspec.structs.replace(
        job,
        state=State.DEAD if outcome.result is Result.DEAD else State.DONE,
        run=run,
        forms=job.forms if outcome.failure else (),
        layout=layout,
        # A server that answers "not modified" would keep a change that was held back from ever being fetched again.
        etag=None if outcome.held else outcome.etag,
        modified=None if outcome.held else outcome.modified,
        look_at=outcome.look_at,
        **noted,
    )
