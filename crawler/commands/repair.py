"""`scrapy repair SITE PATH…`: find where the content of changed pages is now, and change the profile."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ..drift.repair.engine import Known, Repair, repair
from ..drift.subject import Stored, stored_pages
from ..profiles.load import Profile
from ..profiles.match import profile_for
from ..records.model import Record
from ..records.read import UnreadableLine, read_records
from ..records.write import replacing
from ..regression.fixture import PAGE, PLACES, Fixture, FixtureBroken, fixtures
from ..report.progress import LINE_EVERY, Progress
from ..report.repairs import print_repairs
from ..store.errors import StoreError, StoreMissing
from ..terminal import plain
from ..warc.reader import SUFFIXES, NotAnArchive, read_archive
from ._pages import Unusable, read_input, stated_url
from ._shared import (
    ProjectCommand,
    available,
    no_such_site,
    project_store,
    usable_profiles,
    with_epilog,
    writable_folder,
)

_HTML = (".html", ".htm", ".html.gz", ".htm.gz")
_EPILOG = """\
PATH is a file or folder of pages as the site serves them now: saved HTML files that state their URL, WARC archives, or
recorded pages (page.html.gz with response.json, as `scrapy record` and `scrapy mutate --write` write them).

What the pages said before is known by the site's fixtures, by the records in the store of its crawls, and by the
records given with --records. Content is searched by that text. A repair is sure if all changed pages give the records
of before and all stored pages stay as they are; anything else is "found, not sure". With --write only sure repairs are
written. Where old pages still need the old rules, the repair is a new layout file.

Exit status: 0 if nothing is to be repaired or all repairs are sure; 1 if not; 2 for a usage error.

examples:
  scrapy repair SITE build/changed
  scrapy repair SITE today.warc.gz --records output/records/SITE
  scrapy repair SITE build/changed --write
  scrapy repair SITE build/changed --diff > repair.patch
"""


class Command(ProjectCommand, ScrapyCommand):
    """Repairs the profile of a site from changed pages."""

    arguments = "[options] SITE PATH..."
    summary = "Repair a profile after the site changed its pages"
    description = (
        "Find where the expected content of changed pages is now, show the change of the profile as a diff, and"
        " prove it on the changed and on all stored pages."
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--write", action="store_true", help="write the repairs that are sure")
        add("--diff", action="store_true", help="print only the diff")
        add("--json", action="store_true", help="print everything as JSON")
        add("--records", metavar="PATH", action="append", default=[], help="records of earlier crawls; may be repeated")
        add(
            "--fixtures",
            metavar="DIR",
            action="append",
            help=f"folder of fixtures; may be repeated (default: {' and '.join(PLACES)})",
        )
        with_epilog(parser, _EPILOG)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Find the repairs, print and write them, set the exit status."""
        profiles = usable_profiles(self.options.profiles)
        if len(args) < 2:
            raise UsageError(f"expected a site and pages; available: {available(profiles)}", print_help=False)
        if args[0] not in profiles:
            raise UsageError(no_such_site(args[0], profiles), print_help=False)
        profile = profiles[args[0]]
        try:
            changed = [page for path in args[1:] for page in _pages(Path(path), profile)]
            records = [record for path in opts.records for record in read_records(path)]
        except (Unusable, NotAnArchive, FixtureBroken, UnreadableLine, OSError) as error:
            raise UsageError(str(error), print_help=False) from None
        if not changed:
            raise UsageError(f"no page of {args[0]} in {', '.join(args[1:])}", print_help=False)
        try:
            with Progress(lambda: f"{args[0]}: repairing by {len(changed)} pages", line_every=LINE_EVERY):
                stored = stored_pages(fixtures([Path(place) for place in opts.fixtures or PLACES], args[0]))
                known = Known.of(stored, profile, [*self._crawled(profile), *records])
                found = repair(profile, changed, known)
        except (FixtureBroken, StoreError) as error:
            raise UsageError(str(error), print_help=False) from None
        if opts.json:
            sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n")
        elif opts.diff:
            sys.stdout.write("".join(one.diff for one in found))
        else:
            print_repairs(found, sys.stdout)
        if opts.write:
            sure = [one for one in found if one.sure]
            if sure:
                _write(sure, writable_folder(profile, self.options))
        self.exitcode = int(not all(one.sure for one in found))

    def _crawled(self, profile: Profile) -> Iterator[Record]:
        """Yield the last record of each article in the store of the site's crawls."""
        site = profile.site.site
        try:
            with project_store(self.options, site) as store:
                for revision in store.revisions(site=site):  # a later revision of an article replaces the earlier one
                    yield msgspec.json.decode(revision.line, type=Record)
        except StoreMissing:
            return


def _pages(path: Path, profile: Profile) -> Iterator[Stored]:
    """Yield the pages of the site in a file or folder. Raises Unusable, NotAnArchive, FixtureBroken."""
    if path.name.endswith(SUFFIXES):
        for response in read_archive(path):
            if response.problem is None and response.url and response.status == 200 and _is_of(response.url, profile):
                yield Stored(
                    name=response.url, body=response.body, url=response.url, headers=response.headers,
                    fetched_at=response.date,
                )  # fmt: skip
        return
    if not path.is_dir():
        body = read_input(str(path))
        yield Stored(name=path.name, body=body, url=stated_url(body, str(path)))
        return
    inner = sorted(one for one in path.rglob("*") if one.is_file())
    for one in inner:
        if one.name == PAGE:
            yield from stored_pages([Fixture(one.parent)])
        elif one.name.endswith((*_HTML, *SUFFIXES)):
            yield from _pages(one, profile)


def _is_of(url: str, profile: Profile) -> bool:
    return profile_for(url, [profile]) is not None


def _write(found: list[Repair], folder: Path) -> None:
    for one in found:
        for name, text in one.files.items():
            with replacing(folder / name) as out:
                out.write(text.encode())
            sys.stderr.write(f"written: {plain(str(folder / name))}\n")
