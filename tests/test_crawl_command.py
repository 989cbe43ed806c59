"""`scrapy crawl` as people and cron jobs call it: exit status, one line that says why, a table at the end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from crawler import read_records
from crawler.records.read import read_quarantine
from crawler.records.runs import RunStatus, read_runs
from tests.calling import call
from tests.crawling import ROOT, command
from tests.portal import archive, badpages, write
from tests.portal.server import Answer, Portal
from tests.waiting import PATIENCE, until

PAGES = {page.case: page for page in write.read_pages("netease")}
PLAIN, VIDEO = PAGES["hao_plain"], PAGES["video_plain"]


def output(folder: Path) -> str:
    """Return the setting that sends output to a folder."""
    return f"PORTALSIEVE_OUTPUT={folder}"


def test_a_run_that_wrote_records_succeeds(tmp_path: Path) -> None:
    """Status 0, nothing on standard output, the table last on standard error, and Scrapy's own export beside it."""
    path = tmp_path / "pages.warc.gz"
    archive.write_warc(path, [PLAIN, VIDEO, badpages.captcha()])
    export = tmp_path / "out.jsonl"
    done = command("crawl", "netease", "-a", f"archive={path}", "-s", output(tmp_path / "o"), "-O", export)
    assert (done.returncode, done.stdout) == (0, "")
    message = done.stderr.splitlines()
    assert [line.split()[0] for line in message] == [
        *("run", "pages", "records", "quarantined", "layouts", "coverage", "flags", "written", "report", "took")
    ]
    assert re.fullmatch(r"run +netease \S+: ok", message[0])
    exported = [json.loads(row)["id"] for row in export.read_text("utf-8").splitlines()]
    assert exported == [record.id for record in read_records(tmp_path / "o" / "records")]


