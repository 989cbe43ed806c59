"""A second crawl: lists and what is new, known articles when they are due, and what changed as a new revision."""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from crawler import read_records
from crawler.errors import Failure
from crawler.profiles.model import Crawl
from crawler.records.read import read_quarantine
from crawler.records.runs import read_runs
from crawler.report.run import CrawlLine
from crawler.spiders.revisit import next_visit
from crawler.store.export import export
from crawler.store.opening import open_store
from tests.chaos.site import HOST, ROOT, SITE, Shape, article_page, article_url, list_page, write_profile
from tests.crawling import crawl_portal
from tests.portal.server import Answer, Portal

CHINA = timezone(timedelta(hours=8))
YESTERDAY = (datetime.now(CHINA) - timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S")
HOUR, DAY = 3600.0, 86400.0


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return what sets the clock forward by so many seconds."""
    now, shift = time.time, [0.0]
    monkeypatch.setattr("time.time", lambda: now() + shift[0])

    def forward(seconds: float) -> None:
        shift[0] += seconds

    return forward


class Town:
    """A portal with one list, and crawls of it into one folder."""

    def __init__(self, folder: Path, portal: Portal) -> None:
        self.portal = portal
        self._folder = folder
        self._profiles = write_profile(folder / "profiles", Shape.FLAT)

    def publish(self, numbers: range, text: str = "", *, etag: bool = True) -> None:
        """Serve these articles, published yesterday, with this sentence at their end."""
        for number in numbers:
            headers = {"Content-Type": "text/html", **({"ETag": f'"{number}-{len(text)}"'} if etag else {})}
            body = article_page(number, text=text, published=YESTERDAY)
            self.portal.answer(article_url(number), Answer(body, headers=headers))

    def list(self, *links: str) -> None:
        """Serve the list."""
        self.portal.answer(f"{ROOT}/list/all.html", Answer(list_page(links)))

    def crawl(self, *, url: str | None = None, **more: int) -> tuple[CrawlLine, list[str]]:
        """Crawl (one URL) with these settings, and give the run's line and the paths that were asked for."""
        before = len(self.portal.asked())
        settings = {"PORTALSIEVE_PROFILES": str(self._profiles), "PORTALSIEVE_MIN_FREE": 0, **more}
        arguments = {"url": url} if url is not None else {}
        line = crawl_portal(self._folder / "output", self.portal, settings, site=SITE, **arguments)
        return line, [asked.removeprefix(HOST) for asked in self.portal.asked()[before:]]

    def export(self, since: str | None = None) -> tuple[list[dict[str, Any]], str]:
        """Export, and give the lines and the next cursor."""
        out = io.BytesIO()
        with contextlib.closing(open_store(self._folder / "output" / "store.sqlite", make=False)) as store:
            cursor = export(store, SITE, out, since=since).cursor
        return [json.loads(line) for line in out.getvalue().splitlines()], cursor


def test_what_came_or_changed_between_two_runs_is_exported(tmp_path: Path, later: Callable[[float], None]) -> None:
    """Of 300 articles 7 changed and 12 are new: 19 lines, and no page is sent that has not changed."""
    with Portal() as portal:
        town = Town(tmp_path, portal)
        town.publish(range(300))
        town.list(*map(article_url, range(300)))
        line, _ = town.crawl()
        assert line.counts.records == 300
        _, cursor = town.export()
        town.publish(range(40, 47), "编者更正了数字。")
        town.publish(range(300, 312))
        town.list(*map(article_url, range(312)))
        later(7 * HOUR)
        line, asked = town.crawl()
        counts = line.counts
        assert (counts.records, counts.changed, counts.unchanged, len(asked)) == (19, 7, 293, 313)
        assert sum(request.status == 304 for request in portal.requests) == 293
        found, following = town.export(cursor)
        assert town.export(following)[0] == []
        later(HOUR)
        line, asked = town.crawl()
        assert (asked, line.counts.records, line.counts.known) == (["/list/all.html"], 0, 312)
    previous = {line["id"]: line["revision"]["previous"] for line in found}
    ids = [f"{SITE}:{number}" for number in (*range(40, 47), *range(300, 312))]
    assert sorted(previous) == sorted(ids)
    assert {ident: f"{ident}@1" if ident in ids[:7] else None for ident in ids} == previous


def test_without_an_etag_the_content_is_compared(tmp_path: Path, later: Callable[[float], None]) -> None:
    """A page that is sent again with the same content is not a new revision."""
    with Portal() as portal:
        town = Town(tmp_path, portal)
        town.publish(range(5), etag=False)
        town.list(*map(article_url, range(5)))
        town.crawl()
        later(7 * HOUR)
        line, asked = town.crawl()
    assert (line.counts.unchanged, line.counts.records, len(asked), line.status) == (5, 0, 6, "ok")


def test_the_forms_of_an_address_are_one_article(tmp_path: Path) -> None:
    """With tracking, with a fragment, on the mobile host, by https: asked for once."""
    with Portal() as portal:
        town = Town(tmp_path, portal)
        town.publish(range(1))
        url = article_url(0)
        mobile = url.replace("news.", "m.")
        town.list(url, f"{url}?from=front", f"{url}#tail", mobile, f"{mobile}?from=app", url.replace("http", "https"))
        line, asked = town.crawl()
    assert (asked, line.counts.records) == (["/list/all.html", "/a/0.html"], 1)


def test_a_stopped_run_is_published_when_it_has_gone_on(tmp_path: Path) -> None:
    """Until then it has no file; then one with all of its records, and a line for each of its two ends."""
    with Portal() as portal:
        town = Town(tmp_path, portal)
        town.publish(range(40))
        town.list(*map(article_url, range(40)))
        stopped, first = town.crawl(CLOSESPIDER_PAGECOUNT=10)
        assert (stopped.records_file, stopped.status) == (None, "failed")
        assert 0 < stopped.counts.records < 40
        line, second = town.crawl()
    assert (line.run, line.counts.records, line.status) == (stopped.run, 40, "ok")
    assert len(list(read_records(tmp_path / "output" / "records"))) == 40
    assert sorted([*first, *second]) == sorted(["/list/all.html", *(f"/a/{n}.html" for n in range(40))])
    assert [row.reason for row in read_runs(tmp_path / "output" / "runs.jsonl")] == [stopped.reason, line.reason]
    waiting = 40 - stopped.counts.records
    saved = f": {stopped.counts.records} records saved, {waiting} pages pending. Run the same command to resume."
    assert stopped.reason.endswith(saved)


NOT_MODIFIED = Answer(status=304, headers={})


def conditions(portal: Portal, target: str) -> list[tuple[str | None, ...]]:
    """Return what each request for a path said of versions and caches, in order."""
    asked = [{name.lower(): value for name, value in r.headers.items()} for r in portal.requests if r.target == target]
    return [tuple(map(headers.get, ("if-none-match", "if-modified-since", "cache-control"))) for headers in asked]


def test_a_304_for_a_page_without_a_record_is_a_failure(tmp_path: Path) -> None:
    """Nothing was asked for by its version; after tries that forbid a cache the page is dead, with a reason."""
    with Portal() as portal:
        town = Town(tmp_path, portal)
        town.publish(range(3))
        town.list(*map(article_url, range(3)))
        portal.answer(article_url(1), NOT_MODIFIED)
        line, _ = town.crawl(RETRY_TIMES=2)
        asked = conditions(portal, "/a/1.html")
    counts = line.counts
    assert (counts.records, counts.unchanged, counts.quarantined, counts.dead) == (2, 0, 1, 1)
    assert line.failures == {Failure.NOT_MODIFIED: 1}
    assert asked == [(None, None, None), (None, None, "no-cache"), (None, None, "no-cache")]
    [entry] = read_quarantine(line.quarantine_file or "")
    assert (entry.status, entry.message) == (
        304,
        f"{article_url(1)}: the server responded 304 (not modified), but no record of the page is stored",
    )


def test_a_page_behind_a_confused_cache_is_fetched_without_it(tmp_path: Path) -> None:
    """The second try gives the record; the same for a list."""
    with Portal() as portal:
        town = Town(tmp_path, portal)
        town.publish(range(2))
        town.list(*map(article_url, range(2)))
        for url in (article_url(1), f"{ROOT}/list/all.html"):
            portal.answer(url, NOT_MODIFIED, portal.find(HOST, url.removeprefix(ROOT)))
        line, _ = town.crawl()
    assert (line.status, line.counts.records, line.counts.retried, line.counts.dead) == ("ok", 2, 2, 0)


def test_a_page_that_gave_no_record_is_asked_for_without_a_condition(
    tmp_path: Path, later: Callable[[float], None]
) -> None:
    """Though its server named its version: what was refused may be readable now."""
    with Portal() as portal:
        town = Town(tmp_path, portal)
        town.publish(range(2))
        town.list(*map(article_url, range(2)))
        stranger = article_page(1, name="quay")
        headers = {"Content-Type": "text/html", "ETag": '"same"', "Last-Modified": "Thu, 19 Feb 2026 00:00:00 GMT"}
        portal.answer(article_url(1), Answer(stranger, headers=headers))
        town.crawl()
        portal.answer(article_url(1), Answer(article_page(1, published=YESTERDAY), headers=headers))
        later(31 * DAY)
        line, _ = town.crawl()
        assert conditions(portal, "/a/1.html") == [(None, None, None)] * 2
    assert line.counts.records == 1


def test_a_version_holds_for_the_url_that_named_it(tmp_path: Path) -> None:
    """The mobile form of a known article is not asked for by the version of the other form."""
    mobile = article_url(0).replace("news.", "m.")
    with Portal() as portal:
        town = Town(tmp_path, portal)
        town.publish(range(1))
        town.list(article_url(0))
        town.crawl()
        portal.answer(mobile, Answer(article_page(0, text="另一句。", published=YESTERDAY)))
        line, asked = town.crawl(url=mobile)
        assert conditions(portal, "/a/0.html") == [(None, None, None)] * 2
        assert (asked, line.counts.changed) == ([mobile.removeprefix("http://")], 1)
        line, _ = town.crawl(url=mobile)
    assert line.counts.unchanged == 1


def test_an_article_that_is_gone_keeps_its_record(tmp_path: Path, later: Callable[[float], None]) -> None:
    """Its last revision stays in the store; the page is not asked for again."""
    with Portal() as portal:
        town = Town(tmp_path, portal)
        town.publish(range(3))
        town.list(*map(article_url, range(3)))
        town.crawl()
        portal.answer(article_url(1), Answer(b"gone", status=404))
        later(7 * HOUR)
        town.crawl()
        later(7 * HOUR)
        _, asked = town.crawl()
    assert sorted(asked) == ["/a/0.html", "/a/2.html", "/list/all.html"]
    assert sorted(line["id"] for line in town.export()[0]) == [f"{SITE}:{number}" for number in range(3)]


@pytest.mark.parametrize(
    ("age", "expected"), [(HOUR, 6 * HOUR), (3 * DAY, 2 * DAY), (20 * DAY, 30 * DAY), (100 * DAY, None)]
)
def test_young_articles_are_looked_at_often(age: float, expected: float | None) -> None:
    """By the schedule of a profile that says nothing else: old ones never."""
    now = datetime(2026, 2, 20, 12, tzinfo=UTC).timestamp()
    published = datetime.fromtimestamp(now - age, CHINA).isoformat()
    found = next_visit(Crawl(), published, CHINA, now)
    assert found == (None if expected is None else now + expected)


def test_an_article_without_a_date_is_taken_for_an_old_one() -> None:
    """It is looked at as seldom as any that is looked at at all."""
    assert next_visit(Crawl(), None, CHINA, 0.0) == 30 * DAY
    assert next_visit(Crawl(looks=()), None, CHINA, 0.0) is None
