"""CSS selectors compiled for a page's index: plain ones become look-ups, the others run in the parser.

A selector is a union of paths of compounds (`.crumb > a.home`, `#text p.lead`, `.body-*`). The index holds the
elements by the ids, classes and class prefixes that rules end in, so that a hundred such rules cost hardly more than
one. What a look-up cannot decide (`:has()`, `:not()`, positions, a bare tag in a box) runs in lexbor, but only in the
elements that the path passes through, and not at all on pages without them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import cssselect
import msgspec
from cssselect import parser as css
from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

Key = tuple[str, str]
"""What the index holds elements by: ("#", id), (".", class), ("tag", name), or ("class^=", value) and the like."""

OPERATORS = {"=", "~=", "|=", "^=", "$=", "*=", "exists"}

WORD_BEGINS = "~^="
"""The test of `.name-*`: some word of the attribute begins so. CSS has no operator for it."""

_BEGINNING = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\.((?:[\w\u0080-\U0010ffff-])+)\*""")


Test = Callable[[LexborNode], bool]


class Compound(msgspec.Struct, frozen=True):
    """What one element must have: a tag, an id, classes, attributes as (name, operator, value)."""

    tag: str | None
    id: str | None
    classes: tuple[str, ...]
    attributes: tuple[tuple[str, str, str], ...] = ()

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
        return Compound(
            tag=None if kind == "tag" else self.tag,
            id=None if kind == "#" else self.id,
            classes=tuple(name for name in self.classes if kind != "." or name != value),
            attributes=tuple(test for test in self.attributes if (test[0] + test[1], test[2]) != key),
        )

    def test(self) -> Test | None:
        """Return a function that tells whether an element has it all, None where nothing is asked."""
        tests: list[Test] = []
        if self.tag is not None:
            tests.append(_tag_test(self.tag))
        if self.id is not None:
            tests.append(_id_test(self.id))
        if self.classes:
            tests.append(_class_test(self.classes))
        tests += [_attribute_test(*attribute) for attribute in self.attributes]
        if not tests:
            return None
        combined = tests[0]
        for test in tests[1:]:
            combined = _both(combined, test)
        return combined


def _both(first: Test, second: Test) -> Test:
    return lambda node: first(node) and second(node)


def _tag_test(tag: str) -> Test:
    return lambda node: node.tag == tag


def _id_test(ident: str) -> Test:
    return lambda node: node.id == ident


def _class_test(classes: tuple[str, ...]) -> Test:
    if len(classes) == 1:
        name = classes[0]
        return lambda node: name in (value := node.attrs.get("class") or "") and name in value.split()
    wanted = set(classes)
    return lambda node: wanted.issubset((node.attrs.get("class") or "").split())


def _attribute_test(name: str, operator: str, wanted: str) -> Test:
    def test(node: LexborNode) -> bool:
        attributes = node.attributes
        return name in attributes and holds(operator, attributes[name] or "", wanted)

    return test


class Path:
    """One alternative of a selector: compounds down to the element that matches.

    `last` is the CSS of the last compound. `key` finds candidates for the match itself, `scopes` find the elements at
    or above it that have an id or class of note. `direct` says that the index alone answers: compounds are all there is
    to it, so that `accepts` decides on a candidate, and candidates are looked up by an id or class, or by the `tag` of
    a path that names nothing else. A path with a `tag` and scopes is answered where the index has all of that tag.
    """

    __slots__ = ("_above", "_rest", "direct", "key", "last", "scopes", "source", "tag")

    def __init__(self, source: str, last_source: str, steps: list[tuple[Compound, bool]], *, plain: bool) -> None:
        """Take the compounds from the outermost to the last, each with whether it must be a child of the one before."""
        last = steps[-1][0]
        self.source = source
        self.last = last_source
        self.key = last.key()
        self.scopes = tuple(key for compound, _ in reversed(steps) if (key := compound.key()) and key[0] != "tag")
        self.tag = self.key[1] if plain and self.key is not None and self.key[0] == "tag" else None
        self.direct = plain and self.key is not None and (self.tag is None or not self.scopes)
        self._rest = last.without(self.key).test() if self.key else None
        # from the last step's parent upwards: the test, and whether only the very parent will do
        self._above = [
            (above.test() or _anything, steps[number + 1][1]) for number, (above, _) in enumerate(steps[:-1])
        ][::-1]

    def accepts(self, node: LexborNode) -> bool:
        """Tell whether `node`, found by the key, has the rest and the ancestors that a plain path asks."""
        if self._rest is not None and not self._rest(node):
            return False
        return not self._above or self._climb(node, 0) is True

    def _climb(self, node: LexborNode, position: int) -> bool | None:
        """Tell whether ancestors of `node` match from `position` on; None where no start further up would either.

        A step that finds nothing up to the root fails for every start above as well: without that, a path of many
        descendant steps on a deep page would try them all in all combinations.
        """
        test, child = self._above[position]
        last = position + 1 == len(self._above)
        parent = node.parent
        while parent is not None and parent.is_element_node:
            if test(parent):
                found = True if last else self._climb(parent, position + 1)
                if found is not False:
                    return found
            if child:
                return False
            parent = parent.parent
        return None


