"""Annotated pages: what the build makes of them, and what it refuses. Their own tests are made by the plugin."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest

from crawler.extract import profiles_in
from crawler.regression.annotated import Built, build, projected
from crawler.regression.fixture import Fixture, FixtureBroken, fixtures
from crawler.regression.suite import FAILURE, Suite
from crawler.regression.template import AnnotationError
from tests.cases import PAGES

HEAD = '<!-- fixture\nurl = "https://news.example.com/a/1.html"\n'
LINES = PAGES / "netease/2005_subjection/lines_of_text.html"


def written(folder: Path, page: str, name: str = "case", head: str = "") -> Path:
    """Return the file of an annotated page of the given HTML."""
    path = folder / "example" / "layout" / f"{name}.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page if page.startswith("<!--") else f"{HEAD}{head}-->\n{page}", encoding="utf-8")
    return path


def built(folder: Path, page: str, head: str = "") -> Built:
    """Return what the page comes to."""
    return build(written(folder, page, head=head))


def test_the_readme_example(tmp_path: Path) -> None:
    """The documented page and the case that extends it come to what the README says of them."""
    page, more = re.findall(r"```html\n(.*?)```", (PAGES / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    base = build(written(tmp_path, page, "plain"))
    values = base.values
    assert ["paragraph"] * 3 + ["image", "paragraph", "heading", "paragraph"] == [
        one["type"] for one in values["blocks"]
    ]
    assert "https://news.example.com/pic/1.jpg" == values["blocks"][3]["url"]
    assert 2 == values["blocks"][5]["level"]
    assert [{"url": "https://news.example.com/pic/1.jpg", "caption": values["blocks"][3]["caption"]}] == values[
        "images"
    ]
    assert values["title"] == f"{values['headline']}_例网"
    assert f"2024-05-06 07:08 来源：{values['source']['name']}" == values["info"][0]
    assert "http://paper.example/1" == values["source"]["url"]
    assert [{"text": "首页 国际"}] == values["chrome.nav"]
    assert [f"责任编辑：{values['editors'][0]}"] == [entry["text"] for entry in values["chrome.credits"]]
    (hot,) = values["chrome.hot"]
    assert ("热门", 4) == (hot["heading"], len({item["headline"] for item in hot["items"]}))
    assert all(item["url"].startswith("https://news.example.com/a/") for item in hot["items"])
    assert [] == values["authors"]
    case = build(written(tmp_path, more, "more")).values
    assert ("example:4712", None) == (case["id"], case["source"])
    assert [case["info"][0], f"（原标题：{case['originalHeadline']}）"] == case["info"]
    assert "2024-05-06T07:08:00+08:00" == case["datePublished"]


def test_the_page_is_served_without_annotations() -> None:
    """Nothing of the annotations is in the bytes, which are in the charset that the front matter names."""
    served = build(LINES)
    text = served.body.decode("gbk")
    assert not re.search(r"x-truth|data-(truth|field|part|repeat|item)|\{\{|fixture", text)
    assert "<h1>" in text
    assert "gb18030" == served.values["charset"]


def test_only_annotations_are_removed(tmp_path: Path) -> None:
    """Everything else of the page stays as it is written: odd attributes, comments, scripts, unclosed elements."""
    page = (
        '<TITLE >一</TITLE><h1 data-truth="headline" ID=a\n data-x="1>2">二</h1>\n'
        '<!-- <p data-truth="x"> --><script>a = "<p data-truth=1>"</script><p data-truth="paragraph">三<br/>\n'
    )
    wanted = page.replace(' data-truth="headline"', "").replace(' data-truth="paragraph"', "")
    assert wanted == built(tmp_path, page).body.decode()


def test_changing_one_annotation_fails_one_check(tmp_path: Path) -> None:
    """Where an annotation says something else than the page, the check of that value fails, and no other."""
    changes = {
        "headline": ("[fields]", '[fields]\nheadline = "{{headline}}"'),
        "commentCount": ("commentCount=12", "commentCount=13"),
        "source": ("source.name", "source.url@href; source.name"),
        "blocks": ('data-truth="paragraph">{{paragraph 2}}', 'data-truth="quote">{{paragraph 2}}'),
        "datePublished": ('"2005-04-25T08:15:57+08:00"', '"2005-04-25T08:15:58+08:00"'),
        "editors": ('<div id="text">', '<div id="text" data-field="editors=沈望舒">'),
    }
    suite = Suite(profiles_in())
    for number, (name, (old, new)) in enumerate(changes.items()):
        path = tmp_path / str(number) / LINES.relative_to(PAGES)
        path.parent.mkdir(parents=True)
        text = LINES.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        (fixture,) = fixtures(tmp_path / str(number))
        wrong = [check for check in suite.names(fixture) if suite.check(fixture, check) is not None]
        assert [name] == wrong


def test_a_wrong_value_of_the_url_points_to_its_form(tmp_path: Path) -> None:
    """No rule of a layout yields id and canonical URL: the message has the URL form that does, with file and line."""
    path = tmp_path / LINES.relative_to(PAGES)
    path.parent.mkdir(parents=True)
    text = re.sub('id = "netease:.*"', 'id = "netease:1"', LINES.read_text(encoding="utf-8"))
    text = re.sub('canonicalUrl = ".*"', 'canonicalUrl = "https://www.163.com/"', text)
    path.write_text(text, encoding="utf-8")
    (fixture,) = fixtures(tmp_path)
    suite = Suite(profiles_in())
    form = r"rule:     urls\[\d+\]  .*match = .*\(site_profiles/netease/profile\.toml:\d+\)"
    assert re.search(form, str(suite.check(fixture, "id")))
    assert re.search(form.replace("  .*match", '  canonical = "http.*match'), str(suite.check(fixture, "canonicalUrl")))


def test_text_in_scripts_is_escaped_for_json(tmp_path: Path) -> None:
    """The same words stand in the page escaped for HTML and in a script as JSON."""
    page = '<h1 data-truth="headline">{{headline:a}}</h1><script>{"a": "{{headline:a}}"}</script>'
    texts = [built(tmp_path / str(n), page, head="\n").body.decode() for n in range(3)]
    assert 1 == len(set(texts))  # the same path below the root, the same words
    shown, data = re.fullmatch(r'<h1>(.*)</h1><script>\{"a": "(.*)"\}</script>', texts[0]).groups()  # type: ignore[union-attr]
    assert shown.replace("&quot;", '\\"') == data


def test_parts_of_a_case(tmp_path: Path) -> None:
    """Several elements of a name replace the base's element in their order, and fill a place that the base leaves."""
    head = '<!-- fixture\nurl = "https://news.example.com/a/1.html"\n-->\n'
    page = '<h1 data-truth="headline" data-part="one">a</h1><x-truth data-part="more"></x-truth>'
    written(tmp_path, head + page, "plain")
    assert b"<h1>a</h1>" == build(tmp_path / "example/layout/plain.html").body
    two = '<h1 data-truth="headline" data-part="one">b</h1><p data-truth="paragraph" data-part="one">c</p>'
    more = '<p data-truth="paragraph" data-part="more">d</p>'
    case = written(tmp_path, f'<!-- fixture\nextends = "plain.html"\n-->\n{two}\n{more}', "case")
    assert b"<h1>b</h1>\n<p>c</p><p>d</p>" == build(case).body


