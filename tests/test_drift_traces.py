"""Traces: what stands in place of what a rule found, and what only looks like it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from selectolax.lexbor import LexborNode

from crawler import extract
from crawler.drift.baseline import Baseline, RuleBaseline
from crawler.drift.fingerprint import Element, Step, Value
from crawler.drift.headings import moved_headings
from crawler.drift.labels import SWAPPED, headline_below, label_traces, lost_lines, stray_labels, swapped, turned_dates
from crawler.drift.leftover import constants, strange_words
from crawler.drift.shape import holders, names_inside, styles
from crawler.drift.strays import strays_of
from crawler.drift.traces import MOST_SEARCHED, Traces
from crawler.drift.watch import Watch
from crawler.extract import extract_parted
from crawler.profiles.load import Profile
from crawler.records.model import Author, Block, BlockType, Source
from crawler.sieve.record import PartitionedPage
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
        pytest.param('<p class="from">来源：河畔晚报</p>', '<p class="from"> </p>', "article.info.from", None, id="emptied"),
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


def test_an_element_of_another_rule_is_not_in_the_place_of_one(profile: Profile) -> None:
    """The editor's line stands where the source was; under a name that no rule has, it may be the source's."""
    line = '<p class="from">来源：河畔晚报</p>'
    usual = PAGE.replace('<p class="editor">责任编辑：林一</p>', "").encode()
    traces = Traces(profile, {})
    traces.page(usual, URL, None).learn(extract(usual, URL, profiles=[profile]))
    found = []
    for name in ("editor", "maker"):
        page = usual.replace(line.encode(), f'<p class="{name}">责任编辑：林一</p>'.encode())
        found.append(traces.page(page, URL, None).trace("2026_article")("article.info.from"))
    assert [None, "p.maker"] == found


def test_a_banner_is_not_a_list(profile: Profile) -> None:
    """In place of a list stands only what consists of links."""
    begin, _, rest = PAGE.partition('<div class="hot">')
    html = (
        begin
        + '<div class="new_banner"><h3>新版首页上线了</h3><p>欢迎访问新的首页</p></div>'
        + rest.partition("</div>")[2]
    )
    assert looked(profile, html, "chrome.hot") is None


CRUMB = Element(
    "div",
    classes=("way",),
    ancestors=(Step("article"), Step("body"), Step("html")),
    after=Step("h1", "top"),
    depth=3,
    links=1.0,
)
"""Breadcrumbs so short that their share of the text is 0."""
BOX = Element(
    "div", id="hot_cars", ancestors=(Step("body"), Step("html")), before=Step("p", classes=("ad",)),
    after=Step("p", classes=("ad",)), order=2, depth=2, share=0.9, links=1.0,
)  # fmt: skip
END = Element(
    "div", classes=("links",), ancestors=(Step("body"), Step("html")), before=Step("p", classes=("ad",)), order=2, depth=2,
    share=0.3, links=1.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "html", "expected"),
    [
        pytest.param("chrome.crumb", '<div class="path"><a href="/">首页</a></div>', "div.path", id="a short text"),
        pytest.param("chrome.crumb", '<div class="path"> </div>', None, id="no text"),
        pytest.param("chrome.crumb", '<div class="css-1x2y3z"><a href="/">首页</a></div>', "div.*", id="a generated name"),
        pytest.param("chrome.crumb", '<div class="css-1x2y3z"><b>首页</b></div>', None, id="a generated name, unlike"),
        pytest.param("chrome.box", '<p class="ad"></p><div id="hot_bikes">{}</div><p class="ad"></p>', "div#hot_bikes", id="a box in the same place"),
        pytest.param("chrome.box", '<p class="ad"></p><div id="hot_bikes">{}</div>', None, id="a box of a column"),
        pytest.param("chrome.box", '<p class="ad"></p><div>{}</div><p class="ad"></p>', "div", id="without a name"),
        pytest.param("chrome.box", '<p class="ad"></p><div>{}</div>', None, id="a box without a name"),
        pytest.param("chrome.end", '<div class="zt_board">{}</div>', None, id="a new box at the end of the page"),
        pytest.param("chrome.end", '<p class="ad"></p><div class="zt_board">{}</div>', "div.zt_board", id="behind the same"),
    ],
)  # fmt: skip
def test_what_may_stand_in_place_of_a_region(profile: Profile, rule: str, html: str, expected: str | None) -> None:
    """The text may be short; of what pages often lack, an element without classes must be very much alike."""
    rules = {
        "chrome.crumb": RuleBaseline(3, 3, elements=(CRUMB,)),
        "chrome.box": RuleBaseline(2, 3, elements=(BOX,)),
        "chrome.end": RuleBaseline(2, 3, elements=(END,)),
    }
    begin, _, rest = PAGE.partition('<div class="hot">')
    listed = html.format('<a href="/a">老桥修好了居民出行方便</a><a href="/b">运动会开幕了大家都去看</a>')
    crumb = begin.replace("<h1>", f'{html}<h1 id="top">').replace("</article>", f"{PARAGRAPH * 20}</article>")
    page = f"{crumb if rule == 'chrome.crumb' else begin + listed}{rest[-14:]}"
    traces = Traces(profile, {"2026_article": Baseline("demo", "2026_article", 3, rules)})
    assert expected == traces.page(page.encode(), URL, None).trace("2026_article")(rule)


LEAD = Element(
    "p",
    classes=("lead",),
    ancestors=(Step("div", classes=("body",)), Step("article"), Step("body"), Step("html")),
    depth=4,
    share=0.3,
)


@pytest.mark.parametrize(
    ("html", "where", "expected"),
    [
        ('<p class="lead">旧书架排成三排。</p>', "", "p.lead"),
        ('<p class="lead"> </p>', "", None),
        ('<p class="lead">旧书架排成三排。</p><p class="lead">门开了。</p>', "", None),
        ('<p class="lead">旧书架排成三排。</p>', 'where = "^摘要"', None),
        ('<section id="x"><i><b class="lead">旧书架</b></i></section>', "", None),
    ],
)
def test_an_optional_line_that_is_not_claimed(tmp_path: Path, html: str, where: str, expected: str | None) -> None:
    """The only element with its names, in the body now; it has not been read because the box around it is gone."""
    profile = small_site(tmp_path, f'{LAYOUT}[article.info.lead]\ncss = ".top .lead"\n{where}\n')
    rules = {"article.info.lead": RuleBaseline(1, 3, elements=(LEAD,)), "article.info.time": RuleBaseline(3, 3)}
    known = {"2026_article": Baseline("demo", "2026_article", 3, rules)}
    page = PAGE.replace(PARAGRAPH, html + PARAGRAPH).encode()
    record = extract(page, URL, profiles=[profile])
    seen = Watch(profile, "run", known).look(
        1, URL, record, Traces(profile, known).page(page, URL, None).trace("2026_article")
    )
    assert seen is not None
    assert expected == seen.traces.get("article.info.lead")


def test_pages_with_new_names_are_always_searched(profile: Profile) -> None:
    """However many pages have been searched for a list that they lack: a site may rebuild it at any time."""
    rules = {"chrome.crumb": RuleBaseline(1, 3, elements=(CRUMB,))}
    traces = Traces(profile, {"2026_article": Baseline("demo", "2026_article", 3, rules)})
    for number in range(40):
        page = traces.page(PAGE.replace("<body>", f'<body id="n{10_000_000 + number}">').encode(), URL, None)
        assert page.trace("2026_article")("chrome.crumb") is None
    assert MOST_SEARCHED == traces.known["2026_article"].searches["chrome.crumb"]
    page = traces.page(
        PAGE.replace("<h1>", '<div class="path"><a href="/">首页</a></div><h1 id="top">').encode(), URL, None
    )
    assert "div.path" == page.trace("2026_article")("chrome.crumb")


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


def known() -> Baseline:
    """Return the baseline of three pages like the usual one."""
    rules = {
        "article.headline": RuleBaseline(3, 3, elements=(Element("h1"),)),
        "article.body": RuleBaseline(3, 3, elements=(Element("div", classes=("body",)),), inside=("p",)),
        "article.info.time": RuleBaseline(3, 3, elements=(Element("p", classes=("time",)),)),
        "article.body.images": RuleBaseline(2, 3),
        "chrome.hot": RuleBaseline(3, 3, elements=(Element("div", classes=("hot",)),)),
        "chrome.hot.items": RuleBaseline(3, 3),
    }
    return Baseline(site="demo", layout="2026_article", pages=3, rules=rules)


LIST = '<ul><li><a href="/a">老桥修好了居民出行方便</a></li><li><a href="/b">运动会开幕</a></li></ul>'
PARAGRAPH = "<p>仓库空了三年，今年春天才有人把门打开，里面有一排旧书架。</p>"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param("", "", {}, id="unchanged"),
        pytest.param(
            LIST, LIST.replace("li>", "div>").replace("ul>", "section>"), {"chrome.hot.items": "links in no entry (1)"},
            id="a list of divs",
        ),
        pytest.param(
            LIST, LIST.replace("</ul>", '<div><a href="/c">植物园的花期今年来得早一些</a></div></ul>'),
            {"chrome.hot.items": "links beside the entries (1)"}, id="a third of a list rebuilt",
        ),
        pytest.param(
            LIST, LIST.replace('<li><a href="/b">运动会开幕</a></li>', '<div><a href="/c">植物园的花期今年来得早一些</a></div>'),
            {"chrome.hot.items": "links beside the entries (1)"}, id="a list of two rebuilt",
        ),
        pytest.param(
            LIST, LIST.replace("</ul>", "<div><b>植物园的花期今年来得早一些</b></div></ul>"),
            {"chrome.hot.items": "texts beside the entries (1)"}, id="a third of a list rebuilt without links",
        ),
        pytest.param(
            LIST, LIST.replace("</ul>", "<div>换一批看看</div></ul>"), {}, id="a button beside the entries",
        ),
        pytest.param(
            LIST, LIST.replace("</ul>", "<div>渡口的图书角开放了</div></ul>"), {}, id="the headline beside the entries",
        ),
        pytest.param(PARAGRAPH, f'{PARAGRAPH}<div class="way"><a href="/">首页</a> 新闻</div>{PARAGRAPH[:-6]}第二段。</p>',
                     {"article.body .way": "text in .way"}, id="a line of links among the paragraphs"),
        pytest.param(PARAGRAPH, f'{PARAGRAPH}<div class="play">播放 00:00</div>{PARAGRAPH[:-6]}第二段。</p>',
                     {"article.body .play": "text in .play"}, id="a player among the paragraphs"),
        pytest.param(PARAGRAPH, f'{PARAGRAPH}<div class="tags"><p>旧书</p><p>码头</p></div>{PARAGRAPH[:-6]}第二段。</p>',
                     {"article.body .tags": "text in .tags"}, id="lines without a sentence among the paragraphs"),
        pytest.param(PARAGRAPH, f'{PARAGRAPH}<div class="rest">{PARAGRAPH[:-6]}也是。</p></div>{PARAGRAPH[:-6]}第二段。</p>',
                     {}, id="a box of prose among the paragraphs"),
        pytest.param('<p class="time">', '<p class="time">2001-02-03</p><p class="time">', {"article.info.time": "2 elements"},
                     id="a twin before the line"),
        pytest.param('<p class="time">', '<p class="time"> </p><p class="time">', {}, id="an empty twin"),
        pytest.param(PARAGRAPH, f'{PARAGRAPH}<div class="talk"><p>路过看看</p></div>', {"article.body .talk": "text in .talk"},
                     id="comments in the body"),
        pytest.param(PARAGRAPH, f'{PARAGRAPH * 3}<p class="note">路过看看</p>', {"article.body .note": "text in .note"},
                     id="a line with a name of its own"),
        pytest.param(PARAGRAPH, f'{PARAGRAPH}<p data-pic="//a.demo.example/b.jpg"></p>',
                     {"article.body.images": "elements that name pictures (1)"}, id="a picture that a script loads"),
        pytest.param(PARAGRAPH, f'{PARAGRAPH}<p-{"x-" * 50_000}></p-{"x-" * 50_000}>', {}, id="a name of many parts"),
        pytest.param(PARAGRAPH, f'{PARAGRAPH}<p><a href="//a.demo.example/b.jpg">图</a></p>', {}, id="a link to a picture"),
        pytest.param(PARAGRAPH, f'{PARAGRAPH}<p data-n="//a.demo.example/b.jpg"><img src="/c.jpg"></p>', {}, id="pictures"),
        pytest.param(PARAGRAPH, f'{PARAGRAPH}<div class="body"><p>路过看看</p></div>', {}, id="a class that a rule has"),
        pytest.param("<p>", '<p class="mt-4">', {}, id="style words on all paragraphs"),
        pytest.param(
            f'<div class="body">{PARAGRAPH}</div><p class="editor">',
            f'<div class="body">{PARAGRAPH * 3}<p class="mt-4">路过看看</p></div><p class="editor mt-4">', {},
            id="a style word on a line",
        ),
        pytest.param('class="hot"', 'class="hot clearfix"', {}, id="style words on a list"),
        pytest.param(PARAGRAPH, f"<h2>旧书架</h2><blockquote>{PARAGRAPH}</blockquote>", {}, id="other content"),
    ],
)  # fmt: skip
def test_the_shape_of_a_page(profile: Profile, old: str, new: str, expected: dict[str, str]) -> None:
    """What rules find although the layout has changed shows in the page's elements."""
    assert old in PAGE
    html = PAGE.replace(old, new).encode()
    parted: list[PartitionedPage] = []
    record = extract_parted(html, URL, parted.append, profiles=[profile])
    traces = Traces(profile, {"2026_article": known()})
    assert expected == traces.page(html, URL, None).shape(record)
    assert expected == traces.page(b"", URL, None, *parted).shape(record), "the partition of its record is enough"


