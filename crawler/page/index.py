"""An index of a page's elements by ids and classes: evaluates a hundred selectors at the cost of two parser queries.

The parser finds, in C, the elements that have a class and those that have an id or a tag of note; only these are looked
at here, once, and kept by the ids, classes and class prefixes that the site's rules end in. Most elements of a portal's
page have neither, and most classes mean nothing to any rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from .compounds import Key
from .limits import DEFAULT, check_depth
from .matching import Matching
from .selectors import Path, Selector, fold, holds, tokens

NOTEXT: Final = frozenset({"script", "style", "noscript", "svg", "template", "textarea", "iframe", "option"})
"""Elements whose text does not belong to the page's text (design of the record, "The page's text")."""

ALWAYS: Final = frozenset({"base", "meta"})
"""Elements that the engine itself needs on every page."""

GIVEN: Final = frozenset({"html", "body"})
"""Elements that occur once in a document and that the parser provides directly."""

_CLOSED: Final = -1


class _KeyCache(dict[str | None, tuple[Key, ...]]):
    """Cache: attribute value → keys of the rules that match it. A portal's pages share most values."""

    MEMORY = 20_000

    def __init__(self, keys_of: Callable[[str], list[Key]]) -> None:
        super().__init__()
        self._keys_of = keys_of

    def __missing__(self, value: str | None) -> tuple[Key, ...]:
        if len(self) >= self.MEMORY:
            self.clear()
        keys = self[value] = tuple(self._keys_of(value)) if value else ()
        return keys


class Interest:
    """The keys that a set of selectors needs in an index.

    `sealed` are selectors whose elements are opaque: no selector matches anything inside them. `unclassed` is the query
    for all elements that are selected by anything but their class, except those of `GIVEN`; `by_class` and `by_id` map
    an attribute's value to the keys under which its element is indexed, `loose_class` and `loose_id` do so in quirks
    mode; all elements of the tags in `whole` are indexed.
    """

    def __init__(self, selectors: Iterable[Selector], sealed: Iterable[Selector] = ()) -> None:
        sealing = tuple(sealed)
        asked = (*selectors, *sealing)
        keys = {key for selector in asked for key in selector.keys()}  # noqa: SIM118 - no mapping
        self.tags = {value for kind, value in keys if kind == "tag"} | ALWAYS
        by_tag = {path.last for selector in asked for path in selector.paths if path.direct and path.tag}
        tags = NOTEXT | ALWAYS | (by_tag & self.tags)
        finer = {last for last in by_tag if last.partition("[")[0] not in tags}
        self.whole = frozenset(tags & self.tags)
        self.plain = not any(kind.startswith(("#", ".", "id", "class")) for kind, _ in keys) and not finer
        """Whether elements are selected by their tags alone."""
        others = sorted((tags - GIVEN) | finer)
        self.unclassed = ", ".join(others if self.plain else ["[id]", *others])
        self._ids = {value: [(kind, value)] for kind, value in keys if kind == "#"}
        self._classes = {value: [(kind, value)] for kind, value in keys if kind == "."}
        self._loose_ids = _folded(self._ids)
        self._loose_classes = _folded(self._classes)
        self._class_tests = [key for key in keys if key[0].startswith("class")]
        self._id_tests = [key for key in keys if key[0].startswith("id")]
        self.by_class = _KeyCache(self._of_class)
        self.by_id = _KeyCache(self._of_id)
        self.loose_class = _KeyCache(self._of_loose_class)
        self.loose_id = _KeyCache(self._of_loose_id)
        self.sealed = sealing

    def _of_class(self, value: str) -> list[Key]:
        return _named(self._classes, tokens(value)) + self._by_test(self._class_tests, value)

    def _of_loose_class(self, value: str) -> list[Key]:
        return _named(self._loose_classes, tokens(fold(value))) + self._by_test(self._class_tests, value)

    def _of_id(self, value: str) -> list[Key]:
        return self._ids.get(value, []) + self._by_test(self._id_tests, value)

    def _of_loose_id(self, value: str) -> list[Key]:
        return self._loose_ids.get(fold(value), []) + self._by_test(self._id_tests, value)

    @staticmethod
    def _by_test(tests: list[Key], value: str) -> list[Key]:
        return [key for key in tests if holds(key[0].removeprefix("class").removeprefix("id"), value, key[1])]


