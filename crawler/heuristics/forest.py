"""The general reading's model: boosted trees as data (`general.json`), evaluated without a library.

A tree is a whole number, which is a leaf, or `[figure, threshold, low, high]`: `low` is taken where the figure is at
most the threshold. A line's leaves are added up; the sum over `SCALE` is the logarithm of the odds that it is the
body's. The trees are turned into one Python function of nested comparisons, which is five times as fast as a
loop over the data. All that gets into its source are whole numbers.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import msgspec

MODEL: Final = Path(__file__).with_name("general.json")
SCALE: Final = 1000
"""What a leaf of one logit is written as."""

Row = tuple[int, ...]
Scorer = Callable[[Row], int]


class Step(msgspec.Struct, frozen=True, array_like=True):
    """A step of the calibration: from `raw` on the confidence is `share`."""

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
        return self.steps[max(0, bisect_right([step.raw for step in self.steps], raw) - 1)].share


class Forest:
    """A model ready for use; `version` is a digest of its file."""

    def __init__(self, model: Model, version: str) -> None:
        self.model = model
        self.version = version
        self.score = _compiled(model)

    def decided(self, row: Row) -> list[tuple[str, int, float]]:
        """Return the figures that a line's score was decided by: name, value, and logits for (or against) it.

        Each comparison on a line's way through a tree counts for its figure by what it changes in the mean of the
        leaves that can still be reached. The most decisive stand first.
        """
        moved: dict[int, float] = {}
        for tree in self.model.trees:
            node, mean = tree, _mean(tree)
            while isinstance(node, list):
                figure, threshold, low, high = node
                node = low if row[figure] <= threshold else high
                after = _mean(node)
                moved[figure] = moved.get(figure, 0.0) + after - mean
                mean = after
        order = sorted(moved.items(), key=lambda item: (-abs(item[1]), item[0]))
        return [(self.model.figures[figure], int(row[figure]), round(amount / SCALE, 2)) for figure, amount in order]


def _mean(node: Any) -> float:
    """Return the mean of the leaves below a node, each branch counted alike."""
    return (_mean(node[2]) + _mean(node[3])) / 2 if isinstance(node, list) else float(node)


@lru_cache(maxsize=1)
def forest() -> Forest:
    """Return the model that ships with the project."""
    return load(MODEL)


def load(file: Path) -> Forest:
    """Return the model in a file."""
    source = file.read_bytes()
    return Forest(msgspec.json.decode(source, type=Model), hashlib.sha256(source).hexdigest())


def _compiled(model: Model) -> Scorer:
    """Return a function from a row of figures to the score in thousandths."""
    figures = ", ".join(f"f{number}" for number in range(len(model.figures)))
    lines = [f"def score(row):\n ({figures},) = row\n s = 0\n"]
    for tree in model.trees:
        _write(tree, lines, 1)
    lines.append(" return s\n")
    space: dict[str, Any] = {}
    exec(compile("".join(lines), "general.json", "exec"), space)  # noqa: S102 - made of whole numbers alone
    score: Scorer = space["score"]
    return lambda row: round(1000 / (1 + math.exp(-max(-30_000, min(30_000, score(row))) / SCALE)))


def _write(tree: object, lines: list[str], depth: int) -> None:
    pad = " " * depth
    if isinstance(tree, list) and len(tree) == 4:
        figure, threshold, low, high = tree
        lines.append(f"{pad}if f{_whole(figure)} <= {_whole(threshold)}:\n")
        _write(low, lines, depth + 1)
        lines.append(f"{pad}else:\n")
        _write(high, lines, depth + 1)
    else:
        lines.append(f"{pad}s += {_whole(tree)}\n")


def _whole(value: object) -> int:
    if type(value) is not int:
        raise ValueError(f"general.json: {value!r} is no whole number; train the model anew")
    return value
