"""A page at odds with itself: a doubt with the two values that disagree, and none where a page only looks like it."""

from __future__ import annotations

import json

import pytest

from crawler import extract
from crawler.profiles.load import Profile
from crawler.records.model import Doubt, Flag, Record
from tests.small_site import LAYOUT, URL, small_site

END = "镇上的人把书一箱一箱搬进去，孩子们坐在门槛上等着看第一本。"
REST = "第二天船工也来了，把旧书架都漆成了绿色，晾在渡口边上。"
PAGE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title>{head}</head><body>
<article><h1>{headline}</h1><p class="time">{time}</p><p class="from">{source}</p><p class="by">{author}</p>
<div class="body"><p>仓库空了三年，今年春天才有人把门打开，里面有一排旧书架。</p>{within}
<p>镇上的人把书一箱一箱搬进去，孩子们坐在门槛上等着看第一本。</p>{end}</div>{after}
<p class="editor">责任编辑：林一</p></article></body></html>"""
RULES = """
[article.info.from]
css = ".from, .by"
[[fields.source.name]]
css = ".from"
match = '来源：(.*)'
[[fields.authors.name]]
css = ".by"
match = '作者：(.*)'
"""
USUAL = {
    "title": "渡口的图书角开放了_河畔网",
    "head": "",
    "headline": "渡口的图书角开放了",
    "time": "2026-02-20 10:12:00",
    "source": "来源：河畔晚报",
    "author": "作者：林一",
    "within": "",
    "end": "",
    "after": "",
}


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    """A site with a source, an author and a date that is the first in its line."""
    layout = LAYOUT.replace("match = '^[\\d: -]+$'\n", "") + RULES
    return small_site(tmp_path_factory.mktemp("consistency"), layout)


def read(profile: Profile, url: str = URL, **parts: str) -> Record:
    """Return the record of the page with these parts."""
    return extract(PAGE.format(**USUAL | parts).encode(), url, profiles=[profile])


def test_a_usual_page_has_no_doubt(profile: Profile) -> None:
    """The values of the page agree."""
    record = read(profile)
    assert ((), ()) == (record.flags, record.doubts)
    assert "河畔晚报" == (record.source.name if record.source else None)
    assert ["林一"] == [author.name for author in record.authors]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param(
            {"headline": '<span class="tag">独家</span>渡口的图书角开放了'},
            Doubt(Flag.HEADLINE_DOUBT, "/headline", ("独家渡口的图书角开放了", "渡口的图书角开放了")),
            id="badge before the headline",
        ),
        pytest.param(
            {"headline": "渡口的图书角开放了 <i>HOT</i>"},
            Doubt(Flag.HEADLINE_DOUBT, "/headline", ("渡口的图书角开放了 HOT", "渡口的图书角开放了")),
            id="badge after the headline",
        ),
        pytest.param(
            {"headline": "今日天气与出行提示"},
            Doubt(Flag.HEADLINE_DOUBT, "/headline", ("今日天气与出行提示", "渡口的图书角开放了_河畔网")),
            id="another headline",
        ),
        pytest.param(
            {"head": '<meta property="article:published_time" content="2026-02-18T08:00:00+08:00">'},
            Doubt(Flag.DATE_DOUBT, "/datePublished", ("2026-02-20 10:12:00", "2026-02-18T08:00:00+08:00")),
            id="another day in the metadata",
        ),
        pytest.param(
            {"time": "<span>2026-02-21 09:00</span> <span>2026-02-20 10:12</span>"},
            Doubt(Flag.DATE_DOUBT, "/datePublished", ("2026-02-21 09:00", "2026-02-20T10:12:00+08:00")),
            id="an earlier date in the same line",
        ),
        pytest.param(
            {"time": "<span>2026-02-21 09:00:00</span><span>2026-02-20 10:12:00</span>"},
            Doubt(Flag.DATE_DOUBT, "/datePublished", ("2026-02-21 09:00", "2026-02-20")),
            id="an earlier date, without a space between",
        ),
        pytest.param(
            {"time": "2026-03-05 09:00"},
            Doubt(Flag.DATE_DOUBT, "/datePublished", ("2026-03-05 09:00", URL)),
            id="another day in the URL",
        ),
        pytest.param(
            {"source": "来源：河畔晚报 作者：林一"},
            Doubt(Flag.SOURCE_DOUBT, "/source/name", ("河畔晚报 作者：林一",)),
            id="byline in the source",
        ),
        pytest.param(
            {"source": "来源：河畔晚报 林一"},
            Doubt(Flag.SOURCE_DOUBT, "/source/name", ("河畔晚报 林一",)),
            id="two names in the source",
        ),
        pytest.param(
            {"source": "来源：河畔晚报 12阅"},
            Doubt(Flag.SOURCE_DOUBT, "/source/name", ("河畔晚报 12阅",)),
            id="a count in the source",
        ),
        pytest.param(
            {"headline": "渡口的图书角", "within": "", "after": "<h3>开放了</h3>"},
            Doubt(Flag.HEADLINE_DOUBT, "/headline", ("渡口的图书角", "开放了")),
            id="the headline in two elements",
        ),
        pytest.param(
            {"source": "来源：河畔晚报 2026-02-20"},
            Doubt(Flag.SOURCE_DOUBT, "/source/name", ("河畔晚报 2026-02-20",)),
            id="date in the source",
        ),
        pytest.param(
            {"author": "作者：林一 来源：河畔晚报"},
            Doubt(Flag.AUTHOR_DOUBT, "/authors", ("林一 来源：河畔晚报",)),
            id="source in the byline",
        ),
        pytest.param(
            {"head": f'<script>var all = {{"text": "<p>{END}</p><p>{REST}</p>", "next": "一行字。"}};</script>'},
            Doubt(Flag.BODY_INCOMPLETE, "/articleBody", (REST,)),
            id="more text in a script",
        ),
        pytest.param(
            {"head": f"<script>var all = {json.dumps(f'<p>{END}</p><p>{REST}</p>')};</script>"},
            Doubt(Flag.BODY_INCOMPLETE, "/articleBody", (REST,)),
            id="more text in a script, escaped",
        ),
        pytest.param(
            {"head": f"<script>var all = {json.dumps(f'<p>{END}</p><p>📚{REST}</p>')};</script>"},
            Doubt(Flag.BODY_INCOMPLETE, "/articleBody", (f"📚{REST}",)),
            id="more text in a script, with an escaped character of two halves",
        ),
    ],
)
def test_values_that_disagree(profile: Profile, parts: dict[str, str], expected: Doubt) -> None:
    """One doubt, with the two values."""
    assert (expected,) == read(profile, **parts).doubts


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param({"title": "河畔网"}, id="a title that is the site's"),
        pytest.param({"title": ""}, id="without a title"),
        pytest.param({"headline": "渡口的图书角开放了（图）"}, id="more than the title, but no badge"),
        pytest.param({"headline": "渡口的图书角 <em>开放</em>了"}, id="emphasis in the headline"),
        pytest.param({"title": "渡口的图书角开放 孩子们在门槛上等", "head": ""}, id="another wording"),
        pytest.param({"time": "2026-02-20 10:12 更新：2026-02-21 09:00"}, id="a later date after it"),
        pytest.param({"time": "2026-02-21 09:00"}, id="a day after that in the URL"),
        pytest.param({"source": "来源：21世纪经济报道"}, id="digits in a name"),
        pytest.param({"source": "来源：河畔网 APP"}, id="two scripts in a name"),
        pytest.param(
            {"headline": "渡口的图书角", "after": "<h3>河畔网</h3>"}, id="the site's name behind the headline"
        ),
        pytest.param({"source": "来源：评论部"}, id="a name that begins like a label"),
        pytest.param({"author": "作者：Alexandra Johnson-Smith"}, id="a long name"),
        pytest.param(
            {"head": f'<script>var all = {{"text": "<p>{END}</p>", "next": "{REST}"}};</script>'},
            id="another value of a script after the body's end",
        ),
        pytest.param(
            {"head": f'<script>var all = "{END}<p>责任编辑：林一，转载请与河畔晚报联系，谢谢。</p>"</script>'},
            id="credits in a script",
        ),
        pytest.param(
            {"head": f'<script>var all = "{END}{REST}"</script>', "after": f'<p class="comments">{REST}</p>'},
            id="more text in a script that the page shows",
        ),
        pytest.param({"after": '<p class="comments">登录后查看全部评论</p>'}, id="a wall before the comments"),
    ],
)
def test_what_only_looks_like_it(profile: Profile, parts: dict[str, str]) -> None:
    """No doubt, since a doubt about a right record is a false alarm."""
    assert () == read(profile, **parts).doubts


@pytest.mark.parametrize(
    "line",
    [
        '<p><a href="/x/9.html">某地举行春季运动会</a></p>',
        '<p>更多精彩：<a href="/x/9.html">某地举行春季运动会</a></p>',
        '<div class="x">关注我们的公众号，第一时间获取消息</div>',
        "<p>订阅本报电子版，每天一份</p>",
        '<p>上一篇：渡口的故事 <a href="/x/8.html">全文</a></p>',
        "<p>特别声明：以上内容由用户上传，不代表本站立场。</p>",
        "<p>本平台仅提供信息存储服务。</p>",
        "<p>开通会员，继续阅读剩余内容</p>",
    ],
)
def test_lines_of_the_body_that_are_not_its_own(profile: Profile, line: str) -> None:
    """A promotion, a statement of the portal's, a wall: the line with its place."""
    for part in ("within", "end"):
        flags = {doubt.flag for doubt in read(profile, **{part: line}).doubts}
        assert {Flag.BODY_DOUBT} == flags


