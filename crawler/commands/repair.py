"""`scrapy repair SITE [PATH…]`: find where the content of changed pages is now, and change the profile."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ..drift.check import sample_page
from ..drift.crawled import OF_LAYOUT
from ..drift.repair.engine import Known, Repair, repair
from ..drift.subject import Stored, refused, rng_of, stored_pages
from ..extract import OK
from ..profiles.load import Profile
from ..profiles.match import article_id, profile_for, read_url
from ..records.model import Record
from ..records.read import UnreadableLine, read_records
from ..records.write import replacing
from ..regression.fixture import PAGE, PLACES, Fixture, FixtureBroken, fixtures
from ..report.progress import LINE_EVERY, Progress
from ..report.repairs import print_repairs
from ..spiders.sampling import Sampled, fetch_live
from ..store.errors import StoreError, StoreMissing
from ..terminal import plain
from ..warc.reader import SUFFIXES, NotAnArchive, read_archive
from ._pages import Unusable, read_input, stated_url
from ._shared import (
    Add,
    ProjectCommand,
    add_fixtures,
    available,
    no_such_site,
    project_store,
    usable_profiles,
    writable_folder,
)

MOST, FETCHED = 200, 30
"""Pages that a repair reads, and pages of the quarantine that it fetches."""
T = TypeVar("T")
_HTML = (".html", ".htm", ".html.gz", ".htm.gz")
_EPILOG = """\
PATH is a file or folder of pages as the site serves them now: saved HTML files that state their URL, WARC archives, or
recorded pages (page.html.gz with response.json, as `scrapy record` and `scrapy mutate --write` write them). With
--quarantined, the pages that the last run refused for their layout are fetched again, as politely as a crawl; with a
PATH as well, they are taken from there. Of more than 200 pages a sample is used.

What the pages said before is known from the site's fixtures, from the records in the store of its crawls, and from the
records given with --records. Content is searched by that text. A repair is sure if all changed pages yield the same
records as before and the records of all stored pages stay as they are; anything else is "found, not sure". With --write
only sure repairs are written. Where old pages still need the old rules, the repair is a new layout file.

Exit status: 0 if nothing is to be repaired or all repairs are sure; 1 if not; 2 for a usage error.

examples:
  scrapy repair SITE --quarantined
  scrapy repair SITE build/changed
  scrapy repair SITE today.warc.gz --records output/records/SITE
  scrapy repair SITE build/changed --write
  scrapy repair SITE build/changed --diff > repair.patch
