"""Where the time of a page goes, part by part: `python -m benchmarks.parts [OUT.json]`.

The functions that a page passes through are timed from outside, each less what is timed within it. A part's figure is
the sum over the pages of its least CPU time in the rounds, as a share of the bare parse of the same bytes in the same
run (lxml's HTMLParser, given the page's true charset). Timing costs a little itself, so the parts' sum is above the
total, which is measured without it. The floor is what no extractor on this parser can go below: the bytes decoded and
parsed.
"""

from __future__ import annotations

import gc
import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, reduce
from pathlib import Path
from typing import Any

from benchmarks.extraction import bare, record
from benchmarks.measuring import seconds
from benchmarks.pages import BenchPage, corpus_pages, fixture_pages

ROUNDS = 40

PARTS = {
    "limits": ("crawler.page.dom:limits.check",),
    "decode": ("crawler.page.dom:charset.decode",),
    "parse": ("crawler.page.dom:LexborHTMLParser",),
    "index": ("crawler.page.dom:Page.index",),
    "layout": ("crawler.sieve.record:choose_layout",),
    "claims": ("crawler.sieve.record:apply_rules",),
    "walk and blocks": ("crawler.sieve.record:Walk.run", "crawler.sieve.record:BlockBuilder.blocks"),
    "list items": ("crawler.sieve.record:ItemReader.read",),
    "fields": tuple(f"crawler.sieve.record:Reader.{name}" for name in ("text", "texts", "url", "number", "date")),
    "clean HTML": ("crawler.sieve.record:BlockBuilder.html",),
    "validation": ("crawler.extract:validate",),
    "JSON": ("crawler.records.model:encode_line",),
    "digests": ("crawler.extract:hashlib.sha256", "crawler.sieve.record:content_hash"),
}
"""Each part's functions, as `module:name` in the module that calls them."""

REST = "the rest"


class Stopwatch:
    """Times parts of one call; `parts` are the seconds of each, less those of the parts within it."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}
        self._running = [REST]
        self._since = 0.0

    def start(self) -> None:
        """Begin a call."""
        self.parts = dict.fromkeys([*PARTS, REST], 0.0)
        self._since = time.process_time()

    def switch(self) -> None:
        """Return the time since the last switch to the part that is running."""
        now = time.process_time()
        self.parts[self._running[-1]] += now - self._since
        self._since = now

    def wrapped(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function`, its time given to `part`."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            self.switch()
            self._running.append(part)
            try:
                return function(*args, **kwargs)
            finally:
                self.switch()
                self._running.pop()

        return timed


@contextmanager
def watched(watch: Stopwatch) -> Iterator[None]:
    """Time the functions of `PARTS` while the context lasts."""
    originals = []
    for part, places in PARTS.items():
        for place in places:
            module, _, path = place.partition(":")
            *owners, name = path.split(".")
            owner = reduce(getattr, owners, importlib.import_module(module))
            originals.append((owner, name, getattr(owner, name)))
            setattr(owner, name, watch.wrapped(part, getattr(owner, name)))
    try:
        yield
    finally:
        for owner, name, original in reversed(originals):
            setattr(owner, name, original)


def measure(pages: list[BenchPage]) -> dict[str, float]:
    """Return each part, the total and the floor as shares of the bare parse, sums over `pages`."""
    sums: dict[str, float] = {}
    watch = Stopwatch()
    for page in pages:
        least: dict[str, float] = {}
        for _ in range(ROUNDS):
            round_ = {
                "bare": seconds(partial(bare, page)),
                "total": seconds(partial(record, page)),
            }
            with watched(watch):
                watch.start()
                record(page)
                watch.switch()
            round_ |= watch.parts
            least = {name: min(value, least.get(name, value)) for name, value in round_.items()}
        for name, value in least.items():
            sums[name] = sums.get(name, 0.0) + value
    base = sums.pop("bare")
    sums["floor"] = sums["decode"] + sums["parse"]
    return {name: round(value / base, 3) for name, value in sums.items()}


def main() -> None:
    """Measure, print a table of parts by set of pages, and write the figures where the argument says."""
    corpus = corpus_pages()
    sets: dict[str, list[BenchPage]] = {}
    for page in corpus:
        sets.setdefault(page.name.rpartition("-")[0], []).append(page)
    sets |= {"corpus": corpus, "fixtures": fixture_pages()}
    gc.collect()
    gc.freeze()
    found = {name: measure(pages) for name, pages in sets.items() if pages}
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print("times the bare parse of the same bytes")
    print(f"{'':16}", *(f"{name:>10}" for name in found))
    for part in [*PARTS, REST, "total", "floor"]:
        print(f"{part:16}", *(f"{figures[part]:10.2f}" for figures in found.values()))


if __name__ == "__main__":
    main()
