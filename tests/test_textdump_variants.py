"""What dumps of other pages say in another way: one part of a dump changed, and what the record says then."""

from __future__ import annotations

import pytest

from crawler.records.model import Role
from tests.dumps import Dump, body, items, take, unknown


def informed(dump: Dump, *lines: str) -> str:
    """Return the dump with `lines` in the place of the three that say time and source, place, 举报."""
    at = next(at for at, line in enumerate(dump.lines) if "来源" in line)
    assert dump.lines[at + 2] == "举报"
    return "\n".join([*dump.lines[:at], *lines, *dump.lines[at + 3 :]])


@pytest.mark.parametrize("source", ["36.5度旧事", "Mr.河口", "AI前线!", "旧事，新知"])
@pytest.mark.parametrize("end", ["", " 举报"])
def test_a_source_may_have_any_name(source: str, end: str) -> None:
    """Between 来源 and 举报, or the line's end, all is its name, marks and all."""
    dump = Dump("hao_browser")
    record = take(informed(dump, f"2026-02-21 10:12:13　来源: {source}{end}"))
    assert (record.headline, body(record)) == (dump.headline, dump.body)
    assert record.source is not None
    assert record.source.name == source


def test_a_place_may_have_a_line_of_its_own() -> None:
    """Also without 举报 below it."""
    dump = Dump("hao_browser")
    record = take(informed(dump, "2026-02-21 10:12:13 来源: 河口旧事", "湖北"))
    assert body(record) == dump.body
    assert record.source is not None
    assert (record.source.name, record.location) == ("河口旧事", "湖北")


def test_an_item_without_its_account_has_none() -> None:
    """The headline that stands there twice is nobody's name."""
    dump = Dump("hao_static")
    (headline, author, date), *_ = dump.gold["hot"]
    record = take("\n".join(line for line in dump.lines if line != author))
    assert items(record, "hot")[0] == [headline, None, date]


@pytest.mark.parametrize("between", ["lists", "items"])
def test_advertisements_are_distinguished(between: str) -> None:
    """The word above one is chrome, between lists or between items; the items stay whole."""
    dump = Dump("hao_static")
    at = dump.lines.index("相关推荐" if between == "lists" else dump.gold["hot"][1][0])
    record = take("\n".join([*dump.lines[:at], "广告", *dump.lines[at:]]))
    assert (body(record), unknown(record), items(record, "hot")) == (dump.body, [], dump.gold["hot"])


@pytest.mark.parametrize("first", ["渡口", "直播：渡口的灯 2026-02-20 09:00", "1"])
def test_two_headings_in_a_row_end_the_body(first: str) -> None:
    """Also where the first item below them is not whole, and no statement stands above."""
    dump = Dump("channel")
    at = dump.lines.index("相关推荐")
    end = next(at for at, line in enumerate(dump.lines) if line.startswith(("本文来源", "责任编辑")))
    heads = ["相关推荐", "热点推荐"]
    record = take("\n".join([*dump.lines[:end], *heads, first, *dump.lines[at + 1 :]]))
    assert body(record) == dump.body


@pytest.mark.parametrize("counts", ["1万+文章数 20万+关注度", "文章数 10000 关注度 200000"])
def test_a_cards_counts_are_written_in_many_ways(counts: str) -> None:
    """With a plus behind them, or behind their names."""
    dump = Dump("hao_static")
    at = next(at for at, line in enumerate(dump.lines) if line.endswith("关注度"))
    record = take("\n".join([*dump.lines[:at], counts, *dump.lines[at + 1 :]]))
    account = record.account
    assert account is not None
    assert (account.name, account.article_count, account.follower_count) == (dump.gold["account"][0], 10_000, 200_000)


FIRST, SECOND = (
    "特别声明：以上文章内容仅代表作者本人观点，不代表网易新闻观点。",
    "特别声明：以上文章内容仅代表作者本人观点，不代表网易立场",
)


def stated(dump: Dump, statement: str | None) -> str:
    """Return the dump with `statement` in the place of both its statements, or with these on one line."""
    first = next(at for at, line in enumerate(dump.lines) if line.startswith("特别声明"))
    second = next(at for at, line in enumerate(dump.lines) if line.startswith("Notice"))
    line = statement or f"{dump.lines[first]} {dump.lines[second]}"
    return "\n".join([*dump.lines[:first], line, *dump.lines[second + 1 :]])


@pytest.mark.parametrize("statement", [FIRST, SECOND, None])
def test_a_statement_ends_with_its_sentence(statement: str | None) -> None:
    """What stands below an older one is not its second line; two on one line are one entry."""
    dump = Dump("hao_static")
    text = stated(dump, statement)
    record = take(text)
    assert (body(record), unknown(record)) == (dump.body, [])
    notice = next(line for line in text.split("\n") if line.startswith("特别声明"))
    assert [entry.text for entry in record.chrome if entry.role is Role.DISCLAIMER] == [notice]
