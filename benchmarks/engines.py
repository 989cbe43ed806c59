"""Engines for archives beside the command line: `python -m benchmarks.engines [OUT.json] [--records N] [--kills N]`.

Each engine extracts the same archives with the same number of workers; its records must be those of the command line,
byte for byte. Overhead is its time over the command line's in this run, start-up and all: by the clock, and in CPU
seconds of all its processes (Linux). Then each does it again and is killed: the command line and datatrove as a whole,
after which the same command continues; of Ray and Spark one worker at a time, whose task the engine repeats. Spark is
left out where it is not installed (`make spark`). 1,000 records take minutes, 20,000 an hour.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.archives import articles
from benchmarks.engine_side import SIDES
from benchmarks.measuring import ROOT
from crawler.records.tables import arrow_schema, read_table
from tests.portal.archive import write_warc

if TYPE_CHECKING:
    import pyarrow

AS_A_WHOLE = ("cli", "datatrove")
"""Sides that are killed with all their processes, and continue when they are started again."""
_EVERY = 0.2
_TICKS = os.sysconf("SC_CLK_TCK")
_MARK = "PORTALSIEVE_BENCH_MARK"
_WORKERS = (b"ray::", b"pyspark.daemon", b"pyspark/daemon")


class Job:
    """A side at work; all its processes have a mark in their environment, wherever they were started."""

    def __init__(self, side: str, archives: Path, out: Path, jobs: int, log: Path) -> None:
        self._mark = secrets.token_hex(8)
        self._cpu: dict[int, float] = {}
        environment = {**os.environ, _MARK: self._mark, "RAY_DEDUP_LOGS": "0", "PYTHONWARNINGS": "ignore"}
        with log.open("ab") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.engine_side", side, archives, out, str(jobs)],
                cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
                start_new_session=True,
            )  # fmt: skip

    def processes(self) -> list[int]:
        """Return the ids of the job's processes."""
        mark = f"{_MARK}={self._mark}".encode()
        found = []
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if folder.name.isdecimal() and mark in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
        return found

    def look(self) -> float:
        """Return the CPU seconds of all processes so far."""
        for pid in self.processes():
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
                self._cpu[pid] = (int(fields[11]) + int(fields[12])) / _TICKS
        return sum(self._cpu.values())

    def workers(self) -> list[int]:
        """Return the processes in which an engine runs tasks: each has an extractor's process of its own.

        Of Ray the process that Ray has started, not one that this has forked: datatrove waits for such a one for ever.
        """
        found = []
        for pid in self.processes():
            with contextlib.suppress(OSError):
                if _is_extractor(pid):
                    parent = _parent(pid)
                    command = Path(f"/proc/{parent}/cmdline").read_bytes()
                    if any(name in command for name in _WORKERS):
                        found.append(_started_by_ray(parent))
        return found

    def end(self) -> None:
        """Kill what is left of the job."""
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


def _started_by_ray(pid: int) -> int:
    """Return the first of a process's ancestors that is a worker of Ray, or the process itself."""
    parent = _parent(pid)
    if b"ray::" in Path(f"/proc/{parent}/cmdline").read_bytes():
        return _started_by_ray(parent)
    return pid


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[1])


def _is_extractor(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return b"extractor import main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def run(side: str, archives: Path, out: Path, jobs: int) -> tuple[float, float]:
    """Let a side do its work; return its seconds by the clock and its CPU seconds. Raises RuntimeError."""
    log = out.with_suffix(".log")
    began, cpu = time.monotonic(), 0.0
    job = Job(side, archives, out, jobs, log)
    try:
        while job.process.poll() is None:
            time.sleep(_EVERY)
            cpu = max(cpu, job.look())
        wall = time.monotonic() - began
        if job.process.returncode:
            raise RuntimeError(f"{side} failed: {log.read_text('utf-8', 'replace')[-2000:]}")
    finally:
        job.end()
    return wall, cpu


def killed(side: str, archives: Path, out: Path, jobs: int, kills: int, wall: float) -> int:
    """Let a side do its work while it is killed; return how often it was. Raises RuntimeError if it gives up."""
    chance = random.Random(side)
    done = 0
    if side in AS_A_WHOLE:
        for _ in range(kills):
            job = Job(side, archives, out, jobs, out.with_suffix(".log"))
            try:
                job.process.wait((0.1 + 0.25 * chance.random()) * wall)
            except subprocess.TimeoutExpired:
                done += 1
            finally:
                job.end()
        run(side, archives, out, jobs)
        return done
    job = Job(side, archives, out, jobs, out.with_suffix(".log"))
    try:
        pause = 0.6 * wall / (kills + 1)
        while job.process.poll() is None:
            time.sleep(_EVERY)
            workers = job.workers()
            if done < kills and workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chance.choice(workers), signal.SIGKILL)
                    done += 1
                with contextlib.suppress(subprocess.TimeoutExpired):
                    job.process.wait(pause * (0.5 + chance.random()))
        if job.process.returncode:
            raise RuntimeError(f"{side} failed: {out.with_suffix('.log').read_text('utf-8', 'replace')[-2000:]}")
    finally:
        job.end()
    return done


