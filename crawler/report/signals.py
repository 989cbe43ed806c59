"""A site's earlier runs and checks as series for charts: what came, how much no rule claims, what failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from ..drift.verdict import Verdict
from ..records.model import Coverage
from ..records.read import UnreadableLine, read_lines
from ..store.interface import Signal, SiteCheckRow
from .look.charts import COLOURS, Series, lines, stacked
from .look.document import Html

RUNS = 40
"""How many of the last runs and checks are shown."""
_OTHER = "other"


class PastRun(msgspec.Struct, frozen=True, rename="camel"):
    """The part of a run's line that is charted."""

    run: str
    site: str
    finished: str
    counts: dict[str, int]
    layouts: dict[str, int]
    coverage: Coverage
    failures: dict[str, int] = {}


class _PastPage(msgspec.Struct, frozen=True):
    unknown: float | None = None


class PastCheck(msgspec.Struct, frozen=True, rename="camel"):
    """The part of a check for drift that is charted."""

    checked_at: str
    verdict: str
    counts: dict[str, int]
    reason: str
    pages: tuple[_PastPage, ...] = ()

    @property
    def unknown(self) -> float | None:
        """The mean share of unclaimed text on the pages that were read."""
        shares = [page.unknown for page in self.pages if page.unknown is not None]
        return sum(shares) / len(shares) if shares else None


def past_runs(output: Path, site: str, most: int = RUNS) -> list[PastRun]:
    """Return the last runs of a site in the log of runs, the first of them first; each once, as it ended last."""
    log = output / "runs.jsonl"
    runs: dict[str, PastRun] = {}
    try:
        for line in read_lines(log, PastRun) if log.exists() else ():
            if line.site == site:
                runs.pop(line.run, None)
                runs[line.run] = line
    except UnreadableLine:  # a report shows what there is; `scrapy status --check` reports damage
        pass
    return list(runs.values())[-most:]


def past_checks(rows: Sequence[SiteCheckRow]) -> list[PastCheck]:
    """Return stored checks; one of a version that this release does not read is left out."""
    found = []
    for row in rows:
        try:
            found.append(msgspec.json.decode(row.line, type=PastCheck))
        except msgspec.DecodeError:
            continue
    return found


def run_charts(runs: Sequence[PastRun]) -> list[Html]:
    """Return charts of a site's runs: records by layout, unclaimed text, pages without a record by failure."""
    if not runs:
        return []
    labels = _labels([run.finished for run in runs])
    unknown = tuple(run.coverage.unknown / run.coverage.total if run.coverage.total else None for run in runs)
    refused = tuple(_share(run.counts.get("quarantined", 0), run.counts.get("pages", 0)) for run in runs)
    return [
        stacked("Records by layout, per run", labels, grouped([run.layouts for run in runs])),
        lines(
            "Share of unclaimed text, and of pages without a record, per run",
            labels,
            [Series("unclaimed text", unknown), Series("quarantined pages", refused)],
        ),
        *([stacked("Failures, per run", labels, found)] if (found := grouped([run.failures for run in runs])) else []),
    ]


def check_charts(checks: Sequence[PastCheck]) -> list[Html]:
    """Return charts of a site's checks for drift: verdicts, unclaimed text."""
    if not checks:
        return []
    labels = _labels([check.checked_at for check in checks])
    verdicts = [
        Series(verdict.replace("_", " "), tuple(float(check.counts.get(verdict, 0)) for check in checks), tone)
        for verdict, tone in TONES.items()
        if any(check.counts.get(verdict) for check in checks)
    ]
    unknown = Series("unclaimed text", tuple(check.unknown for check in checks))
    return [
        stacked("Verdicts on pages, per check", labels, verdicts),
        lines("Mean share of unclaimed text on the pages read, per check", labels, [unknown]),
    ]


def rule_charts(signals: Iterable[Signal]) -> list[Html]:
    """Return a chart of the share of pages that rules hit, every 25 pages of each run; those that changed most."""
    points: dict[tuple[str, int], dict[str, tuple[int, int]]] = {}
    for one in signals:
        rules = points.setdefault((one.run, one.block), {})
        name = f"{one.rule} ({one.layout})"
        hits, pages = rules.get(name, (0, 0))
        rules[name] = hits + one.hits, pages + one.pages
    shown = [*sorted(points.items())][-RUNS:]
    shares: dict[str, list[float | None]] = {}
    for at, (_, rules) in enumerate(shown):
        for name, (hits, pages) in rules.items():
            if pages:  # no page hits what is only measured, such as the length of unclaimed text
                shares.setdefault(name, [None] * len(shown))[at] = hits / pages
    spread = {name: _spread(values) for name, values in shares.items()}
    names = [name for name in sorted(shares, key=lambda one: (-spread[one], one)) if spread[name] > 0][:COLOURS]
    if not names:
        return []
    labels = [f"{run[4:6]}-{run[6:8]} {run[9:11]}:{run[11:13]} #{block + 1}" for (run, block), _ in shown]
    series = [Series(name, tuple(shares[name])) for name in names]
    return [
        lines(
            "Share of pages that a rule hits, every 25 pages of each run; the rules that changed most", labels, series
        )
    ]


def _spread(values: Sequence[float | None]) -> float:
    there = [value for value in values if value is not None]
    return max(there) - min(there)


TONES = {
    Verdict.SAME: "c3",
    Verdict.EDITED: "c1",
    Verdict.MOVED: "c2",
    Verdict.NEW_LAYOUT: "c4",
    Verdict.GONE: "c8",
    Verdict.BLOCKED: "c6",
    Verdict.NETWORK_FAULT: "c5",
}
"""The tone of each verdict."""


def grouped(counts: Sequence[dict[str, int]]) -> list[Series]:
    """Return a series for each of the most frequent names, and one for the others."""
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    names = [name for name, _ in total.most_common()]
    shown, rest = (names, []) if len(names) <= COLOURS else (names[: COLOURS - 1], names[COLOURS - 1 :])
    series = [Series(name, tuple(float(one.get(name, 0)) for one in counts)) for name in shown]
    if rest:
        series.append(Series(_OTHER, tuple(float(sum(one.get(name, 0) for name in rest)) for one in counts)))
    return series


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _labels(times: Sequence[str]) -> list[str]:
    """Return labels for times (RFC 3339): the day, with the hour if several are of one day."""
    days = [time[:10] for time in times]
    return [f"{time[5:10]} {time[11:16]}" if days.count(time[:10]) > 1 else time[:10] for time in times]
