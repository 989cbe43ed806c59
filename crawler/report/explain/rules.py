"""Looking up a rule by its key in records: its selector, file and line in the profile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from ...profiles.load import Profile
from ...profiles.model import Layout
from ...profiles.toml import Lines

_PART = re.compile(r"[^.\[\]]+|\[\d+\]")
_PLACES = ("css", "xpath")
_SHOWN = (
    "css", "xpath", "where", "text_nodes", "meta", "data", "path", "url", "const", "within", "attr", "text", "match",
    "split", "param", "every", "heading", "heading_before", "absent",
)  # fmt: skip

Key = tuple[str | int, ...]


class RulePlace(msgspec.Struct, frozen=True):
    """A rule in the profile: its settings by their names in the file, its file and line."""

    settings: tuple[tuple[str, str], ...] = ()
    file: str | None = None
    line: int | None = None

    @property
    def selector(self) -> str | None:
        """The CSS or XPath of the rule, None for a rule without a selector."""
        return next((value for name, value in self.settings if name in _PLACES), None)


class Rulebook:
    """The rules of one layout, by their keys in records: `chrome.nav.css[1]`, `article.body[0]`, `fields.source[0]`."""

    def __init__(self, profile: Profile, layout: Layout) -> None:
        self.profile = profile
        self.layout = layout

    def place(self, rule: str, *, heading: bool = False) -> RulePlace:
        """Return the place of `rule`, empty if it is not a rule of the profile (`title`, `unclaimed`).

        `heading` asks for the headings before the rule's regions (`headingBefore`).
        """
        key = _key(rule)
        if key[0] not in {"article", "chrome", "fields"}:
            return RulePlace()
        table, path, choice = self._find(key)
        shared, path = self._shared(table, path)
        if heading:
            settings: tuple[tuple[str, str], ...] = (("css", str(table.heading_before)),)
            path = (*path, "headingBefore")
        else:
            settings = tuple(_settings(table, choice))
            path = (*path, *choice)
        name = "profile.toml" if shared else f"layouts/{self.layout.id}.toml"
        return RulePlace(settings, f"{self.profile.folder.name}/{name}", _line(self.profile.file(name), path))

    def _find(self, key: Key) -> tuple[Any, Key, Key]:
        """Return (table, path, chosen part) for a key in the layout's tables."""
        table: Any = self.layout
        path: list[str | int] = []
        for number, part in enumerate(key):
            if part in _PLACES:
                return table, tuple(path), key[number:]
            inner = _step(table, part)
            if inner is None and not isinstance(part, str):
                inner = _step(
                    _step(table, "name"), part
                )  # for authors, source and account these are the rules of `name`
                path.append("name")
            if not isinstance(inner, (msgspec.Struct, tuple, Mapping)):
                return table, tuple(path), ()
            table = inner
            path.append(part)
        return table, tuple(path), ()

    def _shared(self, table: Any, path: Key) -> tuple[bool, Key]:
        """Return whether the table is the site's instead of the layout's, and its path there."""
        site = self.profile.site
        if path[0] == "chrome":
            return site.chrome.get(str(path[1])) is table, path
        if path[0] == "fields" and isinstance(path[-1], int):
            ours, theirs = _walk(self.layout, path[:-1]), _walk(site, path[:-1])
            own = len(ours or ()) - len(theirs or ())
            if path[-1] >= own:
                return True, (*path[:-1], path[-1] - own)
        return False, path


def _key(rule: str) -> Key:
    return tuple(int(part[1:-1]) if part.startswith("[") else part for part in _PART.findall(rule))


def _walk(table: Any, path: Key) -> Any:
    for part in path:
        table = _step(table, part)
    return table


def _step(table: Any, part: str | int) -> Any:
    """Return the value of `table` for a name in the file, or an index; None if there is none."""
    if isinstance(table, msgspec.Struct):
        names = dict(zip(table.__struct_encode_fields__, table.__struct_fields__, strict=True))
        return getattr(table, names[str(part)], None) if part in names else None
    if isinstance(table, Mapping):
        return table.get(part)
    if isinstance(table, tuple) and isinstance(part, int) and part < len(table):
        return table[part]
    return None


def _settings(table: Any, choice: Key) -> list[tuple[str, str]]:
    """Return the settings of a rule that differ from the default; for a list of selectors, the chosen one."""
    if not isinstance(table, msgspec.Struct):
        return []
    settings = []
    defaults = {field.name: field.default for field in msgspec.structs.fields(table)}
    labels = dict(zip(table.__struct_fields__, table.__struct_encode_fields__, strict=True))
    for name in _SHOWN:
        value = getattr(table, name, None)
        if value is None or value == defaults.get(name) or isinstance(value, (msgspec.Struct, dict)):
            continue
        if name in _PLACES and choice and choice[0] != name:
            continue
        if isinstance(value, tuple):
            chosen = choice[1] if len(choice) > 1 else None
            value = value[chosen] if isinstance(chosen, int) and chosen < len(value) else ", ".join(map(str, value))
        settings.append((labels[name], "true" if value is True else str(value)))
    return settings


@lru_cache(maxsize=64)
def _lines(file: Path, _changed: int) -> Lines:
    return Lines(file.read_text(encoding="utf-8"))


def _line(file: Path, path: Key) -> int | None:
    try:
        return _lines(file, file.stat().st_mtime_ns).line(path)
    except OSError:
        return None
