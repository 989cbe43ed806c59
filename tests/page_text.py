"""The page's text by the contract's own words, in the document's order; written apart from the engine."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.page.index import NOTEXT
from crawler.page.text import squeeze


def page_text(html: str) -> str:
    """Return every text node outside the listed elements, white space removed."""
    parts: list[str] = []
    root = LexborHTMLParser(html).root
    if root is not None:
        _gather(root, parts)
    return squeeze("".join(parts))


def _gather(node: LexborNode, parts: list[str]) -> None:
    child = node.first_child
    while child is not None:
        if child.is_text_node:
            parts.append(child.text())
        elif child.is_element_node and child.tag not in NOTEXT:
            _gather(child, parts)
        child = child.next
