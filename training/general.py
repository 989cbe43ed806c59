"""Train the general reading: `python -m training.general [FOLDER…]`.

Without folders the sets of `../shared` are read. Writes `crawler/heuristics/general.json`, the scores by fold
(`training/scores.json`) and a report to standard output. Seeds, folds and the order of pages are fixed and one thread
is used, so the same pages give the same bytes. Nothing of a page gets into what is written.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import lightgbm
import msgspec
import numpy as np

from crawler.errors import PageRefused
from crawler.heuristics.body import Reading, chosen
from crawler.heuristics.features import FIRST, SECOND, Figures
from crawler.heuristics.forest import MODEL, SCALE
from crawler.heuristics.outline import Outline
from crawler.page.dom import Page
from training.labels import labels
from training.pages import Example, examples, f1, squeezed

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
SETS = ("corpus", "general/immortal", "general/fundus-dev", "general/wcxb-articles", "general/wcxb-other")
SCORES = Path(__file__).with_name("scores.json")
FOLDS = 5
TREES = (80, 80)
WEIGHTS = {"corpus": 4.0, "immortal": 2.0, "fundus-dev": 2.0, "wcxb-other": 0.3}
"""How much a page of a set counts; one of any other set counts 1."""
GOOD = 0.95
"""The F1 from which a body counts as right where the confidence is calibrated."""
INSIDE, EDGE = 400, 500
PARAMETERS = {
    "objective": "binary", "learning_rate": 0.12, "num_leaves": 16, "max_depth": 10, "min_data_in_leaf": 40, "max_bin": 127,
    "lambda_l2": 50.0, "feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1, "seed": 7, "deterministic": True,
    "num_threads": 1, "force_row_wise": True, "verbose": -1,
}  # fmt: skip
SKIPPED = frozenset({"page_prose", "page_lines", "longest", "page_hanzi", "page_linked", "hanzi"})
"""Figures by which trees would know a page again rather than learn from it."""


class Sample:
    """A page with its figures and labels."""

    def __init__(self, example: Example) -> None:
        self.set, self.id, self.gold = example.set, example.id, example.gold
        self.fold = zlib.crc32(example.group.encode()) % FOLDS
        self.outline = Outline(Page.from_bytes(example.body, example.url))
        self.figures = Figures(self.outline)
        self.labels = [share >= 0.5 for share in labels(self.outline, example.gold)]
        total = sum(line.length**0.75 for line in self.outline.lines) or 1
        weight = WEIGHTS.get(self.set, 1.0) * 1000 / total
        self.weights = [weight * line.length**0.75 for line in self.outline.lines]

    def text(self, scores: Sequence[int]) -> str:
        """Return the body by some scores of its lines."""
        lines = self.outline.lines
        return "\n".join(lines[number].text for number in chosen(self.outline, scores, INSIDE, EDGE))


def samples(folders: Sequence[Path]) -> list[Sample]:
    """Return the pages of the folders that the project's limits let through."""
    found = []
    for folder in folders:
        for example in examples(folder):
            try:
                found.append(Sample(example))
            except PageRefused as error:
                sys.stderr.write(f"passed over: {example.set}/{example.id}: {error}\n")
    return found


class Trainer:
    """Trains passes on pages; a pass's own scores of a page never come from a model that has seen its site."""

    def __init__(self, pages: Sequence[Sample]) -> None:
        self.pages = pages
        self.label = np.array([label for page in pages for label in page.labels], dtype=np.int8)
        self.weight = np.array([weight for page in pages for weight in page.weights])
        self.fold = np.array([page.fold for page in pages for _ in page.labels])
        ends = np.cumsum([len(page.labels) for page in pages])
        self.spans = list(zip([0, *ends[:-1]], ends, strict=True))
        self.columns = [number for number, name in enumerate(FIRST) if name not in SKIPPED]
        self.first = np.array([row for page in pages for row in page.figures.rows], dtype=np.float32)

    def run(self, number: int, rows: Any) -> tuple[list[list[int]], list[Any]]:
        """Return each page's scores by the model that has not seen its site, and the trees of the model of all."""
        scores = np.zeros(len(self.label))
        for fold in range(FOLDS):
            held = self.fold == fold
            if held.any():
                scores[held] = self._fit(number, rows, ~held).predict(rows[held])
        final = self._fit(number, rows, np.ones(len(self.label), dtype=bool))
        thousandths = [round(float(score) * 1000) for score in scores]
        return [thousandths[start:end] for start, end in self.spans], _trees(final)

    def _fit(self, number: int, rows: Any, used: Any) -> Any:
        data = lightgbm.Dataset(rows[used], label=self.label[used], weight=self.weight[used])
        return lightgbm.train(PARAMETERS, data, TREES[number])

    def second(self, scores: Sequence[Sequence[int]]) -> Any:
        """Return the rows of the second pass."""
        more = [row for page, own in zip(self.pages, scores, strict=True) for row in page.figures.second(list(own))]
        return np.concatenate([self.first, np.array(more, dtype=np.float32)], axis=1)


