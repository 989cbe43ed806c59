"""Processes that share a crawl by PostgreSQL, beside one with a file: `python -m benchmarks.shared [OUT.json]`.

In each round the same pages of a local portal without delay are crawled by one process with a SQLite file, then by 1, 2
and 4 processes on one PostgreSQL frontier. A round's ratios are pages a second over those of SQLite. Pages a second are
counted from the first response to the last, without start-up and publishing. Portal, server and processes share the
machine, so CPU time is given too: that of the processes, and that of the server. *Store* is the share of the time
that event loops spend in the store, waiting for the server included.

Claims are measured without a crawl: pages reserved and settled per second by one client and by four, 16 at a time as in
a crawl.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.crawl import portal
from benchmarks.measuring import spread
from crawler.store.interface import NewPage, Outcome, PageKind, Result
from crawler.store.opening import open_store
from tests.postgres_server import Server, home, started

HOSTS = 12
PROCESSES = (1, 2, 4)
AT_ONCE = 16
"""Pages that a crawl reserves of a host at a time."""
_TICKS = os.sysconf("SC_CLK_TCK")


def crawl(address: str, pages: int, processes: int, server: Server | None) -> dict[str, float]:
    """Crawl once and return the figures; raises RuntimeError unless every page gave one record."""
    url = server.url() if server is not None else None
    before, log = _cpu(server), _log(url)
    with tempfile.TemporaryDirectory(prefix="portalsieve-bench-", dir="build") as folder:
        running = []
        for number in range(processes):
            place = Path(folder) / str(number)
            place.mkdir()
            command = [
                sys.executable,
                "-m",
                "benchmarks.crawl_side",
                "store",
                address,
                str(place),
                *([url] if url else []),
            ]
            running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        found = [json.loads(one.communicate()[0]) for one in running]
    records = sum(one["records"] for one in found)
    fetched = sum(one["fetched"] for one in found)
    if records != pages:
        raise RuntimeError(f"{processes} processes: {records} records of {pages} pages; nothing is measured by that")
    spans = [one["span"] for one in found if one["span"]]
    wall = max(last for _, last in spans) - min(first for first, _ in spans)
    return {
        "pagesPerSecond": fetched / wall,
        "cpuMilliseconds": 1000 * sum(one["cpu"] for one in found) / fetched,
        "serverMilliseconds": 1000 * (_cpu(server) - before) / fetched,
        "storeShare": sum(one["store"] for one in found) / (wall * processes),
        "busiest": max(one["fetched"] for one in found) / fetched,
        "bytesPerPage": _size(url) / fetched,
        "logBytesPerPage": (_log(url) - log) / fetched,
        "bytesPerRecord": sum(one["bytes"] for one in found) / records,
    }


def _cpu(server: Server | None) -> float:
    """Return the CPU seconds of a server and of its processes, those that have ended included (Linux)."""
    if server is None:
        return 0.0
    total = 0
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text("ascii").split()
    for pid, ended in ((str(server.process.pid), True), *((child, False) for child in children)):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
            total += sum(map(int, fields[11 : 15 if ended else 13]))
    return total / _TICKS


def _size(url: str | None) -> int:
    """Return the bytes of a store's tables and indexes."""
    return _asked(
        url,
        "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c WHERE relkind = 'r'"
        " AND relnamespace = current_schema()::regnamespace",
    )


def _log(url: str | None) -> int:
    """Return the position in a server's write-ahead log, in bytes."""
    return _asked(url, "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')")


def _asked(url: str | None, statement: str) -> int:
    import psycopg  # noqa: PLC0415 - an extra

    if url is None:
        return 0
    with psycopg.connect(url) as database:
        row = database.execute(statement).fetchone()
    return int(row[0]) if row else 0