"""


class Command(ProjectCommand, ScrapyCommand):
    """Repairs the profile of a site from changed pages."""

    arguments = "[options] SITE [PATH...]"
    summary = "Repair a profile after the site changed its pages"
    description = (
        "Find where the expected content of changed pages is now, show the change of the profile as a diff, and"
        " prove it on the changed and on all stored pages."
    )
    epilog = _EPILOG

    def _arguments(self, add: Add) -> None:
        add("--write", action="store_true", help="write the repairs that are sure")
        add("--quarantined", action="store_true", help="use the pages that the last run refused for their layout")
        add("--diff", action="store_true", help="print only the diff")
        add("--json", action="store_true", help="print everything as JSON")
        add("--records", metavar="PATH", action="append", default=[], help="records of earlier crawls; may be repeated")
        add_fixtures(add)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Find the repairs, print and write them, set the exit status."""
        profiles = usable_profiles(self.options.profiles)
        if len(args) < 2 and not (args and opts.quarantined):
            raise UsageError(
                f"expected a site, and pages or --quarantined; available: {available(profiles)}", print_help=False
            )
        if args[0] not in profiles:
            raise UsageError(no_such_site(args[0], profiles), print_help=False)
        profile = profiles[args[0]]
        try:
            changed = [*_readable(self._changed(profile, args[1:], opts))]
            wanted = {article_id(read_url(page.url, profile), args[0]) for page in changed}
            records = [record for path in opts.records for record in read_records(path) if record.id in wanted]
        except (Unusable, NotAnArchive, FixtureBroken, UnreadableLine, StoreError, OSError) as error:
            raise UsageError(str(error), print_help=False) from None
        if not changed:
            raise UsageError(f"no page of {args[0]} {_where(args[1:], opts)}", print_help=False)
        try:
            with Progress(lambda: f"{args[0]}: repairing by {len(changed)} pages", line_every=LINE_EVERY):
                stored = stored_pages(fixtures([Path(place) for place in opts.fixtures or PLACES], args[0]))
                known = Known.of(stored, profile, [*self._crawled(profile, wanted), *records])
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
            for one in found:
                if not one.sure and one.diff:
                    sys.stderr.write(
                        f"not written: the repair of {plain(one.layout)} is not sure; check its diff and apply what is"
                        " right (--diff prints it alone, for `patch -p1` in the folder of the profiles)\n"
                    )
        self.exitcode = int(not all(one.sure for one in found))

    def _changed(self, profile: Profile, paths: list[str], opts: argparse.Namespace) -> list[Stored]:
        """Return the pages to repair by, a sample of many. Raises Unusable, NotAnArchive, FixtureBroken, StoreError."""
        pages: Iterator[Stored] = (page for path in paths for page in _pages(Path(path), profile))
        if opts.quarantined:
            refused = self._refused(profile)
            if paths:
                site = profile.site.site
                idents = {article_id(read_url(url, profile), site) for url in refused}
                pages = (page for page in pages if article_id(read_url(page.url, profile), site) in idents)
            else:
                some, _ = sampled(refused, FETCHED)
                if len(refused) > len(some):
                    sys.stderr.write(f"{len(refused)} refused pages; a sample of {len(some)} is fetched\n")
                served = self._fetched(some, profile)
                if some and not served:
                    raise Unusable(
                        f"not one of {len(some)} refused pages could be fetched; try again later, or give saved pages"
                    )
                pages = iter(served)
        found, count = sampled(pages, MOST)
        if count > len(found):
            sys.stderr.write(f"{count} pages; a sample of {len(found)} is used\n")
        return found

    def _refused(self, profile: Profile) -> list[str]:
        """Return the URLs of the pages that the last run with a quarantine refused for their layout."""
        site = profile.site.site
        try:
            with project_store(self.options, site) as store:
                for run in store.runs(site):
                    found = [one.url for one in store.quarantine(run.id) if one.url and one.failure in OF_LAYOUT]
                    if found:
                        return found
        except StoreMissing:
            pass
        return []

    def _fetched(self, urls: list[str], profile: Profile) -> list[Stored]:
        """Return the pages of URLs as the site serves them now; those that it does not serve are reported."""
        known = [sample_page(url, profile) for url in urls]
        answers = Sampled(known, profile, 0)
        if known:
            with Progress(lambda: answers.line, line_every=LINE_EVERY):
                fetch_live(known, profile, self.fetch_settings(), answers, 0, None)
        found: list[Stored] = []
        for page, answer in answers.answers:
            if answer.failure is not None or answer.status != OK:
                why = answer.reason or answer.failure or f"the status is {answer.status}"
                sys.stderr.write(f"{plain(page.url)}: {plain(str(why))}\n")
                continue
            found.append(
                Stored(name=page.url, body=answer.body, url=answer.url, headers=answer.headers,
                       fetched_at=answer.fetched_at)
            )  # fmt: skip
        return found

    def _crawled(self, profile: Profile, wanted: set[str]) -> Iterator[Record]:
        """Yield the last record of each wanted article in the store of the site's crawls."""
        site = profile.site.site
        found: dict[str, bytes] = {}
        try:
            with project_store(self.options, site) as store:
                for revision in store.revisions(site=site):  # a later revision of an article replaces the earlier one
                    if revision.id in wanted:
                        found[revision.id] = revision.line
        except StoreMissing:
            return
        for line in found.values():
            yield msgspec.json.decode(line, type=Record)


def sampled(found: Iterable[T], most: int) -> tuple[list[T], int]:
    """Return at most `most` of many things, each as likely as the others and always the same, and their number."""
    rng = rng_of("sample", most)
    kept: list[T] = []
    count = 0
    for one in found:
        count += 1
        if len(kept) < most:
            kept.append(one)
        elif (place := rng.randrange(count)) < most:
            kept[place] = one
    return kept, count


def _where(paths: Sequence[str], opts: argparse.Namespace) -> str:
    """Return where no page was found, and what to do."""
    if not paths:
        return "among those that the last run refused for their layout"
    refused_only = " that the last run refused for its layout; without --quarantined all its pages are used"
    return f"in {', '.join(paths)}{refused_only if opts.quarantined else ''}"


def _readable(pages: Iterable[Stored]) -> Iterator[Stored]:
    """Yield the pages that may be parsed, and report the others."""
    for page in pages:
        refusal = refused(page)
        if refusal is None:
            yield page
        else:
            sys.stderr.write(f"{plain(page.name)}: left out: {plain(refusal)}\n")


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
