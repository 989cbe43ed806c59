"""Measures repairs: runs of pages of one layout, all or a part of them changed alike, repaired and compared.

`python -m benchmarks.drift SITE…` prints a row per run: the changed pages that the repair made right again, and whether
it was offered as sure. The last line has the sums, with the sure ones that are wrong. The pages are those of the
annotated fixtures with other words, so a run of 20 has 20 articles. `--text` is what is known of the changed articles:
`page` (the page of before), `record` (only its record, as after a crawl) or `none` (only other articles of the layout).
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from crawler.drift.mutants import KINDS, Mutant, mutant
from crawler.drift.repair.engine import Known, repair, repaired_profile
from crawler.drift.subject import Stored, stored_pages
from crawler.errors import PortalsieveError
from crawler.extract import profiles_in
from crawler.profiles.load import Profile
from crawler.profiles.match import read_url
from crawler.records.model import Record
from crawler.regression.fixture import AnnotatedFixture, fixtures
from crawler.regression.prose import Prose
from crawler.regression.template import Words, read, repeated, stripped

PAGES = Path(__file__).resolve().parent.parent / "tests/pages"
COUNTED = ("right", "sure", "sureWrong", "pages", "pagesRight")
TEXTS = ("page", "record", "none")


def variants(site: str, layout: str, profile: Profile, count: int) -> list[Stored]:
    """Return `count` pages of a layout with different words and addresses, made of its annotated pages."""
    cases = [one for one in fixtures(PAGES, f"{site}/{layout}") if isinstance(one, AnnotatedFixture)]
    made: list[Stored] = []
    for number in range(10 * count):
        if not cases or len(made) == count:
            break
        case = cases[number % len(cases)]
        page = _variant(case, number, profile)
        try:
            if page.record(profile).layout.id == layout:
                made.append(page)
        except PortalsieveError:
            continue
    return made


def _variant(case: AnnotatedFixture, number: int, profile: Profile) -> Stored:
    base = next(stored_pages([case]))
    front, source, _ = read(case.folder)
    words = Words(Prose(f"{case.name}:{number}"), case.folder)
    body = stripped(words.fill(repeated(source, case.folder))).encode(front.get("charset", "utf-8"), "replace")
    ident = read_url(base.url, profile).id or ""
    rng = random.Random(f"{case.name}:{number}")
    digits = re.sub(r"\d(?=\d*$|\d*[A-Z_])", lambda _: str(rng.randrange(10)), ident)
    url = base.url.replace(ident, digits) if ident and digits != ident else base.url
    if read_url(url, profile).id in {None, ident} and ident:
        url = base.url.replace(ident[-6:], "".join(rng.sample(ident[-6:], len(ident[-6:]))))
    return Stored(name=f"{case.name}~{number}", body=body, url=url, headers=base.headers, fetched_at=base.fetched_at)


def run(
    changed: Sequence[Mutant], unchanged: Sequence[Stored], old: Sequence[Stored], profile: Profile, text: str
) -> dict[str, Any]:
    """Repair one run and return what came of it."""
    names = {one.page.name for one in changed}
    before = [page for page in old if page.name in names]
    fixed = [*stored_pages(fixtures(PAGES, profile.site.site))]
    if text == "page":
        known = Known.of([*fixed, *before], profile)
    elif text == "record":
        known = Known.of(fixed, profile, [page.record(profile) for page in before])
    else:
        known = Known.of(fixed, profile)
    repairs = repair(profile, [*(one.page for one in changed), *unchanged], known)
    after = repaired_profile(profile, repairs) if repairs else profile
    sure = repaired_profile(profile, [one for one in repairs if one.sure])
    wrong = [one.outcome(after)[1] for one in changed]
    wrong_if_sure = [one.outcome(sure)[1] for one in changed] if any(one.sure for one in repairs) else []
    return {
        "right": not any(wrong),
        "pages": len(changed),
        "pagesRight": sum(not one for one in wrong),
        "sure": any(one.sure for one in repairs),
        "sureWrong": any(wrong_if_sure),
        "wrong": dict(Counter(name for one in wrong for name in one)),
        "doubts": [doubt for one in repairs for doubt in one.doubts],
        "newLayout": [one.new_layout for one in repairs if one.new_layout],
    }


def runs(
    site: str, layout: str, profile: Profile, kinds: Iterable[str], *, count: int, share: float, seed: int, text: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the outcome of each kind of change that hurts a record of the layout and leaves the content in the page."""
    pages = variants(site, layout, profile, count)
    if len(pages) < count:
        return
    records: dict[str, Record] = {page.name: page.record(profile) for page in pages}
    many = max(1, round(share * len(pages)))
    for kind in kinds:
        made = [mutant(page, profile, kind, seed, records[page.name]) for page in pages[:many]]
        changed = [one for one in made if one is not None and one.content and not one.kind.harmless]
        hurt = [one for one in changed if one.outcome(profile)[1]]
        if hurt:
            yield kind, {**run(changed, pages[many:], pages, profile, text), "hurt": len(hurt)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row for each run and the sums."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drift", description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("places", nargs="+", metavar="SITE[/LAYOUT]")
    parser.add_argument("--text", choices=TEXTS, default="record", help="what is known of the changed articles")
    parser.add_argument("--count", type=int, default=20, help="pages of a run (default: 20)")
    parser.add_argument("--share", type=float, default=1.0, help="share of them that is changed (default: 1.0)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the changes (default: 1)")
    parser.add_argument("--kind", action="append", choices=[*KINDS], help="only this change; may be repeated")
    parser.add_argument("--json", action="store_true", help="print each run as a line of JSON")
    options = parser.parse_args(arguments)
    sums: Counter[str] = Counter()
    for place in options.places:
        site, _, only = place.partition("/")
        profile = profiles_in()[site]
        for layout in [only] if only else profile.layouts:
            kinds = options.kind or KINDS
            done = runs(
                site, layout, profile, kinds, count=options.count, share=options.share, seed=options.seed,
                text=options.text,
            )  # fmt: skip
            start = time.process_time()
            for kind, one in done:
                sums.update(
                    {"runs": 1} | {key: one[key] for key in ("right", "sure", "sureWrong", "pages", "pagesRight")}
                )
                if options.json:
                    sys.stdout.write(json.dumps({"layout": f"{site}/{layout}", "kind": kind, **one}) + "\n")
                else:
                    state = "right" if one["right"] else f"{one['pagesRight']}/{one['pages']} {one['wrong']}"
                    sure = "SURE BUT WRONG" if one["sureWrong"] else "sure" if one["sure"] else ""
                    sys.stdout.write(
                        f"{site}/{layout} {kind}: {state} {sure} {one['newLayout'] or ''}"
                        f" {time.process_time() - start:.1f} s\n"
                    )
                sys.stdout.flush()
                start = time.process_time()
    sys.stdout.write(
        f"{sums['runs']} runs hurt: {sums['right']} right ({100 * sums['right'] / max(1, sums['runs']):.1f} %),"
        f" {sums['sure']} sure, {sums['sureWrong']} of them wrong;"
        f" {sums['pagesRight']} of {sums['pages']} pages right\n"
    )
    return int(sums["sureWrong"] > 0)


if __name__ == "__main__":
    sys.exit(main())
