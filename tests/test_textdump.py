"""A page that comes as text, such as a person copies out of a browser: headline, body and chrome from its lines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from crawler.errors import Failure, Quarantined
from crawler.records.model import Flag, Role
from crawler.textdump.extract import MAX_LINES, MAX_SIZE
from tests.dumps import ARTICLES, DUMPS, WIDE, Dump, body, items, take, unknown

CHINESE = str.maketrans(",:!?();.", "，：！？（）；。")


@pytest.fixture(params=ARTICLES)
def dump(request: pytest.FixtureRequest) -> Dump:
    """Return each article of textdumps/."""
    return Dump(request.param)


def test_headline_and_body(dump: Dump) -> None:
    """The headline is its line, and the blocks are the body's lines and no other."""
    record = take(dump.text)
    assert dump.headline == record.headline
    assert dump.body == body(record)


def test_chrome_has_its_roles(dump: Dump) -> None:
    """Every other line stands under its role, in page order, and none is unknown."""
    record = take(dump.text)
    assert dump.gold["roles"] == [entry.role.value for entry in record.chrome]
    assert [] == unknown(record)


@pytest.mark.parametrize("role", ["hot", "related", "previous"])
def test_items(dump: Dump, role: str) -> None:
    """Lists are cut into items with headline, account, time and comment count."""
    assert dump.gold.get(role, []) == items(take(dump.text), role)


def test_fields(dump: Dump) -> None:
    """What the lines under the headline, the credits and the card state stands in the record; nothing else does."""
    record, gold = take(dump.text), dump.gold
    account = record.account
    found = account and [account.name, account.description, account.article_count, account.follower_count]
    assert gold["account"] == found
    assert gold["source"] == (record.source and record.source.name)
    assert gold["datePublished"] == record.date_published
    assert gold.get("location") == record.location
    assert gold.get("editors", []) == list(record.editors)
    assert gold.get("originalHeadline") == record.original_headline
    assert gold.get("flags", []) == [flag.value for flag in record.flags]


def test_unknown_fields_are_null() -> None:
    """A record from text has no URL, no XPath, no status and no charset; its id and digest are those of the text."""
    text = Dump("hao_static").text
    record = take(text, fetched_at=datetime(2026, 3, 1, 12, 0, tzinfo=UTC))
    assert (None, None, None) == (record.url, record.fetch.status, record.fetch.charset)
    assert {None} == {entry.xpath for entry in record.chrome}
    assert "2026-03-01T12:00:00Z" == record.fetch.fetched_at
    assert ("text_dump", 1.0) == (record.layout.id, record.layout.confidence)
    assert record.id == take(text.replace("\n", "\r\n")).id
    assert record.id != take(text.replace("渡口停航三天", "渡口停航两天")).id
    assert "phrases.account" == record.provenance["account.name"].rule
    assert ["网易首页", "网易号", "正文"] == [step.name for step in record.breadcrumbs]


def test_columns_are_one_entry_each() -> None:
    """Each column has its heading and its headlines; tabs and quotes are not headlines."""
    columns = {
        entry.heading: [item.headline for item in entry.items or ()]
        for entry in take(Dump("hao_browser").text).chrome
        if entry.role is Role.COLUMNS and entry.items
    }
    assert ["山洪预警解除 转移的村民陆续返家", "两地共用一座桥，过桥费谁来收?"] == columns["头条要闻"]
    assert ["一斤笋的旅程"] == columns["财经要闻"]
    static = [entry for entry in take(Dump("hao_static").text).chrome if entry.heading == "态度原创"]
    assert ["久坐之后先动脚踝还是先动腰?"] == [item.headline for item in static[0].items or ()]


def without(*lines: str) -> Callable[[Dump], str]:
    """Return the change that leaves out the lines that start so."""
    return lambda dump: "\n".join(line for line in dump.text.splitlines() if not line.startswith(lines))


def card_moved(before: str) -> Callable[[Dump], str]:
    """Return the change that puts the account's card before the first line that starts so."""

    def move(dump: Dump) -> str:
        lines = [line for line in dump.lines if line]
        start = next(n for n, line in enumerate(lines) if line.endswith("incentive-icons"))
        card, rest = lines[start : start + 4], lines[:start] + lines[start + 4 :]
        at = next(n for n, line in enumerate(rest) if line.startswith(before))
        return "\n".join(rest[:at] + card + rest[at:])

    return move


def hot_cut(dump: Dump) -> str:
    """Cut the hot list after three items; what follows it stays."""
    lines = [line for line in dump.lines if line]
    start = lines.index("热点推荐") + 1
    end = next(n for n, line in enumerate(lines) if line.endswith("incentive-icons"))
    return "\n".join(lines[: start + 12] + lines[end:])


