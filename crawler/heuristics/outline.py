"""A page as lines of text in the elements that hold them: one walk over the parsed tree, for the general reading.

A line is what a reader sees as one: the text of an element between block elements and `<br>`. What elements hold in
all is the difference of two sums over the lines' numbers, so nothing is ever counted by climbing.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Final

from selectolax.lexbor import LexborNode

from ..page.dom import Page, is_hidden
from ..page.index import NOTEXT
from ..page.text import collapse
from ..sieve.hidden import UNFOLDED
from ..sieve.partition import BLOCK

TEXT, COMMENT = 2, 4
"""What lexbor numbers text nodes and comments by in place of a tag."""
_KNOWN: Final = 256
"""Numbers from here on are a document's own: tags that HTML does not have."""

SKIP, BREAK, BOX, LINK, MEDIA, INLINE = range(6)
_FLOWS: Final = frozenset({LINK, INLINE})
_KINDS: Final = {
    **dict.fromkeys(NOTEXT | {"head", "select", "button", "canvas", "math"}, SKIP),
    **dict.fromkeys(BLOCK, BOX),
    **dict.fromkeys(("button", "select", "label", "form"), BOX),
    "title": SKIP, "br": BREAK, "hr": BREAK, "a": LINK, "img": MEDIA, "video": MEDIA, "audio": MEDIA,
}  # fmt: skip

WORDS: Final = (
    ("good", r"article|content|conten?t|artical|body|text|entry|post|story|main|detail|zhengwen|para|prose|news|rich"),
    ("nav", r"nav|menu|header|topbar|crumb|position|weizhi|location|channel"),
    ("foot", r"foot|copyright|bottom|legal|policy"),
    ("side", r"side|aside|right|column|widget|sticky"),
    ("comment", r"comment|pinglun|reply|disqus|respond|discuss"),
    ("share", r"share|social|fenxiang|tool|button|btn|icon|like"),
    ("related", r"relat|recommend|xiangguan|more|next|prev|promo|card|tuijian|read"),
    ("hot", r"hot|rank|paihang|list|feed|item|trend|popular|grid"),
    ("ad", r"^ads?$|advert|banner|guanggao|sponsor|outbrain|taboola|^gg"),
    ("meta", r"meta|author|editor|info|byline|source|time|date|bianji|laiyuan|pub|account|user|profile|bio|avatar"),
    ("title", r"title|headline|heading|biaoti|^tit$|^h[1-6]$|subtitle|deck|lead|summary|abstract|intro|standfirst|teaser|excerpt|desc"),
    ("figure", r"caption|figure|image|img|photo|pic|gallery|video|media|player|embed|credit"),
    ("tag", r"^tags?$|keyword|label|topic|categor|biaoqian"),
    ("popup", r"modal|popup|cookie|newsletter|subscri|login|signup|consent|overlay|paywall|disclaim|statement|qrcode|download"),
    ("unseen", r"^\b$"),
)  # fmt: skip
"""What words in the names of classes and ids say; each is a bit of `Outline.names`."""
NAMES: Final = {name: 1 << number for number, (name, _) in enumerate(WORDS)}
_PATTERNS: Final = [(NAMES[name], re.compile(pattern)) for name, pattern in WORDS]
_UNSEEN = re.compile(r"visually-?hidden|(?<![a-z])sr-only|screen-?reader", re.IGNORECASE)
"""Names of what only a screen reader reads out; the bit `unseen`, which no word sets."""
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|h[1-6]")
_LONGEST_NAME: Final = 200

TAGS: Final = (
    "nav",
    "header",
    "footer",
    "aside",
    "form",
    "article",
    "main",
    "figure",
    "li",
    "td",
    "blockquote",
    "p",
    "figcaption",
)
ABOVE: Final = {name: 1 << number for number, name in enumerate(TAGS)} | {"ul": 1 << 8, "ol": 1 << 8, "th": 1 << 9}
"""Tags that tell what their contents are; each is a bit of `Outline.above`."""
HIDDEN: Final = 1 << len(TAGS)
STREAMED: Final = 1 << (len(TAGS) + 1)
"""A part of the page that arrives at its end and that a script moves to its place, as React streams them."""
_STREAMED = re.compile(r"S:[0-9a-f]+", re.ASCII)

