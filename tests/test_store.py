"""The contract of a store, whatever database holds it: transactions, claims, revisions, cursors, hosts."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from crawler.errors import Failure
from crawler.store.errors import BadCursor, RunBusy, StoreUnusable
from crawler.store.interface import Outcome, PageKind, Result, Signal, SiteCheckRow, State
from crawler.store.judge import Change, Judgement
from crawler.store.opening import open_store
from crawler.store.policy import TableStore
from crawler.store.sqlite import SqliteTables
from tests.store_samples import SITE, ask, begin, leased, new_record, outcome

DATABASES = ("sqlite", "postgres")
"""The databases that hold to this contract."""

HOST = "news.example.org"
DAY = 86400.0


@pytest.fixture(params=DATABASES)
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., TableStore]]:
    """Return a function that opens the store once more, as another process does."""
    opened: list[TableStore] = []
    places: dict[Path, Path | str] = {}

    def again(folder: Path = tmp_path) -> TableStore:
        if folder not in places:
            server = request.getfixturevalue("postgres") if request.param == "postgres" else None
            places[folder] = server.url() if server is not None else folder / "store.sqlite"
        opened.append(open_store(places[folder]))
        return opened[-1]

    yield again
    for one in opened:
        one.close()


@pytest.fixture
def store(reopen: Callable[..., TableStore]) -> TableStore:
    """Return a store with an open run."""
    made = reopen()
    begin(made)
    return made


def near(seconds: float) -> Any:
    """Return a wait as it is measured: a server's clock is compared with this machine's."""
    return pytest.approx(seconds, abs=0.1)


def sums(store: TableStore) -> tuple[int, int]:
    """Return the pages by their states, added up, and as they were counted."""
    return sum(group.pages for group in store.groups(SITE)), store.scheduled(SITE)


def test_a_page_is_settled_wholly_or_not_at_all(store: TableStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records, pages found and the page's own state: an error at the last statement leaves none of them."""
    store.schedule("run", [ask(1)], 0.0)
    [job] = leased(store)
    wanted = outcome(job, (ask(2), ask(3)))
    with monkeypatch.context() as patch:
        patch.setattr(store, "_count", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(StoreUnusable):
            store.settle("run", wanted, 1.0)
    assert (list(store.revisions(run="run")), sums(store), store.counts("run")) == ([], (1, 1), {})
    assert store.settle("run", wanted, 1.0).written
    assert (len(list(store.revisions(run="run"))), sums(store)) == (1, (3, 3))
    assert store.states("run") == {(PageKind.ARTICLE, State.DONE): 1, (PageKind.ARTICLE, State.WAITING): 2}


def test_a_held_record_is_published_or_refused_once(store: TableStore, reopen: Callable[..., TableStore]) -> None:
    """It does not count as a record until it is released; refused, it is filed once, due for the next run, and can still be released."""
    store.schedule("run", [ask(1), ask(2)], 0.0)
    for job in leased(store):
        made = outcome(job)
        held = msgspec.structs.replace(made, held="why", failure=Failure.LAYOUT_DRIFT, reason="why", look_at=DAY)
        assert not store.settle("run", held, 1.0).written
    assert ([], ["why", "why"]) == ([*store.revisions(site=SITE)], [one.reason for one in store.held(SITE)])
    one, two = store.held(SITE, run="run")
    assert [] == [*store.held(SITE, run="another")]
    decided = store.decide("run", 2.0, release=[one.number], refuse={two.number: "changed"})
    assert ([(one, True)], 1) == (decided.released, decided.refused)
    again = store.decide("run", 3.0, release=[one.number], refuse={two.number: "again"})
    assert ([], 0) == (again.released, again.refused)
    assert [one.record.line] == [revision.line for revision in reopen().revisions(site=SITE)]
    assert [f"{two.url}: changed"] == [entry.message for entry in store.quarantine("run")]
    states = {job.number: (job.failure, job.look_at) for job in map(store.tables.job, (one.number, two.number)) if job}
    assert {one.number: (None, DAY), two.number: ("layout_drift", 2.0)} == states
    assert [two.number] == [held.number for held, _ in store.decide("run", 4.0, release=[two.number]).released]
    assert [] == [*store.held(SITE)]
    store.check()


def test_few_rows_are_in_memory_at_once(store: TableStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A site may have many held records, and signals of many runs."""
    store.schedule("run", [ask(number) for number in range(1, 6)], 0.0)
    for job in leased(store):
        store.settle("run", msgspec.structs.replace(outcome(job), held="why"), 1.0)
    values: dict[str, Any] = {"site": SITE, "layout": "2026_plain", "pages": 25, "hits": 20, "figures": (3,)}
    signals = [Signal(run=run, rule=rule, block=block, **values) for run in "ab" for rule in "cd" for block in (0, 1)]
    store.add_signals(signals)
    read, most = store.tables.rows, []

    def rows(*of: Any) -> list[Any]:
        most.append(len(found := read(*of)))
        return found

    monkeypatch.setattr("crawler.store.holding._READ", 2)
    monkeypatch.setattr(store.tables, "rows", rows)
    assert ([1, 2, 3, 4, 5], signals) == ([one.number for one in store.held(SITE)], [*store.signals(SITE)])
    assert [2, 2, 1, 0, 2, 2, 2, 2, 0] == most


class Judged:
    """A judge with verdicts made before; it notes what others have observed."""

    def __init__(self, *judgements: Judgement) -> None:
        self.judgements = [*judgements]
        self.followed: list[tuple[int, bytes]] = []
        self.confirmed = 0

    def follow(self, observed: Callable[[int], list[tuple[int, bytes]]]) -> None:
        """Note what has been observed."""
        self.followed = observed(0)

    def judge(self, outcome: Outcome) -> Judgement:
        """Return the next verdict."""
        del outcome
        return self.judgements.pop(0)

    def confirm(self) -> None:
        """Count commits."""
        self.confirmed += 1


def test_what_is_judged_is_settled_with_the_page(store: TableStore, reopen: Callable[..., TableStore]) -> None:
    """Held back, released, refused, a change of the layout: in one transaction, and known to the next one's judge."""
    store.schedule("run", [ask(number) for number in range(1, 6)], 0.0)
    jobs = leased(store)
    refused = Outcome(job=jobs[0], result=Result.REFUSED, failure="rule_missed", reason="no body")
    store.settle("run", refused, 1.0)
    held = [
        Judgement(outcome=msgspec.structs.replace(outcome(job), held=why, reason=why, observed=(at, b"{}")))
        for at, (job, why) in enumerate(zip(jobs[1:4], ("why 2", "why 3", "why 4"), strict=True))
    ]
    change = Change(layout="2026_plain", block=0, number=1, line=b"changed", revisit=(jobs[0].number,))
    last = Judgement(
        outcome=msgspec.structs.replace(outcome(jobs[4]), observed=(512, b"[]")), release=(jobs[1].number,),
        refuse={jobs[2].number: "it has changed"}, change=change,
    )  # fmt: skip
    judge = Judged(*held, last)
    for job in jobs[1:4]:
        assert not store.settle("run", msgspec.structs.replace(outcome(job), seen=1), 1.0, judge).written
    settled = store.settle("run", msgspec.structs.replace(outcome(jobs[4]), seen=1), 2.0, judge)
    assert ([(0, b"{}"), (1, b"{}"), (2, b"{}")], 4) == (judge.followed, judge.confirmed)
    assert ([jobs[1].number], 1, True) == ([one.number for one in settled.released], settled.refused, settled.written)
    again = reopen()
    assert [(-1, b"changed"), (1, b"{}"), (2, b"{}"), (512, b"[]")] == again.observed("run")
    assert [(-1, b"changed"), (512, b"[]")] == again.observed("run", 3)
    assert ["it has changed", "why 4"] == [
        row.reason for held_ in again.held(SITE) if (row := again.tables.job(held_.number)) is not None
    ]
    assert {2.0} == {row.look_at for number in (1, 3) if (row := again.tables.job(number)) is not None}
    counts = again.counts("run")
    assert (2, 1) == (counts["records"], counts["quarantined"])
    again.check()


def test_a_held_change_is_fetched_again(store: TableStore) -> None:
    """The validators of a page whose record is held back are forgotten: "not modified" would keep its change away."""
    store.schedule("run", [ask(1), ask(2)], 0.0)
    for job, held in zip(leased(store), (None, "why"), strict=True):
        stated = {"etag": '"1"', "modified": "Fri, 20 Feb 2026 10:00:00 GMT"}
        store.settle("run", msgspec.structs.replace(outcome(job), held=held, **stated), 1.0)
    rows = [(job.etag, job.modified) for number in (1, 2) if (job := store.tables.job(number))]
    assert [('"1"', "Fri, 20 Feb 2026 10:00:00 GMT"), (None, None)] == rows


def test_signals_of_other_runs_are_history(store: TableStore, reopen: Callable[..., TableStore]) -> None:
    """Hits and pages are summed by layout and rule, without those of the run itself and of a changed layout."""
    values: dict[str, Any] = {"site": SITE, "layout": "2026_plain", "rule": "article.body", "pages": 25}
    rows = [Signal(run=run, block=block, hits=20 + block, figures=(3, 4), **values) for run in "ab" for block in (0, 1)]
    store.add_signals(rows)
    store.add_signals([rows[0]])
    assert rows == [*reopen().signals(SITE)]
    assert {("2026_plain", "article.body"): (41, 50)} == store.history(SITE, "a")
    assert {("2026_plain", "article.body"): [3, 4, 3, 4]} == store.figures(SITE, "a")
    with store.tables.transaction():
        store.tables.mark_unusual("b", "2026_plain", 1)
    assert {("2026_plain", "article.body"): (20, 25)} == store.history(SITE, "a")
    store.forget(SITE, "2026_plain")
    assert {} == store.history(SITE, "a")


def test_waiting_pages_are_set_aside(store: TableStore) -> None:
    """They wait for no run then, and the next run adopts them."""
    store.schedule("run", [ask(number) for number in range(4)], 0.0)
    assert [3, 4] == store.set_aside("run", lambda job: job.url.endswith(("2", "3")))
    assert ({(PageKind.ARTICLE, State.WAITING): 2}, 2) == (store.states("run"), store.adopt("run", 1.0))


def test_checks_for_drift_are_kept(store: TableStore, reopen: Callable[..., TableStore]) -> None:
    """A site's last checks come back in the order in which they were made, in another process too."""
    made = [
        SiteCheckRow(site=site, checked_at=f"2026-11-{day}T12:00:00Z", line=f'{{"day":{day}}}'.encode())
        for day, site in enumerate([SITE, "other", SITE, SITE], 10)
    ]
    for check in made:
        store.add_check(check)
    other = reopen()
    assert ([made[2], made[3]], [made[1]], []) == (
        other.checks(SITE, 2),
        other.checks("other", 5),
        other.checks("x", 5),
    )
    other.check()


def test_pages_of_a_dead_process_are_free(store: TableStore, reopen: Callable[..., TableStore]) -> None:
    """Leased pages are leased once; when their process has ended, by whoever takes up the run."""
    store.schedule("run", [ask(1), ask(2)], 0.0)
    assert len(leased(store)) == 2
    assert leased(store) == []
    other = reopen()
    if isinstance(store.tables, SqliteTables):
        with pytest.raises(RunBusy, match="another process"):
            begin(other)
    else:
        assert begin(other, "another").id == "run"
        assert leased(other) == []
    store.close()
    assert begin(other, "another").id == "run"
    assert len(leased(other)) == 2


def test_articles_before_lists_in_the_order_found(store: TableStore) -> None:
    """By priority, then by age."""
    store.schedule("run", [ask(1, PageKind.LIST), ask(5, priority=10), ask(4, priority=10)], 0.0)
    assert [job.url.rpartition("/")[2] for job in leased(store)] == ["5", "4", "1"]


def test_a_page_is_asked_for_once(store: TableStore) -> None:
    """Found again it is a duplicate; another form of its URL is kept, and is tried when the first fails."""
    assert store.schedule("run", [ask(1), ask(1), ask(1, url="https://m.example.org/1")], 0.0) == 1
    assert store.counts("run") == {"duplicates": 2}
    [job] = leased(store)
    settled = store.settle("run", Outcome(job=job, result=Result.DEAD, failure="http_status", other_form=True), 1.0)
    assert settled.state is State.WAITING
    [again] = leased(store)
    assert again.url == "https://m.example.org/1"
    store.settle("run", Outcome(job=again, result=Result.DEAD, failure="http_status", other_form=True), 1.0)
    assert leased(store) == []
    store.schedule("run", [ask(1, url="https://3g.example.org/1")], 0.0)
    assert [job.url for job in leased(store)] == ["https://3g.example.org/1"]


def test_a_retry_waits_for_its_time(store: TableStore) -> None:
    """Not leased before, and the store says when it is due."""
    store.schedule("run", [ask(1)], 0.0)
    [job] = leased(store)
    store.settle("run", Outcome(job=job, result=Result.AGAIN, retry_at=100.0, failure="http_status"), 1.0)
    assert (leased(store, now=99.0), store.next_due("run", 50.0)) == ([], near(100.0))
    [again] = leased(store, now=100.0)
    assert again.tries == 1


def test_revisions_by_content(store: TableStore) -> None:
    """Three runs: new, unchanged, changed. The last names the first."""
    for number, (text, written) in enumerate((("", True), ("", False), ("more", True))):
        run = store.begin(SITE, f"scope {number}", f"r{number}", f"2026-02-2{number}T10:00:00Z").id
        assert store.schedule(run, [ask(1, named=True)], 0.0) == 1
        [job] = leased(store, 5, 1.0, run)
        assert store.settle(run, outcome(job, text=text), 1.0).written is written
        store.finish(run, b"{}")
    names = [(revision.name, revision.previous, revision.run) for revision in store.revisions(site=SITE)]
    key = ask(1).key
    assert names == [(f"{key}@1", None, "r0"), (f"{key}@2", f"{key}@1", "r2")]


def test_a_cursor_gives_what_came_after_it(
    store: TableStore, reopen: Callable[..., TableStore], tmp_path: Path
) -> None:
    """And is good for the store that gave it, alone."""
    store.schedule("run", [ask(1), ask(2)], 0.0)
    for job in leased(store):
        cursor = store.since(SITE, None).cursor
        store.settle("run", outcome(job), 1.0)
    assert [r.id for r in store.revisions(site=SITE, after=store.since(SITE, cursor).after)] == [ask(2).key]
    other = reopen(tmp_path / "other")
    for bad in (other.since(SITE, None).cursor, "17", "", f"{cursor}9", cursor.replace("-1-", "-2-")):
        with pytest.raises(BadCursor, match="not a cursor"):
            store.since(SITE, bad)


def test_known_articles_are_looked_at_when_due(store: TableStore) -> None:
    """Not before, and not what failed for good; what failed for a reason that may pass is tried by the next run."""
    store.schedule("run", [ask(n) for n in (1, 2, 3, 4)], 0.0)
    one, two, three, four = leased(store)
    store.settle("run", Outcome(job=one, result=Result.RECORD, record=new_record(one), look_at=DAY, etag='"a"'), 1.0)
    store.settle("run", outcome(two), 1.0)
    store.settle("run", Outcome(job=three, result=Result.DEAD, failure="http_status", status=404), 1.0)
    store.settle("run", Outcome(job=four, result=Result.DEAD, failure="http_status", status=503), 1.0)
    store.finish("run", b"{}")
    begin(store, "second")
    assert store.schedule("second", [ask(n) for n in (1, 2, 3, 4)], DAY - 1) == 1
    assert [job.key for job in leased(store, 9, DAY, "second")] == [four.key]
    assert store.adopt("second", DAY - 1) == 0
    assert store.adopt("second", DAY) == 1
    [due] = leased(store, 9, DAY, "second")
    assert (due.key, due.etag) == (one.key, '"a"')


def test_done_dead_and_waiting_are_all(store: TableStore) -> None:
    """Whatever is done, the pages by their states are those that were scheduled; retry lets the dead wait again."""
    rng = random.Random(3)
    now = 0.0
    for _ in range(400):
        now += 1
        match rng.choice(("ask", "settle", "settle", "retry", "again")):
            case "ask":
                store.schedule("run", [ask(rng.randrange(80)) for _ in range(3)], now)
            case "retry":
                store.retry(SITE, refused=bool(rng.randrange(2)))
                store.adopt("run", now)
            case what:
                for job in leased(store, 2, now):
                    results = [Result.AGAIN] if what == "again" else [Result.DEAD, Result.PASSED, Result.RECORD]
                    result = rng.choice(results)
                    kept = new_record(job, str(now)) if result is Result.RECORD else None
                    store.settle("run", Outcome(job=job, result=result, record=kept, retry_at=now + 3), now)
        counted, scheduled = sums(store)
        assert counted == scheduled
    assert scheduled > 40


def test_many_pages_change_hands(store: TableStore) -> None:
    """More than are held in memory at a time: what a run leaves waits for the next."""
    store.schedule("run", [ask(number) for number in range(1201)], 0.0)
    store.finish("run", b"{}")
    begin(store, "second")
    assert store.adopt("second", 1.0) == 1201
    assert store.states("second") == {(PageKind.ARTICLE, State.WAITING): 1201}


def test_hosts_are_left_alone_across_processes(store: TableStore, reopen: Callable[..., TableStore]) -> None:
    """A turn taken in one process is taken for the other, and Retry-After holds a host for both."""
    other = reopen()
    assert store.take_turn(HOST, 2.0, 100.0) == 0
    assert other.take_turn(HOST, 2.0, 101.5) == near(0.5)
    assert other.take_turn(HOST, 2.0, 102.5) == 0
    assert store.take_turn(HOST, 2.0, 103.5) == near(1.0)
    store.hold(HOST, 160.0)
    assert other.take_turn(HOST, 0.0, 150.0) == near(10.0)
    store.hold(HOST, 155.0)
    assert other.take_turn(HOST, 0.0, 150.0) == near(10.0)  # a shorter wait ends no longer one
    assert other.take_turn(HOST, 2.0, -9000.0) == 0  # the clock was set back
    store.hold(HOST, 90000.0)
    store.hold(HOST, -5.0)
    assert other.take_turn(HOST, 0.0, -7.0) == near(2.0)


def test_pages_of_all_hosts(store: TableStore) -> None:
    """By priority and number, as many of a host as there is room for; a retry waits, and lists can be left out."""
    hosts = ("a.example.org", "b.example.org")
    store.schedule("run", [ask(number, host=hosts[number % 2], priority=number // 4) for number in range(8)], 0.0)
    store.schedule("run", [ask(9, PageKind.LIST, host="c.example.org", priority=9)], 0.0)
    first = store.lease("run", 5, 2, {hosts[0]: 1}, 1.0, PageKind.ARTICLE)
    assert [4, 5, 7] == [int(job.url[-1]) for job in first]
    store.settle("run", Outcome(job=first[0], result=Result.AGAIN, retry_at=100.0, failure="http_status"), 1.0)
    rest = store.lease("run", 20, 20, {}, 1.0)
    assert [9, 6, 0, 1, 2, 3] == [int(job.url[-1]) for job in rest]
    store.give_back(*rest)
    assert rest[:2] == store.lease("run", 2, 20, {}, 1.0)


def test_a_page_that_others_of_its_transaction_lead_to(store: TableStore) -> None:
    """Several outcomes are written at once; each sees what the ones before it have changed."""
    store.schedule("run", [ask(1), ask(2)], 0.0)
    first, second = leased(store)
    other_form = msgspec.structs.replace(ask(2), url="https://m.example.org/2")
    again = Outcome(job=second, result=Result.AGAIN, retry_at=9.0, failure="http_status")
    asyncio.run(store.settle_all("run", [outcome(first, (other_form, ask(3), ask(3))), again], 1.0))
    third, two = sorted(leased(store, now=9.0), key=lambda job: -job.number)
    assert (ask(3).url, (*second.forms, other_form.url), 1) == (third.url, two.forms, two.tries)
    same = [outcome(third), msgspec.structs.replace(outcome(two), record=new_record(third))]
    written = asyncio.run(store.settle_all("run", same, 9.0))
    assert [True, False] == [one.written for one in written]