CHANGES: dict[str, Callable[[Dump], str]] = {
    "full-width marks": lambda dump: dump.text.translate(WIDE),
    "Chinese marks": lambda dump: dump.text.translate(CHINESE),
    "no blank lines": lambda dump: "\n".join(line for line in dump.lines if line),
    "blank lines everywhere": lambda dump: "\n\n\n".join(dump.lines),
    "Windows line ends": lambda dump: dump.text.replace("\n", "\r\n"),
    "byte order mark": lambda dump: "\ufeff" + dump.text,
    "tabs and wide spaces": lambda dump: "\n".join(f"\t\u3000{line}\u00a0 " for line in dump.text.splitlines()),
    "no-break spaces inside": lambda dump: dump.text.replace(" ", "\u00a0"),
    "no breadcrumb": without("网易首页"),
    "no share lines": without("0", "分享至"),
    "neither": without("网易首页", "0", "分享至"),
    "no disclaimer": without("特别声明", "Notice"),
    "no Chinese disclaimer": without("特别声明"),
    "hot list cut": hot_cut,
    "hot list cut to the end": lambda dump: dump.text.split("为什么候鸟")[0],
    "no list heading": without("相关推荐", "热点推荐"),
    "no list, no disclaimer": lambda dump: without("特别声明", "Notice")(dump).split("相关推荐")[0],
    "card before the lists": card_moved("相关推荐"),
    "card before the disclaimer": card_moved("特别声明"),
    "card under the headline": card_moved("分享至"),
    "card above all": card_moved("网易首页"),
    "card without badge": without("河湾纪事 incentive"),
    "counts on lines of their own": lambda dump: dump.text.replace("文章数 ", "\n文章数\n").replace(
        "关注度", "\n关注度"
    ),
    "headline once more": lambda dump: dump.text.replace("0\n分享至", dump.lines[2] + "\n0\n分享至", 1),
    "title above": lambda dump: f"{dump.lines[2]}|邮局|渡口_网易订阅\n{dump.text}",
    "menus above": lambda dump: f"网易首页\n应用\n快速导航\n公开课\n本地新闻\n汽车\n购车\n{dump.text}",
    "one line of menus above": lambda dump: f"{'网易首页 应用 快速导航 新闻 国内 ' * 5}\n{dump.text}",
    "menus above, no breadcrumb": lambda dump: f"网易首页\n应用\n快速导航\n{without('网易首页', '0', '分享至')(dump)}",
    "share line below": lambda dump: without("网易首页", "0", "分享至")(dump).replace("特别声明", "分享至\n特别声明"),
    "footer below": lambda dump: f"{dump.text}\n© 1997-2026 网易公司版权所有\nAbout NetEase | 公司简介",
}


@pytest.mark.parametrize("change", CHANGES)
def test_body_is_right_however_the_page_was_copied(change: str) -> None:
    """Width of marks, blank lines, parts that lack or stand elsewhere: headline and body stay what they are."""
    dump = Dump("hao_static")
    record = take(CHANGES[change](dump))
    table = WIDE if change == "full-width marks" else CHINESE if change == "Chinese marks" else {}
    assert dump.headline.translate(table) == record.headline
    assert [text.translate(table) for text in dump.body] == [text.replace("\u00a0", " ") for text in body(record)]


@pytest.mark.parametrize("change", [name for name in CHANGES if "heading" not in name])
def test_nothing_is_unknown_however_the_page_was_copied(change: str) -> None:
    """Each line keeps its role, and the card its name and counts."""
    record = take(CHANGES[change](Dump("hao_static")))
    assert [] == unknown(record)
    if record.account is not None:
        assert ("河湾纪事", 318, 12000) == (
            record.account.name,
            record.account.article_count,
            record.account.follower_count,
        )


QUOTES = [
    "有人问热点推荐和特别声明有什么分别，小周说都不归邮局管。",
    "告示上写着“特别声明：以上内容由本所张贴”，下面画了一个笑脸。",
    "特别声明：本邮局不收鸡蛋。",
    "热点推荐",
    "相关推荐",
    "往期回顾",
    "头条要闻",
    "责任编辑：小周",
    "2026-03-01",
    "2026年3月1日",
    "01",
    "一、开张",
    "无障碍浏览",
    "网易号",
    "他说：",
]


