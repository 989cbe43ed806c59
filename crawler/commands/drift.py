"""`scrapy drift SITE`: whether a site's layout has changed, which rules miss because of it, and whose fault it is."""

from __future__ import annotations

import argparse
import contextlib
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ..drift.check import KnownPage, check_site, recorded_pages, stored_pages
from ..drift.crawled import LastCrawl, last_crawl
from ..drift.dated import NoArchives, dated_archives, when_changed
from ..drift.verdict import SiteCheck
from ..profiles.load import Profile
from ..records.write import replacing
from ..regression.fetching import Browser
from ..regression.fixture import PLACES, FixtureBroken, fixtures
from ..report.drift import print_changes, print_check, render
from ..report.progress import LINE_EVERY, Progress
from ..report.signals import RUNS, past_checks, past_runs
from ..spiders.sampling import Sampled, fetch_live, read_archived
from ..store.errors import StoreError, StoreMissing
from ..store.interface import Signal, SiteCheckRow
from ..store.opening import open_store
from ..terminal import as_called, plain
from ..warc.reader import NotAnArchive
from ._shared import Add, ProjectCommand, add_fixtures, available, no_such_site, usable_profiles

SAMPLE = 10
_EPILOG = """\
A page is `same`, `edited` (its text changed, its layout did not), `moved` (its content is there, but rules miss it),
`new_layout`, `gone`, `blocked` (captcha, log-in, consent, 403, 429, robots.txt) or `network_fault`. Recorded pages are
also read as they were recorded: if that fails too, the fault is in the profile and not in the site. A change that the
last crawl reported stands until the pages that it refused are read rightly.

The report is an HTML file; the check is kept in the store, so that the next report shows how the signals develop.
crawler/drift/schema/ has the JSON Schema of --json.

--when finds the days between which a layout changed, in a folder of archives whose names (or folders) have a date such
as 2026-03-14 or 20260314. It reads few of them, by bisection: the result on most pages of a URL form decides, archives
without such pages are skipped. Exit status: 0 no change between the first and the last day, 1 changes, 4 undecided.

Exit status otherwise: 0 unchanged; 1 the site has changed its layout; 3 the profile fails on recorded pages (alone, or
as well); 4 undecided, because no page could be read; 2 for a usage error; 130 when it was stopped.

examples:
  scrapy drift SITE
  scrapy drift SITE --line
  scrapy drift SITE --archive today.warc.gz --sample 50 --json
  scrapy drift SITE --when archives/
"""


