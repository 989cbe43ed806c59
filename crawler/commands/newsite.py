"""`scrapy newsite NAME URL...`: draft a site's profile from a few of its pages, as a start for a person."""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.commands.ending import EndsQuietly
from crawler.commands.help import with_epilog
from crawler.commands.profiles import usable
from crawler.commands.record import FIXTURES, saved
from crawler.draft.site import Draft, Given, NoDraft, gaps
from crawler.errors import PortalsieveError, ProfileInvalid
from crawler.extract import OK, content_type, extract
from crawler.page.urls import absolute, belongs, host
from crawler.profiles.faults import Fault
from crawler.profiles.load import Profile, load_profile, site_folders
from crawler.profiles.match import profile_for
from crawler.regression.fetching import fetch
from crawler.regression.recorder import NotRecorded, Recorder, Response
from crawler.spiders.options import BadSetting, Options
from crawler.terminal import plain
from crawler.warc.reader import NotAnArchive, read_archive

_NAME = re.compile(r"[a-z0-9_]{2,30}")
_EPILOG = """\
Give two to five articles of one site, of different channels and years. What was found stands in the draft with how
often it held and what it gave; what was not is marked NOT FOUND, with the key to fill in. The folder is there whole or
not at all, and one that is there is never changed. CONTRIBUTING.md goes on from here, step by step.

examples:
  scrapy newsite mysite https://www.example.org/news/1.html https://www.example.org/sport/2.html
  scrapy newsite mysite --folder saved/
  scrapy newsite mysite --archive pages.warc.gz --host example.org
"""


class Command(EndsQuietly, ScrapyCommand):
    """Writes a drafted profile and its fixtures; tells what it found, and what is left to do."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """How it is called."""
        return "[options] NAME [URL...]"

    def short_desc(self) -> str:
        """What it does, in a line."""
        return "Draft a site's profile from a few of its pages"

    def long_desc(self) -> str:
        """What it does."""
        return (
            "Draft the profile of a new site from URLs (fetched as politely as by a crawl), a folder of saved pages, or"
            " WARC archives, and keep the pages as fixtures. Exit status: 0 when the linter accepts the draft; 1 when"
            " something is left to fill in first, or no draft could be made; 2 for a wrong call."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--urls", metavar="FILE", help="a file with one URL a line, - for standard input")
        add("--folder", metavar="DIR", help="a folder of saved pages (.html, .htm, also .gz)")
        add("--url", metavar="URL", help="where the one page of the folder comes from; wins over what it says")
        add("--archive", metavar="FILE", nargs="+", action="extend", default=[], help="WARC files, or folders of them")
        add("--host", metavar="HOST", help="of archives only the pages of this host and those below it")
        add("--profiles", metavar="DIR", help="where to write (default: PORTALSIEVE_PROFILES)")
        add("--fixtures", metavar="DIR", default=FIXTURES, help=f"where fixtures are kept (default: {FIXTURES})")
        with_epilog(parser, _EPILOG)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Draft, write, try, tell."""
        root, profiles = self._checked(args, opts)
        name, day = args[0], datetime.now(UTC).astimezone().date().isoformat()
        responses: list[Response] = []
        for response in self._responses(args[1:], opts):
            if isinstance(response, str):
                sys.stderr.write(f"left out: {plain(response)}\n")
            elif (known := profile_for(response.url, profiles.values())) is not None:
                site = known.site.site
                raise UsageError(
                    f"{response.url}: a page of the profile {site}; keep it with: scrapy record {site}",
                    print_help=False,
                )
            else:
                responses.append(response)
        try:
            pages = [Given(url=r.url, body=r.body, content_type=content_type(r.headers)) for r in responses]
            draft = Draft(name, pages, day)
        except NoDraft as error:
            sys.stderr.write(f"no draft: {plain(str(error))}\n")
            self.exitcode = 1
            return
        folder = root / name
        faults = _written(draft, folder)
        self._tell(draft, folder, faults)
        self.exitcode = int(bool(faults))
        if not faults:
            profile = load_profile(folder)
            _try(profile, responses)
            recorder = Recorder(Path(opts.fixtures), {**profiles, name: profile}, day)
            _record(recorder, responses, draft)
        sys.stderr.write(f"next: {_next(name, folder, faults)}\n")

    def _checked(self, args: list[str], opts: argparse.Namespace) -> tuple[Path, dict[str, Profile]]:
        """Return the folder to write below and the profiles that are there; raises UsageError for a wrong call."""
        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        if not args or not _NAME.fullmatch(args[0]):
            raise UsageError("name the site first: 2 to 30 small letters, digits and _", print_help=False)
        if len(args) < 2 and not (opts.urls or opts.archive or opts.folder):
            raise UsageError("nothing to draft from: give URLs, --urls, --folder or --archive", print_help=False)
        wrong = [url for url in args[1:] if absolute("", url) is None]
        if wrong:
            raise UsageError(f"{wrong[0]}: no http or https URL", print_help=False)
        try:
            root = _near(Path(opts.profiles) if opts.profiles else Options.of(self.settings).profiles)
            profiles: dict[str, Profile] = usable(root) if site_folders(root) else {}
        except (BadSetting, ProfileInvalid) as error:
            raise UsageError(str(error), print_help=False) from None
        folder = root / args[0]
        if folder.exists():
            raise UsageError(
                f"{folder} is there already and stays as it is; see what is wrong with it: scrapy lint {args[0]}; keep"
                f" more pages: scrapy record {args[0]} URL; or choose another name",
                print_help=False,
            )
        return root, profiles

    def _responses(self, urls: list[str], opts: argparse.Namespace) -> Iterator[Response | str]:
        """Yield the pages at hand, and as text what gave none."""
        for source in opts.archive:
            yield from _archived(source, opts.host)
        if opts.folder:
            yield from saved(opts.folder, opts.url)
        wanted = [*urls, *(_listed(opts.urls) if opts.urls else ())]
        if wanted and self.settings is not None:
            responses, problems = fetch(wanted, self.settings)
            yield from responses
            yield from problems

    @staticmethod
    def _tell(draft: Draft, folder: Path, faults: list[Fault]) -> None:
        for path in sorted(folder.rglob("*.toml")):
            sys.stdout.write(f"{path}\n")
        for note in draft.notes:
            sys.stderr.write(f"{plain(note)}\n")
        for gap in gaps(sorted(folder.rglob("*.toml"))):
            sys.stderr.write(f"not found: {plain(gap)}\n")
        for fault in faults:
            sys.stderr.write(f"to fill in: {plain(str(fault))}\n")


