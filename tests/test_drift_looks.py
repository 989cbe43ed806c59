"""Looks: what a page's rules found unlike on all reviewed pages, and what the watch does about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from crawler.drift.baseline import Baseline, RuleBaseline
from crawler.drift.date_looks import of_date
from crawler.drift.fingerprint import Value
from crawler.drift.headings import swapped_headings
from crawler.drift.headline import is_bounded
from crawler.drift.looks import is_look, looks, source_is_label, strange_looks
from crawler.drift.shape import hidden_pictures, holders, strange_holders
from crawler.drift.traces import Traces
from crawler.drift.watch import Watch
from crawler.extract import extract, extract_parted, profiles_in
from crawler.page.dom import Page
from crawler.profiles.load import Profile
from crawler.records.model import Author, Block, BlockType, ChromeEntry, Item, Record, Role, Source
from crawler.regression.fixture import PLACES, AnnotatedFixture, fixtures
from crawler.sieve.record import PartitionedPage, partition_page
from tests import small_site

ROOT = Path(__file__).resolve().parent.parent
HOSTS = ["chinanews.com", "chinanews.com.cn"]
SITE, LAYOUT = "chinanews", "2021_maincontent"


@pytest.fixture(scope="module")
def case() -> tuple[Profile, AnnotatedFixture, Record]:
    """A fixture with its record."""
    profile = profiles_in()[SITE]
    found = next(
        one
        for one in fixtures([ROOT / place for place in PLACES], f"{SITE}/{LAYOUT}")
        if isinstance(one, AnnotatedFixture)
    )
    return profile, found, found.extract({SITE: profile})


def _changed(record: Record, **values: object) -> Record:
    made = {name: getattr(record, name) for name in record.__struct_fields__}
    return Record(**{**made, **values})


@pytest.mark.parametrize(
    ("headline", "title", "bounded"),
    [
        ("河畔书店重新开放", "河畔书店重新开放-中国新闻网", True),
        ("河畔书店重新开放", "财经|河畔书店重新开放_新闻", True),
        ("“河畔”书店", "“河畔”书店（图）", True),
        ("河畔书店重新开放...", "河畔书店重新开放..._政务", True),
        ("河畔书店重新…", "河畔书店重新开放-中国新闻网", False),
        ("书店重新开放", "河畔书店重新开放-中国新闻网", False),
        ("河畔“书店”…", "河畔“书店”重新开放", False),
        ("桥通车", "桥通车了！桥通车 - 新闻", True),
        ("河畔书店", "另一篇文章", True),
        ("河畔书店", None, True),
        ("！", "另一篇文章", True),
    ],
)
def test_a_headline_ends_where_that_in_the_title_does(
    case: tuple[Profile, AnnotatedFixture, Record], headline: str, title: str | None, bounded: bool
) -> None:
    """A headline that the title continues is a part of one."""
    assert is_bounded(_changed(case[2], headline=headline, title=title)) is bounded


def _list(*items: Item, text: str = "热点") -> tuple[ChromeEntry, ...]:
    return (ChromeEntry(role=Role.RELATED, text=text, heading=None, items=items or None, rule="chrome.hot.css"),)


def _items(*headlines: str, url: str = "https://example.org/{}.html") -> tuple[Item, ...]:
    return tuple(Item(headline=text, url=url.format(at)) for at, text in enumerate(headlines))


def _blocks(*texts: str) -> tuple[Block, ...]:
    return tuple(Block(type=BlockType.PARAGRAPH, text=text) for text in texts)


FOUR = ("山区茶园采摘", "老街改造完成", "博物馆夜场", "桥今日通车")


@pytest.mark.parametrize(
    ("values", "rule", "look"),
    [
        ({"source": Source(name="河畔晚报 | 财经")}, "fields.source", "|"),
        ({"source": Source(name="undefined")}, "fields.source", "void"),
        ({"authors": (Author(name="林晓+关注"),)}, "fields.authors", "+"),
        ({"authors": (Author(name="林晓 发自云州"),)}, "fields.authors", "space"),
        ({"authors": (Author(name="林晓高级主笔"),)}, "fields.authors", "post"),
        ({"authors": (Author(name="内容运营"),)}, "fields.authors", "post"),
        ({"source": Source(name="河畔晚报 1283")}, "fields.source", "number"),
        ({"source": Source(name="河畔晚报、云州日报")}, "fields.source", "two"),
        ({"editors": ("&nbsp;林晓",)}, "fields.editors", "entity"),
        ({"headline": "河畔书店修缮后重新开放_新闻频道"}, "article.headline", "tail"),
        ({"headline": "{{ title }}"}, "article.headline", "template"),
        ({"headline": "河畔<br>书店"}, "article.headline", "markup"),
        ({"headline": "河畔书店…", "title": None}, "article.headline", "ellipsis"),
        ({"blocks": _blocks("&nbsp;第一段。", "&nbsp;第二段。", "第三段。")}, "article.body", "entity"),
        ({"blocks": _blocks("第一段。", "□□□，□□□□", "□□□□□")}, "article.body", "blocked"),
        ({"blocks": _blocks("ä¸­å›½æ–°é—»", "ä¸­å›½ç½‘")}, "article.body", "misdecoded"),
        ({"chrome": _list(text="热点 山区茶园迎来采摘季 老街改造已经完成")}, "chrome.hot.items", "empty"),
        ({"chrome": _list(*_items("热榜第1位", "热榜第2位"))}, "chrome.hot.items", "numbered"),
        ({"chrome": _list(Item(url="https://example.org/1"))}, "chrome.hot.items", "unnamed"),
        ({"chrome": _list(*_items(*FOUR, url="https://c.example/{}"))}, "chrome.hot.items", "elsewhere"),
        (
            {"chrome": _list(*_items(*FOUR, url="https://c.example/r?u=https%3A%2F%2Fexample.org%2F{}"))},
            "chrome.hot.items",
            "wrapped",
        ),
    ],
)
def test_values_have_looks(
    case: tuple[Profile, AnnotatedFixture, Record], values: dict[str, object], rule: str, look: str
) -> None:
    """The looks of values that are no article's."""
    assert look in looks(_changed(case[2], **values), None, HOSTS).get(rule, ())


