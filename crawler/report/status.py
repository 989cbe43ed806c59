"""How a site stands in the store: what is done, waiting, failed, quarantined, why, and by which layout."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TextIO

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawler.store.errors import StoreDamaged
from crawler.store.interface import Group, PageKind, State, Store
from crawler.terminal import plain

EXAMPLES = 5
"""How many failed pages are named."""


class Standing(StrEnum):
    """Where a page stands, as people are told it."""

    DONE = "done"
    WAITING = "waiting"
    FAILED = "failed"
    """No usable answer, and no more tries."""
    QUARANTINED = "quarantined"
    """Fetched, and it gives no record."""


class StatusRow(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How many pages of a kind stand there for the same reason (None: all is well), in the same layout (None: none)."""

    kind: PageKind
    standing: Standing
    why: str | None
    layout: str | None
    pages: int


class FailedPage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page that gave nothing, and the last thing that was said of it."""

    url: str
    why: str | None
    status: int | None
    reason: str | None


class SiteStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A site's pages: `done` + `waiting` + `failed` + `quarantined` = `scheduled`, always.

    `articles` have a record, of which there are `revisions`; `open_runs` were begun and not finished: the next crawl
    with the same arguments takes one up.
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
    """Return how a site stands. Raises StoreDamaged where the pages are not those that were scheduled."""
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
    """Print a site's status as a table: fitted to the width on a terminal, else as wide as it is."""
    told: list[tuple[str, Any]] = [
        ("site", status.site),
        ("pages", f"{status.scheduled} scheduled: {_sums(status)}"),
        ("articles", f"{status.articles} with a record, {status.revisions} revisions"),
        ("runs", f"{status.runs}, the last {status.last_run}" if status.last_run else "none"),
        ("not finished", ", ".join(status.open_runs)),
    ]
    for label, text in told:
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
        said = page.reason or page.why or ""
        said = said.removeprefix(f"{page.url}: ")  # some reasons begin with the address, for logs
        stream.write(plain(f"failed: {page.url}: {said}") + "\n")
    if status.failed > len(status.failures):
        stream.write(f"… and {status.failed - len(status.failures)} more failed\n")


def _sums(status: SiteStatus) -> str:
    return ", ".join(f"{getattr(status, standing.value)} {standing}" for standing in Standing)
