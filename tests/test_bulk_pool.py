"""Archives in several processes: the same records in the same order as sequentially, whatever happens."""

from __future__ import annotations

import gzip
import os
import random
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from crawler.bulk import pool as pool_module
from crawler.bulk import worker as worker_module
from crawler.bulk.cost import Cost
from crawler.bulk.crashes import TRIES
from crawler.bulk.messages import Batch, Marker, Setup, Task
from crawler.bulk.outcome import Outcome, Tally, archived_outcome
from crawler.bulk.pool import File, Pool, Range, Result, WorkersFailed
from crawler.bulk.worker import Worker
from crawler.errors import Failure
from crawler.extract import PROFILES, profiles_in
from crawler.records.lines import encode_line
from crawler.records.quarantine import QuarantineEntry
from crawler.records.write import ChromeLevel
from crawler.warc.reader import ArchivedResponse, first_record, read_archive, read_range
from tests.portal import archive, write
from tests.portal.page import FixturePage
from tests.waiting import PATIENCE

PAGES = {page.case: page for page in write.read_pages("netease")}
PLAIN = PAGES["hao_plain"]
SETUP = Setup((str(PROFILES),), ChromeLevel.FULL)
SMALL = 20_000
"""Bytes of a range in these tests: one or two pages, so that most things happen at the boundary of two ranges."""


def numbered(count: int, page: FixturePage = PLAIN) -> list[FixturePage]:
    """Return a page under that many URLs."""
    return [replace(page, url=page.url.replace("KK5ISJRA05", f"KK5ISJR{n:03}")) for n in range(count)]


def in_one_go(path: Path) -> tuple[bytes, bytes]:
    """Return the records and quarantine entries of an archive that is read sequentially."""
    lines = entries = b""
    for response in read_archive(path):
        outcome = archived_outcome(response, profiles_in())
        lines += encode_line(outcome.record) + b"\n" if outcome.record else b""
        entries += encode_line(outcome.entry) + b"\n" if outcome.entry else b""
    return lines, entries


def gathered(results: list[Result], index: int) -> tuple[bytes, bytes]:
    """Return the same for the results of a pool."""
    own = [result.batch for result in results if result.index == index]
    return b"".join(batch.lines for batch in own), b"".join(batch.entries for batch in own)


def pooled(*paths: Path, jobs: int = 2) -> list[Result]:
    """Read archives with a pool."""
    with Pool(jobs, SETUP, range_bytes=SMALL) as pool:
        files = [File(number, path, path.stat().st_size) for number, path in enumerate(paths)]
        return [result for result in pool.results(files) if result is not None]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of a few pages, one gzip member each."""
    path = tmp_path_factory.mktemp("bulk") / "whole.warc.gz"
    archive.write_warc(path, [*numbered(4), PAGES["cm_feed_page_1"]])
    return path


def test_ranges_yield_the_same_as_one_pass(tmp_path: Path, whole: Path) -> None:
    """However a file is compressed, truncated, or damaged, even if an archive in it looks like records."""
    plain = tmp_path / "plain.warc"
    plain.write_bytes(gzip.decompress(whole.read_bytes()))
    one = tmp_path / "one.warc.gz"
    one.write_bytes(gzip.compress(plain.read_bytes()))
    pages = numbered(3)
    tiny = tmp_path / "tiny.warc.gz"
    archive.write_warc(tiny, [replace(page, body=b"<html></html>") for page in numbered(60)])
    nested = tmp_path / "nested.warc"
    outer = replace(pages[1], body=gzip.decompress(tiny.read_bytes()), headers={"Content-Type": "application/warc"})
    archive.write_warc(nested, [pages[0], outer, pages[2]])
    nested.write_bytes(gzip.decompress(nested.read_bytes()))
    stored = tmp_path / "stored.warc.gz"
    archive.write_warc(stored, [pages[0]])
    outer = replace(outer, body=tiny.read_bytes())
    stored.write_bytes(
        stored.read_bytes() + gzip.compress(gzip.decompress(archive.response(outer)), 0) + archive.response(pages[2])
    )
    empty = tmp_path / "empty.warc.gz"
    empty.write_bytes(b"")
    files = [whole, plain, one, nested, stored, empty]
    chance = random.Random(7)
    for source in (whole, plain):
        for number in range(5):
            data = bytearray(source.read_bytes())
            place = chance.randrange(len(data))
            if number % 2:
                del data[place : place + chance.choice((1, 500, 30_000))]
            else:
                data[place] ^= 0xFF
            path = tmp_path / f"{number}-{source.name}"
            path.write_bytes(data)
            files.append(path)
    results = pooled(*files)
    for number, path in enumerate(files):
        assert (path.name, gathered(results, number)) == (path.name, in_one_go(path))
    assert [result.index for result in results if result.end] == list(range(len(files)))


def test_a_range_is_read_from_its_first_record_to_the_end_of_its_last(whole: Path) -> None:
    """Consecutive ranges join; a record that begins before a range's end is read completely."""
    size = whole.stat().st_size
    position, urls = 0, []
    for start in range(0, size, SMALL):
        end = min(start + SMALL, size)
        found = first_record(whole, start, end)
        assert found in {None, position} or position >= end
        reading = read_range(whole, position, end)
        while True:
            try:
                urls.append(next(reading).url)
            except StopIteration as over:
                position = over.value
                break
    assert (position, urls) == (size, [response.url for response in read_archive(whole)])


