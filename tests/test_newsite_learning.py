"""`scrapy newsite` learns: what it keeps holds on pages it has not seen, what it does not keep it explains."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler import Quarantined, Record, extract
from crawler.draft.site import Draft, Given
from crawler.profiles.faults import Severity
from crawler.profiles.lint import lint
from crawler.profiles.load import Profile, load_profile
from crawler.profiles.match import read_url
from crawler.records.model import Role
from tests.newsite_pages import EDITORS, HEADLINES, PAGE, article, paragraphs

DAY = "2026-11-30"


def learned(tmp_path: Path, pages: list[Given]) -> tuple[Draft, Profile, str]:
    """Draft from pages; return the draft, its profile, and the text of its files."""
    draft = Draft("linxi", pages, DAY)
    folder = tmp_path / "linxi"
    assert [] == draft.write(folder)
    assert [] == [fault for fault in lint(folder) if fault.severity is not Severity.NOTE]
    return draft, load_profile(folder), "".join(p.read_text("utf-8") for p in sorted(folder.rglob("*.toml")))


def read(page: Given, profile: Profile) -> Record:
    """Read a page with a drafted profile."""
    return extract(page.body, page.url, profiles=[profile])


def body(record: Record) -> list[str]:
    """Return the texts of a record's blocks."""
    return [block.text for block in record.blocks if block.text]


def test_the_next_page_of_the_template_is_read(tmp_path: Path) -> None:
    """Three pages are enough for headline, body, date, source, editors, regions and their items on a fourth."""
    _, profile, _ = learned(tmp_path, [article(number) for number in (1, 2, 3)])
    record = read(article(4), profile)
    assert (HEADLINES[4], paragraphs(4)) == (record.headline, body(record))
    assert "2026-02-14T10:14:00+08:00" == record.date_published
    assert "灯下漫笔" == (record.source.name if record.source else None)
    assert (EDITORS[4],) == record.editors
    roles = {entry.role: entry for entry in record.chrome}
    assert {Role.NAV, Role.BREADCRUMB, Role.CREDITS, Role.SHARE, Role.RELATED, Role.HOT, Role.FOOTER} <= roles.keys()
    assert 0 == record.coverage.unknown
    for role in (Role.RELATED, Role.HOT):
        items = roles[role].items or ()
        assert 5 == len(items)
        assert all(item.headline and item.url and item.date_published for item in items)


def test_the_page_of_another_site_is_refused(tmp_path: Path) -> None:
    """A page built differently is not taken for the layout, though both have an h1 and a div for the text."""
    _, profile, _ = learned(tmp_path, [article(number) for number in (1, 2, 3)])
    other = PAGE
    for old, new in (("lx-", "zz-"), ("lxText", "zzText"), ('class="zz-title"', 'class="title"')):
        other = other.replace(old, new)
    with pytest.raises(Quarantined, match="no layout of linxi is recognised"):
        read(article(4, template=other), profile)


def test_one_article_twice_misleads_nothing(tmp_path: Path) -> None:
    """The paragraphs that two pages share are not boilerplate, since the pages have one article."""
    copy = article(1, url="https://news.linxi.example/2026/02/art_8807777.html")
    draft, profile, said = learned(tmp_path, [article(1), copy, article(2), article(3)])
    assert paragraphs(1) == body(read(article(1), profile))
    assert "1 of the pages repeat another page's article; nothing was learned from them" in draft.notes
    assert "# 1 of them repeat another page's article" in said


def test_a_line_on_every_page_is_not_the_article(tmp_path: Path) -> None:
    """A sentence that stands word for word at the end of different articles becomes a rule with its first words."""
    line = "<p>想看更多临溪的故事，请扫描下方二维码，关注我们的客户端。</p>"
    _, profile, said = learned(tmp_path, [article(number, after=line) for number in (1, 2, 3)])
    assert paragraphs(4) == body(read(article(4, after=line), profile))
    assert "想看更多临溪的故事" in said


