"""Two versions of a page side by side, and their differences."""

from __future__ import annotations

from collections import Counter
from typing import Any

from .difference import Change, Difference, Pair
from .pane import Side, label_of, page_pane
from .record import plain_value, snippet
from .sheet import Sheet

WORDS = {
    Change.ROLE: "changed role",
    Change.RULE: "same text, other rule",
    Change.TEXT: "changed text",
    Change.ADDED: "added",
    Change.REMOVED: "removed",
    Change.SAME: "the same",
}
SHOWN = 400
"""Maximum characters of a field's value that are shown."""


def sides(difference: Difference) -> tuple[Side, Side]:
    """Return the change of each part of both pages, and its counterpart on the other page."""
    marks: tuple[dict[int, str], dict[int, str]] = ({}, {})
    twins: tuple[dict[int, str], dict[int, str]] = ({}, {})
    for pair in difference.pairs:
        for number, (part, other) in enumerate(((pair.before, pair.after), (pair.after, pair.before))):
            if part is None:
                continue
            marks[number][part.number] = pair.change
            if other is not None:
                twins[number][part.number] = f"{'ba'[number]}p{other.number}"
    return Side("a", marks[0], twins[0]), Side("b", marks[1], twins[1])


def panes(before: Sheet, after: Sheet, difference: Difference) -> list[dict[str, Any]]:
    """Return both pages as tinted blocks, with unchanged ones folded."""
    left, right = sides(difference)
    return [
        {"title": "Before", "prefix": left.prefix, "sheet": before, **page_pane(before, left)},
        {"title": "After", "prefix": right.prefix, "sheet": after, **page_pane(after, right)},
    ]


def moved(difference: Difference) -> dict[str, Any]:
    """Return the differences: blocks, characters that changed their role, fields."""
    counts = Counter(pair.change for pair in difference.pairs)
    return {
        "words": WORDS,
        "summary": ", ".join(f"{counts[change]} {words}" for change, words in WORDS.items() if counts[change]),
        "moved": [_pair(pair) for pair in difference.moved],
        "flows": difference.flows,
        "fields": [
            {"name": change.name, "before": _value(change.before), "after": _value(change.after)}
            for change in difference.fields
        ],
        "snippet": snippet,
    }


def _pair(pair: Pair) -> dict[str, Any]:
    part = pair.one
    role = label_of(part)
    if pair.change is Change.ROLE and pair.before is not None:
        role = f"{label_of(pair.before)} → {role}"
    prefix = "b" if pair.after is not None else "a"
    return {"part": part, "change": pair.change, "role": role, "goto": f"{prefix}p{part.number}"}


def _value(value: Any) -> str:
    """Return a field's value for people, an empty string for none."""
    if value is None or value in ([], ""):
        return ""
    text = plain_value(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
