"""The pager of an article over several pages: its elements, and the URLs of the other pages.

A link belongs to a pager if its address is that of another page of the same article (`crawler.page.paging`, or the
profile's forms of URLs) and its text is a page's number or says next, previous or last: so neither the next article nor
the article's comments nor its page for phones are taken for one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from selectolax.lexbor import LexborNode

from ..page.dom import Page, short_text
from ..page.paging import MOST_PAGES, Readings, page_numbers, readings, stem
from ..page.text import collapse, squeeze
from ..page.urls import absolute
from ..profiles.load import Profile
from ..profiles.match import UrlReading, read_url
from ..records.model import Role
from .claims import Claim, Claims, Target

RULE: Final = "pager"
"""The rule in a pager's chrome entry, which is the engine's own."""

_NUMBER = re.compile(r"[\[(（【第]?\s*(\d{1,3})\s*[\])）】页]?\Z")
_HEADED = re.compile(r"第\s*(\d{1,3})\s*页")
_NEXT = frozenset(["下一页", "下页", "后一页", "后页", "下一頁", "下頁", "next", "nextpage"])
_PREVIOUS = frozenset(["上一页", "上页", "前一页", "前页", "上一頁", "上頁", "previous", "prev", "previouspage"])
_EDGE = frozenset(["首页", "第一页", "末页", "尾页", "最后一页", "最后页", "最末页", "first", "last"])
_NAMELESS: Final = 'a[href*="?p"], a[href*="&p"], a[href*="index_"]'
"""Links of pagers that need not repeat the page's name; searched around the body only, for speed."""
_MARKS: Final = "<>«»‹›→←[]()（）【】|:： ."
_WORDS = re.compile(
    r"(?:\d{1,3}|上一?[页頁]|下一?[页頁]|[前后]一?页|首页|第一页|末页|尾页|最[后末]一?页|当前|共|第|[页頁]|分页"
    r"|在?本?[页文]?(?:阅读|显示|查看|浏览)?(?:全文|余下全文|剩余全文|完整版|全部)(?:阅读)?|单页(?:阅读|显示)"
    r"|previous|prev|next|page|first|last|of|[^\w]|_)*+\Z",
    re.IGNORECASE,
)
"""The text of an element that contains only a pager."""
_LONGEST_BOX: Final = 400
_BOX_NODES: Final = 300
_LINKS: Final = 2000
"""Maximum links examined: a page with more links to the article is built to be slow."""
_MOST_NODES: Final = 50
_MENTIONS: Final = 500
_TAIL = re.compile(r"(?:[_-]|/(?:index|page|p)?[_-]?)\d{1,3}(?:[_-]\d{1,3})?(?![\w-])")
_SAFE = re.compile(r"[\w.%~+-]{3,}\Z", re.ASCII)
_SHORT = re.compile(r"[\w~-]{1,2}\Z", re.ASCII)
"""Names of pages that are searched around the body only, since they occur everywhere: c.html, c_2.html."""
_DIGITS = re.compile(r"\d{1,3}")
_CALL = re.compile(
    r"createPageHTML\(\s*[\"']?(\d{1,3})[\"']?\s*,\s*[\"']?(\d{1,3})[\"']?\s*,\s*[\"']([\w-]{1,200})[\"']\s*,"
    r"\s*[\"'](s?html?)[\"']"
)
"""A pager written by a script, as in many publishing systems: total, index from 0, name, extension."""


@dataclass(frozen=True, slots=True)
class Pager:
    """The pager of a page: `number` of this page and `total`, counted from 1, and the URLs by number.

    `urls` holds the pages that the pager links to and this page itself; numbers that the pager leaves out are not in
    it. `nodes` are its elements, () if a script writes it. If a script creates the URLs, `urls` is
    empty, and `number` is a guess.
    """

    number: int
    total: int
    urls: dict[int, str]
    nodes: tuple[LexborNode, ...]


@dataclass(frozen=True, slots=True)
class _Link:
    node: LexborNode | None
    url: str
    text: str
    own: int | None
    """The number in this page's address, as the pair that the link's address makes with it reads it."""
    number: int | None
    readable: bool
    """Whether the addresses were compared; if not, the profile alone says that they are of one article."""


