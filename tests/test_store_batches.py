"""Pages settled in batches: one transaction, and no result is reported before its end."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from crawler.store import batches
from crawler.store.batches import Batches
from crawler.store.errors import StoreError
from crawler.store.interface import Job, Outcome, Settled
from crawler.store.opening import open_store
from crawler.store.policy import TableStore
from tests.store_samples import ask, begin, leased, outcome, sqlite_of

HOST = "news.example.org"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TableStore:
    """Return a store with an open run and twenty pages; a batch waits for as long as it takes."""
    monkeypatch.setattr(batches, "LINGER", 60.0)
    made = open_store(tmp_path / "store.sqlite")
    begin(made)
    made.schedule("run", [ask(number) for number in range(20)], 0.0)
    return made


async def settled(store: TableStore, jobs: Sequence[Job]) -> list[Settled | BaseException]:
    """Settle pages side by side; the last says that no other comes."""
    together = Batches(store, "run")
    waiting = [together.settle(outcome(job), last=job is jobs[-1]) for job in jobs]
    return await asyncio.gather(*waiting, return_exceptions=True)


def test_pages_that_come_together_share_a_transaction(store: TableStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each gets its own result, and is stored as if it had been settled alone."""
    commits, commit = [], sqlite_of(store)._commit
    monkeypatch.setattr(sqlite_of(store), "_commit", lambda: commits.append(threading.current_thread()) or commit())
    jobs = leased(store, 3)
    assert [one.written for one in asyncio.run(settled(store, jobs)) if isinstance(one, Settled)] == [True] * 3
    assert len(commits) == 1
    assert commits != [threading.main_thread()]
    assert [revision.id for revision in store.revisions(run="run")] == [job.key for job in jobs]
    assert store.counts("run") == {"pages": 3, "records": 3}


def test_results_are_reported_once_they_are_on_disk(store: TableStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until the transaction is over a page waits, is not leased again, and the event loop goes on."""
    may_end, commit = threading.Event(), sqlite_of(store)._commit

    def slow() -> None:
        may_end.wait(30)
        commit()

    monkeypatch.setattr(sqlite_of(store), "_commit", slow)

    async def watch() -> tuple[list[int], bool]:
        task = asyncio.ensure_future(settled(store, leased(store, 3)))
        await asyncio.sleep(0.05)
        seen = [sum(1 for _ in store.revisions(site="numbers")), len(leased(store, 20))]
        is_done = task.done()
        may_end.set()
        await task
        return seen, is_done

    assert asyncio.run(watch()) == ([0, 17], False)
    assert store.counts("run")["records"] == 3


@pytest.mark.parametrize("broken", ["a statement", "the commit"])
def test_a_batch_that_fails_is_unwritten(store: TableStore, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    """Whoever waited hears of it, nothing is kept, and the store goes on."""
    jobs = leased(store, 3)

    def fail(*_: Any) -> Any:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        if broken == "a statement":
            patch.setattr(store, "_count", fail)
        else:
            patch.setattr("crawler.store.file.failpoint", fail)
        found = asyncio.run(settled(store, jobs))
    assert [isinstance(one, StoreError) for one in found] == [True] * 3
    assert (list(store.revisions(site="numbers")), store.counts("run")) == ([], {})
    assert store.settle("run", Outcome(job=jobs[0], result=outcome(jobs[0]).result), 1.0) == Settled()
