"""`scrapy crawl SITE`: crawl a site and print a summary."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError
from w3lib.url import any_to_uri, file_uri_to_path

from ..errors import ProfileInvalid
from ..records.runs import RunStatus
from ..report.progress import LINE_EVERY, Progress, crawl_line
from ..report.table import print_table
from ..spiders.portal import PortalSpider
from ..spiders.selection import ARGUMENTS, BadArgument
from ..terminal import STOPPED, plain
from ._shared import PROFILES_SETTING, add_profiles, options_of, with_epilog

_EXAMPLES = """\
Run the same command to resume a crawl that was stopped (Ctrl-C) or killed; after
a finished crawl it fetches what is new or due for a revisit.

Exit status: 0 when records were written or all articles were known; 1 when there
was no record, when more than 5 % of at least 20 pages failed or were quarantined
(-s PORTALSIEVE_MAX_FAILED=PERCENT), or after an error (the reason is on standard
error and in output/runs.jsonl); 2 for a usage error; 130 when it was stopped
(Ctrl-C, SIGTERM).

examples:
  scrapy crawl SITE -a limit=5
  scrapy crawl SITE -a archive=pages.warc.gz -O out.jsonl
"""


class Command(ScrapyCrawl):
    """Scrapy's crawl command with checked arguments, a meaningful exit status and a summary table."""

    def syntax(self) -> str:
        """Return the command's arguments."""
        return "[options] SITE"

    def short_desc(self) -> str:
        """Return the description in the list of commands."""
        return "Crawl a site; records go to output/"

    def long_desc(self) -> str:
        """Return the description in the command's help."""
        return (
            "Crawl a site by its profile and write the records to output/. By default articles are discovered through"
            " the lists in the profile; each -a NAME=VALUE narrows that down. The site `general` reads the"
            " pages of -a url or -a urls_file by the general reading, which needs no profile."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add Scrapy's options and the list of arguments for -a."""
        super().add_options(parser)
        add_profiles(parser)
        width = max(map(len, ARGUMENTS))
        lines = [f"  -a {name}={'':<{width - len(name)}}  {what}" for name, what in ARGUMENTS.items()]
        with_epilog(parser, "\n".join(["arguments:", *lines, "", _EXAMPLES]))

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check the options; an invalid setting is a usage error."""
        super().process_options(args, opts)
        if opts.profiles and self.settings is not None:
            self.settings.set(PROFILES_SETTING, opts.profiles, priority="cmdline")
        options_of(self.settings)
        for feed in self.settings.getdict("FEEDS") if self.settings is not None else ():
            _check_feed(str(feed))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl, print the summary, set the exit status."""
        if len(args) != 1:
            raise UsageError("expected one site; `scrapy list` shows them", print_help=False)
        if self.crawler_process is None:
            raise RuntimeError("Scrapy did not set the command's crawler process")
        try:
            spider_class: Any = self.crawler_process.spider_loader.load(args[0])
            selection = spider_class.select(opts.spargs)
        except KeyError as error:
            raise UsageError(str(error.args[0]), print_help=False) from None
        except (BadArgument, ProfileInvalid) as error:
            raise UsageError(str(error), print_help=False) from None
        crawler = self._create_crawler(spider_class)
        self.crawler_process.crawl(crawler, selection=selection)
        with Progress(lambda: _line(crawler.spider), line_every=LINE_EVERY):
            self.crawler_process.start()
        spider = crawler.spider
        line = spider.run.line if isinstance(spider, PortalSpider) else None
        if line is None and crawler in self.crawler_process.crawlers:  # it was cut off before it could close its run
            sys.stderr.write(
                f"the crawl of {args[0]} was stopped at once; everything written is kept. Run the same command to"
                " resume.\n"
            )
            self.exitcode = STOPPED
            return
        if line is None:
            sys.stderr.write("the crawl failed to start; see the error above\n")
            self.exitcode = 1
            return
        if line.status is RunStatus.STOPPED:
            sys.stderr.write(f"the crawl of {line.site} was {plain(line.reason)}\n")
            self.exitcode = STOPPED
        elif line.status is RunStatus.FAILED or self.crawler_process.bootstrap_failed:
            sys.stderr.write(f"the crawl of {line.site} failed: {plain(line.reason)}\n")
            self.exitcode = 1
        print_table(line, sys.stderr)


def _check_feed(address: str) -> None:
    """Raise UsageError for a file that cannot be written: Scrapy would log an error per record and succeed."""
    uri = any_to_uri(address)
    if not uri.startswith("file:") or "%(" in address:  # not a local file, or its name is not known yet
        return
    path = Path(file_uri_to_path(uri))
    there = path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("ab").close()
    except OSError as error:
        raise UsageError(f"{path}: cannot write records to it: {error.strerror}", print_help=False) from None
    if not there:
        path.unlink()


def _line(spider: Any) -> str:
    if not isinstance(spider, PortalSpider):
        return "starting"
    frontier = spider.frontier
    if frontier is None:
        return crawl_line(spider.run)
    due = frontier.next_try
    return crawl_line(
        spider.run,
        paused=frontier.paused,
        in_flight=frontier.in_flight if spider.stopping else None,
        retry=(due - time.time(), frontier.retry_reason) if due is not None else None,
    )
