"""`scrapy floor`: hold the profiles' scores against the pinned floor, and raise it to what is better."""

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

from crawler.commands.ending import EndsQuietly
from crawler.commands.help import with_epilog
from crawler.commands.profiles import usable
from crawler.errors import ProfileInvalid
from crawler.profiles.load import Profile
from crawler.regression.fixture import PLACES
from crawler.regression.floor import CORPUS, FIXTURES, Floor, FloorBroken, Held, Row, hold, raised, read, write
from crawler.regression.scoring import CorpusBroken, corpus_pages, of_corpus, of_fixtures
from crawler.spiders.options import BadSetting, Options
from crawler.terminal import plain

PAGES = "../shared/corpus"
MEASURE = "../tools/score.py"
"""The measure, from the corpus's folder."""
_EPILOG = """\
Figures are shares, by site. unknown, extra, leak and untold are better when they are less, all others when they are
more. A figure below the floor is never written unless --allow-lower says so. The corpus is compared site by site while
its pages, their gold and the measure are those that the floor was measured on; what changed is named instead. With
--check, pages that the corpus has gained since then are counted and left out; --allow-lower pins them.

Exit status: 0 when nothing is below the floor; 1 when something is, and in CI (CI=true) also when there is no corpus to
measure or it is another than the floor's; 2 for a wrong call.

examples:
  scrapy floor
  scrapy floor --check
  scrapy floor --allow-lower
"""


class Command(EndsQuietly, ScrapyCommand):
    """Measures, compares, and raises the floor."""

    requires_project = True
    requires_crawler_process = False

    def short_desc(self) -> str:
        """What it does, in a line."""
        return "Hold the scores of fixtures and corpus against the pinned floor, and raise it"

    def long_desc(self) -> str:
        """What it does."""
        return (
            "Measure what the profiles score on the fixtures and, where it is there, on the corpus of real pages; show"
            " what is below or above the pinned floor, and raise the floor to what is better."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--check", action="store_true", help="write nothing")
        add("--allow-lower", action="store_true", help="pin what was measured even where it is worse")
        add("--file", metavar="FILE", default="tests/floor.json", help="the pinned file (default: tests/floor.json)")
        add(
            "--fixtures",
            metavar="DIR",
            action="append",
            help=f"where fixtures are; may be repeated (default: {' and '.join(PLACES)})",
        )
        add("--corpus", metavar="DIR", default=PAGES, help=f"the corpus, its measure beside it (default: {PAGES})")
        with_epilog(parser, _EPILOG)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Measure, tell, write, set the exit status."""
        if self.settings is None:
            raise RuntimeError("Scrapy gave this command no settings")
        if args or (opts.check and opts.allow_lower):
            raise UsageError("takes options only, and of --check and --allow-lower one", print_help=False)
        path = Path(opts.file)
        try:
            profiles = usable(Options.of(self.settings).profiles)
            floor = read(path)
            pinned = floor.corpus_pages() if floor is not None and opts.check else None
            now = measure([Path(place) for place in opts.fixtures or PLACES], Path(opts.corpus), profiles, pinned)
            new = corpus_pages(Path(opts.corpus), profiles) - pinned if pinned is not None and now.corpus else ()
        except (BadSetting, ProfileInvalid, FloorBroken, CorpusBroken) as error:
            raise UsageError(str(error), print_help=False) from None
        held = hold(floor, now)
        _show(held, sys.stdout)
        if not opts.check:
            made = raised(floor, now, lower=opts.allow_lower)
            if made != floor:
                write(path, made)
                sys.stdout.write(f"pinned: {path}\n")
        for line in held.changed:
            if line.startswith(f"{FIXTURES} "):
                sys.stdout.write(plain(f"since the floor was measured: {line}") + "\n")
        fell = bool(held.below) and not opts.allow_lower
        missing = os.environ.get("CI") == "true" and bool(unmeasured(now, held, opts.corpus))
        for line in unmeasured(now, held, opts.corpus):
            sys.stderr.write(plain(line) + "\n")
        if new:
            sys.stderr.write(f"{len(new)} pages of the corpus are not in the floor yet: scrapy floor --allow-lower\n")
        self.exitcode = int(fell or missing)


def measure(
    root: Path | Iterable[Path], corpus: Path, profiles: dict[str, Profile], pages: Collection[str] | None = None
) -> Floor:
    """Return the scores of the fixtures below `root`, and of the `corpus` where there is one; raises CorpusBroken.

    With `pages` only the pages of these names are measured in the corpus.
    """
    here = (corpus / "corpus.warc.gz").is_file()
    return Floor(
        fixtures=of_fixtures(root, profiles),
        corpus=of_corpus(corpus, corpus / MEASURE, profiles, pages) if here else None,
    )


def unmeasured(now: Floor, held: Held, corpus: object) -> list[str]:
    """Return what was not held against the floor, and why, a line each."""
    if now.corpus is None:
        return [f"no corpus at {corpus}: its figures are not held against the floor"]
    changed = [line for line in held.changed if line.startswith(f"{CORPUS} ")]
    told = [f"{line}: not the corpus that the floor was measured on" for line in changed]
    sites = ", ".join(sorted(site for part, site in held.uncompared if part == CORPUS))
    return [*told, f"not compared: the corpus of {sites}; pin it anew with --allow-lower"] if sites else told


def _show(held: Held, stream: TextIO) -> None:
    """Print what is below or above, then one line a site; in colour on a terminal."""
    asked = [*held.below, *held.above]
    table = Table("", "site", "figure", "floor", "now", box=None, pad_edge=False, header_style="bold")
    for row in asked:
        table.add_row(row.part, row.site, row.figure, _said(row.floor), _said(row.now), style=_style(row))
    if asked and stream.isatty():
        Console(file=stream).print(table)
    elif asked:
        for row in asked:
            word = "below the floor" if row.is_below else "above the floor" if row.floor is not None else "new"
            stream.write(
                f"{row.part} of {row.site}: {row.figure} is {_said(row.now)}, was {_said(row.floor)}: {word}\n"
            )
    at = len(held.rows) - len(asked)
    summary = f"{len(held.rows)} figures: {len(held.below)} below the floor, {len(held.above)} above, {at} on it"
    if stream.isatty():
        Console(file=stream).print(Text(summary, style="bold red" if held.below else "green"))
    else:
        stream.write(summary + "\n")
    stream.flush()


def _said(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.4f}".rstrip("0").rstrip(".")


def _style(row: Row) -> str:
    return "red" if row.is_below else "green"
