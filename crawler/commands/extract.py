"""`scrapy extract`: records of pages that are at hand, as JSON lines on standard output."""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import UsageError

from crawler.bulk.pool import WorkersFailed
from crawler.bulk.run import extract_archives
from crawler.commands.bulk import Bulk
from crawler.commands.ending import EndsQuietly, close_output
from crawler.commands.help import with_epilog
from crawler.commands.pages import Pages, Unusable, read_input, says_otherwise, stated_url
from crawler.commands.profiles import no_such_site, usable
from crawler.errors import ProfileInvalid
from crawler.page.urls import absolute
from crawler.profiles.match import profile_for, read_url
from crawler.records.quarantine import QuarantineEntry
from crawler.records.read import read_quarantine, read_records
from crawler.records.runs import RunLine, RunStatus
from crawler.records.write import ChromeLevel
from crawler.report.progress import Progress
from crawler.spiders.options import BadSetting, Options
from crawler.spiders.portal import PortalSpider
from crawler.spiders.selection import Selection
from crawler.terminal import plain
from crawler.warc.reader import SUFFIXES, NotAnArchive

_EPILOG = """\
A URL is tried once (-s RETRY_TIMES=N: N more times). Pages of sites without a profile are counted and are no failure.

Exit status: 0 when a record was written or none was to be expected; 1 when each page of a known site failed, more than
5 % of at least 20 did (-s PORTALSIEVE_MAX_FAILED=PERCENT), an input could not be used, or something of an archive was
lost (damaged records, pages that ended their worker: each is named); 2 for a wrong call; 130 when it was stopped.

With --jobs, a page that ends its worker is named and passed over. With -o, records go to a file, or into a folder a
file for each archive, and the pages without a record to NAME.quarantine.jsonl beside it. Files appear whole. The same
call goes on where a run was stopped or killed: behind the last archive that was wholly done.

examples:
  scrapy extract https://www.example.org/news/1.html
  scrapy extract saved.html --url https://www.example.org/news/1.html --pretty
  scrapy extract --warc pages.warc.gz > records.jsonl
  scrapy extract --warc archives/ --jobs 8 -o records/
  scrapy extract --text dump.txt --site SITE
"""


