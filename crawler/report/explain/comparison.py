"""Two versions of a page side by side, and their differences."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..look.html import Html, join, tag
from .difference import Change, Difference, FieldChange, Flow, Pair
from .pane import Side, data_pane, label_of, page_pane
from .record import dotted, plain_value, snippet
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


def panes(before: Sheet, after: Sheet, difference: Difference) -> tuple[Html, Html]:
    """Return both pages as tinted blocks, with unchanged ones folded."""
    left, right = sides(difference)
    return _pane(before, left, "Before"), _pane(after, right, "After")


def _pane(sheet: Sheet, side: Side, says: str) -> Html:
    return tag(
        "section",
        tag("h2", says, ": ", sheet.name, class_="side"),
        page_pane(sheet, side),
        data_pane(sheet, side),
        class_="middle pane",
        id=f"{side.prefix}page",
        tabindex="-1",
        aria_label=says,
    )


def moved(difference: Difference) -> list[Html]:
    """Return the differences: blocks, characters that changed their role, fields."""
    counts = Counter(pair.change for pair in difference.pairs)
    summary = ", ".join(f"{counts[change]} {words}" for change, words in WORDS.items() if counts[change])
    rows = [_pair(pair) for pair in difference.moved]
    nothing = None if rows else tag("p", "No block differs.", class_="empty")
    return [
        tag(
            "section",
            _head("Blocks", len(rows)),
            tag("p", summary, class_="empty"),
            tag("ol", *rows),
            nothing,
            id="moved",
        ),
        *([_flows(difference.flows)] if difference.flows else []),
        tag("section", _head("Fields", len(difference.fields)), *map(_field, difference.fields), id="changed"),
    ]


def _head(title: str, count: int) -> Html:
    return tag("h2", title, tag("span", str(count), class_="num"))


def _pair(pair: Pair) -> Html:
    part = pair.one
    role = label_of(part)
    if pair.change is Change.ROLE and pair.before is not None:
        role = f"{label_of(pair.before)} → {role}"
    prefix = "b" if pair.after is not None else "a"
    return tag(
        "li",
        tag(
            "button",
            tag("span", class_="swatch", data_role=part.role, aria_hidden="true"),
            tag("span", WORDS[pair.change], class_="change", data_change=pair.change),
            tag("span", role, class_="name"),
            tag("span", f"{part.size:,}", class_="num", title="characters"),
            tag("span", snippet(part), class_="snippet"),
            type="button",
            data_goto=f"{prefix}p{part.number}",
        ),
    )


def _flows(flows: list[Flow]) -> Html:
    rows = [
        tag("tr", tag("td", flow.before), tag("td", "→"), tag("td", flow.after), tag("td", f"{flow.characters:,}"))
        for flow in flows
    ]
    head = tag("p", "Both show the same text; these of its characters changed their role", class_="empty")
    return tag(
        "section", _head("Characters", sum(flow.characters for flow in flows)), head, tag("table", *rows), id="flows"
    )


def _field(change: FieldChange) -> Html:
    return tag(
        "div",
        tag("h3", *dotted(change.name)),
        tag("p", _value(change.before), class_="was", aria_label="before"),
        tag("p", _value(change.after), class_="now", aria_label="after"),
        class_="change-of",
        data_name=change.name,
    )


def _value(value: Any) -> Html:
    if value is None or value in ([], ""):
        return tag("span", "none", class_="empty")
    text = plain_value(value)
    return join(text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")
