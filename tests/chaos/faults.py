"""A crawl whose PostgreSQL server is killed, or cuts its connections, in its midst: `python -m tests.chaos.faults`.

When the server stays away for longer than a crawl waits, the crawl must end with a message and a status, and the same
command continues it. One must wait for a server that restarts or cuts its connections, and continue. The result is that
of an undisturbed crawl: nothing lost, nothing twice.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.site import Shape, serve, write_profile
from tests.chaos.trial import Aftermath, Plan, against, crawl, judge, process_of
from tests.portal.server import Portal
from tests.postgres_server import Server, home, started
from tests.waiting import PATIENCE

FAULTS = ("restart", "cut", "gone")
MESSAGE = "the store cannot be used"
AGAIN = "connected again after"


def disturbed(folder: Path, articles: int, faults: list[str], seed: int) -> Aftermath:
    """Crawl with these faults at random moments, first those that end the crawl; return what came of it."""
    chance, aftermath = random.Random(seed), Aftermath(kills=len(faults))
    profiles = write_profile(folder / "profiles", Shape.FLAT)
    moments = iter(sorted(chance.sample(range(articles // 10, articles * 9 // 10), len(faults))))
    with Portal() as portal, home() as place, contextlib.ExitStack() as stack:
        aftermath.pages = serve(portal, Shape.FLAT, articles)
        server = stack.enter_context(started(place, safe=True))
        store = server.url("faults")

        def crawling(wait: int) -> subprocess.Popen[bytes]:
            more = {"PORTALSIEVE_STORE_WAIT": wait}
            return stack.enter_context(process_of(folder, profiles, portal, None, store, **more))

        def restarted() -> Server:
            (place / "data" / "postmaster.pid").unlink(missing_ok=True)
            return stack.enter_context(started(place, safe=True, port=server.port))

        def said() -> str:
            return (folder / "log.txt").read_text("utf-8", "replace")

        for number in range(1, faults.count("gone") + 1):
            process = crawling(1)
            _reach(portal, process, next(moments))
            server.end(hard=True)
            status = process.wait(PATIENCE)
            if status != 1 or said().count(MESSAGE) < number:
                aftermath.faults.append(f"gone: the crawl ended with {status}: {said()[-2000:]}")
            server = restarted()
        process, before = crawling(PATIENCE), said().count(AGAIN)
        for fault in (fault for fault in faults if fault != "gone"):
            _reach(portal, process, next(moments))
            if fault == "cut":
                _cut(store)
            else:
                server.end(hard=True)
                server = restarted()
            before += 1
        status = process.wait(PATIENCE)
        if status or said().count(AGAIN) < before:
            aftermath.faults.append(f"the crawl ended with {status}: {said()[-2000:]}")
        judge(folder, aftermath, store)
        # Each crawl that was ended so has a line in the log of runs, which says why.
        aftermath.faults = [what for what in aftermath.faults if not what.startswith("run ")]
    asked = portal.asked()
    aftermath.refetched = len(asked) - len({*asked})
    return aftermath


def _reach(portal: Portal, process: subprocess.Popen[bytes], requests: int) -> None:
    """Wait until the portal has been asked so often, and at least once more: a crawl that begins waits for no server."""
    end, requests = time.monotonic() + PATIENCE, max(requests, len(portal.asked()) + 1)
    while len(portal.asked()) < requests and process.poll() is None and time.monotonic() < end:
        time.sleep(0.002)


def _cut(store: str) -> None:
    import psycopg

    with psycopg.connect(store, autocommit=True, application_name="trial") as database:
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'portalsieve'"
        )


def main() -> int:
    """Run the trial; the exit status is 1 where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=300)
    parser.add_argument("--faults", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faults-") as name:
        folders = [Path(name) / each for each in ("one", "many")]
        for folder in folders:
            folder.mkdir()
        unkilled = crawl(folders[0], Plan(Shape.FLAT, ()), options.articles)
        faults = list(itertools.islice(itertools.cycle(FAULTS), options.faults))
        aftermath = disturbed(folders[1], options.articles, faults, options.seed)
    found = against(aftermath, unkilled)
    print(f"{len(aftermath.records)} records, {len(faults)} faults, {aftermath.refetched} pages fetched again")
    print(*found, sep="\n")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
