"""What reviewed fixtures show is usual: a crawl of pages like them raises no alarm and holds nothing back."""

from __future__ import annotations

from itertools import cycle, islice
from pathlib import Path

import pytest

from crawler.drift.baseline import read, reviewed
from crawler.drift.traces import TracedPage, Traces
from crawler.drift.usual import complete_baselines
from crawler.drift.watch import Watch
from crawler.extract import profiles_in
from crawler.records.model import Record
from crawler.regression.fixture import PLACES, fixtures
from crawler.sieve.record import partition_page

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = fixtures([ROOT / place for place in PLACES])
PAGES = 20


@pytest.mark.parametrize("site", sorted({fixture.site for fixture in FIXTURES}))
def test_a_run_of_the_fixtures_is_usual(site: str) -> None:
    """For each layout: no event, and no page is undecided at the end."""
    profile = profiles_in()[site]
    known = {layout: found for layout in profile.layouts if (found := read(profile.folder, layout)) is not None}
    traces = Traces(profile, known)
    found: dict[str, tuple[str | None, list[str]]] = {}
    by_layout: dict[str, list[tuple[str, Record, TracedPage, dict[str, str]]]] = {}
    for fixture, record in reviewed(profile, FIXTURES):
        page = traces.page(fixture.body, fixture.exchange.url, None, partition_page(fixture.page(), profile))
        by_layout.setdefault(fixture.layout, []).append((fixture.exchange.url, record, page, page.shape(record)))
    for layout, pages in by_layout.items():
        watch = Watch(profile, "run", known)
        refused: dict[int, str] = {}
        for number, (url, record, page, shape) in enumerate(islice(cycle(pages), PAGES)):
            refused |= watch.see(number, f"{url}#{number}", record, page.trace(layout), shape).refuse
        refused |= watch.end().refuse
        found[layout] = (watch.events[0].rule if watch.events else None, sorted(set(refused.values())))
    assert dict.fromkeys(by_layout, (None, [])) == found


def test_signs_of_change_on_fixtures_are_counted() -> None:
    """A source whose label stands in another line on one of the fixtures is in the baseline, as one page of it."""
    profile = profiles_in()["chinanews"]
    found = complete_baselines(profile, FIXTURES)["2018_content_desc"]
    assert (3, {"fields.source": 1}) == (found.pages, found.doubts)
