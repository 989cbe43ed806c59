"""The page's pane: runs as tinted blocks, and the legend that counts them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from .layout import Line, Media, Run, Span, Style
from .parts import ROLES, Group, Part
from .sheet import Sheet

LONG = 340
"""Number of characters from which chrome is folded: about eight lines."""
GROUPS = {
    Group.ARTICLE: "Article",
    Group.CHROME: "Chrome",
    Group.HIDDEN: "Hidden",
    Group.UNKNOWN: "Unknown",
    Group.UNREAD: "Not split",
}


class Side(NamedTuple):
    """One side of a comparison: the prefix of its ids, and for each part its change and its id on the other side."""

    prefix: str = ""
    marks: Mapping[int, str] = MappingProxyType({})
    twins: Mapping[int, str] = MappingProxyType({})


SIGNS = {"added": "+ ", "removed": "− ", "role": "⇄ ", "rule": "≈ ", "text": "≠ "}
"""Prefix of the label of a changed part, by change."""
ALONE = Side()
"""The side of a page without comparison."""


def page_pane(sheet: Sheet, side: Side = ALONE) -> dict[str, Any]:
    """Return what the macro `page` of `sheet.html` shows: tinted blocks, all of whose text is from the page.

    `data` are the blocks that were read from embedded data and are not part of the page's text.
    """
    seen: set[int] = set()
    blocks = []
    for run in sheet.runs:
        first = run.part is not None and run.part.number not in seen
        if run.part is not None:
            seen.add(run.part.number)
        blocks.append((_attributes(run, side, first=first), run.lines))
    data = [_data_run(part) for part in sheet.parts if part.from_data]
    return {
        "language": sheet.profile.site.language if sheet.profile is not None else None,
        "page": blocks,
        "data": [(_attributes(run, side, first=True), run.lines) for run in data],
    }


def _data_run(part: Part) -> Run:
    content: list[Span | Media] = [Media(part.role, part.address, "")] if part.address else []
    content += [Span(part.text, Style())] if part.text else []
    return Run(part, [Line(f"h{part.level}" if part.level else "p", opens=False, content=content)])


def label_of(part: Part) -> str:
    """Return the label of a part: its role, with the level of a heading."""
    return f"{part.role} {part.level}" if part.level else part.role


def _attributes(run: Run, side: Side, *, first: bool) -> dict[str, Any]:
    """Return the attributes of a block's element; None for those that it does not have."""
    part = run.part
    if part is None:
        return {"class": "run none", "data-label": "no block"}
    folded = part.group is not Group.ARTICLE and sum(_length(line) for line in run.lines) > LONG
    mark = side.marks.get(part.number)
    shown = {
        "class": "run" + (" long" if folded else "") + ("" if first else " more"),
        "data-p": f"{side.prefix}{part.number}",
        "data-role": part.role,
        "data-group": part.group,
        "data-label": f"{SIGNS.get(mark or '', '')}{label_of(part) if first else f'… {part.role}'}",
        "data-mark": mark,
    }
    if not first:
        return shown
    return shown | {
        "id": f"{side.prefix}p{part.number}",
        "data-twin": side.twins.get(part.number),
        "tabindex": "-1",
        "role": "group",
        "aria-roledescription": "block",
        "aria-label": f"{label_of(part)}, {part.size} characters",
        "data-rule": part.rule,
        "data-settings": "\n".join(f"{name} = {value}" for name, value in part.place.settings) or None,
        "data-file": place_text(part),
        "data-xpath": part.xpath,
        "data-pointer": part.pointer,
        "data-n": part.size,
        "data-heading": part.heading,
        "data-items": part.items,
    }


def place_text(part: Part) -> str | None:
    """Return the file and line of the part's rule."""
    place = part.place
    if place.file is None:
        return None
    return place.file + (f":{place.line}" if place.line is not None else "")


def _length(line: Line) -> int:
    return sum(len(item.text) for item in line.content if isinstance(item, Span))


def legend(sheet: Sheet) -> dict[str, Any]:
    """Return the legend: the number of blocks and characters by role, with the totals of `coverage`."""
    taken = sheet.apart is not None
    return {
        "groups": [_group(sheet, group) for group in Group if (group is not Group.UNREAD) == taken],
        "slices": list(_slices(sheet)),
        "total": sum(part.size for part in sheet.parts),
        "differ": bool(sheet.faults),
    }


def _group(sheet: Sheet, group: Group) -> dict[str, Any]:
    rows = []
    for role in ROLES if group is not Group.UNREAD else ("unread",):
        parts = [part for part in sheet.parts if part.group is group and part.role == role]
        if parts:
            rows.append((role, len(parts), sum(part.size for part in parts)))
    return {"name": group, "title": GROUPS[group], "total": sum(count for _, _, count in rows), "rows": rows}


def _slices(sheet: Sheet) -> Iterator[tuple[int, int, str]]:
    """Yield the start, width and role of each part in page order, in characters."""
    order: dict[int, Part] = {}
    for run in sheet.runs:
        if run.part is not None:
            order.setdefault(run.part.number, run.part)
    start = 0
    for part in order.values():
        if part.size:
            yield start, part.size, part.role
        start += part.size
