"""A crawl over an archive: what the archive holds is crawled, what it lacks is counted, the network is left alone."""

from __future__ import annotations

import socket
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from crawler import read_records
from crawler.errors import Failure
from crawler.fetch.archive import Archive
from crawler.profiles.load import load_profile
from crawler.records.read import read_quarantine
from crawler.records.runs import RunStatus
from crawler.report.run import CrawlLine
from tests.conftest import corpus_index
from tests.crawling import ROOT, crawl, run
from tests.portal import archive, badpages, write
from tests.portal.page import FixturePage
from tests.waiting import PATIENCE

PAGES = write.read_pages("netease")
LISTS = [page for page in PAGES if page.truth["kind"] == "list"]
ARTICLES = [page for page in PAGES if page.truth["kind"] != "list"]
PLAIN = next(page for page in ARTICLES if page.case == "hao_plain")
OTHER = next(page for page in ARTICLES if page.case == "hao_wan_followers")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test that opens a connection."""

    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def replay(folder: Path, *pages: FixturePage, **arguments: str) -> CrawlLine:
    """Crawl an archive of these pages."""
    path = folder / "pages.warc.gz"
    archive.write_warc(path, pages)
    return crawl(folder / "output", archive=str(path), **arguments)


def ids(line: CrawlLine) -> list[str]:
    """Return the ids of the records that a run wrote."""
    return [record.id for record in read_records(line.records_file)] if line.records_file else []


def refusals(line: CrawlLine) -> list[tuple[Failure, str | None]]:
    """Return failure and URL of what a run quarantined."""
    entries = read_quarantine(line.quarantine_file) if line.quarantine_file else []
    return [(entry.failure, entry.url) for entry in entries]


def test_every_page_that_the_profile_knows_is_a_start(tmp_path: Path) -> None:
    """Articles, galleries and videos give records; lists give links and none; other sites' pages are left alone."""
    foreign = replace(PLAIN, url="https://news.example.org/dy/article/KK5ISJRA05F5G9FF.html")
    line = replay(tmp_path, *PAGES, foreign)
    assert line.status is RunStatus.OK
    assert sorted(r.url or "" for r in read_records(line.records_file or "")) == sorted(
        page.url.partition("#")[0] for page in ARTICLES
    )
    assert line.counts.pages == len(PAGES)
    assert line.counts.lists == len(LISTS)
    assert line.counts.records == len(ARTICLES)
    assert (line.counts.quarantined, line.counts.damaged, line.counts.failed, line.counts.misses) == (0, 0, 0, 0)


def test_a_run_over_only_a_list_fails(tmp_path: Path) -> None:
    """Its links are asked for, and each that the archive lacks is a counted miss."""
    front = next(page for page in LISTS if page.case == "front_after_js")
    line = replay(tmp_path, front)
    assert (line.counts.pages, line.counts.lists, line.counts.records) == (1, 1, 0)
    assert line.counts.misses == line.counts.links == len(set(front.truth["links"]))
    assert line.missed[0] == front.truth["links"][0]
    assert line.status is RunStatus.FAILED
    assert line.reason == f"no record was written: {line.counts.misses} requests not in the archive"


def test_what_the_archive_lacks_is_a_miss(tmp_path: Path) -> None:
    """A page asked for by name that is not in the archive is counted and named."""
    line = replay(tmp_path, PLAIN, url=OTHER.url)
    assert (line.counts.misses, line.missed, line.counts.records) == (1, (OTHER.url,), 0)


@pytest.mark.parametrize(
    "asked",
    [
        "https://www.163.com/dy/article/KK5ISJRA05F5G9FF.html",
        "http://www.163.com/dy/article/KK5ISJRA05F5G9FF.html",
        "https://www.163.com/dy/article/KK5ISJRA05F5G9FF.html?f=post2020_dy_recommends&spss=x#top",
    ],
)
def test_a_page_is_found_under_the_forms_of_its_url(tmp_path: Path, asked: str) -> None:
    """Scheme, tracking parameters and fragment make no difference; the record has the archived URL and time."""
    line = replay(tmp_path, PLAIN, url=asked)
    [record] = read_records(line.records_file or "")
    assert (record.url, record.fetch.fetched_at) == (PLAIN.url, "2026-02-21T08:05:09Z")
    assert line.counts.misses == 0