@pytest.mark.parametrize(
    "values",
    [
        {"source": Source(name="21世纪经济报道（北京）")},
        {"authors": (Author(name="约翰·史密斯"), Author(name="J. Smith"))},
        {"headline": "河畔书店……", "title": "河畔书店……-新闻"},
        {"blocks": _blocks("用 &nbsp; 表示空格。", "第二段。", "第三段。")},
        {"chrome": _list(text="为您推荐 推荐 娱乐 体育 加载更多")},
        {"chrome": _list(*_items(*FOUR, url="https://www.chinanews.com/{}"))},
        {"chrome": _list(*_items(*FOUR, url="https://m.chinanews.com.cn/s?id={}"))},
    ],
)
def test_usual_values_have_no_looks(case: tuple[Profile, AnnotatedFixture, Record], values: dict[str, object]) -> None:
    """What real pages have is no look."""
    assert (
        looks(
            _changed(case[2], chrome=(), **values) if "chrome" not in values else _changed(case[2], **values),
            None,
            HOSTS,
        )
        == {}
    )


@pytest.mark.parametrize(
    ("old", "new", "rule", "look"),
    [
        ("", "<small>记者探访</small>", "article.headline", "parts"),
        ("来源", '<img src="/1.png" alt="河畔晚报">', "article.info.time", "picture"),
        ("</p>", '<a href="/1"><h4>另一篇</h4><p>摘要。</p></a>', "article.body", "card"),
    ],
)
def test_elements_have_looks(
    case: tuple[Profile, AnnotatedFixture, Record], old: str, new: str, rule: str, look: str
) -> None:
    """A headline in several parts, and a link around several lines of the body."""
    profile, fixture, record = case
    text = fixture.page().text
    old = old or record.headline or ""
    at = text.index(old, text.index("<body"))
    page = Page(text[: at + len(old)] + new + text[at + len(old) :], fixture.exchange.url)
    assert look not in looks(record, partition_page(fixture.page(), profile), HOSTS).get(rule, ())
    assert look in looks(record, partition_page(page, profile), HOSTS).get(rule, ())


