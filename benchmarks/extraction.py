"""Bytes to record against the bare parse and against other extractors: `python -m benchmarks.extraction [OUT.json]`.

Every figure is a ratio of CPU times in one run: per page all subjects and the bare parse (lxml's HTMLParser, told the
page's true charset) are timed in turn, the least of the rounds counts, and the ratio is sum over sum; the spread is
that of the pages. The other extractors take part in the first rounds only, and `slower` is their time over this
project's in those rounds. F1 is that of 4-character shingles of the body's text.
"""

from __future__ import annotations

import collections
import gc
import statistics
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import lxml.html
from rich.console import Console
from rich.progress import track
from selectolax.lexbor import LexborHTMLParser

from benchmarks.measuring import seconds, spread, write
from benchmarks.pages import BenchPage, corpus_pages, fixture_pages
from benchmarks.peers import installed
from crawler import extract
from crawler.page.text import squeeze

ROUNDS = 40
PEER_ROUNDS = 10
OURS = "portalsieve"
BARE = "lxml, bare parse"

Subject = Callable[[BenchPage], object]


def bare(page: BenchPage) -> object:
    """Parse the page and nothing else."""
    parser = lxml.html.HTMLParser(encoding=page.charset, huge_tree=True)
    return lxml.html.document_fromstring(page.body, parser=parser)


def record(page: BenchPage) -> bytes:
    """Bytes to validated record to its line of JSON, as it is written."""
    return extract(page.body, page.url).line


def shingles(text: str) -> collections.Counter[str]:
    """Return the 4-character shingles of `text`, white space aside."""
    text = squeeze(text)
    return collections.Counter(text[i : i + 4] for i in range(max(1, len(text) - 3)))


def f1(got: str, right: str) -> float:
    """Return the F1 of the shingles of two texts."""
    a, b = shingles(got), shingles(right)
    return 2 * sum((a & b).values()) / (sum(a.values()) + sum(b.values()))


def lexbor(page: BenchPage) -> object:
    """Decode and parse by the parser under this project."""
    return LexborHTMLParser(page.body.decode(page.charset, "replace"))


def least(page: BenchPage, subjects: Mapping[str, Subject], rounds: int) -> dict[str, float]:
    """Return the least CPU time of each subject on a page; they take turns."""
    found = dict.fromkeys(subjects, float("inf"))
    for _ in range(rounds):
        for name, subject in subjects.items():
            found[name] = min(found[name], seconds(partial(subject, page)))
    return found


def measure(pages: list[BenchPage], told: str) -> dict[str, Any]:
    """Measure this project, both bare parses and every peer that is installed on `pages`."""
    peers = installed()
    own: dict[str, Subject] = {BARE: bare, OURS: record, "lexbor, bare parse": lexbor}
    for peer in peers.values():  # some load a dictionary at their first page
        peer(pages[0])
    together, alone, bodies = [], [], []
    for page in track(pages, told, console=Console(stderr=True), transient=True):
        together.append(least(page, {**own, **peers}, PEER_ROUNDS))
        more = least(page, own, ROUNDS - PEER_ROUNDS)
        alone.append({name: min(taken, together[-1][name]) for name, taken in more.items()})
        texts = {OURS: extract(page.body, page.url).article_body, **{name: peer(page) for name, peer in peers.items()}}
        bodies.append({name: f1(text, page.text) for name, text in texts.items()})
    rows: dict[str, Any] = {}
    for name in [*own, *peers]:
        times = together if name in peers else alone
        total, base = (sum(page[subject] for page in times) for subject in (name, BARE))
        rows[name] = {
            "ratio": round(total / base, 2),
            **spread([page[name] / page[BARE] for page in times]),
            "pagesPerSecond": round(len(pages) / total, 1),
        }
        if name in bodies[0]:
            rows[name]["f1"] = round(statistics.mean(body[name] for body in bodies), 3)
        if name in peers:
            rows[name]["slower"] = {
                "all": round(total / sum(page[OURS] for page in together), 1),
                **spread([page[name] / page[OURS] for page in together], 1),
            }
    per_page = {
        page.name: {name: round(taken[name] / taken[BARE], 2) for name in taken}
        for page, taken in zip(pages, ({**t, **a} for t, a in zip(together, alone, strict=True)), strict=True)
    }
    sites: dict[str, list[dict[str, float]]] = {}
    for page, taken in zip(pages, alone, strict=True):
        sites.setdefault(page.site, []).append(taken)
    by_site = {
        site: round(sum(taken[OURS] for taken in own_pages) / sum(taken[BARE] for taken in own_pages), 2)
        for site, own_pages in sites.items()
    }
    return {"pages": len(pages), "rows": rows, "bySite": by_site, "perPage": per_page}


def main() -> None:
    """Measure the corpus, where it is there, and the shipped pages."""
    sets = {"recorded pages": corpus_pages(), "shipped pages": fixture_pages()}
    gc.collect()
    gc.freeze()
    write({"sets": {name: measure(pages, name) for name, pages in sets.items() if pages}})


if __name__ == "__main__":
    main()
