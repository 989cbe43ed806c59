"""Compares measures with those of earlier runs by rank, which a few odd pages do not disturb."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

FAR: Final = 5.0
"""The least standard score of a shift."""
_FEW_FIGURES: Final = 15


def ranked(before: Sequence[int], now: Sequence[int]) -> float:
    """Return by how many standard errors `now` ranks above `before` (Mann and Whitney), 0 with too few figures."""
    if len(before) < _FEW_FIGURES or len(now) < _FEW_FIGURES:
        return 0.0
    counts = Counter(before) + Counter(now)
    ranks: dict[int, float] = {}
    below = 0
    for figure in sorted(counts):
        ranks[figure] = below + (counts[figure] + 1) / 2
        below += counts[figure]
    one, other, total = len(now), len(before), below
    over = sum(ranks[figure] for figure in now) - one * (one + 1) / 2 - one * other / 2
    ties = sum(count**3 - count for count in counts.values()) / (total * (total - 1))
    spread = one * other / 12 * (total + 1 - ties)
    return over / spread**0.5 if spread > 0 else 0.0


def median(figures: Sequence[int]) -> int:
    """Return the middle one of `figures`."""
    return sorted(figures)[len(figures) // 2]
