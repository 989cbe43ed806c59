"""`scrapy explain` as people call it: what it takes, where it writes, what it says, how it ends."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path

import pytest

from crawler.commands.explain import file_name, find_fixture
from crawler.extract import PROFILES
from tests.calling import call
from tests.cases import recorded, shipped
from tests.crawling import ROOT, command
from tests.portal.server import Answer, Portal

NAME = "netease/2020_post_main/hao_plain"
CASE = shipped(NAME)


def test_a_case_by_its_name(tmp_path: Path) -> None:
    """The file is written, its name is all of standard output, standard error is empty."""
    out = tmp_path / "deep" / "page.html"
    done = command("explain", NAME, "-o", out)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{out}\n", "")
    html = out.read_text(encoding="utf-8")
    assert html.startswith("<!doctype html>\n<html")
    assert f"<h1>{NAME}</h1>" in html


def test_a_file_and_standard_input_give_the_same(tmp_path: Path) -> None:
    """A plain or gzipped file says where it comes from, or --url does; - is standard input; -o - standard output."""
    page = tmp_path / "saved.html"
    page.write_bytes(CASE.body)
    packed = tmp_path / "saved.html.gz"
    packed.write_bytes(gzip.compress(CASE.body))
    url = CASE.response["url"]
    named = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xffsaved.html"))  # not UTF-8
    named.write_bytes(CASE.body)
    made = [call("explain", path, "--url", url, "-o", "-") for path in (page, packed, named)]
    made.append(call("explain", "-", "--url", url, "-o", "-", given=CASE.body))
    assert [done.returncode for done in made] == [0] * 4
    bodies = {
        done.stdout.replace("saved.html.gz", "X")
        .replace("\\udcffsaved.html", "X")
        .replace("saved.html", "X")
        .replace("standard input", "X")
        for done in made
    }
    assert len(bodies) == 1
    assert "datePublished" in bodies.pop()


def test_a_page_without_a_record_is_explained_and_reported(tmp_path: Path) -> None:
    """Status 0, since the page was explained; the reason on standard error."""
    page = tmp_path / "other.html"
    out = tmp_path / "out.html"
    page.write_bytes(b"<html><body><p>404</p></body></html>")
    done = call("explain", page, "--url", "https://news.example.org/1.html", "-o", out)
    assert (done.returncode, done.stdout) == (0, f"{out}\n")
    assert done.stderr.startswith("no record: not_an_article: https://news.example.org/1.html")
    assert 'id="reason"' in out.read_text(encoding="utf-8")


def test_the_general_reading_of_a_page_with_and_without_a_profile(tmp_path: Path) -> None:
    """Without a profile by default; beside the profile's with --general."""
    page = tmp_path / "other.html"
    page.write_bytes(CASE.body)
    alone = call("explain", page, "--url", "https://news.example.org/1.html", "-o", "-")
    beside = call("explain", NAME, "--general", "-o", "-")
    assert [(done.returncode, done.stderr) for done in (alone, beside)] == [(0, "")] * 2
    assert 'id="general-reading"' in alone.stdout
    assert f"{NAME} by the general reading" in beside.stdout


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    """The reason is reported, without the errno."""
    taken = tmp_path / "taken"
    taken.write_text("mine")
    done = call("explain", NAME, "-o", taken / "x.html")
    assert (done.returncode, done.stderr) == (1, f"{taken}/x.html: {taken} is a file, not a folder\n")


def test_two_pages_and_two_profiles_side_by_side(tmp_path: Path) -> None:
    """Two cases; one case under the shipped profiles and changed ones; one under two folders."""
    other = tmp_path / "changed"
    shutil.copytree(PROFILES, other)
    layout = other / "netease/layouts/2020_post_main.toml"
    layout.write_text(layout.read_text("utf-8").replace('css = ".post_next"', 'css = ".post_gone"'), encoding="utf-8")
    calls = [
        [NAME, "netease/2020_post_main/rich_blocks"],
        [NAME, "--profiles", other],
        [NAME, "--profiles", PROFILES, "--profiles", other],
    ]
    made = [call("explain", "--compare", *pages, "-o", "-") for pages in calls]
    assert [(done.returncode, done.stderr) for done in made] == [(0, "")] * 3
    flows = ['id="flows"' in done.stdout for done in made]
    assert flows == [False, True, True]
    assert f"{NAME} with {other}" in made[1].stdout


