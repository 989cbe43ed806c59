"""The kill trials' engine: plans kills, crawls a local site through them, and compares with an unkilled crawl.

`python -m tests.chaos.trial --kills 200` (`make chaos`) prints a line for each crawl and fails where one lost, doubled
or refetched anything. `make test` runs a plan of 20 kills by the same functions.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crawler.failpoints import POINTS, VARIABLE
from crawler.records.read import read_lines
from crawler.records.runs import RunStatus
from crawler.report.run import CrawlLine
from crawler.store.interface import State
from crawler.store.opening import open_store
from tests.chaos.site import CONCURRENCY, SITE, Shape, serve, write_profile
from tests.portal.server import Portal
from tests.postgres_server import home, started
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]

EARLY = ("recover.before", "recover.after", "start.after")
LEASE = 1
"""Seconds until a killed process's pages are free on a server."""
LATE = ("publish.before", "publish.within", "publish.after", "finish.before", "finish.after")
AMID = tuple(name for name in POINTS if name not in EARLY and name not in LATE)


@dataclass(frozen=True, slots=True)
class Kill:
    """When a process is killed: at a failpoint, come to for the `count`-th time, or after so many requests.

    `requests` counts those of this process; `delay` are seconds after that, or after its start where it is None.
    """

    point: str | None = None
    count: int = 1
    requests: int | None = None
    delay: float = 0.0

    def __str__(self) -> str:
        """What is done, in a word or two."""
        if self.point is not None:
            return f"{self.point}:{self.count}"
        return f"{self.requests} requests" if self.requests is not None else f"{self.delay:.2f} s"


@dataclass(frozen=True, slots=True)
class Plan:
    """One crawl and the kills that it must survive, in their order."""

    shape: Shape
    kills: tuple[Kill, ...]


@dataclass(slots=True)
class Aftermath:
    """What came of a crawl: its records and refusals (sorted, less what differs by time), and what it cost.

    `faults` are the sentences that speak against it.
    """

    records: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    pages: int = 0
    kills: int = 0
    refetched: int = 0
    faults: list[str] = field(default_factory=list)


