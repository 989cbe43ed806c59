"""`newsite` by leaving pages out: a draft is made from some pages of a template and must read another of them.

Pages of the corpus are grouped by the layout that the shipped profiles recognise them by, those of a published set by
publisher. Each page is left out once; the draft is made from the three after it in its group (from all others where
there are fewer) and reads it. `scores.jsonl`-like output is one line per page left out.

    python -m benchmarks.general_newsite [--general FOLDER] [--corpus FOLDER] [--group NAME] [-v]
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import re
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.pages import CORPUS
from crawler.draft.site import Draft, Given, NoDraft
from crawler.errors import PageRefused, ProfileInvalid, Quarantined
from crawler.extract import extract, profiles_in
from crawler.page.dom import Page
from crawler.page.text import squeeze
from crawler.profiles.checks.suffixes import registered
from crawler.profiles.load import load_profile
from crawler.profiles.match import choose_layout, profile_for
from crawler.records.model import Record
from tests.cases import cases

GENERAL = CORPUS.parent / "general" / "fundus-dev"
LEARN = 3
"""Pages that a draft is made from."""
BARS = {"recordable": 0.95, "exact": 0.65, "headline": 0.97, "date": 0.97}
ALIKE = 0.3
"""Share of class names and ids in common from which two pages have one frame."""
_DAY = "2026-01-01"
_QUOTES = str.maketrans("‘’“”„«»", "''" + '"' * 5)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A page with gold: `group` has the pages of one template."""

    name: str
    group: str
    url: str
    body: bytes
    gold: dict[str, Any]
    fetched_at: datetime | None = None
    """When it was fetched; by this a time such as 3小时前 is read."""

    @property
    def given(self) -> Given:
        """The page as input of a draft."""
        return Given(url=self.url, body=self.body)


@dataclass(slots=True)
class LeftOut:
    """What a draft gave for a page that it was not made from; a figure is None where the gold has no such value."""

    name: str
    group: str
    learned: int
    recordable: bool = False
    exact: bool = False
    f1: float = 0.0
    headline: bool | None = None
    date: bool | None = None
    roles: tuple[int, int] = (0, 0)
    items: tuple[int, int] = (0, 0)
    faults: list[str] = field(default_factory=list)


def corpus_groups(corpus: Path) -> dict[str, list[Recorded]]:
    """Return the corpus's articles by template: site, shipped layout (a site without a profile has one) and frame."""
    groups: dict[str, list[Recorded]] = {}
    for entry in json.loads((corpus / "index.json").read_text(encoding="utf-8")):
        if entry["kind"] != "article":
            continue
        body = gzip.decompress((corpus / "pages" / f"{entry['name']}.html.gz").read_bytes())
        gold = json.loads((corpus / "gold" / f"{entry['name']}.json").read_text(encoding="utf-8"))
        group = f"{entry['site']}/{_layout(body, entry['url'])}"
        groups.setdefault(group, []).append(Recorded(entry["name"], group, entry["url"], body, gold))
    return _by_frame(groups)


def fixture_groups() -> dict[str, list[Recorded]]:
    """Return the annotated pages by site and layout: real structure, invented text, each with something special."""
    groups: dict[str, list[Recorded]] = {}
    for case in cases():
        values = case.values
        if values.get("kind") not in {None, "article"} or not values.get("blocks") or not values.get("datePublished"):
            continue
        texts = [text for block in values["blocks"] for text in (block.get("text"), block.get("caption")) if text]
        gold = {"text": "".join(texts), "headline": values.get("headline"), "date": values["datePublished"]}
        site, layout, name = case.name.split("/")
        response = case.response
        page = Recorded(
            f"{layout}/{name}", f"{site}/{layout}", response["url"], case.body, gold, _when(response.get("fetchedAt"))
        )
        groups.setdefault(page.group, []).append(page)
    return _by_frame(groups)


def _when(stated: str | None) -> datetime | None:
    return datetime.fromisoformat(stated) if stated else None


