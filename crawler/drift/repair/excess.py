"""Text inside headline or body that is not the article's: promotions, badges, an element like the body's before it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from selectolax.lexbor import LexborNode

from ...page.text import collapse, squeeze
from ...profiles.toml import KeyPath
from ...records.model import Record, Role
from .cases import BODY, HEADLINE, Matching, Seen, blocks_of
from .mender import Mender
from .pictures import address_in
from .renames import alternatives, tokens
from .selectors import Kept, Wanted, choose
from .spans import Target
from .toml_text import EditFailed
from .trial import Draft, own_file
from .values import Proposal

_NAME = "repaired"
_LONGEST = 60
"""Characters of a text in a pattern."""
_PAGES = 2
"""Pages that must have a text alike."""
_TEXTS = 4
"""Different texts that may be in a pattern."""


def excess(mender: Mender, name: str, records: Sequence[Record | None]) -> Iterator[Proposal]:
    """Yield rules for elements inside headline or body whose text is not the article's.

    An element with a name of its own, or in one with a name that no page of before has, is claimed by that. Another is
    claimed only by its text, if that is the same on all pages: a selector such as `.body > p` would claim paragraphs
    of the next article.
    """
    found: dict[int, dict[str, list[Target]]] = {}
    for seen, record in zip(mender.affected, records, strict=True):
        if record is None or seen.before is None or seen.guessed:
            continue
        if name == "headline":
            found[id(seen)] = {"": _beside(seen, mender, squeeze(seen.before.headline or ""))}
        else:
            found[id(seen)] = _excess(seen, mender, record)
    tried: list[dict[str, Any]] = []
    for way in dict.fromkeys(way for ways in found.values() for way in ways):
        wanted = [Wanted(seen, targets) for seen in mender.affected if (targets := found.get(id(seen), {}).get(way))]
        for values in _claiming(mender, wanted, name) if wanted else ():
            if values not in tried:
                tried.append(values)
                yield lambda values=values: _with_chrome(mender, values)  # type: ignore[misc]
                if "where" not in values and any(_is_body(mender, one) for one in wanted):
                    yield lambda values=values: _with_exception(mender, values)  # type: ignore[misc]


def _is_body(mender: Mender, one: Wanted) -> bool:
    """Return whether an element that the body's rule finds is among those that are not the article's, or in one."""
    bodies = [
        piece.node for piece in mender.pieces(one.seen).get(BODY, []) if piece.node.mem_id in one.seen.spans.number
    ]
    return any(
        target.start <= low and high <= target.end
        for target in one.targets
        for low, high in map(one.seen.spans.span, bodies)
    )


def _with_exception(mender: Mender, values: dict[str, Any]) -> Draft:
    """Return the draft with a rule for some elements, in which the first rule for the body finds nothing."""
    draft = _with_chrome(mender, values)
    name, path = draft.place(mender.layout.id, ("article", "body", 0))
    text, key = draft.files[name], (*path, "css")
    known = text.get(key)
    if known is None:
        raise EditFailed(f"{BODY}[0] has no selector")
    # a selector may have one space inside :not(): of `.new .old` the new name stands for all in it
    parts = [next((name for name in tokens(one) if _is_new(mender, name)), one) for one in alternatives(values["css"])]
    apart = ", ".join(way for one in dict.fromkeys(parts) for way in (one, f"{one} *"))
    whole = [", ".join(f"{one}:not({apart})" for one in alternatives(part)) for part in _listed(known)]
    return mender.draft.with_file(
        name, text.replaced(key, whole if isinstance(known, list) else whole[0]), f"{BODY}[0]"
    )


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _claiming(mender: Mender, wanted: Sequence[Wanted], name: str) -> Iterator[dict[str, Any]]:
    """Yield the values of rules that claim elements: by new names, by their text, by what stands around them."""
    role = str(_role(mender, wanted, name))
    found = choose(wanted, [Kept(seen, frozenset()) for seen in mender.olds])
    ways = [alternatives(css) for css in (found.css, *found.others)] if found is not None else []
    new = [parts for parts in ways if all(_is_new(mender, part) for part in parts)]
    yield from ({"role": role, "css": ", ".join(parts)} for parts in new)
    where = _pattern(wanted)
    if where is not None:
        alike = [Wanted(Matching(one.seen, where), one.targets) for one in wanted]
        found = choose(alike, [Kept(Matching(seen, where), frozenset()) for seen in mender.olds])
        for css in (found.css, *found.others) if found is not None else ():
            yield {"role": role, "css": css, "where": where}
    for parts in ways:
        if parts not in new and all(not _is_anonymous(part) or _is_new(mender, part) for part in parts):
            yield {"role": role, "css": ", ".join(parts)}


def _is_anonymous(css: str) -> bool:
    """Return whether a selector ends in an element that any paragraph, or any body with paragraphs, may be."""
    bare = re.sub(r":not\([^)]*\)", "", css)
    return ":has(> p)" in bare or (re.split(r"[ >+~]+", bare.strip())[-1].isalnum() and "+" not in bare)


def _is_new(mender: Mender, css: str) -> bool:
    """Return whether a selector has a name that no page of before has."""
    return any(not any(seen.css(name) for seen in mender.olds) for name in tokens(css))


def _pattern(wanted: Sequence[Wanted]) -> str | None:
    """Return a pattern for the texts of elements that are the same on all pages; None if they are not.

    What one page has, or what has a value of the article in it, is not known to be on the next.
    """
    pages = [
        tuple(dict.fromkeys(collapse(target.nodes[0].text(separator=" "))[:_LONGEST] for target in one.targets))
        for one in wanted
    ]
    if len(pages) < _PAGES or len({*pages}) != 1 or len(pages[0]) > _TEXTS:
        return None
    values = {value for one in wanted for value in _values(one.seen)}
    if any(value in text for value in values for text in pages[0]):
        return None
    return f"^(?:{'|'.join(map(re.escape, pages[0]))})" if len(pages[0]) > 1 else f"^{re.escape(pages[0][0])}"


def _values(seen: Seen) -> Iterator[str]:
    """Yield the short values that a page's record had."""
    before = seen.before
    if before is not None:
        yield from (author.name for author in before.authors)
        yield from before.editors
        yield from (value for value in (before.date_published_raw, before.headline) if value)
        if before.source is not None:
            yield before.source.name


