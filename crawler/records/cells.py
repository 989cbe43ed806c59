"""Cells of CSV files: text that came from a web page must not run as a formula in a spreadsheet."""

from __future__ import annotations

import re
from typing import Any

_FORMULA = re.compile(r"[\t\r\n]|[\s\x00-\x1f\x7f\u200b-\u200f\u2060-\u2064\ufeff]*[=+\-@＝＋－＠﹦﹢﹣﹫−]")
"""How a cell begins that spreadsheets may evaluate (OWASP, "CSV Injection"): one of = + - @, also in its full-width or
small form and after characters that nobody sees, or a tab or line break."""


def neutral(value: Any) -> Any:
    """Return a cell's value; text that a spreadsheet may take for a formula gets a ' before it, which makes it text."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
