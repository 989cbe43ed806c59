"""Which rules of a profile do anything on which fixture: rules that nothing proves, and body rules that took chrome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from crawler.page.text import size, squeeze
from crawler.profiles.load import Profile
from crawler.profiles.model import Layout
from crawler.records.model import Record
from crawler.regression.fixture import Fixture
from crawler.regression.rules import key_text
from crawler.regression.taking import take
from crawler.sieve.claims import lay

_SHORTEST = 8
"""Characters of a text that cannot stand in an article and in chrome by chance."""


class Hits(msgspec.Struct, frozen=True):
    """What the fixtures of one layout prove: by rule the fixtures that it gave something on."""

    layout: str
    rules: dict[str, tuple[str, ...]]

    @property
    def never(self) -> list[str]:
        """The rules that no fixture proves."""
        return [rule for rule, found in self.rules.items() if not found]

    @property
    def once(self) -> dict[str, str]:
        """The rules that one fixture proves, with that fixture."""
        return {rule: found[0] for rule, found in self.rules.items() if len(found) == 1}


def hits(profile: Profile, fixtures: Iterable[Fixture]) -> list[Hits]:
    """Return, for each layout of `profile`, which of its rules gave something on which of `fixtures`."""
    found: dict[str, dict[str, dict[str, None]]] = {
        name: {rule: {} for rule in rules_in(layout)} for name, layout in profile.layouts.items()
    }
    for fixture in fixtures:
        layout = profile.layouts.get(fixture.layout)
        record = take(fixture, {profile.site.site: profile}).record
        if layout is None or record is None:
            continue
        for rule in _hit(fixture, profile, layout, record):
            if rule in found[layout.id]:
                found[layout.id][rule][fixture.name] = None
    return [Hits(name, {rule: tuple(cases) for rule, cases in rules.items()}) for name, rules in found.items()]


def rules_in(layout: Layout) -> list[str]:
    """Return the keys of the rules of `layout` as provenance names them; alternatives of a list are rules of their own."""
    table: dict[str, Any] = msgspec.to_builtins(layout)
    article = table["article"]
    regions = [("article.headline", article["headline"])] if article["headline"] else []
    regions += [(f"article.body[{number}]", body) for number, body in enumerate(article["body"])]
    regions += [(f"article.info.{name}", rule) for name, rule in article["info"].items()]
    regions += [(f"chrome.{name}", rule) for name, rule in table["chrome"].items()]
    keys = [key for name, rule in regions for key in _alternatives(name, rule)]
    keys += [f"{name}.items" for name, rule in regions if rule.get("items")]
    return [*keys, *_values(table["fields"], ("fields",))]


def _alternatives(name: str, rule: Mapping[str, Any]) -> Iterator[str]:
    css = rule.get("css")
    if isinstance(css, (list, tuple)):
        yield from (f"{name}.css[{number}]" for number in range(len(css)))
    elif css is not None:
        yield name
    if rule.get("xpath") is not None:
        yield f"{name}.xpath"
    if rule.get("data") is not None:
        yield f"{name}.data"


def _values(table: Any, path: tuple[str | int, ...]) -> Iterator[str]:
    if isinstance(table, dict):
        for name, inner in table.items():
            yield from _values(inner, (*path, name))
    elif isinstance(table, (list, tuple)):
        # the first name of a person, an account or a source gives the field; provenance names the field alone
        short = path[:-1] if path[-1] == "name" and path[1] in {"authors", "source"} else path
        yield from (key_text((*short, number)) for number in range(len(table)))


def _hit(fixture: Fixture, profile: Profile, layout: Layout, record: Record) -> set[str]:
    """Return the rules that gave something on the page: those of claims, of values, of lists that have items."""
    page = fixture.page()
    page.index(profile.interest)
    found = {claim.rule for claim in lay(page, layout).by_node.values()}
    found |= {given.rule for given in record.provenance.values()}
    found |= {f"{entry.rule.partition('.css[')[0]}.items" for entry in record.chrome if entry.items}
    if "body_from_data" in record.flags:
        found |= {f"article.body[{number}].data" for number, body in enumerate(layout.article.body) if body.data}
    return found


def eaten(records: Mapping[str, Record]) -> dict[str, list[str]]:
    """Return, by fixture, texts of its body that are chrome: of another page of the site, or the same on several.

    A body rule that takes a disclaimer in gives the same paragraph on many pages, or one that other pages file as
    chrome. `records` are those of one site, by fixture.
    """
    chrome = {squeeze(text) for record in records.values() for text in _chrome_texts(record)}
    bodies = Counter(text for record in records.values() for text in _body_texts(record))
    found = {
        name: [text for text in _body_texts(record) if text in chrome or bodies[text] > 1]
        for name, record in records.items()
    }
    return {name: texts for name, texts in found.items() if texts}


def _body_texts(record: Record) -> set[str]:
    return {squeeze(block.text) for block in record.blocks if block.text and size(block.text) >= _SHORTEST}


def _chrome_texts(record: Record) -> Iterator[str]:
    for entry in record.chrome:
        texts = [entry.text, entry.heading, *(item.headline for item in entry.items or ())]
        yield from (text for text in texts if text and size(text) >= _SHORTEST)
