"""The profiles' scores per site, on the fixtures and on a corpus of real pages if there is one.

The fixtures are scored here, against their reviewed values. The corpus has its own scoring script, which takes records
and prints JSON: a second implementation here would drift from it.
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

from ..errors import PortalsieveError
from ..extract import extract
from ..page.text import squeeze
from ..profiles.load import Profile
from ..profiles.match import profile_for
from ..warc.reader import read_archive
from .fixture import Fixture, fixtures
from .lenient import take
from .values import CHROME, Values

Figures = dict[str, float]
"""The scores of a site by name."""

_DIGITS = 6
_SHORT = 16
"""Characters of a digest: enough to detect a changed page."""
_PARTS = "a corpus has index.json, corpus.warc.gz, pages/ and gold/"
_TOLD = "told"
"""The script's share of the page's text that is in the record; 1 is best, so its distance from 1 is compared."""


class CorpusBroken(ValueError):  # noqa: N818 - states what is wrong
    """A corpus, or its scoring script, that cannot be used. The message has the file and the fault."""


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """The scores of each site, and digests of what was measured, by site and page name."""

    sites: dict[str, Figures]
    digests: dict[str, dict[str, str]]


def of_fixtures(root: Path | Iterable[Path], profiles: Mapping[str, Profile]) -> Scores:
    """Return the scores of the fixtures below `root`.

    * `cases`, `values`: their numbers
    * `fields`: the share of expected values that the records match
    * `body`: the share of cases whose blocks all match
    * `roles`: F1 of the text by role (blocks are body), in characters: misfiled text counts twice
    * `unknown`: the share of the text that no rule claims
    * `extra`: the number of values that no fixture expects
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
    """Return the texts of a page's values with their roles."""
    texts = [(name, values.get(name)) for name in ("title", "headline")]
    texts += [("info", text) for text in values.get("info") or []]
    texts += [("body", block.get(key)) for block in values.get("blocks") or [] for key in ("text", "caption")]
    texts += [
        (name, entry.get("text")) for name, entries in values.items() if name.startswith(CHROME) for entry in entries
    ]
    return Counter((role, squeeze(text)) for role, text in texts if isinstance(text, str))


def _size(pieces: Counter[tuple[str, str]]) -> int:
    return sum(len(text) * count for (_, text), count in pieces.items())


def _digest_of(fixture: Fixture) -> str:
    return _digest(fixture.files)


def of_corpus(
    corpus: Path, measure: Path, profiles: Mapping[str, Profile], pages: Collection[str] | None = None
) -> Scores:
    """Return the scores by the script `measure` of the records of the pages in `corpus`, for the sites with a profile.

    `corpus` contains `index.json`, `corpus.warc.gz`, and the folders `pages` and `gold`; the script is called with a
    file of records and --json. Its digest is among those of each site, as a changed script gives other scores. With
    `pages`, only the pages with these names are measured, so that a corpus that has grown can be compared with its old
    scores. Raises CorpusBroken.
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
    measured = _measured(corpus, measure, profiles, names)
    sites = {}
    for site in sorted(digests):
        figures = {name: float(value) for name, value in measured.get(site, {}).items() if value is not None}
        if _TOLD in figures:
            figures["untold"] = abs(1 - figures.pop(_TOLD))
        sites[site] = _rounded(figures)
    return Scores(sites=sites, digests=digests)


def corpus_pages(corpus: Path, profiles: Mapping[str, Profile]) -> frozenset[str]:
    """Return the names of the pages in `corpus` whose sites have a profile. Raises CorpusBroken."""
    return frozenset(name for name, _ in _index(corpus, profiles))


def _index(corpus: Path, profiles: Mapping[str, Profile]) -> list[tuple[str, str]]:
    """Return the name and site of each page in `corpus` whose site has a profile."""
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
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the corpus's own script
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no error message"])[-1]
        raise CorpusBroken(f"{measure}: exit status {done.returncode}: {last}")
    try:
        return msgspec.json.decode(done.stdout, type=dict[str, dict[str, float | None]])
    except msgspec.DecodeError as error:
        raise CorpusBroken(f"{measure}: did not print scores by site: {error}") from None


def _line(found: Any, profiles: Mapping[str, Profile]) -> str:
    """Return the record of an archived page as a line, "" if there is none, which the script counts."""
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
