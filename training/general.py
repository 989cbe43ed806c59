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
from crawler.heuristics.body import Reading, chosen, read_body
from crawler.heuristics.features import FIGURES, Figures
from crawler.heuristics.forest import MODEL, SCALE, Forest, load
from crawler.heuristics.outline import Outline
from crawler.page.dom import Page
from training.labels import labels
from training.pages import Example, examples, f1, squeezed

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
SETS = ("corpus", "general/immortal", "general/fundus-dev", "general/wcxb-articles", "general/wcxb-other")
SCORES = Path(__file__).with_name("scores.json")
FOLDS = 5
TREES = 100
WEIGHTS = {"corpus": 4.0, "immortal": 2.0, "fundus-dev": 2.0, "wcxb-other": 0.6}
"""How much a page of a set counts; one of any other set counts 1."""
GOOD = 0.95
"""The F1 from which a body counts as right where the confidence is calibrated."""
INSIDE, EDGE = 400, 500
PARAMETERS = {
    "objective": "binary", "learning_rate": 0.12, "num_leaves": 16, "max_depth": 10, "min_data_in_leaf": 40, "max_bin": 127,
    "lambda_l2": 50.0, "feature_fraction": 0.5, "bagging_fraction": 0.8, "bagging_freq": 1, "seed": 8, "deterministic": True,
    "num_threads": 1, "force_row_wise": True, "verbose": -1,
}  # fmt: skip


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
        found = chosen(self.figures, scores, INSIDE, EDGE)
        return "\n".join(lines[number].text for number in found)


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
    """Trains on the lines that the reading looks at; scores of a page never come from a model that has seen its site."""

    def __init__(self, pages: Sequence[Sample]) -> None:
        self.pages = pages
        kept = [(page, number, row) for page in pages for number, row in page.figures.rows.items()]
        self.rows = np.array([row for _, _, row in kept], dtype=np.float32)
        self.label = np.array([page.labels[number] for page, number, _ in kept], dtype=np.int8)
        self.weight = np.array([page.weights[number] for page, number, _ in kept])
        self.fold = np.array([page.fold for page, _, _ in kept])

    def folds(self) -> tuple[list[list[int]], list[Any]]:
        """Return each page's scores by the model that has not seen its site, and the folds' models."""
        models = [self.fit(self.fold != fold) for fold in range(FOLDS)]
        shares = np.zeros(len(self.label))
        for fold, model in enumerate(models):
            if (held := self.fold == fold).any():
                shares[held] = model.predict(self.rows[held])
        found, at = [], 0
        for page in self.pages:
            scores = [0] * len(page.labels)
            for number in page.figures.rows:
                scores[number] = round(float(shares[at]) * 1000)
                at += 1
            found.append(scores)
        return found, models

    def fit(self, used: Any) -> Any:
        """Return the model of the lines in `used`."""
        data = lightgbm.Dataset(self.rows[used], label=self.label[used], weight=self.weight[used])
        return lightgbm.train(PARAMETERS, data, TREES)


def trees_of(model: Any) -> list[Any]:
    """Return a model's trees as the file has them."""
    dump = model.dump_model()
    return [_node(tree["tree_structure"]) for tree in dump["tree_info"]]


def _node(node: dict[str, Any]) -> Any:
    if "leaf_value" in node:
        return round(node["leaf_value"] * SCALE)
    threshold = int(np.floor(node["threshold"]))
    return [node["split_feature"], threshold, _node(node["left_child"]), _node(node["right_child"])]


def calibration(pages: Sequence[Sample], scores: Sequence[Sequence[int]], good: Sequence[bool]) -> dict[str, Any]:
    """Return weights of the signs (by logistic regression) and the points of an isotonic fit of the folds' bodies."""
    signs = np.array([
        Reading(page.outline, chosen(page.figures, own, INSIDE, EDGE), list(own), page.figures).signs
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
    groups: list[list[float]] = []  # sum of raw, sum, count: the pool adjacent violators algorithm
    for at in order:
        groups.append([float(raw[at]), right[at], 1.0])
        while len(groups) > 1 and groups[-2][1] / groups[-2][2] >= groups[-1][1] / groups[-1][2]:
            where, total, count = groups.pop()
            groups[-1][0] += where
            groups[-1][1] += total
            groups[-1][2] += count
    steps = [[round(float(raw[order[0]]) - 1, 4), 0.0]]
    for where, total, count in ((float(a), float(b), float(c)) for a, b, c in groups):
        # a group of few pages is drawn to the middle: one of one page is no evidence of certainty
        certain = round((total + 0.5) / (count + 1), 3)
        if certain > steps[-1][1]:
            steps.append([round(where / count, 4), certain])
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


def shipped(pages: Sequence[Sample], model: Forest) -> dict[str, Any]:
    """Return what a model as it is shipped gives on pages: not a forecast, since it has seen them."""
    scores = [read_body(page.outline, model).scores for page in pages]
    return report(pages, scores)[0]


def main() -> None:
    """Read the pages, train, write."""
    parser = argparse.ArgumentParser(prog="python -m training.general", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, help="sets of pages with gold")
    parser.add_argument("--output", type=Path, default=MODEL, help="where the model goes")
    parser.add_argument("--scores", type=Path, default=SCORES, help="where the scores by fold go")
    parser.add_argument("--folds", type=Path, help="a folder for the models of the folds, and which page is in which")
    args = parser.parse_args()
    pages = samples(args.folders or [SHARED / name for name in SETS])
    trainer = Trainer(pages)
    scores, models = trainer.folds()
    table, each = report(pages, scores)
    common = {
        "format": 1,
        "figures": FIGURES,
        "inside": INSIDE,
        "edge": EDGE,
        **calibration(pages, scores, [value >= GOOD for value in each]),
    }
    everything = trainer.fit(np.ones(len(trainer.label), dtype=bool))
    args.output.write_bytes(msgspec.json.encode({**common, "trees": trees_of(everything)}) + b"\n")
    if args.folds is not None:
        args.folds.mkdir(parents=True, exist_ok=True)
        for number, model in enumerate(models):
            file = args.folds / f"{number}.json"
            file.write_bytes(msgspec.json.encode({**common, "trees": trees_of(model)}) + b"\n")
        places = {f"{page.set}/{page.id}": page.fold for page in pages}
        (args.folds / "folds.json").write_text(json.dumps(places), "utf-8")
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
    seen = [page for page in pages if page.set == pages[0].set]
    stored = {"shipped": shipped(seen, load(args.output)), "sets": table, "folds": folds}
    args.scores.write_text(json.dumps(stored, indent=1) + "\n", "utf-8")
    sys.stdout.write(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
