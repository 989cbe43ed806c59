"""Baselines: what the rules of a layout found on the reviewed fixtures, as `<site>/baseline/<layout>.json`.

Hits and pages are two counts, because 3 of 3 says less than 300 of 300. Elements and values are kept as fingerprints,
without the page's text. Lengths and numbers of items are not here, because the text of fixtures is invented: those of
real pages are in the store (`store.interface.Signal`).
"""

from __future__ import annotations

import json
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
from ..sieve.claims import Target
from ..sieve.partition import flow_text
from ..sieve.record import PartitionedPage, partition_page
from .fingerprint import Element, Value, element_of, text_size, value_of
from .observe import EVIDENCE, observe, rules_of, split_rule, values_of

FOLDER: Final = "baseline"
FORMAT: Final = 1
MOST_ELEMENTS: Final = 4
"""Maximum fingerprints of one rule; further ones are like one of them, or rare."""
_NAMED: Final = frozenset({Target.INFO, Target.CHROME})


class RuleBaseline(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One rule: how many of how many pages hit it, and what it found.

    `pages` are the pages on which it could be hit: those that have the region it is inside of. `alternatives` counts
    the hits of each alternative. `elements` are the fingerprints of the elements, `value` that of the values.
    """

    hits: int
    pages: int
    alternatives: dict[str, int] = {}
    elements: tuple[Element, ...] = ()
    value: Value | None = None


class Baseline(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A layout on its reviewed fixtures; `pages` counts them, `rules` are by name (see `observe.py`)."""

    site: str
    layout: str
    pages: int
    rules: dict[str, RuleBaseline]
    format: int = FORMAT


class BaselineBroken(ValueError):  # noqa: N818 - states what is wrong
    """A baseline file that cannot be used. The message has the file and what to do."""


class Finding(msgspec.Struct, frozen=True):
    """What a rule found on one page: the elements, and the text of the values."""

    rule: str
    alternative: str
    elements: tuple[LexborNode, ...]
    texts: tuple[str, ...]


def findings(page: Page, profile: Profile, record: Record, apart: PartitionedPage | None = None) -> list[Finding]:
    """Return what each rule that `record` shows found on its `page`.

    `page` is parsed anew and not indexed, unless `apart` is given, which is its partition.
    """
    apart = apart if apart is not None else partition_page(page, profile)
    layout = apart.layout
    nodes: dict[str, list[LexborNode]] = {}
    texts: dict[str, list[str]] = {}
    for claim in apart.walk.claims.by_node.values():
        found = split_rule(claim.rule)
        if found is not None and claim.heading_of is None:
            nodes.setdefault(found[0], []).append(claim.node)
            if claim.target in _NAMED:
                texts.setdefault(found[0], []).append(flow_text(claim.node))
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

    Fixtures that are not completely reviewed, or that yield no record or one of another layout, are left out.
    """
    by_layout: dict[str, list[list[Finding]]] = {}
    prints: dict[str, dict[str, _Prints]] = {}
    seen: dict[str, list[tuple[frozenset[str], frozenset[str]]]] = {}
    for fixture in fixtures:
        if fixture.site != profile.site.site or (expected := fixture.expected) is None or expected.unreviewed:
            continue
        try:
            record = fixture.extract({profile.site.site: profile})
        except (PortalsieveError, FixtureBroken):
            continue
        if record.layout.id != fixture.layout:
            continue
        page = fixture.page()
        found = findings(page, profile, record)
        total = text_size(page)
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
            rules=dict(_rules(profile, layout, seen[layout], prints[layout])),
        )
        for layout, pages in sorted(by_layout.items())
    }


def _rules(
    profile: Profile,
    layout: str,
    seen: list[tuple[frozenset[str], frozenset[str]]],
    prints: Mapping[str, _Prints],
) -> Iterator[tuple[str, RuleBaseline]]:
    for rule in rules_of(profile.layouts[layout]):
        hits = sum(rule in hit for hit, _ in seen)
        missed = sum(rule in miss for _, miss in seen)
        known = prints.get(rule)
        if rule == EVIDENCE or known is None:
            yield rule, RuleBaseline(hits, hits + missed)
            continue
        yield (
            rule,
            RuleBaseline(
                hits=hits,
                pages=hits + missed,
                alternatives=dict(sorted(known.alternatives.items())) if any(known.alternatives) else {},
                elements=tuple(known.elements),
                value=value if (value := value_of(known.texts)) != Value() else None,
            ),
        )


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
