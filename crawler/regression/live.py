"""When pages of a site were last seen live, from the runs in the output folder.

Only runs over the network count: the pages of an archive were live when it was recorded, not when the run was. A run
whose line does not state where its pages came from does not count either.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from ..records.model import Kind
from ..records.read import read_lines


class Layout(msgspec.Struct, frozen=True):
    """The part of a record's layout that is read."""

    id: str


class Fetch(msgspec.Struct, frozen=True, rename="camel"):
    """The part of a record's fetch that is read."""

    fetched_at: str | None


class Step(msgspec.Struct, frozen=True):
    """One of a record's breadcrumbs."""

    name: str
    url: str | None = None


class Seen(msgspec.Struct, frozen=True, rename="camel"):
    """The part of a published record that is read: which page it was, and when."""

    url: str | None
    kind: Kind
    layout: Layout
    fetch: Fetch
    breadcrumbs: tuple[Step, ...] = ()


class RunSeen(msgspec.Struct, frozen=True, rename="camel"):
    """The part of a run's line that is read."""

    run: str
    site: str
    finished: str
    archived: bool | None = None
    layouts: dict[str, int] = {}


class Live(msgspec.Struct, frozen=True):
    """The live runs of a site: their records, and the last day of each layout.

    `runs` is the number of live runs.
    """

    runs: int
    records: tuple[Seen, ...]
    layouts: dict[str, str]


def live(output: Path, site: str) -> Live:
    """Return the live runs of `site` in `output`.

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
