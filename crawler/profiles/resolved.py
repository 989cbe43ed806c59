"""The language's two short forms, written out when a profile is loaded, so that no rule is read with them in it.

`.name-*` in a selector is an element one of whose classes begins with `name-`. `${name}` in place of a regular
expression is the one of that name under [patterns]: written as an expression it could never match anything, since
nothing follows the end of a text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from crawler.page.selectors import standard_css
from crawler.profiles.checks.reading import fields_of

_REFERENCE: Final = re.compile(r"\$\{([^{}]*)\}")


def pattern_name(text: str) -> str | None:
    """Return the name that `${name}` refers to, None for a regular expression."""
    found = _REFERENCE.fullmatch(text)
    return found[1] if found else None


def resolved(table: Any, patterns: Mapping[str, str]) -> Any:
    """Return `table`, one of the language's classes or a part of one, with selectors and patterns written out.

    Raises KeyError for the name of a pattern that is not in `patterns`.
    """
    if isinstance(table, dict):
        return {name: resolved(inner, patterns) for name, inner in table.items()}
    if isinstance(table, tuple):
        return tuple(resolved(inner, patterns) for inner in table)
    if not isinstance(table, msgspec.Struct):
        return table
    selectors, expressions = fields_of(type(table), "css"), fields_of(type(table), "re2")
    changes: dict[str, Any] = {}
    for name in table.__struct_fields__:
        value = getattr(table, name)
        if name in selectors:
            new = _each(value, standard_css)
        elif name in expressions:
            new = _each(value, lambda text: text if (known := pattern_name(text)) is None else patterns[known])
        else:
            new = resolved(value, patterns)
        if new != value:
            changes[name] = new
    return msgspec.structs.replace(table, **changes) if changes else table


def _each(value: Any, write: Any) -> Any:
    """Return what `write` makes of a string, or of each string of a list; None stays."""
    if isinstance(value, str):
        return write(value)
    return tuple(write(text) for text in value) if isinstance(value, tuple) else value
