"""`scrapy extract`: print the records of given pages as JSON lines."""

from __future__ import annotations

import argparse
import contextlib
import errno
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
from ..bulk.run import extract_archives, is_folder
from ..page.urls import absolute
from ..profiles.load import Profiles
from ..profiles.match import profile_for, read_url
from ..records.formats import SUFFIXES, Shape
from ..records.quarantine import QuarantineEntry
from ..records.read import read_quarantine, read_records
from ..records.remote import RemoteError, Staged, exists, is_remote
from ..records.runs import RunLine, RunStatus
from ..records.tables import NoArrow
from ..records.write import CannotWrite, ChromeLevel
from ..report.progress import Progress
from ..spiders.general import GeneralSpider
from ..spiders.options import Options
from ..spiders.portal import PortalSpider
from ..spiders.selection import Selection
from ..terminal import plain
from ..warc.reader import NotAnArchive
from ._archives import ArchiveExtraction
from ._inputs import Input, Origin, inputs, read_manifest, url_in
from ._missing import AGAIN
from ._pages import Pages, Unusable, conflicting_url, read_input, stated_url
from ._shared import Add, ProjectCommand, close_output, no_such_site, usable_profiles
from ._writers import EXISTS, ToFolder, Writer, holds_something, listing, to_file, to_stream

_EPILOG = """\
An input is a saved page (.gz too), a folder of them, a pattern such as 'saved/**/*.html', a URL (fetched without
retries, -s RETRY_TIMES=N allows N), a WARC archive, or - for standard input. Archives and -o can be in object storage
(s3://BUCKET/PATH, with the extra `s3`). A saved page's URL is that in --manifest
(lines FILE<tab>URL), in the browser's comment "saved from url", or in its canonical link.

With -o, records go to one file, or to a folder (NAME/) that mirrors the input: pages of an archive are in a folder of
its name, in files named by the article's id. A file that exists is not overwritten, except with -O. What has no record
is listed with its reason and the next step in NAME.missing.jsonl, for a folder in missing.jsonl. Archives alone are
read with --jobs processes; their pages without a record are in NAME.quarantine.jsonl. Files appear only when they are
complete. Damaged records, and pages that crash a worker process, are reported and skipped. An interrupted run over
archives resumes after the last finished archive when you repeat the command.

Pages of sites without a profile are read by the general reading: their records have the flag `general` and a
confidence. They are counted separately and are not failures. --profiles-only skips them.

Exit status: 0 when a record was written, or none could be expected; 1 when all pages of known sites failed, when more
than 5 % of at least 20 did (-s PORTALSIEVE_MAX_FAILED=PERCENT), when an input could not be used (a URL without a
profile that cannot be fetched is one), or when a part of an archive was lost; 2 for a usage error; 130 when it was
stopped.

examples:
  scrapy extract https://www.example.org/news/1.html
  scrapy extract saved.html --url https://www.example.org/news/1.html --pretty
  scrapy extract saved/ --format markdown -o articles/
  scrapy extract saved/ -o articles.parquet
  scrapy extract --warc pages.warc.gz > records.jsonl
  scrapy extract --warc archives/ --jobs 8 -o records/
  scrapy extract --text dump.txt --site SITE
"""


