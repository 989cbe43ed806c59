"""Kill the browser of a crawl over and over: `python -m tests.rendering_trial [--pages N] [--kills N] [--seed N]`.

Ends with status 1 if a page is lost or was fetched more than three times, if rendering one took five seconds longer than
its limit (two pages loop for ever), or if a process is left five seconds after the crawl has ended.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests import rendering_site
from tests.portal.server import Portal
from tests.processes import browsers, marked
from tests.rendering_site import SECONDS
from tests.test_rendering_crawl import prepared, records, started

KINDS = ("shell", "comments", "unfold", "popups")
MOST_FETCHES = 3
GRACE = 5.0


def trial(folder: Path, pages: int, kills: int, seed: int) -> list[str]:
    """Crawl so many pages, kill the browser so often, and return what is wrong."""
    chance, faults = random.Random(seed), []
    with Portal() as portal:
        urls, listed = prepared(folder, portal, KINDS, pages // len(KINDS))
        stuck = rendering_site.fill(portal, ("loop",), 2)
        with listed.open("a", encoding="utf-8") as out:
            out.writelines(f"{url}\n" for url in stuck)
        goals = sorted(chance.sample(range(3, len(urls) - 4), kills))
        with started(folder, portal, listed, LOG_LEVEL="INFO") as (process, environment):
            killed = 0
            while process.poll() is None:
                done = sum("/api/" in one for one in portal.asked())
                if goals and done >= goals[0] and (found := browsers(environment)):
                    os.kill(chance.choice(found), signal.SIGKILL)
                    goals.pop(0)
                    killed += 1
                time.sleep(0.05)
            said = process.communicate()[1]
            left = time.monotonic() + GRACE
            while marked(environment) and time.monotonic() < left:
                time.sleep(0.05)
            faults += [f"process {pid} is left: {line}" for pid, line in marked(environment).items()]
        asked = Counter(portal.asked())
    if process.returncode:
        faults.append(f"the crawl ended with status {process.returncode}: {said[-1000:]}")
    slowest = re.search(r"'portalsieve/render_seconds_max': ([0-9.]+)", said)
    if slowest is None or float(slowest[1]) > SECONDS + GRACE:
        faults.append(f"the slowest page took {slowest[1] if slowest else 'an unknown number of'} seconds")
    got = {record["url"]: record for record in records(folder)}
    faults += [f"{url}: lost" for url in urls if url not in got]
    faults += [f"{url}: not rendered" for url, record in got.items() if not record["fetch"]["rendered"]]
    fetches = Counter(asked[url.removeprefix("http://")] for url in urls)
    faults += [f"{count} pages were fetched {times} times" for times, count in fetches.items() if times > MOST_FETCHES]
    print(
        f"{len(urls)} pages, {killed} kills, fetched: {dict(sorted(fetches.items()))}, "
        f"slowest {slowest[1] if slowest else '?'} s; {len(faults)} faults",
        flush=True,
    )
    return faults


def main() -> None:
    """Run the trial."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--kills", type=int, default=15)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        faults = trial(Path(folder), options.pages, options.kills, options.seed)
    sys.stderr.write("".join(f"{fault}\n" for fault in faults[:20]))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
