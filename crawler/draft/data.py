"""What the data of a page say, each string with the place by which a profile can name it.

Looked at are scripts and attributes with JSON, variables that scripts assign, and `textarea` elements with HTML; a
string that is JSON again is read as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from itertools import islice
from typing import Any, Final

import msgspec

from ..page.dom import Page
from ..page.embedded import ATTRIBUTES, JSON_TYPES, html_text, media_type
from ..page.text import squeeze
from ..profiles.model import Data
from ..profiles.pagedata import data_of
from .names import names

_LONGEST: Final = 4 * 2**20
"""Characters of scripts that are read in all."""
_VARIABLES: Final = 40
"""Variables of a page that are read."""
_UNREADABLE: Final = 12
"""Variables that cannot be read, such as those with expressions, after which no further ones are tried."""
_WORK: Final = 2 * 2**20
"""Characters to parse for the variables of a page: one that is not JSON may take the rest of its script."""
_SCRIPTS: Final = 60
_AREAS: Final = 8
_NODES: Final = 30_000
"""Objects, lists and values of a page that are looked at."""
_DEEPEST: Final = 24
_LONGEST_PATH: Final = 240
"""Characters of the steps to a value."""
_MOST_STEPS: Final = 20
_MOST_KEYS: Final = 4
"""Steps of a path with any of the numbers, and those of them that are keys: a profile's have at most 24 with all that
is between and behind them.
"""
_ASSIGNED: Final = re.compile(
    r"(?:(?<![\w$.])(?:window\s{0,4}\.\s{0,4}|(?:var|let|const)\s{1,8})?|window\[[\"'])([A-Za-z_$][\w$]{0,60})(?:[\"']\])?"
    r"\s{0,8}=\s{0,8}(?=[{\[\"']|JSON\s{0,4}\.|\w{0,20}[dD]ecode|1\d{9}\b)"
)
JSON_LD: Final = 'script[type="application/ld+json"]'
LINKED: Final = Data(script=JSON_LD)
ALL_LINKED: Final = Data(script=JSON_LD, every=True)
_NESTED: Final = 16
"""Strings of a page that are read as data again."""
_SMALLEST: Final = 40
"""Characters of a string or attribute that may be data."""
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_PLAIN_TYPE: Final = re.compile(r"[\w/+.; =-]{1,60}", re.ASCII)
_OWN_KEY: Final = re.compile(r"\d{3,}|[0-9a-f]{8,}")
"""A key of one article's data: its number."""
_TAG: Final = re.compile(r"<[^<>]{0,2000}>")
_FEWEST: Final = 2
"""Entries that make a list of paragraphs or of names."""
_MOST_ENTRIES: Final = 2000


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Strings of a page's data: one, or those of a list; `path` is None for a string that is the data itself."""

    data: Data
    path: str | None
    key: str
    values: tuple[str, ...]
    inside: str = ""
    """The path of the object that they stand in."""

    @property
    def text(self) -> str:
        """All of them."""
        return "\n".join(self.values)


def entries(page: Page) -> list[Entry]:
    """Return the strings and numbers of a page's data in page order; of a path inside a list also the general form."""
    found: dict[tuple[Data, str | None], Entry] = {}
    left = _NODES
    waiting = sources(page)
    inner: list[tuple[Data, Any]] = []
    tries = _NESTED
    while True:
        for data, value in waiting:
            for entry in _walk(data, value):
                if (left := left - 1) < 0:
                    return list(found.values())
                if (key := (entry.data, entry.path)) in found:
                    continue
                found[key] = entry
                if tries and _may_be_data(entry):
                    tries -= 1
                    place = msgspec.structs.replace(entry.data, path=entry.path or "@")
                    if isinstance(again := data_of(page, place), (dict, list)):
                        inner.append((place, again))
        if not inner:
            return list(found.values())
        waiting, inner = iter(inner), []


def _may_be_data(entry: Entry) -> bool:
    """Return whether a string may be JSON again that a profile can name."""
    text = entry.values[0]
    if len(text) < _SMALLEST or text[0] not in "{[" or len(entry.values) > 1:
        return False
    return entry.data.path is None and (entry.data.element is None or entry.data.attr is not None)


def sources(page: Page) -> Iterator[tuple[Data, Any]]:
    """Yield the data of a page with the rule that finds each of them."""
    yield from _scripts(page)
    if len(page.dom.css(JSON_LD)[:2]) > 1 and isinstance(value := data_of(page, ALL_LINKED), list):
        yield ALL_LINKED, value
    yield from _assigned(page)
    yield from _attributes(page)
    for node in islice(page.dom.css("textarea"), _AREAS):
        css = next((css for css in names(node) if "*" not in css), "textarea")
        data = Data(element=css)
        if html_text(node.text() or "") == (text := page.data(None, None, element=css)) and text:
            yield data, text


def _scripts(page: Page) -> Iterator[tuple[Data, Any]]:
    left = _LONGEST
    for node in islice(page.dom.css("script[type]"), _SCRIPTS):
        kind = media_type(node.attributes.get("type"))
        text = node.text()
        if kind not in JSON_TYPES or not text or (left := left - len(text)) < 0:
            continue
        own = [css for css in names(node) if "*" not in css]
        stated = node.attributes.get("type") or ""
        for css in (*own, *([f'script[type="{stated}"]'] if _PLAIN_TYPE.fullmatch(stated) else [])):
            first = page.dom.css_first(css)
            if first is not None and first.mem_id == node.mem_id:
                encoded = text.lstrip()[:1] == "%"
                value = page.data(None, css, url_encoded=encoded)
                if isinstance(value, (dict, list)):
                    yield Data(script=css, url_encoded=encoded), value
                break


