"""`scrapy mutate SITE`: change the layout of a site's stored pages, and score how its rules survive."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ..drift.mutants import KINDS, LIMITS, Mutant, mutants
from ..drift.robustness import Tally
from ..drift.subject import refused, stored_pages
from ..records.write import replacing
from ..regression.fixture import PAGE, PLACES, RESPONSE, FixtureBroken, encoded, fixtures, packed
from ..report.progress import LINE_EVERY, Progress
from ..report.robustness import print_robustness
from ..terminal import plain
from ._shared import Add, ProjectCommand, add_fixtures, available, no_such_site, usable_profiles

_EPILOG = """\
Each stored page (annotated and recorded fixtures) is changed in every way that it has a place for. Breaking changes
rename, move, wrap or remove elements that rules use; harmless ones must not change a record. The same --seed makes the
same changes. A page counts as right if its record has the values of the unchanged page, or is refused if the content
is gone. Wrong records are flagged if they have a flag that the unchanged page lacks, else silent. The score is the
share of right records among the changed pages that still have all their content. Pages of more than 10,000 elements are
left out.

Exit status: 0; 1 if a harmless change made a record wrong; 2 for a usage error.

examples:
  scrapy mutate SITE
  scrapy mutate SITE/LAYOUT --kind body-renamed --kind promo-in-body
  scrapy mutate SITE --seed 7 --json
  scrapy mutate SITE --write build/mutants
  scrapy mutate --kinds
"""


class Command(ProjectCommand, ScrapyCommand):
    """Scores the rules of a site on changed layouts."""

    arguments = "[options] SITE[/LAYOUT[/CASE]]"
    summary = "Score how a site's rules survive changes of its layouts"
    description = (
        "Change the layout of each stored page of a site in many ways, extract the changed pages, and show which"
        " rules are brittle."
    )
    epilog = _EPILOG

    def _arguments(self, add: Add) -> None:
        add("--kind", metavar="KIND", action="append", choices=[*KINDS], help="only this change; may be repeated")
        add("--kinds", action="store_true", help="list the kinds of changes and exit")
        add("--seed", type=int, default=0, metavar="N", help="seed of the changes (default: 0)")
        add("--json", action="store_true", help="print the scores as JSON instead of tables")
        add("--write", metavar="DIR", help="also write the changed pages, as DIR/KIND/SITE/LAYOUT/CASE")
        add_fixtures(add)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Change the pages, print the scores, set the exit status."""
        if opts.kinds:
            for kind in sorted(KINDS.values(), key=lambda one: (one.harmless, one.name)):
                sys.stdout.write(f"{'harmless' if kind.harmless else 'breaking'}  {kind.name:<28}{kind.says}\n")
            return
        profiles = usable_profiles(self.options.profiles)
        if len(args) != 1:
            raise UsageError(f"expected one site; available: {available(profiles)}", print_help=False)
        site = args[0].partition("/")[0]
        if site not in profiles:
            raise UsageError(no_such_site(site, profiles), print_help=False)
        try:
            pages = [*stored_pages(fixtures([Path(place) for place in opts.fixtures or PLACES], args[0]))]
        except (FixtureBroken, OSError) as error:
            raise UsageError(str(error), print_help=False) from None
        if not pages:
            raise UsageError(
                f"no stored page of {args[0]} in {' or '.join(opts.fixtures or PLACES)}; SITE/LAYOUT/CASE is the path"
                " there. To create some: `scrapy record`",
                print_help=False,
            )
        tally = Tally(site, opts.seed)
        chosen = [KINDS[name] for name in opts.kind] if opts.kind else None
        done = 0

        def line() -> str:
            return f"{site}: {done} of {len(pages)} pages, {tally.pages} changed pages"

        with Progress(line, line_every=LINE_EVERY, share=lambda: done / len(pages)):
            for page in pages:
                if (refusal := refused(page, LIMITS)) is not None:
                    sys.stderr.write(f"{plain(page.name)}: not changed: {plain(refusal)}\n")
                for made in mutants([page], profiles[site], chosen, opts.seed):
                    record, wrong = made.outcome(profiles[site])
                    tally.add(made, record, wrong)
                    if opts.write:
                        _write(made, Path(opts.write))
                done += 1
        found = tally.result()
        if opts.json:
            sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n")
        else:
            print_robustness(found, sys.stdout)
        self.exitcode = int(any(score.score != 1 for rows in found.harmless.values() for score in rows.values()))


def _write(made: Mutant, root: Path) -> None:
    """Write a changed page as a recorded fixture without expected values."""
    folder = root / made.kind.name / made.page.name
    page = made.page
    time = page.fetched_at.isoformat() if page.fetched_at is not None else None
    response = {"url": page.url, "status": 200, "headers": dict(page.headers), "fetchedAt": time}
    for name, content in ((PAGE, packed(page.body)), (RESPONSE, encoded(response))):
        with replacing(folder / name) as out:
            out.write(content)
