"""Crawls of a local portal whose pages need a browser: which are rendered, what comes of them, and what is left behind."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crawler.errors import Failure
from crawler.records.quarantine import QuarantineEntry
from crawler.records.read import read_quarantine
from crawler.report.run import CrawlLine, RenderedLayout
from crawler.report.table import table_rows
from crawler.store.opening import open_store
from tests import rendering_site
from tests.crawling import ROOT, crawl_portal
from tests.portal.server import Answer, Portal
from tests.processes import browsers, mark, marked
from tests.rendering_site import KINDS, NEED, STRANGER, WHOLE, paragraphs, url
from tests.store_samples import sqlite_of
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.usefixtures("renders")


def prepared(folder: Path, portal: Portal, kinds: tuple[str, ...] = KINDS, count: int = 1) -> tuple[list[str], Path]:
    """Write the profile and the list of pages, and let the portal have them."""
    rendering_site.write_profile(folder / "profiles")
    urls = rendering_site.fill(portal, kinds, count)
    listed = folder / "urls.txt"
    listed.write_text("".join(f"{url}\n" for url in urls))
    return urls, listed


def settings(folder: Path, **more: Any) -> dict[str, Any]:
    """Return the settings of a crawl."""
    return {"PORTALSIEVE_PROFILES": str(folder / "profiles"), "RETRY_TIMES": 1, **more}


class Crawled:
    """What a crawl of one page of each kind left, and what the portal was asked."""

    def __init__(self, folder: Path, line: CrawlLine, asked: list[str]) -> None:
        self.folder = folder
        self.line = line
        self.asked = asked
        self.records = {record["url"]: record for record in records(folder)}
        files = (folder / "output" / "quarantine").glob("*/*.jsonl")
        self.quarantine = {entry.url: entry for file in files for entry in read_quarantine(file)}


def records(folder: Path) -> list[dict[str, Any]]:
    """Return the records that were published."""
    files = (folder / "output" / "records").glob("*/*.jsonl")
    return [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Crawled:
    """Crawl a page of each kind."""
    folder = tmp_path_factory.mktemp("kinds")
    with Portal() as portal:
        _, listed = prepared(folder, portal)
        line = crawl_portal(folder / "output", portal, settings(folder), site="demo", urls_file=str(listed))
        return Crawled(folder, line, portal.asked())


@pytest.mark.parametrize("kind", KINDS)
def test_exactly_the_pages_that_need_it_are_rendered(crawled: Crawled, kind: str) -> None:
    """A static article is not; a page that gives no record was rendered in vain, and says so."""
    record = crawled.records.get(url(kind))
    if record is not None:
        assert (kind in NEED) == record["fetch"]["rendered"]
        assert (kind in NEED) == (record["fetch"]["renderedChanges"] is not None)
    assert (kind in WHOLE) == (record is not None)


@pytest.mark.parametrize("kind", sorted(WHOLE))
def test_every_body_is_whole(crawled: Crawled, kind: str) -> None:
    """Behind a data endpoint, scrolls, a button, popups and dialogs."""
    assert "\n\n".join(paragraphs(kind)) == crawled.records[url(kind)]["articleBody"]


def test_the_record_says_what_rendering_changed(crawled: Crawled) -> None:
    """Comments alone, the body alone, or all of a page that was an empty frame."""
    changed = {kind: crawled.records[url(kind)]["fetch"]["renderedChanges"] for kind in WHOLE & NEED}
    assert {"fields": [], "roles": ["comments"]} == changed["comments"]
    assert {"fields": ["articleBody"], "roles": []} == changed["unfold"]
    assert {"articleBody", "headline", "datePublished"} < set(changed["shell"]["fields"])


def test_an_endless_spinner_is_filed_with_a_picture(crawled: Crawled) -> None:
    """It was rendered, and has no article then either."""
    entry = crawled.quarantine[url("spinner")]
    assert Failure.NEEDS_RENDERING == entry.failure
    assert "it was rendered, because it says that its content is being loaded" in entry.message
    picture = Path(entry.message.rpartition("screenshot: ")[2])
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_script_without_end_is_a_timeout(crawled: Crawled) -> None:
    """It is tried again, and then filed; the crawl ends."""
    entry = crawled.quarantine[url("loop")]
    assert (Failure.TIMEOUT, True) == (entry.failure, "the browser was not done" in entry.message)


def test_only_listed_hosts_are_asked(crawled: Crawled) -> None:
    """No tracker, beacon, socket, popup or page elsewhere; nothing that the profile blocks."""
    hosts = Counter(one.partition("/")[0] for one in crawled.asked)
    assert {"www.demo.example", rendering_site.CDN} == set(hosts)
    assert [] == [one for one in crawled.asked if "counter" in one or "worker" in one or STRANGER in one]


def test_pages_and_scripts_are_fetched_once(crawled: Crawled) -> None:
    """The browser gets the page that was fetched, and scripts that may be kept are kept."""
    asked = Counter(one for one in crawled.asked if "poll" not in one and "17000" not in one)
    assert [] == [one for one, times in asked.items() if times > 1]


def test_a_run_counts_what_was_rendered(crawled: Crawled) -> None:
    """Pages rendered, and those of them that gave a record, by layout."""
    assert len(NEED) - 1 == crawled.line.counts.rendered
    assert {"2026_article": (len(WHOLE & NEED), len(WHOLE & NEED))} == {
        layout: (one.pages, one.changed) for layout, one in crawled.line.rendering.items()
    }


def test_a_run_says_where_rendering_makes_no_difference(tmp_path: Path) -> None:
    """A layout whose pages are rendered always, and are complete as sent; a changed title does not count."""
    with Portal() as portal:
        _, listed = prepared(tmp_path, portal, ("static",), 5)
        layout = tmp_path / "profiles" / "demo" / "layouts" / "2026_article.toml"
        text = layout.read_text(encoding="utf-8").replace('mode = "when-missing"', 'mode = "always"', 1)
        layout.write_text(text, encoding="utf-8")
        line = crawl_portal(tmp_path / "output", portal, settings(tmp_path), site="demo", urls_file=str(listed))
    assert {"2026_article": RenderedLayout(5, 0)} == line.rendering
    assert ["title"] == records(tmp_path)[0]["fetch"]["renderedChanges"]["fields"]
    told = "rendering changed nothing on 5 pages of 2026_article"
    assert [True] == [text.startswith(told) for label, text in table_rows(line) if label == "in vain"]


def test_robots_txt_holds_for_what_scripts_ask(tmp_path: Path) -> None:
    """What it forbids is not fetched, whoever asks."""
    with Portal(robots="User-agent: *\nDisallow: /api/\n") as portal:
        _, listed = prepared(tmp_path, portal, ("shell", "static"))
        crawl_portal(tmp_path / "output", portal, settings(tmp_path), site="demo", urls_file=str(listed))
        asked = portal.asked()
    assert [] == [one for one in asked if "/api/" in one]
    assert [url("static")] == [record["url"] for record in records(tmp_path)]


def test_what_scripts_ask_waits_for_its_turn(tmp_path: Path) -> None:
    """The delay holds between all requests to a host."""
    delay = 0.3
    with Portal() as portal:
        _, listed = prepared(tmp_path, portal, ("shell", "comments", "unfold"))
        made = settings(tmp_path, DOWNLOAD_DELAY=delay)
        crawl_portal(tmp_path / "output", portal, made, site="demo", urls_file=str(listed))
        times = [one.time for one in portal.requests if one.host == "www.demo.example"]
    assert len(times) > 6
    assert [] == [later - earlier for earlier, later in pairwise(times) if later - earlier < 0.9 * delay]


def test_without_a_browser_pages_wait_for_a_run_with_one(tmp_path: Path) -> None:
    """The reason says what is missing and how to get it; a page with its article is kept as it was sent."""
    with Portal() as portal:
        _, listed = prepared(tmp_path, portal, ("shell", "comments", "static"))
        none = settings(tmp_path, PORTALSIEVE_CHROMIUM=str(tmp_path / "nowhere"))
        line = crawl_portal(tmp_path / "output", portal, none, site="demo", urls_file=str(listed))
        assert {url("comments"), url("static")} == {record["url"] for record in records(tmp_path)}
        assert (0, 2, 0) == (line.counts.rendered, line.counts.unrendered, line.counts.dead)
        files = (tmp_path / "output" / "quarantine").glob("*/*.jsonl")
        [entry] = [entry for file in files for entry in read_quarantine(file)]
        assert Failure.NEEDS_RENDERING == entry.failure
        assert "no browser is available to run its scripts: PORTALSIEVE_CHROMIUM is" in entry.message
        crawl_portal(tmp_path / "output", portal, settings(tmp_path), site="demo", urls_file=str(listed))
        assert url("shell") in {record["url"] for record in records(tmp_path)}


def test_rendering_can_be_switched_off(tmp_path: Path) -> None:
    """By a setting, with the same outcome."""
    with Portal() as portal:
        _, listed = prepared(tmp_path, portal, ("shell", "static"))
        made = settings(tmp_path, PORTALSIEVE_RENDER_PAGES=0)
        line = crawl_portal(tmp_path / "output", portal, made, site="demo", urls_file=str(listed))
    assert (1, 0, 1) == (line.counts.records, line.counts.rendered, line.counts.unrendered)


# --- Processes --------------------------------------------------------------------------------------------------------


@contextmanager
def started(
    folder: Path, portal: Portal, listed: Path, **more: Any
) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Start a crawl by the command line, with Twisted's reactor; killed at the end if it still runs."""
    own = {
        "PORTALSIEVE_OUTPUT": folder / "output",
        "PORTALSIEVE_RETRY_DELAY": 0.05,
        "DOWNLOAD_DELAY": 0,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 8,
        **settings(folder, RETRY_TIMES=2),
        **more,
    }
    given = [part for key, value in own.items() for part in ("-s", f"{key}={value}")]
    environment = mark()
    process = subprocess.Popen(
        [sys.executable, "-m", "crawler", "crawl", "demo", "-a", f"urls_file={listed}", *given],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], "http_proxy": portal.base, **environment},
    )
    try:
        yield process, environment
    finally:
        process.kill()
        process.wait()
        if process.stderr is not None:
            process.stderr.close()
        for pid in marked(environment):
            os.kill(pid, signal.SIGKILL)


