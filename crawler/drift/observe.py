"""What a record shows of the rules that made it: which were hit and by which alternative, and its measures.

A rule here is a table of the profile, whatever its alternatives: `fields.source`, `article.info.timeSource`,
`chrome.related`, `chrome.related.items.author`. A rule inside a region is not observed on a page without the region,
so that a lost region is one event and not many.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

import msgspec

from ..profiles.model import Layout, Value
from ..records.model import ChromeEntry, Flag, Record, Role
from ..sieve.metadata import RULE as METADATA
from .repeats import REPEATED

EVIDENCE = "evidence"
"""The rule that stands for the recognition of the layout."""
HEADLINE, BODY, IMAGES = "article.headline", "article.body", "article.body.images"
DATE, SOURCE = "fields.datePublished", "fields.source"
LINE = "article.info."
"""Begins the rules of the article's lines outside headline and body."""
UNKNOWN = "unknown"
"""The measure of unclaimed text."""

_RULE = re.compile(
    r"(article\.headline|article\.body|article\.info\.[^.\[]+|chrome\.[^.\[]+|fields\.[a-zA-Z]+(?:\.[a-zA-Z]+)*)"
    r"(?:\.(?=css|xpath))?(.*)",
    re.DOTALL,
)
_LISTED = 100
"""Minimum characters of a list with entries; scripts fill those that have only a heading and tabs."""
_ITEMS = ("headline", "url", "author", "date_published", "image", "comment_count")
_LABELS = {"date_published": "datePublished", "comment_count": "commentCount"}

RULES_OF_FLAGS: Mapping[Flag, str] = {
    Flag.HEADLINE_DOUBT: HEADLINE,
    Flag.DATE_DOUBT: DATE,
    Flag.SOURCE_DOUBT: SOURCE,
    Flag.AUTHOR_DOUBT: "fields.authors",
    Flag.IMAGES_DOUBT: IMAGES,
    Flag.IMAGE_MISSING: IMAGES,
    Flag.BODY_DOUBT: BODY,
    Flag.BODY_INCOMPLETE: BODY,
    Flag.BOUNDARY_DOUBT: BODY,
    Flag.BODY_SHORT: BODY,
}
"""The flags that doubt a value, and the rule that the value is of."""


_OF_FLAGS = {str(flag.value): rule for flag, rule in RULES_OF_FLAGS.items()} | {REPEATED: BODY}


def rule_of(name: str) -> str:
    """Return the rule of a doubt: a flag's name, `REPEATED`, or a rule with what is strange (`article.body .promo`)."""
    return _OF_FLAGS.get(name) or name.partition(" ")[0]


class Observation(msgspec.Struct, frozen=True):
    """What one page shows.

    `hits` are the rules that were hit, each with its alternative (`css[1]`, `[0]`; "" if it has only one). `misses` are
    rules that the layout has and the page did not hit, without those inside a region that is missing. `measures` are
    characters and counts: of the body, of the headline, of unclaimed text, of the items of a list.
    """

    layout: str
    hits: dict[str, str]
    misses: tuple[str, ...]
    measures: dict[str, int]
    doubts: tuple[Flag, ...] = ()


def split_rule(key: str) -> tuple[str, str] | None:
    """Return rule and alternative of a key of the provenance; None for what is not a rule of the profile."""
    found = _RULE.fullmatch(key)
    return (found[1], found[2]) if found is not None else None


def observe(record: Record, layout: Layout) -> Observation:
    """Return what `record` shows of the rules of its `layout`."""
    known = rules_of(layout)
    found = {EVIDENCE: "", **dict(_hits(record))}
    hits = {rule: found[rule] for rule in known if rule in found}
    misses = [
        rule for rule in known if rule not in hits and not any(outer not in hits for outer in _outside(rule, known))
    ]
    doubts = tuple(flag for flag in record.flags if flag in RULES_OF_FLAGS)
    return Observation(record.layout.id, hits, tuple(misses), dict(_measures(record)), doubts)


def _hits(record: Record) -> Iterator[tuple[str, str]]:
    for name, given in record.provenance.items():
        found = split_rule(given.rule)
        if found is not None:
            yield found
        elif not given.rule.startswith(METADATA):
            yield f"fields.{name}", given.rule
    if record.blocks:
        yield BODY, "data" if record.body_from_data is not None else ""
    if record.images:
        yield IMAGES, ""
    for line in record.info:
        if (found := split_rule(line.rule)) is not None:
            yield found
    for entry in record.chrome:
        if (found := split_rule(entry.rule)) is not None:
            yield found
            yield from _listed(entry, found[0])


def _listed(entry: ChromeEntry, rule: str) -> Iterator[tuple[str, str]]:
    if entry.items:
        yield f"{rule}.items", ""
        for field in _ITEMS:
            if any(getattr(item, field) is not None for item in entry.items):
                yield f"{rule}.items.{_LABELS.get(field, field)}", ""