def test_wrappers_of_parts_do_not_change_how_a_page_is_parsed(tmp_path: Path) -> None:
    """A part may stand in the head or a table, where a wrapper would make the parser move what follows."""
    (tmp_path / "frame.html").write_text(
        '<!-- frame\n-->\n<html><head><x-truth data-part="top"></x-truth><style>b {}</style></head><body>'
        '<h1 data-truth="headline">a</h1><table><x-truth data-part="row"></x-truth></table></body></html>',
        "utf-8",
    )
    case = tmp_path / "one.html"
    case.write_text(
        '<!-- fixture\nurl = "https://news.example.com/a/1.html"\nextends = "frame.html"\n-->\n'
        '<x-truth data-part="top"><title>t</title></x-truth>'
        '<x-truth data-part="row"><tr><td data-truth="paragraph">c</td></tr></x-truth>',
        "utf-8",
    )
    page = build(case)
    assert b"<head><title>t</title><style>" in page.body
    assert b"<table><tr><td>c</td></tr></table>" in page.body


def test_a_frame_of_the_site_is_a_page_only_where_it_is_extended(tmp_path: Path) -> None:
    """A case extends the frame in its site's folder; the frame itself is not a fixture, nor any other folder's page."""
    frame = tmp_path / "example" / "frame.html"
    frame.parent.mkdir(parents=True)
    frame.write_text('<!-- frame\n-->\n<x-truth data-part="article"></x-truth><p data-truth="footer">c</p>', "utf-8")
    head = '<!-- fixture\nurl = "https://news.example.com/a/1.html"\nextends = "../frame.html"\n-->\n'
    case = written(tmp_path, f'{head}<h1 data-truth="headline" data-part="article">a</h1>')
    page = build(case)
    assert (b"<h1>a</h1><p>c</p>", [{"text": "c"}]) == (page.body, page.values["chrome.footer"])
    assert (case, frame) == page.files
    assert [case] == [one.folder for one in fixtures(tmp_path)]
    case.write_text(head.replace("../frame", "../../example/frame") + "-->", "utf-8")
    with pytest.raises(AnnotationError, match=r"extends '\.\./\.\./example/frame\.html', but its folder"):
        build(case)


