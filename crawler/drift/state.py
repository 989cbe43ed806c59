"""What a watch knows of one layout during a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from .events import Event, Seen, Shift
from .looks import is_look
from .observe import BODY, DATE, EVIDENCE, HEADLINE, SOURCE
from .otherwise import is_rare
from .ranks import FAR, median, ranked
from .sequential import RuleTest

SOLID: Final = 20
"""Crawled pages after which a rule's history is more than its fixtures, which may all be of one channel or frame."""
MANY: Final = 60
"""Pages of a layout in a run among which a few that show a sign of change may be of a kind that nobody reviewed."""
SELDOM: Final = 0.05
"""Maximum expected rate of a sign of change for one page to be held back because of it."""
SHOWN: Final = 3
"""Minimum pages with a look of which one page proves nothing, for them to stay held back."""
_CORE: Final = frozenset({EVIDENCE, HEADLINE, BODY, DATE, SOURCE, "fields.headline"})
"""Rules that pages of any channel hit."""


class Watched:
    """One layout of the run: its tests, the pages that are held, the pages seen last."""

    def __init__(self) -> None:
        self.pages = 0
        self.absent: dict[str, RuleTest] = {}
        self.traced: dict[str, RuleTest] = {}
        self.held: dict[int, frozenset[tuple[str, bool]]] = {}
        """Held pages, with what they are held for: rules, and whether with a trace."""
        self.recent: list[Seen] = []
        self.event: Event | None = None
        self.failing: set[str] = set()
        self.searches: Counter[str] = Counter()
        self.last_trace: dict[str, str | None] = {}
        self.blocks: dict[str, list[int]] = {}
        self.figures: dict[str, list[int]] = {}
        self.measured: dict[str, list[int]] = {}

    def shifts(self, layout: str, figures: Mapping[tuple[str, str], Sequence[int]]) -> list[Shift]:
        """Return the measures that differ from `figures`, those of earlier runs."""
        found = []
        for rule, now in self.measured.items():
            before = figures.get((layout, rule), ())
            score = ranked(before, now)
            if abs(score) >= FAR:
                found.append(Shift(layout, rule, median(before), median(now), round(score, 1)))
        return found


def is_open(name: str, test: RuleTest, level: float, *, shown: bool) -> bool:
    """Return whether what speaks against a page is suspected at a level.

    With `shown` it is a doubt or a sign of change. A sign is, however few pages show it, unless it is usual for the
    layout, or the run has had many pages of which no more than a few show it. A look is if `SHOWN` of them show it.
    """
    enough = is_sign(name) or (is_look(name) and test.misses >= SHOWN)
    few = shown and enough and test.first + test.seen < MANY and test.expected() <= SELDOM
    return few or test.suspicion >= level


def is_sign(name: str) -> bool:
    """Return whether the name of a doubt is that of a sign of change, not a flag's or a look's."""
    return "." in name and is_rare(name) and not is_look(name)


def is_solid(rule: str, test: RuleTest) -> bool:
    """Return whether misses of a rule say something by themselves."""
    return rule in _CORE or test.crawled >= SOLID
