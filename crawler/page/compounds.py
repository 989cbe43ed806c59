"""The conditions of each compound on a selector's path; unsupported compounds are left to the parser."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from .css import Part, parse, unescape
from .css import Path as Written

Key = tuple[str, str]
"""What the index holds elements by: ("#", id), (".", class), ("tag", name), or ("class^=", value) and the like."""

WORD_BEGINS = "~^="
"""The test of `.name-*`: some word of the attribute begins so. CSS has no operator for it."""

WORD_ENDS = (" ", "\\9 ", "\\a ", "\\c ", "\\d ")
"""White space between classes, as it is written in a CSS string."""

_BEGINS = re.compile(
    r':is\(\[class\^="([\w\u0080-\U0010ffff-]+)"\]'
    + "".join(rf', \[class\*="{re.escape(space)}\1"\]' for space in WORD_ENDS)
    + r"\)"
)
_POSITIONS = frozenset({"nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type"})
_FORMULA = re.compile(r"([+-]?\d*)n(?:\s*([+-])\s*(\d+))?|([+-]?\d+)", re.IGNORECASE)


class Position(msgspec.Struct, frozen=True):
    """A condition such as `:nth-child(an+b)`: `css` as written, whether it counts only its tag, and from the end."""

    css: str
    step: int
    start: int
    of_type: bool
    from_last: bool

    def holds(self, number: int) -> bool:
        """Return whether the element with this number, from 1, matches."""
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
        """Return the look-up that finds the fewest elements, or None."""
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
    try:
        return [_path(path) for path in parse(source)]
    except (_Unread, ValueError):
        return []


def _path(path: Written) -> tuple[str, list[Step]]:
    return path.text, [(_compound(compound.parts), compound.combinator or " ") for compound in path.compounds]


def _compound(parts: list[Part]) -> Compound:
    if not parts:
        raise _Unread
    tag = ident = None
    classes: list[str] = []
    attributes: list[tuple[str, str, str]] = []
    positions: list[Position] = []
    logic: list[Logic | Has] = []
    others: list[str] = []
    css = ""
    for part in parts:
        kind, text, token = part.kind, part.text, part.token
        if kind in {"odd", "space"}:
            raise _Unread
        if kind == "function":
            position = _position(text)
            if position is not None:
                positions.append(position)
                continue
            begins = _BEGINS.fullmatch(text)
            if begins is not None:
                attributes.append(("class", WORD_BEGINS, begins[1]))
            elif (function := _function(part)) is not None:
                logic.append(function)
            else:
                others.append(text)
        elif kind == "tag" and text != "*":
            tag = unescape(text).lower()
        elif kind == "named" and text[0] == ".":
            classes.append(unescape(text[1:]))
        elif kind == "named" and ident is None:
            ident = unescape(text[1:])
        elif kind == "attribute" and (token["flag"] or "s") in "sS":
            value = token["value"] or ""
            value = unescape(value[1:-1] if value[:1] in {'"', "'"} else value)
            attributes.append((token["label"].lower(), token["operator"] or "exists", value))
        elif kind != "tag":
            others.append(text)
        css += text
    if tag in _CAMEL_TAGS:
        others.append(tag)
        tag = None
    return Compound(
        tag, ident, tuple(classes), tuple(attributes), tuple(positions), tuple(logic), tuple(others), css or "*"
    )


def _function(part: Part) -> Logic | Has | None:
    """Return a pseudo-class with selectors in its brackets, None for one that only the parser can decide."""
    name = part.token.group().strip(":(").lower()
    inside = part.inside or []
    try:
        if name in {"is", "where", "not"}:
            paths = [_path(path) for path in inside]
            return Logic(name == "not", tuple((source, tuple(steps)) for source, steps in paths))
        if name == "has":
            return Has(tuple(_held(path) for path in inside))
    except _Unread:
        pass
    return None


def _held(path: Written) -> tuple[str, bool]:
    """Return an argument of `:has()` that is one compound, maybe after `>`."""
    first, *others = path.compounds
    child = not first.parts and len(others) == 1 and others[0].combinator == ">"
    if others and not child:
        raise _Unread
    compound = others[0] if child else first
    _compound(compound.parts)  # raises _Unread for one that cannot be read
    return "".join(part.text for part in compound.parts), child


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
