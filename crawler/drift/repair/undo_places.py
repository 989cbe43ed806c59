"""Changes of places that can be undone: lines that are paragraphs now, entries of lists, addresses of pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence, Set
from typing import Final

import msgspec
from selectolax.lexbor import LexborNode

from ...page.selectors import standard_css
from ...page.text import collapse, squeeze
from ...page.urls import absolute
from ...profiles.patterns import occurs
from ...records.model import Item, Record
from ..fingerprint import pattern
from ..tree import Element, Node, detach
from .cases import BODY, base_rule, region_of
from .undo import NAMES, Change, Sheet

_LONGEST: Final = 120
"""Characters of a line."""
_LABEL: Final = re.compile(r"\s*[（(【\[]?\s*([\u4e00-\u9fff]{1,6})\s*[：:丨|/]")
_DATE: Final = re.compile(r"(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}")
_ADDRESS: Final = re.compile(r"(?:https?:)?//\S+|/?[\w./-]+\.(?:jpe?g|png|webp|gif)(?:\?\S*)?", re.IGNORECASE)
_BUILT: Final = 5
"""Characters of a pattern that says what a text is."""
_MOST: Final = 4
"""Lines of one page."""
_ENDS: Final = 4
"""Paragraphs at each end of the body that are examined."""


# --- Lines that became paragraphs -------------------------------------------------------------------------------------


def in_body(sheets: Sequence[Sheet], olds: Sequence[Sheet]) -> set[int]:
    """Put paragraphs that are like a line of before, of a rule that finds nothing now, where such lines were.

    Paragraphs beside such a one with its new class are lines too.
    """
    words = {word for sheet in olds for one in sheet.tree.root.walk() for word in one.classes}
    lines = [*_lines(olds)]
    touched: set[int] = set()
    for number, sheet in enumerate(sheets):
        missing = [one for one in lines if not any(squeeze(piece.text) for piece in sheet.pieces.get(one.rule, []))]
        found: list[tuple[Element, _Line]] = []
        ends = {*_paragraphs(sheet, everywhere=False)}
        for element in _paragraphs(sheet, everywhere=True) if missing else ():
            text = collapse(element.text())
            of = next((one for one in missing if (element in ends or one.inside) and one.like(text)), None)
            if of is not None:
                found.append((element, of))
        if len(found) > _MOST:
            continue
        for element, of in found[:]:
            new = {*element.classes} - words
            for other in element.parent.elements if element.parent is not None and new else ():
                if new & {*other.classes} and not any(other is one for one, _ in found):
                    found.append((other, next((one for one in missing if one.rule == of.rule and not one.dated), of)))
        placed = [_put(sheet, element, of) for element, of in found]
        if placed and all(placed):
            touched.add(number)
    return touched


class _Line:
    """A line of before, of a rule."""

    def __init__(self, sheet: Sheet, rule: str, text: str, node: Element) -> None:
        region = region_of(sheet.layout, rule)
        self.where = region.where if region is not None else None
        self.rule = rule
        self.node = node
        self.inside = _is_inside(sheet, node)
        self.dated = _DATE.search(text) is not None
        self._pattern = pattern(text)
        label = _LABEL.match(text)
        self._label = label[1] if label is not None else None
        self._longest = 2 * len(text) + 10

    def like(self, text: str) -> bool:
        """Return whether a text is like the line: by its pattern, its label, its form, or because of its date."""
        if (self.where is not None and not occurs(self.where, text)) or len(text) > self._longest:
            return False
        label = _LABEL.match(text)
        if self._label is not None:
            return label is not None and label[1] == self._label
        if self.where is not None:
            return True
        if self.dated:
            return _DATE.search(text[:30]) is not None and "。" not in text
        return len(self._pattern) >= _BUILT and "0" in self._pattern and pattern(text) == self._pattern


def _lines(olds: Sequence[Sheet]) -> Iterator[_Line]:
    for sheet in olds:
        for rule, pieces in sheet.pieces.items():
            if not rule.startswith(("article.info.", "chrome.")):
                continue
            for piece in pieces:
                node = sheet.tree.made.get(piece.node.mem_id)
                text = collapse(piece.text)
                if isinstance(node, Element) and 0 < len(text) <= _LONGEST:
                    yield _Line(sheet, rule, text, node)


def bodies_of(sheet: Sheet) -> list[Element]:
    """Return the elements that the body's rule claims."""
    found = [sheet.tree.made.get(piece.node.mem_id) for piece in sheet.pieces.get(BODY, [])]
    return [one for one in found if isinstance(one, Element)]


