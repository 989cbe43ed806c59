"""Bounds of a crawl: those of the profile against endless sites, that of the disk; and what comes of many failures."""

from __future__ import annotations

import contextlib
import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crawler.errors import Failure
from crawler.profiles.model import Crawl
from crawler.records.read import read_quarantine
from crawler.records.write import ChromeLevel
from crawler.report.progress import crawl_line
from crawler.report.run import CrawlLine, Run
from crawler.spiders.frontier import Bounds, Frontier
from crawler.store.interface import Outcome, Result, State
from crawler.store.opening import open_store
from tests import store_samples
from tests.chaos.site import (
    CONCURRENCY,
    HOST,
    ROOT,
    SITE,
    Shape,
    article_page,
    article_url,
    list_page,
    serve,
    write_profile,
)
from tests.crawling import crawl_portal, run
from tests.portal.server import Answer, Portal
from tests.profile_samples import write

MIB = 1024 * 1024


def test_a_crawl_leaves_the_hosts_of_other_profiles_alone(tmp_path: Path) -> None:
    """Where another profile claims the mobile host, no link and no redirect to it is followed."""
    mobile = article_url(1).replace("news.", "m.")
    profiles = write_profile(tmp_path / "profiles", Shape.FLAT)
    narrow = (profiles / SITE / "profile.toml").read_text().replace(f'site = "{SITE}"', 'site = "quayside"')
    layout = (profiles / SITE / "layouts" / "2026_berth.toml").read_text()
    narrow = narrow.replace('hosts = ["harbour.example"]', 'hosts = ["m.harbour.example"]').replace("news.", "m.")
    write(profiles, site="quayside", profile=narrow.replace("news\\.", "m\\."), layouts={"2026_berth": layout})
    with Portal() as portal:
        portal.answer(f"{ROOT}/list/all.html", Answer(list_page([article_url(0), mobile, article_url(2)])))
        portal.answer(article_url(0), Answer(article_page(0)))
        portal.answer(article_url(2), Answer(status=302, headers={"Location": mobile}))
        settings = {"PORTALSIEVE_PROFILES": str(profiles), "PORTALSIEVE_MIN_FREE": 0}
        line = crawl_portal(tmp_path / "output", portal, settings, site=SITE)
        assert portal.asked("m.harbour.example") == []
    assert (line.counts.records, line.failures) == (1, {Failure.OFF_SITE: 1})


class Calendar(Portal):
    """A portal whose every list leads to lists of the days after it, without end, each with an article."""

    def find(self, host: str, target: str) -> Answer:
        """Make up the page of a day, or an article."""
        day = int("".join(filter(str.isdigit, target)) or 0)
        if "/list/" in target:
            return Answer(list_page([*(f"{ROOT}/list/{day * 7 + n}.html" for n in range(1, 8)), article_url(day)]))
        return Answer(article_page(day), 200) if "/a/" in target else Answer(status=404)


def bounded(folder: Path, portal: Portal, more: str = "", depth: int = 20) -> tuple[CrawlLine, Counter[str]]:
    """Crawl by a profile with these bounds; return the run's line, and how many lists and articles were asked for."""
    profiles = write_profile(folder / "profiles", Shape.FLAT, depth=depth, more=more)
    settings = {"PORTALSIEVE_PROFILES": str(profiles), "PORTALSIEVE_MIN_FREE": 0}
    line = crawl_portal(folder / "output", portal, settings, site=SITE)
    return line, Counter(asked.removeprefix(HOST).split("/")[1] for asked in portal.asked())


def test_a_calendar_without_end_stops_at_its_cap(tmp_path: Path) -> None:
    """Pages of its pattern are fetched up to the cap, and those that were under way then; the others are all fetched."""
    with Calendar() as portal:
        line, asked = bounded(tmp_path, portal, "[[crawl.caps]]\nmatch = '/list/'\npages = 30")
    assert 30 <= asked["list"] <= 30 + CONCURRENCY
    assert (asked["a"], line.counts.records, line.status) == (asked["list"], asked["list"], "ok")
    assert (line.counts.capped, line.counts.waiting) == (7 * asked["list"] + 1 - asked["list"], 0)


def test_a_run_stops_at_its_pages_and_the_next_continues(tmp_path: Path) -> None:
    """What was found and not fetched waits for the next run."""
    with Calendar() as portal:
        line, asked = bounded(tmp_path, portal, "pages = 40")
        assert 40 <= asked.total() <= 40 + CONCURRENCY
        assert (line.status, line.counts.waiting > 0) == ("ok", True)
        shutil.rmtree(tmp_path / "profiles")
        bounded(tmp_path, portal, "pages = 40")
    articles = [asked for asked in portal.asked() if "/a/" in asked]
    assert sorted(articles) == sorted(set(articles))


