"""The page as lines: one walk over the tree yields runs, each the text of one part, without the page's markup.

What stands on a line of its own does so here; headings, lists, cells, quotes and captions stay what they are. Pictures
and players become placeholders with their address. All text of the page is in the runs, in the document's order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from ...page.dom import Page
from ...page.index import NOTEXT
from ...page.text import size, squeeze
from ...sieve.partition import BLOCK
from .parts import Group, Owners, Part

MEDIA = {"img": "image", "video": "video", "audio": "audio", "iframe": "frame", "embed": "player", "object": "player"}
ADDRESSES = ("data-src", "data-original", "src", "data")
LINES = {
    "h1": "h1", "h2": "h2", "h3": "h3", "h4": "h4", "h5": "h5", "h6": "h6", "li": "li", "dt": "dt", "dd": "li",
    "td": "td", "th": "th", "caption": "cap", "figcaption": "cap", "blockquote": "quote", "pre": "pre",
    "title": "title",
}  # fmt: skip
BOLD = frozenset({"b", "strong"})
SLANTED = frozenset({"i", "em", "cite"})
MAX_ADDRESS = 300
UNREAD_SIZE = 200
"""Characters after which a part of an unsplit page ends at the next line."""


class Style(NamedTuple):
    """The style of text: the kind of line, and whether it is a link, bold or italic."""

    line: str = "p"
    link: bool = False
    bold: bool = False
    slanted: bool = False


class Span(NamedTuple):
    """Text of one style with white space collapsed; a space at its ends if the page has one there."""

    text: str
    style: Style


class Media(NamedTuple):
    """A picture or player: its type, URL and description."""

    kind: str
    address: str
    alt: str


@dataclass(slots=True)
class Line:
    """A line; `opens` if it is the first of a list item or a table row."""

    kind: str
    opens: bool
    content: list[Span | Media] = field(default_factory=list)


@dataclass(slots=True)
class Run:
    """Adjacent lines of one part, which is None for pictures outside all parts."""

    part: Part | None
    lines: list[Line] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The number of characters that count for coverage."""
        return squeeze("".join(item.text for line in self.lines for item in line.content if isinstance(item, Span)))


class _End(NamedTuple):
    """A marker on the stack for the end of a block element."""


END = _End()


class Drawer:
    """Walks a page once and collects its runs."""

    def __init__(self, page: Page, owners: Owners, *, unread: bool) -> None:
        self.page = page
        self.owners = owners
        self.unread = unread
        self.runs: list[Run] = []
        self._fresh = True
        self._opens = False
        self._space = False

    def draw(self) -> list[Run]:
        """Return the runs of the page, in document order."""
        owners = self.owners
        stack: list[tuple[LexborNode | _End, Part | None, Style]] = [(self.page.root, None, Style())]
        while stack:
            node, part, style = stack.pop()
            if isinstance(node, _End):
                self._fresh = True
                continue
            following = node.next
            if following is not None and node.mem_id != self.page.root.mem_id:
                stack.append((following, part, style))
            ident = node.mem_id
            part = owners.at.get(ident, part)
            if node.is_text_node:
                self._text(node.text(), owners.inside.get(ident, part), style)
                continue
            tag = node.tag or ""
            if tag in MEDIA:
                self._media(node, tag, part)
            if ident in owners.inside:
                part = owners.inside[ident]
                if part is not None and part.pointer is not None and not size(part.text):
                    self._anchor(part)
            if not node.is_element_node or tag in NOTEXT:
                continue
            if tag in BLOCK:
                self._fresh = True
                stack.append((END, part, style))
                self._opens = self._opens or tag in {"li", "tr", "dt"}
            child = node.first_child
            if child is not None:
                stack.append((child, part, _styled(style, tag)))
        return self.runs

    def _line(self, part: Part | None, kind: str) -> Line:
        """Return the current line, or a new one if the page or the part requires it."""
        run = self.runs[-1] if self.runs else None
        if run is None or run.part is not part:
            run = Run(part)
            self.runs.append(run)
            self._fresh = True
        if self._fresh or not run.lines or run.lines[-1].kind != kind:
            run.lines.append(Line(kind, self._opens))
            self._fresh = self._opens = self._space = False
        return run.lines[-1]

    def _anchor(self, part: Part) -> None:
        """Add an empty run for a part without text, so that it can be selected."""
        self.runs.append(Run(part))
        self._fresh = True

    def _text(self, text: str, part: Part | None, style: Style) -> None:
        if not size(text):
            self._space = self._space or bool(text)
            return
        if part is None and self.unread:
            part = self._unread()
        line = self._line(part, style.line)
        shown = text.strip("\n") if style.line == "pre" else " ".join(text.split())
        before = line.content[-1] if line.content else None
        if before is not None and style.line != "pre" and (self._space or text[:1].isspace()):
            shown = " " + shown
        if isinstance(before, Span) and before.style == style:
            line.content[-1] = Span(before.text + shown, style)
        else:
            line.content.append(Span(shown, style))
        self._space = text[-1:].isspace()
        if part is not None:
            squeezed = squeeze(text)
            part.size += len(squeezed)
            part.shown.append(squeezed)

    def _unread(self) -> Part:
        last = self.runs[-1].part if self.runs else None
        if last is not None and not (self._fresh and last.size > UNREAD_SIZE):
            return last
        return self.owners.add(Part(0, Group.UNREAD, "unread", "none", ""))

    def _media(self, node: LexborNode, tag: str, part: Part | None) -> None:
        attributes = node.attributes
        address = next((value for name in ADDRESSES if (value := (attributes.get(name) or "").strip())), "")
        if part is not None and part.address and self.owners.at.get(node.mem_id) is part:
            address = part.address
        if not address and tag in {"img", "iframe", "embed", "object"}:
            return
        if part is None and self.unread:
            part = self._unread()
        line = self._line(part, "media")
        alt = " ".join((attributes.get("alt") or "").split())
        line.content.append(Media(MEDIA[tag], _shortened(address), _shortened(alt)))


def _styled(style: Style, tag: str) -> Style:
    kind = LINES.get(tag)
    if kind is None and tag == "p" and style.line not in {"li", "td", "th", "quote", "cap"}:
        kind = "p"
    return Style(
        style.line if kind is None or style.line == "cap" else kind,
        style.link or tag == "a",
        style.bold or tag in BOLD,
        style.slanted or tag in SLANTED,
    )


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_ADDRESS else text[: MAX_ADDRESS - 1] + "…"
