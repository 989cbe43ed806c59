"""Names a change by the rule that explains most of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from ..profiles.model import Layout
from .baseline import Baseline
from .events import Seen
from .fingerprint import GENERATED, Step
from .observe import BODY, EVIDENCE, HEADLINE, regions_of, rules_of, values_of
from .otherwise import DATA, OTHERWISE, data_of, is_rare

_MOST: float = 0.8
"""The share of the affected pages that miss a region for it to explain the fields inside."""
_USUAL: float = 0.66
"""The least share of the reviewed pages that have a region which is not optional."""
_FEW = 2
"""Maximum regions that become part of the body while the frame around it stays."""
_CORE: Final = (HEADLINE, BODY)
IN_BODY: Final = "is in the body"
"""Ends what is said of a text that is in the body now."""
UNCLAIMED: Final = "is in unclaimed text"


def explains(
    layout: Layout,
    failing: Collection[str],
    affected: Sequence[Seen],
    beside: Collection[str] = (),
    baseline: Baseline | None = None,
) -> str:
    """Return the rule that explains most of what is `failing` on the `affected` pages.

    That is the outermost region, of several the one with most failing rules inside. A region that hardly any of the
    pages hit explains the fields that are read from it, even if it is one of several alternatives, or if it fails
    `beside` them. Data that is gone explains fields. One or two regions that fail `beside` a body with more in it have
    become part of it. A layout that is not recognised is named by the regions that its pages lack.

    By the `baseline` it is known which elements were inside others, and what came from data.
    """
    found = _explains(layout, failing, affected, beside)
    return _better(found, layout, failing, affected, beside, baseline) if baseline is not None else found


def _explains(layout: Layout, failing: Collection[str], affected: Sequence[Seen], beside: Collection[str]) -> str:
    data = sorted(rule for rule in failing if rule.startswith(DATA))
    if data and all(rule.startswith((DATA, "fields.")) for rule in failing):
        return data[0]
    lacking = Counter(region for one in affected for region in {*one.misses, *one.lost})
    lacked = [region for region in rules_of(layout) if lacking[region] >= _MOST * len(affected) > 0]
    if all(rule.startswith("fields.") for rule in failing):
        for rule in sorted(failing):
            for value in values_of(layout, rule):
                for region in (f"article.info.{value.within}", f"chrome.{value.within}"):
                    if region in lacked:
                        return region
        lost = Counter(region for one in affected for region in one.lost)
        for region in rules_of(layout):
            is_line = region.startswith("article.info.")
            if is_line and (region in beside or lost[region] >= _MOST * len(affected) > 0):
                return region
    if EVIDENCE in failing:
        core = [region for region in lacked if region in {HEADLINE, BODY} or region.startswith("article.info.")]
        if core:
            return core[0]
    regions = [
        rule for rule in rules_of(layout) if rule in beside and rule.startswith("chrome.") and "." not in rule[7:]
    ]
    if {*failing}.difference(regions) == {BODY} and 0 < len(regions) <= _FEW and _grows(affected):
        return regions[0]
    inside = Counter(
        region for rule in failing for region in regions_of(layout, rule) if region in failing and region != rule
    )
    order = {rule: at for at, rule in enumerate(rules_of(layout))}
    outer = [rule for rule in failing if not any(region in failing for region in regions_of(layout, rule))]
    return min(outer or failing, key=lambda rule: (-inside[rule], order.get(rule, len(order)), rule))


def _grows(affected: Sequence[Seen]) -> bool:
    """Return whether most pages have text in elements that are new to the body."""
    new = sum(any(name.startswith(f"{BODY} ") and is_rare(name) for name in one.traces) for one in affected)
    return new >= _MOST * len(affected)


def _better(
    found: str,
    layout: Layout,
    failing: Collection[str],
    affected: Sequence[Seen],
    beside: Collection[str],
    baseline: Baseline,
) -> str:
    """Return the rule that explains what is failing better than the one that was `found`, if there is one."""
    if found.startswith("fields.") and all(one.refused and not one.traces for one in affected):
        data = {*data_of(layout, found, baseline)}
        if len(data) == 1:
            return f"{DATA}{data.pop()}"
    suspected = {*failing, *beside}
    if found not in _CORE and not found.startswith("article.info."):
        for core in _CORE:
            if core in beside and _most(core in one.misses or f"{core} {OTHERWISE}" in one.traces for one in affected):
                return core
    place = _place(found, affected)
    around = {*_around(baseline, found)}
    if found.startswith(("chrome.", "article.info.")):
        moved_in = place == IN_BODY and BODY not in around
        if moved_in or (place == UNCLAIMED and BODY in failing and BODY in around):
            return BODY
    if found == BODY or found.startswith("chrome."):
        for region in rules_of(layout):
            is_line = region.startswith("article.info.") and region in suspected
            if is_line and _most(region in {*one.misses, *one.lost} for one in affected):
                inside = [
                    rule
                    for rule in suspected
                    if region in regions_around(layout, rule) or (rule != found and region in _around(baseline, rule))
                ]
                others = [rule for rule in suspected if found in regions_around(layout, rule)]
                if len(inside) > max(len(others), 1):
                    return region
    if found == BODY and _grows(affected):
        lacked = [
            rule
            for rule, known in baseline.rules.items()
            if rule.startswith("chrome.") and "." not in rule[7:] and known.hits >= _USUAL * known.pages
            if all(rule in one.misses for one in affected) and BODY in _around(baseline, rule)
        ]
        if 0 < len(lacked) <= _FEW:
            return lacked[0]
    return found


def _most(found: Iterable[bool]) -> bool:
    marks = [*found]
    return sum(marks) >= _MOST * len(marks) > 0


def _place(rule: str, affected: Sequence[Seen]) -> str | None:
    """Return where most of the affected pages have the text of a rule now, if it is in the body or unclaimed."""
    places = Counter(
        place for one in affected for place in (IN_BODY, UNCLAIMED) if one.traces.get(rule, "").endswith(place)
    )
    return next((place for place, pages in places.items() if pages >= _MOST * len(affected)), None)


def regions_around(layout: Layout, rule: str) -> set[str]:
    """Return the regions that any value of a rule is read from."""
    names = {value.within for value in values_of(layout, rule)} - {None}
    return {*regions_of(layout, rule), *(f"{kind}.{name}" for kind in ("article.info", "chrome") for name in names)}


def _around(baseline: Baseline, rule: str) -> Iterator[str]:
    """Yield the regions whose elements were around those of a rule on the reviewed pages, by their names."""
    known = baseline.rules.get(rule)
    above = {step for element in known.elements for step in element.ancestors} if known is not None else set()
    named = {step for step in above if _is_named(step)}
    for region, one in baseline.rules.items():
        is_region = region != rule and region.startswith((*_CORE, "article.info.", "chrome."))
        if is_region and any(element.step in named for element in one.elements):
            yield region


def _is_named(step: Step) -> bool:
    return any(name != GENERATED for name in (*step.classes, *([step.id] if step.id else [])))
