"""`scrapy explain`: one HTML file that shows a page as it was taken apart, or two versions side by side."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
import scrapy
from scrapy.commands import ScrapyCommand
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import UsageError
from scrapy.http import Response
from scrapy.settings import Settings

from crawler.commands.ending import EndsQuietly
from crawler.commands.help import with_epilog
from crawler.commands.pages import Unusable, read_input, stated_url
from crawler.commands.profiles import usable
from crawler.errors import ProfileInvalid
from crawler.extract import OK, PROFILES
from crawler.page.urls import absolute, host
from crawler.profiles.load import Profile, Profiles
from crawler.profiles.match import profile_for
from crawler.records.write import replacing
from crawler.regression.fixture import PAGE, PLACES, RESPONSE, Fixture, FixtureBroken
from crawler.regression.template import is_annotated
from crawler.report.explain import Sheet, lay_out, render, render_comparison
from crawler.spiders.options import BadSetting, Options
from crawler.terminal import plain

FIXTURES = "tests/fixtures"
OUTPUT = Path("build/explain")
MAX_NAME = 80
_EPILOG = """\
PAGE is a recorded case (SITE/LAYOUT/CASE, or its folder), an HTML file (.gz too), - for standard input, or a URL, which
is fetched as a crawl fetches it. The file that is written needs no network and runs nothing of the page's. A page that
gives no record is explained as well: the reason, and how every layout was weighed.

--compare takes two pages, or one page under two profiles: those in use and those in --profiles DIR, or the two that
--profiles names when given twice. With two pages and two folders each page has its own.

examples:
  scrapy explain SITE/LAYOUT/CASE
  scrapy explain saved.html --url https://www.example.org/news/1.html -o page.html
  scrapy explain --compare SITE/LAYOUT/CASE SITE/LAYOUT/CASE-2026-02-21
  scrapy explain --compare SITE/LAYOUT/CASE --profiles changed/site_profiles
"""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A page at hand: its bytes and how they came."""

    name: str
    body: bytes
    url: str
    headers: dict[str, str] = {}
    fetched_at: datetime | None = None
    status: int = OK

    def lay_out(self, profiles: Profiles, name: str | None = None) -> Sheet:
        """Take the page apart by `profiles`; raises ProfileInvalid where that of its site cannot be used."""
        refusal = profiles.refusal_of(self.url)
        if refusal is not None:
            raise refusal
        return lay_out(
            self.body,
            self.url,
            name=name or self.name,
            headers=self.headers,
            fetched_at=self.fetched_at,
            status=self.status,
            profiles=profiles.values(),
        )


