"""A page as a reader takes it in: the headline is what the title repeats, the time stands by it, the body is prose."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import tzinfo
from typing import Any

from selectolax.lexbor import LexborNode

from ..page.dom import Page
from ..page.index import NOTEXT
from ..page.text import collapse, size, squeeze
from ..sieve.dates import parse_date

DATES = ("article:published_time", "og:published_time", "og:release_date", "publishdate", "pubdate", "datePublished",
         "article:create_at", "dateupdate", "article:modified_time")  # fmt: skip
SOURCES = ("source", "article:source", "og:article:source", "mediaid", "contentsource")
HEADLINES = ("og:title", "twitter:title", "articletitle")
SOURCE_TEXT = r"(?:来源|稿源|出处|文章来源|信息来源)\s*[:：]\s*([^\s|｜丨]{2,30})"

_INLINE = frozenset({"a", "abbr", "b", "big", "cite", "code", "em", "font", "i", "ins", "label", "mark", "s", "small",
                     "span", "strong", "sub", "sup", "u"})  # fmt: skip
_TITLED = re.compile(r"title|headline|biaoti|tit(?![a-z])", re.IGNORECASE)
_TIMED = re.compile(r"time|date|pub|info|shijian", re.IGNORECASE)
_SOURCED = re.compile(r"source|origin|laiyuan|media|from|author", re.IGNORECASE)
_ASIDE = re.compile(
    r"nav|crumb|position|path|menu|relat|recommend|hot|rank|list|comment|foot|side|share", re.IGNORECASE
)
_FOOT = re.compile(r"foot|copy|disclaim|statement|comment|bottom", re.IGNORECASE)
_SOURCE = re.compile(SOURCE_TEXT)
_BUTTON = re.compile(r"评论|分享|字号|字体|举报|阅读|点击|打印|编辑|责任|关注|收藏|原创|浏览|来源|时间|作者|记者")
"""What stands in the line of the time and is no source."""

_CHINESE = re.compile(r"[\u4e00-\u9fff·-]+")

_CLOCK = re.compile(r"\d{1,2}[:：]\d{2}")
_SENTENCE = re.compile(r"[，。！？；,.]")
_MANY, _LINKED = 5, 8
"""Links of a list, and characters of each that is the headline of another page."""

_LINE = 160
"""Characters of a line with time and source; what is longer holds more than that."""


class Reading:
    """What a reader finds on a page: `headline`, `body`, `time` and `source` are elements, None where there is none.

    `line` is the widest element around the time that holds neither headline nor body: the time-and-source line.
    """

    def __init__(self, page: Page, zone: tzinfo) -> None:
        self.page = page
        self.zone = zone
        title = page.dom.css_first("title")
        self.title = collapse(title.text()) if title is not None else ""
        self.linked = list(_linked_data(page))
        self._nodes = list(_elements(page))
        self._order = {node.mem_id: number for number, node in enumerate(self._nodes)}
        self.body = self._body()
        self.headline = self._headline()
        self.time = self._time()
        self.line = self._around(self.time) if self.time is not None else None
        self.source = self._source()

    @property
    def url(self) -> str:
        """The page's address."""
        return self.page.url

    def has(self, css: str) -> bool:
        """Tell whether the page has an element that a selector matches."""
        return self.page.dom.css_first(css) is not None

    def widen(self) -> bool:
        """Take the element around the body for it, and tell that there was one without the headline."""
        outer = self.body.parent if self.body is not None else None
        if outer is None or outer.tag in {"body", "html"} or self.headline is None:
            return False
        if self._inside(self.headline, outer):
            return False
        self.body = outer
        return True

    @property
    def lists(self) -> bool:
        """Whether what looks like the body is a list of other pages: it has as many long links as paragraphs."""
        if self.body is None:
            return False
        links = sum(size(link.text()) >= _LINKED for link in self.body.css("a[href]"))
        inside = (node for node in self._nodes if self._inside(node, self.body) and node.tag not in _INLINE)
        return links >= _MANY and links >= sum(size(_own(node)) >= _LINKED for node in inside)

    @property
    def shown(self) -> int:
        """The characters of the page's text."""
        return sum(size(_direct(node)) for node in self._nodes)

    def date(self, text: str | None) -> str | None:
        """Return the date in a text as RFC 3339; None where there is none that is told without a clock."""
        found = parse_date(text, tz=self.zone, now=None) if text else None
        return found.iso if found is not None else None

    def shown_date(self) -> str | None:
        """Return the date that the page shows."""
        return self.date(text_of(self.time)) if self.time is not None else None

    def source_name(self) -> str | None:
        """Return the source that the page shows."""
        if self.source is None:
            return None
        text = text_of(self.source)
        named = _SOURCE.search(text)
        return named[1] if named else text

    # --- Headline -----------------------------------------------------------------------------------------------------

    def _headline(self) -> LexborNode | None:
        wanted = [squeeze(text) for text in (self.title, *(self.page.meta(name) or "" for name in HEADLINES)) if text]
        best: tuple[float, LexborNode] | None = None
        for node in self._nodes:
            text = squeeze(_own(node))
            if not 4 <= len(text) <= 120 or self._inside(node, self.body, most=60) or _hidden(node):
                continue
            likeness = max((len(text) / len(one) for one in wanted if text in one), default=0.0)
            score = 4 * likeness + {"h1": 3, "h2": 1.5, "h3": 0.5}.get(node.tag or "", 0)
            score += 2 * bool(_TITLED.search(_label(node))) - 3 * self._is_aside(node)
            score -= 3 * _within(node, {"a"}) + _within(node, {"li"})
            if likeness < 0.3 and node.tag != "h1":
                continue
            if best is None or score > best[0]:
                best = (score, node)
        return best[1] if best is not None and best[0] >= 2 else None

    # --- Body ---------------------------------------------------------------------------------------------------------

    def _body(self) -> LexborNode | None:
        """Return the element whose own paragraphs hold the most prose."""
        scores: dict[int, float] = {}
        kept: dict[int, LexborNode] = {}
        for node in self._nodes:
            if node.tag in _INLINE or node.tag == "a":
                continue
            text = _own(node)
            length = size(text)
            if length < 12 or not _SENTENCE.search(text) or _within(node, {"a", "footer", "nav"}, most=4):
                continue
            weight = length * (1.0 if length >= 30 else 0.4) * (0.2 if _is_foot(node) else 1.0)
            holder = node.parent if node.tag in {"p", "section", "h2", "h3", "blockquote", "td"} else node
            for share in (1.0, 0.5, 0.2):
                if holder is None or holder.tag in {"body", "html", None}:
                    break
                scores[holder.mem_id] = scores.get(holder.mem_id, 0.0) + share * weight
                kept[holder.mem_id] = holder
                holder = holder.parent
        if not scores:
            return None
        best = max(scores, key=lambda ident: (scores[ident] * (1 - _links(kept[ident])), -self._order.get(ident, 0)))
        return _outermost(kept[best]) if scores[best] >= 40 else None

    # --- Time and source ----------------------------------------------------------------------------------------------

    def _time(self) -> LexborNode | None:
        anchor = self.headline or self.body
        head = self._order.get(anchor.mem_id, 0) if anchor is not None else 0
        best: tuple[float, LexborNode] | None = None
        for number, node in enumerate(self._nodes):
            own = _own(node)
            if len(own) > _LINE or not any(c.isdigit() for c in own) or self.date(own) is None:
                continue
            inside = self._inside(node, self.body)
            score = 3.0 * bool(_CLOCK.search(own)) + 2 * bool(_TIMED.search(_label(node))) + 2 * (node.tag == "time")
            score += (2 if number > head else 0) - min(abs(number - head) / 25, 5) - 4 * inside
            if _within(node, {"a", "li"}):
                score -= 2 if node.tag == "a" and _TIMED.search(_label(node)) else 4
            score -= 3 * self._is_aside(node) + 2 * _hidden(node)
            if best is None or score > best[0]:
                best = (score, node)
        return best[1] if best is not None and best[0] > -2 else None

    def _around(self, node: LexborNode) -> LexborNode:
        line = node
        while (outer := line.parent) is not None and outer.tag not in {"body", "html", "td", None}:
            others = [one for one in (self.headline, self.body) if one is not None]
            if size(outer.text()) > _LINE or any(self._inside(one, outer) for one in others):
                break
            line = outer
        return line

    def _source(self) -> LexborNode | None:
        near = [node for node in self._nodes if self.line is not None and self._inside(node, self.line)]
        for nodes in (near, [node for node in self._nodes if not self._inside(node, self.body)]):
            stated = [node for node in nodes if size(text_of(node)) <= _LINE and _SOURCE.search(text_of(node))]
            if stated:
                return stated[-1]
        words = [(node, _own_or_link(node)) for node in near]
        short = [(node, text) for node, text in words if 2 <= len(text) <= 20 and not _BUTTON.search(text)]
        named = [node for node, text in short if _SOURCED.search(_label(node)) and self.date(text) is None]
        alone = [node for node, text in short if _CHINESE.fullmatch(text)]
        return named[0] if named else alone[0] if len(alone) == 1 else None

    # --- Where an element stands --------------------------------------------------------------------------------------

    def _inside(self, node: LexborNode, outer: LexborNode | None, most: int = 200) -> bool:
        """Tell whether `node` is `outer` or lies in it."""
        if outer is None:
            return False
        current: LexborNode | None = node
        for _ in range(most):
            if current is None:
                return False
            if current.mem_id == outer.mem_id:
                return True
            current = current.parent
        return False

    def _is_aside(self, node: LexborNode) -> bool:
        current: LexborNode | None = node
        for _ in range(5):
            if current is None or current.tag in {"body", "html"}:
                return False
            if _ASIDE.search(_label(current)) and not self._inside(self.body or node, current):
                return True
            current = current.parent
        return False


