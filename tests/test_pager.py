"""The pager of an article over several pages: found by general signs, joined into one record."""

from __future__ import annotations

import pytest

from crawler.extract import extract, other_pages
from crawler.page.dom import Page
from crawler.page.paging import page_numbers, readings
from crawler.profiles.load import Profile
from crawler.records.model import Flag, Role
from crawler.records.validate import validate
from crawler.sieve.joined import join
from crawler.sieve.pager import find_pager
from tests.small_site import URL, small_site

SECOND_URL = "https://www.demo.example/20260220/12345_1.html"
HTML = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>渡口的图书角</title></head><body>
<article><h1>渡口的图书角</h1><p class="time">2026-02-20 10:12:00</p>
<div class="body">{body}{pager}</div>{editor}</article></body></html>"""
FIRST = """<div class="page"><a class="up" href="#">上一页</a><a class="current">1</a>
<a href="/20260220/12345_1.html">2</a><a href="/20260220/12345_1.html" class="next">下一页</a>
<a href="/20260220/12345_all.html">在本页阅读全文</a></div>"""
SECOND = """<div class="page"><a href="/20260220/12345.html">上一页</a>
<a href="/20260220/12345.html">1</a><a class="current">2</a></div>"""
BODIES = (
    "<p>仓库空了三年，今年春天才有人把门打开，里面有一排旧书架。</p><p>镇上的人把书一箱一箱搬进去。</p>",
    "<p>搬完书的那天下了雨，大家在屋檐下站了很久，谁也没有先走。</p>",
)
EDITOR = '<p class="editor">责任编辑：林一</p>'


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """A site that has no rule for pagers."""
    return small_site(tmp_path_factory.mktemp("pager"))


def html(body: str, pager: str, editor: str = "") -> bytes:
    """Return a page of the article."""
    return HTML.format(body=body, pager=pager, editor=editor).encode()


def pages(source: str, url: str) -> dict[int, str] | None:
    """Return what the pager of a page gives, the page itself left out."""
    pager = find_pager(Page(source, url))
    return None if pager is None else {n: at for n, at in pager.urls.items() if n != pager.number}


def test_a_single_page_is_flagged(profile: Profile) -> None:
    """The pager inside the body is chrome though no rule claims it, and the record says what is missing."""
    record = extract(html(BODIES[0], FIRST), URL, profiles=[profile])
    assert ["仓库空了三年，今年春天才有人把门打开，里面有一排旧书架。", "镇上的人把书一箱一箱搬进去。"] == [
        block.text for block in record.blocks
    ]
    (entry,) = [entry for entry in record.chrome if entry.rule == "pager"]
    assert (Role.NAV, "上一页 1 2 下一页 在本页阅读全文") == (entry.role, entry.text)
    assert Flag.PAGES_MISSING in record.flags
    (doubt,) = record.doubts
    assert (Flag.PAGES_MISSING, ("https://www.demo.example/20260220/12345_1.html",)) == (doubt.flag, doubt.values)
    assert record.pages is not None
    assert (1, 2, (URL,)) == (record.pages.number, record.pages.total, record.pages.urls)
    assert {2: "https://www.demo.example/20260220/12345_1.html"} == other_pages(
        html(BODIES[0], FIRST), URL, profiles=[profile]
    )
    assert {} == other_pages(html(BODIES[0], ""), URL, profiles=[profile])


@pytest.mark.parametrize("where", ["inside", "beside"])
def test_a_pager_of_a_script(profile: Profile, where: str) -> None:
    """Its links are not URLs: it is navigation, and the flag says that the article has more pages."""
    pager = '<p class="x"><span>1</span> <a href="javascript:go(2)">2</a> <a href="javascript:go(2)">下一页</a></p>'
    body, after = (BODIES[0] + pager, "") if where == "inside" else (BODIES[0], "")
    source = html(body, after, pager if where == "beside" else "")
    record = extract(source, URL, profiles=[profile])
    assert 2 == len(record.blocks)
    assert [("nav", "1 2 下一页")] == [(entry.role, entry.text) for entry in record.chrome]
    assert Flag.PAGES_MISSING in record.flags
    assert record.pages is None
    assert {} == other_pages(source, URL, profiles=[profile])


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<p>点开<a href='/x'>下一页</a>就是当年的照片。</p>", id="in a sentence"),
        pytest.param("<p><a href='/x'>下一页</a></p>", id="alone"),
        pytest.param("<p>下一页写着1984年2月3日。</p>", id="prose"),
    ],
)
def test_words_of_a_pager_in_the_text(profile: Profile, body: str) -> None:
    """They stay in the body."""
    record = extract(html(BODIES[0] + body, ""), URL, profiles=[profile])
    assert (3, None) == (len(record.blocks), record.pages)
    assert Flag.PAGES_MISSING not in record.flags


def test_a_pager_of_the_comments(profile: Profile) -> None:
    """It leads through the comments, so no page of the article is missing."""
    pager = '<div class="comments"><a href="?page=2">2</a><a href="?page=2">下一页</a></div>'
    record = extract(html(BODIES[0], "", pager), URL, profiles=[profile])
    assert Flag.PAGES_MISSING not in record.flags
    assert [("comments", "2 下一页")] == [(entry.role, entry.text) for entry in record.chrome]


def test_a_link_in_the_head() -> None:
    """`rel=next` of the head, also with an address that does not repeat the page's name."""
    source = '<html><head><link rel="next" href="?page=2"></head><body><p>第一段。</p></body></html>'
    assert {2: URL + "?page=2"} == pages(source, URL)


