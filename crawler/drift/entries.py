"""Entries of lists that are alike: a badge, a channel's link or a script in place of what tells them apart."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from ..records.model import Item, Record
from .observe import split_rule

_FEWEST = 2
"""Minimum entries of a list, and lists of a page, that are compared."""
_LABEL = 6
"""Maximum characters of a label."""


def alike(record: Record) -> dict[str, str]:
    """Return what stands in place of entries, by the rules of the lists.

    All entries of a list have one label, begin with their numbers, or are sentences; or those of several lists begin
    alike, or have no link at all.
    """
    lists = [*_lists(record)]
    found = {rule: "one label in all entries" for rule, items in lists if _is_label({one.headline for one in items})}
    found |= {rule: "entries that begin with their number" for rule, items in lists if _are_numbered(items)}
    found |= {rule: "entries that are sentences" for rule, items in lists if _are_sentences(items)}
    if len({rule for rule, _ in lists}) < _FEWEST:
        return found
    everything = [item for _, items in lists for item in items]
    begin = {(item.headline or "")[:1] for item in everything}
    if len(begin) == 1 and begin != {""}:
        found |= {rule: f"entries that begin with {''.join(begin)}" for rule, _ in lists}
    if not any(item.url for item in everything):
        found |= dict.fromkeys((rule for rule, _ in lists), "entries without links")
    return found


def _is_label(headlines: Collection[str | None]) -> bool:
    """Return whether headlines are one that is too short for an article's."""
    return len(headlines) == 1 and 0 < len(next(iter(headlines)) or "") <= _LABEL


def _are_numbered(items: Sequence[Item]) -> bool:
    return all((item.headline or "").lstrip("0").startswith(str(at)) for at, item in enumerate(items, start=1))


def _are_sentences(items: Sequence[Item]) -> bool:
    return all((item.headline or "").endswith("。") for item in items)


def _lists(record: Record) -> Iterator[tuple[str, tuple[Item, ...]]]:
    for entry in record.chrome:
        rule = split_rule(entry.rule)
        if rule is not None and entry.items is not None and len(entry.items) >= _FEWEST:
            yield f"{rule[0]}.items", entry.items