def _is_inside(sheet: Sheet, node: Node | None) -> bool:
    outer = node.parent if node is not None else None
    bodies = bodies_of(sheet)
    while outer is not None:
        if any(outer is body for body in bodies):
            return True
        outer = outer.parent
    return False


def _paragraphs(sheet: Sheet, *, everywhere: bool) -> Iterator[Element]:
    """Yield the elements inside the body that may be lines: those at its ends, or all of them."""
    for body in bodies_of(sheet):
        inside = [one for one in body.elements if squeeze(one.text())]
        while len(inside) == 1 and inside[0].elements:
            inside = [one for one in inside[0].elements if squeeze(one.text())]
        found = inside if everywhere else [*inside[:_ENDS], *inside[_ENDS:][-_ENDS:]]
        yield from (one for one in found if len(one.text()) <= _LONGEST)


def _put(sheet: Sheet, element: Element, of: _Line) -> bool:
    """Make an element like a line of before, in its place inside the body or at the place of that outside."""
    node = of.node
    inside = of.inside or node.parent is None
    if not inside and node.parent is not None and _same(sheet, node.parent) is None:
        return False
    element.tag = node.tag
    element.attrs = dict(node.attrs)
    if not inside:
        return place_like(sheet, element, node)
    _lift(sheet, element, node)
    return True


def place_like(sheet: Sheet, element: Element, node: Element) -> bool:
    """Put an element where one of before is: behind what that stands behind; return whether its box is there."""
    outer = _same(sheet, node.parent) if node.parent is not None else None
    if outer is None or node.parent is None:
        return False
    siblings = node.parent.elements
    at = next(number for number, one in enumerate(siblings) if one is node)
    detach(element)
    for other in reversed(siblings[:at]):
        there = next((one for one in outer.elements if _names(one) == _names(other)), None)
        if there is not None:
            there.after(element)
            return True
    outer.insert(0 if at < len(siblings) - 1 else len(outer.children), element)
    return True


def _lift(sheet: Sheet, element: Element, node: Element) -> None:
    """Put an element in front of the boxes that it is in, where the body's element itself had the line of before."""
    bodies = bodies_of(sheet)
    if node.parent is None or not any(_names(node.parent) == _names(body) for body in bodies):
        return
    outer = element.parent
    if outer is None or any(outer is body for body in bodies):
        return
    while outer.parent is not None and not any(outer.parent is body for body in bodies):
        outer = outer.parent
    detach(element)
    outer.before(element)


def _names(element: Element) -> tuple[str, str | None, str | None]:
    return element.tag, element.attrs.get("class"), element.attrs.get("id")


def _same(sheet: Sheet, outer: Element) -> Element | None:
    """Return the only element with the tag and the names of an element of before."""
    if outer.tag in {"body", "html"}:
        return sheet.tree.body
    found = [one for one in sheet.tree.body.walk() if _names(one) == _names(outer)]
    return found[0] if len(found) == 1 else None


# --- Pictures ---------------------------------------------------------------------------------------------------------


