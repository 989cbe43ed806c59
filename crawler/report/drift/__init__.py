"""A check for layout drift as an HTML file, with the site's signals over time, and as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

from ... import terminal
from ...drift.dated import Changes
from ...drift.verdict import Origin, SiteCheck, SiteVerdict, Verdict
from ...store.interface import Signal
from ...terminal import plain
from ..look.document import CHARTS, REPORT, page
from ..signals import TONES, PastCheck, PastRun, check_charts, rule_charts, run_charts
from ..table import print_rows

_STYLE = Path(__file__).resolve().parent / "drift.css"
_ORDER = (
    Verdict.NEW_LAYOUT, Verdict.MOVED, Verdict.BLOCKED, Verdict.NETWORK_FAULT, Verdict.GONE, Verdict.EDITED,
    Verdict.SAME,
)  # fmt: skip
"""Verdicts, those that need attention first."""
_NAMED = 12
"""How many pages with a verdict are listed in a terminal."""


def render(
    check: SiteCheck,
    title: str,
    *,
    checks: Sequence[PastCheck] = (),
    runs: Sequence[PastRun] = (),
    signals: Iterable[Signal] = (),
) -> str:
    """Return the report on a check; `title` is the portal's name for people, the rest is the site's history."""
    return page(
        "drift/drift.html",
        title=f"{check.site}: layout drift",
        styles=[REPORT, CHARTS, _STYLE],
        class_="report",
        heading=f"{title}: {HEADLINES[check.verdict]}",
        check=check,
        chips=[check.site, check.source, f"{len(check.pages)} pages", check.checked_at],
        key_figures=_figures(check),
        pages=sorted(check.pages, key=lambda one: (_ORDER.index(one.verdict), one.name)),
        tones=TONES,
        charts=[*check_charts(checks), *rule_charts(signals), *run_charts(runs)],
        fixture=Origin.FIXTURE,
        program=terminal.program,
    )


HEADLINES = {
    SiteVerdict.UNCHANGED: "the layout is as before",
    SiteVerdict.CHANGED: "the layout has changed",
    SiteVerdict.UNDECIDED: "nothing can be said",
}


def _figures(check: SiteCheck) -> list[tuple[str, str, str]]:
    counts = check.counts
    hurt = counts[Verdict.MOVED] + counts[Verdict.NEW_LAYOUT]
    unread = counts[Verdict.BLOCKED] + counts[Verdict.NETWORK_FAULT]
    return [
        (str(counts[Verdict.SAME]), "pages the same", "good" if counts[Verdict.SAME] else ""),
        (str(counts[Verdict.EDITED]), "pages edited by the site", ""),
        (str(counts[Verdict.MOVED]), "pages whose content moved", "bad" if counts[Verdict.MOVED] else "good"),
        (str(counts[Verdict.NEW_LAYOUT]), "pages of no known layout", "bad" if counts[Verdict.NEW_LAYOUT] else "good"),
        (str(counts[Verdict.GONE]), "pages gone", ""),
        (str(unread), "pages blocked or out of reach", "bad" if unread and not hurt else ""),
        (str(len(check.failing)), "recorded pages not read rightly", "bad" if check.failing else "good"),
    ]


def print_check(check: SiteCheck, stream: TextIO) -> None:
    """Print a check: the pages that are not the same, one per line, then a summary."""
    shown = [one for one in check.pages if one.verdict not in {Verdict.SAME, Verdict.EDITED}]
    shown.sort(key=lambda one: _ORDER.index(one.verdict))
    for one in shown[:_NAMED]:
        stream.write(plain(f"{one.verdict.replace('_', ' ')}: {one.name}: {one.reason}") + "\n")
    if len(shown) > _NAMED:
        stream.write(f"… and {len(shown) - _NAMED} more; --json or the report lists all\n")
    for name, why in check.failing.items():
        stream.write(plain(f"recorded page fails: {name}: {why}") + "\n")
    print_rows(summary(check), stream, failed=check.exit_status != 0)


def summary(check: SiteCheck) -> list[tuple[str, str]]:
    """Return the rows of a check's summary, as (label, text)."""
    lists = [f"{one.url}: {one.reason}" for one in check.lists if one.reason]
    rows = [
        ("drift", f"{check.site}: {check.verdict}" + (f", {check.blame}" if check.blame else "")),
        ("why", check.reason),
        ("pages", ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in check.counts.items() if count)),
        *(
            ("rule" if not at else "", f"{one.rule} of {one.layout}: {one.pages} pages ({one.file or 'no file'})")
            for at, one in enumerate(check.rules[:5])
        ),
        ("lists", f"{len(check.lists) - len(lists)} of {len(check.lists)} read" if check.lists else ""),
        *(("", one) for one in lists[:3]),
        ("recorded", f"{len(check.failing)} recorded pages fail too" if check.failing else ""),
    ]
    return [(label, plain(text)) for label, text in rows if text]


def print_changes(changes: Changes, stream: TextIO) -> None:
    """Print when a site's layouts changed: each change with its shares by day, then a summary."""
    for one in changes.changes:
        stream.write(plain(f"{one.form}: changed after {one.before}, by {one.after}") + "\n")
        stream.writelines(plain(f"  {signal}") + "\n" for signal in one.signals[:_NAMED])
        seen = ", ".join(f"{share.day} {share.pages}/{share.of}" for share in one.shares)
        stream.write(plain(f"  pages with {one.signals[0].lstrip('+-')}: {seen}") + "\n")
    rows = [
        ("when", changes.lines[0] if len(changes.changes) < 2 else f"{changes.site}: {len(changes.changes)} changes"),
        ("days", f"{changes.archives}, {len(changes.read)} of them read"),
        ("skipped", f"{len(changes.empty)} without pages of the site" if changes.empty else ""),
    ]
    print_rows([(label, plain(text)) for label, text in rows if text], stream, failed=changes.exit_status != 0)
