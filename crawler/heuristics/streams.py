"""Page data that frameworks write for their own scripts: read as literals, nothing is ever run.

Three forms: a function that is called at once and returns an object (`(function(a,b){return {…}}(1,"…"))`, whose
parameters stand for values that occur often); a list in which objects and lists have the places of their values
instead of these; rows of text, each with a number, that several scripts push one after the other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice, pairwise
from typing import Any, Final

from ..page import embedded

_LONGEST: Final = 4 * 2**20
"""Characters of a page's data that are read, each as often as it is referred to."""
_CALLS: Final = 20
"""Functions of a script that are looked at."""
_PARAMETERS: Final = 10_000
_WRITTEN: Final = 2**20
"""Characters of an object after its parameters have been replaced."""
_ROWS: Final = 20_000
_STRING: Final = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|\'[^\'\\]*+(?:\\.[^\'\\]*+)*+\''
_FUNCTION = re.compile(
    r"=\s{0,8}\(?\s{0,8}function\s{0,8}\(\s{0,8}((?:[A-Za-z_$][\w$]{0,8}\s{0,8},?\s{0,8}){0,10000}+)\)\s{0,8}\{"
)
_RETURN = re.compile(r"[{;}\s]return\s{0,8}(?=\{)")
_CALLED = re.compile(r"[\s;]{0,8}\}\s{0,8}\)?\s{0,8}(?=\()")
# What follows a quote that nothing closes is one token: each escaped quote in it would be searched to the end again.
_TOKEN = re.compile(
    rf"(?P<text>{_STRING}|`[^`\\]*+(?:\\.[^`\\]*+)*+`|[\"'`].*+)|(?P<number>\d[\w.]*+)|(?P<open>[{{\[(])|(?P<close>[}}\])])|(?P<comma>,)"
    r"|(?P<name>(?<![\w$.])[A-Za-z_$][\w$]*+)(?P<key>\s*+:)?",
    re.DOTALL,
)
_CONSTANTS: Final = frozenset({"null", "true", "false", "void", "undefined", "NaN", "Infinity"})
_PUSHED = re.compile(rf"\.push\(\s{{0,8}}\[\s{{0,8}}1\s{{0,8}},\s{{0,8}}({_STRING})\s{{0,8}}\]\s{{0,8}}\)", re.DOTALL)
_STREAM: Final = "__next_f"
_ROW = re.compile(rb"([0-9a-f]{0,8}):(?:T([0-9a-f]{1,8}),)?")
_REFERENCE = re.compile(r"\$[L@]?([0-9a-f]{1,8})\Z")
_PACKED: Final = ("Reactive", "ShallowReactive", "Ref", "ShallowRef", "EmptyRef", "EmptyShallowRef")
"""Names of what a list of values wraps another value in; a tuple, because an object in their place is not hashable."""


def returned(script: str) -> Iterator[Any]:
    """Yield the objects that functions called at once return to a variable."""
    left = _LONGEST
    for head in islice(_FUNCTION.finditer(script), _CALLS):
        names = [name.strip() for name in head[1].split(",") if name.strip()]
        start = _RETURN.search(script, head.end() - 1)
        end, _ = _closed(script, start.end()) if start is not None else (-1, [])
        if start is None or end < 0 or (left := left - (end - head.end())) < 0:
            return
        opening = _CALLED.match(script, end)
        if opening is None:
            continue
        close, commas = _closed(script, opening.end())
        if close < 0 or (left := left - (close - end)) < 0:
            return
        parts = [opening.end(), *commas, close - 1]
        values = [script[a + 1 : b] for a, b in pairwise(parts)]
        given = {name: _argument(value) for name, value in zip(names, values, strict=False)}
        text = _replaced(script[start.end() : end], given)
        if text is not None:
            try:
                yield embedded.json_text(text)
            except ValueError:
                continue


def _closed(script: str, start: int) -> tuple[int, list[int]]:
    """Return where the bracket at `start` has been closed, -1 where it is not, and the commas directly inside."""
    depth = 0
    commas: list[int] = []
    for token in _TOKEN.finditer(script, start):
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth -= 1
            if not depth:
                return token.end(), commas
        elif token["comma"] and depth == 1 and len(commas) < _PARAMETERS:
            commas.append(token.start())
    return -1, []


def _argument(text: str) -> str:
    """Return a literal as JSON, `null` for what is not one."""
    try:
        [value] = _listed(text)
    except ValueError:
        return "null"
    return json.dumps(value)


def _listed(text: str) -> list[Any]:
    value = embedded.json_text(f"[{text}]")
    if not isinstance(value, list) or len(value) != 1 or not _plain(text):
        raise ValueError("not one literal")
    return value


