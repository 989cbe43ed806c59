"""A run's report: what came by layout and hour, failures with examples; the run's line and Scrapy's stats agree."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from crawler.errors import Failure
from crawler.records.quarantine import QuarantineEntry
from crawler.report.crawled import render, span, time_charts
from crawler.report.figures import EXAMPLES, MOST_UNCLAIMED, Figures, LayoutFigures, explanation
from crawler.report.run import CrawlLine
from crawler.spiders.portal import PortalSpider
from tests.browser import Chromium, chromium
from tests.cases import shipped
from tests.crawling import run
from tests.hostile import CANARY_HOST
from tests.portal.archive import write_warc
from tests.portal.write import PAGES, read_page
from tests.test_drift_check import renamed
from tests.test_explain_browser import CONTRAST
from tests.test_report_pages import EVIL, MARKS, SCHEMES

__all__ = ["chromium"]
SITE = "netease"
FINE = ("2020_post_main/hao_plain", "2020_post_main/rich_blocks", "2019_mobile/hao_3g_host")
ODD = ("2020_post_main/ip_location", "2020_post_main/channel_editor_line", "2020_post_main/quotes_in_title")


def crawled(folder: Path, **settings: object) -> PortalSpider:
    """Crawl an archive of pages, some of a new template and one with unclaimed text."""
    new = renamed("post_main", "post_title", "post_body", "post_info")
    pages = [read_page(PAGES / f"{SITE}/{name}.html") for name in FINE]
    pages[0] = replace(
        pages[0], body=pages[0].body.replace(b"</body>", f"<div>{'无人认领的文字。' * 400}</div></body>".encode())
    )
    odd = [read_page(PAGES / f"{SITE}/{name}.html") for name in ODD]
    pages += [replace(page, body=new(page.body.decode()).encode()) for page in odd]
    write_warc(folder / "pages.warc.gz", pages)
    return run(folder / "out", settings, archive=str(folder / "pages.warc.gz"))


@pytest.fixture(scope="module")
def spider(tmp_path_factory: pytest.TempPathFactory) -> PortalSpider:
    """Return the spider of such a crawl."""
    return crawled(tmp_path_factory.mktemp("crawled"))


def line_of(spider: PortalSpider) -> CrawlLine:
    """Return the run's line."""
    assert spider.run.line is not None
    return spider.run.line


def test_line_stats_and_report_have_the_same_figures(spider: PortalSpider) -> None:
    """By layout and hour; sums over hours, the line's counts, the stats and the report agree."""
    line, stats = line_of(spider), spider.crawler.stats.get_stats()
    hours = Counter(dict.fromkeys(line.layouts, 0))
    for layouts in line.hours.values():
        hours.update({layout: one.records for layout, one in layouts.items()})
    assert line.layouts == dict(hours) == {"2020_post_main": 2, "2019_mobile": 1}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\dZ", hour) for hour in line.hours)
    unknown = sum(one.unknown for layouts in line.hours.values() for one in layouts.values())
    assert (line.coverage.unknown, line.coverage.unknown) == (unknown, stats["portalsieve/characters/unknown"])
    assert {"2020_post_main": 2, "2019_mobile": 1} == {
        name.rpartition("/")[2]: count
        for name, count in stats.items()
        if name.startswith("portalsieve/records_by_layout/")
    }
    assert (3, 3) == (stats["portalsieve/pages_by_failure/unknown_layout"], line.failures[Failure.UNKNOWN_LAYOUT])
    written = json.loads((spider.options.output / "runs.jsonl").read_text(encoding="utf-8"))
    assert written["hours"] == msgspec.to_builtins(line.hours)
    assert (line.report_file, str(spider.run.reports / f"{line.run}.html")) == (written["reportFile"], line.report_file)


def test_stats_have_names_that_exporters_take(spider: PortalSpider) -> None:
    """Exporters replace `/` and lower the case: the names stay apart, are valid in Prometheus, and are numbers."""
    stats = {name: value for name, value in spider.crawler.stats.get_stats().items() if name.startswith("portalsieve/")}
    exported = {name.replace("/", "_").lower() for name in stats}
    assert len(stats) == len(exported) > 30
    assert [] == [name for name in exported if not re.fullmatch(r"[a-z_:][a-z0-9_:]*", name)]
    assert {int} == {type(value) for value in stats.values()}


