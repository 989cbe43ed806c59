"""Compiles CSS selectors for a page's index: plain ones become look-ups, the others run in the parser.

A selector is a union of paths of compounds (`.crumb > a.home`, `#text p.lead + p`, `.body-*`). The index
holds the elements by the ids, classes and class prefixes that rules end in, so that a hundred such rules cost hardly
more than one. What a look-up cannot decide (`:has()`, `:not()`, a bare tag in a box) runs in lexbor, but only in the
elements that the path passes through, and not at all on pages without them. The answer is always lexbor's own.

lexbor takes the square of the number of siblings for `~` and `:nth-child()`; these are decided here, each element once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, reduce

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from .compounds import (
    FOREIGN,
    WORD_BEGINS,
    WORD_ENDS,
    Compound,
    Has,
    Key,
    Logic,
    Position,
    Step,
    read_paths,
)
from .css import SPACE
from .matching import Matching

_DOCTYPE = re.compile(rb"<!doctype[^>]*+>", re.IGNORECASE)
_BEGINNING = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\.((?:[\w\u0080-\U0010ffff-])+)\*""")

_as_written: dict[str, str] = {}

Test = Callable[[LexborNode, Matching], bool]


def _test(compound: Compound) -> Test | None:
    """Return a function that decides whether an element matches `compound`, or None if it has no conditions."""
    tests: list[Test] = []
    if compound.tag is not None:
        tests.append(_tag_test(compound.tag))
    if compound.id is not None:
        tests.append(_id_test(compound.id))
    if compound.classes:
        tests.append(_class_test(compound.classes))
    tests += [_attribute_test(*attribute) for attribute in compound.attributes]
    tests += [_has_test(logic) if isinstance(logic, Has) else _logic_test(logic) for logic in compound.logic]
    if compound.others:
        tests.append(_parser_test(compound.css))
    tests += [_position_test(position) for position in compound.positions]
    if not tests:
        return None
    return reduce(_both, tests)


def _both(first: Test, second: Test) -> Test:
    return lambda node, known: first(node, known) and second(node, known)


def _either(first: Test, second: Test) -> Test:
    return lambda node, known: first(node, known) or second(node, known)


def _opposite(test: Test) -> Test:
    return lambda node, known: not test(node, known)


def _tag_test(tag: str) -> Test:
    return lambda node, _known: node.tag == tag


def _id_test(ident: str) -> Test:
    folded = fold(ident)
    return lambda node, known: node.id == ident or (known.quirks and fold(node.id or "") == folded)


def _class_test(classes: tuple[str, ...]) -> Test:
    wanted, folded = set(classes), {fold(name) for name in classes}
    first = classes[0]

    def test(node: LexborNode, known: Matching) -> bool:
        value = node.attrs.get("class") or ""
        if known.quirks:
            return folded.issubset(tokens(fold(value)))
        return first in value and wanted.issubset(tokens(value))

    return test


def _attribute_test(name: str, operator: str, wanted: str) -> Test:
    foreign = FOREIGN.get(name, name)

    def test(node: LexborNode, known: Matching) -> bool:
        attributes = node.attributes
        if name in attributes:
            return holds(operator, attributes[name] or "", wanted)
        if foreign not in attributes or not known.matched(f"[{name}]", node):  # HTML elements may have it as well
            return False
        return holds(operator, attributes[foreign] or "", wanted)

    return test


def _parser_test(css: str) -> Test:
    return lambda node, known: known.matched(css, node)


def _logic_test(logic: Logic) -> Test:
    tests = [Path(source, list(steps)).test for source, steps in logic.alternatives]
    either = reduce(_either, tests) if tests else _opposite(_anything)
    return _opposite(either) if logic.negated else either


def _has_test(has: Has) -> Test:
    return reduce(_either, [_holder_test(css, child=child) for css, child in has.inside])


def _holder_test(css: str, *, child: bool) -> Test:
    return lambda node, known: known.holds(css, node, child=child)


def _position_test(position: Position) -> Test:
    return lambda node, known: known.at(position, node)


def _anything(_node: LexborNode, _known: Matching) -> bool:
    return True


_NEAR = 16
"""Ancestors that are searched again for each element: pages are about this deep."""