def test_pages_are_joined(profile: Profile) -> None:
    """Blocks of all pages in order; what only the last page has is filled in; nothing is missing any more."""
    first = extract(html(BODIES[0], FIRST), URL, profiles=[profile])
    second = extract(html(BODIES[1], SECOND, EDITOR), SECOND_URL, profiles=[profile])
    assert second.pages is not None
    assert (2, first.id) == (second.pages.number, second.id)
    joined = join({2: second, 1: first})
    validate(joined)
    assert (*first.blocks, *second.blocks) == joined.blocks
    assert f"{first.article_body}\n\n{second.article_body}" == joined.article_body
    assert (URL, ("林一",), ()) == (joined.url, joined.editors, joined.doubts)
    assert Flag.PAGES_MISSING not in joined.flags
    assert joined.pages is not None
    assert (1, 2, (first.url, second.url)) == (joined.pages.number, joined.pages.total, joined.pages.urls)
    assert joined.coverage.total == first.coverage.total + len("".join(b.text or "" for b in second.blocks))
    assert joined.content_hash not in {first.content_hash, second.content_hash}


def test_a_gap_stays_flagged(profile: Profile) -> None:
    """Where the pager speaks of a page that is not among them, the flag and its doubt stay."""
    pager = FIRST.replace("</div>", '<a href="/20260220/12345_2.html">3</a></div>')
    first = extract(html(BODIES[0], pager), URL, profiles=[profile])
    second = extract(html(BODIES[1], SECOND), SECOND_URL, profiles=[profile])
    joined = join({1: first, 2: second})
    assert Flag.PAGES_MISSING in joined.flags
    assert joined.pages is not None
    assert 3 == joined.pages.total


@pytest.mark.parametrize(
    ("url", "links", "found"),
    [
        pytest.param(
            "https://a.example/2020-01/02/content_123.htm",
            '<a href="content_123_2.htm">[2]</a><a href="content_123_3.htm">第3页</a>',
            {2: "https://a.example/2020-01/02/content_123_2.htm", 3: "https://a.example/2020-01/02/content_123_3.htm"},
            id="suffix",
        ),
        pytest.param(
            "https://a.example/2020-01/02/content_123_2.htm",
            '<a href="content_123.htm">上一页</a><a href="content_123.htm">1</a><a href="content_123_3.htm">下一页</a>',
            {1: "https://a.example/2020-01/02/content_123.htm", 3: "https://a.example/2020-01/02/content_123_3.htm"},
            id="from the second page",
        ),
        pytest.param(
            "https://a.example/2016-03-02/100.html",
            '<a href="?page=2">2</a><a href="?page=2">下一页</a>',
            {2: "https://a.example/2016-03-02/100.html?page=2"},
            id="query",
        ),
        pytest.param(
            "https://a.example/s?id=1234567&page=2",
            '<a href="/s?id=1234567&amp;page=1">上一页</a><a href="/s?id=1234567&amp;page=3">Next</a>',
            {1: "https://a.example/s?id=1234567&page=1", 3: "https://a.example/s?id=1234567&page=3"},
            id="query from the second page",
        ),
        pytest.param(
            "https://a.example/2016/story/", '<a href="/2016/story/2/">2</a>', {2: "https://a.example/2016/story/2/"},
            id="folder",
        ),
        pytest.param(
            "https://a.example/2016/story.html", '<a href="story_1.html">下一页</a>',
            {2: "https://a.example/2016/story_1.html"}, id="counted from 0, next only",
        ),
        pytest.param(
            "https://a.example/x/t20220225_525750456.html",
            '<script>createPageHTML(3, 0, "t20220225_525750456", "html");</script>',
            {
                2: "https://a.example/x/t20220225_525750456_1.html",
                3: "https://a.example/x/t20220225_525750456_2.html",
            },
            id="written by a script",
        ),
        pytest.param(
            "https://a.example/x/story.html",
            '<a href="story_2.html">第2页：谁来搬书</a>',
            {2: "https://a.example/x/story_2.html"},
            id="pages with titles",
        ),
    ],
)  # fmt: skip
def test_pagers(url: str, links: str, found: dict[int, str]) -> None:
    """Forms of addresses and of links that pagers have."""
    source = f'<html><body><p>第一段。</p><div class="p">{links}</div></body></html>'
    assert found == pages(source, url)


