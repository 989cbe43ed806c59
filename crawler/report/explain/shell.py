"""The document round an explain page: one file, no address in it that a browser would load, one script of ours.

The policy in its head names the digests of our style sheet and script; nothing else can run or style or load, whatever
the page explained holds. (All of the page is escaped text in the first place.)
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

from crawler.report.explain.html import Html, join, tag

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


@lru_cache(maxsize=4)
def asset(name: str) -> Html:
    """Return one of our own files, ready to stand in a style or script element."""
    return Html((ASSETS / name).read_text(encoding="utf-8"))


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def document(title: str, header: Html, *columns: Html | None, class_: str) -> str:
    """Return the whole HTML document."""
    style, script = asset("explain.css"), asset("explain.js")
    policy = (
        f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", title),
        tag("link", rel="icon", href="data:,"),
        tag("style", style),
    )
    body = tag(
        "body",
        tag("a", "To the page", href="#page", class_="skip"),
        tag("header", header, _buttons(), class_="top"),
        tag("div", *columns, class_="columns"),
        _help(),
        tag("script", script),
        class_=class_,
    )
    return "<!doctype html>\n" + tag("html", head, body, lang="en") + "\n"


def _buttons() -> Html:
    theme = tag("button", "theme: auto", type="button", id="theme", title="Light, dark, as the system (t)")
    keys = tag("button", "keys", tag("kbd", "?"), type="button", id="keys", title="Keys (?)")
    return tag("div", theme, keys, class_="buttons")


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
    """Return the place where the block that was opened is told of; the script fills it."""
    return tag("section", id="inspector", aria_label="Block", aria_live="polite", tabindex="-1", hidden=True)
