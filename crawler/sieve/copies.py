"""Detects whether a text is repeated: in another one, by its clauses, in linear time; or as a whole, by a digest."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Final

from ..page.text import size, squeeze_lines, without_zero_width
from ..records.model import Block

SHORTEST_CLAUSE: Final = 4
"""Minimum characters of a clause for recognising a copy: shorter ones occur in any text."""

_END = re.compile(r"[。！？；…，、：!?;,:.\s]+")


def clauses(text: str) -> list[str]:
    """Return the clauses of `text` that are long enough for comparison, without surrounding punctuation."""
    return [clause for clause in _END.split(without_zero_width(text)) if len(clause) >= SHORTEST_CLAUSE]


def is_copy(text: str, known: set[str]) -> bool:
    """Return whether at least half of `text` is among the `known` clauses: a copy may be split differently."""
    found = clauses(text)
    return sum(len(clause) for clause in found if clause in known) * 2 >= sum(map(len, found)) > 0


def shared_size(texts: Iterable[str | None], others: Iterable[str | None]) -> int:
    """Return the number of characters, without white space, of the `texts` that are copies of text in `others`."""
    known = {clause for text in others if text for clause in clauses(text)}
    return sum(size(text) for text in texts if text and is_copy(text, known))


def content_hash(headline: str | None, blocks: Sequence[Block]) -> str:
    """Return a digest of the headline and the blocks' texts without white space, to detect changes."""
    texts = [headline or "", *(text for block in blocks for text in (block.text, block.caption) if text)]
    return hashlib.sha256(squeeze_lines(texts).encode("utf-8", "surrogatepass")).hexdigest()