def find_pager(
    page: Page,
    profile: Profile | None = None,
    reading: UrlReading | None = None,
    scope: Sequence[LexborNode] | None = None,
) -> Pager | None:
    """Return the pager of the article on `page`, or None for a single page.

    With a `profile`, and its `reading` of the page's URL, a link to another article according to its URL forms is not
    part of the pager, and one to the same article may have any form. Links whose URLs do not repeat the page's name,
    such as `?page=2`, are searched only in `scope` (by default the whole page). Claims are ignored: see `claim_pager`.
    """
    own = readings(page.url)
    links = list(_links(page, own, _same(reading, profile), [page.root] if scope is None else scope))
    return _pager(page, links) or _written(page)


def claim_pager(page: Page, claims: Claims, profile: Profile, reading: UrlReading) -> Pager | None:
    """Find the pager and claim it as navigation unless a rule has it; return it. Arguments as for `find_pager`.

    A pager inside the comments belongs to the comments. One whose URLs are created by a script has no `urls`.
    """
    bodies = claims.by_name.get("body", [])
    pager = find_pager(page, profile, reading, _round(bodies)) or _scripted(bodies, claims)
    if pager is None:
        return None
    outside = not pager.nodes
    for node in pager.nodes:
        owner = _owner(node, claims)
        if owner is None or owner.target is Target.BODY:
            claims.add(RULE, Claim(Target.CHROME, RULE, _box(node, claims), role=Role.NAV))
        outside = outside or owner is None or owner.role is not Role.COMMENTS
    return pager if outside else None


def _scripted(bodies: Sequence[LexborNode], claims: Claims) -> Pager | None:
    """Return a pager in or next to the body whose links are not URLs, recognised by its words and numbers."""
    for body in bodies:
        around = [node for node in (body, body.next, body.next and body.next.next) if node is not None]
        for region in around:
            text = region.text() if region.is_element_node else ""
            if not any(word in text for word in ("下一页", "下页", "下一頁")):
                continue
            for node in islice(region.css("a, span, li, button"), _LINKS):
                if squeeze(short_text(node)).strip(_MARKS).lower() not in _NEXT:
                    continue
                box = _box(node, claims)
                numbers = [int(number) for number in _DIGITS.findall(box.text(separator=" "))]
                if len(numbers) > 1 and max(numbers) <= MOST_PAGES:
                    return Pager(1, max(numbers), {}, (node,))
    return None


def _round(bodies: Sequence[LexborNode]) -> list[LexborNode]:
    """Return the element around the article that contains its pager, without the rest of the page."""
    for body in bodies[:1]:
        region = body
        for _ in range(2):
            parent = region.parent
            if parent is None or not parent.is_element_node or parent.tag in {"body", "html"}:
                break
            region = parent
        return [region] if region.is_element_node else []
    return []


def _owner(node: LexborNode, claims: Claims) -> Claim | None:
    """Return the claim that `node` is in."""
    at: LexborNode | None = node
    while at is not None:
        claim = claims.by_node.get(at.mem_id)
        if claim is not None:
            return claim
        at = at.parent
    return None


def _box(node: LexborNode, claims: Claims) -> LexborNode:
    """Return the largest element around the link `node` that contains only the pager."""
    box = node
    parent = node.parent
    while parent is not None and parent.is_element_node and parent.tag not in {"body", "html"}:
        if parent.mem_id in claims.by_node or parent.mem_id in claims.marked:
            break
        text = squeeze(short_text(parent, _BOX_NODES))
        if not 0 < len(text) <= _LONGEST_BOX or not _WORDS.match(text):
            break
        box, parent = parent, parent.parent
    return box


def _same(reading: UrlReading | None, profile: Profile | None) -> Callable[[str], bool | None]:
    """Return a function that decides by the profile whether a URL is of the same article (None: unknown)."""

    def same(url: str) -> bool | None:
        if reading is None or profile is None or reading.id is None:
            return None
        other = read_url(url, profile)
        if other.form is None or other.id is None:
            return None
        if other.id == reading.id and other.kind == reading.kind:
            return True
        return None if other.id.startswith(reading.id) or reading.id.startswith(other.id) else False

    return same


def _links(
    page: Page, own: Readings, same: Callable[[str], bool | None], scope: Sequence[LexborNode]
) -> Iterator[_Link]:
    """Yield the links to other pages of the article."""
    base, here = page.base, page.url.partition("#")[0]
    for node in _candidates(page, own, scope):
        url = absolute(base, node.attrs.get("href") or "")
        if url is None:
            continue
        url = url.partition("#")[0]
        if url == here:
            continue
        verdict = same(url)
        if verdict is False:
            continue
        numbers = page_numbers(own, url)
        if numbers is None and verdict is None:
            continue
        text = _said(node)
        if text:
            before, after = numbers if numbers is not None else (None, None)
            yield _Link(node, url, text, before, after, numbers is not None)


