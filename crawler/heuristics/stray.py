"""What lines only look like: the prose of readers' comments, footers and the like, and links that were not closed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from selectolax.lexbor import LexborNode

from .lines import MARKS, PROSE

if TYPE_CHECKING:
    from .outline import Outline

_ELSEWHERE: Final = 300
"""Characters of prose that are an article, above comments (a forum has its posts in elements of that name)."""
_LONG: Final = 80
"""Characters from which a linked line is counted: most headlines are shorter."""
_OPEN: Final = 3
"""Lines of that length in one link that make it one that was not closed: a teaser has one or two."""
_DEEP: Final = 12
"""Elements around a text in which its link is looked for."""


def beside(outline: Outline, named: Sequence[int], remark: int) -> list[int]:
    """Return the elements whose prose is not the page's: readers' comments, questions of consent, footers.

    `named` are the elements with lines that their names say are one of the first two, `remark` is the bit of
    `Outline.names` for the first. Comments stand below an article and hold no headline of the first rank; the others
    are left out where there is prose elsewhere.
    """
    tags = outline.tags
    if "footer" in tags:
        named = sorted({*named, *(element for element, tag in enumerate(tags) if tag == "footer")})
    if not named:
        return []
    prose = [*accumulate(outline.columns.prose, initial=0)]
    found: list[int] = []
    end = -1
    for element in named:
        start, stop, last = outline.first[element], outline.last[element], outline.ends[element]
        if element <= end or start == stop or "h1" in tags[element : last + 1]:
            continue
        after = 0 if outline.names[element] & remark else prose[-1] - prose[stop]
        if prose[start] + after >= _ELSEWHERE:
            end = last
            found.append(element)
    return found


def unclosed(outline: Outline) -> list[int]:
    """Return the lines of a page that are linked only because a link before them was not closed.

    The parser repeats such a link in each element that follows: several long lines lead to one address, or to none.
    """
    columns = outline.columns
    if sum(columns.linked) * 5 < sum(columns.lengths) * 3:
        return []
    linked = [number for number, inside in enumerate(columns.linked) if inside]
    long = [number for number in linked if columns.linked[number] >= max(_LONG, columns.lengths[number] - 2)]
    if len(long) < _OPEN:
        return []
    counts = Counter(_address(outline.nodes_of(number)[0]) for number in long)
    open_ = {address for address, count in counts.items() if count >= _OPEN}
    if not open_:
        return []
    return [number for number in linked if _address(outline.nodes_of(number)[0]) in open_]


def unlink(outline: Outline, numbers: list[int]) -> None:
    """Take lines for what they would be without a link."""
    columns = outline.columns
    for number in numbers:
        line, length = outline.lines[number], columns.lengths[number]
        marks = len(MARKS.findall(line.text)) if len(line.text) > 19 else 0
        columns.linked[number] = line.linked = 0
        columns.marks[number] = line.marks = marks
        columns.prose[number] = line.prose = length if marks and length >= PROSE else 0


def _address(node: LexborNode) -> str:
    """Return where the link around a text leads to, nothing for an anchor; a unique name if there is no link."""
    at: LexborNode | None = node
    for _ in range(_DEEP):
        at = at.parent if at is not None else None
        if at is None:
            break
        if at.tag == "a":
            return at.attributes.get("href") or ""
    return f"\n{node.mem_id}"
