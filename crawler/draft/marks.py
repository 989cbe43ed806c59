"""Selectors for elements that were found on pages: those that a site's people wrote, and that hold on other pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from selectolax.lexbor import LexborNode

from ..page.dom import is_hidden
from .names import UTILITY, names
from .sample import Sample

_CLASSES = re.compile(r"(?<=\.)[A-Za-z_][\w-]*(?!\*)", re.ASCII)

_ABOVE: Final = 4
"""Ancestors by which an element may be identified that has no name of its own."""
_BOXES: Final = frozenset({"div", "section", "td"})
"""Tags that hold paragraphs."""
_PLAIN_TAGS: Final = frozenset({"h1", "article", "main", "time", "header", "footer", "nav", "aside"})
"""Tags that say what they are."""
_AROUND: Final = frozenset({"hgroup", "header", "article"})
"""Tags that say what is in them."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A selector: the pages on which its first element is the one that was found, is another, and is the only one."""

    css: str
    right: int
    wrong: int
    sole: int

    @property
    def telling(self) -> bool:
        """Whether the selector asks for a name that someone gave, not for a tag or a look."""
        return is_telling(self.css)


Aims = Sequence[tuple[Sample, Sequence[LexborNode]]]
"""Pages with the elements any of which a selector may find first; none where the page has no such element."""


def ways(node: LexborNode) -> Iterator[str]:
    """Yield selectors of a node: by itself, then by its tag or name inside an ancestor."""
    own = list(names(node))
    yield from own
    tag = node.tag or ""
    if tag in _PLAIN_TAGS:
        yield tag
    if tag in _BOXES and own:
        yield f"{own[0]}:has(> p)"
    above = node.parent
    for step in range(_ABOVE):
        if above is None or above.tag in {"html", "body", None}:
            return
        if step == 0 and above.tag in _AROUND:
            yield f"{above.tag} > {tag}"
        for outer in list(names(above))[:3]:
            yield f"{outer} {tag}"
            if step == 0:
                yield f"{outer} > {tag}"
            if tag in _BOXES:
                yield f"{outer} {tag}:has(> p)"
            yield from (f"{outer} {inner}" for inner in own[:2])
            if step == 0:
                yield from (f"{outer} > {inner}" for inner in own[:2])
        above = above.parent


def is_telling(css: str) -> bool:
    """Return whether a selector has a name, and only names that say what an element is."""
    classes = _CLASSES.findall(css)
    return any(sign in css for sign in ".#[") and not any(UTILITY.fullmatch(name) for name in classes)


def first(sample: Sample, css: str) -> LexborNode | None:
    """Return the element that a rule of one element takes: the first that is not hidden, else the first."""
    nodes = sample.find(css)
    if len(nodes) < 2:
        return nodes[0] if nodes else None
    return next((node for node in nodes if not _is_out_of_sight(node)), nodes[0])


def marks(aims: Aims) -> list[Mark]:
    """Return selectors for the elements, the best first, and after it those for pages that it misses.

    Each finds one of the elements on more pages than it finds another element on. [] if nothing was found.
    """
    order: dict[str, None] = {}
    for _, nodes in aims:
        for node in nodes:
            order.update(dict.fromkeys(ways(node)))
    wanted = {id(sample): {node.mem_id for node in nodes} for sample, nodes in aims}
    scored = [_scored(css, aims, wanted) for css in order]
    rank = {css: number for number, css in enumerate(order)}
    good = sorted(
        (mark for mark in scored if mark.right > mark.wrong),
        key=lambda mark: (mark.wrong - mark.right, _vagueness(mark), -mark.sole, rank[mark.css]),
    )
    chosen: list[Mark] = []
    missing = [sample for sample, nodes in aims if nodes]
    for mark in good:
        rest = [sample for sample in missing if not _is_right(sample, mark.css, wanted)]
        if len(rest) < len(missing):
            chosen.append(mark)
            missing = rest
        if not missing:
            break
    return sorted(chosen, key=lambda mark: mark.wrong)  # tried in order: what is absent elsewhere stands first


def _vagueness(mark: Mark) -> int:
    """Return 0 for a selector by names, 1 for one by the only such tag on every page, 2 for one by looks."""
    if mark.telling:
        return 0
    return 1 if mark.css in _PLAIN_TAGS and mark.sole == mark.right else 2


def found_by(sample: Sample, chosen: Sequence[Mark]) -> LexborNode | None:
    """Return the element that a list of selectors finds: the first one's that finds any."""
    return next((node for mark in chosen if (node := first(sample, mark.css)) is not None), None)


def confirmed(aims: Aims) -> tuple[int, int]:
    """Return on how many pages selectors learned from the other pages find the element, and of how many.

    (0, 0) for a single page, which nothing can confirm.
    """
    if len(aims) < 2:
        return 0, 0
    right = total = 0
    for number, (sample, nodes) in enumerate(aims):
        node = found_by(sample, marks([*aims[:number], *aims[number + 1 :]]))
        if not nodes and node is None:
            continue
        total += 1
        right += node is not None and any(node.mem_id == one.mem_id for one in nodes)
    return right, total


def _scored(css: str, aims: Aims, wanted: Mapping[int, set[int]]) -> Mark:
    right = wrong = sole = 0
    for sample, nodes in aims:
        found = first(sample, css)
        if found is None:
            continue
        if nodes and found.mem_id in wanted[id(sample)]:
            right += 1
            sole += len(sample.find(css)) == 1
        else:
            wrong += 1
    return Mark(css=css, right=right, wrong=wrong, sole=sole)


def _is_right(sample: Sample, css: str, wanted: Mapping[int, set[int]]) -> bool:
    found = first(sample, css)
    return found is not None and found.mem_id in wanted[id(sample)]


def _is_out_of_sight(node: LexborNode) -> bool:
    above: LexborNode | None = node
    while above is not None and above.is_element_node:
        if is_hidden(above):
            return True
        above = above.parent
    return False