def _said(node: LexborNode) -> str:
    """Return the text of a pager's link; "" for any other link."""
    if node.tag == "link":
        return "next" if "next" in (node.attrs.get("rel") or "").lower().split() else ""
    shown = collapse(short_text(node))
    word = squeeze(shown).strip(_MARKS).lower()
    if word in _NEXT or word in _PREVIOUS or word in _EDGE:
        return word
    number = _NUMBER.match(shown) or _HEADED.match(shown)
    if number is not None:
        return number[1]
    rel = (node.attrs.get("rel") or "").lower().split()
    return next((name for name in ("next", "prev") if name in rel), "")


def _candidates(page: Page, own: Readings, scope: Sequence[LexborNode]) -> Iterator[LexborNode]:
    """Yield the links that may lead to another page of the article; most pages have none."""
    name = stem(page.url)
    numbered = any(number is not None for number in own.values())
    if _SAFE.match(name) and (numbered or _mentioned(page.text, name)):
        yield from islice(page.dom.css(f'a[href*="{name}"]'), _LINKS)
    if page.dom.head is not None:
        yield from islice(page.dom.head.css('link[rel="next"]'), _LINKS)
    places = _NAMELESS
    if _SHORT.match(name):
        places += "".join(f', a[href{at}{name}{mark}"]' for at in ('^="', '*="/') for mark in "_-.")
    for region in scope:
        yield from islice(region.css(places), _LINKS)


def _mentioned(text: str, name: str) -> bool:
    """Return whether `name` occurs in the source, followed by a page number."""
    at = text.find(name)
    for _ in range(_MENTIONS):
        if at < 0:
            return False
        if _TAIL.match(text, at + len(name)):
            return True
        at = text.find(name, at + len(name))
    return True


def _pager(page: Page, links: list[_Link]) -> Pager | None:
    own = next((link.own for link in links if link.own is not None), None)
    shift = _shift(links, own)
    if shift not in {0, 1}:
        return None
    number = 1 if own is None else own + shift
    urls: dict[int, str] = {}
    nodes: list[LexborNode] = []
    for link in links:
        at = _number_of(link, number, shift)
        if at is None or at == number or not 1 <= at <= MOST_PAGES:
            continue
        urls.setdefault(at, link.url)
        if link.node is not None and link.node.tag != "link":
            nodes.append(link.node)
    if not urls:
        return None
    urls[number] = page.url
    return Pager(number, max(urls), dict(sorted(urls.items())), tuple(nodes[:_MOST_NODES]))


def _shift(links: list[_Link], own: int | None) -> int:
    """Return the offset between page numbers and those in their URLs: 1 if these count from 0, else 0."""
    for link in links:
        if link.text.isdigit() and link.number is not None:
            return int(link.text) - link.number
    if own is None:  # no number is shown: a first page without one is followed by 2, or by 1 if they count from 0
        return int(min((link.number for link in links if link.number is not None), default=None) == 1)
    return int(own == 0 or (own == 1 and any(link.readable and not link.number for link in links)))


def _number_of(link: _Link, number: int, shift: int) -> int | None:
    """Return the page number of a link, or None if its text and its URL disagree."""
    written = None if link.number is None else link.number + shift
    if written is None and link.readable:
        written = 1
    if link.text.isdigit():
        stated = int(link.text)
        return stated if written in {None, stated} else None
    if link.text in _EDGE:
        return written
    stated = number + 1 if link.text in _NEXT else number - 1
    return stated if written in {None, stated} else None


def _written(page: Page) -> Pager | None:
    """Return the pager that one of the page's scripts writes."""
    if "createPageHTML(" not in page.text:
        return None
    for call in _CALL.finditer(page.text):
        total, index, name, extension = int(call[1]), int(call[2]), call[3], call[4]
        if not 1 < total <= MOST_PAGES or index >= total:
            continue
        urls = {
            number + 1: address
            for number in range(total)
            if (address := absolute(page.url, f"{name}_{number}.{extension}" if number else f"{name}.{extension}"))
        }
        if stem(page.url) == name and len(urls) == total:
            urls[index + 1] = page.url
            return Pager(index + 1, total, urls, ())
    return None
