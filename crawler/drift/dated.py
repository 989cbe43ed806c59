"""When a layout changed: the days between which a site's pages began to be read otherwise, from dated archives.

Few archives are read: the first, the last, and then by bisection. What is compared is what most pages of one URL form
give: their layout or failure, the rules that produce their values, their flags. Archives without such pages, or half of
whose pages changed, say nothing, so the nearest one is taken instead.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import islice
from math import ceil, log2
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from ..errors import Failure, PageRefused, Quarantined
from ..extract import OK, extract
from ..profiles.load import Profile
from ..profiles.match import profile_for, read_url
from ..warc.reader import ArchivedResponse, archive_files, read_archive

CHANGES_VERSION = "1.0.0"
PAGES = 60
"""How many pages of each URL form are read in one day's archives."""
_ENOUGH = 600
"""How many pages of the site are read in one day's archives, whatever their forms."""
_DAY = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})([-_.]?)([01][0-9])\2([0-3][0-9])")
_DIFFERENCE = {"layout": 1 / 3, "failure": 1 / 3, "rule": 0.5, "flag": 0.5}
"""By how much the share of pages with a signal must differ; values that only some articles have come and go."""
_TRIES = 4
"""How many days from either end are tried for pages of a form."""
_PAGES = frozenset({"article", "gallery", "video"})
_SAYS_NOTHING = frozenset(
    {Failure.CAPTCHA, Failure.LOGIN_WALL, Failure.CONSENT, Failure.REMOVED, Failure.NOT_FOUND, Failure.NOT_AN_ARTICLE}
    | {Failure.EMPTY_BODY, Failure.TRUNCATED, Failure.GARBLED, Failure.ENCODING_DOUBT, Failure.HTTP_STATUS}
)
"""Failures of pages that are blocked, gone or incomplete: such pages are not counted."""


class NoArchives(ValueError):  # noqa: N818 - states what is wrong
    """A folder without dated archives. The message says what is needed."""


class DatedArchives(msgspec.Struct, frozen=True):
    """The archives of one day."""

    day: date
    files: tuple[Path, ...]


class Share(msgspec.Struct, frozen=True):
    """On how many pages of a day a signal was seen."""

    day: date
    pages: int
    of: int


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change: it happened after the day `before` and not later than `after`."""

    form: Annotated[str, Meta(description="The URL form of the pages: its key in profile.toml, and its kind.")]
    before: date
    after: date
    signals: Annotated[
        tuple[str, ...],
        Meta(description="What most pages began (`+`) or ceased (`-`) to give: a layout, failure, rule or flag."),
    ]
    shares: Annotated[tuple[Share, ...], Meta(description="The first of the signals on each day that was read.")]


class Changes(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All changes between the first and the last day with pages of the site."""

    schema_version: str = CHANGES_VERSION
    site: str
    archives: Annotated[int, Meta(description="The number of days with archives.")]
    read: Annotated[tuple[date, ...], Meta(description="The days whose archives were read.")]
    empty: Annotated[tuple[date, ...], Meta(description="Those of them without pages of the site.")]
    changes: tuple[Change, ...]

    @property
    def decided(self) -> bool:
        """Whether two days could be compared."""
        return len(self.read) - len(self.empty) > 1

    @property
    def exit_status(self) -> int:
        """The exit status of `scrapy drift --when`: 0 for no change, 1 for some, 4 if nothing could be compared."""
        return (1 if self.changes else 0) if self.decided else 4

    @property
    def lines(self) -> list[str]:
        """The changes for people, one per line."""
        read = f"{len(self.read)} of {self.archives} days read"
        if not self.decided:
            return [f"{self.site}: undecided: fewer than two days have pages of the site ({read})"]
        if not self.changes:
            used = [day for day in self.read if day not in self.empty]
            return [f"{self.site}: no change between {min(used)} and {max(used)} ({read})"]
        return [
            f"{self.site}: {one.form} changed between {one.before} and {one.after}:"
            f" {'; '.join(one.signals[:6])} ({read})"
            for one in self.changes
        ]


class State(msgspec.Struct, frozen=True):
    """The pages of one URL form on one day: how many, and on how many each signal was seen."""

    pages: int
    seen: Counter[str]

    def share(self, signal: str) -> float:
        """Return the share of the pages with a signal."""
        return self.seen[signal] / self.pages


