"""The HTML document of a report: one file, without URLs that a browser would load, and with no script but ours.

The policy in its head names the digests of our style sheet and script; nothing else can run or style or load, whatever
the file shows. (All that is shown is escaped text in the first place: templates escape everything that is not HTML of
our own.)
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2

_HERE = Path(__file__).resolve().parent
_SCRIPT = _HERE / "theme.js"
REPORT, CHARTS = _HERE / "report.css", _HERE / "charts.css"
"""Style sheets of reports: figures and tables, and charts."""


class Html(str):
    """Text that is HTML already: only created by rendering a template, or from our own files."""

    __slots__ = ()

    def __html__(self) -> str:
        """Return the text itself: templates do not escape it."""
        return self


@lru_cache(maxsize=1)
def templates() -> jinja2.Environment:
    """Return the environment of the reports' templates, named by their paths in `crawler/report/`.

    Values are escaped unless they are HTML of our own; a name that a report does not set is an error.
    """
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE.parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@lru_cache(maxsize=16)
def _file(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def page(
    template: str, *, title: str, styles: Iterable[Path] = (), script: Path | None = None, class_: str, **context: Any
) -> str:
    """Return the complete HTML document of a template that extends `look/base.html`.

    The `styles` and the `script` come after those of all reports; `class_` is the body's.
    """
    css = Html("\n".join(map(_file, (_HERE / "base.css", *styles))))
    code = Html("\n".join(map(_file, (_SCRIPT, script) if script is not None else (_SCRIPT,))))
    policy = (
        f"default-src 'none'; style-src {_digest(css)}; script-src {_digest(code)}; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )
    return templates().get_template(template).render(
        title=title, css=css, code=code, policy=policy, class_=class_, **context
    )  # fmt: skip
