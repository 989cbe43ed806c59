"""Reports in Chromium: charts, the check for drift, a run. Legible in both themes, no complaint, nothing leaves."""

from __future__ import annotations

import re
from typing import Literal

import msgspec
import pytest

from crawler.drift.check import check_site, known_page
from crawler.drift.verdict import SiteCheck
from crawler.records.model import Coverage
from crawler.report.drift import render
from crawler.report.look.charts import Series, lines, stacked
from crawler.report.look.document import CHARTS, REPORT, page
from crawler.report.signals import PastRun, past_checks, rule_charts
from crawler.store.interface import Signal, SiteCheckRow
from tests.browser import Chromium, chromium
from tests.hostile import CANARY_HOST
from tests.test_drift_check import PLAIN, PROFILE, RICH, answer_of, info_hidden
from tests.test_explain_browser import CONTRAST, RATIO

__all__ = ["chromium"]
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
EVIL = f'<img src=x onerror=alert(1)>"><script>alert(2)</script><a href="https://{CANARY_HOST}/">'

# The contrast of each mark to what is behind it; lines and bars need 3 (WCAG 1.4.11).
MARKS = (
    """() => {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (color) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
"""
    + RATIO
    + """  const found = [];
  for (const mark of document.querySelectorAll('.plot rect, .plot circle, .plot path:not(.rule), .plot text')) {
    const style = getComputedStyle(mark);
    const ground = getComputedStyle(mark.closest('.chart')).backgroundColor;
    const color = mark.tagName === 'path' ? style.stroke : style.fill;
    const box = mark.getBoundingClientRect();
    found.push({
      name: mark.tagName + '.' + mark.getAttribute('class'), ratio: ratio(rgb(color), rgb(ground)), text: mark.tagName === 'text',
      shown: box.width > 0 && box.height >= 0,
    });
  }
  return found;
}"""
)


def charts() -> str:
    """Return a page with a chart of each kind, and every tone."""
    labels = [f"2026-11-{day:02d}" for day in range(1, 13)]
    names = [f"layout_{number}" for number in range(8)]
    bars = [Series(name, tuple(float((at + number) % 5) for at in range(12))) for number, name in enumerate(names)]
    shares = [
        Series(name, tuple(None if (at + number) % 7 == 0 else 0.01 * at * (number + 1) for at in range(12)))
        for number, name in enumerate([*names[:7], EVIL])
    ]
    drawn = [stacked("Records", labels, bars), lines("Unknown", labels, shares), stacked("Nothing", [], [])]

    bare = page("look/base.html", title="Charts", styles=[REPORT, CHARTS], class_="report")
    return bare.replace("<script>", "".join(["<button id=theme>theme</button>", *drawn, "<script>"]), 1)


def checked() -> SiteCheck:
    """Return a check with a moved page, whose texts would run if they were not escaped."""
    pages = [
        (known_page(PLAIN.fixture, PROFILE), answer_of(PLAIN, info_hidden)),
        (known_page(RICH.fixture, PROFILE), answer_of(RICH)),
    ]
    site = check_site(PROFILE, pages)
    evil = [msgspec.structs.replace(one, reason=EVIL, name=EVIL) for one in site.pages]
    return msgspec.structs.replace(site, pages=tuple(evil), reason=EVIL, failing={EVIL: EVIL})


def drift_report() -> str:
    """Return the report of a check, with the checks and runs before it."""
    site = checked()
    rows = [
        SiteCheckRow(site=site.site, checked_at=f"2026-11-{day}T08:00:00Z", line=msgspec.json.encode(site))
        for day in range(10, 20)
    ]
    runs = [
        PastRun(
            run=f"{day}",
            site=site.site,
            finished=f"2026-11-{day}T08:00:00Z",
            counts={"pages": 100, "quarantined": day},
            layouts={"2020_post_main": 90 - day, EVIL: day},
            coverage=Coverage(total=1000, article=500, chrome=500 - day, unknown=day),
            failures={"rule_missed": day},
        )
        for day in range(10, 20)
    ]
    return render(site, EVIL, checks=past_checks(rows), runs=runs, signals=signals())


