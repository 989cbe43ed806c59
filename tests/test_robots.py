"""robots.txt (RFC 9309, F15): an unavailable one forbids everything, a missing one nothing; cached for a day."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from protego import Protego

from crawler.errors import Failure
from crawler.fetch.robots import for_agent
from crawler.store.interface import State
from tests.fault_crawl import DOMAIN, Left, address, crawl, page, story
from tests.fault_server import FaultServer, Play, answer, coded

SETTINGS = {
    "RETRY_TIMES": 1,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 4,
    "PORTALSIEVE_CONTACT": "desk@example.org",
}
CRAWL_DELAY = 0.5
MANY = [f"many-{number}" for number in range(6)]
SLOW = [f"slow-{number}" for number in range(3)]
PAD = "# " + "x" * 97 + "\n"


def rules(text: str | bytes) -> Play:
    """Return a robots.txt."""
    return answer(text if isinstance(text, bytes) else text.encode(), kind="text/plain")


def status(code: int, *lines: str) -> Play:
    """Return an answer of this status with a body that would forbid all."""
    return answer(b"User-agent: *\nDisallow: /\n", *lines, status=f"{code} Because", kind="text/plain")


FORBIDS_ALL = rules("User-agent: *\nDisallow: /\n")

UNREACHABLE = {
    "busy-503": status(503),
    "busy-500": status(500),
    "busy-429": status(429),
    "closes": Play([], end="close"),
    "cut": coded(b"not gzip", "gzip"),
    "off-site": status(302, "Location: http://elsewhere.example:PORT/robots.txt"),
    "loops": status(302, "Location: /robots.txt"),
}
"""What leaves the rules unknown."""

FORBIDDEN = {
    "plain": rules("User-agent: *\nDisallow: /plain.html\n"),
    "bom": rules(b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /bom.html\r\n"),
    "cased": rules("user-AGENT : *   # all\ndisallow : /CASED.html\nDISALLOW: /cased.html\n"),
    "own-group": rules("User-agent: *\nAllow: /\n\nUser-agent: Portalsieve\nDisallow: /own-group.html\n"),
    "two-groups": rules("User-agent: *\nDisallow: /a\n\nUser-agent: *\nDisallow: /two-groups.html\n"),
    "wildcard": rules("User-agent: *\nDisallow: /*card.html$\n"),
    "big": rules("User-agent: *\nDisallow: /big.html\n" + PAD * 6000),
    "same-site": status(301, f"Location: http://plain.{DOMAIN}:PORT/other-robots.txt"),
    "hop": rules("User-agent: *\nDisallow: /secret\n"),
}
"""What forbids the host's page; `hop`, what it redirects to."""

ALLOWED = {
    "none-404": status(404),
    "none-403": status(403),
    "none-410": status(410),
    "html": answer(b"<!DOCTYPE html><html><body>\nDisallow: /\n<p>Disallow: /html.html</p></body></html>"),
    "empty": rules(""),
    "other-group": rules("User-agent: example\nDisallow: /\n\nUser-agent: desk\nDisallow: /\n"),
    "longer-rule": rules("User-agent: *\nDisallow: /\nAllow: /longer-rule.html\n"),
    "beyond": rules("User-agent: *\n" + PAD * 6000 + "Disallow: /beyond.html\n"),
    "half": rules("User-agent: *\n" + PAD * 5119 + PAD[-71:] + "Disallow: /half-of-a-longer-name\n"),
}
"""What allows the host's page."""


class Result:
    """What two crawls of the same pages left, and what the server was asked after the first and the second."""

    def __init__(self, first: Left, server: FaultServer, robots_first: dict[str, int]) -> None:
        self.first = first
        self.server = server
        self.robots_first = robots_first

    def robots(self, host: str) -> int:
        """Return how often a host's robots.txt was asked for."""
        return len(self.server.times(f"{host}.{DOMAIN}", "/robots.txt"))


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Result]:
    """Crawl a host for each robots.txt, twice."""
    folder = tmp_path_factory.mktemp("robots")
    with FaultServer() as server:
        for host, play in {**UNREACHABLE, **FORBIDDEN, **ALLOWED}.items():
            server.play(
                f"{host}.{DOMAIN}/robots.txt",
                Play([p.replace(b"PORT", b"%d" % server.port) for p in play.pieces], end=play.end),
            )
            server.play(address(host), answer(story(host)))
        server.play(f"plain.{DOMAIN}/other-robots.txt", rules("User-agent: *\nDisallow: /same-site.html\n"))
        server.play(address("hop"), answer(b"", "Location: /secret.html", status="302 Found"))
        server.play(f"many.{DOMAIN}/robots.txt", FORBIDS_ALL)
        server.play(f"slow.{DOMAIN}/robots.txt", rules(f"User-agent: *\nCrawl-delay: {CRAWL_DELAY}\n"))
        for name in SLOW:
            server.play(address("slow", name), answer(story(name)))
        urls = [page(server, host) for host in (*UNREACHABLE, *FORBIDDEN, *ALLOWED)]
        urls += [page(server, "many", name) for name in MANY] + [page(server, "slow", name) for name in SLOW]
        first = crawl(folder, urls, SETTINGS)
        found = Result(first, server, {})
        found.robots_first = {host: found.robots(host) for host in (*UNREACHABLE, *FORBIDDEN, *ALLOWED)}
        crawl(folder, urls, SETTINGS, "again.txt")
        yield found


