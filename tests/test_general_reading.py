"""The general reading: what comes of pages that no profile describes, and which pages it is for."""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from contextlib import suppress

import pytest

from crawler import Record, extract
from crawler.errors import Failure, PageRefused, Quarantined
from crawler.heuristics.body import signs, with_deck
from crawler.heuristics.extent import cut
from crawler.heuristics.features import Figures
from crawler.heuristics.forest import MODEL, forest
from crawler.heuristics.general import judge
from crawler.heuristics.outline import Outline
from crawler.page.dom import Page
from crawler.page.text import squeeze
from crawler.profiles.checks.suffixes import registered
from crawler.records.model import ExtractionMethod, Flag, Role
from tests.cases import cases, shipped
from tests.mutants import mutate, page_text, source

URL = "https://news.example.com.cn/2024-05/17/c_1130001.html"


def paragraphs(*texts: str) -> str:
    """Return texts as paragraphs."""
    return "".join(f"<p>{text}</p>" for text in texts)


CHINESE = (
    "五月十七日上午，临湾市图书馆新馆正式向市民开放，首日接待读者近四千人，借出图书一万余册。",
    "新馆位于滨江路北段，总建筑面积三万二千平方米，设有阅览座位一千八百个，地下两层为智能书库，可以存放图书二百万册。",
    "馆长陈望舒介绍，书库由机器人取书，读者提交申请以后，平均六分钟就能拿到需要的图书，比旧馆快了一半以上。",
    "据了解，旧馆将改建为少年儿童图书馆，预计明年春天完工，届时两馆之间会开通免费的接驳班车，方便家长和孩子往来。",
)
ENGLISH = (
    "The ferry between Aldmouth and the northern islands will run every hour from June, the harbour company said on Friday.",
    "Until now the boats crossed only four times a day, which left many islanders waiting on the quay for most of a morning.",
    '"We have asked for this for eleven years," said Martha Lindqvist, who runs the bakery at the landing, "and now it is here."',
    "The company has bought two second-hand vessels from a Danish operator and will hire thirty people, most of them from the islands.",
)
GERMAN = (
    "Die Stadtwerke Nordhafen wollen bis zum Herbst alle Straßenlaternen der Altstadt auf sparsame Leuchten umstellen.",
    "Rund zweitausend Lampen werden dafür ausgetauscht, teilte das Unternehmen am Montag mit; die Kosten liegen bei drei Millionen Euro.",
    "Anwohner hatten zuletzt über dunkle Wege am Kanal geklagt, und der Stadtrat beschloss daraufhin einstimmig, den Umbau vorzuziehen.",
    "Im kommenden Jahr sollen die Vororte folgen, sofern das Land den zugesagten Zuschuss tatsächlich auszahlt.",
)


def links(*texts: str) -> str:
    """Return a list of links with these texts."""
    return (
        "<ul>"
        + "".join(f'<li><a href="/a/{number}.html">{text}</a></li>' for number, text in enumerate(texts))
        + "</ul>"
    )


