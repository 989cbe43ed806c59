"""What the last crawl of a site says of its layouts: the changes that it reported, and pages that it refused for them.

A crawl that stops for a change has seen it on these pages. A sample of others may well have none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, TypeVar

import msgspec

from ..errors import Failure
from ..profiles.load import Profile
from ..profiles.match import article_id, read_url
from ..store.interface import RunRow, Store
from .check import KnownPage
from .events import Decision, Event
from .verdict import Origin

T = TypeVar("T")
OF_LAYOUT: Final = frozenset({Failure.UNKNOWN_LAYOUT, Failure.RULE_MISSED, Failure.LAYOUT_DRIFT, Failure.EMPTY_BODY})
"""The failures of pages whose layout may have changed."""
_LOOKED_AT = 2000
"""Maximum number of refused pages that are looked through."""
_ALL = 1 << 40
"""A number that no page of a run reaches: from it on, only what the run decided is read."""


class LastCrawl(msgspec.Struct, frozen=True, kw_only=True):
    """The changes that a crawl reported, and pages that it refused, or held back and did not publish."""

    events: tuple[Event, ...] = ()
    pages: tuple[KnownPage, ...] = ()

    def with_known(self, known: Sequence[KnownPage]) -> list[KnownPage]:
        """Return the pages, then those that are `known` otherwise; each once, with what is known of it."""
        names = {page.url: page for page in known}
        pages = {page.url: names.get(page.url, page) for page in self.pages}
        if self.events:  # these pages decide whether the changes stand
            pages = {url: msgspec.structs.replace(page, origin=Origin.REFUSED) for url, page in pages.items()}
        return [*pages.values(), *(page for page in known if page.url not in pages)]


class _Line(msgspec.Struct, frozen=True):
    """The part of a run's line that is read."""

    drift: tuple[Event, ...] = ()


def last_crawl(store: Store, profile: Profile, most: int) -> LastCrawl:
    """Return the last crawl of a site that read a page, with at most `most` pages. Raises StoreError.

    Pages of the layouts that it reported come first, spread over those that it refused.
    """
    site = profile.site.site
    run = next((run for run in store.runs(site) if run.counts.get("pages")), None)
    if run is None:
        return LastCrawl()
    events = _events(store, run)
    changed = {event.layout for event in events}
    urls: dict[str, tuple[str, bool]] = {}
    for url, layout in islice(_refused(store, run), _LOOKED_AT):
        name = article_id(read_url(url, profile), site)
        urls.setdefault(name, (url, layout in changed))
    pages = [KnownPage(url=url, name=name, origin=Origin.REFUSED) for name, (url, _) in urls.items()]
    shown = [page for page in pages if urls[page.name][1]]
    others = [page for page in pages if not urls[page.name][1]]
    first = spread(shown, most)
    return LastCrawl(events=events, pages=(*first, *spread(others, most - len(first))))


def _events(store: Store, run: RunRow) -> tuple[Event, ...]:
    """Return the changes that a run reported: those in its line, or as far as it has come."""
    try:
        if run.open:
            lines = [line for slot, line in store.observed(run.id, _ALL) if slot < 0]
            return tuple(msgspec.json.decode(line, type=Decision).event for line in reversed(lines))
        line = store.run_line(run.id)
        return msgspec.json.decode(line, type=_Line).drift if line is not None else ()
    except msgspec.DecodeError:  # of another release
        return ()


def _refused(store: Store, run: RunRow) -> Iterator[tuple[str, str | None]]:
    """Yield URL and layout of the pages that a run refused because of their layout, and of those that it holds."""
    for entry in store.quarantine(run.id):
        if entry.url and entry.failure in OF_LAYOUT:
            yield entry.url, entry.layout
    for held in store.held(run.site, run=run.id):
        yield held.url, held.record.layout


def spread(found: Sequence[T], most: int) -> list[T]:
    """Return at most `most` elements, from all parts of a sequence."""
    return [*found] if len(found) <= most else [found[len(found) * at // most] for at in range(most)]
