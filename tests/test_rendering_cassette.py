"""A crawl that renders, recorded and played: everything that a page asked for is in the cassette."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_recording.network import blocking_context

from crawler.profiles.load import load_profiles
from crawler.regression.cassette import INDEX, Cassettes, unrecorded
from tests import rendering_site
from tests.crawling import run
from tests.keeping import PortalCassettes
from tests.portal.server import Portal
from tests.test_rendering_crawl import records

pytestmark = pytest.mark.usefixtures("renders")

KINDS = ("static", "shell", "scrolls", "unfold", "comments", "popups")


def crawl(folder: Path, name: str, urls: list[str], handler: str, **more: Any) -> Any:
    """Crawl into a folder of its own."""
    listed = folder / "urls.txt"
    listed.write_text("".join(f"{url}\n" for url in urls))
    settings = {
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
        "PORTALSIEVE_PROFILES": str(folder / "profiles"),
        "RETRY_TIMES": 0,
        **more,
    }
    return run(folder / name / "output", settings, site="demo", urls_file=str(listed))


def texts(folder: Path) -> dict[str, Any]:
    """Return of each record its text, its chrome, and the digest of the HTML that it was read from."""
    return {
        record["url"]: (record["articleBody"], record["chrome"], record["fetch"]["sha256"], record["fetch"]["rendered"])
        for record in records(folder)
    }


def test_a_rendered_crawl_is_played_without_its_server(tmp_path: Path) -> None:
    """The server is gone and the network blocked: the same HTML after the scripts, byte by byte, each time."""
    profiles = load_profiles(rendering_site.write_profile(tmp_path / "profiles")).values()
    cassette = tmp_path / "cassette"
    with Portal() as portal:
        urls = rendering_site.fill(portal, KINDS)
        kept = PortalCassettes()
        kept._profiles = list(profiles)
        with kept.use(cassette, "all"):
            crawl(tmp_path, "recorded", urls, "tests.keeping.RecordedPortal", PORTAL_BASE=portal.base)
    recorded = texts(tmp_path / "recorded")
    assert set(urls) == set(recorded)
    exchanges = (cassette / INDEX).read_text(encoding="utf-8")
    assert f"http://{rendering_site.CDN}/app.js" in exchanges
    assert "/api/11000.json" in exchanges
    for name in ("first", "second", "third"):
        with blocking_context(), Cassettes(profiles).use(cassette):
            spider = crawl(tmp_path, name, urls, "crawler.fetch.recordable.RecordableHandler")
        assert 0 == unrecorded(spider.crawler.stats.get_stats())
        assert recorded == texts(tmp_path / name)


def test_the_pages_of_a_cassette_are_files(tmp_path: Path) -> None:
    """The page as it was sent, the script and the data stand side by side, to be read and compared."""
    profiles = load_profiles(rendering_site.write_profile(tmp_path / "profiles")).values()
    with Portal() as portal:
        urls = rendering_site.fill(portal, ("shell",))
        kept = PortalCassettes()
        kept._profiles = list(profiles)
        with kept.use(tmp_path / "cassette", "all"):
            crawl(tmp_path, "recorded", urls, "tests.keeping.RecordedPortal", PORTAL_BASE=portal.base)
    files = {path.name for path in (tmp_path / "cassette").rglob("*") if path.is_file()}
    assert {"app.js", "api_11000.json", "20260220_11000.html"} <= files
    [data] = [*(tmp_path / "cassette").rglob("api_11000.json")]
    assert "渡口图书角" == json.loads(data.read_text(encoding="utf-8"))["headline"]


@pytest.mark.parametrize("kind", ["shell"])
def test_what_is_not_recorded_is_counted(tmp_path: Path, kind: str) -> None:
    """A cassette that lacks what a script asks for does not play in silence."""
    profiles = load_profiles(rendering_site.write_profile(tmp_path / "profiles")).values()
    with Portal() as portal:
        urls = rendering_site.fill(portal, (kind,))
        kept = PortalCassettes()
        kept._profiles = list(profiles)
        with kept.use(tmp_path / "cassette", "all"):
            crawl(
                tmp_path, "recorded", urls, "tests.keeping.RecordedPortal",
                PORTAL_BASE=portal.base, PORTALSIEVE_RENDER_PAGES=0,
            )  # fmt: skip
    with blocking_context(), Cassettes(profiles).use(tmp_path / "cassette"):
        spider = crawl(tmp_path, "played", urls, "crawler.fetch.recordable.RecordableHandler")
    assert 0 < unrecorded(spider.crawler.stats.get_stats())
