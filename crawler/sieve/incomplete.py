"""Evidence that a body is incomplete: text of the article that is missing from it.

There are three signs. First, sentences between the headline and the credits (or the end of the article's part of the
page), or next to the body, that are unclaimed, or claimed by a rule for lists of links although hardly any of them is a
link, and sentences that a rule for advertisements and the like claims inside the body: an unclosed element swallows
what follows it. Second, further elements that the body's own selector matches. Third, a text of the article in the
page's metadata that continues where the body ends. Text that the body contains anyway is a copy and does not count, and
neither do lists of links and short lines.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import islice, takewhile
from typing import Final

from selectolax.lexbor import LexborNode

from ..page.dom import is_hidden
from ..page.text import collapse, size, squeeze
from ..records.model import Role
from .claims import Claims, Target
from .copies import clauses, is_copy
from .partition import BLOCK, Piece, flow_text
from .promos import in_links

SHORTEST_PROSE: Final = 20
"""Minimum characters of a paragraph, without white space: a shorter line may well be a label."""
MOST_LINKS: Final = 0.3
"""Maximum share of a text in links; with more it is a list of links."""
FEW_LINKS: Final = 0.1
"""Minimum share of links in a text that a rule claims as a list of links; with less it is not such a list."""
_END: Final = 12
"""Characters by which the end of the body is found in another text."""
_REST: Final = 6
"""Minimum characters after it."""
_NEXT: Final = 4
"""Elements beside the body that may be a part of it."""
_LOOKED_AT: Final = 200
"""Maximum paragraphs and elements examined; on a page with more the first ones decide."""

_SUSPECT: Final = frozenset({Role.UNKNOWN, Role.RELATED, Role.HOT, Role.PREVIOUS, Role.COLUMNS, Role.NAV})
"""Roles of unclaimed text, and of lists, which must contain links."""

_INSERTED: Final = frozenset({Role.AD, Role.APP, Role.COMMENTS, Role.HIDDEN, Role.SHARE, Role.TOOLS})
"""Roles of insertions in a body: buttons, pictures and a line or two, but not paragraphs; those may be hidden."""
_PARAGRAPH: Final = 40
"""Minimum characters for such a part to be examined."""

_SENTENCE_END = re.compile(r"[。！？；…!?]|[a-z][.](?:\s|\Z)")
_LABEL = re.compile(r"[^。！？!?]{0,12}[:：]")
_SPACES: Final = 12
"""Minimum characters of Chinese prose per white space: prose has few, a row of labels has many."""

Found = tuple[LexborNode, str]


def left_out(pieces: Sequence[Piece], claims: Claims, body: str, *, in_page: bool) -> Iterator[Found]:
    """Yield the nodes with text of the article that is missing from `body`, with that text.

    `in_page` says whether the body was read from the page's elements, not from data.
    """
    further = claims.further[:_LOOKED_AT]
    between = [*_between(pieces, claims), *_inserted(pieces, claims)] if in_page else []
    between += [piece for piece in _beside(pieces, claims) if piece not in between] if in_page else []
    if not between and not further:
        return
    there = cache(lambda: set(clauses(body)))  # most pages have no text to compare with them
    for node in further:
        if not _is_owned(node, claims) and (text := _rest(node, there)) is not None:
            yield node, text
    taken = _Inside({node.mem_id for node in further})
    for piece in between:
        if piece.node in taken:
            continue
        if piece.role is not Role.UNKNOWN:
            text = piece.text
            if is_prose(text) and in_links([piece.node]) <= FEW_LINKS * size(text) and not is_copy(text, there()):
                yield piece.node, text
            continue
        for node, text, linked in islice(_paragraphs(piece.node), _LOOKED_AT):
            if is_prose(text, linked) and not is_copy(text, there()):
                yield node, text


def continued(body: str, texts: Iterable[str]) -> Iterator[str]:
    """Yield what the first of `texts`, which the page states of the article, has after the end of `body`.

    A description begins like the article and ends anywhere; a whole text may have a line of credits at its end.
    """
    own = squeeze(body)
    end = own[-_END:]
    for text in texts if len(end) == _END else ():
        before, found, rest = squeeze(text).rpartition(end)
        follows = found and before[-_END:] in own and len(rest) >= _REST and rest[:_REST] not in own
        if follows and _LABEL.match(rest) is None:
            yield rest
            return


def is_prose(text: str, in_links: int = 0) -> bool:
    """Return whether `text` reads like a paragraph: at least one sentence, not a label with a value, not links.

    `in_links` is the number of its characters in links, without white space.
    """
    length = size(text)
    if length < SHORTEST_PROSE or in_links > MOST_LINKS * length or _SENTENCE_END.search(text) is None:
        return False
    letters = sum(map(str.isascii, text))
    if letters > len(text) / 2:
        return len(text.split()) >= SHORTEST_PROSE // 2
    return text.count(" ") <= length / _SPACES and (_LABEL.match(text) is None or length > 2 * SHORTEST_PROSE)


def _between(pieces: Sequence[Piece], claims: Claims) -> list[Piece]:
    """Return the pieces that may contain text of the article, from headline to credits.

    Between these two the article's own element does not count: sloppy markup closes it too early. Without credits only
    what is in that element is returned.
    """
    if not any(piece.role in _SUSPECT for piece in pieces):
        return []
    targets = [piece.claim.target if piece.claim is not None else None for piece in pieces]
    start = targets.index(Target.HEADLINE) if Target.HEADLINE in targets else 0
    closing = [at for at, piece in enumerate(pieces) if piece.role is Role.CREDITS and at > start]
    found = [piece for piece in pieces[start : closing[-1] if closing else None] if piece.role in _SUSPECT]
    if closing:
        return found
    region = _region(claims.by_name.get("headline", []), claims.by_name.get("body", []))
    if region is None:
        return []
    inside = _Inside({region})
    return [piece for piece in found if piece.node in inside]


def _inserted(pieces: Sequence[Piece], claims: Claims) -> list[Piece]:
    """Return the long pieces inside the body that a rule claims as insertions."""
    found = [piece for piece in pieces if piece.role in _INSERTED and len(piece.text) >= _PARAGRAPH]
    if not found:
        return []
    inside = _Inside({node.mem_id for node in claims.by_name.get("body", [])})
    return [piece for piece in found if piece.node in inside]


def _beside(pieces: Sequence[Piece], claims: Claims) -> list[Piece]:
    """Return the unclaimed pieces that are among the next elements before and after the body."""
    unclaimed = {piece.node.mem_id: piece for piece in pieces if piece.role is Role.UNKNOWN}
    bodies = claims.by_name.get("body", ())
    if not unclaimed or not bodies:
        return []
    behind = takewhile(lambda node: not _is_credits(node, claims), _siblings(bodies[-1], backwards=False))
    found = [*_siblings(bodies[0], backwards=True), *behind]
    return [unclaimed[node.mem_id] for node in found if node.mem_id in unclaimed]


def _is_credits(node: LexborNode, claims: Claims) -> bool:
    claim = claims.by_node.get(node.mem_id)
    return claim is not None and claim.role is Role.CREDITS


def _siblings(node: LexborNode, *, backwards: bool) -> list[LexborNode]:
    """Return the next elements on one side of a node, or of the element that it is alone in."""
    at: LexborNode | None = node
    while at is not None and at.tag not in {"body", "html"}:
        found: list[LexborNode] = []
        beside = at.prev if backwards else at.next
        while beside is not None and len(found) < _NEXT:
            if beside.is_element_node:
                found.append(beside)
            beside = beside.prev if backwards else beside.next
        if found:
            return found
        at = at.parent
    return []


class _Inside:
    """Whether nodes are inside certain elements; caches visited ancestors."""

    def __init__(self, elements: set[int]) -> None:
        self._known = dict.fromkeys(elements, True)

    def __contains__(self, node: LexborNode) -> bool:
        path = []
        for above in _ancestors(node):
            known = self._known.get(above.mem_id)
            if known is not None:
                break
            path.append(above.mem_id)
        else:
            known = False
        self._known.update(dict.fromkeys(path, known))
        return known


def _region(headline: Sequence[LexborNode], bodies: Sequence[LexborNode]) -> int | None:
    """Return the identity of the element around headline and body, or around the body if that is the whole page."""
    if not bodies:
        return None
    above = [node.mem_id for head in headline for node in _ancestors(head)]
    own = [*_ancestors(bodies[0])]
    for node in own:
        if node.mem_id in above and node.tag not in {"body", "html"}:
            return node.mem_id
    return next((node.mem_id for node in own[1:] if node.tag not in {"body", "html"}), own[0].mem_id if own else None)


def _ancestors(node: LexborNode) -> Iterator[LexborNode]:
    """Yield `node` and its ancestors, innermost first."""
    at: LexborNode | None = node
    while at is not None and not at.is_document_node:
        yield at
        at = at.parent


def _is_owned(node: LexborNode, claims: Claims) -> bool:
    """Return whether a rule claims `node` or an ancestor, or the page hides it."""
    return any(above.mem_id in claims.by_node or is_hidden(above) for above in _ancestors(node))


def _rest(node: LexborNode, body: Callable[[], set[str]]) -> str | None:
    """Return the element's text unless it is in the `body`'s clauses, its tag if it has only a picture, or None."""
    text = flow_text(node)
    if not size(text):
        return f"<{node.tag}>" if node.css_first("img[src], video") is not None else None
    if in_links([node]) > size(text) / 2 or is_copy(text, body()):
        return None
    return text


def _paragraphs(top: LexborNode) -> Iterator[tuple[LexborNode, str, int]]:
    """Yield the paragraphs of an unclaimed part of the page: first node, text, number of characters in links."""
    first, parts, linked, is_empty = top, [""], 0, True
    for node in (top,) if top.is_text_node else top.traverse(include_text=True):
        if node.is_text_node:
            text = node.text_content or ""
            counted = size(text)
            if is_empty and counted:
                first, is_empty = node, False
            parts.append(text)
            if counted and _is_linked(node):
                linked += counted
        elif node.tag in BLOCK and not is_empty:
            yield first, collapse("".join(parts)), linked
            first, parts, linked, is_empty = top, [""], 0, True
    if not is_empty:
        yield first, collapse("".join(parts)), linked


def _is_linked(node: LexborNode) -> bool:
    """Return whether a text is in a link, with at most two elements between them."""
    above = node.parent
    for _ in range(3):
        if above is None or above.tag == "a":
            return above is not None
        above = above.parent
    return False
