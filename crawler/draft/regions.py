"""Regions beside the article: selectors that hold on all pages, with the roles and items of the general reading."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Final

import msgspec
from selectolax.lexbor import LexborNode

from ..heuristics.roles import named, worded
from ..page.index import NOTEXT
from ..page.text import collapse, size
from ..profiles.checks.generated import generated_part
from ..records.model import Role
from ..sieve.claims import Target
from ..sieve.dates import parse_date
from .marks import ways
from .names import names
from .sample import Sample

_SAMPLE: Final = 200
_LISTS: Final = frozenset({Role.RELATED, Role.HOT, Role.PREVIOUS, Role.NEXT, Role.COLUMNS, Role.NAV, Role.BREADCRUMB})
_MAJORITY: Final = 0.6
_SMALL: Final = 4
_MOST_ITEMS: Final = 40
_MOST_INNER: Final = 20
_LONGEST_PART: Final = 30
_SOME_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""By which relative dates are recognised; their values are not used."""
_WHO: Final = re.compile(r"author|source|nick|media|from|user|name", re.IGNORECASE)
_MOST_UNCLAIMED: Final = 20
_NAME: Final = re.compile(r"[a-z]+(?:\.[A-Za-z_][\w-]*)?", re.ASCII)


class Part(msgspec.Struct, kw_only=True):
    """A region: its selector, role and item selector, the pages that have it and that agree, why it is not kept."""

    css: str
    role: Role
    items: str | None
    heading: str | None
    pages: int
    agree: int
    characters: int
    sample: str
    reason: str = ""
    item_author: str | None = None
    item_date: str | None = None

    @property
    def total(self) -> int:
        """The pages that have the region, by its selector or by the general reading."""
        return max(self.pages, self.agree)


class _Seen(msgspec.Struct):
    """What the general reading says of the elements of one selector."""

    pages: set[int] = msgspec.field(default_factory=set)
    roles: Counter[Role] = msgspec.field(default_factory=Counter)
    items: Counter[str | None] = msgspec.field(default_factory=Counter)
    headings: Counter[str | None] = msgspec.field(default_factory=Counter)
    characters: int = 0
    sample: str = ""
    order: int = 0


def learn_regions(samples: Sequence[Sample], taken: Sequence[str]) -> list[Part]:
    """Return the regions beside the articles in page order, each selector once; `taken` are the article's selectors."""
    seen: dict[str, _Seen] = {}
    for number, sample in enumerate(samples):
        covered: set[int] = set()
        for claim in sample.regions(Target.CHROME):
            node = claim.node
            shown = collapse(node.text(separator=" "))
            if claim.role is None or claim.role in {Role.HIDDEN, Role.UNKNOWN} or size(shown) < _SMALL:
                continue
            if _inside_body(sample, node):
                continue
            for css in _ways_of(sample, node, claim.role):
                one = seen.setdefault(css, _Seen(order=len(seen)))
                if number not in one.pages:
                    one.pages.add(number)
                one.roles[claim.role] += 1
                items = claim.chrome.items if claim.chrome is not None else None
                one.items[_stable(items.css) if items is not None else None] += 1
                one.headings[claim.chrome.heading if claim.chrome is not None else None] += 1
                if size(shown) > one.characters:
                    one.characters, one.sample = size(shown), shown[:_SAMPLE]
            covered.add(node.mem_id)
    return _sifted(seen, samples, taken)


def _only_regions(sample: Sample, css: str, role: Role) -> bool:
    """Return whether a selector finds regions of a role and nothing in them, nor anything of the article."""
    claims = (sample.claims.by_node.get(node.mem_id) for node in sample.find(css))
    return all(claim is not None and claim.role is role for claim in claims) and not _holds_article(sample, css)


def _ways_of(sample: Sample, node: LexborNode, role: Role) -> list[str]:
    """Return up to three selectors of a region: by itself, else inside the elements around it."""
    own = [css for css in names(node) if not _holds_article(sample, css)]
    inner = (css for css in ways(node) if " " in css and ":" not in css and _only_regions(sample, css, role))
    return [*own[:3], *islice(inner, 2)]


def _inside_body(sample: Sample, node: LexborNode) -> bool:
    above = node.parent
    while above is not None and above.is_element_node and sample.body is not None:
        if above.mem_id == sample.body.mem_id:
            return True
        above = above.parent
    return False


def _holds_article(sample: Sample, css: str) -> bool:
    """Return whether an element of a selector holds some of the article or stands in its lines."""
    return any(sample.holds_article(node) for node in sample.find(css))


