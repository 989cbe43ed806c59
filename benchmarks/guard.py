"""What a page costs in steps that can be counted: `make guard`. A slow-down shows in review, on any machine.

A step is a line of Python executed or a C function called while a record is made of a shipped fixture, on a second
pass, when everything that is kept between pages is kept. The count is the same on every run of one Python version
(hashing and garbage collection are held still), so it is pinned by version in guard.json; tests/test_guard.py holds it
there. What a C function does inside is not seen: `make bench` times that.

    python -m benchmarks.guard            pin what has become less, refuse what has become more
    python -m benchmarks.guard --raise    pin what has become more as well: say why in the commit
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks.pages import fixture_pages
from crawler.extract import extract

PINS = Path(__file__).resolve().parent / "guard.json"
ROOT = PINS.parent.parent

PAGES = (
    "netease/2020_post_main/rich_blocks",
    "netease/2016_end_text/gbk_header",
    "thepaper/2022_next/dom_and_data",
    "ifeng/2019_artical/byline_paragraph",
)
"""One page of each make: much chrome round an article of all blocks, an old one in GBK, two with data in JSON."""

TOLERANCE = 0.02
"""How much more a page may cost before the test fails. Small changes add up against the pin, not against each other."""

NAMED = 0.003
"""Functions with less than this share of a page's steps are pinned together, as REST."""

REST = "(rest)"
SHOWN = 12
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

Counts = dict[str, int]


class Steps:
    """Counts lines and C calls by function while it is entered."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._names: dict[Any, str] = {}

    def __enter__(self) -> Steps:
        gc.collect()
        gc.disable()
        sys.setprofile(self._profile)
        sys.settrace(self._trace)
        return self

    def __exit__(self, *error: object) -> None:
        sys.settrace(None)
        sys.setprofile(None)
        gc.enable()

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:
        if event == "line":
            self.counts[self._name(frame)] += 1
        return self._trace

    def _profile(self, frame: FrameType, event: str, _: object) -> None:
        if event == "c_call" and frame.f_code.co_filename != __file__:
            self.counts[self._name(frame)] += 1

    def _name(self, frame: FrameType) -> str:
        code = frame.f_code
        name = self._names.get(code)
        if name is None:
            path = Path(code.co_filename)
            place = (
                path.relative_to(ROOT) if path.is_relative_to(ROOT / "crawler") else Path(path.parent.name, path.name)
            )
            name = self._names[code] = f"{place}:{code.co_qualname}"
        return name


def count() -> dict[str, Counts]:
    """Return the steps of each page by function. Only right in a process as `counted` starts it."""
    pages = {page.name: page for page in fixture_pages()}
    found: dict[str, Counts] = {}
    for name in PAGES:
        page = pages[name]
        extract(page.body, page.url).to_json()
        with Steps() as steps:
            extract(page.body, page.url).to_json()
        found[name] = {place: n for place, n in steps.counts.items() if "guard.py:Steps." not in place}
    return found


def counted() -> dict[str, Counts]:
    """Return the same from a fresh process with hashes that are the same every time."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.guard", "--count"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Counts] = json.loads(done.stdout)
    return found


def pinned() -> dict[str, Counts]:
    """Return the pinned steps of each page for this Python version; {} if there are none."""
    pins: dict[str, dict[str, Counts]] = json.loads(PINS.read_text(encoding="utf-8")) if PINS.exists() else {}
    return pins.get(VERSION, {})


def summed(counts: Counts) -> Counts:
    """Return `counts` with the functions that hardly count put together."""
    least = sum(counts.values()) * NAMED
    kept = {name: n for name, n in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if n >= least}
    return {**kept, REST: sum(counts.values()) - sum(kept.values())}


def growth(page: str, now: Counts, pin: Counts) -> str:
    """Return what has become more on a page, function by function, for people."""
    total, before = sum(now.values()), sum(pin.values())
    names = {name for name in pin if name != REST} | set(summed(now))
    rest = sum(n for name, n in now.items() if name not in names)
    changes = {name: now.get(name, 0) - pin.get(name, 0) for name in names - {REST}}
    most = sorted(changes.items(), key=lambda item: (-abs(item[1]), -item[1], item[0]))[:SHOWN]
    lines = [f"{page}: {total} steps, pinned are {before}: {100 * (total / before - 1):+.1f} %"]
    lines += [
        f"  {change:+8}  {name}" + ("" if name in pin else "  (new, or hardly there before)")
        for name, change in most
        if change
    ]
    return "\n".join([*lines, f"  {rest - pin.get(REST, 0):+8}  all the others"])


def pin(*, more: bool) -> int:
    """Pin the counts of this Python version, those that have become more only if `more`; return the exit status."""
    before, now = pinned(), counted()
    refused = []
    for page, counts in now.items():
        if not more and page in before and sum(counts.values()) > sum(before[page].values()):
            refused.append(growth(page, counts, before[page]))
            now[page] = before[page]
        else:
            now[page] = summed(counts)
            was = f", {sum(before[page].values())} before" if page in before else ""
            print(f"{page}: {sum(counts.values())} steps{was}")
    pins = json.loads(PINS.read_text(encoding="utf-8")) if PINS.exists() else {}
    PINS.write_text(json.dumps({**pins, VERSION: now}, indent=1) + "\n", encoding="utf-8")
    for told in refused:
        print(f"not pinned: {told}")
    if refused:
        print("make it cheaper, or pin it with `make guard RAISE=1` and say in the commit what it is worth")
    return int(bool(refused))


if __name__ == "__main__":
    if "--count" in sys.argv:
        json.dump(count(), sys.stdout)
    else:
        sys.exit(pin(more="--raise" in sys.argv))
