"""What pages of a site may say in another way: shipped pages with one part changed, and what the record says then.

The fixtures are what pages are like; these are the ways in which the sites' pages differ from each other in one line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from crawler.extract import profiles_in
from crawler.page.charset import decode
from crawler.profiles.match import read_url
from crawler.records.model import BlockType, Flag, Record
from tests.cases import shipped

CHANNEL, PLACE = "netease/2020_post_main/channel_editor_line", "netease/2020_post_main/ip_location"
CHANNEL_2016, MOBILE = "netease/2016_end_text/raw_static", "netease/2019_mobile/s_tip_in_figures"
PAPER, BYLINE = "thepaper/2014_news_txt/medium_alone_no_images", "thepaper/2014_news_txt/reporters_and_intern"
REAL = "ifeng/2016_artical_real/captions_and_editor_code"


def varied(case: str, *changes: tuple[str, str]) -> Record:
    """Return the record of a shipped page in which each pattern, found once, is replaced."""
    page = shipped(case)
    html = page.body.decode("utf-8")
    for pattern, new in changes:
        html, count = re.subn(pattern, lambda _, new=new: new, html, flags=re.DOTALL)
        assert count == 1, (pattern, count)
    return page.extract(html.encode())


@pytest.mark.parametrize(
    ("line", "authors", "source"),
    [
        ("第一财经", [], "第一财经"),
        ("财新", [], "财新"),
        ("侠客岛", [], "侠客岛"),
        ("21世纪经济报道", [], "21世纪经济报道"),
        ("36氪", [], "36氪"),
        ("微信公众号“学习小组”", [], "微信公众号“学习小组”"),
        ("石家庄日报", [], "石家庄日报"),
        ("陆景行 牧砚秋", ["陆景行", "牧砚秋"], None),
        ("陆景行 编译", ["陆景行"], None),
        ("陆景行 牧砚秋 编译", ["陆景行", "牧砚秋"], None),
        ("卡尔·陆", ["卡尔·陆"], None),
        ("陆景行/整理", ["陆景行"], None),
        ("陆景行/文", ["陆景行"], None),
        ("陆景行/文汇报", ["陆景行"], "文汇报"),
        ("文/陆景行 图/牧砚秋", ["陆景行"], None),
        ("陆景行/21世纪经济报道", ["陆景行"], "21世纪经济报道"),
        ("陆景行 牧砚秋/36氪", ["陆景行", "牧砚秋"], "36氪"),
        ("综合报道", [], None),
    ],
)
def test_a_byline_is_names_or_a_medium_or_both(line: str, authors: list[str], source: str | None) -> None:
    """The Paper has one line for both."""
    record = varied(PAPER, (r'(?<=<div class="news_about"><p>)[^<]+', line))
    assert [author.name for author in record.authors] == authors
    assert (record.source.name if record.source else None) == source


LINK = r'<a href="[^"]*">[^<]*</a>(?=&nbsp;)'
AUTHOR = r'<div class="post_author">.*?</div>'


@pytest.mark.parametrize(
    ("case", "changes", "source"),
    [
        (CHANNEL, [(LINK, '<a href="#"></a>'), (AUTHOR, "")], None),
        (CHANNEL, [(LINK, '<a href="#"></a>'), ("本文来源：[^\n]*", "本文来源：每日 经济新闻")], "每日 经济新闻"),
        (CHANNEL, [(LINK, "新华社")], "新华社"),
        (PLACE, [(LINK, '<a href="#"></a>'), (AUTHOR, "")], None),
        (PLACE, [(LINK, "新华社")], "新华社"),
        (CHANNEL_2016, [(r'<a id="ne_article_source".*?</a>', ""), (r"本文来源：[^<]*", "本文来源：每日 经济新闻")], "每日 经济新闻"),
        (CHANNEL_2016, [(r'<a id="ne_article_source".*?</a>', ""), (r"本文来源：[^<]*", "")], None),
    ],
)  # fmt: skip
def test_a_source_without_its_link(case: str, changes: list[tuple[str, str]], source: str | None) -> None:
    """It is the text behind 来源, or what the line under the article says; neither 举报 nor the place is one."""
    record = varied(case, *changes)
    assert (record.source.name if record.source else None) == source


RELATED = '<div class="related_article related_special"><ul><li><a href="/a">渡口的灯</a></li></ul></div>'
BODY = r'(?<=<div class="post_body">)(?!<p>模板)'
AFTER_BODY = r'(?=<div class="post_author">)'


@dataclass(frozen=True)
class Put:
    """`html` put before the pattern `at` is in the record under `role`, and nowhere in the body."""

    case: str
    at: str
    html: str
    role: str


@pytest.mark.parametrize(
    "put",
    [
        Put(CHANNEL, AFTER_BODY, RELATED, "related"),
        Put(CHANNEL_2016, r'(?=<div class="post_btmshare">)', RELATED, "related"),
        Put(CHANNEL, AFTER_BODY, '<div adtype="rightAd">渡口的灯</div>', "ad"),
        Put(CHANNEL, BODY, '<div adtype="rightAd">渡口的灯</div>', "ad"),
        Put(CHANNEL, BODY, '<pre datatype="tag">渡口的灯</pre>', "related"),
    ],
    ids=str,
)
def test_a_box_has_its_role_wherever_it_stands(put: Put) -> None:
    """延伸阅读 behind the body as inside it; a place for advertising by any of its marks."""
    record = varied(put.case, (put.at, put.html))
    assert [entry.role for entry in record.chrome if "渡口的灯" in entry.text] == [put.role]
    assert "渡口的灯" not in record.article_body


def test_an_advertisements_frame_is_not_a_video() -> None:
    """Another frame in the body is one."""
    frame = '<p><iframe src="https://{}/x?id=1"></iframe></p>'
    for host, videos in (("pos.baidu.com", 0), ("player.example.org", 1)):
        record = varied(CHANNEL, (BODY, frame.format(host)))
        assert sum(block.type is BlockType.VIDEO for block in record.blocks) == videos


@pytest.mark.parametrize(
    ("line", "headline"),
    [
        ("（原标题为《甲乙丙》）", "甲乙丙"),
        ("（原题为《甲乙丙》，编辑有删改）", "甲乙丙"),
        ("（原标题：《甲》与《乙》的故事）", "《甲》与《乙》的故事"),
        ("原标题：甲乙丙", "甲乙丙"),
        ("（原标题为《甲乙》）昨日下午，岸上开了一场会，说的是渡口今年的事。", None),
    ],
)
def test_an_original_title_ends_with_its_bracket(line: str, headline: str | None) -> None:
    """A paragraph that begins with one is the body's."""
    record = varied(BYLINE, (r'(?<=<div class="news_txt" data-size="standard">)', line + "<br>"))
    assert record.original_headline == headline
    assert (line in record.article_body) == (headline is None)


