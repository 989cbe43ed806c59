"""The quality floor: what the fixtures and the corpus score today is the least that they may score tomorrow.

`python -m crawler.regression.floor` measures and holds the figures against the pinned file; `--write` raises the floor
to what is measured. A figure that fell keeps the old floor, unless `--allow-lower` says that it may fall; a corpus of
another digest is another measure, and its floor is only set anew by that flag too.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from crawler.errors import PageRefused, Quarantined
from crawler.extract import PROFILES, extract, profiles_in
from crawler.fetch.warc import read_archive
from crawler.profiles.choose import profile_for
from crawler.profiles.load import Profile
from crawler.regression.fixture import encoded, fixtures
from crawler.regression.hits import hits
from crawler.regression.taking import take
from crawler.regression.values import absent

Scores = dict[str, Any]
"""`fixtures` by site and `corpus`: names of figures to numbers; a figure in `FEWER` is better when it is less."""

FEWER = frozenset({"unproven", "leak", "unknown", "extra"})
_SLACK = 1e-6


def of_fixtures(root: Path, profiles: Mapping[str, Profile]) -> Scores:
    """Return, by site: cases, values, the share of values that are right, and how many rules no case proves."""
    scores: Scores = {}
    for site, profile in sorted(profiles.items()):
        found = fixtures(root, site)
        if not found:
            continue
        values = right = extra = 0
        for fixture in found:
            expected, taken = fixture.expected, take(fixture, profiles)
            wanted = expected.values if expected is not None else {}
            values += len(wanted)
            right += sum(taken.values.get(name, absent(name)) == value for name, value in wanted.items())
            extra += len(taken.values.keys() - wanted.keys())
        scores[site] = {
            "cases": len(found),
            "values": values,
            "right": round(right / values, 4) if values else 0.0,
            "extra": extra,
            "unproven": sum(len(layout.never) for layout in hits(profile, found)),
        }
    return scores


def of_corpus(corpus: Path, score: Path, profiles: Mapping[str, Profile]) -> Scores:
    """Return the corpus's digest and what `score` (a script: RECORDS.jsonl --json) says of its records, in all."""
    archive = corpus / "corpus.warc.gz"
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder) / "records.jsonl"
        with records.open("w", encoding="utf-8") as out:
            for found in read_archive(archive):
                if found.problem is None and profile_for(found.url or "", profiles.values()) is not None:
                    out.writelines(_line(found.body, found.url or "", found.headers, found.date, profiles))
        done = subprocess.run(  # noqa: S603 - the project's own measure, named by who calls
            [sys.executable, str(score), str(records), "--json", "--gold", str(corpus / "gold"),
             "--pages", str(corpus / "pages")],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    return {"digest": digest(corpus), "sites": _known(json.loads(done.stdout), profiles)}


def _line(body: bytes, url: str, headers: Any, date: Any, profiles: Mapping[str, Profile]) -> list[str]:
    try:
        record = extract(body, url, headers=headers, fetched_at=date, profiles=profiles.values())
    except (PageRefused, Quarantined):
        return []
    return [record.to_json() + "\n"]


def _known(told: Any, profiles: Mapping[str, Profile]) -> Scores:
    """Return the figures of the sites that have a profile."""
    table = told.get("sites", told) if isinstance(told, dict) else {}
    return {
        site: {name: value for name, value in sorted(figures.items()) if isinstance(value, (int, float))}
        for site, figures in sorted(table.items())
        if site in profiles and isinstance(figures, dict)
    }


def digest(corpus: Path) -> str:
    """Return a digest of the pages and their gold."""
    whole = hashlib.sha256()
    for path in sorted([corpus / "corpus.warc.gz", *corpus.glob("gold/*.json")]):
        whole.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def below(floor: Scores, now: Scores) -> list[str]:
    """Return what is worse than the floor, a line each; figures that the floor does not have are no fault."""
    faults: list[str] = []
    if "corpus" in floor and "corpus" in now and floor["corpus"]["digest"] != now["corpus"]["digest"]:
        faults.append("corpus: other pages or another gold than the floor was measured on")
    for place, pinned, measured in _tables(floor, now):
        for name, least in pinned.items():
            got = measured.get(name)
            if got is None:
                faults.append(f"{place}: {name} is not measured any more; the floor is {least}")
            elif (got - least if name in FEWER else least - got) > _SLACK:
                faults.append(f"{place}: {name} is {got}, and the floor is {least}")
    return faults


def raised(floor: Scores, now: Scores, *, lower: bool) -> Scores:
    """Return the floor for `now`: the better of each figure, or what was measured where it may be `lower`."""
    if lower or not floor:
        return {**floor, **now}
    merged: Scores = json.loads(json.dumps({**floor, **{key: value for key, value in now.items() if key not in floor}}))
    for group, sites in (("fixtures", now.get("fixtures", {})), ("corpus", now.get("corpus", {}).get("sites", {}))):
        target = merged[group] if group == "fixtures" else merged.get("corpus", {}).get("sites", {})
        for site, figures in sites.items():
            old = target.setdefault(site, {})
            for name, value in figures.items():
                better = min if name in FEWER else max
                old[name] = better(old.get(name, value), value)
    return merged


def _tables(floor: Scores, now: Scores) -> list[tuple[str, Scores, Scores]]:
    pairs = [("fixtures", floor.get("fixtures", {}), now.get("fixtures"))]
    pairs += [("corpus", floor.get("corpus", {}).get("sites", {}), now.get("corpus", {}).get("sites"))]
    return [
        (f"{group} of {site}", figures, measured.get(site, {}))
        for group, pinned, measured in pairs
        if measured is not None
        for site, figures in pinned.items()
    ]


def measure(root: Path, shared: Path) -> Scores:
    """Return the scores of the checkout at `root`, with the corpus where it is at `shared`."""
    profiles = profiles_in(PROFILES)
    scores: Scores = {"fixtures": of_fixtures(root / "tests/fixtures", profiles)}
    corpus, score = shared / "corpus", shared / "tools/score.py"
    if (corpus / "corpus.warc.gz").is_file() and score.is_file():
        scores["corpus"] = of_corpus(corpus, score, profiles)
    return scores


def main(arguments: list[str] | None = None) -> int:
    """Measure, compare, write where asked; 1 where something is below the floor."""
    parser = argparse.ArgumentParser(prog="python -m crawler.regression.floor", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--write", action="store_true", help="raise the floor to what is measured")
    parser.add_argument("--allow-lower", action="store_true", help="with --write: let figures fall")
    parser.add_argument("--root", type=Path, default=PROFILES.parent, help="the checkout")
    options = parser.parse_args(arguments)
    file = options.root / "tests/quality_floor.json"
    floor: Scores = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    now = measure(options.root, options.root.parent / "shared")
    faults = below(floor, now)
    for fault in faults:
        sys.stderr.write(f"below the floor: {fault}\n")
    if options.write:
        file.write_bytes(encoded(raised(floor, now, lower=options.allow_lower)))
    return int(bool(faults) and not (options.write and options.allow_lower))


if __name__ == "__main__":
    sys.exit(main())