def test_a_paragraph_of_two_articles_stays(tmp_path: Path) -> None:
    """Long prose in two articles is quoted, not boilerplate."""
    shared = (
        "<p>"
        + "镇上的老人说，江水涨到第三级台阶的那一年，全镇的人都睡在山坡上的学校里，孩子们觉得很有趣。" * 2
        + "</p>"
    )
    pages = [article(1, after=shared), article(2, after=shared), article(3)]
    _, profile, _ = learned(tmp_path, pages)
    assert 6 == len(body(read(pages[0], profile)))


def test_credits_without_a_name_are_found_by_their_words(tmp_path: Path) -> None:
    """A paragraph of the body that begins with a label goes to the credits, on pages not seen as well."""
    pages = [article(number, after=f"<p>作者：{EDITORS[number]}</p>") for number in (1, 2, 3)]
    _, profile, _ = learned(tmp_path, pages)
    record = read(article(4, after="<p>作者：安敬之</p>"), profile)
    assert paragraphs(4) == body(record)
    assert "作者：安敬之" in " ".join(entry.text or "" for entry in record.chrome if entry.role is Role.CREDITS)


def test_prose_that_begins_with_a_label_stays(tmp_path: Path) -> None:
    """A sentence about the words of a label is not the label."""
    pages = [article(number, after=f"<p>作者：{EDITORS[number]}</p>") for number in (1, 2, 3)]
    _, profile, _ = learned(tmp_path, pages)
    told = "责任编辑：这四个字从排字房的木牌上拓下来，如今挂在门厅。"
    assert [*paragraphs(4), told] == body(read(article(4, after=f"<p>{told}</p>"), profile))


def test_a_body_in_two_boxes_is_both(tmp_path: Path) -> None:
    """An advertisement closes the text's box, and a second one of the same name goes on beside it."""
    split = PAGE.replace(
        '<div class="lx-text" id="lxText">{body}',
        '<div class="lx-text">{body}</div><div class="lx-ad">广告</div><div class="lx-text"><p>{tail}</p>',
    )
    tails = [
        "水塔边的小店每天七点开门，老板娘烧水、扫地，把昨天的报纸叠好，放在门口的木凳上，等人来取。" * (n + 1)
        for n in range(5)
    ]
    pages = [article(n, template=split.replace("{tail}", tails[n])) for n in (1, 2, 3)]
    _, profile, _ = learned(tmp_path, pages)
    assert [*paragraphs(4), tails[4]] == body(read(article(4, template=split.replace("{tail}", tails[4])), profile))


SEARCHED = ("冬天的渡口", "图书馆在旧仓库", "修船厂烟囱", "步道延长", "滨河路的夜班公交")
"""Headlines for search engines, which titles repeat."""


def searched(number: int) -> Given:
    """Return a page whose breadcrumb ends in the title, with the headline that readers see above the text."""
    shown = '<h1 class="lx-title">{headline}</h1>'
    crumb = '<nav class="lx-path"><a href="/">首页</a><h1>SEARCHED</h1></nav>'
    displayed = '<hgroup><span>临溪旧事</span><h2><span class="kick">镇上</span> <span>{headline}</span></h2></hgroup>'
    template = PAGE.replace(shown, crumb + displayed).replace("<title>{headline}", "<title>SEARCHED")
    head = f'<meta property="og:title" content="{HEADLINES[number]}">'
    return article(number, template=template.replace("SEARCHED", SEARCHED[number]), head=head)


def test_the_headline_that_is_displayed(tmp_path: Path) -> None:
    """A step of the breadcrumb that the title repeats is not the headline, nor is the word before that."""
    _, profile, _ = learned(tmp_path, [searched(number) for number in (1, 2, 3)])
    assert (HEADLINES[4], paragraphs(4)) == ((record := read(searched(4), profile)).headline, body(record))


def test_a_picture_that_leads_to_a_larger_one(tmp_path: Path) -> None:
    """A picture with a caption inside a link to its file is the body's, not a list of articles."""
    picture = '<div class="lx-photo"><a href="https://img.linxi.example/{n}.jpg"><img src="https://img.linxi.example/{n}s.jpg"><span>水塔上的钟，第{n}天</span></a></div>'
    pages = [article(number, before=picture.format(n=number)) for number in (1, 2, 3)]
    _, profile, _ = learned(tmp_path, pages)
    record = read(article(4, before=picture.format(n=4)), profile)
    texts = [text for block in record.blocks for text in (block.text, block.caption) if text]
    assert ["水塔上的钟，第4天", *paragraphs(4)] == texts


