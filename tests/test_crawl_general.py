"""Crawls of pages of sites without a profile: what they read, what they ask for, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from crawler.errors import Failure
from crawler.extract import profiles_in
from crawler.records.model import Flag
from crawler.records.read import read_quarantine, read_records
from crawler.records.validate import validate
from crawler.report.run import CrawlLine
from crawler.spiders.general import GeneralSpider
from crawler.spiders.selection import BadArgument
from tests.crawling import command, crawl_portal
from tests.portal.server import Answer, Portal
from tests.test_general_reading import CHINESE, CHINESE_PAGE, ENGLISH_PAGE, links, paragraphs

PAGE = "http://news.example.com.cn/2024-05/17/c_1130001.html"
OTHER = "http://www.aldmouth-post.co.uk/news/ferry"
OWN = "https://www.163.com/dy/article/KK5ISJRA05F5G9FF.html"


def crawled(folder: Path, portal: Portal, *pages: str, **settings: Any) -> tuple[CrawlLine, list[dict[str, Any]]]:
    """Crawl pages without a profile; return the run's line and the records."""
    listed = folder / "urls.txt"
    listed.write_text("\n".join(pages), encoding="utf-8")
    line = crawl_portal(
        folder / "output", portal, {"PORTALSIEVE_MIN_FREE": 0, **settings}, site="general", urls_file=str(listed)
    )
    records = list(read_records(line.records_file)) if line.records_file else []
    for record in records:
        validate(record)
    return line, [record.to_dict() for record in records]


@pytest.mark.parametrize("apart", [0, 1], ids=["in this process", "in a process of its own"])
def test_pages_of_several_sites_are_read(tmp_path: Path, apart: int) -> None:
    """Each is of its own site; what the sites' robots.txt say holds."""
    closed = "http://news.example.com.cn/closed/1.html"
    with Portal(robots="User-agent: *\nDisallow: /closed/\n") as portal:
        for url, body in ((PAGE, CHINESE_PAGE), (OTHER, ENGLISH_PAGE), (closed, CHINESE_PAGE)):
            portal.answer(url, Answer(body.encode()))
        line, records = crawled(tmp_path, portal, PAGE, OTHER, closed, PORTALSIEVE_PAGE_PROCESS=apart)
    assert sorted((record["site"], record["headline"]) for record in records) == [
        ("aldmouth-post.co.uk", "Island ferry to run every hour"),
        ("example.com.cn", "临湾市图书馆新馆开放"),
    ]
    assert all(Flag.GENERAL in record["flags"] for record in records)
    assert (line.site, line.counts.disallowed) == ("general", 1)


def test_a_list_and_a_redirect_to_another_site_give_no_record(tmp_path: Path) -> None:
    """Each is in the quarantine, by name; so are addresses that no request can have, which do not hold up the others."""
    front, away, lost = (f"http://news.example.com.cn/{path}" for path in ("", "away", "lost"))
    with Portal() as portal:
        entries = links(*(f"第{number}条新闻的标题在这里等着读者来看" for number in range(60)))
        portal.answer(front, Answer(CHINESE_PAGE.replace(paragraphs(*CHINESE), entries).encode()))
        portal.answer(away, Answer(status=302, headers={"Location": OTHER}))
        portal.answer(lost, Answer(status=302, headers={"Location": "http://[1:2]/"}))
        line, records = crawled(tmp_path, portal, "http://[1:2]/", front, away, lost)
        asked = portal.asked()
    assert records == []
    assert line.quarantine_file is not None
    assert sorted((entry.url or "", entry.failure) for entry in read_quarantine(line.quarantine_file)) == [
        ("http://[1:2]/", Failure.BAD_URL),
        (front, Failure.NOT_AN_ARTICLE),
        (lost, Failure.BAD_URL),
        (OTHER, Failure.OFF_SITE),
    ]
    assert not any("aldmouth" in path for path in asked)


def test_pages_of_an_article_are_joined(tmp_path: Path) -> None:
    """The pager's links are followed, as on a site with a profile."""
    second = PAGE.replace(".html", "_2.html")
    first, *rest = CHINESE
    pager = f'<div class="pager"><a href="{PAGE}">1</a> <a href="{second}">2</a></div>'
    with Portal() as portal:
        for url, texts in ((PAGE, (first, *rest[:1])), (second, rest[1:])):
            page = CHINESE_PAGE.replace(paragraphs(*CHINESE), paragraphs(*texts)).replace(
                '<div class="related">', f'{pager}<div class="related">'
            )
            portal.answer(url, Answer(page.encode()))
        _, records = crawled(tmp_path, portal, PAGE)
    assert [block["text"] for record in records for block in record["blocks"]] == list(CHINESE)


def test_a_page_of_a_site_with_a_profile_is_refused() -> None:
    """It is read by its profile; a crawl needs pages, and knows no lists, channels or archives."""
    spider = GeneralSpider.beside(profiles_in())
    for given, message in (
        ({"url": OWN}, "a page of netease, which has a profile; use `scrapy crawl netease`"),
        ({}, "a crawl without a profile needs its pages: -a url= "),
        ({"url": PAGE, "channel": "tech"}, "unknown spider argument -a channel"),
        ({"url": "ftp://a.example/1"}, "is not an http"),
    ):
        with pytest.raises(BadArgument, match=message):
            spider.select(given)


def test_extract_fetches_pages_without_a_profile() -> None:
    """They are counted apart; --profiles-only leaves them alone."""
    with Portal() as portal:
        portal.answer(PAGE, Answer(CHINESE_PAGE.encode()))
        done = command("extract", PAGE, http_proxy=portal.base)
        asked = portal.asked()
        none = command("extract", PAGE, "--profiles-only", http_proxy=portal.base)
        assert portal.asked() == asked
    assert [json.loads(line)["headline"] for line in done.stdout.splitlines()] == ["临湾市图书馆新馆开放"]
    assert done.stderr.splitlines()[-1] == "records: 0, quarantined: 0, records without a profile: 1"
    assert done.returncode == 0
    assert "pages of sites without a profile: 1 (news.example.com.cn 1)" in none.stderr
