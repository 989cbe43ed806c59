"""The parser's state during tree construction: the stack of open elements and the active formatting elements.

Follows https://html.spec.whatwg.org/#parse-state and https://html.spec.whatwg.org/#adoption-agency-algorithm as far as
depth and number of elements depend on them. Nothing is built: elements are counted.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from ..errors import Failure, PageRefused
from . import elements
from .tokens import attribute

_STEPS_A_TAG: Final = 64
"""Maximum average number of open elements examined per allowed tag: a parser's cost grows with these as well."""
_ALIKE: Final = 3
_ROUNDS: Final = 8


class Element:
    """An open element. `depth` is its depth in the tree, which adoption may make differ from its stack position."""

    __slots__ = ("attributes", "depth", "foreign", "name", "open")

    def __init__(self, name: str, depth: int, attributes: bytes = b"", foreign: str = "") -> None:
        self.name = name
        self.depth = depth
        self.attributes = attributes
        self.foreign = foreign
        self.open = True

    @property
    def special(self) -> bool:
        """Whether it is one of the standard's special elements."""
        return self.name in (elements.INTEGRATION[self.foreign] if self.foreign else elements.SPECIAL)

    @property
    def holds_foreign(self) -> bool:
        """Whether start tags in it belong to SVG or MathML."""
        if self.name == "annotation-xml" and self.foreign == "math":
            return (attribute(self.attributes, b"encoding") or b"").lower() not in elements.HTML_TYPES
        return self.foreign != "" and not self.special


