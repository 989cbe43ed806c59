"""Selectors for elements that were found on several pages: by names that people wrote, right on every page.

The first that is right on all pages is taken, in the order of how well it says what it selects: the element's own id,
class or attribute, then its tag inside a named element. Generated names and positions are not used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

import msgspec
from selectolax.lexbor import LexborNode

from ...draft.marks import ways
from ...draft.names import names
from .cases import Seen
from .spans import Target

_HREF = re.compile(r"(?!.*\d{4})(?:https?://[^\"'\\\s]{4,120}|/[\w/.-]{2,80})")
"""An address that stands on many pages: one with a long number is an article's."""
_MOST = 120
"""Candidates tried for one rule."""
_UNION = 3
_SHARED = 2
"""Pages that must have a link for its address to be a selector."""
_SEVERAL, _ENOUGH = 5, 0.7
"""Pages from which on some may be odd, and the share that a selector must be right on."""


class Choice(msgspec.Struct, frozen=True):
    """A selector for a rule, and those that are right on every page too."""

    css: str
    others: tuple[str, ...] = ()


class Wanted(msgspec.Struct, frozen=True):
    """What a selector must find on one page: each of `targets` once and nothing else, or `targets[0]` first."""

    seen: Seen
    targets: Sequence[Target]


class Kept(msgspec.Struct, frozen=True):
    """A page on which a new selector must find nothing, or only what the rule claims already."""

    seen: Seen
    claimed: frozenset[int]


def is_named(css: str) -> bool:
    """Return whether each part of a selector asks for a name that someone gave, or for a tag that says what it is."""
    bare = re.sub(r":not\([^)]*\)", "", css)
    return all(re.search(r"[.#\[]|(?<![\w-])(?:h1|article|main|time)(?![\w-])", part) for part in bare.split(","))


def candidates(wanted: Sequence[Wanted]) -> list[str]:
    """Return selectors for the elements, the best first, each once."""
    found: dict[str, None] = {}
    for one in list(wanted)[:3]:
        for target in list(one.targets)[:6]:
            for node in target.nodes[:5]:
                found |= dict.fromkeys(chain(ways(node), _more(node)))
    ranked = sorted(found, key=_rank)
    return ranked[:_MOST]


def _rank(css: str) -> tuple[int, int]:
    compounds = len(re.split(r"[ >+~]+", css))
    named = any(sign in css for sign in ".#[")
    positional = ":nth" in css or ":first" in css or ":last" in css
    return (100 * positional + 10 * (not named) + 2 * compounds + 2 * (":has(" in css), len(css))


def _more(node: LexborNode) -> Iterator[str]:
    """Yield selectors by neighbours, by what is inside, and by the path from a named element."""
    tag = node.tag or "*"
    before = node.prev
    while before is not None and not before.is_element_node:
        before = before.prev
    if before is not None:
        yield from (f"{name} + {tag}" for name in list(names(before))[:2])
        if before.tag in {"h1", "h2", "header"}:
            yield f"{before.tag} + {tag}"
    yield from _twins(node, before)
    after = _next(node)
    if after is not None:
        yield from (f"{tag}:has(+ {name})" for name in list(names(after))[:2])
    for child in node.iter():
        yield from (f"{tag}:has(> {name})" for name in list(names(child))[:1])
        break
    href = node.attributes.get("href") or ""
    if _HREF.fullmatch(href):
        yield f'{tag}[href="{href}"]'
    link = node.css_first("a[href]") if tag != "a" else None
    href = (link.attributes.get("href") or "") if link is not None else ""
    if link is not None and link.parent is not None and _HREF.fullmatch(href):
        yield f'{tag}:has(> a[href="{href}"])' if link.parent.mem_id == node.mem_id else f'{tag}:has(a[href="{href}"])'
    for name in ("itemprop", "role", "property", "data-role", "data-type", "name"):
        value = node.attributes.get(name)
        if value and re.fullmatch(r"[A-Za-z][\w:-]{1,30}", value):
            yield f'{tag}[{name}="{value}"]'
    path = tag
    if not (node.attributes.get("class") or node.id) and tag in {"div", "section", "span", "p"}:
        outer = node.parent
        for name in list(names(outer))[:2] if outer is not None else ():
            yield f"{name} > {tag}:not([class], [id])"
    outer = node.parent
    for _ in range(4):
        if outer is None or outer.tag in {"html", None}:
            return
        if outer.tag == "body":
            yield f"body > {path}"
            return
        for name in list(names(outer))[:2]:
            yield f"{name} > {path}"
        path = f"{outer.tag} > {path}"
        yield path
        outer = outer.parent


def _twins(node: LexborNode, before: LexborNode | None) -> Iterator[str]:
    """Yield selectors of an element behind or before one that is like it, and of those inside one before such a one."""
    own = list(names(node))[:2]
    if before is not None and _same_names(before, node):
        yield from (f"{name} + {name}" for name in own)
        if not own and node.parent is not None:
            yield from (f"{name} > {node.tag} + {node.tag}" for name in list(names(node.parent))[:2])
    after = _next(node)
    if after is not None and _same_names(node, after):
        yield from (f"{name}:has(+ {name})" for name in own)
    outer = node.parent
    after = _next(outer) if outer is not None else None
    if outer is not None and after is not None and _same_names(outer, after):
        yield from (f"{name}:has(+ {name}) > {node.tag}" for name in list(names(outer))[:2])


