"""Pages of one template side by side: which element of an unchanged page is which on a changed one.

The pages may be of different articles. Elements with a text that both pages have once are paired first (labels,
navigation, footers, and everything where it is the same article), then the boxes around them, then their children in
order, by tag, names that both pages know, attributes, text and what is inside.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

import msgspec
from selectolax.lexbor import LexborNode

from .cases import Seen

_MOST_NODES = 5000
_MOST_CHILDREN = 80
_LONGEST_ANCHOR = 4000
_LIKELY = 1.4
_LABEL = re.compile(r"[^：:\d，。]{1,8}[：:]")
_APART = frozenset({"script", "style", "img", "a", "h1", "iframe", "input", "video", "table", "form", "textarea"})
"""Tags that are hardly ever changed into another."""


class Shape:
    """What is compared of an element."""

    __slots__ = ("attrs", "inside", "kids", "label", "node", "number", "outer", "tag", "text", "words")

    def __init__(self, node: LexborNode, outer: Shape | None) -> None:
        attributes = node.attributes
        self.node = node
        self.outer = outer
        self.tag = node.tag or ""
        self.words = words_of(node)
        self.attrs = frozenset(
            f"{name}={value}" if value and len(value) < 25 else name
            for name, value in attributes.items()
            if name not in {"class", "id", "style", "href", "src", "title", "alt"}
        )
        self.kids: list[Shape] = []
        self.inside: Counter[str] = Counter()
        self.text = ""
        self.label = ""
        self.number = 0


def words_of(node: LexborNode) -> tuple[str, ...]:
    """Return an element's classes and its id as selectors."""
    found = [f".{word}" for word in (node.attributes.get("class") or "").split()]
    ident = (node.attributes.get("id") or "").strip()
    return (*found, f"#{ident}") if ident else tuple(found)


class Outline:
    """The elements of a page's body in document order, as shapes."""

    def __init__(self, seen: Seen) -> None:
        spans = seen.spans
        self.shapes: list[Shape] = []
        self.words: set[str] = set()
        made: dict[int, Shape] = {}
        for number, node in enumerate(spans.nodes[:_MOST_NODES]):
            above = made.get(spans.outer[number])
            shape = Shape(node, above)
            shape.text = spans.text[spans.starts[number] : spans.ends[number]]
            label = _LABEL.match(shape.text)
            shape.label = label[0] if label is not None else ""
            shape.number = number
            made[number] = shape
            if above is not None:
                above.kids.append(shape)
            self.words.update(shape.words)
            self.shapes.append(shape)
        for shape in reversed(self.shapes):
            for kid in shape.kids:
                shape.inside[kid.tag] += 1

    def once(self) -> dict[str, Shape]:
        """Return the texts that are in one place of the page, with the innermost element that has each."""
        places: dict[str, Shape | None] = {}
        for shape in self.shapes:
            if not 1 < len(shape.text) < _LONGEST_ANCHOR:
                continue
            known = places.get(shape.text, shape)
            places[shape.text] = shape if known is not None and _holds(known, shape) else None
        return {text: shape for text, shape in places.items() if shape is not None}


def _holds(outer: Shape, inner: Shape) -> bool:
    above: Shape | None = inner
    while above is not None:
        if above is outer:
            return True
        above = above.outer
    return False


