"""The rules of a profile one by one: each selector, each alternative and each source of a value, with file and line.

A rule that several layouts share is one rule. Its key is that in its own file; in a layout, the site's rules are
numbered after the layout's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import msgspec

from ..page.selectors import as_written
from ..profiles.load import Profile
from ..profiles.model import Body, Chrome, Items, Layout, Region, Value
from ..profiles.toml import KeyPath, Lines
from .rules import key_text, rule_text, shown

SITE = "profile.toml"
_RECORDS = frozenset({"article", "gallery", "video"})
_CHROME = (("heading", "heading"), ("heading_before", "headingBefore"), ("heading_skip", "headingSkip"))
_IMAGES = (("exclude", "exclude"), ("exclude_url", "excludeUrl"), ("captions", "captions"), ("credits", "credits"))


class Entry(msgspec.Struct, frozen=True, rename="camel"):
    """One rule: its file in the profile's folder, its key and line there, its content.

    `unproven` is the profile's note on why no recorded page proves it, None without one.
    """

    file: str
    key: str
    line: int
    says: str
    unproven: str | None = None

    @property
    def is_body(self) -> bool:
        """Whether the rule selects the article's text."""
        return self.key.startswith("article.body")


class Part(msgspec.Struct, frozen=True):
    """A rule in a layout: its path there, its table, and its content in the file."""

    path: KeyPath
    table: Any
    says: str
    unproven: str | None

    @property
    def key(self) -> str:
        """The path as in provenance."""
        return key_text(self.path)


class Catalogue:
    """The rules of `profile`: `layouts` by layout and key, `forms` the URL forms."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._lines: dict[str, Lines] = {}
        self.forms = {
            number: self._entry(SITE, ("urls", number), form.match, form.unproven)
            for number, form in enumerate(profile.site.urls)
            if form.kind in _RECORDS
        }
        self.layouts: dict[str, dict[str, tuple[Entry, Part]]] = {
            name: {part.key: (self._place(layout, part), part) for part in parts(layout)}
            for name, layout in profile.layouts.items()
        }

    @cached_property
    def entries(self) -> list[Entry]:
        """All rules: the site's, then the layouts', each in the order of its file."""
        found = dict.fromkeys(self.forms.values())
        for rules in self.layouts.values():
            found.update((entry, None) for entry, _ in rules.values())
        return sorted(found, key=lambda entry: (entry.file != SITE, entry.file, entry.line))

    def _place(self, layout: Layout, part: Part) -> Entry:
        """Return the entry of a rule, in the layout's file or in the site's."""
        site, path = self.profile.site, part.path
        if path[0] == "chrome" and site.chrome.get(str(path[1])) is layout.chrome[str(path[1])]:
            return self._entry(SITE, path, part.says, part.unproven)
        if path[0] == "fields":
            own = len(_at(layout, path[:-1])) - len(_at(site, path[:-1]))
            number = path[-1]
            if isinstance(number, int) and number >= own:
                return self._entry(SITE, (*path[:-1], number - own), part.says, part.unproven)
        return self._entry(f"layouts/{layout.id}.toml", path, part.says, part.unproven)

    def _entry(self, file: str, path: KeyPath, says: str, unproven: str | None) -> Entry:
        if file not in self._lines:
            self._lines[file] = Lines(self.profile.file(file).read_text(encoding="utf-8"))
        return Entry(file, key_text(path), self._lines[file].line(path), as_written(says), unproven)

    def where(self, entry: Entry) -> str:
        """Return the file and line of a rule, for messages."""
        return f"{shown(self.profile.file(entry.file))}:{entry.line}"


def parts(layout: Layout) -> Iterator[Part]:
    """Yield the rules of `layout`, including those of the site."""
    for number, mark in enumerate(layout.evidence):
        yield Part(("evidence", number), mark, rule_text(msgspec.to_builtins(mark)), None)
    article = layout.article
    if article.headline is not None:
        yield from _region(("article", "headline"), article.headline)
    for number, body in enumerate(article.body):
        yield from _region(("article", "body", number), body)
        yield from _body(("article", "body", number), body)
    for name, region in article.info.items():
        yield from _region(("article", "info", name), region)
    for number, sign in enumerate(article.teaser):
        yield Part(("article", "teaser", number), sign, sign.css, sign.unproven)
    for name, chrome in layout.chrome.items():
        yield from _region(("chrome", name), chrome)
        for field, label in _CHROME:
            css = getattr(chrome, field)
            if css is not None:
                yield Part(("chrome", name, label), chrome, css, chrome.unproven)
        if chrome.items is not None:
            yield from _items(("chrome", name, "items"), chrome, chrome.items)
    yield from _values(("fields",), layout.fields)


def _region(path: KeyPath, region: Region) -> Iterator[Part]:
    if isinstance(region.css, str):
        yield Part(path, region, region.css, region.unproven)
    for number, css in enumerate(region.css if isinstance(region.css, tuple) else ()):
        yield Part((*path, "css", number), region, css, region.unproven)
    if region.xpath is not None:
        yield Part((*path, "xpath"), region, region.xpath, region.unproven)
    if isinstance(region, Body) and region.data is not None:
        yield Part((*path, "data"), region, f"{region.data}: {region.path or 'all'}", region.unproven)


def _body(path: KeyPath, body: Body) -> Iterator[Part]:
    if body.headings is not None:
        yield Part((*path, "headings"), body, body.headings, body.unproven)
    for field, label in _IMAGES:
        value = getattr(body.images, field)
        if value is not None:
            yield Part((*path, "images", label), body, value, body.unproven)
    if body.videos is not None:
        yield Part((*path, "videos"), body, body.videos.css, body.unproven)
        yield from _values((*path, "videos", "url"), body.videos.url)


def _items(path: KeyPath, chrome: Chrome, items: Items) -> Iterator[Part]:
    yield Part(path, chrome, items.css, chrome.unproven)
    for field, label in zip(items.__struct_fields__, items.__struct_encode_fields__, strict=True):
        values = getattr(items, field)
        if isinstance(values, tuple):
            yield from _values((*path, label), values, chrome.unproven)


def _values(path: KeyPath, table: Any, outer: str | None = None) -> Iterator[Part]:
    if isinstance(table, Value):
        yield Part(path, table, rule_text(msgspec.to_builtins(table)), table.unproven or outer)
    elif isinstance(table, tuple):
        for number, inner in enumerate(table):
            yield from _values((*path, number), inner, outer)
    elif isinstance(table, msgspec.Struct):
        for field, label in zip(table.__struct_fields__, table.__struct_encode_fields__, strict=True):
            yield from _values((*path, label), getattr(table, field), outer)


def _at(table: Any, path: KeyPath) -> Any:
    """Return the value at `path` in the tables of a layout or site; () if there is none."""
    for part in path:
        if isinstance(table, msgspec.Struct):
            names = dict(zip(table.__struct_encode_fields__, table.__struct_fields__, strict=True))
            table = getattr(table, names[str(part)])
        elif isinstance(table, Mapping):
            table = table.get(part, ())
    return table