def test_failures_and_unclaimed_text_have_explanations(spider: PortalSpider) -> None:
    """Two pages of a failure are explained, and the page with much unclaimed text; the report links to the files."""
    line = line_of(spider)
    page = Path(str(line.report_file)).read_text(encoding="utf-8")
    links = re.findall(r'<a href="([^"#]+)">explained</a>', page)
    files = sorted(f"{line.run}/{path.name}" for path in (spider.run.reports / line.run).iterdir())
    assert (3, sorted(links)) == (len(links), files)
    explained = (spider.run.reports / links[0]).read_text(encoding="utf-8")
    assert "unknown_layout" in explained
    assert (1, 4) == (
        page.count("<code>scrapy explain URL</code>"),
        page.count('<td class="url">'),
    )  # one is unexplained
    rows = re.findall(r'<table class="([^"]+)">(?:(?!</table>).)*?<td class="url">', page, re.DOTALL)
    assert {"facts stack"} == set(rows)  # on a phone, URLs and reasons have the full width


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        ("2026-02-20T10:59:01.2Z", "2026-02-20 10:12:47 – 10:59:01 UTC"),
        ("2026-02-21T00:00:00.000Z", "2026-02-20 10:12:47 – 2026-02-21 00:00:00 UTC"),
    ],
)
def test_times_are_for_people(ended: str, expected: str) -> None:
    """The day once if it is the same, no fractions of a second."""
    assert expected == span("2026-02-20T10:12:47.123Z", ended)


def test_explanations_can_be_turned_off(tmp_path: Path) -> None:
    """With 0 nothing is written but the report."""
    spider = crawled(tmp_path, PORTALSIEVE_EXPLAINED=0)
    line = line_of(spider)
    assert [f"{line.run}.html"] == [path.name for path in spider.run.reports.iterdir()]
    assert "unknown_layout" in Path(str(line.report_file)).read_text(encoding="utf-8")


def test_later_runs_are_shown_among_the_earlier_ones(tmp_path: Path) -> None:
    """The second report has charts of both runs."""
    first, second = (line_of(crawled(tmp_path, PORTALSIEVE_EXPLAINED=0)) for _ in range(2))
    pages = [Path(str(line.report_file)).read_text(encoding="utf-8") for line in (first, second)]
    assert [0, 1] == [page.count('id="past"') for page in pages]


def test_a_long_run_has_few_points_and_little_memory() -> None:
    """Minutes become hours, days or months, so that a chart has few points; examples are bounded."""
    figures = Figures()
    line = shipped("netease/2020_post_main/hao_plain").extract().to_json().encode()
    strange = line.replace(b'"unknown":0', b'"unknown":5000')
    for day in range(1, 29):
        for hour in range(0, 24, 3):
            figures.record(strange, f"2026-02-{day:02d}T{hour:02d}:30:00Z")
            figures.refused(QuarantineEntry(url=None, site=SITE, failure=Failure.RULE_MISSED, message="no headline"))
    assert 28 * 8 == len(figures.hours)
    assert {"2020_post_main": 28 * 8} == {layout: one.records for layout, one in figures.by_layout.items()}
    records, _ = time_charts(figures)
    assert (True, 28) == ("per day" in records, len(re.findall("<rect class=.c1", records)) - 0)
    assert (EXAMPLES, MOST_UNCLAIMED) == (len(figures.examples[Failure.RULE_MISSED]), len(figures.unclaimed))
    assert [] == time_charts(Figures())


def hostile(spider: PortalSpider, folder: Path) -> str:
    """Return a report in which every text would run if it were not escaped."""
    line = line_of(spider)
    figures = Figures()
    figures.minutes = {
        f"2026-02-20T1{hour}:0{minute}": {EVIL: LayoutFigures(3, 1000, 50), "2020_post_main": LayoutFigures(7, 9000, 5)}
        for hour in range(3)
        for minute in range(6)
    }
    url = f"https://{CANARY_HOST}/{EVIL}"
    figures.refused(QuarantineEntry(url=url, site=SITE, failure=Failure.RULE_MISSED, message=EVIL, layout=EVIL))
    path = explanation(folder, url)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    evil = msgspec.structs.replace(line, reason=EVIL, site=EVIL, missed=(EVIL,))
    return render(evil, figures, folder, folder)


def test_the_report_in_a_browser(spider: PortalSpider, chromium: Chromium, tmp_path: Path) -> None:
    """Legible in both themes, on a telephone too; no complaint, no request, nothing in it runs."""
    for html in (Path(str(line_of(spider).report_file)).read_text(encoding="utf-8"), hostile(spider, tmp_path / "run")):
        for scheme in SCHEMES:
            with chromium.show(html, scheme=scheme, width=390) as shown:
                for details in shown.page.locator("details").all():
                    details.evaluate("one => { one.open = true; }")
                contrast, marks = shown.page.evaluate(CONTRAST), shown.page.evaluate(MARKS)
                assert (scheme, [], [], []) == (scheme, contrast["faint"], shown.complaints, shown.requests)
                assert [] == [one for one in marks if one["ratio"] < (4.5 if one["text"] else 3)]
                assert shown.page.evaluate(
                    "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
                )