def test_elements_that_are_not_prose(tmp_path: Path) -> None:
    """What a body has in navigation, forms and asides is not the article, even if no body at hand has them."""
    elsewhere = '<div class="lx-share"><nav>分享到</nav><aside>微博</aside><address>临溪</address>'
    template = PAGE.replace('<div class="lx-share">', elsewhere)
    inside = (
        "<nav>上一篇的标题在这里</nav><address>文字由望潮周刊提供</address><aside>渡口的船票从下个月起涨价两元，学生半价。</aside>"
        "<form>把临溪的消息寄给我<button>订阅</button></form>"
    )
    _, profile, _ = learned(tmp_path, [article(number, template=template) for number in (1, 2, 3)])
    assert paragraphs(4) == body(read(article(4, template=template, after=inside), profile))


@pytest.mark.parametrize(
    ("head", "url", "rule", "date"),
    [
        ('<meta name="pubtime" content="2026-02-1{n} 08:30:00">', None, 'meta = "pubtime"', "2026-02-14T08:30:00+08:00"),
        ('<script>var publish_time = "2026-02-1{n} 08:30:00";</script>', None, "[data.publishtime]", "2026-02-14T08:30:00+08:00"),
        ("", "https://news.linxi.example/2026-02/1{n}/c_112532745{n}.htm", "(?P<year>", "2026-02-14"),
        ("", "https://news.linxi.example/gn/2026/02-1{n}/766650{n}.shtml", "(?P<year>", "2026-02-14"),
        (
            '<script type="application/ld+json">{{"@type": "NewsArticle", "datePublished": "2026-02-1{n}T08:30:00+08:00"}}</script>',
            None, 'path = "datePublished"', "2026-02-14T08:30:00+08:00",
        ),
    ],
    ids=["meta", "script", "URL", "month and day in the URL", "JSON-LD"],
)  # fmt: skip
def test_dates_that_the_page_does_not_show(tmp_path: Path, head: str, url: str | None, rule: str, date: str) -> None:
    """They are found in metas, script variables, JSON-LD, and in the URL as the last resort."""

    def page(number: int) -> Given:
        return article(
            number, info='<span class="src">来源：灯下漫笔</span>', head=head.format(n=number),
            url=url.format(n=number) if url else f"https://news.linxi.example/a/900{number}771.html",
        )  # fmt: skip

    _, profile, said = learned(tmp_path, [page(number) for number in (1, 2, 3)])
    assert rule in said
    assert date == read(page(4), profile).date_published


def test_a_rule_that_pages_contradict_becomes_a_comment(tmp_path: Path) -> None:
    """An element that gives the source on one page and something else on another is not a rule, and the draft says so."""
    infos = [
        '<span class="time">2026-02-11 10:11</span> <span class="who">来源：灯下漫笔</span>',
        '<span class="time">2026-02-12 10:12</span> <span class="who">来源：江边日报</span>',
        '<span class="time">2026-02-13 10:13</span> <span class="who">阅读 1024</span>',
    ]
    draft, _, said = learned(tmp_path, [article(n + 1, info=info) for n, info in enumerate(infos)])
    assert "阅读 1024" not in [value for rule in draft.rules if not rule.reason for value in rule.gave]
    kept = [rule for rule in draft.rules if rule.key == "fields.source.name" and not rule.reason]
    assert [("灯下漫笔", "江边日报")] == [rule.gave for rule in kept][:1]
    assert "of 2 pages; left out of the learning" in said