def test_a_run_without_a_record_fails(tmp_path: Path) -> None:
    """Status 1 and one line that says why, before the table."""
    path = tmp_path / "pages.warc.gz"
    archive.write_warc(path, [badpages.captcha()])
    done = command("crawl", "netease", "-a", f"archive={path}", "-s", output(tmp_path / "o"))
    assert done.returncode == 1
    printed = done.stderr.splitlines()
    assert printed[0] == "the crawl of netease failed: no record was written: 1 pages quarantined (captcha 1)"
    assert printed[-1] == "failed       no record was written: 1 pages quarantined (captcha 1)"
    assert [line.reason for line in read_runs(tmp_path / "o" / "runs.jsonl")] == [printed[0].partition("failed: ")[2]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["netease", "-a", "foo=1"], "unknown spider argument -a foo"),
        (["nosuch"], "no profile folder for 'nosuch'; available: .*netease"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(tmp_path: Path, arguments: list[str], message: str) -> None:
    """Status 2, no trace of Python, no run."""
    done = command("crawl", *arguments, "-s", output(tmp_path))
    assert done.returncode == 2
    assert re.search(message, done.stderr)
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-O", "{folder}/a.jsonl/b.jsonl"), "cannot write records to it"),
        (("-s", "PORTALSIEVE_CHROME=some"), "PORTALSIEVE_CHROME is 'some'; use one of full, items, none"),
        (("another",), "expected one site"),
        (("-s", "DOWNLOAD_DELAY=foo"), "DOWNLOAD_DELAY is 'foo'; use a number of seconds"),
        (("-s", "RETRY_TIMES=-1"), "RETRY_TIMES is '-1'; use a whole number of tries"),
        (("-s", "DOWNLOAD_MAXSIZE=1.5"), "DOWNLOAD_MAXSIZE is '1.5'; use a whole number of bytes"),
    ],
)
def test_what_cannot_be_is_reported_before_the_crawl(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    """A feed that cannot be written, settings and Scrapy's own numbers: a line, status 2, and nothing is fetched."""
    (tmp_path / "a.jsonl").write_bytes(b"")
    given = [argument.format(folder=tmp_path) for argument in arguments]
    done = call("crawl", "netease", "-s", output(tmp_path / "o"), *given)
    assert (done.returncode, words in done.stderr) == (2, True)
    assert not (tmp_path / "o").exists()


def test_an_invalid_profile_stops_its_own_site_only(tmp_path: Path) -> None:
    """Its folder is named; the list still shows it."""
    folder = tmp_path / "profiles" / "broken"
    folder.mkdir(parents=True)
    (folder / "profile.toml").write_text('site = "broken"\ntitle = "x"\nhosts = ["b.example"]\n')
    setting = f"PORTALSIEVE_PROFILES={tmp_path / 'profiles'}"
    done = command("crawl", "broken", "-s", setting, "-s", output(tmp_path / "o"))
    assert done.returncode == 2
    assert f"scrapy: error: {folder}" in done.stderr
    assert "Traceback" not in done.stderr
    assert "broken" in command("list", "-s", setting).stdout.split()


def test_the_profile_folders_are_the_spiders() -> None:
    """`scrapy list` shows each folder that has a profile."""
    folders = sorted(path.parent.name for path in (ROOT / "site_profiles").glob("*/profile.toml"))
    assert command("list").stdout.split() == folders


def test_a_live_crawl_by_the_default_handler(tmp_path: Path) -> None:
    """Through Twisted, with the settings as they ship: robots.txt first, obeyed by all who wait, a second apart."""
    allowed, mobile = "http://www.163.com/dy/article/KK5ISJRA05F5G9FF.html", "http://m.163.com/v/video/VAHF36RM9.html"
    forbidden = [f"http://www.163.com/sports/article/KA3806160005878{n}.html" for n in range(4)]
    with Portal(robots="User-agent: *\nDisallow: /sports/\n") as portal:
        portal.answer(allowed, Answer(PLAIN.body))
        portal.answer(mobile, Answer(PAGES["video_mobile_host"].body))
        for url in forbidden:
            portal.answer(url, Answer(PLAIN.body))
        done = command(
            *("crawl", "netease", "-a", "urls_file=-", "-s", output(tmp_path)),
            given="\n".join([*forbidden, allowed, mobile]),
            http_proxy=portal.base,
        )
        requests = portal.requests
    assert done.returncode == 0, done.stderr
    assert "no contact is set" in done.stderr
    assert {request.headers["User-Agent"] for request in requests} == {"portalsieve/0.1.0"}
    www = [(request.target, request.time) for request in requests if request.host == "www.163.com"]
    assert [target for target, _ in www] == ["/robots.txt", "/dy/article/KK5ISJRA05F5G9FF.html"]
    assert www[1][1] - www[0][1] >= 0.95
    [line] = read_runs(tmp_path / "runs.jsonl")
    assert line.counts.records == 2
    assert "disallowed   4 by robots.txt" in done.stderr


def test_what_a_page_says_cannot_drive_a_terminal(tmp_path: Path) -> None:
    """S8: control characters and line separators of headers, addresses and titles come out as escapes, on one line."""
    nasty = "\x1b[31m\x07\u2028\u0085"
    url = PLAIN.url + "?x=" + nasty
    body = PLAIN.body.replace(b"<title>", f"<title>{nasty}".encode())
    path = tmp_path / "pages.warc.gz"
    archive.write_warc(
        path,
        [
            replace(VIDEO, headers={**VIDEO.headers, "X-Note": nasty.replace("\u2028\u0085", "")}),
            replace(PLAIN, url=url, body=body),
            replace(badpages.empty_body(), url=url.replace("KK5", "KK6")),
        ],
    )
    path.write_bytes(path.read_bytes()[:-9])
    arguments = ["-a", f"archive={path}", "-s", output(tmp_path / "o"), "-L", "INFO"]
    done = command("crawl", "netease", *arguments)
    assert done.returncode == 0, done.stderr
    raw = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
    files = list((tmp_path / "o").rglob("*.jsonl"))
    assert len(files) == 3
    for text in [done.stderr, *(file.read_text("utf-8") for file in files)]:
        assert raw.findall(text) == []
    assert [str(record.url).isprintable() for record in read_records(tmp_path / "o" / "records")] == [True, True]
    assert [str(entry.url).isprintable() for entry in read_quarantine(tmp_path / "o" / "quarantine")] == [True]
    assert any("\\u001b[31m" in file.read_text("utf-8") for file in files)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a process of its own")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=lambda sent: sent.name)
def test_a_stopped_crawl_resumes_where_it_was(tmp_path: Path, sent: signal.Signals) -> None:
    """Ctrl-C and SIGTERM: it ends soon and says how to resume, which loses nothing and fetches nothing twice."""
    pages = [PAGES[case] for case in ("hao_plain", "hao_wan_followers", "ads_inside_end_text")]
    addresses = [page.url.replace("https", "http") for page in pages]
    with Portal() as portal:
        for address, page in zip(addresses, pages, strict=True):
            portal.answer(address, Answer(page.body, headers=page.headers, delay=2.0))
        kept = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
        listed = tmp_path / "urls.txt"
        listed.write_text("\n".join(addresses), encoding="utf-8")
        settings = ["-s", output(tmp_path / "o"), "-s", "DOWNLOAD_DELAY=0.01"]
        arguments = ["crawl", "netease", "-a", f"urls_file={listed}", *settings]
        process = subprocess.Popen(
            [sys.executable, "-m", "crawler", *arguments],
            cwd=ROOT, env={**kept, "http_proxy": portal.base}, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        until(lambda: len(portal.asked()) >= 2)
        process.send_signal(sent)
        assert process.wait(PATIENCE) == 130
        assert process.stderr is not None
        message = process.stderr.read()
        process.stderr.close()
        assert (len(portal.asked()), (tmp_path / "o" / "records").exists()) == (2, False)
        done = command(*arguments, http_proxy=portal.base)
        assert (done.returncode, len(portal.asked())) == (0, 3)
    assert "the crawl of netease was stopped:" in message
    assert "fail" not in message
    log = [(line.status, line.reason) for line in read_runs(tmp_path / "o" / "runs.jsonl")]
    assert [status for status, _ in log] == [RunStatus.STOPPED, RunStatus.OK]
    assert log[0][1].endswith(", 1 page pending. Run the same command to resume.")
    assert len(list(read_records(tmp_path / "o" / "records"))) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a process of its own")
def test_a_crawl_that_is_stopped_twice_ends_at_once(tmp_path: Path) -> None:
    """The second Ctrl-C does not wait for pages; it is a stop like the first, and the next call resumes."""
    address = PLAIN.url.replace("https", "http")
    with Portal() as portal:
        portal.answer(address, Answer(PLAIN.body, headers=PLAIN.headers, delay=15.0))
        kept = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
        process = subprocess.Popen(
            [sys.executable, "-m", "crawler", "crawl", "netease", "-a", f"url={address}", "-s", output(tmp_path / "o")],
            cwd=ROOT, env={**kept, "http_proxy": portal.base}, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        until(lambda: bool(portal.asked()))
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)
        message = process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 130
    assert "the crawl of netease was stopped at once; everything written is kept." in message
