"""The general reading on sites that its model has not seen: `python -m benchmarks.general [PART…]`.

The folds of the training are repeated: each page is read by a model (and a confidence) made without its site, by the
code that reads any page, and scored by the programs of `../shared/tools`. Other extractors read the same pages in the
same run. The result is kept in `benchmarks/general.json`, its tables are written into docs/general.md. The parts are
the folds, the other extractors (peers), the cost, and what is lost without one of the rules or figures.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import importlib.util
import json
import re
import statistics
import sys
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import lxml.html
import msgspec
import numpy as np

from benchmarks import general_newsite
from benchmarks.measuring import machine, seconds, spread
from benchmarks.pages import BenchPage, corpus_pages
from benchmarks.peers import installed
from crawler.errors import PageRefused, Quarantined
from crawler.extract import extract
from crawler.heuristics import body
from crawler.heuristics.features import FIGURES
from crawler.heuristics.forest import Forest, Model
from crawler.heuristics.general import judge, read_page
from crawler.page.charset import decode
from crawler.page.dom import Page
from crawler.records.model import Fetch, Record
from training.general import EDGE, GOOD, INSIDE, SETS, SHARED, Sample, Trainer, calibration, report, samples, trees_of
from training.pages import Example, examples, f1

ROOT = Path(__file__).resolve().parent.parent
RESULT = Path(__file__).with_name("general.json")
DOCUMENT = ROOT / "docs" / "general.md"
BEGIN, END = "<!-- figures: python -m benchmarks.general -->", "<!-- end of figures -->"
NEWS = ("corpus", "immortal", "fundus-dev", "wcxb-articles")
"""The sets of articles: the confidence is measured on them."""
RECORD = "record over a profiled page's"
BODY = "body above the parse over the bare parse"
PARTS = ("folds", "peers", "cost", "newsite", "rules", "figures")
KEYS = ("sets", "fields", "confidence", "peers", "cost", "newsite", "rules", "figures")
ABLATED = ("corpus", "immortal", "fundus-dev")
"""The sets that the ablations are stated for."""
ROUNDS = 25
LEFT_OUT = {
    "what kind of page it is": ("page",),
    "links beside a line": ("sign_linked", "before_linked", "after_linked", "p1_linked"),
    "elements that look alike": ("sign_lines", "sign_length", "sign_prose", "sign_linked"),
    "the elements of most prose": ("main_up", "main_down", "best_down", "main_place", "best_place", "best_share",
                                   "p1_of_prose"),
    "names of classes": ("bad", "n_comment", "n_popup", "n_related"),
}  # fmt: skip
"""Groups of figures that a model is trained without."""


def tool(name: str) -> Any:
    """Return a scoring program of `../shared/tools` as a module."""
    spec = importlib.util.spec_from_file_location(name, SHARED / "tools" / f"{name}.py")
    if spec is None or spec.loader is None:
        sys.exit(f"{SHARED / 'tools' / name}.py is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Folds:
    """The models of the folds, each with a confidence calibrated without its pages; `of` returns that of a page."""

    def __init__(self, pages: Sequence[Sample]) -> None:
        self.trainer = Trainer(pages)
        self.scores, models = self.trainer.folds()
        _, each = report(pages, self.scores)
        self._fold = {(page.set, page.id): page.fold for page in pages}
        self._forests = []
        for number, model in enumerate(models):
            others = [at for at, page in enumerate(pages) if page.fold != number]
            own = calibration(
                [pages[at] for at in others], [self.scores[at] for at in others], [each[at] >= GOOD for at in others]
            )
            file = {"format": 1, "figures": FIGURES, "inside": INSIDE, "edge": EDGE, **own, "trees": trees_of(model)}
            source = msgspec.json.encode(file)
            self._forests.append(Forest(msgspec.json.decode(source, type=Model), hashlib.sha256(source).hexdigest()))

    def of(self, example: Example) -> Forest:
        """Return the model that has not seen the page's site."""
        return self._forests[self._fold.get((example.set, example.id), 0)]


