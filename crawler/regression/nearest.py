"""The node of a page that contains an expected value, and a selector for it, as a hint in a failing test.

Candidates are elements and attributes whose text or value equals or contains the expected value; the one that is most
similar to the broken rule's selector wins.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import datetime, tzinfo

import msgspec
from selectolax.lexbor import LexborNode, SelectolaxError

from ..page.dom import Page
from ..page.index import NOTEXT
from ..page.urls import absolute
from ..sieve.dates import parse_date
from ..sieve.values import parse_number
from .rules import Rule

_LIKE = 0.6
"""Minimum similarity of selectors to outweigh an exact text."""
_LONGEST_DATE = 60
_LARGE = 1000
"""How many characters longer than the expected value a text may be: a larger element is not a useful hint."""
_NAME = re.compile(r"-?[A-Za-z_][\w-]*")


class Found(msgspec.Struct, frozen=True):
    """A node: its CSS selector, XPath, and where in it the value is (`text`, or an attribute's name)."""

    css: str
    xpath: str
    where: str
    sample: str


class Clock(msgspec.Struct, frozen=True):
    """The context for reading dates: the site's time zone and the fetch time."""

    tz: tzinfo
    now: datetime | None


def nearest(
    page: Page, wanted: object, rules: Iterable[Rule], clock: Clock, *, outside: Iterable[str] = ()
) -> Found | None:  # fmt: skip
    """Return the node of `page` that contains `wanted` (a string, number, date, URL, or texts); None if there is none.

    For several texts it is the smallest element that contains most of them. Elements at the XPaths in `outside`, and
    what is in them, are not considered.
    """
    known = tuple(rules)
    if isinstance(wanted, (list, tuple)):
        texts = [text for text in wanted if isinstance(text, str) and _tight(text)]
        node = _around(page, texts)
        return _found(page, node, "text") if node is not None else None
    if wanted is None or isinstance(wanted, bool) or wanted == "":
        return None
    inside = _regions(page, known)
    skipped = {node.mem_id for path in outside if (node := _at(page, path)) is not None}
    best: tuple[tuple[float, ...], LexborNode, str] | None = None
    for node in page.dom.css("*"):
        where = _holds(page, node, wanted, clock)
        if where is None or (skipped and _is_inside(node, skipped)):
            continue
        kind, rank = where
        likeness = max((_alike(node, rule) for rule in known), default=0.0)
        score = (
            -round(likeness, 1) if likeness >= _LIKE else 0.0,
            0.0 if any(rule.attr == kind for rule in known) else 1.0,
            0.0 if not inside or _is_inside(node, inside) else 1.0,
            float(rank),
            float(len(node.text()) if kind == "text" else 0),
            float(-_depth(node)),
        )
        if best is None or score < best[0]:
            best = (score, node, kind)
    return _found(page, best[1], best[2]) if best is not None else None


def _tight(text: str) -> str:
    return "".join(text.split())


def _holds(page: Page, node: LexborNode, wanted: object, clock: Clock) -> tuple[str, int] | None:
    """Return where in `node` the value is, and a rank: 0 for the exact text, 1 for an attribute, 2 inside a text."""
    text = node.text() if (node.tag or "") not in NOTEXT and node.tag != "title" else ""
    for name, value in node.attributes.items():
        if value and _is(value, wanted, clock, page.url):
            return ("text", 0) if _is(text, wanted, clock, None) else (name, 1)
    if _is(text, wanted, clock, None):
        return "text", 0
    if isinstance(wanted, str) and len(wanted) > 1 and len(text) < _LARGE + 2 * len(wanted):
        return ("text", 2) if _tight(wanted) in _tight(text) else None
    return None


def _is(text: str, wanted: object, clock: Clock, base: str | None) -> bool:
    if not text or len(text) > _LARGE + 2 * len(str(wanted)):
        return False
    if isinstance(wanted, int):
        return len(text) < _LONGEST_DATE and str(parse_number(text)) == str(wanted)
    wish = str(wanted)
    if _tight(text) == _tight(wish):
        return True
    if base is not None and wish.startswith("http"):
        return absolute(base, text) == wish
    if len(wish) >= 10 and wish[:4].isdigit() and wish[4] == "-" and len(text.strip()) < _LONGEST_DATE:
        parsed = parse_date(text, tz=clock.tz, now=clock.now)
        return parsed is not None and parsed.iso == wish
    return False


def _around(page: Page, texts: list[str]) -> LexborNode | None:
    """Return the element with most of `texts`; among several, the deepest."""
    wanted = [_tight(text) for text in texts]
    best: tuple[int, LexborNode] | None = None
    node: LexborNode | None = page.dom.body
    while node is not None:
        whole = _tight(node.text())
        count = sum(text in whole for text in wanted)
        if count == 0 or (best is not None and count < best[0]):
            break
        best = (count, node)
        node = _child_with_most(node, wanted)
    return best[1] if best is not None else None


def _child_with_most(node: LexborNode, wanted: list[str]) -> LexborNode | None:
    children = [child for child in node.iter() if (child.tag or "") not in NOTEXT]
    counted = [(sum(text in _tight(child.text()) for text in wanted), child) for child in children]
    return max(counted, key=lambda pair: pair[0])[1] if counted else None


def _regions(page: Page, rules: tuple[Rule, ...]) -> set[int]:
    """Return the elements of the rules' regions."""
    return {node.mem_id for rule in rules for css in rule.region for node in _select(page, css)}


def _at(page: Page, path: str) -> LexborNode | None:
    """Return the element at a path such as `/html[1]/body[1]/div[2]`."""
    node: LexborNode | None = page.root
    for step in path.split("/")[2:]:
        name, _, number = step.partition("[")
        children = [child for child in node.iter() if child.tag == name] if node is not None else []
        at = int(number.rstrip("]") or 1) if number.rstrip("]").isdecimal() else 1
        node = children[at - 1] if at <= len(children) else None
    return node


def _is_inside(node: LexborNode, regions: set[int]) -> bool:
    current: LexborNode | None = node
    while current is not None:
        if current.mem_id in regions:
            return True
        current = current.parent
    return False


def found_by(page: Page, xpath: str, rules: Iterable[Rule]) -> bool:
    """Return whether a rule's selectors, or those of its region, find the element at a path, or one around or in it."""
    node = _at(page, xpath)
    if node is None:
        return False
    for rule in rules:
        found = [one for css in rule.region or rule.css for one in _select(page, css)]
        if rule.region and rule.css:
            found = [inner for one in found for css in rule.css for inner in one.css(css)]
        if any(_is_inside(node, {one.mem_id}) or _is_inside(one, {node.mem_id}) for one in found):
            return True
    return False


def _depth(node: LexborNode) -> int:
    depth, current = 0, node.parent
    while current is not None:
        depth, current = depth + 1, current.parent
    return depth


def _alike(node: LexborNode, rule: Rule) -> float:
    """Return the similarity, from 0 to 1, of the element's id and classes to the last ones of the rule's selectors."""
    names = [node.id or "", *(node.attributes.get("class") or "").split()]
    wanted = [name for css in rule.css for name in _NAME.findall(css.replace(",", " ").rsplit(" ", 1)[-1])]
    pairs = [(one, other) for one in names if one for other in wanted if len(other) > 2]
    return max((difflib.SequenceMatcher(None, one, other).ratio() for one, other in pairs), default=0.0)


def _select(page: Page, css: str) -> list[LexborNode]:
    try:
        return page.dom.css(css)
    except SelectolaxError:
        return []


def _found(page: Page, node: LexborNode, where: str) -> Found:
    sample = node.text(separator=" ") if where == "text" else node.attributes.get(where) or ""
    return Found(css=selector(page, node), xpath=page.path(node), where=where, sample=" ".join(sample.split())[:60])


def selector(page: Page, node: LexborNode) -> str:
    """Return a short CSS selector whose first match on `page` is `node`."""
    for candidate in _simple(node):
        if _first(page, candidate, node):
            return candidate
    own = (*_simple(node), node.tag or "*")
    parent, depth = node.parent, 0
    while parent is not None and parent.is_element_node and depth < 6:
        for outer in _simple(parent):
            for inner in own:
                if _first(page, f"{outer} {inner}", node):
                    return f"{outer} {inner}"
        parent, depth = parent.parent, depth + 1
    return _by_place(node)


def _simple(node: LexborNode) -> list[str]:
    attributes, tag = node.attributes, node.tag or "*"
    ident, classes = attributes.get("id"), (attributes.get("class") or "").split()
    found = [f"#{ident}"] if ident and _NAME.fullmatch(ident) else []
    plain = [name for name in classes if _NAME.fullmatch(name)]
    found += [f".{name}" for name in plain]
    found += [f"{tag}.{name}" for name in plain]
    if len(plain) > 1:
        found.append(tag + "".join(f".{name}" for name in plain))
    found += [
        f'{tag}[{name}="{value}"]'
        for name in ("property", "name", "itemprop", "rel", "role")
        if (value := attributes.get(name)) and '"' not in value
    ]
    return found or ([tag] if tag in {"h1", "title", "article", "main", "time", "html", "body"} else [])


def _first(page: Page, css: str, node: LexborNode) -> bool:
    try:
        found = page.dom.css_first(css)
    except SelectolaxError:
        return False
    return found is not None and found.mem_id == node.mem_id


def _by_place(node: LexborNode) -> str:
    parts: list[str] = []
    current: LexborNode | None = node
    while current is not None and current.is_element_node:
        number, sibling = 1, current.prev
        while sibling is not None:
            number += sibling.is_element_node
            sibling = sibling.prev
        parts.append(f"{current.tag}:nth-child({number})" if current.tag not in {"html", "body"} else str(current.tag))
        current = current.parent
    return " > ".join(reversed(parts))
