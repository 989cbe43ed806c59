"""Measures repairs: runs of pages of one layout, all or a part of them changed alike, repaired and compared.

`python -m benchmarks.drift SITE…` prints a row per run and a table of sums by kind of change: runs that hurt a record,
those in which the repair made every changed page right again, those offered as sure, the sure ones that are wrong,
those found and not sure, and those for which nothing was found. A run has 3 to 20 pages, those of the annotated
fixtures with other words, so each is another article. `--text` is what is known of the changed articles: `page` (the
page of before), `record` (only its record, as after a crawl) or `none` (only other articles of the layout). A sure
repair counts as wrong if a changed page of the run, an unchanged page, or a changed page that the repair has not seen
(`--ahead`) does not give what it must.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import msgspec

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
from crawler.regression.values import values_of

PAGES = Path(__file__).resolve().parent.parent / "tests/pages"
TEXTS = ("page", "record", "none")
FEWEST, MOST = 3, 20
COLUMNS = ("runs", "right", "sure", "sureWrong", "unsure", "nothing", "pages", "pagesRight")


def variants(site: str, layout: str, profile: Profile, count: int) -> list[Stored]:
    """Return at most `count` pages of a layout with different words and addresses, made of its annotated pages."""
    cases = [one for one in fixtures(PAGES, f"{site}/{layout}") if isinstance(one, AnnotatedFixture)]
    made: list[Stored] = []
    idents: set[str | None] = set()
    for number in range(10 * count):
        if not cases or len(made) == count:
            break
        case = cases[number % len(cases)]
        page = _variant(case, number, profile)
        ident = read_url(page.url, profile).id
        if ident is not None and ident in idents:
            continue
        try:
            if page.record(profile).layout.id == layout:
                made.append(page)
                idents.add(ident)
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


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """Pages of a layout, the first of them changed alike: `changed` are seen by the repair, `ahead` are not."""

    profile: Profile
    changed: Sequence[Mutant]
    ahead: Sequence[Mutant]
    unchanged: Sequence[Stored]
    old: Sequence[Stored]

    def known(self, text: str) -> Known:
        """Return what is known before the repair."""
        fixed = [*stored_pages(fixtures(PAGES, self.profile.site.site))]
        names = {one.page.name for one in self.changed}
        before = [page for page in self.old if page.name in names]
        if text == "page":
            return Known.of([*fixed, *before], self.profile)
        records = [page.record(self.profile) for page in before] if text == "record" else []
        return Known.of(fixed, self.profile, records)

    def outcome(self, text: str) -> dict[str, Any]:
        """Repair and return what came of it."""
        profile, changed = self.profile, self.changed
        repairs = repair(profile, [*(one.page for one in changed), *self.unchanged], self.known(text))
        after = repaired_profile(profile, repairs) if repairs else profile
        wrong = [one.outcome(after)[1] for one in changed]
        sure = [one for one in repairs if one.sure]
        missed = self._wrong(repaired_profile(profile, sure)) if sure else []
        return {
            "right": not any(wrong),
            "pages": len(changed),
            "pagesRight": sum(not one for one in wrong),
            "sure": bool(sure),
            "sureWrong": bool(missed),
            "unsure": not sure and any(one.diff for one in repairs),
            "nothing": not any(one.diff for one in repairs),
            "wrong": dict(Counter(name for one in wrong for name in one)),
            "missed": missed,
            "doubts": [doubt for one in repairs for doubt in one.doubts],
            "newLayout": [one.new_layout for one in repairs if one.new_layout],
            "diff": "".join(one.diff for one in repairs),
        }

    def _wrong(self, profile: Profile) -> list[str]:
        """Return what is wrong with a profile that was offered as sure."""
        changed = [
            f"{one.page.name}: {name}" for one in (*self.changed, *self.ahead) for name in one.outcome(profile)[1]
        ]
        return changed + [
            page.name for page in self.old if values_of(page.record(profile)) != values_of(page.record(self.profile))
        ]


def runs(
    site: str, layout: str, profile: Profile, kinds: Iterable[str], options: argparse.Namespace
) -> Iterator[tuple[str, str, Run]]:
    """Yield the runs of each kind of change that hurts a record of the layout and leaves the content in the page."""
    pages = variants(site, layout, profile, (options.count or MOST) + options.ahead)
    records: dict[str, Record] = {page.name: page.record(profile) for page in pages}
    for kind, text in product(kinds, options.text):
        rng = random.Random(f"{site}/{layout}/{kind}/{text}/{options.seed}")
        if rng.random() >= options.sample or KINDS[kind].harmless:
            continue
        count = options.count or rng.randint(FEWEST, MOST)
        taken = pages[: count + options.ahead]
        if len(taken) < count + options.ahead:
            continue
        made = [mutant(page, profile, kind, options.seed, records[page.name]) for page in taken]
        many = max(1, round(options.share * count))
        good = [one if one is not None and one.content else None for one in made]
        changed = [one for one in good[:many] if one is not None]
        if any(one.outcome(profile)[1] for one in changed):
            ahead = [one for one in good[count:] if one is not None]
            yield kind, text, Run(profile=profile, changed=changed, ahead=ahead, unchanged=taken[many:count], old=taken)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row for each run and the sums."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drift", description=(__doc__ or "").split("\n", 1)[0])
    add = parser.add_argument
    add("places", nargs="+", metavar="SITE[/LAYOUT]")
    add("--text", choices=TEXTS, action="append", help="what is known of the changed articles (default: record, none)")
    add("--count", type=int, help=f"pages of a run (default: {FEWEST} to {MOST}, by the seed)")
    add("--ahead", type=int, default=3, help="changed pages that the repair does not see (default: 3)")
    add("--share", type=float, default=1.0, help="share of the pages that is changed (default: 1.0)")
    add("--sample", type=float, default=1.0, help="share of the runs that is measured (default: 1.0)")
    add("--seed", type=int, default=1, help="seed of the changes (default: 1)")
    add("--kind", action="append", choices=[*KINDS], help="only this change; may be repeated")
    add("--json", metavar="FILE", type=Path, help="write each run as a line of JSON")
    options = parser.parse_args(arguments)
    options.text = options.text or ["record", "none"]
    sums: dict[tuple[str, str], Counter[str]] = {}
    lines: list[str] = []
    for place in options.places:
        site, _, only = place.partition("/")
        profile = profiles_in()[site]
        for layout in [only] if only else profile.layouts:
            for kind, text, one in runs(site, layout, profile, options.kind or KINDS, options):
                start = time.process_time()
                done = one.outcome(text)
                spent = time.process_time() - start
                counted = Counter({"runs": 1, **{key: int(done[key]) for key in COLUMNS[1:]}})
                for key in ((text, kind), (text, f"[{site}]"), (text, "all")):
                    sums.setdefault(key, Counter()).update(counted)
                row = {"layout": f"{site}/{layout}", "kind": kind, "text": text, **done, "seconds": round(spent, 2)}
                lines.append(json.dumps(row, ensure_ascii=False))
                if options.json:
                    options.json.write_text("\n".join(lines) + "\n", encoding="utf-8")
                state = "right" if done["right"] else f"{done['pagesRight']}/{done['pages']} {done['wrong']}"
                sure = "SURE BUT WRONG" if done["sureWrong"] else "sure" if done["sure"] else ""
                sys.stdout.write(f"{site}/{layout} {kind} {text}: {state} {sure} {spent:.1f} s\n")
                sys.stdout.flush()
    sys.stdout.write("\n" + _table(sums))
    return int(any(one["sureWrong"] for one in sums.values()))


def _table(sums: Mapping[tuple[str, str], Counter[str]]) -> str:
    """Return the sums as a table of Markdown."""
    head = ["text", "kind or site", *COLUMNS]
    rows = [[*key, *(str(one[column]) for column in COLUMNS)] for key, one in sorted(sums.items())]
    return "".join(f"| {' | '.join(row)} |\n" for row in [head, ["---"] * len(head), *rows])


if __name__ == "__main__":
    sys.exit(main())