@pytest.mark.parametrize(
    ("case", "pattern", "line", "editors"),
    [
        (REAL, r"\[责任编辑：[^\]]*\]", "[责任编辑：陆景行 牧砚秋 PN012]", ["陆景行", "牧砚秋"]),
        (CHANNEL, r"责任编辑：\s*\S+_\w+", "责任编辑：陆景行_NB1 牧砚秋_NB2", ["陆景行_NB1", "牧砚秋_NB2"]),
        (CHANNEL, r"责任编辑：\s*\S+_\w+", "责任编辑：陆景行_NB1 举报", ["陆景行_NB1"]),
        (CHANNEL_2016, r"责任编辑：\S+?_\w+", "责任编辑：陆景行_NB1、牧砚秋_NB2", ["陆景行_NB1", "牧砚秋_NB2"]),
        (MOBILE, r"责任编辑：\S+?_\w+", "责任编辑：陆景行_NB1 牧砚秋_NB2", ["陆景行_NB1", "牧砚秋_NB2"]),
        (PAPER, r"责任编辑：[^<]+", "责任编辑：陆景行 牧砚秋 校对：诸葛立冬", ["陆景行", "牧砚秋"]),
    ],
)
def test_editors_are_all_who_are_named(case: str, pattern: str, line: str, editors: list[str]) -> None:
    """However they are parted; their codes, proof-readers and links are not editors."""
    assert list(varied(case, (pattern, line)).editors) == editors


PICTURE = '<p class="detailPic"><img src="/lamp.jpg"></p><p class="picIntro">渡口的灯</p>'
SPAN = r"</time><span>·[^<]*</span></div>"


