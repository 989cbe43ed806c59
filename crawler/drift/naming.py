"""Names a change by the rule that explains most of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from ..profiles.model import Layout
from .events import Seen
from .observe import BODY, EVIDENCE, HEADLINE, regions_of, rules_of, values_of
from .otherwise import DATA, is_rare

_MOST: float = 0.8
"""The share of the affected pages that miss a region for it to explain the fields inside."""


_FEW = 2
"""Maximum regions that become part of the body while the frame around it stays."""


def explains(layout: Layout, failing: Collection[str], affected: Sequence[Seen], beside: Collection[str] = ()) -> str:
    """Return the rule that explains most of what is `failing` on the `affected` pages.

    That is the outermost region, of several the one with most failing rules inside. A region that hardly any of the
    pages hit explains the fields that are read from it, even if it is one of several alternatives, or if it fails
    `beside` them. Data that is gone explains fields. One or two regions that fail `beside` a body with more in it have
    become part of it. A layout that is not recognised is named by the regions that its pages lack.
    """
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