def _next(node: LexborNode) -> LexborNode | None:
    """Return the element behind another."""
    after = node.next
    while after is not None and not after.is_element_node:
        after = after.next
    return after


def _same_names(one: LexborNode, other: LexborNode) -> bool:
    return one.tag == other.tag and one.attributes.get("class") == other.attributes.get("class")


def right(css: str, one: Wanted, *, first: bool) -> bool:
    """Return whether a selector finds on a page what it must."""
    nodes = one.seen.css(css)
    if not one.targets:
        return not nodes
    if first:
        return bool(nodes) and nodes[0].mem_id in one.targets[0].idents
    if len(nodes) != len(one.targets):
        return False
    numbers: dict[int, list[int]] = {}
    for number, target in enumerate(one.targets):
        for ident in target.idents:
            numbers.setdefault(ident, []).append(number)
    hit = [number for node in nodes for number in numbers.get(node.mem_id, ())]
    return len(hit) == len(nodes) and len(set(hit)) == len(hit)


def inert(css: str, kept: Kept) -> bool:
    """Return whether a selector finds nothing on a page that the rule does not claim there already."""
    nodes = kept.seen.css(css)
    return all(node.mem_id in kept.claimed for node in nodes)


def choose(
    wanted: Sequence[Wanted], kept: Iterable[Kept] = (), *, first: bool = False, known: Sequence[str] = ()
) -> Choice | None:
    """Return a selector that is right on all pages and finds nothing new on those that are kept; None if none is.

    Elements that `known` selectors find may also be found as those behind, or before, another such element.
    """
    pages = [*kept]
    good: list[str] = []
    places = [one for one in wanted if one.targets]
    twins = [
        way for css in known if re.search(r"[ >+~,]", css) is None for way in (f"{css} + {css}", f"{css}:has(+ {css})")
    ]
    for css in [*candidates(places), *twins]:
        if len(places) < _SHARED and "[href=" in css:
            continue  # perhaps the article's own address
        if all(right(css, one, first=first) for one in wanted) and all(inert(css, one) for one in pages):
            good.append(css)
            if len(good) == 6:
                break
    if good:
        return Choice(good[0], tuple(good[1:]))
    return _union(wanted, pages, first=first) or _most(wanted, pages, first=first)


def _most(wanted: Sequence[Wanted], kept: Sequence[Kept], *, first: bool) -> Choice | None:
    """Return the selector that is right on most pages, at least on `_ENOUGH` of them: some pages are odd."""
    places = [one for one in wanted if one.targets]
    scored = {
        css: sum(right(css, one, first=first) for one in places)
        for css in candidates(places)
        if all(inert(css, one) for one in kept)
    }
    best = max(scored, key=lambda css: scored[css], default=None)
    if best is None or len(places) < _SEVERAL or scored[best] < _ENOUGH * len(places):
        return None
    return Choice(best)


def _union(wanted: Sequence[Wanted], kept: Sequence[Kept], *, first: bool) -> Choice | None:
    """Return a union of selectors that never find anything else and together find everything."""
    chosen: list[str] = []
    missing = {(number, at) for number, one in enumerate(wanted) for at in range(1 if first else len(one.targets))}
    missing = {(number, at) for number, at in missing if at < len(wanted[number].targets)}
    tried: set[str] = set()
    while missing and len(chosen) < _UNION:
        # candidates of the pages that have none yet: pages of one layout may have their own names
        pages = [wanted[number] for number in sorted({one for one, _ in missing})]
        pool = [css for css in candidates(pages) if css not in tried]
        tried |= {*pool}
        gains = {
            css: {(number, at) for number, at in missing if _hits(css, wanted[number], at)}
            for css in pool
            if (is_named(css) or not first) and all(_harmless(css, one, first=first) for one in wanted)
            if all(inert(css, one) for one in kept)
        }
        best = max(gains, key=lambda css: len(gains[css]), default=None)
        if best is None or not gains[best]:
            return None
        tried -= {*gains} - {best}
        chosen.append(best)
        missing -= gains[best]
    css = ", ".join(chosen)
    return Choice(css) if not missing and chosen and all(right(css, one, first=first) for one in wanted) else None


def _harmless(css: str, one: Wanted, *, first: bool) -> bool:
    if first:
        return not one.seen.css(css) or right(css, one, first=True)
    known: Mapping[int, object] = dict.fromkeys(ident for target in one.targets for ident in target.idents)
    return all(node.mem_id in known for node in one.seen.css(css))


def _hits(css: str, one: Wanted, at: int) -> bool:
    return any(node.mem_id in one.targets[at].idents for node in one.seen.css(css))