def test_lists_are_followed_as_deep_as_the_profile_says(tmp_path: Path) -> None:
    """Two lists deep: the first, its seven, their forty-nine."""
    with Calendar() as portal:
        _, asked = bounded(tmp_path, portal, depth=2)
    assert asked == {"list": 1 + 7 + 49, "a": 1 + 7 + 49}


def test_a_full_disk_pauses_the_crawl(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It says so, fetches nothing meanwhile, and continues by itself when there is space."""
    usage = shutil.disk_usage(tmp_path)
    looks: list[int] = []

    def disk_usage(path: Any) -> Any:
        looks.append(len(portal.asked()))
        return usage._replace(free=499 * MIB if len(looks) <= 4 else 501 * MIB)

    monkeypatch.setattr("crawler.spiders.frontier.DISK_EVERY", 0.0)
    monkeypatch.setattr("crawler.spiders.scheduler.PAUSE", 0.05)
    monkeypatch.setattr("crawler.spiders.frontier.shutil.disk_usage", disk_usage)
    profiles = write_profile(tmp_path / "profiles", Shape.FLAT)
    with Portal() as portal:
        serve(portal, Shape.FLAT, 10)
        line = crawl_portal(tmp_path / "output", portal, {"PORTALSIEVE_PROFILES": str(profiles)}, site=SITE)
    assert (line.status, line.counts.records, looks[:4]) == ("ok", 10, [0, 0, 0, 0])
    printed = [message for message in caplog.messages if message.startswith(SITE)]
    low = f"499 MiB free at {tmp_path / 'output'}, but at least 500 MiB required"
    assert printed == [
        f"{SITE} is paused: {low}; continuing once there is enough space",
        f"{SITE} continues: there is enough disk space again",
    ]


ANSWERS: dict[str, Callable[[int], tuple[Answer, ...]]] = {
    "good": lambda n: (Answer(article_page(n)),),
    "gone": lambda n: (Answer(b"gone", status=404),),
    "busy once": lambda n: (Answer(status=503), Answer(article_page(n))),
    "busy": lambda n: (Answer(status=503),),
    "forbidden": lambda n: (Answer(status=403),),
    "cut": lambda n: (Answer(article_page(n)[:300]),),
    "broken off": lambda n: (Answer(article_page(n), cut=50),),
    "of no layout": lambda n: (Answer(article_page(n, name="quay")),),
    "off the site": lambda n: (Answer(status=302, headers={"Location": "http://elsewhere.example/"}),),
    "moved": lambda n: (Answer(status=301, headers={"Location": article_url(0)}),),
    "in a loop": lambda n: (Answer(status=302, headers={"Location": article_url(n)}),),
}


@pytest.mark.parametrize("seed", range(3))
def test_done_and_dead_and_waiting_are_all_that_was_scheduled(tmp_path: Path, seed: int) -> None:
    """Whatever the answers: no page is silently dropped, and each that gave nothing says why."""
    rng = random.Random(seed)
    names = ["good", *(rng.choice(list(ANSWERS)) for _ in range(60))]
    profiles = write_profile(tmp_path / "profiles", Shape.FLAT)
    with Portal() as portal:
        for number, name in enumerate(names):
            portal.answer(article_url(number), *ANSWERS[name](number))
        portal.answer(f"{ROOT}/list/all.html", Answer(list_page(map(article_url, range(len(names))))))
        settings = {"PORTALSIEVE_PROFILES": str(profiles), "RETRY_TIMES": 1, "PORTALSIEVE_MIN_FREE": 0}
        if seed == 2:
            settings["CLOSESPIDER_PAGECOUNT"] = 30
        line = crawl_portal(tmp_path / "output", portal, settings, site=SITE)
    with contextlib.closing(open_store(tmp_path / "output" / "store.sqlite", make=False)) as store:
        groups = store.groups(SITE)
        states = Counter({state: sum(g.pages for g in groups if g.state is state) for state in State})
        assert states.total() == store.scheduled(SITE) == len(names) + 1
        whys = Counter(g.failure for g in groups for _ in range(g.pages) if g.state is not State.WAITING)
    if seed == 2:
        assert states[State.WAITING] > 0
        return
    assert states[State.WAITING] == 0
    good = sum(name in {"good", "busy once", "moved"} for name in names)
    assert whys[None] == good + 1
    refused = list(read_quarantine(line.quarantine_file or ""))
    assert len(refused) == len(names) - good
    assert Counter(entry.failure for entry in refused) == whys - Counter({None: good + 1})


def test_progress_of_a_crawl(tmp_path: Path) -> None:
    """Pages by state, the rate, the layouts; or that it is paused, and why, or stopping."""
    profiles = write_profile(tmp_path / "profiles", Shape.FLAT)
    with Portal() as portal:
        serve(portal, Shape.FLAT, 50)
        handler = "tests.crawling.PortalHandler"
        settings = {"PORTAL_BASE": portal.base, "DOWNLOAD_HANDLERS": {"http": handler, "https": handler}}
        made = run(tmp_path / "output", {"PORTALSIEVE_PROFILES": str(profiles), **settings}, site=SITE).run
    line = crawl_line(made)
    assert line.startswith(f"{SITE}: 50 done, 0 waiting, 1 failed, 2 quarantined, ")
    assert line.endswith(" pages/s | 2026_berth 48")
    assert crawl_line(made, paused="no room") == f"{SITE}: paused: no room"
    retrying = crawl_line(made, retry=(7.2, "no address"))
    assert retrying.endswith(" pages/s | 2026_berth 48 | next retry in 7 s: no address")
    assert crawl_line(made, in_flight=3).startswith(f"{SITE}: stopping, 3 pages in flight; ")


def test_what_a_crawl_waits_for(tmp_path: Path) -> None:
    """Where nothing is under way: when the next page is tried, and why the last was not got."""
    with contextlib.closing(open_store(tmp_path / "store.sqlite")) as store:
        run = store_samples.begin(store).id
        store.schedule(run, [store_samples.ask(1)], 0.0)
        made = Run(store_samples.SITE, "00", "0.1.0", tmp_path, ChromeLevel.FULL)
        made.resume(run, "2026-02-20T10:00:00Z", store)
        frontier = Frontier(
            store, made, Crawl(delay=0.0, concurrency=1), Bounds(limit=None, requests=1, host=1, free=0)
        )
        job = frontier.next(1.0)
        assert job is not None
        assert (frontier.due(1.0), frontier.next_try) == (None, None)
        frontier.settle(Outcome(job=job, result=Result.AGAIN, reason="no address", retry_at=9.0), 1.0)
        assert (frontier.due(2.0), frontier.next_try, frontier.retry_reason) == (9.0, 9.0, "no address")
        assert frontier.next(9.0) is not None
        assert frontier.next_try is None


def test_room_on_the_disk_and_pages_set_aside(tmp_path: Path) -> None:
    """A store on a server leaves room where the output is; a page that is found again after it was set aside counts once."""
    with contextlib.closing(open_store(None)) as store:
        run = store_samples.begin(store).id
        made = Run(store_samples.SITE, "00", "0.1.0", tmp_path, ChromeLevel.FULL)
        made.resume(run, "2026-02-20T10:00:00Z", store)
        bounds = Bounds(limit=None, requests=1, host=1, free=2**60, folder=tmp_path / "output")
        frontier = Frontier(store, made, Crawl(delay=0.0, concurrency=1), bounds)
        assert frontier.next(1.0) is None
        assert f"free at {tmp_path}, but at least" in (frontier.paused or "")
        for _ in range(2):
            frontier.schedule([store_samples.ask(1), store_samples.ask(2)], 1.0)
            frontier.set_aside(lambda _: True)
        assert (2, 0) == (made.set_aside, made.counts["waiting"])


def test_held_records_count_towards_the_limit(tmp_path: Path) -> None:
    """They may be released: no more pages are in flight than can be needed besides them, and none when they suffice."""
    with contextlib.closing(open_store(None)) as store:
        run = store_samples.begin(store).id
        made = Run(store_samples.SITE, "00", "0.1.0", tmp_path, ChromeLevel.FULL)
        made.resume(run, "2026-02-20T10:00:00Z", store)
        frontier = Frontier(store, made, Crawl(delay=0.0, concurrency=9), Bounds(limit=3, requests=9, host=9, free=0))
        frontier.schedule([store_samples.ask(number) for number in range(9)], 1.0)
        frontier.held_back = lambda: 1
        leased = [job for _ in range(9) if (job := frontier.next(1.0)) is not None]
        assert (2, False) == (len(leased), frontier.full)
        frontier.held_back = lambda: 3
        assert frontier.full
