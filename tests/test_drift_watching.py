"""What a crawl does with its watch's verdicts: an archive is only observed, another form of a URL is not a miss."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from scrapy.exceptions import DontCloseSpider
from scrapy.http import HtmlResponse

from benchmarks import watching as benchmark
from crawler.drift.baseline import read
from crawler.drift.events import Decision, Event
from crawler.drift.watch import Watch
from crawler.errors import Failure, Quarantined
from crawler.extract import profiles_in
from crawler.profiles.load import Profile
from crawler.records.model import Flag, Record
from crawler.records.write import ChromeLevel
from crawler.regression.fixture import PLACES, fixtures
from crawler.report.run import Run
from crawler.spiders.watching import Watching
from crawler.store.interface import Held, NewPage, NewRecord, Outcome, PageKind, Result
from crawler.store.opening import open_store
from crawler.store.policy import TableStore
from tests.store_samples import leased

ROOT = Path(__file__).resolve().parent.parent
FORMS = tuple(f"https://www.163.com/dy/article/KK5ISJRA05F5G9FF{end}" for end in (".html", ".html?all"))
LAYOUT = "2020_post_main"
Begun = Callable[..., Watching]


@pytest.fixture(scope="module")
def profile() -> Profile:
    """A shipped profile."""
    return profiles_in()["netease"]


@pytest.fixture(scope="module")
def record(profile: Profile) -> Record:
    """The record of a page, with a doubt."""
    found = fixtures([ROOT / place for place in PLACES], "netease/2020_post_main")[0].extract({"netease": profile})
    return msgspec.structs.replace(found, flags=(*found.flags, Flag.HEADLINE_DOUBT))


@pytest.fixture
def store() -> Iterator[TableStore]:
    """A store with one page that waits."""
    with closing(open_store(None)) as made:
        made.begin("netease", "all", "run", "2026-02-20T10:00:00Z")
        page = NewPage(key="netease:1", url=FORMS[0], kind=PageKind.ARTICLE, host="www.163.com")
        made.schedule("run", [page], 0.0)
        yield made


@pytest.fixture
def begun(profile: Profile, store: TableStore, tmp_path: Path) -> Begun:
    """Return what begins to watch a run."""

    def begin(*, passive: bool) -> Watching:
        frontier = SimpleNamespace(store=store, judged_by=lambda _: None, set_aside=lambda _: None)
        run = Run("netease", "run", "0.1.0", tmp_path, ChromeLevel.FULL)
        return Watching(cast("Any", None), profile, run, cast("Any", frontier), passive=passive, traced=False)

    return begin


def response(url: str = FORMS[0]) -> HtmlResponse:
    """Return an empty page."""
    return HtmlResponse(url, body=b"<html></html>")


@pytest.mark.parametrize("passive", [False, True])
def test_an_archive_is_only_observed(begun: Begun, store: TableStore, record: Record, passive: bool) -> None:
    """Its pages cannot be fetched again: a doubtful record is published, what it showed is kept, nothing is stopped."""
    watching = begun(passive=passive)
    (job,) = leased(store, 1)
    made = watching.judge(watching.seen(Outcome(job=job, result=Result.RECORD), record, response())).outcome
    held = "headline_doubt of layout 2020_post_main may have changed"
    assert (None if passive else held, True) == (made.held, made.observed is not None)
    assert (None if passive else Failure.LAYOUT_DRIFT) == made.failure
    watching.watch.stopped.add(watching.watch.kind_of(job.url))
    assert (not passive) is watching.is_stopped(job)


def test_another_form_of_a_url_is_no_miss(begun: Begun, store: TableStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that is not read under one address may be under the next: only the last refusal counts."""
    watching, told = begun(passive=False), list[str]()
    refused = Watch.look_refused
    monkeypatch.setattr(Watch, "look_refused", lambda self, *given: told.append(given[1]) or refused(self, *given))
    (job,) = leased(store, 1)
    error = Quarantined(Failure.UNKNOWN_LAYOUT, "no layout is recognised")
    for url in FORMS:
        made = Outcome(job=msgspec.structs.replace(job, url=url, forms=FORMS), result=Result.REFUSED, other_form=True)
        watching.refused(made, error, response(url))
    assert [FORMS[-1]] == told


@pytest.mark.parametrize("resumed", [False, True])
def test_a_page_is_released_by_those_that_follow(
    begun: Begun, store: TableStore, record: Record, resumed: bool
) -> None:
    """In the transaction of the last of them, also after another process has resumed the run; the line is kept once."""
    watching = begun(passive=False)
    clear = msgspec.structs.replace(record, flags=())
    pages = [
        NewPage(key=f"netease:{n}", url=f"{FORMS[0]}?{n}", kind=PageKind.ARTICLE, host="www.163.com")
        for n in range(2, 30)
    ]
    store.schedule("run", pages, 0.0)
    released: tuple[Held, ...] = ()
    for job in leased(store, 40):
        doubtful = job.number == 1
        line = NewRecord(id=f"netease:{job.number}", content_hash="0" * 64, layout=record.layout.id, line=b"{}")
        outcome = Outcome(job=job, result=Result.RECORD, record=line)
        made = watching.seen(outcome, record if doubtful else clear, response(job.url))
        settled = store.settle("run", made, 1.0, watching)
        assert doubtful is (not settled.written)
        if doubtful and resumed:
            watching = begun(passive=False)
        released = settled.released
        if released:
            break
    assert ([1], []) == ([held.number for held in released], [*store.held("netease")])


