"""Traces: what stands in place of what a rule found, and what only looks like it."""

from __future__ import annotations

import pytest

from crawler import extract
from crawler.drift.traces import Traces
from crawler.profiles.load import Profile
from tests.small_site import LAYOUT, URL, small_site

RULES = """
[article.info.from]
css = ".from"
[chrome.hot]
role = "hot"
css = ".hot"
[chrome.hot.items]
css = "li"
"""
PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>渡口的图书角</title></head><body><article>
<h1>渡口的图书角</h1><p class="time">2026-02-20 10:12:00</p><p class="from">来源：河畔晚报</p>
<div class="body"><p>仓库空了三年，今年春天才有人把门打开，里面有一排旧书架。</p></div><p class="editor">责任编辑：林一</p></article>
<div class="hot"><h3>热点</h3><ul><li><a href="/a">老桥修好了居民出行方便</a></li><li><a href="/b">运动会开幕</a></li></ul></div></body></html>"""


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """A site with a source line and a list."""
    return small_site(tmp_path_factory.mktemp("traces"), LAYOUT + RULES)


def looked(profile: Profile, html: str, rule: str) -> str | None:
    """Return what stands on the page in place of what the rule found on the usual page."""
    traces = Traces(profile, {})
    usual = PAGE.encode()
    traces.page(usual, URL, None).learn(extract(usual, URL, profiles=[profile]))
    return traces.page(html.encode(), URL, None).trace("2026_article")(rule)


@pytest.mark.parametrize(
    ("old", "new", "rule", "expected"),
    [
        pytest.param('class="from"', 'class="art-source"', "article.info.from", "p.art-source", id="renamed"),
        pytest.param('class="hot"', 'class="hd_board" id="b1"', "chrome.hot", "div#b1.hd_board", id="a list renamed"),
        pytest.param(
            '<p class="from">来源：河畔晚报</p>', '<span class="from">来源：河畔晚报</span>', "article.info.from", "span.from",
            id="another tag",
        ),
        pytest.param('<p class="from">来源：河畔晚报</p>', "", "article.info.from", None, id="left out"),
        pytest.param(
            '<div class="hot">', '<div class="new_banner">新版首页上线了，欢迎访问</div><div class="x9" style="display:none">',
            "chrome.headless", None, id="a rule that is not known",
        ),
    ],
)  # fmt: skip
def test_an_element_under_new_names(profile: Profile, old: str, new: str, rule: str, expected: str | None) -> None:
    """It is found by its place and likeness; what is left out leaves no trace."""
    assert old in PAGE
    assert expected == looked(profile, PAGE.replace(old, new), rule)


def test_a_banner_is_not_a_list(profile: Profile) -> None:
    """In place of a list stands only what consists of links."""
    begin, _, rest = PAGE.partition('<div class="hot">')
    html = (
        begin
        + '<div class="new_banner"><h3>新版首页上线了</h3><p>欢迎访问新的首页</p></div>'
        + rest.partition("</div>")[2]
    )
    assert looked(profile, html, "chrome.hot") is None


@pytest.mark.parametrize(("bound", "enough", "few"), [("_MOST", 200, 3), ("_MOST_TEXT", 2000, 40)])
def test_the_search_of_a_page_is_bounded(
    profile: Profile, monkeypatch: pytest.MonkeyPatch, bound: str, enough: int, few: int
) -> None:
    """Only so many elements are looked at, and none of a page with too much text: no page costs more than that."""
    html = PAGE.replace('class="from"', 'class="art-source"')
    monkeypatch.setattr(f"crawler.drift.traces.{bound}", enough)
    assert "p.art-source" == looked(profile, html, "article.info.from")
    monkeypatch.setattr(f"crawler.drift.traces.{bound}", few)
    assert looked(profile, html, "article.info.from") is None


def test_few_pages_are_learned(profile: Profile) -> None:
    """A layout without a baseline is learned from its first pages only."""
    traces = Traces(profile, {})
    usual = PAGE.encode()
    record = extract(usual, URL, profiles=[profile])
    for _ in range(10):
        traces.page(usual, URL, None).learn(record)
    assert 3 == traces.known["2026_article"].learned
    assert 3 == len(traces.known["2026_article"].elements["article.info.from"])
