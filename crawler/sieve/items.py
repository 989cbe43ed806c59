"""Link lists: a region cut into items with headline, URL, account, time, image and comment count."""

from __future__ import annotations

from datetime import datetime, tzinfo

from selectolax.lexbor import LexborNode

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


class ItemReader:
    """Cuts list regions of one page; `tz` is the site's zone, `now` the fetch time for relative dates."""

    def __init__(self, base: str, site: Site, tz: tzinfo, now: datetime | None) -> None:
        self.base = base
        self.site = site
        self.tz = tz
        self.now = now

    def read(self, region: LexborNode, rule: Items, claims: Claims) -> tuple[Item, ...]:
        """Return the items of `region`: elements with a headline or URL, outside what other rules claim."""
        items = []
        seen: set[int] = {region.mem_id}
        shared = region.mem_id in claims.marked
        for node in region.css(rule.css):
            if node.mem_id in seen or (shared and _claimed_inside(node, region, claims)):
                continue
            seen.add(node.mem_id)
            item = self._item(node, rule)
            if item.headline or item.url:
                items.append(item)
        return tuple(items)

    def _item(self, node: LexborNode, rule: Items) -> Item:
        href = _first(node, rule.url or HREF)
        image = _first(node, rule.image) if rule.image else None
        picture = absolute(self.base, image) if image else None
        when = _first(node, rule.date_published) if rule.date_published else None
        date = parse_date(when, tz=self.tz, now=self.now) if when else None
        count = _first(node, rule.comment_count) if rule.comment_count else None
        return Item(
            headline=_first(node, rule.headline or ANCHOR),
            url=absolute(self.base, href) if href else None,
            author=_first(node, rule.author) if rule.author else None,
            date_published=date.iso if date else None,
            image=original(picture, self.site) if picture else None,
            comment_count=parse_number(count) if count else None,
        )


def _claimed_inside(node: LexborNode, region: LexborNode, claims: Claims) -> bool:
    current: LexborNode | None = node
    while current is not None and current.mem_id != region.mem_id:
        if current.mem_id in claims.by_node:
            return True
        current = current.parent
    return False


def _first(node: LexborNode, values: tuple[Value, ...]) -> str | None:
    """Return the first value that the rules give inside `node`, itself included."""
    for value in values:
        for target in node.css(value.css or "*"):
            if value.attr is not None:
                raw = target.attrs.get(value.attr) or ""
            elif value.text == "own":
                raw = target.text(deep=False)
            else:
                raw = flow_text(target)
            text: str | None = collapse(raw)
            if text and value.match is not None:
                text = first_group(value.match, text)
            if text and text.strip():
                return text.strip()
    return None
