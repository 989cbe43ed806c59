"""How deep and how large the tree of a page will be, told without building it.

The walk follows the tree construction of the HTML standard (https://html.spec.whatwg.org/#tree-construction) as far as
depth and number of elements depend on it: void elements, implied end tags, scopes, the reconstruction of formatting
elements and the adoption agency, raw text, foreign content. Where the standard depends on more than that, the deeper
outcome is counted. It costs more than the parse of an honest page and far less than that of a hostile one.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from crawler.errors import Failure, PageRefused
from crawler.page import elements
from crawler.page.elements import Element
from crawler.page.tokens import MARKUP, RAW_TEXT, TAG, after_comment, after_raw_text, attribute_names

_STEPS_A_TAG: Final = 64
"""Open elements looked at for each tag allowed, on average: a parser's cost grows with these as well."""
_ALIKE: Final = 3
_ROUNDS: Final = 8


class TreeSurvey:
    """Counts what a parser would build of `body`.

    Raises `PageRefused` as soon as the tree has more than `max_depth` elements one within the other (`html` and `body`
    included), more than `max_tags` elements (those that the parser adds of its own included), or one tag has more than
    `max_attributes` attributes of different names. `depth` and `elements` hold the figures found.
    """

    def __init__(self, body: bytes, *, max_depth: int, max_tags: int, max_attributes: int) -> None:
        self.max_depth = max_depth
        self.max_tags = max_tags
        self.max_attributes = max_attributes
        self.depth = 2
        self.elements = 3
        self._steps = 0
        self._stack = [Element("html", 1), Element("body", 2)]
        self._formatting: list[Element | None] = []
        self._form: Element | None = None
        self._in_head = self._frameset_ok = True
        self._frameset = self._columns = False
        self._run(body)

    # Tokens

    def _run(self, body: bytes) -> None:
        position = 0
        tokens = 0
        while (found := MARKUP.search(body, position)) is not None:
            start = found.start()
            if start > position:
                if self._frameset_ok and body[position:start].strip():
                    self._in_head = self._frameset_ok = False
                if self._formatting:
                    self._reconstruct()
            tokens += 1
            if tokens > 2 * self.max_tags:
                raise PageRefused(Failure.TOO_MANY_TAGS, f"more than {tokens - 1} tags, limit {self.max_tags} elements")
            tag = TAG.match(body, start)
            if tag is None:
                position = after_comment(body, start, foreign=self._stack[-1].foreign != "")
            else:
                name = tag[2].lower().decode("latin-1")
                position = tag.end()
                if len(tag[3]) > 2 * self.max_attributes:
                    self._check_attributes(name, tag[3])
                if tag[1]:
                    self._end(name)
                elif self._start(name, tag[3], closed=bool(tag[4])):
                    position = after_raw_text(body, position, name)
            if position < 0:
                return
        if position < len(body):
            self._reconstruct()

    def _check_attributes(self, name: str, source: bytes) -> None:
        names = attribute_names(source)
        if len(names) > self.max_attributes:
            raise PageRefused(
                Failure.TOO_MANY_ATTRIBUTES,
                f"{len(names)} attributes on one <{name[:40]}>, limit {self.max_attributes}",
            )

    # Tags

    def _start(self, name: str, attributes: bytes, *, closed: bool) -> bool:
        """Take a start tag; tells whether what follows is raw text."""
        if self._in_foreign():
            plain_font = name == "font" and not elements.FONT_LOOKS.intersection(attribute_names(attributes))
            if name not in elements.BREAKOUT or plain_font:
                self._insert(name, attributes, foreign=self._stack[-1].foreign, closed=closed)
                return False
            while self._in_foreign():
                self._pop()
        if name in ("html", "body", "head") or (name == "frameset" and not (self._frameset_ok or self._frameset)):
            self._in_head = self._in_head and name != "body"
            return False
        if self._frameset:
            # A page of frames drops nearly all tags, or the frames were dropped: the deeper of both.
            self._insert(name, closed=name in elements.VOID)
            return False
        if name not in elements.IN_HEAD:
            self._in_head = False
            self._frameset_ok = self._frameset_ok and name not in elements.NO_FRAMESET
        elif name == "noscript" and self._in_head:
            self._insert(name, closed=True)  # what is no part of a head ends it
            return False
        if name in elements.CLOSES_P:
            self._close("p", elements.BUTTON_SCOPE)
        if self._stack[-1].name == "colgroup" and name not in ("col", "template"):
            self._pop()
        if name == "select" and self._close("select", elements.SCOPE - {"select"}):
            return False
        if name == "form" and self._form is not None and self._find(("template",), ()) < 0:
            return False
        if name in elements.VOID:
            if name == "input":
                self._close("select", elements.SCOPE - {"select"})
            if name == "col":
                self._columns = self._columns or self._find(("template",), ("table",)) >= 0
                self._table_part("colgroup")
            self._reconstruct()
            self._insert(name, closed=True)
        elif name in RAW_TEXT:
            if name in ("xmp", "plaintext"):
                self._reconstruct()
            self._insert(name, closed=True)
            if name == "textarea":
                # lexbor opens formatting elements again inside it, and again inside the next.
                self._count(len(self._formatting))
            # Where a parser may drop the tag, what follows it is markup.
            return not self._columns
        elif name in elements.TABLE_PARTS:
            self._table_part(name)
        elif name in elements.FORMATTING:
            self._format(name, attributes)
        else:
            self._close_before(name)
            if name not in elements.CLOSES_P and name not in elements.NOT_INLINE:
                self._reconstruct()
            foreign = name if name in elements.INTEGRATION else ""
            element = self._insert(name, foreign=foreign, closed=closed and bool(foreign))
            if name in elements.MARKED:
                self._formatting.append(None)
            elif name == "form":
                self._form = element
            elif name == "frameset":
                self._frameset = True
        return False

    def _close_before(self, name: str) -> None:
        """Close what the start of `name` ends."""
        top = self._stack[-1].name
        if name in elements.HEADINGS and top in elements.HEADINGS:
            self._pop()
        elif name == "li":
            self._close_item(("li",))
        elif name in ("dd", "dt"):
            self._close_item(("dd", "dt"))
        elif name == "button":
            self._close("button", elements.SCOPE)
        elif name in ("option", "optgroup"):
            if self._find(("select",), elements.SCOPE - {"select"}) >= 0:
                self._close_implied(but="optgroup" if name == "option" else "")
            elif top == "option":
                self._pop()
        elif name in elements.RUBY and self._find(("ruby",), elements.SCOPE) >= 0:
            self._close_implied()
        elif name == "table":
            self._close("table", elements.TABLE_SCOPE | elements.CELLS)

    def _close_implied(self, but: str = "") -> None:
        while (top := self._stack[-1]).name in elements.IMPLIED and top.name != but and not top.foreign:
            self._pop()

    def _close_item(self, names: tuple[str, ...]) -> None:
        for index in range(len(self._stack) - 1, -1, -1):
            self._step()
            element = self._stack[index]
            if element.name in names and not element.foreign:
                self._pop_to(index)
                return
            if element.special and element.name not in ("address", "div", "p"):
                return

    def _table_part(self, name: str) -> None:
        index = self._find(("table",), elements.TABLE_SCOPE)
        if index < 0:
            if self._find(("template",), ("html", "table")) >= 0:
                self._insert(name)
            return
        parents = elements.SECTIONS | {"tr"} if name in ("td", "th") else elements.SECTIONS if name == "tr" else ()
        while len(self._stack) > index + 1 and self._stack[-1].name not in parents:
            self._pop()
        if name in ("td", "th", "tr") and self._stack[-1].name == "table":
            self._insert("tbody")
        if name in ("td", "th") and self._stack[-1].name != "tr":
            self._insert("tr")
        self._insert(name)
        if name in elements.MARKED:
            self._formatting.append(None)

    def _end(self, name: str) -> None:
        if name in ("body", "html", "br"):
            self._in_head = False
            self._frameset_ok = self._frameset_ok and name != "br"
        if self._frameset:
            return
        if self._in_foreign() and name in ("br", "p"):
            while self._in_foreign():
                self._pop()
        elif self._stack[-1].foreign and self._end_foreign(name):
            return
        if name in elements.FORMATTING:
            self._adopt(name)
        elif name in elements.HEADINGS:
            index = self._find(elements.HEADINGS, elements.SCOPE)
            if index >= 0:
                self._pop_to(index)
        elif name == "p":
            if not self._close("p", elements.BUTTON_SCOPE):
                self._insert("p", closed=True)
        elif name == "br":
            self._insert("br", closed=True)
        elif name == "li":
            self._close(name, elements.LIST_SCOPE)
        elif name == "form":
            self._end_form()
        elif name == "select":
            self._close(name, elements.SCOPE - {"select"})
        elif name in elements.TABLE_PARTS or name == "table":
            self._close(name, elements.TABLE_SCOPE)
        elif name == "template":
            self._close(name, ("html",))
        elif name in elements.CLOSED_IN_SCOPE or name in elements.MARKED:
            self._close(name, elements.SCOPE)
        elif name not in ("html", "body", "head", "frameset"):
            self._end_other(name)

    def _end_form(self) -> None:
        if self._find(("template",), ()) >= 0:
            self._close("form", elements.SCOPE)
            return
        form, self._form = self._form, None
        if form is not None and self._find((form,), elements.SCOPE) >= 0:
            self._close_implied()
            self._stack.remove(form)
            form.open = False

    def _end_foreign(self, name: str) -> bool:
        for index in range(len(self._stack) - 1, 0, -1):
            self._step()
            if not self._stack[index].foreign:
                return False
            if self._stack[index].name == name:
                self._pop_to(index)
                return True
        return False

    def _end_other(self, name: str) -> None:
        for index in range(len(self._stack) - 1, 1, -1):
            self._step()
            element = self._stack[index]
            if element.name == name and not element.foreign:
                self._pop_to(index)
                return
            if element.special:
                return

    # Formatting

    def _format(self, name: str, attributes: bytes) -> None:
        if name == "a" and self._active("a") is not None:
            found = self._active("a")
            self._adopt("a")
            if found in self._formatting:
                self._formatting.remove(found)
            if found is not None and found.open:
                self._stack.remove(found)
                found.open = False
        self._reconstruct()
        if name == "nobr" and self._find(("nobr",), elements.SCOPE) >= 0:
            self._adopt("nobr")
            self._reconstruct()
        alike = 0
        for place in range(len(self._formatting) - 1, -1, -1):
            self._step()
            entry = self._formatting[place]
            if entry is None:
                break
            if entry.name == name and entry.attributes == attributes:
                alike += 1
                if alike == _ALIKE:
                    del self._formatting[place]
                    break
        self._formatting.append(self._insert(name, attributes))

    def _reconstruct(self) -> None:
        """Open again, as new elements, the formatting elements that a closing block shut."""
        entries = self._formatting
        place = len(entries)
        while place and (entry := entries[place - 1]) is not None and not entry.open:
            place -= 1
        for number in range(place, len(entries)):
            entry = entries[number]
            if entry is not None:
                entries[number] = self._insert(entry.name, entry.attributes)

    def _active(self, name: str) -> Element | None:
        for entry in reversed(self._formatting):
            self._step()
            if entry is None or entry.name == name:
                return entry
        return None

    def _adopt(self, name: str) -> None:
        """Run the adoption agency algorithm for `name`."""
        stack, entries = self._stack, self._formatting
        if stack[-1].name == name and stack[-1] not in entries:
            self._pop()
            return
        for _ in range(_ROUNDS):
            element = self._active(name)
            if element is None:
                self._end_other(name)
                return
            if not element.open:
                entries.remove(element)
                return
            index = self._find((element,), elements.SCOPE)
            if index < 0:
                return
            block = next((i for i in range(index + 1, len(stack)) if stack[i].special), -1)
            self._step(len(stack) - index)
            if block < 0:
                self._pop_to(index)
                entries.remove(element)
                return
            self._adopt_block(element, index, block)

    def _adopt_block(self, element: Element, index: int, block: int) -> None:
        """Move `element` from above the block at `block` to below it, with copies of what stands between."""
        stack, entries = self._stack, self._formatting
        between: list[Element] = []
        bookmark = entries.index(element)
        for count, node in enumerate(reversed(stack[index + 1 : block]), start=1):
            node.open = False
            if node in entries and count <= _ALIKE:
                copy = Element(node.name, node.depth, node.attributes)
                entries[entries.index(node)] = copy
                self._count()
                if not between:
                    bookmark = entries.index(copy) + 1
                between.insert(0, copy)
            elif node in entries:
                place = entries.index(node)
                del entries[place]
                bookmark -= place < bookmark
        clone = Element(element.name, stack[block].depth + 1, element.attributes)
        self._count()
        entries.insert(bookmark, clone)
        entries.remove(element)
        element.open = False
        stack[index : block + 1] = [*between, stack[block], clone]

    # The stack of open elements

    def _in_foreign(self) -> bool:
        return self._stack[-1].holds_foreign

    def _insert(self, name: str, attributes: bytes = b"", *, foreign: str = "", closed: bool = False) -> Element:
        self._count()
        element = Element(name, self._stack[-1].depth + 1, attributes, foreign)
        if element.depth > self.depth:
            self.depth = element.depth
            if self.depth > self.max_depth:
                raise PageRefused(
                    Failure.TOO_DEEP, f"more than {self.max_depth} elements one within the other, at <{name[:40]}>"
                )
        if closed:
            element.open = False
        else:
            self._stack.append(element)
        return element

    def _count(self, number: int = 1) -> None:
        self.elements += number
        if self.elements > self.max_tags:
            raise PageRefused(Failure.TOO_MANY_TAGS, f"more than {self.max_tags} elements")

    def _pop(self) -> None:
        element = self._stack.pop()
        element.open = False
        if element.name in elements.CELLS and not element.foreign:
            self._clear_to_marker()

    def _clear_to_marker(self) -> None:
        while self._formatting and self._formatting.pop() is not None:
            pass

    def _pop_to(self, index: int) -> None:
        while len(self._stack) > max(index, 2):
            self._pop()

    def _close(self, name: str, barriers: Collection[str]) -> bool:
        """Pop to the open element `name`, if no barrier stands before it; tells whether there was one."""
        index = self._find((name,), barriers)
        if index >= 0:
            self._pop_to(index)
            if name in elements.MARKED and name not in elements.CELLS:
                self._clear_to_marker()
        return index >= 0

    def _find(self, wanted: Collection[str] | tuple[Element], barriers: Collection[str]) -> int:
        """Return the place of the innermost open element of `wanted` that no barrier hides, -1 for none."""
        stack = self._stack
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
        self._step(len(stack) - max(index, 0))
        return index

    def _step(self, number: int = 1) -> None:
        self._steps += number
        if self._steps > _STEPS_A_TAG * self.max_tags:
            raise PageRefused(
                Failure.TOO_DEEP, f"{self.elements} elements nested {self.depth} deep, over and over: too much to build"
            )