@pytest.mark.parametrize(
    ("title", "found"),
    [
        ("渡口的图书角_河畔网", None),
        ("渡口的图书角重新开放_河畔网", "h1.x"),
        ("老桥修好了居民出行方便_渡口的图书角_河畔网", "h1.x"),
    ],
    ids=["most of the title", "a part of the title's headline", "a part of the title"],
)
def test_a_headline_that_the_title_confirms(profile: Profile, title: str, found: str | None) -> None:
    """It is right in whatever element it is."""
    known_ones = known()
    headline = RuleBaseline(3, 3, elements=(Element("h1", classes=("title",)),))
    rules = {**known_ones.rules, "article.headline": headline}
    html = PAGE.replace("<title>渡口的图书角", f"<title>{title}").replace("<h1>", '<h1 class="x">')
    record = extract(html.encode(), URL, profiles=[profile])
    traces = Traces(profile, {"2026_article": msgspec.structs.replace(known_ones, rules=rules)})
    assert found == traces.page(html.encode(), URL, None).shape(record).get("article.headline")


def test_elements_far_around_a_line_are_not_looked_at(profile: Profile) -> None:
    """Lines times the elements around them would be too many."""
    boxes = "".join(f'<div class="w{number}">' for number in range(100))
    parted: list[PartitionedPage] = []
    extract_parted(PAGE.replace("<p>", f"{boxes}<p>").encode(), URL, parted.append, profiles=[profile])
    found = names_inside(holders(parted[0]))
    assert {"p", ".w99", ".w61"} <= found
    assert ".w60" not in found


