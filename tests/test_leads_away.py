"""Where a page may lead a crawl (S1, S3, S13): to no other site, no other scheme, no file, however it is asked to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from scrapy import Request, Spider
from scrapy.crawler import Crawler

from crawler.errors import Failure
from crawler.fetch.onsite import OffSite, OnSiteMiddleware
from crawler.store.interface import State
from tests.fault_crawl import DOMAIN, Left, address, begun, ended, page, prepared, story
from tests.fault_server import FaultServer, answer
from tests.waiting import until

ELSEWHERE = "http://elsewhere.example:{canary}/{host}.html"

OFF_SITE = {
    "by-301": ("301 Moved", ELSEWHERE),
    "by-302": ("302 Found", ELSEWHERE),
    "by-303": ("303 See", ELSEWHERE),
    "by-307": ("307 Temporary", ELSEWHERE),
    "by-308": ("308 Permanent", ELSEWHERE),
    "to-an-address": ("302 Found", "http://127.0.0.1:{canary}/"),
    "to-a-number": ("302 Found", "http://2130706433:{canary}/"),
    "to-octal": ("302 Found", "http://0177.0.0.1:{canary}/"),
    "to-short": ("302 Found", "http://127.1:{canary}/"),
    "to-v6": ("302 Found", "http://[::1]:{canary}/"),
    "to-mapped": ("302 Found", "http://[::ffff:127.0.0.1]:{canary}/"),
    "to-nobody": ("302 Found", "http://0.0.0.0:{canary}/"),
    "without-a-scheme": ("302 Found", "//elsewhere.example:{canary}/"),
    "by-user": ("302 Found", f"http://www.{DOMAIN}@elsewhere.example:{{canary}}/"),
    "by-ending": ("302 Found", f"http://{DOMAIN}.elsewhere.example:{{canary}}/"),
    "by-likeness": ("302 Found", f"http://evil{DOMAIN}:{{canary}}/"),
    "by-two-steps": ("302 Found", "/second-step.html"),
}
"""A redirect of each host's page."""

OTHER_SCHEMES = {
    "to-file": "file:///etc/passwd",
    "to-ftp": "ftp://elsewhere.example/x",
    "to-data": "data:text/html,<html></html>",
    "to-s3": "s3://bucket/key",
    "to-script": "javascript:alert(1)",
    "to-view-source": "view-source:http://elsewhere.example/",
}


class Result:
    """What the crawl left, what a server that nobody may ask was asked, and where the crawl itself listened."""

    def __init__(self, crawl: Left, canary: FaultServer, listening: list[str]) -> None:
        self.crawl = crawl
        self.canary = canary
        self.listening = listening


def listening(pid: int) -> list[str]:
    """Return the addresses that a process listens on, according to Linux; () elsewhere."""
    descriptors = [file for file in Path(f"/proc/{pid}/fd").glob("*") if file.is_symlink()]
    inodes = {os.readlink(file).removeprefix("socket:[").removesuffix("]") for file in descriptors}
    sockets = [
        line.split() for kind in ("tcp", "tcp6") for line in Path(f"/proc/{pid}/net/{kind}").read_text().splitlines()
    ]
    return [columns[1] for columns in sockets if columns[3] == "0A" and columns[9] in inodes]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Result]:
    """Crawl a page for each way, once. The site's resolver gives every name this machine's address."""
    with FaultServer() as server, FaultServer() as canary:
        for host, (code, target) in OFF_SITE.items():
            location = target.format(canary=canary.port, host=host)
            server.play(address(host), answer(story(host), f"Location: {location}", status=code))
        target = ELSEWHERE.format(canary=canary.port, host="x")
        server.play(f"by-two-steps.{DOMAIN}/second-step.html", answer(b"", f"Location: {target}", status="302 Found"))
        for host, location in OTHER_SCHEMES.items():
            server.play(address(host), answer(story(host), f"Location: {location}", status="302 Found"))
        fresh = story("refreshed").replace(
            b"<head>", f'<head><meta http-equiv="refresh" content="0;url={target}">'.encode()
        )
        server.play(address("refreshed"), answer(fresh, f"Refresh: 0;url={target}"))
        server.play(
            address("moved"), answer(b"", f"Location: http://other.{DOMAIN}:{server.port}/moved.html", status="301 M")
        )
        server.play(f"other.{DOMAIN}/moved.html", answer(story("moved")))
        hosts = [*OFF_SITE, *OTHER_SCHEMES, "refreshed", "moved"]
        folder = tmp_path_factory.mktemp("away")
        with begun(folder, [page(server, host) for host in hosts]) as process:
            until(lambda: bool(server.asked))
            heard = listening(process.pid)
            left = ended(folder, process)
        yield Result(left, canary, heard)


