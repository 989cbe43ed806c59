"""Headings of regions: a region is missing, and its heading (为您推荐) stands in unclaimed text or in the body.

A site that builds a region otherwise, or puts it elsewhere, seldom writes another heading.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from ..page.text import squeeze
from ..records.model import Record, Role
from .baseline import Baseline
from .observe import split_rule

SHORTEST: Final = 4
"""Minimum characters of a heading: shorter ones (评论, 热门) are also words of other regions."""
_FEWEST: Final = 2
"""Minimum pages that show what the texts of a region begin with."""


def moved_headings(record: Record, misses: Collection[str], baseline: Baseline) -> dict[str, str]:
    """Return where in a record the headings of regions stand that miss."""
    wanted: dict[str, str] = {}
    for rule in misses:
        known = baseline.rules.get(rule) if rule.startswith("chrome.") and rule.count(".") == 1 else None
        if known is not None and known.value is not None and known.hits >= _FEWEST:
            heading = squeeze(known.value.prefix)
            if len(heading) >= SHORTEST:
                wanted[rule] = heading
    if not wanted:
        return {}
    lines = {squeeze(block.text) for block in record.blocks if block.text}
    loose = [squeeze(one.text) for one in record.chrome if one.role is Role.UNKNOWN and one.text]
    found: dict[str, str] = {}
    for rule, heading in wanted.items():
        if heading in lines:
            found[rule] = f"its heading is in the body ({heading})"
        elif any(text.startswith(heading) for text in loose):
            found[rule] = f"its heading is in unclaimed text ({heading})"
    return found


def swapped_headings(record: Record, baseline: Baseline) -> dict[str, str]:
    """Return the regions that begin with the heading that another one had on the reviewed pages."""
    known = {
        heading: rule
        for rule, one in baseline.rules.items()
        if rule.startswith("chrome.") and rule.count(".") == 1 and one.value is not None and one.hits >= _FEWEST
        if len(heading := squeeze(one.value.prefix)) >= SHORTEST
    }
    found: dict[str, str] = {}
    for entry in record.chrome if len(known) > 1 else ():
        rule = split_rule(entry.rule)
        text = squeeze(entry.text or "")
        for heading, owner in known.items():
            if rule is not None and rule[0] != owner and rule[0] in known.values() and text.startswith(heading):
                own = next(one for one, of in known.items() if of == rule[0])
                if not text.startswith(own):
                    found[f"{rule[0]} heading"] = f"the heading of {owner} ({heading})"
    return found
