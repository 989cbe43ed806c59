"""The partition: every character of the page's text goes to exactly one piece, in one walk.

A claimed node opens a piece of its own and keeps its subtree, less what is claimed inside. Text outside all claims is
`unknown`, or `hidden` where the page hides it. Subtrees in which nothing is claimed are read whole by the parser.
"""

from __future__ import annotations

from collections.abc import Callable

from selectolax.lexbor import LexborNode

from crawler.page.dom import FALLBACK, NOTEXT, Page
from crawler.page.text import collapse, size
from crawler.records.model import Role
from crawler.sieve.claims import Claim, Claims, Target

BLOCK = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "p",
        "pre",
        "search",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
"""Elements that stand on lines of their own: their edges are white space."""

UNCLAIMED = "unclaimed"
FALLBACK_RULE = "fallback"


class Piece:
    """A part of the partition while it grows: its claim (None for unknown and hidden), its node, its text."""

    __slots__ = ("claim", "node", "parts", "role", "rule")

    def __init__(self, node: LexborNode, rule: str, role: Role | None, claim: Claim | None = None) -> None:
        self.node = node
        self.rule = rule
        self.role = role
        self.claim = claim
        self.parts: list[str] = []

    @property
    def text(self) -> str:
        """The piece's text, white space collapsed."""
        return collapse("".join(self.parts))


BodyReader = Callable[[Claim], None]


class Walk:
    """One walk over a page: `pieces` in page order. `body` is called for each body node where the walk meets it."""

    def __init__(self, page: Page, claims: Claims, body: BodyReader | None = None) -> None:
        self.page = page
        self.claims = claims
        self.body = body
        self.pieces: list[Piece] = []

    def run(self, node: LexborNode, owner: Piece | None = None) -> None:
        """Take `node` and its subtree apart; text that no rule claims goes to `owner`, or is unknown or hidden."""
        by_node, marked = self.claims.by_node, self.claims.marked
        stack: list[tuple[LexborNode | str, Piece | None]] = [(node, owner)]
        while stack:
            item, owner = stack.pop()
            if isinstance(item, str):
                if owner is not None:
                    owner.parts.append(item)
                continue
            if item is not node:
                following = item.next
                if following is not None:
                    stack.append((following, owner))
            ident = item.mem_id
            claim = by_node.get(ident)
            if claim is not None:
                if claim.target is Target.BODY and self.body is not None:
                    self.body(claim)
                    continue
                owner = Piece(item, claim.rule, claim.role, claim)
                self.pieces.append(owner)
            if item.is_text_node:
                text = item.text()
                if owner is not None:
                    owner.parts.append(text if _flows(owner) else text + " ")
                elif size(text):
                    self._unclaimed(item, Role.UNKNOWN).parts.append(text)
                continue
            tag = item.tag or ""
            if not item.is_element_node or tag in NOTEXT:
                continue
            if owner is None:
                if ident not in marked and not item.text().strip():
                    continue
                if tag in FALLBACK:
                    owner = self._unclaimed(item, Role.HIDDEN, FALLBACK_RULE)
                elif is_hidden(item):
                    owner = self._unclaimed(item, Role.HIDDEN)
                elif ident not in marked and not _hides_below(item):
                    owner = self._unclaimed(item, Role.UNKNOWN)
            if owner is not None:
                if _flows(owner):
                    if tag in BLOCK:
                        owner.parts.append(" ")
                        stack.append((" ", owner))
                elif ident not in marked:
                    owner.parts.append(item.text(separator=" ") + " ")
                    continue
            child = item.first_child
            if child is not None:
                stack.append((child, owner))

    def _unclaimed(self, node: LexborNode, role: Role, rule: str = UNCLAIMED) -> Piece:
        piece = Piece(node, rule, role)
        self.pieces.append(piece)
        return piece


def _flows(piece: Piece) -> bool:
    """Tell whether the piece's text is read as a line: no space where the page shows none."""
    return piece.role is None


def is_hidden(node: LexborNode) -> bool:
    """Tell whether the page hides this element itself, by attribute or inline style."""
    attributes = node.attributes
    if "hidden" in attributes:
        return True
    style = attributes.get("style") or ""
    return "none" in style.lower() and "display:none" in "".join(style.split()).lower()


def _hides_below(node: LexborNode) -> bool:
    return any(
        child.is_element_node and (is_hidden(child) or child.tag in FALLBACK)
        for child in node.traverse(include_text=False)
    )


def flow_text(node: LexborNode) -> str:
    """Return the text of `node` as a line: white space collapsed, a space at the edges of block elements only."""
    first = node.first_child
    if first is None or (first.is_text_node and first.next is None):
        return collapse(node.text())
    parts: list[str] = []
    stack: list[LexborNode | str] = [node]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            parts.append(item)
            continue
        if item is not node and item.next is not None:
            stack.append(item.next)
        if item.is_text_node:
            parts.append(item.text())
        elif item.is_element_node and item.tag not in NOTEXT:
            if item.tag in BLOCK:
                parts.append(" ")
                stack.append(" ")
            if item.first_child is not None:
                stack.append(item.first_child)
    return collapse("".join(parts))