def _anything(_node: LexborNode) -> bool:
    return True


class Selector(msgspec.Struct, frozen=True, eq=False):
    """A compiled selector: its alternatives, none for one that only lexbor can take apart."""

    source: str
    paths: tuple[Path, ...]

    def keys(self) -> set[Key]:
        """Return the look-ups that an index needs for it."""
        keys: set[Key] = set()
        for path in self.paths:
            keys.update((path.key,) if path.direct and path.key is not None else path.scopes)
        return keys


def holds(operator: str, actual: str, wanted: str) -> bool:
    """Tell whether an attribute's value passes a test, as CSS defines it (an empty `wanted` matches nothing)."""
    if operator == "exists":
        return True
    if operator == "=":
        return actual == wanted
    if not wanted:
        return False
    if operator == "^=":
        return actual.startswith(wanted)
    if operator == "$=":
        return actual.endswith(wanted)
    if operator == "*=":
        return wanted in actual
    if operator == "~=":
        return wanted in actual.split()
    if operator == WORD_BEGINS:
        return wanted in actual and any(word.startswith(wanted) for word in actual.split())
    return actual == wanted or actual.startswith(wanted + "-")


@lru_cache(maxsize=4096)
def standard_css(source: str) -> str:
    """Return `source` with `.name-*`, an element one of whose classes begins with `name-`, written as CSS has it.

    That is an `:is()` of two attribute tests, since the class may be the first of several or stand behind others.
    """
    return _BEGINNING.sub(
        lambda found: found[1] or f':is([class^="{found[2]}"], [class*=" {found[2]}"])',
        source,
    )


def _beginning(tree: css.Matching) -> str | None:
    """Return `name-` where `tree` is what `standard_css` makes of `.name-*`, None for any other `:is()`."""
    tests = []
    for part in tree.selector_list:
        if not isinstance(part, css.Attrib) or part.attrib != "class" or part.value is None:
            return None
        if not isinstance(part.selector, css.Element) or part.selector.element is not None:
            return None
        tests.append((part.operator, part.value.value))
    start = tests[0][1]
    return start if start and tests == [("^=", start), ("*=", f" {start}")] else None


@lru_cache(maxsize=4096)
def compile_selector(source: str) -> Selector:
    """Compile `source`; raises ValueError naming the fault where lexbor cannot parse it."""
    try:
        LexborHTMLParser("").css(source)
    except SelectolaxError:
        raise ValueError(f"not a CSS selector: {source!r}") from None
    try:
        parsed = cssselect.parse(source)
    except cssselect.SelectorError:
        return Selector(source, ())
    paths = []
    for alternative in parsed:
        tree = alternative.parsed_tree
        steps, plain = _steps(tree)
        last = tree.subselector if isinstance(tree, css.CombinedSelector) else tree
        whole = source if len(parsed) == 1 else alternative.canonical()
        paths.append(Path(whole, last.canonical(), steps, plain=plain))
    return Selector(source, tuple(paths))


def _steps(tree: css.Tree) -> tuple[list[tuple[Compound, bool]], bool]:
    """Return one parsed alternative as (compound, must be a child) from the outside in, and whether that is all."""
    steps: list[tuple[Compound, bool]] = []
    plain = True
    current = tree
    while isinstance(current, css.CombinedSelector):
        compound, is_plain = _compound(current.subselector)
        plain = plain and is_plain and current.combinator in {" ", ">"}
        steps.append((compound, current.combinator == ">"))
        current = current.selector
    compound, is_plain = _compound(current)
    steps.append((compound, False))
    return steps[::-1], plain and is_plain


def _compound(tree: css.Tree) -> tuple[Compound, bool]:
    """Return what one compound asks by tag, id, class and attribute, and whether that is all of it."""
    ident: str | None = None
    classes: list[str] = []
    attributes: list[tuple[str, str, str]] = []
    plain = True
    node = tree
    while not isinstance(node, css.Element):
        if isinstance(node, css.Class):
            classes.append(node.class_name)
        elif isinstance(node, css.Hash):
            plain = plain and ident is None
            ident = node.id
        elif isinstance(node, css.Attrib) and node.operator in OPERATORS and node.namespace is None:
            value = node.value.value if node.value is not None else ""
            attributes.append((node.attrib.lower(), node.operator, value or ""))
        elif isinstance(node, css.Matching) and (start := _beginning(node)) is not None:
            attributes.append(("class", WORD_BEGINS, start))
        else:
            plain = False
        node = node.selector
    tag = node.element.lower() if node.element else None
    return Compound(tag, ident, tuple(classes), tuple(attributes)), plain and node.namespace is None