States = dict[str, State]
"""The state of each URL form."""


def dated_archives(folder: Path) -> list[DatedArchives]:
    """Return the archives of a folder by day, as their names say, else as their first record says; raises NoArchives.

    A name is `2026-03-14.warc.gz`, `site-20260314.warc.gz` or a folder `2026-03-14/`; NotAnArchive is raised for other
    files.
    """
    if not folder.is_dir():
        raise NoArchives(f"{folder}: not a folder; give one with an archive for each day")
    days: dict[date, list[Path]] = {}
    for file in archive_files(folder):
        day = _named_day(file.relative_to(folder)) or _recorded_day(file)
        if day is not None:
            days.setdefault(day, []).append(file)
    if len(days) < 2:
        raise NoArchives(f"{folder}: archives of {len(days)} day(s); at least two days are needed")
    return [DatedArchives(day, tuple(sorted(files))) for day, files in sorted(days.items())]


def _named_day(path: Path) -> date | None:
    """Return the day in a file's name, or in that of the innermost folder that has one."""
    for name in (path.name, *(parent.name for parent in path.parents)):
        for match in _DAY.finditer(name):
            try:
                return date(int(match[1]), int(match[3]), int(match[4]))
            except ValueError:
                continue
    return None


def _recorded_day(file: Path) -> date | None:
    return next((found.date.date() for found in islice(read_archive(file), 50) if found.date is not None), None)


def read_day(archives: DatedArchives, profile: Profile) -> States:
    """Return what the pages of a site give on one day."""
    pages: Counter[str] = Counter()
    seen: dict[str, Counter[str]] = {}
    for found in _responses(archives):
        url = found.url or ""
        if found.problem is not None or found.status != OK or profile_for(url, [profile]) is None:
            continue
        reading = read_url(url, profile)
        if reading.form is None or reading.kind not in _PAGES:
            continue
        form = f"urls[{profile.site.urls.index(reading.form)}] ({reading.kind})"
        if pages[form] >= PAGES:
            continue
        signals = _signals(found, profile)
        if signals:
            pages[form] += 1
            seen.setdefault(form, Counter()).update(signals)
        if pages.total() >= _ENOUGH:
            break
    return {form: State(count, seen[form]) for form, count in pages.items()}


def _responses(archives: DatedArchives) -> Iterator[ArchivedResponse]:
    for file in archives.files:
        yield from read_archive(file)


def _signals(found: ArchivedResponse, profile: Profile) -> set[str]:
    """Return what a page gives; nothing for a page that is blocked, gone or incomplete."""
    try:
        record = extract(
            found.body, found.url or "", headers=found.headers, fetched_at=found.date, profiles=[profile]
        )  # fmt: skip
    except Quarantined as error:
        rule = f" {error.rule or error.pointer}" if error.failure is Failure.RULE_MISSED else ""
        return set() if error.failure in _SAYS_NOTHING else {f"failure {error.failure}{rule}"}
    except PageRefused as error:
        return set() if error.failure in _SAYS_NOTHING else {f"failure {error.failure}"}
    return {
        f"layout {record.layout.id}",
        *(f"rule {given.rule} ({name})" for name, given in record.provenance.items()),
        *(f"flag {flag}" for flag in record.flags),
    }


def when_changed(
    days: Sequence[DatedArchives],
    profile: Profile,
    *,
    read: Callable[[DatedArchives, Profile], States] = read_day,
    progress: Callable[[int, date], None] = lambda _count, _day: None,
) -> Changes:
    """Return between which days the site's pages began to be read otherwise.

    A change that was taken back before the last day is not seen; of several changes of one signal, one is found.
    `progress` is called before each day that is read, with how many were read so far.
    """
    search = _Search(days, profile, read, progress)
    found: dict[tuple[str, int, int], list[str]] = {}
    while ends := search.ends():  # a form may show only on a day between
        for form, first, last in ends:
            for signal in search.flipped(form, first, last):
                low, high = search.bisect(form, signal, first, last)
                found.setdefault((form, low, high), []).append(signal)
    changes = [search.change(form, low, high, signals) for (form, low, high), signals in found.items()]
    return Changes(
        site=profile.site.site,
        archives=len(days),
        read=tuple(days[at].day for at in sorted(search.states)),
        empty=tuple(days[at].day for at in sorted(search.states) if not search.states[at]),
        changes=tuple(sorted(changes, key=lambda one: (one.before, one.form))),
    )


