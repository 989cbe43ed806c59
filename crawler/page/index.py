"""A page's elements by what rules ask for: the answer to a hundred selectors for two passes of the parser.

The parser finds, in C, the elements that have a class and those that have an id or a tag of note; only these are looked
at here, once, and kept by the ids, classes and class prefixes that the site's rules end in. Most elements of a portal's
page have neither, and most classes mean nothing to any rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.page.limits import DEFAULT, check_depth
from crawler.page.selectors import Key, Path, Selector, holds

NOTEXT: Final = frozenset({"script", "style", "noscript", "svg", "template", "textarea", "iframe", "option"})
"""Elements whose text is not the page's text (design of the record, "The page's text")."""

ALWAYS: Final = frozenset({"base", "meta"})
"""Elements that the engine itself asks every page for."""

GIVEN: Final = frozenset({"html", "body"})
"""Elements of which a document has one, and the parser names it."""

_CLOSED: Final = -1


class _Meanings(dict[str | None, tuple[Key, ...]]):
    """What each value of an attribute means, told once by `told`; a portal's pages share most of their values."""

    MEMORY = 20_000

    def __init__(self, told: Callable[[str], list[Key]]) -> None:
        super().__init__()
        self._told = told

    def __missing__(self, value: str | None) -> tuple[Key, ...]:
        if len(self) >= self.MEMORY:
            self.clear()
        keys = self[value] = tuple(self._told(value)) if value else ()
        return keys


class Interest:
    """The keys that a set of selectors asks for; what an index needs to hold.

    `sealed` are selectors whose elements are taken whole: nothing inside them is looked for. `unclassed` is the query
    for all elements that are asked for by anything but their class, less those of `GIVEN`; `by_class` and `by_id` give
    the keys that an element with such an attribute is held by; of the tags in `whole` every element is held.
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
        self.unclassed = ", ".join(["[id]", *sorted((tags - GIVEN) | finer)])
        self._ids = {value: (kind, value) for kind, value in keys if kind == "#"}
        self._classes = {value: (kind, value) for kind, value in keys if kind == "."}
        self._class_tests = [key for key in keys if key[0].startswith("class")]
        self._id_tests = [key for key in keys if key[0].startswith("id")]
        self.by_class = _Meanings(self._of_class)
        self.by_id = _Meanings(self._of_id)
        self.sealed: dict[Key, list[Path]] = {}
        for selector in sealing:
            for path in selector.paths:
                if path.direct and path.key is not None:
                    self.sealed.setdefault(path.key, []).append(path)

    def _of_class(self, value: str) -> list[Key]:
        found = [self._classes[token] for token in dict.fromkeys(value.split()) if token in self._classes]
        return found + [key for key in self._class_tests if holds(key[0][5:], value, key[1])]

    def _of_id(self, value: str) -> list[Key]:
        found = [self._ids[value]] if value in self._ids else []
        return found + [key for key in self._id_tests if holds(key[0][2:], value, key[1])]


class Index:
    """The elements of one document that the selectors of an `Interest` ask for.

    `textless` are those of `NOTEXT`; of the tags in `whole` every element is held.
    """

    def __init__(self, dom: LexborHTMLParser, interest: Interest) -> None:
        self.textless: list[LexborNode] = []
        self._held: dict[Key, list[LexborNode]] = {}
        self._open: dict[Key, list[LexborNode]] = {}
        self._depths: dict[int, int] = {}
        self.whole = interest.whole
        self._hold_classes(dom, interest)
        self._hold_others(dom, interest)
        closed = {node.mem_id for node in self.textless}
        sealed = [
            node.mem_id
            for key, paths in interest.sealed.items()
            for node in self._held.get(key, ())
            if self.depth(node) and any(path.accepts(node) for path in paths)
        ]
        self._open.clear()
        self._depths = dict.fromkeys([*closed, *sealed], _CLOSED)

    def _hold_classes(self, dom: LexborHTMLParser, interest: Interest) -> None:
        held, by_class = self._held, interest.by_class
        noted = [(node, keys) for node in dom.css("[class]") if (keys := by_class[node.attrs["class"]])]
        for node, keys in noted:
            for key in keys:
                held.setdefault(key, []).append(node)

    def _hold_others(self, dom: LexborHTMLParser, interest: Interest) -> None:
        held = self._held
        for given in (dom.root, dom.body):
            if given is not None and given.tag in interest.tags:
                held["tag", given.tag] = [given]
        last = 0
        for node in dom.css(interest.unclassed):
            ident = node.mem_id
            if ident == last:  # found by its id, and by its tag once more
                continue
            last = ident
            tag = node.tag or ""
            if tag in NOTEXT:
                self.textless.append(node)
            if tag in interest.tags and tag not in GIVEN:
                held.setdefault(("tag", tag), []).append(node)
            for key in interest.by_id[node.id]:
                held.setdefault(key, []).append(node)

    def everywhere(self, tag: str) -> list[LexborNode]:
        """Return the elements of a tag in `ALWAYS`, wherever they stand."""
        return self._held.get(("tag", tag), [])

    def at(self, key: Key) -> list[LexborNode]:
        """Return the elements held by `key` that rules look at: not inside a sealed or textless element.

        Raises `PageRefused` for one that stands deeper than `limits.DEFAULT` allows.
        """
        nodes = self._open.get(key)
        if nodes is None:
            held = self._held.get(key)
            nodes = self._open[key] = [node for node in held if self.depth(node)] if held else []
        return nodes

    def depth(self, node: LexborNode) -> int:
        """Return how many elements `node` stands in, itself included; 0 inside a sealed or textless one.

        Raises `PageRefused` where they are more than `limits.DEFAULT` allows.
        """
        depths = self._depths
        way: list[int] = []
        parent = node.parent
        known: int | None = None
        while parent is not None and (known := depths.get(ident := parent.mem_id)) is None:
            way.append(ident)
            parent = parent.parent
        # the document, which is no element, is the last on a way to the top
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