def _plain(text: str) -> bool:
    """Return whether a text has no calls and no names but constants, as a literal has."""
    return all(
        not (token["open"] == "(" or (token["name"] and not token["key"] and token["name"] not in _CONSTANTS))
        for token in _TOKEN.finditer(text)
    )


def _replaced(text: str, given: dict[str, str]) -> str | None:
    """Return an object with its parameters replaced, None if it would be too long."""
    found: list[str] = []
    at = size = 0
    for token in _TOKEN.finditer(text):
        value = given.get(token["name"]) if token["name"] and not token["key"] else None
        if value is None:
            continue
        found += (text[at : token.start()], value)
        size += len(found[-2]) + len(value)
        at = token.end()
        if size > _WRITTEN:
            return None
    return "".join([*found, text[at:]])


def revived(data: Any) -> Any:
    """Return the value of a list in which each object and list has the places of its values; other data as they are."""
    if not isinstance(data, list) or len(data) < 2 or not _is_placed(data[0]):
        return data
    return _resolved(data, lambda inner: inner if type(inner) is int and 0 < inner < len(data) else None, _unpacked)[0]


def _is_placed(first: Any) -> bool:
    if isinstance(first, list):
        return len(first) == 2 and first[0] in _PACKED
    return isinstance(first, dict) and bool(first) and all(type(value) is int for value in first.values())


def _unpacked(value: Any) -> Any:
    """Return a wrapped value as a list of its place alone."""
    return value[1:2] if isinstance(value, list) and value and value[0] in _PACKED else value


def streamed(scripts: Iterable[str]) -> Iterator[Any]:
    """Yield the rows that scripts push in parts, with what they refer to, as one list."""
    parts: list[str] = []
    for script in scripts:
        if _STREAM not in script:
            continue
        for pushed in _PUSHED.finditer(script):
            with suppress(ValueError):
                part = embedded.json_text(f"[{pushed[1]}]")
                parts += map(str, part if isinstance(part, list) else ())
    rows = _rows("".join(parts)[:_LONGEST].encode("utf-8", "replace"))
    if rows:
        numbers = {name: place for place, name in enumerate(rows)}

        def place_of(inner: Any) -> int | None:
            found = _REFERENCE.match(inner) if isinstance(inner, str) and inner[:1] == "$" else None
            return numbers.get(found[1]) if found is not None else None

        yield _resolved([*rows.values()], place_of, lambda value: value)


def _rows(source: bytes) -> dict[str, Any]:
    """Return the rows of text and of JSON by their numbers."""
    rows: dict[str, Any] = {}
    at = 0
    for _ in range(_ROWS):
        row = _ROW.match(source, at)
        if row is None:
            at = source.find(b"\n", at) + 1
            if not at:
                break
            continue
        name = row[1].decode()
        if row[2] is not None:
            at = row.end() + int(row[2], 16)
            rows[name] = source[row.end() : at].decode("utf-8", "replace")
            continue
        end = source.find(b"\n", row.end())
        end = len(source) if end < 0 else end
        if source[row.end() : row.end() + 1] in {b"{", b"[", b'"'}:
            with suppress(ValueError):
                rows[name] = embedded.json_text(source[row.end() : end].decode("utf-8", "replace"))
        at = end + 1
        if at >= len(source):
            break
    return rows


def _resolved(data: list[Any], place_of: Callable[[Any], int | None], unpacked: Callable[[Any], Any]) -> list[Any]:
    """Return the values with what they refer to in their place; `place_of` returns the place that a value refers to.

    A value may be in several places, and in itself. What is more than `_LONGEST` characters in all is left out.
    """
    left = _LONGEST
    found: list[Any] = [_empty(unpacked(value)) for value in data]
    waiting: list[tuple[Any, Any]] = [(unpacked(value), new) for value, new in zip(data, found, strict=True)]
    while waiting:
        old, new = waiting.pop()
        pairs = old.items() if isinstance(old, dict) else enumerate(old) if isinstance(old, list) else ()
        for key, value in pairs:
            place = place_of(value)
            if place is not None:
                inner = found[place]
            else:
                inner = _empty(value)
                if isinstance(value, (dict, list)):
                    waiting.append((value, inner))
            if isinstance(inner, str):
                left -= len(inner)
                if left < 0:
                    return found
            if isinstance(new, dict):
                new[key] = inner
            else:
                new.append(inner)
    return found


def _empty(value: Any) -> Any:
    return {} if isinstance(value, dict) else [] if isinstance(value, list) else value
