"""Runs of pages of one layout beside pages of before: rules that a run hits too seldom, though no page shows it.

A list or a name that only some pages have is missed on none in particular. Over a run it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import comb

from ...page.text import size
from ...profiles.model import Layout
from ...records.model import Record
from ..before import unknown_share
from ..observe import BODY, HEADLINE, IMAGES, UNKNOWN, Observation, observe
from .cases import base_rule

_FEWEST = 3
_CHANCE = 0.02
"""Chance below which so few hits are not taken for chance."""
_HELD = 0.75
"""Share of what a list's items held before, below which some are missed."""
_UNKNOWN = 0.03
"""Share of unclaimed text that a run may have more than any page of before."""
_TEXTS = frozenset({BODY, HEADLINE, IMAGES, UNKNOWN})


def shortfall(run: Sequence[Record], before: Sequence[Record], layout: Layout) -> list[str]:
    """Return the rules that a run of pages hits too seldom by what pages of before do; [] with too few of either."""
    if not run or len(before) < 2:
        return []
    then, now = [observe(one, layout) for one in before], [observe(one, layout) for one in run]
    known = Counter(rule for one in then for rule in one.hits)
    hits = Counter(rule for one in now for rule in one.hits)
    found = [rule for rule, count in known.items() if _too_few(hits[rule], len(run), count, len(before))]
    found += [rule for rule in sorted(_lists(then)) if rule not in found and _shorter(rule, now, then)]
    found += [rule for rule in _items_lost(run, before) if rule not in found]
    shares = [share for one in before if (share := unknown_share(one)) is not None]
    unknown = [share for one in run if (share := unknown_share(one)) is not None]
    if shares and unknown and min(unknown) > max(shares) + _UNKNOWN:
        found.append("unknown text")
    return found


def _items_lost(run: Sequence[Record], before: Sequence[Record]) -> list[str]:
    """Return the lists whose items hold clearly less of the list's text on some pages of a run than on any before."""
    now, then = _held(run), _held(before)
    return [
        f"{rule}.items"
        for rule, shares in now.items()
        if len(then.get(rule, ())) > 1 and sum(share < _HELD * min(then[rule]) for share in shares) >= _FEWEST
    ]


def _held(pages: Sequence[Record]) -> dict[str, list[float]]:
    """Return for each list the share of its text that is in its items' headlines, by page."""
    found: dict[str, list[float]] = {}
    for page in pages:
        for entry in page.chrome:
            text = size(entry.text or "")
            if entry.items is not None and text:
                inside = sum(size(item.headline or "") for item in entry.items)
                found.setdefault(base_rule(entry.rule), []).append(inside / text)
    return found


def unusual(run: Sequence[Record], before: Sequence[Record], layout: Layout) -> list[int]:
    """Return the numbers of the pages of a run that miss what all pages of before hit; all pages if none or few do."""
    then = [set(observe(one, layout).hits) for one in before]
    always = set.intersection(*then) if len(then) > 1 else set()
    found = [number for number, one in enumerate(run) if always - set(observe(one, layout).hits)]
    return found if len(found) >= _FEWEST else [*range(len(run))]


def _too_few(hits: int, pages: int, known: int, before: int) -> bool:
    if hits == 0:
        return pages * known >= before and (pages >= _FEWEST or known == before)
    rate = known / (before + 1)
    chance = sum(comb(pages, one) * rate**one * (1 - rate) ** (pages - one) for one in range(hits + 1))
    return chance < _CHANCE


def _lists(pages: Sequence[Observation]) -> set[str]:
    return {rule for one in pages for rule in one.measures if rule not in _TEXTS}


def _shorter(rule: str, now: Sequence[Observation], then: Sequence[Observation]) -> bool:
    """Return whether the longest list of a run is shorter than any of before."""
    lengths = [one.measures[rule] for one in now if rule in one.measures]
    known = [one.measures[rule] for one in then if rule in one.measures]
    return len(lengths) >= _FEWEST and len(known) > 1 and max(lengths) < min(known)