def test_names_of_styles_are_looked_up_at_once(profile: Profile) -> None:
    """The page is searched once for all names, whatever characters they have."""
    html = (
        PAGE.replace("<p>", '<p class="mt-4 a]\\ own">').replace('class="editor"', 'class="editor a]\\ mt-4"').encode()
    )
    parted: list[PartitionedPage] = []
    extract_parted(html, URL, parted.append, profiles=[profile])
    page = parted[0].values.page
    dom, asked = page.dom, list[str]()

    def ask(css: str) -> list[LexborNode]:
        asked.append(css)
        return dom.css(css)

    page.dom = SimpleNamespace(css=ask)  # type: ignore[assignment]
    assert {".mt-4", ".a]\\"} == styles([".mt-4", ".a]\\", ".own", "p"], parted[0])
    assert 1 == len(asked)


def test_a_page_that_is_refused_lacks_regions(profile: Profile) -> None:
    """The regions that a layout's rules do not find, whatever layout the page has."""
    html = PAGE.replace('class="body"', 'class="text"').replace('class="time"', 'class="when"').encode()
    missed = Traces(profile, {}).page(html, URL, None).missed("2026_article")
    assert {"article.body", "article.info.time"} <= missed
    assert not {"article.headline", "article.info.from", "chrome.hot"} & missed


