"""Link lists: splits a region into items with headline, URL, account, time, image and comment count.

A page has a hundred items or more, so each selector is evaluated once per region, and its matches are assigned to the
items that contain them, instead of evaluating it in each item. Rules of other kinds are evaluated in each item.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

from selectolax.lexbor import LexborNode

from ..page.urls import absolute
from ..profiles.model import Items, Site, Value
from ..profiles.thumbnails import original
from ..records.model import Item
from .dates import parse_date
from .values import Values, parse_number, reading

ANCHOR = (Value(css="a"),)
OUTSIDE, ANOTHERS = -1, -2
HREF = (Value(css="a", attr="href"),)


class ItemReader:
    """Splits a page's list regions; `tz` is the site's zone, `now` the fetch time for relative dates."""

    def __init__(self, values: Values, site: Site, tz: tzinfo, now: datetime | None) -> None:
        self.site = site
        self._values = values
        self._dates = _Dates(tz, now)

    def read(self, region: LexborNode, rule: Items) -> tuple[Item, ...]:
        """Return the items of `region`: elements with a headline or URL that other rules do not claim.

        Nested items are separate items; content outside all items is ignored.
        """
        base = self._values.base
        cut = _Cut(region, rule.css, self._values)
        if not cut.number:
            return ()
        columns = (
            cut.values(rule.headline or ANCHOR),
            cut.values(rule.url or HREF),
            cut.values(rule.author),
            cut.values(rule.date_published),
            cut.values(rule.image),
            cut.values(rule.comment_count),
        )
        items = []
        for headline, href, author, date, image, count in zip(*columns, strict=True):
            url = absolute(base, href) if href else None
            if url or headline:
                items.append(
                    Item(
                        headline=headline,
                        url=url,
                        author=author,
                        date_published=self._dates[date] if date else None,
                        image=self._image(image) if image else None,
                        comment_count=parse_number(count) if count else None,
                    )
                )
        return tuple(items)

    def _image(self, source: str) -> str | None:
        url = absolute(self._values.base, source)
        return original(url, self.site) if url else None


class _Dates(dict[str, str | None]):
    """Cache of dates by text, as RFC 3339: a page's lists contain `5小时前` many times."""

    def __init__(self, tz: tzinfo, now: datetime | None) -> None:
        super().__init__()
        self._tz = tz
        self._now = now

    def __missing__(self, text: str) -> str | None:
        date = parse_date(text, tz=self._tz, now=self._now)
        iso = self[text] = date.iso if date else None
        return iso


class _Cut:
    """A region split into `number` items; each match in the region belongs to the item that contains it."""

    def __init__(self, region: LexborNode, css: str, values: Values) -> None:
        self.region = region
        self.number = 0
        self._values = values
        self._asked: dict[str, list[tuple[LexborNode, int]]] = {}
        # the number of the item that each element is or is in, as far as known
        places: dict[int, int] = {}
        self._places = places
        claims = values.claims
        # only a region with claims inside can have items or parts of another rule
        shared = region.mem_id in claims.marked
        self._claimed: Mapping[int, object] = claims.by_node if shared else {}
        places[region.mem_id] = OUTSIDE
        self._nodes = values.page.select_in(region, css)
        for node in self._nodes:
            ident = node.mem_id
            if ident not in places and not (shared and self._place_of(node) == ANOTHERS):
                places[ident] = self.number
                self.number += 1

    def values(self, rules: tuple[Value, ...]) -> list[str | None]:
        """Return one field of all items: for each item the first value of the rules."""
        found: list[str | None] = [None] * self.number
        missing = self.number
        for rule in rules:
            if rule.css is None or rule.within is not None:
                found = self._filled(found, rule)
                missing = found.count(None)
            else:
                read = reading(rule)
                for node, place in self._parts(rule.css):
                    if found[place] is None:
                        text = read(node)
                        if text:
                            found[place] = text
                            missing -= 1
            if not missing:
                break
        return found

    def _filled(self, found: list[str | None], rule: Value) -> list[str | None]:
        """Return `found` with what a rule other than a plain selector finds in the items that have nothing yet."""
        if rule.within is None and rule.xpath is None:  # the page's: the same for all items
            same = self._values.first((rule,), str)
            return [text or (same.thing if same else None) for text in found]
        items = [node for node in self._nodes if self._places[node.mem_id] >= 0]
        for place, item in enumerate(items):
            if found[place] is None and (one := self._values.first((rule,), str, item)) is not None:
                found[place] = one.thing
        return found

    def _parts(self, css: str) -> list[tuple[LexborNode, int]]:
        """Return the matches of `css` in the items with their items' numbers; cached, as fields share elements."""
        parts = self._asked.get(css)
        if parts is None:
            place_of = self._place_of
            nodes = self._values.page.select_in(self.region, css)
            parts = self._asked[css] = [(node, place) for node in nodes if (place := place_of(node)) >= 0]
        return parts

    def _place_of(self, node: LexborNode) -> int:
        """Return the number of the innermost item that `node` is or is in, or `OUTSIDE` or `ANOTHERS`."""
        places = self._places
        place = places.get(own := node.mem_id)
        if place is not None:
            return place
        if own in self._claimed:
            return ANOTHERS
        current = node.parent
        if current is not None and (place := places.get(current.mem_id)) is not None:
            places[own] = place
            return place
        way = [own]
        while current is not None and (place := places.get(ident := current.mem_id)) is None:
            if ident in self._claimed:
                place = ANOTHERS
                break
            way.append(ident)
            current = current.parent
        place = OUTSIDE if place is None else place
        for ident in way:
            places[ident] = place
        return place
