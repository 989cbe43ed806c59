"""A run as an HTML file: what came by layout and hour, unclaimed text over time, failures with examples."""

from __future__ import annotations

from pathlib import Path

import msgspec

from ... import terminal
from ...errors import Failure
from ...records.quarantine import QuarantineEntry
from ...records.runs import RunStatus
from ..figures import Figures, LayoutFigures, explanation
from ..look.charts import COLOURS, Series, lines, stacked
from ..look.document import CHARTS, REPORT, Html, page
from ..run import CrawlLine
from ..signals import PastRun, grouped, past_runs, run_charts
from ..table import table_rows

_STYLE = Path(__file__).resolve().parent / "crawled.css"
SLICES = 48
"""Maximum number of points in time in a chart."""
_LENGTHS = (16, 15, 13, 10, 7)
"""Characters of a time up to its minute, ten minutes, hour, day, month: the finest that gives few enough points."""


class Example(msgspec.Struct, frozen=True):
    """A page that the report mentions: its URL, what it is, and the file that explains it, if any."""

    url: str
    says: str
    explained: str | None
    layout: str | None = None


def render(line: CrawlLine, figures: Figures, folder: Path, output: Path) -> str:
    """Return the report on a run; explanations of its pages are in `folder`, earlier runs in the log in `output`."""
    before = [run for run in past_runs(output, line.site) if run.run != line.run]
    return page(
        "crawled/crawled.html",
        title=f"{line.site}: run {line.run}",
        styles=[REPORT, CHARTS, _STYLE],
        class_="report",
        heading=f"{line.site}: run {line.run}",
        line=line,
        program=terminal.program,
        times=span(line.started, line.finished),
        key_figures=_key_figures(line),
        layouts=figures.by_layout,
        hours=figures.hours,
        charts=time_charts(figures),
        failures={
            failure: [_refused(entry, folder) for entry in figures.examples[failure]]
            for failure, _ in figures.failures.most_common()
        },
        counts=figures.failures,
        actions={failure: failure.action for failure in Failure},
        unclaimed=[
            Example(one.url, f"{100 * one.share:.1f} %", _link(folder, one.url), one.layout)
            for one in sorted(figures.unclaimed, reverse=True)
        ],
        past=run_charts([*before, _as_past(line)]) if before else [],
        summary=table_rows(line),
        bad=line.status is not RunStatus.OK,
    )


def _key_figures(line: CrawlLine) -> list[tuple[str, str, str]]:
    counts, coverage = line.counts, line.coverage
    unknown = f"{100 * coverage.unknown / coverage.total:.2f} %" if coverage.total else "–"
    return [
        (f"{counts.records:,}", "records", "good" if counts.records else ""),
        (f"{counts.pages:,}", "pages", ""),
        (f"{counts.quarantined:,}", "pages quarantined", "bad" if counts.quarantined else "good"),
        (f"{counts.failed:,}", "requests without a response", "bad" if counts.failed else ""),
        (unknown, "of the text unclaimed", ""),
        (f"{counts.waiting:,}", "pages waiting", ""),
    ]


def time_charts(figures: Figures) -> list[Html]:
    """Return charts of what came over time: records and unclaimed text by layout."""
    if not figures.minutes:
        return []
    length = next((one for one in _LENGTHS if len(figures.by(one)) <= SLICES), _LENGTHS[-1])
    slices = figures.by(length)
    labels = [_label(time) for time in slices]
    of = [*slices.values()]
    names = [*figures.by_layout][:COLOURS]
    shares = [
        Series(name, tuple(_share(one.get(name)) for one in of))
        for name in names
        if any(_share(one.get(name)) is not None for one in of)
    ]
    records = grouped([{name: one.records for name, one in layouts.items()} for layouts in of])
    return [
        stacked(f"Records by layout, per {_NAMES[length]}", labels, records),
        lines(f"Share of unclaimed text by layout, per {_NAMES[length]}", labels, shares),
    ]


def span(begun: str, ended: str) -> str:
    """Return two times in UTC for people: the day once if it is the same, to the second."""
    (day, begin), (until, end) = ((one[:10], one[11:19]) for one in (begun, ended))
    return f"{day} {begin} – {end} UTC" if day == until else f"{day} {begin} – {until} {end} UTC"


_NAMES = {16: "minute", 15: "ten minutes", 13: "hour", 10: "day", 7: "month"}


def _label(time: str) -> str:
    if len(time) > 13:
        return f"{time[11:]}0" if len(time) == 15 else time[11:]
    return f"{time[5:10]} {time[11:]}h" if len(time) == 13 else time


def _share(one: LayoutFigures | None) -> float | None:
    return one.unknown / one.characters if one is not None and one.characters else None


def _refused(entry: QuarantineEntry, folder: Path) -> Example:
    url = entry.url or ""
    says = entry.message.removeprefix(f"{url}: ") if url else entry.message
    return Example(url, says, _link(folder, url), entry.layout)


def _link(folder: Path, url: str) -> str | None:
    """Return the link from the report to a page's explanation; None if there is none."""
    path = explanation(folder, url)
    return f"{folder.name}/{path.name}" if url and path.exists() else None


def _as_past(line: CrawlLine) -> PastRun:
    return PastRun(
        run=line.run,
        site=line.site,
        finished=line.finished,
        counts={"pages": line.counts.pages, "quarantined": line.counts.quarantined},
        layouts=line.layouts,
        coverage=line.coverage,
        failures={str(failure): count for failure, count in line.failures.items()},
    )
