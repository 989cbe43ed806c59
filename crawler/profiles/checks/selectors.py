"""Selectors as a reader of profiles sees them: what they cost on the worst page, what they name, when two are the same.

The parser's engine matches from the right and tries every ancestor again for every descendant combinator, so that
`.y div div .x` takes minutes on a page of 250 nested `div`: time grows with the depth to the power of such parts.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from crawler.page.compounds import TOKEN, unescape
from crawler.page.selectors import compile_selector, standard_css

MAX_LOOSE = 1.5
"""Weight of bare tags between descendant combinators: 1 for one that nests freely on any page, else a half."""
MAX_DESCENDANTS = 4
MAX_NESTING = 2
"""`:has`, `:not`, `:is` and `:where` inside each other."""

_FREE = frozenset({
    "*", "div", "span", "p", "section", "article", "main", "a", "b", "i", "em", "strong", "font", "center",
    "figure", "blockquote",
})  # fmt: skip
_FUNCTIONS = frozenset({"has", "is", "not", "where"})
_COUNTING = frozenset({"nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type"})
_PLAIN = frozenset({
    "empty", "first-child", "first-of-type", "last-child", "last-of-type", "only-child", "only-of-type",
    "root",
})  # fmt: skip


class Member(msgspec.Struct, frozen=True):
    """One member of a union: in one spelling, and what its last compound asks by tag (None: any), class and id.

    `alone` tells that it asks nothing else, so that it matches each element with that tag and those marks.
    """

    text: str
    tag: str | None
    marks: frozenset[str]
    alone: bool

    def covers(self, other: Member) -> bool:
        """Tell whether every element that `other` matches is one that this member matches too."""
        if self.text == other.text:
            return True
        return self.alone and self.tag in {None, other.tag} and self.marks <= other.marks


class Reading(msgspec.Struct, frozen=True):
    """A selector, read: its members, and the classes, ids and attributes that it spells out."""

    members: tuple[Member, ...]
    names: tuple[str, ...]


class _Level:
    """One argument of a function, or the selector itself, while it is read."""

    __slots__ = ("alone", "bare", "empty", "farther", "function", "keyed", "loose", "marks", "tag")

    def __init__(self, function: str | None) -> None:
        self.function = function
        self.start()

    def start(self) -> None:
        """Begin a member of the union."""
        self.farther = 0
        self.loose = 0.0
        self.alone = True
        self.compound()

    def compound(self) -> None:
        """Begin a compound; it is `empty` until something stands in it, `bare` where that is a pseudo-class."""
        self.empty = True
        self.bare = False
        self.tag = "*"
        self.keyed = False
        self.marks: set[str] = set()

    def member(self, text: str) -> Member:
        """Return the member that ends here, spelled `text`."""
        return Member(text, None if self.tag == "*" else self.tag, frozenset(self.marks), self.alone)


@lru_cache(maxsize=4096)
def read_selector(source: str) -> Reading:
    """Read `source`; raises ValueError where it costs too much, or asks what a page that nobody looks at has not."""
    members: list[Member] = []
    spelling: list[str] = []
    names: list[str] = []
    levels = [_Level(None)]
    siblings = 0
    tokens = list(TOKEN.finditer(source.strip()))
    position = 0
    while position < len(tokens):
        token = tokens[position]
        position += 1
        kind, text = token.lastgroup, token.group()
        level = levels[-1]
        if kind == "combinator":
            mark = text.strip() or " "
            if mark == "~" and level.function is not None:
                raise ValueError(
                    f"{source!r}: ~ inside :{level.function}() is refused: its time is the square of the page's; use +"
                )
            siblings += mark == "~"
            if siblings > 1:
                raise ValueError(f"{source!r}: more than one ~ takes time by the square of the page; name a class")
            _step(level, mark, source)
            spelling.append(mark)
        elif kind == "function":
            name = text.strip(":(").lower()
            _lead(level, source)
            if name in _COUNTING:
                if level.function is not None:
                    raise ValueError(
                        f"{source!r}: :{name}() inside :{level.function}() is refused: its time is the square of the"
                        " page's"
                    )
                position, text = _argument(tokens, position, text)
                if " of " in text:
                    raise ValueError(
                        f"{source!r}: :{name}(... of ...) is refused: its time is the square of the page's"
                    )
            elif name in _FUNCTIONS:
                _enter(levels, name, source)
            else:
                raise ValueError(f"{source!r}: {text}) is no selector that profiles know; use `where` for texts")
            level.alone = False
            spelling.append(text.lower())
        elif kind == "close":
            if len(levels) > 1:
                levels.pop()
            spelling.append(")")
        elif kind == "comma":
            if len(levels) == 1:
                members.append(level.member("".join(spelling)))
                spelling = []
            else:
                spelling.append(",")
            level.start()
        elif (kind == "pseudo" and text.lstrip(":").lower() not in _PLAIN) or text.startswith("::"):
            raise ValueError(f"{source!r}: {text} says nothing about a page that nobody looks at")
        elif kind == "pseudo":
            _lead(level, source)
            level.alone = False
            spelling.append(text.lower())
        elif kind == "odd":
            raise ValueError(f"{source!r} is no CSS selector: it breaks off at {text!r}")
        else:
            _compound(level, kind, token, names)
            spelling.append(_attribute(token) if kind == "attribute" else text)
    if len(levels) > 1:
        raise ValueError(f"{source!r} is no CSS selector: a bracket is not closed")
    members.append(levels[0].member("".join(spelling)))
    return Reading(tuple(members), tuple(names))


def _lead(level: _Level, source: str) -> None:
    """Note a pseudo-class; raises ValueError for one that the parser misses elements for: the first of a compound."""
    level.bare = level.bare or level.empty
    level.empty = False
    if level.bare and level.function == "has":
        _refuse_bare(source)


def _refuse_bare(source: str) -> None:
    raise ValueError(
        f"{source!r}: the parser misses elements where a pseudo-class stands without a tag before a combinator or first"
        " in :has(); write * before it"
    )


def _step(level: _Level, mark: str, source: str) -> None:
    """Count a combinator; `level` holds what stands left of it."""
    if level.bare:
        _refuse_bare(source)
    if mark in " ~":
        if level.farther and not level.keyed:
            level.loose += 1.0 if level.tag in _FREE else 0.5
        level.farther += 1
        if level.loose > MAX_LOOSE or level.farther > MAX_DESCENDANTS:
            raise ValueError(
                f"{source!r}: too many bare tags between descendants: its time grows with the page's depth to the"
                " power of their number; use > or a class"
            )
        if level.function is not None and level.farther > 1:
            raise ValueError(f"{source!r}: more than one descendant inside :{level.function}() is refused; use >")
    level.alone = False
    level.compound()


def _enter(levels: list[_Level], name: str, source: str) -> None:
    if len(levels) > MAX_NESTING:
        raise ValueError(f"{source!r}: functions nested more than {MAX_NESTING} deep are refused")
    if name == "has" and any(level.function == "has" for level in levels):
        raise ValueError(f"{source!r}: :has() inside :has() is refused: no engine promises to end")
    levels.append(_Level(name))


def _argument(tokens: list[re.Match[str]], position: int, text: str) -> tuple[int, str]:
    """Return where the argument of a counting function ends, and its text with the brackets."""
    while position < len(tokens):
        token = tokens[position]
        position += 1
        text += token.group()
        if token.lastgroup == "close":
            break
    return position, text


def _compound(level: _Level, kind: str | None, token: re.Match[str], names: list[str]) -> None:
    """Note what a part of a compound asks for, and the names that it spells out."""
    level.empty = False
    if kind == "tag":
        level.tag = token.group().lower()
    elif kind == "named":
        level.keyed = True
        level.marks.add(token.group())
        names.append(unescape(token.group()[1:].rstrip("*")))
    else:
        level.alone = False
    if kind == "attribute":
        level.keyed = level.keyed or token["value"] is not None
        label = token["label"].lower()
        names.extend(token["value"].strip("\"'").split() if token["value"] and label in {"class", "id"} else [label])


def _attribute(token: re.Match[str]) -> str:
    if token["operator"] is None:
        return f"[{token['label']}]"
    value = token["value"]
    if value[0] in "\"'":
        value = value[1:-1]
    return f'[{token["label"]}{token["operator"]}"{value}"]'


def check_selector(source: str) -> None:
    """Raise ValueError for a selector that the parser cannot compile, or that costs too much on the worst page."""
    read_selector(source)
    compile_selector(standard_css(source))