def _with_chrome(mender: Mender, values: dict[str, Any]) -> Draft:
    number = 1
    while f"{_NAME}{number}" in mender.layout.chrome:
        number += 1
    name = f"{_NAME}{number}"
    file = own_file(mender.layout.id)
    text = mender.draft.files[file]
    last = list(text.get(("chrome",)) or [])
    after: KeyPath | None = None
    if last:
        after = ("chrome", last[-1])
    elif text.get(("article",)):
        after = ("article",)
    return mender.draft.with_file(file, text.with_table(("chrome", name), values, after=after), f"chrome.{name}")


OF_APP = re.compile(r"客户端|扫码|下载|(?<![a-z])APPs?(?![a-z])", re.IGNORECASE)
"""What a text says that is about a portal's app; `app` is also in English words."""


def _role(mender: Mender, wanted: Sequence[Wanted], name: str) -> Role:
    """Return the role of text in excess: that of the same text before, else by what it says and has."""
    known = {
        squeeze(entry.text or ""): entry.role
        for seen in mender.affected
        if seen.before is not None
        for entry in seen.before.chrome
    }
    for one in wanted:
        for target in one.targets:
            text = one.seen.spans.text[target.start : target.end]
            if text in known and known[text] not in {Role.UNKNOWN, Role.HIDDEN}:
                return known[text]
            if OF_APP.search(text[:_LONGEST]):
                return Role.APP
            if re.search(r"声明|不代表|仅供参考|版权", text[:_LONGEST]):
                return Role.DISCLAIMER
            if target.end - target.start > _LONGEST and target.nodes[-1].css_first("a[href]") is not None:
                return Role.RELATED
    return Role.TAGS if name == "headline" else Role.AD


def _beside(seen: Seen, mender: Mender, headline: str) -> list[Target]:
    """Return the elements inside the headline's whose text is not the headline's."""
    claimed = mender.pieces(seen).get(HEADLINE, [])
    if not claimed or claimed[0].node.mem_id not in seen.spans.number:
        return []
    start, end = seen.spans.span(claimed[0].node)
    at = seen.spans.text.find(headline, start, end)
    if at < 0:
        return []
    around = [(start, at), (at + len(headline), end)]
    nodes = [node for low, high in around for node in seen.spans.outermost(low, high)]
    return [seen.spans.target_of(node) for node in nodes]


