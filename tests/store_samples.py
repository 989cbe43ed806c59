"""A crawl without pages: a tree of numbers over the store, for tests that kill, damage and compare."""

from __future__ import annotations

import hashlib
from pathlib import Path

from crawler.errors import Failure
from crawler.records.quarantine import QuarantineEntry
from crawler.store.interface import Job, NewPage, NewRecord, Outcome, PageKind, Result, RunRow
from crawler.store.opening import open_store
from crawler.store.policy import TableStore
from crawler.store.sqlite import SqliteTables

SITE = "numbers"
SCOPE = "all"


def ask(number: int, kind: PageKind = PageKind.ARTICLE, **values: object) -> NewPage:
    """Return the request for page `number`."""
    url = f"https://news.example.org/{kind}/{number}"
    made = {"key": f"{SITE}:{kind}:{number}", "url": url, "kind": kind, "host": "news.example.org", **values}
    return NewPage(**made)  # type: ignore[arg-type]


def new_record(job: Job, text: str = "") -> NewRecord:
    """Return the record of a page: a function of the page and of `text`."""
    content = hashlib.sha256(f"{job.key}{text}".encode()).hexdigest()
    line = f'{{"id":"{job.key}","text":"{content * 8}"}}'.encode()
    return NewRecord(id=job.key, content_hash=content, layout="2026_plain", line=line)


def outcome(job: Job, found: tuple[NewPage, ...] = (), text: str = "") -> Outcome:
    """Return what comes of a page when all is well; every tenth article is refused."""
    if job.kind is PageKind.LIST:
        return Outcome(job=job, result=Result.LISTED, found=found, counts={"pages": 1, "lists": 1})
    if job.url.endswith("7"):
        entry = QuarantineEntry(url=job.url, site=SITE, failure=Failure.RULE_MISSED, message=job.key)
        return Outcome(job=job, result=Result.REFUSED, quarantine=(entry,), failure="rule_missed", counts={"pages": 1})
    return Outcome(job=job, result=Result.RECORD, record=new_record(job, text), found=found, counts={"pages": 1})


def leased(store: TableStore, limit: int = 10, now: float = 1.0, run: str = "run") -> list[Job]:
    """Lease pages of any host."""
    return store.lease(run, limit, limit, {}, now)


def sqlite_of(store: TableStore) -> SqliteTables:
    """Return the tables of a store in SQLite."""
    assert isinstance(store.tables, SqliteTables)
    return store.tables


def begin(store: TableStore, run: str = "run") -> RunRow:
    """Take up or begin the run."""
    return store.begin(SITE, SCOPE, run, "2026-02-20T10:00:00Z")


def crawl(
    path: Path, articles: int = 60, pages: int | None = None, room: int | None = None
) -> tuple[list[bytes], list[str]]:
    """Crawl to the end, or until `pages` were settled; return the records and the quarantine, sorted, if it ended.

    With `room` the disk is full when the file has grown by so many pages of SQLite's.
    """
    store = open_store(path)
    try:
        run = begin(store).id
        if room is not None:
            (size,) = sqlite_of(store)._writer.execute("PRAGMA page_count").fetchone()
            sqlite_of(store)._writer.execute(f"PRAGMA max_page_count = {size + room}")
        store.schedule(run, [ask(number, PageKind.LIST) for number in range(0, articles, 20)], 0.0)
        settled = 0
        while jobs := leased(store, 3, 1.0, run):
            for job in jobs:
                if settled == pages:
                    return [], []
                first = int(job.url.rpartition("/")[2])
                found = tuple(map(ask, range(first, first + 20))) if job.kind is PageKind.LIST else ()
                store.settle(run, outcome(job, found), 1.0)
                settled += 1
        records = sorted(revision.line for revision in store.revisions(run=run))
        return records, sorted(entry.message for entry in store.quarantine(run))
    finally:
        store.close()
