"""Fingerprints: what an element and a value look like, without the page's text, and how alike two elements are.

An element is described by its names and its place, which survive a new text; class words and ids that a build tool
generates are masked, because they change with every build. A value is described by its character pattern and by the
short constants around it, such as 来源：.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from itertools import takewhile
from typing import Final

import msgspec
from selectolax.lexbor import LexborNode

from ..page.dom import Page
from ..page.index import NOTEXT
from ..page.text import collapse, size

GENERATED: Final = "*"
"""What stands for the generated part of a class word or an id."""
ANCESTORS: Final = 4
_MOST_WORDS: Final = 8
_MOST_ATTRIBUTES: Final = 12
_LONGEST_WORD: Final = 60
_LONGEST_PATTERN: Final = 24
_LONGEST_CONSTANT: Final = 8
_FEW: Final = 3
"""Minimum different values for a constant that is not a label: two names may well begin alike."""

_TOKEN = re.compile(
    r"(?<![a-zA-Z0-9])(?:(?:[a-zA-Z]{1,3}\d{1,4}|\d{1,4}[a-zA-Z]{1,3}){2,}\d*[a-zA-Z]?|[a-z]*\d[a-z]*[A-Z][a-zA-Z0-9]{2,}"
    r"|(?=[a-f]*\d)[0-9a-f]{8,}|\d{6,})(?![a-zA-Z0-9])"
)
"""Parts of names that build tools and databases generate: letters and digits in turn, hashes, long numbers."""
_STYLED = re.compile(
    r"\A(?:(?:css|jsx|jss|svelte|emotion|data-v|_ngcontent|_nghost)-?[\w-]*\d[\w-]*|sc-[a-zA-Z0-9]{5,})\Z"
)
_SUFFIX = re.compile(r"(?<=__|--)[\w-]{5,8}\Z")
"""The hash that CSS modules put after a name: Title_box__x3Yab."""
_PART = re.compile(r"[a-z]+|[A-Z][a-z]*|[\u4e00-\u9fff]+")
_HANZI = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d+")
_LABEL = re.compile(r"\A[\s【\[（(]*[\w·\s]{1,8}?[：:丨|/】\]）)]")
_TRACKED = frozenset({"class", "id", "style"})


def stable(word: str) -> str:
    """Return a class word or id with its generated part masked: `Title__x3Yab` becomes `Title__*`."""
    return _stable(word[:_LONGEST_WORD])


@lru_cache(maxsize=4096)  # the pages of a site have hardly more
def _stable(word: str) -> str:
    if _STYLED.match(word):
        return GENERATED
    suffix = _SUFFIX.search(word)
    if suffix is not None and (any(map(str.isdigit, suffix[0])) or not (suffix[0].islower() or suffix[0].isupper())):
        word = word[: suffix.start()] + GENERATED
    return _TOKEN.sub(GENERATED, word)


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """An element by its names: its tag, its id and its class words."""

    tag: str
    id: str | None = None
    classes: tuple[str, ...] = ()


class Element(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an element looks like.

    `attributes` are the names of its other attributes. `ancestors` are the nearest four, the nearest first; `before`
    and `after` its neighbours that are elements. `order` counts the siblings before it that are elements, `depth` its
    ancestors. `share` is its part of the page's text, `links` the part of its text in links, both from 0 to 1.
    """

    tag: str
    id: str | None = None
    classes: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    ancestors: tuple[Step, ...] = ()
    before: Step | None = None
    after: Step | None = None
    order: int = 0
    depth: int = 0
    share: float = 0.0
    links: float = 0.0

    @property
    def step(self) -> Step:
        """The element by its names."""
        return Step(self.tag, self.id, self.classes)