CHINESE_PAGE = f"""<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>临湾市图书馆新馆开放_临湾新闻网</title></head><body>
<div class="nav">{links("首页", "国内", "国际", "财经", "体育", "文化")}</div>
<div class="crumb"><a href="/">首页</a> &gt; <a href="/wh/">文化</a> &gt; 正文</div>
<div class="main"><h1>临湾市图书馆新馆开放</h1>
<div class="info"><span>2024-05-17 09:30:12</span> <span>来源：临湾日报</span> <span>作者：林知夏</span></div>
<div class="article-content">{paragraphs(*CHINESE)}<p>责任编辑：周未</p></div>
<div class="related"><h3>相关新闻</h3>{links("滨江路改造工程完成过半", "少儿图书馆方案公示", "读书月活动日程公布", "临湾书展下月开幕")}</div></div>
<div class="footer">版权所有 临湾新闻网 京ICP备00000000号</div></body></html>"""
ENGLISH_PAGE = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Island ferry to run every hour | Aldmouth Post</title>
<meta property="article:published_time" content="2024-05-17T08:15:00Z"><meta name="author" content="Joan Hartley"></head><body>
<header><nav>{links("Home", "News", "Sport", "Business", "Culture")}</nav></header>
<main><article><h1>Island ferry to run every hour</h1><p class="byline">By Joan Hartley</p>
{paragraphs(*ENGLISH)}</article>
<aside class="most-read"><h2>Most read</h2>{links("Council delays the bridge again", "Bakery wins a national prize", "School roof to be repaired")}</aside></main>
<footer>© 2024 Aldmouth Post. All rights reserved. <a href="/privacy">Privacy</a> <a href="/terms">Terms</a></footer></body></html>"""
GERMAN_PAGE = f"""<!doctype html><html lang="de"><head><meta charset="utf-8"><title>Neue Leuchten für die Altstadt - Nordhafener Bote</title></head><body>
<div id="menu">{links("Start", "Lokales", "Sport", "Kultur")}</div>
<div id="content"><h1>Neue Leuchten für die Altstadt</h1><div class="meta">17. Mai 2024, 10:20 Uhr</div>
{"<br><br>".join(GERMAN)}</div>
<div id="footer">© 2024 Nordhafener Bote. Alle Rechte vorbehalten.</div></body></html>"""


def read(page: str, url: str = URL) -> Record:
    """Return the record of a page by the general reading."""
    return extract(page.encode(), url, profiles=[], general=True)


@pytest.mark.parametrize(
    ("page", "body"),
    [(CHINESE_PAGE, CHINESE), (ENGLISH_PAGE, ENGLISH), (GERMAN_PAGE, GERMAN)],
    ids=["chinese", "english", "german"],
)
def test_the_body_is_the_articles_paragraphs(page: str, body: tuple[str, ...]) -> None:
    """The body is the articles paragraphs."""
    assert [block.text for block in read(page).blocks] == list(body)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("作者：林知夏", ["林知夏"]),
        ("记者：林知夏 周未", ["林知夏", "周未"]),
        ("本报记者/林知夏", ["林知夏"]),
        ("记者 林知夏报道", []),
    ],
)
def test_a_line_beside_the_headline_labels_the_author(label: str, expected: list[str]) -> None:
    """记者 labels like 作者 if a mark follows it."""
    page = CHINESE_PAGE.replace("<span>作者：林知夏</span>", f"<span>{label}</span>")
    assert expected == [author.name for author in read(page).authors]


def test_a_record_says_that_no_profile_made_it() -> None:
    """A record says that no profile made it."""
    record = read(CHINESE_PAGE)
    assert (record.site, record.layout.id, record.profile.site) == ("example.com.cn", "general", "example.com.cn")
    assert record.extraction is not None
    assert record.extraction.method is ExtractionMethod.GENERAL
    assert record.extraction.confidence == record.layout.confidence
    assert Flag.GENERAL in record.flags


def test_a_chinese_pages_values_are_those_that_it_shows() -> None:
    """A chinese pages values are those that it shows."""
    record = read(CHINESE_PAGE)
    assert record.headline == "临湾市图书馆新馆开放"
    assert record.date_published == "2024-05-17T09:30:12+08:00"
    assert record.source is not None
    assert record.source.name == "临湾日报"
    assert [author.name for author in record.authors] == ["林知夏"]
    assert record.editors == ("周未",)
    assert record.in_language == "zh-CN"


def test_an_english_pages_values_come_from_metadata_and_its_byline() -> None:
    """An english pages values come from metadata and its byline."""
    record = read(ENGLISH_PAGE, "https://www.aldmouth-post.co.uk/news/ferry")
    assert (record.site, record.headline) == ("aldmouth-post.co.uk", "Island ferry to run every hour")
    assert record.date_published == "2024-05-17T08:15:00+00:00"
    assert [author.name for author in record.authors] == ["Joan Hartley"]
    assert record.in_language == "en"


def test_a_date_in_a_european_languages_words_is_read() -> None:
    """A date in a european languages words is read."""
    assert read(GERMAN_PAGE).date_published == "2024-05-17T10:20:00+00:00"


def test_chrome_has_roles_and_lists_have_items() -> None:
    """Chrome has roles and lists have items."""
    record = read(CHINESE_PAGE)
    roles = {entry.role for entry in record.chrome}
    assert {Role.NAV, Role.BREADCRUMB, Role.RELATED, Role.CREDITS, Role.FOOTER} <= roles
    related = next(entry for entry in record.chrome if entry.role is Role.RELATED)
    assert [item.headline for item in related.items or ()][:2] == ["滨江路改造工程完成过半", "少儿图书馆方案公示"]


def test_a_date_that_metadata_contradict_is_doubted() -> None:
    """A date that metadata contradict is doubted."""
    page = CHINESE_PAGE.replace(
        "<title>", '<meta property="article:published_time" content="2024-06-30T08:00:00+08:00"><title>'
    )
    record = read(page)
    assert record.date_published == "2024-05-17T09:30:12+08:00"
    assert Flag.DATE_DOUBT in record.flags


def test_a_headline_that_no_title_has_is_doubted() -> None:
    """A headline that no title has is doubted."""
    page = CHINESE_PAGE.replace("<title>临湾市图书馆新馆开放_临湾新闻网", "<title>另一个完全不同的标题_临湾新闻网")
    assert Flag.HEADLINE_DOUBT in read(page).flags


def test_a_page_without_a_title_is_called_by_its_first_line() -> None:
    """With a doubt about the headline."""
    page = f"<html><body>{paragraphs(*CHINESE)}</body></html>"
    record = read(page)
    assert record.headline == CHINESE[0][:80]
    assert Flag.HEADLINE_DOUBT in record.flags


def test_an_empty_page_is_refused_by_name() -> None:
    """No lines at all, and lines of which none is prose."""
    for page in ("<html><body><img src='a.png'></body></html>", "<html><body><p>首页</p></body></html>"):
        with pytest.raises(Quarantined) as caught:
            read(page)
        assert caught.value.failure is Failure.NOT_AN_ARTICLE


def test_a_page_without_a_date_gives_a_record_that_doubts_it() -> None:
    """A page without a date gives a record that doubts it."""
    record = read(CHINESE_PAGE.replace("2024-05-17 09:30:12", ""), "https://news.example.com.cn/a/1")
    assert record.date_published is None
    assert Flag.DATE_DOUBT in record.flags


def test_a_list_of_links_is_no_article() -> None:
    """A list of links is not an article."""
    entries = links(*(f"第{number}条新闻的标题在这里等着读者来看" for number in range(60)))
    page = CHINESE_PAGE.replace(paragraphs(*CHINESE), entries)
    with pytest.raises(Quarantined) as caught:
        read(page)
    assert caught.value.failure is Failure.NOT_AN_ARTICLE
    assert "characters of prose" in str(caught.value)


def test_a_list_of_teasers_is_no_article() -> None:
    """Paragraphs below headlines that are links, one after another."""
    entries = "".join(
        f'<h3><a href="/a/{n}.html">第{n}条新闻的标题在这里等着读者</a></h3><p>{n}：{CHINESE[n % 4]}</p>'
        for n in range(12)
    )
    with pytest.raises(Quarantined) as caught:
        read(CHINESE_PAGE.replace(paragraphs(*CHINESE), entries))
    assert caught.value.failure is Failure.NOT_AN_ARTICLE
    assert "12 of 12 paragraphs below links to other pages" in str(caught.value)


def test_a_list_of_dated_posts_is_doubted() -> None:
    """A blog's page has several whole posts, of which none is the page's article."""
    posts = "".join(
        f'<p class="when">2024-05-{number + 10} 09:30</p><p>第{number}天：{CHINESE[number % 4]}</p>'
        for number in range(8)
    )
    pages = [CHINESE_PAGE, CHINESE_PAGE.replace(paragraphs(*CHINESE), posts)]
    assert [False, True] == [judge(Page(page, URL)).reading.signs[-1] for page in pages]


def test_a_long_post_of_several_is_doubted() -> None:
    """Its date stands above it as those of the other posts do above them, and the page has another title."""
    texts = ("".join(CHINESE * 4), *CHINESE)
    posts = "".join(f'<p class="when">2024-05-1{number} 09:30</p><p>{text}</p>' for number, text in enumerate(texts))
    page = CHINESE_PAGE.replace(paragraphs(*CHINESE), posts).replace("<h1>临湾市图书馆新馆开放</h1>", "")
    outline = Outline(Page(page.replace("<title>临湾市图书馆新馆开放_", "<title>林知夏的日记_"), URL))
    figures = Figures(outline)
    post = [number for number, line in enumerate(outline.lines) if line.text == texts[0]]
    assert signs(figures, post, [0] * len(outline.lines))[-1]
    titled = Figures(Outline(Page(page, URL)))
    titled.titled[post[0] - 2] = 100
    assert not signs(titled, post, [0] * len(outline.lines))[-1]


def test_a_title_in_the_body_is_not_the_headline() -> None:
    """An element before `<html>`, as archives put it there, moves the whole head into the body."""
    page = CHINESE_PAGE.replace("<h1>", "<p>").replace("</h1>", "</p>")
    record = read(f'<text id="1">{page}</text>')
    assert (record.headline, record.title) == ("临湾市图书馆新馆开放", "临湾市图书馆新馆开放_临湾新闻网")
    assert [block.text for block in record.blocks] == list(CHINESE)


def test_a_copy_that_the_page_hides_is_not_read() -> None:
    """Such as one for printing, or for readers who need large letters."""
    copy = f'<div class="reader" style="display:none"><h3>临湾市图书馆新馆开放</h3>{paragraphs(*CHINESE)}</div>'
    record = read(CHINESE_PAGE.replace('<div class="footer">', f'{copy}<div class="footer">'))
    assert [block.text for block in record.blocks] == list(CHINESE)
    assert squeeze(CHINESE[1]) in squeeze("".join(entry.text for entry in record.chrome if entry.role is Role.HIDDEN))


def test_a_body_that_a_script_reveals_is_read() -> None:
    """The page shows no prose beside it."""
    page = CHINESE_PAGE.replace('class="article-content"', 'class="article-content" style="visibility:hidden"')
    assert [block.text for block in read(page).blocks] == list(CHINESE)


def test_parts_of_a_body_that_are_streamed_are_read() -> None:
    """React sends parts of a page after it, in hidden elements that a script moves into place."""
    parts = "".join(f'<div hidden id="S:{n}">{paragraphs(*ENGLISH[n : n + 2])}</div>' for n in (0, 2))
    page = ENGLISH_PAGE.replace(paragraphs(*ENGLISH), '<template id="B:0"></template><template id="B:2"></template>')
    assert [block.text for block in read(page.replace("</body>", f"{parts}</body>")).blocks] == list(ENGLISH)


def test_what_a_portal_puts_into_a_paragraph_is_left_out() -> None:
    """A link back at its end, the price of a share after its name."""
    first, second, *rest = CHINESE
    page = CHINESE_PAGE.replace(first, f'{first}<span id="q">(<b>431.2</b>, <b>7.37</b>, <b>1.74%</b>)</span>')
    record = read(page.replace(second, f'{second}<a href="/"><span>返回临湾网，查看更多</span></a>'))
    assert [block.text for block in record.blocks] == [first, second, *rest]


def test_a_summary_and_what_follows_the_editors_names_are_left_out() -> None:
    """Portals repeat the article before it, and invite to more after it."""
    content = paragraphs(*CHINESE)
    page = CHINESE_PAGE.replace(
        f'<div class="article-content">{content}',
        f'<div class="article-content"><div class="summary">{CHINESE[1]}</div>{content}',
    ).replace("<p>责任编辑：周未</p>", "<p>编辑|周未</p><p>1、回复【图书】查看书目</p><p>点击菜单栏查看更多服务</p>")
    assert [block.text for block in read(page).blocks] == list(CHINESE)


def test_teasers_below_a_heading_say_nothing_of_the_editors_names_before_it() -> None:
    """The article ends at its editors' names, although prose follows: that of related articles, below their heading."""
    lines = (
        "责任编辑：周未",
        "精彩内容每日为您送上",
        "相关新闻",
        *(f'昨日消息：{text}<a href="/a">更多</a>' for text in CHINESE),
    )
    outline = Outline(Page("".join(f"<p>{text}</p>" for text in (*CHINESE, *lines)), URL))
    assert list(CHINESE) == [outline.lines[n].text for n in cut(outline, list(range(len(outline.lines))))]


