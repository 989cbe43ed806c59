"""Incomplete responses (F8, F9, S12, S13): each is refused with its failure and retried, none is parsed.

One crawl, by Scrapy's own handler, asks a host for each fault.
"""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest
from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.errors import Action, Failure
from crawler.fetch.faults import Broken
from crawler.fetch.whole import WholeMiddleware
from crawler.store.interface import State
from tests.fault_crawl import DOMAIN, Left, address, crawl, page, self_signed, story
from tests.fault_server import FaultServer, Play, answer, bomb, broken_bodies, chunk, coded, head

TRIES = 2
MOST = 2**18

BROKEN = {
    "length-too-long": (Failure.TRUNCATED, "before its announced length"),
    "length-too-short": (Failure.TRUNCATED, "longer than its Content-Length"),
    "length-nought": (Failure.TRUNCATED, "the response has a body, although its header rules one out"),
    "chunked-cut": (Failure.TRUNCATED, "before its announced length"),
    "chunked-damaged": (Failure.GARBLED, "not HTTP: Chunk-size"),
    "no-length-cut": (Failure.TRUNCATED, "the body has no announced length and is truncated"),
    "no-length-reset": (Failure.TRUNCATED, "closed within a body of unknown length"),
    "gzip-damaged": (Failure.GARBLED, "compressed content is damaged"),
    "gzip-cut": (Failure.TRUNCATED, "compressed content is truncated"),
    "gzip-without-its-checksum": (Failure.TRUNCATED, "compressed content is truncated"),
    "gzip-unsaid": (Failure.GARBLED, "content is gzip, but Content-Encoding does not say so"),
    "deflate-cut": (Failure.TRUNCATED, "compressed content is truncated"),
    "encoding-said-but-not-done": (Failure.GARBLED, "compressed content is damaged"),
    "encoding-not-asked-for": (Failure.GARBLED, "'br' was not requested"),
    "encodings-without-end": (Failure.GARBLED, "20 nested content encodings"),
    "header-of-one-long-line": (Failure.GARBLED, "line of the response header is longer than"),
    "header-of-many-lines": (Failure.GARBLED, "header is larger than"),
    "lengths-that-differ": (Failure.GARBLED, "contradict each other: Invalid response: conflicting"),
    "no-http": (Failure.GARBLED, "the response is not HTTP"),
    "closed-without-an-answer": (Failure.CONNECTION, "closed before the response"),
    "empty": (Failure.EMPTY_BODY, "only white space in 0 bytes"),
    "gone": (Failure.DNS, "DNS lookup failed"),
}
"""What may pass: a host for each, with the failure and the reason that its dead row has."""

BELATED = "length-too-short-in-two"
"""Its surplus comes when the connection may have been taken for the next try already, or may be idle."""

BELATED_FAILURES = {Failure.TRUNCATED, Failure.CONNECTION, Failure.GARBLED}
"""The page's missing end; the connection that was closed over it; the surplus read as the next try's answer."""

TOO_BIG = ("bomb-gzip", "bomb-deflate", "bomb-in-a-bomb", "length-beyond-all", "endless")
WHOLE = ("plain", "zipped", "deflated", "without-a-length", "chunked", "two-members", "late")


class Result:
    """What the crawl left, and what the server was asked."""

    def __init__(self, crawl: Left, server: FaultServer) -> None:
        self.crawl = crawl
        self.server = server

    def pages_asked(self, host: str) -> list[float]:
        """Return when the page of a host was asked for."""
        return self.server.times(f"{host}.{DOMAIN}", f"/{host}.html")


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Result]:
    """Crawl all of them once."""
    folder = tmp_path_factory.mktemp("broken")
    with FaultServer() as server, FaultServer(self_signed(folder)) as secure:
        for name, broken in broken_bodies(story("broken")).items():
            server.play(address(name), broken)
        server.play(address("empty"), answer(b""))
        for name, encoding in (("gzip", "gzip"), ("deflate", "deflate"), ("in-a-bomb", "gzip, gzip")):
            server.play(address(f"bomb-{name}"), bomb(encoding, 4 * MOST))
        server.play(address("length-beyond-all"), Play([head(f"Content-Length: {MOST + 1}")], end="hang"))
        server.play(address("endless"), Play([head("Transfer-Encoding: chunked"), *[chunk(b"x" * 2**16)] * 5]))
        server.play(address("plain"), answer(story("plain")))
        server.play(address("zipped"), coded(gzip.compress(story("zipped")), "gzip"))
        server.play(address("deflated"), coded(deflated(story("deflated")), "deflate"))
        server.play(address("without-a-length"), Play([head("Connection: close") + story("without")], end="close"))
        server.play(address("chunked"), Play([head("Transfer-Encoding: chunked") + chunk(story("ch")) + chunk(b"")]))
        half = len(story("members")) // 2
        members = gzip.compress(story("members")[:half]) + gzip.compress(story("members")[half:])
        server.play(address("two-members"), coded(members, "gzip"))
        server.play(address("late"), answer(story("late")))
        secure.play("/tls.html", answer(story("tls")))
        urls = [page(server, host) for host in (*BROKEN, BELATED, *TOO_BIG, *WHOLE)]
        settings = {"RETRY_TIMES": TRIES, "DOWNLOAD_MAXSIZE": MOST}
        yield Result(crawl(folder, [*urls, page(secure, "tls", scheme="https")], settings), server)
        assert secure.asked == []


