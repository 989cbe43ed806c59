"""The status of a site in the store: pages that are done, waiting, failed or quarantined, by reason and layout."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TextIO

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..store.errors import StoreDamaged
from ..store.interface import Group, PageKind, State, Store
from ..terminal import plain

EXAMPLES = 5
"""How many failed pages are listed."""


class Standing(StrEnum):
    """The state of a page, as shown to people."""

    DONE = "done"
    WAITING = "waiting"
    FAILED = "failed"
    """No usable response, and no attempts left."""
    QUARANTINED = "quarantined"
    """Fetched, but it produced no record."""


class StatusRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The number of pages with the same kind, standing, reason (None if there is none) and layout (None if unknown)."""

    kind: PageKind
    standing: Standing
    why: str | None
    layout: str | None
    pages: int


class FailedPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A failed page and its last failure."""

    url: str
    why: str | None
    status: int | None
    reason: str | None


class SiteStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A site's pages: `done` + `waiting` + `failed` + `quarantined` = `scheduled`, always.

    `articles` is the number of articles with a record, `revisions` that of their records; `open_runs` are unfinished:
    the next crawl with the same arguments resumes one.
    """

    site: str
    scheduled: int
    done: int
    waiting: int
    failed: int
    quarantined: int
    articles: int
    revisions: int
    runs: int
    open_runs: tuple[str, ...]
    last_run: str | None
    rows: tuple[StatusRow, ...]
    failures: tuple[FailedPage, ...]


def site_status(store: Store, site: str) -> SiteStatus:
    """Return the status of a site. Raises StoreDamaged if the number of pages is not that of the scheduled ones."""
    rows = tuple(_row(group) for group in store.groups(site))
    sums = {standing.value: sum(row.pages for row in rows if row.standing is standing) for standing in Standing}
    scheduled = store.scheduled(site)
    if sum(sums.values()) != scheduled:
        raise StoreDamaged(store.name, f"pages of {site}: {scheduled} expected, {sum(sums.values())} found")
    runs = store.runs(site)
    articles, revisions = store.kept(site)
    return SiteStatus(
        site=site,
        scheduled=scheduled,
        **sums,
        articles=articles,
        revisions=revisions,
        runs=len(runs),
        open_runs=tuple(run.id for run in runs if run.open),
        last_run=runs[0].id if runs else None,
        rows=rows,
        failures=tuple(
            FailedPage(url=job.url, why=job.failure, status=job.status, reason=job.reason)
            for job in store.failures(site, EXAMPLES)
        ),
    )


def _row(group: Group) -> StatusRow:
    match group.state:
        case State.WAITING:
            standing = Standing.WAITING
        case State.DEAD:
            standing = Standing.FAILED
        case State.DONE:
            standing = Standing.QUARANTINED if group.failure else Standing.DONE
    return StatusRow(kind=group.kind, standing=standing, why=group.failure, layout=group.layout, pages=group.pages)


def print_status(status: SiteStatus, stream: TextIO) -> None:
    """Print a site's status, wrapped to the width of a terminal."""
    lines: list[tuple[str, Any]] = [
        ("site", status.site),
        ("pages", f"{status.scheduled} scheduled: {_sums(status)}"),
        ("articles", f"{status.articles} with a record, {status.revisions} revisions"),
        ("runs", f"{status.runs}, the last {status.last_run}" if status.last_run else "none"),
        ("unfinished", ", ".join(status.open_runs)),
    ]
    for label, text in lines:
        if text:
            stream.write(f"{label:<14}{plain(text)}\n")
    if status.rows:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for column in ("kind", "standing", "why", "layout"):
            table.add_column(column, overflow="fold")
        table.add_column("pages", justify="right")
        for row in status.rows:
            cells = (row.kind, row.standing, row.why or "", row.layout or "", str(row.pages))
            table.add_row(*(Text(plain(cell)) for cell in cells))
        Console(file=stream, width=None if stream.isatty() else 120).print(table)
    for page in status.failures:
        reason = (page.reason or page.why or "").removeprefix(f"{page.url}: ")  # some reasons begin with the URL
        stream.write(plain(f"failed: {page.url}: {reason}") + "\n")
    if status.failed > len(status.failures):
        stream.write(f"… and {status.failed - len(status.failures)} more failed\n")


def _sums(status: SiteStatus) -> str:
    return ", ".join(f"{getattr(status, standing.value)} {standing}" for standing in Standing)
