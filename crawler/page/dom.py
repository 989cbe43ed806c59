"""A page: bytes decoded once, parsed once, indexed once.

`Page` is what the rest of the engine sees of a document: elements by selector, metas, embedded data, text as the
contract counts it. It never changes the tree.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from lxml import etree
from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode

from crawler.errors import Failure, PageRefused
from crawler.page import charset, embedded, limits
from crawler.page.selectors import Key, Path, Selector, compile_selector, holds

NOTEXT = frozenset({"script", "style", "noscript", "svg", "template", "textarea", "iframe", "option"})
"""Elements whose text is not the page's text (design of the record, "The page's text")."""

FALLBACK = frozenset({"video", "audio", "object"})
"""Elements whose text is a fallback that a reader with a working player does not see."""

NOTEXT_QUERY = ", ".join(sorted(NOTEXT))


class Interest:
    """The keys that a set of selectors asks for; what an index needs to hold.

    `sealed` are selectors whose elements are taken whole: nothing inside them is looked for, so the walk passes by.
    What a class or id attribute means for the keys is remembered, since a portal's pages share most of theirs.
    """

    MEMORY = 20_000

    def __init__(self, selectors: Iterable[Selector], sealed: Iterable[Selector] = ()) -> None:
        sealing = tuple(sealed)
        keys = {key for selector in (*selectors, *sealing) for key in selector.keys()}  # noqa: SIM118 - no mapping
        self.tags = {value: (kind, value) for kind, value in keys if kind == "tag"}
        self.ids = {value: (kind, value) for kind, value in keys if kind == "#"}
        self.classes = {value: (kind, value) for kind, value in keys if kind == "."}
        self._class_tests = [key for key in keys if key[0].startswith("class")]
        self._id_tests = [key for key in keys if key[0].startswith("id")]
        self._by_class: dict[str, tuple[Key, ...]] = {}
        self._by_id: dict[str, tuple[Key, ...]] = {}
        self.sealed: dict[Key, list[Path]] = {}
        for selector in sealing:
            for path in selector.paths:
                if path.direct and path.key is not None:
                    self.sealed.setdefault(path.key, []).append(path)

    def of_class(self, value: str) -> tuple[Key, ...]:
        """Return the keys that an element with this class attribute is held by."""
        keys = self._by_class.get(value)
        if keys is None:
            found = [self.classes[token] for token in dict.fromkeys(value.split()) if token in self.classes]
            found += [key for key in self._class_tests if holds(key[0][5:], value, key[1])]
            keys = self._remember(self._by_class, value, found)
        return keys

    def of_id(self, value: str) -> tuple[Key, ...]:
        """Return the keys that an element with this id is held by."""
        keys = self._by_id.get(value)
        if keys is None:
            found = [self.ids[value]] if value in self.ids else []
            found += [key for key in self._id_tests if holds(key[0][2:], value, key[1])]
            keys = self._remember(self._by_id, value, found)
        return keys

    def _remember(self, memory: dict[str, tuple[Key, ...]], value: str, found: list[Key]) -> tuple[Key, ...]:
        if len(memory) >= self.MEMORY:
            memory.clear()
        keys = memory[value] = tuple(found)
        return keys


