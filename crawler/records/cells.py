"""CSV cells: text from a web page must not run as a formula in a spreadsheet."""

from __future__ import annotations

import re
from typing import Any

_FORMULA = re.compile(r"[\t\r\n]|[\s\x00-\x1f\x7f\u200b-\u200f\u2060-\u2064\ufeff]*[=+\-@＝＋－＠﹦﹢﹣﹫−]")
"""Start of a cell that a spreadsheet may evaluate (OWASP, "CSV Injection"): one of = + - @, also in its full-width or
small form and after invisible characters, or a tab or line break."""


def neutral(value: Any) -> Any:
    """Return a cell's value; text that a spreadsheet may evaluate as a formula is prefixed with '."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
