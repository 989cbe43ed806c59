"""`scrapy crawl SITE`: crawl a site, say what came of it, and fail where it failed."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError
from w3lib.url import any_to_uri, file_uri_to_path

from crawler.commands.ending import STOPPED
from crawler.commands.help import with_epilog
from crawler.errors import ProfileInvalid
from crawler.records.runs import RunStatus
from crawler.report.progress import Progress, crawl_told
from crawler.report.table import print_table
from crawler.spiders.options import BadSetting, Options
from crawler.spiders.portal import PortalSpider
from crawler.spiders.selection import ARGUMENTS, BadArgument, Selection
from crawler.terminal import plain

PLAIN = 15.0
"""Seconds between two lines of progress where standard error is no terminal."""

_EXAMPLES = """\
examples:
  scrapy crawl SITE -a limit=5
  scrapy crawl SITE -a archive=pages.warc.gz -O out.jsonl
"""


class Command(ScrapyCrawl):
    """Scrapy's crawl command with arguments checked first, an exit status that tells, and a table at the end."""

    def syntax(self) -> str:
        """How it is called."""
        return "[options] SITE"

    def short_desc(self) -> str:
        """What it does, in a line."""
        return "Crawl a site by its profile: records go to output/"

    def long_desc(self) -> str:
        """What it does."""
        return (
            "Crawl a site by its profile. Without an argument it discovers articles from the profile's lists; "
            "each -a NAME=VALUE narrows that down. One that was stopped (Ctrl-C) or killed goes on by the same "
            "command; the next one fetches what is new or due. Exit status: 0 when records were written or all were "
            "known; 1 when there was none, when more than 5 % of at least 20 pages failed or were quarantined "
            "(-s PORTALSIEVE_MAX_FAILED=PERCENT), or when something broke (the reason is on standard error and in "
            "output/runs.jsonl); 2 for a wrong call; 130 when it was stopped (Ctrl-C, SIGTERM)."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add Scrapy's options, and say at the end what -a takes."""
        super().add_options(parser)
        width = max(map(len, ARGUMENTS))
        lines = [f"  -a {name}={'':<{width - len(name)}}  {what}" for name, what in ARGUMENTS.items()]
        with_epilog(parser, "\n".join(["arguments:", *lines, "", _EXAMPLES]))

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read the options; a wrong setting of ours is a wrong call."""
        super().process_options(args, opts)
        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        try:
            Options.of(self.settings)
        except BadSetting as error:
            raise UsageError(str(error), print_help=False) from None
        for feed in self.settings.getdict("FEEDS"):
            _check_feed(str(feed))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Crawl, print the table, set the exit status."""
        if len(args) != 1:
            raise UsageError("give one site; `scrapy list` shows them", print_help=False)
        if self.crawler_process is None:
            raise RuntimeError("Scrapy gave this command no process")
        try:
            spider_class: Any = self.crawler_process.spider_loader.load(args[0])
            selection = Selection.of(spider_class.profile, opts.spargs)
        except KeyError as error:
            raise UsageError(str(error.args[0]), print_help=False) from None
        except (BadArgument, ProfileInvalid) as error:
            raise UsageError(str(error), print_help=False) from None
        crawler = self._create_crawler(spider_class)
        self.crawler_process.crawl(crawler, selection=selection)
        with Progress(lambda: _told(crawler.spider), plain=PLAIN):
            self.crawler_process.start()
        spider = crawler.spider
        line = spider.run.line if isinstance(spider, PortalSpider) else None
        if line is None and crawler in self.crawler_process.crawlers:  # it was cut off before it could close its run
            sys.stderr.write(
                f"the crawl of {args[0]} was stopped at once; give the same command again, and it goes on: what was"
                " written is kept\n"
            )
            self.exitcode = STOPPED
            return
        if line is None:
            sys.stderr.write("the crawl ended before it began; what stopped it is told above\n")
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
    """Refuse a file that cannot be written: Scrapy would tell it record by record, and call the crawl a success."""
    uri = any_to_uri(address)
    if not uri.startswith("file:") or "%(" in address:  # not on this disk, or not yet known where
        return
    path = Path(file_uri_to_path(uri))
    there = path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.open("ab").close()
    except OSError as error:
        raise UsageError(f"{path}: records cannot be written there: {error.strerror}", print_help=False) from None
    if not there:
        path.unlink()


def _told(spider: Any) -> str:
    if not isinstance(spider, PortalSpider):
        return "starting"
    frontier = spider.frontier
    if frontier is None:
        return crawl_told(spider.run)
    due = frontier.next_try
    return crawl_told(
        spider.run,
        paused=frontier.paused,
        under_way=frontier.in_flight if spider.stopping else None,
        again=(due - time.time(), frontier.retry_reason) if due is not None else None,
    )