class Alignment:
    """The pairs of elements of two pages; `renamed` are names of the old page with those of the new, where known."""

    def __init__(self, old: Outline, new: Outline, renamed: Mapping[str, str]) -> None:
        self.old = old
        self.new = new
        self._renamed = renamed
        self._gone = old.words - new.words
        self.to: dict[int, Shape] = {}
        """The shape of the new page for each of the old, by number."""
        self._taken: set[int] = set()
        self._anchor()
        self._boxes()
        if old.shapes and new.shapes and 0 not in self.to:
            self._pair(old.shapes[0], new.shapes[0])
        self._children()

    @cached_property
    def by_ident(self) -> dict[int, Shape]:
        """The shape of the new page for each element of the old, by `mem_id`."""
        return {self.old.shapes[number].node.mem_id: new for number, new in self.to.items()}

    @cached_property
    def new_by_ident(self) -> dict[int, Shape]:
        """The shapes of the new page by their elements' `mem_id`."""
        return {shape.node.mem_id: shape for shape in self.new.shapes}

    @property
    def moved(self) -> bool:
        """Whether an element has another tag, or is in another element than before."""
        return any(
            old.tag != new.tag or (old.outer and new.outer and self.to.get(old.outer.number) not in {None, new.outer})
            for old, new in self.pairs()
        )

    def pairs(self) -> Iterator[tuple[Shape, Shape]]:
        """Yield the pairs, in the order of the old page."""
        for number in sorted(self.to):
            yield self.old.shapes[number], self.to[number]

    def _pair(self, old: Shape, new: Shape) -> None:
        self.to[old.number] = new
        self._taken.add(new.number)

    def _free(self, old: Shape, new: Shape) -> bool:
        return old.number not in self.to and new.number not in self._taken

    def _anchor(self) -> None:
        there = self.new.once()
        for text, old in self.old.once().items():
            new = there.get(text)
            if new is None:
                continue
            # elements with one text inside each other: the innermost are paired, then as many around them as match
            self._climb(old, new, text)

    def _climb(self, old: Shape | None, new: Shape | None, text: str) -> None:
        while old is not None and new is not None and old.text == text == new.text:
            if self._free(old, new) and self._alike(old, new) > 0:
                self._pair(old, new)
            old, new = old.outer, new.outer

    def _boxes(self) -> None:
        """Pair boxes by the pairs inside them, the innermost first."""
        for old in reversed(self.old.shapes):
            if old.number in self.to or not old.kids:
                continue
            votes: Counter[int] = Counter()
            known: dict[int, Shape] = {}
            for kid in old.kids:
                inner = self.to.get(kid.number)
                above = inner.outer if inner is not None else None
                for step in range(2):
                    if above is None:
                        break
                    known[above.number] = above
                    votes[above.number] += 2 - step
                    above = above.outer
            scored = sorted(
                ((votes[number] / 2 + self._alike(old, one), -number) for number, one in known.items()), reverse=True
            )
            for score, number in scored[:2]:
                new = known[-number]
                if self._free(old, new) and score > _LIKELY:
                    self._pair(old, new)
                    break

    def _children(self) -> None:
        """Pair the children of pairs, in order."""
        for old in self.old.shapes:
            new = self.to.get(old.number)
            if new is None:
                continue
            self._in_order(old.kids, new.kids)
            # a box that is gone, or that is new: what is inside stands in its place, or its place is inside
            for kid in old.kids:
                if kid.number not in self.to and len(kid.kids) > 1:
                    self._in_order(kid.kids, new.kids)
            for kid in new.kids:
                if kid.number not in self._taken and kid.kids:
                    self._in_order(old.kids, kid.kids)

    def _in_order(self, olds: Sequence[Shape], news: Sequence[Shape]) -> None:
        here = [kid for kid in olds if kid.number not in self.to][:_MOST_CHILDREN]
        there = [kid for kid in news if kid.number not in self._taken][:_MOST_CHILDREN]
        if here and there:
            for one, other in in_order(here, there, self._alike):
                self._pair(one, other)

    def _alike(self, old: Shape, new: Shape) -> float:
        """Return how likely two elements are the same, roughly from -4 to 8."""
        score = 1.5 if old.tag == new.tag else -2.0 if old.tag in _APART or new.tag in _APART else -0.4
        shared = sum(word in new.words for word in old.words)
        if shared:
            score += min(2.0 * shared, 4.0)
        elif any(word not in self._gone for word in old.words) and new.words:
            score -= 1.5
        elif bool(old.words) != bool(new.words):
            score -= 0.7
        elif len(old.words) == len(new.words):
            score += 0.4
        for word in old.words:
            other = self._renamed.get(word)
            if other is not None:
                score += 2.0 if other in new.words else -1.5
        if old.attrs or new.attrs:
            score += len(old.attrs & new.attrs) / len(old.attrs | new.attrs) - 0.3
        if old.inside or new.inside:
            common = sum((old.inside & new.inside).values())
            score += 1.2 * common / max(old.inside.total(), new.inside.total()) - 0.4
        if old.label and new.label:
            score += 1.3 if old.label == new.label else -0.5
        if old.text and old.text == new.text:
            score += 2.0
        elif old.text and new.text:
            score += 0.8 * min(len(old.text), len(new.text)) / max(len(old.text), len(new.text)) - 0.3
        elif bool(old.text) != bool(new.text):
            score -= 0.8
        return score


def in_order(
    here: Sequence[Shape], there: Sequence[Shape], alike: Callable[[Shape, Shape], float]
) -> list[tuple[Shape, Shape]]:
    """Return the pairs of two sequences, in order, with the greatest sum of likeness."""
    rows, columns = len(here), len(there)
    likeness = [[alike(one, other) - _LIKELY / 2 for other in there] for one in here]
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for row in range(rows - 1, -1, -1):
        below, this, like = best[row + 1], best[row], likeness[row]
        for column in range(columns - 1, -1, -1):
            this[column] = max(below[column], this[column + 1], below[column + 1] + like[column])
    found = []
    row = column = 0
    while row < rows and column < columns:
        gain = likeness[row][column]
        if gain > 0 and best[row][column] == best[row + 1][column + 1] + gain:
            found.append((here[row], there[column]))
            row, column = row + 1, column + 1
        elif best[row][column] == best[row + 1][column]:
            row += 1
        else:
            column += 1
    return found


class Beside(msgspec.Struct, frozen=True):
    """A page of before beside a changed one, with the pairs of their elements."""

    old: Seen
    new: Seen
    alignment: Alignment
