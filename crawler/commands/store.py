"""`scrapy store copy SOURCE TARGET`: move a project's store to another database."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ..report.progress import Progress
from ..store.copy import copy
from ..store.errors import StoreError
from ..store.opening import open_tables
from ..store.schema import BESIDE
from ..store.server import is_server
from ..terminal import plain
from ._shared import ProjectCommand

_EPILOG = """\
A store is a file, or the URL of a PostgreSQL database. The source is left as it
is; set PORTALSIEVE_STORE to the target afterwards. Copy while no crawl runs.

A copy that is stopped (Ctrl-C) leaves no file.

Exit status: 0 when the copy equals its source; 1 when one of the stores cannot
be used, the target is not empty, or they differ; 2 for a usage error.

examples:
  scrapy store copy output/store.sqlite postgresql://crew@db.example/portals
  scrapy store copy postgresql://crew@db.example/portals backup.sqlite
"""


class Command(ProjectCommand, ScrapyCommand):
    """Copies a store and prints the number of rows and their checksum."""

    arguments = "[options] copy SOURCE TARGET"
    summary = "Copy the store to another file or database"
    description = (
        "Copy a store, with its frontier, records, revisions, quarantine and runs, from a file to PostgreSQL or"
        " back, and compare the copy with its source."
    )
    epilog = _EPILOG

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Copy, print what was copied, set the exit status."""
        del opts
        if len(args) != 3 or args[0] != "copy":
            raise UsageError(
                "expected copy SOURCE TARGET; for example copy output/store.sqlite backup.sqlite", print_help=False
            )
        at = ["starting", 0]

        def note(table: str, rows: int) -> None:
            at[:] = table, rows

        made = not is_server(args[2]) and not Path(args[2]).exists()
        try:
            with (
                contextlib.closing(open_tables(_place(args[1]), make=False)) as source,
                contextlib.closing(open_tables(_place(args[2]))) as target,
                Progress(lambda: f"{at[0]}: {at[1]:,} rows"),
            ):
                done = copy(source, target, note)
        except KeyboardInterrupt:
            if made:  # nobody has compared it, and the next copy needs an empty store
                for part in ("", *BESIDE):
                    Path(f"{args[2]}{part}").unlink(missing_ok=True)
            raise
        except StoreError as error:
            sys.stderr.write(f"{plain(str(error))}\n")
            self.exitcode = 1
            return
        for table, rows in done.rows.items():
            sys.stdout.write(f"{table:12} {rows:>12,}\n")
        sys.stdout.write(f"The copy equals its source (checksum {done.checksum:08x}).\n")


def _place(named: str) -> Path | str:
    return named if is_server(named) else Path(named)
