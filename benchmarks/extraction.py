"""Bytes to record against the bare parse and against other extractors: `python -m benchmarks.extraction [OUT.json]`.

Every figure is a ratio of CPU times in one run: per page the subject and the bare parse (lxml's HTMLParser, told the
page's true charset) are timed in turn, the least of the rounds counts, and the ratio is sum over sum. The spread is the
least and greatest ratio of a page. F1 is that of 4-character shingles of the body's text.
"""

from __future__ import annotations

import collections
import gc
import json
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lxml.html
from rich.console import Console
from selectolax.lexbor import LexborHTMLParser

from benchmarks.pages import BenchPage, corpus_pages, fixture_pages
from benchmarks.peers import installed
from crawler import __version__, extract
from crawler.page.text import squeeze

ROUNDS = 40
PEER_ROUNDS = 3


def seconds(run: Callable[[], object]) -> float:
    """Return the CPU time of one call."""
    started = time.process_time()
    run()
    return time.process_time() - started


def bare(page: BenchPage) -> object:
    """Parse the page and nothing else."""
    parser = lxml.html.HTMLParser(encoding=page.charset, huge_tree=True)
    return lxml.html.document_fromstring(page.body, parser=parser)


def record(page: BenchPage) -> str:
    """Bytes to validated record to JSON."""
    return extract(page.body, page.url).to_json()


def shingles(text: str) -> collections.Counter[str]:
    """Return the 4-character shingles of `text`, white space aside."""
    text = squeeze(text)
    return collections.Counter(text[i : i + 4] for i in range(max(1, len(text) - 3)))


def f1(got: str, right: str) -> float:
    """Return the F1 of the shingles of two texts."""
    a, b = shingles(got), shingles(right)
    return 2 * sum((a & b).values()) / (sum(a.values()) + sum(b.values()))


def against(pages: list[BenchPage], subject: Callable[[BenchPage], object], rounds: int) -> dict[str, Any]:
    """Return the ratio of `subject` to the bare parse over `pages`, its spread and the milliseconds of both."""
    ratios, total, base = [], 0.0, 0.0
    for page in pages:
        ours = theirs = float("inf")
        for _ in range(rounds):
            theirs = min(theirs, seconds(lambda page=page: bare(page)))
            ours = min(ours, seconds(lambda page=page: subject(page)))
        ratios.append(ours / theirs)
        total, base = total + ours, base + theirs
    return {
        "ratio": round(total / base, 2),
        "least": round(min(ratios), 2),
        "greatest": round(max(ratios), 2),
        "pagesPerSecond": round(len(pages) / total),
    }


def measure(pages: list[BenchPage], console: Console) -> dict[str, Any]:
    """Measure this project, lexbor's bare parse and every peer that is installed on `pages`."""
    rows: dict[str, Any] = {}
    gc.collect()
    gc.freeze()
    with console.status("portalsieve"):
        rows["portalsieve"] = against(pages, record, ROUNDS)
        bodies = [f1(extract(page.body, page.url).article_body, page.text) for page in pages]
        rows["portalsieve"]["f1"] = round(sum(bodies) / len(bodies), 3)
        rows["lexbor, bare parse"] = against(
            pages, lambda page: LexborHTMLParser(page.body.decode(page.charset)), ROUNDS
        )
    for name, peer in installed().items():
        with console.status(name):
            rows[name] = against(pages, peer, PEER_ROUNDS)
            rows[name]["f1"] = round(sum(f1(peer(page), page.text) for page in pages) / len(pages), 3)
    return rows


def main() -> None:
    """Measure, print a table, and write the figures where the argument says."""
    console = Console(stderr=True)
    sets = {"corpus": corpus_pages(), "fixtures": fixture_pages()}
    result: dict[str, Any] = {
        "portalsieve": __version__,
        "machine": f"{platform.processor() or platform.machine()}, Python {platform.python_version()}",
        "sets": {name: {"pages": len(pages), "rows": measure(pages, console)} for name, pages in sets.items() if pages},
    }
    text = json.dumps(result, indent=1) + "\n"
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text, encoding="utf-8")
    for name, found in result["sets"].items():
        print(f"{name}: {found['pages']} pages, times the bare parse of the same bytes (least to greatest page)")
        for subject, row in found["rows"].items():
            spread = f"{row['least']} to {row['greatest']}"
            print(
                f"  {subject:26} {row['ratio']:7} ({spread:15}) F1 {row.get('f1', '-'):5} {row['pagesPerSecond']:6}/s"
            )


if __name__ == "__main__":
    main()