class Page:
    """One document.

    `text` is the decoded source, `evidence` how its charset was told, `url` the address it was fetched from.
    """

    def __init__(self, text: str, url: str, evidence: charset.Evidence | None = None) -> None:
        self.text = text
        self.url = url
        self.evidence = evidence
        self.dom = LexborHTMLParser(text, options=LexborDocumentOptions.WO_EVENTS)
        root = self.dom.root
        if root is None:
            raise ValueError(f"{url}: the parser gave no tree")
        self.root: LexborNode = root
        self._metas: dict[str, str] | None = None
        self._data: dict[tuple[str | None, str | None], object] = {}
        self._selected: dict[str, list[LexborNode]] = {}
        self._held: dict[Key, list[LexborNode]] = {}
        self._tree: tuple[Any, dict[Any, LexborNode]] | None = None
        self.textless: list[LexborNode] = []
        self.sealed: set[int] = set()

    @classmethod
    def from_bytes(cls, body: bytes, url: str, content_type: str | None = None) -> Page:
        """Check the limits, decode and parse `body`; raises `PageRefused` before a parse that would not end well."""
        limits.check(body)
        text, evidence = charset.decode(body, content_type)
        return cls(text, url, evidence)

    def index(self, interest: Interest) -> None:
        """Walk the tree once, keeping the elements that the selectors of `interest` ask for.

        Raises `PageRefused` for a tree that is deeper than `limits.DEFAULT` allows.
        """
        most = limits.DEFAULT.max_depth
        tags, of_class, of_id, sealed = interest.tags, interest.of_class, interest.of_id, interest.sealed
        held, textless = self._held, self.textless
        node: LexborNode | None = self.root
        waiting: list[tuple[LexborNode, int]] = []
        depth = 1
        while node is not None:
            below = None
            if node.is_element_node:
                if depth > most:
                    raise PageRefused(Failure.TOO_DEEP, f"{self.url}: more than {most} elements one within the other")
                tag = node.tag or ""
                keys: list[Key] = []
                if tag in tags:
                    keys.append(tags[tag])
                value = node.attrs.get("class")
                if value:
                    keys += of_class(value)
                ident = node.id
                if ident:
                    keys += of_id(ident)
                whole = False
                for key in keys:
                    held.setdefault(key, []).append(node)
                    if key in sealed and not whole:
                        whole = any(path.accepts(node) for path in sealed[key])
                if tag in NOTEXT:
                    textless.append(node)
                elif whole:
                    self.sealed.add(node.mem_id)
                    if node.css_first(NOTEXT_QUERY) is not None:
                        textless += node.css(NOTEXT_QUERY)
                else:
                    below = node.first_child
            following = node.next
            if below is not None:
                if following is not None:
                    waiting.append((following, depth))
                node = below
                depth += 1
            elif following is not None:
                node = following
            elif waiting:
                node, depth = waiting.pop()
            else:
                node = None

    def select(self, source: str) -> list[LexborNode]:
        """Return the elements that the CSS selector `source` matches, in document order; needs an index for it."""
        found = self._selected.get(source)
        if found is None:
            found = self._selected[source] = self._find(compile_selector(source))
        return found

    def _find(self, selector: Selector) -> list[LexborNode]:
        groups: list[list[LexborNode]] = []
        for path in selector.paths:
            if path.direct and path.key is not None:
                nodes = [node for node in self._held.get(path.key, ()) if path.accepts(node)]
            elif path.scope is not None:
                nodes = self._within(self._held.get(path.scope, []), path.source)
            else:
                nodes = self.dom.css(path.source)
            if nodes:
                groups.append(nodes)
        if not selector.paths:
            groups.append(self.dom.css(selector.source))
        if len(groups) < 2:
            return groups[0] if groups else []
        unique = {node.mem_id: node for nodes in groups for node in nodes}
        return sorted(unique.values(), key=place)

    def _within(self, roots: list[LexborNode], source: str) -> list[LexborNode]:
        """Return what `source` matches at or below `roots`, in document order; roots inside roots are asked once."""
        if len(roots) == 1:
            return roots[0].css(source)
        return [node for root in outermost(roots) for node in root.css(source)]

    def meta(self, name: str) -> str | None:
        """Return the content of the first meta element with this name, property or itemprop, trailing space aside."""
        if self._metas is None:
            metas: dict[str, str] = {}
            for node in self.dom.css("meta[content]"):
                attributes = node.attributes
                content = attributes.get("content")
                for key in ("property", "name", "itemprop"):
                    label = attributes.get(key)
                    if label and content and content.strip():
                        metas.setdefault(label.strip().lower(), content)
            self._metas = metas
        return self._metas.get(name.lower())

    def data(self, variable: str | None, script: str | None, *, url_encoded: bool = False) -> object:
        """Return JSON embedded in a script: a variable's value, or an element's text; None where there is none."""
        key = (variable, script)
        if key not in self._data:
            self._data[key] = self._load(variable, script, url_encoded=url_encoded)
        return self._data[key]

    def _load(self, variable: str | None, script: str | None, *, url_encoded: bool) -> object:
        try:
            if variable is not None:
                return embedded.variable(self.text, variable)
            node = self.dom.css_first(script or "script")
            if node is None:
                return None
            text = node.text()
            return embedded.json_text(unquote(text) if url_encoded else text)
        except (LookupError, ValueError):
            return None

    def xpath(self, expression: str) -> list[str | LexborNode]:
        """Evaluate an XPath 1.0 expression on the same tree: strings stay strings, elements come back as nodes.

        The tree is copied for lxml on first use, which costs several times the parse: for what CSS cannot say.
        Raises ValueError where the expression does not compile.
        """
        if self._tree is None:
            self._tree = _copy_tree(self.root)
        tree, nodes = self._tree
        try:
            result = tree.xpath(expression)
        except etree.XPathError as error:
            raise ValueError(f"XPath {expression!r}: {error}") from None
        if not isinstance(result, list):
            return [str(result)]
        return [nodes[item] if item in nodes else str(item) for item in result]

    def path(self, node: LexborNode) -> str:
        """Return the absolute XPath of an element, or of a text node (`…/text()[n]`)."""
        parts: list[str] = []
        current: LexborNode | None = node
        while current is not None and not current.is_document_node:
            is_text = current.is_text_node
            tag_id = current.tag_id
            number = 1
            sibling = current.prev
            while sibling is not None:
                if sibling.tag_id == tag_id:
                    number += 1
                sibling = sibling.prev
            parts.append(f"text()[{number}]" if is_text else f"{current.tag}[{number}]")
            current = current.parent
        return "/" + "/".join(reversed(parts))


