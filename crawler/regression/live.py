"""When pages of a site were last seen live: what the runs in the output folder say of it.

A run over an archive reads pages that were live when they were kept, not when it ran: it says nothing here, nor does a
run whose line does not say where its pages came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from crawler.records.model import Kind
from crawler.records.read import read_lines


class Layout(msgspec.Struct, frozen=True):
    """What is read of a record's layout."""

    id: str


class Fetch(msgspec.Struct, frozen=True, rename="camel"):
    """What is read of how a record was fetched."""

    fetched_at: str | None


class Step(msgspec.Struct, frozen=True):
    """What is read of a record's breadcrumbs."""

    name: str
    url: str | None = None


class Seen(msgspec.Struct, frozen=True, rename="camel"):
    """What is read of a published record: enough to say what page it was and when."""

    url: str | None
    kind: Kind
    layout: Layout
    fetch: Fetch
    breadcrumbs: tuple[Step, ...] = ()


class RunSeen(msgspec.Struct, frozen=True, rename="camel"):
    """What is read of a run's line."""

    run: str
    site: str
    finished: str
    archived: bool | None = None
    layouts: dict[str, int] = {}


class Live(msgspec.Struct, frozen=True):
    """What runs say of a site: the records they published, and by layout the last day on which one was met.

    `runs` counts the live runs; 0 says that nobody has crawled the site from here.
    """

    runs: int
    records: tuple[Seen, ...]
    layouts: dict[str, str]


def live(output: Path, site: str) -> Live:
    """Return what the runs below `output` say of `site`.

    Raises UnreadableLine (crawler/records/read.py) for a damaged file.
    """
    log = output / "runs.jsonl"
    lines = [line for line in read_lines(log, RunSeen) if line.site == site] if log.exists() else []
    runs = [line for line in lines if line.archived is False]
    layouts: dict[str, str] = {}
    for line in runs:
        for name in line.layouts:
            layouts[name] = max(layouts.get(name, ""), line.finished[:10])
    return Live(len(runs), tuple(_records(output / "records" / site, {line.run for line in runs})), layouts)


def _records(folder: Path, runs: set[str]) -> Iterator[Seen]:
    for path in sorted(folder.glob("[!.]*.jsonl*")) if folder.is_dir() else ():
        if path.name.partition(".")[0] in runs:
            yield from read_lines(path, Seen)
