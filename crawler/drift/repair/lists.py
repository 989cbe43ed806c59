"""Selectors for the items of lists that are built otherwise, and for their headlines and links."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from selectolax.lexbor import LexborNode, SelectolaxError

from ...page.selectors import standard_css
from ...page.text import squeeze
from ...page.urls import absolute
from ...records.model import Record
from .cases import Seen, base_rule
from .mender import Mender
from .renames import alternatives
from .selectors import Wanted, choose
from .spans import Target
from .trial import Draft
from .values import Proposal


class _Scoped(Seen):
    """A page of which selectors see the inside of some regions only."""

    def __init__(self, seen: Seen, regions: Sequence[LexborNode]) -> None:
        super().__init__(seen.stored, seen.before)
        self._regions = regions

    def css(self, source: str) -> list[LexborNode]:
        """Return the matches inside the regions that have text; others yield no item."""
        css = standard_css(source)
        try:
            found = [node for region in self._regions for node in region.css(css) if node.mem_id != region.mem_id]
        except SelectolaxError:
            return []
        return [node for node in found if node.text().strip()]


def _entries(record: Record, name: str) -> list[tuple[str | None, str | None]]:
    """Return headline and URL of the items that a rule's lists have."""
    lists = [entry.items or () for entry in record.chrome if base_rule(entry.rule) == f"chrome.{name}"]
    return [(item.headline, item.url) for items in lists for item in items]


def item_rules(mender: Mender, role: str, records: Sequence[Record | None]) -> Iterator[Proposal]:
    """Yield selectors for the items of the lists with a role, and for their headlines and links."""
    for name, chrome in mender.layout.chrome.items():
        if chrome.role != role or chrome.items is None:
            continue
        everything: list[Wanted] = []
        missing: list[Wanted] = []
        for seen, record in zip(mender.affected, records, strict=True):
            regions = [piece.node for piece in mender.pieces(seen).get(f"chrome.{name}", [])]
            if seen.before is None or seen.guessed or not regions:
                continue
            entries = _entries(seen.before, name)
            got = _entries(record, name) if record is not None else []
            scoped = _Scoped(seen, regions)
            for wanted, few in ((everything, entries), (missing, [one for one in entries if one not in got])):
                targets = _items(seen, regions, few)
                if targets:
                    wanted.append(Wanted(scoped, targets))
        wanted = everything
        found = choose(wanted) if wanted else None
        if found is None and missing:
            wanted = missing
            found = choose(wanted)
        if found is None:
            continue
        headlines = _headlines(wanted, name)
        urls: list[dict[str, dict[str, Any]]] = [
            {**headlines, "url": {"css": f"[{attribute}]", "attr": attribute}}
            for attribute in _attributes(wanted, name)
        ]
        for css in ("", found.css, *found.others[:3]):  # first as they are: perhaps only what is in them is other
            for more in ({}, headlines, {**headlines, "url": {"css": "a", "attr": "href"}}, *urls, _PLAIN):
                yield lambda name=name, css=css, more=more: _with_items(mender, name, css, more)  # type: ignore[misc]


_ATTRIBUTE = re.compile(r"[A-Za-z][\w-]{0,40}", re.ASCII)
_LONGEST = 500
"""Characters of an address in an attribute."""
_PLAIN: dict[str, dict[str, Any]] = {"headline": {"css": "a"}, "url": {"css": "a", "attr": "href"}}


def _attributes(wanted: Sequence[Wanted], name: str) -> list[str]:
    """Return the attributes, other than a link's `href`, that have the addresses of a list's items, the usual first."""
    found: Counter[str] = Counter()
    for one in wanted:
        urls = {url for _, url in _entries(one.seen.before, name)} if one.seen.before is not None else set()
        for target in one.targets:
            for node in (target.nodes[-1], *target.nodes[-1].css("*")):
                found.update(attribute for attribute in _addressed(one.seen, node, urls) if node.tag != "a")
    return [attribute for attribute, _ in found.most_common(2) if _ATTRIBUTE.fullmatch(attribute)]