def records(out: Path) -> tuple[int, str]:
    """Return how many records a side wrote, and a digest of all of them in order."""
    import pyarrow as pa  # noqa: PLC0415 - an extra
    from pyarrow import parquet  # noqa: PLC0415

    folder = out / "records"
    lines = folder / "all.jsonl"
    if lines.exists():
        table = read_table(lines)
    else:
        files = sorted(path for path in folder.rglob("*.parquet") if not path.name.startswith((".", "_")))
        table = pa.concat_tables(_whole(parquet.read_table(path)) for path in files)
    table = table.sort_by([("url", "ascending"), ("id", "ascending")]).combine_chunks()
    digest = hashlib.sha256()
    for batch in table.to_batches(max_chunksize=200):
        for row in batch.to_pylist():
            digest.update(json.dumps(row, default=str, ensure_ascii=False).encode())
    return table.num_rows, digest.hexdigest()


def _whole(table: pyarrow.Table) -> pyarrow.Table:
    return table.cast(arrow_schema())


def measure(count: int, archives: int, jobs: int, kills: int, sides: Sequence[str]) -> dict[str, Any]:
    """Return the figures; raises RuntimeError where records differ."""
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="portalsieve-engines-") as name:
        folder = Path(name)
        pages = articles()
        for number in range(archives):
            share = count // archives + (number < count % archives)
            write_warc(folder / "warc" / f"{number:03}.warc.gz", islice(pages, share))
        expected = None
        for side in sides:
            out = folder / side.replace(" ", "-")
            wall, cpu = run(side, folder / "warc", out, jobs)
            written = records(out)
            expected = expected or written
            row = found[side] = {"records": written[0], "seconds": round(wall, 1), "cpuSeconds": round(cpu, 1)}
            if kills:
                again = out.with_name(f"{out.name}-killed")
                row["kills"] = killed(side, folder / "warc", again, jobs, kills, wall)
                row["equalAfterKills"] = records(again) == expected
            row["equal"] = written == expected
            print(side, row, file=sys.stderr, flush=True)
    base = found[sides[0]]
    for row in found.values():
        row["overhead"] = round(row["seconds"] / base["seconds"], 2)
        row["overheadCpu"] = round(row["cpuSeconds"] / base["cpuSeconds"], 2)
    return {"records": count, "archives": archives, "jobs": jobs, "sides": found}


def main() -> int:
    """Measure, and write the figures where the argument says; the exit status is 1 where records differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", nargs="?", metavar="OUT.json")
    parser.add_argument("--records", type=int, default=1000)
    parser.add_argument("--archives", type=int, default=8)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--sides", nargs="+", choices=[*SIDES])
    options = parser.parse_args()
    known = [side for side in SIDES if side != "Spark" or importlib.util.find_spec("pyspark") is not None]
    result = measure(options.records, options.archives, options.jobs, options.kills, options.sides or known)
    text = json.dumps(result, indent=1) + "\n"
    if options.out:
        Path(options.out).write_text(text, encoding="utf-8")
    else:
        print(text, end="")
    return int(not all(row["equal"] and row.get("equalAfterKills", True) for row in result["sides"].values()))


if __name__ == "__main__":
    sys.exit(main())