@pytest.mark.parametrize(
    ("case", "changes", "read", "expected"),
    [
        (
            "ifeng/2019_all_data/before_scripts",
            [
                (
                    r'(?<="contentList": \[\{"type": "text", "data": ")',
                    "<p><strong>临溪晚报记者 陆景行 牧砚秋</strong></p>",
                )
            ],
            lambda record: [author.name for author in record.authors],
            ["陆景行", "牧砚秋"],
        ),
        (MOBILE, [(SPAN, "</time></div><span>·北京</span>")], lambda record: record.location, "北京"),
        (
            CHANNEL_2016,
            [(r"(?=</head>)", '<script>var renjian_author = "陆景行";</script>')],
            lambda record: [author.name for author in record.authors],
            ["陆景行"],
        ),
        (
            REAL,
            [('id="artical_real"', ""), ("(?<=<!--mainContent begin-->)", PICTURE)],
            lambda record: [image.caption for image in record.images][:1],
            ["渡口的灯"],
        ),
    ],
    ids=["byline in the data", "place beside the time", "人间's author", "captions in the inner box"],
)
def test_a_value_in_its_other_place(
    case: str, changes: list[tuple[str, str]], read: Callable[[Record], Any], expected: Any
) -> None:
    """Where pages of one template put it differently."""
    assert read(varied(case, *changes)) == expected


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("http://bj.house.163.com/19/0907/16/EOG1Q3BU0001875P.html", "https://bj.house.163.com/19/0907/16/EOG1Q3BU0001875P.html"),
        ("http://news.163.com/air/19/0907/16/EOG1Q3BU0001875P_2.html#p", "https://news.163.com/air/19/0907/16/EOG1Q3BU0001875P.html"),
        ("https://news.163.com/19/0907/16/EOG1Q3BU0001875P_all.html?f=x", "https://news.163.com/19/0907/16/EOG1Q3BU0001875P.html"),
    ],
)  # fmt: skip
def test_a_canonical_address_keeps_region_and_section(url: str, canonical: str) -> None:
    """A channel's article has one address: its own, without page and tracking."""
    reading = read_url(url, profiles_in()["netease"])
    assert (reading.id, reading.canonical) == ("EOG1Q3BU0001875P", canonical)


def paged(page: str, *changes: tuple[str, str]) -> Record:
    """Return the record of an annotated page in which each pattern, found once, is replaced."""
    case = shipped(page)
    html = f'<meta charset="utf-8">{decode(case.body, None)[0]}'
    for pattern, new in changes:
        html, count = re.subn(pattern, new, html, flags=re.DOTALL)
        assert count == 1, (pattern, count)
    return case.extract(html.encode())


@pytest.mark.parametrize("box", ["div", "section"])
def test_a_box_round_all_of_a_body_changes_nothing(box: str) -> None:
    """Editors paste whole articles with a box of their own: the lines at the beginning keep their meaning."""
    body = r'(<div class="wide index_text_a1bQ2">)(.*?)(</div>)'
    byline = r"\1<p>文丨陆景行</p>\2\3"
    plain = paged("ifeng/2023_index/plain", (body, byline))
    boxed = paged("ifeng/2023_index/plain", (body, byline), (body, rf"\1<{box}>\2</{box}>\3"))
    assert (plain.original_headline, plain.authors, [block.text for block in plain.blocks]) == (
        boxed.original_headline,
        boxed.authors,
        [block.text for block in boxed.blocks],
    )
    assert ["陆景行"] == [author.name for author in boxed.authors]


@pytest.mark.parametrize("case", ["chinanews/2013_left_t/plain_source", "netease/2019_js_page/two_pages"])
def test_boxes_round_the_whole_page_change_no_role(case: str) -> None:
    """What stands above and below the article is found in one box or two round all of the page."""
    plain = varied(case)
    for opened, closed in (("<div>", "</div>"), ("<div><div>", "</div></div>")):
        boxed = varied(case, ("<body>", f"<body>{opened}"), ("</body>", f"{closed}</body>"))
        assert [(part.role, part.text) for part in plain.chrome] == [(part.role, part.text) for part in boxed.chrome]