@pytest.mark.parametrize("method", ["look", "_take"])
def test_a_watch_that_fails_loses_no_page(
    begun: Begun, store: TableStore, record: Record, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """A bug of it makes the run fail; the pages of its transaction are settled all the same, each with its record."""
    watching = begun(passive=False)
    monkeypatch.setattr(Watch, method, lambda *_: 1 // 0)
    (job,) = leased(store, 1)
    line = NewRecord(id="netease:1", content_hash="0" * 64, layout=record.layout.id, line=b"{}")
    made = watching.seen(Outcome(job=job, result=Result.RECORD, record=line), record, response())
    assert store.settle("run", made, 1.0, watching).written
    watching.seen(made, record, response())
    assert ["the watch for layout changes failed: ZeroDivisionError"] == [
        fault.partition(": integer")[0] for fault in watching._run.faults
    ]


def test_a_transaction_that_failed_is_judged_again(begun: Begun, store: TableStore, record: Record) -> None:
    """The watch forgets what it took from pages that were not settled, though a page that it does not judge was."""
    watching = begun(passive=False)
    other = NewPage(key="netease:2", url=f"{FORMS[0]}?2", kind=PageKind.ARTICLE, host="www.163.com")
    store.schedule("run", [other], 0.0)
    job, unseen = leased(store, 2)
    line = NewRecord(id="netease:1", content_hash="0" * 64, layout=record.layout.id, line=b"{}")
    made = watching.seen(Outcome(job=job, result=Result.RECORD, record=line), record, response())
    watching.judge(made)
    assert 1 == watching.watch.pages
    store.settle("run", Outcome(job=unseen, result=Result.DEAD, failure=Failure.CAPPED), 1.0, watching)
    assert not store.settle("run", made, 1.0, watching).written
    assert (1, 1) == (watching.watch.pages, len(store.observed("run")))


def test_the_end_of_a_run_may_be_reached_twice(profile: Profile, record: Record) -> None:
    """Pages that are found after the queue was empty are decided about too, and the last signals count all pages."""
    watch = Watch(profile, "run", {LAYOUT: baseline} if (baseline := read(profile.folder, LAYOUT)) is not None else {})
    hits = []
    for number in (1, 2):
        assert watch.see(number, f"{FORMS[0]}?{number}", record).held is not None
        ending = watch.end()
        assert [number] == [*ending.release, *ending.refuse]
        hits.append(next(one.hits for one in ending.signals if one.rule == "article.headline"))
    assert [1, 2] == hits


def test_decisions_of_a_run_keep_their_order(begun: Begun, store: TableStore) -> None:
    """Each is written under its number again when another kind of page shows the change, in place of no other."""
    events = [
        Event(layout=layout, rule="article.body", since=FORMS[0], after=30, pages=4)
        for layout in (LAYOUT, "2018_article_h1")
    ]
    with store.tables.transaction():
        for number, event in enumerate(events, start=1):
            line = msgspec.json.encode(Decision(event, ("article.body",), (f"kind {number}",)))
            store.tables.put_observed("run", -number, line)
    watching = begun(passive=False)
    watching.follow(lambda after: store.observed("run", after))
    watch = watching.watch
    assert (events, {"kind 1", "kind 2"}) == (watch.events, watch.stopped)


def test_one_check_at_a_time_whether_the_others_have_left(begun: Begun, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the engine finds nothing to do meanwhile: or else each time would begin checks without end."""
    watching = begun(passive=False)
    watching._frontier.store = cast("Any", SimpleNamespace(others=lambda _: (1, True)))
    monkeypatch.setattr("crawler.spiders.watching._POLL", 0.01)
    looks: list[int] = []
    monkeypatch.setattr(watching, "_look", lambda: looks.append(1))

    async def idle() -> None:
        for _ in range(5):
            with pytest.raises(DontCloseSpider):
                watching.idle()
        await asyncio.sleep(0.05)

    asyncio.run(idle())
    assert [1] == looks


def test_a_benchmark_makes_pages_anew_when_code_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept pages are used again by the same code only; modules with changes are code, the watch that is tried is not."""
    assert (1, 1) == (benchmark.cached(tmp_path, "a", lambda: 1), benchmark.cached(tmp_path, "a", lambda: 2))
    monkeypatch.setattr(benchmark, "code_digest", lambda: "other")
    assert 3 == benchmark.cached(tmp_path, "a", lambda: 3)
    modules = benchmark.changing_modules()
    made_by = {f"changes/{one.make.__module__.rpartition('.')[2]}.py" for one in benchmark.KINDS.values()}
    assert set() == made_by - modules
    assert (True, True, False) == ("subject.py" in modules, "changes/kinds.py" in modules, "watch.py" in modules)
