"""A crawl of the local portal over HTTP: discovery by lists, politeness, and what becomes of failures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crawler import read_records
from crawler.errors import Failure
from crawler.records.read import read_quarantine
from crawler.records.runs import RunStatus
from crawler.report.run import CrawlLine
from tests.crawling import crawl_portal
from tests.portal import badpages, write
from tests.portal.page import FixturePage
from tests.portal.server import Answer, Portal
from tests.waiting import PATIENCE

PAGES = write.read_pages("netease")
BY_CASE = {page.case: page for page in PAGES}
PLAIN = BY_CASE["hao_plain"]


@pytest.fixture
def portal() -> Iterator[Portal]:
    """Yield a running portal with all pages of the site, which keeps robots out of /sports/."""
    with Portal(PAGES, robots="User-agent: *\nDisallow: /sports/\n") as running:
        for page in PAGES:
            if page.truth["kind"] != "list":  # served with and without the tracking in its address
                running.answer(page.url.partition("?")[0], Answer(page.body, headers=page.headers))
        yield running


def doc(url: str) -> str:
    """Return the id in an article's address."""
    return url.partition("?")[0].partition("#")[0].rpartition("/")[2].partition(".")[0].partition("_")[0]


def written(line: CrawlLine) -> list[str]:
    """Return the ids of the articles a run wrote, without the site."""
    return [r.id.partition(":")[2] for r in read_records(line.records_file)] if line.records_file else []


def reachable(*cases: str) -> set[str]:
    """Return the articles that these list pages link to and that robots may fetch."""
    links = [link for case in cases for link in BY_CASE[case].truth["links"]]
    return {doc(link) for link in links if "/sports/" not in link}


def test_a_feed_is_followed_to_its_end(tmp_path: Path, portal: Portal) -> None:
    """All articles of a channel's feed, in UTF-8 and GBK; a 404 ends the paging; no ad is asked for."""
    line = crawl_portal(tmp_path, portal, channel="yaowen")
    assert set(written(line)) == reachable("cm_feed_page_1", "cm_feed_page_2_gbk")
    feeds = [asked for asked in portal.asked() if "cm_yaowen" in asked]
    assert [feed.partition("?")[0] for feed in feeds] == [
        "news.163.com/special/cm_yaowen20200213/",
        "news.163.com/special/cm_yaowen20200213_02/",
        "news.163.com/special/cm_yaowen20200213_03/",
    ]
    assert [asked for asked in portal.asked() if "promo" in asked] == []
    assert (line.status, line.counts.lists, line.counts.quarantined, line.counts.failed) == (RunStatus.OK, 3, 0, 0)


def test_no_argument_means_all_lists(tmp_path: Path, portal: Portal) -> None:
    """Every list of the profile but those of accounts is asked for, and each article once from whatever list."""
    line = crawl_portal(tmp_path, portal)
    asked = portal.asked()
    lists = {a.partition("?")[0] for a in asked if "special/" in a or "article/list" in a or a.endswith(".com/")}
    assert {"news.163.com/special/cm_guonei/", "news.163.com/special/0001386F/rank_whole.html", "news.163.com/"} < lists
    assert [a for a in asked if "/media/" in a] == []
    got = [f"{r.host}{r.target}" for r in portal.requests if r.status == 200]
    articles = [doc(a) for a in got if a.endswith(".html") and "special/" not in a and "article/list" not in a]
    assert sorted(articles) == sorted(set(articles))
    cases = ("cm_feed_page_1", "cm_feed_page_2_gbk", "rank_lies_utf8", "front_after_js", "mobile_channel")
    assert set(written(line)) == reachable(*cases)
    assert line.counts.duplicates > 0
    assert line.failures.keys() == {Failure.HTTP_STATUS}  # the channels that this portal has not


def test_an_account_is_followed_by_its_page(tmp_path: Path, portal: Portal) -> None:
    """`-a media` asks for the account's page and its articles, and for nothing else."""
    line = crawl_portal(tmp_path, portal, media="T1631132242825")
    assert set(written(line)) == reachable("media_2026")
    assert portal.asked()[0] == "www.163.com/dy/media/T1631132242825.html"
    assert (line.counts.lists, line.counts.links) == (1, len(BY_CASE["media_2026"].truth["links"]))


def test_a_ranking_is_followed(tmp_path: Path, portal: Portal) -> None:
    """A list in HTML whose meta lies about its charset."""
    line = crawl_portal(tmp_path, portal, channel="rank")
    assert set(written(line)) == reachable("rank_lies_utf8")


def test_a_list_named_by_its_url_is_a_list(tmp_path: Path, portal: Portal) -> None:
    """Also one that no list of the profile has: its links are followed, it gives no record."""
    line = crawl_portal(tmp_path, portal, url=BY_CASE["hot_flow"].url)
    assert set(written(line)) == reachable("hot_flow")
    assert line.counts.lists == 1


