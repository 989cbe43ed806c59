"""A page as lines of text in the elements that hold them: one walk over the parsed tree, for the general reading.

A line is what a reader sees as one: the text of an element between block elements and `<br>`. What elements hold in
all is the difference of two sums over the lines' numbers, so nothing is ever counted by climbing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import accumulate, count
from typing import Final

from selectolax.lexbor import LexborNode

from ..page.dom import Page, hides
from ..page.index import ALWAYS, NOTEXT, Interest
from ..page.text import collapse
from ..sieve.hidden import UNFOLDED
from ..sieve.partition import BLOCK
from .lines import Lines, lines_with
from .stray import beside, unclosed, unlink

TEXT, COMMENT = 2, 4
"""What lexbor numbers text nodes and comments by in place of a tag."""
_KNOWN: Final = 256
"""Numbers from here on are a document's own: tags that HTML does not have."""

SKIP, INLINE, MEDIA, LINK, BREAK, BOX = range(6)
_HOLDERS: Final = frozenset({"head", "canvas", "math", "noscript"})
"""Elements without lines in which there may be elements that an index needs. The parser puts none into `svg`."""
_APART: Final = NOTEXT | ALWAYS | {"title"}
_KINDS: Final = {
    **dict.fromkeys(NOTEXT | ALWAYS | _HOLDERS, SKIP),
    **dict.fromkeys(BLOCK, BOX),
    **dict.fromkeys(("button", "select", "label", "form"), BOX),
    "title": SKIP, "br": BREAK, "hr": BREAK, "a": LINK, "img": MEDIA, "video": MEDIA, "audio": MEDIA,
}  # fmt: skip

_UNKNOWN: Final = (-1, "")
_KIND_OF: Final = [_UNKNOWN] * _KNOWN
"""The kind and tag of what lexbor numbers; filled as pages are read."""

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
    ("remark", r"^comment|pinglun|disqus"),
    ("consent", r"^\b$"),
)  # fmt: skip
"""What words in the names of classes and ids say; each is a bit of `Outline.names`."""
NAMES: Final = {name: 1 << number for number, (name, _) in enumerate(WORDS)}
_PATTERNS: Final = [(NAMES[name], re.compile(pattern)) for name, pattern in WORDS]
_UNSEEN = re.compile(r"visually-?hidden|(?<![a-z])sr-only|screen-?reader", re.IGNORECASE)
"""Names of what only a screen reader reads out; the bit `unseen`, which no word sets."""
_CONSENT = re.compile(
    r"onetrust|cookiebot|didomi|usercentrics|gdpr|cookie[-_]?(?:consent|banner|notice|bar|law|modal|popup|wall|dialog|message|overlay)"
    r"|consent[-_]?(?:banner|manager|modal|popup|dialog|sdk|wall)",
    re.IGNORECASE,
)
"""Names of what asks for consent to cookies; the bit `consent`."""
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
"""Tags that state what their contents are; each is a bit of `Outline.above`."""
HIDDEN: Final = 1 << len(TAGS)
STREAMED: Final = 1 << (len(TAGS) + 1)
"""A part of the page that arrives at its end and that a script moves to its place, as React streams them."""
APART: Final = 1 << (len(TAGS) + 2)
"""What is beside the article by its name: readers' comments, footers, questions of consent."""
_STREAMED = re.compile(r"S:[0-9a-f]+", re.ASCII)


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
        if _CONSENT.search(name):
            bits |= NAMES["consent"]
        if len(name) <= _LONGEST_NAME:
            self[name] = bits
        return bits


_WORDS: Final = _Words()
_NAMES: Final = _Names()


