"""A page: decoded, parsed and indexed once.

`Page` is what the rest of the engine sees of a document: elements by selector, metas, embedded data, text as the
contract counts it. It never changes the tree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode

from . import charset, embedded, limits
from .index import Index, Interest
from .selectors import Selector, compile_selector, is_quirky
from .urls import absolute
from .xpath import Tree

_ASCII = bytes(range(128))
_LONGEST_KEPT = 200
"""Characters of a style up to which what it says is kept between pages."""
_MOST_SCRIPTS = 60
"""Script elements of one selector that are read."""
FALLBACK = frozenset({"video", "audio", "object"})
"""Elements whose text is a fallback that is not displayed by browsers that support the element."""


class Page:
    """A document.

    `text` is the decoded source, `evidence` how its charset was detected, `url` the URL it was fetched from.
    """

    def __init__(
        self, text: str, url: str, evidence: charset.Evidence | None = None, source: bytes | None = None
    ) -> None:
        self.text = text
        self.url = url
        self.evidence = evidence
        # Encoding a page's text again costs a fifth of its parse: UTF-8 is passed to the parser as received.
        self.dom = LexborHTMLParser(source or text, options=LexborDocumentOptions.WO_EVENTS)
        root = self.dom.root
        if root is None:
            raise ValueError(f"{url}: the parser returned no tree")
        self.root: LexborNode = root
        self._metas: dict[str, str] | None = None
        self._data: dict[tuple[object, ...], object] = {}
        self._selected: dict[str, list[LexborNode]] = {}
        self._index: Index | None = None
        self._paths: dict[int, str] = {}
        self._numbers: dict[int, int] = {}
        self._numbered: dict[int, tuple[LexborNode, dict[int, int]]] = {}
        self._places: dict[int, tuple[int, ...]] = {}
        self._trees: dict[int, Tree] = {}
        self._beyond: bytes | None = None

    @classmethod
    def from_bytes(cls, body: bytes, url: str, content_type: str | None = None) -> Page:
        """Check the limits, decode and parse `body`; raises `PageRefused` before an excessively expensive parse."""
        limits.check(body)
        text, evidence = charset.decode(body, content_type)
        return cls(text, url, evidence, body if evidence.as_received else None)

    def index(self, interest: Interest, unclassed: Sequence[LexborNode] | None = None) -> None:
        """Index the elements that the selectors of `interest` need.

        `unclassed` are those that its query of this name finds, in document order, where they are known already.
        """
        self._index = Index(self.dom, interest, quirks=is_quirky(self.dom), unclassed=unclassed)

    @property
    def textless(self) -> list[LexborNode]:
        """The elements whose text does not belong to the page, in document order; requires an index."""
        return self._indexed().textless

    def _indexed(self) -> Index:
        if self._index is None:
            raise ValueError(f"{self.url}: the page must be indexed before elements are selected")
        return self._index

    def select(self, source: str) -> list[LexborNode]:
        """Return the elements that match the CSS selector `source`, in document order; requires an index for it.

        Nothing is found inside an element that the profile has sealed, or whose text is not the page's (`NOTEXT`).

        Raises `PageRefused` for one that is deeper than `limits.DEFAULT` allows.
        """
        found = self._selected.get(source)
        if found is None:
            found = self._selected[source] = self._find(compile_selector(source), self._indexed())
        return found

    def select_in(self, region: LexborNode, source: str) -> list[LexborNode]:
        """Return the matches of the CSS selector `source` in `region`, itself included, in document order.

        Regions of the page share what is known of its elements, so many of them beside each other take linear time.
        """
        selector = compile_selector(source)
        if not selector.squared or self._index is None or region.parser is not self.dom:
            return selector.within(region)
        return selector.within(region, self._index.known)

    def has(self, source: str) -> bool:
        """Return whether the CSS selector `source` matches anything; faster than `select`."""
        return any(self._indexed().groups(compile_selector(source)))

    def _find(self, selector: Selector, index: Index) -> list[LexborNode]:
        groups = [*index.groups(selector)]
        if len(groups) < 2:
            return groups[0] if groups else []
        unique = {node.mem_id: node for nodes in groups for node in nodes}
        return sorted(unique.values(), key=self._place) if len(unique) > 1 else [*unique.values()]

    def says(self, *words: str) -> bool:
        """Return whether any of the words is in the source; fast for words of other characters than ASCII's.

        What the source has of those is a tenth of it on a Chinese page: a word that is not in it needs no other search.
        """
        if self._beyond is None:
            self._beyond = self.dom.raw_html.translate(None, _ASCII)
        beyond = self._beyond
        return any(word.encode().translate(None, _ASCII) in beyond and word in self.text for word in words)

    @property
    def base(self) -> str:
        """The base URL of the page's links."""
        bases = self.dom.css("base") if self._index is None else self._index.everywhere("base")
        stated = next((node for node in bases if "href" in node.attributes), None)
        return (absolute(self.url, stated.attrs.get("href") or "") if stated is not None else None) or self.url

    def meta(self, name: str) -> str | None:
        """Return the content of the first meta element with this name, property or itemprop, without trailing space."""
        if self._metas is None:
            metas: dict[str, str] = {}
            for node in self.dom.css("meta") if self._index is None else self._index.everywhere("meta"):
                attributes = node.attributes
                content = attributes.get("content")
                for key in ("property", "name", "itemprop"):
                    label = attributes.get(key)
                    if label and content and content.strip():
                        metas.setdefault(label.strip().lower(), content)
            self._metas = metas
        return self._metas.get(name.lower())

    def data(
        self,
        variable: str | tuple[str, ...] | None,
        script: str | None,
        *,
        element: str | None = None,
        match: str | None = None,
        url_encoded: bool = False,
        every: bool = False,
        attr: str | None = None,
        path: str | None = None,
    ) -> object:
        """Return a script variable's value, the JSON of a script element, or an element's text; None if there is none.

        With `match` it is the first string or number assigned to the variable in which this pattern is found, with
        `every` the JSON of all such script elements in one list. The text of `element` is HTML, which is decoded if it
        is escaped twice; with `attr` its attribute's JSON is meant. `path` leads to a string in the data whose text is
        JSON, which is then the value.
        """
        key = (variable, script, element, match, url_encoded, every, attr, path)
        if key not in self._data:
            if path is not None:
                outer = self.data(
                    variable, script, element=element, match=match, url_encoded=url_encoded, every=every, attr=attr
                )
                inner = embedded.query(outer, path)
                found = _read(inner, encoded=False) if isinstance(inner, str) else None
            elif element is None:
                found = self._load(variable, script, match, url_encoded=url_encoded, every=every)
            else:
                node = self.dom.css_first(element)
                if attr is None:
                    found = embedded.html_text(node.text() if node is not None else "")
                else:
                    found = _read((node.attributes.get(attr) or "") if node is not None else "", url_encoded)
            self._data[key] = found
        return self._data[key]

    def _load(
        self,
        variable: str | tuple[str, ...] | None,
        script: str | None,
        match: str | None,
        *,
        url_encoded: bool,
        every: bool,
    ) -> object:
        if every:
            values = [_read(node.text(), url_encoded) for node in self.dom.css(script or "script")[:_MOST_SCRIPTS]]
            found = [one for value in values for one in (value if isinstance(value, list) else [value])]
            return [one for one in found if one is not None] or None
        for name in variable[:-1] if isinstance(variable, tuple) else ():
            value = self._load(name, None, match, url_encoded=url_encoded, every=False)
            if value is not None:
                return value
        if variable is None:
            node = self.dom.css_first(script or "script")
            return _read(node.text(), url_encoded) if node is not None else None
        try:
            return embedded.variable(self.text, variable if isinstance(variable, str) else variable[-1], match)
        except (LookupError, ValueError):
            return None

    def xpath(self, expression: str, context: LexborNode | None = None) -> list[str | LexborNode]:
        """Evaluate an XPath 1.0 expression on the same tree; elements are returned as nodes, other values as strings.

        It is evaluated at the element `context`, else at the root. The tree is copied for lxml on first use, which
        costs several times the parse: for what CSS cannot say. Raises ValueError where the expression does not compile.
        """
        root = self.root if context is None else _root(context)
        tree = self._trees.get(root.mem_id)
        if tree is None:
            tree = self._trees[root.mem_id] = Tree(root)
        return tree.find(expression, root if context is None else context)

    def path(self, node: LexborNode) -> str:
        """Return the absolute XPath of an element, or of a text node (`…/text()[n]`)."""
        paths = self._paths
        way: list[LexborNode] = []
        current: LexborNode | None = node
        while current is not None and current.mem_id not in paths and not current.is_document_node:
            way.append(current)
            current = current.parent
        path = paths.get(current.mem_id, "") if current is not None else ""
        numbers = self._numbers
        for step in reversed(way):
            if step.mem_id not in numbers:
                self._number_up_to(step)
            path = paths[step.mem_id] = f"{path}/{'text()' if step.is_text_node else step.tag}[{numbers[step.mem_id]}]"
        return path

    def _number_up_to(self, node: LexborNode) -> None:
        """Number the siblings up to `node` among those of their tag, each once: one element may have 100,000."""
        above = node.parent
        key = above.mem_id if above is not None else 0
        last, counts = self._numbered.get(key) or (None, {})
        at = last.next if last is not None else above.first_child if above is not None else _first(node)
        numbers, wanted = self._numbers, node.mem_id
        while at is not None:
            tag_id, ident = at.tag_id, at.mem_id
            counts[tag_id] = numbers[ident] = counts.get(tag_id, 0) + 1
            if ident == wanted:
                break
            at = at.next
        self._numbered[key] = (node, counts)

    def _place(self, node: LexborNode) -> tuple[int, ...]:
        """Return the position of `node` in the document, as a sort key for document order."""
        places = self._places
        way: list[LexborNode] = []
        current: LexborNode | None = node
        place: tuple[int, ...] | None = None
        while current is not None and (place := places.get(current.mem_id)) is None:
            way.append(current)
            current = current.parent
        place = place or ()
        limits.check_depth(len(place) + len(way) - 1, node.tag)
        for step in reversed(way):
            place = places[step.mem_id] = (*place, self._number(step))
        return place

    def _number(self, node: LexborNode) -> int:
        """Return the number of siblings before `node`."""
        places = self._places
        number = 0
        sibling = node.prev
        while sibling is not None:
            number += 1
            known = places.get(sibling.mem_id)
            if known is not None:
                return known[-1] + number
            sibling = sibling.prev
        return number