def test_a_headline_that_only_the_metadata_have() -> None:
    """It is without the portal's name, and flagged: the layout's own rule should have found it."""
    shown = varied(MOBILE)
    record = varied(MOBILE, (r'<h1 class="article-title">(.*?)</h1>', ""))
    assert (shown.headline, True) == (record.headline, Flag.LAYOUT_FALLBACK in record.flags)
    assert Flag.LAYOUT_FALLBACK not in shown.flags


def test_a_name_has_no_zero_width_characters() -> None:
    """Editors paste them behind labels; a reader does not see them."""
    plain = paged("thepaper/2017_news_part/name_alone")
    assert plain.source is not None
    record = paged("thepaper/2017_news_part/name_alone", ("来源：", "来源：\u200b\ufeff"))
    assert plain.source == record.source


def test_a_paragraph_in_an_advertisement_that_is_never_closed() -> None:
    """Elements other than `<p>` stay in the box that swallowed them, and the record says so."""
    plain = paged("netease/2016_end_text/open_ad")
    text = plain.blocks[-1].text
    assert text is not None
    record = paged("netease/2016_end_text/open_ad", (rf"<p>{re.escape(text)}</p>", rf"<div>{text}</div>"))
    assert [(Flag.BODY_INCOMPLETE, True)] == [(doubt.flag, text in doubt.values[0]) for doubt in record.doubts]


@pytest.mark.parametrize("box", ["div", "section", "center", "font"])
def test_the_original_title_after_a_text_in_a_box(box: str) -> None:
    """The line is a text node of whatever box stands round the text."""
    case = shipped("thepaper/2014_news_txt/name_medium_byline")
    html = case.body.decode("utf-8")
    boxed, count = re.subn(r'(<div class="news_txt" data-size="standard">)', rf"\1<{box}>", html)
    record = case.extract(boxed.encode())
    assert (1, case.extract().original_headline) == (count, record.original_headline)
    assert [block.text for block in case.extract().blocks] == [block.text for block in record.blocks]


def test_a_name_above_an_empty_paragraph() -> None:
    """A bare name is a person's where a line with the source follows, directly or after an empty paragraph."""
    plain = paged("thepaper/2017_news_part/name_alone")
    record = paged("thepaper/2017_news_part/name_alone", (r'(?=<p class="about_news" style)', "<p> </p>"))
    assert plain.authors == record.authors != ()


def test_a_paragraph_with_the_class_of_a_share_box() -> None:
    """Editors paste paragraphs with the classes of other sites."""
    plain = paged("ifeng/2016_artical_real/plain")
    text = plain.blocks[0].text
    assert text is not None
    record = paged("ifeng/2016_artical_real/plain", (rf"<p>(?={re.escape(text)}</p>)", '<p class="share">'))
    assert [block.text for block in plain.blocks] == [block.text for block in record.blocks]


@pytest.mark.parametrize("name", ['class="box"', 'id="links"'])
def test_the_market_box_with_a_name(name: str) -> None:
    """The day's links after its bar are not the article's, whatever their element is called."""
    plain = paged("netease/2016_end_text/ep_frame")
    record = paged("netease/2016_end_text/ep_frame", ("<div>(?=<p><b>证券要闻)", f"<div {name}>"))
    assert [block.text for block in plain.blocks] == [block.text for block in record.blocks]


@pytest.mark.parametrize(
    ("page", "pattern", "line", "authors", "source"),
    [
        (
            "sina/2017_main_title/second_date",
            r'(?<=</span> )<span class="date">.*?</span>(?=</div>)',
            '<span class="date">21世纪经济报道 作者：陆景行</span>',
            ["陆景行"],
            "21世纪经济报道",
        ),
        (
            "southcn/2020_article_title/plain",
            r'<span id="source_baidu">.*?</div>',
            '<span id="source_baidu">来源：21世纪经济报道</span> <span id="author_baidu">南方日报</span></div>',
            [],
            "21世纪经济报道",
        ),
        (
            "hexun/2015_art_context/flash",
            r'(?<=<span class="pr20">2019-09-26 10:56:28</span>).*?(?=</div>)',
            "<span>21世纪经济报道</span> 作者：陆景行",
            ["陆景行"],
            "21世纪经济报道",
        ),
    ],
)
def test_a_medium_whose_name_begins_with_digits(
    page: str, pattern: str, line: str, authors: list[str], source: str
) -> None:
    """Next to a time, whose digits it continues; and a medium in the author's place is not an author."""
    record = paged(page, (pattern, line), *([("charset=gb2312", "charset=utf-8")] if "hexun" in page else []))
    assert (authors, source) == ([author.name for author in record.authors], record.source and record.source.name)


