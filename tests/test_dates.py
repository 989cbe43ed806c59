"""Dates as Chinese portals write them come out as RFC 3339 in the site's time; what only looks like one does not."""

from __future__ import annotations

import time
import timeit
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.sieve.dates import ParsedDate, from_groups, parse_date

TZ = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 2, 21, 15, 44, 49, tzinfo=TZ)


def iso(text: str, now: datetime | None = NOW) -> str | None:
    """Return the first date in `text` as RFC 3339."""
    found = parse_date(text, tz=TZ, now=now)
    return found.iso if found else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-02-20 10:12:47", "2026-02-20T10:12:47+08:00"),
        ("2026-02-20 10:12:00", "2026-02-20T10:12:00+08:00"),
        ("2026 02/ 20 10:12:47", "2026-02-20T10:12:47+08:00"),
        ("2025 11/20 10:12:47", "2025-11-20T10:12:47+08:00"),
        ("2026-02-20T10:12:47", "2026-02-20T10:12:47+08:00"),
        ("2026-02-20T10:12:47+08:00", "2026-02-20T10:12:47+08:00"),
        ("2026-02-20T10:12:47+0800", "2026-02-20T10:12:47+08:00"),
        ("2026-02-20 10:12:47 +08:00", "2026-02-20T10:12:47+08:00"),
        ("2026-02-20T02:12:47Z", "2026-02-20T10:12:47+08:00"),
        ("2026-02-20T02:12:47.000Z", "2026-02-20T10:12:47+08:00"),
        ("2026-02-19T18:12:47-08:00", "2026-02-20T10:12:47+08:00"),
        ("2026-02-20 10:12:47.0", "2026-02-20T10:12:47+08:00"),
        ("2026年2月20日 10:12:47", "2026-02-20T10:12:47+08:00"),
        ("2026年2月20日10时12分47秒", "2026-02-20T10:12:47+08:00"),
        ("02/20/2026 10:12:47", "2026-02-20T10:12:47+08:00"),
        ("２０２６－０２－２０　１０：１２：４７", "2026-02-20T10:12:47+08:00"),
        ("2026-02-20\xa010:12:47", "2026-02-20T10:12:47+08:00"),
        ("1771553567", "2026-02-20T10:12:47+08:00"),
        (" 1771553567000 ", "2026-02-20T10:12:47+08:00"),
    ],
)
def test_to_the_second(text: str, expected: str) -> None:
    """Seconds that are given are kept, also where they are zero; other zones are turned into the site's."""
    assert ParsedDate(expected, "second", text.strip()) == parse_date(text, tz=TZ, now=None)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-20 10:12",
        "2026-02-20  10:12",
        "2026/02/20 10:12",
        "2026.02.20 10:12",
        "2026-2-20 10:12",
        "2026年2月20日 10:12",
        "2026年02月20日10:12",
        "2026年2月20日　10：12",
        "2026年2月20日 10时12分",
        "2026 年 2 月 20 日 10 点 12",
        "2026年2月20日 星期五 10:12",
        "2026年2月20日（星期五）10:12",
        "2026-02-20T10:12+08:00",
        "2026-02-20T02:12Z",
        "02/20/2026 10:12",
        "02-20 10:12",
        "2月20日 10:12",
        "2月20日10时12分",
    ],
)
def test_to_the_minute(text: str) -> None:
    """Without seconds the precision is the minute; a year that is missing is the one that makes it most recent."""
    assert ParsedDate("2026-02-20T10:12:00+08:00", "minute", text) == parse_date(text, tz=TZ, now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-20",
        "2026/2/20",
        "2026.02.20",
        "2026年2月20日",
        "2026年02月20号",
        "02/20/2026",
        "2月20日",
        "2026-02/20",
        "2026/02-20",
    ],
)
def test_to_the_day(text: str) -> None:
    """A bare date stays one."""
    assert ParsedDate("2026-02-20", "day", text) == parse_date(text, tz=TZ, now=NOW)


