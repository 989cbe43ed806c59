"""Dates with months in words of European languages, or in their order of the parts."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from typing import Final

from ..sieve.dates import ParsedDate

_MONTHS: Final = {
    name: number
    for number, names in enumerate((
        "january jan januar janvier janv enero ene janeiro gennaio gen januari jänner",
        "february feb februar février févr fevrier febrero fevereiro fev febbraio februari",
        "march mar märz maerz mrz mars marzo março maart",
        "april apr avril avr abril abr aprile",
        "may mai mayo maio maggio mag mei maj",
        "june jun juni juin junio junho giugno giu",
        "july jul juli juillet juil julio julho luglio lug",
        "august aug août aout agosto ago augustus augusti",
        "september sep sept septembre septiembre setembro settembre set",
        "october oct oktober okt octobre octubre outubro ottobre ott",
        "november nov novembre noviembre novembro",
        "december dec dezember dez décembre décem diciembre dic dezembro dicembre",
    ), 1)
    for name in names.split()
}  # fmt: skip
_DAY_FIRST = re.compile(
    r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|º|\.)?(?: de| of)?[ .]+([^\W\d_]{3,10})\.?,?(?: de| del)? ?"
    r"((?:19|20)\d\d)(?!\d)"
)
_MONTH_FIRST = re.compile(r"(?<![^\W\d_])([^\W\d_]{3,10})\.? (\d{1,2})(?:st|nd|rd|th)?,? ((?:19|20)\d\d)(?!\d)")
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.((?:19|20)\d\d)(?!\d)")
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2})(?:[:.h])(\d{2})(?::(\d{2}))?\s*([ap]\.?m\.?)?(?![\d])", re.IGNORECASE)


def worded_date(text: str, zone: tzinfo) -> ParsedDate | None:
    """Return the first such date in a text that has a year."""
    for pattern, order in ((_DAY_FIRST, (1, 2, 3)), (_MONTH_FIRST, (2, 1, 3)), (_DOTTED, (1, 2, 3))):
        for found in pattern.finditer(text):
            day, month, year = (found[number] for number in order)
            number = int(month) if month.isdigit() else _MONTHS.get(month.lower(), 0)
            if not number:
                continue
            clock = _CLOCK.search(text, found.end(), found.end() + 24)
            try:
                if clock is None:
                    return ParsedDate(
                        datetime(int(year), number, int(day), tzinfo=zone).date().isoformat(), "day", found[0]
                    )
                hour = int(clock[1]) % 12 + 12 * (clock[4].lower().startswith("p")) if clock[4] else int(clock[1])
                when = datetime(int(year), number, int(day), hour, int(clock[2]), int(clock[3] or 0), tzinfo=zone)
            except ValueError:
                continue
            return ParsedDate(when.isoformat(), "second" if clock[3] else "minute", text[found.start() : clock.end()])
    return None
