"""A crawl whose PostgreSQL server is killed, or cuts its connections, in its midst: `python -m tests.chaos.faults`.

After each fault the crawl must end with a message and a status; the same command continues it, and the result is that of
an undisturbed crawl: nothing lost, nothing twice.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.site import Shape, serve, write_profile
from tests.chaos.trial import Aftermath, Plan, against, crawl, judge, process_of
from tests.portal.server import Portal
from tests.postgres_server import home, started
from tests.waiting import PATIENCE

FAULTS = ("restart", "cut")
MESSAGE = "the store cannot be used"


def disturbed(folder: Path, articles: int, faults: list[str], seed: int) -> Aftermath:
    """Crawl with these faults at random moments; return what came of it."""
    import psycopg

    chance, aftermath = random.Random(seed), Aftermath(kills=len(faults))
    profiles = write_profile(folder / "profiles", Shape.FLAT)
    moments = sorted(chance.sample(range(articles // 10, articles * 9 // 10), len(faults)))
    with Portal() as portal, home() as place:
        aftermath.pages = serve(portal, Shape.FLAT, articles)
        port = None
        for number, fault in enumerate([*faults, None]):
            with started(place, safe=True, port=port) as server, contextlib.ExitStack() as stack:
                port, store = server.port, server.url("faults")
                crawling = stack.enter_context(process_of(folder, profiles, portal, None, store))
                end = time.monotonic() + PATIENCE
                while fault and len(portal.asked()) < moments[number] and time.monotonic() < end:
                    time.sleep(0.002)
                if fault == "restart":
                    server.end(hard=True)
                elif fault == "cut":
                    with psycopg.connect(store, autocommit=True, application_name="trial") as database:
                        database.execute(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                            " WHERE application_name = 'portalsieve'"
                        )
                status = crawling.wait(PATIENCE)
                log = (folder / "log.txt").read_text("utf-8", "replace")
                if status != (1 if fault else 0) or log.count(MESSAGE) < min(number + 1, len(faults)):
                    aftermath.faults.append(f"{fault}: the crawl ended with {status}: {log[-2000:]}")
                if fault is None:
                    judge(folder, aftermath, store)
                    # Each crawl that was ended so has a line in the log of runs, which says why.
                    aftermath.faults = [what for what in aftermath.faults if not what.startswith("run ")]
            (place / "data" / "postmaster.pid").unlink(missing_ok=True)
    asked = portal.asked()
    aftermath.refetched = len(asked) - len({*asked})
    return aftermath


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