@pytest.mark.parametrize(
    ("url", "links"),
    [
        pytest.param("https://a.example/n/123.html", '<a href="124.html">下一篇</a>', id="next article"),
        pytest.param("https://a.example/n/123_7.html", '<a href="123_8.html">渡口又开了</a>', id="a headline"),
        pytest.param("https://a.example/n/12345.html", '<a href="/tag/12345_2.html">2</a>', id="another folder"),
        pytest.param("https://a.example/n/12345.html", '<a href="//b.example/n/12345_2.html">2</a>', id="another host"),
        pytest.param("https://a.example/n/12345.html", '<a href="12345_7.html">2</a>', id="numbers that disagree"),
        pytest.param("https://a.example/n/12345.html", '<a href="12345_20160302.html">2</a>', id="a date"),
        pytest.param("https://a.example/n/12345.html", '<a href="12345.html#2">2</a>', id="a fragment"),
        pytest.param("https://a.example/n/12345.html", '<a href="12345_all.html">阅读全文</a>', id="the whole"),
        pytest.param("https://a.example/n/12345.html", '<a href="javascript:go(2)">2</a>', id="a script"),
    ],
)
def test_what_is_not_a_pager(url: str, links: str) -> None:
    """Links that look nearly like those of a pager."""
    assert pages(f"<html><body><p>第一段。</p>{links}</body></html>", url) is None


def test_another_article_by_the_profile(profile: Profile) -> None:
    """Addresses that differ in a short number are of two articles where the profile reads two ids."""
    record = extract(html(BODIES[0], '<p><a href="/20260220/12346_1.html">2</a></p>'), URL, profiles=[profile])
    assert record.pages is None


def test_readings() -> None:
    """Two addresses are pages of one document by any of their readings; the same page is not."""
    own = readings("https://a.example/n/12345_2.shtml")
    assert (2, 3) == page_numbers(own, "https://a.example/n/12345_3.shtml")
    assert (2, None) == page_numbers(own, "https://a.example/n/12345.shtml")
    assert page_numbers(own, "https://a.example/n/12345_2.shtml") is None
    assert page_numbers(own, "https://a.example/n/99999_3.shtml") is None
    assert {} == readings("http://[::1")


def test_a_hostile_box() -> None:
    """Text that could be cut into a pager's words in many ways costs no more than its length."""
    links = '<a href="12345_2.html">2</a>'
    source = f"<html><body><p>{'1' * 390}章{links}</p>{'12345_2 ' * 100_000}</body></html>"
    assert {2: "https://a.example/n/12345_2.html"} == pages(source, "https://a.example/n/12345.html")


@pytest.mark.parametrize(
    ("url", "links", "expected"),
    [
        pytest.param(
            "d4c3/c.html", '<a href="c_2.html">2</a><a href="c_2.html">下一页</a>', {2: "d4c3/c_2.html"}, id="first"
        ),
        pytest.param(
            "d4c3/c_2.html",
            '<a href="c.html">1</a><a href="/a/d4c3/c_3.html">3</a>',
            {1: "d4c3/c.html", 3: "d4c3/c_3.html"},
            id="second",
        ),
        pytest.param(
            "d4c3/c.html",
            '<a href="../d4c4/c.html">下一页</a><a href="../d4c4/c_2.html">2</a>',
            None,
            id="another article",
        ),
    ],
)
def test_a_name_of_one_letter(url: str, links: str, expected: dict[int, str] | None) -> None:
    """Names that occur everywhere in a page are looked for as the beginning of a link's last part."""
    place = "https://www.demo.example/a/"
    found = pages(f"<body><p>渡口</p>{links}</body>", place + url)
    assert found == (None if expected is None else {number: place + at for number, at in expected.items()})
