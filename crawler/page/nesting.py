"""Computes the depth and size of a page's tree without building it.

The walk follows the tree construction of the HTML standard (https://html.spec.whatwg.org/#tree-construction) as far as
depth and number of elements depend on it: void elements, implied end tags, scopes, the reconstruction of formatting
elements and the adoption agency, raw text, foreign content. Where the standard depends on more than that, the deeper
outcome is counted. It costs more than the parse of an honest page and far less than that of a hostile one.
"""

from __future__ import annotations

from ..errors import Failure, PageRefused
from . import elements
from .parsestate import Element, ParseState
from .tokens import ATTRIBUTE, MARKUP, RAW_TEXT, TAG, after_comment, after_raw_text, attribute_names


class TreeSurvey:
    """Counts the elements that a parser would create for `body`.

    Raises `PageRefused` as soon as the tree has more than `max_depth` levels of nested elements (`html` and `body`
    included), more than `max_tags` elements (those that the parser adds of its own included), or one tag has more than
    `max_attributes` attributes of different names, or all `<html>` and `<body>` tags together have more, or all tags
    together have more than `max_names` different names and names of attributes (None: not counted).
    """

    def __init__(
        self, body: bytes, *, max_depth: int, max_tags: int, max_attributes: int, max_names: int | None = None
    ) -> None:
        self.max_tags = max_tags
        self.max_attributes = max_attributes
        self.max_names = max_names
        self._names: set[bytes] = set()
        self._state = ParseState(max_depth, max_tags)
        self._form: Element | None = None
        self._in_head = self._frameset_ok = True
        self._frameset = self._columns = False
        self._merged = 0
        self._run(body)

    @property
    def depth(self) -> int:
        """The maximum nesting of elements."""
        return self._state.depth

    @property
    def elements(self) -> int:
        """The number of elements."""
        return self._state.elements

    # Tokens

    def _run(self, body: bytes) -> None:
        position = 0
        tokens = 0
        while (found := MARKUP.search(body, position)) is not None:
            start = found.start()
            if start > position:
                if self._frameset_ok and body[position:start].strip():
                    self._in_head = self._frameset_ok = False
                if self._state.formatting:
                    self._state.reconstruct()
            tokens += 1
            if tokens > 2 * self.max_tags:
                raise PageRefused(Failure.TOO_MANY_TAGS, f"more than {tokens - 1} tags, limit {self.max_tags} elements")
            tag = TAG.match(body, start)
            if tag is None:
                position = after_comment(body, start, foreign=self._state.top.foreign != "")
            else:
                name = tag[2].lower().decode("latin-1")
                position = tag.end()
                if len(tag[3]) > 2 * self.max_attributes:
                    self._check_attributes(name, tag[3])
                if self.max_names is not None:
                    self._check_names(tag[2], tag[3], self.max_names)
                if tag[1]:
                    self._end(name)
                elif self._start(name, tag[3], closed=bool(tag[4])):
                    position = after_raw_text(body, position, name)
            if position < 0:
                return
        if position < len(body):
            self._state.reconstruct()

    def _check_names(self, name: bytes, attributes: bytes, most: int) -> None:
        self._names.add(name.lower())
        if attributes:
            self._names |= attribute_names(attributes)
        if len(self._names) > most:
            raise PageRefused(
                Failure.TOO_MANY_ATTRIBUTES,
                f"more than {most} different names of elements and attributes, limit {most}",
            )

    def _check_attributes(self, name: str, source: bytes) -> None:
        names = attribute_names(source)
        if len(names) > self.max_attributes:
            raise PageRefused(
                Failure.TOO_MANY_ATTRIBUTES,
                f"{len(names)} attributes on one <{name[:40]}>, limit {self.max_attributes}",
            )

    def _merge(self, source: bytes) -> None:
        """Count the attributes of a tag that the parser merges into the only element with this name."""
        self._merged += len(ATTRIBUTE.findall(source))
        if self._merged > self.max_attributes:
            raise PageRefused(
                Failure.TOO_MANY_ATTRIBUTES,
                f"{self._merged} attributes on all <html> and <body> tags, limit {self.max_attributes}",
            )

    # Tags

    def _start(self, name: str, attributes: bytes, *, closed: bool) -> bool:
        """Process a start tag; return whether raw text follows."""
        if self._state.in_foreign():
            plain_font = name == "font" and not elements.FONT_LOOKS.intersection(attribute_names(attributes))
            if name not in elements.BREAKOUT or plain_font:
                self._state.insert(name, attributes, foreign=self._state.top.foreign, closed=closed)
                return False
            while self._state.in_foreign():
                self._state.pop()
        if name in ("html", "body", "head") or (name == "frameset" and not (self._frameset_ok or self._frameset)):
            self._in_head = self._in_head and name != "body"
            if name in ("html", "body"):
                self._merge(attributes)
            return False
        if self._frameset:
            # Either a frameset drops nearly all tags, or the frameset is dropped: count the deeper outcome.
            self._state.insert(name, closed=name in elements.VOID)
            return False
        if name not in elements.IN_HEAD:
            self._in_head = False
            self._frameset_ok = self._frameset_ok and name not in elements.NO_FRAMESET
        elif name == "noscript" and self._in_head:
            self._state.insert(name, closed=True)  # elements that do not belong in a head end it
            return False
        if name in elements.CLOSES_P:
            self._state.close("p", elements.BUTTON_SCOPE)
        if self._state.top.name == "colgroup" and name not in ("col", "template"):
            self._state.pop()
        if name == "select" and self._state.close("select", elements.SCOPE - {"select"}):
            return False
        if name == "form" and self._form is not None and self._state.find(("template",), ()) < 0:
            return False
        if name in elements.VOID:
            if name == "input":
                self._state.close("select", elements.SCOPE - {"select"})
            if name == "col":
                self._columns = self._columns or self._state.find(("template",), ("table",)) >= 0
                self._table_part("colgroup")
            self._state.reconstruct()
            self._state.insert(name, closed=True)
        elif name in RAW_TEXT:
            if name in ("xmp", "plaintext"):
                self._state.reconstruct()
            self._state.insert(name, closed=True)
            if name == "textarea":
                # lexbor reopens formatting elements inside it, and again inside the next.
                self._state.count(len(self._state.formatting))
            # If a parser may drop the tag, the following text is markup.
            return not self._columns
        elif name in elements.TABLE_PARTS:
            self._table_part(name)
        elif name in elements.FORMATTING:
            self._state.format(name, attributes)
        else:
            self._close_before(name)
            if name not in elements.CLOSES_P and name not in elements.NOT_INLINE:
                self._state.reconstruct()
            foreign = name if name in elements.INTEGRATION else ""
            element = self._state.insert(name, foreign=foreign, closed=closed and bool(foreign))
            if name in elements.MARKED:
                self._state.mark()
            elif name == "form":
                self._form = element
            elif name == "frameset":
                self._frameset = True
        return False

    def _close_before(self, name: str) -> None:
        """Close the elements that a start tag `name` implicitly ends."""
        top = self._state.top.name
        if name in elements.HEADINGS and top in elements.HEADINGS:
            self._state.pop()
        elif name == "li":
            self._state.close_item(("li",))
        elif name in ("dd", "dt"):
            self._state.close_item(("dd", "dt"))
        elif name == "button":
            self._state.close("button", elements.SCOPE)
        elif name in ("option", "optgroup"):
            if self._state.find(("select",), elements.SCOPE - {"select"}) >= 0:
                self._state.close_implied(but="optgroup" if name == "option" else "")
            elif top == "option":
                self._state.pop()
        elif name in elements.RUBY and self._state.find(("ruby",), elements.SCOPE) >= 0:
            self._state.close_implied()
        elif name == "table":
            self._state.close("table", elements.TABLE_SCOPE | elements.CELLS)

    def _table_part(self, name: str) -> None:
        index = self._state.find(("table",), elements.TABLE_SCOPE)
        if index < 0:
            if self._state.find(("template",), ("html", "table")) >= 0:
                self._state.insert(name)
            return
        parents = elements.SECTIONS | {"tr"} if name in ("td", "th") else elements.SECTIONS if name == "tr" else ()
        while len(self._state.stack) > index + 1 and self._state.top.name not in parents:
            self._state.pop()
        if name in ("td", "th", "tr") and self._state.top.name == "table":
            self._state.insert("tbody")
        if name in ("td", "th") and self._state.top.name != "tr":
            self._state.insert("tr")
        self._state.insert(name)
        if name in elements.MARKED:
            self._state.mark()

    def _end(self, name: str) -> None:
        if name in ("body", "html", "br"):
            self._in_head = False
            self._frameset_ok = self._frameset_ok and name != "br"
        if self._frameset:
            return
        if self._state.in_foreign() and name in ("br", "p"):
            while self._state.in_foreign():
                self._state.pop()
        elif self._state.top.foreign and self._end_foreign(name):
            return
        if name in elements.FORMATTING:
            self._state.adopt(name)
        elif name in elements.HEADINGS:
            index = self._state.find(elements.HEADINGS, elements.SCOPE)
            if index >= 0:
                self._state.pop_to(index)
        elif name == "p":
            if not self._state.close("p", elements.BUTTON_SCOPE):
                self._state.insert("p", closed=True)
        elif name == "br":
            self._state.insert("br", closed=True)
        elif name == "li":
            self._state.close(name, elements.LIST_SCOPE)
        elif name == "form":
            self._end_form()
        elif name == "select":
            self._state.close(name, elements.SCOPE - {"select"})
        elif name in elements.TABLE_PARTS or name == "table":
            self._state.close(name, elements.TABLE_SCOPE)
        elif name == "template":
            self._state.close(name, ("html",))
        elif name in elements.CLOSED_IN_SCOPE or name in elements.MARKED:
            self._state.close(name, elements.SCOPE)
        elif name not in ("html", "body", "head", "frameset"):
            self._state.end_other(name)

    def _end_form(self) -> None:
        if self._state.find(("template",), ()) >= 0:
            self._state.close("form", elements.SCOPE)
            return
        form, self._form = self._form, None
        if form is not None and self._state.find((form,), elements.SCOPE) >= 0:
            self._state.close_implied()
            self._state.stack.remove(form)
            form.open = False

    def _end_foreign(self, name: str) -> bool:
        for index in range(len(self._state.stack) - 1, 0, -1):
            self._state.step()
            if not self._state.stack[index].foreign:
                return False
            if self._state.stack[index].name == name:
                self._state.pop_to(index)
                return True
        return False
