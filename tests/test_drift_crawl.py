"""A crawl whose site changes its layout while it runs: nothing wrong is published, and nothing is lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from crawler.drift.check import Answer as DriftAnswer
from crawler.drift.check import check_site
from crawler.drift.crawled import LastCrawl, last_crawl
from crawler.drift.verdict import SiteCheck, SiteVerdict
from crawler.errors import Failure
from crawler.profiles.load import Profile, load_profile
from crawler.records.read import read_quarantine
from crawler.report.run import CrawlLine
from crawler.spiders.portal import PortalSpider
from crawler.store.interface import Store
from crawler.store.opening import open_store
from tests.calling import call
from tests.chaos.site import ROOT, list_page
from tests.crawling import crawl_portal, crawling
from tests.portal.server import Answer, Portal
from tests.postgres_server import Server

PAGES = 400
CHANGE = 150
IN_FLIGHT = 8
"""Requests at a time."""
LIST = f"{ROOT}/list/all.html"
PROFILE = r"""
site = "harbour"
title = "Harbour"
hosts = ["harbour.example"]

[[urls]]
kind = "article"
match = '^https?://(www|m)\.harbour\.example/a/(?P<id>\d+)\.html'
[[urls]]
kind = "list"
match = '^https?://www\.harbour\.example/list/'

[[lists]]
url = "https://www.harbour.example/list/all.html"
format = "html"
css = "li"
[crawl]
delay = 0
concurrency = 8
"""
LAYOUT = """
id = "2020_article"
kind = "article"
[[evidence]]
css = "div.article"
[[evidence]]
css = "h1"
[article.headline]
css = "h1"
[article.info.meta]
css = "div.meta"
[[article.body]]
css = "div.text"
[chrome.related]
role = "related"
css = "div.related"
[chrome.related.items]
css = "li"
[chrome.footer]
role = "footer"
css = "footer"
[[fields.datePublished]]
css = "html"
attr = "data-time"
[[fields.source.name]]
within = "meta"
css = "span.source"
match = '来源：(.*)'
"""
HOST = "https://www.harbour.example"


def page(number: int, *, meta: str = "meta", source: str = "source", text: str = "text", more: str = "") -> bytes:
    """Return an article; the class words are those of its elements."""
    body = "".join(f"<p>第{number}号泊位第{line}天的记录：潮水在傍晚退去，船员们把缆绳收好。</p>" for line in range(3))
    return (
        f'<!DOCTYPE html><html data-time="2026-02-20T10:12:00+08:00"><head><meta charset="utf-8"><title>{number}号泊位的一天'
        f'_港口网</title></head><body><div class="article"><h1>{number}号泊位的一天</h1><div class="{meta}">'
        f'<span class="{source}">来源：港口晚报</span></div><div class="{text}">{body}{more}</div>'
        f'<div class="related"><ul><li><a href="/a/{number + 1}.html">{number + 1}号泊位的一天</a></li></ul></div></div>'
        "<footer>港口网版权所有</footer></body></html>"
    ).encode()


Change = Callable[[int], bytes]
CHANGES: dict[str, tuple[Change, str, str]] = {
    "source renamed": (lambda n: page(n, source="from"), "fields.source", "span.source|span.from"),
    "region renamed": (lambda n: page(n, meta="news-head"), "article.info.meta", "div.meta|div.news-head"),
    "body renamed": (lambda n: page(n, text="content-box"), "article.body", "div.text|div.content-box"),
    "promotion added": (
        lambda n: page(n, more='<p><a href="/x/1.html">春季运动会今天开幕</a></p>'), "article.body", "div.text|div.text",
    ),
}  # fmt: skip


class Harbour:
    """A portal of articles, on `hosts` in turn; those after number `after` are changed."""

    def __init__(
        self,
        portal: Portal,
        folder: Path,
        change: Change,
        *,
        half: bool,
        pages: int = PAGES,
        after: int = CHANGE,
        hosts: tuple[str, ...] = (HOST,),
    ) -> None:
        self.portal, self.folder, self.change, self.half = portal, folder, change, half
        self.after = after
        home = folder / "profiles" / "harbour"
        (home / "layouts").mkdir(parents=True)
        (home / "profile.toml").write_text(PROFILE, encoding="utf-8")
        self.layout = home / "layouts" / "2020_article.toml"
        self.layout.write_text(LAYOUT, encoding="utf-8")
        self.urls = urls = [f"{hosts[number % len(hosts)]}/a/{number}.html" for number in range(1, pages + 1)]
        portal.answer(f"{HOST}/list/all.html", Answer(list_page(urls)))
        for number, url in enumerate(urls, start=1):
            portal.answer(url, Answer(self.served(number)))

    def is_changed(self, number: int) -> bool:
        """Return whether a page has the new layout; pages are fetched in the order of their numbers."""
        return number > self.after and not (self.half and number % 2)

    def served(self, number: int) -> bytes:
        """Return what the portal serves."""
        return self.change(number) if self.is_changed(number) else page(number)

    def crawl(self, **more: Any) -> CrawlLine:
        """Crawl the site, with `more` settings."""
        return crawl_portal(self.folder / "output", self.portal, {**self.settings, **more}, site="harbour")

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of a crawl."""
        return {
            "PORTALSIEVE_PROFILES": str(self.folder / "profiles"),
            "PORTALSIEVE_MIN_FREE": 0,
        }

    def crawl_together(self, processes: int, store: str) -> list[PortalSpider]:
        """Crawl the pages by several spiders that share a store as processes do; return them."""
        listed = self.folder / "urls.txt"
        listed.write_text("\n".join(self.urls), encoding="utf-8")
        settings = {**self.settings, "PORTALSIEVE_STORE": store}

        async def all_of_them() -> list[PortalSpider]:
            crawls = [
                crawling(self.folder / f"output{number}", self.portal, settings, "harbour", urls_file=str(listed))
                for number in range(processes)
            ]
            return await asyncio.gather(*crawls)

        return asyncio.run(all_of_them())

    def records(self, line: CrawlLine) -> dict[int, dict[str, Any]]:
        """Return a run's published records by the number of their page."""
        if line.records_file is None:
            return {}
        found = map(json.loads, Path(line.records_file).read_text(encoding="utf-8").splitlines())
        return {int(record["id"].partition(":")[2]): record for record in found}

    def refused(self) -> SiteCheck:
        """Return the check of the pages that the last crawl refused, as they are served."""
        profile = load_profile(self.folder / "profiles" / "harbour")
        with closing(open_store(self.folder / "output" / "store.sqlite")) as store:
            last = last_crawl(store, profile, 10)
        assert 0 < len(last.pages) <= 10
        served = (self.served(number_of(page.url)) for page in last.pages)
        answers = [DriftAnswer(url=page.url, body=body) for page, body in zip(last.pages, served, strict=True)]
        return check_site(profile, [*zip(last.pages, answers, strict=True)], events=last.events)

    @property
    def fetched(self) -> list[int]:
        """The numbers of the pages that were fetched."""
        paths = [request.target for request in self.portal.requests if "/a/" in request.target]
        return [*map(number_of, paths)]


