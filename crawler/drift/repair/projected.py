"""Selectors that miss because tags or the elements between changed, written anew by what elements became.

What a selector finds on a page of before is laid beside the changed page. Where it does not find the elements in
their places there, its tags are replaced by theirs and `>` becomes a space, until it finds them and nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain as chain_of
from itertools import product
from typing import Any

from selectolax.lexbor import LexborNode, SelectolaxError

from ...page.selectors import standard_css
from ...profiles.checks.generated import generated_part
from ...profiles.toml import KeyPath
from .align import Beside, Shape
from .cases import Seen
from .mender import Mender
from .renames import alternatives, selectors_in, with_selector
from .selectors import Wanted, candidates, is_named
from .spans import Target
from .toml_text import EditFailed
from .trial import SHARED, Draft, own_file

_TAG = re.compile(r"(?<![\w.#:\[\"'*-])([a-z][a-z0-9]*)(?![\w-]*\()(?![\w-])")
_MOST = 48
_FOUND = 0.9
"""Share of the elements that a selector must find."""
_PAIRS = 8
_ADDED = 3


Chain = tuple[tuple[str, ...], ...]
"""The selectors of a region, of the elements inside it, and so on."""


def project(mender: Mender, beside: Sequence[Beside], *, names_gone: bool) -> None:
    """Add selectors for elements that the old ones miss on the changed pages, where that makes no value wrong."""
    pairs = beside[:_PAIRS]
    if not names_gone and not any(one.alignment.moved for one in pairs):
        return
    before = mender.faults(mender.outcomes(mender.draft))
    draft = mender.draft
    changes = [*_changes(mender, pairs)]
    for change in changes:
        draft = _changed(draft, *change)
    if mender.load(draft) is not None and mender.faults(mender.outcomes(draft)) <= before and not mender.harms(draft):
        mender.adopt(draft)
        return
    for change in changes:  # some did harm: one after the other
        draft = _changed(mender.draft, *change)
        faults = mender.faults(mender.outcomes(draft)) if mender.load(draft) is not None else before + 1
        if faults <= before and not mender.harms(draft):
            before = faults
            mender.adopt(draft)


def _changed(draft: Draft, name: str, path: KeyPath, old: str, more: str) -> Draft:
    try:
        return with_selector(draft, name, path, old, more)
    except EditFailed:
        return draft


def _changes(mender: Mender, pairs: Sequence[Beside]) -> Iterator[tuple[str, KeyPath, str, str]]:
    """Yield selectors to add: the file, the path in it, what stands there and what to add."""
    draft, layout = mender.draft, mender.layout.id
    same = any(one.new.old is one.old for one in pairs)
    for name in (own_file(layout), SHARED):
        original = draft.files[name].table
        for path, css in sorted(selectors_in(original), key=lambda one: len(one[0])):
            now = draft.files[name].get(path)
            if path[0] not in {"article", "chrome", "fields"} or not isinstance(now, str):
                continue
            if path[:2] == ("article", "body") and path[3] != "css" and not same:
                continue  # what is inside the body of one article stands for nothing in another's
            chains = _chain(original, path, css), _chain(draft.files[name].table, path, now)
            where = _at(original, path[:2] if path[0] == "chrome" else path[:3])
            rule = None
            if isinstance(where, dict) and "where" in where and path[-1] == "css" and "items" not in path:
                rule = ".".join(map(str, path[:-1]))
            more = _better(*chains, pairs, mender, rule)
            if more is not None:
                yield name, path, now, more


def _chain(table: Any, path: KeyPath, css: str) -> Chain:
    """Return the selectors around the one at a path, the outermost first: a region's, its items', the field's."""
    own = ((css,),)
    if "items" in path:
        at = path.index("items")
        region = _css(_at(table, path[:at]))
        if path[at + 1 :] == ("css",):
            return (region, *own)
        return (region, _css(_at(table, path[: at + 1])), *own)
    if path[0] == "chrome" and path[-1] == "heading":
        return (_css(_at(table, path[:2])), *own)
    rule = _at(table, path[:-1]) if not isinstance(path[-1], int) else None
    within = rule.get("within") if isinstance(rule, dict) and path[0] == "fields" else None
    if within:
        for place in (("article", "info", within), ("chrome", within)):
            region = _css(_at(table, place))
            if region:
                return (region, *own)
    return own


