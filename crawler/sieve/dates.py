"""Parses dates as written by Chinese portals into RFC 3339 in the site's time zone.

`parse_date` finds the first date in a string; impossible dates (month 13, 30 February, 25 o'clock) are skipped.
A year of two digits (from 1970 to 2069) is read where a time follows.
A date without a zone is the site's wall time; one with a zone is converted to the site's.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import Final, Literal

import msgspec

Precision = Literal["second", "minute", "day"]


class ParsedDate(msgspec.Struct, frozen=True):
    """A date that was found in a string.

    `iso` is RFC 3339 with the site's offset, or `YYYY-MM-DD` where `precision` is `day`; `raw` is the string that was
    parsed, as in the source; `relative` means that it was counted back from the time of fetching.
    """

    iso: str
    precision: Precision
    raw: str
    relative: bool = False


_WIDE = str.maketrans("０１２３４５６７８９：－／．＋\u3000\xa0\u2002\u2003\u2009\u202f", "0123456789:-/.+" + " " * 6)

# Digits, letters and path characters before a date, or more digits after it, make it a part of an id or URL.
_START = r"(?<![0-9A-Za-z=&?%#])(?<![0-9A-Za-z%=/][-./_])"
_YEAR = r"(?:19[7-9]|20\d)\d"

# The form of nearly every date, without anything before it that might be a date; _DATE handles the rest.
_COMMON = re.compile(
    rf"[^\d今昨前刚半]*+{_START}(({_YEAR})-([0-9]{{2}})-([0-9]{{2}})[ T]([0-9]{{2}}):([0-9]{{2}})(?::([0-9]{{2}}))?)"
    r"(?![\d:：.,，]|\s?[-+Z时分])"
)

# The form of times in lists; _DATE handles the rest.
_COMMON_AGO = re.compile(r"(\d{1,4})(秒|分|小时|天)钟?前", re.ASCII)

_TIME = (
    r"(?P<hour{n}>\d{{1,2}})(?::|\s*[时点]\s*)(?P<minute{n}>\d{{2}})(?!\d)"
    r"(?:(?::|\s*分\s*)(?P<second{n}>\d{{2}})(?!\d)(?:[.,]\d{{1,9}}(?!\d))?\s*秒?|\s*分)?"
    # 10:12-11:30 is a time span: an offset follows seconds or the form with a T.
    r"(?P<zone{n}>\s?Z(?![A-Za-z])|(?(second{n})|(?(letter)|(?!)))\s?[+-]\d{{2}}:?\d{{2}}(?![\d:]))?"
)
_WEEKDAY = r"(?:\s*[(（]?(?:星期|周)[一二三四五六日天][)）]?)?"
_NO_HANZI = r"(?![\u4e00-\u9fff])"
_DATE = re.compile(
    _START
    + r"(?:"
    + rf"(?P<year>{_YEAR})(?:(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})(?!\d(?!\d:\d\d)|[-/.]\d)"
    + r"|[-/](?P<month9>\d\d)[-/](?P<day9>\d\d)(?![\d年月期]|[-/.]\d)"  # 2018-05/20, in addresses
    + r"|\s*年\s*(?P<month2>\d{1,2})\s*月\s*(?P<day2>\d{1,2})\s*[日号]"
    # The parts of a time that a page shows in boxes of their own: 2023 11/ 17 20:52.
    + r"|\s+(?P<month7>\d{1,2})\s*/\s*(?P<day7>\d{1,2})(?=\s+\d{1,2}:\d\d))"
    + rf"(?:{_WEEKDAY}(?:\s*|(?P<letter>T)|\s*[,|]\s*){_TIME.format(n=1)})?"
    + rf"|(?P<month3>\d\d)/(?P<day3>\d\d)/(?P<year3>{_YEAR})(?![\d/])(?:\s+{_TIME.format(n=3)})?"
    + rf"|(?P<year8>\d\d)-(?P<month8>\d\d)-(?P<day8>\d\d)\s*{_TIME.format(n=8)}"
    # Day and time may be in elements of their own without a space between them: 12-2718:40.
    + rf"|(?P<month4>\d{{1,2}})[-/](?P<day4>\d{{1,2}})(?:\s+|(?<=\d\d-\d\d)(?=\d\d:)){_TIME.format(n=4)}"
    + rf"|(?P<month5>\d{{1,2}})\s*月\s*(?P<day5>\d{{1,2}})\s*[日号](?:{_WEEKDAY}\s*{_TIME.format(n=5)})?"
    # 目前天气 is not a date, nor are the names of newspapers that begin with 今日.
    + rf"|(?P<word>(?<![目之以当提])前[天日]|[今昨][天日])(?:\s*{_TIME.format(n=6)}|(?<=天){_NO_HANZI})"
    + rf"|(?P<moment>刚刚|刚才)(?:{_NO_HANZI}|(?=发布|更新|发表))"
    + r"|(?P<count>\d{1,4}|半)\s*(?P<unit>秒|分|个?小时|天|日|周|个?星期|个月|年)钟?\s*[之以]?前"
    + r")",
    re.ASCII,
)
_DAYS_BACK: Final = {"今": 0, "昨": 1, "前": 2}
_SECONDS: Final = {"秒": 1, "分": 60, "小时": 3600}
_DAYS: Final = {"天": 1, "日": 1, "周": 7, "星期": 7}
_MONTHS: Final = {"月": 1, "年": 12}
_EPOCH = re.compile(r"\s*(1\d{9})(?:\d{3})?\s*", re.ASCII)
_LONGEST_OFFSET: Final = timedelta(hours=14)
_LEAP_CYCLE: Final = 8
"""Years within which 29 February occurs at least once, including turns of centuries."""


def parse_date(text: str, *, tz: tzinfo, now: datetime | None) -> ParsedDate | None:
    """Return the first date in `text`, or None.

    `tz` is the site's time zone, `now` the aware time of fetching: dates without a year are the most recent past
    ones, and 昨天, 3小时前 and the like are counted from it; without it, such dates are ignored. A string of 10 or
    13 digits and nothing else is seconds or milliseconds since 1970. Raises ValueError for a naive `now`.
    """
    common = _COMMON.match(text)
    if common is not None:
        raw, year, month, day, hour, minute, second = common.groups()
        try:
            when = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=tz)
        except ValueError:
            pass
        else:
            return ParsedDate(when.isoformat(), "minute" if second is None else "second", raw)
    if now is not None and now.tzinfo is None:
        raise ValueError("`now` has no time zone; use an aware datetime")
    ago = _COMMON_AGO.fullmatch(text)
    if ago is not None:
        try:
            return (
                ParsedDate(*_ago(ago[1], ago[2], now.astimezone(tz)), text, relative=True) if now is not None else None
            )
        except OverflowError:  # a clock at the beginning or the end of time
            return None
    epoch = _EPOCH.fullmatch(text)
    if epoch is not None:
        when = datetime.fromtimestamp(int(epoch[1]), UTC).astimezone(tz)
        return ParsedDate(when.isoformat(), "second", text.strip())
    plain = text if text.isascii() else text.translate(_WIDE)
    for match in _DATE.finditer(plain):
        try:
            found = _read(match, tz, now.astimezone(tz) if now is not None else None)
        except (ValueError, OverflowError):
            continue
        if found is not None:
            iso, precision, relative = found
            return ParsedDate(iso, precision, text[match.start() : match.end()].strip(), relative)
    return None


def from_groups(groups: Mapping[str, str | None]) -> ParsedDate | None:
    """Return the date in a URL's named groups `year` (two or four digits), `month` and `day`.

    None if a group is missing or the date is invalid. Two digits are a year from 1970 to 2069.
    """
    year, month, day = groups.get("year"), groups.get("month"), groups.get("day")
    if not (year and month and day):
        return None
    try:
        return ParsedDate(date(_full_year(int(year)), int(month), int(day)).isoformat(), "day", f"{year}-{month}-{day}")
    except ValueError:
        return None


def _full_year(number: int) -> int:
    if number >= 100:
        return number
    return number + (1900 if number >= 70 else 2000)


def _read(match: re.Match[str], tz: tzinfo, now: datetime | None) -> tuple[str, Precision, bool] | None:
    """Return (iso, precision, relative) of a match, or None if it requires a missing `now`.

    Raises ValueError if the digits are not a date.
    """
    groups = match.groupdict()
    clock = _clock(groups)
    year = groups["year"] or groups["year3"]
    if groups["year8"]:
        year = str(_full_year(int(groups["year8"])))
    month, day = _first(groups, "month"), _first(groups, "day")
    if year is not None:
        return *_written(date(int(year), month, day), clock, tz), False
    if now is None:
        return None
    if month:
        return *_written(_last(month, day, now.date()), clock, tz), False
    if groups["word"]:
        return *_written(now.date() - timedelta(days=_DAYS_BACK[groups["word"][0]]), clock, tz), True
    if groups["moment"]:
        return now.isoformat(timespec="seconds"), "minute", True
    return *_ago(groups["count"] or "", groups["unit"] or "", now), True


def _first(groups: dict[str, str | None], name: str) -> int:
    """Return the number in the group of this name that matched, or 0."""
    return next((int(value) for n in ("", "2", "3", "4", "5", "7", "8", "9") if (value := groups.get(name + n))), 0)


_Clock = tuple[time, Precision, timezone | None]


def _clock(groups: dict[str, str | None]) -> _Clock | None:
    """Return the time of day next to a date, with its precision and zone; ValueError if it is invalid."""
    for n in "134568":
        hour, minute, second = groups["hour" + n], groups["minute" + n], groups["second" + n]
        if hour is not None and minute is not None:
            precision: Precision = "minute" if second is None else "second"
            return time(int(hour), int(minute), int(second or 0)), precision, _zone(groups["zone" + n])
    return None


def _zone(written: str | None) -> timezone | None:
    if written is None:
        return None
    written = written.strip()
    if written == "Z":
        return UTC
    offset = timedelta(hours=int(written[1:3]), minutes=int(written[-2:]))
    if offset > _LONGEST_OFFSET:
        raise ValueError(f"not a time zone: {written}")
    return timezone(-offset if written[0] == "-" else offset)


def _written(day: date, clock: _Clock | None, tz: tzinfo) -> tuple[str, Precision]:
    """Return (iso, precision) of a date and its time of day, if any."""
    if clock is None:
        return day.isoformat(), "day"
    at, precision, zone = clock
    when = datetime.combine(day, at, zone or tz)
    return (when.astimezone(tz) if zone else when).isoformat(), precision


def _last(month: int, day: int, today: date) -> date:
    """Return the most recent date with this month and day, at most `today`; ValueError if there is none."""
    for year in range(today.year, today.year - _LEAP_CYCLE - 1, -1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found <= today:
            return found
    raise ValueError(f"not a date: month {month}, day {day}")


def _ago(count: str, unit: str, now: datetime) -> tuple[str, Precision]:
    """Return (iso, precision) of the time `count` units before `now`; 半 is half a unit."""
    number = 0.5 if count == "半" else int(count)
    unit = unit.removeprefix("个")
    if unit in _SECONDS:
        return (now - timedelta(seconds=number * _SECONDS[unit])).isoformat(timespec="seconds"), "minute"
    if unit in _DAYS or (unit == "月" and number < 1):
        return (now - timedelta(days=number * _DAYS.get(unit, 30))).date().isoformat(), "day"
    year, month = divmod(now.year * 12 + now.month - 1 - int(number * _MONTHS[unit]), 12)
    return date(year, month + 1, min(now.day, monthrange(year, month + 1)[1])).isoformat(), "day"