def instead(record: Record, misses: Collection[str], *, usually_data: bool) -> dict[str, str]:
    """Return what stands in a record in place of rules that miss: a last resort's value, entries without a headline.

    A list may have no entries at all. Unless the layout's bodies are `usually_data`, one that was read from data stands
    in place of the body's element.
    """
    found = {
        f"fields.{name}": given.rule for name, given in record.provenance.items() if given.rule.startswith(METADATA)
    }
    empty = {f"{rule[0]}.items" for one in record.chrome if one.text and (rule := split_rule(one.rule)) is not None}
    if len(empty & {*misses}) > 1 and not any(entry.items for entry in record.chrome):
        found |= dict.fromkeys(empty, "lists without entries")
    for entry in record.chrome:
        rule = split_rule(entry.rule)
        if rule is not None and len(entry.text or "") >= _LISTED:
            found[f"{rule[0]}.items"] = "a list without entries"
        if rule is not None and entry.items:
            found[f"{rule[0]}.items.headline"] = "entries without a headline"
    found = {rule: stands for rule, stands in found.items() if rule in misses}
    if record.body_from_data is not None and not usually_data:
        found[BODY] = "the page's embedded data"
    return found


def _measures(record: Record) -> Iterator[tuple[str, int]]:
    yield BODY, len(record.article_body)
    yield HEADLINE, len(record.headline or "")
    yield IMAGES, len(record.images)
    yield UNKNOWN, sum(len(entry.text or "") for entry in record.chrome if entry.role is Role.UNKNOWN)
    lists: dict[str, int] = {}
    for entry in record.chrome:
        found = split_rule(entry.rule)
        if found is not None and entry.items is not None:
            lists[f"{found[0]}.items"] = lists.get(f"{found[0]}.items", 0) + len(entry.items)
    yield from lists.items()


def rules_of(layout: Layout) -> tuple[str, ...]:
    """Return the rules that the pages of a layout can hit, regions before what is inside them."""
    found = _RULES.get(id(layout))
    if found is None or found[0] is not layout:
        found = _RULES[id(layout)] = (layout, tuple(_rules_of(layout)))
    return found[1]


_RULES: dict[int, tuple[Layout, tuple[str, ...]]] = {}


def _rules_of(layout: Layout) -> Iterator[str]:
    yield EVIDENCE
    article = layout.article
    if article.headline is not None:
        yield HEADLINE
    if article.body:
        yield BODY
        yield IMAGES
    yield from (f"article.info.{name}" for name in article.info)
    for name, chrome in layout.chrome.items():
        yield f"chrome.{name}"
        if chrome.items is not None:
            yield f"chrome.{name}.items"
            for field in _ITEMS:
                if getattr(chrome.items, field, ()):
                    yield f"chrome.{name}.items.{_LABELS.get(field, field)}"
    yield from _fields(layout)


def _fields(layout: Layout) -> Iterator[str]:
    fields = layout.fields
    for name, label in zip(fields.__struct_fields__, fields.__struct_encode_fields__, strict=True):
        rules = getattr(fields, name)
        if isinstance(rules, tuple):
            if rules:
                yield f"fields.{label}"
            continue
        for inner, part in zip(rules.__struct_fields__, rules.__struct_encode_fields__, strict=True):
            if getattr(rules, inner):
                named = part != "name" or label == "account"
                yield f"fields.{label}.{part}" if named else f"fields.{label}"


def _outside(rule: str, known: tuple[str, ...]) -> Iterator[str]:
    """Yield the regions that a rule is inside of."""
    outer = rule.rpartition(".")[0]
    while outer:
        if outer in known:
            yield outer
        outer = outer.rpartition(".")[0]


def hit_rules(layout: Layout, missed: Collection[str]) -> list[str]:
    """Return the rules that a page hit, given all that it missed (see `Observation.misses`)."""
    known = rules_of(layout)
    if not missed:
        return [*known]
    return [
        rule for rule in known if rule not in missed and not any(outer in missed for outer in _outside(rule, known))
    ]


def lists_of(layout: Layout) -> frozenset[str]:
    """Return the regions of a layout that are lists of links."""
    return frozenset(f"chrome.{name}" for name, chrome in layout.chrome.items() if chrome.items is not None)


def regions_of(layout: Layout, rule: str) -> tuple[str, ...]:
    """Return the regions that all values of a rule are read from, the outermost first; () if they differ."""
    known = rules_of(layout)
    found = list(_outside(rule, known))[::-1]
    names = {value.within for value in values_of(layout, rule)}
    if len(names) == 1 and (name := names.pop()) is not None:
        found += [region for region in (f"article.info.{name}", f"chrome.{name}") if region in known]
    return tuple(found)


def values_of(layout: Layout, rule: str) -> tuple[Value, ...]:
    """Return the alternatives of the rule of a field, in order; () for any other rule."""
    steps = rule.split(".")
    at: object = layout.fields
    for step in steps[1:] if steps[0] == "fields" else ():
        at = getattr(at, _field(at, step), ())
    named = at if isinstance(at, tuple) else getattr(at, "name", ())
    return named if isinstance(named, tuple) else ()


def _field(table: object, label: str) -> str:
    if not isinstance(table, msgspec.Struct):
        return label
    return next(
        (
            name
            for name, known in zip(table.__struct_fields__, table.__struct_encode_fields__, strict=True)
            if known == label
        ),
        label,
    )