def test_single_pages_are_crawled(tmp_path: Path, portal: Portal) -> None:
    """`-a url` and `-a urls_file` together: these pages, none of the links on them."""
    other, third = BY_CASE["hao_wan_followers"], BY_CASE["ads_inside_end_text"]
    listed = tmp_path / "urls.txt"
    listed.write_text(f"# three\n{other.url}\n\n{third.url}\n{other.url}\n", encoding="utf-8")
    line = crawl_portal(tmp_path / "out", portal, url=PLAIN.url, urls_file=str(listed))
    assert sorted(written(line)) == sorted(doc(page.url) for page in (PLAIN, other, third))
    assert len(portal.asked()) == 3


def test_limit_stops_at_that_many_records(tmp_path: Path, portal: Portal) -> None:
    """No page more than needed is asked for: one list, and one article more for each that gives no record."""
    first = BY_CASE["cm_feed_page_1"].truth["links"]
    portal.answer(first[1].partition("?")[0], Answer(badpages.captcha().body))
    line = crawl_portal(tmp_path, portal, channel="yaowen", limit="3")
    assert written(line) == [doc(first[n]) for n in (0, 2, 3)]
    assert (line.counts.records, line.counts.quarantined, line.status) == (3, 1, RunStatus.OK)
    assert len(portal.asked()) == 1 + 4


def test_limit_continues_with_the_next_list_when_one_is_used_up(tmp_path: Path, portal: Portal) -> None:
    """More records than the first list can give are taken from the others."""
    line = crawl_portal(tmp_path, portal, limit="20")
    assert line.counts.records == 20
    assert line.counts.lists < 14


def test_since_skips_what_is_older(tmp_path: Path, portal: Portal) -> None:
    """By the feed's date before a page is asked for, by the article's own date where a list gives none."""
    line = crawl_portal(tmp_path / "feed", portal, channel="yaowen", since="2026-01-01")
    new = {item["url"] for case in ("cm_feed_page_1", "cm_feed_page_2_gbk") for item in BY_CASE[case].truth["items"]
           if item["datePublished"] >= "2026-01-01" and "/sports/" not in item["url"]}  # fmt: skip
    assert set(written(line)) == {doc(url) for url in new}
    asked = {doc(asked) for asked in portal.asked("www.163.com")}
    assert asked == {doc(url) for url in new}
    line = crawl_portal(tmp_path / "rank", portal, channel="rank", since="2026-01-01")
    assert min(r.date_published or "" for r in read_records(line.records_file or "")) >= "2026-01-01"
    assert line.counts.older == len(reachable("rank_lies_utf8")) - line.counts.records


def test_robots_txt_is_obeyed(tmp_path: Path, portal: Portal) -> None:
    """What it forbids is never asked for, and counted."""
    line = crawl_portal(tmp_path, portal, channel="rank")
    forbidden = [link for link in BY_CASE["rank_lies_utf8"].truth["links"] if "/sports/" in link]
    assert forbidden != []
    assert [asked for asked in portal.asked() if "/sports/" in asked] == []
    assert line.counts.disallowed == len({doc(link) for link in forbidden})
    first = {
        host: next(r.target for r in portal.requests if r.host == host) for host in {r.host for r in portal.requests}
    }
    assert set(first.values()) == {"/robots.txt"}


def test_a_crawl_says_who_asks(tmp_path: Path, portal: Portal) -> None:
    """By the same user agent everywhere, with the contact, and without cookies."""
    crawl_portal(tmp_path, portal, {"PORTALSIEVE_CONTACT": "desk@example.org"}, channel="yaowen", limit="2")
    agents = {request.headers["User-Agent"] for request in portal.requests}
    assert agents == {"portalsieve/0.1.0 (+desk@example.org)"}
    assert [request.headers["Cookie"] for request in portal.requests if "Cookie" in request.headers] == []


def test_a_redirect_off_the_site_is_not_followed(tmp_path: Path, portal: Portal) -> None:
    """Not even from a page named by the user; it is reported, and the run fails."""
    portal.answer(PLAIN.url, Answer(status=302, headers={"Location": "https://ads.example.org/landing"}))
    line = crawl_portal(tmp_path, portal, url=PLAIN.url)
    assert [asked for asked in portal.asked() if "example" in asked] == []
    assert (line.status, line.counts.failed) == (RunStatus.FAILED, 1)
    [entry] = read_quarantine(line.quarantine_file or "")
    assert (entry.failure, "off the site" in entry.message) == (Failure.OFF_SITE, True)


def test_a_redirect_loop_ends(tmp_path: Path, portal: Portal) -> None:
    """After a few redirects, and is reported."""
    portal.answer(PLAIN.url, Answer(status=302, headers={"Location": PLAIN.url}))
    line = crawl_portal(tmp_path, portal, url=PLAIN.url)
    assert line.counts.failed == 1
    assert len(portal.asked()) <= 7


