"""Selectors that use names which a site changed: each gets one with the new names beside it.

Which names changed is found by `naming`; here all selectors are written anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...profiles.toml import KeyPath
from .toml_text import EditFailed
from .trial import SHARED, Draft, own_file

_TOKEN = re.compile(r"[.#](-?[A-Za-z_][\w-]*)(\*?)")
_KEYS = frozenset(
    {"css", "heading", "headingBefore", "headingSkip", "captions", "exclude", "headings", "sealed", "script"}
)


def tokens(css: str) -> list[str]:
    """Return the classes and ids that a selector names, `.name` and `#name`, each once."""
    bare = re.sub(r"\"[^\"]*\"|'[^']*'", "", css)
    return list(dict.fromkeys(found[0] for found in _TOKEN.finditer(bare)))


def last_tokens(css: str) -> list[str]:
    """Return the classes and ids of the element that a selector finds, without those inside brackets."""
    bare, depth = "", 0
    for char in css:
        depth += char == "("
        bare += char if not depth else ""
        depth -= char == ")"
    return tokens(re.split(r"[ >+~]+", bare.strip())[-1])


def selectors_in(table: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Yield the selectors of a file's table, with their paths."""
    if isinstance(table, dict):
        for key, value in table.items():
            if key in _KEYS and isinstance(value, (str, list)):
                for number, css in enumerate([value] if isinstance(value, str) else value):
                    if isinstance(css, str):
                        yield ((*path, key) if isinstance(value, str) else (*path, key, number)), css
            else:
                yield from selectors_in(value, (*path, key))
    elif isinstance(table, list):
        for number, value in enumerate(table):
            yield from selectors_in(value, (*path, number))


Aliases = Mapping[str, Sequence[str]]
"""New names by the old one: several where a class's beginning (`.name-*`) stood for several."""


def substituted(css: str, aliases: Aliases) -> list[str]:
    """Return a selector with old names replaced outside `:not()`, once for each way; [] if it has none of them."""
    found = [""]
    changed = False
    for part, negated in _parted(css):
        ways = [part] if negated else _replaced(part, aliases)
        changed = changed or ways != [part]
        found = [one + way for one in found for way in ways][:_WAYS]
    return found if changed else []


def extended(css: str, aliases: Aliases) -> str:
    """Return a selector whose `:not()` also excludes what the new names select."""
    made = ""
    for part, negated in _parted(css):
        if not negated:
            made += part
            continue
        known = alternatives(extended(part[len(_NOT) : -1], aliases))
        new = [way for one in known for way in substituted(one, aliases)]
        made += f"{_NOT}{', '.join(dict.fromkeys([*known, *new]))})"
    return made


def _either(css: str, aliases: Aliases) -> str:
    """Return a selector in which each old name outside `:not()` is `:is()` of it and the new ones."""
    made = ""
    for part, negated in _parted(css):
        at = 0
        for name in () if negated else _TOKEN.finditer(part):
            if name[0] not in aliases:
                continue
            before = (made + part[at : name.start()])[-1:]
            first = not before or before in " >+~,("
            made += f"{part[at : name.start()]}{'*' if first else ''}:is({', '.join([name[0], *aliases[name[0]]])})"
            at = name.end()
        made += part[at:]
    return made


_LONGEST = 400
"""Characters that a selector of a profile may have; with more, old and new names share one."""
_NOT = ":not("
_WAYS = 4


def _parted(css: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a selector inside and outside `:not()`."""
    start = 0
    while (at := css.find(_NOT, start)) >= 0:
        yield css[start:at], False
        depth, end = 1, at + len(_NOT)
        while depth and end < len(css):
            depth += (css[end] == "(") - (css[end] == ")")
            end += 1
        yield css[at:end], True
        start = end
    yield css[start:], False


def _replaced(css: str, aliases: Aliases) -> list[str]:
    found = [""]
    for number, part in enumerate(re.split(r"(\"[^\"]*\"|'[^']*')", css)):
        if number % 2:
            found = [one + part for one in found]
            continue
        at = 0
        for name in _TOKEN.finditer(part):
            ways = aliases.get(name[0], [name[0]])
            found = [one + part[at : name.start()] + way for one in found for way in ways][:_WAYS]
            at = name.end()
        found = [one + part[at:] for one in found]
    return found


def renamed(draft: Draft, layout: str, aliases: Aliases) -> Iterator[Callable[[Draft], Draft]]:
    """Yield the changes by which each selector that uses an old name also has the new one; the old stays."""
    for name in (own_file(layout), SHARED):
        for path, css in [*selectors_in(draft.files[name].table)][::-1]:
            if path[0] in {"lists", "errorPages", "render"} or not any(one in aliases for one in tokens(css)):
                continue
            parts = [extended(part, aliases) for part in alternatives(css)]
            # the linter allows one `~` in a selector: old and new names share it
            parts = [_either(part, aliases) if "~" in part else part for part in parts]
            new = [way for part in parts if "~" not in part for way in substituted(part, aliases) if way not in parts]
            if len(", ".join([*parts, *new])) > _LONGEST:
                parts, new = [_either(part, aliases) for part in parts], []
            if new or ", ".join(parts) != css:
                yield lambda made, name=name, path=path, parts=parts, new=new: with_selector(  # type: ignore[misc]
                    made, name, path, ", ".join(parts), ", ".join(dict.fromkeys(new))
                )


def alternatives(css: str) -> list[str]:
    """Return the parts of a selector between commas that are not inside brackets."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(css):
        depth += (char in "([") - (char in ")]")
        if char == "," and depth == 0:
            parts.append(css[start:at].strip())
            start = at + 1
    return [*parts, css[start:].strip()]


def with_selector(draft: Draft, name: str, path: KeyPath, old: str, new: str) -> Draft:
    """Return the draft with one more selector at a path, which may be inside a list of values. Raises EditFailed."""
    text = draft.files[name]
    rule = ".".join(map(str, path))
    if new and isinstance(path[-1], int) and new in text.get(path[:-1]):
        raise EditFailed(f"{rule}: the new selector is an alternative already")
    return with_value(draft, name, path, f"{old}, {new}" if new else old)


def with_value(draft: Draft, name: str, path: KeyPath, value: Any) -> Draft:
    """Return the draft with another value at a path, which may be inside a list of values. Raises EditFailed."""
    text = draft.files[name]
    rule = ".".join(map(str, path))
    for end in range(len(path), 0, -1):
        key = path[:end]
        if isinstance(key[-1], int) or key not in text.places:
            continue
        whole = _set(text.get(key), path[end:], value)
        try:
            return draft.with_file(name, text.replaced(key, whole), rule)
        except EditFailed:  # inside a list of values: the list is written anew
            continue
    raise EditFailed(f"{rule} has no line of its own")


def _set(value: Any, path: KeyPath, new: Any) -> Any:
    if not path:
        return new
    if isinstance(value, list):
        return [_set(one, path[1:], new) if number == path[0] else one for number, one in enumerate(value)]
    return {key: _set(one, path[1:], new) if key == path[0] else one for key, one in value.items()}
