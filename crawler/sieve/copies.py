"""Whether a text stands in another one as well, judged by its clauses: in time that grows with the texts only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from crawler.page.text import size, squeeze

SHORTEST_CLAUSE: Final = 4
"""Characters of a clause by which a copy is recognised: shorter ones stand in any text."""

_END = re.compile(r"[。！？；…，、：!?;,:.\s]+")


def clauses(text: str) -> list[str]:
    """Return the clauses of `text` that are long enough to recognise it by, without punctuation at their ends."""
    return [clause for part in _END.split(text) if len(clause := squeeze(part)) >= SHORTEST_CLAUSE]


def is_copy(text: str, known: set[str]) -> bool:
    """Tell whether at least half of `text` is among the clauses `known`: a copy may be cut or joined elsewhere."""
    found = clauses(text)
    return sum(len(clause) for clause in found if clause in known) * 2 >= sum(map(len, found)) > 0


def shared_size(texts: Iterable[str | None], others: Iterable[str | None]) -> int:
    """Return the characters, white space aside, of those of `texts` that are copies of something in `others`."""
    known = {clause for text in others if text for clause in clauses(text)}
    return sum(size(text) for text in texts if text and is_copy(text, known))