@pytest.mark.parametrize(
    ("headline", "stated", "look"),
    [
        ("财经 | 河畔书店重新开放", "河畔书店重新开放", "more"),
        ("河畔书店重新", "河畔书店重新开放", "less"),
        ("河畔书店重新开放", "河畔书店重新开放_新闻", None),
        ("河畔书店重新开放", "河畔书店重新开放！", None),
        ("河畔书店重新开放", "另一篇文章的标题", None),
    ],
)
def test_a_headline_is_the_stated_one(
    case: tuple[Profile, AnnotatedFixture, Record], headline: str, stated: str, look: str | None
) -> None:
    """Where the title does not have the headline, the page's metas say whether it is whole."""
    profile, fixture, record = case
    text = fixture.page().text.replace("<head>", f'<head><meta property="og:title" content="{stated}">', 1)
    apart = partition_page(Page(text, fixture.exchange.url), profile)
    found = looks(_changed(record, headline=headline, title=None), apart, HOSTS).get("article.headline", frozenset())
    assert ({look} if look else set()) == found & {"more", "less"}


def test_a_name_is_no_label_of_its_line(case: tuple[Profile, AnnotatedFixture, Record]) -> None:
    """A constant of the line is not a name, unless it is that of a medium or a person."""
    words = ("参与互动", "河畔晚报", "林晓", "财联社")
    found = [source_is_label(_changed(case[2], source=Source(name=name)), words) for name in words]
    assert [{"fields.source with label": "参与互动"}, {}, {}, {}] == found


@pytest.mark.parametrize(
    ("inside", "after", "rule", "look"),
    [
        ('<amp-img src="/1.jpg"></amp-img>', "", "article.body.images", "elements"),
        ("", '<div><img data-src="//p.example/1.jpg"></div>', "article.body.images", "beside"),
        ("<p><a href='/1'>另一篇</a></p><p><a href='/2'>又一篇</a></p>", "", "article.body", "links"),
    ],
)
def test_bodies_have_looks(
    case: tuple[Profile, AnnotatedFixture, Record], inside: str, after: str, rule: str, look: str
) -> None:
    """Pictures that no block has, and links at the end of a body."""
    profile, fixture, record = case
    whole = _changed(record, images=())
    text = fixture.page().text
    last = [block.text for block in record.blocks if block.text][-1] or ""
    at = text.index("</div>", text.index(last, text.index("<body")))
    changed = text[:at] + inside + "</div>" + after + text[at + len("</div>") :]
    page = Page(changed, fixture.exchange.url)
    assert look not in looks(whole, partition_page(fixture.page(), profile), HOSTS).get(rule, ())
    assert look in looks(whole, partition_page(page, profile), HOSTS).get(rule, ())


@pytest.mark.parametrize(
    ("between", "found"),
    [("", True), ("\n<!-- 广告 -->\n", True), ("<video src='/1.mp4'></video>", False), ("视频", False)],
)
def test_boxes_of_a_body_have_something_between_them(tmp_path: Path, between: str, found: bool) -> None:
    """A site divides a text where it puts a video or an advertisement; twins side by side are of two texts."""
    profile = small_site.small_site(tmp_path, small_site.LAYOUT.replace('css = ".body"', 'css = ".body"\nevery = true'))
    box = '<div class="body"><p>编辑部为您挑选的更多消息，每天更新。</p></div>'
    html = (
        f'<html><body><article><h1>图书角</h1><p class="time">2026-02-20</p>{box}{between}{box}</article></body></html>'
    )
    parted: list[PartitionedPage] = []
    record = extract_parted(html.encode(), small_site.URL, parted.append, profiles=[profile])
    assert found == ("twins" in looks(record, parted[0], HOSTS).get("article.body", ()))


