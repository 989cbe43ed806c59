"""Regular expressions of profiles: RE2, which runs in linear time for any pattern and text.

Source of the syntax: github.com/google/re2/wiki/Syntax.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

import re2

MAX_PROGRAM = 3000
"""Maximum instructions of a compiled pattern, its cost per character in the worst case. `[一-龥]{1,10}` takes 800."""

MAX_MEMORY = 2 * 1024 * 1024
_NOT_IN_RE2 = ("invalid perl operator: (?", *(f"invalid escape sequence: \\{number}" for number in range(1, 10)))
"""How RE2's messages about Python's look-around and back-references begin."""

_ANYWHERE = re2._re2.RE2.Anchor.UNANCHORED
_NOWHERE = (-1, -1)


class Match(Protocol):
    """The methods used of a match object."""

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
        """Return the start of a group."""
        ...


class Pattern(Protocol):
    """The methods used of a compiled pattern."""

    _regexp: Any

    @property
    def groupindex(self) -> dict[str, int]:
        """The named groups, with their numbers."""
        ...

    @property
    def programsize(self) -> int:
        """The number of instructions that the pattern compiles to."""
        ...

    def search(self, text: str) -> Match | None:
        """Return the first match anywhere in `text`."""
        ...

    def fullmatch(self, text: str) -> Match | None:
        """Return a match of the whole `text`."""
        ...

    def split(self, text: str) -> list[str]:
        """Return the parts of `text` between matches."""
        ...

    def sub(self, made: Callable[[Match], str], text: str) -> str:
        """Return `text` with what `made` returns in the place of each match."""
        ...


@lru_cache(maxsize=4096)
def pattern(source: str) -> Pattern:
    """Compile `source`; raises ValueError if RE2 rejects it (back-references, look-around, size, syntax errors)."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    try:
        compiled: Pattern = re2.compile(source, options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
        if str(reason).startswith(_NOT_IN_RE2):
            reason = f"{reason}; RE2 has no look-around and no back-references: put a group around the part to take"
        raise ValueError(f"{source!r} is not a valid RE2 regular expression: {reason}") from None
    return compiled


def first_group(source: str, text: str) -> str | None:
    """Return the first group that participates in the first match of `source` in `text`; without groups, the match."""
    encoded = text.encode("utf-8", "replace")
    # Not `pattern(source).search(text)`: its match object, with offsets in characters, costs more than the match.
    spans = pattern(source)._regexp.Match(_ANYWHERE, encoded, 0, len(encoded))
    if spans[0] == _NOWHERE:
        return None
    for start, end in spans[1:] or spans:
        if start >= 0:
            return encoded[start:end].decode("utf-8", "replace")
    return None


def occurs(source: str, text: str) -> bool:
    """Return whether `source` matches anywhere in `text`; costs a tenth of creating a match object."""
    encoded = text.encode("utf-8", "replace")
    return bool(pattern(source)._regexp.Match(_ANYWHERE, encoded, 0, len(encoded))[0] != _NOWHERE)


def split(source: str, text: str) -> list[str | None]:
    """Return the parts of `text` between the matches of `source`, and its groups among them, as `re.split` does."""
    compiled = pattern(source)
    encoded = text.encode("utf-8", "replace")
    parts: list[str | None] = []
    start = 0
    while True:
        (begin, end), *groups = compiled._regexp.Match(_ANYWHERE, encoded, start, len(encoded))
        if begin < 0:
            parts.append(encoded[start:].decode("utf-8", "replace"))
            return parts
        if groups or begin == end:  # what no profile has needed, left to the library
            return [*compiled.split(encoded.decode())]
        parts.append(encoded[start:begin].decode("utf-8", "replace"))
        start = end


def named_groups(source: str, text: str) -> dict[str, str] | None:
    """Return the named groups that participate in the first match of `source` in `text`, or None without a match."""
    encoded = text.encode("utf-8", "replace")
    spans = pattern(source)._regexp.Match(_ANYWHERE, encoded, 0, len(encoded))
    if spans[0] == _NOWHERE:
        return None
    taken = [(name, spans[number]) for name, number in _group_numbers(source) if spans[number] != _NOWHERE]
    return {name: encoded[start:end].decode("utf-8", "replace") for name, (start, end) in taken}


@lru_cache(maxsize=4096)
def _group_numbers(source: str) -> tuple[tuple[str, int], ...]:
    return tuple(pattern(source).groupindex.items())


def check_pattern(source: str) -> None:
    """Raise ValueError for a pattern that RE2 rejects, that is too large, or that nests repetitions."""
    size = pattern(source).programsize
    if size > MAX_PROGRAM:
        raise ValueError(f"{source!r} compiles to {size} steps, more than {MAX_PROGRAM}; use smaller counts in braces")
    nested = nested_repetition(source)
    if nested is not None:
        raise ValueError(
            f"{source!r}: {nested!r} repeats a repetition without anything fixed in between; no linear-time"
            " pattern needs that, and other engines take exponential time"
        )


_TOKEN = re.compile(
    r"""
      (?P<other>\\Q.*?(?:\\E|\Z) | \\[pP]\{[^}]*\} | \\[pP]. | \\x\{[^}]*\} | \\x.. | \\[^bBAzQ]
        | \[\^?\]?(?:\[:\^?\w+:\] | \\. | [^\]\\])*\])
    | (?P<nothing>\\[bBAz] | [\^$] | \(\?[imsU-]+\))
    | (?P<open>\((?:\?(?:P?<\w+> | [imsU-]*:))?)
    | (?P<close>\))
    | (?P<either>\|)
    | (?P<repeat>(?:[*+?] | \{\d+(?:,\d*)?\})\??)
    | (?P<char>.)
    """,
    re.DOTALL | re.VERBOSE,
)


class _Group:
    """A group during parsing: whether it contains a repetition, whether each alternative has a fixed part."""

    __slots__ = ("all_fixed", "fixed", "repeats", "start")

    def __init__(self, start: int) -> None:
        self.start = start
        self.repeats = False
        self.fixed = False
        self.all_fixed = True


def nested_repetition(source: str) -> str | None:
    r"""Return the first group of `source` that is repeated and consists of repetitions and options only, or None.

    `(a+)+`, `(\w*)*` and `(?:\d{1,3})+` are such groups; `(?:[a-z]+\.)*` is not, because each round has a dot.
    `source` must be a pattern that RE2 compiles.
    """
    stack = [_Group(0)]
    start = 0
    atom: tuple[bool, bool] | None = None  # (holds a repetition, is fixed), not yet counted for its group
    for token in _TOKEN.finditer(source):
        kind = token.lastgroup
        group = stack[-1]
        if kind == "repeat":
            low, high = _bounds(token.group())
            repeats, fixed = atom or (False, True)
            if repeats and not fixed and (high is None or high > 1):
                return source[start : token.end()]
            varies = high is None or (high > 1 and high != low)
            atom = (repeats or varies, fixed and low == high and low > 0)
            continue
        _count(group, atom)
        atom = None
        if kind == "open":
            stack.append(_Group(token.start()))
        elif kind == "close" and len(stack) > 1:
            closed = stack.pop()
            atom = (closed.repeats, closed.fixed and closed.all_fixed)
            start = closed.start
        elif kind == "either":
            group.all_fixed = group.all_fixed and group.fixed
            group.fixed = False
        elif kind in {"other", "char"}:
            atom = (False, True)
            start = token.start()
    return None


def _count(group: _Group, atom: tuple[bool, bool] | None) -> None:
    if atom is not None:
        group.repeats = group.repeats or atom[0]
        group.fixed = group.fixed or atom[1]


def _bounds(repeat: str) -> tuple[int, int | None]:
    """Return the minimum and maximum (None: unbounded) number of repetitions of a quantifier."""
    if repeat[0] != "{":
        return {"*": (0, None), "+": (1, None), "?": (0, 1)}[repeat[0]]
    low, comma, high = repeat.rstrip("?")[1:-1].partition(",")
    return int(low), int(high) if high else (None if comma else int(low))
