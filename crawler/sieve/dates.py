"""Dates as Chinese portals write them, to RFC 3339 in the site's time zone.

`parse_date` finds the first date in a string; what cannot be a date (month 13, 30 February, 25 o'clock) is passed over.
A date without a zone is the site's wall time; one with a zone is converted to the site's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final, Literal

import msgspec

Precision = Literal["second", "minute", "day"]


class ParsedDate(msgspec.Struct, frozen=True):
    """A date found in a string.

    `iso` is RFC 3339 with the site's offset, or `YYYY-MM-DD` where `precision` is `day`; `raw` is the string that was
    read, as it stands in the source; `relative` tells that it was counted back from the time of fetching.
    """

    iso: str
    precision: Precision
    raw: str
    relative: bool = False


_WIDE = str.maketrans("０１２３４５６７８９：－／．＋\u3000\xa0\u2002\u2003\u2009\u202f", "0123456789:-/.+" + " " * 6)

# The form nearly every date has; what it does not match as a whole goes through _DATE.
_COMMON = re.compile(r"\s*(((?:19[7-9]|20\d)\d)-(\d\d)-(\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?)\s*", re.ASCII)

# Digits, letters and path characters before a date, or more digits after it, make it a piece of an id or of an address.
_START = r"(?<![0-9A-Za-z=&?%#])(?<![0-9A-Za-z%=/][-./_])"
_YEAR = r"(?:19[7-9]|20\d)\d"
_TIME = (
    r"(?P<hour{n}>\d{{1,2}})(?::|\s*[时点]\s*)(?P<minute{n}>\d{{2}})(?!\d)"
    r"(?:(?::|\s*分\s*)(?P<second{n}>\d{{2}})(?!\d)(?:[.,]\d{{1,9}})?\s*秒?|\s*分)?"
    r"(?P<zone{n}>\s?(?:Z(?![A-Za-z])|[+-]\d{{2}}:?\d{{2}}(?![\d:])))?"
)
_WEEKDAY = r"(?:\s*[(（]?(?:星期|周)[一二三四五六日天][)）]?)?"
_DATE = re.compile(
    _START
    + r"(?:"
    + rf"(?P<year>{_YEAR})(?:(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})(?!\d|[-/.]\d)"
    + r"|\s*年\s*(?P<month2>\d{1,2})\s*月\s*(?P<day2>\d{1,2})\s*[日号])"
    + rf"(?:{_WEEKDAY}(?:\s*|T|\s*[,，|]\s*){_TIME.format(n=1)})?"
    + rf"|(?P<month3>\d\d)/(?P<day3>\d\d)/(?P<year3>{_YEAR})(?![\d/])(?:\s+{_TIME.format(n=3)})?"
    + rf"|(?P<month4>\d{{1,2}})[-/](?P<day4>\d{{1,2}})\s+{_TIME.format(n=4)}"
    + rf"|(?P<month5>\d{{1,2}})\s*月\s*(?P<day5>\d{{1,2}})\s*[日号](?:{_WEEKDAY}\s*{_TIME.format(n=5)})?"
    + rf"|(?P<word>[今昨前][天日])(?:\s*{_TIME.format(n=6)})?"
    + r"|(?P<now>刚刚|刚才)"
    + r"|(?P<count>\d{1,4}|半)\s*(?P<unit>秒钟?|分钟?|个?小时|天|日|周|个?星期|个月|年)\s*[之以]?前"
    + r")",
    re.ASCII,
)
_DAYS_BACK: Final = {"今": 0, "昨": 1, "前": 2}
_EPOCH = re.compile(r"\s*(1\d{9})(?:\d{3})?\s*", re.ASCII)
_LONGEST_OFFSET: Final = timedelta(hours=14)
_LEAP_CYCLE: Final = 8
"""Years in which 29 February comes at least once, turns of centuries included."""


def parse_date(text: str, *, tz: tzinfo, now: datetime | None) -> ParsedDate | None:
    """Return the first date in `text`, None where there is none.

    `tz` is the site's time zone, `now` the aware time of fetching: dates without a year are the most recent past
    ones, and 昨天, 3小时前 and the like are counted from it; where it is None, such dates are none. A string of 10 or
    13 digits and nothing else is seconds or milliseconds since 1970. Raises ValueError for a naive `now`.
    """
    common = _COMMON.fullmatch(text)
    if common is not None:
        raw, year, month, day, hour, minute, second = common.groups()
        try:
            when = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=tz)
        except ValueError:
            return None
        return ParsedDate(when.isoformat(), "minute" if second is None else "second", raw)
    if now is not None and now.tzinfo is None:
        raise ValueError("`now` has no time zone; give an aware datetime")
    epoch = _EPOCH.fullmatch(text)
    if epoch is not None:
        when = datetime.fromtimestamp(int(epoch[1]), UTC).astimezone(tz)
        return ParsedDate(when.isoformat(), "second", text.strip())
    plain = text if text.isascii() else text.translate(_WIDE)
    for match in _DATE.finditer(plain):
        found = _read(match, tz, now.astimezone(tz) if now is not None else None)
        if found is not None:
            iso, precision, relative = found
            return ParsedDate(iso, precision, text[match.start() : match.end()].strip(), relative)
    return None


def from_groups(groups: Mapping[str, str | None]) -> ParsedDate | None:
    """Return the day that a URL's named groups `year` (two or four digits), `month` and `day` give.

    None where a group is missing or they are no date. Two digits are a year from 1970 to 2069.
    """
    year, month, day = groups.get("year"), groups.get("month"), groups.get("day")
    if not (year and month and day):
        return None
    try:
        number = int(year)
        if number < 100:
            number += 1900 if number >= 70 else 2000
        return ParsedDate(date(number, int(month), int(day)).isoformat(), "day", f"{year}-{month}-{day}")
    except ValueError:
        return None


def _read(match: re.Match[str], tz: tzinfo, now: datetime | None) -> tuple[str, Precision, bool] | None:
    """Return (iso, precision, relative) of a match, None where it is no date or needs a `now` that is missing."""
    groups = match.groupdict()
    clock = _clock(groups)
    if groups["year"] or groups["year3"]:
        year = int(groups["year"] or groups["year3"])
        month = int(groups["month"] or groups["month2"] or groups["month3"])
        day = int(groups["day"] or groups["day2"] or groups["day3"])
        written = _written(year, month, day, clock, tz)
        return (*written, False) if written else None
    if now is None:
        return None
    if groups["month4"] or groups["month5"]:
        month, day = int(groups["month4"] or groups["month5"]), int(groups["day4"] or groups["day5"])
        for year in range(now.year, now.year - _LEAP_CYCLE, -1):
            if (month, day) <= (now.month, now.day) or year < now.year:
                written = _written(year, month, day, clock, tz)
                if written is not None:
                    return (*written, False)
        return None
    if groups["word"]:
        back = now.date() - timedelta(days=_DAYS_BACK[groups["word"][0]])
        written = _written(back.year, back.month, back.day, clock, tz)
        return (*written, True) if written else None
    if groups["now"]:
        return now.isoformat(timespec="minutes"), "minute", True
    return _ago(groups["count"], groups["unit"], now)