@pytest.mark.parametrize(
    ("old", "new", "rule", "prefix", "expected"),
    [
        ('class="from"', 'class="x"', "fields.source", "", "its label is in unclaimed text"),
        (
            PARAGRAPH,
            f"{PARAGRAPH}<p>版权声明：转载须经授权</p>",
            "chrome.notice",
            "版权声明：",
            "its label is in the body",
        ),
        (PARAGRAPH, f"{PARAGRAPH}<p>来源：河畔晚报</p>", "fields.source", "", "its label is in another line"),
        (PARAGRAPH, f"{PARAGRAPH}<p>（责任编辑：林一）</p>", "fields.editors", "", None),
        (PARAGRAPH, f"{PARAGRAPH}<p>关于版权声明的讨论</p>", "chrome.notice", "版权声明：", None),
    ],
)
def test_labels_of_rules_that_miss(
    profile: Profile, old: str, new: str, rule: str, prefix: str, expected: str | None
) -> None:
    """The words that a rule's values begin with stand elsewhere in the record."""
    record = extract(PAGE.replace(old, new).encode(), URL, profiles=[profile])
    assert expected == label_traces(record, [rule], {rule: prefix}).get(rule)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('class="from"', 'class="from"', {}),
        ("</article>", "</article><p>来源：江海网</p>", {"fields.source": "its label is in unclaimed text"}),
        ("</article>", "</article><p>来源：河畔晚报 转载</p>", {}),
    ],
)
def test_labels_with_another_value(profile: Profile, old: str, new: str, expected: dict[str, str]) -> None:
    """Unclaimed text states a field otherwise than the record, or as the record does."""
    record = extract(PAGE.replace(old, new).encode(), URL, profiles=[profile])
    assert expected == stray_labels(msgspec.structs.replace(record, source=Source("河畔晚报")))


