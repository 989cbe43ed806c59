"""How brittle the rules of a site are: changed layouts of its stored pages, scored by layout, rule and kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from ..records.model import Record
from .mutants import Mutant


class Score(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Outcomes of changed pages: `right` records, pages without a record, wrong records with and without a new flag.

    `score` is the share of right records among the changed pages that still have all the content, None without one.
    """

    right: int = 0
    refused: int = 0
    flagged: int = 0
    silent: int = 0
    score: float | None = None

    @property
    def total(self) -> int:
        """The number of changed pages."""
        return self.right + self.refused + self.flagged + self.silent


class Robustness(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The scores of a site: by layout and rule, by layout and kind of change, and of the harmless kinds."""

    site: str
    seed: int
    rules: Mapping[str, Mapping[str, Score]]
    kinds: Mapping[str, Mapping[str, Score]]
    harmless: Mapping[str, Mapping[str, Score]]


class _Count:
    """The outcomes counted so far for one row."""

    def __init__(self) -> None:
        self.outcomes = dict.fromkeys(("right", "refused", "flagged", "silent"), 0)
        self.kept = 0
        self.kept_right = 0

    def add(self, outcome: str, *, content: bool) -> None:
        self.outcomes[outcome] += 1
        self.kept += content
        self.kept_right += content and outcome == "right"

    def score(self) -> Score:
        return Score(**self.outcomes, score=round(self.kept_right / self.kept, 3) if self.kept else None)


class Tally:
    """Counts the outcomes of changed pages; `before` are the flags of the unchanged ones by the page's name."""

    def __init__(self, site: str, seed: int) -> None:
        self._site = site
        self._seed = seed
        self._rules: dict[str, dict[str, _Count]] = {}
        self._kinds: dict[str, dict[str, _Count]] = {}
        self._harmless: dict[str, dict[str, _Count]] = {}
        self.pages = 0

    def add(self, made: Mutant, record: Record | None, wrong: Iterable[str]) -> str:
        """Count a changed page with its record and the names of its wrong values; return the outcome."""
        outcome = self._outcome(made, record, [*wrong])
        kinds = self._harmless if made.kind.harmless else self._kinds
        rows = [(kinds, made.kind.name)]
        if not made.kind.harmless:
            rows += [(self._rules, rule) for rule in dict.fromkeys(made.touches)]
        for table, name in rows:
            table.setdefault(made.layout, {}).setdefault(name, _Count()).add(outcome, content=made.content)
        self.pages += 1
        return outcome

    @staticmethod
    def _outcome(made: Mutant, record: Record | None, wrong: list[str]) -> str:
        if not wrong:
            return "right"
        if record is None:
            return "refused"
        return "flagged" if set(record.flags) - set(made.flags) else "silent"

    def result(self) -> Robustness:
        """Return the scores so far, the most brittle first."""
        return Robustness(
            site=self._site,
            seed=self._seed,
            rules=_scored(self._rules),
            kinds=_scored(self._kinds),
            harmless=_scored(self._harmless),
        )


def _scored(table: Mapping[str, Mapping[str, _Count]]) -> dict[str, dict[str, Score]]:
    return {
        layout: dict(
            sorted(
                ((name, count.score()) for name, count in rows.items()),
                key=lambda row: (row[1].score is None, row[1].score, row[0]),
            )
        )
        for layout, rows in sorted(table.items())
    }
