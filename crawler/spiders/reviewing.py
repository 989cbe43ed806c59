"""Keeps a page of each facts-only layout that a crawl meets, as `scrapy record` would, for somebody to review."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

from scrapy.http import Response as ScrapyResponse

from ..profiles.load import Profile
from ..regression.fetching import response_of
from ..regression.recorder import NotRecorded, Recorder
from ..store.interface import Outcome
from ..terminal import as_called, plain

log = logging.getLogger("portalsieve")


class ReviewPages:
    """Writes fixtures below `folder`, one for each layout: the first crawl that meets it keeps the page."""

    def __init__(self, folder: Path, site: Profile) -> None:
        self.folder = folder
        self._site = site
        self._done = {name for name, layout in site.layouts.items() if layout.proved}

    def keep(self, response: ScrapyResponse, outcome: Outcome) -> None:
        """Keep the page if its record is the first of a facts-only layout. Never fails: a crawl does not end for it."""
        layout = outcome.record.layout if outcome.record is not None else None
        if layout is None or layout in self._done:
            return
        self._done.add(layout)
        name = self._site.site.site
        if any((self.folder / name / layout).glob("[!.]*")):
            return
        now = datetime.now(UTC)
        try:
            recorder = Recorder(self.folder, {name: self._site}, now.astimezone().date().isoformat())
            fixture = recorder.record(response_of(response, now))
        except (NotRecorded, OSError) as error:
            log.warning("no page of the unproved layout %s is kept for review: %s", layout, plain(str(error)))
            return
        log.warning(
            "the layout %s rests on facts only: a page is kept in %s; review it with"
            " `%s --fixtures %s %s`, then state it as the layout's [proof]",
            layout, fixture.folder, as_called("scrapy review"), self.folder, fixture.name,
        )  # fmt: skip
