"""The article's blocks: the body's subtree, except what rules claim inside it, in reading order, with clean HTML.

Every text node of the subtree ends in the text or caption of exactly one block. Block elements and `<br>` end a
paragraph; a table or list that only holds text stays one block, one that lays out pictures is read through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape

from selectolax.lexbor import LexborNode

from ..page.dom import Page
from ..page.index import NOTEXT
from ..page.limits import check_depth
from ..page.text import ZERO_WIDTH, collapse
from ..page.urls import absolute
from ..profiles.model import Body, Site
from ..profiles.patterns import first_group
from ..records.model import Block, BlockType, Flag, Role
from .claims import Claim
from .doubts import Doubts
from .hidden import hidden_in, hidden_parts
from .markup import Draft, clean, paragraph
from .notices import is_placeholder
from .partition import BLOCK, FALLBACK_RULE, UNCLAIMED, Piece, Walk, flow_text
from .pictures import Pictures, is_lazy, media_address, pixels
from .promos import is_link
from .tables import is_layout, list_of, table_of
from .values import Values

HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
INLINE = {
    "b": "strong", "strong": "strong", "i": "em", "em": "em", "sub": "sub", "sup": "sup", "u": "u", "s": "s",
    "del": "s", "code": "code", "mark": "mark",
}  # fmt: skip
NOTHING = " " + ZERO_WIDTH
"""Characters of a collapsed text that are invisible."""
MEDIA = frozenset({"img", "video", "audio", "iframe", "embed", "object"})
_TYPED = frozenset({*HEADINGS, "blockquote", "figcaption", "figure", "ol", "pre", "table", "ul"})
ICON = 40
"""Maximum width and height in pixels of a picture that is not content."""
_COMPLEX = "img, video, audio, iframe, embed, object, table, ul, ol, figure, blockquote, pre"


class BlockBuilder:
    """Builds the blocks of one body; regions claimed inside it are passed to `walk` when they are encountered.

    `place` replaces the XPath of doubts if the body is not part of the page's tree.
    """

    def __init__(
        self, page: Page, site: Site, walk: Walk, values: Values, doubts: Doubts, place: str | None = None
    ) -> None:
        self.page = page
        self.doubts = doubts
        self.place = place
        self.walk = walk
        self.base = values.base
        self._values = values
        self.site = site
        self.rule = Body()
        self.drafts: list[Draft] = []
        self._text: list[str] = []
        self._nodes: list[LexborNode] = []
        self._html: list[str] = []
        self._open: list[str] = []
        self._kind = BlockType.PARAGRAPH
        self._level: int | None = None
        self._pending: list[str] = []
        self._pending_nodes: list[LexborNode] = []
        self._in_captions = 0
        self._captions: set[int] = set()
        self._excluded: set[int] = set()
        self._headings: set[int] = set()
        self._videos: set[int] = set()
        self._hidden: set[int] = set()
        self._only_copies: list[Draft] = []

    def doubt(self, flag: Flag, node: LexborNode, values: Iterable[str] = ()) -> None:
        """Raise `flag` for `node`; `values` are what was found there."""
        self.doubts.add(flag, self.place or self.page.path(node), values)

    def _inside(self, region: LexborNode, css: str | None) -> set[int]:
        """Return the elements of `region` that `css` matches, by identity."""
        if css is None or region.is_text_node:
            return set()
        return {node.mem_id for node in self.page.select_in(region, css)}

    def read(self, claim: Claim) -> None:
        """Read one body node; called by the walk, once for each of the body's nodes."""
        self.rule = claim.body or self.rule
        images = self.rule.images
        self._captions = self._inside(claim.node, images.captions)
        self._excluded = self._inside(claim.node, images.exclude)
        self._headings = self._inside(claim.node, self.rule.headings)
        self._videos = self._inside(claim.node, self.rule.videos.css if self.rule.videos else None)
        node, tag = claim.node, claim.node.tag or ""
        self._hidden, unfolded = hidden_in(node)
        for inner in unfolded:
            self.doubt(Flag.BODY_DOUBT, inner, [flow_text(inner)])
        listed = self._values.embedded(images.data, images.path) if images.data is not None else ()
        self._pictures = Pictures(node, images, self.base, self.site, listed)
        if node.is_text_node:
            self._add_text(node)
        elif tag in MEDIA or node.mem_id in self._videos or (self.rule.every and self._is_typed(node, tag)):
            leave = self._enter(node, tag)
            if leave is not None:
                self._children(node, leave)
        else:
            self._children(node, _nothing)
        self._flush()
        self._flush_caption()
        if self._only_copies:
            self._drop_copies()

    def _is_typed(self, node: LexborNode, tag: str) -> bool:
        """Return whether one of several elements of a body is more than a paragraph: a heading, a caption."""
        return tag in _TYPED or node.mem_id in self._captions or node.mem_id in self._headings

    def _hide(self, node: LexborNode) -> None:
        """Add an element of the body that the page hides to the hidden text."""
        if node.tag in BLOCK:
            self._flush()
        if node.text().strip():
            self._put_away(node, UNCLAIMED)

    def _put_away(self, node: LexborNode, rule: str) -> None:
        """Add the text of an element of the body to the hidden text, except what rules claim in it."""
        piece = Piece(node, rule, Role.HIDDEN)
        self.walk.pieces.append(piece)
        child = node.first_child
        while child is not None:
            self.walk.run(child, piece)
            child = child.next

    def _drop_copies(self) -> None:
        """Drop pictures from `noscript` that the body also shows elsewhere."""
        alone = {id(draft) for draft in self._only_copies}
        shown = {draft.url for draft in self.drafts if id(draft) not in alone}
        self.drafts = [draft for draft in self.drafts if id(draft) not in alone or draft.url not in shown]
        self._only_copies = []

    def _children(self, top: LexborNode, leave: Callable[[], None]) -> None:
        """Read the content of `top`, then call `leave`."""
        by_node = self.walk.claims.by_node
        # for each open element: its remaining children, and what to call after the last of them
        way = [(top.iter(include_text=True), leave)]
        while way:
            children, leave = way[-1]
            for child in children:
                if child.mem_id in by_node:
                    if not child.is_text_node and child.tag in BLOCK:
                        self._flush()
                    self.walk.run(child)
                elif child.is_text_node:
                    self._add_text(child)
                elif child.is_element_node:
                    tag = child.tag or ""
                    if self._hidden and child.mem_id in self._hidden and tag != "img":
                        self._hide(child)
                        continue
                    then = self._enter(child, tag)
                    if then is not None:
                        check_depth(len(way), tag)
                        way.append((child.iter(include_text=True), then))
                        break
            else:
                way.pop()
                leave()

    def _add_text(self, node: LexborNode) -> None:
        text = node.text_content or ""
        self._text.append(text)
        self._nodes.append(node)
        self._html.append(escape(text, quote=False))

    def _enter(self, node: LexborNode, tag: str) -> Callable[[], None] | None:
        """Begin an element. Return what to call after its children, or None to skip them."""
        ident = node.mem_id
        if tag in {"br", "hr"}:
            self._flush()
        elif tag == "img":
            self._image(node)
        elif ident in self._videos:
            return self._player(node)
        elif tag in {"video", "audio"}:
            self._media(node, tag)
        elif tag in {"iframe", "embed", "object"}:
            self._embed(node, tag)
        elif tag in NOTEXT:
            if ident in self._pictures.alone:
                self._only_copy(node)
        elif ident in self._captions or tag == "figcaption":
            return self._caption()
        elif tag in HEADINGS:
            return self._as(BlockType.HEADING, HEADINGS[tag])
        elif ident in self._headings:
            return self._as(BlockType.HEADING, 2)
        elif tag == "blockquote":
            return self._as(BlockType.QUOTE)
        elif tag == "pre" and (ident not in self.walk.claims.marked or node.css_first("code") is not None):
            return self._as(BlockType.CODE)
        elif tag in {"table", "ul", "ol"} and self._is_plain(node) and not (tag == "table" and is_layout(node)):
            self._whole(node, tag)
        elif tag in BLOCK:
            self._flush()
            return self._end_figure if tag == "figure" else self._flush
        elif tag == "a" or tag in INLINE:
            return self._inline(node, tag)
        else:
            return _nothing
        return None

    def _end_figure(self) -> None:
        self._flush()
        self._flush_caption()

    def _is_plain(self, node: LexborNode) -> bool:
        """Return whether a list or table contains only text, so that it can be one block."""
        return node.mem_id not in self.walk.claims.marked and not any(
            inner.mem_id != node.mem_id for inner in node.css(_COMPLEX)
        )

    def _inline(self, node: LexborNode, tag: str) -> Callable[[], None]:
        if tag == "a":
            href = absolute(self.base, node.attrs.get("href") or "")
            opening, closing = (f'<a href="{escape(href)}">', "</a>") if href else ("", "")
        else:
            opening, closing = f"<{INLINE[tag]}>", f"</{INLINE[tag]}>"
        self._html.append(opening)
        self._open.append(opening)

        def close() -> None:
            self._open.pop()
            self._html.append(closing)

        return close

    def _as(self, kind: BlockType, level: int | None = None) -> Callable[[], None]:
        """Begin an element whose paragraphs have another type."""
        self._flush()
        before = self._kind, self._level
        self._kind, self._level = kind, level

        def end() -> None:
            self._flush()
            self._kind, self._level = before

        return end

    def _apart(self, use: Callable[[list[Draft]], None]) -> Callable[[], None]:
        """Begin an element whose blocks are passed to `use` instead of being added to the article."""
        self._flush()
        before = len(self.drafts)

        def end() -> None:
            self._flush()
            inside, self.drafts = self.drafts[before:], self.drafts[:before]
            use(inside)

        return end

    def _flush(self) -> None:
        """End the current paragraph."""
        if self._text:
            text = collapse("".join(self._text))
            if text.strip(NOTHING):
                self._flush_caption()
                html = paragraph(self._kind, self._level, self._html, self._open)
                draft = Draft(self._kind, self._nodes, text, html)
                draft.level = self._level if self._kind is BlockType.HEADING else None
                self.drafts.append(draft)
            self._text, self._nodes = [], []
        self._html = list(self._open)

    def _image(self, node: LexborNode) -> Draft | None:
        """Read a picture; return its draft, or None if it is not content or has no URL."""
        ident = node.mem_id
        if ident in self._excluded:
            return None
        attributes = node.attributes
        if ident in self._hidden and not is_lazy(attributes):
            return None
        url, is_missing = self._pictures.find(node, attributes)
        if is_missing:
            self.doubt(Flag.IMAGE_MISSING, node, [f"{name}={value}" for name, value in attributes.items() if value])
        if url is None:
            return None
        if (rival := self._pictures.rival(node, attributes, url)) is not None:
            self.doubt(Flag.IMAGES_DOUBT, node, [url, rival])
        self._flush()
        draft = Draft(BlockType.IMAGE, [node])
        draft.url = url
        draft.width, draft.height = pixels(attributes.get("width")), pixels(attributes.get("height"))
        self.drafts.append(draft)
        if self._pending:
            self._set_caption(draft, " ".join(self._pending), self._pending_nodes)
            self._pending, self._pending_nodes = [], []
        return draft

    def _only_copy(self, node: LexborNode) -> None:
        """Read the pictures of a `noscript` that has no other next to it."""
        drafts = [self._image(image) for image in node.css("img")]
        self._only_copies += [draft for draft in drafts if draft is not None]

    def _media(self, node: LexborNode, tag: str) -> None:
        self._flush()
        kind = BlockType.AUDIO if tag == "audio" else BlockType.VIDEO
        self._add_media(kind, media_address(node, self.base), node)
        self._fallback(node)

    def _embed(self, node: LexborNode, tag: str) -> None:
        url = media_address(node, self.base)
        if url is not None:
            self._flush()
            self._add_media(BlockType.VIDEO, url, node)
        if tag == "object":
            self._fallback(node)

    def _player(self, node: LexborNode) -> Callable[[], None]:
        return self._apart(lambda inside: self._end_player(node, inside))

    def _end_player(self, node: LexborNode, inside: list[Draft]) -> None:
        """Create a video from a player's element: its URL by the profile's rules, its remaining text as the caption."""
        url = next((draft.url for draft in inside if draft.kind is BlockType.VIDEO), None)
        if url is None and self.rule.videos is not None:
            url = self._values.address(self.rule.videos.url, node)
        caption = collapse(" ".join(text for draft in inside for text in (draft.text, draft.caption) if text))
        draft = self._add_media(BlockType.VIDEO, url, node)
        if caption:
            self._set_caption(draft, caption, [inner for part in inside for inner in part.nodes])

    def _add_media(self, kind: BlockType, url: str | None, node: LexborNode) -> Draft:
        draft = Draft(kind, [node])
        draft.url = url
        self.drafts.append(draft)
        return draft

    def _fallback(self, node: LexborNode) -> None:
        """Add a player's fallback text to the hidden text: browsers that play the media do not display it."""
        if node.text().strip():
            self._put_away(node, FALLBACK_RULE)

    def _caption(self) -> Callable[[], None]:
        leave = self._apart(self._end_caption)
        self._in_captions += 1
        return leave

    def _end_caption(self, inside: list[Draft]) -> None:
        """Assign a caption to the preceding image, or to the following one in the same figure."""
        self._in_captions -= 1
        self.drafts += [draft for draft in inside if draft.text is None]
        text = collapse(" ".join(draft.text for draft in inside if draft.text))
        if not text.strip(NOTHING):
            return
        nodes = [inner for draft in inside if draft.text for inner in draft.nodes]
        last = self.drafts[-1] if self.drafts else None
        if last is not None and last.kind in {BlockType.IMAGE, BlockType.VIDEO} and last.caption is None:
            self._set_caption(last, text, nodes)
        else:
            self._pending.append(text)
            self._pending_nodes += nodes

    def _flush_caption(self) -> None:
        """Keep a caption without an image as a paragraph; inside another caption it waits, to be read once."""
        if self._pending and not self._in_captions:
            text = " ".join(self._pending)
            html = f"<p>{escape(text, quote=False)}</p>"
            self.drafts.append(Draft(BlockType.PARAGRAPH, self._pending_nodes, text, html))
            self._pending, self._pending_nodes = [], []

    def _set_caption(self, draft: Draft, caption: str, nodes: list[LexborNode]) -> None:
        draft.caption = caption
        draft.nodes += nodes
        if self.rule.images.credits is not None:
            draft.credit = first_group(self.rule.images.credits, caption)

    def _whole(self, node: LexborNode, tag: str) -> None:
        """Read a table or list as one block; hidden parts are added to the hidden text."""
        self._flush()
        for inner in hidden_parts(node, self._hidden) if self._hidden else ():
            self._put_away(inner, UNCLAIMED)
        draft = table_of(node, self._hidden) if tag == "table" else list_of(node, tag, self._hidden)
        if draft is not None:
            self.drafts.append(draft)

    def blocks(self) -> tuple[Block, ...]:
        """Return the blocks, frozen."""
        return tuple(
            Block(
                type=draft.kind, text=draft.text, level=draft.level, url=draft.url, caption=draft.caption,
                credit=draft.credit, width=draft.width, height=draft.height, items=draft.items, rows=draft.rows,
            )
            for draft in self.drafts
        )  # fmt: skip

    def sources(self) -> tuple[tuple[LexborNode, ...], ...]:
        """Return the source nodes of each block: text nodes, media, the element of a list or table."""
        return tuple(tuple(draft.nodes) for draft in self.drafts)

    def prose(self) -> list[str]:
        """Return the texts and captions of the blocks, except those that are only links."""
        return [
            text
            for draft in self.drafts
            if draft.text is None or not is_link(draft.nodes)
            for text in (draft.text, draft.caption)
            if text
        ]

    def texts(self) -> list[str]:
        """Return the texts and captions of the blocks."""
        return [text for draft in self.drafts for text in (draft.text, draft.caption) if text]

    def shows(self) -> bool:
        """Return whether the blocks contain a picture that is not a placeholder, or a player."""
        return any(
            (draft.kind is BlockType.IMAGE and not _is_placeholder(draft))
            or draft.kind in {BlockType.VIDEO, BlockType.AUDIO}
            for draft in self.drafts
        )

    def html(self) -> str:
        """Return the blocks as clean HTML: an allow-list of elements, no event attributes, http(s) URLs only."""
        return clean(self.drafts)


def _is_placeholder(draft: Draft) -> bool:
    return (
        draft.url is None
        or is_placeholder(draft.url)
        or (draft.width is not None and draft.height is not None and max(draft.width, draft.height) <= ICON)
    )


def _nothing() -> None:
    pass
