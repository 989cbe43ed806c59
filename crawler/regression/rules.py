"""The rules that produce a value: their key, content, file and line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ..page.selectors import as_written
from ..profiles.load import Profile
from ..profiles.match import read_url
from ..profiles.model import Layout
from ..profiles.toml import KeyPath, Lines
from .values import CHROME

_PLACES = frozenset({"css", "xpath", "meta", "data", "url", "const", "within"})
_SHOWN = ("css", "xpath", "meta", "data", "path", "url", "const", "within", "attr", "where", "match", "param", "absent")
_ARTICLE: dict[str, tuple[KeyPath, ...]] = {
    "headline": (("article", "headline"), ("fields", "headline")),
    "info": (("article", "info"),),
    "blocks": (("article", "body"),),
    "articleBodyHtml": (("article", "body"),),
    "images": (("article", "body"),),
    "datePublishedRaw": (("fields", "datePublished"),),
    "datePrecision": (("fields", "datePublished"),),
    "breadcrumbs": (("chrome.breadcrumb",),),
}
"""Values whose rules are not simply `fields.<value>`."""
OF_URL = {"id": "id", "canonicalUrl": "canonical"}
"""Values that follow from the page's URL, and the key of the URL form that makes each."""


class Rule(msgspec.Struct, frozen=True):
    """A rule of a layout: `key` as in provenance, `says` as in TOML, `css` its selectors, `place` its file and line.

    `region` are the selectors of its `within` region.
    """

    key: str
    says: str
    css: tuple[str, ...]
    place: str
    within: str | None = None
    attr: str | None = None
    region: tuple[str, ...] = ()


def rules_of(profile: Profile, layout: Layout, value: str, part: str = "") -> list[Rule]:
    """Return the rules of `layout` that produce `value`, in the order they are tried.

    `part` narrows them to a part of the value: `followerCount` of `account`, `author` of the items of a list.
    """
    table: dict[str, Any] = msgspec.to_builtins(layout)
    if value.startswith(CHROME):
        keys = _chrome(table, value.removeprefix(CHROME))
        if part:
            keys = [(*key, "items", part) for key in keys if part in (_at(table, key).get("items") or {})] or keys
    else:
        keys = list(_ARTICLE.get(value, (("fields", value),)))
        if keys == [("chrome.breadcrumb",)]:
            keys = [*_chrome(table, "breadcrumb"), ("fields", "breadcrumbs")]
        if part and isinstance(inner := _at(table, keys[-1]), dict) and part in inner and keys[-1][0] == "fields":
            keys = [(*keys[-1], part)]
    found = [rule for key in keys for rule in _walk(_at(table, key), key)]
    places = _Places(profile, layout)
    pictures = _picture_rules(table, part, places) if keys == [("article", "body")] else []
    return [*pictures, *(_rule(rule, path, places, table) for rule, path in found)]


def _picture_rules(table: dict[str, Any], part: str, places: _Places) -> list[Rule]:
    """Return the rules for a picture's caption or credit, if `part` is one of them."""
    name = {"caption": "captions", "credit": "credits"}.get(part)
    if name is None:
        return []
    paths = [("article", "body", number, "images", name) for number in range(len(table["article"]["body"]))]
    selectors = [(path, table["article"]["body"][path[2]]["images"][name]) for path in paths]
    return [
        Rule(
            key_text(path), f"{name} = {msgspec.json.encode(says).decode()}", (says,) if name == "captions" else (),
            places.of(path),
        )
        for path, says in selectors
        if says is not None
    ]  # fmt: skip


def _chrome(table: dict[str, Any], role: str) -> list[KeyPath]:
    return [("chrome", name) for name, rule in table["chrome"].items() if rule["role"] == role]


def _at(table: Any, key: KeyPath) -> Any:
    for part in key:
        table = table.get(part, {}) if isinstance(table, dict) else {}
        if table is None:
            return {}
    return table


