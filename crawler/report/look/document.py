"""The HTML document of a report: one file, without URLs that a browser would load, and with no script but ours.

The policy in its head names the digests of our style sheet and script; nothing else can run or style or load, whatever
the file shows. (All that is shown is escaped text in the first place.)
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

from .html import Html, tag

_HERE = Path(__file__).resolve().parent


@lru_cache(maxsize=8)
def _file(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def document(title: str, *children: Html | None, style: Path, script: Path, class_: str) -> str:
    """Return the complete HTML document: `children` in its body, `style` and `script` after those of all reports."""
    css = Html(_file(_HERE / "base.css") + "\n" + _file(style))
    code = Html(_file(_HERE / "theme.js") + "\n" + _file(script))
    policy = (
        f"default-src 'none'; style-src {_digest(css)}; script-src {_digest(code)}; img-src data:;"
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
        tag("style", css),
    )
    return (
        "<!doctype html>\n"
        + tag("html", head, tag("body", *children, tag("script", code), class_=class_), lang="en")
        + "\n"
    )


def theme_button() -> Html:
    """Return the button that switches between light and dark."""
    return tag("button", "theme: auto", type="button", id="theme", title="Light, dark, as the system (t)")