CRUMBS = """
[chrome.crumb]
role = "breadcrumb"
css = ".way"
[chrome.crumb.items]
css = "a:not(.join)"
"""


@pytest.mark.parametrize(
    ("html", "beside"),
    [
        ('<a href="/n">新闻</a> > <a href="/c">国内</a> > 正文', 0),
        ('<a href="/n">新闻</a> > <span class="x">国内</span>', 1),
        ('<a href="/n">新闻</a> > <span class="x">正文</span>', 0),
        ('<a href="/n">新闻</a> <span class="x">5月20日</span>', 0),
        ('<a href="/n">新闻</a> <i>></i> <span class="x">渡口的图书角</span>', 0),
        ('<a href="/n">新闻</a> <a href="/join" class="join">注册</a>', 0),
    ],
)
def test_entries_of_breadcrumbs_are_short(tmp_path: Path, html: str, beside: int) -> None:
    """Another element beside the links is an entry, unless it is the page itself; a link is left out on purpose."""
    profile = small_site(tmp_path, LAYOUT + CRUMBS)
    page = PAGE.replace("<article>", f'<article><div class="way">{html}</div>').encode()
    parted: list[PartitionedPage] = []
    record = extract_parted(page, URL, parted.append, profiles=[profile])
    assert beside == strays_of(parted[0], record)["chrome.crumb"].beside


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", {}),
        (PARAGRAPH, f"<p>渡口的图书角</p>{PARAGRAPH}", {"article.headline": "its text is in the body"}),
        (PARAGRAPH, f"<p>渡口的图书角开放了</p>{PARAGRAPH}", {}),
    ],
)
def test_a_headline_that_became_a_paragraph(profile: Profile, old: str, new: str, expected: dict[str, str]) -> None:
    """Its rule misses, and the text that the page's metadata give is a line of the body."""
    record = extract(PAGE.replace(old, new).encode(), URL, profiles=[profile])
    record = msgspec.structs.replace(record, headline="渡口的图书角")
    assert expected == headline_below(record, ["article.headline"])
    assert {} == headline_below(record, [])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("2026-02-20 10:12", {}),
        ("05-11-202409:30", {"fields.datePublished order": "a date that was not read (05-11-2024)"}),
        ("更新 11.5.2024", {"fields.datePublished order": "a date that was not read (11.5.2024)"}),
        ("20/02/2026 10:12", {}),
        ("1.1.2.2024 和 192.168.1.2001 和 3-4/2024", {}),
    ],
)
def test_a_date_in_another_order(profile: Profile, line: str, expected: dict[str, str]) -> None:
    """Its day is before its year: a value that was read from elsewhere may be of another time."""
    record = extract(PAGE.replace("来源：河畔晚报", line).encode(), URL, profiles=[profile])
    assert expected == turned_dates(msgspec.structs.replace(record, date_published_raw="20/02/2026 10:12"))