class _Search:
    """Reads days when they are needed, each once, and not more than `budget`."""

    def __init__(
        self,
        days: Sequence[DatedArchives],
        profile: Profile,
        read: Callable[[DatedArchives, Profile], States],
        progress: Callable[[int, date], None],
    ) -> None:
        self.days = days
        self.states: dict[int, States] = {}
        self.budget = 8 + 4 * ceil(log2(max(len(days), 2)))
        first, last = iter(range(len(days))), reversed(range(len(days)))
        self._sides: tuple[tuple[Iterator[int], dict[str, int]], ...] = ((first, {}), (last, {}))
        self._given: set[str] = set()
        self._profile = profile
        self._read = read
        self._progress = progress

    def state(self, at: int) -> States | None:
        """Return the states of a day; None if it may not be read any more."""
        if at not in self.states:
            if len(self.states) >= self.budget:
                return None
            self._progress(len(self.states), self.days[at].day)
            self.states[at] = self._read(self.days[at], self._profile)
        return self.states[at]

    def ends(self) -> list[tuple[str, int, int]]:
        """Return each form of URLs with the first and the last day that have pages of it, each form once.

        A form that was seen on any day and is missing on the first or the last is looked for on a few days beside it.
        """
        for _ in range(_TRIES):
            for places, found in self._sides:
                if not found or {form for states in self.states.values() for form in states} - {*found}:
                    at = next((at for at in places if self.state(at)), None)
                    for form in self.states[at] if at is not None else ():
                        found.setdefault(form, at or 0)
        (_, firsts), (_, lasts) = self._sides
        new = [form for form in firsts if form not in self._given and firsts[form] < lasts.get(form, 0)]
        self._given.update(new)
        return [(form, firsts[form], lasts[form]) for form in new]

    def flipped(self, form: str, first: int, last: int) -> list[str]:
        """Return the signals that pages of a form gave on one of two days much more often, main ones first."""
        old, new = self.states[first][form], self.states[last][form]
        names = [
            name
            for name in {**old.seen, **new.seen}
            if abs(old.share(name) - new.share(name)) >= _DIFFERENCE[name.partition(" ")[0]]
        ]
        return sorted(names, key=lambda one: ([*_DIFFERENCE].index(one.partition(" ")[0]), one))

    def bisect(self, form: str, signal: str, low: int, high: int) -> tuple[int, int]:
        """Return two days between which most pages of a form began or ceased to give a signal.

        What most is depends on the ends: between a day without the signal and one with it on 60 % of the pages, 30 %
        divide before from after.
        """
        old, new = self.states[low][form].share(signal), self.states[high][form].share(signal)
        half = (old + new) / 2
        while (middle := self._between(form, signal, half, low, high)) is not None:
            if (self.states[middle][form].share(signal) > half) == (old > half):
                low = middle
            else:
                high = middle
        return low, high

    def _between(self, form: str, signal: str, half: float, low: int, high: int) -> int | None:
        """Return the day nearest to the middle of two that decides; None if there is none."""
        middle = (low + high) // 2
        for at in sorted(range(low + 1, high), key=lambda one: abs(one - middle)):
            states = self.state(at)
            if states is None:
                return None
            if form in states and states[form].share(signal) != half:
                return at
        return None

    def change(self, form: str, low: int, high: int, signals: Sequence[str]) -> Change:
        """Return the change between two days, without signals that changed because the layout did."""
        main = [one for one in signals if not one.startswith(("rule ", "flag "))] or list(signals)
        old, new = self.states[low][form], self.states[high][form]
        named = [f"{'-' if old.share(one) > new.share(one) else '+'}{one}" for one in main]
        shares = [
            Share(self.days[at].day, states[form].seen[main[0]], states[form].pages)
            for at, states in sorted(self.states.items())
            if form in states
        ]
        return Change(
            form=form, before=self.days[low].day, after=self.days[high].day, signals=tuple(named), shares=tuple(shares)
        )
