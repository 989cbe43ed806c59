"""Data embedded in pages whose script variable, script element or keys have other names now."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import islice
from typing import Any, Final

import msgspec

from ...draft.names import names
from ...page.embedded import query
from ...profiles.model import Data
from ...profiles.pagedata import data_of
from ...profiles.toml import KeyPath
from ..moved_data import MOST_NAMES, assigned_names
from .assign import assigned
from .cases import Seen
from .mender import Mender
from .renames import with_value
from .toml_text import EditFailed
from .trial import SHARED, Draft, own_file

_MOST_PATHS, _DEEPEST, _ENTRIES = 600, 7, 3
_LIKE, _MARGIN = 0.5, 0.1
"""How much of its keys a variable must have in common with the old one, and by how much more than any other."""
_CLEAR: Final = 1.5
_KEY = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'|`[^`]*`|[A-Za-z_]\w*(?!\w*\()")
_Paths = dict[tuple[str, ...], object]


def rename_data(mender: Mender) -> None:
    """Add new names of variables, script elements and keys of embedded data; what makes a value wrong is left out."""
    for name in [*mender.profile.data[mender.layout.id]]:
        place = mender.profile.data[mender.layout.id][name]
        if place.element is not None:
            continue
        before = mender.faults(mender.outcomes(mender.draft))
        found = _with_name(mender, name, place)
        if found is not None and mender.load(found) is not None:
            mender.adopt(found)
            place = mender.profile.data[mender.layout.id][name]
        for draft in _with_keys(mender, name, place):
            if mender.load(draft) is not None and mender.faults(mender.outcomes(draft)) <= before:
                mender.adopt(draft)


def _files(mender: Mender) -> tuple[str, str]:
    return own_file(mender.layout.id), SHARED


def _paths(value: object) -> _Paths:
    """Return the keys of JSON with the values there, entries of lists under `[]`."""
    found: _Paths = {}
    waiting: list[tuple[tuple[str, ...], object]] = [((), value)]
    while waiting and len(found) < _MOST_PATHS:
        path, one = waiting.pop(0)
        inner: list[tuple[str, object]] = []
        if isinstance(one, dict):
            inner = [(str(key), child) for key, child in one.items()]
        elif isinstance(one, list):
            inner = [("[]", child) for child in one[:_ENTRIES]]
        for key, child in inner[: _MOST_PATHS - len(found)]:
            found.setdefault((*path, key), child)
            if len(path) < _DEEPEST:
                waiting.append(((*path, key), child))
    return found


def _with_name(mender: Mender, name: str, place: Data) -> Draft | None:
    """Return the draft with the new name of a variable or script element; None where it is there, or none is clear."""
    missing = [seen for seen in mender.affected if data_of(seen.page, place) is None]
    shapes = [{*_paths(value)} for seen in mender.olds if (value := data_of(seen.page, place)) is not None]
    usual = set[tuple[str, ...]]().union(*shapes)
    used = {path for file in _files(mender) for _, path in _expressions(mender.draft.files[file].table, name)}
    if 2 * len(missing) <= len(mender.affected) or len(usual) + len(used) < 2:
        return None
    likeness: dict[str, float] = {}
    for seen in missing:
        for one in _names(seen, place):
            key = "variable" if place.variable is not None else "script"
            new = msgspec.structs.replace(place, **{key: one})
            value = data_of(seen.page, new)
            keys = {*_paths(value)}
            if keys and shapes:
                alike = len(keys & usual) / max(len(keys), min(map(len, shapes)))
            else:  # no page of before: the data is where most of the profile's paths lead somewhere
                alike = sum(bool(query(value, path)) for path in used) / max(2, len(used)) if keys else 0.0
            likeness[one] = likeness.get(one, 0.0) + alike / len(missing)
    best = sorted(likeness.items(), key=lambda one: -one[1])[:2]
    if not best or best[0][1] < _LIKE or (len(best) > 1 and best[0][1] - best[1][1] < _MARGIN):
        return None
    try:
        file, path = mender.draft.place(mender.layout.id, ("data", name))
        if place.variable is not None:
            return with_value(mender.draft, file, (*path, "variable"), [*place.variables, best[0][0]])
        return with_value(mender.draft, file, (*path, "script"), f"{place.script}, {best[0][0]}")
    except EditFailed:
        return None


def _names(seen: Seen, place: Data) -> list[str]:
    """Return names that the data may have on a page."""
    if place.variable is not None:
        return assigned_names(seen.page.text)
    made: dict[str, None] = {}
    for node in seen.page.dom.css("script"):
        if len(made) < MOST_NAMES and (node.text() or "").lstrip()[:1] in {"{", "[", "%"}:
            made |= dict.fromkeys(f"script{css}" if css[0] in "#[." else css for css in islice(names(node), 3))
    return [*made]


# --- Keys -------------------------------------------------------------------------------------------------------------


def _with_keys(mender: Mender, name: str, place: Data) -> Iterator[Draft]:
    """Yield the draft with new names of keys in the paths into some data."""
    new = [value for seen in mender.affected if (value := data_of(seen.page, place)) is not None]
    old = [value for seen in mender.olds if (value := data_of(seen.page, place)) is not None]
    aliases = renamed_keys(old, new) if old and new else {}
    if not aliases:
        return
    draft = mender.draft
    for file in _files(mender):
        for path, source in _expressions(draft.files[file].table, name):
            other = _KEY.sub(lambda found: aliases.get(found[0], found[0]), source)
            if other != source:
                try:
                    draft = with_value(draft, file, path, f"{source} || {other}")
                except EditFailed:
                    continue
    if draft is not mender.draft:
        yield draft


def _expressions(table: Any, name: str, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Yield the paths into data of a name that are in a file, with their own places."""
    if isinstance(table, dict):
        if table.get("data") == name and isinstance(table.get("path"), str):
            yield (*path, "path"), table["path"]
        for key, value in table.items():
            yield from _expressions(value, name, (*path, key))
    elif isinstance(table, list):
        for number, value in enumerate(table):
            yield from _expressions(value, name, (*path, number))


