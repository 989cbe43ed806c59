"""Elements beside the entries of a list that have a text like theirs, and that are in no entry.

Where a site builds some entries of a list otherwise, the rule still finds the others, and what it misses stands among
them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
from selectolax.lexbor import LexborNode

from ..page.text import squeeze
from ..records.model import Record, Role
from ..sieve.claims import Claims, Target
from ..sieve.record import PartitionedPage
from .observe import split_rule

SHORTEST: Final = 10
"""Minimum characters of a text that is like an entry's: shorter ones are labels and headings."""
_CRUMB = re.compile(r"[^\W\d_]{2,}")
"""An entry of breadcrumbs, which often have the date beside them."""
_ENDS = re.compile(r"(?:正文|详情|全文|内容|页)\Z")
"""What stands at the end of breadcrumbs: the page itself."""
_FEWEST: Final = 2
"""Minimum entries of a list that have texts without a link beside them."""
_MOST: Final = 200
"""Maximum entries of a list, and elements beside one, that are examined, and headlines that are compared."""
_BEGIN: Final = 3
"""Characters at the beginning of a text by which it is looked up."""
_HEADINGS: Final = frozenset(["h1", "h2", "h3", "h4", "h5", "h6", "script", "style", "template", "noscript"])


class Strays(msgspec.Struct, frozen=True):
    """The entries of a list, and the elements beside them that are in none."""

    entries: int = 0
    beside: int = 0

    def __add__(self, other: Strays) -> Strays:
        return Strays(self.entries + other.entries, self.beside + other.beside)

    @property
    def share(self) -> float:
        """The share of those beside entries."""
        return self.beside / (self.entries + self.beside) if self.entries else 0.0


def strays_of(apart: PartitionedPage, record: Record) -> dict[str, Strays]:
    """Return the entries of a partitioned page's lists and the elements beside them, by the list's rule."""
    claims, page = apart.walk.claims, apart.values.page
    listed: dict[str, set[str]] = {}
    own = {squeeze(record.headline or "")}  # the last one of breadcrumbs
    for entry in record.chrome:
        if entry.items and (rule := split_rule(entry.rule)) is not None:
            listed.setdefault(rule[0], set()).update(squeeze(item.headline or "") for item in entry.items[:_MOST])
    texts = {rule: Texts(headlines | own) for rule, headlines in listed.items()}
    found: dict[str, Strays] = {}
    for claim in claims.by_node.values():
        items = claim.chrome.items if claim.target is Target.CHROME and claim.chrome is not None else None
        if items is None or claim.heading_of is not None or not claim.node.is_element_node:
            continue
        rule = split_rule(claim.rule)
        if rule is not None and rule[0] in texts:
            known = found.get(rule[0], Strays())
            crumbs = claim.chrome is not None and claim.chrome.role is Role.BREADCRUMB
            matched = page.select_in(claim.node, items.css)[:_MOST]
            found[rule[0]] = known + _strays(claim.node, matched, claims, texts[rule[0]], crumbs=crumbs)
    return found


class Texts:
    """Texts that are looked for in others, at a cost that hardly grows with their number."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = {text for text in texts if text}
        self._lengths: dict[str, set[int]] = {}
        for text in self._texts:
            self._lengths.setdefault(text[:_BEGIN], set()).add(len(text))

    def within(self, text: str) -> bool:
        """Return whether one of the texts is in `text`."""
        return any(
            text[at : at + length] in self._texts
            for at in range(len(text))
            for begin in range(1, _BEGIN + 1)
            for length in self._lengths.get(text[at : at + begin], ())
        )


def _strays(
    region: LexborNode, matched: Sequence[LexborNode], claims: Claims, listed: Texts, *, crumbs: bool
) -> Strays:
    entries = [node for node in matched if node.mem_id not in claims.by_node]
    own = {node.mem_id for node in entries}
    around = {ident for node in entries for ident in _above(node, region)}
    boxes = {node.parent.mem_id: node.parent for node in entries if node.parent is not None and node.mem_id in own}
    tags = {node.tag for node in entries}
    beside = 0
    for box in boxes.values():
        for node in _children(box):
            ident = node.mem_id
            if ident in own or ident in around or ident in claims.by_node or ident in claims.marked:
                continue
            text = squeeze(node.text()) if node.tag not in _HEADINGS else ""
            if crumbs and len(text) < SHORTEST:  # a selector leaves out a link on purpose
                is_like = node.tag not in tags and _CRUMB.fullmatch(text) is not None and _ENDS.search(text) is None
            else:
                is_like = len(text) >= SHORTEST and (len(entries) >= _FEWEST or node.css_first("a") is not None)
            beside += is_like and not listed.within(text)
    return Strays(len(entries), beside)


def _children(box: LexborNode) -> Iterator[LexborNode]:
    for number, node in enumerate(box.iter()):
        if number >= _MOST:
            break
        yield node


def _above(node: LexborNode, region: LexborNode) -> Iterator[int]:
    """Yield the elements around an entry, up to its region."""
    at = node.parent
    while at is not None and at.mem_id != region.mem_id:
        yield at.mem_id
        at = at.parent
