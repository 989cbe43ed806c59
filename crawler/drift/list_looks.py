"""Looks of lists: entries whose headlines have several parts or are cut, and entries that are no article's.

Sites put such entries into single lists. A redesign changes most lists of a page alike, so that only a look of at
least half of them counts. Single lists are often cut. See `looks.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from selectolax.lexbor import LexborNode

from ..page.dom import Page
from ..page.index import NOTEXT
from ..page.text import squeeze
from ..page.urls import host
from ..profiles.checks.suffixes import owner
from ..profiles.model import Items, Value
from ..records.model import Item, Record
from ..sieve.claims import Claims, Target
from ..sieve.record import PartitionedPage
from .observe import split_rule

_MOST: Final = 12
"""Maximum entries of a list that are examined."""
_MOST_ELEMENTS: Final = 60
"""Maximum elements that are examined in one."""
_FEWEST: Final = 2
"""Minimum entries of a list."""
_FEW_ELEMENTS: Final = 8
_SHORT: Final = 4
"""Minimum characters of a text that an attribute may continue."""
_ADDRESSES: Final = frozenset(["href", "src", "class", "id", "style", "onclick"])
_HEADLINE: Final = 8
"""Minimum characters of an article's headline."""
_FOREIGN: Final = 2
"""Maximum entries of other sites in a list of a site's own."""
_SHORTENED: Final = "shortened"
_CONTINUED: Final = "attribute"
ELLIPSES: Final = ("...", "…")
_WIDGET = re.compile(
    r"换一[换批组]|(?:点击|查看|浏览|阅读|加载|展开|显示)*(?:更多|全部|全文)\S{0,8}|[上下]一[页篇条]|返回\S{0,4}|广告|(?:推广|赞助)\S{0,20}"
    r"|(?:扫码|打开|下载|立即)\S{0,8}"
)
_ANCHOR: Final = (Value(css="a"),)


def of_all(lists: Mapping[str, Sequence[Sequence[Item]]]) -> Iterator[tuple[str, str]]:
    """Yield the looks of at least half of a page's lists, each with the rule of a list that has it."""
    listed = [
        (rule, one)
        for rule, found in lists.items()
        for one in found
        if _is_of_articles([item.headline or "" for item in one])
    ]
    yield from _of_most([(rule, {*_of_one(one)}) for rule, one in listed])


def _of_most(found: Sequence[tuple[str, set[str]]]) -> Iterator[tuple[str, str]]:
    counts = Counter(look for _, looks in found for look in looks)
    yield from ((rule, look) for rule, looks in found for look in looks if _is_usual(look, counts[look], len(found)))


def _is_usual(look: str, count: int, lists: int) -> bool:
    """Return whether so many of a page's lists have a look that a redesign is likelier than a list of another kind."""
    return count == lists > 1 if look in {_SHORTENED, _CONTINUED} else 2 * count >= lists


def _of_one(items: Sequence[Item]) -> Iterator[str]:
    headlines = [item.headline or "" for item in items]
    if 4 * sum(text.endswith(ELLIPSES) for text in headlines) > 3 * len(items):
        yield _SHORTENED
    if any(_WIDGET.fullmatch(squeeze(text)) for text in headlines):
        yield "widget"
    owners = Counter(owner(host(item.url)) for item in items if item.url)
    most = owners.most_common(1)[0][1] if owners else 0
    if 0 < owners.total() - most <= min(_FOREIGN, most - 1):
        yield "foreign"


def of_headlines(apart: PartitionedPage) -> Iterator[tuple[str, str]]:
    """Yield the looks of lists whose headlines are made of several elements' texts, or continue in an attribute."""
    claims, page = apart.walk.claims, apart.values.page
    found: list[tuple[str, set[str]]] = []
    for claim in claims.by_node.values():
        items = claim.chrome.items if claim.target is Target.CHROME and claim.chrome is not None else None
        rule = split_rule(claim.rule)
        if items is None or rule is None or claim.heading_of is not None or not claim.node.is_element_node:
            continue
        heads = _heads(page, claim.node, items, claims)
        if heads is not None:
            parts = 2 * sum(leaves(head) > 1 for head in heads) > len(heads)
            cut = 2 * sum(head.text().rstrip().endswith(ELLIPSES) and goes_on(head) for head in heads) > len(heads)
            found.append((rule[0], {look for look, has in (("parts", parts), (_CONTINUED, cut)) if has}))
    yield from _of_most(found)


def bare(apart: PartitionedPage, record: Record) -> Iterator[str]:
    """Yield the rules of lists that have elements of entries, of which none gave an entry of the record."""
    page = apart.values.page
    listed = {rule[0] for entry in record.chrome if entry.items and (rule := split_rule(entry.rule)) is not None}
    for claim in apart.walk.claims.by_node.values():
        items = claim.chrome.items if claim.target is Target.CHROME and claim.chrome is not None else None
        rule = split_rule(claim.rule)
        if items is None or rule is None or rule[0] in listed or claim.heading_of is not None:
            continue
        if claim.node.is_element_node and len(page.select_in(claim.node, items.css)) >= _FEWEST:
            yield rule[0]


def goes_on(node: LexborNode) -> bool:
    """Return whether an attribute of an element, of one inside it or of the link around it, continues its text."""
    text = squeeze(node.text()).rstrip(".…")
    if len(text) < _SHORT:
        return False
    parent = node.parent
    around = [parent] if parent is not None and parent.tag == "a" else []
    return any(
        value is not None and len(stated := squeeze(value)) > len(text) and stated.startswith(text)
        for one in (node, *around, *node.css("*")[:_FEW_ELEMENTS])
        for name, value in one.attributes.items()
        if name not in _ADDRESSES
    )


def _heads(page: Page, region: LexborNode, rule: Items, claims: Claims) -> list[LexborNode] | None:
    """Return the elements whose texts are the headlines of a list's first entries, None if there are none."""
    value = (rule.headline or _ANCHOR)[0]
    if value.css is None or value.attr is not None or value.text != "all" or value.match is not None:
        return None
    entries = [node for node in page.select_in(region, rule.css)[:_MOST] if node.mem_id not in claims.by_node]
    found = [next(iter(page.select_in(entry, value.css)), None) for entry in entries]
    heads = [head for head in found if head is not None]
    if not _is_of_articles([squeeze(head.text()) for head in heads], 1):
        return None
    return heads


def _is_of_articles(headlines: Sequence[str], fewest: int = _FEWEST) -> bool:
    """Return whether entries are those of articles, not of channels or breadcrumbs."""
    return len(headlines) >= fewest and 2 * sum(len(text) >= _HEADLINE for text in headlines) >= len(headlines)


def leaves(node: LexborNode) -> int:
    """Return the number of elements that have text of their own in an element, itself included."""
    found = 0
    waiting = [node]
    for _ in range(_MOST_ELEMENTS):
        if not waiting:
            break
        at = waiting.pop()
        texts = False
        for child in at.iter(include_text=True):
            if child.is_text_node:
                texts = texts or bool((child.text_content or "").strip())
            elif child.is_element_node and child.tag not in NOTEXT:
                waiting.append(child)
        found += texts
    return found