def _trees(model: Any) -> list[Any]:
    dump = model.dump_model()
    return [_node(tree["tree_structure"]) for tree in dump["tree_info"]]


def _node(node: dict[str, Any]) -> Any:
    if "leaf_value" in node:
        return round(node["leaf_value"] * SCALE)
    threshold = int(np.floor(node["threshold"]))
    return [node["split_feature"], threshold, _node(node["left_child"]), _node(node["right_child"])]


def calibration(pages: Sequence[Sample], scores: Sequence[Sequence[int]], good: Sequence[bool]) -> dict[str, Any]:
    """Return weights of the signs (by logistic regression) and the steps of an isotonic fit of the folds' bodies."""
    signs = np.array([
        Reading(page.outline, chosen(page.outline, own, INSIDE, EDGE), list(own), page.figures).signs
        for page, own in zip(pages, scores, strict=True)
    ])  # fmt: skip
    right = np.array(good, dtype=float)
    matrix = np.concatenate([np.ones((len(pages), 1)), signs], axis=1)
    weights = np.zeros(matrix.shape[1])
    for _ in range(30):  # Newton's method with a little shrinkage
        share = 1 / (1 + np.exp(-matrix @ weights))
        slope = matrix.T @ (right - share) - 0.5 * weights
        curve = (matrix * (share * (1 - share))[:, None]).T @ matrix + 0.5 * np.eye(len(weights))
        weights += np.linalg.solve(curve, slope)
    weights = np.round(weights, 4)
    raw = matrix @ weights
    order = np.argsort(raw, kind="stable")
    groups: list[list[float]] = []  # start, sum, count: the pool adjacent violators algorithm
    for at in order:
        groups.append([float(raw[at]), right[at], 1.0])
        while len(groups) > 1 and groups[-2][1] / groups[-2][2] >= groups[-1][1] / groups[-1][2]:
            _, total, count = groups.pop()
            groups[-1][1] += total
            groups[-1][2] += count
    steps = [[-1e9, 0.0]]
    for start, total, count in ((float(a), float(b), float(c)) for a, b, c in groups):
        # a group of few pages is drawn to the middle: one of one page is no evidence of certainty
        share = round((total + 0.5) / (count + 1), 3)
        if share > steps[-1][1]:
            steps.append([round(start, 4), share])
    steps[0][1] = min(0.02, steps[1][1])
    return {"weights": weights.tolist(), "steps": steps}


def report(pages: Sequence[Sample], scores: Sequence[Sequence[int]]) -> tuple[dict[str, Any], list[float]]:
    """Return F1 and exact by set, and the F1 of each page."""
    each = [f1(page.text(own), page.gold) for page, own in zip(pages, scores, strict=True)]
    by_set: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for page, own, value in zip(pages, scores, each, strict=True):
        by_set[page.set].append((value, squeezed(page.text(own)) == squeezed(page.gold)))
    table = {
        name: {
            "pages": len(rows),
            "f1": round(mean(value for value, _ in rows), 4),
            "exact": round(mean(same for _, same in rows), 4),
            "below half": sum(value < 0.5 for value, _ in rows),
        }
        for name, rows in by_set.items()
    }
    return table, each


def main() -> None:
    """Read the pages, train, write."""
    parser = argparse.ArgumentParser(prog="python -m training.general", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, help="sets of pages with gold")
    parser.add_argument("--output", type=Path, default=MODEL, help="where the model goes")
    parser.add_argument("--scores", type=Path, default=SCORES, help="where the scores by fold go")
    args = parser.parse_args()
    pages = samples(args.folders or [SHARED / name for name in SETS])
    trainer = Trainer(pages)
    keep = np.zeros(len(FIRST) + len(SECOND), dtype=bool)
    keep[trainer.columns] = True
    keep[len(FIRST) :] = True
    trainer.first[:, ~keep[: len(FIRST)]] = 0
    once, first = trainer.run(0, trainer.first)
    twice, second = trainer.run(1, trainer.second(once))
    table, each = report(pages, twice)
    model = {
        "format": 1,
        "passes": [{"figures": FIRST, "trees": first}, {"figures": FIRST + SECOND, "trees": second}],
        "inside": INSIDE,
        "edge": EDGE,
        **calibration(pages, twice, [value >= GOOD for value in each]),
    }
    args.output.write_bytes(msgspec.json.encode(model) + b"\n")
    folds = {
        str(fold): {
            name: round(
                mean(value for page, value in zip(pages, each, strict=True) if (page.set, page.fold) == (name, fold)), 4
            )
            for name in table
            if any((page.set, page.fold) == (name, fold) for page in pages)
        }
        for fold in range(FOLDS)
    }
    stored = {"sets": table, "first pass": report(pages, once)[0], "folds": folds}
    args.scores.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")
    sys.stdout.write(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