def _addressed(seen: Seen, node: LexborNode, urls: Collection[str | None]) -> list[str]:
    """Return the attributes of an element that have one of some addresses."""
    return [
        name
        for name, value in node.attributes.items()
        if value
        and len(value) < _LONGEST
        and (name == "href" or "/" in value or "." in value)
        and absolute(seen.page.base, value) in urls
    ]


def _headlines(wanted: Sequence[Wanted], name: str) -> dict[str, dict[str, Any]]:
    """Return the rule for the headlines of a list's items, by their text."""
    found: list[Wanted] = []
    for one in wanted:
        before = one.seen.before
        if before is None:
            continue
        entries = [entry for entry in before.chrome if base_rule(entry.rule) == f"chrome.{name}"]
        texts = {squeeze(item.headline) for entry in entries for item in entry.items or () if item.headline}
        inside = [
            [node for node in [target.nodes[-1], *target.nodes[-1].css("*")] if squeeze(node.text()) in texts]
            for target in one.targets
        ]
        if all(inside):
            found.append(Wanted(one.seen, [Target(nodes[::-1], 0, 0) for nodes in inside]))
    chosen = choose(found) if found else None
    return {"headline": {"css": chosen.css}} if chosen is not None else {}


def _items(seen: Seen, regions: Sequence[LexborNode], entries: Sequence[tuple[str | None, str | None]]) -> list[Target]:
    """Return the element of each item of a list: the widest that has nothing of another item."""
    nodes = [(node, squeeze(node.text())) for region in regions for node in region.css("*")]
    addressed: dict[str, list[tuple[LexborNode, str]]] = {}
    wanted = {url for _, url in entries if url}
    for node, text in nodes:
        for name in _addressed(seen, node, wanted):
            addressed.setdefault(absolute(seen.page.base, node.attributes[name] or "") or "", []).append((node, text))
    found: list[LexborNode] = []
    shared = Counter(url for _, url in entries)
    for headline, url in entries:
        text = squeeze(headline or "")
        same = addressed.get(url, []) if url else [(node, words) for node, words in nodes if node.tag == "a"]
        same = [one for one in same if one[0].tag == "a"] or same
        if not url or shared[url] > 1:
            same = [one for one in same if text and text in one[1]] or (same if url else [])
        if not same:
            return []
        found.append(same[0][0])
    known = {node.mem_id for node in found}
    targets: list[Target] = []
    bounds = {region.mem_id for region in regions}
    for node in found:
        way = [node]
        outer = node.parent
        while outer is not None and outer.mem_id not in bounds:
            if sum(one.mem_id in known for one in outer.css("*")) > 1:
                break
            way.append(outer)
            outer = outer.parent
        targets.append(Target(way[::-1], 0, 0))
    return targets


def _with_items(mender: Mender, name: str, css: str, more: Mapping[str, Mapping[str, Any]]) -> Draft:
    """Return the draft with one more selector for a list's items, and one more rule for each field in `more`."""
    draft = mender.draft
    file, path = draft.place(mender.layout.id, ("chrome", name))
    text = draft.files[file]
    key = (*path, "items", "css")
    ways = alternatives(str(text.get(key)))
    if css and not {*alternatives(css)} <= {*ways}:
        text = text.replaced(key, ", ".join(dict.fromkeys([*ways, *alternatives(css)])))
    for field in ("headline", "url"):
        known, place = text.get((*path, "items", field)), (*path, "items", field)
        if field in more and dict(more[field]) not in (known or [_PLAIN[field]]):
            rules = [*(known or [_PLAIN[field]]), dict(more[field])]
            text = text.replaced(place, rules) if known else text.with_key((*path, "items"), field, rules)
    return draft.with_file(file, text, f"chrome.{name}.items")
