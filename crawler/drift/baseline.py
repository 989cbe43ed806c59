"""Baselines: what the rules of a layout found on the reviewed fixtures, as `<site>/baseline/<layout>.json`.

Hits and pages are two counts, because 3 of 3 says less than 300 of 300. Elements and values are kept as fingerprints,
without the page's text. Lengths and numbers of items are not here, because the text of fixtures is invented: those of
real pages are in the store (`store.interface.Signal`).
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from selectolax.lexbor import LexborNode

from ..errors import PortalsieveError
from ..page.dom import Page
from ..profiles.load import Profile
from ..records.model import Record
from ..records.write import replacing
from ..regression.fixture import Fixture, FixtureBroken
from ..sieve.claims import Claim, Target
from ..sieve.partition import flow_text
from ..sieve.record import PartitionedPage, partition_page
from .fingerprint import Element, Value, element_of, text_size, value_of
from .headline import is_titled
from .leftover import constants, left_over
from .looks import looks
from .observe import BODY, EVIDENCE, HEADLINE, RULES_OF_FLAGS, observe, rules_of, split_rule, values_of
from .sequential import RARE
from .shape import counts_of, has_player, holders, links_of, names_inside
from .strays import strays_of

FOLDER: Final = "baseline"
FORMAT: Final = 1
MOST_ELEMENTS: Final = 4
"""Maximum fingerprints of one rule; further ones are like one of them, or rare."""
_NAMED: Final = frozenset({Target.INFO, Target.CHROME})


class RuleBaseline(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One rule: how many of how many pages hit it, and what it found.

    `pages` are the pages on which it could be hit: those that have the region it is inside of. `alternatives` counts
    the hits of each alternative. `elements` are the fingerprints of the elements, `value` that of the values. `beside`
    is the largest share of a list's links or texts that are beside entries and in none, `inside` has the names of the
    elements that hold the text of the body. `most` is the largest number of elements of one page, None for one.
    `words` are those of a line that no field has, None for a line with text of its own or if they are not known.
    `least` is the smallest number of lines of a body, None for one. `titled`: the titles of all pages have the
    headline. `looks` are what was seen of `crawler.drift.looks`. `player`: all bodies have an element without text.
    """

    hits: int
    pages: int
    alternatives: dict[str, int] = {}
    elements: tuple[Element, ...] = ()
    value: Value | None = None
    beside: float | None = None
    inside: tuple[str, ...] = ()
    most: int | None = None
    words: tuple[str, ...] | None = None
    least: int | None = None
    titled: bool = False
    looks: tuple[str, ...] = ()
    player: bool = False

    @property
    def is_optional(self) -> bool:
        """Whether reviewed pages lack it often."""
        return self.pages - self.hits > RARE * self.pages