def _excess(seen: Seen, mender: Mender, record: Record) -> dict[str, list[Target]]:
    """Return the elements with text and pictures of a body that are not the article's, by how widely they are taken.

    First the widest that have nothing else, then the widest that have nothing of what was there before, then those that
    have exactly the texts.
    """
    before, spans = seen.before, seen.spans
    bodies = [piece.node for piece in mender.pieces(seen).get(BODY, []) if piece.node.mem_id in spans.number]
    if before is None or not bodies:
        return {}
    own = [place for place in spans.ordered(blocks_of(before)) if place is not None]
    if not own:
        return {}
    known = Counter(blocks_of(before))
    extra = Counter(blocks_of(record)) - known
    inside = [spans.span(node) for node in bodies]
    ranges = [
        (at, at + len(text))
        for text in extra
        if text not in known
        for at in spans.occurrences(text)
        if any(low <= at and at + len(text) <= high for low, high in inside)
        and not any(at < end and start < at + len(text) for start, end in own)
    ]
    nodes = [spans.cover(*place) for place in ranges]
    wanted = {one.url for one in before.images if one.url}
    new = {one.url for one in record.images if one.url} - wanted
    nodes += [node for node, _ in _pictures(mender, seen, bodies, new)]
    pictures = _pictures(mender, seen, bodies, wanted)
    stays = own + [
        (at, at + len(text))
        for text in {squeeze(text) for text in _texts_of(before)}
        if len(text) >= _LEAST
        for at in spans.occurrences(text)
    ]
    return {
        "all": _boxes(seen, nodes, pictures, lambda low, high: _held(ranges, low, high) == high - low),
        "wide": _boxes(seen, nodes, pictures, lambda low, high: not _held(stays, low, high)),
        "exact": _elements(seen, mender, extra, known),
    }


_LEAST = 8
"""Characters of a text by which a place on the page is known."""


def _texts_of(before: Record) -> Iterator[str]:
    """Yield the texts of a record outside the body."""
    yield before.headline or ""
    yield from (line.text for line in before.info)
    yield from (entry.text or "" for entry in before.chrome)


def _held(ranges: Sequence[tuple[int, int]], low: int, high: int) -> int:
    """Return how much of a range others have."""
    return sum(max(0, min(end, high) - max(start, low)) for start, end in ranges)


def _pictures(mender: Mender, seen: Seen, bodies: Sequence[LexborNode], urls: set[str]) -> list[tuple[LexborNode, str]]:
    """Return the pictures in some elements that have one of some addresses, each with it."""
    found: list[tuple[LexborNode, str]] = []
    for node in [one for body in bodies for one in body.css("img")] if urls else ():
        stated = {address_in(mender, seen, value) for value in node.attributes.values() if value}
        found += [(node, url) for url in urls if url in stated]
    return found


def _boxes(
    seen: Seen,
    nodes: Sequence[LexborNode],
    pictures: Sequence[tuple[LexborNode, str]],
    may: Callable[[int, int], bool],
) -> list[Target]:
    """Return the widest elements around some that have an allowed range and not the only one of a picture."""
    spans = seen.spans
    found: dict[int, Target] = {}
    urls = {url for _, url in pictures}
    for node in nodes:
        best: LexborNode | None = None
        outer: LexborNode | None = node
        while outer is not None and outer.tag not in {"body", "html"} and outer.mem_id in spans.number:
            within = {one.mem_id for one in outer.css("img")} if pictures else set()
            if not may(*spans.span(outer)) or {url for one, url in pictures if one.mem_id not in within} != urls:
                break
            best, outer = outer, outer.parent
        if best is not None:
            low, high = spans.span(best)
            found[best.mem_id] = spans.target_of(best) if high > low else Target([best], low, high)
    boxes = [*found.values()]
    kept = [one for one in boxes if not any(_is_in(one, other) for other in boxes)]
    return sorted(kept, key=lambda one: one.start)


def _is_in(inner: Target, outer: Target) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end and inner.end - inner.start < outer.end - outer.start


def _elements(seen: Seen, mender: Mender, extra: Counter[str], known: Counter[str]) -> list[Target]:
    """Return the elements inside the body that have the texts in excess, and none of the article's."""
    bodies = [piece.node for piece in mender.pieces(seen).get(BODY, []) if piece.node.mem_id in seen.spans.number]
    found: list[Target] = []
    for text, count in extra.items():
        if not text or text in known:
            return []
        inside = [
            target
            for target in seen.spans.exact(text)
            if any(low <= target.start and target.end <= high for low, high in map(seen.spans.span, bodies))
        ]
        if len(inside) != count:
            return []
        found += inside
    return found
