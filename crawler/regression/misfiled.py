"""Chrome text extracted as body: text in one page's body that is chrome on another page, or by the fixture's review."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from ..page.text import size, squeeze
from ..records.model import Record, Role
from .fixture import UNREVIEWED, Fixture
from .hits import Hits
from .values import CHROME, Values

SHORTEST = 10
"""Minimum characters of a text that is not the same in an article and in chrome by chance."""
PASSAGE = 16
"""Minimum characters of a text that does not equal a headline, or a part of a longer text, by chance."""
_UNDECIDED = frozenset({Role.UNKNOWN, Role.HIDDEN})
"""Roles that do not identify a text as chrome."""


class Misfiled(msgspec.Struct, frozen=True, rename="camel"):
    """A text in the body of `fixture` that is chrome elsewhere: its role there, and `where` that is.

    `rules` are the body rules that may have extracted it. `reviewed` is the day on which a person confirmed it as body,
    which makes it a doubt instead of a fault; else None.
    """

    fixture: str
    rules: tuple[str, ...]
    text: str
    role: str
    where: str
    reviewed: str | None = None


def misfiled(fixtures: Iterable[Fixture], records: Mapping[str, Record], hits: Iterable[Hits]) -> list[Misfiled]:
    """Return the chrome texts in the bodies of `records` (of one site's `fixtures`, by name), by fixture."""
    known = {fixture.name: fixture for fixture in fixtures}
    body_rules = [hit for hit in hits if hit.rule.is_body and ".images" not in hit.rule.key]
    index = _ChromeIndex(records)
    found = []
    for name, record in records.items():
        own, called_body = _expected(known[name])
        rules = tuple(hit.rule.key for hit in body_rules if name in hit.hit)
        for text in _body(record):
            called = _own(text, own) or index.find(text, name)
            if called is not None:
                found.append(Misfiled(name, rules, text, *called, called_body.get(text)))
    return found


def _own(text: str, chrome: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the role of `text`, alone or as part of a longer text, in the fixture's own review."""
    role = chrome.get(text)
    if role is None and len(text) >= PASSAGE:
        role = next((role for longer, role in chrome.items() if text in longer), None)
    return (role, "its own review") if role is not None else None


class _ChromeIndex:
    """The chrome of all records of a site, by text."""

    def __init__(self, records: Mapping[str, Record]) -> None:
        self._texts: dict[str, dict[str, str]] = {}
        self._headlines: dict[str, dict[str, str]] = {}
        for name, record in records.items():
            for entry in record.chrome:
                if entry.role in _UNDECIDED:
                    continue
                for text in _long([entry.text, entry.heading]):
                    self._texts.setdefault(text, {}).setdefault(name, entry.role)
                for text in _long(item.headline for item in entry.items or ()):
                    self._headlines.setdefault(text, {}).setdefault(name, entry.role)
        self._all = "\n".join(self._texts)

    def find(self, text: str, name: str) -> tuple[str, str] | None:
        """Return the role of `text` on another page than `name`, and that page; None if it is not chrome there."""
        found = [self._texts.get(text, {})]
        if len(text) >= PASSAGE:
            found.append(self._headlines.get(text, {}))
            if text in self._all:
                found += [places for longer, places in self._texts.items() if text in longer]
        for places in found:
            for where, role in places.items():
                if where != name:
                    return role, where
        return None


def _expected(fixture: Fixture) -> tuple[dict[str, str], dict[str, str]]:
    """Return the texts that a fixture's reviewed values file as chrome (with the role) and as body (with the day)."""
    expected = fixture.expected
    if expected is None:
        return {}, {}
    seen: Values = {
        name: value for name, value in expected.values.items() if expected.review.get(name, UNREVIEWED) != UNREVIEWED
    }
    chrome = {
        text: name.removeprefix(CHROME)
        for name, entries in seen.items()
        if name.startswith(CHROME) and name.removeprefix(CHROME) not in _UNDECIDED
        for entry in entries
        for text in _long(_entry_texts(entry))
    }
    texts = [block.get(key) for block in seen.get("blocks") or [] for key in ("text", "caption")]
    body = dict.fromkeys(_long(texts), expected.review.get("blocks", ""))
    return {text: role for text, role in chrome.items() if text not in body}, body


def _entry_texts(entry: Mapping[str, object]) -> Iterator[str | None]:
    yield from (value for name in ("text", "heading") if isinstance(value := entry.get(name), str))
    items = entry.get("items")
    for item in items if isinstance(items, list) else []:
        yield item.get("headline")


def _body(record: Record) -> list[str]:
    return list(dict.fromkeys(_long(text for block in record.blocks for text in (block.text, block.caption))))


def _long(texts: Iterable[str | None]) -> Iterator[str]:
    return (squeeze(text) for text in texts if text and size(text) >= SHORTEST)