def test_a_deck_of_news_is_read_and_captions_and_links_are_not() -> None:
    """On a page in a European language that says that it is news."""
    deck = "Islanders have waited eleven years for the new timetable, and now the company has bought two boats for it."
    page = ENGLISH_PAGE.replace(
        "</head>", '<script type="application/ld+json">{"@type": "NewsArticle"}</script></head>'
    )
    page = page.replace('<p class="byline">', f'<p class="standfirst">{deck}</p><p class="byline">').replace(
        f"<p>{ENGLISH[1]}</p>",
        f'<figure><img src="a.jpg"><figcaption>The ferry at the landing on Friday, seen from the old quay.</figcaption></figure>'
        f'<p><a href="/b">Read what the harbour company promised last year</a></p><p>{ENGLISH[1]}</p>',
    )
    texts = [block.text for block in read(page).blocks if block.text]
    assert texts == [deck, *ENGLISH]


@pytest.mark.parametrize(
    ("before", "line"),
    [
        ("", "《临湾日报》（2024年05月17日 03版）"),
        ("", "——《 临湾日报 》（ 2024年5月17日 第 3 版 ）"),
        ("【文/临湾网专栏作者 周未】", ""),
    ],
)
def test_where_an_article_was_printed_and_who_wrote_it_is_not_read(before: str, line: str) -> None:
    """Portals that belong to a newspaper end articles with its name, day and page; others begin them with the author's."""
    content = paragraphs(*CHINESE)
    page = CHINESE_PAGE.replace(content, "".join(f"<p>{text}</p>" for text in (before, *CHINESE, line) if text))
    assert [block.text for block in read(page).blocks] == list(CHINESE)


