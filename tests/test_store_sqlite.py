"""The store in SQLite: what its file and its indexes must do beside the contract of every store."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from crawler.records.write import new_part
from crawler.store.opening import open_store
from tests.store_samples import ask, begin, leased, outcome, sqlite_of

HOST = "news.example.org"


def test_the_next_page_is_found_without_sorting_those_that_wait(tmp_path: Path) -> None:
    """Each question that is asked for every page is answered from an index, however many pages wait."""
    with contextlib.closing(open_store(tmp_path / "store.sqlite")) as store:
        tables = sqlite_of(store)
        begin(store)
        store.schedule("run", [ask(1)], 0.0)
        asked: list[str] = []
        tables._reader.set_trace_callback(asked.append)
        leased(store, 10)
        store.next_due("run", 1.0)
        tables._reader.set_trace_callback(None)
        plans = {asks: [row[3] for row in tables._reader.execute(f"EXPLAIN QUERY PLAN {asks}")] for asks in asked}
    assert len(asked) >= 3
    for asks, plan in plans.items():
        assert (asks, [step for step in plan if "USING" not in step or "TEMP B-TREE" in step]) == (asks, [])


def test_a_store_that_is_thrown_away_leaves_no_file(tmp_path: Path) -> None:
    """For crawls of an archive."""
    store = open_store(None)
    run = begin(store).id
    store.schedule(run, [ask(1)], 0.0)
    [job] = leased(store, 5, 1.0, run)
    assert store.settle(run, outcome(job), 1.0).written
    store.finish(run, b"{}")
    store.close()
    assert list(tmp_path.iterdir()) == []


def test_what_a_process_left_that_was_killed_while_it_created_the_store_is_removed(tmp_path: Path) -> None:
    """Before and after the file had the store's name; a file that a running process is creating stays."""
    path = tmp_path / "store.sqlite"
    for name in ("1-00000001.part", "1-00000001.part-journal", "1-00000002.part-wal"):
        (tmp_path / f".store.sqlite.{name}").touch()
    part, fd = new_part(path)
    with contextlib.closing(open_store(path)):
        (tmp_path / ".store.sqlite.1-00000003.part").hardlink_to(path)
    with contextlib.closing(open_store(path)):
        hidden = [one.name for one in tmp_path.iterdir() if one.name.startswith(".")]
    os.close(fd)
    assert [part.name] == hidden
