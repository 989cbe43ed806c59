"""Rendered pages a second beside scrapy-playwright: `python -m benchmarks.rendering [OUT.json] [--pages N]`.

Each round renders the same pages of a local portal by both sides, one after the other, taking turns at going first: an
empty frame with a script that fetches the article, four pages at once. Both wait for the article and for half a second
without a request. This project also extracts, validates and stores the record; scrapy-playwright gives the HTML.
Memory is that of the crawl and all that it started, shared pages counted once (PSS on Linux).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.measuring import ROOT, machine, spread
from tests import rendering_site
from tests.portal.server import Portal
from tests.processes import mark, marked

SIDES = ("portalsieve", "scrapy-playwright")
AT_ONCE = 4


def memory(environment: dict[str, str]) -> float:
    """Return the MiB of all processes with a mark."""
    total = 0
    for pid in marked(environment):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def command(side: str, folder: Path, listed: Path) -> list[str]:
    """Return what renders the pages of a list."""
    if side != "portalsieve":
        return [
            sys.executable,
            "-W",
            "ignore",
            "-m",
            "benchmarks.rendering_side",
            str(listed),
            str(folder / "pages.txt"),
        ]
    given = {
        "PORTALSIEVE_PROFILES": folder / "profiles",
        "PORTALSIEVE_OUTPUT": folder / "output",
        "PORTALSIEVE_RENDER_PAGES": AT_ONCE,
        "DOWNLOAD_DELAY": 0,
    }
    options = [part for name, value in given.items() for part in ("-s", f"{name}={value}")]
    return [sys.executable, "-m", "crawler", "crawl", "demo", "-a", f"urls_file={listed}", *options]


def crawl(side: str, pages: int) -> dict[str, Any]:
    """Render so many pages by one side; raises RuntimeError unless each gave its article."""
    with Portal() as portal, tempfile.TemporaryDirectory(prefix="portalsieve-bench-", dir=ROOT / "build") as name:
        folder = Path(name)
        rendering_site.write_profile(folder / "profiles", rendering_site.PLAIN_RENDER)
        urls = rendering_site.fill(portal, ("shell",), pages)
        listed = folder / "urls.txt"
        listed.write_text("".join(f"{url}\n" for url in urls), encoding="ascii")
        environment = mark()
        kept = {"PATH": os.environ["PATH"], "http_proxy": portal.base, **environment}
        began, samples = time.monotonic(), []
        process = subprocess.Popen(
            command(side, folder, listed),
            cwd=ROOT,
            env=kept,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        while process.poll() is None:
            samples.append((sum("/api/" in one for one in portal.asked()), memory(environment)))
            time.sleep(1)
        wall = time.monotonic() - began
        said = process.communicate()[1]
        if side == "portalsieve":
            files = (folder / "output" / "records").glob("*/*.jsonl")
            done = sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)
        else:
            done = len((folder / "pages.txt").read_text(encoding="ascii").splitlines())
        if process.returncode or done != pages:
            raise RuntimeError(f"{side}: {done} of {pages} pages, status {process.returncode}\n{said[-2000:]}")
    later = [(number, size) for number, size in samples if number >= pages / 5]
    slope = statistics.linear_regression(*zip(*later, strict=True)).slope if len(later) > 2 else 0.0
    return {
        "pagesPerSecond": round(pages / wall, 2),
        "peakMiB": round(max(size for _, size in samples)),
        "slopeMiBPer100": round(100 * slope, 1),
    }


def main() -> None:
    """Measure both sides in turn and print or write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", metavar="OUT.json")
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", choices=SIDES, help="only this side: for its memory over many pages")
    options = parser.parse_args()
    (ROOT / "build").mkdir(exist_ok=True)
    rounds: list[dict[str, dict[str, Any]]] = []
    for number in range(options.rounds):
        order = [options.side] if options.side else SIDES if number % 2 else SIDES[::-1]
        found = {}
        for side in order:
            found[side] = crawl(side, options.pages)
            sys.stderr.write(f"{side}: {found[side]}\n")
        rounds.append(found)
    result: dict[str, Any] = {"machine": machine(), "pages": options.pages, "atOnce": AT_ONCE, "rounds": rounds}
    if not options.side:
        speeds = [each[SIDES[0]]["pagesPerSecond"] / each[SIDES[1]]["pagesPerSecond"] for each in rounds]
        result["ratio"] = spread(speeds)
        result["peakMiB"] = {side: max(each[side]["peakMiB"] for each in rounds) for side in SIDES}
    text = json.dumps(result, indent=1) + "\n"
    if options.out:
        Path(options.out).write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
