"""`scrapy extract`: print the records of given pages as JSON lines."""

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

from ..bulk.outcome import Reading
from ..bulk.pool import WorkersFailed
from ..bulk.run import extract_archives
from ..page.urls import absolute
from ..profiles.match import profile_for, read_url
from ..records.quarantine import QuarantineEntry
from ..records.read import read_quarantine, read_records
from ..records.runs import RunLine, RunStatus
from ..records.write import ChromeLevel
from ..report.progress import Progress
from ..spiders.options import Options
from ..spiders.portal import PortalSpider
from ..spiders.selection import Selection
from ..terminal import plain
from ..warc.reader import SUFFIXES, NotAnArchive
from ._archives import ArchiveExtraction
from ._pages import Pages, Unusable, conflicting_url, read_input, stated_url
from ._shared import ProjectCommand, close_output, no_such_site, usable_profiles, with_epilog

_EPILOG = """\
A URL is fetched without retries (-s RETRY_TIMES=N allows N). Saved and archived pages of sites without a profile are
read by the general reading: their records have the flag `general` and a confidence. They are counted separately and
are not failures. --profiles-only skips them.

With -o, records go to a file, or to one file per archive in a folder, and pages without a record are listed in
NAME.quarantine.jsonl next to it. Files appear only when they are complete. Damaged records, and pages that crash a
worker process, are reported and skipped. An interrupted run resumes after the last finished archive when you repeat
the command.

Exit status: 0 when a record was written, or none could be expected; 1 when all pages of known sites failed, when more
than 5 % of at least 20 did (-s PORTALSIEVE_MAX_FAILED=PERCENT), when an input could not be used, or when a part of an
archive was lost; 2 for a usage error; 130 when it was stopped.

examples:
  scrapy extract https://www.example.org/news/1.html
  scrapy extract saved.html --url https://www.example.org/news/1.html --pretty
  scrapy extract --warc pages.warc.gz > records.jsonl
  scrapy extract --warc archives/ --jobs 8 -o records/
  scrapy extract --text dump.txt --site SITE
"""


