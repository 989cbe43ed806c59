"""The first crawl that meets a facts-only layout keeps a page of it, for somebody to review."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.records.read import read_records
from crawler.regression.fixture import fixtures
from tests.chaos.site import SITE, Shape, article_page, article_url, list_page, write_profile
from tests.crawling import crawl_portal
from tests.portal.server import Answer, Portal

LAYOUT = "2026_berth"


@pytest.fixture
def portal() -> Iterator[Portal]:
    """Yield a portal with a list of three articles, while it runs."""
    with Portal() as running:
        numbers = (70001, 70002, 70003)
        running.answer(
            f"{article_url(0).partition('/a/')[0]}/list/all.html", Answer(list_page(map(article_url, numbers)))
        )
        for number in numbers:
            headers = {"Content-Type": "text/html", "Set-Cookie": "session=5d41402abc4b2a76b9719d911017c592"}
            running.answer(article_url(number), Answer(article_page(number), headers=headers))
        yield running


def crawl(folder: Path, portal: Portal, *, proved: bool, **arguments: str) -> list[str]:
    """Crawl the site, whose only layout is proved or not; return the names of the pages kept for review."""
    profiles = folder / "profiles"
    if not profiles.exists():
        layout = write_profile(profiles, Shape.FLAT) / SITE / "layouts" / f"{LAYOUT}.toml"
        text = layout.read_text(encoding="utf-8")
        layout.write_text(text.replace("since =", f"proved = {str(proved).lower()}\nsince =", 1), encoding="utf-8")
    settings = {"PORTALSIEVE_PROFILES": str(profiles), "PORTALSIEVE_MIN_FREE": 0}
    line = crawl_portal(folder / "output", portal, settings, site=SITE, **arguments)
    assert "ok" == line.status
    if line.records_file:
        assert proved != ("layout_unproven" in next(iter(read_records(line.records_file))).flags)
    return [fixture.name for fixture in fixtures(folder / "output" / "review")]


def test_one_page_of_a_facts_only_layout_is_kept(tmp_path: Path, portal: Portal) -> None:
    """It is a fixture as of `scrapy record`: without the cookie, its values unreviewed. The next crawl keeps nothing."""
    (name,) = crawl(tmp_path, portal, proved=False)
    assert f"{SITE}/{LAYOUT}" == name.rpartition("/")[0]
    (fixture,) = fixtures(tmp_path / "output" / "review")
    assert fixture.expected is not None
    assert [*fixture.expected.values] == fixture.expected.unreviewed
    written = b"".join(path.read_bytes() for path in fixture.folder.iterdir())
    assert b"5d41402abc4b2a76b9719d911017c592" not in written
    portal.answer(article_url(70004), Answer(article_page(70004)))
    assert [name] == crawl(tmp_path, portal, proved=False, url=article_url(70004))


def test_no_page_of_a_proved_layout_is_kept(tmp_path: Path, portal: Portal) -> None:
    """Real pages have proved it."""
    assert [] == crawl(tmp_path, portal, proved=True)


def test_a_page_that_cannot_be_kept_is_named(tmp_path: Path, portal: Portal, caplog: pytest.LogCaptureFixture) -> None:
    """A folder that cannot be written is a message, and the crawl goes on."""
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "review").write_text("a file", encoding="utf-8")
    assert [] == crawl(tmp_path, portal, proved=False)
    assert f"no page of the unproved layout {LAYOUT} is kept for review" in caplog.text