LINUX = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are found by /proc")


@LINUX
def test_a_killed_browser_costs_no_page(tmp_path: Path) -> None:
    """Each page is fetched at most three times; nothing runs when the crawl has ended."""
    chance = random.Random(12)
    with Portal() as portal:
        urls, listed = prepared(tmp_path, portal, ("shell", "comments", "popups"), 8)
        with started(tmp_path, portal, listed) as (process, environment):
            killed = 0

            def rendered() -> int:
                return sum("/api/" in one for one in portal.asked())

            while killed < 3 and process.poll() is None:
                goal = rendered() + chance.randint(2, 4)
                until(lambda goal=goal: process.poll() is not None or rendered() >= goal)  # type: ignore[misc]
                for pid in browsers(environment):
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
            said = process.communicate(timeout=PATIENCE)[1]
            assert (3, 0) == (killed, process.returncode), said
            assert sorted(urls) == sorted(record["url"] for record in records(tmp_path))
            assert all(record["fetch"]["rendered"] for record in records(tmp_path))
            asked = Counter(portal.asked())
            assert [] == [one for one in urls if asked[one.removeprefix("http://")] > 3]
            until(lambda: not marked(environment))


@LINUX
def test_nothing_of_a_browser_starts_where_nothing_is_rendered(tmp_path: Path) -> None:
    """Neither Chromium nor Playwright's driver."""
    seen: set[str] = set()
    with Portal() as portal:
        _, listed = prepared(tmp_path, portal, ("static",), 3)
        with started(tmp_path, portal, listed, DOWNLOAD_DELAY=0.3) as (process, environment):
            ended = threading.Event()

            def watch() -> None:
                while not ended.wait(0.02):
                    seen.update(line[0] for line in marked(environment).values())

            watching = threading.Thread(target=watch)
            watching.start()
            process.communicate(timeout=PATIENCE)
            ended.set()
            watching.join()
    assert 3 == len(records(tmp_path))
    assert {sys.executable} == seen