def test_what_passes_by_itself_is_tried_again(tmp_path: Path, portal: Portal) -> None:
    """A 503 and a page cut on its way are fetched again, and count once."""
    busy, cut = PLAIN, BY_CASE["hao_wan_followers"]
    portal.answer(busy.url, Answer(status=503), Answer(busy.body, headers=busy.headers))
    portal.answer(cut.url, Answer(cut.body[:9000], headers=cut.headers), Answer(cut.body, headers=cut.headers))
    listed = tmp_path / "urls.txt"
    listed.write_text(f"{busy.url}\n{cut.url}\n", encoding="utf-8")
    line = crawl_portal(tmp_path / "out", portal, urls_file=str(listed))
    assert sorted(written(line)) == sorted([doc(busy.url), doc(cut.url)])
    assert (line.counts.pages, line.counts.quarantined, line.counts.failed) == (2, 0, 0)
    assert len(portal.asked()) == 4


def test_a_page_tried_again_does_not_keep_others_waiting(tmp_path: Path, portal: Portal) -> None:
    """With a limit, the next page takes the place of one that waits for its second try."""
    portal.answer(PLAIN.url, Answer(PLAIN.body[:9000]), Answer(PLAIN.body))
    listed = tmp_path / "urls.txt"
    listed.write_text(f"{PLAIN.url}\n{BY_CASE['hao_wan_followers'].url}\n", encoding="utf-8")
    settings = {"PORTALSIEVE_RETRY_DELAY": 60}
    line = crawl_portal(tmp_path / "out", portal, settings, urls_file=str(listed), limit="1")
    assert (written(line), len(portal.asked())) == ([doc(BY_CASE["hao_wan_followers"].url)], 2)
    assert (line.counts.retried, line.counts.waiting) == (1, 1)


FAULTS = {
    "busy": (Answer(status=503), Failure.HTTP_STATUS, 503),
    "gone": (Answer(b"gone", status=404), Failure.HTTP_STATUS, 404),
    "cut": (Answer(PLAIN.body[:9000]), Failure.TRUNCATED, 200),
    "broken off": (Answer(PLAIN.body, cut=5000), Failure.TRUNCATED, None),
    "slow": (Answer(PLAIN.body, delay=3.0), Failure.TIMEOUT, None),
}


@pytest.mark.parametrize("name", FAULTS)
def test_permanent_failures_are_reported(tmp_path: Path, portal: Portal, name: str) -> None:
    """Each page that was asked for ends in the records or in quarantine, and the run that has no record fails."""
    answer, failure, status = FAULTS[name]
    portal.answer(PLAIN.url, answer)
    patience = 0.5 if failure is Failure.TIMEOUT else PATIENCE
    line = crawl_portal(tmp_path, portal, {"DOWNLOAD_TIMEOUT": patience, "RETRY_TIMES": 1}, url=PLAIN.url)
    [entry] = read_quarantine(line.quarantine_file or "")
    assert (entry.url, entry.failure, entry.status) == (PLAIN.url, failure, status)
    assert line.failures == {failure: 1}
    assert (line.status, line.counts.records) == (RunStatus.FAILED, 0)
    assert line.reason.startswith("no record was written: 1 ")


def test_a_changed_list_is_reported(tmp_path: Path, portal: Portal) -> None:
    """A feed that is no longer valid, or a list whose rule finds nothing, is quarantined; others continue."""
    feed = BY_CASE["cm_feed_page_1"]
    portal.answer(feed.url, Answer("<html>此频道已改版</html>".encode()))
    portal.answer(BY_CASE["rank_lies_utf8"].url, Answer(b"<html><body><p>new</p></body></html>"))
    line = crawl_portal(tmp_path, portal, channel="yaowen")
    [entry] = read_quarantine(line.quarantine_file or "")
    assert (entry.failure, entry.url, entry.rule) == (Failure.RULE_MISSED, feed.url, "lists")
    line = crawl_portal(tmp_path, portal, channel="rank")
    [entry] = read_quarantine(line.quarantine_file or "")
    assert entry.message.endswith("finds nothing; the list page has changed or is not a list")


def test_pages_of_one_article_under_two_ids_come_once(tmp_path: Path, portal: Portal) -> None:
    """An article that redirects to one known already is a duplicate, not a second record."""
    moved = "https://www.163.com/dy/article/KZZZZZZZ05F5G9FF.html"
    portal.answer(moved, Answer(status=301, headers={"Location": PLAIN.url}))
    listed = tmp_path / "urls.txt"
    listed.write_text(f"{PLAIN.url}\n{moved}\n", encoding="utf-8")
    line = crawl_portal(tmp_path / "out", portal, urls_file=str(listed))
    assert written(line) == [doc(PLAIN.url)]
    assert line.counts.duplicates == 1


def test_an_article_is_fetched_by_its_other_form_when_one_fails(tmp_path: Path, portal: Portal) -> None:
    """The www form is broken, a list has the mobile form as well."""
    mobile: FixturePage = replace(PLAIN, url=PLAIN.url.replace("www", "m"))
    portal.answer(PLAIN.url, Answer(badpages.captcha().body))
    portal.answer(mobile.url, Answer(mobile.body, headers=mobile.headers))
    listed = tmp_path / "urls.txt"
    listed.write_text(f"{PLAIN.url}\n{mobile.url}\n", encoding="utf-8")
    line = crawl_portal(tmp_path / "out", portal, urls_file=str(listed))
    assert (written(line), line.failures) == ([doc(PLAIN.url)], {Failure.CAPTCHA: 1})
