"""Rules that hit otherwise than on all reviewed pages: by another alternative, no longer from data, with less text.

An alternative that no reviewed page needed is what is left when the usual element or data is gone, and bodies of fewer
lines than any reviewed page has are what is left of longer ones. Pages of kinds that nobody reviewed show the same, so
only many of them are a change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ..profiles.model import Layout
from ..records.model import Record
from .baseline import Baseline, RuleBaseline
from .headline import is_titled
from .observe import BODY, HEADLINE, values_of

OTHERWISE: Final = "otherwise"
"""Ends the name of the doubt about a rule's alternative."""
SHORT: Final = "short"
"""Ends the name of the doubt about a body of few lines."""
SHORT_BODY: Final = f"{BODY} {SHORT}"
DATA: Final = "data."
"""Begins the name of the rule that stands for data that the page embeds."""
_FEWEST: Final = 2
"""Minimum reviewed pages for which a rule has always hit in one way."""


def hit_otherwise(hits: Mapping[str, str], baseline: Baseline) -> dict[str, str]:
    """Return the rules that hit by an alternative that no reviewed page needed, with the alternative, by doubt."""
    return {
        f"{rule} {OTHERWISE}": f"its alternative {alternative}"
        for rule, alternative in hits.items()
        if alternative and (known := baseline.rules.get(rule)) is not None
        if known.hits >= _FEWEST and alternative not in known.alternatives
    }


def lost_data(hits: Mapping[str, str], layout: Layout, baseline: Baseline) -> dict[str, str]:
    """Return the data that all reviewed pages had values from and that gave none to the rules `hits`, by doubt."""
    usual: dict[str, list[str]] = {}
    for rule, known in baseline.rules.items():
        if known.hits == known.pages >= _FEWEST:
            for data in {*_data_of(layout, rule, known)}:
                usual.setdefault(data, []).append(rule)
    return {
        f"{DATA}{data} {OTHERWISE}": "values from elsewhere, or none"
        for data, rules in usual.items()
        if not any(_data(layout, rule, hits[rule]) == data for rule in rules if rule in hits)
    }


def short_body(record: Record, baseline: Baseline) -> dict[str, str]:
    """Return what stands in place of a body that has fewer lines than that of any reviewed page."""
    known = baseline.rules.get(BODY)
    lines = sum(block.text is not None for block in record.blocks)
    return {SHORT_BODY: f"{lines} lines"} if known is not None and 0 < lines < (known.least or 0) else {}


def is_rare(name: str) -> bool:
    """Return whether hardly any page of a known layout has the doubt of a name, of whatever kind it is."""
    return name.rpartition(" ")[2] not in {OTHERWISE, SHORT}


def is_short(name: str) -> bool:
    """Return whether a name is that of the doubt about a body of few lines."""
    return name == SHORT_BODY


def other_title(record: Record, baseline: Baseline) -> dict[str, str]:
    """Return what stands in place of a headline that is not in the title, as it is on all reviewed pages."""
    known = baseline.rules.get(HEADLINE)
    if known is None or not known.titled or not record.headline or not record.title or is_titled(record):
        return {}
    return {f"{HEADLINE} title": "a headline that is not in the title"}


def data_of(layout: Layout, rule: str, baseline: Baseline) -> Iterator[str]:
    """Yield the data that all values of a field's rule came from on the reviewed pages."""
    known = baseline.rules.get(rule)
    if known is not None and known.hits:
        yield from _data_of(layout, rule, known)


def _data_of(layout: Layout, rule: str, known: RuleBaseline) -> Iterator[str]:
    """Yield the data that a rule always had its value from."""
    found = {_data(layout, rule, alternative) for alternative in known.alternatives or ("",)}
    if len(found) == 1 and (data := found.pop()) is not None:
        yield data


def _data(layout: Layout, rule: str, alternative: str) -> str | None:
    """Return the data that an alternative of a rule reads."""
    values = values_of(layout, rule)
    number = alternative.strip("[]") or "0"
    return values[int(number)].data if number.isdecimal() and int(number) < len(values) else None
