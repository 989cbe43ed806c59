"""When an article was published, of what a page shows, states and has in its URL."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler import extract
from crawler.records.model import Flag
from tests.test_general_reading import CHINESE_PAGE

NOW = datetime(2026, 11, 30, 4, tzinfo=UTC)
PLAIN = "https://news.example.com.cn/a/c_1130001.html"
DATED = "https://news.example.com.cn/2020-05/17/c_1130001.html"
SCRIPT = '<script>var ct = "1589681412";</script>'
LINE = '</span></div><div class="info"><span>'
META = '<meta property="article:published_time" content="2020-05-17T10:10:12+08:00">'


@pytest.mark.parametrize(
    ("shown", "url", "more", "expected"),
    [
        ("05-17 09:30", PLAIN, META, "2020-05-17T10:10:12+08:00"),
        ("05-17 09:30", PLAIN, SCRIPT, "2020-05-17T10:10:12+08:00"),
        ("05-17 09:30", DATED, "", "2020-05-17T09:30:00+08:00"),
        ("昨天", PLAIN, SCRIPT, "2020-05-17T10:10:12+08:00"),
        ("昨天 09:30", DATED, "", "2020-05-17"),
        ("05-16 09:30", DATED, SCRIPT, "2026-05-16T09:30:00+08:00"),
        ("2021-05-17 09:30", DATED, SCRIPT, "2021-05-17T09:30:00+08:00"),
        ("3小时前", PLAIN, "", "2026-11-30T09:00:00+08:00"),
        ("昨天 09:30", PLAIN.replace("/a/", "/2026/1129/"), "", "2026-11-29T09:30:00+08:00"),
        (f"05-17 09:30{LINE}更新于2020-05-20 10:00", DATED, "", "2020-05-17T09:30:00+08:00"),
        (f"05-17 09:30{LINE}2019年1月1日起的旧规", DATED, "", "2020-05-17T09:30:00+08:00"),
    ],
    ids=[
        "metadata",
        "script",
        "URL",
        "script of yesterday",
        "URL of yesterday",
        "another day",
        "year",
        "no other",
        "URL of the day",
        "update",
        "day of something else",
    ],
)
def test_a_date_without_a_year_is_one_that_the_page_has_elsewhere(
    shown: str, url: str, more: str, expected: str
) -> None:
    """Pages that are read long after they were published; else the year is that of the fetch."""
    page = CHINESE_PAGE.replace("2024-05-17 09:30:12", shown).replace("<title>", f"{more}<title>")
    record = extract(page.encode(), url, fetched_at=NOW, profiles=[], general=True)
    assert expected == record.date_published
    assert (Flag.DATE_DOUBT in record.flags) == (expected[:7] == "2026-05" or expected[:4] == "2021")


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("var a = 12345678901, pubTime = 1589681412;", "2020-05-17T10:10:12+08:00"),
        ("createTime:\n\t'1589681412000'", "2020-05-17T10:10:12+08:00"),
        ('{"n": "0000000000", "publish_date" : "2020-05-17 10:10:12"}', "2020-05-17T10:10:12+08:00"),
        ("ct=2020-05-17", None),
        ("ct=91589681412", None),
        ("ct=-1589681412", None),
        ("effect = '1589681412'", None),
        ("1589681412", None),
    ],
)
def test_a_date_that_only_a_script_has(script: str, expected: str | None) -> None:
    """A time stamp, or a date with its time, under a name that many sites give it."""
    page = CHINESE_PAGE.replace("2024-05-17 09:30:12", "").replace("<title>", f"<script>{script}</script><title>")
    record = extract(page.encode(), PLAIN, fetched_at=NOW, profiles=[], general=True)
    assert expected == record.date_published