def text_of(node: LexborNode) -> str:
    """Return an element's text as a reader sees it, a space between elements, white space collapsed."""
    parts: list[str] = []
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current.is_text_node:
            parts.append(current.text())
            continue
        child = current.last_child
        while child is not None:
            if child.is_text_node or (child.is_element_node and child.tag not in NOTEXT):
                waiting.append(child)
            child = child.prev
    return collapse(" ".join(parts))


def _elements(page: Page) -> Iterator[LexborNode]:
    """Yield the elements of the page's body in order, without those whose text is none of the page's."""
    root = page.dom.body
    if root is not None:
        yield from _below(root)


def _below(root: LexborNode) -> Iterator[LexborNode]:
    """Yield an element and those inside it in order, without those whose text is none of the page's."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        inner = [child for child in node.iter() if child.tag not in NOTEXT]
        waiting += reversed(inner)


def _own(node: LexborNode) -> str:
    """Return the text that is an element's own: its text nodes and those of inline elements, links aside."""
    parts: list[str] = []
    child = node.first_child
    while child is not None:
        if child.is_text_node:
            parts.append(child.text())
        elif child.tag in _INLINE and child.tag != "a":
            parts.append(_own(child))
        child = child.next
    return collapse("".join(parts))


def _direct(node: LexborNode) -> str:
    """Return the text of an element's own text nodes."""
    parts: list[str] = []
    child = node.first_child
    while child is not None:
        if child.is_text_node:
            parts.append(child.text())
        child = child.next
    return "".join(parts)


