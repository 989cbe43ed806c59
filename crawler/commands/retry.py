"""`scrapy retry SITE`: requeue a site's failed pages."""

from __future__ import annotations

import argparse
import sys

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ..store.errors import StoreError
from ..terminal import plain
from ._shared import ProjectCommand, project_store, with_epilog

_EPILOG = """\
Exit status: 0, also when no page had failed; 1 when the store cannot be used; 2 for a usage error.

examples:
  scrapy retry SITE
  scrapy retry SITE --refused     after fixing a layout
"""


class Command(ProjectCommand, ScrapyCommand):
    """Requeues pages and prints how many."""

    def syntax(self) -> str:
        """Return the command's arguments."""
        return "[options] SITE"

    def short_desc(self) -> str:
        """Return the description in the list of commands."""
        return "Requeue a site's failed pages"

    def long_desc(self) -> str:
        """Return the description in the command's help."""
        return (
            "Requeue the pages of a site that had no usable response, with a fresh number of attempts; `scrapy status"
            " SITE` lists them. The next `scrapy crawl SITE` fetches them; a running crawl does not."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--refused", action="store_true", help="requeue quarantined pages too")
        with_epilog(parser, _EPILOG)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Requeue, print the number of pages, set the exit status."""
        if len(args) != 1:
            raise UsageError("expected one site; `scrapy status` shows them", print_help=False)
        try:
            with project_store(self.options, args[0]) as store:
                pages = store.retry(args[0], refused=opts.refused)
        except StoreError as error:
            sys.stderr.write(f"{plain(str(error))}\n")
            self.exitcode = 1
            return
        then = f"; run scrapy crawl {args[0]}" if pages else ""
        sys.stdout.write(f"Requeued {pages} {'page' if pages == 1 else 'pages'}{then}\n")