class Outline:
    """The lines of a page and the elements around them.

    For each block element that is not empty, by number: `nodes`, `parents` (its own number for the outermost), `tags`,
    `names` (bits of `NAMES` of its own class and id), `above` (bits of `ABOVE` of itself and what is around it,
    `HIDDEN`, `STREAMED`, `APART`), `keys` (its class and id), `idents` (ids alone, where there are), `first` and `last` (its lines are `lines[first:last]`), and
    `ends`, the number of the last element in it. Names of elements without lines are not read.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.nodes: list[LexborNode] = [page.root]
        self.parents = [0]
        self.tags = ["html"]
        self.first = [0]
        self.last = [0]
        self.ends = [0]
        self.media: list[tuple[int, int, LexborNode]] = []
        """Pictures and players: how many lines stand before each, the element it stands in, itself."""
        self._apart: list[LexborNode] = []
        self.columns = Lines(self._walk(page.root))
        self.keys = [""] * len(self.nodes)
        self.idents: dict[int, str] = {}
        self.names = [0] * len(self.nodes)
        self.above = [0] * len(self.nodes)
        named = self._name()
        self.lines = self.columns.rows()
        self._held: dict[int, dict[int, list[LexborNode]]] = {}
        unlink(self, unclosed(self))
        self.unseen = self._unseen()
        """Whether lines that the page hides are skipped."""
        if self.unseen:
            self._hide()
        for element in beside(self, named, NAMES["remark"]):
            self._leave_out(element)
        self.length_sum = [*accumulate(self.columns.lengths, initial=0)]
        self.linked_sum = [*accumulate(self.columns.linked, initial=0)]
        self.prose_sum = [*accumulate(self.columns.prose, initial=0)]
        self.links_sum = [*accumulate(self.columns.links, initial=0)]
        self.signs = self._signs()
        """For each line what its element looks like, as a number."""
        self._with: dict[tuple[str, ...], list[int]] = {}

    def _walk(self, root: LexborNode) -> list[tuple[str, int, int, int]]:
        """Return the lines: text, element, linked characters, links."""
        nodes, parents, tags, first, last, ends = self.nodes, self.parents, self.tags, self.first, self.last, self.ends
        found: list[tuple[str, int, int, int]] = []
        kinds = _KIND_OF
        element = link = links = linked = 0  # the box; how many links are around; links and linked characters of a line
        line = ""
        # for each open element: what follows it, its kind, the box around it
        way: list[tuple[LexborNode | None, int, int]] = [(None, BOX, 0)]
        node = root.first_child
        while True:
            if node is None:
                if not way:
                    break
                node, kind, around = way.pop()
                if kind == BOX:
                    if line:
                        found.append((line, element, linked, links))
                        line = ""
                    linked, links = 0, link
                    last[element] = len(found)
                    ends[element] = len(nodes) - 1
                    element = around
                    if node is not None and node.is_empty_text_node:
                        node = node.next
                elif kind == LINK:
                    link -= 1
                continue
            number = node.tag_id
            if number == TEXT:
                if line:
                    text = node.text_content or ""
                    line += text
                    if link:
                        linked += len(text)
                elif not node.is_empty_text_node:
                    text = node.text_content or ""
                    if not text.isspace():
                        line = text
                        if link:
                            linked += len(text)
                node = node.next
                continue
            try:
                kind, tag = kinds[number]
            except IndexError:
                kind, tag = _UNKNOWN
            if kind < 0:
                tag = node.tag or ""
                kind = SKIP if number == COMMENT else _KINDS.get(tag, INLINE)
                if number < _KNOWN:
                    kinds[number] = kind, tag
            following = node.next
            if kind == SKIP:
                if number != COMMENT:
                    self._apart.append(node)
                node = following
                continue
            child = node.first_child
            if kind >= BREAK:
                if line:
                    found.append((line, element, linked, links))
                    line = ""
                linked, links = 0, link
                if child is None or kind == BREAK:
                    node = following
                    continue
                around, element = element, len(nodes)
                nodes.append(node)
                parents.append(around)
                tags.append(tag)
                first.append(len(found))
                last.append(0)
                ends.append(element)
                if child.tag_id == TEXT:
                    after = child.next
                    if after is None:  # a paragraph: it holds one text
                        text = child.text_content or ""
                        if text and not text.isspace():
                            found.append((text, element, len(text) if link else 0, link))
                        last[element] = len(found)
                        element, node = around, following
                        continue
                    if child.is_empty_text_node:
                        child = after
                way.append((following, BOX, around))
                node = child
                continue
            if kind == LINK:
                links += 1
            elif kind == MEDIA:
                self.media.append((len(found) + bool(line), element, node))
            if child is None:
                node = following
                continue
            if child.tag_id == TEXT and child.next is None:  # most links and inline elements hold one text
                text = child.text_content or ""
                if line or not text.isspace():
                    line += text
                    if link or kind == LINK:
                        linked += len(text)
                node = following
                continue
            link += kind == LINK
            way.append((following, kind, element))
            node = child
        return found

    def index(self, interest: Interest) -> None:
        """Index the page; the elements apart from the lines are known, if `interest` is in no others."""
        found: dict[int, LexborNode] = {}
        for node in self._apart:
            if (tag := node.tag) in _APART:
                found[node.mem_id] = node
            if tag in _HOLDERS and node.first_child is not None:
                found.update((inner.mem_id, inner) for inner in node.css(interest.unclassed))
        self.page.index(interest, [*found.values()] if interest.plain and interest.tags <= _APART else None)

    def _name(self) -> list[int]:
        """Read the names of the elements that have lines, and what hides them; return those that `beside` looks at."""
        above, keys, names, idents = self.above, self.keys, self.names, self.idents
        wanted = NAMES["remark"] | NAMES["consent"]
        named: list[int] = []
        elements = zip(range(len(above)), self.nodes, self.parents, self.tags, self.first, self.last, strict=True)
        next(elements)
        for element, node, parent, tag, first, last in elements:
            if first == last:
                continue
            bits = above[parent] | ABOVE[tag] if tag in ABOVE else above[parent]
            attributes = node.attributes
            if attributes:
                name = attributes.get("class")
                if len(attributes) > 1 or not name:  # most elements with attributes have a class and nothing else
                    ident = attributes.get("id")
                    if ident:
                        name = f"{name or ''} {ident}"
                        idents[element] = ident
                    if hides(attributes):
                        bits |= STREAMED if ident and _STREAMED.fullmatch(ident) else HIDDEN
                if name:
                    keys[element] = name
                    names[element] = own = _NAMES[name]
                    if own & wanted:
                        named.append(element)
            above[element] = bits
        return named

    def _unseen(self) -> bool:
        """Return whether the page shows its prose; else what it hides is the article, which a script reveals."""
        above, prose = self.above, self.columns.prose
        hidden = sum(
            [own for own, element in zip(prose, self.columns.elements, strict=True) if own and above[element] & HIDDEN]
        )
        return hidden <= (sum(prose) - hidden) * UNFOLDED

    def _hide(self) -> None:
        """Take what the page hides for no prose."""
        above, prose = self.above, self.columns.prose
        for number, (own, element) in enumerate(zip(prose, self.columns.elements, strict=True)):
            if own and above[element] & HIDDEN:
                prose[number] = self.lines[number].prose = 0

    def _leave_out(self, element: int) -> None:
        """Take what is in an element for no prose, and not for the article's."""
        for inner in range(element, self.ends[element] + 1):
            self.above[inner] |= APART
        for number in range(self.first[element], self.last[element]):
            self.columns.prose[number] = self.lines[number].prose = 0

    def _signs(self) -> list[int]:
        known: defaultdict[tuple[str, str], int] = defaultdict(count().__next__)
        looks = [*map(known.__getitem__, zip(self.tags, self.keys, strict=True))]
        parents, kinds = self.parents, len(known)
        return [looks[element] * kinds + looks[parents[element]] for element in self.columns.elements]

    def nodes_of(self, number: int) -> list[LexborNode]:
        """Return the text nodes that a line stands in."""
        element = self.lines[number].element
        held = self._held.get(element)
        if held is None:
            elements = self.columns.elements
            own = [line for line in range(self.first[element], self.last[element]) if elements[line] == element]
            held = self._held[element] = dict(zip(own, _own_lines(self.nodes[element]), strict=True))
        return held[number]

    def says(self, words: tuple[str, ...], start: int, stop: int) -> bool:
        """Return whether any of the lines from `start` to `stop` has any of the words, which are without white space."""
        known = self._counted(words)
        return known[stop] > known[start]

    def saying(self, words: tuple[str, ...], lines: range) -> list[int]:
        """Return those of the lines that have any of the words, which are without white space."""
        known = self._counted(words)
        return [number for number in lines if known[number + 1] > known[number]]

    def _counted(self, words: tuple[str, ...]) -> list[int]:
        """Return for each line, and for the end, how many before it have any of the words."""
        known = self._with.get(words)
        if known is None:
            known = self._with[words] = lines_with(self.columns.texts, words)
        return known

    def spaced(self, number: int) -> str:
        """Return a line's text with a space between text nodes, as labels and values stand side by side."""
        element = self.lines[number].element
        inner = self.nodes[element].first_child
        if inner is not None and inner.next is None and inner.tag_id == TEXT:  # a paragraph: it holds one text
            return self.columns.texts[number]
        return collapse(" ".join([node.text_content or "" for node in self.nodes_of(number)]))


def _own_lines(box: LexborNode) -> list[list[LexborNode]]:
    """Return the text nodes of each line of an element that is not inside an element of its own, as `Outline` does."""
    found: list[list[LexborNode]] = []
    held: list[LexborNode] = []
    way: list[LexborNode | None] = []
    node = box.first_child
    while node is not None or way:
        if node is None:
            node = way.pop()
            continue
        following = node.next
        if node.is_text_node:
            if held or (node.text_content or "").strip():
                held.append(node)
        else:
            kind = SKIP if node.is_comment_node else _KINDS.get(node.tag or "", INLINE)
            if kind >= BREAK:
                if held:
                    found.append(held)
                    held = []
            elif kind != SKIP:
                way.append(following)
                following = node.first_child
        node = following
    return [*found, held] if held else found