class Baseline(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A layout on its reviewed fixtures: their number, the rules by name (see `observe.py`), and pages by doubt."""

    site: str
    layout: str
    pages: int
    rules: dict[str, RuleBaseline]
    doubts: dict[str, int] = {}
    format: int = FORMAT

    def is_optional(self, rule: str) -> bool:
        """Return whether the reviewed pages often lack what a rule finds."""
        return rule in self.rules and self.rules[rule].is_optional


class BaselineBroken(ValueError):  # noqa: N818 - states what is wrong
    """A baseline file that cannot be used. The message has the file and what to do."""


class Finding(msgspec.Struct, frozen=True):
    """What a rule found on one page: the elements, and the text of the values."""

    rule: str
    alternative: str
    elements: tuple[LexborNode, ...]
    texts: tuple[str, ...]


def claims_of(apart: PartitionedPage) -> Iterator[tuple[str, Claim]]:
    """Yield the claims on a page by their rules, without those for the headings of regions."""
    for claim in apart.walk.claims.by_node.values():
        found = split_rule(claim.rule)
        if found is not None and claim.heading_of is None:
            yield found[0], claim


def findings(page: Page, profile: Profile, record: Record, apart: PartitionedPage | None = None) -> list[Finding]:
    """Return what each rule that `record` shows found on its `page`.

    `page` is parsed anew and not indexed, unless `apart` is given, which is its partition.
    """
    apart = apart if apart is not None else partition_page(page, profile)
    layout = apart.layout
    nodes: dict[str, list[LexborNode]] = {}
    texts: dict[str, list[str]] = {}
    for rule, claim in claims_of(apart):
        nodes.setdefault(rule, []).append(claim.node)
        if claim.target in _NAMED:
            texts.setdefault(rule, []).append(flow_text(claim.node))
    for name, given in record.provenance.items():
        found = split_rule(given.rule)
        if found is None or not found[0].startswith("fields."):
            continue
        rules = values_of(layout, found[0])
        number = found[1].strip("[]")
        value = rules[int(number)] if number.isdecimal() and int(number) < len(rules) else None
        node = apart.values.element(value) if value is not None else None
        nodes.setdefault(found[0], [])
        if node is not None:
            nodes[found[0]].append(node)
        texts.setdefault(found[0], []).append(given.raw or str(getattr(record, name, "") or ""))
    hits = observe(record, layout).hits
    return [Finding(rule, hits[rule], tuple(nodes.get(rule, ())), tuple(texts.get(rule, ()))) for rule in hits]


def baselines(profile: Profile, fixtures: Iterable[Fixture]) -> dict[str, Baseline]:
    """Return the baseline of each layout of `profile` that has a fixture with a record of it.

    What the watch takes for a sign of change on these fixtures is not counted yet (see `usual.complete_baselines`).

    Fixtures that are not completely reviewed, or that yield no record or one of another layout, are left out.
    """
    by_layout: dict[str, list[list[Finding]]] = {}
    prints: dict[str, dict[str, _Prints]] = {}
    seen: dict[str, list[tuple[frozenset[str], frozenset[str]]]] = {}
    shapes: dict[str, _Shapes] = {}
    for fixture, record in reviewed(profile, fixtures):
        page = fixture.page()
        total = text_size(page)
        apart = partition_page(page, profile)
        found = findings(page, profile, record, apart)
        shapes.setdefault(fixture.layout, _Shapes()).add(apart, profile, record)
        by_layout.setdefault(fixture.layout, []).append(found)
        of_layout = prints.setdefault(fixture.layout, {})
        for finding in found:
            of_layout.setdefault(finding.rule, _Prints()).add(finding, total)
        observation = observe(record, profile.layouts[fixture.layout])
        seen.setdefault(fixture.layout, []).append((frozenset(observation.hits), frozenset(observation.misses)))
    return {
        layout: Baseline(
            site=profile.site.site,
            layout=layout,
            pages=len(pages),
            rules=dict(_rules(profile, layout, seen[layout], prints[layout], shapes[layout])),
            doubts=dict(sorted(shapes[layout].doubts.items())),
        )
        for layout, pages in sorted(by_layout.items())
    }


def reviewed(profile: Profile, fixtures: Iterable[Fixture]) -> Iterator[tuple[Fixture, Record]]:
    """Yield the completely reviewed fixtures of a site with their records, if those are of the fixtures' layouts."""
    for fixture in fixtures:
        if fixture.site != profile.site.site or (expected := fixture.expected) is None or expected.unreviewed:
            continue
        try:
            record = fixture.extract({profile.site.site: profile})
        except (PortalsieveError, FixtureBroken):
            continue
        if record.layout.id == fixture.layout:
            yield fixture, record


def _rules(
    profile: Profile,
    layout: str,
    seen: list[tuple[frozenset[str], frozenset[str]]],
    prints: Mapping[str, _Prints],
    shapes: _Shapes,
) -> Iterator[tuple[str, RuleBaseline]]:
    for rule in rules_of(profile.layouts[layout]):
        hits = sum(rule in hit for hit, _ in seen)
        missed = sum(rule in miss for _, miss in seen)
        known = prints.get(rule)
        if rule == EVIDENCE or known is None:
            yield rule, RuleBaseline(hits, hits + missed, beside=shapes.beside.get(rule))
            continue
        yield (
            rule,
            RuleBaseline(
                hits=hits,
                pages=hits + missed,
                alternatives=dict(sorted(known.alternatives.items())) if any(known.alternatives) else {},
                elements=tuple(known.elements),
                value=value if (value := value_of(known.texts)) != Value() else None,
                beside=shapes.beside.get(rule),
                inside=tuple(sorted(shapes.inside)) if rule == BODY else (),
                most=most if (most := shapes.most.get(rule, 0)) > 1 else None,
                words=constants(shapes.words[rule]) if rule in shapes.words else None,
                titled=rule == HEADLINE and shapes.titled,
                looks=tuple(sorted(shapes.looks.get(rule, ()))),
                player=rule == BODY and shapes.player,
                least=min(shapes.lines) if rule == BODY and min(shapes.lines) > 1 else None,
            ),
        )


class _Shapes:
    """What the fixtures of a layout are built like, and their doubts."""

    def __init__(self) -> None:
        self.beside: dict[str, float] = {}
        self.inside: set[str] = set()
        self.most: dict[str, int] = {}
        self.doubts: Counter[str] = Counter()
        self.words: dict[str, list[set[str]]] = {}
        self.lines: list[int] = []
        self.titled = True
        self.looks: dict[str, set[str]] = {}
        self.player = True

    def add(self, apart: PartitionedPage, profile: Profile, record: Record) -> None:
        """Add a page."""
        links, strays = links_of(apart, profile, record), strays_of(apart, record)
        for rule in (*links, *strays):
            share = max(one[rule].share for one in (links, strays) if rule in one)
            if share:
                share = math.ceil(100 * share) / 100
                self.beside[f"{rule}.items"] = max(self.beside.get(f"{rule}.items", 0.0), share)
        self.inside |= names_inside(holders(apart))
        for rule, count in counts_of(apart).items():
            self.most[rule] = max(self.most.get(rule, 0), count)
        self.titled = self.titled and is_titled(record)
        for rule, seen in looks(record, apart, profile.site.hosts).items():
            self.looks.setdefault(rule, set()).update(seen)
        self.player = self.player and has_player(apart)
        self.lines.append(sum(block.text is not None for block in record.blocks))
        for rule, words in left_over(record).items():
            self.words.setdefault(rule, []).append(words)
        self.doubts.update(str(flag) for flag in record.flags if flag in RULES_OF_FLAGS)


class _Prints:
    """What one rule found on the fixtures of a layout."""

    def __init__(self) -> None:
        self.alternatives: dict[str, int] = {}
        self.elements: list[Element] = []
        self.texts: list[str] = []

    def add(self, finding: Finding, total: int) -> None:
        """Add what the rule found on a page with `total` characters."""
        self.alternatives[finding.alternative] = self.alternatives.get(finding.alternative, 0) + 1
        self.texts += finding.texts
        for node in finding.elements:
            if len(self.elements) == MOST_ELEMENTS:
                break
            element = element_of(node, total)
            if not any((element.step, element.ancestors) == (known.step, known.ancestors) for known in self.elements):
                self.elements.append(element)


def path_of(folder: Path, layout: str) -> Path:
    """Return the file of a layout's baseline in a site's profile folder."""
    return folder / FOLDER / f"{layout}.json"


def read(folder: Path, layout: str) -> Baseline | None:
    """Return the baseline of a layout in a site's profile folder, None without one. Raises BaselineBroken."""
    path = path_of(folder, layout)
    if not path.is_file():
        return None
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Baseline)
    except (OSError, msgspec.DecodeError) as error:
        raise BaselineBroken(f"{path}: {error}; write it again with `make baseline`") from None
    if found.format != FORMAT:
        raise BaselineBroken(f"{path}: format {found.format}, expected {FORMAT}; write it again with `make baseline`")
    return found


