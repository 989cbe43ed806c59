"""One broken selector, one failing value: the suite says which layout, rule and node, and nothing else fails."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crawler.extract import PROFILES, profiles_in
from crawler.profiles.load import load_profiles
from crawler.regression.fixture import Expected, Fixture, fixtures
from crawler.regression.suite import LAWS, Suite
from crawler.regression.values import markdown
from tests.cases import PAGES, recorded, shipped

PLAIN = "netease/2020_post_main/hao_plain"


def broken(folder: Path, layout: str, old: str, new: str) -> Suite:
    """Return the suite of the NetEase profile with `old` in one layout's file replaced."""
    shutil.copytree(PROFILES / "netease", folder / "netease")
    file = folder / "netease" / "layouts" / f"{layout}.toml"
    text = file.read_text(encoding="utf-8")
    assert 1 == text.count(old)
    file.write_text(text.replace(old, new), encoding="utf-8")
    return Suite(load_profiles(folder))


def failures(suite: Suite) -> dict[tuple[str, str], str]:
    """Return the failures of the NetEase fixtures, by fixture and check."""
    found = {}
    for fixture in fixtures(PAGES, "netease"):
        for name in suite.names(fixture):
            wrong = suite.check(fixture, name)
            if wrong is not None:
                found[fixture.name, name] = wrong
    return found


def with_value(layout: str, path: str) -> set[str]:
    """Return the fixtures of a layout whose expected values have something at `path` (account.followerCount)."""
    name, _, key = path.partition(".")
    found = set()
    for fixture in fixtures(PAGES, f"netease/{layout}"):
        assert fixture.expected is not None
        value = fixture.expected.values.get(path if name == "chrome" else name)
        if value and (name == "chrome" or not key or value.get(key) is not None):
            found.add(fixture.name)
    return found


@pytest.mark.parametrize(
    ("layout", "old", "new", "value", "selector", "node"),
    [
        (
            "2020_post_main",
            'css = ".post_wemedia_info2"',
            'css = ".post_wemedia_info9"',
            "account.followerCount",
            '".post_wemedia_info9"',
            ".post_wemedia_info2  text",
        ),
        (
            "2020_post_main",
            'author = [{ css = ".post_recommend_source" }]',
            'author = [{ css = ".post_recommend_sauce" }]',
            "chrome.hot",
            '".post_recommend_sauce"',
            ".post_recommend_source  text",
        ),
    ],
)
def test_one_broken_selector_fails_its_value_alone(
    tmp_path: Path, layout: str, old: str, new: str, value: str, selector: str, node: str
) -> None:
    """Exactly the tests of that value and layout fail, with layout, selector, file and the right node."""
    wrong = failures(broken(tmp_path, layout, old, new))
    name = value if value.startswith("chrome.") else value.partition(".")[0]
    assert {(fixture, name) for fixture in with_value(layout, value)} == set(wrong)
    for message in wrong.values():
        missing = [part for part in (layout, selector, f"{layout}.toml:", node, "/html[1]/") if part not in message]
        assert (message, []) == (message, missing)


def test_a_broken_headline_is_a_missing_headline(tmp_path: Path) -> None:
    """Without a headline there is no record, but only the headline fails, and its element as text that nothing claims."""
    shutil.copytree(PROFILES / "netease", tmp_path / "netease")
    file = tmp_path / "netease/layouts/2020_post_main.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('css = [".post_title", ".post_main h1"]', 'css = "h1.post_titel"'), encoding="utf-8")
    shared = tmp_path / "netease/profile.toml"
    lines = shared.read_text(encoding="utf-8")
    assert "[[fields.headline]]" in lines
    shared.write_text(lines.replace('meta = "og:title"', 'meta = "og:titel"'), encoding="utf-8")
    wrong = failures(Suite(load_profiles(tmp_path)))
    names = {fixture.name for fixture in fixtures(PAGES, "netease/2020_post_main")}
    assert {(name, check) for name in names for check in ("headline", "unknown")} == set(wrong)
    assert {1} == {wrong[name, "unknown"].count("/html[1]/") for name in names}
    assert all("/h1[1]  " in wrong[name, "unknown"] for name in names)
    assert ".post_title  text" in wrong[PLAIN, "headline"]


