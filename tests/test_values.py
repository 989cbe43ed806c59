"""A `Value` of the profile language finds the same in the fields, in the items of a list and in the body's players."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.extract import extract
from crawler.page import embedded
from crawler.page.dom import Page
from crawler.profiles.checks.strings import leads_out
from crawler.profiles.load import Profile
from crawler.profiles.model import Value
from crawler.records.model import BlockType, Record, Role
from crawler.sieve.record import partition_page
from tests.small_site import LAYOUT, URL, small_site

BOX = (
    '<div class="box" data-day="21.2.2026 08:05" data-at="/go?to=https%3A%2F%2Fv.example%2F1.mp4"><!-- 注 -->甲<b>乙</b>丙'
    '<a class="who" href="/p/7">渡口社</a>丁 <i class="count">评论 1.2万</i><em class="tag">水</em></div>'
)
PAGE = (
    '<!doctype html><html><head><meta name="author" content="编辑部"><script>var info = {"list": [{"n": "石桥"}, 7]};'
    f"</script></head><body><article><h1>渡口的早晨</h1><div class=time>2026-02-20 10:00:00</div>"
    f'<div class="body"><p>早晨的渡口有雾，船工在等第一班船，集市的人陆续来了。</p>{{player}}</div>'
    f'<ul class="more"><li>{BOX}</li></ul></article></body></html>'
)
RULES = {
    "css": (Value(css=".who"), "渡口社"),
    "all": (Value(css=".box"), "甲乙丙渡口社丁 评论 1.2万水"),
    "own": (Value(css=".box", text="own"), "甲丙丁"),
    "start": (Value(css=".box", text="start"), "甲"),
    "after": (Value(css=".who", text="after"), "丁"),
    "attr": (Value(css="a", attr="href"), "/p/7"),
    "match": (Value(css=".count", match=r"评论\s*(.*)"), "1.2万"),
    "param": (Value(css=".box", attr="data-at", param="to"), "https://v.example/1.mp4"),
    "within": (Value(within="tag"), "水"),
    "css within": (Value(within="editor", css=".who"), "渡口社"),
    "xpath within": (Value(within="editor", xpath="string(.//i)"), "评论 1.2万"),
    "a text by xpath": (Value(xpath=".//a[@class='who']/text()"), "渡口社"),
    "an element by xpath": (Value(xpath=".//a", attr="href"), "/p/7"),
    "meta": (Value(meta="author"), "编辑部"),
    "data": (Value(data="info", path="list[].n"), "石桥"),
    "url": (Value(url=r"/(\d{8})/"), "20260220"),
    "const": (Value(const="本站"), "本站"),
    "a date in another order": (
        Value(css=".box", attr="data-day", match=r"(?P<day>\d+)\.(?P<month>\d+)\.(?P<year>\d+)(?: (?P<time>\S+))?"),
        "2026-2-21 08:05",
    ),
    "nothing": (Value(css=".none"), None),
}
SITE = LAYOUT.replace('css = ".editor"', 'css = ".more > li > .box"').replace(
    "[[fields.editors]]\nwithin = \"editor\"\nmatch = '：(.*)'", ""
)
SITE += """
[data.info]
variable = "info"
[chrome.tag]
role = "tags"
css = ".tag"
"""


def record(profile: Profile, player: str = "") -> Record:
    """Return the record of the page, with a player in its body."""
    return extract(PAGE.replace("{player}", player).encode(), URL, profiles=[profile])


@pytest.mark.parametrize("name", RULES)
def test_means_the_same_in_a_page_and_in_an_element(tmp_path: Path, name: str) -> None:
    """Each key gives what it gives of the whole page when it is asked of the element that holds all of it."""
    rule, expected = RULES[name]
    page = Page(PAGE.replace("{player}", ""), URL)
    values = partition_page(page, small_site(tmp_path, SITE + _asking(rule))).values
    item = page.dom.css_first(".more li")
    assert item is not None
    for scope in (None, item):
        found = values.first((rule,), str, scope)
        assert expected == (found.thing if found else None)


def _asking(rule: Value) -> str:
    """Return a field that asks for the rule's selector: a page's index holds what the profile asks for."""
    return f"\n[[fields.location]]\ncss = '{rule.css}'\n" if rule.css is not None and rule.within is None else ""


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('{ css = ".who", text = "after" }', ["丁", "戊"]),
        ('{ css = ".no" }, { meta = "author" }', ["编辑部", "编辑部"]),
        ('{ css = "i" }, { const = "本站" }', ["评论 1.2万", "本站"]),
        ('{ data = "info", path = "list[0].n" }', ["石桥", "石桥"]),
        ("{ url = '/([0-9]+)/' }", ["20260220", "20260220"]),
        ('{ xpath = ".//a/following-sibling::text()[1]" }', ["丁", "戊"]),
        ('{ within = "tag" }', ["水", None]),
        ('{ css = "a", attr = "href", param = "to" }', [None, "9"]),
    ],
)
def test_every_key_works_in_items(tmp_path: Path, rule: str, expected: list[str | None]) -> None:
    """An item has what the rule finds in it; metas, data, the URL and constants are the same for all."""
    layout = SITE.replace('css = ".more > li > .box"', 'css = ".editor"')
    layout = layout.replace(
        'css = ".more"\n', f'css = ".more"\n[chrome.more.items]\ncss = "li"\nauthor = [{rule}]\n', 1
    )
    body = PAGE.replace("</li>", '</li><li><a class="who" href="/q?to=9">集市社</a>戊</li>').replace("{player}", "")
    made = extract(body.encode(), URL, profiles=[small_site(tmp_path, layout)])
    items = next(entry.items for entry in made.chrome if entry.role is Role.RELATED)
    assert expected == [item.author for item in items or ()]


def test_asks_the_page_once_for_all_items(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is the page's own is looked up once, not for each item of a list."""
    asked: list[str] = []
    query = embedded.query
    monkeypatch.setattr(embedded, "query", lambda data, path: asked.append(path) or query(data, path))
    layout = SITE.replace('css = ".more > li > .box"', 'css = ".editor"')
    items = '[chrome.more.items]\ncss = "li"\nauthor = [{ data = "info", path = "list[0].n" }]\n'
    layout = layout.replace('css = ".more"\n', f'css = ".more"\n{items}', 1)
    body = PAGE.replace("</li>", "</li>" + '<li><a href="/q">集市</a></li>' * 50).replace("{player}", "")
    made = extract(body.encode(), URL, profiles=[small_site(tmp_path, layout)])
    found = next(entry.items for entry in made.chrome if entry.role is Role.RELATED) or ()
    assert ["石桥"] * 51 == [item.author for item in found]
    assert ["list[0].n"] == asked


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('css = "[data-at]"\nattr = "data-at"\nparam = "to"', "https://v.example/1.mp4"),
        ("xpath = './/a/@href'", "https://www.demo.example/p/7"),
        ("css = '.no'\n[[article.body.videos.url]]\ncss = 'a'\nattr = 'href'", "https://www.demo.example/p/7"),
        ("css = '.count'\nmatch = '([0-9]+)'", "https://www.demo.example/20260220/1"),
        ('data = "info"\npath = "list[1]"', "https://www.demo.example/20260220/7"),
        ("url = '(.*)/[0-9]+'", "https://www.demo.example/20260220"),
    ],
)
def test_every_key_works_in_players(tmp_path: Path, rule: str, expected: str) -> None:
    """A video's address is the first value in its player that is one."""
    layout = LAYOUT.replace(
        'css = ".body"\n',
        f'css = ".body"\n[article.body.videos]\ncss = ".player"\n[[article.body.videos.url]]\n{rule}\n',
    )
    layout += '\n[data.info]\nvariable = "info"\n'
    made = record(small_site(tmp_path, layout), f'<div class="player">{BOX}</div>')
    assert [expected] == [block.url for block in made.blocks if block.type is BlockType.VIDEO]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (".//a", None),
        ("a[@x='/']/text()", None),
        ("following-sibling::*[1]", None),
        ("string(.)", None),
        ("div/a | span", None),
        ("//a", "//"),
        ("/html/body", "/"),
        (".//a | //b", "//"),
        ("concat(., /html)", "/"),
        ("../a", ".."),
        ("a[b and /html]", "/"),
        ("parent::li/a", "parent::"),
    ],
)
def test_names_the_step_that_leads_out(expression: str, expected: str | None) -> None:
    """An XPath asked of one element may not begin at the root or climb; names and operators are kept apart."""
    assert expected == leads_out(expression)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("山谷报 阅读 888", "山谷报"),
        ("山谷报阅读量：1.2万", "山谷报"),
        ("山谷报 | 3,412次浏览", "山谷报"),
        ("山谷报 阅读 1,234 评论 5", "山谷报"),
        ("山谷报（评论 12）", "山谷报"),
        ("全民阅读 2024", "全民阅读 2024"),
        ("全民阅读2024", "全民阅读2024"),
        ("山谷卫视 1818", "山谷卫视 1818"),
        ("阅读数：12", None),
    ],
)
def test_a_source_ends_before_counts(tmp_path: Path, line: str, expected: str | None) -> None:
    """Counts of views and comments behind a source are no part of its name; a name may end with a number."""
    rules = "[[fields.source.name]]\nwithin = 'time'\nmatch = '来源：(.*)'\n"
    layout = LAYOUT.replace(": -]+$'", ": -]+'")
    page = PAGE.replace("{player}", "").replace("10:00:00", f"10:00:00 来源：{line}")
    found = extract(page.encode(), URL, profiles=[small_site(tmp_path, layout + rules)])
    assert expected == (found.source.name if found.source is not None else None)