@pytest.mark.parametrize(
    "line",
    [
        "Associated Press writer Lars Holm in Copenhagen contributed to this report.",
        "With files from the Island Courier",
        "Last reviewed by Joan Hartley",
    ],
)
def test_who_helped_and_when_it_changed_is_not_read(line: str) -> None:
    """Lines below an article."""
    page = ENGLISH_PAGE.replace(f"<p>{ENGLISH[3]}</p>", f"<p>{ENGLISH[3]}</p><p>{line}</p>")
    assert [block.text for block in read(page).blocks] == list(ENGLISH)


def test_what_is_said_of_the_author_below_an_article_is_not_read() -> None:
    """From its heading on."""
    more = "<h3>About the author</h3><p>Joan Hartley has written about the islands for the Post since 2009, and she sails.</p>"
    page = ENGLISH_PAGE.replace(f"<p>{ENGLISH[3]}</p>", f"<p>{ENGLISH[3]}</p>{more}")
    assert [block.text for block in read(page).blocks] == list(ENGLISH)


@pytest.mark.parametrize(
    "deck",
    [
        '<p class="article-subtitle">Islanders have waited eleven years for the new timetable of their only boat</p>',
        '<h2 class="x">Islanders have waited eleven years for the new timetable of their only boat</h2>',
        '<p class="article-header__lead">Islanders have waited eleven years for the new timetable, and now it is here.</p>',
    ],
    ids=["without a mark", "heading", "named by the header"],
)
def test_a_deck_is_read_right_below_the_headline_of_news(deck: str) -> None:
    """However doubtful it is: on a page that says that it is news, if it is named so or is a heading."""
    page = ENGLISH_PAGE.replace(
        "</head>", '<script type="application/ld+json">{"@type": "NewsArticle"}</script></head>'
    ).replace('<p class="byline">', f'{deck}<p class="byline">')
    figures = Figures(Outline(Page(page, URL)))
    lines = figures.outline.lines
    found = [number for number, line in enumerate(lines) if line.text in ENGLISH]
    scores = [200] * len(lines)
    assert [re.sub("<.*?>", "", deck), *ENGLISH] == [lines[number].text for number in with_deck(figures, found, scores)]


