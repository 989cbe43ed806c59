"""What is known of an article from before: its values, the rules that produced them, the text around it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import msgspec

from ..page.text import size, squeeze
from ..profiles.load import Profile
from ..records.model import Flag, Record, Role
from ..regression.catalogue import Catalogue
from ..regression.values import Values, values_of

MEANT = 8
"""Minimum characters of a text that is looked for inside a longer one."""
_LONG = 12
"""Minimum characters of a paragraph that is looked for: shorter ones stand anywhere."""
_NAME = re.compile(r"[^/?#]+(?=[?#]|$)")


class Before(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What is known of an article from before.

    Its layout, its values, the rules that produced them and what these read, and the text outside headline and body as
    (role, rule, text), without a role for lines of the article.
    """

    layout: str
    values: Values
    rules: Mapping[str, str] = {}
    raw: Mapping[str, str] = {}
    outside: tuple[tuple[Role | None, str, str], ...] = ()
    lists: Mapping[str, tuple[Role, int, int]] = {}
    flags: frozenset[Flag] = frozenset()
    unknown: float | None = None

    @classmethod
    def of(cls, record: Record) -> Before:
        """Return what a record says."""
        return cls(
            layout=record.layout.id,
            values=values_of(record),
            rules={name: given.rule for name, given in record.provenance.items()},
            raw={name: given.raw for name, given in record.provenance.items() if given.raw},
            outside=(
                *((None, line.rule, line.text) for line in record.info),
                *((entry.role, entry.rule, entry.text) for entry in record.chrome if entry.text),
            ),
            lists=lists_of(record),
            flags=frozenset(record.flags),
            unknown=unknown_share(record),
        )

    @cached_property
    def paragraphs(self) -> list[str]:
        """The texts of the body that can be looked for, without white space."""
        return [text for text in map(squeeze, block_texts(self.values)) if len(text) >= _LONG]


def rule_of(rules: Mapping[str, str], name: str) -> str | None:
    """Return the rule of a value; that of a name or URL may be under the object's name."""
    return rules.get(name) or next((rule for key, rule in rules.items() if key.startswith(f"{name}.")), None)


def rule_place(profile: Profile, layout: str | None, rule: str | None) -> str | None:
    """Return the file and line of a rule of a layout, by its key in provenance; None if it has none."""
    known = _catalogue(profile).layouts.get(layout or "")
    if known is None or rule is None:
        return None
    named = rule.replace("[", ".name[", 1)  # provenance names the object: its name's rule produced it
    key = next((key for key in (rule, named) if key in known), None)
    key = key or next((key for key in known if key.startswith(rule)), None)
    return _catalogue(profile).where(known[key][0]) if key is not None else None


_catalogues: dict[str, Catalogue] = {}


def _catalogue(profile: Profile) -> Catalogue:
    if profile.version not in _catalogues:
        _catalogues.clear()
        _catalogues[profile.version] = Catalogue(profile)
    return _catalogues[profile.version]


def unknown_share(record: Record) -> float | None:
    """Return the share of the page's text that no rule claims; None for a page without text."""
    coverage = record.coverage
    return round(coverage.unknown / coverage.total, 4) if coverage.total else None


def lists_of(record: Record) -> dict[str, tuple[Role, int, int]]:
    """Return role, number of entries, and characters of each rule whose chrome has entries."""
    found: dict[str, tuple[Role, int, int]] = {}
    for entry in record.chrome:
        if entry.items:
            _, count, length = found.get(entry.rule, (entry.role, 0, 0))
            found[entry.rule] = entry.role, count + len(entry.items), length + size(entry.text or "")
    return found


def block_texts(values: Mapping[str, Any]) -> list[str]:
    """Return the texts of the body's blocks, captions included."""
    blocks = values.get("blocks") or []
    return [text for block in blocks for text in (block.get("text"), block.get("caption")) if text]


def value_text(values: Mapping[str, Any], name: str) -> str | None:
    """Return a value as the text that a page shows of it: the name of a source or account, the first of several."""
    field, _, part = name.partition(".")
    value = values.get(field)
    if isinstance(value, (list, tuple)):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get(part or "name")
    return value if isinstance(value, str) else None


def kinds_of(values: Mapping[str, Any]) -> dict[str, str]:
    """Return what each text of the body is: a type of block, or a caption."""
    kinds: dict[str, str] = {}
    for block in values.get("blocks") or []:
        if block.get("text"):
            kinds[squeeze(block["text"])] = block["type"]
        if block.get("caption"):
            kinds[squeeze(block["caption"])] = "caption"
    return kinds


def image_names(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the content pictures by file name, which survives a change of host or size."""
    urls = [image["url"] for image in values.get("images") or []]
    return {match[0]: url for url in urls if (match := _NAME.search(url)) is not None and len(match[0]) >= MEANT}
