"""Link lists: a region cut into items with headline, URL, account, time, image and comment count.

A page has a hundred items or more, so a region is asked once for all elements that the item rules name: they come in
the document's order, and each goes to the item it lies in.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import lru_cache

from selectolax.lexbor import LexborNode

from crawler.page.dom import Interest
from crawler.page.selectors import Key, Path, compile_selector
from crawler.page.text import collapse
from crawler.page.urls import absolute
from crawler.profiles.model import Items, Site, Value
from crawler.profiles.patterns import first_group
from crawler.profiles.thumbnails import original
from crawler.records.model import Item
from crawler.sieve.claims import Claims
from crawler.sieve.dates import parse_date
from crawler.sieve.numbers import parse_number
from crawler.sieve.partition import flow_text

ANCHOR = (Value(css="a"),)
HREF = (Value(css="a[href]", attr="href"),)
MEMORY = 20_000
ITEM = -1
"""Stands for the items themselves among the fields."""


Tests = tuple[tuple[int, ...], tuple[tuple[int, Path], ...]]
"""The fields that an element gives for sure, and those that a path decides on."""


class _Plan:
    """An item rule compiled: one query for all elements that matter, and what each of these is for.

    The query asks for the first place of each field; the others are asked of the items that miss it.
    """

    def __init__(self, rule: Items) -> None:
        self.fields: tuple[tuple[Value, ...], ...] = (
            rule.headline or ANCHOR,
            rule.url or HREF,
            rule.author,
            rule.date_published,
            rule.image,
            rule.comment_count,
        )
        self._by_key: dict[Key, list[tuple[int, Path]]] = {}
        self.others: list[tuple[int, str]] = []
        queries: dict[str, None] = {}
        firsts = [(field, values[0].css or "*") for field, values in enumerate(self.fields) if values]
        for field, source in [(ITEM, rule.css), *firsts]:
            selector = compile_selector(source)
            queries[source] = None
            if not selector.plain:
                self.others.append((field, source))
                continue
            for path in selector.paths:
                if path.key is not None:
                    self._by_key.setdefault(path.key, []).append((field, path))
        self.query = ", ".join(queries)
        self._interest = Interest.of_keys(set(self._by_key))
        self._known: dict[tuple[str, str | None, str | None], Tests] = {}

    def fields_of(self, node: LexborNode) -> list[int]:
        """Return what `node` is for, by its tag, class and id."""
        named = (node.tag or "", node.attrs.get("class"), node.id)
        known = self._known.get(named)
        if known is None:
            known = self._learn(named)
        sure, tests = known
        found = list(sure)
        for field, path in tests:
            if path.accepts(node):
                found.append(field)
        return found

    def _learn(self, named: tuple[str, str | None, str | None]) -> Tests:
        tag, classes, ident = named
        interest = self._interest
        keys = [interest.tags[tag]] if tag in interest.tags else []
        keys += interest.of_class(classes) if classes else ()
        keys += interest.of_id(ident) if ident else ()
        candidates = [entry for key in keys for entry in self._by_key.get(key, ())]
        if len(self._known) > MEMORY:
            self._known.clear()
        known = self._known[named] = (
            tuple(field for field, path in candidates if path.trivial),
            tuple((field, path) for field, path in candidates if not path.trivial),
        )
        return known


@lru_cache(maxsize=1024)
def _plan(rule: Items) -> _Plan:
    return _Plan(rule)


class _Found:
    """An item's element and, by field, the elements found in it."""

    __slots__ = ("ident", "node", "parts")

    def __init__(self, node: LexborNode, fields: int) -> None:
        self.node = node
        self.ident = node.mem_id
        self.parts: list[list[LexborNode] | None] = [None] * fields


