"""`scrapy explain`: an HTML file that shows how a page was split, or two versions of it side by side."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.settings import Settings

from ..errors import ProfileInvalid
from ..extract import OK
from ..fetch.browser import NoBrowser
from ..fetch.faults import Broken
from ..fetch.render import Asked, Document, Renderer
from ..page.urls import absolute, host
from ..profiles.load import Profiles
from ..profiles.match import profile_for
from ..profiles.model import Render
from ..profiles.places import look_up, site_folders
from ..records.write import replacing
from ..regression.fetching import Browser, fetch
from ..regression.fixture import PAGE, PLACES, RESPONSE, Fixture, FixtureBroken
from ..regression.template import is_annotated
from ..report.explain import Sheet, lay_out, render, render_comparison
from ..spiders.options import Options
from ..terminal import as_called, plain
from ._pages import Unusable, read_input, stated_url
from ._shared import Add, ProjectCommand, add_fixtures, usable_profiles

OUTPUT = Path("build/explain")
MAX_NAME = 80
_EPILOG = """\
PAGE is a fixture (SITE/LAYOUT/CASE, or its folder), an HTML file (.gz too), - for standard input, or a URL, which is
fetched as in a crawl. The written file needs no network and runs none of the page's scripts. A page without a record is
explained as well: the reason, and the score of every layout. A page of a site without a profile is shown as the general
reading splits it, with the score of every line and the figures that decided it; --general shows that for any page, next
to the result of its profile.

--compare takes two pages, or one page under two profiles: the project's and that in --profiles DIR, or those in both
folders when --profiles is given twice. With two pages and two folders each page uses its own.

examples:
  scrapy explain SITE/LAYOUT/CASE
  scrapy explain saved.html --url https://example.org/news/1.html -o page.html
  scrapy explain --compare SITE/LAYOUT/CASE SITE/LAYOUT/CASE-2026-02-21
  scrapy explain --compare SITE/LAYOUT/CASE --profiles changed/site_profiles
"""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A page to explain: its bytes and how they were received."""

    name: str
    body: bytes
    url: str
    headers: dict[str, str] = {}
    fetched_at: datetime | None = None
    status: int = OK
    screenshot: bytes | None = None

    def lay_out(self, profiles: Profiles | None, name: str | None = None) -> Sheet:
        """Lay out the page as `profiles` split it, or the general reading without them and on a site without a profile.

        Raises ProfileInvalid if its site's profile is invalid.
        """
        refusal = profiles.refusal_of(self.url) if profiles is not None else None
        if refusal is not None:
            raise refusal
        return lay_out(
            self.body,
            self.url,
            name=name or self.name,
            headers=self.headers,
            fetched_at=self.fetched_at,
            status=self.status,
            profiles=profiles.values() if profiles is not None else (),
            general=True,
        )


