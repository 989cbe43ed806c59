"""Several processes crawl one site together, by a store in PostgreSQL, and some are killed.

`python -m tests.chaos.shared [--processes N] [--kills N] [--articles N] [--seed N]` compares what they publish with what
one process publishes, and looks at the pace at which they have asked each host. Each process has an output folder of
its own, as if it were on another machine.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from crawler.store.interface import State
from crawler.store.opening import open_store
from tests.chaos.site import HOST, SITE, Shape, article_page, write_profile
from tests.chaos.trial import process_of, timeless
from tests.portal.server import Answer, Portal
from tests.postgres_server import home, started
from tests.waiting import PATIENCE

HOSTS = (HOST, HOST.replace("news", "www"), HOST.replace("news", "m"))
DELAY = 0.2
"""Seconds between two requests to a host, by all processes together."""
LATE = 1.0
"""Seconds that the portal, on a busy machine, may take to note a request."""


def urls_of(articles: int) -> list[str]:
    """Return the addresses of articles, spread over the hosts."""
    return [f"http://{HOSTS[number % len(HOSTS)]}/a/{number}.html" for number in range(articles)]


def together(folder: Path, store: str | None, articles: int, processes: int, kills: int, seed: int) -> list[str]:
    """Crawl, kill some of the processes, and return what is wrong; one process without a `store` is the measure."""
    folder.mkdir()
    profiles = write_profile(folder / "profiles", Shape.FLAT)
    urls = urls_of(articles)
    listed = folder / "urls.txt"
    listed.write_text("".join(f"{url}\n" for url in urls))
    chance, faults = random.Random(seed), []
    with Portal() as portal, contextlib.ExitStack() as stack:
        for number, url in enumerate(urls):
            portal.answer(url, Answer(article_page(number)))
        crawls = []
        for number in range(processes):
            own = folder / str(number)
            own.mkdir()
            more = {"DOWNLOAD_DELAY": DELAY, "CONCURRENT_REQUESTS_PER_DOMAIN": 1}
            crawls.append(
                stack.enter_context(
                    process_of(own, profiles, portal, None, store, arguments={"urls_file": listed}, **more)
                )
            )
        victims = chance.sample(crawls, kills)
        goals = sorted(chance.sample(range(articles // 10, articles * 8 // 10), kills))
        for victim, goal in zip(victims, goals, strict=True):
            end = time.monotonic() + PATIENCE
            while len(portal.asked()) < goal and time.monotonic() < end:
                time.sleep(0.01)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(victim.pid, signal.SIGKILL)
        for number, process in enumerate(crawls):
            status = process.wait(PATIENCE)
            if status != (-signal.SIGKILL if process in victims else 0):
                faults.append(f"process {number} ended with {status}: {(folder / str(number) / 'log.txt').read_text()}")
        times: dict[str, list[float]] = defaultdict(list)
        for request in portal.requests:
            times[request.host].append(request.time)
        asked = Counter(portal.asked())
    soon = min(map(_ahead, times.values()), default=0.0)
    if soon < -LATE:
        faults.append(f"requests of {processes} processes came too soon: {-soon:.2f} s ahead of the delay")
    again = asked.total() - len(asked)
    if again > kills * len(HOSTS):
        faults.append(f"{again} pages were fetched again")
    return faults + _states(folder, store)


def _ahead(moments: list[float]) -> float:
    """Return by how many seconds the requests to a host are late, at least, over all spans of time; below 0: too soon."""
    earliest, least = -math.inf, 0.0
    for number, moment in enumerate(sorted(moments)):
        due = moment - number * DELAY
        earliest = max(earliest, due)
        least = min(least, due - earliest)
    return least


def _states(folder: Path, place: str | None) -> list[str]:
    store = open_store(place or folder / "0" / "output" / "store.sqlite")
    try:
        store.check()
        groups = store.groups(SITE)
        runs = [run for run in store.runs(SITE) if run.open]
    finally:
        store.close()
    waiting = sum(group.pages for group in groups if group.state is State.WAITING)
    faults = [f"{waiting} pages still wait"] if waiting else []
    return faults + [f"run {run.id} is open" for run in runs]


def published(folder: Path) -> list[str]:
    """Return the records that the processes have published, sorted, without what differs from run to run."""
    files = folder.glob(f"*/output/records/{SITE}/*.jsonl")
    return sorted(timeless(line) for path in files for line in path.read_text(encoding="utf-8").splitlines())


def main() -> int:
    """Run the trial; the exit status is 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shared-") as name, home() as place, started(place, safe=True) as server:
        folder = Path(name)
        faults = together(folder / "one", None, options.articles, 1, 0, options.seed)
        faults += together(
            folder / "many", server.url(), options.articles, options.processes, options.kills, options.seed
        )
        one, many = published(folder / "one"), published(folder / "many")
    print(f"{len(one)} records by one process, {len(many)} by {options.processes} with {options.kills} killed")
    if one != many:
        faults.append("the records are not equal")
    print(*faults, sep="\n")
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
