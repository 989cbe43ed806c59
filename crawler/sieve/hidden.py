"""Elements that the page hides inside an article's body."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

from selectolax.lexbor import LexborNode

from ..page.dom import is_hidden
from ..page.index import NOTEXT, outermost
from ..page.text import line_size
from .partition import flow_text

UNFOLDED: Final = 2
"""How many times more text than the rest a hidden element must have to be the article, which a script reveals."""
_MAY_BE_HIDDEN: Final = '[hidden], [style*="none" i], [style*="hidden" i]'


def hidden_in(region: LexborNode) -> tuple[set[int], list[LexborNode]]:
    """Return the hidden elements in `region`, by identity, and those that are assumed to be the article itself.

    An element with far more text than the visible rest is the article itself, which a script reveals.
    """
    if region.is_text_node:
        return set(), []
    hidden = [node for node in region.css(_MAY_BE_HIDDEN) if is_hidden(node) and _has_text_of_page(node, region)]
    if not hidden:
        return set(), []
    sizes = [(node, line_size(flow_text(node))) for node in outermost(hidden)]
    shown = line_size(flow_text(region)) - sum(size for _, size in sizes)
    folded = [node for node, size in sizes if size > UNFOLDED * max(shown, 1)]
    return {node.mem_id for node in hidden}.difference(node.mem_id for node in folded), folded


def _has_text_of_page(node: LexborNode, region: LexborNode) -> bool:
    """Return whether `node` is in `region` and neither it nor an ancestor is an element without page text."""
    above: LexborNode | None = node
    while above is not None and above.mem_id != region.mem_id:
        if above.tag in NOTEXT:
            return False
        above = above.parent
    return node.mem_id != region.mem_id


def hidden_parts(node: LexborNode, hidden: Container[int]) -> list[LexborNode]:
    """Return the outermost `hidden` elements inside `node` that have text."""
    inside = [inner for inner in node.css("*") if inner.mem_id in hidden and inner.mem_id != node.mem_id]
    return [inner for inner in outermost(inside) if inner.text().strip()]


def is_shown(node: LexborNode, top: LexborNode, hidden: Container[int]) -> bool:
    """Return whether neither `node` nor an ancestor below `top` is `hidden`."""
    above: LexborNode | None = node
    while above is not None and above.mem_id != top.mem_id:
        if above.mem_id in hidden:
            return False
        above = above.parent
    return True