class Command(ProjectCommand, ScrapyCommand):
    """Writes the explanation of a page, or of two side by side."""

    takes_profiles = False
    arguments = "[options] PAGE [PAGE]"
    summary = "Show how a page was split, block by block, next to its record"

    description = (
        "Write a self-contained HTML file that shows a page with every block tinted by its role, next to the record"
        " with the origin of each value, and print the file's name."
    )
    epilog = _EPILOG

    def _arguments(self, add: Add) -> None:
        add("-o", "--output", metavar="FILE", help=f"output file (default: in {OUTPUT}/), - for standard output")
        add("--compare", action="store_true", help="show two pages, or one page under two profiles, side by side")
        add(
            "--profiles",
            metavar="DIR",
            action="append",
            default=[],
            help="folder of profiles to use; give it twice to compare two",
        )
        add(
            "--general",
            action="store_true",
            help="show how the general reading splits it, next to its profile's result",
        )
        add("--screenshot", action="store_true", help="save a picture of the page in a browser as well (.png)")
        add("--url", metavar="URL", help="the page's URL; overrides the one stated in the page")
        add_fixtures(add)

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check the options. Raises UsageError."""
        super().process_options(args, opts)
        self._options = self.options
        for folder in opts.profiles:
            if not site_folders(Path(folder)):
                raise UsageError(f"--profiles {folder}: contains no SITE/profile.toml", print_help=False)
        self._profiles = [
            usable_profiles(folders)
            for folders in (
                self._options.profiles,
                *(look_up(each, self.project_settings).all for each in opts.profiles),
            )
        ]
        unknown = [arg for arg in args if arg.startswith("-") and arg != "-"]
        if unknown:
            raise UsageError(f"no such option: {' '.join(unknown)}", print_help=False)
        if opts.url is not None and absolute("", opts.url) is None:
            raise UsageError(f"--url {opts.url}: not an http(s) URL", print_help=False)
        if opts.general and opts.compare:
            raise UsageError("--general compares with the page's own profile; leave out --compare", print_help=False)
        wanted = (1, 2) if opts.compare else (1,)
        if len(args) not in wanted:
            more = "" if opts.compare else "; add --compare to show two side by side"
            raise UsageError(
                f"expected {'1 or 2 pages' if opts.compare else '1 page'}, got {len(args)}{more}", print_help=False
            )
        if len(opts.profiles) > (2 if opts.compare else 1):
            raise UsageError("--profiles can be given once, and twice with --compare", print_help=False)
        if opts.compare and len(args) == 1 and not opts.profiles:
            raise UsageError(
                "to compare one page under two profiles, give the other with --profiles DIR", print_help=False
            )

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Write the file and print its name; the exit status is 1 if a page could not be read."""
        try:
            sources = [self._source(arg, opts) for arg in args]
            sheets = self._sheets(sources, opts)
            name = "--".join(file_name(sheet.name) for sheet in sheets)[: 2 * MAX_NAME]
            html = render_comparison(sheets[0], sheets[1]) if len(sheets) > 1 else render(sheets[0])
            _write(html, opts.output, OUTPUT / f"{name}.html")
            if opts.screenshot:
                for source in sources:
                    self._picture(source, opts.output)
        except BrokenPipeError:
            raise
        except (Unusable, FixtureBroken, ProfileInvalid, OSError) as error:
            if isinstance(error, OSError) and error.filename is None:  # standard output, see `run`
                raise
            sys.stderr.write(f"{plain(as_called(str(error)))}\n")
            self.exitcode = 1
            return
        for sheet in sheets:
            if sheet.fault is not None:
                sys.stderr.write(f"no record: {sheet.fault.failure}: {plain(as_called(str(sheet.fault)))}\n")
            for fault in sheet.faults:
                sys.stderr.write(f"{plain(sheet.name)}: the shown page and the record differ: {plain(fault)}\n")
                self.exitcode = 1

    def _picture(self, source: Source, output: str | None) -> None:
        """Write the screenshot of a page next to the explanation; without network for a page that was not fetched."""
        picture = source.screenshot or screenshot(source, self._options.chromium)
        folder = OUTPUT if output in {None, "-"} else Path(str(output)).parent
        path = folder / f"{file_name(source.name)}.png"
        with replacing(path) as out:
            out.write(picture)
        (sys.stderr if output == "-" else sys.stdout).write(f"{path}\n")

    def _sheets(self, sources: list[Source], opts: argparse.Namespace) -> list[Sheet]:
        profiles = self._profiles[1:] or self._profiles
        if opts.general:
            source = sources[0]
            alone = source.lay_out(None, f"{source.name} by the general reading")
            known = profile_for(source.url, profiles[-1].values())
            return [alone] if known is None else [source.lay_out(profiles[-1]), alone]
        if not opts.compare:
            return [sources[0].lay_out(profiles[-1])]
        if len(sources) == 2:
            return [sources[0].lay_out(profiles[0]), sources[1].lay_out(profiles[-1])]
        folders = [str(self._options.profiles_home), *opts.profiles][-2:]
        return [
            sources[0].lay_out(used, f"{sources[0].name} with {folder}")
            for used, folder in zip(self._profiles[-2:], folders, strict=True)
        ]

    def _source(self, name: str, opts: argparse.Namespace) -> Source:
        if name.startswith(("http://", "https://")):
            return fetch_page(name, self._profiles[-1], self.project_settings, self._options, picture=opts.screenshot)
        places = opts.fixtures or PLACES
        fixture = find_fixture(name, [*map(Path, places)])
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
            raise Unusable(
                f"{name}: not a file, a URL, or a fixture in {' or '.join(f'{place}/' for place in places)}; a"
                " fixture's name is SITE/LAYOUT/CASE"
            )
        body = read_input(name)
        url = opts.url or stated_url(body, name)
        return Source(name="standard input" if name == "-" else _unicode(Path(name).name), body=body, url=url)


