"""A datatrove job on this machine: `python -m tests.engine_job ARCHIVES OUT [--tasks N] [--workers N]`.

The file OUT/kills, if there is one, has a line RANK:PAGE for each moment at which a task's process is killed.
"""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datatrove.executor import LocalPipelineExecutor

from crawler.datatrove import Extract, RecordWriter, WarcReader


class Killer:
    """A step that kills its process at a page of a task, once for each line of a file."""

    def __init__(self, kills: Path) -> None:
        self.kills = kills

    def __call__(self, data: Any, rank: int = 0, world_size: int = 1) -> Iterator[Any]:
        """Pass the documents on."""
        for number, document in enumerate(data):
            left = self.kills.read_text().splitlines() if self.kills.exists() else []
            if f"{rank}:{number}" in left:
                left.remove(f"{rank}:{number}")
                self.kills.write_text("".join(f"{line}\n" for line in left))
                os.kill(os.getpid(), signal.SIGKILL)
            yield document


def steps(archives: Path, out: Path) -> list[Any]:
    """Return the steps: archives in, records and quarantine out."""
    return [
        WarcReader(str(archives)),
        Extract(str(out / "quarantine")),
        Killer(out / "kills"),
        RecordWriter(str(out / "records")),
    ]


def main() -> None:
    """Run the job."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("archives", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tasks", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    LocalPipelineExecutor(
        steps(options.archives, options.out), tasks=options.tasks, workers=options.workers,
        logging_dir=str(options.out / "logs"),
    ).run()  # fmt: skip


if __name__ == "__main__":
    main()
