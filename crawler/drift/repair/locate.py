"""Where the content of before is on a changed page: by its text, or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from selectolax.lexbor import LexborNode

from ...page.text import squeeze
from ...records.model import Record
from .cases import BODY, Seen, blocks_of
from .spans import Spans, Target

_FAR = 60
"""Characters that an element may have in addition to a line that it contains with gaps."""


def by_text(seen: Seen, text: str, taken: Collection[int] = ()) -> list[Target]:
    """Return the elements that have exactly `text`, else the smallest that have it with gaps; [] if ambiguous there.

    Elements in `taken`, by identity, are left out.
    """
    found = [target for target in seen.spans.exact(text) if not target.idents & set(taken)]
    return found or [target for target in _with_gaps(seen.spans, text) if not target.idents & set(taken)]


def _with_gaps(spans: Spans, text: str) -> list[Target]:
    if len(text) < 6:
        return []
    best: list[LexborNode] = []
    shortest = 2 * len(text) + _FAR
    for number, node in enumerate(spans.nodes):
        length = spans.ends[number] - spans.starts[number]
        if len(text) <= length <= shortest and _has(spans.text[spans.starts[number] : spans.ends[number]], text):
            best = [node] if length < shortest or not best else [*best, node]
            shortest = length
    targets = {(one.start, one.end): one for one in map(spans.target_of, best)}
    return list(targets.values()) if len(targets) == 1 else []


def _has(whole: str, text: str) -> bool:
    """Return whether the characters of `text` are in `whole` in this order."""
    rest = iter(whole)
    return all(char in rest for char in text)


def body_targets(seen: Seen, record: Record, claimed: Collection[int] = ()) -> tuple[list[Target], list[Target]]:
    """Return the element that holds all blocks of the article, and its children that hold them, each as targets.

    Children hold nothing else, except those that are `claimed` for the body now, by identity.
    Both are empty where less than nine tenths of the text is on the page in its order.
    """
    spans = seen.spans
    texts = blocks_of(record)
    places = spans.ordered(texts)
    there = [place for place in places if place is not None]
    held = sum(end - start for start, end in there)
    if not there or held < 0.9 * sum(map(len, texts)):
        return [], []
    start, end = min(one[0] for one in there), max(one[1] for one in there)
    outer = _with_pictures(seen, spans.cover(start, end), record)
    low, high = spans.span(outer)
    beside = [
        (at, at + len(text))
        for text in {squeeze(line.text) for line in record.info} | {squeeze(one.text or "") for one in record.chrome}
        for at in spans.occurrences(text)
        if low <= at < high and not any(first <= at < last for first, last in there)
    ]
    return [spans.target_of(outer)], _parts(spans, outer, there, beside, _pictures(seen, record), claimed)


def holds_body(seen: Seen, record: Record, nodes: Sequence[LexborNode]) -> bool:
    """Return whether some elements together hold all blocks of an article that are on the page, and its pictures."""
    spans = seen.spans
    inside = [spans.span(node) for node in nodes if node.mem_id in spans.number]
    places = [place for place in spans.ordered(blocks_of(record)) if place is not None]
    shown = {image.mem_id for node in nodes for image in node.css("img")}
    return all(any(low <= start and end <= high for low, high in inside) for start, end in places) and all(
        one.mem_id in shown for one in _pictures(seen, record)
    )


def _pictures(seen: Seen, record: Record) -> list[LexborNode]:
    """Return the elements of the article's pictures that are on the page once."""
    names = [image.url.rpartition("/")[2].partition("?")[0] for image in record.images if image.url]
    found = []
    for node in seen.css("img"):
        values = " ".join(value for value in node.attributes.values() if value)
        if any(name and len(name) > 4 and name in values for name in names):
            found.append(node)
    return found if len(found) == len(names) else []


def _with_pictures(seen: Seen, outer: LexborNode, record: Record) -> LexborNode:
    """Return the smallest element around `outer` with the article's pictures inside, unless it is the whole page."""
    pictures = _pictures(seen, record)
    node: LexborNode | None = outer
    while node is not None and node.tag not in {"body", "html"}:
        inside = {one.mem_id for one in node.css("img")}
        if all(one.mem_id in inside for one in pictures):
            return node
        node = node.parent
    return outer


def _parts(
    spans: Spans,
    outer: LexborNode,
    places: Sequence[tuple[int, int]],
    beside: Sequence[tuple[int, int]],
    pictures: Sequence[LexborNode],
    claimed: Collection[int],
) -> list[Target]:
    """Return the children of `outer` that hold blocks or a picture; [] if what else they hold is not `beside`."""
    found: list[Target] = []
    covered = 0
    for child in outer.iter():
        if child.mem_id not in spans.number:
            continue
        start, end = spans.span(child)
        inside = [place for place in places if start <= place[0] and place[1] <= end]
        length = sum(place[1] - place[0] for place in inside)
        covered += length
        known = length + sum(last - first for first, last in beside if start <= first and last <= end)
        shown = any(one.mem_id in {image.mem_id for image in child.css("img")} for one in pictures)
        if (inside and (known >= end - start or child.mem_id in claimed)) or (shown and start == end):
            found.append(Target([child], start, end))
        elif inside:
            return []
    return found if covered == sum(end - start for start, end in places) else []


def moved(before: Seen, now: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the texts of before by rule, for rules that do not claim the same texts now."""
    wanted = before.texts()
    return {rule: texts for rule, texts in wanted.items() if Counter(texts) != Counter(now.get(rule, []))}


def targets_of(seen: Seen, texts: Sequence[str], taken: Collection[int] = ()) -> list[Target] | None:
    """Return one target for each text of a rule; None if one is missing or more elements have it than texts.

    An element that several texts fit is a tie, which is not broken.
    """
    found: list[Target] = []
    for text, count in Counter(texts).items():
        if not text:
            return None
        here = by_text(seen, text, taken)
        if len(here) != count:
            return None
        found += here
    return sorted(found, key=lambda target: target.start)


def text_node_targets(seen: Seen, texts: Sequence[str]) -> list[Target] | None:
    """Return the element around each text node that has one of some texts; None if one is missing or in more places.

    The range of such a target is that of the text node.
    """
    found: list[Target] = []
    for text, count in Counter(texts).items():
        here = []
        for at in seen.spans.occurrences(text):
            outer = seen.spans.cover(at, at + len(text))
            if any(
                child.is_text_node and squeeze(child.text_content or "") == text
                for child in outer.iter(include_text=True)
            ):
                here.append(Target([outer], at, at + len(text)))
        if len(here) != count:
            return None
        found += here
    return sorted(found, key=lambda target: target.start)


__all__ = ["BODY", "body_targets", "by_text", "moved", "squeeze", "targets_of", "text_node_targets"]
