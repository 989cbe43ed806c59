"""What is known of the rules of a site's layouts: from reviewed fixtures, earlier runs and the pages of this run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .baseline import Baseline
from .observe import BODY, DATE, EVIDENCE, HEADLINE
from .otherwise import is_rare, is_short
from .repeats import OTHERS, REPEATED
from .sequential import MOST_HISTORY, RARE, RuleTest
from .state import Watched

USUAL: Final = 15
"""Pages with a record that a reviewed layout is assumed to have had, none of them with fewer lines than its fixtures:
of 57 recorded pages none had."""
PAGES: Final = 4
"""Pages that a layout is assumed to have had without a doubt that pages of other kinds have."""
_REQUIRED: Final = frozenset({EVIDENCE, HEADLINE, BODY, DATE})
"""Rules without which there is no record."""


class Known:
    """The tests of each layout's rules, begun from `baselines` and `history` (see `crawler.drift.watch.Watch`)."""

    def __init__(
        self, baselines: Mapping[str, Baseline], history: Mapping[tuple[str, str], tuple[int, int]] | None
    ) -> None:
        self._baselines = baselines
        self._history = dict(history or {})
        self._layouts: dict[str, Watched] = {}

    def _absence(self, state: Watched, layout: str, rule: str) -> RuleTest:
        """Return the test of a rule's misses, begun with this page if there is none."""
        if rule not in state.absent:
            state.absent[rule] = self._begun(state, layout, rule)
        return state.absent[rule]

    def _expected(self, state: Watched, layout: str, rule: str) -> float:
        """Return the rate of misses of a rule that is expected; no test is begun."""
        return (state.absent.get(rule) or self._begun(state, layout, rule)).expected()

    def _begun(self, state: Watched, layout: str, rule: str) -> RuleTest:
        hits, pages = self._past(layout, rule)
        reviewed = self._reviewed(layout).get(rule, (0, 0))[1]
        if rule in _REQUIRED and layout in self._baselines and hits == pages:
            hits, pages, reviewed = hits + USUAL, pages + USUAL, reviewed + USUAL
        test = RuleTest(hits, pages, max(state.pages - 1, 0), reviewed)
        if rule not in self._reviewed(layout) and (layout, rule) not in self._history:
            test.pages += max(state.pages - 1, 0)  # pages of this run before the first hit
        return test

    def _rarity(self, state: Watched, layout: str, name: str) -> RuleTest:
        """Return the test of a doubt, or of a miss with a trace: on pages of an unchanged layout they are rare."""
        test = state.traced.get(name)
        if test is None:
            hits, pages = self._doubted(layout, name)
            baseline = self._baselines.get(layout)
            if baseline is not None and name != REPEATED:
                assumed = USUAL if is_short(name) else PAGES
                reviewed = MOST_HISTORY if is_rare(name) else baseline.pages + assumed
                doubted = reviewed * baseline.doubts.get(name, 0) / max(baseline.pages, 1)
                hits, pages = hits + int(reviewed - doubted), pages + int(reviewed)
            before = max(state.pages - 1, 0)
            test = state.traced[name] = RuleTest(hits + before, pages + before, before)
        return test

    def _doubted(self, layout: str, name: str) -> tuple[int, int]:
        """Return the pages of earlier runs without a doubt, and all.

        Names with a rule and more are only counted on pages that show them, because they are too many; repeated lines
        are counted from the first page of a run that shows one.
        """
        hits, pages = self._history.get((layout, f"doubt {name}"), (0, 0))
        every = self._history.get((layout, EVIDENCE), (0, 0))[1] if name == REPEATED or (pages and " " in name) else 0
        return hits + max(every - pages, 0), max(pages, every)

    def _shares_nothing(self, layout: str) -> bool:
        """Return whether reviewed pages of a layout have no line in common: one that all pages of a run have is new."""
        baseline = self._baselines.get(layout)
        return baseline is not None and baseline.pages > OTHERS and REPEATED not in baseline.doubts

    def _past(self, layout: str, rule: str) -> tuple[int, int]:
        """Return hits and pages of a rule on reviewed fixtures and in earlier runs."""
        reviewed = self._reviewed(layout).get(rule, (0, 0))
        hits, pages = self._history.get((layout, rule), (0, 0))
        return reviewed[0] + hits, reviewed[1] + pages

    def _reviewed(self, layout: str) -> dict[str, tuple[int, int]]:
        baseline = self._baselines.get(layout)
        return {rule: (one.hits, one.pages) for rule, one in baseline.rules.items()} if baseline is not None else {}

    def _is_known(self, layout: str, rule: str) -> bool:
        """Return whether any page has hit a rule: one that none has hit cannot fail."""
        state = self._layouts.get(layout)
        return self._past(layout, rule)[0] > 0 or (state is not None and rule in state.absent)

    def _is_usual(self, state: Watched, layout: str, rule: str) -> bool:
        return self._is_known(layout, rule) and self._expected(state, layout, rule) <= RARE

    def _layout(self, layout: str) -> Watched:
        return self._layouts.setdefault(layout, Watched())