def number_of(url: str) -> int:
    """Return the number of the page at a URL."""
    return int(url.rpartition("/")[2].removesuffix(".html"))


def is_right(record: dict[str, Any]) -> bool:
    """Return whether a record has what its page says."""
    number = int(record["id"].partition(":")[2])
    lines = record["articleBody"].split("\n\n")
    return (
        record["headline"] == f"{number}号泊位的一天"
        and (record["source"] or {}).get("name") == "港口晚报"
        and len(lines) == 3
        and all(line.startswith(f"第{number}号泊位") for line in lines)
    )


@pytest.fixture
def portal() -> Iterator[Portal]:
    """A running portal."""
    with Portal() as running:
        yield running


@pytest.mark.parametrize("half", [False, True], ids=["all", "half"])
@pytest.mark.parametrize("name", CHANGES)
def test_a_layout_that_changes_during_a_crawl(tmp_path: Path, portal: Portal, name: str, half: bool) -> None:
    """The crawl stops fetching such pages, names the rule, and publishes no wrong record; after the repair, all is there."""
    change, rule, repair = CHANGES[name]
    harbour = Harbour(portal, tmp_path, change, half=half)
    line = harbour.crawl()
    assert ("failed", [rule]) == (line.status, [event.rule for event in line.drift])
    assert "2020_article has changed" in line.reason
    since = number_of(line.drift[0].since)
    assert harbour.is_changed(since)
    assert since <= CHANGE + 2 * IN_FLIGHT  # they arrive in no order
    assert max(harbour.fetched) <= (190 if half else 170) + IN_FLIGHT
    pages, before = harbour.refused(), SiteVerdict.CHANGED
    assert (before, line.drift, True) == (pages.verdict, pages.events, line.drift[0].sentence in pages.reason)
    first = harbour.records(line)
    assert [] == [number for number, record in first.items() if not is_right(record)]
    assert set(range(1, CHANGE + 1)) <= set(first)
    assert PAGES - len(set(harbour.fetched)) == line.counts.waiting
    old, new = repair.split("|")
    layout = harbour.layout.read_text(encoding="utf-8")
    if name == "promotion added":
        layout += '[chrome.promotion]\nrole = "related"\ncss = "div.text p:has(> a)"\n'
    elif half:
        layout = layout.replace(f'"{old}"', f'"{old}, {new}"')
    else:
        layout = layout.replace(f'"{old}"', f'["{old}", "{new}"]' if rule.startswith("article") else f'"{old}, {new}"')
    harbour.layout.write_text(layout, encoding="utf-8")
    assert (SiteVerdict.UNCHANGED, ()) == (harbour.refused().verdict, harbour.refused().events)
    again = harbour.crawl()
    assert ("ok", ()) == (again.status, again.drift)
    second = harbour.records(again)
    assert set(range(1, PAGES + 1)) == {*first, *second}
    assert [] == [number for number, record in second.items() if not is_right(record)]
    assert 0 == again.counts.waiting