def _unicode(name: str) -> str:
    r"""Return a file's name with bytes that are not UTF-8 written as `\udcff`, so that a page can have it."""
    return name.encode("utf-8", "backslashreplace").decode()


def find_fixture(name: str, places: Sequence[Path]) -> Fixture | None:
    """Return the fixture with this name in one of `places`, or of this folder or page file; None if there is none."""
    path = Path(name)
    for folder in (path, path.parent if path.name == PAGE else path, *(place / name for place in places)):
        if (folder / PAGE).is_file() and (folder / RESPONSE).is_file():
            return Fixture(folder.resolve())
    for page in (path, *(place / f"{name}.html" for place in places)):
        if page.is_file() and is_annotated(page):
            return Fixture.at(page.resolve())
    return None


def file_name(name: str) -> str:
    """Return `name` as a file name without .html: letters, digits, dots and dashes, at most 80 characters."""
    if name.startswith(("http://", "https://")):
        name = host(name) + urlsplit(name).path
    name = name.removesuffix(".html")
    return re.sub(r"[^\w.-]+", "-", name).strip(".-")[-MAX_NAME:].lstrip(".-") or "page"


def screenshot(source: Source, chromium: str | None) -> bytes:
    """Return a picture of a page in a browser, as a PNG; its scripts fetch nothing. Raises Unusable."""

    async def refuse(asked: Asked) -> Any:
        raise Unusable(f"{asked.url}: not fetched")

    async def taken() -> bytes | None:
        renderer = Renderer(refuse, lambda: False, chromium=chromium)
        kind = next((value for name, value in source.headers.items() if name.lower() == "content-type"), "text/html")
        try:
            document = Document(url=source.url, body=source.body, content_type=kind)
            return (await renderer.render(document, Render(), (), lambda _: True)).screenshot
        finally:
            await renderer.close()

    try:
        picture = asyncio.run(taken())
    except (NoBrowser, Broken) as error:
        raise Unusable(f"{source.name}: no screenshot: {error}") from None
    if picture is None:
        raise Unusable(f"{source.name}: no screenshot: the browser took too long")
    return picture


def _write(text: str, output: str | None, default: Path) -> None:
    if output == "-":
        sys.stdout.write(text)
        return
    path = Path(output) if output is not None else default
    with replacing(path) as out:
        out.write(text.encode())
    sys.stdout.write(f"{path}\n")


def fetch_page(
    url: str, profiles: Profiles, settings: Settings, options: Options, *, picture: bool = False
) -> Source:  # fmt: skip
    """Fetch one page with the project's settings. Raises Unusable if there is no response."""
    profile = profile_for(url, profiles.values())
    settings = settings.copy()
    settings.set("LOG_LEVEL", "CRITICAL", priority="spider")  # Unusable reports the failure; -L shows more
    if options.contact:
        settings.set("USER_AGENT", options.user_agent, priority="spider")
    browser = Browser(options.chromium, screenshot=True) if picture else None
    hosts = profile.site.hosts if profile is not None else ()
    fetched = fetch([url], settings, hosts, site=profile, browser=browser)
    if fetched.stopped:
        raise KeyboardInterrupt  # Scrapy has handled the signal itself
    if not fetched.responses or (picture and fetched.responses[0].shown is None):
        raise Unusable("; ".join(fetched.problems))
    response = fetched.responses[0]
    return Source(
        name=url,
        body=response.body,
        url=response.url,
        headers=dict(response.headers),
        fetched_at=response.fetched_at,
        status=response.status,
        screenshot=response.shown.screenshot if response.shown is not None else None,
    )