class ItemReader:
    """Cuts list regions of one page; `tz` is the site's zone, `now` the fetch time for relative dates."""

    def __init__(self, base: str, site: Site, tz: tzinfo, now: datetime | None) -> None:
        self.base = base
        self.site = site
        self.tz = tz
        self.now = now

    def read(self, region: LexborNode, rule: Items, claims: Claims) -> tuple[Item, ...]:
        """Return the items of `region`: elements with a headline or URL, outside what other rules claim."""
        plan = _plan(rule)
        items = []
        for found in _find(region, plan, claims):
            item = self._item(found, plan)
            if item.headline or item.url:
                items.append(item)
        return tuple(items)

    def _item(self, found: _Found, plan: _Plan) -> Item:
        headline, href, author, when, image, count = [
            _value(values, nodes, found.node) if values else None
            for values, nodes in zip(plan.fields, found.parts, strict=True)
        ]
        date = parse_date(when, tz=self.tz, now=self.now) if when else None
        picture = absolute(self.base, image) if image else None
        return Item(
            headline=headline,
            url=absolute(self.base, href) if href else None,
            author=author,
            date_published=date.iso if date else None,
            image=original(picture, self.site) if picture else None,
            comment_count=parse_number(count) if count else None,
        )


def _find(region: LexborNode, plan: _Plan, claims: Claims) -> list[_Found]:
    """Return the items of `region` in order, with the elements that matter in each.

    An item inside an item is one of its own; what lies outside all items, or in what other rules claim, is passed by.
    """
    elsewhere: dict[int, list[int]] = {}
    for field, source in plan.others:
        for node in region.css(source):
            elsewhere.setdefault(node.mem_id, []).append(field)
    end = region.mem_id
    shared = end in claims.marked
    found: list[_Found] = []
    open_items: list[_Found] = []
    last = 0
    for node in region.css(plan.query):
        ident = node.mem_id
        if ident == last:
            continue  # the query names an element once for each selector that it matches
        last = ident
        fields = plan.fields_of(node)
        if elsewhere:
            fields += elsewhere.get(ident, ())
        while open_items and not _inside(node, open_items[-1].ident, end):
            open_items.pop()
        among_claims = shared and (not open_items or open_items[-1].ident in claims.marked)
        if among_claims and _claimed_inside(node, region, claims):
            continue
        if ITEM in fields:
            item = _Found(node, len(plan.fields))
            found.append(item)
            open_items.append(item)
        if open_items:
            parts = open_items[-1].parts
            for field in fields:
                if field != ITEM:
                    nodes = parts[field]
                    if nodes is None:
                        parts[field] = [node]
                    else:
                        nodes.append(node)
    return found


def _inside(node: LexborNode, ident: int, end: int) -> bool:
    """Tell whether `node` lies in the element `ident`, itself inside the element `end`."""
    current = node.parent
    while current is not None:
        here = current.mem_id
        if here == ident:
            return True
        if here == end:
            return False
        current = current.parent
    return False


def _claimed_inside(node: LexborNode, region: LexborNode, claims: Claims) -> bool:
    end = region.mem_id
    current: LexborNode | None = node
    while current is not None and current.mem_id != end:
        if current.mem_id in claims.by_node:
            return True
        current = current.parent
    return False


def _value(values: tuple[Value, ...], nodes: list[LexborNode] | None, item: LexborNode) -> str | None:
    """Return the first value that the rules of a field give: `nodes` are the first rule's elements in the item."""
    if nodes is not None:
        for node in nodes:
            text = _text(node, values[0])
            if text:
                return text
    for value in values[1:]:
        for node in item.css(value.css or "*"):
            text = _text(node, value)
            if text:
                return text
    return None


def _text(node: LexborNode, value: Value) -> str | None:
    if value.attr is not None:
        text: str | None = collapse(node.attrs.get(value.attr) or "")
    elif value.text == "own":
        text = collapse(node.text(deep=False))
    else:
        text = flow_text(node)
    if text and value.match is not None:
        text = first_group(value.match, text)
        return text.strip() or None if text else None
    return text or None