LONG = ("山区茶园迎来采摘的季节", "老街改造完成后商户返回", "博物馆夜场门票已经约满")


def _lists(*lists: Sequence[str], other: str = "") -> tuple[ChromeEntry, ...]:
    """Return lists of one page; the last entry of each links to another site, if there is one."""
    made = [(*_items(*one[:-1]), Item(headline=one[-1], url=other or "https://example.org/9")) for one in lists]
    return tuple(
        ChromeEntry(role=Role.RELATED, text="", heading=None, items=items, rule=f"chrome.hot{at}.css")
        for at, items in enumerate(made)
    )


@pytest.mark.parametrize(
    ("chrome", "look", "rules"),
    [
        (_lists([f"{one}…" for one in LONG], [f"{one}..." for one in LONG]), "shortened", 2),
        (_lists([f"{one}…" for one in LONG], LONG), "shortened", 0),
        (_lists([f"{one}…" for one in LONG]), "shortened", 0),
        (_lists([*LONG, "换一换"], LONG), "widget", 1),
        (_lists([*LONG, "查看更多相关内容"], LONG, LONG), "widget", 0),
        (_lists(LONG, LONG, other="https://ads.shop.com/1"), "foreign", 2),
        (_lists(LONG, LONG), "foreign", 0),
        (_lists(["首页", "国内", "更多"]), "widget", 0),
    ],
)
def test_lists_have_looks_that_half_of_them_share(
    case: tuple[Profile, AnnotatedFixture, Record], chrome: tuple[ChromeEntry, ...], look: str, rules: int
) -> None:
    """Headlines that are cut, buttons and other sites' entries count if a redesign may have brought them."""
    assert rules == sum(look in found for found in looks(_changed(case[2], chrome=chrome), None, HOSTS).values())


@pytest.mark.parametrize(
    ("entry", "lists", "found"),
    [
        ('<a href="/1" title="{0}完整的一行">{0}…</a>', 2, {"attribute"}),
        ('<a href="/1" title="{0}完整的一行">{0}…</a>', 1, set()),
        ('<a href="/1" title="{0}完整的一行">{0}</a>', 2, set()),
        ('<a href="/1" title="{0}">{0}</a>', 2, set()),
        ('<a href="/1">{0}<p>一行摘要</p></a>', 1, {"parts"}),
        ('<p><a href="/1">{0}</a></p><p>一行摘要</p>', 1, set()),
        ('<i data-title="{0}"></i>', 1, {"bare"}),
    ],
)
def test_headlines_of_lists_have_looks(tmp_path: Path, entry: str, lists: int, found: set[str]) -> None:
    """Entries whose headline has a summary behind it, is cut while an attribute has all of it, or is not there yet."""
    rules = "".join(
        f'[chrome.hot{at}]\nrole = "hot"\ncss = ".hot{at}"\n[chrome.hot{at}.items]\ncss = "li"\n' for at in range(lists)
    )
    profile = small_site.small_site(tmp_path, small_site.LAYOUT + rules)
    boxes = "".join(
        f'<ul class="hot{at}">' + "".join(f"<li>{entry.format(one)}</li>" for one in LONG) + "</ul>"
        for at in range(lists)
    )
    article = (
        '<article><h1>图书角</h1><p class="time">2026-02-20</p><div class="body"><p>书店开放。</p></div></article>'
    )
    html = f"<html><body>{article}{boxes}</body></html>"
    parted: list[PartitionedPage] = []
    record = extract_parted(html.encode(), small_site.URL, parted.append, profiles=[profile])
    seen = looks(record, parted[0], HOSTS)
    assert found == {look for look in seen.get("chrome.hot0.items", ()) if look in {"attribute", "parts", "bare"}}


