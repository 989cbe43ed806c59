"""Selectors for an element that a reader has found: those that a site's people wrote, and that hold on other pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import msgspec
from selectolax.lexbor import LexborNode

from ..page.dom import Page
from ..profiles.checks.generated import generated_part

_NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_NUMBERED = re.compile(r"\d{3,}")
_SHORT_END = re.compile(r"(?<=[-_])[A-Za-z0-9]{1,3}[-_]$")
"""What looks like the first letters of a hash that has a separator inside."""

_SHORTEST_STEM = 4
_ABOVE = 4
"""Ancestors by which an element may be told that says nothing of itself."""

_BOXES = frozenset({"div", "section", "td"})
"""Tags that hold paragraphs."""

_PLAIN_TAGS = frozenset({"h1", "article", "main", "time", "header", "footer", "nav", "aside"})
"""Tags that say what they are; others tell nothing apart."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A selector, and on how many pages its first element is the one that was found, is another, is the only one."""

    css: str
    right: int
    wrong: int
    sole: int

    @property
    def telling(self) -> bool:
        """Whether the selector asks for a name that someone gave, not for a tag alone."""
        return any(sign in self.css for sign in ".#[")


def names(node: LexborNode) -> Iterator[str]:
    """Yield selectors of a node by its own id, classes and attributes, the most telling first."""
    ident = (node.id or "").strip()
    if _NAME.fullmatch(ident) and not _NUMBERED.search(ident) and generated_part(ident) is None:
        yield f"#{ident}"
    attributes = node.attributes
    value = attributes.get("class") or ""
    classes = [name for name in value.split() if _NAME.fullmatch(name) and not _NUMBERED.search(name)]
    written = [name for name in classes if generated_part(name) is None]
    yield from (f".{name}" for name in written)
    yield from (f"{node.tag}.{name}" for name in written)
    yield from (f".{one}.{other}" for one, other in pairwise(written))
    for name in classes:
        part = generated_part(name)
        stem = _SHORT_END.sub("", name.removesuffix(part)) if part else ""
        if len(stem) >= _SHORTEST_STEM:
            yield f'{node.tag}[class{"^" if value.lstrip().startswith(stem) else "*"}="{stem}"]'
    if attributes.get("itemprop"):
        yield f'[itemprop="{attributes["itemprop"]}"]'


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
    for _ in range(_ABOVE):
        if above is None or above.tag in {"html", "body", None}:
            return
        for outer in list(names(above))[:3]:
            if above.mem_id == (node.parent.mem_id if node.parent is not None else None):
                yield f"{outer} > {tag}"
            yield f"{outer} {tag}"
            if tag in _BOXES:
                yield f"{outer} {tag}:has(> p)"
            yield from (f"{outer} {inner}" for inner in own[:2])
        above = above.parent


def marks(found: Sequence[tuple[Page, LexborNode | None]]) -> list[Mark]:
    """Return selectors for the elements found on pages, the best first, and after it those for pages that it misses.

    The first element of each selector is the one found on some page and another on fewer. [] where nothing was found.
    """
    order = dict.fromkeys(way for _, node in found if node is not None for way in ways(node))
    scored = [_scored(css, found) for css in order]
    rank = {css: number for number, css in enumerate(order)}
    good = sorted(
        (mark for mark in scored if mark.right > mark.wrong),
        key=lambda mark: (mark.wrong - mark.right, not mark.telling, -mark.sole, rank[mark.css]),
    )
    chosen: list[Mark] = []
    missing = [(page, node) for page, node in found if node is not None]
    for mark in good:
        rest = [(page, node) for page, node in missing if not _first(page, mark.css, node)]
        if len(rest) < len(missing):
            chosen.append(mark)
            missing = rest
        if not missing:
            break
    return sorted(chosen, key=lambda mark: mark.wrong)  # tried in order: what is absent elsewhere stands first


def _scored(css: str, found: Iterable[tuple[Page, LexborNode | None]]) -> Mark:
    right = wrong = sole = 0
    for page, node in found:
        nodes = page.dom.css(css)
        if not nodes:
            continue
        if node is not None and nodes[0].mem_id == node.mem_id:
            right += 1
            sole += len(nodes) == 1
        else:
            wrong += 1
    return Mark(css=css, right=right, wrong=wrong, sole=sole)


def _first(page: Page, css: str, node: LexborNode) -> bool:
    first = page.dom.css_first(css)
    return first is not None and first.mem_id == node.mem_id