def _attributes(page: Page) -> Iterator[tuple[Data, Any]]:
    """Yield the data in attributes, by the name of their element or by their own."""
    left = _LONGEST
    for name in ATTRIBUTES:
        for node in islice(page.dom.css(f"[{name}]"), _AREAS):
            text = (node.attributes.get(name) or "").lstrip()
            if len(text) < _SMALLEST or text[0] not in "{[%" or (left := left - len(text)) < 0:
                continue
            for css in (*(css for css in names(node) if "*" not in css), f"[{name}]"):
                first = page.dom.css_first(css)
                if first is not None and first.mem_id == node.mem_id:
                    data = Data(element=css, attr=name, url_encoded=text[0] == "%")
                    value = data_of(page, data)
                    if isinstance(value, (dict, list)):
                        yield data, value
                    break


def _assigned(page: Page) -> Iterator[tuple[Data, Any]]:
    if len(page.text) > _LONGEST:
        return
    found: dict[str, int] = {}
    for node in islice(page.dom.css("script:not([src])"), _SCRIPTS):
        kind = media_type(node.attributes.get("type"))
        if kind in JSON_TYPES:
            continue
        text = node.text() or ""
        for match in islice(_ASSIGNED.finditer(text), 10 * _VARIABLES):
            found.setdefault(match[1], len(text))
    unreadable, left = 0, _WORK
    # a name of a letter or two belongs to a program, which the next build writes with others
    for name in islice((name for name in found if len(name) > 2 and "$" not in name), _VARIABLES):
        value = page.data(name, None)
        unreadable += value is None
        left -= found[name] if value is None or isinstance(value, (dict, list)) else 0
        if value is not None and not isinstance(value, (bool, float)):
            yield Data(variable=name), value
        if unreadable >= _UNREADABLE or left < 0:
            return


def _walk(data: Data, value: Any) -> Iterator[Entry]:
    """Yield the strings below a value, breadth first, so that what stands highest comes first."""
    waiting: list[tuple[Any, tuple[str | int, ...]]] = [(value, ())]
    for node, steps in waiting:
        if isinstance(node, (str, int)) and not isinstance(node, bool):
            for path, inside in _paths(steps):
                yield Entry(data=data, path=path, key=_key(steps, data), values=(str(node),), inside=inside)
        elif len(steps) > _DEEPEST or len(waiting) > _NODES:
            continue
        elif isinstance(node, dict):
            waiting += [(inner, (*steps, key)) for key, inner in node.items() if isinstance(key, str)]
        elif isinstance(node, list):
            for ending, values in _listed(node):
                for path, inside in _paths(steps, ending):
                    yield Entry(data=data, path=path, key=_key(steps, data), values=values, inside=inside)
            waiting += [(inner, (*steps, number)) for number, inner in enumerate(node[:_MOST_ENTRIES])]


def _listed(node: list[Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the strings of a list and those under one key of its objects, with the end of the path to them."""
    texts = tuple(one for one in node[:_MOST_ENTRIES] if isinstance(one, str) and one.strip())
    if len(texts) >= _FEWEST:
        yield "[]", texts
    keys: dict[str, int] = {}
    objects = [one for one in node[:_MOST_ENTRIES] if isinstance(one, dict)]
    for one in objects:
        for key, value in one.items():
            if isinstance(value, str) and value.strip():
                keys[key] = keys.get(key, 0) + 1
    for key, count in keys.items():
        step = _step(key)
        if count >= _FEWEST and step is not None:
            yield f"[].{step}", tuple(text for one in objects if isinstance(text := one.get(key), str) and text)


def _paths(steps: tuple[str | int, ...], ending: str = "") -> Iterator[tuple[str | None, str]]:
    """Yield the paths to a value and to the object around it: literally, and with any of the numbers in it."""
    if not steps and not ending:
        yield None, ""
        return
    literal = _path(steps, general=False)
    if literal is None:
        return
    general = _path(steps, general=True)
    inside = _path(steps[:-1], general=False) or ""
    if general is not None and general != literal and steps and isinstance(steps[-1], str):
        projected = general.count(".*") + general.startswith("*")
        if len(steps) <= _MOST_STEPS and projected <= _MOST_KEYS:
            first = " | [0]" * max(1, projected)
            yield f"{general}{first}{ending}", inside
    if not any(isinstance(step, str) and _OWN_KEY.search(step) for step in steps):
        yield f"{literal}{ending}", inside


def _path(steps: tuple[str | int, ...], *, general: bool) -> str | None:
    """Return the JMESPath to a value; None if a profile cannot say it."""
    path = ""
    for step in steps:
        if isinstance(step, int):
            path += "[]" if general else f"[{step}]"
        elif general and _OWN_KEY.search(step):
            path += ".*" if path else "*"
        elif (name := _step(step)) is not None:
            path += f".{name}" if path else name
        else:
            return None
    return path if len(path) <= _LONGEST_PATH else None


def _step(key: str) -> str | None:
    if _PLAIN_NAME.fullmatch(key):
        return key
    return json.dumps(key, ensure_ascii=False) if key.isprintable() and key and len(key) <= 60 else None


def _key(steps: tuple[str | int, ...], data: Data) -> str:
    """Return the last name on the way to a value."""
    return next((step for step in reversed(steps) if isinstance(step, str)), next(iter(data.variables), ""))


def text_of(html: str) -> str:
    """Return the text of HTML without tags and white space."""
    return squeeze(unescape(_TAG.sub(" ", html)))