def test_a_broken_body_is_a_missing_body(tmp_path: Path) -> None:
    """Without its body the page's other values still pass; blocks, HTML, pictures and unknown text fail."""
    file = PROFILES / "netease/layouts/2020_post_main.toml"
    old = file.read_text(encoding="utf-8").partition("[[article.body]]")[2].splitlines()[1]
    wrong = failures(broken(tmp_path, "2020_post_main", old, old.replace("post_body", "post_text")))
    assert {"blocks", "flags", "images", "unknown"} == {name for _, name in wrong}
    assert {"2020_post_main"} == {fixture.split("/")[1] for fixture, _ in wrong}
    assert "nearest:  .post_body  text" in wrong[PLAIN, "blocks"]


def test_lost_evidence_fails_the_layout_alone(tmp_path: Path) -> None:
    """A layout that is no longer recognised fails one test; its rules are still tried on the page."""
    shutil.copytree(PROFILES / "netease", tmp_path / "netease")
    file = tmp_path / "netease/layouts/2019_mobile.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text + '\n[[evidence]]\ncss = "div.nowhere"\nweight = 10\n', encoding="utf-8")
    suite = Suite(load_profiles(tmp_path))
    names = {fixture.name for fixture in fixtures(PAGES, "netease/2019_mobile")}
    wrong = failures(suite)
    assert {(name, "layout") for name in names} == set(wrong)
    assert all("not found: evidence[" in text and 'css = "div.nowhere"  (weight 10)' in text for text in wrong.values())


def test_a_narrow_lead_shows_what_the_next_layout_lacks(tmp_path: Path) -> None:
    """Two layouts with almost the same evidence: the message names the piece that separates them."""
    shutil.copytree(PROFILES / "netease", tmp_path / "netease")
    layouts = tmp_path / "netease/layouts"
    text = (layouts / "2020_post_main.toml").read_text(encoding="utf-8").replace('"2020_post_main"', '"2020_twin"')
    twin = f'{text}\n[[evidence]]\ncss = "div.nowhere"\n'
    (layouts / "2020_twin.toml").write_text(twin, encoding="utf-8")
    wrong = Suite(load_profiles(tmp_path)).check(*fixtures(PAGES, PLAIN), "layout")
    assert "2020_twin with `absent = true`" in str(wrong)
    assert 'css = "div.nowhere"  (weight 1)' in str(wrong)


def test_unreviewed_values_fail_in_ci_only(tmp_path: Path) -> None:
    """An unreviewed value fails only if the suite is strict."""
    folder = recorded(tmp_path, PLAIN)
    fixture = Fixture(folder)
    assert fixture.expected is not None
    fixture.write(Expected.unreviewed_of(fixture.expected.values))
    message = Suite(profiles_in(), strict=True).check(fixture, "reviewed")
    assert message is not None
    assert "unreviewed: id, kind" in message
    assert f"scrapy review {PLAIN}" in message
    assert Suite(profiles_in()).check(fixture, "reviewed") is None


def test_laws_catch_what_they_are_for(tmp_path: Path) -> None:
    """An extra value, a text that says something else, a missing expected.json: each has its check."""
    folder = recorded(tmp_path, PLAIN)
    fixture = Fixture(folder)
    suite = Suite(profiles_in(), strict=True)
    assert [] == [message for name in suite.names(fixture) if (message := suite.check(fixture, name))]
    expected = fixture.expected
    assert expected is not None
    del expected.values["chrome.hot"]
    fixture.write(expected)
    assert "chrome.hot" in (suite.check(fixture, "no-extra") or "")
    (folder / "expected.md").write_text("something else\n", encoding="utf-8")
    assert "expected.md" in (suite.check(fixture, "text") or "")
    (folder / "expected.json").unlink()
    assert "scrapy review" in (suite.check(fixture, "reviewed") or "")
    assert list(LAWS) == suite.names(fixture)


def test_the_text_for_reviewers_shows_each_block_and_role() -> None:
    """expected.md has every block with its type, every chrome role as a heading, and says what it leaves out."""
    expected = shipped(PLAIN).fixture.expected
    assert expected is not None
    text = markdown(PLAIN, expected.values)
    blocks = expected.values["blocks"]
    assert [block["type"] for block in blocks] == [
        line[1:].partition("]")[0] for line in text.splitlines() if line.startswith("[")
    ]
    roles = [name.removeprefix("chrome.") for name in expected.values if name.startswith("chrome.")]
    assert ["Article", *roles] == [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert "- … 3 more entries" in text