def lazy_pictures(sheets: Sequence[Sheet], olds: Sequence[Sheet]) -> set[int]:
    """Put the addresses of pictures where they were, of those whose `src` is a placeholder."""
    known = {name for sheet in olds for one in sheet.tree.root.walk() if one.tag == "img" for name in one.attrs}
    usual = {
        name
        for sheet in olds
        for body in bodies_of(sheet)
        for one in body.walk()
        if one.tag == "img"
        for name, value in one.attrs.items()
        if name != "src" and _ADDRESS.fullmatch(value or "")
    }
    touched: set[int] = set()
    for number, sheet in enumerate(sheets):
        for one in [one for body in bodies_of(sheet) for one in body.walk() if one.tag == "img"]:
            new = [
                name
                for name, value in one.attrs.items()
                if name not in known and name not in {"alt", "title", "style"} and _ADDRESS.fullmatch(value or "")
            ]
            if len(new) == 1 and not _ADDRESS.fullmatch(one.attrs.get("src") or ""):
                address = one.attrs.pop(new[0])
                one.attrs |= dict.fromkeys(["src", *usual], address)
                touched.add(number)
    return touched


# --- Lists ------------------------------------------------------------------------------------------------------------


def rebuilt_entries(sheets: Sequence[Sheet], olds: Sequence[Sheet]) -> set[int]:
    """Give elements of lists the tag and names of the entries: those beside entries, or all where there is none."""
    words = {word for sheet in olds for one in sheet.tree.root.walk() for word in one.classes}
    usual: dict[str, tuple[Element, Element | None]] = {}
    for sheet in olds:
        for rule, _, region, entries in _lists(sheet):
            if entries:
                usual.setdefault(rule, (entries[0], entries[0].parent if entries[0].parent is not region else None))
    touched: set[int] = set()
    for number, sheet in enumerate(sheets):
        for rule, _, region, entries in _lists(sheet):
            if entries:
                outers = dict.fromkeys(entry.parent for entry in entries if entry.parent is not None)
                found = [one for outer in outers for one in _beside(outer, {*entries}, words)]
                model: Element | None = entries[0]
            else:
                model, outer = usual.get(rule, (None, None))
                found = _group(region)
                parent = found[0].parent if found else None
                if outer is not None and parent is not None and parent is not region:
                    parent.tag, parent.attrs = outer.tag, {**outer.attrs, **parent.attrs}
            for one in found if model is not None else ():
                one.tag = model.tag if model is not None else one.tag
                if model is not None and (entries or not one.classes):
                    one.attrs = _named_like(one, model)
                touched.add(number)
    return touched


def _named_like(one: Element, model: Element) -> dict[str, str | None]:
    """Return an element's own attributes, such as its address, with the class of another and what else that has."""
    others = {name: value for name, value in model.attrs.items() if name not in _OWN}
    own = {name: value for name, value in one.attrs.items() if name != "class"}
    return {**others, **own}


_OWN: Final = frozenset({"id", "href", "src", "title", "alt"})
"""Attributes that each entry of a list has with a value of its own."""


def _lists(sheet: Sheet) -> Iterator[tuple[str, LexborNode, Element, list[Element]]]:
    """Yield the lists with their entries: the rule, the region in the parser's tree and in the other."""
    for rule, pieces in sheet.pieces.items():
        chrome = sheet.layout.chrome.get(rule.rpartition(".")[2]) if rule.startswith("chrome.") else None
        for piece in pieces if chrome is not None and chrome.items is not None else ():
            region = sheet.tree.made.get(piece.node.mem_id)
            if not isinstance(region, Element) or chrome is None or chrome.items is None:
                continue
            inside = piece.node.css(standard_css(chrome.items.css))
            found = [sheet.tree.made.get(node.mem_id) for node in inside if node.mem_id != piece.node.mem_id]
            yield rule, piece.node, region, [one for one in found if isinstance(one, Element)]


def _beside(outer: Element, entries: Set[Element], words: Set[str]) -> list[Element]:
    """Return the elements beside entries that have text, no entry inside and a name that no page of before has."""
    return [
        one
        for one in outer.elements
        if one.classes and not words & {*one.classes} and squeeze(one.text())
        if entries.isdisjoint(one.walk())
    ]


