"""The language's short forms: classes by their start, patterns by name; and which of several elements is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.extract import extract
from crawler.profiles.faults import Code
from crawler.profiles.lint import lint
from crawler.profiles.load import load_profile, load_profiles
from crawler.records.model import Record, Role
from tests import small_site
from tests.linting import layout_faults, only
from tests.profile_samples import LAYOUT, NAME, PROFILE, changed, write

PAGE = """\
<!doctype html><meta charset="utf-8"><meta property="article:published_time" content="2024-03-02 10:00">
<title>t</title><div class="wide page-7aQ"><h1 class="story-title">渡口的灯</h1><p class="story-line">来源：河畔晚报</p>
<div class="story">第一段：渡口的灯从前由摆渡人点，如今由桥上的人点，一晚也没有断过。</div></div></body></html>"""


def record_by(folder: Path, html: str) -> Record:
    """Return the record of `html` by the one profile in `folder`."""
    return extract(
        html.encode(), "https://www.sample.example/news/123456.html", profiles=load_profiles(folder).values()
    )


def test_a_pattern_by_name_is_written_out(tmp_path: Path) -> None:
    """`${name}` is the pattern of the site; one of the layout's own file goes before it."""
    profile = PROFILE.replace("[chrome.footer]", "[patterns]\nsource = '来源(.+)'\nother = 'x'\n\n[chrome.footer]")
    layout = changed(LAYOUT, "match = '来源[:：]\\s*(.+)'\n", "match = '${source}'\n[patterns]\nother = 'y'\n")
    layout = changed(layout, 'css = ".story-line"', "css = \".story-line\"\nwhere = '${other}'")
    loaded = load_profile(write(tmp_path, profile=profile, layouts={NAME: layout})).layouts[NAME]
    assert loaded.fields.source.name[0].match == "来源(.+)"
    assert loaded.article.info["line"].where == "y"


@pytest.mark.parametrize(
    ("old", "new", "code", "key"),
    [
        ("match = '来源[:：]\\s*(.+)'", "match = '${sorce}'", Code.NAME, "fields.source.name[0].match"),
        ('[[evidence]]\ncss = "h1', "[patterns]\nidle = 'x'\n[[evidence]]\ncss = \"h1", Code.IGNORED, "patterns.idle"),
    ],
)
def test_faults_of_named_patterns(tmp_path: Path, old: str, new: str, code: Code, key: str) -> None:
    """A name that no pattern has, and a pattern that nothing refers to, are named with their key."""
    fault = only(layout_faults(tmp_path, changed(LAYOUT, old, new)))
    assert (fault.code, fault.key) == (code, key)


def test_no_pattern_refers_to_another(tmp_path: Path) -> None:
    """Where patterns are given, and in forms of URLs, the expression itself is needed."""
    profile = PROFILE.replace("[chrome.footer]", "[patterns]\none = 'x'\ntwo = '${one}'\n\n[chrome.footer]")
    faults = [fault for fault in lint(write(tmp_path, profile=profile)) if fault.code is Code.NAME]
    assert only(faults).key == "patterns.two"


def test_a_class_prefix_is_not_a_generated_name(tmp_path: Path) -> None:
    """The linter takes the short form, and names a selector that adds nothing in it."""
    assert layout_faults(tmp_path / "a", changed(LAYOUT, '"ul.more"', '"ul.more-list_*"')) == []
    fault = only(layout_faults(tmp_path / "b", changed(LAYOUT, '"ul.more"', '".more-*, ul.more-*"')))
    assert (fault.code, "ul.more-*" in fault.message) == (Code.OVERLAP, True)


@pytest.mark.parametrize("first", ["page-7aQ", "page-x wide", "wide page-7aQ", "wide\tpage-", "a b page-1 c"])
def test_rules_find_a_class_wherever_it_stands(tmp_path: Path, first: str) -> None:
    """The class may be the first of several or follow others."""
    layout = changed(LAYOUT, 'css = "div.story"\n\n[chrome.nav]', 'css = ".page-* > .story"\n\n[chrome.nav]')
    write(tmp_path, layouts={NAME: layout})
    record = record_by(tmp_path, PAGE.replace("wide page-7aQ", first))
    assert [block.text for block in record.blocks] == [
        "第一段：渡口的灯从前由摆渡人点，如今由桥上的人点，一晚也没有断过。"
    ]


