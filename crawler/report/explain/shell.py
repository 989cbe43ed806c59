"""The frame of an explanation: its header with buttons, its columns, its keys, its filter."""

from __future__ import annotations

from pathlib import Path

from ..look import document as look
from ..look.html import Html, join, tag

ASSETS = Path(__file__).resolve().parent / "assets"
KEYS = (
    ("j k ↓ ↑", "next, previous block"),
    ("Enter", "open the block: role, rule, selector, text, neighbours"),
    ("[ ]", "previous, next block of the same role"),
    ("u", "next unknown block"),
    ("n", "next block that moved, in a comparison"),
    ("/", "filter by role or rule"),
    ("Esc", "close, and show everything"),
    ("t", "light, dark, as the system"),
    ("?", "these keys"),
)


def document(title: str, header: Html, *columns: Html | None, class_: str) -> str:
    """Return the complete HTML document."""
    return look.document(
        title,
        tag("a", "To the page", href="#page", class_="skip"),
        tag("header", header, _buttons(), class_="top"),
        tag("div", *columns, class_="columns"),
        _help(),
        style=ASSETS / "explain.css",
        script=ASSETS / "explain.js",
        class_=class_,
    )


def _buttons() -> Html:
    keys = tag("button", "keys", tag("kbd", "?"), type="button", id="keys", title="Keys (?)")
    return tag("div", look.theme_button(), keys, class_="buttons")


def _help() -> Html:
    rows = [join(tag("dt", *(tag("kbd", key) for key in keys.split())), tag("dd", says)) for keys, says in KEYS]
    close = tag("form", tag("button", "close"), method="dialog")
    return tag("dialog", tag("h2", "Keys"), tag("dl", *rows), close, id="help", aria_label="Keys")


def filter_box() -> Html:
    """Return the box that filters blocks by role, rule or type."""
    return tag(
        "div",
        tag("label", "Show only", tag("kbd", "/"), for_="filter"),
        tag(
            "input",
            id="filter",
            type="search",
            autocomplete="off",
            spellcheck="false",
            placeholder="nav, related, body…",
        ),
        tag("p", class_="found", id="found", role="status"),
        class_="filter",
    )


def inspector() -> Html:
    """Return the box with details of the selected block, which the script fills."""
    return tag("section", id="inspector", aria_label="Block", aria_live="polite", tabindex="-1", hidden=True)
