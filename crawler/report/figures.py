"""The figures of a run: what came, by layout and hour, how much of it no rule claims, what failed.

The run's line, its report and Scrapy's stats have the same figures, counted here.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from pathlib import Path

import msgspec

from ..errors import Failure
from ..records.model import Coverage, Flag
from ..records.quarantine import QuarantineEntry

MOST_UNCLAIMED = 10
"""How many of the records with the largest share of unclaimed text are remembered."""
NOTABLE = 0.02
"""Minimum share of unclaimed text of such a record."""
EXAMPLES = 5
"""How many pages of each failure are remembered."""
STATS = "portalsieve"
_HOUR, _MINUTE = 13, 16
"""Characters of a time (RFC 3339) up to its hour and its minute."""


class LayoutFigures(msgspec.Struct, rename="camel"):
    """Records of one layout in some time: how many, the characters of their pages, those that no rule claims."""

    records: int = 0
    characters: int = 0
    unknown: int = 0

    def add(self, other: LayoutFigures) -> None:
        """Add figures."""
        self.records += other.records
        self.characters += other.characters
        self.unknown += other.unknown


class Unclaimed(msgspec.Struct, frozen=True, order=True):
    """A record with unclaimed text: its share, URL and layout."""

    share: float
    url: str
    layout: str


class _Layout(msgspec.Struct):
    id: str


class _Head(msgspec.Struct):
    """The parts of a record that are counted."""

    layout: _Layout
    coverage: Coverage
    url: str | None = None
    flags: tuple[Flag, ...] = ()


class Figures:
    """Counts records and refused pages: `layouts`, `flags` and `failures` by name, `coverage` as a sum.

    `minutes` has the figures of each layout by the minute in which records were stored (2026-02-20T10:12).
    """

    def __init__(self) -> None:
        self.layouts: Counter[str] = Counter()
        self.flags: Counter[Flag] = Counter()
        self.failures: Counter[Failure] = Counter()
        self.coverage = Coverage()
        self.minutes: dict[str, dict[str, LayoutFigures]] = {}
        self.unclaimed: list[Unclaimed] = []
        self.examples: dict[Failure, list[QuarantineEntry]] = {}

    def record(self, line: bytes, stored_at: str) -> None:
        """Count a record: its line, and when it was stored (RFC 3339)."""
        head = msgspec.json.decode(line, type=_Head)
        layout, coverage = head.layout.id, head.coverage
        self.layouts[layout] += 1
        self.flags.update(head.flags)
        self.coverage += coverage
        minute = self.minutes.setdefault(stored_at[:_MINUTE], {}).setdefault(layout, LayoutFigures())
        minute.add(LayoutFigures(1, coverage.total, coverage.unknown))
        share = coverage.unknown / coverage.total if coverage.total else 0.0
        if share >= NOTABLE and head.url is not None:
            heapq.heappush(self.unclaimed, Unclaimed(share, head.url, layout))
            if len(self.unclaimed) > MOST_UNCLAIMED:
                heapq.heappop(self.unclaimed)

    def refused(self, entry: QuarantineEntry) -> None:
        """Count a page without a record."""
        self.failures[entry.failure] += 1
        examples = self.examples.setdefault(entry.failure, [])
        if len(examples) < EXAMPLES:
            examples.append(entry)

    @property
    def hours(self) -> dict[str, dict[str, LayoutFigures]]:
        """The figures of each layout by hour (2026-02-20T10Z)."""
        return {f"{hour}Z": layouts for hour, layouts in self.by(_HOUR).items()}

    def by(self, length: int) -> dict[str, dict[str, LayoutFigures]]:
        """Return the figures of each layout by the first `length` characters of the time."""
        found: dict[str, dict[str, LayoutFigures]] = {}
        for minute, layouts in sorted(self.minutes.items()):
            of = found.setdefault(minute[:length], {})
            for layout, one in layouts.items():
                of.setdefault(layout, LayoutFigures()).add(one)
        return found

    @property
    def by_layout(self) -> dict[str, LayoutFigures]:
        """The figures of each layout."""
        return dict(sorted(self.by(0).get("", {}).items(), key=lambda one: (-one[1].records, one[0])))

    def stats(self) -> dict[str, int]:
        """Return the figures under names for Scrapy's stats.

        Exporters for Prometheus replace `/` by `_` and export each number as a gauge, so the names hold nothing but
        letters, digits, `_` and `/`.
        """
        found = {f"{STATS}/characters/{name}": count for name, count in msgspec.structs.asdict(self.coverage).items()}
        for layout, one in self.by_layout.items():
            found[f"{STATS}/records_by_layout/{layout}"] = one.records
            found[f"{STATS}/characters_by_layout/{layout}"] = one.characters
            found[f"{STATS}/unknown_by_layout/{layout}"] = one.unknown
        found |= {f"{STATS}/pages_by_failure/{failure}": count for failure, count in self.failures.items()}
        return found | {f"{STATS}/records_by_flag/{flag}": count for flag, count in self.flags.items()}


def explanation(folder: Path, url: str) -> Path:
    """Return the file in a run's folder that explains the page with this URL."""
    return folder / f"{hashlib.sha256(url.encode('utf-8', 'backslashreplace')).hexdigest()[:16]}.html"
