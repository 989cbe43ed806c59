"""The coverage matrix: which rules fixtures prove, what bodies ate, when pages were last seen live."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path

import pytest

from crawler.extract import PROFILES, profiles_in
from crawler.profiles.load import Profile, load_profiles
from crawler.regression.fixture import fixtures
from crawler.regression.live import Step
from crawler.regression.matrix import Matrix, channel, matrix
from crawler.report.matrix import render
from tests.browser import Chromium, chromium
from tests.calling import call
from tests.cases import PAGES

__all__ = ["chromium"]
SITE = "thepaper"
LAYOUT = "layouts/2014_news_txt.toml"


@cache
def made(
    site: str = SITE, place: str = "", *, profile: Profile | None = None, output: Path = Path("nowhere")
) -> Matrix:
    """Return the matrix of a site by the shipped fixtures."""
    return matrix(profile or profiles_in()[site], fixtures(PAGES, place or site), output)


def changed(folder: Path, site: str, file: str, *edits: tuple[str, str], more: str = "") -> Profile:
    """Return a site's profile with strings of one file replaced, and more at its end."""
    shutil.copytree(PROFILES / site, folder / site)
    path = folder / site / file
    text = path.read_text(encoding="utf-8")
    for old, new in edits:
        assert 1 == text.count(old)
        text = text.replace(old, new)
    path.write_text(text + more, encoding="utf-8")
    return load_profiles(folder)[site]


@pytest.mark.parametrize("site", sorted(profiles_in()))
def test_the_shipped_sites_prove_or_explain_each_rule(site: str) -> None:
    """No rule is unhit without a reason, none is called unproven wrongly, no body ate chrome, no layout is bare."""
    found = made(site)
    unsaid = [f"{one.rule.file}:{one.rule.line} {one.rule.key}" for one in found.unused]
    stale = [f"{one.rule.file}:{one.rule.line} {one.rule.key}" for one in found.stale_unproven]
    assert ([], [], [], [], {}) == (unsaid, stale, found.no_fixture, found.unreviewed_misfiled, found.broken)


def test_a_rule_that_nothing_hits_is_named_until_the_profile_says_why(tmp_path: Path) -> None:
    """A new rule without a fixture is unused; with `unproven` it is listed separately, with its reason and line."""
    rule = '\n[chrome.banner]\nrole = "ad"\ncss = ".no-such-banner"\n'
    unsaid = made(profile=changed(tmp_path / "one", SITE, LAYOUT, more=rule))
    assert ["chrome.banner"] == [one.rule.key for one in unsaid.unused if "banner" in one.rule.key]
    said = made(profile=changed(tmp_path / "two", SITE, LAYOUT, more=rule + 'unproven = "seen in a screenshot"\n'))
    (banner,) = (one.rule for one in said.unproven if one.rule.key == "chrome.banner")
    lines = (tmp_path / "two" / SITE / LAYOUT).read_text(encoding="utf-8").splitlines()
    assert ("seen in a screenshot", "[chrome.banner]") == (banner.unproven, lines[banner.line - 1])


def test_a_reason_outlives_its_rule_only_until_a_fixture(tmp_path: Path) -> None:
    """A rule that is marked unproven but hit is reported as stale."""
    text = (PROFILES / SITE / LAYOUT).read_text(encoding="utf-8")
    head = next(line for line in text.splitlines() if line.startswith("[article.headline]"))
    profile = changed(tmp_path, SITE, LAYOUT, (f"{head}\n", f'{head}\nunproven = "no page yet"\n'))
    assert {"article.headline"} == {one.rule.key.partition(".css")[0] for one in made(profile=profile).stale_unproven}


def test_a_rule_after_another_is_on_standby(tmp_path: Path) -> None:
    """Of two selectors that find the same, the second stands by: it is neither proved nor dead."""
    found = {one.rule.key: one for one in made().rules if one.rule.file == LAYOUT}
    first, second = found["article.headline.css[0]"], found["article.headline.css[1]"]
    assert (True, (), first.hit) == (bool(first.hit), second.hit, second.standing_by)


def test_a_rule_of_the_site_is_one_rule() -> None:
    """What layouts share is counted once, with the fixtures of all of them."""
    shared = [
        one for one in made("netease").rules if one.rule.file == "profile.toml" and one.rule.key == "chrome.siteNav"
    ]
    assert 1 == len(shared)
    assert {"2020_post_main", "2016_end_text"} <= {name.split("/")[1] for name in shared[0].hit}


def test_parts_of_lists_and_bodies_are_rules_of_their_own() -> None:
    """Each place of an item's part, each landmark, form of URL and setting of the body has its own proof."""
    found = {one.rule.key: one.hit for one in made("netease").rules if "2020_post_main" in one.rule.file}
    for key in (
        "chrome.related.items",
        "chrome.hot.items.author[0]",
        "evidence[0]",
        "article.body[0].videos.url[0]",
        "fields.source.name[0]",
        "fields.account.followerCount[0]",
    ):
        assert (key, True) == (key, bool(found[key]))