def _written(draft: Draft, folder: Path) -> list[Fault]:
    """Write the draft beside its place and move it there; return what the linter refuses, named by the place."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".newsite-") as beside:
        made = Path(beside) / folder.name
        faults = draft.write(made)
        shutil.move(made, folder)
    return [
        msgspec.structs.replace(fault, file=str(folder / Path(fault.file).relative_to(made)))
        if Path(fault.file).is_relative_to(made)
        else fault
        for fault in faults
    ]


def _listed(name: str) -> list[str]:
    """Return the URLs in a file, one a line; raises UsageError."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--urls {name}: cannot be read: {error}", print_help=False) from None
    found = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    wrong = [url for url in found if absolute("", url) is None]
    if wrong or not found:
        raise UsageError(f"--urls {name}: {wrong[0] if wrong else 'no line'} is no http or https URL", print_help=False)
    return found


def _archived(source: str, wanted: str | None) -> Iterator[Response | str]:
    """Yield the HTML pages of an archive that were answered with 200, those of `wanted` and below it."""
    try:
        for found in read_archive(source):
            name = host(found.url or "")
            own = wanted is None or belongs(name, wanted)
            if found.problem is not None and found.url is None:
                yield found.problem.message
            elif own and found.status == OK and "html" in (content_type(found.headers) or "").lower():
                yield Response(
                    url=found.url or "", body=found.body, headers=found.headers, fetched_at=found.date, status=OK
                )
    except (NotAnArchive, OSError) as error:
        yield str(error)


def _try(profile: Profile, responses: list[Response]) -> None:
    """Tell what the draft makes of each page."""
    for response in responses:
        try:
            record = extract(
                response.body,
                response.url,
                headers=response.headers,
                fetched_at=response.fetched_at,
                status=response.status,
                profiles=[profile],
            )
        except PortalsieveError as error:
            sys.stderr.write(f"tried: no record: {plain(str(error))}\n")
            continue
        unknown = record.coverage.unknown / max(1, record.coverage.total)
        source = record.source.name if record.source else "no source"
        sys.stderr.write(
            f"tried: {record.url}: {plain(record.headline or '')} | {record.date_published} | {plain(source)} |"
            f" {len(record.blocks)} blocks | {unknown:.0%} of the text unknown\n"
        )


def _record(recorder: Recorder, responses: list[Response], draft: Draft) -> None:
    """Keep the pages that were read as fixtures; tell those that were not."""
    for response in responses:
        layout = draft.layouts.get(response.url)
        if layout is None:
            continue
        try:
            sys.stdout.write(f"{recorder.record(response, layout=layout, values=False).folder}\n")
        except NotRecorded as error:
            sys.stderr.write(f"not recorded: {plain(str(error))}\n")


def _near(path: Path) -> Path:
    """Return `path` as named from the working directory, where it lies below it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _next(name: str, folder: Path, faults: list[Fault]) -> str:
    if faults:
        return (
            f"fill in what is named above in {folder}, until `scrapy lint {name}` accepts it; then keep the pages:"
            f" scrapy record {name}"
        )
    return f"look at each page (`scrapy explain`), give the regions without a role one, then `scrapy review {name}`"