_MARKS: Final = "，。！？；、…,.!?;"
"""Marks of punctuation that sentences have."""
_HANZI = re.compile(r"[\u3400-\u9fff]+")
_PROSE: Final = 50


class _Bits(dict[str, int]):
    """What words and names say, as bits of `NAMES`; kept between pages, which share most of them."""

    MEMORY = 50_000


class _Words(_Bits):
    def __missing__(self, word: str) -> int:
        if len(self) >= self.MEMORY:
            self.clear()
        bits = self[word] = sum(bit for bit, pattern in _PATTERNS if pattern.search(word))
        return bits


class _Names(_Bits):
    def __missing__(self, name: str) -> int:
        if len(self) >= self.MEMORY:
            self.clear()
        bits = 0
        for part in _PART.findall(name[:_LONGEST_NAME]):
            if len(part) > 1:
                bits |= _WORDS[part.lower()]
        if _UNSEEN.search(name):
            bits |= NAMES["unseen"]
        self[name] = bits
        return bits


_WORDS: Final = _Words()
_NAMES: Final = _Names()


class Line:
    """One line: its text with white space collapsed, the text nodes that it stands in, the element around it.

    `length` counts the characters, Chinese ones double because they say as much, `linked` those in `links`; `hanzi` is
    the share of Chinese ones in percent, `marks` the number of marks that sentences have; `prose` is the length of a
    line that reads like prose, 0 of any other.
    """

    __slots__ = ("element", "hanzi", "length", "linked", "links", "marks", "nodes", "prose", "text")

    def __init__(self, text: str, nodes: list[LexborNode], element: int, linked: int, links: int) -> None:
        count = len(text)
        hanzi = 0 if text.isascii() else count - len(_HANZI.sub("", text))
        self.text = text
        self.nodes = nodes
        self.element = element
        self.links = links
        self.length = length = count + hanzi
        self.linked = linked = min(linked, count) * length // count
        self.hanzi = 100 * hanzi // count
        self.marks = marks = sum(map(text.count, _MARKS)) if length > 19 and linked < length else 0
        self.prose = length - linked if marks and length >= _PROSE and linked * 5 < length * 2 else 0

    @property
    def spaced(self) -> str:
        """The text with a space between text nodes, as labels and values stand side by side."""
        return collapse(" ".join([node.text_content or "" for node in self.nodes]))