def _named(keys: dict[str, list[Key]], names: list[str]) -> list[Key]:
    return [key for name in dict.fromkeys(names) for key in keys.get(name, ())]


def _folded(keys: dict[str, list[Key]]) -> dict[str, list[Key]]:
    folded: dict[str, list[Key]] = {}
    for value, found in keys.items():
        folded.setdefault(fold(value), []).extend(found)
    return folded


class Index:
    """The elements of one document that the selectors of an `Interest` need.

    `textless` are those of `NOTEXT`; of the tags in `whole` every element is held. In `quirks` mode ids and classes are
    compared without case. `unclassed` are the elements that the interest's query finds, where that is known.
    """

    def __init__(
        self,
        dom: LexborHTMLParser,
        interest: Interest,
        *,
        quirks: bool = False,
        unclassed: Sequence[LexborNode] | None = None,
    ) -> None:
        self.textless: list[LexborNode] = []
        self._dom = dom
        self._held: dict[Key, list[LexborNode]] = {}
        self._open: dict[Key, list[LexborNode]] = {}
        self._depths: dict[int, int] = {}
        self._has_closed = False
        self._known = Matching(dom.css, quirks=quirks)
        self.whole = interest.whole
        if not interest.plain:
            self._hold_classes(dom, interest.loose_class if quirks else interest.by_class)
        others = dom.css(interest.unclassed) if unclassed is None else unclassed
        self._hold_others(dom, interest, interest.loose_id if quirks else interest.by_id, others)
        sealed = [node for selector in interest.sealed for nodes in self.groups(selector) for node in nodes]
        self._open.clear()
        self._depths = {node.mem_id: _CLOSED for node in (*self.textless, *sealed)}
        self._has_closed = bool(self._depths)

    def _hold_classes(self, dom: LexborHTMLParser, by_class: _KeyCache) -> None:
        held = self._held
        noted = [(node, keys) for node in dom.css("[class]") if (keys := by_class[node.attrs["class"]])]
        for node, keys in noted:
            for key in keys:
                held.setdefault(key, []).append(node)

    def _hold_others(
        self, dom: LexborHTMLParser, interest: Interest, by_id: _KeyCache, others: Sequence[LexborNode]
    ) -> None:
        held = self._held
        for given in (dom.root, dom.body):
            if given is not None and given.tag in interest.tags:
                held["tag", given.tag] = [given]
        last = 0
        for node in others:
            ident = node.mem_id
            if ident == last:  # found by its id, and again by its tag
                continue
            last = ident
            tag = node.tag or ""
            if tag in NOTEXT:
                self.textless.append(node)
            if tag in interest.tags and tag not in GIVEN:
                held.setdefault(("tag", tag), []).append(node)
            if interest.plain:
                continue
            for key in by_id[node.id]:
                held.setdefault(key, []).append(node)

    @property
    def known(self) -> Matching:
        """What selectors have asked about the document's elements."""
        return self._known

    def everywhere(self, tag: str) -> list[LexborNode]:
        """Return all elements of a tag in `ALWAYS`."""
        return self._held.get(("tag", tag), [])

    def groups(self, selector: Selector) -> Iterator[list[LexborNode]]:
        """Yield the non-empty matches of each alternative of `selector`, in document order.

        The result equals the parser's, except for elements inside a sealed or textless element.
        """
        known = self._known
        for path in selector.paths:
            if path.key is not None and (path.direct or path.tag in self.whole):
                nodes = self.at(path.key)
                if nodes:
                    nodes = [node for node in nodes if path.accepts(node, known)]
            elif path.near is not None and (near := self._near(*path.near)) is not None:
                nodes = [node for node in near if path.fits(node, known)]
                if nodes and self._has_closed:
                    nodes = [node for node in nodes if self.depth(node)]
            else:
                nodes = self._asked(path)
                if nodes and path.squared:
                    nodes = [node for node in nodes if path.confirms(node, known)]
                if nodes and self._has_closed:
                    nodes = [node for node in nodes if self.depth(node)]
            if nodes:
                yield nodes
        if not selector.paths:
            nodes = [node for node in self._dom.css(selector.source) if not self._has_closed or self.depth(node)]
            if nodes:
                yield nodes

    def _near(self, before: Path, key: Key, combinator: str) -> list[LexborNode] | None:
        """Return the children of the elements that `before` matches, or the siblings that follow, in document order.

        None if such elements are nested, because their children are not in order then.
        """
        known = self._known
        found = [node for node in self.at(key) if before.accepts(node, known)]
        if combinator == ">":
            if len(outermost(found)) != len(found):
                return None
            return [child for node in found for child in node.iter() if child.is_element_node]
        first = {node.parent.mem_id: node for node in reversed(found) if node.parent is not None}
        if len(first) > 1:
            return None
        if combinator == "+":
            return [sibling for node in found for sibling in islice(_following(node), 1)]
        return [sibling for node in first.values() for sibling in _following(node)]

    def _asked(self, path: Path) -> list[LexborNode]:
        """Return the parser's matches of `path`, searched only in elements with an id or class on the path.

        For a path that the parser would take too long for, return its matches of the last compound.
        """
        source = path.last if path.squared else path.source
        if not path.scopes:
            return self._dom.css(source)
        key, beside, is_sibling = min(path.scopes, key=lambda scope: len(self.at(scope[0])))
        roots = self.at(key)
        if beside:
            parents = {parent.mem_id: parent for node in roots if (parent := node.parent) is not None}
            roots = [parent for parent in parents.values() if parent.is_element_node]
        nodes = roots[0].css(source) if len(roots) == 1 else [n for root in outermost(roots) for n in root.css(source)]
        if beside and is_sibling:
            return [node for node in nodes if (parent := node.parent) is not None and parent.mem_id in parents]
        return nodes

    def at(self, key: Key) -> list[LexborNode]:
        """Return the elements held by `key` that rules look at: not inside a sealed or textless element.

        Raises `PageRefused` for one that is deeper than `limits.DEFAULT` allows.
        """
        nodes = self._open.get(key)
        if nodes is None:
            held = self._held.get(key)
            nodes = self._open[key] = [node for node in held if self.depth(node)] if held else []
        return nodes

    def depth(self, node: LexborNode) -> int:
        """Return the depth of `node`, itself included; 0 inside a sealed or textless element.

        Raises `PageRefused` where they are more than `limits.DEFAULT` allows.
        """
        depths = self._depths
        way: list[int] = []
        parent = node.parent
        known: int | None = None
        while parent is not None and (known := depths.get(ident := parent.mem_id)) is None:
            way.append(ident)
            parent = parent.parent
        # the document, which is not an element, is the last ancestor
        depth = -1 if known is None else known
        if known == _CLOSED:
            depths.update(dict.fromkeys(way, _CLOSED))
            return 0
        for ident in reversed(way):
            depth += 1
            depths[ident] = depth
        depth += 1
        if depth > DEFAULT.max_depth:
            check_depth(depth, node.tag)
        return depth


def _following(node: LexborNode) -> Iterator[LexborNode]:
    """Yield the elements among the following siblings of `node`."""
    sibling = node.next
    while sibling is not None:
        if sibling.is_element_node:
            yield sibling
        sibling = sibling.next


def outermost(nodes: list[LexborNode]) -> list[LexborNode]:
    """Return `nodes` without those inside another of them."""
    if len(nodes) < 2:
        return nodes
    inside = {node.mem_id for node in nodes}
    outside: set[int] = set()
    kept = []
    for node in nodes:
        way = []
        parent = node.parent
        while parent is not None and (ident := parent.mem_id) not in inside and ident not in outside:
            way.append(ident)
            parent = parent.parent
        if parent is None or parent.mem_id in outside:
            outside.update(way)  # ancestors once known to be outside all of them, or inside one, are not visited again
            kept.append(node)
        else:
            inside.update(way)
    return kept