def renamed_keys(before: Sequence[object], after: Sequence[object]) -> dict[str, str]:
    """Return the new names of keys in JSON that no changed page has, by what is at them; only clear ones."""
    olds, news = [_paths(value) for value in before], [_paths(value) for value in after]
    found: dict[str, str] = {}
    to: dict[tuple[str, ...], tuple[str, ...]] = {(): ()}
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        place = waiting.pop(0)
        there = to[place]
        was, now = _children(olds, place), _children(news, there)
        for key in sorted(was.keys() & now.keys()):
            to[(*place, key)] = (*there, key)
            waiting.append((*place, key))
        gone, fresh = sorted(was.keys() - now.keys()), sorted(now.keys() - was.keys())
        scores = {
            key: {
                other: score
                for other in fresh
                if (score := _alike(key, other, (was[key], now[other]), (olds, news), (place, there))) > 0
            }
            for key in gone
        }
        for key, other in assigned(scores).items():
            rivals = [score for rival, score in scores[key].items() if rival != other]
            if scores[key][other] >= _CLEAR and all(scores[key][other] - rival > _MARGIN for rival in rivals):
                found[key] = other
                to[(*place, key)] = (*there, other)
                waiting.append((*place, key))
    return found


def _children(pages: Sequence[_Paths], place: tuple[str, ...]) -> dict[str, list[object]]:
    """Return the keys at a place, in the order of the pages, with their values on each page."""
    found: dict[str, list[object]] = {}
    for paths in pages:
        for path, value in paths.items():
            if path[:-1] == place:
                found.setdefault(path[-1], []).append(value)
    return found


def _alike(
    key: str,
    other: str,
    values: tuple[Sequence[object], Sequence[object]],
    pages: tuple[Sequence[_Paths], Sequence[_Paths]],
    places: tuple[tuple[str, ...], tuple[str, ...]],
) -> float:
    """Return how likely a key is another's new name, from 0; about 1.5 is needed."""
    one, two = ({type(value) for value in found if value is not None} for found in values)
    if not one & two:
        return 0.0
    score = 1.0 + SequenceMatcher(None, key.lower(), other.lower()).ratio()
    inside = [{*_children(seen, (*place, name))} for seen, place, name in zip(pages, places, (key, other), strict=True)]
    if any(inside):
        score += 2 * len(inside[0] & inside[1]) / len(inside[0] | inside[1]) - 0.5
    texts = [[value for value in found if isinstance(value, str)] for found in values]
    if all(texts):
        score += 2.0 * bool({*filter(None, texts[0])} & {*filter(None, texts[1])})
        score += 0.8 if _pattern(texts[0][0]) == _pattern(texts[1][0]) else -0.5
        lengths = [sum(map(len, found)) / len(found) + 1 for found in texts]
        score += min(lengths) / max(lengths) - 0.5
    return score


def _pattern(text: str) -> str:
    """Return what a text looks like: its runs of digits, Chinese, letters; only the beginning of a long one."""
    return re.sub(r"[\u3400-\u9fff]+", "汉", re.sub(r"[A-Za-z]+", "a", re.sub(r"\d+", "0", text[:40])))[:12]
