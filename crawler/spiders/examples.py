"""Explanations of some pages of a run, for its report: of each kind of failure, and of each layout."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime
from pathlib import Path

import msgspec
from scrapy.http import Response

from ..errors import Failure
from ..profiles.load import Profile
from ..records.model import Coverage
from ..records.write import replacing
from ..report.figures import explanation
from ..store.interface import Outcome
from .responses import OK, header

EACH = 2
"""How many pages of each kind are explained."""
UNCLAIMED = 0.05
"""Minimum share of unclaimed text for which a page with a record is explained."""

log = logging.getLogger("portalsieve")


class _Head(msgspec.Struct):
    coverage: Coverage


class Examples:
    """Writes explanations of at most `most` pages into `folder` while the pages are there."""

    def __init__(self, folder: Path, site: Profile, most: int) -> None:
        self.folder = folder
        self._site = site
        self._seen: Counter[str] = Counter()
        self._left = most - (len([*folder.glob("*.html")]) if folder.is_dir() else 0)

    def consider(self, outcome: Outcome, response: Response, fetched_at: datetime | None) -> None:
        """Explain the page of an outcome if there are few of its kind so far. Never fails: a report can do without."""
        kind = self._kind(outcome) if self._left > 0 and response.status == OK and response.body else None
        if kind is None or self._seen[kind] >= EACH:
            return
        self._seen[kind] += 1
        path = explanation(self.folder, response.url)
        if path.exists():
            return
        self._left -= 1
        from ..report.explain import explain  # noqa: PLC0415 - most runs have nothing to explain

        try:
            page = explain(
                response.body,
                response.url,
                headers={"content-type": header(response, b"Content-Type") or ""},
                fetched_at=fetched_at,
                profiles=[self._site],
            )
            with replacing(path) as out:
                out.write(page.encode())
        except Exception as error:  # noqa: BLE001 - a page that cannot be explained must not end the crawl
            log.info("not explained: %s: %s", response.url, error)

    @staticmethod
    def _kind(outcome: Outcome) -> str | None:
        """Return what the page is an example of: its failure, or a layout with much unclaimed text."""
        if outcome.record is not None:
            coverage = msgspec.json.decode(outcome.record.line, type=_Head).coverage
            strange = coverage.unknown > UNCLAIMED * coverage.total
            return f"unclaimed {outcome.record.layout}" if strange else None
        entry = outcome.quarantine[0] if outcome.quarantine else None
        if entry is None or entry.failure in {Failure.TOO_COSTLY, Failure.CRASHED}:
            return None
        return f"{entry.failure} {entry.layout} {entry.rule}"