def test_a_sentence_about_the_editors_is_the_article() -> None:
    """Credits end with a name; a sentence that begins with their words goes on."""
    sentence = "责任编辑：这几个字从旧馆的木牌上拓下来，如今挂在新馆的门厅里，读者进门就能看到。"
    page = CHINESE_PAGE.replace(f"<p>{CHINESE[2]}</p>", f"<p>{CHINESE[2]}</p><p>{sentence}</p>")
    assert sentence in [block.text for block in read(page).blocks]


def test_a_statement_at_the_end_is_left_out() -> None:
    """Whoever states it."""
    statement = "本文来自临湾社区，仅代表作者观点。"
    page = CHINESE_PAGE.replace(f"<p>{CHINESE[3]}</p>", f"<p>{CHINESE[3]}</p><p>{statement}</p>")
    assert [block.text for block in read(page).blocks] == list(CHINESE)


def test_the_last_paragraph_of_a_short_page_is_read() -> None:
    """Little around it speaks for it but the paragraphs before it."""
    case = shipped("thepaper/2014_news_txt/plain")
    record = extract(case.body, case.response["url"], headers=case.response["headers"], profiles=[], general=True)
    assert squeeze("".join(block.text or "" for block in record.blocks)) == squeeze("".join(case.texts))


def test_a_trail_is_not_the_headline() -> None:
    """Where the title is the section's, not the article's."""
    page = CHINESE_PAGE.replace(
        "<h1>临湾市图书馆新馆开放</h1>", "<h3>首页 - 文化新闻</h3><h5>临湾市图书馆新馆开放</h5>"
    )
    page = page.replace("<title>临湾市图书馆新馆开放_临湾新闻网", "<title>文化新闻--临湾新闻网")
    assert read(page).headline == "临湾市图书馆新馆开放"


