"""Articles over several pages: followed, joined into one record, and named where a page stays out."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crawler.errors import Failure
from crawler.records.read import read_quarantine, read_records
from crawler.records.validate import validate
from crawler.report.run import CrawlLine
from tests.chaos.site import HOST, ROOT, SITE, Shape, article_page, article_url, list_page, write_profile
from tests.crawling import command, crawl, crawl_portal
from tests.portal import archive
from tests.portal.page import FixturePage
from tests.portal.server import Answer, Portal

ARTICLE, OTHER = 70001, 80001


def address(page: int, number: int = ARTICLE) -> str:
    """Return the address of a page of an article."""
    return article_url(number) if page == 1 else f"{ROOT}/a/{number}_{page}.html"


def body(page: int, links: list[int], number: int = ARTICLE) -> bytes:
    """Return a page of an article: text of its own, and a pager that links to these pages."""
    seed = number * 1000 + page
    made = article_page(seed).decode().replace(f"泊位{seed}", f"泊位{number}")
    pager = "".join(f'<a href="{address(link, number)}">{link}</a>' for link in links)
    return made.replace("<footer>", f'<div class="pager"><span>{page}</span>{pager}</div><footer>').encode()


def text(*pages: int, number: int = ARTICLE) -> str:
    """Return the body of an article that has these pages."""
    found = []
    for page in pages:
        made = article_page(number * 1000 + page).decode()
        inner = made.partition('<div class="berth">')[2].partition("</div>")[0]
        found += [part.removesuffix("</p>") for part in inner.split("<p>")[1:]]
    return "\n\n".join(found)


class Town:
    """A portal with one article of several pages, and crawls of it."""

    def __init__(self, folder: Path, portal: Portal, more: str = "") -> None:
        self.portal = portal
        self.folder = folder
        profiles = write_profile(folder / "profiles", Shape.FLAT, more=more)
        self.settings = {"PORTALSIEVE_PROFILES": str(profiles), "PORTALSIEVE_MIN_FREE": 0}
        self.serve(3)
        portal.answer(f"{ROOT}/list/all.html", Answer(list_page([address(1)])))

    def serve(self, total: int) -> None:
        """Serve an article of so many pages, each of which links to the next and the one before only."""
        for page in range(1, total + 1):
            links = [link for link in (page - 1, page + 1) if 1 <= link <= total]
            self.portal.answer(address(page), Answer(body(page, links)))

    def crawl(self, **arguments: Any) -> tuple[CrawlLine, list[dict[str, Any]]]:
        """Crawl; return the run's line and the records that were written."""
        line = crawl_portal(self.folder / "output", self.portal, self.settings, site=SITE, **arguments)
        records = list(read_records(line.records_file)) if line.records_file else []
        for record in records:
            validate(record)
        return line, [record.to_dict() for record in records]

    def asked(self) -> list[str]:
        """Return the article pages that were asked for."""
        return [path.removeprefix(HOST) for path in self.portal.asked() if "/a/" in path]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Yield the portal while it runs."""
    with Portal() as portal:
        yield Town(tmp_path, portal)


def test_pages_are_followed_and_joined(town: Town) -> None:
    """One record under the article's id, with the text of all pages in order, also where each page links two only."""
    line, [record] = town.crawl()
    assert (record["id"], record["url"], record["articleBody"]) == (f"{SITE}:{ARTICLE}", address(1), text(1, 2, 3))
    assert record["pages"] == {"number": 1, "total": 3, "urls": [address(page) for page in (1, 2, 3)]}
    assert ([], []) == (record["flags"], record["doubts"])
    assert (line.status, line.counts.pages, line.counts.records, line.counts.lists) == ("ok", 4, 1, 1)
    assert town.asked() == [f"/a/{ARTICLE}.html", f"/a/{ARTICLE}_2.html", f"/a/{ARTICLE}_3.html"]


def test_a_page_in_the_middle_leads_to_the_same_article(town: Town) -> None:
    """Whichever page is named, its record is that of the whole article."""
    _, [record] = town.crawl(url=address(2))
    assert (record["id"], record["url"], record["articleBody"]) == (f"{SITE}:{ARTICLE}", address(1), text(1, 2, 3))
    line, records = town.crawl(url=address(1))
    assert (records, line.counts.unchanged) == ([], 1)


def test_the_second_crawl_reads_all_pages_again(town: Town) -> None:
    """Though the first page has an ETag: that says nothing of the others. Their change is a new revision."""
    first = Answer(body(1, [2]), headers={"Content-Type": "text/html", "ETag": '"1"'})
    town.portal.answer(address(1), first)
    town.crawl()
    town.portal.answer(address(3), Answer(body(3, [2]).replace("吨货物".encode(), "箱货物".encode())))
    line, [record] = town.crawl(url=address(1))
    assert (line.counts.changed, record["articleBody"].count("箱货物") > 0) == (1, True)
    assert all(request.status == 200 for request in town.portal.requests if "/a/" in request.target)


