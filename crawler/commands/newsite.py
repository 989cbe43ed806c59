"""`scrapy newsite NAME URL...`: draft a site's profile from a few of its pages, as a starting point."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ..draft.site import Draft, Given, NoDraft, gaps, no_site
from ..errors import PortalsieveError
from ..extract import OK, content_type, extract
from ..page.urls import absolute, belongs, host
from ..profiles.faults import Fault
from ..profiles.load import Profile, load_profile
from ..profiles.match import profile_for
from ..profiles.places import site_folders
from ..regression.fetching import fetch
from ..regression.fixture import FixtureBroken, fixtures
from ..regression.recorder import NotRecorded, Recorder, Response
from ..terminal import as_called, plain
from ..warc.reader import NotAnArchive, read_archive
from ._shared import Add, ProjectCommand, add_pages, usable_profiles
from .record import FIXTURES, saved

_NAME = re.compile(r"[a-z0-9_]{2,30}")
_EPILOG = """\
Give three to ten articles of one site, ideally from different channels and years; each layout gets a file of its own.
The general reading (docs/general.md) finds the parts of each page. A rule is kept if it finds its part on every page
that has it, even if that page is left out of the learning; the others are comments in the draft, with the reason. What
was not found is marked NOT FOUND, with the key to fill in. A table at the end lists each rule, the pages on which it
holds, how sure it is and what it extracted. An existing folder is only changed with --add, which learns again from all
its pages; files that you have edited stay as they are. CONTRIBUTING.md describes the next steps.

examples:
  scrapy newsite mysite https://example.org/1.html https://example.org/2.html
  scrapy newsite mysite --folder saved/
  scrapy newsite mysite --archive pages.warc.gz --host example.org
  scrapy newsite mysite --add https://example.org/3.html
