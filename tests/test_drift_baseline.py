"""Baselines and fingerprints: what a rule found, without the page's text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crawler.drift import baseline as made
from crawler.drift.fingerprint import Element, Step, Value, element_of, pattern, similarity, stable, text_size, value_of
from crawler.drift.observe import observe, regions_of, split_rule
from crawler.drift.usual import complete_baselines
from crawler.extract import PROFILES, profiles_in
from crawler.page.dom import Page
from crawler.profiles.checks.errors import check
from crawler.profiles.folder import Folder
from crawler.regression.fixture import PLACES, fixtures

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = fixtures([ROOT / place for place in PLACES])
SITES = sorted({fixture.site for fixture in FIXTURES})


@pytest.mark.parametrize("site", SITES)
def test_baselines_are_those_of_the_fixtures(site: str) -> None:
    """The committed files are what the reviewed fixtures give; `make baseline` writes them."""
    profile = profiles_in()[site]
    expected = {layout: made.as_json(found).decode() for layout, found in complete_baselines(profile, FIXTURES).items()}
    actual = {path.stem: path.read_text(encoding="utf-8") for path in (profile.folder / made.FOLDER).glob("*.json")}
    assert expected == actual


@pytest.mark.parametrize(
    "path", sorted(PROFILES.glob("*/baseline/*.json")), ids=lambda path: f"{path.parts[-3]}-{path.stem}"
)
def test_baselines_hold_no_text_of_pages(path: Path) -> None:
    """No Chinese text but constants of a few characters and character patterns."""
    assert [] == re.findall(r"[\u4e00-\u9fff]{9,}", path.read_text(encoding="utf-8"))


def test_written_baselines_are_read_again(tmp_path: Path) -> None:
    """A file that was written is read as it was, and one of a layout without fixtures is removed."""
    found = made.baselines(profiles_in()["netease"], FIXTURES)
    (tmp_path / "baseline").mkdir()
    (tmp_path / "baseline" / "2001_gone.json").write_text("{}")
    made.write(tmp_path, found)
    assert found == {path.stem: made.read(tmp_path, path.stem) for path in (tmp_path / "baseline").glob("*.json")}
    assert [] == made.write(tmp_path, found)
    assert made.read(tmp_path, "2001_gone") is None
    made.path_of(tmp_path, "2001_gone").write_text("{]")
    with pytest.raises(made.BaselineBroken, match=r"2001_gone\.json: .*make baseline"):
        made.read(tmp_path, "2001_gone")


def test_linter_knows_baselines(tmp_path: Path) -> None:
    """A baseline belongs to a layout of the site; other JSON is still a stray file."""
    (tmp_path / "layouts").mkdir()
    (tmp_path / "layouts" / "2020_a.toml").write_text('id = "2020_a"\nkind = "article"\n[[evidence]]\ncss = "h1"\n')
    (tmp_path / "baseline").mkdir()
    (tmp_path / "baseline" / "2020_a.json").write_text('{"layout": "2020_a"}')
    (tmp_path / "baseline" / "2020_b.json").write_text('{"layout": "2020_b"}')
    faults = [(Path(one.file).name, one.code.value) for one in check(Folder(tmp_path)) if one.file.endswith(".json")]
    assert [("2020_b.json", "stray-file")] == faults
    (tmp_path / "baseline" / "2020_a.json").write_text('{"layout": "2020_c"}')
    faults = [(Path(one.file).name, one.code.value) for one in check(Folder(tmp_path)) if one.file.endswith(".json")]
    assert [("2020_a.json", "file"), ("2020_b.json", "stray-file")] == sorted(faults)


def test_a_rule_inside_a_missing_region_is_not_missed() -> None:
    """A page without a region misses the region, not the rules inside it."""
    profile = profiles_in()["netease"]
    layout = profile.layouts["2020_post_main"]
    fixture = next(one for one in FIXTURES if one.layout == layout.id)
    record = fixture.extract({"netease": profile})
    observation = observe(record, layout)
    assert {"evidence", "article.headline", "article.body", "fields.datePublished"} <= observation.hits.keys()
    missed = {rule for rule in observation.misses if ".items" in rule}
    assert set() == {rule for rule in missed if rule.partition(".items")[0] not in observation.hits}
    assert set() == observation.hits.keys() & {*observation.misses}


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("fields.source[1]", ("fields.source", "[1]")),
        ("fields.account.followerCount[0]", ("fields.account.followerCount", "[0]")),
        ("article.headline.css[1]", ("article.headline", "css[1]")),
        ("article.body[0].css[1]", ("article.body", "[0].css[1]")),
        ("chrome.related", ("chrome.related", "")),
        ("article.info.line.xpath", ("article.info.line", "xpath")),
        ("metadata.meta.keywords", None),
        ("unclaimed", None),
    ],
)
def test_rules_are_named_without_their_alternative(key: str, expected: tuple[str, str] | None) -> None:
    """A rule has one name, whichever alternative was hit."""
    assert expected == split_rule(key)


def test_regions_stand_before_what_is_inside() -> None:
    """The region of a field is the one that all its alternatives are read from."""
    layout = profiles_in()["netease"].layouts["2020_post_main"]
    assert ("fields.source", "article.info.timeSource") == regions_of(layout, "fields.source.url")
    assert () == regions_of(layout, "fields.source")
    assert ("chrome.related", "chrome.related.items") == regions_of(layout, "chrome.related.items.author")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("post_body", "post_body"),
        ("col-md-4", "col-md-4"),
        ("news0219", "news0219"),
        ("css-1x2y3z", "*"),
        ("jsx-123456", "*"),
        ("Title_box__x3Yab", "Title_box__*"),
        ("index_wrapper__L_zqV", "index_wrapper__*"),
        ("block__content", "block__content"),
        ("newsDetail_forward_1787647", "newsDetail_forward_*"),
        ("e2ff3a1c9b", "*"),
    ],
)
def test_generated_parts_of_names_are_masked(word: str, expected: str) -> None:
    """What a build tool or a database generates says nothing of the layout."""
    assert expected == stable(word)


def test_character_patterns_and_constants() -> None:
    """A value is known by its shape, and by the label that it begins with."""
    assert "0-0-0 0:0 汉：汉 a" == pattern("2026-02-20 10:12　来源：河畔晚报 ABC")
    assert Value(("汉：汉",), "来源：") == value_of(["来源：河畔晚报", "来源：山间日报"])
    assert Value(("汉：汉",), "来源：") == value_of(["来源：河畔晚报"])
    assert Value(("0-0-0",)) == value_of(["2026-02-20", "2026-03-21"])
    assert Value(("汉",), "", "文章") == value_of(["一" * 30 + "文章", "二文章", "三文章"])


PAGE = (
    '<html><body><div id="main"><h1 class="title">三四</h1><div class="info css-1a2b3c" data-x="1">2026-02-20 '
    '<a href="/a">河畔</a></div><div class="body"><p>一二三四五六七八九十</p></div></div></body></html>'
)


def _element(html: str, css: str) -> Element:
    page = Page(html, "https://demo.example/1")
    node = page.dom.css_first(css)
    assert node is not None
    return element_of(node, text_size(page))


def test_an_element_is_known_by_names_and_place() -> None:
    """Tag, class words, attributes, ancestors, neighbours, order, depth, shares of text and of links."""
    expected = Element(
        tag="div",
        classes=("info", "*"),
        attributes=("data-x",),
        ancestors=(Step("div", "main"), Step("body"), Step("html")),
        before=Step("h1", None, ("title",)),
        after=Step("div", None, ("body",)),
        order=1,
        depth=3,
        share=0.5,
        links=0.17,
    )
    assert expected == _element(PAGE, ".info")


def test_a_renamed_element_is_the_most_alike() -> None:
    """After its class has been renamed, the element is still more like itself than its neighbours are."""
    before = _element(PAGE, ".info")
    after = PAGE.replace("info css-1a2b3c", "article-meta css-9z8y7x").replace(
        '<div id="main">', '<div id="main"><div>'
    )
    likes = {css: similarity(before, _element(after, css)) for css in ("h1", ".article-meta", ".body", ".body p")}
    assert ".article-meta" == max(likes, key=lambda css: likes[css])
    assert 1.0 == similarity(before, before)
