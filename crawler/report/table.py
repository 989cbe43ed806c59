"""The summary table of a run."""

from __future__ import annotations

from datetime import datetime
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..records.model import Coverage
from ..records.runs import RunStatus
from ..terminal import plain
from .run import FINISHED, CrawlLine, RenderedLayout

RENDERED_ENOUGH = 5
"""Minimum number of rendered pages to report that rendering makes no difference."""


def table_rows(line: CrawlLine) -> list[tuple[str, str]]:
    """Return the rows of a run's summary, as (label, text)."""
    counts = line.counts
    rows = [
        ("run", f"{line.site} {line.run}: {line.status}"),
        (
            "pages",
            str(counts.pages) + (f", {counts.lists} of them lists with {counts.links} links" if counts.lists else ""),
        ),
        ("records", str(counts.records) + (f", {counts.changed} of them changed articles" if counts.changed else "")),
        ("quarantined", str(counts.quarantined)),
        ("failures", ", ".join(f"{failure} {count}" for failure, count in line.failures.items())),
        ("retries", _unless_zero(counts.retried)),
        ("no response", _unless_zero(counts.failed)),
        ("disallowed", _unless_zero(counts.disallowed, "by robots.txt")),
        ("not archived", _misses(counts.misses, line.missed)),
        ("damaged", f"{counts.damaged} records of the archive" if counts.damaged else ""),
        ("duplicates", _unless_zero(counts.duplicates, "links to articles already found")),
        ("known", _unless_zero(counts.known, "articles not due for a revisit")),
        ("unchanged", _unless_zero(counts.unchanged, "revisited articles")),
        ("too old", _unless_zero(counts.older)),
        ("capped", _unless_zero(counts.capped, "pages over a limit of the profile")),
        ("waiting", _unless_zero(counts.waiting, "pages for the next crawl")),
        ("layouts", ", ".join(f"{name} {count}" for name, count in line.layouts.items())),
        ("coverage", _shares(line.coverage)),
        ("rendered", _unless_zero(counts.rendered, "pages")),
        ("unrendered", _unless_zero(counts.unrendered, "pages that need a browser, but none is available")),
        *(("in vain", _needless_rendering(name, one)) for name, one in line.rendering.items() if not one.changed),
        ("flags", ", ".join(f"{flag} {count}" for flag, count in line.flags.items())),
        ("written to", line.records_file or ""),
        ("" if line.records_file else "written to", line.quarantine_file or ""),
        ("report", line.report_file or ""),
        ("took", _duration(line)),
    ]
    if line.status is not RunStatus.OK:
        rows.append((line.status.value, line.reason))
    elif line.reason != FINISHED:
        rows.append(("shared", line.reason))
    return [(label, plain(text)) for label, text in rows if text]


def print_table(line: CrawlLine, stream: TextIO) -> None:
    """Print a run's summary, in colour and wrapped in a terminal, else as plain lines."""
    print_rows(table_rows(line), stream, failed=line.status is not RunStatus.OK)


def print_rows(rows: list[tuple[str, str]], stream: TextIO, *, failed: bool) -> None:
    """Print rows of label and text as `print_table` does."""
    width = max(11, *(len(label) for label, _ in rows)) + 2
    if not stream.isatty():
        for label, text in rows:
            stream.write(f"{label:<{width}}{text}\n")
        stream.flush()
        return
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    bad = "red" if failed else "green"
    for label, text in rows:
        table.add_row(label, Text(text, style=bad if label in {"run", "lost", "failed", "stopped"} else ""))
    Console(file=stream).print(table)


def _unless_zero(count: int, what: str = "") -> str:
    return f"{count} {what}".strip() if count else ""


def _misses(count: int, named: tuple[str, ...]) -> str:
    if not count:
        return ""
    shown = named[:3]
    more = f" and {count - len(shown)} more" if count > len(shown) else ""
    return f"{count}: {', '.join(shown)}{more}"


def _needless_rendering(layout: str, rendered: RenderedLayout) -> str:
    if rendered.pages < RENDERED_ENOUGH:
        return ""
    return f'rendering changed nothing on {rendered.pages} pages of {layout}: set [render] mode = "never" there'


def _shares(coverage: Coverage) -> str:
    if not coverage.total:
        return ""
    parts = ("article", "chrome", "hidden", "unknown")
    shares = ", ".join(f"{name} {100 * getattr(coverage, name) / coverage.total:.1f} %" for name in parts)
    return f"{shares} of {coverage.total} characters"


def _duration(line: CrawlLine) -> str:
    taken = datetime.fromisoformat(line.finished) - datetime.fromisoformat(line.started)
    return f"{taken.total_seconds():.1f} s"
