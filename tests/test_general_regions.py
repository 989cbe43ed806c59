"""Parts of regions: which are looked at for a role of their own."""

from __future__ import annotations

import pytest

from crawler.heuristics.claiming import Claiming
from crawler.heuristics.general import judge
from crawler.heuristics.roles import Inside, worded
from crawler.page.dom import Page
from tests.cases import cases
from tests.test_general_reading import CHINESE_PAGE, links

ABOVE = f"""<div class="header"><ul class="menu"><li><a href="/1">要闻</a></li><li class="search"><a href="/2">站内</a></li></ul>
    <div><div class="crumb">{links("首页", "新闻")}</div><p>当前位置：首页 &gt; 新闻</p><div class="ads"><a href="/3">临湾</a></div></div></div>"""
BELOW = (
    f"""<div class="right"><div><h3>热门文章</h3><ul><li>{links("滨江路改造工程完成过半的消息")}</li></ul></div>
    <div><span>12篇文章</span> <b>3万粉丝</b></div><ul><li><p>most</p><p>read today</p></li><li>网友评论</li></ul>
    <div><div>tags</div><div>: one</div></div><aside><form>微信 分享</form></aside></div>"""
    f"""<div class="toolbar"><div><ul><li>分享到微信</li><li>评论</li></ul></div><nav>{links("要闻", "娱乐", "财经")}</nav></div>"""
)
SOURCES = [
    CHINESE_PAGE.replace('<div class="nav">', ABOVE + '<div class="nav">').replace(
        '<div class="footer">', BELOW + '<div class="footer">'
    ),
    *(case.body.decode("utf-8", "replace") for case in cases()[::25]),
]


def claims(page: Page) -> list[tuple[int, str, str | None]]:
    """Return what is claimed by the general reading: the node, the rule, the role."""
    found = Claiming(page, judge(page).reading).lay().by_node
    return [(ident, claim.rule, claim.role) for ident, claim in found.items()]


@pytest.mark.parametrize("source", SOURCES, ids=range(len(SOURCES)))
def test_parts_that_are_passed_over_have_no_role(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking at all parts of a region, one by one, claims the same."""
    page = Page(source, "https://news.example.com/2024/05/17/a.html")
    found = claims(page)
    monkeypatch.setattr(Inside, "is_silent", lambda *_: False)
    assert claims(page) == found


@pytest.mark.parametrize(
    "text",
    [
        "标签",
        "首页 >",
        "责任编辑：林知夏",
        "免责声明",
        "版权所有",
        "分享",
        "作者最新文章",
        "相关阅读",
        "热门",
        "评论",
        "扫码",
        "广告",
        "登录",
    ],
)
def test_what_first_words_say_they_say_whatever_follows(text: str) -> None:
    """The parts that are passed over rely on it: their first words are looked at with what follows them."""
    assert worded(text) is not None
    assert worded(f"{text} 滨江路改造工程完成过半，月底恢复双向通行") is worded(text)
