"""A page that explains itself: as a reader sees it, every block tinted by role, beside it the record.

One self-contained HTML file: no network, no script of the page's, no address that a browser would load.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from crawler.extract import OK
from crawler.profiles.load import Profile
from crawler.report.explain.comparison import moved, panes
from crawler.report.explain.difference import compare
from crawler.report.explain.pane import data_pane, legend, page_pane
from crawler.report.explain.record import record_pane
from crawler.report.explain.sheet import Sheet, lay_out
from crawler.report.explain.shell import document, filter_box, inspector
from crawler.report.look.html import Html, join, tag

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
) -> str:
    """Return the explain page of one page as HTML; the arguments are those of `crawler.extract`.

    `name` is what the page is called in the heading, its URL where None. A page that gives no record is explained too:
    the reason, every layout's score and evidence. Raises `ProfileInvalid` where a profile cannot be used.
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
        )
    )


def render(sheet: Sheet) -> str:
    """Return the explain page of a page laid out."""
    page = join(faults(sheet), page_pane(sheet), data_pane(sheet)) if sheet.runs else _unparsed()
    return document(
        f"{sheet.name}: explained",
        heading(sheet),
        tag("aside", filter_box(), legend(sheet), class_="left", tabindex="-1"),
        tag("main", page, class_="middle", id="page", tabindex="-1", aria_label="The page"),
        tag("aside", inspector(), *record_pane(sheet), class_="right", tabindex="-1", aria_label="The record"),
        class_="one",
    )


def render_comparison(before: Sheet, after: Sheet) -> str:
    """Return two pages laid out side by side as HTML, with what moved: blocks, characters, fields.

    The same page under two profiles, two recordings of one page, or any two pages of a layout.
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
    """Return name, address and outcome of a page."""
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
    """Return the alarm that what is drawn is not the partition; None where it is."""
    if not sheet.faults:
        return None
    return tag(
        "section",
        tag("h2", "Drawn page and record differ: please report this page"),
        tag("ul", *(tag("li", fault) for fault in sheet.faults)),
        class_="alarm",
        role="alert",
        id="faults",
    )


def _unparsed() -> Html:
    return tag(
        "p", "The page was not parsed, so there is nothing to show of it. The reason stands beside.", class_="nothing"
    )