def short_text(node: LexborNode, most: int = 16) -> str:
    """Return the texts in `node`, separated by spaces, if it has at most `most` nodes; otherwise "".

    For elements that may be nested in each other by the hundred, whose whole texts would cost the square of the page.
    """
    found = list(islice(node.traverse(include_text=True), most + 2))
    if len(found) > most + 1:
        return ""
    return " ".join([inner.text_content or "" for inner in found if inner.is_text_node])


def is_hidden(node: LexborNode) -> bool:
    """Return whether the page hides this element itself, by attribute or inline style."""
    return hides(node.attributes)


def hides(attributes: Mapping[str, str | None]) -> bool:
    """Return whether these attributes hide their element."""
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    if not style:
        return False
    style = style.lower()
    if "none" not in style and "hidden" not in style:
        return False
    return _is_hiding(style) if len(style) <= _LONGEST_KEPT else _is_hiding.__wrapped__(style)


@lru_cache(maxsize=2048)
def _is_hiding(style: str) -> bool:
    """Return whether a style hides its element."""
    stated: dict[str, str] = {}
    for declaration in style.split(";"):
        name, _, value = declaration.partition(":")
        stated[name.strip()] = value.partition("!")[0].strip()
    return stated.get("display") == "none" or stated.get("visibility") == "hidden"


def _read(text: str, encoded: bool) -> object:
    """Return the data of a JSON text, None if it is not one."""
    try:
        return embedded.json_text(text, url_encoded=encoded)
    except ValueError:
        return None


def _first(node: LexborNode) -> LexborNode:
    """Return the first of the siblings of `node`."""
    before = node.prev
    while before is not None:
        node, before = before, before.prev
    return node


def _root(node: LexborNode) -> LexborNode:
    """Return the outermost ancestor of `node`."""
    above = node.parent
    while above is not None and above.is_element_node:
        node, above = above, above.parent
    return node