def test_held_records_are_released(tmp_path: Path, portal: Portal) -> None:
    """What was held back and refused can be published without fetching it again; later pages are not compared with others."""
    harbour = Harbour(portal, tmp_path, CHANGES["source renamed"][0], half=False)
    line = harbour.crawl()
    held = [entry for entry in read_quarantine(line.quarantine_file or "") if entry.failure is Failure.LAYOUT_DRIFT]
    fetched = len(harbour.fetched)
    places = {"PORTALSIEVE_OUTPUT": str(tmp_path / "output"), "PORTALSIEVE_PROFILES": str(tmp_path / "profiles")}
    done = call("retry", "harbour", "--release", PORTALSIEVE_SHIPPED_PROFILES=0, **places)
    assert (0, f"Released {len(held)} records") == (done.returncode, done.stdout.partition(":")[0])
    path = Path(done.stdout.partition(": ")[2].strip())
    assert len(held) == len(path.read_text(encoding="utf-8").splitlines()) > 0
    assert fetched == len(harbour.fetched)
    assert () == harbour.crawl().drift


def test_pipelines_see_no_held_record(tmp_path: Path, portal: Portal) -> None:
    """One page with a doubt among usual ones: it reaches feed exports when it is released, at the end of the run."""

    def promoted(number: int) -> bytes:
        return CHANGES["promotion added"][0](number) if number == PAGES - 2 else page(number)

    harbour = Harbour(portal, tmp_path, promoted, half=False)
    feed = tmp_path / "feed.jsonl"
    line = harbour.crawl(FEEDS={str(feed): {"format": "jsonlines"}})
    assert ("ok", PAGES, ()) == (line.status, line.counts.records, line.drift)
    seen = [json.loads(one)["id"] for one in feed.read_text(encoding="utf-8").splitlines()]
    assert PAGES == len(set(seen)) == len(seen)
    assert f"harbour:{PAGES - 2}" in seen[-3:]


@pytest.mark.parametrize("name", [None, "source renamed"])
def test_a_layout_that_changes_while_processes_share_a_run(
    tmp_path: Path, portal: Portal, postgres: Server, name: str | None
) -> None:
    """They decide together: one event, no wrong record, the kind is stopped for all; nothing else is held back."""
    hosts = (HOST, HOST.replace("www", "m"))
    change = CHANGES[name][0] if name is not None else page
    harbour = Harbour(portal, tmp_path, change, half=False, pages=120, after=60, hosts=hosts)
    spiders = harbour.crawl_together(2, url := postgres.url())
    assert all(spider.crawler.stats.get_value("downloader/response_count", 0) > 20 for spider in spiders)
    [line] = [one for spider in spiders if (one := spider.run.line) is not None and one.records_file is not None]
    records = harbour.records(line)
    assert [] == [number for number, record in records.items() if not is_right(record)]
    if name is None:
        assert (set(range(1, 121)), (), "ok") == ({*records}, line.drift, line.status)
        return
    assert ["fields.source"] == [event.rule for event in line.drift]
    assert set(range(1, 61)) <= set(records)
    assert 120 - len(set(harbour.fetched)) == line.counts.waiting > 20
    layout = harbour.layout.read_text(encoding="utf-8")
    harbour.layout.write_text(layout.replace("span.source", "span.source, span.from"), encoding="utf-8")
    again = harbour.crawl(PORTALSIEVE_STORE=url)
    assert ("ok", (), 0) == (again.status, again.drift, again.counts.waiting)
    later = harbour.records(again)
    assert set(range(1, 121)) == {*records, *later}
    assert [] == [number for number, record in later.items() if not is_right(record)]


@pytest.mark.parametrize("line", [b'{"event": 1}', b"not JSON"])
def test_what_another_release_has_seen_is_not_read(line: bytes) -> None:
    """The events of an open run of another release are unknown, which is no error."""
    run = SimpleNamespace(id=1, site="harbour", open=True, counts={"pages": 3})
    store = SimpleNamespace(
        runs=lambda _: [run], observed=lambda *_: [(-1, line)], quarantine=lambda _: [], held=lambda *_, **__: []
    )
    profile = SimpleNamespace(site=SimpleNamespace(site="harbour"))
    assert LastCrawl() == last_crawl(cast("Store", store), cast("Profile", profile), 10)