@pytest.mark.parametrize("host", OFF_SITE)
def test_a_redirect_off_the_site_is_not_followed(result: Result, host: str) -> None:
    """Also of a page that was named; its dead row says where it led, and its body is not parsed."""
    row = result.crawl.rows[host]
    assert (row.state, row.failure) == (State.DEAD, Failure.OFF_SITE)
    assert "off the site (hosts: sample.example)" in (row.reason or "")


@pytest.mark.parametrize("host", OTHER_SCHEMES)
def test_a_redirect_to_another_scheme_is_not_followed(result: Result, host: str) -> None:
    """It is a response with status 302, which is not a page, or its target is not a URL at all."""
    row = result.crawl.rows[host]
    failure = Failure.BAD_URL if host == "to-script" else Failure.HTTP_STATUS
    assert (row.state, row.failure, row.tries) == (State.DEAD, failure, 0)


def test_only_the_site_was_asked_and_only_its_pages_are_records(result: Result) -> None:
    """A refresh is a page like any other; a redirect within the site is followed."""
    assert result.canary.asked == []
    assert sorted(record["id"] for record in result.crawl.records) == ["sample:moved", "sample:refreshed"]


START = ["file:///etc/passwd", "ftp://www.sample.example/x", "data:text/html,x", "s3://bucket/key", "/etc/passwd"]


@pytest.mark.parametrize("url", START)
def test_a_start_off_the_web_is_a_wrong_call(tmp_path_factory: pytest.TempPathFactory, url: str) -> None:
    """Refused before anything is opened or written."""
    folder = tmp_path_factory.mktemp("start")
    from crawler.profiles.load import load_profile
    from crawler.spiders.selection import BadArgument, Selection

    profile = load_profile(prepared(folder) / "sample")
    with pytest.raises(BadArgument, match="is not an http"):
        Selection.of(profile, {"url": url})


def middleware() -> OnSiteMiddleware:
    """Return the middleware of a crawl of one site."""
    crawler = Crawler(Spider)
    crawler.spider = Spider("sample", allowed_domains=[DOMAIN])
    return OnSiteMiddleware(crawler)


@pytest.mark.parametrize("host", [DOMAIN, f"www.{DOMAIN}", f"WWW.{DOMAIN.upper()}:8080", f"www.{DOMAIN}."])
def test_the_site_is_its_hosts_and_what_is_below_them(host: str) -> None:
    """Whatever the case, the port and a closing dot."""
    middleware().process_request(Request(f"http://{host}/"))


@pytest.mark.parametrize(
    "url",
    [f"http://elsewhere.example/?{DOMAIN}", f"http://elsewhere.example#.{DOMAIN}", f"http://x{DOMAIN}/",
     f"http://elsewhere.example\\@www.{DOMAIN}/", f"http://www.{DOMAIN}:80@elsewhere.example/", f"file://{DOMAIN}/etc/passwd",
     f"http://{DOMAIN}%2eelsewhere.example/", "http://\uff11\uff12\uff17.0.0.1/", f"https://{DOMAIN}\uff0eelsewhere.example/",
     f"ftp://{DOMAIN}/x", "http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "http://0xA9FEA9FE/",
     f"data:text/html,{DOMAIN}"],
)  # fmt: skip
def test_what_only_looks_like_the_site_is_off_it(url: str) -> None:
    """Wherever the site's name stands in the URL."""
    with pytest.raises(OffSite, match="off the site"):
        middleware().process_request(Request(url))


def test_no_server_runs_beside_a_crawl(result: Result) -> None:
    """Neither telnet nor remote control: the crawl listens nowhere."""
    assert result.listening == []
