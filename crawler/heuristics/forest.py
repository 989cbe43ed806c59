"""The general reading's model: boosted trees as data (`general.json`), evaluated without a library.

A tree is a whole number, which is a leaf, or `[figure, threshold, low, high]`: `low` is taken where the figure is at
most the threshold. A line's leaves are added up; the sum over `SCALE` is the logarithm of the odds that it is the
body's. All leaves of all trees are the bits of one number. A figure's value rules out the leaves on the other side of
each comparison with it, which is a mask that is looked up; what all masks leave is one leaf of each tree. That takes
half of the time of the comparisons as nested ifs, and a sixth to load.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache, reduce
from operator import and_, getitem
from pathlib import Path
from typing import Any, Final

import msgspec

MODEL: Final = Path(__file__).with_name("general.json")
SCALE: Final = 1000
"""What a leaf of one logit is written as."""

Row = tuple[int, ...]
Scorer = Callable[[Row], int]


class Step(msgspec.Struct, frozen=True, array_like=True):
    """A point of the calibration: at `raw` the confidence is `share`, between two points on the line between them."""

    raw: float
    share: float


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: `trees` over `figures`, how the body is chosen, how the confidence is reckoned (`weights`, `steps`)."""

    format: int
    figures: tuple[str, ...]
    trees: tuple[Any, ...]
    inside: int
    edge: int
    weights: tuple[float, ...]
    steps: tuple[Step, ...]

    def confidence(self, signs: Sequence[float]) -> float:
        """Return the share of pages like this one whose body is right, from the signs of its reading."""
        raw = self.weights[0] + sum(weight * sign for weight, sign in zip(self.weights[1:], signs, strict=True))
        at = bisect_right([step.raw for step in self.steps], raw)
        if at in {0, len(self.steps)}:
            return self.steps[max(0, at - 1)].share
        below, above = self.steps[at - 1], self.steps[at]
        return round(below.share + (above.share - below.share) * (raw - below.raw) / (above.raw - below.raw), 3)


class Forest:
    """A model ready for use; `version` is a digest of its file."""

    def __init__(self, model: Model, version: str) -> None:
        self.model = model
        self.version = version
        self.score = _scorer(model)
        self._means: dict[int, float] = {}  # by the id of a node, which the model keeps

    def decided(self, row: Row) -> list[tuple[str, int, float]]:
        """Return the figures that a line's score was decided by: name, value, and logits for (or against) it.

        Each comparison on a line's way through a tree counts for its figure by what it changes in the mean of the
        leaves that can still be reached. The most decisive stand first.
        """
        moved: dict[int, float] = {}
        for tree in self.model.trees:
            node, mean = tree, self._mean(tree)
            while isinstance(node, list):
                figure, threshold, low, high = node
                node = low if row[figure] <= threshold else high
                after = self._mean(node)
                moved[figure] = moved.get(figure, 0.0) + after - mean
                mean = after
        order = sorted(moved.items(), key=lambda item: (-abs(item[1]), item[0]))
        return [(self.model.figures[figure], int(row[figure]), round(amount / SCALE, 2)) for figure, amount in order]

    def _mean(self, node: Any) -> float:
        """Return the mean of the leaves below a node, each branch counted alike."""
        if not isinstance(node, list):
            return float(node)
        mean = self._means.get(id(node))
        if mean is None:
            mean = self._means[id(node)] = (self._mean(node[2]) + self._mean(node[3])) / 2
        return mean


@lru_cache(maxsize=1)
def forest() -> Forest:
    """Return the model that ships with the project."""
    return load(MODEL)


def load(file: Path) -> Forest:
    """Return the model in a file."""
    source = file.read_bytes()
    return Forest(msgspec.json.decode(source, type=Model), hashlib.sha256(source).hexdigest())


class _Masks(dict[int, int]):
    """Which leaves a figure's value leaves: by value, found when it is first asked for.

    `thresholds` are those that it is compared with in order, `masks` what is left of the leaves below and between them.
    """

    MEMORY = 10_000

    def __init__(self, thresholds: list[int], masks: list[int]) -> None:
        super().__init__()
        self._thresholds = thresholds
        self._masks = masks

    def __missing__(self, value: int) -> int:
        if len(self) >= self.MEMORY:
            self.clear()
        mask = self[value] = self._masks[bisect_left(self._thresholds, value)]
        return mask


class _Leaves:
    """The leaves of all trees as bits, and what each comparison rules out."""

    def __init__(self, figures: int) -> None:
        self.values: list[int] = []
        """What each leaf counts, less the least of its tree."""
        self.least = 0
        """The sum of the least leaves of the trees."""
        self.ruled: list[dict[int, tuple[int, int]]] = [{} for _ in range(figures)]
        """By figure and threshold: the leaves that a value up to the threshold rules out, and one above it."""

    def add(self, tree: object) -> None:
        """Add a tree."""
        start = len(self.values)
        self._add(tree)
        least = min(self.values[start:])
        self.values[start:] = [value - least for value in self.values[start:]]
        self.least += least

    def _add(self, node: object) -> None:
        if not isinstance(node, list):
            self.values.append(_whole(node))
            return
        figure, threshold, low, high = node
        start = len(self.values)
        self._add(low)
        middle = len(self.values)
        self._add(high)
        end = len(self.values)
        own = self.ruled[_whole(figure)]
        if_low, if_high = own.get(_whole(threshold), (0, 0))
        own[threshold] = if_low | (1 << end) - (1 << middle), if_high | (1 << middle) - (1 << start)

    def masks(self) -> list[_Masks]:
        """Return the masks of each figure."""
        return [self._masks_of(ruled) for ruled in self.ruled]

    def _masks_of(self, ruled: dict[int, tuple[int, int]]) -> _Masks:
        thresholds = sorted(ruled)
        left = [(1 << len(self.values)) - 1]
        for threshold in reversed(thresholds):
            left.append(left[-1] & ~ruled[threshold][0])
        left.reverse()
        above = left[-1]
        for number, threshold in enumerate(thresholds, 1):
            above &= ~ruled[threshold][1]
            left[number] &= above
        return _Masks(thresholds, left)

    def digits(self) -> list[int]:
        """Return for each binary digit of the leaves' values, from the highest, the leaves that have it."""
        return [
            sum(1 << leaf for leaf, value in enumerate(self.values) if value >> digit & 1)
            for digit in reversed(range(max(self.values, default=0).bit_length()))
        ]


def _scorer(model: Model) -> Scorer:
    """Return a function from a row of figures to the score in thousandths."""
    leaves = _Leaves(len(model.figures))
    for tree in model.trees:
        leaves.add(tree)
    masks, digits, least = leaves.masks(), leaves.digits(), leaves.least

    def score(row: Row) -> int:
        left = reduce(and_, map(getitem, masks, row))
        total = 0
        for digit in digits:
            total += total + (left & digit).bit_count()
        total += least
        return round(1000 / (1 + math.exp(-max(-30_000, min(30_000, total)) / SCALE)))

    return score


def _whole(value: object) -> int:
    if type(value) is not int:
        raise ValueError(f"general.json: {value!r} is not a whole number; train the model again")
    return value