def _by_frame(groups: dict[str, list[Recorded]]) -> dict[str, list[Recorded]]:
    """Split groups whose pages do not share a frame: a profile's layout may cover several."""
    found: dict[str, list[Recorded]] = {}
    for name, pages in groups.items():
        frames: list[tuple[list[set[str]], list[Recorded]]] = []
        for page in pages:
            own = _names(page)
            near = [one for one in frames if any(len(own & other) >= ALIKE * len(own | other) for other in one[0])]
            joined = ([own, *(names for one in near for names in one[0])], [*(p for one in near for p in one[1]), page])
            frames = [joined, *(one for one in frames if one not in near)]
        for number, (_, members) in enumerate(sorted(frames, key=lambda one: one[1][0].name)):
            label = f"{name}{f' frame {number + 1}' if len(frames) > 1 else ''}"
            found[label] = [replace(page, group=label) for page in members]
    return found


def _names(page: Recorded) -> set[str]:
    """Return the class names and ids of a page, without numbers."""
    text = page.body.decode("utf-8", "replace")
    values = re.findall(r"""\b(?:class|id)=["']?([^"'>]+)""", text)
    return {name for value in values for name in value.split() if not re.search(r"\d{3}", name)}


def set_groups(folder: Path) -> dict[str, list[Recorded]]:
    """Return the pages of a published set by publisher and registered domain."""
    groups: dict[str, list[Recorded]] = {}
    for line in (folder / "gold.jsonl").read_text(encoding="utf-8").rstrip("\n").split("\n"):
        gold = json.loads(line)
        body = gzip.decompress((folder / "pages" / f"{gold['id']}.html.gz").read_bytes())
        group = f"{gold['group']}/{registered(gold['url'].split('/')[2])}"
        groups.setdefault(group, []).append(Recorded(gold["id"], group, gold["url"], body, gold))
    return _by_frame(groups)


def _layout(body: bytes, url: str) -> str:
    profile = profile_for(url, profiles_in().values())
    if profile is None:
        return "-"
    page = Page.from_bytes(body, url, None)
    page.index(profile.interest)
    choice = choose_layout(page, profile)
    return choice.layout.id if choice.layout is not None else "-"


def left_out(pages: Sequence[Recorded], scorer: Any, learn: int = LEARN) -> Iterator[LeftOut]:
    """Yield the result for each page of a group: the draft is made from the `learn` pages after it."""
    for number, page in enumerate(pages):
        others = [*pages[number + 1 :], *pages[:number]][:learn]
        result = LeftOut(page.name, page.group, len(others))
        try:
            record = _read(page, others)
        except (NoDraft, ProfileInvalid, Quarantined, PageRefused) as error:
            result.faults.append(f"{type(error).__name__}: {error}"[:300])
            _missing(page, result)
        else:
            result.recordable = True
            (_score_corpus if "headline" in page.gold and "body_xpath" in page.gold else _score_set)(
                page, record, result, scorer
            )
        yield result


def _read(page: Recorded, others: Sequence[Recorded]) -> Record:
    draft = Draft("drafted", [other.given for other in others], _DAY)
    with tempfile.TemporaryDirectory() as folder:
        faults = draft.write(Path(folder) / "drafted")
        if faults:
            raise NoDraft("; ".join(map(str, faults)))
        profile = load_profile(Path(folder) / "drafted")
    return extract(page.body, page.url, fetched_at=page.fetched_at, profiles=[profile])


def _missing(page: Recorded, result: LeftOut) -> None:
    result.headline = False if page.gold.get("headline") else None
    result.date = False if page.gold.get("datePublished") or page.gold.get("date") else None


def _score_corpus(page: Recorded, record: Record, result: LeftOut, scorer: Any) -> None:
    doc = scorer.load_page(CORPUS / "pages", page.name, page.gold)
    scored = scorer.score_page(page.gold, doc, msgspec.json.decode(msgspec.json.encode(record)))
    result.exact, result.f1 = bool(scored["exact"]), scored["F1"]
    result.headline = bool(scored["head"])
    result.date = bool(scored["date"]) if page.gold.get("datePublished") else None
    result.roles, result.items = tuple(scored["roles"]), tuple(scored["items"])
    result.faults += scored["faults"]