"""


class Command(ProjectCommand, ScrapyCommand):
    """Writes a drafted profile and its fixtures, and prints what was found and what is left to do."""

    takes_profiles = False
    arguments = "[options] NAME [URL...]"
    summary = "Draft a site's profile from a few of its pages"
    description = (
        "Draft the profile of a new site from URLs (fetched as politely as in a crawl), a folder of saved pages, or"
        " WARC archives, and record the pages as fixtures. Exit status: 0 when the draft passes the linter; 1 when"
        " something has to be filled in first, or no draft could be created; 2 for a usage error."
    )
    epilog = _EPILOG

    def _arguments(self, add: Add) -> None:
        add(
            "--add",
            action="store_true",
            help="take the pages into the draft NAME: learn again from its pages and these",
        )
        add("--urls", metavar="FILE", help="a file with one URL per line, - for standard input")
        add_pages(add)
        add("--host", metavar="HOST", help="use only an archive's pages of this host and its subdomains")
        add(
            "--profiles",
            metavar="DIR",
            help="folder of profiles to write to; only its sites count as known (default: the first of your own)",
        )
        add("--fixtures", metavar="DIR", default=FIXTURES, help=f"folder of fixtures (default: {FIXTURES})")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Draft, write and try the profile, record the fixtures, print the next steps."""
        root, profiles = self._checked(args, opts)
        name, day = args[0], datetime.now(UTC).astimezone().date().isoformat()
        responses: list[Response] = []
        earlier = _earlier(name, Path(opts.fixtures)) if opts.add else {}
        for response in self._responses(args[1:], opts):
            if isinstance(response, str):
                sys.stderr.write(f"skipped: {plain(response)}\n")
            elif response.url in earlier:
                sys.stderr.write(f"skipped: {response.url}: a page of the draft already\n")
            elif (known := profile_for(response.url, profiles.values())) is not None:
                site = known.site.site
                raise UsageError(
                    f"{response.url}: already covered by the profile {site}; record it with: scrapy record {site}",
                    print_help=False,
                )
            else:
                responses.append(response)
        try:
            pages = [Given(url=r.url, body=r.body, content_type=content_type(r.headers)) for r in responses]
            pages = [*(given for given, _ in earlier.values()), *pages]
            draft = Draft(name, pages, day, {url: layout for url, (_, layout) in earlier.items()})
        except NoDraft as error:
            sys.stderr.write(f"no draft: {plain(str(error))}\n")
            self.exitcode = 1
            return
        folder = root / name
        faults = _written(draft, folder)
        self._report(draft, folder, faults)
        self.exitcode = int(bool(faults))
        if not faults:
            profile = load_profile(folder)
            recorder = Recorder(Path(opts.fixtures), {**profiles, name: profile}, day)
            try:
                _try(profile, responses)
                _record(recorder, responses, draft)
            except KeyboardInterrupt:
                sys.stderr.write(
                    as_called(
                        f"the draft is complete, but not all its pages are recorded: scrapy record {name}"
                        f"{_places(opts)} with the same pages records the others\n"
                    )
                )
                raise
        for line in draft.table():
            sys.stderr.write(f"{plain(line)}\n")
        sys.stderr.write(as_called(f"next: {_next(name, folder, faults, opts)}\n"))

    def _checked(self, args: list[str], opts: argparse.Namespace) -> tuple[Path, dict[str, Profile]]:
        """Return the folder to write to and its profiles. Raises UsageError."""
        if not args or not _NAME.fullmatch(args[0]):
            raise UsageError("expected a site name first: 2 to 30 lower-case letters, digits and _", print_help=False)
        if len(args) < 2 and not (opts.urls or opts.archive or opts.folder):
            raise UsageError("nothing to draft from; give URLs, --urls, --folder or --archive", print_help=False)
        wrong = [url for url in args[1:] if absolute("", url) is None]
        if wrong:
            raise UsageError(f"{wrong[0]}: not an http(s) URL", print_help=False)
        if (why := next(filter(None, map(no_site, args[1:])), None)) is not None:
            raise UsageError(why, print_help=False)
        root = _near(Path(opts.profiles) if opts.profiles else self.options.profiles_home)
        own = [root] if site_folders(root) else []
        folders = own if opts.profiles else [*own, *self.options.profiles]
        profiles: dict[str, Profile] = usable_profiles(folders) if folders else {}
        folder = root / args[0]
        if opts.add:
            if not folder.exists():
                raise UsageError(f"{folder} does not exist: draft it first, without --add", print_help=False)
            profiles.pop(args[0], None)
        elif folder.exists():
            raise UsageError(
                f"{folder} already exists and is not changed. To check it: scrapy lint {args[0]}; to record more pages:"
                f" scrapy record {args[0]} URL; to learn from more pages: --add; for a further layout of the site:"
                " draft it under another name in a folder of its own (--profiles DIR) and take the layout's file",
                print_help=False,
            )
        return root, profiles

    def _responses(self, urls: list[str], opts: argparse.Namespace) -> Iterator[Response | str]:
        """Yield the pages, and an error message for each input without one."""
        for source in opts.archive:
            yield from _archived(source, opts.host)
        if opts.folder:
            yield from saved(opts.folder, opts.url, opts.manifest)
        wanted = [*urls, *(_listed(opts.urls) if opts.urls else ())]
        if wanted:
            fetched = fetch(wanted, self.project_settings)
            if fetched.stopped:
                raise KeyboardInterrupt  # Scrapy has handled the signal itself
            yield from fetched.responses
            yield from fetched.problems

    @staticmethod
    def _report(draft: Draft, folder: Path, faults: list[Fault]) -> None:
        for path in sorted(folder.rglob("*.toml")):
            sys.stdout.write(f"{path}\n")
        for note in draft.notes:
            sys.stderr.write(f"{plain(note)}\n")
        for gap in gaps(sorted(folder.rglob("*.toml"))):
            sys.stderr.write(f"not found: {plain(gap)}\n")
        for fault in faults:
            sys.stderr.write(f"to fill in: {plain(str(fault))}\n")