class Outline:
    """The lines of a page and the elements around them.

    For each block element, by number: `nodes`, `parents` (its own number for the outermost), `tags`, `names` (bits of
    `NAMES` of its own class and id), `above` (bits of `ABOVE` of itself and what is around it, `HIDDEN`,
    `STREAMED`), `keys` (its class and id), and `first` and `last`: its lines are `lines[first:last]`.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.lines: list[Line] = []
        self.nodes: list[LexborNode] = [page.root]
        self.parents = [0]
        self.tags = ["html"]
        self.names = [0]
        self.above = [0]
        self.keys = [""]
        self.first = [0]
        self.last = [0]
        self.media: list[tuple[int, int, LexborNode]] = []
        """Pictures and players: how many lines stand before each, the element it stands in, itself."""
        self._walk(page.root)
        lines = self.lines
        self.unseen = self._unseen()
        """Whether lines that the page hides are no part of what is read."""
        if self.unseen:
            for line in lines:
                if self.above[line.element] & HIDDEN:
                    line.prose = 0
        self.length_sum = [0, *accumulate(line.length for line in lines)]
        self.linked_sum = [0, *accumulate(line.linked for line in lines)]
        self.prose_sum = [0, *accumulate(line.prose for line in lines)]

    def _walk(self, root: LexborNode) -> None:
        nodes, parents, tags, names = self.nodes, self.parents, self.tags, self.names
        above, first, last, keys = self.above, self.first, self.last, self.keys
        lines, end = self.lines, self._end
        kinds: dict[int, tuple[int, str, int]] = {}
        element = link = links = linked = 0  # the box; how many links are around; links and linked characters of a line
        parts: list[str] = []
        held: list[LexborNode] = []
        way: list[tuple[LexborNode | None, int]] = []  # for each open element: what follows it, its kind
        node: LexborNode | None = root
        while True:
            if node is None:
                if not way:
                    break
                node, kind = way.pop()
                if kind == BOX:  # the last of these is the root
                    if parts:
                        end(parts, held, element, linked, links)
                        parts, held = [], []
                    linked, links = 0, link
                    last[element] = len(lines)
                    element = parents[element]
                elif kind == LINK:
                    link -= 1
                continue
            number = node.tag_id
            following = node.next
            if number == TEXT:
                text = node.text_content
                if text and (parts or not text.isspace()):
                    parts.append(text)
                    held.append(node)
                    if link:
                        linked += len(text)
                node = following
                continue
            found = kinds.get(number)
            if found is None:
                tag = node.tag or ""
                found = (SKIP if number == COMMENT else _KINDS.get(tag, INLINE)), tag, ABOVE.get(tag, 0)
                if number < _KNOWN:
                    kinds[number] = found
            kind, tag, bits = found
            if kind == SKIP:
                node = following
                continue
            if kind in _FLOWS:
                child = node.first_child
                if kind == LINK:
                    links += 1
                if child is None:
                    node = following
                    continue
                if child.tag_id == TEXT and child.next is None:  # most links and inline elements hold one text
                    text = child.text_content
                    if text and (parts or not text.isspace()):
                        parts.append(text)
                        held.append(child)
                        if link or kind == LINK:
                            linked += len(text)
                    node = following
                    continue
                link += kind == LINK
                way.append((following, kind))
                node = child
                continue
            if kind == MEDIA:
                self.media.append((len(lines) + bool(parts), element, node))
                kind = INLINE
            else:
                if parts:
                    end(parts, held, element, linked, links)
                    parts, held = [], []
                linked, links = 0, link
                if kind == BREAK:
                    node = following
                    continue
                attributes = node.attributes
                name = ""
                if attributes:
                    name = attributes.get("class") or ""
                    if ident := attributes.get("id"):
                        name = f"{name} {ident}"
                    if ("style" in attributes or "hidden" in attributes) and is_hidden(node):
                        bits |= STREAMED if ident and _STREAMED.fullmatch(ident) else HIDDEN
                parents.append(element)
                above.append(above[element] | bits)
                element = len(nodes)
                nodes.append(node)
                tags.append(tag)
                keys.append(name)
                names.append(_NAMES[name] if name else 0)
                first.append(len(lines))
                last.append(0)
            way.append((following if way else None, kind))
            node = node.first_child
        if parts:
            end(parts, held, element, linked, links)
        last[0] = len(lines)

    def _end(self, parts: list[str], nodes: list[LexborNode], element: int, linked: int, links: int) -> None:
        """End a line."""
        if text := " ".join("".join(parts).split()):
            self.lines.append(Line(text, nodes, element, linked, links))

    def _unseen(self) -> bool:
        """Return whether the page shows its prose; else what it hides is the article, which a script reveals."""
        prose = hidden = 0
        for line in self.lines:
            prose += line.prose
            if line.prose and self.above[line.element] & HIDDEN:
                hidden += line.prose
        return hidden <= (prose - hidden) * UNFOLDED

    def sign(self, element: int) -> tuple[str, str, str, str]:
        """Return what elements that look alike have in common: tag, id and class of it and of the one around it."""
        tags, keys, up = self.tags, self.keys, self.parents[element]
        return tags[element], keys[element], tags[up], keys[up]