def test_a_page_that_fails_for_the_moment_puts_the_article_off(town: Town) -> None:
    """All pages are fetched again, and nothing is missing."""
    town.portal.answer(address(2), Answer(status=503), Answer(body(2, [1, 3])))
    line, [record] = town.crawl()
    assert (record["articleBody"], record["flags"]) == (text(1, 2, 3), [])
    assert (line.counts.retried, line.counts.quarantined, line.counts.pages) == (1, 0, 4)


MISSING = {
    "gone": (Answer(status=404), Failure.HTTP_STATUS, 1),
    "down": (Answer(status=503), Failure.HTTP_STATUS, 4),
    "of no known layout": (Answer(article_page(1, name="quay")), Failure.UNKNOWN_LAYOUT, 1),
    "of another article": (Answer(body(2, [1, 3], number=OTHER)), Failure.RULE_MISSED, 1),
    "the first page again": (Answer(body(1, [2])), Failure.RULE_MISSED, 1),
    "another page": (Answer(status=302, headers={"Location": address(3)}), Failure.RULE_MISSED, 1),
    "without a pager": (Answer(body(2, [])), Failure.RULE_MISSED, 1),
    "off the site": (Answer(status=302, headers={"Location": "https://a.example/"}), Failure.OFF_SITE, 1),
}


@pytest.mark.parametrize("fault", MISSING)
def test_a_page_that_stays_out_is_named(town: Town, fault: str) -> None:
    """After its tries; the record has the other pages, a flag and a doubt, and the quarantine the reason."""
    answer, failure, tries = MISSING[fault]
    town.portal.answer(address(1), Answer(body(1, [2, 3])))
    town.portal.answer(address(2), answer)
    line, [record] = town.crawl()
    assert (record["articleBody"], record["flags"]) == (text(1, 3), ["pages_missing"])
    assert record["doubts"] == [{"flag": "pages_missing", "where": "/pages", "values": [address(2)]}]
    assert record["pages"] == {"number": 1, "total": 3, "urls": [address(1), address(3)]}
    assert (line.failures, town.asked().count(f"/a/{ARTICLE}_2.html")) == ({failure: 1}, tries)
    [entry] = read_quarantine(line.quarantine_file or "")
    assert (entry.failure, "/a/7" in (entry.url or "") or fault == "off the site") == (failure, True)


