"""How good the profiles are, in figures by site: on the fixtures, and on a corpus of real pages where there is one.

The fixtures are measured here, against the values that people reviewed. The corpus has a measure of its own beside it
(a script that takes records and prints JSON): a second one here would drift from it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from crawler.errors import PortalsieveError
from crawler.extract import extract
from crawler.page.text import squeeze
from crawler.profiles.load import Profile
from crawler.profiles.match import profile_for
from crawler.regression.fixture import Fixture, fixtures
from crawler.regression.lenient import take
from crawler.regression.values import CHROME, Values
from crawler.warc.reader import read_archive

Figures = dict[str, float]
"""Figures of a site by name."""

_DIGITS = 6
_SHORT = 16
"""Characters of a digest: enough to tell that a page changed."""
_PARTS = "a corpus has index.json, corpus.warc.gz, pages/ and gold/"
_TOLD = "told"
"""The measure's share of the text that the record tells; best at 1, so that its distance from 1 is held."""


class CorpusBroken(ValueError):  # noqa: N818 - states what is wrong
    """A corpus, or its measure, that cannot be used. The message names the file and what is wrong."""


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of each site, and digests of what they were measured on, by site and name of the page."""

    sites: dict[str, Figures]
    digests: dict[str, dict[str, str]]


def of_fixtures(root: Path | Iterable[Path], profiles: Mapping[str, Profile]) -> Scores:
    """Return the scores of the fixtures below `root`.

    * `cases`, `values`: how many there are
    * `fields`: the share of the expected values that the records have
    * `body`: the share of cases whose blocks are all as expected
    * `roles`: F1 of the text under its role (blocks are body), by characters: what is filed elsewhere counts twice
    * `unknown`: the share of the text that no rule claims
    * `extra`: values that no fixture expects
    """
    sites: dict[str, Figures] = {}
    digests: dict[str, dict[str, str]] = {}
    root = (root,) if isinstance(root, Path) else tuple(root)
    for site in sorted(profiles):
        found = fixtures(root, site)
        if found:
            sites[site] = _rounded(_figures(found, profiles))
            digests[site] = {one.name.partition("/")[2]: _digest_of(one) for one in found}
    return Scores(sites=sites, digests=digests)


def _figures(found: Iterable[Fixture], profiles: Mapping[str, Profile]) -> Figures:
    cases = values = right = bodies = extra = 0
    common = both = unknown = total = 0
    for fixture in found:
        expected, taken = fixture.expected, take(fixture, profiles)
        wanted: Values = expected.values if expected is not None else {}
        cases += 1
        values += len(wanted)
        right += sum(fixture.seen(name, taken.values) == value for name, value in wanted.items())
        bodies += fixture.seen("blocks", taken.values) == wanted.get("blocks")
        extra += len(fixture.unexpected(taken.values))
        one, other = _pieces(wanted), _pieces(taken.values)
        common += _size(one & other)
        both += _size(one) + _size(other)
        if taken.record is not None:
            unknown += taken.record.coverage.unknown
            total += taken.record.coverage.total
    return {
        "cases": cases,
        "values": values,
        "fields": right / max(1, values),
        "body": bodies / max(1, cases),
        "roles": 2 * common / max(1, both),
        "unknown": unknown / max(1, total),
        "extra": extra,
    }


def _pieces(values: Mapping[str, Any]) -> Counter[tuple[str, str]]:
    """Return the texts of a page's values, each under its role."""
    told = [(name, values.get(name)) for name in ("title", "headline")]
    told += [("info", text) for text in values.get("info") or []]
    told += [("body", block.get(key)) for block in values.get("blocks") or [] for key in ("text", "caption")]
    told += [
        (name, entry.get("text")) for name, entries in values.items() if name.startswith(CHROME) for entry in entries
    ]
    return Counter((role, squeeze(text)) for role, text in told if isinstance(text, str))


def _size(pieces: Counter[tuple[str, str]]) -> int:
    return sum(len(text) * count for (_, text), count in pieces.items())


def _digest_of(fixture: Fixture) -> str:
    return _digest(fixture.files)