@pytest.mark.parametrize("host", UNREACHABLE)
def test_rules_that_cannot_be_got_forbid_all(result: Result, host: str) -> None:
    """Nothing is fetched; the page is tried again like any other, then dead with the reason."""
    row = result.first.rows[host]
    assert result.server.paths(f"{host}.{DOMAIN}") == []
    assert (row.state, row.failure, row.tries) == (State.DEAD, Failure.ROBOTS_UNREACHABLE, 1)
    assert "nothing may be fetched while" in (row.reason or "")


@pytest.mark.parametrize("host", FORBIDDEN)
def test_what_is_forbidden_is_never_asked_for(result: Result, host: str) -> None:
    """Whatever the rules are written like, and where they stand; also where a redirect leads."""
    row = result.first.rows[host]
    assert [path for path in result.server.paths(f"{host}.{DOMAIN}") if path in {f"/{host}.html", "/secret.html"}] == (
        ["/hop.html"] * 2 if host == "hop" else []
    )
    assert (row.state, row.failure) == (State.DEAD, Failure.ROBOTS)
    assert "robots.txt forbids" in (row.reason or "")


@pytest.mark.parametrize("host", ALLOWED)
def test_what_is_not_forbidden_is_fetched(result: Result, host: str) -> None:
    """No rules, rules for others, no rules at all in what is there, or rules beyond the 500 KiB that are read."""
    assert result.first.rows[host].state is State.DONE
    assert f"/{host}.html" in result.server.paths(f"{host}.{DOMAIN}")


def test_all_who_wait_for_the_rules_obey_them(result: Result) -> None:
    """Four pages at once ask for one robots.txt, and none slips through."""
    assert result.server.paths(f"many.{DOMAIN}") == []
    assert result.robots("many") == 1


def test_crawl_delay_is_obeyed(result: Result) -> None:
    """Between any two requests, robots.txt among them, though four may be under way; also by the second crawl."""
    gaps = result.server.gaps(f"slow.{DOMAIN}")
    assert len(gaps) == 2 * len(SLOW)
    assert min(gaps) >= 0.95 * CRAWL_DELAY


def test_a_longer_delay_is_logged_once(result: Result) -> None:
    """Whoever waits for a page learns why."""
    warnings = [line for line in result.first.said.splitlines() if "asks for" in line]
    address = f"http://slow.{DOMAIN}:{result.server.port}/robots.txt"
    assert [line[line.index("http") :] for line in warnings] == [
        f"{address} asks for {CRAWL_DELAY} s between two requests, which is obeyed"
    ]


@pytest.mark.parametrize("host", [*FORBIDDEN, *ALLOWED])
def test_rules_are_kept_across_restarts(result: Result, host: str) -> None:
    """The second crawl knows them; those that could not be got, it asks for again."""
    assert result.robots_first[host] == result.robots(host) == 1
    assert result.robots("busy-503") > result.robots_first["busy-503"]


def test_nobody_elsewhere_was_asked(result: Result) -> None:
    """A robots.txt that redirects off the site does not count."""
    assert {asked.host for asked in result.server.asked if not asked.host.endswith(f".{DOMAIN}")} == set()


def test_every_page_is_accounted_for(result: Result) -> None:
    """Done, dead and waiting are what was scheduled."""
    dead = len(UNREACHABLE) + len(FORBIDDEN) + len(MANY)
    assert result.first.states == {State.DONE: len(ALLOWED) + len(SLOW), State.DEAD: dead}
    assert result.first.scheduled == dead + len(ALLOWED) + len(SLOW)


def test_the_rules_of_other_agents_are_kept_once() -> None:
    """Names before rules multiply: 250 kB of each took 80 s. What is for us and for all stays as it is."""
    text = """User-agent: Portal*Sieve
    User agent other # note
    Disallow: /a
    User-agent: *
    useragent: b
    Disallow: /b
    """
    assert [line.strip() for line in for_agent(text, "portalsieve").splitlines()] == [
        "User-agent: Portal*Sieve",
        "User agent another-agent",
        "Disallow: /a",
        "User-agent: *",
        "useragent: another-agent",
        "Disallow: /b",
        "",
    ]
    names = "".join(f"User-agent: b{number}\n" for number in range(12_000))
    rules = "".join(f"Disallow: /*a{number}*b$\n" for number in range(12_000))
    began = time.process_time()
    parsed = Protego.parse(for_agent(f"{names}{rules}User-agent: *\nDisallow: /x", "portalsieve"))
    assert [parsed.can_fetch(f"https://news.example/{path}", "portalsieve") for path in ("a1b", "x")] == [True, False]
    assert time.process_time() - began < 5
