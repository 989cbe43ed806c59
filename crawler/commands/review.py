"""`scrapy review SITE/LAYOUT/CASE`: check and accept the expected values of fixtures."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ..regression.fixture import Expected, Fixture, FixtureBroken, fixtures
from ..regression.review import NoValues, accept, correct, opened
from ..terminal import as_called, plain
from ._shared import Add, ProjectCommand, no_such_site, usable_profiles
from .explain import OUTPUT, file_name

_LONG = 2000
_ASK = "  [y] accept  [w] correct  [s] skip  [q] quit: "
_EPILOG = """\
Only the date of a review is recorded, not the person. In CI, unreviewed values are a failure.

examples:
  scrapy review SITE/LAYOUT/CASE
  scrapy review SITE --list
  scrapy review SITE/LAYOUT/CASE --accept
  scrapy review SITE/2020_post_main --accept headline source
"""


class Command(ProjectCommand, ScrapyCommand):
    """Asks about each value, or accepts them all."""

    arguments = "[options] SITE[/LAYOUT[/CASE]]"
    summary = "Review the expected values of fixtures"
    description = (
        "Write the explanation of each fixture with unreviewed values and ask about each value, or accept them with"
        " --accept. If you correct a value, the fixture's test fails until the profile extracts it. Exit status: 0"
        " when all values are reviewed; 1 when some are not; 2 for a usage error."
    )
    epilog = _EPILOG

    def _arguments(self, add: Add) -> None:
        add("--accept", metavar="VALUE", nargs="*", help="accept these values, or all if none is named, without asking")
        add("--list", action="store_true", help="list the unreviewed values, do not write")
        add("--fixtures", metavar="DIR", default="tests/fixtures", help="folder of fixtures (default: tests/fixtures)")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Review the fixtures, set the exit status."""
        if len(args) != 1:
            raise UsageError("expected one site, layout or case, such as SITE/LAYOUT/CASE", print_help=False)
        self._profiles = usable_profiles(self.options.profiles)
        site = args[0].partition("/")[0]
        if site in self._profiles.refused:
            raise UsageError(no_such_site(site, self._profiles), print_help=False)
        found = fixtures(Path(opts.fixtures), args[0])
        if not found:
            raise UsageError(
                f"no fixture {args[0]} in {opts.fixtures}; `scrapy record` records one. Annotated pages (tests/pages/)"
                " need no review",
                print_help=False,
            )
        self._today = datetime.now(UTC).astimezone().date().isoformat()
        left = 0
        unknown = set(opts.accept or ())
        for fixture in found:
            try:
                expected = opened(fixture, self._profiles)
                unknown.difference_update(expected.values)
                going = self._one(fixture, expected, opts)
            except (NoValues, FixtureBroken) as error:
                sys.stderr.write(f"{plain(as_called(str(error)))}\n")
                left += 1
                continue
            left += bool(expected.unreviewed)
            if not going:
                break
        if unknown:
            raise UsageError(
                f"--accept {' '.join(sorted(unknown))}: not a value of {args[0]}; --list shows the unreviewed ones",
                print_help=False,
            )
        self.exitcode = int(left > 0)

    def _one(self, fixture: Fixture, expected: Expected, opts: argparse.Namespace) -> bool:
        """Review one fixture; return False if the user quits."""
        waiting = expected.unreviewed
        if opts.list:
            if waiting:
                sys.stdout.write(f"{fixture.name}: {', '.join(waiting)}\n")
            return True
        going, interrupted = True, False
        if opts.accept is not None:
            names = [name for name in opts.accept if name in expected.values] if opts.accept else []
            if names or not opts.accept:
                accepted = accept(expected, names, self._today)
                sys.stdout.write(f"{fixture.name}: {len(accepted)} values accepted\n")
        elif waiting:
            sys.stdout.write(f"\n{fixture.name}\n{_explained(fixture, self._profiles)}\n")
            try:
                going = self._ask(expected)
            except KeyboardInterrupt:  # the answers so far are kept
                sys.stdout.write("\n")
                interrupted = True
        fixture.write(expected)
        if interrupted:
            raise KeyboardInterrupt
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
        while (written := _answer("  the correct value as JSON (empty to skip):")) and written != "q":
            try:
                correct(expected, name, written, self._today)
            except ValueError as error:
                sys.stdout.write(f"  not valid JSON: {error}\n")
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
    """Write the explanation of a fixture to a file, and return its URL."""
    from ..report.explain import explain  # noqa: PLC0415 - only needed when asking

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