@pytest.mark.parametrize("style", ['style="display: none"', "hidden", 'style="color:red;DISPLAY:NONE"'])
@pytest.mark.parametrize("every", ["", "every = true\n"])
@pytest.mark.parametrize("around", ["{}", "<section {}>", "<div><div {}>"])
def test_a_hidden_copy_is_not_the_body(tmp_path: Path, style: str, every: str, around: str) -> None:
    """The body is the visible element, whatever comes first; a hidden copy counts as hidden."""
    write(
        tmp_path,
        layouts={
            NAME: changed(LAYOUT, 'css = "div.story"\n\n[chrome.nav]', f'css = "div.story"\n{every}\n[chrome.nav]')
        },
    )
    body = '<div class="story">'
    copy = f"<div class='story' {style}>草稿：渡口的灯从前由摆渡人点。</div>"
    if around != "{}":
        copy = f"{around.format(style)}<div class='story'>草稿：渡口的灯从前由摆渡人点。</div></div></section>"
    record = record_by(tmp_path, PAGE.replace(body, copy + body))
    assert [(block.text or "")[:3] for block in record.blocks] == ["第一段"]
    assert [(entry.role, entry.text) for entry in record.chrome] == [(Role.HIDDEN, "草稿：渡口的灯从前由摆渡人点。")]


def test_a_body_that_is_hidden_as_a_whole_is_the_body(tmp_path: Path) -> None:
    """Scripts may show it later, and it is the only one."""
    write(tmp_path)
    record = record_by(tmp_path, PAGE.replace('class="story"', 'class="story" style="display:none"'))
    assert [(block.text or "")[:3] for block in record.blocks] == ["第一段"]


def test_a_hidden_headline_is_not_the_headline(tmp_path: Path) -> None:
    """The headline is the first that the page shows."""
    write(tmp_path)
    hidden = '<h1 class="story-title" hidden>样本网</h1>'
    assert record_by(tmp_path, PAGE.replace("<div", hidden + "<div", 1)).headline == "渡口的灯"


DATA = '<script>var page = {"path": [{"n": "首页", "u": "/"}, {"n": "渡口", "u": "/dukou/"}]};</script></body>'


@pytest.mark.parametrize(
    ("html", "found"),
    [
        (
            PAGE.replace("</body>", DATA),
            [("首页", "https://www.sample.example/"), ("渡口", "https://www.sample.example/dukou/")],
        ),
        (
            PAGE.replace("</body>", DATA.replace('"u": "/",', "").replace(', "u": "/"', "")),
            [("首页", None), ("渡口", None)],
        ),
        (
            PAGE.replace("</body>", '<p class="path"><a href="/a/">此岸</a></p>' + DATA),
            [("此岸", "https://www.sample.example/a/")],
        ),
        (PAGE, []),
    ],
)
def test_breadcrumbs_are_read_where_no_region_shows_them(
    tmp_path: Path, html: str, found: list[tuple[str, str | None]]
) -> None:
    """A region with the role wins; without as many addresses as names there are names only."""
    layout = LAYOUT + '[data.page]\nvariable = "page"\n[chrome.path]\nrole = "breadcrumb"\ncss = ".path"\n'
    for key, name in (("name", "n"), ("url", "u")):
        layout += f'[[fields.breadcrumbs.{key}]]\ndata = "page"\npath = "path[].{name}"\nevery = true\n'
    assert lint(write(tmp_path, layouts={NAME: layout})) == []
    record = record_by(tmp_path, html)
    assert [(step.name, step.url) for step in record.breadcrumbs] == found


PARTS = """
[data.account]
variable = "account"
[data.number]
variable = "number"
[[fields.id.first]]
data = "account"
match = '^\\w+'
[[fields.id.second]]
data = "number"
"""


@pytest.mark.parametrize(
    ("script", "ident"),
    [
        pytest.param('var account = "ab=="; var number = "17";', "demo:ab:17", id="all parts"),
        pytest.param('var account = "ab=="; var number = "";', "demo:12345", id="a part is missing: the URL's"),
        pytest.param("", "demo:12345", id="no parts"),
    ],
)
def test_an_id_that_the_page_states(tmp_path: Path, script: str, ident: str) -> None:
    """Its parts replace the URL's id if all of them are found, so that a short address has the id of the long one."""
    site = small_site.small_site(tmp_path, small_site.LAYOUT + PARTS)
    html = (
        f'<!DOCTYPE html><meta charset="utf-8"><script>{script}</script><article><h1>渡口</h1><p class="time">2026-02-20'
        ' 10:12</p><div class="body"><p>仓库空了三年，今年春天才有人把门打开，里面有一排旧书架。</p></div></article></body></html>'
    )
    assert ident == extract(html.encode(), small_site.URL, profiles=[site]).id
