"""CSS selectors cut into compounds: what each element on a selector's path is asked for.

Only the parser (lexbor) decides what is a selector; this reads one that it has accepted. What it cannot read is left
to the parser as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

Key = tuple[str, str]
"""What the index holds elements by: ("#", id), (".", class), ("tag", name), or ("class^=", value) and the like."""

SPACE = " \t\n\f\r"
"""White space between classes, by the HTML standard; Python's `split()` knows more."""

_ESCAPE = r"\\[0-9A-Fa-f]{1,6}[ \t\n\f\r]?|\\[^\n\f\r0-9A-Fa-f]"
_NAME = rf"(?:[\w\u0080-\U0010ffff-]|{_ESCAPE})+"
WORD_BEGINS = "~^="
"""The test of `.name-*`: some word of the attribute begins so. CSS has no operator for it."""

WORD_ENDS = (" ", "\\9 ", "\\a ", "\\c ", "\\d ")
"""White space between classes, as it is written in a CSS string."""

_BEGINS = re.compile(
    r':is\(\[class\^="([\w\u0080-\U0010ffff-]+)"\]'
    + "".join(rf', \[class\*="{re.escape(space)}\1"\]' for space in WORD_ENDS)
    + r"\)"
)
TOKEN = re.compile(
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
_POSITIONS = frozenset({"nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type"})
_FORMULA = re.compile(r"([+-]?\d*)n(?:\s*([+-])\s*(\d+))?|([+-]?\d+)", re.IGNORECASE)


class Position(msgspec.Struct, frozen=True):
    """`:nth-child(an+b)` and its kin: `css` as written; of its tag only, counted from the last."""

    css: str
    step: int
    start: int
    of_type: bool
    from_last: bool

    def holds(self, number: int) -> bool:
        """Return whether the element with this number, from 1, is one of those asked for."""
        if not self.step:
            return number == self.start
        return (number - self.start) % self.step == 0 and (number - self.start) // self.step >= 0


class Logic(msgspec.Struct, frozen=True):
    """`:is()`, `:where()` or `:not()` of `alternatives`, each as written with its steps."""

    negated: bool
    alternatives: tuple[tuple[str, tuple[tuple[Compound, str], ...]], ...]


class Has(msgspec.Struct, frozen=True):
    """`:has()` of single compounds, each as written and with whether it must be a child."""

    inside: tuple[tuple[str, bool], ...]


class Compound(msgspec.Struct, frozen=True):
    """What one element must have: a tag, an id, classes, attributes as (name, operator, value), a position, logic.

    `others` are the parts that only the parser can decide; `css` is the compound without its positions.
    """

    tag: str | None
    id: str | None
    classes: tuple[str, ...]
    attributes: tuple[tuple[str, str, str], ...] = ()
    positions: tuple[Position, ...] = ()
    logic: tuple[Logic | Has, ...] = ()
    others: tuple[str, ...] = ()
    css: str = "*"

    def key(self) -> Key | None:
        """Return the look-up that finds the fewest elements, None where there is none to make."""
        if self.id:
            return ("#", self.id)
        if self.classes:
            return (".", self.classes[0])
        for name, operator, value in self.attributes:
            if name in {"class", "id"} and operator != "exists" and value:
                return (name + operator, value)
        return ("tag", self.tag) if self.tag else None

    def without(self, key: Key) -> Compound:
        """Return what is left to ask of an element that was found by `key`."""
        kind, value = key
        return msgspec.structs.replace(
            self,
            tag=None if kind == "tag" else self.tag,
            id=None if kind == "#" else self.id,
            classes=tuple(name for name in self.classes if kind != "." or name != value),
            attributes=tuple(test for test in self.attributes if (test[0] + test[1], test[2]) != key),
        )


Step = tuple[Compound, str]
"""A compound, and the combinator between it and the one before (of the first: a space)."""


class _Unread(Exception):  # noqa: N818 - never seen outside
    pass


def read_paths(source: str) -> list[tuple[str, list[Step]]]:
    """Return each alternative of `source`: as written, and its compounds from the outside in; [] if unreadable."""
    text = source.strip()
    try:
        return [_path(text, tokens) for tokens in _alternatives(TOKEN.finditer(text))]
    except _Unread:
        return []


def _alternatives(found: Iterable[re.Match[str]]) -> Iterator[list[re.Match[str]]]:
    depth = 0
    tokens: list[re.Match[str]] = []
    for token in found:
        kind = token.lastgroup
        depth += (kind == "function") - (kind == "close")
        if depth < 0 or (kind in {"odd", "space"} and not depth):
            raise _Unread
        if kind == "comma" and not depth:
            yield tokens
            tokens = []
        else:
            tokens.append(token)
    if depth:
        raise _Unread
    yield tokens


def _path(text: str, tokens: list[re.Match[str]]) -> tuple[str, list[Step]]:
    steps: list[Step] = []
    parts: list[re.Match[str]] = []
    combinator, depth = " ", 0
    for token in tokens:
        if token.lastgroup == "combinator" and not depth:
            steps.append((_compound(text, parts), combinator))
            combinator, parts = token.group().strip() or " ", []
            continue
        depth += (token.lastgroup == "function") - (token.lastgroup == "close")
        parts.append(token)
    steps.append((_compound(text, parts), combinator))
    return text[tokens[0].start() : tokens[-1].end()], steps


def _compound(text: str, parts: list[re.Match[str]]) -> Compound:
    if not parts:
        raise _Unread
    tag = ident = None
    classes: list[str] = []
    attributes: list[tuple[str, str, str]] = []
    positions: list[Position] = []
    logic: list[Logic | Has] = []
    others: list[str] = []
    css = ""
    at = 0
    while at < len(parts):
        token = parts[at]
        kind, part = token.lastgroup, token.group()
        at += 1
        if kind == "function":
            depth, inside = 1, at
            while depth and at < len(parts):
                depth += (parts[at].lastgroup == "function") - (parts[at].lastgroup == "close")
                at += 1
            part = text[token.start() : parts[at - 1].end()]
            position = _position(part)
            if position is not None:
                positions.append(position)
                continue
            begins = _BEGINS.fullmatch(part)
            if begins is not None:
                attributes.append(("class", WORD_BEGINS, begins[1]))
            elif (function := _function(text, token.group(), parts[inside : at - 1])) is not None:
                logic.append(function)
            else:
                others.append(part)
        elif kind == "tag" and part != "*":
            tag = unescape(part).lower()
        elif kind == "named" and part[0] == ".":
            classes.append(unescape(part[1:]))
        elif kind == "named" and ident is None:
            ident = unescape(part[1:])
        elif kind == "attribute" and (token["flag"] or "s") in "sS":
            value = token["value"] or ""
            value = unescape(value[1:-1] if value[:1] in {'"', "'"} else value)
            attributes.append((token["label"].lower(), token["operator"] or "exists", value))
        elif kind != "tag":
            others.append(part)
        css += part
    if tag in _CAMEL_TAGS:
        others.append(tag)
        tag = None
    return Compound(
        tag, ident, tuple(classes), tuple(attributes), tuple(positions), tuple(logic), tuple(others), css or "*"
    )


def _function(text: str, name: str, inside: list[re.Match[str]]) -> Logic | Has | None:
    """Return a pseudo-class with selectors in its brackets, None for one that only the parser can decide."""
    name = name.strip(":(").lower()
    try:
        alternatives = list(_alternatives(inside))
        if name in {"is", "where", "not"}:
            paths = [_path(text, tokens) for tokens in alternatives]
            return Logic(name == "not", tuple((source, tuple(steps)) for source, steps in paths))
        if name == "has":
            return Has(tuple(_held(text, tokens) for tokens in alternatives))
    except _Unread:
        pass
    return None


def _held(text: str, tokens: list[re.Match[str]]) -> tuple[str, bool]:
    """Return an argument of `:has()` that is one compound, maybe after `>`."""
    child = bool(tokens) and tokens[0].lastgroup == "combinator" and tokens[0].group().strip() == ">"
    source, steps = _path(text, tokens[child:])
    if len(steps) > 1:
        raise _Unread
    return source, child


def _position(part: str) -> Position | None:
    name, _, argument = part.strip(":)").partition("(")
    name, argument = name.lower(), argument.strip().lower()
    if name not in _POSITIONS:
        return None
    formula = {"odd": "2n+1", "even": "2n"}.get(argument, argument)
    found = _FORMULA.fullmatch(formula)
    if found is None:
        return None
    if found[4]:
        step, start = 0, int(found[4])
    else:
        step = int(found[1] + "1" if found[1] in {"", "+", "-"} else found[1])
        start = int((found[2] or "+") + (found[3] or "0"))
    return Position(part, step, start, of_type="of-type" in name, from_last="last" in name)


def unescape(text: str) -> str:
    """Return an identifier or the inside of a string as it is meant, its escapes undone."""
    return _UNESCAPED.sub(_meant, text) if "\\" in text else text


def _meant(found: re.Match[str]) -> str:
    if found[1]:
        code = int(found[1], 16)
        return chr(code) if 0 < code < 0xD800 or 0xDFFF < code < 0x110000 else "\ufffd"
    return found[3] or ""


_CAMEL_TAGS = frozenset(
    """
    altglyph altglyphdef altglyphitem animatecolor animatemotion animatetransform clippath feblend fecolormatrix
    fecomponenttransfer fecomposite feconvolvematrix fediffuselighting fedisplacementmap fedistantlight fedropshadow
    feflood fefunca fefuncb fefuncg fefuncr fegaussianblur feimage femerge femergenode femorphology feoffset
    fepointlight fespecularlighting fespotlight fetile feturbulence foreignobject glyphref lineargradient
    radialgradient textpath
    """.split()  # noqa: SIM905 - a list of words
)
"""Tags that the parser writes with capitals inside SVG (https://html.spec.whatwg.org/#parsing-main-inforeign)."""

_CAMEL_ATTRIBUTES = """
    attributeName attributeType baseFrequency baseProfile calcMode clipPathUnits diffuseConstant edgeMode
    filterUnits glyphRef gradientTransform gradientUnits kernelMatrix kernelUnitLength keyPoints keySplines keyTimes
    lengthAdjust limitingConeAngle markerHeight markerUnits markerWidth maskContentUnits maskUnits numOctaves
    pathLength patternContentUnits patternTransform patternUnits pointsAtX pointsAtY pointsAtZ preserveAlpha
    preserveAspectRatio primitiveUnits refX refY repeatCount repeatDur requiredExtensions requiredFeatures
    specularConstant specularExponent spreadMethod startOffset stdDeviation stitchTiles surfaceScale systemLanguage
    tableValues targetX targetY textLength viewBox viewTarget xChannelSelector yChannelSelector zoomAndPan
    definitionURL
    """.split()  # noqa: SIM905 - a list of words
FOREIGN: Final = {
    **{name.lower(): name for name in _CAMEL_ATTRIBUTES},
    **{name: f"xlink:{name}" for name in ("actuate", "arcrole", "href", "role", "show", "title", "type")},
    **{name: f"xml:{name}" for name in ("lang", "space")},
}
"""Attributes by the name that selectors have for them, as the parser writes them in SVG and MathML (same source)."""