def _sifted(seen: dict[str, _Seen], samples: Sequence[Sample], taken: Sequence[str]) -> list[Part]:
    """Return the selectors that never meet the article, one for each group of elements, the rest with a reason."""
    found: list[tuple[int, Part]] = []
    claimed: list[set[int]] = [set() for _ in samples]
    named_already: list[set[int]] = [set() for _ in samples]
    order = sorted(seen.items(), key=lambda one: (-len(one[1].pages), one[1].order))
    for css, one in order:
        if css in taken:
            continue
        matched = [{node.mem_id for node in sample.find(css)} for sample in samples]
        if all(here <= old for here, old in zip(matched, claimed, strict=True)):
            continue
        role, votes = one.roles.most_common(1)[0]
        total = sum(bool(here) for here in matched)
        part = Part(
            css=css,
            role=role,
            items=_items(one.items) if role in _LISTS else None,
            heading=one.headings.most_common(1)[0][0],
            pages=total,
            agree=len(one.pages),
            characters=one.characters,
            sample=one.sample,
        )
        if any(_holds_article(sample, css) for sample in samples):
            part.reason = "holds part of an article on another page"
            if len(one.pages) < 2:
                continue
        elif sum(_nested(sample, css, role) for sample in samples) * 2 > sum(map(len, matched)):
            part.reason = "most of the elements that it matches are parts of regions with the same role"
        elif sum(_disagreeing(sample, css, role) for sample in samples) * 2 > sum(map(len, matched)):
            part.reason = "most of the elements that it matches have other roles, or none"
        elif len(one.pages) < _MAJORITY * total:
            part.reason = (
                f"the general reading finds it on {len(one.pages)} of the {total} pages that have such elements"
            )
        elif votes < _MAJORITY * one.roles.total():
            shown = ", ".join(f"{name.value} {count}" for name, count in one.roles.most_common(3))
            part.reason = f"the pages disagree on its role: {shown}"
        elif len(samples) > 1 and len(one.pages) == 1 and role not in {named(css.lower()), worded(one.sample)}:
            part.reason = "on one page only, and neither name nor words say its role"
        if part.reason:
            if any(here <= old for here, old in zip(matched, named_already, strict=True) if here):
                continue
            named_already = [old | here for old, here in zip(named_already, matched, strict=True)]
        found.append((one.order, part))
        if not part.reason:
            claimed = [old | here for old, here in zip(claimed, matched, strict=True)]
    nodes = [
        {ident for part in [p for _, p in found if not p.reason] for ident in _idents(sample, part.css)}
        for sample in samples
    ]
    found = [
        (order, part)
        for order, part in found
        if not part.reason
        or not all(_idents(sample, part.css) <= known for sample, known in zip(samples, nodes, strict=True))
    ]
    parts = [part for _, part in sorted(found, key=lambda pair: pair[0])]
    for part in parts:
        if part.items is not None and not part.reason and part.role not in {Role.NAV, Role.BREADCRUMB}:
            part.item_author, part.item_date = _item_parts(part, samples)
    return parts


def _items(seen: Counter[str | None]) -> str | None:
    """Return the item selector of most pages whose region is a list: on some pages it may be empty."""
    return next((css for css, _ in seen.most_common() if css is not None), None)


def _item_parts(part: Part, samples: Sequence[Sample]) -> tuple[str | None, str | None]:
    """Return the selectors of author and date in the items of a list, those that most items have."""
    authors: Counter[str] = Counter()
    dates: Counter[str] = Counter()
    total = 0
    for sample in samples:
        for item in [one for node in sample.find(part.css) for one in node.css(part.items or "li")][:_MOST_ITEMS]:
            total += 1
            for inner in item.css("*")[:_MOST_INNER]:
                text = collapse(inner.text())
                css = next(names(inner), "time" if inner.tag == "time" else None)
                if css is None or not text or len(text) > _LONGEST_PART or inner.css_first("a") is not None:
                    continue
                if parse_date(text, tz=sample.zone, now=_SOME_TIME) is not None:
                    dates[css] += 1
                elif inner.tag != "a" and _WHO.search(css):
                    authors[css] += 1
    found = [counts.most_common(1) for counts in (authors, dates)]
    author, date = (most[0][0] if most and most[0][1] * 2 >= total else None for most in found)
    return author, date


def unclaimed(samples: Sequence[Sample], known: Sequence[str]) -> list[Part]:
    """Return the regions that no rule takes, by the selectors `known`, for a person to give them a role."""
    found: dict[str, Part] = {}
    for sample in samples:
        taken = {node.mem_id for css in known for node in sample.find(css)}
        if sample.body is not None:
            taken.add(sample.body.mem_id)
        waiting = [sample.page.dom.body] if sample.page.dom.body is not None else []
        while waiting:
            node = waiting.pop()
            if node.mem_id in taken or not sample.lines_in(node):
                continue
            children = [child for child in node.iter() if child.tag not in NOTEXT]
            around = any(one.mem_id in taken for one in node.traverse() if one.mem_id != node.mem_id)
            if node.tag == "body" or around or sample.holds_article(node):
                waiting += reversed(children)
                continue
            shown = collapse(node.text(separator=" "))
            css = next((one for one in names(node) if not _holds_article(sample, one)), None)
            if css is not None and size(shown) >= _SMALL and css not in found:
                found[css] = Part(
                    css=css, role=Role.UNKNOWN, items=None, heading=None, pages=1, agree=1, characters=size(shown),
                    sample=shown[:_SAMPLE], reason="no role was found",
                )  # fmt: skip
    return list(found.values())[:_MOST_UNCLAIMED]


def _nested(sample: Sample, css: str, role: Role) -> int:
    """Return how many elements of a selector are not regions, but stand in one that has this role."""
    count = 0
    for node in sample.find(css):
        if sample.claims.by_node.get(node.mem_id) is not None:
            continue
        above = node.parent
        while above is not None and (claim := sample.claims.by_node.get(above.mem_id)) is None:
            above = above.parent
        count += above is not None and claim is not None and claim.role is role
    return count


def _disagreeing(sample: Sample, css: str, role: Role) -> int:
    """Return how many elements of a selector the general reading does not give this role, itself or around them."""
    count = 0
    for node in sample.find(css):
        above: LexborNode | None = node
        claim = None
        while above is not None and claim is None:
            claim = sample.claims.by_node.get(above.mem_id)
            above = above.parent
        count += claim is None or claim.role is not role
    return count


def _idents(sample: Sample, css: str) -> set[int]:
    return {node.mem_id for node in sample.find(css)}


def _stable(css: str) -> str:
    """Return an item selector without a generated class name."""
    tag, _, name = css.partition(".")
    if not _NAME.fullmatch(css) or (name and generated_part(name) is not None):
        return tag if tag and tag.isalnum() else "a[href]"
    return css