def test_the_archived_headers_count(tmp_path: Path) -> None:
    """A charset that only the archived Content-Type knows is evidence in the record."""
    page = next(page for page in ARTICLES if page.case == "gbk_header")
    [record] = read_records(replay(tmp_path, page).records_file or "")
    assert record.fetch.charset is not None
    assert record.fetch.charset.header is not None
    assert record.headline == page.truth["headline"]


def test_an_article_comes_once_whatever_its_urls(tmp_path: Path) -> None:
    """The newest whole capture of a URL counts, and one form of it is enough."""
    older = replace(PLAIN, body=b"<html>an older state</html>", fetched_at="2026-01-01T00:00:00+00:00")
    gone = replace(PLAIN, status=404, body=b"gone", fetched_at="2026-03-01T00:00:00+00:00")
    mobile = replace(PLAIN, url="https://m.163.com/dy/article/KK5ISJRA05F5G9FF.html?spss=a")
    line = replay(tmp_path, older, PLAIN, gone, mobile)
    assert ids(line) == ["netease:KK5ISJRA05F5G9FF"]
    assert (line.counts.duplicates, refusals(line)) == (1, [])


def test_another_form_is_tried_when_the_first_fails(tmp_path: Path) -> None:
    """A captcha under one URL of an article does not cost the article if the archive has it under another."""
    spoilt = replace(badpages.captcha(), url=PLAIN.url)
    mobile = replace(PLAIN, url="https://m.163.com/dy/article/KK5ISJRA05F5G9FF.html")
    line = replay(tmp_path, spoilt, mobile, OTHER)
    assert sorted(ids(line)) == ["netease:KK5ISJRA05F5G9FF", "netease:KT8F0LBG05J0H94A"]
    assert refusals(line) == [(Failure.CAPTCHA, PLAIN.url)]


def test_a_redirect_is_followed_inside_the_archive(tmp_path: Path) -> None:
    """To a page that it holds; one that leads off the site, or to what it lacks, is coverage."""
    moved = replace(PLAIN, url="https://m.163.com/dy/article/KK5ISJRA05F5G9FF.html", status=302, body=b"")
    inside = replace(moved, headers={"Location": PLAIN.url})
    line = replay(tmp_path / "a", inside, PLAIN, url=inside.url)
    assert ids(line) == ["netease:KK5ISJRA05F5G9FF"]
    outside = replace(moved, headers={"Location": "https://ads.example.org/"})
    line = replay(tmp_path / "b", outside, url=outside.url)
    assert (line.counts.failed, refusals(line)) == (1, [(Failure.OFF_SITE, "https://ads.example.org/")])
    line = replay(tmp_path / "c", inside, url=inside.url)
    assert (line.counts.misses, line.missed) == (1, (PLAIN.url,))


def test_politeness_does_not_apply(tmp_path: Path) -> None:
    """An archived robots.txt, error or delay does not cause skipping, retrying or waiting."""
    robots = replace(
        PLAIN,
        url="https://www.163.com/robots.txt",
        body=b"User-agent: *\nDisallow: /",
        headers={"Content-Type": "text/plain"},
    )
    busy = replace(OTHER, status=503)
    archive.write_warc(tmp_path / "a.warc.gz", [robots, PLAIN, busy])
    spider = run(tmp_path / "output", {"DOWNLOAD_DELAY": 4 * PATIENCE}, archive=str(tmp_path / "a.warc.gz"))
    assert spider.run.line is not None
    assert ids(spider.run.line) == ["netease:KK5ISJRA05F5G9FF"]
    assert refusals(spider.run.line) == [(Failure.HTTP_STATUS, OTHER.url)]
    assert spider.crawler.stats.get_value("downloader/request_count") == 2
    assert spider.crawler.stats.get_value("elapsed_time_seconds") < PATIENCE


def test_a_damaged_record_is_counted_and_named(tmp_path: Path) -> None:
    """It does not affect other pages, is quarantined with file and offset, and does not fail the run."""
    path = tmp_path / "pages.warc.gz"
    archive.write_warc(path, [OTHER, PLAIN])
    path.write_bytes(path.read_bytes()[:-400])
    line = crawl(tmp_path / "output", archive=str(path))
    assert ids(line) == ["netease:KT8F0LBG05J0H94A"]
    assert (line.status, line.counts.damaged, line.counts.quarantined) == (RunStatus.OK, 1, 0)
    assert line.failures == {Failure.ARCHIVE_DAMAGED: 1}
    [entry] = read_quarantine(line.quarantine_file or "")
    assert (entry.failure, entry.url) == (Failure.ARCHIVE_DAMAGED, PLAIN.url)
    assert f"{path}: record at byte " in entry.message