class Value(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the values of a rule look like.

    `patterns` are their character patterns (汉 for Chinese, a for other letters, 0 for digits, runs as one character)
    where all are short; `prefix` and `suffix` are the constants that they begin and end with.
    """

    patterns: tuple[str, ...] = ()
    prefix: str = ""
    suffix: str = ""


def step_of(node: LexborNode) -> Step:
    """Return an element by its names."""
    attributes = node.attributes
    words = dict.fromkeys(stable(word) for word in (attributes.get("class") or "").split()[:_MOST_WORDS])
    ident = (attributes.get("id") or "").strip()
    return Step(node.tag or "", stable(ident) if ident else None, tuple(words))


def element_of(node: LexborNode, total: int, steps: Mapping[int, Step] | None = None) -> Element:
    """Return the fingerprint of an element; of a text node, that of its parent.

    `total` is the number of characters of the page's text without white space. `steps` are elements of the page by
    their names (see `step_of`) that are known already, by their `mem_id`.
    """
    parent = node.parent
    if node.is_text_node and parent is not None:
        node = parent
    known = {} if steps is None else steps
    step = known.get(node.mem_id) or step_of(node)
    above = list(_above(node))
    text = size(node.text())
    linked = sum(size(link.text()) for link in node.css("a")) if node.tag != "a" else text
    before = list(_siblings(node, backwards=True))
    names = sorted(
        name for name in node.attributes if name not in _TRACKED and not name.startswith(("on", "data-v-", "_ng"))
    )
    return Element(
        tag=step.tag,
        id=step.id,
        classes=step.classes,
        attributes=tuple(names[:_MOST_ATTRIBUTES]),
        ancestors=tuple(known.get(one.mem_id) or step_of(one) for one in above[:ANCESTORS]),
        before=known.get(before[0].mem_id) or step_of(before[0]) if before else None,
        after=next((known.get(one.mem_id) or step_of(one) for one in _siblings(node, backwards=False)), None),
        order=len(before),
        depth=len(above),
        share=round(min(text / total, 1.0), 2) if total else 0.0,
        links=round(min(linked / text, 1.0), 2) if text else 0.0,
    )


def text_size(page: Page) -> int:
    """Return the number of characters of a page's text without white space, that of scripts and styles excluded."""
    texts: list[str] = []
    stack = [page.root]
    while stack:
        node = stack.pop()
        if node.is_text_node:
            texts.append(node.text_content or "")
        elif node.tag not in NOTEXT:
            stack.extend(node.iter(include_text=True))
    return size("".join(texts))


def _above(node: LexborNode) -> Iterator[LexborNode]:
    parent = node.parent
    while parent is not None and parent.is_element_node:
        yield parent
        parent = parent.parent


def _siblings(node: LexborNode, *, backwards: bool) -> Iterator[LexborNode]:
    beside = node.prev if backwards else node.next
    while beside is not None:
        if beside.is_element_node:
            yield beside
        beside = beside.prev if backwards else beside.next


def pattern(text: str) -> str:
    """Return the character pattern of a value: 2026-02-20 is 0-0-0, 来源：河畔晚报 is 汉：汉."""
    shape = _HANZI.sub("汉", collapse(text))
    shape = _LETTERS.sub(lambda found: found[0] if "汉" in found[0] else "a", shape)
    return _DIGITS.sub("0", shape)


def value_of(texts: Iterable[str]) -> Value:
    """Return what the values `texts` look like. No more of them is kept than patterns and constants."""
    distinct = sorted({collapse(text) for text in texts} - {""})
    if not distinct:
        return Value()
    patterns = sorted({pattern(text) for text in distinct})
    if len(patterns) > 4 or any(len(one) > _LONGEST_PATTERN for one in patterns):
        patterns = []
    shared = _beginning(distinct)
    label = _LABEL.match(shared)
    prefix = label[0].strip() if label is not None else _constant(shared) if len(distinct) >= _FEW else ""
    ending = _beginning([text[::-1] for text in distinct])[::-1] if len(distinct) >= _FEW else ""
    return Value(tuple(patterns), prefix, "" if _LABEL.match(ending) else _constant(ending, last=True))


def _beginning(texts: Sequence[str]) -> str:
    """Return the characters that all `texts` begin with."""
    first, last = min(texts), max(texts)
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(one for one, _ in same)


def _constant(text: str, *, last: bool = False) -> str:
    """Return what all values begin (or end) with, if it is short and not part of a number."""
    kept = re.split(r"\d", text)[-1 if last else 0].strip()
    return kept if len(kept) <= _LONGEST_CONSTANT else ""


_WEIGHTS: Final = {
    "tag": 1.0, "id": 2.0, "classes": 3.0, "attributes": 0.5, "ancestors": 2.0, "before": 0.75, "after": 0.75,
    "order": 0.25, "depth": 0.25, "share": 0.75, "links": 0.75,
}  # fmt: skip


def similarity(one: Element, other: Element, least: float = 0.0) -> float:
    """Return how alike two elements are, from 0 to 1. Properties that neither has do not count.

    Where it is clear without the elements around them that it is not `least`, that is an upper bound.
    """
    scores: dict[str, float] = {
        "tag": float(one.tag == other.tag),
        "order": 1 / (1 + abs(one.order - other.order)),
        "depth": 1 / (1 + abs(one.depth - other.depth)),
        "share": 1 - abs(one.share - other.share) / max(one.share, other.share, 0.02),
        "links": 1 - abs(one.links - other.links),
    }
    if one.id or other.id:
        scores["id"] = float(one.id == other.id)
    if one.classes or other.classes:
        scores["classes"] = _overlap(_words(one.classes), _words(other.classes))
    if one.attributes or other.attributes:
        scores["attributes"] = _overlap(set(one.attributes), set(other.attributes))
    for name in ("before", "after"):
        here, there = getattr(one, name), getattr(other, name)
        if here is not None or there is not None:
            scores[name] = _alike(here, there) if here is not None and there is not None else 0.0
    if one.ancestors or other.ancestors:
        scores["ancestors"] = 1.0
        total = sum(_WEIGHTS[name] for name in scores)
        bound = sum(_WEIGHTS[name] * score for name, score in scores.items()) / total
        if bound < least:
            return bound
        scores["ancestors"] = _chain(one.ancestors, other.ancestors)
    total = sum(_WEIGHTS[name] for name in scores)
    return sum(_WEIGHTS[name] * score for name, score in scores.items()) / total


@lru_cache(maxsize=4096)
def _words(classes: tuple[str, ...]) -> frozenset[str]:
    """Return class words and their parts: post_body and post-text share `post`."""
    words = [word for word in classes if word != GENERATED]
    return frozenset([*words, *(part for word in words for part in _PART.findall(word))])


def _overlap(one: Set[str], other: Set[str]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0


def _alike(one: Step, other: Step) -> float:
    """Return how alike two elements are by their names."""
    named = 0.3 * (one.tag == other.tag)
    if one.id or other.id:
        return named + 0.7 * (one.id == other.id)
    if one.classes or other.classes:
        return named + 0.7 * _overlap(_words(one.classes), _words(other.classes))
    return named / 0.3


def _chain(one: Sequence[Step], other: Sequence[Step]) -> float:
    """Return how alike two paths of ancestors are; one may have an element more, and the nearer ones count more."""
    weights = [1 / (1 + number) for number in range(max(len(one), len(other)))]
    shifted = (_aligned(one, other, weights, by) for by in (0, 1, -1))
    return max(shifted)


def _aligned(one: Sequence[Step], other: Sequence[Step], weights: Sequence[float], by: int) -> float:
    found = 0.0
    for number, step in enumerate(one):
        if 0 <= number + by < len(other):
            found += weights[number] * _alike(step, other[number + by])
    return found / sum(weights) * (1.0 if by == 0 else 0.9)
