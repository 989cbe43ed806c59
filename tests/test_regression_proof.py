"""One broken selector fails the tests of its field and layout; the message shows the way to the right node.

Each case breaks one selector of a copy of a shipped profile. (That other layouts stay as they are is tested beside, in
tests/test_regression_suite.py.)
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from crawler.extract import PROFILES
from crawler.profiles.load import load_profiles
from crawler.regression.fixture import Fixture, fixtures
from crawler.regression.suite import Suite
from tests.cases import PAGES


class Break(NamedTuple):
    """A selector to break in `layout` (site/layout): `old` becomes `new` in its file.

    `value` is the value that is lost (a part of it after a dot) on every fixture of the layout that has it, or on
    `only` these; `message` is what the message must contain about the broken rule and the right node; `beside` are
    other checks that fail because of the same element.
    """

    layout: str
    old: str
    new: str
    value: str
    message: tuple[str, ...]
    beside: tuple[str, ...] = ()
    only: tuple[str, ...] = ()


BREAKS = {
    "headline": Break(
        "netease/2019_article_box", '".article_title h2"', '".article_name h2"', "headline",
        ('article.headline  css = ".article_name h2"  [matches nothing]', "nearest:  .article_title h2  text"), ("unknown",),
    ),
    "source's link": Break(
        "netease/2020_post_main", 'css = "a:not(.post_jubao)"\nattr = "href"', 'css = "p:not(.post_jubao)"\nattr = "href"',
        "source.url", ('fields.source.url[0]  css = "p:not(.post_jubao)"', "those in timeSource count", "nearest:  .post_info a  href"),
    ),
    "source in embedded data": Break(
        "netease/2011_photoview", 'path = "info.source"', 'path = "info.sauce"', "source", ('fields.source.name[0]  data = "gallery", path = "info.sauce"',),
    ),
    "date": Break(
        "netease/2019_article_box", 'css = "#contain"\nattr = "data-ptime"', 'css = "#container"\nattr = "data-ptime"', "datePublished",
        ('fields.datePublished[0]  css = "#container", attr = "data-ptime"  [matches nothing]', "nearest:  #contain  data-ptime"),
        ("datePublishedRaw", "datePrecision", "flags"), ("gbk_declared_gb2312", "meta_lies_gb2312", "meta_lies_utf8"),
    ),
    "body": Break(
        "thepaper/2014_news_txt", '[[article.body]]\ncss = ".news_txt"', '[[article.body]]\ncss = ".news_text"', "blocks",
        ('article.body[0]  css = ".news_text"  [matches nothing]', "nearest:  .news"), ("articleBodyHtml", "flags", "images", "mainImage", "unknown"),
    ),
    "disclaimer": Break(
        "netease/2019_article_box", 'css = ".statement p"', 'css = ".note p"', "chrome.disclaimer",
        ('chrome.statement  css = ".note p"  [matches nothing]', "nearest:  .statement"),
    ),
    "tags": Break(
        "thepaper/2014_news_txt", 'css = ".news_keyword"', 'css = ".news_key"', "chrome.tags",
        ('chrome.tags  css = ".news_key"  [matches nothing]', "nearest:  .news_keyword  text"), ("unknown",),
    ),
    "time line": Break(
        "ifeng/2023_index", '[article.info.time]\ncss = ".index_timeBref_*"', '[article.info.time]\ncss = ".index_timeBrief_*"',
        "info", ("article.info.time  css = ", "index_timeBrief_", "nearest:  .index_timeBref_"), ("datePublishedRaw", "location"), ("index_account", "index_names", "index_no_images"),
    ),
    "captions": Break(
        "ifeng/2019_artical", 'captions = "p.picIntro, .picIntro*"', "captions = 'p.picText'", "images",
        ('article.body[0].images.captions  captions = "p.picText"  [matches nothing]', "nearest:  .picIntro  text"),
        ("blocks", "articleBodyHtml"), ("comment_box_in_info", "byline_paragraph"),
    ),
}  # fmt: skip


def short(fixture: Fixture) -> str:
    """Return the last part of the fixture's name."""
    return fixture.name.rpartition("/")[2]


def failures(broken: Break, folder: Path) -> dict[tuple[str, str], str]:
    """Return the failures of the layout's fixtures with the broken selector, by fixture and check."""
    site, layout = broken.layout.split("/")
    shutil.copytree(PROFILES / site, folder / site)
    file = folder / site / "layouts" / f"{layout}.toml"
    text = file.read_text(encoding="utf-8")
    assert 1 == text.count(broken.old)
    file.write_text(text.replace(broken.old, broken.new), encoding="utf-8")
    suite = Suite(load_profiles(folder))
    return {
        (short(fixture), name): wrong
        for fixture in fixtures(PAGES, broken.layout)
        for name in suite.names(fixture)
        if (wrong := suite.check(fixture, name)) is not None
    }


def having(broken: Break) -> set[str]:
    """Return the fixtures of the layout whose expected values have what is lost."""
    if broken.only:
        return set(broken.only)
    name, _, part = broken.value.partition(".")
    found = set()
    for fixture in fixtures(PAGES, broken.layout):
        assert fixture.expected is not None
        values = fixture.expected.values
        value = values.get(broken.value) or (values.get(name) if name != "chrome" else None)
        if value and (name == "chrome" or not part or value.get(part) is not None):
            found.add(short(fixture))
    return found


@pytest.mark.parametrize("broken", BREAKS.values(), ids=BREAKS)
def test_a_broken_selector_fails_its_field(broken: Break, tmp_path: Path) -> None:
    """The value fails on each fixture that has it, with what the same element gives beside, and nothing else does.

    Each message names layout, rule, broken selector, file and line, and the node that would have been right.
    """
    wrong = failures(broken, tmp_path)
    name = broken.value if broken.value.startswith("chrome.") else broken.value.partition(".")[0]
    assert having(broken) == {case for case, check in wrong if check == name}
    stated = {check for fixture in fixtures(PAGES, broken.layout) for check in Suite.names(fixture)}
    assert {name, *broken.beside} & stated == {check for _, check in wrong}
    layout = broken.layout.partition("/")[2]
    wanted = (f"layout:   {layout}\n", f"layouts/{layout}.toml:", *broken.message)
    messages = [message for (_, check), message in wrong.items() if check == name]
    assert [] == [(part, message) for message in messages for part in wanted if part not in message]


def test_a_broken_selector_with_a_fallback_fails_the_flags(tmp_path: Path) -> None:
    """Where the metadata repeat the headline, the value stays right, but the fallback is flagged and the text unclaimed."""
    broken = Break("netease/2019_mobile", '"h1.article-title"', '"h1.article-name"', "headline", ())
    wrong = failures(broken, tmp_path)
    assert {(case, check) for case in having(broken) for check in ("flags", "unknown")} == set(wrong)
    for (_, check), message in wrong.items():
        parts = ("layout_fallback",) if check == "flags" else ("add a rule to layout 2019_mobile for:", "/h1[1]  ")
        assert [] == [part for part in parts if part not in message]