def test_pages_without_a_record_are_quarantined(tmp_path: Path) -> None:
    """By the name of their failure, with the page's digest and the run; the run goes on."""
    wrong = [badpages.BAD_PAGES[name]() for name in ("empty_body", "image", "soft_404")]
    spoilt = [
        replace(page, url=f"https://www.163.com/dy/article/KK5ISJRA05F5G9F{n}.html") for n, page in enumerate(wrong)
    ]
    line = replay(tmp_path, *spoilt, PLAIN)
    assert (line.counts.records, line.counts.quarantined, line.status) == (1, 3, RunStatus.OK)
    assert line.failures == {Failure.EMPTY_BODY: 1, Failure.NOT_HTML: 1, Failure.NOT_AN_ARTICLE: 1}
    for entry in read_quarantine(line.quarantine_file or ""):
        assert (entry.run, entry.site, entry.status, len(entry.sha256 or "")) == (line.run, "netease", 200, 64)


def test_a_page_too_big_is_quarantined(tmp_path: Path) -> None:
    """A 50 MB page never reaches the parser."""
    line = replay(tmp_path, badpages.fifty_megabytes())
    assert refusals(line) == [(Failure.TOO_BIG, PLAIN.url)]


def test_a_folder_of_archives_is_one_archive(tmp_path: Path) -> None:
    """Pages of all its files are found."""
    archive.write_warc(tmp_path / "in" / "1.warc.gz", [PLAIN])
    archive.write_warc(tmp_path / "in" / "deep" / "2.warc.gz", [OTHER])
    line = crawl(tmp_path / "output", archive=str(tmp_path / "in"))
    assert sorted(ids(line)) == ["netease:KK5ISJRA05F5G9FF", "netease:KT8F0LBG05J0H94A"]


def test_a_channel_is_replayed_by_its_lists(tmp_path: Path) -> None:
    """With a selection, only that: the feed's first two pages are followed, the third is a miss."""
    line = replay(tmp_path, *PAGES, channel="yaowen")
    wanted = {link for page in LISTS if page.case.startswith("cm_feed") for link in page.truth["links"]}
    assert line.counts.records == len({link.rpartition("/")[2].partition(".")[0] for link in wanted})
    assert line.counts.lists == 2
    assert line.missed == ("https://news.163.com/special/cm_yaowen20200213_03/?callback=data_callback",)


def test_the_index_holds_places_and_no_pages(tmp_path: Path) -> None:
    """Only the site's own responses, found by URL; the forms of an article stand together."""
    path = tmp_path / "pages.warc.gz"
    foreign = replace(PLAIN, url="https://news.example.org/a.html")
    unknown = replace(PLAIN, url="https://www.163.com/some/thing.html")
    mobile = replace(PLAIN, url="https://m.163.com/dy/article/KK5ISJRA05F5G9FF.html")
    archive.write_warc(path, [PLAIN, OTHER, foreign, unknown, mobile])
    index = Archive(path, load_profile(ROOT / "site_profiles" / "netease"), lambda _: None)
    assert [capture.url for capture in index.captures()] == [PLAIN.url, mobile.url, OTHER.url]
    assert index.find(foreign.url) is None
    found = index.find(unknown.url)
    assert found is not None
    assert found.kind is None
    index.close()


def test_the_corpus_is_crawled_whole(corpus: Path, tmp_path: Path) -> None:
    """Each recorded article of the site, none of another site, no record of the front page.

    An article whose layout is not known yet is in quarantine; how many records there must be, and how much of their
    text may be unknown, is the floor's.
    """
    line = crawl(tmp_path, archive=str(corpus / "corpus.warc.gz"))
    kinds = Counter(page["kind"] for page in corpus_index(corpus, "netease"))
    assert (line.counts.records + line.counts.quarantined, line.counts.damaged) == (kinds["article"], 0)
    assert {*line.failures} <= {Failure.UNKNOWN_LAYOUT}
    assert line.counts.lists == kinds["other"]
    coverage = line.coverage
    assert coverage.total == coverage.article + coverage.chrome + coverage.hidden + coverage.unknown > 0
