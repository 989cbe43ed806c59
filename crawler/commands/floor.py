"""`scrapy floor`: compare the profiles' scores with the pinned floor, and raise it where they are better."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ..profiles.load import Profile
from ..regression.fixture import PLACES
from ..regression.floor import CORPUS, FIXTURES, Floor, FloorBroken, Held, Row, hold, raised, read, write
from ..regression.scoring import CorpusBroken, corpus_pages, of_corpus, of_fixtures
from ..terminal import as_called, plain
from ._shared import Add, ProjectCommand, add_fixtures, usable_profiles

PAGES = "../shared/corpus"
MEASURE = "../tools/score.py"
"""The scoring script, relative to the corpus's folder."""
_EPILOG = """\
Scores are shares, per site. Lower is better for unknown, extra, leak and untold; higher is better for all others. A
score below the floor is only written with --allow-lower. The corpus is compared site by site as long as its pages,
their expected records and the scoring script are those of the floor; otherwise the changes are reported. With --check,
pages that were added to the corpus since then are counted and left out; --allow-lower pins them.

Exit status: 0 when nothing is below the floor; 1 when something is, and in CI (CI=true) also when the corpus is missing
or is not the one of the floor; 2 for a usage error.

examples:
  scrapy floor
  scrapy floor --check
  scrapy floor --allow-lower
"""


class Command(ProjectCommand, ScrapyCommand):
    """Measures the scores, compares them with the floor, and raises it."""

    arguments = "[options]"
    summary = "Compare scores with the pinned quality floor, and raise it"
    description = (
        "Measure the profiles' scores on the fixtures and, if available, on the corpus of real pages; show which"
        " are below or above the pinned floor, and raise the floor where they are better."
    )
    epilog = _EPILOG

    def _arguments(self, add: Add) -> None:
        add("--check", action="store_true", help="only compare, do not write")
        add("--allow-lower", action="store_true", help="pin the measured scores even if they are lower")
        add("--file", metavar="FILE", default="tests/floor.json", help="the pinned file (default: tests/floor.json)")
        add_fixtures(add)
        add("--corpus", metavar="DIR", default=PAGES, help=f"folder of the corpus (default: {PAGES})")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Measure, compare, write, set the exit status."""
        if args or (opts.check and opts.allow_lower):
            raise UsageError("no arguments expected, and only one of --check and --allow-lower", print_help=False)
        path = Path(opts.file)
        try:
            profiles = usable_profiles(self.options.profiles)
            floor = read(path)
            pinned = floor.corpus_pages() if floor is not None and opts.check else None
            now = measure([Path(place) for place in opts.fixtures or PLACES], Path(opts.corpus), profiles, pinned)
            new = corpus_pages(Path(opts.corpus), profiles) - pinned if pinned is not None and now.corpus else ()
        except (FloorBroken, CorpusBroken) as error:
            raise UsageError(str(error), print_help=False) from None
        held = hold(floor, now)
        _show(held, sys.stdout)
        if not opts.check:
            new_floor = raised(floor, now, lower=opts.allow_lower)
            if new_floor != floor:
                write(path, new_floor)
                sys.stdout.write(f"pinned: {path}\n")
        for line in held.changed:
            if line.startswith(f"{FIXTURES} "):
                sys.stdout.write(plain(f"changed since the floor was measured: {line}") + "\n")
        fell = bool(held.below) and not opts.allow_lower
        missing = os.environ.get("CI") == "true" and bool(unmeasured(now, held, opts.corpus))
        for line in unmeasured(now, held, opts.corpus):
            sys.stderr.write(plain(line) + "\n")
        if new:
            more = as_called("scrapy floor --allow-lower")
            sys.stderr.write(f"{len(new)} pages of the corpus are not in the floor yet: {more}\n")
        self.exitcode = int(fell or missing)


def measure(
    root: Path | Iterable[Path], corpus: Path, profiles: dict[str, Profile], pages: Collection[str] | None = None
) -> Floor:
    """Return the scores of the fixtures below `root`, and of the `corpus` if it exists. Raises CorpusBroken.

    With `pages`, only the corpus pages with these names are measured.
    """
    here = (corpus / "corpus.warc.gz").is_file()
    return Floor(
        fixtures=of_fixtures(root, profiles),
        corpus=of_corpus(corpus, corpus / MEASURE, profiles, pages) if here else None,
    )


def unmeasured(now: Floor, held: Held, corpus: object) -> list[str]:
    """Return what was not compared with the floor, and why: one message per reason."""
    if now.corpus is None:
        return [f"no corpus at {corpus}: its scores are not compared with the floor"]
    changed = [line for line in held.changed if line.startswith(f"{CORPUS} ")]
    messages = [f"{line}: not the corpus that the floor was measured on" for line in changed]
    sites = ", ".join(sorted(site for part, site in held.uncompared if part == CORPUS))
    if sites:
        messages.append(f"not compared: the corpus of {sites}; pin it again with --allow-lower")
    return messages


def _show(held: Held, stream: TextIO) -> None:
    """Print the scores below and above the floor and a summary; in colour in a terminal."""
    off = [*held.below, *held.above]
    table = Table("", "site", "figure", "floor", "now", box=None, pad_edge=False, header_style="bold")
    for row in off:
        table.add_row(row.part, row.site, row.figure, _figure(row.floor), _figure(row.now), style=_style(row))
    if off and stream.isatty():
        Console(file=stream).print(table)
    elif off:
        for row in off:
            word = "below the floor" if row.is_below else "above the floor" if row.floor is not None else "new"
            stream.write(
                f"{row.part} of {row.site}: {row.figure} is {_figure(row.now)}, was {_figure(row.floor)}: {word}\n"
            )
    at = len(held.rows) - len(off)
    summary = f"{len(held.rows)} scores: {len(held.below)} below the floor, {len(held.above)} above, {at} on it"
    if stream.isatty():
        Console(file=stream).print(Text(summary, style="bold red" if held.below else "green"))
    else:
        stream.write(summary + "\n")
    stream.flush()


def _figure(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.4f}".rstrip("0").rstrip(".")


def _style(row: Row) -> str:
    return "red" if row.is_below else "green"