class Command(EndsQuietly, ScrapyCommand):
    """Writes the explain page of a page, or of two side by side."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """How it is called."""
        return "[options] PAGE [PAGE]"

    def short_desc(self) -> str:
        """What it does, in a line."""
        return "Show a page as it was taken apart: every block with its role and rule, beside it the record"

    def long_desc(self) -> str:
        """What it does."""
        return (
            "Write one self-contained HTML file that shows a page with every block tinted by role, beside it the record"
            " with where each value comes from; its name goes to standard output."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("-o", "--output", metavar="FILE", help=f"where to write; without it below {OUTPUT}/, - for standard output")
        add("--compare", action="store_true", help="two pages, or one page under two profiles, side by side")
        add("--profiles", metavar="DIR", action="append", default=[], help="profiles to use; twice to compare two")
        add("--url", metavar="URL", help="where the file or standard input comes from; wins over what the page says")
        add("--fixtures", metavar="DIR", default=FIXTURES, help=f"where recorded cases are (default: {FIXTURES})")
        with_epilog(parser, _EPILOG)

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read the options; raises UsageError for a wrong call."""
        super().process_options(args, opts)
        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        try:
            self._options = Options.of(self.settings)
            self._profiles = [usable(Path(folder)) for folder in (self._options.profiles, *opts.profiles)]
        except (BadSetting, ProfileInvalid) as error:
            raise UsageError(str(error), print_help=False) from None
        unknown = [arg for arg in args if arg.startswith("-") and arg != "-"]
        if unknown:
            raise UsageError(f"no such option: {' '.join(unknown)}", print_help=False)
        if opts.url is not None and absolute("", opts.url) is None:
            raise UsageError(f"--url {opts.url}: no http or https URL", print_help=False)
        wanted = (1, 2) if opts.compare else (1,)
        if len(args) not in wanted:
            more = "" if opts.compare else "; to put two side by side add --compare"
            raise UsageError(
                f"{len(args)} pages are given, {' or '.join(map(str, wanted))} wanted{more}", print_help=False
            )
        if len(opts.profiles) > (2 if opts.compare else 1):
            raise UsageError("--profiles can be given once, and twice with --compare", print_help=False)
        if opts.compare and len(args) == 1 and not opts.profiles:
            raise UsageError(
                "one page is compared under two profiles: say the other with --profiles DIR", print_help=False
            )

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Write the page and tell where; status 1 where a page could not be read."""
        try:
            sources = [self._source(arg, opts) for arg in args]
            sheets = self._sheets(sources, opts)
            name = "--".join(file_name(sheet.name) for sheet in sheets)[: 2 * MAX_NAME]
            made = render_comparison(sheets[0], sheets[1]) if opts.compare else render(sheets[0])
            _write(made, opts.output, OUTPUT / f"{name}.html")
        except BrokenPipeError:
            raise
        except (Unusable, FixtureBroken, ProfileInvalid, OSError) as error:
            sys.stderr.write(f"{plain(str(error))}\n")
            self.exitcode = 1
            return
        for sheet in sheets:
            if sheet.fault is not None:
                sys.stderr.write(f"no record: {sheet.fault.failure}: {plain(str(sheet.fault))}\n")
            for fault in sheet.faults:
                sys.stderr.write(f"{plain(sheet.name)}: drawn page and record differ: {plain(fault)}\n")
                self.exitcode = 1

    def _sheets(self, sources: list[Source], opts: argparse.Namespace) -> list[Sheet]:
        profiles = self._profiles[1:] or self._profiles
        if not opts.compare:
            return [sources[0].lay_out(profiles[-1])]
        if len(sources) == 2:
            return [sources[0].lay_out(profiles[0]), sources[1].lay_out(profiles[-1])]
        folders = [str(self._options.profiles or PROFILES.name), *opts.profiles][-2:]
        return [
            sources[0].lay_out(used, f"{sources[0].name} by {folder}")
            for used, folder in zip(self._profiles[-2:], folders, strict=True)
        ]

    def _source(self, name: str, opts: argparse.Namespace) -> Source:
        if name.startswith(("http://", "https://")):
            if self.settings is None:
                raise RuntimeError("Scrapy gave this command no settings")
            return fetch(name, self._profiles[-1], self.settings, self._options)
        fixture = find_fixture(name, Path(opts.fixtures))
        if fixture is not None:
            exchange = fixture.exchange
            return Source(
                name=fixture.name,
                body=fixture.body,
                url=exchange.url,
                headers=exchange.headers,
                fetched_at=exchange.time,
                status=exchange.status,
            )
        if name != "-" and not Path(name).is_file():
            raise Unusable(f"{name}: no file, no URL, and no recorded case below {opts.fixtures}/")
        body = read_input(name)
        url = opts.url or stated_url(body, name)
        return Source(name="standard input" if name == "-" else Path(name).name, body=body, url=url)


def find_fixture(name: str, root: Path) -> Fixture | None:
    """Return the recorded case that `name` is the folder, the page file or the name of; None where it is none."""
    path = Path(name)
    for folder in (path, path.parent if path.name == PAGE else path, root / name):
        if (folder / PAGE).is_file() and (folder / RESPONSE).is_file():
            return Fixture(folder.resolve())
    for page in (path, *(place / f"{name}.html" for place in (root, *map(Path, PLACES)))):
        if page.is_file() and is_annotated(page):
            return Fixture.at(page.resolve())
    return None


def file_name(name: str) -> str:
    """Return `name` as the name of a file: letters, digits, dots and dashes, at most 80; .html is left to the file."""
    if name.startswith(("http://", "https://")):
        name = host(name) + urlsplit(name).path
    name = name.removesuffix(".html")
    return re.sub(r"[^\w.-]+", "-", name).strip(".-")[-MAX_NAME:].lstrip(".-") or "page"


def _write(text: str, output: str | None, default: Path) -> None:
    if output == "-":
        sys.stdout.write(text)
        return
    path = Path(output) if output is not None else default
    with replacing(path) as out:
        out.write(text.encode())
    sys.stdout.write(f"{path}\n")


class _Single(scrapy.Spider):
    """Fetches one page as the crawl would: same manners, same limits."""

    name = "explain"
    got: Response | None = None
    missed = "the request was not sent"

    def __init__(self, url: str, site: Profile | None, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.url = url
        self.site = site
        self.allowed_domains = list(site.site.hosts) if site is not None else [host(url)]

    async def start(self) -> AsyncIterator[Any]:
        """Ask for the page."""
        yield scrapy.Request(self.url, self.keep, errback=self.miss, dont_filter=True)

    def keep(self, response: Response) -> None:
        """Keep the answer."""
        self.got = response

    def miss(self, failure: Any) -> None:
        """Keep the reason why there is none."""
        self.missed = str(failure.value) or type(failure.value).__name__


def fetch(url: str, profiles: Profiles, settings: Settings, options: Options) -> Source:
    """Fetch one page by the project's settings; raises Unusable where no answer came."""
    profile = profile_for(url, profiles.values())
    made = settings.copy()
    made.set("LOG_LEVEL", "CRITICAL", priority="spider")  # what went wrong is told once, by Unusable; -L shows more
    if options.contact:
        made.set("USER_AGENT", options.user_agent, priority="spider")
    process = AsyncCrawlerProcess(made)
    crawler = process.create_crawler(_Single)
    process.crawl(crawler, url=url, site=profile)
    process.start()
    spider = crawler.spider
    if not isinstance(spider, _Single) or spider.got is None:
        raise Unusable(f"{url}: not fetched: {spider.missed if isinstance(spider, _Single) else 'the crawl failed'}")
    answer = spider.got
    kind = answer.headers.get(b"Content-Type")
    return Source(
        name=url,
        body=answer.body,
        url=answer.url,
        headers={"content-type": kind.decode("latin-1")} if kind else {},
        fetched_at=datetime.now(UTC),
        status=answer.status,
    )