def _own_or_link(node: LexborNode) -> str:
    """Return the text that is an element's own, or that of the one link in it."""
    return _own(node) or (collapse(node.text()) if node.tag == "a" else "")


def _links(node: LexborNode) -> float:
    """Return the share of an element's text that stands in links."""
    whole = size(node.text())
    return sum(size(link.text()) for link in node.css("a")) / whole if whole else 1.0


def _label(node: LexborNode) -> str:
    return f"{node.id or ''} {node.attributes.get('class') or ''} {node.attributes.get('itemprop') or ''}"


def _within(node: LexborNode, tags: set[str], most: int = 3) -> bool:
    current: LexborNode | None = node
    for _ in range(most):
        if current is None:
            return False
        if current.tag in tags:
            return True
        current = current.parent
    return False


def _outermost(node: LexborNode) -> LexborNode:
    """Return the widest element that holds no more text than `node`, as long as `node` has no name of its own."""
    while (outer := node.parent) is not None and outer.tag not in {"body", "html"} and not _label(node).strip():
        if size(outer.text()) > size(node.text()):
            break
        node = outer
    return node


def _is_foot(node: LexborNode) -> bool:
    """Tell whether an element lies in what is told by its name to be a foot, a notice or a comment."""
    current: LexborNode | None = node
    for _ in range(4):
        if current is None:
            return False
        if _FOOT.search(_label(current)):
            return True
        current = current.parent
    return False


def _hidden(node: LexborNode) -> bool:
    current: LexborNode | None = node
    for _ in range(4):
        if current is None:
            return False
        style = (current.attributes.get("style") or "").replace(" ", "").lower()
        if "display:none" in style or "hidden" in current.attributes:
            return True
        current = current.parent
    return False


def _linked_data(page: Page) -> Iterator[dict[str, Any]]:
    """Yield the objects of a page's JSON-LD."""
    for node in page.dom.css('script[type="application/ld+json"]'):
        try:
            data = json.loads(node.text(), strict=False)
        except ValueError:
            continue
        waiting = data if isinstance(data, list) else [data]
        for item in waiting:
            if isinstance(item, dict):
                yield item
                graph = item.get("@graph")
                yield from (one for one in graph if isinstance(one, dict)) if isinstance(graph, list) else ()