@pytest.mark.parametrize("status", [503, 404])
def test_a_page_that_may_come_back_is_looked_for(town: Town, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """Though the article is too old for visits: a month later it is whole. One that is gone is not waited for."""
    town.portal.answer(address(2), Answer(status=status))
    town.crawl()
    town.serve(3)
    now = time.time
    monkeypatch.setattr("time.time", lambda: now() + 31 * 24 * 3600.0)
    asked = len(town.asked())
    _, records = town.crawl()
    if status == 404:
        assert (records, len(town.asked())) == ([], asked)
    else:
        assert [record["articleBody"] for record in records] == [text(1, 2, 3)]


def test_pages_that_are_rightly_not_fetched_are_missing(tmp_path: Path) -> None:
    """By robots.txt or a cap of the profile: the record names them, and nothing fails."""
    with Portal(robots="User-agent: *\nDisallow: /a/70001_3\n") as portal:
        line, [record] = Town(tmp_path / "robots", portal).crawl()
        assert (line.counts.disallowed, line.failures, record["articleBody"]) == (1, {}, text(1, 2))
        assert record["doubts"][0]["values"] == [address(3)]
    more = "[[crawl.caps]]\nmatch = '/a/70001_'\npages = 1\n"
    with Portal() as portal:
        line, [record] = Town(tmp_path / "caps", portal, more).crawl()
        assert (line.counts.capped, record["flags"]) == (1, ["pages_missing"])
    with Portal() as portal:
        town = Town(tmp_path / "pages", portal, "pages = 3")
        line, [record] = town.crawl()
        assert (line.counts.pages, record["articleBody"]) == (3, text(1, 2))


def test_an_article_without_an_end_is_bounded(town: Town) -> None:
    """Fifty pages and no more; the flag says that there are others."""
    town.serve(60)
    line, [record] = town.crawl()
    assert (len(record["pages"]["urls"]), record["flags"], line.counts.pages) == (50, ["pages_missing"], 51)
    assert record["doubts"][0]["values"] == [address(51)]


def test_pages_with_ids_of_their_own_by_the_profile(tmp_path: Path) -> None:
    """Where the profile reads the article's id off each page, a page with another id is refused whatever its links."""
    with Portal() as portal:
        town = Town(tmp_path, portal)
        profile = tmp_path / "profiles" / SITE / "profile.toml"
        profile.write_text(profile.read_text().replace(r"(?P<id>\d+)\.html", r"(?P<id>\d+)(?:_\d+)?\.html"))
        line, [record] = town.crawl(url=address(3))
        assert (record["id"], record["articleBody"], line.counts.records) == (f"{SITE}:{ARTICLE}", text(1, 2, 3), 1)
        portal.answer(address(2), Answer(status=302, headers={"Location": address(2, OTHER)}))
        portal.answer(address(2, OTHER), Answer(body(2, [1, 3], number=OTHER)))
        line, [record] = town.crawl(url=address(1))
        assert (line.failures, record["articleBody"]) == ({Failure.RULE_MISSED: 1}, text(1))


def test_a_page_without_a_pager_is_known_by_its_id(tmp_path: Path) -> None:
    """Where the profile reads the article's id off its URL; not behind a redirect to a page without one."""
    with Portal() as portal:
        town = Town(tmp_path, portal)
        profile = tmp_path / "profiles" / SITE / "profile.toml"
        profile.write_text(profile.read_text().replace(r"(?P<id>\d+)\.html", r"(?P<id>\d+)(?:_\d+)?\.html"))
        portal.answer(address(1), Answer(body(1, [2])))
        portal.answer(address(2), Answer(body(2, [])))
        _, [record] = town.crawl(url=address(1))
        assert (record["articleBody"], record["pages"]["total"], record["flags"]) == (text(1, 2), 2, [])
        portal.answer(address(2), Answer(status=302, headers={"Location": address(9)}))
        portal.answer(address(9), Answer(body(9, [])))
        line, [record] = town.crawl(url=address(1))
        assert (record["articleBody"], line.failures) == (text(1), {Failure.RULE_MISSED: 1})


def test_an_archive_is_joined_too(tmp_path: Path) -> None:
    """From whichever pages it holds; one that it does not hold counts among its misses."""
    town = Town(tmp_path, Portal())
    for held, expected in (((3, 1, 2), (1, 2, 3)), ((2, 1), (1, 2))):
        path = tmp_path / f"{len(held)}.warc.gz"
        pages = {page: body(page, [link for link in (page - 1, page + 1) if 1 <= link <= 3]) for page in held}
        archive.write_warc(path, [FixturePage(SITE, "a", "", address(page), made, {}) for page, made in pages.items()])
        line = crawl(tmp_path / "out", town.settings, site=SITE, archive=str(path))
        [record] = read_records(line.records_file or "")
        assert (record.article_body, line.counts.misses) == (text(*expected), 3 - len(held))
        assert line.missed == (() if len(held) == 3 else (address(3),))
        assert record.fetch.fetched_at == "2026-02-21T08:05:09Z"


def test_a_crawl_that_ends_meanwhile_writes_nothing_of_the_article(town: Town) -> None:
    """It waits as before, and the same call brings it whole."""
    town.settings["CLOSESPIDER_PAGECOUNT"] = 3  # the list and two pages
    line, records = town.crawl()
    assert (records, line.counts.waiting, line.counts.records, line.counts.dead) == ([], 1, 0, 0)
    del town.settings["CLOSESPIDER_PAGECOUNT"]
    line, [record] = town.crawl()
    assert (line.status, record["articleBody"]) == ("ok", text(1, 2, 3))


def test_a_killed_crawl_loses_no_page_of_an_article(town: Town) -> None:
    """Killed between two pages and before the article is written, by the real handler: then it is there once, whole."""
    settings = [f"-s{name}={value}" for name, value in town.settings.items()]
    call = ["crawl", SITE, *settings, f"-sPORTALSIEVE_OUTPUT={town.folder}/output"]
    proxy = town.portal.base
    for point in ("fetch.after:3", "commit.before:4"):
        done = command(*call, http_proxy=proxy, PORTALSIEVE_FAILPOINT=point)
        assert (point, done.returncode) == (point, -signal.SIGKILL)
    done = command(*call, http_proxy=proxy)
    assert (done.returncode, done.stderr.count("failed")) == (0, 0)
    [record] = read_records(town.folder / "output" / "records")
    assert (record.article_body, record.flags) == (text(1, 2, 3), ())


def test_feeds_have_the_joined_record(town: Town) -> None:
    """Scrapy's own exports get one item."""
    feed = town.folder / "feed.jsonl"
    town.settings["FEEDS"] = {str(feed): {"format": "jsonlines"}}
    _, [record] = town.crawl()
    assert [json.loads(line) for line in feed.read_text().splitlines()] == [record]