@pytest.mark.parametrize(
    "line",
    [
        '<p>他写道：<a href="/x/9.html">渡口</a>的故事还没有讲完。</p>',
        "<p>合同末尾有一行小字，“特别声明：图样以实物为准”，没有人当真。</p>",
        "<p>（编辑：林一）</p>",
        "<p>图片来自网络，如有侵权，请联系删除。</p>",
        "<p>他们登录网站以后，看到的是一张旧照片。</p>",
        "<p>上一篇文章里，他写的是渡口。</p>",
    ],
)
def test_lines_that_articles_have(profile: Profile, line: str) -> None:
    """What authors write themselves is the article's."""
    assert () == read(profile, within=line).doubts


def test_a_body_of_links_is_a_list(profile: Profile) -> None:
    """Where half of the body consists of links, no single one is a promotion."""
    links = "".join(f'<p><a href="/x/{number}.html">第{number}条消息</a></p>' for number in range(3))
    assert () == read(profile, within=links).doubts


def test_a_wall_after_the_body(profile: Profile) -> None:
    """Unclaimed text after the body that says that there is more."""
    record = read(profile, after='<div class="pw">登录后阅读全文</div>')
    assert ["登录后阅读全文"] == [doubt.values[0] for doubt in record.doubts if doubt.flag is Flag.BODY_INCOMPLETE]