class Command(EndsQuietly, ScrapyCommand):
    """Prints records; tells counts and failures on standard error."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """How it is called."""
        return "[options] [FILE|URL|-]..."

    def short_desc(self) -> str:
        """What it does, in a line."""
        return "Print the records of files, URLs, archives or text dumps"

    def long_desc(self) -> str:
        """What it does."""
        return (
            "Print the records of pages as JSON lines on standard output: of HTML files (.gz too), of URLs (fetched as"
            " a crawl fetches them), of - for standard input, of WARC archives, or of a page that was copied as text."
            " Counts and failures go to standard error."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--warc", metavar="FILE", nargs="+", action="extend", default=[], help="archives, or folders of them")
        add("--jobs", metavar="N", type=int, help="worker processes for archives (with -o: one for each core)")
        add("-o", "--output", metavar="PATH", help="where the records of archives go: a file, or a folder (NAME/)")
        add("--text", metavar="FILE", help="a page that was copied as text (- for standard input); needs --site")
        add("--site", metavar="SITE", help="whose page the text is")
        add("--url", metavar="URL", help="where the file or standard input comes from; wins over what the page says")
        add("--fetched-at", metavar="TIME", help="when it was fetched, such as 2026-02-21T16:00:00+08:00")
        add("--chrome", metavar="LEVEL", help=f"how much chrome goes out: {', '.join(ChromeLevel)}")
        add("--pretty", action="store_true", help="indented, for people")
        with_epilog(parser, _EPILOG)

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read the options; raises UsageError for a wrong call."""
        super().process_options(args, opts)
        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        if opts.chrome is not None:
            self.settings.set("PORTALSIEVE_CHROME", opts.chrome, priority="cmdline")
        try:
            self._options = Options.of(self.settings)
            self._profiles = usable(self._options.profiles)
        except (BadSetting, ProfileInvalid) as error:
            raise UsageError(str(error), print_help=False) from None
        unknown = [arg for arg in args if arg.startswith("-") and arg != "-"]
        if unknown:
            raise UsageError(f"no such option: {' '.join(unknown)}", print_help=False)
        if not (args or opts.warc or opts.text):
            raise UsageError("nothing to extract: give files, URLs, - for standard input, --warc or --text")
        if opts.url is not None and len(args) != 1:
            raise UsageError(f"--url says where one file comes from; {len(args)} inputs are given", print_help=False)
        if opts.url is not None and absolute("", opts.url) is None:
            raise UsageError(f"--url {opts.url}: no http or https URL", print_help=False)
        if (opts.text is None) != (opts.site is None):
            raise UsageError("--text and --site go together", print_help=False)
        if opts.site is not None and opts.site not in self._profiles:
            raise UsageError(f"--site {no_such_site(opts.site, self._profiles)}", print_help=False)
        if opts.jobs is not None and opts.jobs < 1:
            raise UsageError(f"--jobs {opts.jobs}: at least one", print_help=False)
        opts.bulk = opts.jobs is not None or opts.output is not None
        if opts.bulk and (opts.text or opts.pretty or not all(_is_archive(arg) for arg in args)):
            raise UsageError("--jobs and -o are for archives alone, and without --pretty", print_help=False)
        opts.fetched_at = _time(opts.fetched_at) if opts.fetched_at is not None else None

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Extract, tell the counts, set the exit status."""
        if opts.bulk:
            call = Bulk([*args, *opts.warc], opts.output, opts.jobs, self._options)
            self.exitcode = call.run(self._profiles)
            return
        pages = Pages(
            self._profiles,
            sys.stdout.buffer,
            sys.stderr,
            chrome=self._options.chrome,
            pretty=opts.pretty,
            max_failed=self._options.max_failed,
        )
        try:
            with Progress(pages.told):
                self._all(pages, args, opts)
            sys.stdout.flush()
        except BrokenPipeError:
            close_output()
        sys.stderr.write(f"{pages.told()}\n")
        if pages.too_many_failed:
            sys.stderr.write(f"failed: {pages.too_many_failed}\n")
        self.exitcode = int(pages.failed)

    def _all(self, pages: Pages, args: list[str], opts: argparse.Namespace) -> None:
        addresses: list[str] = []
        for source in args:
            if source.startswith(("http://", "https://")):
                addresses.append(source)
            elif _is_archive(source):
                _archive(pages, source, self._options)
            else:
                _file(pages, source, opts)
        for source in opts.warc:
            _archive(pages, source, self._options)
        if opts.text is not None:
            _text(pages, opts)
        if addresses:
            self._fetch(pages, addresses)

    def _fetch(self, pages: Pages, addresses: list[str]) -> None:
        """Fetch pages by a crawl into a folder that is thrown away, and print what it gave."""
        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        wanted: dict[str, list[str]] = {}
        for url in addresses:
            profile = profile_for(url, self._profiles.values())
            if profile is None:
                pages.unknown(url)
            elif read_url(url, profile).kind == "list":
                pages.list_page(url)
            else:
                wanted.setdefault(profile.site.site, []).append(url)
        if not wanted:
            return
        with tempfile.TemporaryDirectory(prefix="portalsieve-") as folder:
            settings = self.settings.copy()
            settings.set("PORTALSIEVE_OUTPUT", folder, priority="cmdline")
            settings.set("PORTALSIEVE_CHROME", ChromeLevel.FULL, priority="cmdline")
            settings.set("RETRY_TIMES", 0, priority="spider")  # a person waits; -s RETRY_TIMES wins
            process = AsyncCrawlerProcess(settings)
            crawlers = []
            for site, urls in wanted.items():
                crawler = process.create_crawler(PortalSpider.of(self._profiles[site]))
                process.crawl(crawler, selection=Selection(urls=tuple(urls)))
                crawlers.append(crawler)
            process.start()
            lines = [_print_run(pages, crawler.spider) for crawler in crawlers]
            if any(line is not None and line.status is RunStatus.STOPPED for line in lines):
                raise KeyboardInterrupt  # Scrapy has taken the signal for itself


def _print_run(pages: Pages, spider: Any) -> RunLine | None:
    """Print what a crawl gave; return its line of the runs, None where it never began."""
    line = spider.run.line if isinstance(spider, PortalSpider) else None
    if line is None:
        pages.unusable("a crawl ended before it began; what stopped it is told above")
        return None
    if line.records_file:
        for record in read_records(line.records_file):
            pages.record(record)
    entries: list[QuarantineEntry] = list(read_quarantine(line.quarantine_file)) if line.quarantine_file else []
    for entry in entries:
        pages.refused(entry.failure, entry.message)
    if line.counts.disallowed:
        pages.unusable(f"{line.counts.disallowed} pages of {line.site} are forbidden by its robots.txt")
    for fault in spider.run.faults:
        pages.unusable(fault)
    return line


def _is_archive(source: str) -> bool:
    return not source.startswith(("http://", "https://")) and (source.endswith(SUFFIXES) or Path(source).is_dir())


def _file(pages: Pages, source: str, opts: argparse.Namespace) -> None:
    try:
        body = read_input(source)
        url = opts.url or stated_url(body, source)
    except Unusable as error:
        pages.unusable(str(error))
        return
    if opts.url is not None and (stated := says_otherwise(body, opts.url, pages.profiles)) is not None:
        sys.stderr.write(f"{source}: taken as {opts.url}, as --url says; the page says it is {plain(stated)}\n")
    pages.page(body, url, fetched_at=opts.fetched_at)


def _archive(pages: Pages, source: str, options: Options) -> None:
    """Print what an archive gives, read by one process that a page may end."""
    try:
        extract_archives(
            [source], taker=pages, jobs=1, profiles=options.profiles, chrome=options.chrome, cost=options.cost
        )
    except BrokenPipeError:
        raise
    except (NotAnArchive, WorkersFailed, OSError) as error:
        pages.unusable(str(error))


def _text(pages: Pages, opts: argparse.Namespace) -> None:
    try:
        body = read_input(opts.text)
    except Unusable as error:
        pages.unusable(str(error))
        return
    pages.dump(body, opts.site, opts.text, fetched_at=opts.fetched_at)


def _time(value: str) -> datetime:
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        example = "2026-02-21T16:00:00+08:00"
        raise UsageError(f"--fetched-at {value}: no time with a zone; write it like {example}", print_help=False)
    return when
