"""What a watch over a run finds, and what is to be done about it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..store.interface import Signal


class Event(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A layout has changed: `rule` explains most of it, `also` are the others that fail on the same pages.

    `since` is the first page that shows the change, `after` the number of pages of the layout before it, `now` what
    stands in place of what the rule found, None for nothing or if that is not known. `pages` is the number of pages
    that showed it when it was noticed.
    """

    layout: str
    rule: str
    since: str
    after: int
    pages: int
    now: str | None = None
    also: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """One sentence: which rule, since which page, what stands there now."""
        stands = f"now: {self.now}" if self.now else "nothing like it stands there now"
        if len(self.also) > 1:
            stands += f", and {len(self.also)} more rules fail with it"
        elif self.also:
            stands += f", and {self.also[0]} fails with it"
        return (
            f"layout {self.layout} has changed: {self.rule} fails since {self.since}, after {self.after} usual pages;"
            f" {stands}"
        )


class Shift(msgspec.Struct, frozen=True, rename="camel"):
    """A measure of a run that differs by rank from earlier runs: medians then and now, and the standard score."""

    layout: str
    rule: str
    before: int
    now: int
    score: float


class Decision(msgspec.Struct, frozen=True):
    """An event, the rules that fail with it, and the kinds of pages that are no longer fetched."""

    event: Event
    failing: tuple[str, ...]
    stopped: tuple[str, ...]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done about a page and because of it.

    `held` says why its record is held back. `again`: a page without a record is fetched again by the next run.
    `observed` and `signals` are written with its outcome. `release` and `refuse` are held pages by number. A
    `decision` is new, or stops more kinds of pages; the pages in `revisit` are fetched again by the next run.
    """

    again: bool = False
    held: str | None = None
    observed: tuple[int, bytes] | None = None
    signals: tuple[Signal, ...] = ()
    release: tuple[int, ...] = ()
    refuse: Mapping[int, str] = {}
    decision: Decision | None = None
    revisit: tuple[int, ...] = ()


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done at the end of a run: held pages to release and to refuse, the last signals."""

    release: tuple[int, ...]
    refuse: Mapping[int, str]
    signals: tuple[Signal, ...]
    shifts: tuple[Shift, ...]


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a page showed, as it is kept for the other processes of the run and for one that resumes it.

    `serial` numbers the pages of the run, `at` those of the layout before it. `misses` are rules that other pages hit,
    `absent` those that no page has hit so far. `lost` are regions that a page without a record lacks.
    """

    serial: int
    at: int
    number: int
    url: str
    kind: str
    layout: str
    misses: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    traces: Mapping[str, str] = {}
    doubts: tuple[str, ...] = ()
    measures: Mapping[str, int] = {}
    refused: bool = False
    lost: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
