"""`scrapy coverage-matrix SITE`: what of a site the fixtures prove, and when it was last seen live."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sized
from pathlib import Path

import msgspec
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.commands.ending import EndsQuietly
from crawler.commands.help import with_epilog
from crawler.commands.profiles import no_such_site, usable
from crawler.errors import ProfileInvalid
from crawler.records.read import UnreadableLine
from crawler.records.write import replacing
from crawler.regression.fixture import PLACES, fixtures
from crawler.regression.matrix import Matrix, matrix
from crawler.report.matrix import render
from crawler.report.matrix.table import print_matrix
from crawler.spiders.options import BadSetting, Options
from crawler.terminal import plain

FAULTS: dict[str, Callable[[Matrix], Sized]] = {
    "never": lambda made: made.never,
    "once": lambda made: made.once,
    "stale": lambda made: made.proved_after_all,
    "bare": lambda made: made.bare,
    "broken": lambda made: made.broken,
    "eaten": lambda made: made.unreviewed_meals,
}
"""What --fail-on can name, each with what must be empty."""
_EPILOG = """\
--fail-on names what a build must not have, and may be repeated: never (a rule that no fixture hits and whose profile
does not say `unproven`), once (a rule that hangs on one fixture), stale (a rule called unproven that fixtures prove),
bare (a layout without a fixture), broken (a fixture without a record of its layout), eaten (chrome in a body that no
review calls body). Exit status: 0; 1 when there is something that --fail-on names; 2 for a wrong call.

The channel is the one that the profile's URL forms name, else the breadcrumbs' first step behind the front page. Seen
live is what runs over the network published; runs over an archive say nothing of it.

examples:
  scrapy coverage-matrix SITE
  scrapy coverage-matrix SITE --html build/SITE.html
  scrapy coverage-matrix SITE --fail-on never --fail-on eaten
"""


class Command(EndsQuietly, ScrapyCommand):
    """Prints the coverage matrix of a site."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """How it is called."""
        return "[options] SITE"

    def short_desc(self) -> str:
        """What it does, in a line."""
        return "Show what of a site the fixtures prove: layouts by channel, and every rule"

    def long_desc(self) -> str:
        """What it does."""
        return (
            "Show how many fixtures there are of each layout, kind of page and channel, when such pages were last seen"
            " live, which rules no fixture hits or one only, and what body rules took in of chrome."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--json", action="store_true", help="all of it as JSON instead of a table")
        add("--html", metavar="FILE", help="write a report for a browser as well")
        add("--all", action="store_true", help="name the rules that stand by, too")
        add(
            "--fail-on",
            metavar="WHAT",
            action="append",
            default=[],
            choices=[*FAULTS],
            help=f"one of {', '.join(FAULTS)}",
        )
        add(
            "--fixtures",
            metavar="DIR",
            action="append",
            help=f"where fixtures are; may be repeated (default: {' and '.join(PLACES)})",
        )
        with_epilog(parser, _EPILOG)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Show, set the exit status."""
        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        try:
            options = Options.of(self.settings)
            profiles = usable(options.profiles)
        except (BadSetting, ProfileInvalid) as error:
            raise UsageError(str(error), print_help=False) from None
        if len(args) != 1 or args[0] not in profiles:
            told = no_such_site(args[0], profiles) if len(args) == 1 else f"there are: {', '.join(sorted(profiles))}"
            raise UsageError(f"name one site; {told}", print_help=False)
        profile = profiles[args[0]]
        places = [Path(place) for place in opts.fixtures or PLACES]
        found = fixtures(places, args[0])
        if not found:
            sys.stderr.write(
                f"no fixture of {args[0]} below {' and '.join(map(str, places))}: `scrapy record` makes some\n"
            )
        try:
            made = matrix(profile, found, options.output)
        except UnreadableLine as error:
            raise UsageError(f"what runs wrote cannot be read: {error}", print_help=False) from None
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
                sys.stderr.write(f"no report: {plain(str(error))}\n")
                self.exitcode = 1
            else:
                sys.stderr.write(f"{opts.html}\n")
