"""Rendered pages as fixtures, recorded by the command, played without their server; and pictures of pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytest_recording.network import blocking_context

from crawler.errors import Failure
from crawler.fetch.faults import Broken
from crawler.fetch.render import Asked
from crawler.profiles.load import load_profile
from crawler.regression.fixture import Fixture, FixtureBroken
from crawler.regression.rendered import Answered, answering, replay
from tests import rendering_site
from tests.crawling import command
from tests.portal.server import Portal
from tests.rendering_site import paragraphs, url
from tests.waiting import finished

pytestmark = pytest.mark.usefixtures("renders")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record a shell, and a page whose comments alone need the browser, with their pages as sent."""
    folder = tmp_path_factory.mktemp("recorded")
    rendering_site.write_profile(folder / "profiles")
    with Portal() as portal:
        urls = rendering_site.fill(portal, ("shell", "comments"))
        done = command(
            "record", "demo", *urls, "--rendered", "--fixtures", folder / "fixtures",
            "-s", f"PORTALSIEVE_PROFILES={folder / 'profiles'}", "-s", "DOWNLOAD_DELAY=0", http_proxy=portal.base,
        )  # fmt: skip
    assert 0 == done.returncode, done.stderr
    assert ["demo/2026_article/11000", "demo/2026_article/14000"] == sorted(done.stdout.split())
    return folder


def fixture(recorded: Path, case: str) -> Fixture:
    """Return a recorded page."""
    return Fixture(recorded / "fixtures" / "demo" / "2026_article" / case)


def test_page_and_rendered_page_stand_side_by_side(recorded: Path) -> None:
    """With what the scripts asked for, and the values of the page after them."""
    case = fixture(recorded, "11000")
    names = {path.name for path in case.folder.iterdir()}
    assert {
        "page.html.gz",
        "rendered.html.gz",
        "requests.json",
        "rendered.json",
        "response.json",
        "expected.json",
    } <= names
    assert "正在加载" in case.body.decode()
    rendered = case.rendered
    assert rendered is not None
    assert paragraphs("shell")[-1] in rendered.decode()
    requests = json.loads((case.folder / "requests.json").read_text(encoding="utf-8"))
    assert ["http://static.other.example/app.js", "http://www.demo.example/api/11000.json"] == sorted(
        one["url"] for one in requests
    )
    expected = case.expected
    assert expected is not None
    assert "渡口图书角" == expected.values["headline"]


def test_each_field_says_whether_rendering_mattered(recorded: Path) -> None:
    """For the shell all that it has, for the other page its comments alone."""
    shell = json.loads((fixture(recorded, "11000").folder / "rendered.json").read_text(encoding="utf-8"))
    assert (True, True, False) == (
        shell["fields"]["articleBody"],
        shell["roles"]["comments"],
        shell["fields"]["account"],
    )
    comments = json.loads((fixture(recorded, "14000").folder / "rendered.json").read_text(encoding="utf-8"))
    assert [] == [name for name, mattered in comments["fields"].items() if mattered]
    assert {"comments": True} == comments["roles"]


def test_a_fixture_is_extracted_as_it_was_rendered(recorded: Path) -> None:
    """The suite compares the page after its scripts."""
    profile = load_profile(recorded / "profiles" / "demo")
    record = fixture(recorded, "11000").extract({"demo": profile})
    assert (url("shell"), "\n\n".join(paragraphs("shell")), True) == (
        record.url,
        record.article_body,
        record.fetch.rendered,
    )


def test_it_is_played_without_its_server(recorded: Path) -> None:
    """The same bytes three times in a row, with the network blocked."""
    profile = load_profile(recorded / "profiles" / "demo")
    for case in ("11000", "14000"):
        one = fixture(recorded, case)
        with blocking_context():
            assert [one.rendered] * 3 == [finished(replay(one, profile)) for _ in range(3)]


def test_a_page_that_was_not_rendered_is_not_played(tmp_path: Path, recorded: Path) -> None:
    """The error names the file."""
    with pytest.raises(FixtureBroken, match="has no rendered"):
        finished(replay(Fixture(tmp_path), load_profile(recorded / "profiles" / "demo")))


def test_what_was_not_recorded_is_not_answered() -> None:
    """A request is one of method, URL and what is sent."""
    play = answering(
        [Answered(method="POST", url="http://a.example/x", sent="1", status=200, body="AP8=", base64=True)]
    )
    assert b"\x00\xff" == finished(play(Asked(url="http://a.example/x", method="POST", body=b"1"))).body
    with pytest.raises(Broken) as error:
        finished(play(Asked(url="http://a.example/x", method="POST", body=b"2")))
    assert Failure.NOT_IN_ARCHIVE == error.value.failure


def test_explain_saves_a_picture(tmp_path: Path, recorded: Path) -> None:
    """Of a page that is fetched, with what its scripts fetch, and of a recorded one."""
    profiles = ("-s", f"PORTALSIEVE_PROFILES={recorded / 'profiles'}", "-s", "DOWNLOAD_DELAY=0")
    with Portal() as portal:
        [address] = rendering_site.fill(portal, ("shell",))
        out = tmp_path / "page.html"
        done = command("explain", address, "--screenshot", "-o", out, *profiles, http_proxy=portal.base)
        assert "www.demo.example/api/11000.json" in portal.asked()
    picture = tmp_path / "www.demo.example-20260220-11000.png"
    assert (0, f"{out}\n{picture}\n") == (done.returncode, done.stdout), done.stderr
    assert picture.read_bytes().startswith(b"\x89PNG")
    case = fixture(recorded, "11000").folder
    again = command("explain", case, "--screenshot", "-o", tmp_path / "case.html", *profiles)
    assert (tmp_path / "demo-2026_article-11000.png").read_bytes().startswith(b"\x89PNG"), again.stderr
    missing = (*profiles, "-s", "PORTALSIEVE_CHROMIUM=/nowhere")
    none = command("explain", case, "--screenshot", "-o", tmp_path / "case.html", *missing)
    assert (1, True) == (none.returncode, "PORTALSIEVE_CHROMIUM is /nowhere" in none.stderr)


def test_a_check_for_drift_renders_what_was_recorded_rendered(recorded: Path, tmp_path: Path) -> None:
    """With --rendered a shell is read after its scripts and is the same; without, nothing is said of its layout."""
    options = ("--sample", "0", "--stored", "0", "--json", "--no-history", "--fixtures", recorded / "fixtures")
    settings = (
        "-s", f"PORTALSIEVE_PROFILES={recorded / 'profiles'}", "-s", "DOWNLOAD_DELAY=0",
        "-s", f"PORTALSIEVE_OUTPUT={tmp_path}",
    )  # fmt: skip
    verdicts = []
    for rendered in (("--rendered",), ()):
        with Portal() as portal:
            rendering_site.fill(portal, ("shell", "comments"))
            done = command("drift", "demo", *options, *rendered, *settings, http_proxy=portal.base)
        pages = {page["name"]: page for page in json.loads(done.stdout)["pages"]}
        verdicts.append(pages["demo/2026_article/11000"]["verdict"])
    assert ["same", "network_fault"] == verdicts
