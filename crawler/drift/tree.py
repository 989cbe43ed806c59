"""A page's tree as plain objects that can be changed and written as HTML again.

The parser's own tree is never changed (other parts of the engine hold its nodes), and cannot rename an element.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection, Iterator
from typing import TypeGuard

from selectolax.lexbor import LexborNode

from ..page.dom import Page
from ..page.index import NOTEXT

_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_RAW = frozenset(["script", "style", "iframe", "noembed", "noframes", "plaintext", "xmp"])
"""Elements whose text is written without escapes."""
_DOCTYPE = re.compile(r"\A(?:\ufeff|\s|<!--(?:(?!-->).)*+-->|<\?[^>]*+>)*+(<!doctype[^>]*>)", re.IGNORECASE | re.DOTALL)


class Text:
    """A text node."""

    __slots__ = ("parent", "value")

    def __init__(self, value: str) -> None:
        self.value = value
        self.parent: Element | None = None


class Comment(Text):
    """A comment."""

    __slots__ = ()


class Element:
    """An element: its tag, attributes and children."""

    __slots__ = ("attrs", "children", "parent", "tag")

    def __init__(self, tag: str, attrs: dict[str, str | None] | None = None, *children: Node | str) -> None:
        self.tag = tag
        self.attrs: dict[str, str | None] = dict(attrs or {})
        self.children: list[Node] = []
        self.parent: Element | None = None
        for child in children:
            self.append(Text(child) if isinstance(child, str) else child)

    @property
    def classes(self) -> list[str]:
        """The words of the class attribute."""
        return (self.attrs.get("class") or "").split()

    @property
    def index(self) -> int:
        """The position among the parent's children."""
        if self.parent is None:
            raise ValueError(f"<{self.tag}> has no parent")
        return self.parent.children.index(self)

    @property
    def elements(self) -> list[Element]:
        """The children that are elements."""
        return [child for child in self.children if isinstance(child, Element)]

    def append(self, *nodes: Node) -> None:
        """Add nodes at the end; they leave their place."""
        self.insert(len(self.children), *nodes)

    def insert(self, at: int, *nodes: Node) -> None:
        """Add nodes before the child with this number, counted without them; they leave their place."""
        detach(*nodes)
        for node in nodes:
            node.parent = self
        self.children[at:at] = nodes

    def before(self, *nodes: Node) -> None:
        """Put nodes in front of the element."""
        if self.parent is not None:
            detach(*nodes)
            self.parent.insert(self.index, *nodes)

    def after(self, *nodes: Node) -> None:
        """Put nodes behind the element."""
        if self.parent is not None:
            detach(*nodes)
            self.parent.insert(self.index + 1, *nodes)

    def wrap(self, outer: Element) -> None:
        """Put an empty element around the element."""
        self.before(outer)
        outer.append(self)

    def unwrap(self) -> None:
        """Put the children in the element's place."""
        self.before(*self.children[:])
        detach(self)

    def walk(self) -> Iterator[Element]:
        """Yield the element and those inside it, in document order."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting += reversed(element.elements)

    def find(self, test: Callable[[Element], bool]) -> Element | None:
        """Return the first element for which `test` holds, or None."""
        return next((element for element in self.walk() if test(element)), None)

    def is_in(self, elements: Collection[Element]) -> bool:
        """Return whether the element is one of `elements`, a set where they are many, or inside one."""
        return self in elements or any(outer in elements for outer in self.above())

    def above(self) -> Iterator[Element]:
        """Yield the ancestors, the nearest first."""
        outer = self.parent
        while outer is not None:
            yield outer
            outer = outer.parent

    def text(self) -> str:
        """Return the text of the page inside the element."""
        parts: list[str] = []
        waiting: list[Node] = [self]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Element):
                if node.tag not in NOTEXT:
                    waiting += reversed(node.children)
            elif not isinstance(node, Comment):
                parts.append(node.value)
        return "".join(parts)

    def copy(self) -> Element:
        """Return a copy of the element and everything in it, without a parent."""
        made = Element(self.tag, self.attrs)
        waiting = [(self, made)]
        while waiting:
            old, new = waiting.pop()
            for child in old.children:
                if isinstance(child, Element):
                    twin = Element(child.tag, child.attrs)
                    new.append(twin)
                    waiting.append((child, twin))
                else:
                    new.append(type(child)(child.value))
        return made


Node = Element | Text


def is_text(node: Node) -> TypeGuard[Text]:
    """Return whether a node is text that a reader sees."""
    return isinstance(node, Text) and not isinstance(node, Comment) and bool(node.value.strip())


def is_space(node: Node) -> TypeGuard[Text]:
    """Return whether a node is white space between elements."""
    return isinstance(node, Text) and not isinstance(node, Comment) and not node.value.strip()


def detach(*nodes: Node) -> None:
    """Take nodes out of their parents."""
    gone: dict[Element, set[Node]] = {}
    for node in nodes:
        if node.parent is not None:
            gone.setdefault(node.parent, set()).add(node)
            node.parent = None
    for parent, those in gone.items():
        parent.children = [child for child in parent.children if child not in those]


def put_after(node: Node, *nodes: Node) -> None:
    """Put nodes behind a node."""
    parent = node.parent
    if parent is not None:
        parent.insert(parent.children.index(node) + 1, *nodes)


class Tree:
    """The tree of a page. `made` maps the parser's nodes (by `mem_id`) to the elements and texts made of them."""

    def __init__(self, page: Page) -> None:
        found = _DOCTYPE.match(page.text)
        self.doctype = found[1] if found else ""
        self.made: dict[int, Node] = {}
        self.root = self._element(page.root)
        waiting = [(page.root, self.root)]
        while waiting:
            node, element = waiting.pop()
            child = node.first_child
            while child is not None:
                if child.is_element_node:
                    inner = self._element(child)
                    element.append(inner)
                    waiting.append((child, inner))
                elif child.is_text_node or child.is_comment_node:
                    # comment_content has no white space at its ends
                    text = (
                        Text(child.text_content or "")
                        if child.is_text_node
                        else Comment((child.html or "").removeprefix("<!--").removesuffix("-->"))
                    )
                    self.made[child.mem_id] = text
                    element.append(text)
                child = child.next

    def _element(self, node: LexborNode) -> Element:
        element = Element(node.tag or "div", dict(node.attributes))
        self.made[node.mem_id] = element
        return element

    @property
    def body(self) -> Element:
        """The body element."""
        return next((child for child in self.root.elements if child.tag == "body"), self.root)

    @property
    def head(self) -> Element:
        """The head element, the root where there is none."""
        return next((child for child in self.root.elements if child.tag == "head"), self.root)

    def html(self) -> str:
        """Return the tree as HTML."""
        parts = [self.doctype]
        waiting: list[Node | str] = [self.root]
        while waiting:
            node = waiting.pop()
            if isinstance(node, str):
                parts.append(node)
            elif isinstance(node, Comment):
                parts.append(f"<!--{node.value}-->")
            elif isinstance(node, Text):
                raw = node.parent is not None and node.parent.tag in _RAW
                parts.append(node.value if raw else html.escape(node.value, quote=False).replace("\xa0", "&nbsp;"))
            else:
                parts.append(f"<{node.tag}{''.join(map(_attribute, node.attrs.items()))}>")
                if node.tag in _VOID:
                    continue
                if node.tag in {"pre", "textarea", "listing"} and _first_text(node).startswith("\n"):
                    parts.append("\n")  # the parser drops the first line end
                waiting.append(f"</{node.tag}>")
                waiting += reversed(node.children)
        return "".join(parts)


def _attribute(pair: tuple[str, str | None]) -> str:
    name, value = pair
    return f" {name}" if value is None else f' {name}="{html.escape(value, quote=False).replace(chr(34), "&quot;")}"'


def _first_text(element: Element) -> str:
    first = element.children[0] if element.children else None
    return first.value if isinstance(first, Text) and not isinstance(first, Comment) else ""