def test_code_and_data_as_large_as_real_ones(tmp_path: Path) -> None:
    """Scripts and styles are given as they are, words in a textarea of JSON are escaped for it, and a mark goes first."""
    page = '<h1 data-truth="headline">a</h1><script>{{script 9}}</script><style>{{style 7}}</style>'
    data = '<textarea>{"a": "{{headline:a}}"}</textarea>'
    pages = [built(tmp_path / str(n), page + data, head='charset = "utf-8-sig"\n').body for n in range(2)]
    assert (1, True) == (len(set(pages)), pages[0].startswith(b"\xef\xbb\xbf"))
    text = pages[0].decode("utf-8-sig")
    assert (9, 7) == (text.count("list.push('<div"), text.count("margin: "))
    found = re.search("<textarea>(.*)</textarea>", text)
    assert found is not None
    assert ["a"] == list(json.loads(html.unescape(found[1])))


def test_names_and_keywords_are_given_once(tmp_path: Path) -> None:
    """So two authors of a page are two, and a list of keywords has no word twice."""
    page = '<h1 data-truth="headline">a</h1><p data-truth="paragraph"><b data-repeat="30" data-field="keywords">{{keyword}}</b></p>'
    words = built(tmp_path, page).values["keywords"]
    assert 30 == len(words)
    assert len(set(words)) == len(words)


