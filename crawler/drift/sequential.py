"""A sequential test of one rule: whether pages that miss it are the usual ones, or the layout has changed.

Two accounts of the same pages are compared, page by page. By the usual one, a page misses the rule with a rate that is
known only as far as history goes: a Beta distribution of the hits and misses so far. By the other one, the layout has
changed at some page, for all pages since or for a part of them. The logarithm of the ratio of the two likelihoods,
at the change that explains the pages best, is the rule's suspicion. Few pages of history mean a wide Beta, so that one
absence proves nothing; a rule that always hit on a hundred pages is suspected at the first miss, but still not judged.

The thresholds are not a formula's but those of a simulation (`training/drift.py`), whose results are in
`threshold.json`: pages come in bursts of one channel, and channels differ.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

LONGEST: Final = 120
"""Pages that a change is searched in; those before are history."""
MOST_HISTORY: Final = 60.0
"""Maximum pages that history counts as: pages of one channel resemble each other, so a thousand are not a thousand."""
SHARES: Final = (1.0, 0.5, 0.3)
"""Shares of the pages that a change may have hit."""
RARE: Final = 0.2
"""Maximum expected rate of misses of a rule that is tested: what is often missing says nothing by being missing."""
MINIMUM: Final = 4
"""Minimum misses of a decision: no absence on one page, and no burst of three, is a change."""


class Threshold(msgspec.Struct, frozen=True):
    """Suspicions (natural logarithms) at which something happens.

    Pages are held back from `hold` on, and at the end of a run released below `undecided`. The layout has changed from
    `absent` on, or from `traced` on if what the rule found stands elsewhere on the pages that miss it.
    """

    hold: float
    undecided: float
    absent: float
    traced: float


class _File(msgspec.Struct, frozen=True):
    threshold: Threshold


@lru_cache(maxsize=1)
def threshold() -> Threshold:
    """Return the thresholds that the simulation found."""
    return msgspec.json.decode(Path(__file__).with_name("threshold.json").read_bytes(), type=_File).threshold


class RuleTest:
    """The test of one rule in one run. `hits` of `pages` is its history: fixtures, and earlier runs.

    `first` is the number of the first page that is tested, `reviewed` the number of pages of its history that no crawl
    has fetched.
    """

    def __init__(self, hits: float, pages: float, first: int = 0, reviewed: float = 0.0) -> None:
        self.first = first
        self.reviewed = reviewed
        self.hits = float(hits)
        self.pages = float(pages)
        self.marks: list[bool] = []
        self.suspicion = 0.0
        self.since = 0
        """The number of the page, from 0, at which the change began that explains the pages best."""
        self.hits_seen = 0
        self._dropped = 0

    @property
    def seen(self) -> int:
        """The number of pages in this run."""
        return self._dropped + len(self.marks)

    def add(self, *, hit: bool) -> float:
        """Take the next page into account and return the suspicion."""
        self.marks.append(hit)
        self.hits_seen += hit
        if len(self.marks) > LONGEST:
            first = self.marks.pop(0)
            self._dropped += 1
            self.hits += first
            self.pages += 1
        if all(self.marks) or (not hit and self.expected() > RARE):
            self.suspicion = 0.0
        elif self.suspicion or not hit:
            self.suspicion, at = self._best()
            self.since = self.first + self._dropped + at
        return self.suspicion

    @property
    def misses(self) -> int:
        """The number of misses since the suspected change."""
        return self.marks[max(self.since - self.first - self._dropped, 0) :].count(False)

    @property
    def before(self) -> float:
        """The number of pages before the suspected change, history included."""
        return self.pages + max(self.since - self.first - self._dropped, 0)

    @property
    def crawled(self) -> float:
        """The number of pages before the suspected change that a crawl has fetched."""
        return self.before - self.reviewed

    def expected(self) -> float:
        """Return the rate of misses that history suggests."""
        hits, misses = _scaled(self.hits, self.pages - self.hits)
        return misses / (hits + misses)

    def _best(self) -> tuple[float, int]:
        """Return the largest log-likelihood ratio of a change, and the page at which it began."""
        best, at = 0.0, len(self.marks)
        hits, misses = self.hits, self.pages - self.hits
        total, missed = len(self.marks), self.marks.count(False)
        before = 0
        for start, mark in enumerate(self.marks):
            if not mark:
                left = missed - before
                ratio = _ratio(total - start - left, left, hits + start - before, misses + before)
                if ratio > best:
                    best, at = ratio, start
                before += 1
        return best, at


def _scaled(hits: float, misses: float) -> tuple[float, float]:
    """Return the parameters of the Beta distribution of hits and misses."""
    scale = min(1.0, MOST_HISTORY / max(hits + misses, 1.0))
    return hits * scale + 0.5, misses * scale + 0.5


def _ratio(hit: int, missed: int, hits: float, misses: float) -> float:
    """Return the log-likelihood ratio of a change, for the share of pages that fits best.

    `hit` and `missed` are the pages since the change, `hits` and `misses` those before.
    """
    good, bad = _scaled(hits, misses)
    usual = _beta(good + hit, bad + missed) - _beta(good, bad)
    rate = bad / (good + bad)
    return max(
        missed * math.log(share + (1 - share) * rate) + hit * math.log(max((1 - share) * (1 - rate), 1e-3)) - usual
        for share in SHARES
    )


def _beta(one: float, other: float) -> float:
    return math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)
