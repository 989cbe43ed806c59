"""Parses CSS selectors for the page's index and the linter: unions of paths of compounds of simple selectors.

Only the parser (lexbor) decides what is a selector; this module splits those that it accepts. cssselect's parser was
tried instead: it refuses selector lists in `:not()` and paths in `:is()`, which profiles use, and has no `.name-*`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

SPACE = " \t\n\f\r"
"""White space between classes, by the HTML standard; Python's `split()` knows more."""

_ESCAPE = r"\\[0-9A-Fa-f]{1,6}[ \t\n\f\r]?|\\[^\n\f\r0-9A-Fa-f]"
_NAME = rf"(?:[\w\u0080-\U0010ffff-]|{_ESCAPE})+"
_TOKEN = re.compile(
    rf"""
      (?P<attribute>\[\s*(?P<label>[\w-]+)\s*
        (?:(?P<operator>[~|^$*]?=)\s*
          (?P<value>"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | [^\]\s"']+)\s*(?P<flag>[isIS])?\s*)?\])
    | (?P<named>\.[\w\u0080-\U0010ffff-]+\* | [.\#]{_NAME})
    | (?P<function>::?[A-Za-z-]+\()
    | (?P<pseudo>::?[A-Za-z-]+)
    | (?P<close>\s*\))
    | (?P<comma>\s*,\s*)
    | (?P<combinator>\s*[>+~]\s* | \s+(?![)\s,>+~]))
    | (?P<tag>\* | {_NAME})
    | (?P<space>\s+)
    | (?P<odd>.)
    """,
    re.DOTALL | re.VERBOSE,
)
_UNESCAPED = re.compile(r"\\(?:([0-9A-Fa-f]{1,6})(?:\r\n|[ \t\n\f\r])?|(\r\n|[\n\f\r])|(.))", re.DOTALL)


class Part(NamedTuple):
    """A simple selector: its kind, its source, its token, and the content of a function's brackets.

    The kind is tag, named (a class or id), attribute, pseudo or function; space and odd are not valid in a compound.
    """

    kind: str
    text: str
    token: re.Match[str]
    inside: Union | None = None


class Compound(NamedTuple):
    """The parts that one element must have, and the combinator before them ("" where a path begins with parts)."""

    combinator: str
    parts: list[Part]


class Path(NamedTuple):
    """One alternative of a selector: its compounds from the outermost to the last, and its source."""

    text: str
    compounds: list[Compound]


Union = list[Path]


def parse(source: str) -> Union:
    """Return the alternatives of a selector; raises ValueError for unbalanced brackets."""
    text = source.strip()
    union, end = _union(text, _TOKEN.finditer(text), 0)
    if end is not None:
        raise ValueError(f"{source!r} is not a CSS selector: a bracket is not opened")
    return union


def _union(text: str, tokens: Iterator[re.Match[str]], start: int) -> tuple[Union, re.Match[str] | None]:
    """Parse from `start` to the closing bracket, which is returned as well (None at the end of `text`)."""
    union: Union = []
    compounds = [Compound("", [])]
    for token in tokens:
        kind = str(token.lastgroup)
        if kind in {"comma", "close"}:
            union.append(Path(text[start : token.start()], compounds))
            if kind == "close":
                return union, token
            start, compounds = token.end(), [Compound("", [])]
        elif kind == "combinator":
            compounds.append(Compound(token.group().strip() or " ", []))
        elif kind == "function":
            inside, close = _union(text, tokens, token.end())
            if close is None:
                raise ValueError(f"{text!r} is not a CSS selector: a bracket is not closed")
            compounds[-1].parts.append(Part(kind, text[token.start() : close.end()], token, inside))
        else:
            compounds[-1].parts.append(Part(kind, token.group(), token))
    union.append(Path(text[start:], compounds))
    return union, None


def unescape(text: str) -> str:
    """Return an identifier or the content of a string with its escapes decoded."""
    return _UNESCAPED.sub(_meant, text) if "\\" in text else text


def _meant(found: re.Match[str]) -> str:
    if found[1]:
        code = int(found[1], 16)
        return chr(code) if 0 < code < 0xD800 or 0xDFFF < code < 0x110000 else "\ufffd"
    return found[3] or ""
