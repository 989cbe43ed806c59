"""`scrapy status [SITE]`: what of a site is done, waiting, failed and quarantined, and why."""

from __future__ import annotations

import argparse
import sys

import msgspec
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.commands.ending import EndsQuietly
from crawler.commands.help import with_epilog
from crawler.commands.stored import project_store
from crawler.report.progress import Progress
from crawler.report.status import print_status, site_status
from crawler.store.errors import StoreError
from crawler.terminal import plain

_EPILOG = """\
Exit status: 0 when the store could be read; 1 when there is none, or it is damaged; 2 for a wrong call.

examples:
  scrapy status
  scrapy status SITE --json
  scrapy status --check
"""


class Command(EndsQuietly, ScrapyCommand):
    """Prints a table for each site."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """How it is called."""
        return "[options] [SITE]"

    def short_desc(self) -> str:
        """What it does, in a line."""
        return "Tell what of a site is done, waiting, failed, quarantined, and why"

    def long_desc(self) -> str:
        """What it does."""
        return (
            "Tell how the pages of a site (without an argument: of each site) stand in the store: done, waiting, failed"
            " or quarantined, why, and in which layout; how many articles have a record; which runs were not finished."
            " A crawl may go on meanwhile. --check reads the whole store and compares every row with its checksum."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--json", action="store_true", help="a JSON list with an object for each site")
        parser.add_argument("--check", action="store_true", help="compare all that the store holds with its checksums")
        with_epilog(parser, _EPILOG)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print, set the exit status."""
        if len(args) > 1:
            raise UsageError("give one site, or none for all", print_help=False)
        try:
            with project_store(self.settings, args[0] if args else None) as store:
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
            sys.stdout.write("the store holds no site yet\n")
        if opts.check:
            sys.stdout.write("the store is whole: every row is what was written\n")