FAULTS = {
    '<p data-truth="paragraph"><b data-repeat="200">{{keyword}}</b></p>': r"no further keyword is left",
    "<p>text</p>": r"1 texts have no annotation: 'text'",
    '<p data-truth="hotness">text</p>': r'data-truth="hotness" is not a valid value. Values: headline, info; blocks: ',
    '<p data-truth="relatet">text</p>': r"did you mean 'related'\?",
    '<p data-truth="info" data-field="source.nam">a</p>': r"no field 'source.nam'; did you mean 'source.name'\?",
    '<p data-truth="info" data-field="x.y">a</p>': r"no field 'x.y'; docs/record.md lists",
    '<p data-truth="info" data-field="source">a</p>': r"name a part of it: source.name, source.url",
    '<p data-truth="info" data-field="source.url@hrf">a</p>': r"the element <p> has no attribute 'hrf'",
    '<p data-truth="paragraph"><i></i></p>': r'data-truth="paragraph" has no text',
    '<p data-truth="paragraph">{{headlin}}</p>': r"unknown placeholder \{\{headlin\}\}",
    '<p data-truth="paragraph" data-field="commentCount">many</p>': r"commentCount is not a number: 'many'",
    '<p data-truth="paragraph" data-repeat="x">a</p>': r"data-repeat='x' is not a number",
    '<p data-truth="paragraph" data-item>a</p>': r"data-item is not inside an element",
    '<p data-truth="paragraph">a</p>': r'no element has data-truth="headline"',
    '<!-- fixture\nextends = "none.html"\n-->': r"case\.html: extends 'none\.html', but its folder has no such page",
    "<!-- fixture\n-->": r"no url in the front matter",
    '<!-- fixture\nurl = "https://a.example/"\nurll = 1\n-->': r"unknown key 'urll'",
    "<!-- fixture\nurl = a\n-->": r"the front matter is not TOML: .*line 2.*; text needs quotes",
    '<!-- fixture\nurl = "https://a.example/"\n[fields]\npublished = ""\n-->': r"'published', .*did you mean 'datePublished'",
    '<!-- fixture\nurl = "https://a.example/"\ndrop = ["a"]\n-->': r'no element of the extended page has data-part="a"',
    '<!-- fixture\nurl = "https://a.example/"\ncharset = "gbk"\n-->\n<h1 data-truth="headline">😀</h1>': r"cannot encode the page as gbk",
}


@pytest.mark.parametrize("page", FAULTS)
def test_a_page_that_cannot_be_built_says_why(tmp_path: Path, page: str) -> None:
    """The message names the file and the fault; tools get it as a broken fixture."""
    path = written(tmp_path, page)
    with pytest.raises(AnnotationError, match=FAULTS[page]):
        build(path)
    with pytest.raises(FixtureBroken, match=r"\.html"):
        _ = Fixture.at(path).expected


def test_a_wrapper_that_the_parser_moves_is_refused(tmp_path: Path) -> None:
    """In a table the wrapper would be moved in front of it: the page read would not be the page served."""
    page = '<h1 data-truth="headline">a</h1><table data-truth="table"><tr><x-truth data-truth="info"><td>c</td></x-truth></tr></table>'
    with pytest.raises(AnnotationError, match="changes how the page is parsed"):
        built(tmp_path, page)


def test_pages_that_must_fail() -> None:
    """A page that must not give a record has one check, and does not count in the matrix and the scores."""
    suite = Suite(profiles_in())
    failing = [one for one in fixtures(PAGES, failing=True) if one.failure is not None]
    assert failing
    assert not {one.name for one in failing} & {one.name for one in fixtures(PAGES)}
    assert {(FAILURE,)} == {tuple(suite.names(one)) for one in failing}
    plain = build(LINES)
    assert plain.failure is None


def test_annotated_pages_and_recorded_ones_have_names_of_their_own() -> None:
    """A case is named by site, layout and name wherever it is kept."""
    names = [one.name for one in fixtures(PAGES, failing=True)]
    assert sorted(set(names)) == sorted(names)


def test_values_are_compared_as_far_as_annotations_go() -> None:
    """Nulls, empty lists and keys that annotations may leave out do not count; a value that is there does."""
    got = {"name": "a", "nameRaw": "文/a", "url": None, "items": [{"x": 1, "width": 3}, {"y": None}]}
    assert {"name": "a", "items": [{"x": 1}, {}]} == projected(got, {"name": "a"})
    assert got["nameRaw"] == projected(got, {"nameRaw": "b"})["nameRaw"]
    assert projected({"followerCount": 3}, {}) == {"followerCount": 3}
