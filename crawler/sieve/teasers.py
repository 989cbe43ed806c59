"""Signs that a page has only the beginning of its article, as in front of a paywall."""

from __future__ import annotations

from typing import Final

from selectolax.lexbor import LexborNode

from ..page.dom import Page, is_hidden
from ..page.text import collapse
from ..profiles.model import Layout, Teaser
from ..profiles.patterns import first_group, occurs
from ..records.model import Flag
from .doubts import Doubts
from .values import parse_number

WHOLE: Final = 0.9
"""Minimum share of the stated number of characters in a whole body: publishers count white space and signs too."""


def note_teaser(page: Page, layout: Layout, doubts: Doubts, *, size: int) -> None:
    """Flag a body of `size` characters, without white space, that the page says is only a part of the article."""
    for sign in layout.article.teaser:
        if (node := says_teaser(page, sign, size=size)) is not None:
            doubts.add(Flag.TRUNCATED, page.path(node), (node.text(separator=" "),))


def says_teaser(page: Page, sign: Teaser, *, size: int) -> LexborNode | None:
    """Return the shown element that says that a body of `size` characters is only a part of the article, or None."""
    for node in page.select(sign.css):
        text = collapse(node.text(separator=" "))
        if _hides(node) or not (sign.where is None or occurs(sign.where, text)):
            continue
        stated = first_group(sign.characters, text) if sign.characters is not None else None
        characters = parse_number(stated) if stated else None
        if characters is None or size < WHOLE * characters:
            return node
    return None


def _hides(node: LexborNode) -> bool:
    at: LexborNode | None = node
    while at is not None and at.is_element_node:
        if is_hidden(at):
            return True
        at = at.parent
    return False