@pytest.mark.parametrize(("kind", "expected"), [(BlockType.VIDEO, "its label is in the body"), (BlockType.IMAGE, None)])
def test_a_line_that_became_the_text_of_a_player(profile: Profile, kind: BlockType, expected: str | None) -> None:
    """What stands in a player's element is its caption; a picture's caption names the picture's source."""
    blocks = (Block(type=kind, caption="来源：河畔晚报 2026-02-20"),)
    record = msgspec.structs.replace(extract(PAGE.encode(), URL, profiles=[profile]), blocks=blocks, info=())
    assert expected == label_traces(record, ["chrome.from"], {"chrome.from": "来源："}).get("chrome.from")


@pytest.mark.parametrize(
    ("player", "hits", "box", "expected"),
    [
        (True, 3, '<div class="body"><video src="/1.mp4"></video></div>', {}),
        (True, 3, '<div class="play"></div>', {"article.body player": "a body without its player"}),
        (True, 1, '<div class="play"></div>', {}),
        (False, 3, '<div class="play"></div>', {}),
    ],
)
def test_the_player_that_all_bodies_have(
    tmp_path: Path, player: bool, hits: int, box: str, expected: dict[str, str]
) -> None:
    """An element of the body without text: on pages of videos the text below it stays when it is gone."""
    profile = small_site(tmp_path, LAYOUT.replace('css = ".body"', 'css = ".body"\nevery = true'))
    html = PAGE.replace('<div class="body">', f'{box}<div class="body">').encode()
    parted: list[PartitionedPage] = []
    record = extract_parted(html, URL, parted.append, profiles=[profile])
    rules = {"article.body": RuleBaseline(hits, hits, most=2, inside=("p",), player=player)}
    traces = Traces(profile, {"2026_article": Baseline("demo", "2026_article", hits, rules)})
    assert expected == traces.page(html, URL, None, *parted).shape(record)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("《汉》（0汉0汉0汉0汉）", {"article.info.paper": "text like its own is in the body"}),
        ("《汉》0汉", {}),
        ("汉，汉，汉，汉，汉", {}),
    ],
)
def test_a_line_that_became_a_paragraph(profile: Profile, pattern: str, expected: dict[str, str]) -> None:
    """The first and last lines of the body, and unclaimed text, against how the line of a rule that misses is built."""
    html = PAGE.replace(PARAGRAPH, f"{PARAGRAPH}<p>《河畔日报》（2024年05月10日04版）</p>")
    record = extract(html.encode(), URL, profiles=[profile])
    assert expected == lost_lines(record, ["article.info.paper"], {"article.info.paper": [pattern]})
    quoted = msgspec.structs.replace(
        record, blocks=(Block(type=BlockType.PARAGRAPH, text="渡口3年，书架5排，开门了。"),)
    )
    assert {} == lost_lines(quoted, ["article.info.lead"], {"article.info.lead": ["汉0汉，汉0汉，汉。"]})
    assert {} == lost_lines(record, ["fields.source"], {"fields.source": [pattern]})