def of_corpus(
    corpus: Path, measure: Path, profiles: Mapping[str, Profile], pages: Collection[str] | None = None
) -> Scores:
    """Return what the script `measure` says of the records of the pages in `corpus`, for the sites with a profile.

    `corpus` holds `index.json`, `corpus.warc.gz`, and `pages` and `gold` by name; the script is called with a file of
    records and --json. Its own digest is among those of each site: another measure is another score. With `pages` only
    the pages of these names are measured, so that a corpus that has grown can be held against its old scores. Raises
    CorpusBroken.
    """
    try:
        names = {name: site for name, site in _index(corpus, profiles) if pages is None or name in pages}
        digests: dict[str, dict[str, str]] = {}
        for name, site in sorted(names.items()):
            digests.setdefault(site, {"the measure": _digest([measure])})[name] = _digest(
                [*sorted(corpus.glob(f"pages/{name}.html*")), corpus / "gold" / f"{name}.json"]
            )
    except OSError as error:
        raise CorpusBroken(f"{corpus}: {error}; {_PARTS}") from None
    told = _measured(corpus, measure, profiles, names)
    sites = {}
    for site in sorted(digests):
        figures = {name: float(value) for name, value in told.get(site, {}).items() if value is not None}
        if _TOLD in figures:
            figures["untold"] = abs(1 - figures.pop(_TOLD))
        sites[site] = _rounded(figures)
    return Scores(sites=sites, digests=digests)


def corpus_pages(corpus: Path, profiles: Mapping[str, Profile]) -> frozenset[str]:
    """Return the names of the pages in `corpus` whose sites have a profile; raises CorpusBroken."""
    return frozenset(name for name, _ in _index(corpus, profiles))


def _index(corpus: Path, profiles: Mapping[str, Profile]) -> list[tuple[str, str]]:
    """Return name and site of each page in `corpus` whose site has a profile."""
    try:
        index: list[dict[str, Any]] = json.loads((corpus / "index.json").read_text(encoding="utf-8"))
        return [(page["name"], page["site"]) for page in index if page["site"] in profiles]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CorpusBroken(f"{corpus}: {error}; {_PARTS}") from None


def _measured(
    corpus: Path, measure: Path, profiles: Mapping[str, Profile], names: Iterable[str]
) -> dict[str, dict[str, float | None]]:
    with tempfile.TemporaryDirectory() as folder:
        gold = Path(folder) / "gold"
        gold.mkdir()
        for name in names:
            if (corpus / "gold" / f"{name}.json").is_file():
                shutil.copy(corpus / "gold" / f"{name}.json", gold)
        records = Path(folder) / "records.jsonl"
        with records.open("w", encoding="utf-8") as out:
            for found in read_archive(corpus / "corpus.warc.gz"):
                if found.problem is None and profile_for(found.url or "", profiles.values()) is not None:
                    out.write(_line(found, profiles))
        command = [sys.executable, str(measure), str(records), "--json"]
        command += ["--gold", str(gold), "--pages", str(corpus / "pages")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the corpus's own measure
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no word of why"])[-1]
        raise CorpusBroken(f"{measure}: ended with status {done.returncode}: {last}")
    try:
        return msgspec.json.decode(done.stdout, type=dict[str, dict[str, float | None]])
    except msgspec.DecodeError as error:
        raise CorpusBroken(f"{measure}: gave no figures by site: {error}") from None


def _line(found: Any, profiles: Mapping[str, Profile]) -> str:
    """Return the record of an archived page as a line, nothing where it gives none: the measure counts that."""
    try:
        record = extract(
            found.body, found.url, headers=found.headers, fetched_at=found.date, profiles=profiles.values()
        )
    except PortalsieveError:
        return ""
    return record.to_json() + "\n"


def _rounded(figures: Figures) -> Figures:
    return {name: round(float(value), _DIGITS) for name, value in figures.items()}


def _digest(paths: Iterable[Path]) -> str:
    whole = hashlib.sha256()
    for path in paths:
        if path.is_file():
            whole.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()[:_SHORT]