def read(example: Example, model: Forest) -> Record | str:
    """Return the record of a page by the general reading, or why there is none."""
    try:
        page = Page.from_bytes(example.body, example.url)
        return read_page(page, Fetch(fetched_at=None, status=200, rendered=False, charset=None, sha256=""), None, model)
    except (PageRefused, Quarantined) as error:
        return str(error.failure)


def text_of(record: Record) -> str:
    """Return a record's body as the scoring programs read it."""
    return "\n".join(text for block in record.blocks for text in (block.text, block.caption) if text)


def scored(name: str, rows: Sequence[tuple[str, Any, str, str]], scorer: Any) -> dict[str, Any]:
    """Return a set's figures by its published metric."""
    found = scorer.score(name, rows)
    return {key: round(found[key], 4) for key in ("f1", "exact", "leak")} | {
        "pages": found["pages"],
        "bad": found["bad"],
    }


def groups_of(folder: Path) -> dict[str, Any]:
    """Return the group (publisher, kind of page) of each page of a set."""
    file = folder / "gold.jsonl"
    lines = file.read_text(encoding="utf-8").rstrip("\n").split("\n") if file.exists() else []
    return {gold["id"]: gold.get("group") for gold in map(json.loads, lines)}


def measure(
    folders: Sequence[Path], folds: Folds, scorer: Any
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Record]]:
    """Return the figures by set, those of the confidence, and the records of the corpus by URL."""
    sets: dict[str, Any] = {}
    pairs: dict[str, list[tuple[float, float, str]]] = {}
    published: dict[str, dict[str, float]] = {}
    corpus: dict[str, Record] = {}
    for folder in folders:
        rows = []
        failures: defaultdict[str, int] = defaultdict(int)
        groups = groups_of(folder)
        pairs[folder.name] = []
        for example in examples(folder):
            found = read(example, folds.of(example))
            text = ""
            if isinstance(found, Record):
                text = text_of(found)
                sure = (found.extraction.confidence if found.extraction is not None else None) or 0.0
                pairs[folder.name].append((sure, f1(text, example.gold), example.id))
                if folder.name == "corpus":
                    corpus[example.url] = found
            else:
                failures[found] += 1
            rows.append((example.id, groups.get(example.id), text, example.gold))
        sets[folder.name] = scored(folder.name, rows, scorer) | {"without a record": dict(sorted(failures.items()))}
        published[folder.name] = scorer.score(folder.name, rows)["per_page"]
    return sets, confidence(pairs, published), corpus


