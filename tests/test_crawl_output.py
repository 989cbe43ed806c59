"""What a run leaves: whole files, one line in runs.jsonl, a table; and that a run that broke says so."""

from __future__ import annotations

import errno
import io
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from crawler import read_records
from crawler.errors import Failure
from crawler.extract import extract, extract_parted
from crawler.profiles.load import load_profile
from crawler.records.model import Coverage
from crawler.records.runs import RunStatus, Versions, read_runs
from crawler.records.validate import validate
from crawler.records.write import ChromeLevel, JsonlWriter
from crawler.report.run import FINISHED, CrawlCounts, CrawlLine, Run
from crawler.report.table import print_table, table_rows
from crawler.spiders.portal import PortalSpider
from crawler.spiders.selection import BadArgument
from tests.chaos.site import ROOT as HARBOUR
from tests.chaos.site import SITE, Shape, article_page, article_url, list_page, write_profile
from tests.crawling import ROOT, crawl, crawl_portal, run
from tests.portal import archive, write
from tests.portal.page import FixturePage
from tests.portal.server import Answer, Portal

ARTICLES = [page for page in write.read_pages("netease") if page.layout in {"2019_mobile", "2020_video"}]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return an archive of a few articles and videos."""
    path = tmp_path_factory.mktemp("archive") / "pages.warc.gz"
    archive.write_warc(path, ARTICLES)
    return str(path)


class Peek:
    """A pipeline after the output that notes which files are visible during the crawl."""

    seen: ClassVar[list[list[str]]] = []
    folder: ClassVar[Path]

    def process_item(self, item: Any) -> Any:
        """Look, and hand the item on."""
        type(self).seen.append([path.name for path in self.folder.rglob("[!.]*.jsonl")])
        return item


def test_records_appear_when_the_run_is_over(tmp_path: Path, pages: str) -> None:
    """Nothing is visible during the crawl; then there is one file of valid records, and nothing else."""
    Peek.seen, Peek.folder = [], tmp_path
    settings = {"ITEM_PIPELINES": {"tests.test_crawl_output.Peek": 950}}
    line = crawl(tmp_path, settings, archive=pages)
    assert Peek.seen == [[]] * len(ARTICLES)
    files = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert files == [f"records/netease/{line.run}.jsonl", f"reports/netease/{line.run}.html", "runs.jsonl"]
    records = list(read_records(tmp_path / "records"))
    assert len(records) == line.counts.records == len(ARTICLES)
    for record in records:
        validate(record)


def test_records_are_what_the_library_gives(tmp_path: Path, pages: str) -> None:
    """Byte for byte: the crawl adds nothing to `crawler.extract` but the time of fetching."""
    line = crawl(tmp_path, archive=pages)
    written = {json.loads(row)["url"]: row for row in Path(line.records_file or "").read_text("utf-8").splitlines()}
    for page in ARTICLES:
        when = datetime.fromisoformat(page.fetched_at)
        url = page.url.partition("#")[0]
        assert extract(page.body, url, headers=page.headers, fetched_at=when).to_json() == written[url]


def test_each_run_adds_its_line(tmp_path: Path, pages: str) -> None:
    """With sums over its records and the versions that made them; runs do not disturb each other's files."""
    first, second = crawl(tmp_path, archive=pages), crawl(tmp_path, archive=pages)
    lines = list(read_runs(tmp_path / "runs.jsonl"))
    assert [line.run for line in lines] == [first.run, second.run]
    records = list(read_records(first.records_file or ""))
    assert first.coverage == sum((record.coverage for record in records), Coverage())
    layouts = [record.layout.id for record in records]
    assert first.layouts == {name: layouts.count(name) for name in layouts}
    profile = load_profile(ROOT / "site_profiles" / "netease")
    assert first.versions == Versions.current(portalsieve="0.1.0", profile=profile.version)
    assert len(list(read_records(tmp_path / "records"))) == 2 * len(ARTICLES)


@pytest.mark.parametrize("level", ["full", "items", "none"])
def test_chrome_goes_out_as_the_setting_says(tmp_path: Path, pages: str, level: str) -> None:
    """In the project's files as in Scrapy's feed exports; coverage is complete in each."""
    export = tmp_path / "feed.jsonl"
    settings = {"PORTALSIEVE_CHROME": level, "FEEDS": {str(export): {"format": "jsonlines"}}}
    line = crawl(tmp_path / "output", settings, archive=pages)
    written = [json.loads(row) for row in Path(line.records_file or "").read_text("utf-8").splitlines()]
    assert [json.loads(row) for row in export.read_text("utf-8").splitlines()] == written
    texts = {level: [entry["text"] for record in written for entry in record["chrome"]] for level in [level]}[level]
    assert (bool(texts), any(texts)) == {"full": (True, True), "items": (True, False), "none": (False, False)}[level]
    assert all(record["coverage"]["chrome"] > 0 for record in written)