class Command(ProjectCommand, ScrapyCommand):
    """Prints records, and counts and failures on standard error."""

    def syntax(self) -> str:
        """Return the command's arguments."""
        return "[options] [FILE|URL|-]..."

    def short_desc(self) -> str:
        """Return the description in the list of commands."""
        return "Print the records of files, URLs, archives or text dumps"

    def long_desc(self) -> str:
        """Return the description in the command's help."""
        return (
            "Print the records of pages as JSON lines on standard output. The pages are HTML files (.gz too), URLs"
            " (fetched as in a crawl), standard input (-), WARC archives, or a page copied as text. Counts and failures"
            " go to standard error."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--warc", metavar="FILE", nargs="+", action="extend", default=[], help="WARC archives, or folders of them")
        add(
            "--jobs",
            metavar="N",
            type=int,
            help="number of worker processes for archives (default with -o: one per core)",
        )
        add("-o", "--output", metavar="PATH", help="output file, or folder (NAME/), for the records of archives")
        add("--text", metavar="FILE", help="a page copied as text (- for standard input); needs --site")
        add("--site", metavar="SITE", help="the site of the text dump")
        add("--url", metavar="URL", help="the page's URL; overrides the one stated in the page")
        add("--fetched-at", metavar="TIME", help="when it was fetched, e.g. 2026-02-21T16:00:00+08:00")
        add("--chrome", metavar="LEVEL", help=f"how much chrome to write: {', '.join(ChromeLevel)}")
        only = parser.add_mutually_exclusive_group()
        only.add_argument("--profiles-only", action="store_true", help="skip pages of sites without a profile")
        only.add_argument("--no-profiles", action="store_true", help="read all pages without profiles, for comparison")
        add("--pretty", action="store_true", help="indent the JSON")
        with_epilog(parser, _EPILOG)

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check the options. Raises UsageError."""
        super().process_options(args, opts)
        if opts.chrome is not None:
            self.project_settings.set("PORTALSIEVE_CHROME", opts.chrome, priority="cmdline")
        self._options = self.options
        self._profiles = usable_profiles(self._options.profiles)
        unknown = [arg for arg in args if arg.startswith("-") and arg != "-"]
        if unknown:
            raise UsageError(f"no such option: {' '.join(unknown)}", print_help=False)
        if not (args or opts.warc or opts.text):
            raise UsageError("nothing to extract; give files, URLs, - (standard input), --warc or --text")
        if opts.url is not None and len(args) != 1:
            raise UsageError(f"--url needs exactly one input, got {len(args)}", print_help=False)
        if opts.url is not None and absolute("", opts.url) is None:
            raise UsageError(f"--url {opts.url}: not an http(s) URL", print_help=False)
        if (opts.text is None) != (opts.site is None):
            raise UsageError("--text and --site must be used together", print_help=False)
        if opts.site is not None and opts.site not in self._profiles:
            raise UsageError(f"--site {no_such_site(opts.site, self._profiles)}", print_help=False)
        if opts.jobs is not None and opts.jobs < 1:
            raise UsageError(f"--jobs {opts.jobs}: must be at least 1", print_help=False)
        opts.reading = Reading.PROFILES if opts.profiles_only else Reading.GENERAL if opts.no_profiles else Reading.REST
        opts.bulk = opts.jobs is not None or opts.output is not None
        if opts.bulk and (opts.text or opts.pretty or not all(_is_archive(arg) for arg in args)):
            raise UsageError("--jobs and -o work only with archives, and without --pretty", print_help=False)
        opts.fetched_at = _time(opts.fetched_at) if opts.fetched_at is not None else None

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Extract, print the counts, set the exit status."""
        if opts.bulk:
            extraction = ArchiveExtraction([*args, *opts.warc], opts.output, opts.jobs, self._options, opts.reading)
            self.exitcode = extraction.run(self._profiles)
            return
        pages = Pages(
            self._profiles,
            sys.stdout.buffer,
            sys.stderr,
            chrome=self._options.chrome,
            pretty=opts.pretty,
            max_failed=self._options.max_failed,
            reading=opts.reading,
        )
        try:
            with Progress(pages.counts):
                self._all(pages, args, opts)
            sys.stdout.flush()
        except BrokenPipeError:
            close_output()
        sys.stderr.write(f"{pages.counts()}\n")
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
        """Fetch pages by a crawl into a temporary folder, and print their records."""
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
            settings = self.project_settings.copy()
            settings.set("PORTALSIEVE_OUTPUT", folder, priority="cmdline")
            settings.set("PORTALSIEVE_CHROME", ChromeLevel.FULL, priority="cmdline")
            settings.set("RETRY_TIMES", 0, priority="spider")  # somebody is waiting; -s RETRY_TIMES overrides it
            process = AsyncCrawlerProcess(settings)
            crawlers = []
            for site, urls in wanted.items():
                crawler = process.create_crawler(PortalSpider.of(self._profiles[site]))
                process.crawl(crawler, selection=Selection(urls=tuple(urls)))
                crawlers.append(crawler)
            process.start()
            lines = [_print_run(pages, crawler.spider) for crawler in crawlers]
            if any(line is not None and line.status is RunStatus.STOPPED for line in lines):
                raise KeyboardInterrupt  # Scrapy has handled the signal itself


def _print_run(pages: Pages, spider: Any) -> RunLine | None:
    """Print the records of a crawl; return its line in the log of runs, None if it did not start."""
    line = spider.run.line if isinstance(spider, PortalSpider) else None
    if line is None:
        pages.unusable("a crawl failed to start; see the error above")
        return None
    if line.records_file:
        for record in read_records(line.records_file):
            pages.record(record)
    entries: list[QuarantineEntry] = list(read_quarantine(line.quarantine_file)) if line.quarantine_file else []
    for entry in entries:
        pages.refused(entry.failure, entry.message)
    if line.counts.disallowed:
        pages.unusable(f"{line.counts.disallowed} pages of {line.site} are disallowed by its robots.txt")
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
    if opts.url is not None and (stated := conflicting_url(body, opts.url, pages.profiles)) is not None:
        sys.stderr.write(f"{source}: using --url {opts.url}, but the page itself states {plain(stated)}\n")
    pages.page(body, url, fetched_at=opts.fetched_at)


def _archive(pages: Pages, source: str, options: Options) -> None:
    """Print the records of an archive, which is read in one worker process, as a page may crash it."""
    try:
        extract_archives(
            [source],
            sink=pages,
            jobs=1,
            profiles=options.profiles,
            chrome=options.chrome,
            cost=options.cost,
            reading=pages.reading,
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
        raise UsageError(
            f"--fetched-at {value}: not a time with a UTC offset; write it like {example}", print_help=False
        )
    return when