def slow(pages: list[FixturePage]) -> tuple[FixturePage, str]:
    """Return a page that takes a while, and its URL."""
    page = pages[len(pages) // 2]
    start, end = page.body.split(b"</body>", 1)
    return replace(
        page, body=start + b"<div>" + b"<p><b>x</b> <i>y</i></p>" * 12_000 + b"</div></body>" + end
    ), page.url


def killing(pool: Pool, url: str, times: int) -> threading.Thread:
    """Kill the worker that is extracting `url` the given number of times, from a thread."""

    def run() -> None:
        killed: set[int] = set()
        until = time.monotonic() + PATIENCE
        while len(killed) < times and time.monotonic() < until:
            for pid, at in pool.busy.items():
                if at == url and pid not in killed:
                    os.kill(pid, signal.SIGKILL)
                    killed.add(pid)
            time.sleep(0.002)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.parametrize("times", [1, TRIES], ids=["an accident", "its own doing"])
def test_a_page_that_ends_its_worker_is_tried_again_then_named(tmp_path: Path, times: int) -> None:
    """The results of the other pages are the same as without it, in the same order."""
    path = tmp_path / "a.warc.gz"
    pages = numbered(7)
    page, url = slow(pages)
    archive.write_warc(path, [page if other.url == url else other for other in pages])
    with Pool(2, SETUP, range_bytes=SMALL) as pool:
        thread = killing(pool, url, times)
        results = [result for result in pool.results([File(0, path, path.stat().st_size)]) if result is not None]
        thread.join()
    lines, entries = gathered(results, 0)
    wanted, none = in_one_go(path)
    assert none == b""
    if times < TRIES:
        assert (lines, entries) == (wanted, b"")
        return
    assert lines == b"".join(line for line in wanted.splitlines(keepends=True) if url.encode() not in line)
    entry = msgspec.json.decode(entries, type=QuarantineEntry)
    assert (entry.failure, entry.url) == (Failure.CRASHED, url)
    assert f"{path}: record at byte " in entry.message
    assert "crashed its process 2 times (SIGKILL" in entry.message
    total = Tally()
    for result in results:
        total.add(result.batch.tally)
    assert (total.records, total.lost, total.failed) == (6, 1, True)


class Dead:
    """A worker that died while it was reading after its second record."""

    exitcode = -signal.SIGSEGV

    def __init__(self, *_: object) -> None:
        self.process, self.connection, self.range = self, self, None
        self.marker = Marker(bytearray(Marker.SIZE))
        self.marker.set(reading=True, at=(300, 0))

    def join(self, *_: object) -> None:
        """Do nothing: it is dead already."""

    stop = send_bytes = join


def test_a_reading_that_ends_its_worker_is_tried_again_then_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of the range is lost; the start of the next one is trusted, since it cannot be verified."""
    monkeypatch.setattr(pool_module, "_Process", Dead)
    lost, following = Range(0, "a.warc", 0, 1000, last=False, exact=True), Range(0, "a.warc", 1000, 2000, last=True)
    with Pool(1, SETUP) as pool:
        pool._active.extend([lost, following])
        for number in range(TRIES):
            assert (number, lost.ended) == (number, False)
            assert pool._assign(iter(()))
            pool._died(pool._workers[0])
        assert (lost.ended, lost.next) == (True, None)
        following.begun, following.started = True, 1010
        assert pool._aligned(following, None)
    [batch] = lost.batches
    entry = msgspec.json.decode(batch.entries, type=QuarantineEntry)
    assert (entry.failure, batch.tally.lost) == (Failure.CRASHED, 1)
    what = "a.warc: record at byte 300: reading from here to byte 1000 crashed the worker 2 times (SIGSEGV)"
    assert entry.message == what


def test_workers_that_cannot_start_end_the_run(tmp_path: Path, whole: Path) -> None:
    """With their exit status; unloadable profiles are an example of the cause."""
    with (
        Pool(1, Setup((str(tmp_path / "none"),), ChromeLevel.FULL)) as pool,
        pytest.raises(WorkersFailed, match=r"before their first task \(exit status 1\)"),
    ):
        list(pool.results([File(0, whole, whole.stat().st_size)]))


@pytest.fixture(autouse=True)
def _one_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a task in this process send all results at once, however slow the machine is."""
    monkeypatch.setattr(worker_module, "BATCH", 1 << 30)
    monkeypatch.setattr(worker_module, "OFTEN", 1e9)


class Sent:
    """A connection that stores what is sent."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []

    def send_bytes(self, data: bytes) -> None:
        """Store a batch."""
        self.batches.append(msgspec.msgpack.decode(data, type=Batch))


def at_work(task: Task) -> list[Batch]:
    """Run a task in this process, without the limits: they would stay for the tests that follow."""
    sent: Any = Sent()
    setup = msgspec.structs.replace(SETUP, cost=Cost(seconds=0, memory=0))
    Worker(sent, Marker(bytearray(Marker.SIZE)), setup).do(task)
    return sent.batches


def test_a_fault_of_ours_costs_one_page(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception is reported with the page's position and URL."""
    bad = numbered(4)[2].url

    def broken(response: ArchivedResponse, profiles: Any, reading: Any) -> Outcome:
        if response.url == bad:
            raise ZeroDivisionError("division by zero")
        return archived_outcome(response, profiles, reading)

    monkeypatch.setattr(worker_module, "archived_outcome", broken)
    [batch] = at_work(Task(str(whole), 0, whole.stat().st_size, exact=True))
    entry = msgspec.json.decode(batch.entries, type=QuarantineEntry)
    assert (batch.tally.records, batch.tally.refused) == (3, {Failure.CRASHED: 1})
    assert (entry.url, "ZeroDivisionError: division by zero" in entry.message) == (bad, True)


def test_a_failing_disk_is_reported(tmp_path: Path) -> None:
    """What cannot be read is reported as lost, with its position, and not skipped silently."""
    [batch] = at_work(Task(str(tmp_path / "gone.warc.gz"), 0, 1000))
    assert (batch.tally.refused, batch.next) == ({Failure.ARCHIVE_DAMAGED: 1}, 1000)
    assert b"cannot be read from here to byte 1000: No such file or directory" in batch.entries


def test_results_come_in_batches(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The results of a range are sent in parts, so that they need not be held completely."""
    [one] = at_work(Task(str(whole), 0, whole.stat().st_size, exact=True))
    monkeypatch.setattr(worker_module, "BATCH", 1)
    many = at_work(Task(str(whole), 0, whole.stat().st_size, exact=True))
    assert (len(many) > 3, b"".join(batch.lines for batch in many)) == (True, one.lines)
    assert [batch.next for batch in many] == [None] * (len(many) - 1) + [whole.stat().st_size]


def test_a_file_that_cannot_be_read_is_a_fault_in_its_place(tmp_path: Path) -> None:
    """No worker is asked to read it."""
    pool = Pool(1, SETUP)
    pool._workers = [SimpleNamespace(range=None)]  # type: ignore[list-item]
    asked: list[Range] = []
    pool._give = lambda _, wanted: asked.append(wanted)  # type: ignore[method-assign]
    found = list(
        pool.results([File(0, tmp_path / "a.warc.gz", 0, "no copy of a.warc.gz"), File(1, tmp_path, 0, "nor")])
    )
    results = [result for result in found if result is not None]
    assert [(result.index, result.end) for result in results] == [(0, False), (0, True), (1, False), (1, True)]
    [entry] = [msgspec.json.decode(line, type=QuarantineEntry) for line in gathered(results, 0)[1].splitlines()]
    assert (entry.failure, entry.message) == (Failure.ARCHIVE_DAMAGED, "no copy of a.warc.gz")
    assert (asked, results[0].batch.tally.lost) == ([], 1)
