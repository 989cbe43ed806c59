"""A page: bytes decoded once, parsed once, indexed once.

`Page` is what the rest of the engine sees of a document: elements by selector, metas, embedded data, text as the
contract counts it. It never changes the tree.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from lxml import etree
from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode

from crawler.page import charset, embedded, limits
from crawler.page.selectors import Compound, Selector, compile_selector

NOTEXT = frozenset({"script", "style", "noscript", "svg", "template", "textarea", "iframe", "option"})
"""Elements whose text is not the page's text (design of the record, "The page's text")."""

FALLBACK = frozenset({"video", "audio", "object"})
"""Elements whose text is a fallback that a reader with a working player does not see."""

Entry = tuple[int, LexborNode]


class Interest:
    """The tags, ids and classes that a set of selectors asks for; what an index needs to hold."""

    def __init__(self, selectors: list[Selector]) -> None:
        self.tags: set[str] = set()
        self.ids: set[str] = set()
        self.classes: set[str] = set()
        for selector in selectors:
            for key in selector.plain or selector.keys or ():
                if key.id:
                    self.ids.add(key.id)
                elif key.classes:
                    self.classes.add(key.classes[0])
                elif key.tag:
                    self.tags.add(key.tag)


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
        self._selected: dict[str, list[Entry]] = {}
        self._interest = Interest([])
        self._order: dict[int, int] = {}
        self._by_tag: dict[str, list[Entry]] = {}
        self._by_id: dict[str, list[Entry]] = {}
        self._by_class: dict[str, list[Entry]] = {}
        self._tree: tuple[Any, dict[Any, LexborNode]] | None = None
        self.textless: list[LexborNode] = []

    @classmethod
    def from_bytes(cls, body: bytes, url: str, content_type: str | None = None) -> Page:
        """Check the limits, decode and parse `body`; raises `PageRefused` before a parse that would not end well."""
        limits.check(body)
        text, evidence = charset.decode(body, content_type)
        return cls(text, url, evidence)

    def index(self, interest: Interest) -> None:
        """Walk the tree once, keeping the elements that the selectors of `interest` ask for."""
        self._interest = interest
        tags, ids, classes = interest.tags, interest.ids, interest.classes
        by_tag, by_id, by_class = self._by_tag, self._by_id, self._by_class
        textless = self.textless
        order = -1
        for node in self.root.traverse(include_text=False):
            order += 1
            if not node.is_element_node:
                continue
            tag = node.tag or ""
            if tag in NOTEXT:
                textless.append(node)
            if tag in tags:
                by_tag.setdefault(tag, []).append((order, node))
            attrs = node.attrs
            value = attrs.get("class")
            if value:
                for token in value.split():
                    if token in classes:
                        by_class.setdefault(token, []).append((order, node))
            ident = node.id
            if ident is not None and ident in ids:
                by_id.setdefault(ident, []).append((order, node))

    def select(self, source: str) -> list[LexborNode]:
        """Return the elements that the CSS selector `source` matches, in document order."""
        return [node for _, node in self.entries(compile_selector(source))]

    def entries(self, selector: Selector) -> list[Entry]:
        """Return (order, element) for each match of `selector`; needs an index made with its keys."""
        found = self._selected.get(selector.source)
        if found is None:
            found = self._selected[selector.source] = self._find(selector)
        return found

    def _find(self, selector: Selector) -> list[Entry]:
        if selector.plain:
            matches: dict[int, LexborNode] = {}
            for compound in selector.plain:
                matches.update(self._by_compound(compound))
            return sorted(matches.items(), key=lambda entry: entry[0])
        if selector.keys is not None and not any(self._has_key(key) for key in selector.keys):
            return []
        found: dict[int, LexborNode] = {}
        for node in self.dom.css(selector.source):
            found.setdefault(node.mem_id, node)
        order = self._orders()
        return sorted(((order[ident], node) for ident, node in found.items()), key=lambda entry: entry[0])

    def _orders(self) -> dict[int, int]:
        if not self._order:
            self._order = {node.mem_id: i for i, node in enumerate(self.root.traverse(include_text=False))}
        return self._order

    def _candidates(self, key: Compound) -> list[Entry]:
        if key.id:
            return self._by_id.get(key.id, [])
        if key.classes:
            return self._by_class.get(key.classes[0], [])
        return self._by_tag.get(key.tag or "", [])

    def _has_key(self, key: Compound) -> bool:
        return bool(self._candidates(key))

    def _by_compound(self, compound: Compound) -> Iterator[Entry]:
        rest = compound.classes if compound.id else compound.classes[1:]
        by_tag = not (compound.id or compound.classes)
        for entry in self._candidates(compound):
            node = entry[1]
            if not by_tag and compound.tag is not None and node.tag != compound.tag:
                continue
            if rest:
                tokens = (node.attrs.get("class") or "").split()
                if not all(token in tokens for token in rest):
                    continue
            yield entry

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
