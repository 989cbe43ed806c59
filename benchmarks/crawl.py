"""A crawl with the store against the same crawl without: `python -m benchmarks.crawl [--pages N] [OUT.json]`.

Each round is one crawl of each side over the same local portal, one after the other, the sides taking turns at going
first; every crawl is a process of its own (`benchmarks.crawl_side` says what each side does). The ratio of a round is
the store's pages a second over the plain side's; so is that of CPU time, which other work on the machine disturbs less.
Memory is the process's resident set: its peak, and its slope per 10,000 pages once a fifth of the pages is done.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from crawler import __version__

SIDES = ("plain", "store")


@contextmanager
def portal(pages: int, hosts: int = 0) -> Iterator[str]:
    """Yield the address of a local portal of so many articles, spread over `hosts` if that is not 0."""
    command = [sys.executable, "-m", "benchmarks.local_portal", str(pages), str(hosts)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        if server.stdin is None or server.stdout is None:
            raise RuntimeError("the portal has no pipes")
        yield server.stdout.readline().strip()
        server.stdin.close()


def crawl(side: str, address: str, pages: int) -> dict[str, Any]:
    """Crawl once and return the figures of the crawl; raises RuntimeError unless every page gave a record."""
    with tempfile.TemporaryDirectory(prefix="portalsieve-bench-", dir="build") as folder:
        command = [sys.executable, "-m", "benchmarks.crawl_side", side, address, folder]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    if found["records"] != pages:
        raise RuntimeError(f"{side}: {found['records']} records of {pages} pages; nothing is measured by that")
    memory = [(done, size) for done, size in found["memory"] if done >= pages / 5]
    slope = statistics.linear_regression(*zip(*memory, strict=True)).slope if len(memory) > 2 else 0.0
    return {
        "side": side,
        "pagesPerSecond": round(found["pages"] / found["wall"], 1),
        "cpuPerPage": round(1000 * found["cpu"] / found["pages"], 2),
        "peakMiB": found["peak"],
        "slopeMiBPer10000": round(slope * 10_000, 2),
    }


def ratios(rounds: list[dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """Return the ratios store to plain over all rounds, with their least and greatest."""
    wall = [each["store"]["pagesPerSecond"] / each["plain"]["pagesPerSecond"] for each in rounds]
    cpu = [each["plain"]["cpuPerPage"] / each["store"]["cpuPerPage"] for each in rounds]
    return {
        name: {
            "median": round(statistics.median(found), 3),
            "least": round(min(found), 3),
            "greatest": round(max(found), 3),
        }
        for name, found in (("pagesPerSecond", wall), ("pagesPerCpuSecond", cpu))
    }


def main() -> None:
    """Measure, print a table, and write the figures where the argument says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", metavar="OUT.json")
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", choices=SIDES, help="only this side: for its memory over many pages")
    options = parser.parse_args()
    Path("build").mkdir(exist_ok=True)
    console = Console(stderr=True)
    rounds = []
    with portal(options.pages) as address:
        for number in range(options.rounds):
            order = [options.side] if options.side else SIDES if number % 2 else SIDES[::-1]
            found = {}
            for side in order:
                with console.status(f"round {number + 1} of {options.rounds}: {side}"):
                    found[side] = crawl(side, address, options.pages)
                print("  ".join(f"{key} {value}" for key, value in found[side].items()), flush=True)
            rounds.append(found)
    result: dict[str, Any] = {
        "portalsieve": __version__,
        "machine": f"{platform.processor() or platform.machine()}, Python {platform.python_version()}",
        "pages": options.pages,
        "rounds": rounds,
    }
    if not options.side:
        result["ratios"] = ratios(rounds)
        for name, found in result["ratios"].items():
            print(f"{name}, store to plain: {found['median']} ({found['least']} to {found['greatest']})")
    if options.out:
        Path(options.out).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
