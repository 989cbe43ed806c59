"""The linter on combinations of rules: overlapping rules, and layouts that cannot be distinguished."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.profiles.faults import Code
from crawler.profiles.lint import lint
from tests.linting import layout_faults, only
from tests.profile_samples import LAYOUT, NAME, PROFILE, changed, line_of, write

RULE = '[chrome.extra]\nrole = "tags"\ncss = "{css}"\n'
AFTER = "[[fields.source.name]]"


@pytest.mark.parametrize(
    ("css", "code", "words"),
    [
        ("#menu", Code.UNREACHABLE, "all are already taken by chrome.nav (nav)"),
        ("div#menu.open", Code.UNREACHABLE, "all are already taken by chrome.nav (nav)"),
        (".top-menu, #menu", Code.UNREACHABLE, "all are already taken by chrome.nav (nav)"),
        ("ul.more, #menu", Code.UNREACHABLE, "chrome.nav (nav), chrome.related (related)"),
        (".side > ul.more:first-child", Code.UNREACHABLE, "all are already taken by chrome.related (related)"),
        (".story-line", Code.UNREACHABLE, "all are already taken by article.info.line"),
        ("#menu, .new", Code.OVERLAP, "#menu is already taken by chrome.nav (nav)"),
        ("div.story", Code.OVERLAP, "the same elements as article.body[0]"),
        ("h1.story-title", Code.OVERLAP, "the same elements as article.headline"),
    ],
)
def test_rules_for_the_same_elements(tmp_path: Path, css: str, code: Code, words: str) -> None:
    """A rule whose elements are taken by earlier ones, all or in part, is reported with the rule that wins."""
    text = changed(LAYOUT, AFTER, RULE.format(css=css) + AFTER)
    order = {"ul.more, #menu": 'css = "ul.more, #menu"'}.get(css, f'css = "{css}"')
    fault = only(layout_faults(tmp_path, text))
    assert (fault.key, fault.code) == ("chrome.extra.css", code)
    assert text.split("\n")[(fault.line or 0) - 1] == order
    assert all(word in fault.message for word in words.split(", "))


@pytest.mark.parametrize(
    "css",
    [
        ".more",
        "ul",
        "#menu2",
        "#menu a",
        "ul.more > li",
        "div.story p",
        ".story",
        ".menu",
        "a[id=menu]",
        "div.story.wide",
    ],
)
def test_rules_that_do_not_overlap(tmp_path: Path, css: str) -> None:
    """A wider rule after a narrower one, a rule inside another's element, another element: no fault."""
    text = changed(LAYOUT, AFTER, RULE.format(css=css) + AFTER)
    assert layout_faults(tmp_path, text) == []


def test_a_rule_with_a_condition_leaves_the_others(tmp_path: Path) -> None:
    """Where the earlier rule asks for a text too, the later one gets the rest; the same condition leaves it nothing."""
    first = LAYOUT.replace('css = "#menu, .top-menu"', "css = \"#menu\"\nwhere = '^菜单'")
    second = "[chrome.extra]\nrole = 'tags'\ncss = '#menu'\n"
    assert layout_faults(tmp_path / "a", changed(first, AFTER, second + AFTER)) == []
    same = second + "where = '^菜单'\n"
    assert only(layout_faults(tmp_path / "b", changed(first, AFTER, same + AFTER))).code is Code.UNREACHABLE


def test_a_rule_for_text_nodes_takes_no_elements(tmp_path: Path) -> None:
    """Text nodes and elements are not the same, though the selector is."""
    rule = "[chrome.extra]\nrole = 'tags'\ncss = '#menu'\ntextNodes = true\n"
    assert layout_faults(tmp_path, changed(LAYOUT, AFTER, rule + AFTER)) == []


def test_a_fallback_of_a_rule_takes_nothing_for_sure(tmp_path: Path) -> None:
    """A later alternative is used only where the earlier ones find nothing: it hides no other rule."""
    text = LAYOUT.replace('css = "#menu, .top-menu"', 'css = [".new-menu", "#menu"]')
    assert layout_faults(tmp_path, changed(text, AFTER, RULE.format(css="#menu") + AFTER)) == []


def test_bodies_are_fallbacks_of_each_other(tmp_path: Path) -> None:
    """A later body that asks for no more than an earlier one is never reached; another one is a fallback."""
    second = '[[article.body]]\ncss = "{css}"\n'
    same = changed(LAYOUT, "[chrome.nav]", second.format(css="div.story.wide") + "[chrome.nav]")
    fault = only(layout_faults(tmp_path / "a", same))
    assert (fault.key, fault.code) == ("article.body[1].css", Code.UNREACHABLE)
    other = changed(LAYOUT, "[chrome.nav]", second.format(css="div.text") + "[chrome.nav]")
    assert layout_faults(tmp_path / "b", other) == []


def test_shared_rules_overlap_among_themselves_only(tmp_path: Path) -> None:
    """A layout's rule may take what a shared one asks for; two shared rules for one element are a fault."""
    shared = PROFILE + "[chrome.menu]\nrole = 'nav'\ncss = '#menu'\n"
    assert lint(write(tmp_path / "a", profile=shared)) == []
    twice = shared + "[chrome.bar]\nrole = 'tools'\ncss = 'div#menu'\n"
    fault = only(lint(write(tmp_path / "b", profile=twice)))
    assert (fault.key, fault.line, fault.code) == ("chrome.bar.css", line_of(twice, "'div#menu'"), Code.UNREACHABLE)


@pytest.mark.parametrize(
    ("kind", "missing"),
    [("article", ["article.headline", "article.body", "fields.datePublished"]),
     ("video", ["article.headline", "fields.datePublished"]),
     ("gallery", ["article.headline", "fields.datePublished"])],
)  # fmt: skip
def test_rules_that_a_kind_needs(tmp_path: Path, kind: str, missing: list[str]) -> None:
    """An article needs headline, body and datePublished, in the layout or the site; the others need no body."""
    layout = f'id = "{NAME}"\nkind = "{kind}"\nevidence = [{{ css = "h1.x" }}]\n'
    site = changed(PROFILE, '[[fields.datePublished]]\nmeta = "article:published_time"\n', "")
    faults = lint(write(tmp_path / "a", profile=site, layouts={NAME: layout}))
    assert sorted(fault.key for fault in faults) == sorted(missing)
    assert {fault.code for fault in faults} == {Code.MISSING_RULE}
    shared = site + '[[fields.headline]]\nmeta = "og:title"\n[[fields.datePublished]]\nmeta = "date"\n'
    left = lint(write(tmp_path / "b", profile=shared, layouts={NAME: layout}))
    assert [fault.key for fault in left] == (["article.body"] if kind == "article" else [])


def test_indistinguishable_layouts(tmp_path: Path) -> None:
    """Two layouts with the same landmarks would be chosen by the order of their names."""
    twin = changed(LAYOUT, NAME, "2025_twin")
    fault = only(lint(write(tmp_path, layouts={NAME: LAYOUT, "2025_twin": twin})))
    assert (fault.key, fault.code) == ("evidence", Code.EVIDENCE)
    assert fault.file.endswith("2025_twin.toml")
    assert NAME in fault.message