class Command(ProjectCommand, ScrapyCommand):
    """Prints records, and counts and failures on standard error."""

    arguments = "[options] [FILE|FOLDER|URL|-]..."
    summary = "Extract files, folders, URLs or archives: JSON, text, Markdown, tables"
    description = (
        "Write the records of pages to standard output, a file or a folder. The pages are HTML files (.gz too),"
        " folders, URLs (fetched as in a crawl), standard input (-), WARC archives, or a page copied as text."
        " Counts and failures go to standard error."
    )
    epilog = _EPILOG

    def _arguments(self, add: Add) -> None:
        add("--warc", metavar="FILE", nargs="+", action="extend", default=[], help="WARC archives, or folders of them")
        add(
            "--jobs",
            metavar="N",
            type=int,
            help="number of worker processes for archives (default with -o: one per core)",
        )
        add("-o", "--output", metavar="PATH", help="output file, folder (NAME/) or -; nothing is overwritten")
        add("-O", "--overwrite-output", metavar="PATH", help="as -o, but overwrites files that exist")
        add("--format", metavar="FORMAT", help=f"{', '.join(Shape)} (default: by the suffix of -o, else jsonl)")
        add("--manifest", metavar="FILE", help="URLs of saved pages, as FILE<tab>URL or CSV; alone, its files are read")
        add("--missing", metavar="FILE", help="list pages without a record here (default: next to -o)")
        add("--text", metavar="FILE", help="a page copied as text (- for standard input); needs --site")
        add("--site", metavar="SITE", help="the site of the text dump")
        add("--url", metavar="URL", help="the page's URL; overrides the one stated in the page")
        add("--fetched-at", metavar="TIME", help="when it was fetched, e.g. 2026-02-21T16:00:00+08:00")
        add("--chrome", metavar="LEVEL", help=f"how much chrome to write: {', '.join(ChromeLevel)}")
        add("--pretty", action="store_true", help="indent the JSON")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        only = parser.add_mutually_exclusive_group()
        only.add_argument("--profiles-only", action="store_true", help="skip pages of sites without a profile")
        only.add_argument("--no-profiles", action="store_true", help="read all pages without profiles, for comparison")

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
        if not (args or opts.warc or opts.text or opts.manifest):
            raise UsageError("nothing to extract; give files, folders, URLs, - (standard input), --warc or --text")
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
        opts.overwrite = opts.overwrite_output is not None
        if opts.overwrite and opts.output is not None:
            raise UsageError("-o and -O cannot be combined", print_help=False)
        opts.output = opts.overwrite_output if opts.overwrite else opts.output
        opts.output = None if opts.output == "-" else opts.output
        opts.shape = _shape(opts)
        try:
            opts.urls = read_manifest(opts.manifest) if opts.manifest else {}
        except Unusable as error:
            raise UsageError(str(error), print_help=False) from None
        self._inputs = list(inputs(args or map(str, opts.urls if not (opts.warc or opts.text) else ()), opts.warc))
        archives = all(isinstance(each, Input) and each.origin is Origin.ARCHIVE for each in self._inputs)
        lines = opts.shape is Shape.JSONL and not (opts.text or opts.pretty or opts.missing)
        opts.bulk = (opts.jobs is not None or opts.output is not None) and archives and lines
        if opts.jobs is not None and not opts.bulk:
            raise UsageError("--jobs works only with archives, as JSON lines and without --pretty", print_help=False)
        if opts.bulk and opts.overwrite:
            raise UsageError(f"-O {opts.output}: records of archives overwrite nothing; use -o", print_help=False)
        if not opts.bulk:
            self._check_output(opts)
        opts.fetched_at = _time(opts.fetched_at) if opts.fetched_at is not None else None

    def _check_output(self, opts: argparse.Namespace) -> None:
        """Check that no file of the user's would be overwritten, as far as the names are known. Raises UsageError."""
        listed, output = _list_file(opts), Path(opts.output) if opts.output is not None else None
        read = {Path(each.name).resolve() for each in self._inputs if isinstance(each, Input)}
        kept = {*read, output.resolve() if output is not None else None}
        if opts.missing and listed is not None and listed.resolve() in kept:
            raise UsageError(f"--missing {opts.missing}: is an input or the output too", print_help=False)
        if output is not None and not is_remote(opts.output) and output.resolve() in read:
            option = "-O" if opts.overwrite else "-o"
            raise UsageError(f"{option} {opts.output}: is an input too", print_help=False)
        if output is not None and not opts.overwrite and not is_remote(opts.output) and holds_something(output):
            raise UsageError(f"-o {opts.output}: {EXISTS}", print_help=False)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Extract, print the counts, set the exit status."""
        if opts.bulk:
            extraction = ArchiveExtraction([*args, *opts.warc], opts.output, opts.jobs, self._options, opts.reading)
            self.exitcode = extraction.run(self._profiles)
            return
        staged = Staged(opts.output, kept=False) if is_remote(opts.output) else None
        if staged is None:
            self._extract(opts)
            return
        try:
            there = exists(opts.output.rstrip("/"))  # a wrong bucket is reported before the work, not after it
            if there and not opts.overwrite and not is_folder(opts.output):
                raise UsageError(f"-o {opts.output}: {EXISTS}", print_help=False)
            opts.output = f"{staged.place}{'/' if is_folder(opts.output) else ''}"
            if self._extract(opts, staged):
                for url in staged.upload():
                    sys.stderr.write(f"written to {plain(url)}\n")
        except RemoteError as error:
            sys.stderr.write(f"the extraction failed: -o {plain(str(error))}\n")
            self.exitcode = 1
        finally:
            staged.remove()

    def _extract(self, opts: argparse.Namespace, staged: Staged | None = None) -> bool:
        """Extract and print the counts; return whether the output, `staged` for an upload if remote, is complete."""
        try:
            with listing(_list_file(opts)) as missing, self._writer(opts) as writer:
                pages = Pages(
                    self._profiles,
                    writer,
                    sys.stderr,
                    missing=missing,
                    chrome=self._options.chrome,
                    max_failed=self._options.max_failed,
                    reading=opts.reading,
                )
                try:
                    with Progress(pages.counts):
                        self._all(pages, opts)
                    sys.stdout.flush()
                except BrokenPipeError:
                    close_output()
        except (CannotWrite, NoArrow) as error:
            at = "-o " if isinstance(error, CannotWrite) else ""
            sys.stderr.write(f"the extraction failed: {at}{plain(str(error))}\n")
            self.exitcode = 2 if isinstance(error, CannotWrite) and error.errno == errno.EEXIST else 1
            return False
        sys.stderr.write(f"{pages.counts()}\n")
        if missing and (listed := _list_file(opts)) is not None:
            where = staged.url_of(listed) if staged is not None else str(listed)
            sys.stderr.write(f"without a record: {len(missing)}, listed in {plain(where)}\n")
        if pages.too_many_failed:
            sys.stderr.write(f"failed: {pages.too_many_failed}\n")
        self.exitcode = int(pages.failed)
        return True

    def _writer(self, opts: argparse.Namespace) -> contextlib.AbstractContextManager[Writer]:
        how = {"pretty": opts.pretty, "formulas": self._options.csv_formulas}
        if opts.output is None or not is_folder(opts.output):
            one = [each for each in self._inputs if isinstance(each, Input)]
            how["single"] = len(self._inputs) == len(one) == 1 and one[0].origin is not Origin.ARCHIVE
            if opts.output is None:
                return to_stream(sys.stdout.buffer, opts.shape, **how)
            return to_file(Path(opts.output), opts.shape, **how)
        kept = [Path(each.name) for each in self._inputs if isinstance(each, Input) and each.origin is Origin.FILE]
        listed = _list_file(opts)
        return contextlib.nullcontext(
            ToFolder(
                Path(opts.output),
                opts.shape,
                **how,
                kept=kept if listed is None else [*kept, listed],
                overwrite=opts.overwrite,
            )
        )

    def _all(self, pages: Pages, opts: argparse.Namespace) -> None:
        addresses: list[str] = []
        for each in self._inputs:
            if isinstance(each, str):
                pages.at(each.partition(":")[0])
                pages.unusable(each)
            elif each.origin is Origin.URL:
                addresses.append(each.name)
            elif each.origin is Origin.ARCHIVE:
                pages.at(each.name, each.place, many=True)
                _archive(pages, each, self._options)
            else:
                pages.at(each.name, each.place, saved=True)
                _file(pages, each.name, opts)
        if opts.text is not None:
            pages.at(opts.text, Path(Path(opts.text).stem))
            _text(pages, opts)
        if addresses:
            pages.at("", many=True)
            self._fetch(pages, addresses)

    def _fetch(self, pages: Pages, addresses: list[str]) -> None:
        """Fetch pages by a crawl into a temporary folder, and print their records."""
        profiles = self._profiles if pages.reading is not Reading.GENERAL else Profiles({}, {}, {})
        wanted: dict[str, list[str]] = {}
        unprofiled: list[str] = []
        for url in addresses:
            profile = profile_for(url, profiles.values())
            if profile is None:
                if pages.reading is Reading.PROFILES or profiles.refusal_of(url) is not None:
                    pages.unknown(url)
                else:
                    unprofiled.append(url)
            elif read_url(url, profile).kind == "list":
                pages.list_page(url)
            else:
                wanted.setdefault(profile.site.site, []).append(url)
        if not wanted and not unprofiled:
            return
        with tempfile.TemporaryDirectory(prefix="portalsieve-") as folder:
            settings = self.project_settings.copy()
            settings.set("PORTALSIEVE_OUTPUT", folder, priority="cmdline")
            settings.set("PORTALSIEVE_CHROME", ChromeLevel.FULL, priority="cmdline")
            settings.set("RETRY_TIMES", 0, priority="spider")  # somebody is waiting; -s RETRY_TIMES overrides it
            process = AsyncCrawlerProcess(settings)
            asked = [(PortalSpider.of(profiles[site]), urls) for site, urls in wanted.items()]
            if unprofiled:
                asked.append((GeneralSpider.beside(profiles), unprofiled))
            crawlers = []
            for spider_class, urls in asked:
                crawler = process.create_crawler(spider_class)
                process.crawl(crawler, selection=Selection(urls=tuple(urls)))
                crawlers.append(crawler)
            process.start()
            lines = [_print_run(pages, crawler.spider) for crawler in crawlers]
            if pages.unreceived:
                sys.stderr.write(f"{AGAIN}\n")
            if any(line is not None and line.status is RunStatus.STOPPED for line in lines):
                raise KeyboardInterrupt  # Scrapy has handled the signal itself


def _print_run(pages: Pages, spider: Any) -> RunLine | None:
    """Print the records of a crawl; return its line in the log of runs, None if it did not start."""
    line = spider.run.line if isinstance(spider, PortalSpider) else None
    if line is None:
        pages.unusable("a crawl failed to start; see the error above")
        return None
    general = isinstance(spider, GeneralSpider)
    if line.records_file:
        for record in read_records(line.records_file):
            pages.record(record, general=general)
    entries: list[QuarantineEntry] = list(read_quarantine(line.quarantine_file)) if line.quarantine_file else []
    for entry in entries:
        pages.fetched(entry, general=general)
    pages.at("", many=True)
    if line.counts.disallowed:
        pages.unusable(f"{line.counts.disallowed} pages of {line.site} are disallowed by its robots.txt")
    for fault in spider.run.faults:
        pages.unusable(fault)
    return line


def _shape(opts: argparse.Namespace) -> Shape:
    """Return the format to write. Raises UsageError."""
    suffix = Path(opts.output or "").suffix if opts.output and not is_folder(opts.output) else ""
    name = opts.format or SUFFIXES.get(suffix) or (Shape.JSONL if opts.format is None else "")
    if name not in set(Shape):
        raise UsageError(f"--format {name}: not one of {', '.join(Shape)}", print_help=False)
    shape = Shape(name)
    if shape is Shape.PARQUET and opts.output is None:
        raise UsageError("parquet is a binary format: give a file with -o FILE", print_help=False)
    if opts.pretty and shape not in {Shape.JSON, Shape.JSONL}:
        raise UsageError(f"--pretty is for JSON, not for {shape}", print_help=False)
    return shape


def _list_file(opts: argparse.Namespace) -> Path | None:
    """Return the file for the list of pages without a record, None for no file."""
    if opts.missing or opts.output is None:
        return Path(opts.missing) if opts.missing else None
    path = Path(opts.output)
    return path / "missing.jsonl" if is_folder(opts.output) else path.with_name(f"{path.stem}.missing.jsonl")


def _file(pages: Pages, source: str, opts: argparse.Namespace) -> None:
    try:
        body = read_input(source)
        url = opts.url or url_in(opts.urls, source) or stated_url(body, source)
    except Unusable as error:
        pages.unusable(str(error))
        return
    if opts.url is not None and (stated := conflicting_url(body, opts.url, pages.profiles)) is not None:
        sys.stderr.write(f"{source}: using --url {opts.url}, but the page itself states {plain(stated)}\n")
    pages.page(body, url, fetched_at=opts.fetched_at)


def _archive(pages: Pages, source: Input, options: Options) -> None:
    """Print the records of an archive, which is read in one worker process, as a page may crash it."""
    try:
        extract_archives(
            [source.name],
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
