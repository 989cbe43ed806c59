"""`scrapy record` from a URL, an archive and a folder, and `scrapy review` with questions, --list and --accept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.extract import profiles_in
from crawler.regression.fetching import Fetched
from crawler.regression.fixture import UNREVIEWED, Fixture, fixtures
from crawler.regression.recorder import Recorder, Response
from crawler.terminal import STOPPED
from tests.calling import call
from tests.cases import shipped
from tests.crawling import ROOT, command
from tests.portal.archive import write_warc
from tests.portal.server import Answer, Portal
from tests.portal.write import read_pages
from tests.waiting import PATIENCE, until

NAME = "netease/2020_post_main/hao_plain"
CASE = shipped(NAME)
URL = CASE.response["url"].replace("https://", "http://")
TOKEN = "s3cr3tPlant3dT0ken9f8e7d6c"


def test_a_url_with_its_redirects_and_without_its_secrets(tmp_path: Path) -> None:
    """The redirect is part of the exchange; a token in query, cookie and body is in no file; robots.txt was asked."""
    moved = f"{URL}?session={TOKEN}"
    old = "http://www.163.com/dy/article/KK5ISJRA05F5G9FF_old.html"
    headers = {**CASE.response["headers"], "Set-Cookie": f"sid={TOKEN}; Path=/", "X-Trace": TOKEN}
    body = CASE.body.replace(b"</body>", f"<p hidden>{TOKEN}</p></body>".encode())
    with Portal() as portal:
        portal.answer(old, Answer(b"", 301, {"Location": moved}))
        portal.answer(moved, Answer(body, 200, headers))
        call = ("record", "netease", old, "--fixtures", tmp_path, "--name", "moved", "-s", "DOWNLOAD_DELAY=0")
        done = command(*call, http_proxy=portal.base)
        assert (0, "netease/2020_post_main/moved\n") == (done.returncode, done.stdout)
        assert "/robots.txt" in {request.target for request in portal.requests}
    fixture = Fixture(tmp_path / "netease/2020_post_main/moved")
    exchange = fixture.exchange
    assert (URL, [(old, 301)]) == (exchange.url, [(step.url, step.status) for step in exchange.redirects])
    assert {"Set-Cookie", "X-Trace", "?session"} <= set(exchange.dropped)
    kept = [path.name for path in fixture.folder.iterdir() if TOKEN.encode() in path.read_bytes()]
    assert ([], False, True) == (kept, TOKEN.encode() in fixture.body, len(fixture.body) == len(body))
    expected = fixture.expected
    assert expected is not None
    assert {UNREVIEWED} == {expected.review[name] for name in expected.values}
    assert "next, review them: scrapy review netease" in done.stderr


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_keeps_the_page_that_is_received(tmp_path: Path) -> None:
    """The page that is waited for is recorded before the command ends (once: with exit status 0)."""
    with Portal() as portal:
        portal.answer(URL, Answer(CASE.body, 200, CASE.response["headers"], delay=0.3))
        call = [sys.executable, "-m", "crawler", "record", "netease", URL, "--fixtures", str(tmp_path)]
        kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        with subprocess.Popen(
            [*call, "-s", "DOWNLOAD_DELAY=0"], cwd=ROOT, env={**kept, "http_proxy": portal.base},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            until(lambda: bool(portal.asked()))
            process.send_signal(signal.SIGINT)
            out, message = process.communicate(timeout=PATIENCE)
    assert (STOPPED, "stopped\n") == (process.returncode, message)
    assert ["netease/2020_post_main/kk5isjra05f5g9ff"] == out.split()


@pytest.mark.parametrize("arguments", [("newsite", "mysite", URL, "--profiles", "p"), ("explain", URL, "-o", "x.html")])
def test_a_fetch_that_is_stopped_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """Ctrl-C while the pages are fetched: no draft from half of them, no explanation."""
    got = Fetched([Response(url=URL, body=CASE.body, status=200)], [], stopped=True)
    monkeypatch.setattr(f"crawler.commands.{arguments[0]}.fetch", lambda *_, **__: got)
    monkeypatch.chdir(tmp_path)
    done = call(*arguments)
    assert (STOPPED, "stopped\n", []) == (done.returncode, done.stderr, [*tmp_path.rglob("*")])


def test_archives_and_folders(tmp_path: Path) -> None:
    """Each article of the site is recorded, a list is skipped; anything else is reported, with status 1."""
    pages = [page for page in read_pages("netease") if page.layout in {"2020_video", "lists"}]
    archive = tmp_path / "pages.warc.gz"
    write_warc(archive, pages)
    done = call("record", "netease", "--archive", archive, "--fixtures", tmp_path / "one")
    articles = [page for page in pages if page.layout == "2020_video"]
    assert (0, len(articles)) == (done.returncode, len(fixtures(tmp_path / "one", "netease/2020_video")))
    assert [] == list((tmp_path / "one/netease").glob("lists/*"))
    none = call("record", "thepaper", "--archive", archive, "--fixtures", tmp_path / "none")
    assert (1, f"{archive}: no article page of thepaper (hosts: thepaper.cn)") == (
        none.returncode,
        none.stderr.splitlines()[0],
    )
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / "a.html").write_bytes(CASE.body)
    (saved / "b.html").write_text("<p>no article</p>", encoding="utf-8")
    done = call("record", "netease", "--folder", saved, "--fixtures", tmp_path / "two")
    assert (1, 1) == (done.returncode, len(fixtures(tmp_path / "two", "netease")))
    assert "not recorded: " in done.stderr
    assert "recorded: 1, not recorded: 1" in done.stderr


def test_wrong_names_are_wrong_calls(tmp_path: Path) -> None:
    """Something that is not a URL, and an unknown value: one error message each, with status 2."""
    recorded = call("record", "netease", "foo", "--fixtures", tmp_path)
    assert (2, True) == (recorded.returncode, "foo: not an http(s) URL" in recorded.stderr)
    Recorder(tmp_path, profiles_in(), "2026-11-23").record(Response(url=CASE.response["url"], body=CASE.body), name="a")
    reviewed = call("review", "netease", "--accept", "headlin", "--fixtures", tmp_path)
    assert (2, True) == (reviewed.returncode, "--accept headlin: not a value of netease" in reviewed.stderr)


def test_review_lists_asks_and_accepts(tmp_path: Path) -> None:
    """Unreviewed values are listed; y accepts, w corrects, q quits; status 0 only when nothing is left."""
    root = tmp_path / "cases"
    page = Response(url=CASE.response["url"], body=CASE.body)
    fixture = Recorder(root, profiles_in(), "2026-11-23").record(page, name="asked")
    place = ("review", fixture.name, "--fixtures", root)
    listed = call(*place, "--list")
    assert (1, True) == (listed.returncode, listed.stdout.startswith(f"{fixture.name}: id, kind, url"))
    asked = call(*place, given=b'y\nw\n"gallery"\nq\n')
    message = json.loads((fixture.folder / "expected.json").read_text(encoding="utf-8"))
    assert (1, "gallery") == (asked.returncode, message["values"]["kind"])
    assert {"id", "kind"} == {name for name, day in message["review"].items() if day != UNREVIEWED}
    assert ".html" in asked.stdout
    assert 0 == call(*place, "--accept").returncode
    assert [] == Fixture(fixture.folder).expected.unreviewed  # type: ignore[union-attr]