def _score_set(page: Recorded, record: Record, result: LeftOut, scorer: Any) -> None:
    gold = page.gold
    captions = page.name.count("/") == 1
    texts = [text for block in record.blocks for text in (block.text, block.caption if captions else None) if text]
    text = "".join(texts)
    result.exact, result.f1 = squeeze(text) == squeeze(gold["text"]), scorer.f1(text, gold["text"])
    if not result.exact:
        a, b = scorer.shingles(gold["text"]), scorer.shingles(text)
        result.faults.append(f"body F1 {result.f1:.3f}: missing {sum((a - b).values())}, extra {sum((b - a).values())}")
    if gold.get("headline"):
        shown, wanted = (
            squeeze(text.translate(_QUOTES)).casefold() for text in (record.headline or "", gold["headline"])
        )
        result.headline = shown == wanted
        if not result.headline:
            result.faults.append(f"headline {record.headline!r}, gold {gold['headline']!r}")
    if gold.get("date"):
        result.date = (record.date_published or "")[:10] == gold["date"][:10]
        if not result.date:
            result.faults.append(f"date {record.date_published!r}, gold {gold['date']!r}")


def scorer_of(corpus: Path) -> Any:
    """Return the scoring program beside the corpus as a module."""
    path = corpus.parent / "tools" / "score.py"
    spec = importlib.util.spec_from_file_location("portal_score", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def summary(results: Sequence[LeftOut]) -> dict[str, float]:
    """Return the shares of pages that are recordable, exact, right in headline and date; of roles and items; F1."""
    shares = {"pages": float(len(results))}
    for name in BARS:
        values = [value for one in results if (value := getattr(one, name)) is not None]
        shares[name] = round(statistics.mean(values), 3) if values else 0.0
    for name in ("roles", "items"):
        right, total = (sum(getattr(one, name)[n] for one in results) for n in (0, 1))
        shares[name] = round(right / total, 3) if total else 0.0
    shares["f1"] = round(statistics.mean(one.f1 for one in results), 3) if results else 0.0
    return shares


def measure(
    corpus: Path = CORPUS, general: Path = GENERAL, *, only: str = "", learn: int = LEARN
) -> Iterator[tuple[str, LeftOut]]:
    """Yield each page left out, with the name of its set: corpus pages from three others, from fewer, and `general`."""
    scorer = scorer_of(corpus)
    named = [("corpus", group) for group in corpus_groups(corpus).items()] if corpus.is_dir() else []
    named += [(general.name, group) for group in set_groups(general).items()] if general.is_dir() else []
    named += [("fixtures", group) for group in fixture_groups().items()]
    for name, (group, pages) in named:
        if len(pages) > 1 and only in group:
            for result in left_out(pages, scorer, learn):
                yield (name if result.learned >= learn else f"{name}, from fewer"), result


def shares() -> dict[str, dict[str, float]]:
    """Return the summary of each set."""
    results: dict[str, list[LeftOut]] = {}
    for name, one in measure():
        results.setdefault(name, []).append(one)
    return {name: summary(found) for name, found in results.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the shares by set, with -v each page that is not right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--general", type=Path, default=GENERAL)
    parser.add_argument("--group", default="", help="only groups whose name contains this")
    parser.add_argument("--learn", type=int, default=LEARN, help="pages that a draft is made from")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args(arguments)
    results: dict[str, list[LeftOut]] = {}
    for name, one in measure(options.corpus, options.general, only=options.group, learn=options.learn):
        results.setdefault(name, []).append(one)
        if options.verbose and one.faults:
            sys.stdout.write(f"{one.group} {one.name} (from {one.learned}, F1 {one.f1:.3f})\n")
            sys.stdout.writelines(f"    {fault}\n" for fault in one.faults)
    sys.stdout.write(f"{'set':28}" + "".join(f"{name:>12}" for name in ("pages", *BARS, "roles", "items", "f1")) + "\n")
    for name, found in results.items():
        sys.stdout.write(f"{name:28}" + "".join(f"{value:>12g}" for value in summary(found).values()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
