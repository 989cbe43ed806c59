"""Watches the rules of a run's pages: which records are held back, when a layout has changed, and which rule says so.

Three kinds of observation are tested for each layout. Rules that miss; misses with a trace, where an element like the
rule's own still stands on the page; and doubts, values that the page contradicts. A miss without a trace is judged by
the rule's history alone, because sites leave things out; the other two are rare on pages of an unchanged layout.

Nothing here knows Scrapy or a database: the spider passes pages in and carries out what `Verdict` and `Ending` say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence, Set
from typing import Final

import msgspec

from ..errors import Failure, PortalsieveError, Quarantined
from ..profiles.load import Profile
from ..profiles.match import read_url
from ..records.model import Record
from ..store.interface import Signal
from .baseline import Baseline
from .events import Decision, Ending, Event, Seen, Shift, Verdict
from .known import Known
from .looks import is_look
from .naming import explains
from .observe import BODY, EVIDENCE, HEADLINE, LINE, hit_rules, instead, lists_of, observe, rule_of, rules_of
from .otherwise import DATA, is_rare
from .repeats import REPEATED, Repeats, lines_of
from .sequential import MINIMUM, RARE, RuleTest, threshold
from .signals import Signals
from .signs import signs
from .state import SELDOM, SOLID, Watched, is_open, is_sign, is_solid

MOST_TRACED: Final = 12
"""Misses of one rule that are searched for a trace; after that, the last trace found counts."""
OFTEN: Final = 0.45
"""Maximum expected rate of misses of an optional list that a single new box of links may stand in place of."""
SEVERAL: Final = 2
"""Minimum new boxes on a page for them to stand in place of lists that pages often lack."""
PART: Final = 0.3
"""The least share of the pages of a kind that have the change, for the kind to be no longer fetched."""
SAME_KIND: Final = 8
"""Minimum pages of its kind that follow a held page before it is released: as many as one miss is suspected for."""
TEMPLATE: Final = 6
"""Minimum pages without a record for a change: lists also have pages of other kinds."""
CLEARLY: Final = 0.5
"""The share of the largest suspicion from which a rule may be what has changed."""
_SETTLED: Final = 1.0
"""Held pages are released when what they are held for is suspected less than this (see `is_open`)."""
_TEMPLATE_FAILURES: Final = frozenset({Failure.UNKNOWN_LAYOUT, Failure.RULE_MISSED, Failure.EMPTY_BODY})
Trace = Callable[[str], str | None]
"""Returns what stands on the page in place of what a rule found, None for nothing."""


class Watch(Known):
    """The watch over one run of a site.

    `baselines` are those of its layouts, `history` hits and pages of earlier runs by layout and rule, `figures` their
    measures.
    """

    def __init__(
        self,
        profile: Profile,
        run: str,
        baselines: Mapping[str, Baseline],
        history: Mapping[tuple[str, str], tuple[int, int]] | None = None,
        figures: Mapping[tuple[str, str], Sequence[int]] | None = None,
    ) -> None:
        super().__init__(baselines, history)
        self.profile = profile
        self.events: list[Event] = []
        self.stopped: set[str] = set()
        self._figures = figures or {}
        self._signals = Signals(run, profile.site.site)
        self._serial = 0
        self._repeats = Repeats()
        self._kinds: dict[str, Counter[str]] = {}

    def kind_of(self, url: str) -> str:
        """Return the kind of a page: its host, and the profile's form of its URL."""
        reading = read_url(url, self.profile)
        form = self.profile.site.urls.index(reading.form) if reading.form is not None else -1
        return f"{url.partition('://')[2].partition('/')[0]} {form}"

    @property
    def held(self) -> int:
        """The number of pages that are held back."""
        return sum(len(layout.held) for layout in self._layouts.values())

    @property
    def pages(self) -> int:
        """The number of pages that the watch has seen, by all processes of the run."""
        return self._serial

    # --- Pages --------------------------------------------------------------------------------------------------------

    def see(
        self, number: int, url: str, record: Record, trace: Trace | None = None, shape: Mapping[str, str] | None = None
    ) -> Verdict:
        """Take a page with a record into account: `look`, then `take`."""
        return self.take(self.look(number, url, record, trace, shape))

    def look(
        self, number: int, url: str, record: Record, trace: Trace | None = None, shape: Mapping[str, str] | None = None
    ) -> Seen | None:
        """Return what a page with a record shows, None for nothing; `number` is its row in the frontier.

        `shape` is what stands in place of what rules found that hit something all the same (see `TracedPage.shape`).
        """
        layout = self.profile.layouts.get(record.layout.id)
        if layout is None:
            return None
        observation = observe(record, layout)
        state = self._layout(layout.id)
        misses = tuple(rule for rule in observation.misses if self._is_known(layout.id, rule))
        baseline = self._baselines.get(layout.id)
        lists = lists_of(layout)
        optional = {
            *lists,
            *(rule for rule in misses if rule.startswith(LINE) and baseline and baseline.is_optional(rule)),
        }
        traces = {
            rule: found
            for rule in misses
            if (found := self._trace(state, layout.id, rule, trace, optional=rule in optional)) is not None
        }
        rare = [rule for rule in traces if rule in lists and self._expected(state, layout.id, rule) > OFTEN]
        if len({traces[rule] for rule in rare}) < SEVERAL:
            traces = {rule: found for rule, found in traces.items() if rule not in rare}
        traces |= self._instead(layout.id, record, misses)
        traces |= signs(record, observation.hits, misses, layout, baseline, self.profile.site.title)
        traces |= {
            name: found
            for name, found in (shape or {}).items()
            if name.startswith(DATA) or self._is_known(layout.id, rule_of(name))
        }
        return Seen(
            serial=self._serial, at=state.pages, number=number, url=url, kind=self.kind_of(url), layout=layout.id,
            misses=misses, absent=tuple(rule for rule in observation.misses if rule not in misses), traces=traces,
            doubts=observation.doubts, measures=observation.measures, lines=lines_of(record),
        )  # fmt: skip

    def look_refused(
        self,
        number: int,
        url: str,
        error: PortalsieveError,
        trace: Callable[[str], Trace] | None = None,
        missed: Callable[[str], Collection[str]] | None = None,
    ) -> Seen | None:
        """Return what a page without a record shows, if its failure may be due to a changed layout.

        `trace` returns the search for traces on the page, given the layout, `missed` the regions that it lacks.
        """
        layout = error.layout if isinstance(error, Quarantined) else None
        if error.failure not in _TEMPLATE_FAILURES or layout is None or layout not in self.profile.layouts:
            return None
        rule = EVIDENCE
        kind = self.kind_of(url)
        if error.failure is Failure.UNKNOWN_LAYOUT:
            usual = self._kinds.get(kind)
            layout = usual.most_common(1)[0][0] if usual else layout
        elif isinstance(error, Quarantined) and error.rule is not None:
            rule = error.rule if error.rule in rules_of(self.profile.layouts[layout]) else BODY
        state = self._layout(layout)
        found = self._trace(state, layout, rule, trace(layout) if trace is not None else None)
        regions = sorted(missed(layout)) if missed is not None else ()
        return Seen(
            serial=self._serial, at=state.pages, number=number, url=url, kind=kind, layout=layout,
            misses=(rule,), lost=tuple(one for one in regions if one != rule and self._is_usual(state, layout, one)),
            traces={rule: found} if found is not None else {}, refused=True,
        )  # fmt: skip

    def take(self, seen: Seen | None) -> Verdict:
        """Take what a page shows into account, after all pages that have been taken before."""
        if seen is None:
            return Verdict()
        repeated = not seen.refused and self._repeats.add(seen.number, seen.lines)
        absent = tuple(rule for rule in seen.absent if not self._is_known(seen.layout, rule))
        gone = {*seen.misses, *seen.absent}.difference(absent)  # other processes may have hit some since the look
        missed = tuple(rule for rule in rules_of(self.profile.layouts[seen.layout]) if rule in gone)
        return self._take(
            msgspec.structs.replace(
                seen, serial=self._serial, at=self._layout(seen.layout).pages, absent=absent,
                misses=seen.misses if seen.refused else missed,
                doubts=(*seen.doubts, *((REPEATED,) if repeated else ())),
            )
        )  # fmt: skip

    def follow(self, lines: Iterable[bytes]) -> None:
        """Take into account what other processes of the run saw (see `Verdict.observed`)."""
        found = sorted((msgspec.json.decode(line, type=Seen) for line in lines), key=lambda seen: seen.serial)
        for seen in found:
            if seen.layout not in self.profile.layouts:  # that process has another version of the profile
                self._serial = seen.serial + 1
                continue
            if not seen.refused:
                self._repeats.add(seen.number, seen.lines)
            self._take(seen)

    def adopt(self, decision: Decision) -> None:
        """Take over what a process of the run has decided, unless this one has come to it as well."""
        state = self._layout(decision.event.layout)
        if state.event is None:
            state.event, state.failing = decision.event, {*decision.failing}
            self.events.append(decision.event)
            for number in self._in_event(state):
                del state.held[number]
        self.stopped |= {*decision.stopped}

    def _take(self, seen: Seen) -> Verdict:
        state = self._layout(seen.layout)
        self._serial = seen.serial + 1
        state.pages = seen.at
        known = self._known(seen)
        reasons = self._test(state, seen, known)
        state.recent.append(seen)
        del state.recent[:-150]
        if not seen.refused:
            self._kinds.setdefault(seen.kind, Counter())[seen.layout] += 1
            for rule, figure in seen.measures.items():
                state.measured.setdefault(rule, []).append(figure)
        signals = self._signals.add(state, seen, known)
        stopped, revisit = len(self.stopped), self._event(state, seen, reasons)
        held = None
        if reasons and not seen.refused:
            state.held[seen.number] = frozenset(reasons)
            names = sorted({rule for rule, _ in reasons})
            held = f"{', '.join(names)} of layout {seen.layout} may have changed"
        refuse = dict.fromkeys(self._in_event(state), state.event.sentence) if state.event is not None else {}
        for number in refuse:
            del state.held[number]
        release = tuple(number for number, why in state.held.items() if self._is_cleared(state, number, why))
        for number in release:
            del state.held[number]
        again = seen.refused and bool(state.failing & {*seen.misses})
        decision = None
        if state.event is not None and (revisit is not None or len(self.stopped) > stopped):
            decision = Decision(state.event, tuple(sorted(state.failing)), tuple(sorted(self.stopped)))
        return Verdict(
            again=again, held=held, observed=(seen.serial, msgspec.json.encode(seen)), signals=signals,
            release=release, refuse=refuse, decision=decision, revisit=revisit or (),
        )  # fmt: skip

    def _test(self, state: Watched, seen: Seen, known: Sequence[str]) -> set[tuple[str, bool]]:
        """Add the page to all tests; return what speaks for holding it back."""
        state.pages += 1
        levels = threshold()
        missed = {*seen.misses}
        reasons: set[tuple[str, bool]] = set()
        for rule in (*known, *missed):
            test = self._absence(state, seen.layout, rule)
            rare = test.expected() <= RARE
            suspicion = test.add(hit=rule not in missed)
            suspected = suspicion >= levels.hold and is_solid(rule, test)
            if rule in missed and rare and (suspected or rule in state.failing):
                reasons.add((rule, False))
        doubts = {*seen.doubts, *seen.traces}
        for name in {*doubts, *state.traced}:
            if seen.refused and name not in doubts:
                continue
            test = self._rarity(state, seen.layout, name)
            test.add(hit=name not in doubts)
            suspected = is_open(name, test, levels.hold, shown=True)
            if name == REPEATED and self._shares_nothing(seen.layout):
                suspected = suspected or test.expected() <= RARE
            elif name == REPEATED:
                suspected = suspected and test.before >= SOLID
            suspected = suspected or (is_look(name) and test.expected() <= SELDOM)
            if name in doubts and (suspected or rule_of(name) in state.failing):
                reasons.add((name, True))
        return reasons

    def _known(self, seen: Seen) -> list[str]:
        """Return the rules that the page hit."""
        if seen.refused:
            return [EVIDENCE] if EVIDENCE not in seen.misses else []
        layout = self.profile.layouts.get(seen.layout)
        return hit_rules(layout, {*seen.misses, *seen.absent}) if layout is not None else []

    def _trace(
        self, state: Watched, layout: str, rule: str, trace: Trace | None, *, optional: bool = False
    ) -> str | None:
        """Return what stands in place of what a rule found.

        It is searched for a rule that hardly ever misses, and for an `optional` list, which is known by its links: a
        new banner may well look like any other region that is optional.
        """
        if trace is None or (not optional and self._expected(state, layout, rule) > RARE):
            return None
        if state.searches[rule] < MOST_TRACED or state.last_trace.get(rule) is None:
            state.searches[rule] += 1
            state.last_trace[rule] = trace(rule)
        return state.last_trace.get(rule)

    def _instead(self, layout: str, record: Record, misses: Sequence[str]) -> dict[str, str]:
        """Return what stands in the record in place of rules that miss (see `instead`)."""
        baseline = self._baselines.get(layout)
        known = baseline.rules.get(BODY) if baseline is not None else None
        found = instead(record, misses, usually_data=known is None or "data" in known.alternatives)
        state = self._layout(layout)
        return {rule: one for rule, one in found.items() if self._expected(state, layout, rule) <= RARE}

    # --- Events -------------------------------------------------------------------------------------------------------

    def _event(self, state: Watched, seen: Seen, reasons: Iterable[tuple[str, bool]]) -> tuple[int, ...] | None:
        """Return the pages without a record because of an event if this page makes one, or else None."""
        levels = threshold()
        if state.event is not None:
            self._spread(state, state.event, seen.kind)
            return None
        decisive = None
        for name, traced in sorted([*reasons, *(((rule, False) for rule in seen.misses) if seen.refused else ())]):
            test = (state.traced if traced else state.absent)[name]
            level = levels.traced if traced else levels.absent
            if not traced and self._is_template(name, state, seen.layout):
                level = levels.traced
            solid = traced or is_solid(name, test)
            least = TEMPLATE if not traced and seen.refused else MINIMUM
            if test.misses >= least and test.suspicion >= level and solid:
                decisive = test if decisive is None or test.suspicion > decisive.suspicion else decisive
        if decisive is None:
            return None
        first = min(decisive.since, state.pages - 1)
        since = state.recent[max(len(state.recent) - (state.pages - first), 0) :]
        state.failing = self._failing(state)
        shown = self._shown(state, decisive) if any(decisive is one for one in state.traced.values()) else None
        affected = [one for one in since if _shows(one, state.failing)]
        rule = explains(
            self.profile.layouts[seen.layout], shown or state.failing, affected, state.failing,
            self._baselines.get(seen.layout),
        )  # fmt: skip
        traces = (found for one in reversed(affected) for name, found in one.traces.items() if rule_of(name) == rule)
        now = next(traces, None)
        state.event = Event(
            layout=seen.layout, rule=rule, since=(affected or [seen])[0].url, after=first, pages=len(affected), now=now,
            also=tuple(sorted(state.failing - {rule})),
        )  # fmt: skip
        self.events.append(state.event)
        kinds, hit = Counter(one.kind for one in since), Counter(one.kind for one in affected)
        self.stopped |= {kind for kind, pages in hit.items() if pages >= PART * kinds[kind]}
        return tuple(one.number for one in state.recent if one.refused and state.failing & {*one.misses})

    def _spread(self, state: Watched, event: Event, kind: str) -> None:
        """Stop fetching pages of another kind as well if they show the change: hosts are not asked at one pace."""
        if kind not in self.stopped:
            since = [one for one in state.recent if one.kind == kind and one.at >= event.after]
            hit = sum(_shows(one, state.failing) for one in since)
            if hit >= MINIMUM and hit >= PART * len(since):
                self.stopped.add(kind)

    def _is_template(self, rule: str, state: Watched, layout: str) -> bool:
        """Return whether the layout itself is not recognised, or a required value is missing."""
        return rule in {EVIDENCE, HEADLINE, BODY} and self._absence(state, layout, rule).pages > 0

    def _failing(self, state: Watched) -> set[str]:
        """Return the rules that are suspected."""
        absent = {rule for rule, test in state.absent.items() if _fails(test) and test.expected() <= RARE}
        return absent | {rule_of(name) for name, test in state.traced.items() if _fails(test)}

    def _shown(self, state: Watched, decisive: RuleTest) -> set[str]:
        """Return the rules whose pages show a change about as clearly as the `decisive` test, by signs if there are."""
        least = CLEARLY * decisive.suspicion
        names = [name for name, test in state.traced.items() if _fails(test) and test.suspicion >= least]
        for chosen in (filter(is_sign, names), filter(is_rare, names), names):
            if rules := {*map(rule_of, chosen)}:
                return rules
        return set()

    def _in_event(self, state: Watched) -> list[int]:
        """Return the held pages that show the change."""
        return [number for number, why in state.held.items() if any(rule_of(name) in state.failing for name, _ in why)]

    def _is_cleared(self, state: Watched, number: int, why: Iterable[tuple[str, bool]]) -> bool:
        """Return whether a held page is one of the usual ones, as far as pages of its own kind show it.

        Hosts are not asked at one pace: usual pages of another host may be older than a change.
        """
        at = next((at for at, seen in enumerate(state.recent) if seen.number == number), None)
        if at is not None and sum(one.kind == state.recent[at].kind for one in state.recent[at + 1 :]) < SAME_KIND:
            return False
        return not any(
            is_open(name, (state.traced if shown else state.absent)[name], _SETTLED, shown=shown) for name, shown in why
        )

    def totals(self) -> dict[tuple[str, str], tuple[int, int]]:
        """Return hits and pages of this run by layout and rule."""
        return {
            (layout, rule): (test.hits_seen, test.seen)
            for layout, state in self._layouts.items()
            for rule, test in state.absent.items()
        }

    # --- The end ------------------------------------------------------------------------------------------------------

    def end(self) -> Ending:
        """Decide about the pages that are still held, and return the last signals and the shifts.

        More pages may follow, after which the end is reached again.
        """
        release: list[int] = []
        refuse: dict[int, str] = {}
        signals: list[Signal] = []
        shifts: list[Shift] = []
        levels = threshold()
        for layout, state in self._layouts.items():
            for number, why in state.held.items():
                tests = ((name, (state.traced if shown else state.absent)[name], shown) for name, shown in why)
                open_ = sorted(
                    {rule_of(name) for name, test, shown in tests if is_open(name, test, levels.undecided, shown=shown)}
                )
                if open_:
                    refuse[number] = (
                        f"{', '.join(open_)} of layout {layout} may have changed, and the run ended before that was"
                        f" decided; if it is right, `scrapy retry {self.profile.site.site} --release` publishes it"
                    )
                else:
                    release.append(number)
            state.held.clear()
            if state.blocks or state.figures:
                signals += self._signals.block(state, layout)
            shifts += state.shifts(layout, self._figures)
        return Ending(release=tuple(release), refuse=refuse, signals=tuple(signals), shifts=tuple(shifts))


def _fails(test: RuleTest) -> bool:
    return test.suspicion >= threshold().hold and test.misses >= MINIMUM


def _shows(seen: Seen, failing: Set[str]) -> bool:
    """Return whether a page shows a change of these rules."""
    return not failing.isdisjoint((*seen.misses, *map(rule_of, (*seen.traces, *seen.doubts))))
