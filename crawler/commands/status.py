"""`scrapy status [SITE]`: how many pages of a site are done, waiting, failed and quarantined, and why."""

from __future__ import annotations

import argparse
import sys

import msgspec
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ..report.progress import Progress
from ..report.status import print_status, site_status
from ..store.errors import StoreError
from ..terminal import plain
from ._shared import Add, ProjectCommand, project_store

_EPILOG = """\
Exit status: 0 when the store could be read; 1 when it does not exist or is damaged; 2 for a usage error.

examples:
  scrapy status
  scrapy status SITE --json
  scrapy status --check
"""


class Command(ProjectCommand, ScrapyCommand):
    """Prints a table for each site."""

    arguments = "[options] [SITE]"
    summary = "Show a site's done, waiting, failed and quarantined pages"
    description = (
        "Show the state of the pages of a site (by default: of each site) in the store: done, waiting, failed or"
        " quarantined, with reason and layout; how many articles have a record; which runs are unfinished. It can"
        " be used while a crawl is running."
    )
    epilog = _EPILOG

    def _arguments(self, add: Add) -> None:
        add("--json", action="store_true", help="print a JSON list with an object per site")
        add("--check", action="store_true", help="read the whole store and verify all checksums")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print, set the exit status."""
        if len(args) > 1:
            raise UsageError("expected at most one site", print_help=False)
        try:
            with project_store(self.options, args[0] if args else None) as store:
                if opts.check:
                    with Progress(lambda: f"checking {store.name}"):
                        store.check()
                found = [site_status(store, site) for site in args or store.sites()]
        except StoreError as error:
            sys.stderr.write(f"{plain(str(error))}\n")
            self.exitcode = 1
            return
        if opts.json:
            sys.stdout.write(msgspec.json.format(msgspec.json.encode(found)).decode() + "\n")
            return
        for number, status in enumerate(found):
            sys.stdout.write("\n" if number else "")
            print_status(status, sys.stdout)
        if not found:
            sys.stdout.write("the store is empty\n")
        if opts.check:
            sys.stdout.write("the store is intact: all checksums match\n")
