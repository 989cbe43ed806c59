"""CSV cells: text from a web page must not run as a formula in a spreadsheet."""

from __future__ import annotations

import re
from typing import Any

_UNSEEN = (
    r"\s\x00-\x1f\x7f-\xa0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffd\U000e0000-\U000e0fff"
)
_FORMULA = re.compile(rf"[\t\r\n]|[{_UNSEEN}]*[=+\-@＝＋－＠﹦﹢﹣﹫−]")
"""Start of a cell that a spreadsheet may evaluate (OWASP, "CSV Injection"): one of = + - @, also in its full-width or
small form and after invisible characters, or a tab or line break."""


def neutral(value: Any) -> Any:
    """Return a cell's value; text that a spreadsheet may evaluate as a formula is prefixed with '."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