def _at(table: Any, path: KeyPath) -> Any:
    for step in path:
        try:
            table = table[step]
        except (KeyError, IndexError, TypeError):
            return None
    return table


def _css(rule: Any) -> tuple[str, ...]:
    found = rule.get("css") if isinstance(rule, dict) else None
    return () if found is None else (found,) if isinstance(found, str) else tuple(found)


def _found(seen: Seen, chain: Chain) -> list[LexborNode]:
    """Return what a chain of selectors finds on a page."""
    nodes: list[LexborNode] | None = None
    for level in chain:
        here: dict[int, LexborNode] = {}
        for css in level:
            if nodes is None:
                here |= {node.mem_id: node for node in seen.css(css)}
                continue
            for outer in nodes:
                try:
                    inside = outer.css(standard_css(css))
                except SelectolaxError:
                    continue
                here |= {node.mem_id: node for node in inside if node.mem_id != outer.mem_id}
        nodes = [*here.values()]
        if not nodes:
            return []
    return nodes or []


def _better(before: Chain, now: Chain, pairs: Sequence[Beside], mender: Mender, rule: str | None) -> str | None:
    """Return a selector to add to the last of a chain, None where it finds what it should or none is clear.

    Of a `rule` whose elements are chosen by their text only those count that it claims.
    """
    wanted: list[tuple[Beside, list[int], set[_Like]]] = []
    places: list[Shape] = []
    became: dict[str, Counter[str]] = {}
    missing: set[tuple[int, int]] = set()
    misses = total = 0
    for one in pairs:
        to = one.alignment.by_ident
        sources = [piece.node for piece in mender.pieces(one.old).get(rule, [])] if rule else _found(one.old, before)
        elements = [(node, to[node.mem_id]) for node in sources if node.mem_id in to]
        if not elements:
            continue
        got = {node.mem_id for node in _found(one.new, now)}
        there = [shape.node.mem_id for _, shape in elements]
        misses += sum(ident not in got for ident in there)
        missing |= {(len(wanted), ident) for ident in there if ident not in got}
        total += len(there)
        wanted.append((one, there, {_like(shape) for _, shape in elements}))
        places += [shape for _, shape in elements]
        for node, _ in elements:
            outer: LexborNode | None = node
            while outer is not None and outer.mem_id in to:
                became.setdefault(outer.tag or "", Counter())[to[outer.mem_id].tag] += 1
                outer = outer.parent
    if not total or misses <= (1 - _FOUND) * total:
        return None
    allowed = (1 - _FOUND) * total
    pool = [*dict.fromkeys(chain_of(_variants(now[-1][0], became), _by_place(places), _by_names(wanted)))]
    if len(now) == 1:  # nothing around it says where to look
        pool = [css for css in pool if is_named(css)]
    gains = {css: _gain((*now[:-1], (css,)), wanted, alone=rule is None) & missing for css in pool}
    chosen: list[str] = []
    while len(missing) > allowed and len(chosen) < _ADDED:
        best = max(gains, key=lambda css: len(gains[css] & missing), default="")
        if not best or not gains[best] & missing:
            return None
        hit = gains.pop(best)
        if rule or all(_is_inert((*now[:-1], (best,)), before, seen) for seen in mender.olds):
            chosen.append(best)
            missing -= hit
    return ", ".join(chosen) if chosen and len(missing) <= allowed else None


_PLAIN = frozenset({"div", "p", "span", "section"})
_Like = tuple[str, tuple[str, ...], str, tuple[str, ...]]


def _like(shape: Shape) -> _Like:
    """Return tag and names of an element and of the one around it."""
    outer = shape.outer
    return shape.tag, shape.words, outer.tag if outer is not None else "", outer.words if outer is not None else ()


