"""What selectors ask about the elements of one document, each answered once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from selectolax.lexbor import LexborNode

from .compounds import Position

_SINGLY = 40
"""Maximum elements that are searched one by one; for more, the document is searched once."""


class Matching:
    """Cached facts about a document's elements, shared between selectors."""

    __slots__ = ("_asked", "_css", "_holders", "_matched", "_numbers", "before", "quirks")

    def __init__(self, css: Callable[[str], list[LexborNode]], *, quirks: bool = False) -> None:
        """`css` is the parser's own query; in `quirks` mode ids and classes are case-insensitive."""
        self.quirks = quirks
        self.before: dict[tuple[object, int, int], bool | None] = {}
        self._css = css
        self._asked: dict[str, int] = {}
        self._holders: dict[tuple[str, bool], set[int]] = {}
        self._matched: dict[str, set[int]] = {}
        self._numbers: dict[int, tuple[int, int, int, int]] = {}

    def matched(self, css: str, node: LexborNode) -> bool:
        """Return whether the parser's matches of `css` include `node`."""
        found = self._matched.get(css)
        if found is None:
            found = self._matched[css] = {node.mem_id for node in self._css(css)}
        return node.mem_id in found

    def holds(self, css: str, node: LexborNode, *, child: bool) -> bool:
        """Return whether a descendant of `node`, or a child, matches the compound `css`."""
        holders = self._holders.get((css, child))
        if holders is None:
            asked = self._asked[css] = self._asked.get(css, 0) + 1
            if asked <= _SINGLY:
                inside = node.css_first(css)
                if inside is None:
                    return False
                above = inside.parent
                if above is not None and (above.mem_id == node.mem_id if child else inside.mem_id != node.mem_id):
                    return True
            holders = self._holders[css, child] = set()
            for found in self._css(css):
                parent = found.parent
                while parent is not None and parent.is_element_node and parent.mem_id not in holders:
                    holders.add(parent.mem_id)
                    parent = None if child else parent.parent
        return node.mem_id in holders

    def at(self, position: Position, node: LexborNode) -> bool:
        """Return whether `node` is at `position` among its siblings."""
        parent = node.parent
        if parent is None or not parent.is_element_node:
            return self.matched(f"html{position.css}", node)
        numbers = self._numbers.get(node.mem_id)
        if numbers is None:
            self._number(parent)
            numbers = self._numbers[node.mem_id]
        return position.holds(numbers[position.of_type + 2 * position.from_last])

    def _number(self, parent: LexborNode) -> None:
        children = [child for child in parent.iter() if child.is_element_node]
        totals = Counter([child.tag for child in children])
        met: Counter[str | None] = Counter()
        for number, child in enumerate(children):
            met[child.tag] += 1
            of_type = met[child.tag]
            self._numbers[child.mem_id] = (
                number + 1,
                of_type,
                len(children) - number,
                totals[child.tag] - of_type + 1,
            )
