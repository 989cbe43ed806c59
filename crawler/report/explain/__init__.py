"""The explanation of a page: the page with every block tinted by its role, next to the record.

It is a self-contained HTML file: no network, none of the page's scripts, no URL that a browser would load.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from ...extract import OK
from ...profiles.load import Profile
from ..look.html import Html, join, tag
from .comparison import moved, panes
from .difference import compare
from .pane import data_pane, legend, page_pane
from .record import record_pane
from .sheet import Sheet, lay_out
from .shell import document, filter_box, inspector

__all__ = ["Sheet", "explain", "lay_out", "render", "render_comparison"]


def explain(
    body: bytes,
    url: str,
    *,
    name: str | None = None,
    headers: Mapping[str, str] | None = None,
    fetched_at: datetime | None = None,
    status: int = OK,
    rendered: bool = False,
    profiles: Iterable[Profile] | None = None,
    general: bool = False,
) -> str:
    """Return the explanation of a page as HTML; the arguments are those of `crawler.extract`.

    `name` is the page's name in the heading, by default its URL. A page without a record is explained too, with the
    reason and every layout's score and evidence. Raises `ProfileInvalid` for an invalid profile.
    """
    return render(
        lay_out(
            body,
            url,
            name=name or url,
            headers=headers,
            fetched_at=fetched_at,
            status=status,
            rendered=rendered,
            profiles=profiles,
            general=general,
        )
    )


def render(sheet: Sheet) -> str:
    """Return the explanation of a laid-out page as HTML."""
    page = join(faults(sheet), page_pane(sheet), data_pane(sheet)) if sheet.runs else _unparsed()
    return document(
        f"{sheet.name}: explained",
        heading(sheet),
        tag("aside", filter_box(), legend(sheet), class_="left", tabindex="-1"),
        tag("main", page, class_="middle", id="page", tabindex="-1", aria_label="The page"),
        tag("aside", inspector(), record_pane(sheet), class_="right", tabindex="-1", aria_label="The record"),
        class_="one",
    )


def render_comparison(before: Sheet, after: Sheet) -> str:
    """Return two laid-out pages side by side as HTML, with the blocks, characters and fields that differ.

    They can be one page under two profiles, two recordings of one page, or any two pages of a layout.
    """
    difference = compare(before, after)
    alarms = join(faults(before), faults(after))
    return document(
        f"{before.name} and {after.name}: compared",
        tag("div", heading(before), heading(after), class_="both"),
        tag(
            "aside",
            filter_box(),
            inspector(),
            alarms,
            *moved(difference),
            class_="right moved",
            id="page",
            tabindex="-1",
        ),
        *panes(before, after, difference),
        class_="two",
    )


def heading(sheet: Sheet) -> Html:
    """Return the name, URL and outcome of a page."""
    record = sheet.record
    if record is not None:
        outcome = tag("span", record.kind, class_="chip")
        chosen = tag("span", f"{record.layout.id} {record.layout.confidence:.2f}", class_="chip")
        state = join(outcome, chosen, *(tag("span", flag, class_="chip flag") for flag in record.flags))
    else:
        state = tag("span", str(sheet.fault.failure) if sheet.fault is not None else "", class_="chip bad")
    return tag(
        "div",
        tag("h1", sheet.name),
        tag("div", tag("span", sheet.url, class_="url"), state, class_="sub"),
        class_="what",
    )


def faults(sheet: Sheet) -> Html | None:
    """Return the warning that the shown page differs from the partition, None if it does not."""
    if not sheet.faults:
        return None
    return tag(
        "section",
        tag("h2", "The shown page and the record differ: please report this page"),
        tag("ul", *(tag("li", fault) for fault in sheet.faults)),
        class_="alarm",
        role="alert",
        id="faults",
    )


def _unparsed() -> Html:
    return tag("p", "The page was not parsed, so it cannot be shown. The reason is on the right.", class_="nothing")
