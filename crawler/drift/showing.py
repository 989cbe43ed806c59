"""What pages of which nothing is known from before show of a change of their layout, by the watch of a crawl."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..extract import content_type
from ..profiles.load import Profile
from ..records.model import Record
from .baseline import BaselineBroken, read
from .events import Event
from .observe import BODY, observe, rule_of
from .repeats import Repeats
from .state import SELDOM, is_sign
from .traces import Traces
from .watch import Watch

MISSED = "nothing"
"""Stands for what a rule finds that misses."""


class Showing:
    """Searches pages of a site for signs that a layout has changed.

    What shows one of the `events` that a crawl has reported is a sign as well, even if it alone is not.
    """

    def __init__(self, profile: Profile, events: Iterable[Event] = ()) -> None:
        self._baselines = {}
        for layout in profile.layouts:
            try:
                baseline = read(profile.folder, layout)
            except BaselineBroken:  # `scrapy lint` reports it
                continue
            if baseline is not None:
                self._baselines[layout] = baseline
        self._watch = Watch(profile, "", self._baselines)
        self._traces = Traces(profile, self._baselines)
        self._repeats = Repeats()
        self._pages = 0
        self._reported: dict[str, set[str]] = {}
        for event in events:
            self._reported.setdefault(event.layout, set()).update((event.rule, *event.also))

    def of(self, record: Record, body: bytes, url: str, headers: Mapping[str, str]) -> dict[str, str]:
        """Return the rules that a page with a record shows to have changed, with what stands there now."""
        layout = record.layout.id
        self._pages += 1
        page = self._traces.page(body, url, content_type(headers))
        seen = self._watch.look(0, url, record, page.trace(layout), page.shape(record))
        if seen is None:
            return {}
        found = {rule_of(name): now for name, now in seen.traces.items() if self._is_sign(layout, name)}
        reported = self._reported.get(layout, set())
        for name, now in [*seen.traces.items(), *((name, str(name)) for name in seen.doubts)]:
            if rule_of(name) in reported:
                found.setdefault(rule_of(name), now)
        if self._repeats.add(self._pages, seen.lines) and BODY in reported:
            found.setdefault(BODY, "a line that other articles have too")
        missed = observe(record, self._watch.profile.layouts[layout]).misses
        return found | {rule: MISSED for rule in missed if rule in reported and rule not in found}

    def _is_sign(self, layout: str, name: str) -> bool:
        baseline = self._baselines.get(layout)
        usual = baseline is not None and baseline.doubts.get(name, 0) > SELDOM * baseline.pages
        return is_sign(name) and not usual