def confidence(
    pairs: dict[str, list[tuple[float, float, str]]], published: dict[str, dict[str, float]]
) -> dict[str, Any]:
    """Return how often a reading of some confidence is right, and the F1 of the most confident four fifths.

    `pairs` are the confidence, the F1 that it is calibrated by and the id of each record; `published` is the F1 of each
    page by its set's metric.
    """
    news = [pair for name in NEWS for pair in pairs.get(name, [])]
    steps = []
    for low, high in ((0.9, 1.01), (0.75, 0.9), (0.5, 0.75), (0.25, 0.5), (0.0, 0.25)):
        inside = [value for sure, value, _ in news if low <= sure < high]
        right = statistics.mean(value >= GOOD for value in inside) if inside else None
        steps.append({"from": low, "pages": len(inside), "right": right and round(right, 3)})
    most = {}
    for name, found in pairs.items():
        most_sure = sorted(found, key=lambda pair: (-pair[0], pair[2]))[: max(1, len(published[name]) * 4 // 5)]
        best = [published[name][page] for _, _, page in most_sure]
        most[name] = {
            "f1": round(statistics.mean(best), 4) if best else None,
            "below half": round(sum(value < 0.5 for value in best) / max(1, len(best)), 4),
        }
    return {"steps": steps, "most confident four fifths": most}


def fields(records: dict[str, Record]) -> dict[str, float]:
    """Return the figures of the corpus's fields, roles and items by `score.py`."""
    score = tool("score")
    corpus = SHARED / "corpus"
    results = []
    for path in sorted((corpus / "gold").glob("*.json")):
        gold = json.loads(path.read_text(encoding="utf-8"))
        record = records.get(gold["url"])
        if gold.get("kind") == "article" and record is not None:
            doc = score.load_page(corpus / "pages", gold["name"], gold)
            results.append(score.score_page(gold, doc, json.loads(record.line)))
    found = {name: round(statistics.mean(each[name] for each in results), 4)
             for name in ("exact", "F1", "leak", "head", "date", "source", "author", "images", "unknown")}  # fmt: skip
    for name in ("roles", "items"):
        hits, total = (sum(each[name][at] for each in results) for at in (0, 1))
        found[name] = round(hits / total, 4)
    return found


# --- Other extractors, cost, ablation ---------------------------------------------------------------------------------


def peers(folders: Sequence[Path], scorer: Any) -> dict[str, Any]:
    """Return the figures of the extractors that are installed, by set."""
    found: dict[str, Any] = {}
    for name, run in installed().items():
        found[name] = {}
        for folder in folders:
            groups = groups_of(folder)
            rows = []
            for example in examples(folder):
                page = BenchPage(
                    example.id,
                    example.url,
                    example.body,
                    decode(example.body, None)[1].name,
                    example.gold,
                    example.group,
                )
                try:
                    text = run(page)
                except Exception:  # noqa: BLE001 - what another extractor cannot read is empty
                    text = ""
                rows.append((example.id, groups.get(example.id), text, example.gold))
            found[name][folder.name] = scored(folder.name, rows, scorer)
    return found


def _bare(page: BenchPage) -> object:
    parser = lxml.html.HTMLParser(encoding=page.charset, huge_tree=True)
    return lxml.html.document_fromstring(page.body, parser=parser)


def _parsed(page: BenchPage) -> object:
    return Page.from_bytes(page.body, page.url).root


def _judged(page: BenchPage) -> object:
    return judge(Page.from_bytes(page.body, page.url))


def cost() -> dict[str, Any]:
    """Return what a body's reading costs as a multiple of lxml's bare parse, and a record of a profiled page's."""
    parts: dict[str, list[float]] = defaultdict(list)
    for page in corpus_pages():
        steps: dict[str, Callable[[], object]] = {
            "bare": partial(_bare, page),
            "parse": partial(_parsed, page),
            "body": partial(_judged, page),
            "general": partial(extract, page.body, page.url, profiles=[], general=True),
            "profile": partial(extract, page.body, page.url),
        }
        least = dict.fromkeys(steps, 9e9)
        for _ in range(ROUNDS):
            for name, step in steps.items():
                gc.collect(0)
                least[name] = min(least[name], seconds(step))
        for name, value in least.items():
            parts[name].append(value)
    total = {name: sum(values) for name, values in parts.items()}
    return {
        "pages": len(parts["bare"]),
        BODY: round((total["body"] - total["parse"]) / total["bare"], 2),
        "of a page": spread(
            [(b - p) / bare for b, p, bare in zip(parts["body"], parts["parse"], parts["bare"], strict=True)]
        ),
        RECORD: round(total["general"] / total["profile"], 2),
        "of a record": spread([a / b for a, b in zip(parts["general"], parts["profile"], strict=True)]),
        "machine": machine(),
    }


def without_figures(pages: Sequence[Sample], folds: Folds, scorer: Any) -> dict[str, Any]:
    """Return the figures of the chosen lines by models that are trained without a group of figures."""
    found = {"nothing": _lines(pages, folds.scores, scorer)}
    everything = folds.trainer.rows
    for name, figures in LEFT_OUT.items():
        columns = [FIGURES.index(figure) for figure in figures]
        folds.trainer.rows = everything.copy()
        folds.trainer.rows[:, columns] = np.float32(0)
        found[name] = _lines(pages, folds.trainer.folds()[0], scorer)
    folds.trainer.rows = everything
    return found


def without_rules(pages: Sequence[Sample], folds: Folds, scorer: Any) -> dict[str, Any]:
    """Return the figures of the chosen lines without one of the rules that follow the model."""
    found = {"nothing": _lines(pages, folds.scores, scorer)}
    rules: dict[str, dict[str, object]] = {
        "the deck of news": {"with_deck": lambda _figures, found, _scores: found},
        "captions, links, summaries, second headlines": {"_without_beside": lambda _figures, kept: kept},
        "the stop at what leads elsewhere": {"cut": lambda _outline, found: found},
        "headings between lines, tables after them, boxes of offers": {
            "_with_headings": lambda _figures, found: found,
            **dict.fromkeys(("with_table", "without_more", "without_offers"), lambda _outline, found: found),
        },
        "lines between two of the body": {"_with_between": lambda _outline, kept, _scores: kept},
        "patterns of credits and invitations": dict.fromkeys(
            ("_BESIDE", "_BESIDE_LATIN", "_BESIDE_FROM_START"), re.compile(r"(?!)")
        ),
    }
    for name, changes in rules.items():
        with ExitStack() as stack:
            for attribute, value in changes.items():
                stack.enter_context(patch.object(body, attribute, value))
            found[name] = _lines(pages, folds.scores, scorer)
    return found


def _lines(pages: Sequence[Sample], scores: Sequence[Sequence[int]], scorer: Any) -> dict[str, Any]:
    rows: dict[str, list[tuple[str, None, str, str]]] = defaultdict(list)
    for page, own in zip(pages, scores, strict=True):
        if page.set in ABLATED:
            rows[page.set].append((page.id, None, page.text(own), page.gold))
    return {name: {key: value for key, value in scored(name, found, scorer).items() if key in {"f1", "exact", "leak"}}
            for name, found in rows.items()}  # fmt: skip


# --- The document -----------------------------------------------------------------------------------------------------


def tables(result: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of docs/general.md that state figures."""
    sets = result["sets"]
    yield from _said(
        "On the folds: each page is read by a model made without its site, into a record, which is what is scored",
        "(F1 by each set's published metric; exact: the same text, white space aside; leak: ten or more runs of four",
        "characters too many).",
    )
    yield ""
    names = list(sets)
    others = list(result.get("peers", {}))
    heads = ["set", "pages", "F1", "exact", "leak", "no record", *(f"{name}: F1, exact" for name in others)]
    yield from _table(heads, ([
        name, sets[name]["pages"], f"{sets[name]['f1']:.3f}", f"{sets[name]['exact']:.3f}", f"{sets[name]['leak']:.3f}",
        sum(sets[name]["without a record"].values()), *(_two(result["peers"][one].get(name)) for one in others),
    ] for name in names))  # fmt: skip
    if others:
        yield ""
        yield "The other extractors read the same pages by the same program."
    yield ""
    known = {name: f"{value:.3f}" for name, value in result["fields"].items()}
    yield from _said(
        f"The corpus by its own scoring program: exact {known['exact']}, leak {known['leak']},",
        f"headline {known['head']}, date {known['date']}, source {known['source']}, author {known['author']},",
        f"images {known['images']}, chrome roles {known['roles']}, items {known['items']},",
        f"unknown {known['unknown']} of the page's text.",
    )
    yield ""
    yield from _said(
        "How often a body of the sets of articles has an F1 of at least 0.95, by confidence (calibrated without the",
        "page's fold):",
    )
    yield ""
    steps = result["confidence"]["steps"]
    tops = [1, *(step["from"] for step in steps)]
    yield from _table(["confidence", "pages", "right"], (
        [f"{step['from']} to {top}", step["pages"], "-" if step["right"] is None else f"{step['right']:.3f}"]
        for step, top in zip(steps, tops, strict=False)
    ))  # fmt: skip
    yield ""
    yield "The most confident four fifths of each set, by its published metric:"
    yield ""
    most = result["confidence"]["most confident four fifths"]
    yield from _table(["set", "F1", "below 0.5"], (
        [name, f"{found['f1']:.3f}", f"{found['below half']:.3f}"] for name, found in most.items() if found["f1"]
    ))  # fmt: skip
    if "cost" in result:
        took = result["cost"]
        yield ""
        yield from _said(
            f"On {took['pages']} pages of the corpus the body's reading costs {took[BODY]} times lxml's bare parse (on",
            f"top of the parse), a whole record {took[RECORD]} times that of the same page by its profile.",
        )
    if "newsite" in result:
        yield ""
        yield from _said(
            "`portalsieve newsite` by leaving pages out: what a draft from three other pages of a template (fewer",
            "where there are no more) gives for the page left out:",
        )
        yield ""
        heads = ["pages", "recordable", "exact", "headline", "date", "roles", "items"]
        yield from _table(["set", *heads], (
            [name, f"{found['pages']:.0f}", *(f"{found[head]:.3f}" for head in heads[1:])]
            for name, found in result["newsite"].items()
        ))  # fmt: skip
    for part in ("rules", "figures"):
        if part in result:
            kept = result[part]
            yield ""
            yield from _said(
                f"What is kept of the {part}, left out one at a time",
                "(F1 and exact of the chosen lines, near those of the records):",
            )
            yield ""
            rows = ([name, *(_two(found[one]) for one in ABLATED)] for name, found in kept.items())
            yield from _table(["left out", *ABLATED], rows)


def _said(*parts: str) -> list[str]:
    return textwrap.wrap(" ".join(parts), 120, break_on_hyphens=False)


def _two(found: dict[str, Any] | None) -> str:
    if found is None:
        return "-"
    return f"{found['f1']:.3f}, {found['exact']:.2f}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "| --- " * len(heads) + "|"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"


def written(document: str, result: dict[str, Any]) -> str:
    """Return a document with the figures of a result between its two marks."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n".join([before + BEGIN, *tables(result), END]) + after


def measured(part: str) -> dict[str, Any]:
    """Return the figures of one of `PARTS`, by their keys in the result."""
    folders = [SHARED / name for name in SETS]
    if part == "cost":
        return {"cost": cost()}
    if part == "newsite":
        return {"newsite": general_newsite.shares()}
    scorer = tool("score_general")
    if part == "peers":
        return {"peers": peers([folder for folder in folders if folder.name in NEWS], scorer)}
    pages = samples(folders)
    folds = Folds(pages)
    if part in {"rules", "figures"}:
        return {part: (without_rules if part == "rules" else without_figures)(pages, folds, scorer)}
    sets, sure, records = measure(folders, folds, scorer)
    return {"sets": sets, "fields": fields(records), "confidence": sure}


def main() -> None:
    """Measure, keep, write the document."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.general", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"what to measure (default: all of {', '.join(PARTS)})"
    )
    parser.add_argument("--output", type=Path, default=RESULT, help="the result, of which other parts are kept")
    parser.add_argument("--no-document", action="store_true", help="leave docs/general.md as it is")
    args = parser.parse_args()
    unknown = set(args.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    for part in args.parts or PARTS:
        found = measured(part)
        kept = json.loads(args.output.read_text(encoding="utf-8")) if args.output.exists() else {}
        ordered = {key: {**kept, **found}[key] for key in KEYS if key in kept or key in found}
        args.output.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    result = json.loads(args.output.read_text(encoding="utf-8"))
    if not args.no_document:
        DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8"), result), encoding="utf-8")
    sys.stdout.write("\n".join(tables(result)) + "\n")


if __name__ == "__main__":
    main()
