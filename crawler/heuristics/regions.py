"""What stands on a page beside the article: its regions, each with the role that its name or its words suggest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec
from selectolax.lexbor import LexborNode

from ..page.index import NOTEXT
from ..page.text import size
from ..records.model import Role
from .marks import names
from .reading import Reading, text_of

_NAMED = (
    (Role.BREADCRUMB, r"crumb|position|weizhi|location|(?<![a-z])path"),
    (Role.FOOTER, r"foot|copyright|bottom"),
    (Role.SHARE, r"share|fenxiang|social"),
    (Role.COMMENTS, r"comment|pinglun"),
    (Role.DISCLAIMER, r"disclaim|statement|shengming"),
    (Role.RELATED, r"relat|recommend|xiangguan"),
    (Role.HOT, r"(?<![a-z])hot|rank|paihang"),
    (Role.CREDITS, r"editor|bianji"),
    (Role.TAGS, r"(?<![a-z])tags?(?![a-z])|keyword"),
    (Role.SEARCH, r"search"),
    (Role.APP, r"download|qrcode|ewm|(?<![a-z])app(?![a-z])"),
    (Role.ACCOUNT, r"author|account|userinfo"),
    (Role.AD, r"(?<![a-z])ads?(?![a-z])|advert|banner|guanggao"),
    (Role.NAV, r"(?<![a-z])nav|menu|head|topbar|(?<![a-z])top(?![a-z])|channel"),
    (Role.COLUMNS, r"side|right|aside|column|(?<![a-z])list"),
)
_WORDED = (
    (Role.BREADCRUMB, r"^(?:您?(?:现在|当前|所在)的?位置|当前位置|首页\s*[>›»])"),
    (Role.CREDITS, r"^[（(\[【]?\s*(?:责任编辑|责编|编辑)\s*[:：]"),
    (Role.DISCLAIMER, r"^.{0,6}(?:声明|免责)"),
    (Role.FOOTER, r"ICP备|ICP证|版权所有|All rights reserved|Copyright"),
    (Role.SHARE, r"^.{0,4}分享"),
    (Role.RELATED, r"^.{0,4}(?:相关|延伸阅读|推荐阅读|为您推荐|猜你喜欢|你可能)"),
    (Role.HOT, r"^.{0,6}(?:热点|热门|热文|排行|点击榜|热榜)"),
    (Role.COMMENTS, r"^.{0,6}评论"),
    (Role.TAGS, r"^(?:标签|关键词|关键字)"),
    (Role.APP, r"^.{0,8}(?:扫码|扫一扫|二维码|客户端|下载APP)"),
    (Role.AD, r"^(?:广告|推广)|Sponsored"),
    (Role.TOOLS, r"^.{0,4}(?:登录|注册|返回顶部|字号|打印)"),
)
_MANY, _MENU = 5, 6
"""Links that make a menu or a list, and the mean characters of those of a menu."""

_DEEPEST = 4
_SAMPLE = 200
"""Characters of a region's text by which its words are judged."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A region: its selector, the role that was guessed (None: none was) and by what, characters and a sample."""

    css: str
    role: Role | None
    reason: str
    characters: int
    sample: str


def parts(readings: Sequence[Reading]) -> list[Part]:
    """Return the regions of pages that are alike, in page order, each selector once; the largest holds its counts."""
    found: dict[str, Part] = {}
    for reading in readings:
        for part in _of_page(reading):
            known = found.get(part.css)
            if known is None or part.characters > known.characters:
                found[part.css] = part
    return list(found.values())


def _of_page(reading: Reading) -> Iterator[Part]:
    root = reading.page.dom.body
    kept = [node for node in (reading.headline, reading.body, reading.line, reading.source) if node is not None]
    if root is None or not kept:
        return
    waiting = [root]
    while waiting:
        node = waiting.pop()
        inner = [child for child in node.iter() if child.tag not in NOTEXT]
        if any(_holds(node, one) for one in kept):
            if not any(node.mem_id == one.mem_id for one in kept):
                waiting += reversed(inner)
            continue
        yield from _beside(reading, node, kept, depth=0)


def _beside(reading: Reading, node: LexborNode, kept: Sequence[LexborNode], *, depth: int) -> list[Part]:
    """Return the region of an element; where it tells no role, those of its children, if one of them does."""
    shown = text_of(node)
    if not shown:
        return []
    css = next((way for way in names(node) if _is_beside(reading, way, kept)), None)
    role, reason = _role(node, shown[:_SAMPLE])
    whole = [Part(css=css, role=role, reason=reason, characters=size(shown), sample=shown[:_SAMPLE])] if css else []
    if (whole and role is not None) or depth >= _DEEPEST:
        return whole
    inner = [child for child in node.iter() if child.tag not in NOTEXT]
    below = [part for child in inner for part in _beside(reading, child, kept, depth=depth + 1)]
    return below if not whole or any(part.role is not None for part in below) else whole


def _is_beside(reading: Reading, css: str, kept: Sequence[LexborNode]) -> bool:
    """Tell whether no element of a selector holds the article, or lies in it."""
    nodes = reading.page.dom.css(css)
    return not any(_holds(node, one) or _holds(one, node) for node in nodes for one in kept)


def _holds(outer: LexborNode, node: LexborNode) -> bool:
    current: LexborNode | None = node
    while current is not None:
        if current.mem_id == outer.mem_id:
            return True
        current = current.parent
    return False


def _role(node: LexborNode, sample: str) -> tuple[Role | None, str]:
    label = f"{node.tag} {node.id or ''} {node.attributes.get('class') or ''}".lower()
    for role, source in _WORDED:
        if re.search(source, sample, re.IGNORECASE):
            return role, "by its words"
    for role, source in _NAMED:
        if re.search(source, label):
            return role, "by its name"
    lengths = [size(link.text()) for link in node.css("a")]
    if len(lengths) >= _MANY:
        mean = sum(lengths) / len(lengths)
        return (Role.NAV, "by its short links") if mean <= _MENU else (Role.COLUMNS, "by its long links")
    return None, ""
