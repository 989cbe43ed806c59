"""Changes of boxes that can be undone: the rest of a body in a box of its own, a list between the paragraphs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ...page.text import squeeze
from ...records.model import Flag
from ...sieve.incomplete import MOST_LINKS, is_prose
from ..tree import Element, detach
from .undo import NAMES, Change, Sheet
from .undo_places import bodies_of, place_like

_LINKS: Final = 2
"""Links that a list has at least."""
_ALIKE: Final = 0.5
"""Share of the elements, by tag and classes, that a list has in common with that of before."""


# --- The rest of a body -----------------------------------------------------------------------------------------------


def rest_of_body(sheets: Sequence[Sheet], olds: Sequence[Sheet]) -> set[int]:
    """Put what is in a box with a new name behind the body into the body, where pages lack text of the article.

    A box with the same text on two pages is the site's.
    """
    known = names_of(olds)
    boxes: dict[tuple[str, ...], list[tuple[int, Element, Element]]] = {}
    for number, sheet in enumerate(sheets):
        for body in bodies_of(sheet)[-1:]:
            behind = _behind(body)
            if behind is not None and behind.classes and not {*behind.classes} & known and _is_prose(behind):
                boxes.setdefault((behind.tag, *behind.classes), []).append((number, body, behind))
    found: set[int] = set()
    for ones in boxes.values():
        lacking = [number for number, _, _ in ones if _lacks_text(sheets[number])]
        if lacking and len({squeeze(box.text()) for _, _, box in ones}) == len(ones):
            for number, body, box in ones:
                body.append(*box.children[:])
                detach(box)
                found.add(number)
    return found


def _behind(element: Element) -> Element | None:
    """Return the next element with text."""
    inside = element.parent.elements if element.parent is not None else []
    at = next((number for number, one in enumerate(inside) if one is element), len(inside))
    return next((one for one in inside[at + 1 :] if squeeze(one.text())), None)


def _is_prose(element: Element) -> bool:
    return is_prose(element.text()) and _in_links(element) <= MOST_LINKS * len(squeeze(element.text()))


def _in_links(element: Element) -> int:
    return sum(len(squeeze(one.text())) for one in element.walk() if one.tag == "a")


def _lacks_text(sheet: Sheet) -> bool:
    return sheet.record is not None and Flag.BODY_INCOMPLETE in sheet.record.flags


def names_of(sheets: Sequence[Sheet]) -> set[str]:
    """Return the classes of all elements of pages."""
    return {word for sheet in sheets for one in sheet.tree.root.walk() for word in one.classes}


# --- A list between the paragraphs ------------------------------------------------------------------------------------


def lists_in_body(sheets: Sequence[Sheet], olds: Sequence[Sheet]) -> set[int]:
    """Put boxes with a new name inside the body, built like a list of before that is missing, where that was."""
    known = names_of(olds)
    lists = [*_lists(olds)]
    most = {rule: max(len(sheet.pieces.get(rule, [])) for sheet in olds) for rule, _ in lists}
    touched: set[int] = set()
    for number, sheet in enumerate(sheets):
        missing = [(rule, node) for rule, node in lists if len(sheet.pieces.get(rule, [])) < most[rule]]
        for box in [*_boxes(sheet, known)] if missing else ():
            rule, node = max(missing, key=lambda one: _likeness(box, one[1]))
            rivals = [_likeness(box, other) for of, other in missing if of != rule]
            likeness = _likeness(box, node)
            if likeness < _ALIKE or likeness <= max(rivals, default=0):
                continue
            box.tag, box.attrs = node.tag, dict(node.attrs)
            if not place_like(sheet, box, node):
                detach(box)
                sheet.tree.body.append(box)
            touched.add(number)
    return touched


def _lists(olds: Sequence[Sheet]) -> Iterator[tuple[str, Element]]:
    """Yield the elements of the lists of before, with their rules."""
    for sheet in olds:
        for rule, pieces in sheet.pieces.items():
            chrome = sheet.layout.chrome.get(rule.rpartition(".")[2]) if rule.startswith("chrome.") else None
            for piece in pieces if chrome is not None and chrome.items is not None else ():
                node = sheet.tree.made.get(piece.node.mem_id)
                if isinstance(node, Element):
                    yield rule, node


def _boxes(sheet: Sheet, known: set[str]) -> list[Element]:
    """Return the outermost elements inside the body that have a new name and are mostly links."""
    found: list[Element] = []
    for body in bodies_of(sheet):
        for one in body.walk():
            if one is body or not one.classes or {*one.classes} & known:
                continue
            if one.is_in(found):
                continue
            links = sum(inner.tag == "a" for inner in one.walk())
            if links >= _LINKS and _in_links(one) > MOST_LINKS * len(squeeze(one.text())):
                found.append(one)
    return found


def _likeness(one: Element, other: Element) -> float:
    """Return the share of what is inside two elements that both have, by tag and classes."""
    here, there = ({(inner.tag, *inner.classes) for inner in box.walk() if inner is not box} for box in (one, other))
    return len(here & there) / max(1, len(here | there))


BOXES: Final = (
    Change(NAMES | {"blocks", "images"}, rest_of_body),
    Change(frozenset({"blocks", "images", "chrome"}), lists_in_body),
)
"""In the order in which they are undone."""
