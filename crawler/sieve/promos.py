"""Lines of a body that lead elsewhere: headings of related articles, calls to get an app.

Sites insert them between paragraphs in ever new elements. A rule that knows the element makes chrome of it; where none
does, the line stays in the body and is a doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from selectolax.lexbor import LexborNode

_LONGEST = 60
"""Maximum characters of a line that is examined: a paragraph that begins with such words has more."""
_PROMO = re.compile(
    r"[\W_]*(?:(?:相关|延伸|推荐|拓展|扩展|更多|精彩|热门)(?:阅读|新闻|报道|链接|文章|推荐|内容)(?:[\W_]|$)|猜你喜欢|大家都在看|为[您你]推荐"
    r"|(?:(?:点击|扫码|立即|长按|马上|免费|请|可|更多\w{0,6})[\W_]*){0,3}(?:下载|打开)[^。，,]{0,10}(?:客户端|(?i:app))\W*(?:查?看|阅读|了解|获取|享受|$)"
    r"|(?:related|recommended|further|more)\s+(?:articles?|stories|reading|news)\b|read\s+(?:more|also|next)\b)",
    re.IGNORECASE,
)


def promos(texts: Iterable[str | None], sources: Iterable[Sequence[LexborNode]]) -> Iterator[tuple[LexborNode, str]]:
    """Yield first node and text of the blocks that lead elsewhere; `sources` are the nodes of each block."""
    for text, nodes in zip(texts, sources, strict=True):
        if text is not None and len(text) <= _LONGEST and _PROMO.match(text) is not None and nodes:
            yield nodes[0], text