class Command(ProjectCommand, ScrapyCommand):
    """Checks a site for layout drift."""

    arguments = "[options] SITE"
    summary = "Check whether a site's layout has changed, and which rules miss"
    description = (
        "Fetch the pages that the last crawl refused, recorded pages, pages of the store and a sample from the site's"
        " lists again, as politely as a crawl,"
        " and give each a verdict: the same, edited, moved, new layout, gone, blocked, network fault."
    )
    epilog = _EPILOG

    def _arguments(self, add: Add) -> None:
        add("--archive", metavar="FILE", help="read the pages from a WARC archive (or a folder of them) instead")
        add("--sample", metavar="N", type=_count, default=SAMPLE, help=f"articles of the lists (default: {SAMPLE})")
        add("--stored", metavar="N", type=_count, default=SAMPLE, help=f"articles of the store (default: {SAMPLE})")
        add(
            "--refused",
            metavar="N",
            type=_count,
            default=SAMPLE,
            help=f"pages that the last crawl refused or held back because of their layout (default: {SAMPLE})",
        )
        add("--rendered", action="store_true", help="run the scripts of the pages in a browser first")
        add("--line", action="store_true", help="print one line, for a chat message or a mail")
        add("--json", action="store_true", help="print the check as JSON")
        add("--html", metavar="FILE", help="the report (default: drift/SITE.html in the output folder)")
        add("--when", metavar="FOLDER", help="find the day of a change in a folder of dated archives instead")
        add("--no-history", action="store_true", help="do not keep the check in the store")
        add_fixtures(add)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check the site, print the outcome, set the exit status."""
        profiles = usable_profiles(self.options.profiles)
        if len(args) != 1:
            raise UsageError(f"expected one site; available: {available(profiles)}", print_help=False)
        if args[0] not in profiles:
            raise UsageError(no_such_site(args[0], profiles), print_help=False)
        profile = profiles[args[0]]
        if opts.when:
            self._when(profile, opts)
            return
        try:
            check = self._check(profile, opts)
        except NotAnArchive as error:
            place = Path(opts.archive)
            saved = any(place.glob("**/*.htm*")) if place.is_dir() else ".htm" in place.name.lower()
            kind = "FOLDER" if place.is_dir() else "FILE"
            other = f"; saved pages are compared by `scrapy repair {args[0]} {kind}`" if saved else ""
            raise UsageError(as_called(f"--archive: {error}{other}"), print_help=False) from None
        except FixtureBroken as error:
            raise UsageError(str(error), print_help=False) from None
        except OSError as error:
            named = opts.archive and error.filename and Path(error.filename).is_relative_to(opts.archive)
            raise UsageError(f"--archive: {error}" if named else str(error), print_help=False) from None
        except StoreError as error:
            sys.stderr.write(f"{plain(str(error))}\n")
            self.exitcode = 4
            return
        if opts.json:
            sys.stdout.write(msgspec.json.format(msgspec.json.encode(check), indent=1).decode() + "\n")
        elif opts.line:
            sys.stdout.write(plain(check.line) + "\n")
        else:
            print_check(check, sys.stdout)
        self.exitcode = check.exit_status
        self._report(check, profile, opts)

    def _check(self, profile: Profile, opts: argparse.Namespace) -> SiteCheck:
        options, site = self.options, profile.site.site
        found = fixtures([Path(place) for place in opts.fixtures or PLACES], site)
        state = [f"{site}: reading {len(found)} recorded pages", ""]
        with Progress(lambda: state[0], line_every=LINE_EVERY):
            every = list(recorded_pages(found, profile))
        # Annotated pages are on no server: in a live check they only show whether the fault is in the profile.
        known = [page for page in every if page.url and (opts.archive or not page.invented)]
        last = LastCrawl()
        with (
            contextlib.suppress(StoreMissing),
            contextlib.closing(open_store(options.store_place, make=False)) as store,
        ):
            if opts.stored:
                names = {page.url for page in known}
                known += [page for page in stored_pages(store, site, opts.stored) if page.url not in names]
            if opts.refused and not opts.archive:  # what a crawl refused is not in an archive
                last = last_crawl(store, profile, opts.refused)
                known = last.with_known(known)
        sampled = Sampled(known, profile, opts.sample)
        with Progress(lambda: state[1] or sampled.line, line_every=LINE_EVERY, share=lambda: sampled.share):
            if opts.archive:
                invented = {page.name for page in known if page.invented}  # on no server, and so in no archive
                missing = read_archived(known, profile, Path(opts.archive), sampled, opts.sample)
                missing = [name for name in missing if name not in invented]
                if missing:
                    some = ", ".join(map(plain, missing[:3])) + (", …" if len(missing) > 3 else "")
                    sys.stderr.write(f"{len(missing)} known pages are not in {plain(opts.archive)}: {some}\n")
            else:
                self._fetch(known, profile, sampled, opts)
            asked = {page.name for page, _ in sampled.answers}
            return check_site(
                profile,
                sampled.answers,
                recorded=[page for page in every if page.name not in asked],
                events=last.events,
                lists=sampled.lists,
                source=opts.archive or "live",
                now=datetime.now(UTC),
                progress=lambda count: state.__setitem__(1, f"{site}: {count} of {len(sampled.answers)} pages checked"),
            )

    def _when(self, profile: Profile, opts: argparse.Namespace) -> None:
        """Find the days between which the layout changed, in a folder of dated archives."""
        at = ["reading"]
        try:
            days = dated_archives(Path(opts.when))
            with Progress(lambda: f"{profile.site.site}: {at[0]}", line_every=LINE_EVERY):
                changes = when_changed(
                    days,
                    profile,
                    progress=lambda count, day: at.__setitem__(0, f"{count} of {len(days)} days read, now {day}"),
                )
        except (NoArchives, NotAnArchive, OSError) as error:
            raise UsageError(f"--when: {error}", print_help=False) from None
        if opts.json:
            sys.stdout.write(msgspec.json.format(msgspec.json.encode(changes), indent=1).decode() + "\n")
        elif opts.line:
            sys.stdout.write(plain(changes.lines[0]) + "\n")
        else:
            print_changes(changes, sys.stdout)
        self.exitcode = changes.exit_status

    def _fetch(self, known: list[KnownPage], profile: Profile, sampled: Sampled, opts: argparse.Namespace) -> None:
        browser = Browser(self.options.chromium) if opts.rendered else None
        fetch_live(known, profile, self.fetch_settings(), sampled, opts.sample, browser)

    def _report(self, check: SiteCheck, profile: Profile, opts: argparse.Namespace) -> None:
        """Keep the check in the store, and write the report with all that is there."""
        site, options = check.site, self.options
        row = SiteCheckRow(site=site, checked_at=check.checked_at, line=msgspec.json.encode(check))
        history = [row]
        signals: list[Signal] = []
        try:
            with contextlib.closing(open_store(options.store_place, make=not opts.no_history)) as store:
                if not opts.no_history:
                    store.add_check(row)
                history = [*store.checks(site, RUNS), *([row] if opts.no_history else [])]
                signals = list(store.signals(site))
        except StoreMissing:  # only with --no-history, which makes none
            pass
        except StoreError as error:
            what = "the report is without earlier checks" if opts.no_history else "the check is not kept"
            sys.stderr.write(f"{what}: {plain(str(error))}\n")
        path = Path(opts.html) if opts.html else options.output / "drift" / f"{site}.html"
        runs = past_runs(options.output, site)
        page = render(check, profile.site.title, checks=past_checks(history), runs=runs, signals=signals)
        try:
            with replacing(path) as out:
                out.write(page.encode())
        except OSError as error:
            sys.stderr.write(f"cannot write the report: {plain(str(error))}\n")
            self.exitcode = self.exitcode or 4
        else:
            if not opts.line:
                sys.stderr.write(f"{path}\n")


def _count(value: str) -> int:
    if not value.isdecimal() or int(value) > 10_000:
        raise argparse.ArgumentTypeError(f"{value}: not a number of pages; use 0 to 10000")
    return int(value)