class Path:
    """One alternative of a selector: compounds down to the element that matches.

    `last` is the CSS of the last compound, less positions. `key` finds candidates for the match itself; `scopes` find
    elements that have an id or class of note, and whether the match lies in the parent of such an element (a sibling
    follows) or at or below itself, and whether it is itself that sibling. `direct` says that the index alone answers:
    candidates are looked up by an id or class, or by the `tag` of a path that asks for nothing else. A path with a
    `tag` and scopes is answered where the index has all of that tag. `near` is the path up to the compound before the
    last, and the combinator between them, where only the children or siblings of such elements need a look: with
    `fits`, whether one of them matches the last compound. `test` is whether any element matches the whole path.
    `squared` says that the parser would compare siblings with siblings.
    """

    __slots__ = (
        "_above", "_placed", "_rest", "direct", "fits", "key", "last", "near", "scopes", "source", "squared", "tag",
        "test",
    )  # fmt: skip

    def __init__(self, source: str, steps: list[Step]) -> None:
        """`steps` are the compounds from the outermost to the last, each with the combinator before it."""
        last = steps[-1][0]
        plain = not any(compound.others for compound, _ in steps)
        self.source = source
        self.last = last.css
        self.key = last.key()
        after = [combinator for _, combinator in steps[1:]] + [" "]
        self.scopes = tuple(
            (key, beside, beside and distance == 1)
            for distance, ((compound, _), combinator) in enumerate(zip(reversed(steps), reversed(after), strict=True))
            if (key := compound.key()) and key[0] != "tag"
            for beside in (combinator in "+~",)
        )
        self.squared = any(compound.positions for compound, _ in steps) or "~" in after
        self.tag = self.key[1] if plain and self.key is not None and self.key[0] == "tag" else None
        self.direct = (
            plain and self.key is not None and (self.tag is None or not (self.scopes or last.logic or last.positions))
        )
        self.near: tuple[Path, Key, str] | None = None
        if plain and not self.direct and len(steps) > 1 and steps[-1][1] != " ":
            before = Path("", steps[:-1])
            if before.key is not None and (before.key[0] != "tag" or before.key[1] in {"body", "html"}):
                self.near = before, before.key, steps[-1][1]
        whole = _test(last)
        self.fits: Test = whole or _anything
        self._placed = _test(Compound(None, None, (), positions=last.positions))
        self._rest = _test(last.without(self.key)) if self.key else whole
        # from the last step's parent or sibling outwards: the test, and the combinator to its right
        self._above = [(_test(above) or _anything, after[number]) for number, (above, _) in enumerate(steps[:-1])][::-1]
        self.test: Test = self.matches if self._above else self.fits

    def accepts(self, node: LexborNode, known: Matching) -> bool:
        """Return whether `node`, found by the key, also matches the rest of the path."""
        if self._rest is not None and not self._rest(node, known):
            return False
        return not self._above or self._reach(node, 0, known) is True

    def confirms(self, node: LexborNode, known: Matching) -> bool:
        """Return whether `node`, found by `last`, matches the path."""
        if self._placed is not None and not self._placed(node, known):
            return False
        return not self._above or self._reach(node, 0, known) is True

    def matches(self, node: LexborNode, known: Matching) -> bool:
        """Return whether `node` matches the path."""
        return self.fits(node, known) and (not self._above or self._reach(node, 0, known) is True)

    def _reach(self, node: LexborNode, position: int, known: Matching) -> bool | None:
        """Return whether the steps from `position` on match around `node`; None where no start further up would either.

        A step that finds nothing up to the root fails for every start above as well: without that, a path of many
        descendant steps on a deep page would try them all in all combinations.
        """
        test, combinator = self._above[position]
        if combinator in "+~":
            return self._beside(node, position, known)
        last = position + 1 == len(self._above)
        parent = node.parent
        if combinator == ">":
            if parent is None or not parent.is_element_node:
                return None
            return test(parent, known) and (True if last else self._reach(parent, position + 1, known))
        for _ in range(_NEAR):
            if parent is None or not parent.is_element_node:
                return None
            if test(parent, known):
                found = True if last else self._reach(parent, position + 1, known)
                if found is not False:
                    return found
            parent = parent.parent
        return self._far(parent, position, known)

    def _far(self, node: LexborNode | None, position: int, known: Matching) -> bool | None:
        """Like `_reach`, from the ancestor `node` on; results are cached, since many elements may be as deep."""
        test, _ = self._above[position]
        way: list[tuple[Path, int, int]] = []
        found: bool | None = None
        while node is not None and node.is_element_node:
            place = (self, position, node.mem_id)
            if place in known.before:
                found = known.before[place]
                break
            way.append(place)
            if test(node, known):
                found = True if position + 1 == len(self._above) else self._reach(node, position + 1, known)
                if found is not False:
                    break
                found = None
            node = node.parent
        known.before.update(dict.fromkeys(way, found))
        return found

    def _beside(self, node: LexborNode, position: int, known: Matching) -> bool | None:
        """Like `_reach`, among the siblings before `node`; results are cached."""
        test, combinator = self._above[position]
        last = position + 1 == len(self._above)
        way: list[tuple[Path, int, int]] = []
        current: LexborNode | None = node
        found: bool | None = False
        while current is not None:
            place = (self, position, current.mem_id)
            if place in known.before:
                found = known.before[place]
                break
            way.append(place)
            current = current.prev
            while current is not None and not current.is_element_node:
                current = current.prev
            if current is not None and test(current, known):
                found = True if last else self._reach(current, position + 1, known)
                if found is not False:
                    break
            if combinator == "+":
                break
        known.before.update(dict.fromkeys(way, found))
        return found


