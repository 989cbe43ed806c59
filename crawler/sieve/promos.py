"""Lines of a body that are not the article's: what leads elsewhere, the portal's statements, a wall before the rest.

Sites insert them between paragraphs in ever new elements. A rule that knows the element makes chrome of it; where none
does, the line stays in the body and is a doubt. Phrases that articles themselves use are not among them: authors state
rights and sources at the end of what they write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from selectolax.lexbor import LexborNode

from ..page.text import collapse, size
from .markup import Draft
from .partition import BLOCK

_LONGEST = 60
"""Maximum characters of a line that is examined: a paragraph that begins with such words has more."""
_PROMO = re.compile(
    r"[\W_]*(?:(?:相关|延伸|推荐|拓展|扩展|更多|精彩|热门)(?:阅读|新闻|报道|链接|文章|推荐|内容|精彩)(?:[\W_]|$)|猜你喜欢|大家都在看|为[您你]推荐|[上下]一[篇条则]\s*[:：>»]"
    r"|(?:(?:点击|扫码|立即|长按|马上|免费|请|可|更多\w{0,6})[\W_]*){0,3}(?:下载|打开)[^。，,]{0,10}(?:客户端|(?i:app))\W*(?:查?看|阅读|了解|获取|享受|$)"
    r"|(?:related|recommended|further|more)\s+(?:articles?|stories|reading|news)\b|read\s+(?:more|also|next)\b)",
    re.IGNORECASE,
)

_STATEMENT = re.compile(
    r"\A[\W_]*(?:(?:特别|免责|平台|郑重)(?:声明|提示)[^\w“”]*[:：]|凡本[网站](?:注明|转载))"
    r"|[仅只]提供信息(?:存储|发布)|(?:本[站网]|平台)[^。]{0,10}不(?:代表|承担)|不代表(?:本[站网]|[^，。]{0,6}平台)[^。]{0,6}(?:立场|观点)"
)
_LONGEST_STATEMENT = 200
_LONGEST_WALL = 100
_LABEL = re.compile(r"[\w\s]{2,8}[:：丨|]\s*")
_FOLLOW = re.compile(
    r"[\W_]*(?:(?:欢迎|请|更多\w{0,6})[\W_]*)*(?:关注(?:我们|本[报刊网])|订阅(?:我们|本[报刊网]))|[^，。]{0,12}关注[^，。]{0,8}公众号"
)
_READ = r"(?:阅读|查看|继续|解锁|观看|浏览)"
_WALL = re.compile(
    rf"(?:登[录陆]|订阅|付费|购买|开通|会员|解锁|打开|下载|客户端|(?i:app))[^。！？]{{0,14}}{_READ}[^。！？]{{0,8}}(?:全文|剩余|更多|完整|余下|后续)"
    rf"|(?:展开|点击|{_READ})(?:阅读|查看|展开)?(?:全文|剩余|余下|完整内容|剩下)|余下全文|剩余\s*(?:约|全文)?\s*\d+\s*%"
    r"|试读(?:结束|部分|已)|本文为?(?:付费|会员)|(?:开通|成为|购买)[^。！？]{0,6}会员"
)
"""What stands where the rest of an article is not shown."""


def promos(drafts: Iterable[Draft]) -> Iterator[tuple[LexborNode, str]]:
    """Yield first node and text of the blocks that lead elsewhere or are the portal's.

    A paragraph that is nothing but a link leads elsewhere, unless half of the body consists of such.
    """
    linked: list[tuple[LexborNode, str]] = []
    shown = 0
    for draft in drafts:
        text, nodes = draft.text, draft.nodes
        if text is None or not nodes:
            continue
        shown += 1
        if len(text) > _LONGEST_STATEMENT:
            continue
        if is_inserted(text):
            yield nodes[0], text
        elif len(text) <= _LONGEST and "<a " in draft.html and _is_linked(text, nodes):
            linked.append((nodes[0], text))
    if len(linked) * 2 < shown:
        yield from linked


def is_inserted(text: str) -> bool:
    """Return whether the words of a line show that it leads elsewhere or is the portal's."""
    short = len(text) <= _LONGEST and (_PROMO.match(text) is not None or _FOLLOW.match(text) is not None)
    return short or _STATEMENT.search(text) is not None or is_wall(text)


def _is_linked(text: str, nodes: Sequence[LexborNode]) -> bool:
    """Return whether a line is nothing but a link, but for a label before it (更多精彩：…)."""
    label = _LABEL.match(text)
    return is_link(nodes if label is None else [node for node in nodes if collapse(node.text()) not in label[0]])


def is_wall(text: str | None) -> bool:
    """Return whether a text says that the rest of the article is elsewhere: for members, in an app, behind a button."""
    return text is not None and len(text) <= _LONGEST_WALL and _WALL.search(text) is not None


def is_link(nodes: Sequence[LexborNode]) -> bool:
    """Return whether all text of `nodes` is in links."""
    return all(
        _in_link(node) if node.is_text_node else size("".join(a.text() for a in node.css("a"))) == size(node.text())
        for node in nodes
        if node.text().strip()
    )


def in_links(nodes: Iterable[LexborNode]) -> int:
    """Return the number of characters of `nodes` in links."""
    return sum(
        (size(node.text()) if _in_link(node) else 0)
        if node.is_text_node or node.tag == "a"
        else sum(size(link.text()) for link in node.css("a"))
        for node in nodes
    )


def _in_link(node: LexborNode) -> bool:
    parent = node if node.tag == "a" else node.parent
    while parent is not None and parent.tag not in BLOCK:
        if parent.tag == "a":
            return True
        parent = parent.parent
    return False