def test_without_a_name_it_writes_below_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case's name becomes a file's name."""
    done = call("explain", NAME)
    path = ROOT / done.stdout.strip()
    assert path == ROOT / "build/explain/netease-2020_post_main-hao_plain.html"
    assert path.is_file()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ([], 2, "expected 1 page, got 0"),
        ([NAME, NAME], 2, "expected 1 page, got 2; add --compare to show two side by side"),
        (["--compare", NAME], 2, "to compare one page under two profiles, give the other with --profiles DIR"),
        (["--compare", NAME, NAME, NAME], 2, "expected 1 or 2 pages, got 3"),
        ([NAME, "--profiles", "nowhere"], 2, "nowhere"),
        ([NAME, "--url", "ftp://x"], 2, "--url ftp://x: not an http(s) URL"),
        (
            [NAME, "--profiles", PROFILES, "--profiles", PROFILES],
            2,
            "--profiles can be given once, and twice with --compare",
        ),
        (["nosuch"], 1, "nosuch: not a file, a URL, or a fixture in tests/fixtures/"),
        (["README.md"], 1, "README.md: the page does not contain its own URL; give it with --url URL"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(arguments: list[str], status: int, message: str) -> None:
    """Status 2 for a call that cannot be, 1 for an input that cannot be read; no trace of Python."""
    done = call("explain", *arguments)
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_url_that_does_not_answer_is_reported() -> None:
    """Nothing listens there: one line, status 1."""
    done = command("explain", "http://127.0.0.1:1/page.html", "-s", "RETRY_TIMES=0")
    assert done.returncode == 1
    assert done.stderr.startswith("http://127.0.0.1:1/page.html: not fetched: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_url_is_fetched_as_a_crawl_fetches_it(tmp_path: Path) -> None:
    """The answer is explained with its charset and time, whatever its status; robots.txt is obeyed."""
    url = CASE.response["url"].replace("https://", "http://")
    out = tmp_path / "out.html"
    call = ("explain", url, "-o", out, "-s", "DOWNLOAD_DELAY=0")
    with Portal() as portal:
        portal.answer(url, Answer(CASE.body, 200, CASE.response["headers"]), Answer(CASE.body, 410))
        done = command(*call, http_proxy=portal.base)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{out}\n", "")
        assert "utf-8 by header" in out.read_text(encoding="utf-8")
        gone = command(*call, http_proxy=portal.base)
        assert gone.returncode == 0
        assert gone.stderr == f"no record: http_status: {url}: the response has status 410\n"
    with Portal(robots="User-agent: *\nDisallow: /") as portal:
        portal.answer(url, Answer(CASE.body))
        forbidden = command(*call, http_proxy=portal.base)
        assert forbidden.returncode == 1
        assert "robots.txt" in forbidden.stderr
        assert portal.asked() == []


def test_a_case_is_found_by_name_folder_and_file(tmp_path: Path) -> None:
    """The three ways to name a fixture lead to the same folder; other files are not fixtures."""
    folder = recorded(tmp_path, NAME)
    found = [find_fixture(name, [tmp_path]) for name in (NAME, str(folder), str(folder / "page.html.gz"))]
    assert [fixture and fixture.folder for fixture in found] == [folder] * 3
    assert find_fixture(str(tmp_path), [tmp_path]) is None


@pytest.mark.parametrize(
    ("name", "file"),
    [
        (NAME, "netease-2020_post_main-hao_plain"),
        ("https://www.example.org/news/1.html?a=b", "www.example.org-news-1"),
        ("saved.html", "saved"),
        ("../../etc/passwd", "etc-passwd"),
        ("..", "page"),
        ("x" * 200, "x" * 80),
        ("标题 一", "标题-一"),
    ],
)
def test_any_name_becomes_a_file_name(name: str, file: str) -> None:
    """No path, no dots in front, not too long."""
    assert file_name(name) == file