class ParseState:
    """The open elements, the maximum `depth` so far, and the number of elements so far.

    `stack` are the open elements, the outermost first; `formatting` the active formatting elements, None for a marker.
    Raises `PageRefused` for more than `max_depth` levels of nested elements, more than `max_tags` in all, and for a
    page that makes a parser examine its open elements excessively often.
    """

    def __init__(self, max_depth: int, max_tags: int) -> None:
        self.max_depth = max_depth
        self.max_tags = max_tags
        self.depth = 2
        self.elements = 3
        self.stack = [Element("html", 1), Element("body", 2)]
        self.formatting: list[Element | None] = []
        self._steps = 0

    @property
    def top(self) -> Element:
        """The current (innermost open) element."""
        return self.stack[-1]

    def mark(self) -> None:
        """Set a marker: formatting elements before it are left alone until the element that set it ends."""
        self.formatting.append(None)

    def in_foreign(self) -> bool:
        """Return whether start tags belong to SVG or MathML here."""
        return self.top.holds_foreign

    def insert(self, name: str, attributes: bytes = b"", *, foreign: str = "", closed: bool = False) -> Element:
        """Count an element below the innermost open one, and open it unless it is `closed` at once."""
        self.count()
        element = Element(name, self.top.depth + 1, attributes, foreign)
        if element.depth > self.depth:
            self.depth = element.depth
            if self.depth > self.max_depth:
                raise PageRefused(
                    Failure.TOO_DEEP, f"nested more than {self.max_depth} elements deep, at <{name[:40]}>"
                )
        if closed:
            element.open = False
        else:
            self.stack.append(element)
        return element

    def count(self, number: int = 1) -> None:
        """Count elements that the parser inserts by itself."""
        self.elements += number
        if self.elements > self.max_tags:
            raise PageRefused(Failure.TOO_MANY_TAGS, f"more than {self.max_tags} elements")

    def pop(self) -> None:
        """Close the innermost open element."""
        element = self.stack.pop()
        element.open = False
        if element.name in elements.CELLS and not element.foreign:
            self._clear_to_marker()

    def _clear_to_marker(self) -> None:
        while self.formatting and self.formatting.pop() is not None:
            pass

    def pop_to(self, index: int) -> None:
        """Close the element at `index` and all within it; `html` and `body` stay open."""
        while len(self.stack) > max(index, 2):
            self.pop()

    def close(self, name: str, barriers: Collection[str]) -> bool:
        """Close the open element `name` unless a barrier is in between; return whether it was closed."""
        index = self.find((name,), barriers)
        if index >= 0:
            self.pop_to(index)
            if name in elements.MARKED and name not in elements.CELLS:
                self._clear_to_marker()
        return index >= 0

    def find(self, wanted: Collection[str] | tuple[Element], barriers: Collection[str]) -> int:
        """Return the stack position of the innermost `wanted` element that no barrier hides, or -1."""
        stack = self.stack
        index = len(stack)
        while index:
            index -= 1
            element = stack[index]
            if not element.foreign:
                if element.name in wanted or element in wanted:
                    break
                if element.name in barriers:
                    index = -1
                    break
            elif element.special and "td" in barriers:
                index = -1
                break
        else:
            index = -1
        self.step(len(stack) - max(index, 0))
        return index

    def step(self, number: int = 1) -> None:
        """Count the open elements that a parser examines."""
        self._steps += number
        if self._steps > _STEPS_A_TAG * self.max_tags:
            raise PageRefused(
                Failure.TOO_DEEP,
                f"{self.elements} elements nested {self.depth} deep repeatedly: too expensive to parse",
            )

    def close_implied(self, but: str = "") -> None:
        """Close elements with optional end tags, up to an element `but`."""
        while (top := self.top).name in elements.IMPLIED and top.name != but and not top.foreign:
            self.pop()

    def close_item(self, names: tuple[str, ...]) -> None:
        """Close the list item that the start of another of its kind ends."""
        for index in range(len(self.stack) - 1, -1, -1):
            self.step()
            element = self.stack[index]
            if element.name in names and not element.foreign:
                self.pop_to(index)
                return
            if element.special and element.name not in ("address", "div", "p"):
                return

    def end_other(self, name: str) -> None:
        """Process the end tag of an ordinary element: closes it unless a special element is in between."""
        for index in range(len(self.stack) - 1, 1, -1):
            self.step()
            element = self.stack[index]
            if element.name == name and not element.foreign:
                self.pop_to(index)
                return
            if element.special:
                return

    def format(self, name: str, attributes: bytes) -> None:
        """Process the start tag of a formatting element."""
        if name == "a" and self._active("a") is not None:
            found = self._active("a")
            self.adopt("a")
            if found in self.formatting:
                self.formatting.remove(found)
            if found is not None and found.open:
                self.stack.remove(found)
                found.open = False
        self.reconstruct()
        if name == "nobr" and self.find(("nobr",), elements.SCOPE) >= 0:
            self.adopt("nobr")
            self.reconstruct()
        alike = 0
        for place in range(len(self.formatting) - 1, -1, -1):
            self.step()
            entry = self.formatting[place]
            if entry is None:
                break
            if entry.name == name and entry.attributes == attributes:
                alike += 1
                if alike == _ALIKE:
                    del self.formatting[place]
                    break
        self.formatting.append(self.insert(name, attributes))

    def reconstruct(self) -> None:
        """Reopen, as new elements, the formatting elements that were closed by the end of a block."""
        entries = self.formatting
        place = len(entries)
        while place and (entry := entries[place - 1]) is not None and not entry.open:
            place -= 1
        for number in range(place, len(entries)):
            entry = entries[number]
            if entry is not None:
                entries[number] = self.insert(entry.name, entry.attributes)

    def _active(self, name: str) -> Element | None:
        for entry in reversed(self.formatting):
            self.step()
            if entry is None or entry.name == name:
                return entry
        return None

    def adopt(self, name: str) -> None:
        """Run the adoption agency algorithm for `name`."""
        stack, entries = self.stack, self.formatting
        if stack[-1].name == name and stack[-1] not in entries:
            self.pop()
            return
        for _ in range(_ROUNDS):
            element = self._active(name)
            if element is None:
                self.end_other(name)
                return
            if not element.open:
                entries.remove(element)
                return
            index = self.find((element,), elements.SCOPE)
            if index < 0:
                return
            block = next((i for i in range(index + 1, len(stack)) if stack[i].special), -1)
            self.step(len(stack) - index)
            if block < 0:
                self.pop_to(index)
                entries.remove(element)
                return
            self._adopt_block(element, index, block)

    def _adopt_block(self, element: Element, index: int, block: int) -> None:
        """Move `element` from above the block at `block` to below it, with copies of what stands between."""
        stack, entries = self.stack, self.formatting
        between: list[Element] = []
        bookmark = entries.index(element)
        for count, node in enumerate(reversed(stack[index + 1 : block]), start=1):
            node.open = False
            if node in entries and count <= _ALIKE:
                copy = Element(node.name, node.depth, node.attributes)
                entries[entries.index(node)] = copy
                self.count()
                if not between:
                    bookmark = entries.index(copy) + 1
                between.insert(0, copy)
            elif node in entries:
                place = entries.index(node)
                del entries[place]
                bookmark -= place < bookmark
        clone = Element(element.name, stack[block].depth + 1, element.attributes)
        self.count()
        entries.insert(bookmark, clone)
        entries.remove(element)
        element.open = False
        stack[index : block + 1] = [*between, stack[block], clone]