def test_fewer_fixtures_prove_less() -> None:
    """With one fixture only its own rules are hit, and each hangs on it."""
    name = "netease/2020_video/video_plain"
    found = made("netease", name)
    assert {(name,)} == {one.hit for one in found.rules if one.hit}
    assert "2016_end_text" in found.no_fixture
    assert len(found.unused) > len(made("netease").unused)


def test_a_body_that_ate_chrome_is_reported(tmp_path: Path) -> None:
    """Without the rule for the box inside the body its text is body, and the review says that it is chrome."""
    box = '".related_article, .special_tag_wrap, '
    profile = changed(tmp_path, "netease", "layouts/2016_end_text.toml", (box, '"'))
    misfiled = made("netease", "netease/2016_end_text", profile=profile).unreviewed_misfiled
    name = "netease/2016_end_text/video_and_hidden_copy"
    assert (name, "related", "its own review") in {(one.fixture, str(one.role), one.where) for one in misfiled}
    assert all("article.body[0]" in rule for one in misfiled for rule in one.rules)


@pytest.mark.parametrize(
    ("url", "crumbs", "expected"),
    [
        ("https://www.163.com/tech/article/KGO378ME00097U7R.html", (), "tech"),
        ("http://dy.163.com/v2/article/detail/EDQ8K2CD05SAEJEN.html", (), "dy"),
        ("https://www.163.com/v/video/VGNFJ9I3K.html", (("网易首页", "https://www.163.com/"), ("视频", None)), "视频"),
        ("https://www.163.com/v/video/VGNFJ9I3K.html", (), None),
    ],
)
def test_the_channel_of_a_page(url: str, crumbs: tuple[tuple[str, str | None], ...], expected: str | None) -> None:
    """The URL's form names it, or the canonical URL's, or the first breadcrumb behind the front page; else none."""
    assert expected == channel(url, [Step(*crumb) for crumb in crumbs], profiles_in()["netease"])


def published(output: Path, run: str, day: str, **line: object) -> None:
    """Write what a run leaves, as far as the matrix reads it."""
    record = {
        "url": "https://www.163.com/sports/article/KA38061600058780.html",
        "kind": "article",
        "layout": {"id": "2020_post_main", "confidence": 1.0},
        "fetch": {"fetchedAt": f"{day}T08:00:00Z"},
        "breadcrumbs": [],
    }
    folder = output / "records/netease"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{run}.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    message = {"run": run, "site": "netease", "finished": f"{day}T09:00:00Z", "layouts": {"2020_post_main": 1}, **line}
    with (output / "runs.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps(message) + "\n")


def test_seen_live_is_what_live_runs_published(tmp_path: Path) -> None:
    """The page's cell has the last day of a live run; runs over archives, or of unknown origin, do not count."""
    published(tmp_path, "a", "2026-02-03", archived=False)
    published(tmp_path, "b", "2026-02-01", archived=False)
    published(tmp_path, "c", "2026-03-01", archived=True)
    published(tmp_path, "d", "2026-03-02")
    found = made("netease", "netease/2020_video", output=tmp_path)
    seen = {(cell.layout, cell.channel): (cell.live_records, cell.last_live) for cell in found.cells if cell.last_live}
    assert (2, {("2020_post_main", "sports"): (2, "2026-02-03")}) == (found.live_runs, seen)
    assert "2020_post_main" in found.no_fixture


def test_the_command_shows_and_ends_as_asked(tmp_path: Path) -> None:
    """A table that says never, a report; status 1 for what --fail-on names."""
    report = tmp_path / "deep/report.html"
    output = f"PORTALSIEVE_OUTPUT={tmp_path}"
    done = call("coverage-matrix", SITE, "-s", output, "--html", report, "--fail-on", "once", "--fail-on", "misfiled")
    assert (1, True) == (done.returncode, report.is_file())
    assert "no live runs of" in done.stdout
    assert ["layout", "kind", "channel", "fixtures", "last"] == done.stdout.split()[:5]
    assert "--fail-on single-fixture: " in done.stderr
    assert "misfiled:" not in done.stderr


def test_the_matrix_as_json() -> None:
    """--json holds every fixture and every rule, and the status is 0 where nothing is asked."""
    done = call("coverage-matrix", SITE, "--json")
    plain = json.loads(done.stdout)
    assert (0, SITE, len(made().rules)) == (done.returncode, plain["site"], len(plain["rules"]))
    assert sum(len(cell["fixtures"]) for cell in plain["cells"]) == len(fixtures(PAGES, SITE))


def test_the_report_in_a_browser(chromium: Chromium) -> None:
    """No complaint and no request; choosing a state hides the others; what is shown is text, whatever it holds."""
    found = made()
    html = render(found, "<img src=x onerror=alert(1)>")
    for scheme in ("light", "dark"):
        with chromium.show(html, scheme=scheme, width=1200) as shown:  # type: ignore[arg-type]
            page = shown.page
            page.keyboard.press("Escape")
            assert len(found.rules) == page.locator(".rule:visible").count()
            page.locator("[data-only=single-fixture]").click()
            assert len(found.single_fixture) == page.locator(".rule:visible").count()
            page.keyboard.press("/")
            page.keyboard.type("nothing has this")
            assert 0 == page.locator(".rule:visible").count()
            assert [] == [*shown.complaints, *shown.requests]