@pytest.mark.parametrize(
    ("heading", "html", "hits", "expected"),
    [
        ("为您推荐", "<p>为您推荐</p>", 3, "its heading is in the body (为您推荐)"),
        (
            "为您 推荐：",
            '<div class="x">为您推荐：植物园的花期</div>',
            3,
            "its heading is in unclaimed text (为您推荐：)",
        ),
        ("为您推荐", "<p>店家为您推荐的书在门口</p>", 3, None),
        ("为您推荐", "<p>为您推荐</p>", 1, None),
        ("推荐", "<p>推荐</p>", 3, None),
    ],
)
def test_the_heading_of_a_region_that_misses(
    profile: Profile, heading: str, html: str, hits: int, expected: str | None
) -> None:
    """In the body it is a line of its own, in unclaimed text the beginning; one page does not show what a heading is."""
    inside = html.startswith("<p>")
    html = PAGE.replace(PARAGRAPH, PARAGRAPH + html) if inside else PAGE.replace("</body>", f"{html}</body>")
    record = extract(html.encode(), URL, profiles=[profile])
    rule = RuleBaseline(hits, 3, value=Value(prefix=heading))
    baseline = msgspec.structs.replace(known(), rules={"chrome.more": rule})
    assert ({"chrome.more": expected} if expected else {}) == moved_headings(record, ["chrome.more"], baseline)
    assert {} == moved_headings(record, [], baseline)


@pytest.mark.parametrize(
    ("words", "fixtures", "expected"),
    [
        pytest.param("", [[], []], {}, id="nothing"),
        pytest.param("阅读 12 收藏", [[], []], {}, id="buttons"),
        pytest.param("（江海）", [[], []], {}, id="a remark"),
        pytest.param(
            "信源 河口周刊", [[], []], {"article.info.from words": "other words in its line (信源河口周刊)"}, id="new"
        ),
        pytest.param("特约评论员", [["特约评论员"], []], {}, id="a constant"),
        pytest.param("看渡口关注", [["看江海关注"], ["看江海关注"]], {}, id="a constant with a name in it"),
        pytest.param("信源", [["一排旧书架怎么办"], []], {}, id="a line with text of its own"),
        pytest.param("信源", [["林晓渡"], []], {}, id="a line with a name that no field has"),
        pytest.param("编译", [[], []], {}, id="a role"),
        pytest.param(
            f"{'记者' * 50}鬱",
            [[], []],
            {"article.info.from words": f"other words in its line ({'记者' * 50}鬱)"},
            id="what takes `re` for ever",
        ),
    ],
)
def test_words_that_no_field_has(
    profile: Profile, words: str, fixtures: list[list[str]], expected: dict[str, str]
) -> None:
    """What is left over of a line and was not on reviewed pages."""
    record = msgspec.structs.replace(extract(PAGE.encode(), URL, profiles=[profile]), source=Source("河畔晚报"))
    line = next(one for one in record.info if one.rule.startswith("article.info.from"))
    more = msgspec.structs.replace(line, text=f"{line.text} {words}")
    changed = msgspec.structs.replace(record, info=tuple(more if one is line else one for one in record.info))
    known = constants([["来源", *words] for words in fixtures])
    assert expected == strange_words(changed, {"article.info.from": known})


@pytest.mark.parametrize(
    ("source", "authors", "expected"),
    [
        ("林晓渡", ["河畔晚报"], True),
        ("欧阳小满", ["顾三木", "河畔晚报"], True),
        ("林晓渡", ["示例门户"], True),
        ("河畔晚报", ["林晓渡"], False),
        ("林晓渡", ["林晓渡"], False),
        ("林晓渡", [], False),
        ("央视", ["央视新闻"], False),
        ("江海网", ["河畔晚报"], False),
        (None, ["河畔晚报"], False),
    ],
)
def test_source_and_author_have_changed_places(
    profile: Profile, source: str | None, authors: list[str], expected: bool
) -> None:
    """Only both together say so: an author is a medium, and the source a person."""
    record = msgspec.structs.replace(
        extract(PAGE.encode(), URL, profiles=[profile]),
        source=Source(source) if source is not None else None,
        authors=tuple(Author(name) for name in authors),
    )
    assert expected == (SWAPPED in swapped(record, "示例门户"))