@pytest.mark.parametrize(
    ("text", "expected", "precision"),
    [
        ("昨天 12:03", "2026-02-20T12:03:00+08:00", "minute"),
        ("昨天12:03:04", "2026-02-20T12:03:04+08:00", "second"),
        ("前天 12:03", "2026-02-19T12:03:00+08:00", "minute"),
        ("今天 12:03", "2026-02-21T12:03:00+08:00", "minute"),
        ("昨日 12:03", "2026-02-20T12:03:00+08:00", "minute"),
        ("昨天", "2026-02-20", "day"),
        ("3小时前", "2026-02-21T12:44:49+08:00", "minute"),
        ("3 小时前", "2026-02-21T12:44:49+08:00", "minute"),
        ("２４个小时之前", "2026-02-20T15:44:49+08:00", "minute"),
        ("5分钟前", "2026-02-21T15:39:49+08:00", "minute"),
        ("30秒前", "2026-02-21T15:44:19+08:00", "minute"),
        ("半小时前", "2026-02-21T15:14:49+08:00", "minute"),
        ("刚刚", "2026-02-21T15:44:49+08:00", "minute"),
        ("刚刚更新", "2026-02-21T15:44:49+08:00", "minute"),
        ("2天前", "2026-02-19", "day"),
        ("1周前", "2026-02-14", "day"),
        ("1个月前", "2026-01-21", "day"),
        ("半个月前", "2026-02-06", "day"),
        ("2年前", "2024-02-21", "day"),
    ],
)
def test_counted_back(text: str, expected: str, precision: str) -> None:
    """Relative dates are counted from the time of fetching; without it they are ignored."""
    found = parse_date(text, tz=TZ, now=NOW.astimezone(UTC))
    assert found is not None
    assert (expected, precision, True) == (found.iso, found.precision, found.relative)
    assert parse_date(text, tz=TZ, now=None) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12-31 23:59", "2025-12-31T23:59:00+08:00"),
        ("02-21 23:59", "2026-02-21T23:59:00+08:00"),
        ("02-22 00:00", "2025-02-22T00:00:00+08:00"),
        ("2月29日 08:00", "2024-02-29T08:00:00+08:00"),
    ],
)
def test_year_from_now(text: str, expected: str) -> None:
    """Without a year it is the most recent day of that name that is not to come; without `now`, none."""
    assert expected == iso(text)
    assert iso(text, now=None) is None


def test_months_of_other_lengths() -> None:
    """A month before 31 March is the last of February."""
    assert iso("1个月前", datetime(2026, 3, 31, 9, tzinfo=TZ)) == "2026-02-28"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("来源：某报　2026-02-20 10:12:47　举报", "2026-02-20T10:12:47+08:00"),
        ("发布于2026-02-20 10:12:47更新于2026-02-21 08:00:00", "2026-02-20T10:12:47+08:00"),
        ("今日某报 2026-02-20 10:12:47", "2026-02-20T10:12:47+08:00"),
        ("3月生活 2026-02-20 10:12:47", "2026-02-20T10:12:47+08:00"),
        ("第20260101期 2026-02-20 10:12:47", "2026-02-20T10:12:47+08:00"),
        ("2026-02-30 2026-02-20 10:12:47", "2026-02-20T10:12:47+08:00"),
        ("2026-02-20 25:00 2026-02-20 10:12:47", "2026-02-20T10:12:47+08:00"),
        ("2026-02-20 10:12-11:30", "2026-02-20T10:12:00+08:00"),
        ("2026-02-20(10:12)", "2026-02-20"),
        ("昨天 12:03 2026-02-20 10:12:47", "2026-02-20T12:03:00+08:00"),
    ],
)
def test_the_first_date_of_a_line(text: str, expected: str) -> None:
    """The first string that is a date counts, whatever surrounds it; the following text is not part of it."""
    assert expected == iso(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "没有日期的一行字",
        "20日",
        "2月",
        "10:12",
        "2026-13-01 10:00",
        "2026-00-10",
        "2026-02-30",
        "2026-02-20 25:00",
        "2026-02-20 10:60",
        "2026-02-20 10:12:60",
        "2026年13月5日 10:12",
        "13/20/2026 10:12:47",
        "2026-02.20",
        "12026-02-20",
        "2026-02-201",
        "2026-02-20-15",
        "doc-2026-02-20-1",
        "doc-2026-02-20.html",
        "https://a.example/2026/02/20/",
        "https://a.example/2026/02/20/123.html",
        "https://a.example/x?d=2026-02-20",
        "1.2026.02.20.3",
        "13800138000",
        "177155356",
        "价格 2026.02 元",
        "比分 3-1",
        "目前天气",
        "今日某报",
        "今天的风筝",
        "1871-02-20",
        "2026-02-20T10:12:47+25:00",
    ],
)
def test_no_date(text: str) -> None:
    """Months, days and hours that do not exist, ids, addresses, prices and phone numbers are not dates."""
    assert iso(text) is None


def test_raw_is_what_stands_there() -> None:
    """The string read is kept as the page has it, full-width digits and all."""
    found = parse_date("来源　２０２６年２月２０日　１０：１２ 记者", tz=TZ, now=None)
    assert ParsedDate("2026-02-20T10:12:00+08:00", "minute", "２０２６年２月２０日　１０：１２") == found


@pytest.mark.parametrize("now", [datetime.min, datetime.max])
@pytest.mark.parametrize("text", ["3小时前", "9999天前", "3 小时前", "9999年前", "昨天 10:20", "刚刚发布"])
def test_no_date_beyond_the_ends_of_the_calendar(text: str, now: datetime) -> None:
    """Of a clock that is wrong: the date cannot be counted, in the site's zone or back from now."""
    found = parse_date(text, tz=TZ, now=now.replace(tzinfo=UTC))
    assert found is None or found.iso.startswith("0001-01-01")


