"""Measures the watch for layout changes: runs of pages of one layout, all or a part of them changed alike.

`python -m benchmarks.watching SITE…` prints a row per kind of change: runs and wrong records, and what became of these:
a run with an event, a doubt that the unchanged page does not have, a record held back, or none of them (silent). Of the
events it counts those that name a rule that the change touches, or the region around it. Harmless changes and
unchanged pages must not cause an event or hold a record back for good; the last lines count them.

The pages are those of the annotated fixtures with other words, and with `--corpus DIR` recorded pages
(`DIR/corpus.warc.gz`) in their place, each layout's repeated until there are enough. The watch knows the layout's
baseline, and `--history N` unchanged pages of an earlier run. Changed pages are kept in `--cache DIR`, so that another
watch can be tried on the same pages in seconds; they are made anew when anything that they depend on has changed.
"""

from __future__ import annotations

import argparse
import hashlib
import pickle
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import crawler
from crawler.drift.baseline import Baseline, read
from crawler.drift.mutants import KINDS, mutant
from crawler.drift.naming import regions_around
from crawler.drift.subject import Stored
from crawler.drift.traces import Traces
from crawler.drift.watch import Watch
from crawler.errors import PortalsieveError, Quarantined
from crawler.extract import extract, profiles_in
from crawler.profiles.load import Profile
from crawler.records.model import Record
from crawler.store.interface import Signal
from crawler.warc.reader import read_archive

from .drift import PAGES, variants

OUTCOMES = ("event", "doubt", "held", "silent")
FEW = 10
"""Different pages of a run; they are repeated."""
ENGINE = Path(crawler.__file__).parent
_BESIDE = frozenset(
    ["addon", "bulk", "commands", "draft", "engines", "fetch", "report", "spiders", "store", "textdump"]
)
"""Rooms of the engine that no page depends on. In `drift`, only the modules that change pages count."""
_HERE = re.compile(r"^from \.\.?(\w* import .*)$", re.MULTILINE)


class Made(NamedTuple):
    """A page of a run: its record, or the arguments of the failure in its place; `wrong` values and `new` flags."""

    page: Stored
    record: Record | None
    failure: dict[str, Any] | None
    wrong: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    touches: tuple[str, ...] = ()

    @property
    def error(self) -> PortalsieveError:
        """The failure."""
        return Quarantined(**self.failure or {})


def made(page: Stored, profile: Profile) -> Made:
    """Return a page with its record."""
    try:
        return Made(page, page.record(profile), None)
    except PortalsieveError as error:
        failure: dict[str, str | None] = {"failure": error.failure, "message": str(error)}
        if isinstance(error, Quarantined):
            failure |= {"layout": error.layout, "rule": error.rule}
        return Made(page, None, failure)


def recorded(folder: Path, profiles: dict[str, Profile]) -> dict[tuple[str, str], list[Stored]]:
    """Return the recorded pages of an archive that give a record, by site and layout."""
    found: dict[tuple[str, str], list[Stored]] = {}
    for number, one in enumerate(read_archive(folder / "corpus.warc.gz")):
        if one.url is None or not one.body:
            continue
        page = Stored(name=f"corpus {number}", body=one.body, url=one.url, headers=one.headers, fetched_at=one.date)
        try:
            record = extract(page.body, page.url, headers=page.headers, profiles=[*profiles.values()])
        except PortalsieveError:
            continue
        found.setdefault((record.site, record.layout.id), []).append(page)
    return found


def changed_pages(pages: Sequence[Made], profile: Profile, kind: str, seed: int) -> list[Made | None]:
    """Return each page with a change, None where it has no place for it."""
    found: list[Made | None] = []
    for one in pages:
        change = mutant(one.page, profile, kind, seed, one.record)
        if change is None or one.record is None:
            found.append(None)
            continue
        now = made(change.page, profile)
        new = {*(now.record.flags if now.record is not None else ())} - {*one.record.flags}
        found.append(
            now._replace(
                wrong=tuple(change.wrong(now.record)) if now.record is not None else ("record",),
                new=tuple(map(str, new)),
                touches=change.touches,
            )
        )
    return found