def test_without_general_a_page_of_an_unknown_site_is_refused() -> None:
    """Without general a page of an unknown site is refused."""
    with pytest.raises(Quarantined) as caught:
        extract(CHINESE_PAGE.encode(), URL)
    assert caught.value.failure is Failure.UNKNOWN_SITE


def test_a_page_that_its_sites_profile_refuses_is_not_read_without_it() -> None:
    """A page that its sites profile refuses is not read without it."""
    with pytest.raises(Quarantined) as caught:
        extract(CHINESE_PAGE.encode(), "https://www.163.com/news/article/ABCDEFGH00018990.html", general=True)
    assert caught.value.failure is Failure.UNKNOWN_LAYOUT


@pytest.mark.parametrize("url", ["http://[bad/a_1.html", "http://", "file:///a/b.html", "b.html", ""])
def test_a_page_needs_a_url_of_the_web(url: str) -> None:
    """A page without a profile whose URL cannot be parsed, or is not an http or https URL, is refused by name."""
    with pytest.raises(Quarantined, match="not an http or https URL") as caught:
        read(CHINESE_PAGE, url)
    assert Failure.BAD_URL == caught.value.failure


def test_the_same_page_gives_the_same_bytes() -> None:
    """The same page gives the same bytes."""
    assert {read(CHINESE_PAGE).line for _ in range(3)} == {read(CHINESE_PAGE).line}


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.news.example.com.cn", "example.com.cn"),
        ("example.org", "example.org"),
        ("a.b.example.co.uk", "example.co.uk"),
        ("someone.github.io", "someone.github.io"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
    ],
)
def test_a_site_is_its_registered_domain(host: str, domain: str) -> None:
    """A site is its registered domain."""
    assert registered(host) == domain