def deflated(body: bytes) -> bytes:
    """Return a body as raw deflate, which some servers send for deflate."""
    raw = zlib.compressobj(wbits=-15)
    return raw.compress(body) + raw.flush()


def test_why_rules_are_unknown_is_logged_once(result: Result) -> None:
    """Not again for each try of the page that waits for them."""
    warnings = [
        line for line in result.crawl.said.splitlines() if f"/gone.{DOMAIN}:" in line and "/robots.txt: DNS" in line
    ]
    assert len(warnings) == 1


@pytest.mark.parametrize("host", BROKEN)
def test_incomplete_responses_are_retried_and_then_dead(result: Result, host: str) -> None:
    """With failure and reason, after every retry, and without a record."""
    row = result.crawl.rows[host]
    failure, reason = BROKEN[host]
    assert (row.state, row.failure, row.tries) == (State.DEAD, failure, TRIES)
    assert reason in (row.reason or "")
    assert len(result.pages_asked(host)) == (0 if host == "gone" else TRIES + 1)
    assert [entry.failure for entry in result.crawl.quarantine if f"//{host}." in (entry.url or "")] == [failure]


def test_what_comes_after_the_announced_length_is_never_parsed_however_late(result: Result) -> None:
    """Each try fails, by one of three names: which of them the last one has is the network's choice."""
    row = result.crawl.rows[BELATED]
    assert (row.state, row.tries) == (State.DEAD, TRIES)
    assert row.failure in BELATED_FAILURES
    assert [entry.failure for entry in result.crawl.quarantine if f"//{BELATED}." in (entry.url or "")] == [row.failure]


@pytest.mark.parametrize("host", TOO_BIG)
def test_what_is_too_big_is_refused_at_once(result: Result, host: str) -> None:
    """Compressed or not, announced or not: the next try would be as big."""
    row = result.crawl.rows[host]
    assert (row.state, row.failure) == (State.DEAD, Failure.TOO_BIG)
    assert str(MOST) in (row.reason or "") or "DOWNLOAD_MAXSIZE" in (row.reason or "")
    assert len(result.pages_asked(host)) == 1


def test_complete_responses_are_read_in_any_encoding(result: Result) -> None:
    """Plain, compressed, in chunks, without a length but with its end; also after a name that was not found at first."""
    assert sorted(row["url"].partition("//")[2].partition(".")[0] for row in result.crawl.records) == sorted(WHOLE)
    assert [result.crawl.rows[host].state for host in WHOLE] == [State.DONE] * len(WHOLE)
    assert result.crawl.rows["late"].tries == 2


def test_a_certificate_nobody_vouches_for_is_refused(result: Result) -> None:
    """The reason says so, and no request was sent (the fixture looks)."""
    row = result.crawl.rows["tls"]
    assert (row.state, row.failure) == (State.DEAD, Failure.TLS)
    assert "certificate verify failed" in (row.reason or "")


def test_every_page_is_accounted_for(result: Result) -> None:
    """Done, dead and waiting are what was scheduled; that most pages are dead fails the run."""
    assert result.crawl.status == 1
    assert result.crawl.scheduled == len(BROKEN) + len(TOO_BIG) + len(WHOLE) + 2
    assert result.crawl.states == {State.DONE: len(WHOLE), State.DEAD: len(BROKEN) + len(TOO_BIG) + 2}


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_takes_no_memory(encoding: str) -> None:
    """A thousandfold one, 64 MiB within 64 kB, is left as soon as it is beyond the bound (S12: 64 MiB at most)."""
    packed = (gzip.compress if encoding == "gzip" else zlib.compress)(b" " * (64 * 2**20))
    middleware = WholeMiddleware(Crawler(Spider, {"DOWNLOAD_MAXSIZE": 8 * 2**20}))
    response = Response("https://a.example/", headers={"Content-Encoding": encoding}, body=packed)
    tracemalloc.start()
    try:
        with pytest.raises(Broken, match="more than 8388608 bytes"):
            middleware.process_response(Request("https://a.example/"), response)
        assert tracemalloc.get_traced_memory()[1] < 64 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("failure", Failure)
def test_each_failure_has_one_action(failure: Failure) -> None:
    """And what the network may mend by itself is tried again."""
    assert failure.action in set(Action)
    retried = {broken for broken, _ in BROKEN.values()} | {
        Failure.TIMEOUT,
        Failure.HTTP_STATUS,
        Failure.NOT_MODIFIED,
        Failure.NO_ANSWER,
        Failure.ROBOTS_UNREACHABLE,
    }
    assert (failure.action is Action.RETRY) == (failure in retried)
