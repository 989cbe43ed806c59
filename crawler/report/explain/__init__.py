"""The explanation of a page: the page with every block tinted by its role, next to the record.

It is a self-contained HTML file: no network, none of the page's scripts, no URL that a browser would load.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from ...extract import OK
from ...profiles.load import Profile
from ..look.document import page
from .comparison import moved, panes
from .difference import compare
from .pane import legend, page_pane
from .record import record_pane
from .sheet import Sheet, lay_out

_ASSETS = Path(__file__).resolve().parent / "assets"

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
    return _document(
        "explain/one.html",
        title=f"{sheet.name}: explained",
        class_="one",
        pane=page_pane(sheet),
        legend=legend(sheet),
        **record_pane(sheet),
    )


def render_comparison(before: Sheet, after: Sheet) -> str:
    """Return two laid-out pages side by side as HTML, with the blocks, characters and fields that differ.

    They can be one page under two profiles, two recordings of one page, or any two pages of a layout.
    """
    difference = compare(before, after)
    return _document(
        "explain/two.html",
        title=f"{before.name} and {after.name}: compared",
        class_="two",
        panes=panes(before, after, difference),
        **moved(difference),
    )


def _document(template: str, *, title: str, class_: str, **context: Any) -> str:
    return page(
        template,
        title=title,
        class_=class_,
        styles=[_ASSETS / "explain.css"],
        script=_ASSETS / "explain.js",
        **context,
    )
