"""The page's pane: runs as tinted blocks, and the legend that counts them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ..look.html import Html, join, tag
from .layout import Line, Media, Run, Span, Style
from .parts import ROLES, Group, Part
from .sheet import Sheet

LONG = 340
"""Number of characters from which chrome is folded: about eight lines."""
HEADING = "h"
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


def page_pane(sheet: Sheet, side: Side = ALONE) -> Html:
    """Return the page as tinted blocks; all text in it is from the page."""
    seen: set[int] = set()
    blocks = []
    for run in sheet.runs:
        first = run.part is not None and run.part.number not in seen
        if run.part is not None:
            seen.add(run.part.number)
        blocks.append(_block(run, side, first=first))
    return tag("div", *blocks, class_="sheet page", lang=_language(sheet))


def data_pane(sheet: Sheet, side: Side = ALONE) -> Html | None:
    """Return the blocks that were read from embedded data and are not part of the page's text; None without any."""
    parts = [part for part in sheet.parts if part.from_data]
    if not parts:
        return None
    blocks = []
    for part in parts:
        content: list[Span | Media] = [Media(part.role, part.address, "")] if part.address else []
        content += [Span(part.text, Style())] if part.text else []
        line = Line(f"h{part.level}" if part.level else "p", opens=False, content=content)
        blocks.append(_block(Run(part, [line]), side, first=True))
    note = tag("p", "Read from data embedded in a script: not part of the page's text, so not in the counts.")
    return tag("div", note, *blocks, class_="sheet from-data", lang=_language(sheet))


def _language(sheet: Sheet) -> str | None:
    return sheet.profile.site.language if sheet.profile is not None else None


def label_of(part: Part) -> str:
    """Return the label of a part: its role, with the level of a heading."""
    return f"{part.role} {part.level}" if part.level else part.role


def _block(run: Run, side: Side, *, first: bool) -> Html:
    lines = tag("div", *(child for line in run.lines for child in _line(line)), class_="in")
    part = run.part
    if part is None:
        return tag("div", lines, class_="run none", data_label="no block")
    folded = part.group is not Group.ARTICLE and sum(_length(line) for line in run.lines) > LONG
    mark = side.marks.get(part.number)
    shown = {
        "class_": "run" + (" long" if folded else "") + ("" if first else " more"),
        "data_p": f"{side.prefix}{part.number}",
        "data_role": part.role,
        "data_group": part.group,
        "data_label": f"{SIGNS.get(mark or '', '')}{label_of(part) if first else f'… {part.role}'}",
        "data_mark": mark,
    }
    if not first:
        return tag("div", lines, **shown)
    return tag(
        "div",
        lines,
        **shown,
        id=f"{side.prefix}p{part.number}",
        data_twin=side.twins.get(part.number),
        tabindex="-1",
        role="group",
        aria_roledescription="block",
        aria_label=f"{label_of(part)}, {part.size} characters",
        data_rule=part.rule,
        data_settings="\n".join(f"{name} = {value}" for name, value in part.place.settings) or None,
        data_file=place_text(part),
        data_xpath=part.xpath,
        data_pointer=part.pointer,
        data_n=part.size,
        data_heading=part.heading,
        data_items=part.items,
    )


def place_text(part: Part) -> str | None:
    """Return the file and line of the part's rule."""
    place = part.place
    if place.file is None:
        return None
    return place.file + (f":{place.line}" if place.line is not None else "")


def _length(line: Line) -> int:
    return sum(len(item.text) for item in line.content if isinstance(item, Span))


def _line(line: Line) -> list[Html]:
    content = [_media(item) if isinstance(item, Media) else _span(item) for item in line.content]
    names = f"l {line.kind}" + (" opens" if line.opens else "")
    if line.kind.startswith(HEADING):
        return [tag("p", *content, class_=names, role="heading", aria_level=line.kind[1:])]
    made = tag("p", *content, class_=names)
    return [tag("br"), made] if line.opens and line.kind in {"td", "th"} else [made]


def _span(span: Span) -> Html:
    style = span.style
    made = Html("") if not span.text else join(span.text)
    if style.bold:
        made = tag("b", made)
    if style.slanted:
        made = tag("i", made)
    return tag("span", made, class_="a") if style.link else made


def _media(media: Media) -> Html:
    said = ": ".join(filter(None, (media.kind, media.alt)))
    return tag(
        "span",
        class_="pic",
        role="img",
        aria_label=", ".join(filter(None, (said, media.address))),
        data_kind=said,
        data_src=media.address or None,
        title=media.address or None,
    )


def legend(sheet: Sheet) -> Html:
    """Return the legend: the number of blocks and characters by role, with the totals of `coverage`."""
    head = tag("p", tag("span", "blocks"), tag("span", "characters"), class_="heads", aria_hidden="true")
    taken = sheet.apart is not None
    groups = [_group(sheet, group) for group in Group if (group is not Group.UNREAD) == taken]
    check = "every character of the page is in one block" if not sheet.faults else "the counts differ, see above"
    total = tag("p", tag("b", f"{total_of(sheet):,}", data_count="total"), f" characters · {check}", class_="total")
    return tag("section", bar(sheet), head, *groups, total, class_="legend", aria_label="Legend")


def total_of(sheet: Sheet) -> int:
    """Return the number of characters of the page, also for an unsplit one."""
    return sum(part.size for part in sheet.parts)


def _group(sheet: Sheet, group: Group) -> Html:
    rows = []
    total = 0
    for role in ROLES if group is not Group.UNREAD else ("unread",):
        parts = [part for part in sheet.parts if part.group is group and part.role == role]
        if not parts:
            continue
        blocks, count = len(parts), sum(part.size for part in parts)
        total += count
        rows.append(
            tag(
                "button",
                tag("span", class_="swatch", data_role=role, aria_hidden="true"),
                tag("span", role, class_="name"),
                tag("span", f"{blocks:,}", class_="num", title="blocks"),
                tag("span", f"{count:,}", class_="num", title="characters"),
                type="button",
                class_="role",
                data_only=role,
                aria_pressed="false",
                aria_label=f"{role}: {blocks} blocks, {count} characters. Show only these",
            )
        )
    head = tag("h3", GROUPS[group], tag("span", f"{total:,}", class_="num", data_count=group))
    return tag("div", head, *rows, class_="group")


def bar(sheet: Sheet) -> Html | None:
    """Return a bar with the parts in page order, each as wide as its share of characters."""
    total = total_of(sheet)
    if not total:
        return None
    slices, start = [], 0
    for part in _in_order(sheet):
        if part.size:
            slices.append(tag("rect", x=start, y=0, width=part.size, height=1, data_role=part.role))
        start += part.size
    return tag(
        "svg",
        *slices,
        viewBox=f"0 0 {total} 1",
        preserveAspectRatio="none",
        class_="bar",
        role="img",
        aria_label="The page from top to bottom, by role",
    )


def _in_order(sheet: Sheet) -> list[Part]:
    order: dict[int, Part] = {}
    for run in sheet.runs:
        if run.part is not None:
            order.setdefault(run.part.number, run.part)
    return list(order.values())