def _walk(table: Any, path: KeyPath) -> Iterator[tuple[dict[str, Any], KeyPath]]:
    """Yield the rules at or below `table`."""
    if isinstance(table, dict):
        if any(_says(table.get(name)) for name in _PLACES):
            yield table, path
        else:
            for name, inner in table.items():
                yield from _walk(inner, (*path, name))
    elif isinstance(table, (list, tuple)):
        for number, inner in enumerate(table):
            yield from _walk(inner, (*path, number))


def _says(value: Any) -> bool:
    """Return whether a value is a string or a list of strings, and not a table of rules (as an account's url)."""
    return isinstance(value, str) or (isinstance(value, (list, tuple)) and bool(value) and isinstance(value[0], str))


def _rule(table: dict[str, Any], path: KeyPath, places: _Places, layout: dict[str, Any]) -> Rule:
    within = table.get("within")
    return Rule(
        key=key_text(path),
        says=rule_text(table),
        css=_selectors(table),
        place=places.of(path),
        within=within,
        attr=table.get("attr"),
        region=_region(layout, within) if within is not None else (),
    )


def _selectors(table: Mapping[str, Any]) -> tuple[str, ...]:
    css = table.get("css")
    return (css,) if isinstance(css, str) else tuple(css or ())


def _region(layout: dict[str, Any], name: str) -> tuple[str, ...]:
    """Return the selectors of the region with this name (a value's `within`)."""
    article = layout["article"]
    if name == "body":
        return tuple(css for body in article["body"] for css in _selectors(body))
    table = article["headline"] if name == "headline" else article["info"].get(name) or layout["chrome"].get(name)
    return _selectors(table or {})


def rule_text(table: Mapping[str, Any]) -> str:
    """Return a rule as written in its file: `css = ".time", attr = "title"`."""
    there = ((name, table[name]) for name in _SHOWN if _says(table.get(name)) or table.get(name) is True)
    return ", ".join(f"{name} = {msgspec.json.encode(_written(value)).decode()}" for name, value in there)


def _written(value: Any) -> Any:
    """Return a selector, or each of a list, as written in the profile."""
    return as_written(value) if isinstance(value, str) else [*map(as_written, value)] if value is not True else True


def key_text(path: KeyPath) -> str:
    """Return a path as in provenance: `fields.headline[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")


class _Places:
    """The file and line of each rule of a layout: in its own file, or in the site's profile.toml."""

    def __init__(self, profile: Profile, layout: Layout) -> None:
        own, shared = profile.file(f"layouts/{layout.id}.toml"), profile.file("profile.toml")
        self._files = [(path, _lines(path)) for path in (own, shared) if path.is_file()]

    def of(self, path: KeyPath) -> str:
        for file, lines in self._files:
            known = lines.paths()
            if path in known:
                return f"{shown(file)}:{lines.line(path)}"
            if isinstance(path[-1], int):  # the site's rules are numbered after the layout's own
                count = sum(1 for other in known if len(other) == len(path) and other[:-1] == path[:-1])
                path = (*path[:-1], max(0, path[-1] - count))
        return shown(self._files[0][0]) if self._files else ""


def url_form(profile: Profile, url: str, key: str) -> str:
    """Return the URL form that reads `url`, with its `key` (`id` or `canonical`), file and line."""
    file = profile.file("profile.toml")
    form = read_url(url, profile).form
    if form is None:
        return f"[[urls]] has no form for this URL, from which the value is read  ({shown(file)})"
    number = profile.site.urls.index(form)
    value = getattr(form, key)
    says = "" if value is None else f'{key} = "{value}", '
    place = f"{shown(file)}:{_lines(file).line(('urls', number))}" if file.is_file() else "profile.toml"
    return f"urls[{number}]  {says}match = {msgspec.json.encode(form.match).decode()}  ({place})"


def _lines(path: Path) -> Lines:
    return Lines(path.read_text(encoding="utf-8"))


def shown(path: Path) -> str:
    """Return a path for messages, relative to the working directory if it is inside it."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