@pytest.mark.parametrize(
    ("site", "ident", "urls"),
    [
        (
            "huanqiu",
            "4AbCdEfGhI1",
            [
                "https://china.huanqiu.com/article/4AbCdEfGhI1",
                "https://m.huanqiu.com/article/4AbCdEfGhI1?agt=20",
                "http://3w.huanqiu.com/a/c36dc8/4AbCdEfGhI1",
                "https://world.huanqiu.com/article/4AbCdEfGhI1/",
            ],
        ),
        (
            "baijiahao",
            "1646796218135408573",
            [
                "http://baijiahao.baidu.com/s?id=1646796218135408573",
                "https://baijiahao.baidu.com/s?id=1646796218135408573&wfr=spider&for=pc",
                "https://baijiahao.baidu.com/s?wfr=spider&id=1646796218135408573#top",
            ],
        ),
        (
            "eastday",
            "1716193079034519",
            [
                "https://j.021east.com/p/1716193079034519",
                "https://n.eastday.com/pnews/1716193079034519",
                "http://j.eastday.com/p/1716193079034519?qid=1",
            ],
        ),
        (
            "southcn",
            "c2ea1468841",
            [
                "https://news.southcn.com/node_179d29f1ce/c2ea1468841.shtml",
                "https://news.southcn.com/node_179d29f1ce/c2ea1468841_2.shtml",
            ],
        ),
        (
            "csdn",
            "107070420",
            [
                "https://blog.csdn.net/some_one/article/details/107070420",
                "https://some-one.blog.csdn.net/article/details/107070420?spm=1001.2014.3001.5501",
                "https://m.blog.csdn.net/some_one/article/details/107070420",
            ],
        ),
        (
            "csdn",
            "news-2821370",
            [
                "http://www.csdn.net/article/2014-08-25/2821370",
                "https://www.csdn.net/article/2014-08-25/2821370-Top-10/2",
            ],
        ),
        (
            "bilibili",
            "cv15249614",
            [
                "http://www.bilibili.com/read/cv15249614",
                "https://www.bilibili.com/read/cv15249614/?from=search",
                "https://www.bilibili.com/read/mobile?id=15249614",
                "https://www.bilibili.com/read/mobile/15249614",
            ],
        ),
        (
            "hexun",
            "198678130",
            [
                "https://stock.hexun.com/2019-09-26/198678130.html",
                "http://m.hexun.com/stock/2019-09-26/198678130.html",
                "http://hk.stock.hexun.com/2019-09-26/198678130_1.html?from=rss",
            ],
        ),
    ],
)
def test_one_id_for_all_forms_of_an_address(site: str, ident: str, urls: list[str]) -> None:
    """Whatever host, scheme, page and parameters of a share the address has."""
    readings = [read_url(url, profiles_in()[site]) for url in urls]
    assert [("article", ident)] * len(urls) == [(reading.kind, reading.id) for reading in readings]


@pytest.mark.parametrize(
    ("site", "url"),
    [
        ("huanqiu", "https://china.huanqiu.com/"),
        ("huanqiu", "https://www.huanqiu.com/zt/list"),
        ("baijiahao", "https://author.baidu.com/home?from=bjh_article&app_id=1"),
        ("eastday", "http://news.eastday.com/gd2008/news/index.html"),
        ("southcn", "https://news.southcn.com/node_54a44f01a2"),
        ("csdn", "https://so.csdn.net/so/search?q=a"),
        ("bilibili", "https://www.bilibili.com/video/BV1xx411c7mD"),
        ("bilibili", "https://space.bilibili.com/651070904"),
        ("hexun", "http://quote.hexun.com/default.html"),
    ],
)
def test_an_address_that_is_not_an_articles(site: str, url: str) -> None:
    """Lists, searches, videos and accounts have no id of an article."""
    reading = read_url(url, profiles_in()[site])
    assert (reading.id, reading.kind in {"list", "ignore", None}) == (None, True)