@LINUX
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
@pytest.mark.parametrize("kind", ["loop", "spinner"])
def test_no_process_outlives_a_crawl_that_is_ended(tmp_path: Path, interruptible: None, name: str, kind: str) -> None:
    """Asked to stop, or killed, while a script loops or waits; the page waits for the next crawl."""
    with Portal() as portal:
        _, listed = prepared(tmp_path, portal, (kind,))
        with started(tmp_path, portal, listed) as (process, environment):
            mark = "app.js" if kind == "loop" else "poll"
            until(lambda: any(mark in one for one in portal.asked()))
            assert browsers(environment)
            process.send_signal(signal.Signals[name])
            process.communicate(timeout=PATIENCE)
            until(lambda: not marked(environment))
    store = open_store(tmp_path / "output" / "store.sqlite")
    try:
        assert ["waiting"] == [job.state.value for job in sqlite_of(store)._jobs("site = ?", "demo")]
    finally:
        store.close()


def test_answers_that_fail_are_the_pages_own(tmp_path: Path) -> None:
    """A data endpoint that is missing leaves the page without its article, and the reason names it."""
    with Portal() as portal:
        _, listed = prepared(tmp_path, portal, ("shell",))
        portal.answer(
            f"http://www.demo.example/api/{url('shell').rpartition('/')[2].replace('html', 'json')}", Answer(b"", 404)
        )
        crawl_portal(tmp_path / "output", portal, settings(tmp_path), site="demo", urls_file=str(listed))
        files = (tmp_path / "output" / "quarantine").glob("*/*.jsonl")
        [entry] = [entry for file in files for entry in read_quarantine(file)]
    assert Failure.NEEDS_RENDERING == entry.failure
    assert "failed requests of its scripts: GET http://" in entry.message


