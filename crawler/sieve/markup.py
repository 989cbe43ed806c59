"""Blocks during extraction, and the article's blocks as clean HTML.

The page's text is escaped, and the HTML then passes an allow-list (ammonia): no scripts, no event
attributes, http(s) addresses only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import nh3
from selectolax.lexbor import LexborNode

from ..records.model import BlockType

_WRAP = {
    BlockType.PARAGRAPH: ("<p>", "</p>"),
    BlockType.QUOTE: ("<blockquote><p>", "</p></blockquote>"),
    BlockType.CODE: ("<pre>", "</pre>"),
}
_CLEANER = nh3.Cleaner(
    tags={
        "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul", "ol", "li", "table", "tr", "td", "figure",
        "figcaption", "img", "video", "audio", "a", "strong", "em", "sub", "sup", "u", "s", "code", "mark",
    },
    attributes={"a": {"href"}, "img": {"src", "alt"}, "video": {"src"}, "audio": {"src"}},
    url_schemes={"http", "https"},
    link_rel=None,
)  # fmt: skip


_SHORT = 64 * 1024
"""Characters of HTML that the allow-list takes as they are. Its time grows with the square of the number of ampersands
and of characters whose UTF-8 begins as that of a no-break space does: 0.1 s up to here, 12 s for 1 MB of them."""
_MARK = "\ue000"
_STAND_INS = {
    _MARK: (f"{_MARK}0", _MARK),
    "&amp;": (f"{_MARK}1", "&amp;"),
    **{chr(code): (f"{_MARK}{chr(0x4E00 + code)}", chr(code)) for code in range(0x80, 0xC0)},
    "\xa0": (f"{_MARK}2", "&nbsp;"),
}
"""What stands for a text while the allow-list has it, and how it would write that text. The mark's own is the first."""


class Draft:
    """A block that later text may still change: a caption may follow its image."""

    level: int | None = None
    url: str | None = None
    caption: str | None = None
    credit: str | None = None
    width: int | None = None
    height: int | None = None
    items: tuple[str, ...] | None = None
    rows: tuple[tuple[str, ...], ...] | None = None

    def __init__(self, kind: BlockType, nodes: list[LexborNode], text: str | None = None, html: str = "") -> None:
        self.kind = kind
        self.nodes = nodes
        self.text = text
        self.html = html


def paragraph(kind: BlockType, level: int | None, parts: Iterable[str], opened: Sequence[str]) -> str:
    """Return the HTML of a block of text; `opened` are the inline tags in `parts` that are still open at its end."""
    start, end = (f"<h{level}>", f"</h{level}>") if kind is BlockType.HEADING else _WRAP[kind]
    closing = "".join(map(_closing, reversed(opened))) if opened else ""
    return f"{start}{''.join(parts).strip()}{closing}{end}"


def clean(drafts: Iterable[Draft]) -> str:
    """Return the blocks as clean HTML."""
    html = "\n".join([_figure(draft) if draft.text is None else draft.html for draft in drafts])
    if len(html) <= _SHORT:
        return _CLEANER.clean(html)
    used = [text for text in _STAND_INS if text in html]
    for text in used:
        html = html.replace(text, _STAND_INS[text][0])
    html = _CLEANER.clean(html)
    for text in reversed(used):
        html = html.replace(*_STAND_INS[text])
    return html


def _closing(opening: str) -> str:
    return f"</{opening[1:].split(maxsplit=1)[0].rstrip('>')}>" if opening else ""


def _figure(draft: Draft) -> str:
    tag = "img" if draft.kind is BlockType.IMAGE else draft.kind.value
    source = f' src="{escape(draft.url)}"' if draft.url else ""
    media = f"<{tag}{source}>" if tag == "img" else f"<{tag}{source}></{tag}>"
    caption = f"<figcaption>{escape(draft.caption, quote=False)}</figcaption>" if draft.caption else ""
    return f"<figure>{media}{caption}</figure>"