def picture(src: str, **more: str) -> str:
    """Return an `img` element."""
    return f'<p><img src="{src}"' + "".join(f' data-{name}="{value}"' for name, value in more.items()) + "></p>"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        pytest.param(
            picture("http://a.demo.example/img/b1.png", u="http://a.demo.example/2026/photo-of-the-day.jpg"),
            ("http://a.demo.example/img/b1.png", "http://a.demo.example/2026/photo-of-the-day.jpg"),
            id="the picture in an unknown attribute",
        ),
        pytest.param(
            picture("http://a.demo.example/t.png") * 2, ("http://a.demo.example/t.png",), id="one address for all"
        ),
        pytest.param(
            '<picture><source data-s="http://a.demo.example/photo.jpg"><img src="http://a.demo.example/p.gif"></picture>',
            ("http://a.demo.example/p.gif", "http://a.demo.example/photo.jpg"),
            id="the picture in a source",
        ),
    ],
)
def test_placeholders_in_place_of_pictures(profile: Profile, html: str, expected: tuple[str, ...]) -> None:
    """The element names another picture file, or several pictures have one address."""
    assert [expected] == [
        doubt.values for doubt in read(profile, within=html).doubts if doubt.flag is Flag.IMAGES_DOUBT
    ]


def test_a_photo_keeps_the_address_that_it_once_had(profile: Profile) -> None:
    """An editor's copy of an older address is not a doubt, and neither is the same file in another size."""
    html = picture("http://a.demo.example/2026/street-at-night.jpg", mcesrc="http://b.demo.example/large/x.jpg")
    html += picture("http://a.demo.example/s/p1.png", big="http://a.demo.example/l/p1.png")
    assert () == read(profile, within=html).doubts
