"""The general reading's roles, lists and people on portals."""

from __future__ import annotations

import re

import pytest

from crawler.records.model import Role
from tests.test_general_reading import CHINESE_PAGE, links, read


def test_tabs_have_the_roles_of_their_names() -> None:
    """The names stand above, then a list for each, of which all but one are hidden."""
    names = [f"{word}改造工程完成过半的消息" for word in ("滨江路", "北山路", "桥南路", "文昌路")]
    tabs = f"""<div class="tabs"><div><span>相关推荐</span> <span>热点推荐</span></div><div class="one">{links(*names)}</div>
        <div class="two" style="display:none">{links(*(name[::-1] for name in names))}</div></div>"""
    record = read(CHINESE_PAGE.replace('<div class="footer">', tabs + '<div class="footer">'))
    found = {entry.role: [item.headline for item in entry.items] for entry in record.chrome if entry.items}
    assert (found[Role.RELATED], found[Role.HOT]) == (names, [name[::-1] for name in names])


@pytest.mark.parametrize(
    ("html", "words", "role"),
    [
        (f'<div id="TopNav">{links("要闻", "娱乐", "财经", "体育")}</div>', "要闻", Role.NAV),
        (
            '<div class="post_comment">登录 注册 <span>网友评论仅供其表达个人看法</span></div>',
            "网友评论",
            Role.COMMENTS,
        ),
        ('<div class="comment-box" style="display:none">写下你的想法 发送</div>', "写下你的想法", Role.COMMENTS),
        (f'<div class="pages">上一篇：{links("滨江路改造工程完成过半")}</div>', "上一篇", Role.RELATED),
        (
            (
                f'<div class="right"><div><h3>作者最新文章</h3>{links("滨江路改造工程完成过半，月底恢复双向通行", "少儿图书馆方案公示")}</div>'
                f"<div><h3>相关文章</h3>{links('北山路改造工程')}</div></div>"
            ),
            "北山路改造工程",
            Role.RELATED,
        ),
        (
            '<div class="end"><div class="who">责任编辑：林知夏</div><div><i>标签：</i><a href="/t/1">滨江路</a></div></div>',
            "滨江路",
            Role.TAGS,
        ),
    ],
    ids=["menu", "form", "hidden", "neighbour", "two headings", "below the editors"],
)
def test_a_region_is_what_its_name_and_its_own_heading_say(html: str, words: str, role: Role) -> None:
    """First words may mislead: a menu begins with a section, a form for comments with a log-in."""
    place = '<div class="nav">' if role is Role.NAV else '<div class="footer">'
    record = read(CHINESE_PAGE.replace(place, html + place))
    assert [entry.role for entry in record.chrome if words in (entry.text or "")][-1] is role


@pytest.mark.parametrize(("role", "author"), [(Role.NAV, None), (Role.RELATED, "临湾日报")])
def test_entries_of_menus_have_no_authors(role: Role, author: str | None) -> None:
    """What is called a source in a menu is another menu, in a list of articles it is the source."""
    words = ["滨江路改造工程完成过半的消息", "北山路改造工程完成过半的消息"]
    entries = "".join(
        f'<li><a href="/{n}">{word}</a><span class="sources">临湾日报</span></li>' for n, word in enumerate(words)
    )
    name, place = ("topnav", '<div class="nav">') if role is Role.NAV else ("related", '<div class="footer">')
    record = read(CHINESE_PAGE.replace(place, f'<div class="{name}"><ul>{entries}</ul></div>{place}'))
    found = [entry for entry in record.chrome if words[0] in entry.text]
    assert [(role, [(word, author) for word in words])] == [
        (entry.role, [(item.headline, item.author) for item in entry.items or ()]) for entry in found
    ]


@pytest.mark.parametrize(
    ("info", "authors", "source", "account"),
    [
        ("<p>林知夏/临湾日报</p><p>2024-05-17 09:30</p>", ["林知夏"], "临湾日报", None),
        ("<p>2024-05-17 09:30</p><p>【文/临湾网专栏作者 林知夏】</p>", ["林知夏"], None, None),
        ("<p>2024-05-17 09:30 来源：临湾日报</p><p>执笔/林知夏&amp;周未</p>", ["林知夏", "周未"], "临湾日报", None),
        ("<p>2024-05-17 09:30</p><p>临湾网记者 林知夏</p>", [], None, None),
        (
            '<p>2024-05-17 09:30</p><div class="up">河畔观察</div><div class="up">粉丝： 23 文章： 11</div>',
            [],
            None,
            "河畔观察",
        ),
    ],
    ids=["slash", "brackets", "pens", "reporter", "account"],
)
def test_people_are_found_as_portals_name_them(
    info: str, authors: list[str], source: str | None, account: str | None
) -> None:
    """Forms of a byline; a reporter's name is not taken for a source."""
    page = re.sub(r'<div class="info">.*?</div>\n', lambda _: f"<div>{info}</div>", CHINESE_PAGE)
    record = read(page)
    assert [author.name for author in record.authors] == authors
    assert (record.source and record.source.name, record.account and record.account.name) == (source, account)


def test_credits_further_below_name_the_author() -> None:
    """A box stands between the last paragraph and the credits."""
    box = "".join(f"<div>数据 {number}</div>" for number in range(20))
    page = re.sub(r"<span>作者：林知夏</span>", "", CHINESE_PAGE).replace("<p>责任编辑：周未</p></div>", "</div>")
    page = page.replace(
        '<div class="related">', f'{box}<div>本文来源：临湾日报 作者：顾三木</div><div class="related">'
    )
    assert [author.name for author in read(page).authors] == ["顾三木"]


def test_figures_of_an_account_and_a_share_bar_say_nothing_of_the_article() -> None:
    """Although they stand between the headline and the body, where the time and the source stand."""
    card = '<div class="up-info"><p class="meta">粉丝：23 文章：11</p></div><div class="info-share"><p class="meta">分享到：</p></div>'
    record = read(CHINESE_PAGE.replace('<div class="info">', f'{card}<div class="info">'))
    assert ["2024-05-17 09:30:12 来源：临湾日报 作者：林知夏"] == [entry.text for entry in record.info]
    texts = {entry.role: entry.text for entry in record.chrome}
    assert ("粉丝：23 文章：11", "分享到：") == (texts[Role.ACCOUNT], texts[Role.SHARE])


def test_a_footer_in_a_side_column_and_a_hidden_code_keep_their_roles() -> None:
    """Sites close their side column after the end of the page; a code opens when a reader asks for it."""
    side = f"""<div class="right-side"><div class="box"><h3>图片</h3>{links("滨江路夜景", "图书馆一角", "渡口清晨")}</div>
        <div class="copy-right">临湾新闻网 版权所有</div></div><div id="qr_code" style="display:none">扫一扫关注临湾新闻</div>"""
    record = read(CHINESE_PAGE.replace('<div class="footer">版权所有 临湾新闻网 京ICP备00000000号</div>', side))
    texts = {entry.role: entry.text for entry in record.chrome}
    assert ("临湾新闻网 版权所有", "扫一扫关注临湾新闻") == (texts.get(Role.FOOTER), texts.get(Role.APP))