def write(folder: Path, found: Mapping[str, Baseline]) -> list[Path]:
    """Write a site's baselines into its profile folder, remove those of other layouts; return the changed files."""
    changed = []
    for layout, baseline in found.items():
        path, content = path_of(folder, layout), as_json(baseline)
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(exist_ok=True)
            with replacing(path) as out:
                out.write(content)
            changed.append(path)
    for path in sorted((folder / FOLDER).glob("*.json")):
        if path.stem not in found:
            path.unlink()
            changed.append(path)
    return changed


def as_json(baseline: Baseline) -> bytes:
    """Return the content of a baseline's file: a line for each rule and for each of its elements."""
    table = msgspec.to_builtins(baseline)
    rules = ",\n".join(f"  {_dumped(name)}: {_rule_as_json(rule)}" for name, rule in table.pop("rules").items())
    head = "".join(f" {_dumped(key)}: {_dumped(value)},\n" for key, value in table.items())
    return f'{{\n{head} "rules": {{\n{rules}\n }}\n}}\n'.encode()


def _rule_as_json(rule: dict[str, Any]) -> str:
    elements = rule.pop("elements", ())
    text = _dumped(rule)
    if not elements:
        return text
    lines = ",\n".join(f"   {_dumped(element)}" for element in elements)
    return f'{text[:-1]}, "elements": [\n{lines}\n  ]}}'


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
