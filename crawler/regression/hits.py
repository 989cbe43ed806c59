"""Which rules of a profile are hit by which fixtures, and which would be if an earlier rule had not matched.

A page hits a rule if the rule claims an element, produces a value or a part of a list item, or identifies the layout,
according to the sieve's own claims and the record. A rule that would match, but only after an earlier one, is on
standby: it is not useless, but no fixture would fail if it broke.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec
from selectolax.lexbor import LexborNode

from ..profiles.load import Profile
from ..profiles.match import read_url, weigh
from ..profiles.model import Article, Body, Chrome, Items, Layout, Value
from ..profiles.patterns import pattern
from ..records.model import Record
from ..sieve.claims import apply_rules
from ..sieve.items import ItemReader
from ..sieve.pictures import LAZY
from ..sieve.record import partition_page
from ..sieve.teasers import says_teaser
from ..sieve.values import Reader
from .catalogue import Catalogue, Entry, Part
from .fixture import Fixture

_NAMES = ("authors", "breadcrumbs", "source")
"""Fields whose provenance leaves out the `.name` of the profile."""


class Hits(msgspec.Struct, frozen=True, rename="camel"):
    """A rule, the fixtures that hit it, and those for which it is on standby."""

    rule: Entry
    hit: tuple[str, ...] = ()
    standing_by: tuple[str, ...] = ()


def hits(catalogue: Catalogue, fixtures: Iterable[Fixture], records: Mapping[str, Record]) -> list[Hits]:
    """Return each rule of `catalogue` with the fixtures that hit it.

    `records` are the fixtures' records by name; a fixture without one, or of another layout than its folder's, is
    skipped.
    """
    hit: dict[Entry, dict[str, None]] = {entry: {} for entry in catalogue.entries}
    by: dict[Entry, dict[str, None]] = {entry: {} for entry in catalogue.entries}
    for fixture in fixtures:
        record = records.get(fixture.name)
        if record is None or record.layout.id != fixture.layout:
            continue
        look = Look(fixture, catalogue.profile, record)
        keys = look.hit()
        for key, (entry, part) in catalogue.layouts[fixture.layout].items():
            if key in keys:
                hit[entry][fixture.name] = None
            elif look.would_find(part):
                by[entry][fixture.name] = None
        _forms(catalogue, fixture, hit, by)
    return [Hits(entry, tuple(hit[entry]), tuple(by[entry])) for entry in catalogue.entries]


def _forms(
    catalogue: Catalogue, fixture: Fixture, hit: dict[Entry, dict[str, None]], by: dict[Entry, dict[str, None]]
) -> None:
    url = fixture.exchange.url
    form = read_url(url, catalogue.profile).form
    for number, entry in catalogue.forms.items():
        one = catalogue.profile.site.urls[number]
        if one is form:
            hit[entry][fixture.name] = None
        elif pattern(one.match).search(url):
            by[entry][fixture.name] = None


class Look:
    """The split page of one fixture, and the rules that it hits."""

    def __init__(self, fixture: Fixture, profile: Profile, record: Record) -> None:
        self.record = record
        self.profile = profile
        self.page = fixture.page()
        self.apart = partition_page(self.page, profile)
        self.layout: Layout = self.apart.layout
        self.claims = self.apart.walk.claims
        now = fixture.exchange.time
        self._items = ItemReader(self.apart.values, profile.site, profile.timezone, now)
        self._reader = Reader(self.apart.values, profile, now)

    def hit(self) -> set[str]:
        """Return the keys of the rules that the page hits."""
        return {
            *self._evidence(), *self._claimed(), *self._given(), *self._listed(), *self._in_body(), *self._teasers()
        }  # fmt: skip

    def _teasers(self) -> Iterator[str]:
        for number, sign in enumerate(self.layout.article.teaser):
            if says_teaser(self.page, sign, size=0):
                yield f"article.teaser[{number}]"

    def _evidence(self) -> Iterator[str]:
        for number, (_, there) in enumerate(weigh(self.page, self.profile, self.layout)):
            if there:
                yield f"evidence[{number}]"

    def _claimed(self) -> Iterator[str]:
        for claim in self.claims.by_node.values():
            yield claim.rule if claim.heading_of is None else f"chrome.{_name(claim.rule)}.headingBefore"
            if claim.chrome is None or claim.heading_of is not None:
                continue
            if claim.chrome.heading is not None and claim.node.css_first(claim.chrome.heading) is not None:
                yield f"chrome.{_name(claim.rule)}.heading"
            if claim.chrome.heading_skip is not None and self.page.select(claim.chrome.heading_skip):
                yield f"chrome.{_name(claim.rule)}.headingSkip"
            if claim.node.mem_id in self.claims.headings:
                yield f"chrome.{_name(claim.rule)}.headingBefore"
        if self.apart.from_data:  # what rules claim inside is known by name only
            for name in self.claims.by_name:
                yield from (f"article.info.{name}", f"chrome.{name}")

    def _given(self) -> Iterator[str]:
        for field, given in self.record.provenance.items():
            stem = f"fields.{field}["
            yield given.rule.replace(stem, f"fields.{field}.name[", 1) if field in _NAMES else given.rule

    def _listed(self) -> Iterator[str]:
        for piece in self.apart.walk.pieces:
            claim = piece.claim
            chrome = claim.chrome if claim is not None and claim.heading_of is None else None
            if claim is None or chrome is None or chrome.items is None:
                continue
            stem = f"chrome.{_name(claim.rule)}.items"
            if self._items.read(piece.node, chrome.items):
                yield stem
            for label, field in _item_fields():
                rules = getattr(chrome.items, field)
                before: tuple[Any, ...] = ()
                for number in range(len(rules)):
                    got = self._column(piece.node, chrome.items, field, rules[: number + 1])
                    if any(got) and got != before:
                        yield f"{stem}.{label}[{number}]"
                    before = got

    def _column(self, region: LexborNode, items: Items, field: str, rules: tuple[Value, ...]) -> tuple[Any, ...]:
        """Return one field of a region's items, extracted with `rules` alone."""
        asked = msgspec.structs.replace(items, **{field: rules})
        return tuple(getattr(item, field) for item in self._items.read(region, asked))

    def _in_body(self) -> Iterator[str]:
        """Yield the keys of a body rule's settings for its content."""
        claims = self.claims.by_node.values()
        roots = [(claim.rule, claim.body, claim.node) for claim in claims if claim.body is not None]
        if self.apart.from_data:
            node = next((draft.nodes[0] for draft in self.apart.builder.drafts if draft.nodes), None)
            for number, body in enumerate(self.layout.article.body):
                if body.data is not None and node is not None:
                    yield f"article.body[{number}].data"
                    roots.append((f"article.body[{number}]", body, _top(node)))
        for rule, body, node in roots:
            stem = rule.partition(".css[")[0]
            yield from (f"{stem}.{name}" for name in self._inside(body, node))

    def _inside(self, body: Body, node: LexborNode) -> Iterator[str]:
        images = body.images
        for name, css in (("headings", body.headings), ("images.exclude", images.exclude)):
            if css is not None and node.css_first(css) is not None:
                yield name
        if images.captions is not None and node.css_first(images.captions) is not None:
            yield "images.captions"
        if images.credits is not None and any(block.credit for block in self.record.blocks):
            yield "images.credits"
        if images.exclude_url is not None:
            kept = {block.url for block in self.record.blocks}
            names = {*images.attrs, *LAZY, "src"}
            urls = {image.attrs.get(name) or "" for image in node.css("img") for name in names}
            if any(pattern(images.exclude_url).search(url) for url in urls - kept):
                yield "images.excludeUrl"
        for player in node.css(body.videos.css) if body.videos is not None else []:
            yield "videos"
            found = self.apart.values.first(body.videos.url if body.videos is not None else (), str, player)
            if found is not None:
                yield f"videos.url[{found.number}]"

    def would_find(self, part: Part) -> bool:
        """Return whether a rule that was not hit would match on its own."""
        path, table = part.path, part.table
        if path[0] == "evidence" or path[:2] == ("article", "teaser"):
            return False
        if path[0] == "fields":
            return bool(self._reader.texts("", (msgspec.structs.replace(table, split=None),)))
        if path[0] == "chrome" and len(path) > 2 and path[2] not in {"css", "xpath"}:
            return isinstance(table, Value) and self._in_items(str(path[1]), str(path[3]), table)
        if path[:2] == ("article", "body") and len(path) > 3 and path[3] not in {"css", "xpath"}:
            return path[3] == "data" and bool(self._reader.texts("", (Value(data=table.data, path=table.path),)))
        alone = _alone(self.layout, part)
        return any(claim.rule != "title" for claim in apply_rules(self.page, alone).by_node.values())

    def _in_items(self, name: str, label: str, value: Value) -> bool:
        chrome = self.layout.chrome[name]
        field = dict(_item_fields())[label]
        regions = self.claims.by_name.get(name, []) if chrome.items is not None else []
        return any(
            any(self._column(region, chrome.items, field, (value,)))
            for region in regions
            if chrome.items is not None and region.is_element_node
        )


def _alone(layout: Layout, part: Part) -> Layout:
    """Return `layout` reduced to one selector of one region."""
    path, region = part.path, part.table
    if "xpath" in path:
        only = msgspec.structs.replace(region, css=None)
    else:
        only = msgspec.structs.replace(region, css=part.says, xpath=None)
    if isinstance(only, Chrome):
        only = msgspec.structs.replace(only, heading_before=None)
        return msgspec.structs.replace(layout, article=Article(), chrome={str(path[1]): only})
    article = {
        "headline": lambda: Article(headline=only),
        "body": lambda: Article(body=(only,)),
        "info": lambda: Article(info={str(path[2]): only}),
    }
    made: Callable[[], Article] = article[str(path[1])]
    return msgspec.structs.replace(layout, article=made(), chrome={})


def _item_fields() -> Iterator[tuple[str, str]]:
    fields, labels = Items.__struct_fields__, Items.__struct_encode_fields__
    return ((label, field) for field, label in zip(fields, labels, strict=True) if field != "css")


def _name(rule: str) -> str:
    return rule.split(".")[1]


def _top(node: LexborNode) -> LexborNode:
    while node.parent is not None:
        node = node.parent
    return node