def _written(draft: Draft, folder: Path) -> list[Fault]:
    """Write the draft to a temporary folder, rename that to `folder`, and return the linter's faults in it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".newsite-") as temporary:
        written = Path(temporary) / folder.name
        if folder.exists():
            shutil.copytree(folder, written)
        faults = draft.write(written)
        before = Path(temporary) / "before"
        try:
            if folder.exists():
                folder.rename(before)
            written.rename(folder)
        except BaseException:
            if before.exists():
                before.rename(folder)
            raise
    return [
        msgspec.structs.replace(fault, file=str(folder / Path(fault.file).relative_to(written)))
        if Path(fault.file).is_relative_to(written)
        else fault
        for fault in faults
    ]


def _earlier(site: str, root: Path) -> dict[str, tuple[Given, str]]:
    """Return the recorded pages of a draft and their layouts, by URL. Raises UsageError."""
    found: dict[str, tuple[Given, str]] = {}
    try:
        for fixture in fixtures(root) if root.is_dir() else ():
            if fixture.site == site:
                exchange = fixture.exchange
                given = Given(url=exchange.url, body=fixture.body, content_type=content_type(exchange.headers))
                found[exchange.url] = given, fixture.layout
    except FixtureBroken as error:
        raise UsageError(str(error), print_help=False) from None
    if not found:
        raise UsageError(
            f"no recorded pages of {site} in {root}: --add learns again from a draft's pages and the new ones; name"
            " their folder with --fixtures, or draft from all pages under another name",
            print_help=False,
        )
    return found


def _listed(name: str) -> list[str]:
    """Return the URLs in a file, one per line. Raises UsageError."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise UsageError(f"--urls {name}: cannot be read: {why}", print_help=False) from None
    found = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    wrong = [url for url in found if absolute("", url) is None]
    if wrong or not found:
        what = f"{wrong[0]} is not an http(s) URL" if wrong else "contains no URL"
        raise UsageError(f"--urls {name}: {what}", print_help=False)
    return found


def _archived(source: str, wanted: str | None) -> Iterator[Response | str]:
    """Yield the HTML pages of an archive with status 200, only those of the host `wanted` and its subdomains."""
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
    """Report what the draft extracts from each page."""
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
            sys.stderr.write(f"tried: no record: {plain(as_called(str(error)))}\n")
            continue
        unknown = record.coverage.unknown / max(1, record.coverage.total)
        source = record.source.name if record.source else "no source"
        sys.stderr.write(
            f"tried: {record.url}: {plain(record.headline or '')} | {record.date_published} | {plain(source)} |"
            f" {len(record.blocks)} blocks | {unknown:.0%} of the text unknown\n"
        )


def _record(recorder: Recorder, responses: list[Response], draft: Draft) -> None:
    """Record the pages that were read as fixtures, and report the others."""
    for response in responses:
        layout = draft.layouts.get(response.url)
        if layout is None:
            continue
        try:
            sys.stdout.write(f"{recorder.record(response, layout=layout, values=False).folder}\n")
        except NotRecorded as error:
            sys.stderr.write(f"not recorded: {plain(as_called(str(error)))}\n")


def _near(path: Path) -> Path:
    """Return `path` relative to the working directory, if it is inside it."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _next(name: str, folder: Path, faults: list[Fault], opts: argparse.Namespace) -> str:
    there = f" --profiles {shlex.quote(opts.profiles)}" if opts.profiles else ""
    if faults:
        return (
            f"fill in the keys listed above in {folder} until `scrapy lint {name}{there}` passes; then record the"
            f" pages: scrapy record {name}{_places(opts)}"
        )
    return (
        f"check each page (`scrapy explain PAGE{there}`), assign roles to the regions without one, then"
        f" `scrapy review {name}{_places(opts)}`"
    )


def _places(opts: argparse.Namespace) -> str:
    """Return the options for folders other than the default ones, as they are typed."""
    there = f" --profiles {shlex.quote(opts.profiles)}" if opts.profiles else ""
    return there + (f" --fixtures {shlex.quote(opts.fixtures)}" if opts.fixtures != FIXTURES else "")