def plans(kills: int, seed: int, pages: int, crawls: int) -> list[Plan]:
    """Return `crawls` plans with `kills` kills in all.

    Each failpoint is met, as often as the number allows; some kills come in pairs in the recovery from the one before;
    the others at random moments.
    """
    rng = random.Random(seed)
    rounds = max(1, kills // (3 * len(POINTS)))
    points = [name for name in POINTS for _ in range(rounds)]
    pairs = max(2, kills // 20)
    free = kills - len(points) - 2 * pairs
    if free < 0:
        raise ValueError(f"{kills} kills are too few for {len(points)} failpoints and {pairs} pairs")
    amid: list[list[str]] = [[] for _ in range(crawls)]
    late: list[list[str]] = [[] for _ in range(crawls)]
    for number, name in enumerate(points):
        (late if name in LATE else amid)[number % crawls].append(name)
    for number in range(free + pairs):
        amid[number % crawls].append("pair" if number < pairs else "moment")
    made = []
    for number in range(crawls):
        rng.shuffle(amid[number])
        step = max(1, pages // (len(amid[number]) + 1))
        found: list[Kill] = []
        for name in amid[number]:
            found += _amid(name, step, rng)
        found += [Kill(point=name) for name in sorted(late[number], key=LATE.index)]
        made.append(Plan(list(Shape)[number % len(Shape)], tuple(found)))
    return made


def _amid(name: str, step: int, rng: random.Random) -> list[Kill]:
    """Return the kill, or the pair, of a name; none lets the crawl come further than `step` pages."""
    if name == "moment":
        return [Kill(requests=rng.randrange(1, step), delay=rng.random() * 0.05)]
    if name == "pair":
        return [Kill(delay=0.3 + rng.random() * 1.2), Kill(point=rng.choice(EARLY))]
    most = max(2, step // CONCURRENCY) if name.startswith("commit.") else step  # so many pages may share a transaction
    return [Kill(point=name, count=1 if name in EARLY else rng.randrange(1, most))]


def crawl(folder: Path, plan: Plan, articles: int, store: str | None = None) -> Aftermath:
    """Crawl the site in `folder`, killed by plan, then to its end; return what came of it.

    `store` is the URL of a store in PostgreSQL, None for one in the output folder.
    """
    aftermath = Aftermath(kills=len(plan.kills))
    profiles = write_profile(folder / "profiles", plan.shape)
    with Portal() as portal:
        aftermath.pages = serve(portal, plan.shape, articles)
        closed = 0
        published: dict[Path, bytes] = {}
        for kill in plan.kills:
            status = _killed(folder, profiles, portal, kill, store)
            if status != -signal.SIGKILL:
                aftermath.faults.append(f"{kill}: the crawl ended with status {status} before it was killed")
            _compare_published(folder, published, aftermath)
            if kill.point == "finish.after":
                closed = len(portal.asked())
        asked = portal.asked()
        with process_of(folder, profiles, portal, None, store) as process:
            status = process.wait(PATIENCE)
        if status != 0:
            told = (folder / "log.txt").read_text("utf-8")[-2000:]
            aftermath.faults.append(f"the last process ended with status {status}: {told}")
        _compare_published(folder, published, aftermath)
        asked = asked if closed else portal.asked()  # what follows a closed run is the next one
    aftermath.refetched = sum(count - 1 for count in Counter(asked).values())
    judge(folder, aftermath, store)
    return aftermath


def _killed(folder: Path, profiles: Path, portal: Portal, kill: Kill, store: str | None) -> int:
    """Start a crawl, see it killed, and return its status."""
    before = len(portal.requests)
    with process_of(folder, profiles, portal, kill, store) as process:
        until = time.monotonic() + PATIENCE
        if kill.requests is not None:
            while len(portal.requests) - before < kill.requests and process.poll() is None and time.monotonic() < until:
                time.sleep(0.002)
        if kill.point is None:
            time.sleep(kill.delay)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        return process.wait(PATIENCE)


@contextlib.contextmanager
def process_of(
    folder: Path,
    profiles: Path,
    portal: Portal,
    kill: Kill | None = None,
    store: str | None = None,
    arguments: Mapping[str, object] | None = None,
    **more: object,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a crawl in a process group of its own, which is ended with the block; `more` are settings."""
    kept = {k: v for k, v in os.environ.items() if "proxy" not in k.lower() and not k.startswith("SCRAPY")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # each of many starts would compile everything anew
    kept["http_proxy"] = portal.base
    if kill is not None and kill.point is not None:
        kept[VARIABLE] = f"{kill.point}:{kill.count}"
    settings = {
        "PORTALSIEVE_PROFILES": profiles,
        "PORTALSIEVE_SHIPPED_PROFILES": 0,
        "PORTALSIEVE_OUTPUT": folder / "output",
        "PORTALSIEVE_CONTACT": "trial@example.org",
        "PORTALSIEVE_MIN_FREE": 0,
        **({"PORTALSIEVE_STORE": store, "PORTALSIEVE_LEASE": LEASE} if store is not None else {}),
        **more,
    }
    given = [part for name, value in settings.items() for part in ("-s", f"{name}={value}")]
    given += [part for name, value in (arguments or {}).items() for part in ("-a", f"{name}={value}")]
    with (folder / "log.txt").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "crawler", "crawl", SITE, *given],
            cwd=ROOT, env=kept, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _compare_published(folder: Path, published: dict[Path, bytes], aftermath: Aftermath) -> None:
    """Note published files that have changed, or are gone, since a reader could see them first."""
    for path in (folder / "output" / "records" / SITE).glob("*.jsonl"):
        content = path.read_bytes()
        if published.setdefault(path, content) != content:
            aftermath.faults.append(f"{path} has changed after it was published")
    aftermath.faults += [f"{path} was published and is gone" for path in published if not path.exists()]


def judge(folder: Path, aftermath: Aftermath, place: str | None = None) -> None:
    """Read what a crawl left, and note what is wrong with it whatever it should hold."""
    output = folder / "output"
    aftermath.records, aftermath.refusals = (
        sorted(timeless(line) for path in (output / kind / SITE).glob("*.jsonl") for line in _lines(path))
        for kind in ("records", "quarantine")
    )
    ids = Counter(json.loads(record)["id"] for record in aftermath.records)
    aftermath.faults += [f"{name} is there {count} times" for name, count in ids.items() if count > 1]
    aftermath.faults += [f"{path} is left" for path in output.rglob("*.part")]
    lines = list(read_lines(output / "runs.jsonl", CrawlLine))
    runs = Counter(line.run for line in lines)
    aftermath.faults += [f"run {run} has {count} lines" for run, count in runs.items() if count > 1]
    aftermath.faults += [f"run {line.run}: {line.reason}" for line in lines if line.status is not RunStatus.OK]
    store = open_store(place or output / "store.sqlite")
    try:
        store.check()
        groups = store.groups(SITE)
        pages, scheduled = sum(group.pages for group in groups), store.scheduled(SITE)
        waiting = sum(group.pages for group in groups if group.state is State.WAITING)
    finally:
        store.close()
    if (pages, waiting) != (scheduled, 0):
        aftermath.faults.append(f"{scheduled} pages were scheduled, {pages} are reported, {waiting} are still waiting")
    bound = aftermath.kills * CONCURRENCY
    if aftermath.refetched > bound:
        aftermath.faults.append(f"{aftermath.refetched} pages were fetched again, {bound} would be fair")


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def timeless(line: str) -> str:
    """Return a record or a refusal without what differs from run to run: times, the run, the shape's profile."""
    told = json.loads(line)
    for part, key in (("fetch", "fetchedAt"), ("profile", "version")):
        told.get(part, {}).pop(key, None)
    told.pop("fetchedAt", None)
    told.pop("run", None)
    return json.dumps(told, sort_keys=True, ensure_ascii=False)


def against(aftermath: Aftermath, unkilled: Aftermath) -> list[str]:
    """Return what speaks against a crawl, compared with an unkilled one of the same articles."""
    found = list(aftermath.faults)
    for what, ours, theirs in (
        ("records", aftermath.records, unkilled.records),
        ("refusals", aftermath.refusals, unkilled.refusals),
    ):
        lost, more = Counter(theirs) - Counter(ours), Counter(ours) - Counter(theirs)
        if lost or more:
            found.append(f"{lost.total()} {what} are lost, {more.total()} are too many")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trials; the exit status is 1 where one failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.trial", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kills", type=int, default=200, help="how many (default: 200)")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments (default: 1)")
    parser.add_argument("--articles", type=int, default=3000, help="articles of the site (default: 3000)")
    parser.add_argument("--crawls", type=int, help="among how many crawls the kills are (default: one for 15 kills)")
    parser.add_argument("--postgres", action="store_true", help="with the store on a PostgreSQL server of its own")
    options = parser.parse_args(arguments)
    crawls = options.crawls or max(len(Shape), math.ceil(options.kills / 15))
    total, failed = Aftermath(), 0
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        server = None
        if options.postgres:
            server = stack.enter_context(started(stack.enter_context(home()), safe=True))
        begun = time.monotonic()
        (folder / "unkilled").mkdir()
        unkilled = crawl(folder / "unkilled", Plan(Shape.FLAT, ()), options.articles)
        print(f"unkilled: {len(unkilled.records)} records in {time.monotonic() - begun:.0f} s", flush=True)
        for number, plan in enumerate(plans(options.kills, options.seed, options.articles, crawls)):
            place = folder / str(number)
            place.mkdir()
            begun = time.monotonic()
            aftermath = crawl(place, plan, options.articles, server.url() if server is not None else None)
            faults = against(aftermath, unkilled)
            told = (
                f"{len(aftermath.records)} records, {aftermath.kills} kills, {aftermath.refetched} pages fetched again"
            )
            print(f"{plan.shape}: {told}, {time.monotonic() - begun:.0f} s", *faults, sep="\n    ", flush=True)
            total.kills += aftermath.kills
            total.refetched += aftermath.refetched
            failed += bool(faults)
    print(f"{total.kills} kills, {total.refetched} pages fetched again, {failed} of {crawls} crawls failed")
    complete = len(unkilled.records) + len(unkilled.refusals) == options.articles and not unkilled.refetched
    if unkilled.faults or not complete:
        print("the unkilled crawl is not sound:", *unkilled.faults, sep="\n    ")
    return int(failed > 0 or bool(unkilled.faults) or not complete)


if __name__ == "__main__":
    sys.exit(main())
