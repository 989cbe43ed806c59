"""`scrapy review SITE/LAYOUT/CASE`: look at a fixture's values and say that they are right."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.commands.ending import EndsQuietly
from crawler.commands.explain import OUTPUT, file_name
from crawler.commands.help import with_epilog
from crawler.commands.profiles import no_such_site, usable
from crawler.errors import ProfileInvalid
from crawler.regression.fixture import Expected, Fixture, FixtureBroken, fixtures
from crawler.regression.review import NoValues, accept, correct, opened
from crawler.spiders.options import BadSetting, Options
from crawler.terminal import plain

_LONG = 2000
_ASK = "  [y] right  [w] wrong, write the right one  [s] skip  [q] stop: "
_EPILOG = """\
Only the day of a review is written down, never who it was. In CI a value that nobody has looked at is a failure.

examples:
  scrapy review SITE/LAYOUT/CASE
  scrapy review SITE --list
  scrapy review SITE/LAYOUT/CASE --accept
  scrapy review SITE/2020_post_main --accept headline source
"""


class Command(EndsQuietly, ScrapyCommand):
    """Asks value by value, or accepts."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """How it is called."""
        return "[options] SITE[/LAYOUT[/CASE]]"

    def short_desc(self) -> str:
        """What it does, in a line."""
        return "Look at the values of fixtures and accept them"

    def long_desc(self) -> str:
        """What it does."""
        return (
            "Show the explain page of each case that has values nobody has looked at, and ask value by value, or accept"
            " them with --accept. A value that is corrected stays so: the test fails until the profile gives it. Exit"
            " status: 0 when nothing is left to review; 1 when something is; 2 for a wrong call."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--accept", metavar="VALUE", nargs="*", help="accept these values, or all without a name, and do not ask")
        add("--list", action="store_true", help="say what is left to review, and write nothing")
        add("--fixtures", metavar="DIR", default="tests/fixtures", help="where fixtures are")
        with_epilog(parser, _EPILOG)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Review, set the exit status."""
        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        if len(args) != 1:
            raise UsageError("give one site, layout or case, such as SITE/LAYOUT/CASE", print_help=False)
        try:
            self._profiles = usable(Options.of(self.settings).profiles)
        except (BadSetting, ProfileInvalid) as error:
            raise UsageError(str(error), print_help=False) from None
        site = args[0].partition("/")[0]
        if site in self._profiles.refused:
            raise UsageError(no_such_site(site, self._profiles), print_help=False)
        found = fixtures(Path(opts.fixtures), args[0])
        if not found:
            raise UsageError(f"no case {args[0]} below {opts.fixtures}", print_help=False)
        self._today = datetime.now(UTC).astimezone().date().isoformat()
        left = 0
        unknown = set(opts.accept or ())
        for fixture in found:
            try:
                expected = opened(fixture, self._profiles)
                unknown.difference_update(expected.values)
                going = self._one(fixture, expected, opts)
            except (NoValues, FixtureBroken) as error:
                sys.stderr.write(f"{plain(str(error))}\n")
                left += 1
                continue
            left += bool(expected.unreviewed)
            if not going:
                break
        if unknown:
            raise UsageError(f"--accept {' '.join(sorted(unknown))}: no value of {args[0]}", print_help=False)
        self.exitcode = int(left > 0)

    def _one(self, fixture: Fixture, expected: Expected, opts: argparse.Namespace) -> bool:
        """Review one case; tells whether to go on."""
        waiting = expected.unreviewed
        if opts.list:
            if waiting:
                sys.stdout.write(f"{fixture.name}: {', '.join(waiting)}\n")
            return True
        going = True
        if opts.accept is not None:
            names = [name for name in opts.accept if name in expected.values] if opts.accept else []
            if names or not opts.accept:
                accepted = accept(expected, names, self._today)
                sys.stdout.write(f"{fixture.name}: {len(accepted)} values accepted\n")
        elif waiting:
            sys.stdout.write(f"\n{fixture.name}\n{_explained(fixture, self._profiles)}\n")
            try:
                going = self._ask(expected)
            except KeyboardInterrupt:  # as q: what was answered is kept
                sys.stdout.write("\n")
                going = False
        fixture.write(expected)
        return going

    def _ask(self, expected: Expected) -> bool:
        for name in expected.unreviewed:
            shown = json.dumps(expected.values[name], ensure_ascii=False, indent=1)
            rest = f"\n  … {len(shown) - _LONG} more characters" if len(shown) > _LONG else ""
            sys.stdout.write(f"\n{name}: {_lines(shown[:_LONG])}{rest}\n")
            answer = _answer(_ASK)
            if answer == "q":
                return False
            if answer == "y":
                expected.accept(name, self._today)
            elif answer == "w":
                self._correct(expected, name)
        return True

    def _correct(self, expected: Expected, name: str) -> None:
        while (written := _answer("  the right value as JSON (nothing: skip): ")) and written != "q":
            try:
                correct(expected, name, written, self._today)
            except ValueError as error:
                sys.stdout.write(f"  that is no JSON: {error}\n")
            else:
                return


def _lines(text: str) -> str:
    return "\n".join(plain(line) for line in text.split("\n"))


def _answer(question: str) -> str:
    sys.stdout.write(question)
    sys.stdout.flush()
    line = sys.stdin.readline()
    return line.strip() if line else "q"


def _explained(fixture: Fixture, profiles: dict[str, Any]) -> str:
    """Write the explain page of a case where a browser can open it, and return its address."""
    from crawler.report.explain import explain  # noqa: PLC0415 - only who is asked needs it

    exchange = fixture.exchange
    page = explain(
        fixture.body,
        exchange.url,
        name=fixture.name,
        headers=exchange.headers,
        fetched_at=exchange.time,
        status=exchange.status,
        profiles=profiles.values(),
    )
    path = OUTPUT / f"{file_name(fixture.name)}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    return path.resolve().as_uri()
