"""Link lists: a region cut into items with headline, URL, account, time, image and comment count.

A page has a hundred items or more, so a region is asked once for all elements that the item rules name: they come in
the document's order, and each goes to the item it lies in.
"""

from __future__ import annotations

from collections.abc import Iterator
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
"""The place in a plan of the selector of the items themselves."""


class _Plan:
    """An item rule compiled: one query for all elements that matter, and what each of these is for."""

    def __init__(self, rule: Items) -> None:
        self.fields: tuple[tuple[Value, ...], ...] = (
            rule.headline or ANCHOR,
            rule.url or HREF,
            rule.author,
            rule.date_published,
            rule.image,
            rule.comment_count,
        )
        self.places: list[tuple[int, Value]] = []
        plain: list[tuple[int, Path]] = []
        self.others: list[tuple[int, str]] = []
        queries: dict[str, None] = {}
        for place, source in self._selectors(rule):
            selector = compile_selector(source)
            queries[source] = None
            if selector.plain:
                plain += [(place, path) for path in selector.paths]
            else:
                self.others.append((place, source))
        self.query = ", ".join(queries)
        self._interest = Interest.of_keys({path.key for _, path in plain if path.key is not None})
        self._by_key: dict[Key, list[tuple[int, Path]]] = {}
        for place, path in plain:
            if path.key is not None:
                self._by_key.setdefault(path.key, []).append((place, path))
        self._known: dict[tuple[str, str | None], tuple[tuple[int, Path], ...]] = {}

    def _selectors(self, rule: Items) -> Iterator[tuple[int, str]]:
        yield ITEM, rule.css
        for field, values in enumerate(self.fields):
            for value in values:
                yield len(self.places), value.css or "*"
                self.places.append((field, value))

    def places_of(self, node: LexborNode) -> list[int]:
        """Return what `node` is for, by its tag, class and id."""
        tag, value = node.tag or "", node.attrs.get("class")
        candidates = self._known.get((tag, value))
        if candidates is None:
            interest = self._interest
            keys = [interest.tags[tag]] if tag in interest.tags else []
            keys += interest.of_class(value) if value else ()
            candidates = tuple(entry for key in keys for entry in self._by_key.get(key, ()))
            if len(self._known) > MEMORY:
                self._known.clear()
            self._known[tag, value] = candidates
        found = [place for place, path in candidates if path.accepts(node)]
        ident = node.id
        if ident:
            keys = self._interest.of_id(ident)
            found += [place for key in keys for place, path in self._by_key.get(key, ()) if path.accepts(node)]
        return found


@lru_cache(maxsize=1024)
def _plan(rule: Items) -> _Plan:
    return _Plan(rule)


class _Found:
    """An item's element and, by place in the plan, the elements found in it."""

    __slots__ = ("ident", "node", "parts")

    def __init__(self, node: LexborNode) -> None:
        self.node = node
        self.ident = node.mem_id
        self.parts: dict[int, list[LexborNode]] = {}


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
        values: list[str | None] = [None] * len(plan.fields)
        for place in sorted(found.parts):
            field, value = plan.places[place]
            if values[field] is None:
                values[field] = next(filter(None, (_text(node, value) for node in found.parts[place])), None)
        headline, href, author, when, image, count = values
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
    for place, source in plan.others:
        for node in region.css(source):
            elsewhere.setdefault(node.mem_id, []).append(place)
    shared = region.mem_id in claims.marked
    found: list[_Found] = []
    open_items: list[_Found] = []
    last = 0
    for node in region.css(plan.query):
        ident = node.mem_id
        if ident == last:
            continue  # the query names an element once for each selector that it matches
        last = ident
        if shared and _claimed_inside(node, region, claims):
            continue
        places = plan.places_of(node)
        if elsewhere:
            places += elsewhere.get(ident, ())
        while open_items and not _inside(node, open_items[-1].ident, region):
            open_items.pop()
        if ITEM in places:
            item = _Found(node)
            found.append(item)
            open_items.append(item)
        if open_items:
            parts = open_items[-1].parts
            for place in places:
                if place != ITEM:
                    parts.setdefault(place, []).append(node)
    return found


def _inside(node: LexborNode, ident: int, region: LexborNode) -> bool:
    """Tell whether `node` lies in the element `ident`, itself inside `region`."""
    end = region.mem_id
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


def _text(node: LexborNode, value: Value) -> str | None:
    if value.attr is not None:
        raw = node.attrs.get(value.attr) or ""
    elif value.text == "own":
        raw = node.text(deep=False)
    else:
        raw = flow_text(node)
    text: str | None = collapse(raw)
    if text and value.match is not None:
        text = first_group(value.match, text)
    return text.strip() or None if text else None