# --- Lists, and articles over several pages ---------------------------------------------------------------------------


def with_list(folder: Path, portal: Portal, render: str) -> list[str]:
    """Write a profile with a list that scripts fill, and let the portal have it and its articles."""
    rendering_site.write_profile(folder / "profiles", rendering_site.LIST.format(render=render) + rendering_site.RENDER)
    urls = rendering_site.fill(portal, ("static",), 2)
    rendering_site.fill_list(portal, urls)
    return urls


def test_a_list_that_scripts_fill_is_rendered(tmp_path: Path) -> None:
    """Its articles are found and crawled."""
    with Portal() as portal:
        urls = with_list(tmp_path, portal, "when-missing")
        line = crawl_portal(tmp_path / "output", portal, settings(tmp_path), site="demo")
    assert sorted(urls) == sorted(record["url"] for record in records(tmp_path))
    assert (1, 1, 2) == (line.counts.lists, line.counts.rendered, line.counts.links)


def test_a_list_is_not_rendered_by_default(tmp_path: Path) -> None:
    """It is quarantined with the rule that finds nothing."""
    with Portal() as portal:
        with_list(tmp_path, portal, "never")
        line = crawl_portal(tmp_path / "output", portal, settings(tmp_path), site="demo")
    assert (0, 0) == (line.counts.records, line.counts.rendered)
    [entry] = quarantined(tmp_path)
    assert (Failure.RULE_MISSED, "lists") == (entry.failure, entry.rule)


def test_a_list_waits_for_a_run_with_a_browser(tmp_path: Path) -> None:
    """Without one it is quarantined, and fetched again by the next run."""
    with Portal() as portal:
        urls = with_list(tmp_path, portal, "when-missing")
        line = crawl_portal(
            tmp_path / "output", portal, settings(tmp_path, PORTALSIEVE_RENDER_PAGES=0), site="demo"
        )  # fmt: skip
        assert (0, 1) == (line.counts.records, line.counts.unrendered)
        [entry] = quarantined(tmp_path)
        assert Failure.NEEDS_RENDERING == entry.failure
        assert "no browser is available to run its scripts: PORTALSIEVE_RENDER_PAGES is 0" in entry.message
        crawl_portal(tmp_path / "output", portal, settings(tmp_path), site="demo")
    assert sorted(urls) == sorted(record["url"] for record in records(tmp_path))


def test_a_list_whose_scripts_find_nothing_is_quarantined(tmp_path: Path) -> None:
    """The rule that finds nothing after the scripts is named."""
    with Portal() as portal:
        with_list(tmp_path, portal, "when-missing")
        portal.answer("http://www.demo.example/api/list.json", Answer(b"", 404))
        line = crawl_portal(tmp_path / "output", portal, settings(tmp_path), site="demo")
    [entry] = quarantined(tmp_path)
    assert (1, Failure.RULE_MISSED, "lists") == (line.counts.rendered, entry.failure, entry.rule)


def test_the_second_page_of_an_article_is_rendered(tmp_path: Path) -> None:
    """The record has the text of both pages, and both are counted."""
    with Portal() as portal:
        rendering_site.write_profile(tmp_path / "profiles")
        address = rendering_site.fill_two_pages(portal)
        line = crawl_portal(tmp_path / "output", portal, settings(tmp_path), site="demo", url=address)
    [record] = records(tmp_path)
    assert "\n\n".join([*paragraphs("static"), *paragraphs("shell")]) == record["articleBody"]
    assert ([], 1) == (record["flags"], line.counts.rendered)


def test_an_article_whose_second_page_waits_is_completed_by_the_next_run(tmp_path: Path) -> None:
    """Without a browser the record says that a page is missing."""
    with Portal() as portal:
        rendering_site.write_profile(tmp_path / "profiles")
        address = rendering_site.fill_two_pages(portal)
        none = settings(tmp_path, PORTALSIEVE_RENDER_PAGES=0)
        crawl_portal(tmp_path / "output", portal, none, site="demo", url=address)
        [record] = records(tmp_path)
        assert ["pages_missing"] == record["flags"]
        crawl_portal(tmp_path / "output", portal, settings(tmp_path), site="demo", url=address)
    whole = "\n\n".join([*paragraphs("static"), *paragraphs("shell")])
    assert [whole] == [one["articleBody"] for one in records(tmp_path) if one["flags"] == []]


def quarantined(folder: Path) -> list[QuarantineEntry]:
    """Return the entries of the quarantine."""
    files = (folder / "output" / "quarantine").glob("*/*.jsonl")
    return [entry for file in files for entry in read_quarantine(file)]