def test_layouts_get_files_of_their_own(tmp_path: Path) -> None:
    """Pages of two templates in one call: each has its evidence, and each page its layout."""
    old = (
        "<!DOCTYPE html><html><head><title>{headline}_{channel}_临溪网</title>{head}</head><body><table id='oldHead'><tr><td>首页"
        " 新闻</td></tr></table><table id='oldBody'><tr><td class='oldTitle'>{headline}</td></tr><tr><td class='oldInfo'>{info}</td></tr>"
        "<tr><td class='oldText'>{body}</td></tr></table><table id='oldFoot'><tr><td>版权所有 临溪网</td></tr></table></body></html>"
    )
    olds = [
        article(n, template=old, host="old.linxi.example", info=f"2006-05-1{n} 09:0{n} 来源：县报") for n in (1, 2, 3)
    ]
    draft, profile, _ = learned(tmp_path, [*(article(n) for n in (1, 2, 3)), *olds])
    assert 2 == len(profile.layouts)
    assert 2 == len(set(draft.layouts.values()))
    new, former = read(article(4), profile), read(article(4, template=old, info="2006-05-14 09:04 来源：县报"), profile)
    assert new.layout.id != former.layout.id
    assert (paragraphs(4), paragraphs(4)) == (body(new), body(former))


def test_a_line_with_the_headlines_name_is_not_a_rule(tmp_path: Path) -> None:
    """Where the line with time and source stands in the heading itself, the headline's rule stands alone."""
    template = PAGE.replace('{headline}</h1><div class="lx-info">{info}</div>', "{headline}<br>{info}</h1>")
    draft, _, _ = learned(tmp_path, [article(1, template=template)])
    keys = [rule.key for rule in draft.rules if ".lx-title" in " ".join(rule.toml)]
    assert ["article.headline"] == [key for key in keys if key.startswith("article.")]


def test_lists_come_from_the_navigation(tmp_path: Path) -> None:
    """Channels that the pages link to and that have articles below them, without the pages about the site itself."""
    _, profile, _ = learned(tmp_path, [article(number) for number in (1, 2, 3)])
    urls = [source.url for source in profile.site.lists]
    assert "https://sports.linxi.example/" in urls
    assert [] == [url for url in urls if "about" in url or "contact" in url or "culture" in url]


def test_feeds_are_lists(tmp_path: Path) -> None:
    """A feed that the pages name comes first; the comments' feed of a single page is not one."""
    head = (
        '<link rel="alternate" type="application/rss+xml" href="https://www.linxi.example/rss.xml">'
        '<link rel="alternate" type="application/rss+xml" href="https://news.linxi.example/{n}/comments.xml">'
    )
    _, profile, _ = learned(tmp_path, [article(n, head=head.format(n=n)) for n in (1, 2, 3)])
    feeds = [source.url for source in profile.site.lists if source.format == "feed"]
    assert ["https://www.linxi.example/rss.xml"] == feeds


def test_hosts_are_those_of_all_channels(tmp_path: Path) -> None:
    """Pages of one channel whose navigation leads to other subdomains: the site has the registered domain."""
    _, profile, _ = learned(tmp_path, [article(number) for number in (1, 2, 3)])
    assert ("linxi.example",) == profile.site.hosts
    assert "8801004" == read_url("https://culture.linxi.example/2026/03/art_8801004.html", profile).id


def test_the_table_has_each_rule(tmp_path: Path) -> None:
    """Rule, pages, pages left out, confidence, and what it gave."""
    draft, _, _ = learned(tmp_path, [article(number) for number in (1, 2, 3)])
    lines = draft.table()
    assert "2026_lxtext: 3 pages" == lines[0]
    assert ["rule", "pages", "left", "out", "confidence", "gave"] == lines[1].split()
    rows = {line.split()[0]: line.split()[1:4] for line in lines[2:]}
    assert ["3/3", "3/3", "0.80"] == rows["article.body"] == rows["article.headline"] == rows["fields.datePublished"]


def test_selectors_are_names(tmp_path: Path) -> None:
    """No positions, no attribute beginnings, no generated class names."""
    _, _, said = learned(tmp_path, [article(number) for number in (1, 2, 3)])
    assert [] == [
        sign
        for sign in ("nth-", "[class^=", "[class*=")
        if any(sign in line for line in said.splitlines() if line.startswith("css"))
    ]
    assert '"#lxText"' in said
