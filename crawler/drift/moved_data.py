"""Data and metas that a page has under another name.

The page has no data of the layout's name, but most paths into these lead to values in another script variable, or in
another element with JSON. Or a value is missing that metas state, and one has the last part of their name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Final

import msgspec

from ..page.dom import Page
from ..page.embedded import JSON_TYPES, media_type, query
from ..profiles.model import Data, Layout
from ..profiles.pagedata import data_of
from .observe import rules_of, values_of
from .otherwise import DATA

MOVED: Final = "moved"
"""Ends the name of the sign that data have another name."""
MOST_NAMES: Final = 60
"""Maximum variables, and elements with JSON, of a page that are examined."""
MOST_METAS: Final = 200
"""Maximum metas of a page that are examined."""
_FEWEST: Final = 2
"""Minimum paths that lead to a value: one key alone is in other data too."""
_SHARE: Final = 0.5
"""The least share of the paths that do."""
_ASSIGNED = re.compile(r"(?<![\w.$\"'])([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*){0,3})\s*=\s*(?=[\[{\"'])")
_PARTS = re.compile(r"[^:.\s-]+")
_SHORTEST: Final = 4
_SHARED: Final = ("og:", "twitter:", "article:")
"""Begin the metas that pages have for other sites; which of them a page has differs."""
_KEY = re.compile(r"[A-Za-z_]\w*(?!\w|\s*\()")
"""A name that is not that of a function."""


def assigned_names(source: str) -> list[str]:
    """Return the names of the variables that a page's scripts assign objects, arrays or strings to."""
    found: dict[str, None] = {}
    for one in _ASSIGNED.finditer(source):
        found[one[1].removeprefix("window.")] = None
        if len(found) == MOST_NAMES:  # the rest of a script of a megabyte is not searched
            break
    return [*found]


def moved_data(page: Page, layout: Layout, places: Mapping[str, Data]) -> dict[str, str]:
    """Return where data stand that a page has not under their own name, by doubt; `places` are those of a layout."""
    found: dict[str, str] = {}
    for name, paths in _paths(layout).items():
        place = places.get(name)
        if place is None or place.element is not None or len(paths) < _FEWEST or not _may_have(page.text, place, paths):
            continue
        if data_of(page, place) is not None:
            continue
        for other, one in _others(page, place):
            value = data_of(page, one)
            hits = sum(bool(query(value, path)) for path in paths) if isinstance(value, (dict, list)) else 0
            if hits >= max(_FEWEST, _SHARE * len(paths)):
                found[f"{DATA}{name} {MOVED}"] = other
                break
    return found


def moved_metas(page: Page, layout: Layout, misses: Mapping[str, Collection[str]]) -> dict[str, str]:
    """Return the metas in place of those that the fields' rules `misses` read, by rule.

    Each rule has the alternatives that reviewed pages needed: a page may always have had metas for other readers.
    """
    wanted = {
        value.meta.lower(): rule
        for rule, alternatives in misses.items()
        for number, value in enumerate(values_of(layout, rule))
        if value.meta is not None and (f"[{number}]" in alternatives or (not alternatives and number == 0))
    }
    if not wanted:
        return {}
    names = [
        (attributes.get("property") or attributes.get("name") or "").strip().lower()
        for attributes in (node.attributes for node in islice(page.dom.css("meta[content]"), MOST_METAS))
        if (attributes.get("content") or "").strip()
    ]
    found: dict[str, str] = {}
    for meta, rule in wanted.items():
        parts = _PARTS.findall(meta)
        last = parts[-1] if parts else ""
        for name in names if len(last) >= _SHORTEST and meta not in names else ():
            if _PARTS.findall(name)[-1:] == [last] and name not in wanted and not name.startswith(_SHARED):
                found[rule] = f"a meta {name}"
    return found


def _paths(layout: Layout) -> dict[str, set[str]]:
    """Return the paths into each of the layout's data."""
    found: dict[str, set[str]] = {}
    read = [(value.data, value.path) for rule in rules_of(layout) for value in values_of(layout, rule)]
    for name, path in (*read, *((body.data, body.path) for body in layout.article.body)):
        if name is not None and path is not None:
            found.setdefault(name, set()).add(path)
    return found


def _may_have(source: str, place: Data, paths: set[str]) -> bool:
    """Return whether a page's source has the first keys of enough paths, as objects do."""
    keys = [key[0] for path in paths if (key := _KEY.search(path)) is not None]
    end = "" if place.url_encoded else r"\\?[\"']?\s*:"
    found = {key for key in {*keys} if re.search(f"{key}{end}", source) is not None}
    return sum(key in found for key in keys) >= max(_FEWEST, _SHARE * len(paths))


def _others(page: Page, place: Data) -> Iterator[tuple[str, Data]]:
    """Yield the names that data of a page may have, with their places."""
    if place.variables:
        names = (name for name in assigned_names(page.text) if name not in place.variables)
        yield from ((name, msgspec.structs.replace(place, variable=name, match=None)) for name in names)
        return
    for node in islice(page.dom.css("script[id]"), MOST_NAMES) if place.script is not None else ():
        ident = node.attributes.get("id") or ""
        if media_type(node.attributes.get("type")) in JSON_TYPES and _KEY.fullmatch(ident):
            yield f"script#{ident}", msgspec.structs.replace(place, script=f"script#{ident}")