def _changed_body(case: tuple[Profile, AnnotatedFixture, Record], more: str) -> dict[str, frozenset[str]]:
    """Return the looks of the page with something more at the end of its body."""
    profile, fixture, record = case
    text = fixture.page().text
    last = [block.text for block in record.blocks if block.text][-1] or ""
    at = text.index("</div>", text.index(last, text.index("<body")))
    page = text[:at] + more + text[at:]
    changed = extract(page.encode(), fixture.exchange.url, profiles=[profile])
    return looks(changed, partition_page(Page(page, fixture.exchange.url), profile), HOSTS)


@pytest.mark.parametrize(
    ("more", "rule", "look"),
    [
        ('<img src="https://i2.example/share/icon_1.png">', "article.body.images", "icon"),
        ('<img src="https://i2.example/1.png" width="32" height="32">', "article.body.images", "icon"),
        ('<img src="https://i2.example/1_120x90.jpg">', "article.body.images", "small"),
        ('<img src="https://i2.example/1.jpg" data-x="//i2.example/9.jpg">', "article.body.images", "file other"),
        ('<div style="background-image:url(/1.jpg)"> </div>', "article.body.images", "background"),
        (2 * '<p>河畔<span class="q">(10.2, 1%)</span>书店</p>', "article.body", "kept"),
        ("<p>（来源：河畔晚报）</p>", "fields.source", "signed"),
        (f"<table>{'<tr><td>清晨</td><td>书店重新开放</td></tr>' * 99}</table>", "article.body", "mostly table"),
        (f"</div><aside>{'书店在清晨重新开放。' * 4}</aside><div>", "article.body", "lead"),
    ],
)
def test_what_is_put_into_a_body_has_looks(
    case: tuple[Profile, AnnotatedFixture, Record], more: str, rule: str, look: str
) -> None:
    """Icons, small copies of pictures, boxes in place of them, texts that a script keeps up to date, and the label of the source."""
    assert look not in _changed_body(case, "").get(rule, ())
    assert look in _changed_body(case, more).get(rule, ())


@pytest.mark.parametrize(
    "more",
    [
        '<img src="https://i2.example/2026/iconic.jpg" width="640" height="32">',
        '<img src="https://i2.example/9d0f6c12-640x480.jpg" alt="1_120x90.jpg">',
        '<p style="background:url(/1.jpg)"><b>书店</b></p><p style="background:#fff"></p><img style="background:url(/1.jpg)"><a style="background:url(/1.gif)"></a>',
        '<p>河畔<span class="q">(10.2, 1%)</span>书店</p>',
        '<p>河畔<span class="q">书店</span>和<span class="q">夜场</span></p>',
        f"</div><aside>{'书店清晨重新开放' * 4}</aside><div>",
        f"</div><aside><a href='/1'>{'书店在清晨重新开放。' * 4}</a></aside><div>",
        "<p>来源：河畔晚报的记者说，书店修缮以后在清晨重新开放，读者很早就在门前排起了队，比上个月多了许多。</p>",
    ],
)
def test_what_articles_have_has_no_looks(case: tuple[Profile, AnnotatedFixture, Record], more: str) -> None:
    """Pictures of usual sizes, and emphasis."""
    strange = {"icon", "small", "background", "file other", "kept", "signed", "lead", "mostly table"}
    assert set() == strange & {look for found in _changed_body(case, more).values() for look in found}


def test_an_attribute_that_is_longer_than_an_address_names_no_picture(
    case: tuple[Profile, AnnotatedFixture, Record],
) -> None:
    """Texts that might end in a name of a file anywhere take quadratic time, which pages could have any number of."""
    more = f'<img src="https://i2.example/1.jpg" data-x="//i2.example/{"9/" * 500}9.jpg">'
    assert "file other" not in _changed_body(case, more).get("article.body.images", ())


