"""The signs of change that a record shows by itself, each by the rule or doubt that it is about."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ..profiles.model import Layout
from ..records.model import Record
from .baseline import Baseline
from .entries import alike
from .headings import moved_headings, swapped_headings
from .labels import headline_below, label_traces, lost_lines, stray_labels, swapped, turned_dates
from .leftover import loose_prose, strange_words
from .looks import source_is_label
from .otherwise import hit_otherwise, lost_data, other_title, short_body


def signs(
    record: Record,
    hits: Mapping[str, str],
    misses: Collection[str],
    layout: Layout,
    baseline: Baseline | None,
    site: str | None,
) -> dict[str, str]:
    """Return what stands in place of what rules found, or beside it.

    `hits` are the rules that the record shows, each with its alternative, `misses` those that it lacks. `site` is the
    title of the site.
    """
    rules = baseline.rules.items() if baseline is not None else ()
    prefixes = {rule: one.value.prefix for rule, one in rules if one.value is not None}
    patterns = {rule: one.value.patterns for rule, one in rules if one.value is not None}
    found = lost_lines(record, misses, patterns) | label_traces(record, misses, prefixes)
    found |= {rule: place for rule, place in stray_labels(record).items() if rule not in misses}
    found |= (
        turned_dates(record)
        | headline_below(record, misses)
        | swapped(record, site or "")
        | alike(record)
        | loose_prose(record)
    )
    if baseline is not None:
        found |= moved_headings(record, misses, baseline) | swapped_headings(record, baseline)
        found |= strange_words(record, {rule: one.words for rule, one in rules})
        found |= source_is_label(record, [word for _, one in rules for word in one.words or ()])
        found |= hit_otherwise(hits, baseline) | lost_data(hits, layout, baseline)
        found |= short_body(record, baseline) | other_title(record, baseline)
    return found