def test_feed_exports_keep_chinese_text(tmp_path: Path, pages: str) -> None:
    """As UTF-8, not as escapes."""
    export = tmp_path / "feed.json"
    crawl(tmp_path / "output", {"FEEDS": {str(export): {"format": "json"}}}, archive=pages)
    assert ARTICLES[0].truth["headline"] in export.read_text("utf-8")


def test_a_full_disk_ends_the_run(tmp_path: Path, pages: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails with the system's reason, and no half file is left."""
    write_line = JsonlWriter.write

    def full(self: JsonlWriter, value: Any) -> None:
        if self.count == 2:
            self.abort()
            raise OSError(errno.ENOSPC, "cannot write (No space left on device)", str(self.path))
        write_line(self, value)

    monkeypatch.setattr(JsonlWriter, "write", full)
    line = crawl(tmp_path, archive=pages)
    assert (line.status, line.records_file) == (RunStatus.FAILED, None)
    assert "No space left on device" in line.reason
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["runs.jsonl"]


def test_an_error_of_ours_fails_the_run_and_costs_one_page(
    tmp_path: Path, pages: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault in a callback: the other pages are written, and the exit says that something broke."""

    def faulty(body: bytes, url: str, *args: Any, **kwargs: Any) -> Any:
        if url == ARTICLES[0].url:
            raise ZeroDivisionError("a fault of ours")
        return extract_parted(body, url, *args, **kwargs)

    monkeypatch.setattr("crawler.spiders.portal.extract_parted", faulty)
    line = crawl(tmp_path, archive=pages, limit=str(len(ARTICLES)))
    assert (line.status, line.reason) == (RunStatus.FAILED, "ZeroDivisionError: a fault of ours")
    assert line.counts.records == len(ARTICLES) - 1


def test_no_page_is_partitioned_again_for_the_watch(
    tmp_path: Path, pages: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The watch gets the partition of the page's record."""

    def again(*_: Any) -> Any:
        raise AssertionError("partitioned again")

    monkeypatch.setattr("crawler.drift.traces.partition_page", again)
    line = crawl(tmp_path, archive=pages, limit="1")
    assert (line.status, line.counts.records) == (RunStatus.OK, 1)


def test_an_error_before_the_first_page_fails_the_run(
    tmp_path: Path, pages: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scrapy itself would end with status 0."""

    def faulty(*_: Any) -> Iterator[Any]:
        raise PermissionError(13, "Permission denied", "pages.warc.gz")

    monkeypatch.setattr("crawler.fetch.archive.read_archive", faulty)
    line = crawl(tmp_path, archive=pages)
    assert line.status is RunStatus.FAILED
    assert "Permission denied: 'pages.warc.gz'" in line.reason


def test_a_run_ended_early_has_failed(tmp_path: Path, pages: str) -> None:
    """What was written by then is there."""
    line = crawl(tmp_path, {"CLOSESPIDER_ITEMCOUNT": 1}, archive=pages)
    assert (line.status, line.reason) == (RunStatus.FAILED, "stopped early (closespider_itemcount)")
    assert line.counts.records == len(list(read_records(line.records_file or ""))) >= 1


def test_what_broke_before_a_stop_is_a_failure(tmp_path: Path) -> None:
    """A person who stops a crawl that is broken hears why it is; one that was only stopped has not failed."""
    for fault, expected in ((None, (RunStatus.STOPPED, "stopped")), ("no room", (RunStatus.FAILED, "no room"))):
        run = Run("sample", "00", "0.1.0", tmp_path, ChromeLevel.FULL)
        if fault is not None:
            run.fault(fault)
        line = run.close(None, "shutdown", complete=False)
        assert (line.status, line.reason) == expected


def flood(portal: Portal, folder: Path, articles: int, bad: int, **more: Any) -> CrawlLine:
    """Crawl a list of articles of which some are of no known layout, a few of the last gone, and one is forbidden."""
    urls = [article_url(number) for number in range(articles)]
    for number, url in enumerate(urls):
        stranger, gone = number < bad // 2, bad // 2 <= number < bad
        body = article_page(number, name="quay" if stranger else "berth")
        portal.answer(url, Answer(b"gone", status=404) if gone else Answer(body))
    portal.answer(f"{HARBOUR}/list/all.html", Answer(list_page(urls)))
    profiles = write_profile(folder / "profiles", Shape.FLAT)
    settings = {"PORTALSIEVE_PROFILES": str(profiles), "PORTALSIEVE_MIN_FREE": 0, **more}
    return crawl_portal(folder / "output", portal, settings, site=SITE)


@pytest.mark.parametrize(
    ("articles", "bad", "percent", "expected"),
    [
        (39, 2, 5, RunStatus.OK),  # of 40 pages, the list among them: 5 % and no more
        (39, 3, 5, RunStatus.FAILED),
        (39, 3, 8, RunStatus.OK),
        (39, 20, 100, RunStatus.OK),
        (39, 1, 0, RunStatus.FAILED),
        (18, 9, 5, RunStatus.OK),  # 19 pages are too few to judge
        (19, 2, 5, RunStatus.FAILED),
    ],
)
def test_a_run_in_which_too_many_pages_failed_is_not_ok(
    tmp_path: Path, articles: int, bad: int, percent: float, expected: RunStatus
) -> None:
    """More than 5 % of at least 20 pages, unless the setting says otherwise; what was read is published all the same."""
    with Portal() as portal:
        line = flood(portal, tmp_path, articles, bad, PORTALSIEVE_MAX_FAILED=percent)
    assert (line.status, line.counts.records) == (expected, articles - bad)
    assert len(list(read_records(line.records_file or ""))) == articles - bad


def test_a_run_says_how_many_pages_failed_and_why(tmp_path: Path) -> None:
    """With the share, the limit, the setting that moves it, and the failures."""
    with Portal() as portal:
        line = flood(portal, tmp_path, 39, 5)
    assert line.reason == (
        "5 of 40 pages failed or were quarantined (12.5 %, more than the 5 % that PORTALSIEVE_MAX_FAILED allows):"
        " http_status 3, unknown_layout 2"
    )


def test_a_page_that_failed_by_one_url_only_did_not_fail(tmp_path: Path) -> None:
    """Of 22 articles each was had by its mobile form: none counts as failed, though 22 requests did."""
    with Portal() as portal:
        urls = [article_url(number) for number in range(22)]
        for number, url in enumerate(urls):
            portal.answer(url.replace("news.", "m."), Answer(article_page(number)))
        listed = tmp_path / "urls.txt"
        listed.write_text("\n".join([*urls, *(url.replace("news.", "m.") for url in urls)]), "utf-8")
        settings = {"PORTALSIEVE_PROFILES": str(write_profile(tmp_path / "profiles", Shape.FLAT))}
        line = crawl_portal(tmp_path / "output", portal, settings, site=SITE, urls_file=str(listed))
    assert (line.status, line.counts.records, line.counts.quarantined) == (RunStatus.OK, 22, 22)


def test_what_was_rightly_not_fetched_did_not_fail(tmp_path: Path) -> None:
    """Pages that robots.txt forbids, or that an archive does not hold, are neither failed nor fetched."""
    links = [article_url(number) for number in range(60)]
    with Portal(robots="User-agent: *\nDisallow: /a/5\n") as portal:
        line = flood(portal, tmp_path / "live", 39, 0)
        assert (line.status, line.counts.disallowed) == (RunStatus.OK, 1)
    path = tmp_path / "pages.warc.gz"
    archive.write_warc(
        path, [FixturePage(SITE, "2026_berth", "", url, article_page(n), {}) for n, url in enumerate(links[:30])]
    )
    profiles = str(tmp_path / "live" / "profiles")
    listed = tmp_path / "urls.txt"
    listed.write_text("\n".join(links), "utf-8")
    settings = {"PORTALSIEVE_PROFILES": profiles}
    line = crawl(tmp_path / "replayed", settings, site=SITE, archive=str(path), urls_file=str(listed))
    assert (line.status, line.counts.records, line.counts.misses) == (RunStatus.OK, 30, 30)


def test_a_run_needs_a_crawl(tmp_path: Path, pages: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`scrapy fetch` and `scrapy shell` put their own start in the spider's place; they leave nothing behind."""

    async def start(self: PortalSpider) -> Any:
        return
        yield

    monkeypatch.setattr(PortalSpider, "start", start)
    spider = run(tmp_path, archive=pages)
    assert (spider.run.line, list(tmp_path.iterdir())) == (None, [])


def test_a_spider_made_by_hand_checks_its_arguments() -> None:
    """The library's users get the same answer as those of the command."""
    spider_class = PortalSpider.of(load_profile(ROOT / "site_profiles" / "netease"))
    assert spider_class.name == "netease"
    with pytest.raises(BadArgument, match="unknown spider argument -a foo"):
        spider_class(foo="1")
    with pytest.raises(BadArgument, match="no profile"):
        PortalSpider("x")


LINE = CrawlLine(
    run="20260221T080509Z-abc123",
    site="netease",
    started="2026-02-21T08:05:09.000Z",
    finished="2026-02-21T08:05:10.500Z",
    status=RunStatus.FAILED,
    reason="no space\nleft",
    counts=CrawlCounts(
        pages=9, records=5, quarantined=2, links=30, misses=12, damaged=1, lists=1, duplicates=4, older=3
    ),
    layouts={"2020_post_main": 4, "2016_end_text": 1},
    coverage=Coverage(total=1000, article=210, chrome=780, hidden=9, unknown=1),
    flags={},
    failures={Failure.UNKNOWN_LAYOUT: 2, Failure.ARCHIVE_DAMAGED: 1},
    versions=Versions.current(portalsieve="0.1.0", profile="00"),
    missed=tuple(f"https://www.163.com/{n}" for n in range(10)),
    records_file="output/records/netease/x.jsonl",
    quarantine_file="output/quarantine/netease/x.jsonl",
)


def test_the_table_names_the_only_file() -> None:
    """A run without a record has one file, with the pages that have none."""
    rows = table_rows(msgspec.structs.replace(LINE, records_file=None))
    assert ("written to", "output/quarantine/netease/x.jsonl") in rows


def test_the_table_shows_what_a_person_wants_to_know() -> None:
    """Every count that is not zero, the shares of the text, where it went and why it failed; one line each."""
    assert table_rows(LINE) == [
        ("run", "netease 20260221T080509Z-abc123: failed"),
        ("pages", "9, 1 of them lists with 30 links"),
        ("records", "5"),
        ("quarantined", "2"),
        ("failures", "unknown_layout 2, archive_damaged 1"),
        ("not archived", "12: https://www.163.com/0, https://www.163.com/1, https://www.163.com/2 and 9 more"),
        ("damaged", "1 records of the archive"),
        ("duplicates", "4 links to articles already found"),
        ("too old", "3"),
        ("layouts", "2020_post_main 4, 2016_end_text 1"),
        ("coverage", "article 21.0 %, chrome 78.0 %, hidden 0.9 %, unknown 0.1 % of 1000 characters"),
        ("written to", "output/records/netease/x.jsonl"),
        ("", "output/quarantine/netease/x.jsonl"),
        ("took", "1.5 s"),
        ("failed", "no space\\nleft"),
    ]


def test_zero_counts_are_not_in_the_table() -> None:
    """A run without misses, damage and failures has a short table."""
    counts = CrawlCounts(pages=1, records=1)
    line = msgspec.structs.replace(LINE, counts=counts, failures={}, missed=(), quarantine_file=None)
    line = msgspec.structs.replace(line, status=RunStatus.OK, reason=FINISHED, flags={})
    labels = [label for label, _ in table_rows(line)]
    assert labels == ["run", "pages", "records", "quarantined", "layouts", "coverage", "written to", "took"]


def test_the_table_says_that_other_processes_publish_the_run() -> None:
    """Without it, the ok and the absent files of a process that ends before the others would puzzle."""
    others = "1 other process continues this run, and the last one publishes it"
    line = msgspec.structs.replace(LINE, status=RunStatus.OK, reason=others)
    assert ("shared", others) == table_rows(line)[-1]


def test_the_table_is_plain_outside_a_terminal() -> None:
    """Lines without colour or frame when standard error is not a terminal."""
    stream = io.StringIO()
    print_table(LINE, stream)
    assert [line.split(maxsplit=1) for line in stream.getvalue().splitlines()[:2]] == [
        ["run", "netease 20260221T080509Z-abc123: failed"],
        ["pages", "9, 1 of them lists with 30 links"],
    ]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


def test_the_table_on_a_terminal_holds_the_same() -> None:
    """In columns, and in full."""
    stream = Terminal()
    print_table(LINE, stream)
    shown = "".join(stream.getvalue().split())
    assert [text for _, text in table_rows(LINE) if "".join(text.split()) not in shown and len(text) < 60] == []