@pytest.mark.parametrize(
    ("published", "raw", "source", "found"),
    [
        ("2026-02-20T09:30:00+08:00", "2026-02-20 09:30", "2026-02-20 09:30", ["form year - time", "stated once"]),
        ("2026-02-20T09:30:00+08:00", "2026年2月20日", "2 * 2026年2月20日9:30:00", ["form year 月", "stated once"]),
        (
            "2026-02-20T09:30:12+08:00",
            "02-20 09:30",
            '"1771551012000" 2026-02-20 09:30',
            ["form - time", "stated again"],
        ),
        ("2026-02-20T09:30:00+08:00", "", "2026-02-20T09:30:12 2026/02/20 09:30", ["stated again"]),
        ("2026-02-20T09:30:00+08:00", "", "2026-02-20T17:30:12 2026/02/20 09:30", ["zone", "stated once"]),
        ("2026-02-20T09:30:00+08:00", "", "2026-02-20T01:30:12 2026/02/20 09:30", ["stated again"]),
        ("2026-02-20", "3小时前", "2026-02-20", ["form 0汉"]),
        ("2026-02-20T09:30:00+08:00", "", "2026-13-20 09:30", ["stated once"]),
    ],
)
def test_dates_have_looks(
    case: tuple[Profile, AnnotatedFixture, Record], published: str, raw: str, source: str, found: list[str]
) -> None:
    """How a date is written, and whether the page states the moment again, or in another zone."""
    assert found == [*of_date(_changed(case[2], date_published=published, date_published_raw=raw or None), source)]


@pytest.mark.parametrize(
    ("look", "known", "strange"),
    [
        ("form -", ("form year -",), True),
        ("form -", (), False),
        ("stated once", ("stated again",), True),
        ("stated again", ("stated once",), False),
        ("file other", ("file one",), True),
        ("file one", ("file other",), False),
    ],
)
def test_looks_of_a_kind_are_strange_beside_others(look: str, known: tuple[str, ...], strange: bool) -> None:
    """A form of dates is another one only if the reviewed pages have a date."""
    found = strange_looks({"fields.x": [look]}, {"fields.x": known}, {"fields.x": 3})
    assert strange is bool(found)
    assert is_look(f"fields.x with {look}")


def test_a_line_that_a_body_has_twice_is_strange_in_a_new_element(
    case: tuple[Profile, AnnotatedFixture, Record],
) -> None:
    """Articles repeat themselves in their usual elements."""
    profile, fixture, record = case
    line = max((block.text or "" for block in record.blocks), key=len)[:60]
    found = []
    for tag in ("<p>", "<blockquote class='big'>"):
        text = fixture.page().text
        at = text.index("<p>", text.index("left_zw"))
        page = Page(f"{text[:at]}{tag}{line}{tag.replace('<', '</').partition(' ')[0].rstrip('>')}>{text[at:]}", "")
        found.append(strange_holders(holders(partition_page(page, profile)), ("p",), profile))
    assert [[], [".big"]] == found


@pytest.mark.parametrize(
    ("attribute", "found"), [("{0}，读者清晨排队", True), ("{0}", False), ("分享：{0}，排队", False)]
)
def test_an_attribute_has_the_whole_headline(
    case: tuple[Profile, AnnotatedFixture, Record], attribute: str, found: bool
) -> None:
    """A headline that its element's attribute continues is a part of one."""
    profile, fixture, record = case
    text = fixture.page().text
    at = text.index(">", text.rindex("<", 0, text.index(record.headline or "", text.index("<body"))))
    page = f'{text[:at]} title="{attribute.format(record.headline)}"{text[at:]}'
    seen = looks(record, partition_page(Page(page, fixture.exchange.url), profile), HOSTS)
    assert found == ("attribute" in seen.get("article.headline", ()))


@pytest.mark.parametrize(
    ("more", "look"),
    [
        ('<div><img src="https://i2.example/1.jpg"></div>', "headline picture"),
        ('<div><img src="https://i2.example/logo.jpg"></div>', "headline alone"),
        ("<div>要闻</div>", "headline alone"),
    ],
)
def test_a_picture_stands_beside_a_headline(
    case: tuple[Profile, AnnotatedFixture, Record], more: str, look: str
) -> None:
    """A picture of the article's that no rule claims; signs of the portal are none."""
    profile, fixture, record = case
    text = fixture.page().text
    at = text.index('<div class="content_left_title"')
    apart = partition_page(Page(text[:at] + more + text[at:], fixture.exchange.url), profile)
    found = looks(record, apart, HOSTS)["article.body.images"]
    assert {look} == found & {"headline picture", "headline alone"}


