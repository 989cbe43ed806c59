"""Archives over several processes, pages a second and memory: `python -m benchmarks.bulk [OUT.json]`.

Jobs 1 and 2 take turns over the same archive; the ratio is that of the seconds by the clock of one round, so the
machine has to be idle. Memory is watched over a long archive: the resident megabytes of each worker while the first and
the last quarter of the output is written.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.archives import write_archive
from benchmarks.measuring import ROOT, command, spread, write

RECORDS, ROUNDS = 2000, 5
LONG = 20_000
EVERY = 0.5


def extraction(archive: Path, folder: Path, jobs: int) -> list[str]:
    """Return the arguments that take an archive apart into a folder that was not there."""
    output = f"{folder / 'records'}/"
    shutil.rmtree(output, ignore_errors=True)
    return ["-m", "crawler", "extract", "--warc", str(archive), "--jobs", str(jobs), "-o", output]


def speed(folder: Path) -> dict[str, Any]:
    """Return pages a second with one and two workers and their ratio."""
    archive = write_archive(folder / "speed.warc.gz", RECORDS)
    rounds = [{jobs: command(*extraction(archive, folder, jobs)) for jobs in (1, 2)} for _ in range(ROUNDS)]
    return {
        "records": RECORDS,
        "rounds": ROUNDS,
        "pagesPerSecond": {jobs: round(statistics.median(RECORDS / r[jobs].wall for r in rounds)) for jobs in (1, 2)},
        "cpuMilliseconds": {
            jobs: round(statistics.median(1000 * r[jobs].cpu / RECORDS for r in rounds), 2) for jobs in (1, 2)
        },
        "twoOverOne": spread([r[1].wall / r[2].wall for r in rounds]),
    }


def memory(folder: Path) -> dict[str, Any]:
    """Return the resident megabytes of parent and workers over a long archive (Linux)."""
    archive = folder / "long.warc.gz"
    piece = write_archive(folder / "piece.warc.gz", RECORDS).read_bytes()
    archive.write_bytes(piece * (LONG // RECORDS))
    seen: list[tuple[float, float, float]] = []
    with subprocess.Popen(
        [sys.executable, *extraction(archive, folder, 2)], cwd=ROOT, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            time.sleep(EVERY)
            written = sum(path.stat().st_size for path in (folder / "records").glob(".*.part"))
            parent, *workers = _resident(process.pid)
            if written and workers:
                seen.append((written, parent, max(workers)))
    if process.returncode:
        sys.exit(f"extracting {LONG} records failed with status {process.returncode}")
    whole = sum(path.stat().st_size for path in (folder / "records").glob("*.jsonl"))
    first = [worker for written, _, worker in seen if whole / 20 < written < whole / 4]
    last = [worker for written, _, worker in seen if written > whole * 3 / 4]
    return {
        "records": LONG,
        "workerFirstQuarter": round(max(first, default=0)),
        "workerLastQuarter": round(max(last, default=0)),
        "workerPeak": round(max(worker for _, _, worker in seen)),
        "parentPeak": round(max(parent for _, parent, _ in seen)),
    }


def _resident(pid: int) -> list[float]:
    """Return the resident megabytes of a process and of those it has started."""
    found = []
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        for each in (str(pid), *children):
            status = Path(f"/proc/{each}/status").read_text(encoding="utf-8")
            found.append(int(status.partition("VmRSS:")[2].split()[0]) / 1024)
    except (OSError, IndexError):  # one has just ended
        return found or [0.0]
    return found


def measure() -> dict[str, Any]:
    """Return the figures."""
    with tempfile.TemporaryDirectory() as name:
        return {"speed": speed(Path(name)), "memory": memory(Path(name))}


if __name__ == "__main__":
    write(measure())