def claims(server: Server, pages: int, clients: int) -> float:
    """Return the pages per second that clients reserve and settle, all of them wanting the same hosts."""
    url = server.url()
    with contextlib.closing(open_store(url)) as store:
        run = store.begin("site", "all", "run", "2026-01-01T00:00:00Z").id
        hosts = [f"h{number:03}.example.org" for number in range(HOSTS)]
        wanted = [
            NewPage(key=f"k{n}", url=f"http://{hosts[n % HOSTS]}/{n}", kind=PageKind.ARTICLE, host=hosts[n % HOSTS])
            for n in range(pages)
        ]
        store.schedule(run, wanted, 0.0)
    command = [sys.executable, "-m", "benchmarks.shared", "--claim", url]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) for _ in range(clients)
    ]
    with ThreadPoolExecutor(clients) as threads:
        for one in running:  # until all are connected
            _line(one)
        for one in running:
            print("go", file=one.stdin, flush=True)
        done = [json.loads(line) for line in threads.map(_line, running)]
    for one in running:  # what one has reserved is free when it ends
        one.communicate()
    count = sum(one["claimed"] for one in done)
    if count != pages:
        raise RuntimeError(f"{count} of {pages} pages were claimed")
    return float(count / (max(one["end"] for one in done) - min(one["begun"] for one in done)))


def _line(process: subprocess.Popen[str]) -> str:
    return process.stdout.readline() if process.stdout is not None else ""


def claim(url: str) -> None:
    """Reserve and settle pages until none is left, as a client of `claims`."""
    with contextlib.closing(open_store(url)) as store:
        run = store.begin("site", "all", "run", "2026-01-01T00:00:00Z").id
        print("ready", flush=True)
        sys.stdin.readline()
        begun, claimed = time.time(), 0
        while found := store.lease(run, AT_ONCE, AT_ONCE, {}, time.time()):
            claimed += len(found)
            passed = [Outcome(job=job, result=Result.PASSED) for job in found]
            asyncio.run(store.settle_all(run, passed, time.time()))
        print(json.dumps({"begun": begun, "end": time.time(), "claimed": claimed}), flush=True)
        sys.stdin.readline()


def measure(pages: int, rounds: int, claimed: int, processes: Sequence[int]) -> dict[str, Any]:
    """Return the figures."""
    Path("build").mkdir(exist_ok=True)
    found: list[dict[str, dict[str, float]]] = []
    with portal(pages, HOSTS) as address, home() as place, started(place, safe=True) as server:
        for number in range(rounds):
            sides: dict[str, dict[str, float]] = {}
            for side in (0, *processes) if number % 2 == 0 else (*processes[::-1], 0):
                sides[str(side)] = crawl(address, pages, side or 1, server if side else None)
                shown = "  ".join(f"{key} {value:.3g}" for key, value in sides[str(side)].items())
                print(f"round {number + 1}, {f'{side} on PostgreSQL' if side else 'SQLite'}: {shown}", file=sys.stderr)
            found.append(sides)
        rates = {str(clients): round(claims(server, claimed, clients)) for clients in (1, 4)}
    return {
        "pages": pages,
        "rounds": rounds,
        "sides": {
            side: {name: round(statistics.median(each[side][name] for each in found), 4) for name in found[0][side]}
            for side in found[0]
        },
        "overSqlite": {
            side: spread([each[side]["pagesPerSecond"] / each["0"]["pagesPerSecond"] for each in found])
            for side in found[0] if side != "0"
        },
        "bytesPerRecord": round(found[0]["0"]["bytesPerRecord"]),
        "claimsPerSecond": rates,
    }  # fmt: skip


def main() -> None:
    """Measure, and write the figures where the argument says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", metavar="OUT.json")
    parser.add_argument("--pages", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--claimed", type=int, default=20_000, help="pages reserved in the measure of claims")
    parser.add_argument("--processes", type=int, nargs="+", default=PROCESSES)
    parser.add_argument("--claim", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.claim:
        claim(options.claim)
        return
    result = measure(options.pages, options.rounds, options.claimed, options.processes)
    text = json.dumps(result, indent=1) + "\n"
    if options.out:
        Path(options.out).write_text(text, encoding="utf-8")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
