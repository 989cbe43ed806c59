"""`scrapy retry SITE`: requeue a site's failed pages."""

from __future__ import annotations

import argparse
import sys
import time

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from .. import __version__
from ..profiles.load import Profile
from ..report.run import FINISHED, Run
from ..report.status import site_status
from ..store.errors import StoreError
from ..store.interface import Store
from ..terminal import as_called, plain
from ._shared import Add, ProjectCommand, project_store, usable_profiles

_EPILOG = """\
Exit status: 0, also when no page had failed; 1 when the store cannot be used; 2 for a usage error.

examples:
  scrapy retry SITE
  scrapy retry SITE --refused     after fixing a layout
  scrapy retry SITE --release     after checking that held pages are right
"""
_RELEASED = 200
"""How many records are published in one transaction."""


class Command(ProjectCommand, ScrapyCommand):
    """Requeues pages and prints how many."""

    arguments = "[options] SITE"
    summary = "Requeue a site's failed pages"
    description = (
        "Requeue the pages of a site that had no usable response, with a fresh number of attempts; `scrapy status"
        " SITE` lists them. The next `scrapy crawl SITE` fetches them; a running crawl does not."
    )
    epilog = _EPILOG

    def _arguments(self, add: Add) -> None:
        add("--refused", action="store_true", help="requeue quarantined pages too")
        add(
            "--release",
            action="store_true",
            help="requeue nothing: publish the records that were held back because their layout may have changed, and"
            " do not compare later pages with those before",
        )

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Requeue, print the number of pages, set the exit status."""
        if len(args) != 1:
            raise UsageError("expected one site; `scrapy status` shows them", print_help=False)
        if opts.release and opts.refused:
            raise UsageError("only one of --refused and --release", print_help=False)
        try:
            with project_store(self.options, args[0]) as store:
                if opts.release:
                    sys.stdout.write(self._release(store, args[0]))
                    return
                pages = store.retry(args[0], refused=opts.refused)
                refused = 0 if pages or opts.refused else site_status(store, args[0]).quarantined
        except StoreError as error:
            sys.stderr.write(f"{plain(str(error))}\n")
            self.exitcode = 1
            return
        then = f"; run scrapy crawl {args[0]}" if pages else ""
        if refused:
            then = f"; {refused} in quarantine: --refused requeues them, after you fixed a layout"
        sys.stdout.write(as_called(f"Requeued {pages} {'page' if pages == 1 else 'pages'}{then}\n"))

    def _release(self, store: Store, site: str) -> str:
        """Publish the held records in a run of their own; return the message."""
        held = {one.number: one.record.layout for one in store.held(site)}
        if not held and not any(row.open and row.scope == "release" for row in store.runs(site)):
            return "Released 0 records\n"
        profile: Profile | None = usable_profiles(self.options.profiles).get(site)
        run = Run(site, profile.version if profile else "", __version__, self.options.output, self.options.chrome)
        row = store.begin(site, "release", run.id, run.begun)
        run.resume(row.id, row.begun, store)
        for layout in sorted({*held.values()}):
            store.forget(site, layout)
        released = 0
        numbers = [*held]
        for start in range(0, len(numbers), _RELEASED):
            released += len(store.decide(run.id, time.time(), release=numbers[start : start + _RELEASED]).released)
        line = run.close(store, FINISHED, complete=True)
        if run.faults:
            self.exitcode = 1
        where = f": {line.records_file}" if line.records_file else ""
        return f"Released {released} {'record' if released == 1 else 'records'}{where}\n"
