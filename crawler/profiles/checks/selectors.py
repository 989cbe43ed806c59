"""Selectors from the linter's point of view: worst-case cost, names used, equivalence.

The parser's engine matches from the right and tries every ancestor again for every descendant combinator, so that
`.y div div .x` takes minutes on a page of 250 nested `div`: time grows with the depth to the power of such parts.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec

from ...page.css import Compound, Part, Path, parse, unescape
from ...page.selectors import compile_selector, standard_css

MAX_LOOSE = 1.5
"""Weight of bare tags between descendant combinators: 1 for tags that nest freely on any page, else a half."""
MAX_DESCENDANTS = 4
MAX_NESTING = 2
"""Maximum nesting of `:has`, `:not`, `:is` and `:where`."""

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

    `alone`: it has no other conditions, so it matches every element with that tag and those classes and id.
    """

    text: str
    tag: str | None
    marks: frozenset[str]
    alone: bool

    def covers(self, other: Member) -> bool:
        """Return whether this member matches every element that `other` matches."""
        if self.text == other.text:
            return True
        return self.alone and self.tag in {None, other.tag} and self.marks <= other.marks


class ParsedSelector(msgspec.Struct, frozen=True):
    """A parsed selector: its members, and the classes, ids and attributes that it names."""

    members: tuple[Member, ...]
    names: tuple[str, ...]


@lru_cache(maxsize=4096)
def read_selector(source: str) -> ParsedSelector:
    """Parse `source`; raises ValueError if it is too expensive, or uses interactive pseudo-classes such as :hover."""
    reader = _Reader(source)
    members = [reader.member(path, ()) for path in parse(source)]
    return ParsedSelector(tuple(members), tuple(reader.names))


class _Reader:
    """Parses one selector: collects its `names` and raises ValueError at the first part that is not allowed."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.names: list[str] = []
        self._siblings = 0

    def member(self, path: Path, functions: tuple[str, ...]) -> Member:
        """Parse an alternative inside the brackets of `functions`, the innermost last."""
        loose, farther = 0.0, 0
        first, *others = path.compounds
        tag, marks, alone, keyed = self._compound(first, functions)
        before = first
        for compound in others:
            mark = compound.combinator
            if mark == "~":
                self._sibling(functions)
            if before.parts and before.parts[0].kind in {"function", "pseudo"}:
                self._refuse_bare()
            if mark in " ~":
                if farther and not keyed:
                    loose += 1.0 if tag in _FREE else 0.5
                farther += 1
                self._descendants(loose, farther, functions)
            tag, marks, _, keyed = self._compound(compound, functions)
            before = compound
        return Member(_spelled(path), None if tag == "*" else tag, frozenset(marks), alone and not others)

    def _sibling(self, functions: tuple[str, ...]) -> None:
        if functions:
            raise ValueError(f"{self.source!r}: ~ in :{functions[-1]}() is not allowed (quadratic time); use +")
        self._siblings += 1
        if self._siblings > 1:
            raise ValueError(f"{self.source!r}: more than one ~ is not allowed (quadratic time); use a class")

    def _descendants(self, loose: float, farther: int, functions: tuple[str, ...]) -> None:
        if loose > MAX_LOOSE or farther > MAX_DESCENDANTS:
            raise ValueError(
                f"{self.source!r}: too many bare tags between descendants (time grows with the depth to the power"
                " of their number); use > or a class"
            )
        if functions and farther > 1:
            raise ValueError(
                f"{self.source!r}: more than one descendant inside :{functions[-1]}() is not allowed; use >"
            )

    def _refuse_bare(self) -> None:
        raise ValueError(
            f"{self.source!r}: the parser misses elements if a pseudo-class without a tag precedes a combinator"
            " or first in :has(); write * before it"
        )

    def _compound(self, compound: Compound, functions: tuple[str, ...]) -> tuple[str, set[str], bool, bool]:
        """Return the tag, the classes and ids, whether there are no other conditions, and whether it names anything."""
        tag, marks, alone, keyed = "*", set[str](), True, False
        for part in compound.parts:
            kind, text = part.kind, part.text
            if kind in {"function", "pseudo"}:
                self._pseudo(part, part is compound.parts[0], functions)
                alone = False
            elif kind == "odd":
                raise ValueError(f"{self.source!r} is not a CSS selector: {text!r} is not expected there")
            elif kind == "tag":
                tag = text.lower()
            elif kind == "named":
                keyed = True
                marks.add(text)
                self.names.append(unescape(text[1:].rstrip("*")))
            else:
                alone = False
            if kind == "attribute":
                value, label = part.token["value"], part.token["label"].lower()
                keyed = keyed or value is not None
                self.names += value.strip("\"'").split() if value and label in {"class", "id"} else [label]
        return tag, marks, alone, keyed

    def _pseudo(self, part: Part, is_first: bool, functions: tuple[str, ...]) -> None:
        source, text = self.source, part.token.group()
        name = text.strip(":(").lower()
        if text.startswith("::") and name in {"text", "attr"}:
            raise ValueError(
                f"{source!r}: leave out {part.text}: a selector finds elements, whose text is the value; the key `attr`"
                " takes an attribute instead"
            )
        if part.kind == "pseudo" and (name not in _PLAIN or text.startswith("::")):
            raise ValueError(f"{source!r}: {text} is meaningless without a user")
        if is_first and functions[-1:] == ("has",):
            self._refuse_bare()
        if part.kind == "pseudo":
            return
        if name in _COUNTING:
            if functions:
                raise ValueError(f"{source!r}: :{name}() inside :{functions[-1]}() is not allowed (quadratic time)")
            if " of " in part.text:
                raise ValueError(f"{source!r}: :{name}(... of ...) is not allowed (quadratic time)")
        elif name not in _FUNCTIONS:
            raise ValueError(f"{source!r}: {text}) is not supported; use `where` for texts")
        elif len(functions) >= MAX_NESTING:
            raise ValueError(f"{source!r}: functions nested more than {MAX_NESTING} levels deep are not allowed")
        elif name == "has" and "has" in functions:
            raise ValueError(f"{source!r}: :has() inside :has() is not allowed (unbounded time)")
        else:
            for path in part.inside or ():
                self.member(path, (*functions, name))


def _spelled(path: Path) -> str:
    """Return an alternative in canonical form."""
    return "".join(
        compound.combinator + "".join(_spelled_part(part) for part in compound.parts) for compound in path.compounds
    )


def _spelled_part(part: Part) -> str:
    token = part.token
    if part.kind == "function" and token.group().strip(":(").lower() in _FUNCTIONS:
        return f"{token.group().lower()}{','.join(_spelled(path) for path in part.inside or ())})"
    if part.kind in {"function", "pseudo"}:
        return part.text.lower()
    if part.kind == "attribute" and token["operator"] is None:
        return f"[{token['label']}]"
    if part.kind == "attribute":
        value = token["value"]
        value = value[1:-1] if value[0] in {'"', "'"} else value
        return f'[{token["label"]}{token["operator"]}"{value}"]'
    return part.text


def check_selector(source: str) -> None:
    """Raise ValueError for a selector that is invalid, or too expensive on the worst page."""
    read_selector(source)
    compile_selector(standard_css(source))