def texts(record: Record) -> list[str | None]:
    """Return the texts of the record's partition."""
    shown = record.headline if record.provenance["headline"].rule == "general.headline" else None
    body = [text for block in record.blocks for text in (block.text, block.caption)]
    return [record.title, shown, *(line.text for line in record.info), *body, *(entry.text for entry in record.chrome)]


def test_a_version_for_another_screen_is_not_read_twice() -> None:
    """A page that holds its article once for wide and once for narrow screens."""
    page = ENGLISH_PAGE.replace(paragraphs(*ENGLISH), "".join(f"<div>{paragraphs(*ENGLISH)}</div>" for _ in range(2)))
    assert [block.text for block in read(page).blocks] == list(ENGLISH)


def test_an_aside_around_the_article_says_nothing() -> None:
    """Some authors take `aside` for a column."""
    page = ENGLISH_PAGE.replace("<main>", "<aside>", 1).replace("</main>", "</aside>")
    long = paragraphs(*ENGLISH, *(text.replace("ferry", "boat").replace("The", "A") for text in ENGLISH))
    record = read(page.replace(paragraphs(*ENGLISH), long))
    assert record.blocks[0].text == ENGLISH[0]
    assert len(record.blocks) == 8


@pytest.mark.parametrize(
    "line",
    [
        "Les også: Ferjen går oftere fra juni",
        "Lees ook: Vaker naar de eilanden",
        "Leggi anche: Traghetti ogni ora da giugno",
    ],
)
def test_a_pointer_to_another_article_is_left_out(line: str) -> None:
    """Whether it is a link or not."""
    page = ENGLISH_PAGE.replace("</p><p>Until", f"</p><p>{line}</p><p>Until")
    assert [block.text for block in read(page).blocks] == list(ENGLISH)


def test_every_character_of_a_broken_page_is_in_one_place() -> None:
    """Every character of a broken page is in one place."""
    chooser = random.Random(13)
    recorded = [(source(case), case.response["url"]) for case in chooser.sample(cases(), 12)]
    given = [(CHINESE_PAGE, URL), (ENGLISH_PAGE, URL), (GERMAN_PAGE, URL), *recorded]
    seen = 0
    for html, url in given * 4:
        broken = mutate(html, chooser, chooser.randrange(1, 9))
        try:
            record = extract(broken.encode(), url, profiles=[], general=True)
        except (Quarantined, PageRefused):
            continue
        if record.body_from_data is not None:
            continue
        seen += 1
        assert Counter(squeeze("".join(text for text in texts(record) if text))) == Counter(page_text(broken))
    assert seen > 20


def test_the_model_holds_whole_numbers_and_names_only() -> None:
    """The model holds whole numbers and names only."""
    assert MODEL.stat().st_size < 100_000
    assert MODEL.read_bytes().isascii()


def test_nesting_and_many_lines_cost_no_more_than_their_size() -> None:
    """Nesting and many lines cost no more than their size."""
    deep = "<div>" * 200 + paragraphs(*CHINESE) + "</div>" * 200
    many = "".join(f"<span>{number}</span><br>" for number in range(20_000))
    page = CHINESE_PAGE.replace(paragraphs(*CHINESE), deep + many)
    with suppress(Quarantined):
        assert read(page).extraction is not None


def test_what_decided_a_line_is_found_without_walking_the_trees_again() -> None:
    """On the line's way alone: the means below its nodes are computed once, or a page of 9,000 lines takes minutes."""
    model = forest()
    row = [0] * len(model.model.figures)
    decided = model.decided(row)
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        again = model.decided(row)
    finally:
        sys.setprofile(before)
    assert decided == again
    assert calls < 3_000