@pytest.mark.parametrize("quote", QUOTES)
@pytest.mark.parametrize("disclaimer", [True, False], ids=["disclaimer", "no disclaimer"])
def test_portal_words_in_the_body_end_nothing(quote: str, disclaimer: bool) -> None:
    """A heading's word in a sentence, or as a paragraph of its own with prose after it, is the article's own text."""
    dump = Dump("hao_static")
    for at in (0, 1, 4, len(dump.body) - 1):
        wanted = [*dump.body[:at], quote, *dump.body[at:]]
        text = dump.text.replace(dump.body[at], f"{quote}\n\n{dump.body[at]}", 1)
        if not disclaimer:
            text = "\n".join(line for line in text.splitlines() if not line.startswith(("特别声明:以上", "Notice")))
        assert wanted == body(take(text))


LAST = "渡口夜话"


@pytest.mark.parametrize(
    "words",
    [
        ["头条要闻", "村口的井水清了", "体育要闻", "邻村的狗跑赢了", "这一天就这么过去了，没有别的消息。"],
        ["往期回顾", "相关推荐", "热点推荐", "三个栏目的名字写在墙上，底下什么也没有。"],
        ["热点推荐"],
        ["相关推荐"],
        [LAST],
    ],
    ids=["columns", "headings", "hot", "related", "short"],
)
def test_short_lines_at_the_end_of_the_body(words: list[str]) -> None:
    """Headings' words and short lines are body as long as a sentence follows, or the list has its heading itself."""
    dump = Dump("hao_static")
    text = without("特别声明", "Notice")(dump)
    for change in (text, "\n".join(line for line in text.splitlines() if line)):
        changed = change.replace(dump.body[-1], "\n".join([dump.body[-1], *words]), 1)
        assert [*dump.body, *words] == body(take(changed))


@pytest.mark.parametrize(
    ("card", "name", "slogan"),
    [
        (["", "河湾纪事", "318文章数 1.2万关注度"], "河湾纪事", None),
        (["", "河湾纪事，慢慢写", "记录河边的人和事", "318文章数 1.2万关注度"], "河湾纪事，慢慢写", "记录河边的人和事"),
        (["河湾纪事", "河湾纪事", "记录河边", "318文章数 1.2万关注度"], "河湾纪事", "记录河边"),
        (["河湾纪事incentive-icons", "记录河边", "318文章数 1.2万关注度"], "河湾纪事", "记录河边"),
        (
            ["河湾纪事", "记录河边的人和事，感谢关注！", "318", "文章数", "1.2万", "关注度"],
            "河湾纪事",
            "记录河边的人和事，感谢关注！",
        ),
    ],
    ids=["apart", "apart with commas", "name twice", "badge", "name and slogan"],
)
def test_card_right_below_the_body(card: list[str], name: str, slogan: str | None) -> None:
    """The account's card is separated from the body by a blank line, the badge or the repeated name."""
    dump = Dump("hao_static")
    last = [LAST] if name != "河湾纪事" or slogan != "记录河边的人和事，感谢关注！" else []
    lines = [*(line for line in dump.lines[:24] if line), *last, *card]
    record = take("\n".join(lines))
    assert [*dump.body, *last] == body(record)
    assert record.account is not None
    assert (name, slogan) == (record.account.name, record.account.description)
    assert (318, 12000) == (record.account.article_count, record.account.follower_count)


def test_a_line_that_nothing_knows_is_unknown_and_never_body() -> None:
    """Strange lines between headline and share line, or after the body, are unknown."""
    dump = Dump("hao_static")
    assert ["头像"] == unknown(take(dump.text.replace("0\n分享至", "头像\n0\n分享至", 1)))
    strange = "我也想去\n山里人[北岸网友] 2026-03-01 10:00:00\n带上我"
    text = dump.text.split("相关推荐")[0] + strange
    assert [" ".join(strange.split())] == unknown(take(text))
    assert dump.body == body(take(text))
    stamped = dump.text.split("河湾纪事 incentive")[0] + "意见箱"
    assert ["意见箱"] == unknown(take(stamped))
    assert dump.gold["hot"] == items(take(stamped), "hot")