def test_naive_now_is_refused() -> None:
    """A time of fetching without a zone is a mistake of the caller."""
    with pytest.raises(ValueError, match="no time zone"):
        parse_date("昨天 12:03", tz=TZ, now=datetime(2026, 2, 21))


def test_another_zone() -> None:
    """Wall time and offset are those of the site, summer time included."""
    zone = ZoneInfo("Europe/Berlin")
    assert "2026-07-01T10:12:47+02:00" == parse_date("2026-07-01 10:12:47", tz=zone, now=None).iso  # type: ignore[union-attr]
    assert "2026-01-01T10:12:47+01:00" == parse_date("2026-01-01T09:12:47Z", tz=zone, now=None).iso  # type: ignore[union-attr]


def test_from_groups() -> None:
    """Named groups of a URL yield a date, or None if it is invalid."""
    assert ParsedDate("2026-02-20", "day", "2026-02-20") == from_groups({"year": "2026", "month": "02", "day": "20"})
    assert ParsedDate("2019-07-01", "day", "19-07-1") == from_groups({"year": "19", "month": "07", "day": "1"})
    assert ParsedDate("1998-07-01", "day", "98-07-01") == from_groups({"year": "98", "month": "07", "day": "01"})
    assert from_groups({"year": "2026", "month": "13", "day": "01"}) is None
    assert from_groups({"year": "2026", "month": None, "day": "01"}) is None
    assert from_groups({"id": "x"}) is None


FORMS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%Y.%m.%d %H:%M:%S",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y年%m月%d日%H时%M分%S秒",
    "%m/%d/%Y %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y年%m月%d日%H:%M",
    "%Y年%m月%d日 %H时%M分",
    "%Y-%m-%d",
    "%Y年%m月%d日",
)
WIDE = str.maketrans("0123456789:- ", "０１２３４５６７８９：－　")
TIMES = st.datetimes(datetime(1995, 1, 1), datetime(2069, 12, 31)).map(lambda when: when.replace(microsecond=0))


@given(TIMES, st.sampled_from(FORMS), st.sampled_from(["", "来源：某报 ", "更新于"]), st.booleans())
def test_what_is_written_is_read(when: datetime, form: str, before: str, wide: bool) -> None:
    """Any time, in any form, after any words, comes back."""
    written = when.strftime(form)
    text = before + (written.translate(WIDE) if wide else written) + " 举报"
    if "%H" not in form:
        expected = when.date().isoformat()
    else:
        expected = when.replace(second=when.second if "%S" in form else 0, tzinfo=TZ).isoformat()
    assert expected == iso(text, now=None)


@given(TIMES, st.integers(-12 * 60, 14 * 60))
def test_instants_are_kept(when: datetime, minutes: int) -> None:
    """A time with an offset is the same instant in the site's zone."""
    instant = when.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    read = iso(instant.isoformat(), now=None)
    assert read is not None
    assert instant == datetime.fromisoformat(read)


@given(st.text(alphabet="0123456789年月日时分秒天昨今前刚半-:/ .TZ+个小", max_size=30))
def test_never_raises(text: str) -> None:
    """Whatever the text, it has a date that can be read again, or none."""
    found = parse_date(text, tz=TZ, now=NOW)
    if found is not None:
        assert datetime.fromisoformat(found.iso)
        assert found.raw in text


def test_long_text_is_searched_in_linear_time() -> None:
    """A line ten times as long without a date costs ten times as much, not a hundred; CPU time, whoever else works."""
    small, large = ("2026-02-3 昨2天 " * count for count in (2000, 20000))
    once, more = (
        min(timeit.repeat(lambda text=text: iso(text), timer=time.process_time, number=1, repeat=5))
        for text in (small, large)
    )
    assert more < 40 * once


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("发布时间：18-03-08 23:16", "2018-03-08T23:16:00+08:00"),
        ("发布时间：18-03-0823:16", "2018-03-08T23:16:00+08:00"),
        ("98-12-31 23:59:58", "1998-12-31T23:59:58+08:00"),
        ("2018-03-0823:16", "2018-03-08T23:16:00+08:00"),
        ("2018-3-823:16", "2018-03-08T23:16:00+08:00"),
        ("12-2718:40", "2025-12-27T18:40:00+08:00"),
        ("18-03-08", None),
        ("18-13-08 23:16", None),
        ("118-03-08 23:16", None),
        ("1-2718:40", None),
        ("2018-03-08231", None),
    ],
)
def test_two_digits_and_parts_without_a_space(text: str, expected: str | None) -> None:
    """Two digits are a year only before a time; day and time may be in elements of their own."""
    assert expected == iso(text)
