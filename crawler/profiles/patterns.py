"""Patterns of profiles: RE2, linear in time whatever the pattern and the text (source: github.com/google/re2/wiki/Syntax)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Protocol

import re2


class Match(Protocol):
    """What is used of a match object."""

    def group(self, *groups: int | str) -> Any:
        """Return one or more groups."""
        ...

    def groups(self) -> tuple[str | None, ...]:
        """Return all groups."""
        ...

    def groupdict(self) -> dict[str, str | None]:
        """Return the named groups."""
        ...

    def start(self, group: int = 0) -> int:
        """Return where a group starts."""
        ...


class Pattern(Protocol):
    """What is used of a compiled pattern."""

    def search(self, text: str) -> Match | None:
        """Return the first match anywhere in `text`."""
        ...

    def fullmatch(self, text: str) -> Match | None:
        """Return a match of the whole `text`."""
        ...

    def split(self, text: str) -> list[str]:
        """Return the parts of `text` between matches."""
        ...


@lru_cache(maxsize=4096)
def pattern(source: str) -> Pattern:
    """Compile `source`; raises ValueError where RE2 refuses it (back-references, look-around, faults)."""
    options = re2.Options()
    options.log_errors = False
    try:
        compiled: Pattern = re2.compile(source, options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
        raise ValueError(f"not a linear-time regular expression (RE2): {source!r}: {reason}") from None
    return compiled


def first_group(source: str, text: str) -> str | None:
    """Return the first group that took part in the first match of `source` in `text`, the whole match without groups."""
    match = pattern(source).search(text)
    if match is None:
        return None
    groups = match.groups()
    if not groups:
        return str(match.group(0))
    return next((group for group in groups if group is not None), None)
