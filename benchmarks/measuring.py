"""What the benchmarks share: CPU time of a call and of a command, spreads, the machine's name."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Ran(NamedTuple):
    """What a command took: seconds by the clock, CPU seconds of it and all its children."""

    wall: float
    cpu: float


def seconds(run: Callable[[], object]) -> float:
    """Return the CPU time of one call."""
    started = time.process_time()
    run()
    return time.process_time() - started


def spread(values: Sequence[float], digits: int = 2) -> dict[str, float]:
    """Return least, median and greatest."""
    return {
        "least": round(min(values), digits),
        "median": round(statistics.median(values), digits),
        "greatest": round(max(values), digits),
    }


def command(*arguments: str | Path) -> Ran:
    """Run `python ARGUMENTS` in the project and return what it took; ends the benchmark if it fails."""
    began, before = time.monotonic(), os.times()
    done = subprocess.run([sys.executable, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False)
    after = os.times()
    if done.returncode:
        sys.exit(f"python {' '.join(map(str, arguments))} failed:\n{done.stderr}")
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return Ran(time.monotonic() - began, cpu)


def machine() -> dict[str, Any]:
    """Return where and when figures are taken."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text(encoding="utf-8").splitlines() if line.startswith("model name")]
        model = names[0].partition(": ")[2] if names else model
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
    }


def write(result: dict[str, Any]) -> None:
    """Write a benchmark's result where the first argument says; without one, print it."""
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    if len(sys.argv) > 1:
        path = Path(sys.argv[1])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    else:
        print(text, end="")
