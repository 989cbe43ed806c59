"""The partition: every character of the page's text ends up in exactly one piece, in one walk.

A claimed node opens a piece of its own and keeps its subtree, less what is claimed inside. Text outside all claims is
`unknown`, or `hidden` where the page hides it. Subtrees in which nothing is claimed are read whole by the parser.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator

from selectolax.lexbor import LexborNode

from ..page import limits
from ..page.dom import FALLBACK, Page, is_hidden
from ..page.index import NOTEXT
from ..page.text import collapse, size
from ..records.model import Role
from .claims import Claim, Claims, Target

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
"""Elements on lines of their own: their edges are white space."""

UNCLAIMED = "unclaimed"
FALLBACK_RULE = "fallback"


class Piece:
    """A part of the partition: its claim (None for unknown and hidden), its node, its text so far."""

    __slots__ = ("claim", "flows", "node", "parts", "role", "rule")

    def __init__(self, node: LexborNode, rule: str, role: Role | None, claim: Claim | None = None) -> None:
        self.node = node
        self.rule = rule
        self.role = role
        self.claim = claim
        self.flows = role is None
        """Whether the text is read as a line: no space where the page shows none."""
        self.parts: list[str] = []

    @property
    def text(self) -> str:
        """The piece's text, white space collapsed."""
        return collapse("".join(self.parts))


BodyReader = Callable[[Claim], None]


class Walk:
    """One walk over a page: `pieces` in page order. `body` is called for each body node when the walk reaches it."""

    def __init__(self, page: Page, claims: Claims, body: BodyReader | None = None) -> None:
        self.page = page
        self.claims = claims
        self.body = body
        self.pieces: list[Piece] = []
        self._textless = {node.mem_id for node in page.textless}

    def run(self, node: LexborNode, owner: Piece | None = None) -> None:
        """Split `node` and its subtree into pieces; text that no rule claims goes to `owner`, or is unknown or hidden.

        Raises `PageRefused` where it has to go deeper than `limits.DEFAULT` allows.
        """
        by_node, marked, textless = self.claims.by_node, self.claims.marked, self._textless
        deepest = limits.DEFAULT.max_depth
        # for each open element: its remaining children, the owner of their text, what follows the last of them
        way: list[tuple[Iterator[LexborNode], Piece | None, str]] = [(iter((node,)), owner, "")]
        while way:
            children, above, edge = way[-1]
            for item in children:
                ident = item.mem_id
                owner = above
                claim = by_node.get(ident)
                if claim is not None:
                    if claim.target is Target.BODY and self.body is not None:
                        self.body(claim)
                        continue
                    owner = Piece(item, claim.rule, claim.role, claim)
                    self.pieces.append(owner)
                if ident in textless:
                    continue
                whole = ident not in marked
                if owner is None:
                    if item.is_text_node:
                        self._unclaimed_text(item)
                        continue
                    if whole and not item.text().strip():
                        continue
                    owner = self._unclaimed_piece(item, whole=whole)
                flows = owner is not None and owner.flows
                if whole and owner is not None and not flows:
                    owner.parts.append(item.text(separator=" ", skip_empty=True) + " ")
                    continue
                edge = ""
                if owner is not None and flows:
                    if item.is_text_node:
                        owner.parts.append(item.text_content or "")
                        continue
                    if item.tag in BLOCK:
                        edge = " "
                        owner.parts.append(edge)
                if len(way) > deepest:
                    limits.check_depth(len(way), item.tag)
                way.append((item.iter(include_text=True, skip_empty=not flows), owner, edge))
                break
            else:
                way.pop()
                if edge and above is not None:
                    above.parts.append(edge)

    def _unclaimed_text(self, node: LexborNode) -> None:
        """Create a piece for an unclaimed text node, if it is not empty."""
        text = node.text_content or ""
        if size(text):
            self._unclaimed(node, Role.UNKNOWN).parts.append(text)

    def _unclaimed_piece(self, node: LexborNode, *, whole: bool) -> Piece | None:
        """Return a piece for an element with unclaimed text, or None if its children must be examined separately."""
        if node.tag in FALLBACK:
            return self._unclaimed(node, Role.HIDDEN, FALLBACK_RULE)
        if is_hidden(node):
            return self._unclaimed(node, Role.HIDDEN)
        if whole and not _hides_below(node):
            return self._unclaimed(node, Role.UNKNOWN)
        return None

    def _unclaimed(self, node: LexborNode, role: Role, rule: str = UNCLAIMED) -> Piece:
        piece = Piece(node, rule, role)
        self.pieces.append(piece)
        return piece


def _hides_below(node: LexborNode) -> bool:
    return any(
        child.is_element_node and (is_hidden(child) or child.tag in FALLBACK)
        for child in node.traverse(include_text=False)
    )


def flow_text(node: LexborNode, less: Container[int] = ()) -> str:
    """Return the text of `node` as a line: white space collapsed, a space at the edges of block elements only.

    Elements in `less`, by identity, are left out with what is in them.
    """
    first = node.first_child
    while first is not None and first.next is None and not less:  # the text of an only child is the whole text
        if first.is_text_node:
            return collapse(first.text_content or "")
        if not first.is_element_node or {first.tag, node.tag} & NOTEXT:
            break
        node, first = first, first.first_child
    if first is None and not less:
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
        elif item.is_element_node and item.tag not in NOTEXT and not (less and item.mem_id in less):
            if item.tag in BLOCK:
                parts.append(" ")
                stack.append(" ")
            if item.first_child is not None:
                stack.append(item.first_child)
    return collapse("".join(parts))