def signals() -> list[Signal]:
    """Return what two runs show of a rule that breaks, one that holds, and one whose name would run."""
    rates = {"article.headline.css[0]": (25, 24, 12, 0), "fields.source[0]": (25,) * 4, EVIL: (20, 5, 20, 5)}
    return [
        Signal(
            run=f"2026112{3 + at // 2}T080000Z-abcdef", site="netease", layout="2020_post_main", rule=rule,
            block=at % 2, pages=25, hits=hits,
        )
        for rule, counts in rates.items()
        for at, hits in enumerate(counts)
    ]  # fmt: skip


def test_the_rules_that_changed_most_are_charted() -> None:
    """By 25 pages of each run; a rule that hits as ever is left out, and so is the chart without any other."""
    [chart] = rule_charts(signals())
    titles = [title for title in re.findall("<title>(.*?)</title>", chart) if "headline" in title]
    assert [
        f"11-2{3 + at // 2} 08:00 #{at % 2 + 1}: article.headline.css[0] (2020_post_main) {share}"
        for at, share in enumerate(("100.0 %", "96.0 %", "48.0 %", "0.0 %"))
    ] == titles
    assert "fields.source" not in chart
    assert [] == rule_charts([one for one in signals() if one.rule == "fields.source[0]"])


def test_what_is_only_measured_has_no_share_to_chart() -> None:
    """Every crawl stores lengths and counts (`unknown`), which no page hits: they leave the chart of the rules alone."""
    measured = [
        msgspec.structs.replace(one, rule="unknown", pages=0, hits=0, figures=(3,) * one.pages)
        for one in signals()
        if one.rule == "fields.source[0]"
    ]
    assert [] == rule_charts(measured)
    assert rule_charts(signals()) == rule_charts([*signals(), *measured])


PAGES = {"charts": charts, "drift": drift_report}


@pytest.mark.parametrize("name", PAGES)
def test_reports_are_legible_and_silent(chromium: Chromium, name: str) -> None:
    """In both themes: text has a contrast of 4.5, marks of 3; no console message, no request, nothing in them runs."""
    html = PAGES[name]()
    for scheme in SCHEMES:
        with chromium.show(html, scheme=scheme, width=1200) as shown:
            for details in shown.page.locator("details").all():
                details.evaluate("one => { one.open = true; }")
            contrast, marks = shown.page.evaluate(CONTRAST), shown.page.evaluate(MARKS)
            assert (scheme, [], [], []) == (scheme, contrast["faint"], shown.complaints, shown.requests)
            faint = [one for one in marks if one["ratio"] < (4.5 if one["text"] else 3)]
            assert ([], []) == (faint, [one for one in marks if not one["shown"]])
            assert len(marks) > 20
            wide = shown.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            assert not wide


def test_a_report_fits_a_telephone(chromium: Chromium) -> None:
    """Nothing is wider than the screen; tables scroll by themselves."""
    with chromium.show(drift_report(), width=390, height=800) as shown:
        assert shown.page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_chart_says_its_figures() -> None:
    """Each bar has its figure as a tooltip, the table has all of them; a missing value breaks the line."""
    bars = stacked("Records", ["a", "b"], [Series("x", (1.0, 2.0)), Series("y", (3.0, 0.0))])
    assert ["a: x 1", "a: y 3", "b: x 2"] == sorted(re.findall(r"<title>(.*?)</title>", bars))
    assert 4 == len(re.findall(r'<td class="num">\d', bars))
    drawn = lines("Share", ["a", "b", "c", "d"], [Series("x", (0.1, None, 0.3, 0.4))])
    assert [2] == [path.count("M") for path in re.findall(r' d="(M[^"]*)"/>\n<circle', drawn)]
    assert ["10.0 %", "–", "30.0 %", "40.0 %"] == re.findall(r'<td class="num">(.*?)</td>', drawn)


def test_the_highest_bar_fits() -> None:
    """A bar is never higher than its chart, and one of one page is still seen."""
    drawn = stacked("Records", ["a", "b"], [Series("x", (1.0, 9999.0)), Series("y", (0.0, 7777.0))])
    heights = [float(height) for height in re.findall(r'<rect class="c\d" .*?height="([\d.]+)"', drawn)]
    assert (1.0, True) == (min(heights), sum(sorted(heights)[1:]) <= 165)