def outermost(nodes: list[LexborNode]) -> list[LexborNode]:
    """Return `nodes` without those that lie inside another of them."""
    if len(nodes) < 2:
        return nodes
    chosen = {node.mem_id for node in nodes}
    outside: set[int] = set()
    kept = []
    for node in nodes:
        way = []
        parent = node.parent
        while parent is not None and (ident := parent.mem_id) not in chosen and ident not in outside:
            way.append(ident)
            parent = parent.parent
        if parent is None or parent.mem_id in outside:
            outside.update(way)  # what lies in none of them once need not be climbed again
            kept.append(node)
    return kept


def place(node: LexborNode) -> tuple[int, ...]:
    """Return where `node` stands in the document: sorting by it gives the document's order."""
    steps: list[int] = []
    current: LexborNode | None = node
    while current is not None:
        number = 0
        sibling = current.prev
        while sibling is not None:
            number += 1
            sibling = sibling.prev
        steps.append(number)
        current = current.parent
    return tuple(reversed(steps))


def _copy_tree(root: LexborNode) -> tuple[Any, dict[Any, LexborNode]]:
    """Return an lxml tree with the elements and texts of `root`, and the way back from its elements."""
    nodes: dict[Any, LexborNode] = {}

    def element(node: LexborNode) -> Any:
        made = etree.Element(_xml_name(node.tag or "x"))
        for name, value in node.attributes.items():
            try:
                made.set(name, value or "")
            except ValueError:
                continue  # a name or character that XML has no place for; no rule can ask for it
        nodes[made] = node
        return made

    top = element(root)
    stack: list[tuple[LexborNode, Any]] = [(root, top)]
    while stack:
        node, parent = stack.pop()
        last = None
        child = node.first_child
        while child is not None:
            if child.is_text_node:
                text = _xml_text(child.text())
                if last is None:
                    parent.text = (parent.text or "") + text
                else:
                    last.tail = (last.tail or "") + text
            elif child.is_element_node:
                last = element(child)
                parent.append(last)
                stack.append((child, last))
            child = child.next
    return top, nodes


def _xml_name(tag: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in tag) if tag[:1].isalpha() else "x"


def _xml_text(text: str) -> str:
    return "".join(c for c in text if c >= " " or c in "\t\n\r") if not text.isprintable() else text
