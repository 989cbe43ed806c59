"""Counts as portals write them: 1059, 1,059, 1.2万, 3亿, 10万+."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

_WIDE = str.maketrans("０１２３４５６７８９．，＋", "0123456789.,+")
_NUMBER = re.compile(
    r"(?<![\d.])(\d{1,3}(?:,\d{3})+(?!\d)|\d{1,18}(?!\d))(\.\d{1,9}(?!\d))?\s*(千万|百万|[万萬亿億千]|[wWkK](?![a-zA-Z]))?"
)
_UNITS: Final = {
    "千": 10**3, "k": 10**3, "万": 10**4, "萬": 10**4, "w": 10**4,
    "百万": 10**6, "千万": 10**7, "亿": 10**8, "億": 10**8,
}  # fmt: skip


def parse_number(text: str) -> int | None:
    """Return the first number in `text` as a count, None where there is none.

    Full-width digits, thousands separators and the units 千, 万, 亿 (also k and w) are read; `10万+` is its lower
    bound, 100000. A number that is no whole count (`4.5`) is none.
    """
    if text.isdecimal() and text.isascii() and len(text) <= 18:
        return int(text)
    match = _NUMBER.search(text.translate(_WIDE))
    if match is None:
        return None
    whole, fraction, unit = match.groups()
    value = Decimal(whole.replace(",", "") + (fraction or "")) * (_UNITS[unit.lower()] if unit else 1)
    return int(value) if value == value.to_integral_value() else None