def _group(region: Element) -> list[Element]:
    """Return the most elements beside each other with one tag and one class that have a link each."""
    best: list[Element] = []
    for outer in region.walk():
        groups: dict[tuple[str, str | None], list[Element]] = {}
        for one in outer.elements:
            if one.tag not in {"a", "span", "h2", "h3", "h4"} and any(inner.tag == "a" for inner in one.walk()):
                groups.setdefault((one.tag, one.attrs.get("class")), []).append(one)
        best = max([best, *groups.values()], key=len)
    return best if len(best) > 1 else []


_Entry = tuple[str, str | None]


def whole_lists(sheet: Sheet, record: Record, olds: Sequence[Sheet]) -> Record | None:
    """Return a record with entries for all links of the lists, where the entries of before were all links.

    None where nothing is missing.
    """
    entries = list(record.chrome)
    changed = False
    for rule, pieces in sheet.pieces.items():
        chrome = sheet.layout.chrome.get(rule.rpartition(".")[2])
        if chrome is None or chrome.items is None or not rule.startswith("chrome."):
            continue
        numbers = [number for number, one in enumerate(entries) if base_rule(one.rule) == rule]
        read = _reader(rule, olds)
        if read is None or len(numbers) != len(pieces):
            continue
        for number, piece in zip(numbers, pieces, strict=True):
            here = read(piece.node, sheet)
            items = entries[number].items or ()
            known = {(one.headline, one.url): one for one in items}
            bare = {one.url for one in items if one.headline is None}
            fewer = len(here) > len(items) or (bare and len(here) == len(items))
            if fewer and {one for one in known if one[0] is not None} <= {*here} and bare <= {url for _, url in here}:
                items = tuple(known.get(one) or Item(headline=one[0], url=one[1]) for one in here)
                entries[number] = msgspec.structs.replace(entries[number], items=items)
                changed = True
    return msgspec.structs.replace(record, chrome=tuple(entries)) if changed else None


def _reader(rule: str, olds: Sequence[Sheet]) -> Callable[[LexborNode, Sheet], list[_Entry]] | None:
    """Return what reads a list's links as its entries are on all pages of before; None if nothing does."""
    for read in (_all_links, _each_once, _each_title):
        seen = 0
        for old in olds:
            entries = [one for one in old.record.chrome if base_rule(one.rule) == rule] if old.record else []
            pieces = old.pieces.get(rule, [])
            if len(entries) != len(pieces):
                break
            for entry, piece in zip(entries, pieces, strict=True):
                wanted = [(one.headline or "", one.url) for one in entry.items or ()]
                if read(piece.node, old) != wanted:
                    break
                seen += bool(wanted)
            else:
                continue
            break
        else:
            if seen:
                return read
    return None


def _links(node: LexborNode, sheet: Sheet) -> Iterator[tuple[LexborNode, str, str | None]]:
    if not node.is_element_node:
        return
    for link in node.css("a[href]"):
        yield link, collapse(link.text()), absolute(sheet.seen.page.base, link.attributes.get("href") or "")


def _all_links(node: LexborNode, sheet: Sheet) -> list[_Entry]:
    return [(text, url) for _, text, url in _links(node, sheet) if text]


def _each_once(node: LexborNode, sheet: Sheet) -> list[_Entry]:
    found: dict[str | None, str] = {}
    for _, text, url in _links(node, sheet):
        if text:
            found.setdefault(url, text)
    return [(text, url) for url, text in found.items()]


def _each_title(node: LexborNode, sheet: Sheet) -> list[_Entry]:
    found: dict[str | None, str] = {}
    for link, _, url in _links(node, sheet):
        title = collapse(link.attributes.get("title") or "")
        if title:
            found.setdefault(url, title)
    return [(text, url) for url, text in found.items()]


PLACES: Final = (
    Change(NAMES | {"datePublished", "dateModified", "blocks"}, in_body),
    Change(frozenset({"blocks", "images"}), lazy_pictures),
    Change(frozenset({"chrome"}), rebuilt_entries),
)
"""In the order in which they are undone."""