def test_a_picture_may_be_a_background(case: tuple[Profile, AnnotatedFixture, Record]) -> None:
    """Elements whose style names a picture's file are pictures that no block has."""
    profile, fixture, record = case
    text = fixture.page().text
    last = [block.text for block in record.blocks if block.text][-1] or ""
    at = text.index("</div>", text.index(last, text.index("<body")))
    found = []
    for style in (
        "color:red",
        "background:url(//i2.example/1.jpg)",
        "background-image:url('https://i2.example/1.png')",
    ):
        page = Page(f'{text[:at]}<div style="{style}"></div>{text[at:]}', fixture.exchange.url)
        found.append(hidden_pictures(partition_page(page, profile)))
    assert [0, 1, 1] == found


def test_two_lists_have_each_others_heading(case: tuple[Profile, AnnotatedFixture, Record]) -> None:
    """A region that begins with the heading of another one, and not with its own, is that other one."""
    rules = {
        f"chrome.{name}": RuleBaseline(3, 3, value=Value(prefix=prefix))
        for name, prefix in (("hot", "热点新闻"), ("more", "更多推荐"), ("few", "热点新闻排行"))
    }
    known = Baseline(site=SITE, layout=LAYOUT, pages=3, rules=rules)

    def found(rule: str, text: str) -> list[str]:
        entry = ChromeEntry(role=Role.HOT, text=text, rule=f"chrome.{rule}.css")
        return [*swapped_headings(_changed(case[2], chrome=(entry,)), known)]

    assert ["chrome.hot heading"] == found("hot", "更多 推荐 桥今日通车")
    assert [] == found("hot", "热点新闻 桥今日通车")
    assert [] == found("few", "热点新闻排行 桥今日通车")
    assert [] == found("other", "更多推荐 桥今日通车")


def test_looks_of_reviewed_pages_are_usual() -> None:
    """Only what no reviewed page has is strange, and only of rules that they hit."""
    found = {"fields.source": frozenset("|+"), "fields.authors": frozenset("|")}
    assert {"fields.source with +": "a name with +"} == strange_looks(
        found, {"fields.source": ("|",)}, {"fields.source": 3}
    )


def test_one_page_does_not_prove_a_look_of_a_list(case: tuple[Profile, AnnotatedFixture, Record]) -> None:
    """A page with one is held back, and released when the pages after it have none; three of twenty stay held back."""
    profile, fixture, record = case
    rules = {"chrome.hot.items": RuleBaseline(3, 3)}
    known = {LAYOUT: Baseline(site=SITE, layout=LAYOUT, pages=3, rules=rules)}
    assert is_look("chrome.hot.items with empty")
    assert not is_look("article.headline with cut")
    for strange, refused in ((1, 0), (2, 0), (3, 3), (6, 6)):
        watch = Watch(profile, "run", known)
        held = 0
        for number in range(20):
            shape = (
                {"chrome.hot.items with empty": "text without entries"}
                if number % 3 == 0 and number < 3 * strange
                else {}
            )
            held += watch.see(number, f"{fixture.exchange.url}?{number}", record, None, shape).held is not None
        ending = watch.end()
        found = sum(len(one.also) + 1 for one in watch.events) or len(ending.refuse)
        assert (strange, bool(refused)) == (held, bool(found))


def test_traces_show_looks(case: tuple[Profile, AnnotatedFixture, Record]) -> None:
    """The shape of a page has its strange looks."""
    profile, fixture, record = case
    known = {LAYOUT: Baseline(site=SITE, layout=LAYOUT, pages=3, rules={"article.headline": RuleBaseline(3, 3)})}
    page = Traces(profile, known).page(fixture.body, fixture.exchange.url, None)
    changed = _changed(record, headline=(record.headline or "")[:4] + "…")
    assert "article.headline with cut" in page.shape(changed)