class Selector(msgspec.Struct, frozen=True, eq=False):
    """A compiled selector: its alternatives, or () if only lexbor can parse it."""

    source: str
    paths: tuple[Path, ...]
    squared: bool = False
    """Whether the parser alone would take quadratic time in the number of siblings."""

    def keys(self) -> set[Key]:
        """Return the look-ups that it needs in an index."""
        keys: set[Key] = set()
        for path in self.paths:
            keys.update((path.key,) if path.direct and path.key is not None else [key for key, _, _ in path.scopes])
            keys.update([path.near[1]] if path.near is not None else [])
        return keys

    def within(self, region: LexborNode, known: Matching | None = None) -> list[LexborNode]:
        """Return lexbor's matches in `region`, itself included, in document order, in linear time.

        `known` are the facts about the region's document, which regions beside each other share.
        """
        if not self.squared:
            return region.css(self.source)
        if known is None:
            known = Matching(region.parser.css, quirks=is_quirky(region.parser))
        nodes = {node.mem_id: node for node in region.css(", ".join(dict.fromkeys(path.last for path in self.paths)))}
        return [node for node in nodes.values() if any(path.test(node, known) for path in self.paths)]


def is_quirky(dom: LexborHTMLParser) -> bool:
    """Return whether ids and classes are case-insensitive, as on pages with an old doctype (quirks mode)."""
    before = dom.root.prev if dom.root is not None else None
    while before is not None and before.tag != "-doctype":
        before = before.prev
    if before is None:
        return True
    doctype = _DOCTYPE.search(dom.raw_html)
    return doctype is not None and _asks_for_quirks(doctype[0])


@lru_cache(maxsize=256)
def _asks_for_quirks(doctype: bytes) -> bool:
    return LexborHTMLParser(doctype + b"<p class=A>").css_first(".a") is not None


def tokens(value: str) -> list[str]:
    """Return the classes of a class attribute's value."""
    if value.isascii() and value.isprintable():
        return value.split()
    for space in SPACE[1:]:
        value = value.replace(space, " ")
    return value.split(" ")


def fold(text: str) -> str:
    """Return `text` with ASCII letters in lower case, for comparing ids and classes in quirks mode."""
    return text.lower() if text.isascii() else "".join(char.lower() if char.isascii() else char for char in text)


def holds(operator: str, actual: str, wanted: str) -> bool:
    """Return whether an attribute's value passes a test, as defined by CSS."""
    if operator == "exists":
        return True
    if operator == "=":
        return actual == wanted
    if operator == "|=":
        return actual == wanted or actual.startswith(wanted + "-")
    if not wanted:
        return False
    if operator == "^=":
        return actual.startswith(wanted)
    if operator == "$=":
        return actual.endswith(wanted)
    if operator == "*=":
        return wanted in actual
    if operator == WORD_BEGINS:
        return wanted in actual and any(word.startswith(wanted) for word in tokens(actual))
    return wanted in tokens(actual)


@lru_cache(maxsize=4096)
def standard_css(source: str) -> str:
    """Return `source` with `.name-*`, an element one of whose classes begins with `name-`, written as CSS has it.

    That is an `:is()` of attribute tests, since the class may be the first of several or follow others.
    """
    written = _BEGINNING.sub(_written_out, source)
    if written != source:
        _as_written[written] = source
    return written


def as_written(css: str) -> str:
    """Return the selector that `standard_css` expanded to `css`, for display; `css` itself if it was not expanded."""
    return _as_written.get(css, css)


def _written_out(found: re.Match[str]) -> str:
    if found[1]:
        return found[1]
    # the parser misses elements if a compound begins with a pseudo-class
    first = found.start() == 0 or found.string[found.start() - 1] in f"{SPACE}>+~,("
    start = found[2]
    tests = [f'[class^="{start}"]', *(f'[class*="{space}{start}"]' for space in WORD_ENDS)]
    return f"{'*' if first else ''}:is({', '.join(tests)})"


@lru_cache(maxsize=4096)
def compile_selector(source: str) -> Selector:
    """Compile `source`; raises ValueError with the reason if lexbor cannot parse it."""
    try:
        LexborHTMLParser("").css(source)
    except SelectolaxError:
        raise ValueError(f"not a CSS selector: {source!r}") from None
    paths = tuple(Path(whole, steps) for whole, steps in read_paths(source))
    return Selector(source, paths, any(path.squared for path in paths))


def select_in(region: LexborNode, source: str) -> list[LexborNode]:
    """Return the matches of the CSS selector `source` in `region`, itself included, in document order."""
    return compile_selector(source).within(region)