@lru_cache(maxsize=1)
def code_digest() -> str:
    """Return a digest of what pages and their changes are made by: the engine's sources, the annotated fixtures."""
    changing = changing_modules()
    found = hashlib.sha256()
    for path in sorted([*ENGINE.rglob("*.py"), *PAGES.rglob("*"), Path(variants.__code__.co_filename)]):
        parts = path.relative_to(ENGINE).parts if path.is_relative_to(ENGINE) else ("", "")
        if not path.is_file() or parts[0] in _BESIDE or (parts[0] == "drift" and "/".join(parts[1:]) not in changing):
            continue
        found.update(f"{path.name}\n".encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def changing_modules() -> set[str]:
    """Return the paths below `crawler/drift/` of the modules that change pages: `mutants` and what it imports there."""
    drift = ENGINE / "drift"
    found: set[str] = set()
    waiting = {"mutants.py", *(f"changes/{path.name}" for path in (drift / "changes").glob("*.py"))}
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            words = {word for line in _HERE.findall((drift / name).read_text()) for word in re.findall(r"\w+", line)}
            waiting |= {f"{word}.py" for word in words if (drift / f"{word}.py").is_file()}
    return found


def cached(folder: Path | None, name: str, make: Any) -> Any:
    """Return what `make` returns, kept in a file of a folder; one that was made by other code is not used."""
    key = hashlib.sha256(f"{name} {code_digest() if folder else ''}".encode()).hexdigest()[:16]
    path = folder / f"{key}.pickle" if folder is not None else None
    if path is not None and path.exists():
        return pickle.loads(path.read_bytes())
    found = make()
    if path is not None:
        path.write_bytes(pickle.dumps(found))
    return found


class Run(NamedTuple):
    """The outcome of a run: its first event's `rule` and `now`, refused pages and why, the wrong records by outcome.

    `right`: the event names what was changed.
    """

    rule: str | None
    now: str | None
    refused: tuple[int, ...]
    reasons: tuple[str, ...]
    outcomes: Counter[str]
    right: bool


def past(
    profile: Profile, known: dict[str, Baseline], history: Sequence[Made]
) -> tuple[dict[tuple[str, str], tuple[int, int]], dict[tuple[str, str], list[int]]]:
    """Return what a store has of an earlier run: hits and pages by layout and rule, and the measures."""
    watch = Watch(profile, "before", known)
    traces = Traces(profile, known)
    signals: list[Signal] = []
    for number, one in enumerate(history):
        if one.record is not None:
            page = traces.page(one.page.body, one.page.url, one.page.headers.get("content-type"))
            url, layout = f"{one.page.url}?{number}", one.record.layout.id
            signals += watch.see(number, url, one.record, page.trace(layout), page.shape(one.record)).signals
    counts: dict[tuple[str, str], tuple[int, int]] = {}
    figures: dict[tuple[str, str], list[int]] = {}
    for signal in {(one.layout, one.rule, one.block): one for one in (*signals, *watch.end().signals)}.values():
        key = signal.layout, signal.rule
        hits, seen = counts.get(key, (0, 0))
        counts[key] = hits + signal.hits, seen + signal.pages
        figures.setdefault(key, []).extend(signal.figures)
    return counts, figures


def watched(pages: Sequence[Made], profile: Profile, known: dict[str, Baseline], history: Sequence[Made]) -> Run:
    """Return what the watch says of a run of pages."""
    watch = Watch(profile, "run", known, *past(profile, known, history))
    traces = Traces(profile, known)
    refused: dict[int, str] = {}
    for number, one in enumerate(pages):
        page = traces.page(one.page.body, one.page.url, one.page.headers.get("content-type"))
        url = f"{one.page.url}#{number}"
        if one.record is not None:
            verdict = watch.see(number, url, one.record, page.trace(one.record.layout.id), page.shape(one.record))
        else:
            verdict = watch.take(watch.look_refused(number, url, one.error, page.trace, page.missed))
        refused |= verdict.refuse
    refused |= watch.end().refuse
    event = watch.events[0] if watch.events else None
    outcomes: Counter[str] = Counter()
    for number, one in enumerate(pages):
        if one.wrong and one.record is not None:
            new, held = bool(one.new), number in refused
            outcomes["event" if event is not None else "doubt" if new else "held" if held else "silent"] += 1
    touches = {rule for one in pages for rule in one.touches}
    right = event is not None and is_named(event.rule, touches, profile, event.layout)
    reasons = tuple(
        sorted({reason.partition(" of layout ")[0].partition(" may have ")[0] for reason in refused.values()})
    )
    return Run(event.rule if event else None, event.now if event else None, tuple(refused), reasons, outcomes, right)


def is_named(rule: str, touches: set[str], profile: Profile, layout: str) -> bool:
    """Return whether a rule is touched by a change, or is a region that any value of one is read from, or inside."""
    found = profile.layouts[layout]
    return any(
        rule == touched
        or rule.startswith(f"{touched}.")
        or touched.startswith(f"{rule}.")
        or rule in regions_around(found, touched)
        or touched in regions_around(found, rule)
        for touched in touches
    )


def places(options: argparse.Namespace, profiles: dict[str, Profile]) -> Iterator[tuple[str, Profile, list[Made]]]:
    """Yield name, profile and unchanged pages of each layout."""
    versions = " ".join(sorted(profile.version for profile in profiles.values()))
    pages = {}
    if options.corpus:
        pages = cached(options.cache, f"{options.corpus} {versions}", lambda: recorded(options.corpus, profiles))
    for place in options.places or sorted(profiles):
        site, _, only = place.partition("/")
        profile = profiles[site]
        for layout in [only] if only else profile.layouts:
            if options.corpus:
                found = pages.get((site, layout), [])
            else:
                name = f"{site}/{layout} {profile.version}"
                found = cached(options.cache, name, lambda: variants(site, layout, profile, FEW))  # noqa: B023
            usual = [one for page in found if (one := made(page, profile)).record is not None]
            if usual:
                yield f"{site}/{layout}", profile, usual


def spread(count: int, share: float, seed: int) -> list[bool]:
    """Return which pages of a run are changed."""
    many = max(1, round(count * share))
    marks = [True] * many + [False] * (count - many)
    if many < count:
        random.Random(seed).shuffle(marks)
    return marks


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row for each kind of change and the sums."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.watching", description=(__doc__ or "").split("\n", 1)[0]
    )
    add = parser.add_argument
    add("places", nargs="*", metavar="SITE[/LAYOUT]")
    add("--corpus", type=Path, metavar="DIR", help="recorded pages instead of those of the fixtures")
    add("--cache", type=Path, metavar="DIR", help="folder in which changed pages are kept")
    add("--baselines", type=Path, metavar="DIR", help="sites' folders with other baselines than the profiles have")
    add("--count", type=int, default=20, help="pages of a run (default: 20)")
    add("--share", type=float, action="append", help="share that is changed; may be repeated (default: 1.0 and 0.3)")
    add("--seed", type=int, action="append", help="seed of the changes; may be repeated (default: 1)")
    add("--history", type=int, default=0, metavar="N", help="unchanged pages of an earlier run (default: 0)")
    add("--kind", action="append", choices=[*KINDS], help="only this change; may be repeated")
    add("--harmless", action="store_true", help="only harmless changes and unchanged pages")
    add("--silent", action="store_true", help="list each run with silent pages or an event that names another rule")
    options = parser.parse_args(arguments)
    profiles = dict(profiles_in())
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    alarms: list[str] = []
    quiet = 0
    for place, profile, usual in places(options, profiles):
        folder = options.baselines / profile.site.site if options.baselines else profile.folder
        known = {name: found for name in profile.layouts if (found := read(folder, name)) is not None}
        count = options.count
        run = [usual[number % len(usual)] for number in range(count)]
        history = [usual[number % len(usual)] for number in range(options.history)]
        kinds: Iterable[str] = options.kind or KINDS
        kinds = [name for name in kinds if KINDS[name].harmless or not options.harmless]
        if not options.kind:
            quiet += 1
            seen = watched(run, profile, known, history)
            if seen.rule or seen.refused:
                alarms.append(f"{place} unchanged: {seen.rule} ({seen.now}), held {seen.refused} {seen.reasons}")
        for kind in kinds:
            for seed in options.seed or [1]:
                name = f"{place} {kind} {seed} {'corpus' if options.corpus else ''} {profile.version}"
                changed = cached(options.cache, name, lambda: changed_pages(usual, profile, kind, seed))  # noqa: B023
                if KINDS[kind].harmless:
                    pages = [changed[n % len(usual)] or run[n] for n in range(count)]
                    quiet += 1
                    seen = watched(pages, profile, known, history)
                    if seen.rule or seen.refused:
                        alarms.append(f"{place} {kind}: {seen.rule} ({seen.now}), held {seen.refused} {seen.reasons}")
                    continue
                if not any(one is not None and one.wrong for one in changed):
                    continue
                for share in options.share or [1.0, 0.3]:
                    marks = spread(count, share, seed)
                    pages = [(marks[n] and changed[n % len(usual)]) or run[n] for n in range(count)]
                    if not any(one.wrong for one in pages):
                        continue
                    seen = watched(pages, profile, known, history)
                    row = rows[kind]
                    row.update({"runs": 1, "refused": sum(bool(one.wrong) and one.record is None for one in pages)})
                    row.update(seen.outcomes)
                    row.update({"events": int(seen.rule is not None), "named": int(seen.right)})
                    silent = seen.outcomes["silent"]
                    if options.silent and (silent or (seen.rule and not seen.right)):
                        wrong = Counter(name for one in pages if one.record is not None for name in one.wrong)
                        touched = sorted({rule for one in pages for rule in one.touches})
                        sys.stdout.write(
                            f"{place} {kind} {share}: silent {silent}, {seen.rule} ({seen.now}) wrong {dict(wrong)}"
                            f" touches {touched} held {len(seen.refused)} {seen.reasons}\n"
                        )
                        sys.stdout.flush()
    total: Counter[str] = Counter()
    print_row("", Counter(), head=True)
    for kind, row in sorted(rows.items(), key=lambda pair: -pair[1]["silent"]):
        print_row(kind, row)
        total.update(row)
    print_row("all", total)
    sys.stdout.write("".join(f"false alarm: {line}\n" for line in alarms))
    sys.stdout.write(f"{quiet} harmless or unchanged runs, {len(alarms)} with an alarm\n")
    return 0


def print_row(kind: str, row: Counter[str], *, head: bool = False) -> None:
    """Print a row of the table."""
    if head:
        sys.stdout.write(f"{'change':<28}{'runs':>6}{'refused':>8}{'wrong':>7}")
        sys.stdout.write("".join(f"{name:>8}" for name in OUTCOMES) + f"{'events':>8}{'named':>7}\n")
        return
    wrong = sum(row[name] for name in OUTCOMES)
    sys.stdout.write(f"{kind:<28}{row['runs']:>6}{row['refused']:>8}{wrong:>7}")
    sys.stdout.write("".join(f"{row[name]:>8}" for name in OUTCOMES) + f"{row['events']:>8}{row['named']:>7}")
    share = 100 * row["silent"] / wrong if wrong else 0.0
    named = 100 * row["named"] / row["events"] if row["events"] else 100.0
    sys.stdout.write(f"  silent {share:.1f} %, named {named:.0f} %\n")


if __name__ == "__main__":
    sys.exit(main())
