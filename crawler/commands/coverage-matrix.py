"""`scrapy coverage-matrix SITE`: which layouts, channels and rules of a site its fixtures cover."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sized
from pathlib import Path

import msgspec
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ..records.read import UnreadableLine
from ..records.write import replacing
from ..regression.fixture import PLACES, fixtures
from ..regression.matrix import Matrix, matrix
from ..report.matrix import render
from ..report.matrix.table import print_matrix
from ..terminal import as_called, plain
from ._shared import Add, ProjectCommand, add_fixtures, available, no_such_site, usable_profiles

FAULTS: dict[str, Callable[[Matrix], Sized]] = {
    "unused": lambda found: found.unused,
    "single-fixture": lambda found: found.single_fixture,
    "stale-unproven": lambda found: found.stale_unproven,
    "no-fixture": lambda found: found.no_fixture,
    "broken": lambda found: found.broken,
    "misfiled": lambda found: found.unreviewed_misfiled,
}
"""The values of --fail-on, each with what must be empty."""
_FORMER_NAMES = {
    "never": "unused",
    "once": "single-fixture",
    "stale": "stale-unproven",
    "bare": "no-fixture",
    "eaten": "misfiled",
}
"""Earlier names of these values, which are still accepted."""
_EPILOG = """\
values of --fail-on:
  unused          a rule that no fixture hits and that is not marked `unproven`
  single-fixture  a rule that only one fixture hits
  stale-unproven  a rule that is marked `unproven` although fixtures hit it
  no-fixture      a layout without a fixture
  broken          a fixture without a record of its layout
  misfiled        chrome text extracted as body, unless a review confirms it

A page's channel is read from its URL by the profile's URL forms, else it is the first breadcrumb after the front page.
"Last seen live" comes from the records of runs over the network; runs over an archive do not count.

Exit status: 0; 1 when --fail-on finds something; 2 for a usage error.

examples:
  scrapy coverage-matrix SITE
  scrapy coverage-matrix SITE --html build/SITE.html
  scrapy coverage-matrix SITE --fail-on unused --fail-on misfiled
"""


class Command(ProjectCommand, ScrapyCommand):
    """Prints the coverage matrix of a site."""

    arguments = "[options] SITE"
    summary = "Show which layouts, channels and rules the fixtures cover"
    description = (
        "Show the number of fixtures of each layout, kind of page and channel, when such pages were last seen live,"
        " which rules no fixture or only one hits, and which chrome texts were extracted as body."
    )
    epilog = _EPILOG

    def _arguments(self, add: Add) -> None:
        add("--json", action="store_true", help="print everything as JSON instead of a table")
        add("--html", metavar="FILE", help="also write an HTML report")
        add("--all", action="store_true", help="also list the standby rules")
        add(
            "--fail-on",
            metavar="WHAT",
            action="append",
            default=[],
            type=lambda name: _FORMER_NAMES.get(name, name),
            choices=[*FAULTS],
            help="exit with status 1 if any is found; may be repeated (see below)",
        )
        add_fixtures(add)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the matrix, set the exit status."""
        options = self.options
        profiles = usable_profiles(options.profiles)
        if len(args) != 1:
            raise UsageError(f"expected one site; available: {available(profiles)}", print_help=False)
        if args[0] not in profiles:
            raise UsageError(no_such_site(args[0], profiles), print_help=False)
        profile = profiles[args[0]]
        places = [Path(place) for place in opts.fixtures or PLACES]
        found = fixtures(places, args[0])
        if not found:
            sys.stderr.write(
                f"no fixture of {args[0]} in {' and '.join(map(str, places))}: create some with"
                f" {as_called('`scrapy record`')}\n"
            )
        try:
            made = matrix(profile, found, options.output)
        except UnreadableLine as error:
            raise UsageError(f"cannot read the output of earlier runs: {error}", print_help=False) from None
        if opts.json:
            sys.stdout.write(msgspec.json.format(msgspec.json.encode(made), indent=1).decode() + "\n")
        else:
            print_matrix(made, sys.stdout, everything=opts.all)
        failed = [name for name in dict.fromkeys(opts.fail_on) if len(FAULTS[name](made))]
        for name in failed:
            sys.stderr.write(plain(f"--fail-on {name}: {len(FAULTS[name](made))}") + "\n")
        self.exitcode = int(bool(failed))
        if opts.html:
            try:
                with replacing(opts.html) as out:
                    out.write(render(made, profile.site.title).encode())
            except OSError as error:
                sys.stderr.write(f"cannot write the report: {plain(str(error))}\n")
                self.exitcode = 1
            else:
                sys.stderr.write(f"{opts.html}\n")
