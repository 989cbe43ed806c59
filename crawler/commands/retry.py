"""`scrapy retry SITE`: let what failed wait again."""

from __future__ import annotations

import argparse
import sys

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.commands.ending import EndsQuietly
from crawler.commands.help import with_epilog
from crawler.commands.stored import project_store
from crawler.store.errors import StoreError
from crawler.terminal import plain

_EPILOG = """\
Exit status: 0 also when nothing had failed; 1 when the store cannot be used; 2 for a wrong call.

examples:
  scrapy retry SITE
  scrapy retry SITE --refused     after a layout was mended
"""


class Command(EndsQuietly, ScrapyCommand):
    """Requeues pages and tells how many."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """How it is called."""
        return "[options] SITE"

    def short_desc(self) -> str:
        """What it does, in a line."""
        return "Let the pages of a site that failed wait again"

    def long_desc(self) -> str:
        """What it does."""
        return (
            "Let the pages of a site that had no usable answer wait again, with all their tries; `scrapy status SITE`"
            " shows them. The next `scrapy crawl SITE` fetches them; one that is under way does not."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        parser.add_argument("--refused", action="store_true", help="also the pages that are in quarantine")
        with_epilog(parser, _EPILOG)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Requeue, tell, set the exit status."""
        if len(args) != 1:
            raise UsageError("give one site; `scrapy status` shows them", print_help=False)
        try:
            with project_store(self.settings, args[0]) as store:
                pages = store.retry(args[0], refused=opts.refused)
        except StoreError as error:
            sys.stderr.write(f"{plain(str(error))}\n")
            self.exitcode = 1
            return
        then = f": scrapy crawl {args[0]}" if pages else ""
        sys.stdout.write(f"{pages} {'page waits' if pages == 1 else 'pages wait'} again{then}\n")
