"""Expands the language's two abbreviations when a profile is loaded.

`.name-*` in a selector matches elements with a class that begins with `name-`. `${name}` in place of a regular
expression refers to a name under [patterns]; it cannot be confused with an expression, because `$` followed by
something never matches.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ..page.selectors import standard_css
from .checks.reading import fields_of

_REFERENCE: Final = re.compile(r"\$\{([^{}]*)\}")


def pattern_name(text: str) -> str | None:
    """Return the name that `${name}` refers to, or None for a regular expression."""
    found = _REFERENCE.fullmatch(text)
    return found[1] if found else None


def resolved(table: Any, patterns: Mapping[str, str]) -> Any:
    """Return `table`, one of the language's classes or a part of one, with selectors and patterns expanded.

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
    """Apply `write` to a string, or to each string of a list; None is returned unchanged."""
    if isinstance(value, str):
        return write(value)
    return tuple(write(text) for text in value) if isinstance(value, tuple) else value