def _by_place(places: Sequence[Shape]) -> Iterator[str]:
    """Yield selectors of elements by their tag, what is in them and what they are in."""
    made: Counter[str] = Counter()
    for shape in places:
        tag, outer = shape.tag, shape.outer
        own = [f"{tag}:has(> {kid})" for kid in {kid.tag for kid in shape.kids[:2]}]
        own += [f"{tag}:not(:has({tag}))", f"{tag}:not([class], [id])"] if tag in _PLAIN else []
        around = [outer.tag, *(word for word in outer.words if generated_part(word[1:]) is None)] if outer else []
        made.update([*(f"{one} > {tag}" for one in around), *own, *(f"{one} > {way}" for one in around for way in own)])
    yield from sorted(made, key=lambda one: (-made[one], len(one), one))[:_MOST]


def _by_names(wanted: Sequence[tuple[Beside, list[int], set[_Like]]]) -> list[str]:
    """Return selectors of elements by names that they or the elements around them have."""
    found = []
    for one, there, _ in wanted:
        nodes = [shape.node for ident in there if (shape := one.alignment.new_by_ident.get(ident)) is not None]
        found.append(Wanted(one.new, [Target([node], 0, 0) for node in nodes]))
    return candidates(found)[:_MOST]


def _gain(chain: Chain, wanted: Sequence[tuple[Beside, list[int], set[_Like]]], *, alone: bool) -> set[tuple[int, int]]:
    """Return the wanted elements that a chain finds, by the page's number.

    An empty set if it is to find them `alone` and finds what is not like them too.
    """
    found: set[tuple[int, int]] = set()
    for number, (one, there, like) in enumerate(wanted):
        shapes, known = one.alignment.new_by_ident, {*there}
        for node in _found(one.new, chain):
            if node.mem_id in known:
                found.add((number, node.mem_id))
            elif alone and (node.mem_id not in shapes or _like(shapes[node.mem_id]) not in like):
                return set()
    return found


def _is_inert(chain: Chain, before: Chain, seen: Seen) -> bool:
    known = {node.mem_id for node in _found(seen, before)}
    return all(node.mem_id in known for node in _found(seen, chain))


def _variants(css: str, became: dict[str, Counter[str]]) -> Iterator[str]:
    """Yield a selector with other tags, then with a space in place of each `>` as well."""
    made: dict[str, None] = {}
    for part in alternatives(css):
        spots = [*_TAG.finditer(part)]
        options = [_tags(part, spot, became) for spot in spots][:5]
        for chosen in product(*options):
            way, at = "", 0
            for spot, tag in zip(spots, chosen, strict=False):
                way += part[at : spot.start()] + tag
                at = spot.end()
            way += part[at:]
            ways = [way, re.sub(r"\s*>\s*", " ", way)]
            last = re.search(r"(?:^|[ >+~])([a-z]+)$", way)
            if last is not None and last[1] in _PLAIN:  # boxes inside each other: the innermost
                ways.append(f"{way}:not(:has({last[1]}))")
            for one in ways:
                if one not in {part, css} and one.strip():
                    made[one] = None
        compounds = re.split(r"\s*([ >+~])\s*", part) if "(" not in part and "[" not in part else [part]
        tails = ["".join(compounds[at:]) for at in range(2, len(compounds), 2)]
        made |= dict.fromkeys(tail for tail in tails if re.search(r"[.#]", tail))
    yield from sorted(made, key=lambda one: (one.count(">") < css.count(">"), len(one)))[:_MOST]


def _tags(css: str, spot: re.Match[str], became: dict[str, Counter[str]]) -> list[str]:
    tag = spot[1]
    found = [other for other, _ in became.get(tag, Counter()).most_common(3)]
    found = [*dict.fromkeys([*found, tag])]
    follows = css[spot.end() : spot.end() + 1]
    return [*found, ""] if follows and follows in ".#[" else found
