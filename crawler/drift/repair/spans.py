"""Where a page's text is: the range of each element in the text without white space, for finding text in elements."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence

from selectolax.lexbor import LexborNode

from ...page.index import NOTEXT
from ...page.text import squeeze

_APART = NOTEXT | {"title", "head"}


class Target:
    """Elements with one text, each inside the next: any of them stands for all. The innermost is the first."""

    __slots__ = ("end", "idents", "nodes", "start")

    def __init__(self, nodes: Sequence[LexborNode], start: int, end: int) -> None:
        self.nodes = list(nodes)
        self.start = start
        self.end = end
        self.idents = {node.mem_id for node in nodes}


class Spans:
    """The text of a page's body without white space, and the range of each element in it.

    `nodes` are the elements in document order, with `starts` and `ends`.
    """

    def __init__(self, root: LexborNode) -> None:
        self.nodes: list[LexborNode] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.outer: list[int] = []
        self.number: dict[int, int] = {}
        """The number of each element, by its identity."""
        parts: list[str] = []
        length = 0
        waiting: list[tuple[LexborNode | None, int]] = [(root, -1)]
        while waiting:
            node, at = waiting.pop()
            if node is None:
                self.ends[at] = length
                continue
            if node.is_text_node:
                text = squeeze(node.text_content or "")
                parts.append(text)
                length += len(text)
                continue
            if not node.is_element_node or node.tag in _APART:
                continue
            number = len(self.nodes)
            self.number[node.mem_id] = number
            self.nodes.append(node)
            self.starts.append(length)
            self.ends.append(length)
            self.outer.append(at)
            waiting.append((None, number))
            waiting += reversed([(child, number) for child in node.iter(include_text=True)])
        self.text = "".join(parts)

    def occurrences(self, text: str, most: int = 50) -> list[int]:
        """Return where `text` (squeezed) is in the page's text."""
        found: list[int] = []
        at = self.text.find(text) if text else -1
        while at >= 0 and len(found) < most:
            found.append(at)
            at = self.text.find(text, at + 1)
        return found

    def span(self, node: LexborNode) -> tuple[int, int]:
        """Return the range of an element; raises KeyError for one without text of the page."""
        number = self.number[node.mem_id]
        return self.starts[number], self.ends[number]

    def text_of(self, node: LexborNode) -> str:
        """Return an element's text without white space."""
        start, end = self.span(node)
        return self.text[start:end]

    def exact(self, text: str) -> list[Target]:
        """Return the elements that have exactly this text (squeezed), one target for each place, in document order."""
        return [target for at in self.occurrences(text) if (target := self.at(at, at + len(text))) is not None]

    def at(self, start: int, end: int) -> Target | None:
        """Return the elements that have exactly this range, or None."""
        first = bisect.bisect_left(self.starts, start)
        found: list[LexborNode] = []
        while first < len(self.nodes) and self.starts[first] == start:
            if self.ends[first] == end and end > start:
                found.append(self.nodes[first])
            first += 1
        return Target(found[::-1], start, end) if found else None

    def cover(self, start: int, end: int) -> LexborNode:
        """Return the smallest element that has this range inside it; of several, the innermost."""
        best = 0
        for number in range(len(self.nodes)):
            if self.starts[number] > start:
                break
            if (
                self.ends[number] >= end
                and self.ends[number] - self.starts[number] <= self.ends[best] - self.starts[best]
            ):
                best = number
        return self.nodes[best]

    def target_of(self, node: LexborNode) -> Target:
        """Return an element with those around and inside it that have the same text."""
        start, end = self.span(node)
        return self.at(start, end) or Target([node], start, end)

    def outermost(self, start: int, end: int) -> list[LexborNode]:
        """Return the largest elements that lie in this range and have text, in document order."""
        found: list[LexborNode] = []
        last = -1
        for number in range(len(self.nodes)):
            here, there = self.starts[number], self.ends[number]
            if start <= here < there <= end and here >= last:
                found.append(self.nodes[number])
                last = there
        return found

    def ordered(self, texts: Iterable[str]) -> list[tuple[int, int] | None]:
        """Return the ranges of texts (squeezed) that follow each other in the page; None for one that is not there.

        The longest text is placed first, where it is the only one of its kind; others between those placed.
        """
        wanted = list(texts)
        places: list[tuple[int, int] | None] = [None] * len(wanted)
        for number in sorted(range(len(wanted)), key=lambda one: -len(wanted[one])):
            text = wanted[number]
            if not text:
                continue
            low = max((place[1] for place in places[:number] if place is not None), default=0)
            high = min((place[0] for place in places[number + 1 :] if place is not None), default=len(self.text))
            inside = [at for at in self.occurrences(text) if low <= at and at + len(text) <= high]
            if len(inside) == 1 or (inside and len(text) < 200):
                later = sum(  # a text that is there again has its place behind this one
                    one == text and place is None
                    for one, place in zip(wanted[number + 1 :], places[number + 1 :], strict=True)
                )
                last = inside[max(0, len(inside) - 1 - later)]
                at = inside[0] if low else last if high < len(self.text) else inside[0]
                places[number] = (at, at + len(text))
            elif inside:
                places[number] = (inside[0], inside[0] + len(text))
        return places