def test_items_that_lost_a_line_stay_in_their_list() -> None:
    """A list goes on past an item that lacks its time, its account or a headline; only that item is not whole."""
    lines = [line for line in Dump("hao_static").lines if line]
    start = lines.index("热点推荐") + 1
    whole = Dump("hao_static").gold["hot"]
    for gone in range(start, start + 4 * len(whole)):
        record = take("\n".join(line for n, line in enumerate(lines) if n != gone))
        others = [item for number, item in enumerate(whole) if number != (gone - start) // 4]
        assert others == [item for item in items(record, "hot") if item in others]
        assert [] == unknown(record)
    for end in range(start + 2, start + 4 * len(whole)):
        assert [] == unknown(take("\n".join(lines[:end])))


def test_headings_in_a_row_share_the_items_by_their_shape() -> None:
    """Tabs print as headings in a row: each item goes to the list whose shape takes most of its lines."""
    dump = Dump("hao_static")
    record = take(dump.text.replace("热点推荐\n", "热点推荐\n往期回顾 全部\n头条要闻\n", 1))
    assert dump.gold["hot"] == items(record, "hot")
    assert dump.body == body(record)


def test_icon_text_above_the_credits_is_theirs() -> None:
    """A static print shows the text of the editor's icon as a line, or at the start of one: it belongs to the credits."""
    dump = Dump("channel")
    for above in ("苏远\n本文来源：北岸晚报\n", "苏远\n"):
        record = take(dump.text.replace("本文来源：北岸晚报\n", above))
        assert dump.body == body(record)
    editor = next(line for line in dump.lines if line.startswith("责任编辑"))
    record = take(dump.text.replace("本文来源：北岸晚报\n", "").replace(editor, f"苏远 本文来源：北岸晚报 {editor}"))
    assert dump.body == body(record)


@pytest.mark.parametrize(
    ("text", "failure", "pointer"),
    [
        ("", Failure.EMPTY_BODY, None),
        (" \n\u200b\t\ufeff\n", Failure.EMPTY_BODY, None),
        ((DUMPS / "list_page.txt").read_text(encoding="utf-8"), Failure.NOT_AN_ARTICLE, None),
        ((DUMPS / "other_portal.txt").read_text(encoding="utf-8"), Failure.RULE_MISSED, "/headline"),
        ("床前有一盏灯\n照着地上的霜\n抬头看见月亮\n低头想起家乡", Failure.NOT_AN_ARTICLE, None),
        ("网易首页 > 网易号 > 正文\n0\n分享至\n只有一段，没有标题的文章就是这样的。", Failure.RULE_MISSED, "/headline"),
        ("网易首页 > 网易号 > 正文\n一个没有正文的标题\n0\n分享至", Failure.RULE_MISSED, "/articleBody"),
        (
            "岛上来信，这里只有一句话\n这是唯一的一句话，其余的都不是句子。\n"
            + "\n".join(f"第{n}位读者" for n in range(9)),
            Failure.UNKNOWN_LAYOUT,
            None,
        ),
        ("首页\n房产\n0\n分享至\n不知道标题是哪一行，只知道这是一句话。", Failure.RULE_MISSED, "/headline"),
        (
            "岛上的一天又一天\n第一百零一封来信寄到这里\n不知道标题是哪一行，只知道这是一句话。",
            Failure.RULE_MISSED,
            "/headline",
        ),
        (
            "岛上\n第一百零一封来信寄到这里\n上面那一行像是菜单，这里是不是这个站点的文章也说不准。",
            Failure.UNKNOWN_LAYOUT,
            None,
        ),
        ("<!DOCTYPE html>\n<html><head><title>岛上来信</title></head></html>", Failure.NOT_AN_ARTICLE, None),
        ("字" * (MAX_SIZE + 1), Failure.TOO_BIG, None),
        ("行\n" * (MAX_LINES + 1), Failure.TOO_BIG, None),
        ("标题\n\ud800", Failure.ENCODING_DOUBT, None),
    ],
    ids=[
        "empty",
        "blank",
        "list",
        "other_portal",
        "poem",
        "no_headline",
        "no_body",
        "few_sentences",
        "menu_word",
        "two_lines",
        "menu_above",
        "html",
        "big",
        "lines",
        "half",
    ],
)
def test_other_texts_are_refused(text: str, failure: Failure, pointer: str | None) -> None:
    """If headline or body cannot be identified, there is a reason and a next step instead of a record."""
    with pytest.raises(Quarantined) as caught:
        take(text)
    assert (failure, pointer) == (caught.value.failure, caught.value.pointer)


def test_menus_are_not_evidence_of_a_site() -> None:
    """Share lines and times stand on every portal's pages: they alone do not make a text with menus this site's."""
    bare = Dump("article_only")
    copied = bare.text.replace(bare.headline, f"{bare.headline}\n0\n分享至", 1)
    assert bare.body == body(take(copied))
    with pytest.raises(Quarantined) as caught:
        take(f"首页\n要闻\n社会\n{copied}")
    assert Failure.UNKNOWN_LAYOUT == caught.value.failure


def test_doubt_is_flagged() -> None:
    """An article whose headline was identified only by its shape has a flag that consumers can filter on."""
    assert (Flag.LAYOUT_FALLBACK,) == take(Dump("article_only").text).flags
    assert () == take(Dump("hao_static").text).flags
