"""Hosts that are slow, busy or down: how long a crawl waits for them, without delaying other hosts (F6, F7, L5)."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import msgspec
import pytest
from scrapy.http import Headers, Response

from crawler.errors import Failure, Quarantined
from crawler.fetch.faults import retry_after
from crawler.profiles.load import load_profile
from crawler.spiders.failures import FailureOutcomes
from crawler.spiders.revisit import Retries
from crawler.store.interface import Job, Result, State
from crawler.store.opening import open_store
from tests import store_samples
from tests.fault_crawl import DOMAIN, Left, address, begun, crawl, ended, left, page, prepared, story
from tests.fault_server import HANG, FaultServer, Play, answer, loris
from tests.store_samples import leased
from tests.waiting import until

DELAY = 0.4
TRIES = 1
TIMEOUT = 10.0
SETTINGS = {"DOWNLOAD_DELAY": DELAY, "DOWNLOAD_TIMEOUT": TIMEOUT, "RETRY_TIMES": TRIES, "PORTALSIEVE_RETRY_DELAY": 0.1}

STEADY = [f"steady-{number}" for number in range(12)]
SLOW = ("hang", "loris")
BUSY = {"busy-500": 500, "busy-502": 502, "busy-503": 503, "busy-429": 429, "busy-403": 403}
WAITS = {"wait-seconds": 2, "wait-date": 3}


def status(code: int, *lines: str) -> Play:
    """Return an answer of this status."""
    return answer(b"<html><body>busy</body></html>", *lines, status=f"{code} Because")


def in_three_seconds() -> Play:
    """Return an answer that asks for patience until a date, whose seconds are whole."""
    return status(503, f"Retry-After: {formatdate(int(time.time()) + WAITS['wait-date'], usegmt=True)}")


class Crawled:
    """What the crawl left, and what the server was asked."""

    def __init__(self, crawl: Left, server: FaultServer) -> None:
        self.crawl = crawl
        self.server = server

    def second(self, host: str) -> float:
        """Return when a host's page was asked for the second time."""
        return self.server.times(f"{host}.{DOMAIN}", f"/{host}.html")[1]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crawled]:
    """Crawl hosts of every kind side by side, once."""
    with FaultServer() as server:
        for name in STEADY:
            server.play(address("steady", name), answer(story(name)))
        server.play(address("hang"), HANG)
        server.play(address("loris"), loris(story("loris")))
        server.play(f"hanging-rules.{DOMAIN}/robots.txt", HANG)
        for host, code in BUSY.items():
            server.play(address(host), status(code))
        server.play(address("wait-seconds"), status(429, "Retry-After: 2"), answer(story("wait-seconds")))
        server.play(address("wait-date"), in_three_seconds, answer(story("wait-date")))
        server.play(address("closes", "first"), answer(story("first")))
        server.play(address("closes", "second"), Play([], end="close"), answer(story("second")))
        urls = [page(server, "steady", name) for name in STEADY]
        urls += [page(server, host) for host in (*SLOW, "hanging-rules", *BUSY, *WAITS, "missing")]
        urls += [page(server, "closes", name) for name in ("first", "second")]
        yield Crawled(crawl(tmp_path_factory.mktemp("patience"), urls, SETTINGS), server)


@pytest.mark.parametrize("host", BUSY)
def test_a_busy_host_is_asked_again_and_then_dead(result: Crawled, host: str) -> None:
    """With its status as the reason."""
    row = result.crawl.rows[host]
    assert (row.state, row.failure, row.status, row.tries) == (State.DEAD, Failure.HTTP_STATUS, BUSY[host], TRIES)
    assert len(result.server.times(f"{host}.{DOMAIN}", f"/{host}.html")) == TRIES + 1
    assert f"status {BUSY[host]}" in (row.reason or "")


@pytest.mark.parametrize("host", SLOW)
def test_a_slow_answer_ends_at_the_timeout(result: Crawled, host: str) -> None:
    """In all, not between two bytes: one that comes by the byte, without end, would never end."""
    row = result.crawl.rows[host]
    assert (row.state, row.failure, row.tries) == (State.DEAD, Failure.TIMEOUT, TRIES)
    assert f"took longer than {TIMEOUT} seconds" in (row.reason or "")
    first, second = result.server.times(f"{host}.{DOMAIN}", f"/{host}.html")
    assert second - first >= TIMEOUT


def test_rules_that_take_too_long_forbid_all(result: Crawled) -> None:
    """A robots.txt that hangs is one that cannot be got (F15): nothing is fetched, and the reason says so."""
    row = result.crawl.rows["hanging-rules"]
    assert result.server.paths(f"hanging-rules.{DOMAIN}") == []
    assert (row.state, row.failure, row.tries) == (State.DEAD, Failure.ROBOTS_UNREACHABLE, TRIES)
    assert f"took longer than {TIMEOUT} seconds" in (row.reason or "")


def test_what_is_not_there_is_dead_at_once(result: Crawled) -> None:
    """A 404 will be one in a minute."""
    row = result.crawl.rows["missing"]
    assert (row.state, row.status, row.tries) == (State.DEAD, 404, 0)


@pytest.mark.parametrize("host", WAITS)
def test_retry_after_is_obeyed(result: Crawled, host: str) -> None:
    """In seconds and as a date: not before, and long before the hosts that hang meanwhile are given up."""
    first, second = result.server.times(f"{host}.{DOMAIN}", f"/{host}.html")
    asked = WAITS[host] - (1 if host == "wait-date" else 0)  # a date has lost up to a second when it is written
    assert asked - 0.05 <= second - first
    assert second < min(map(result.second, SLOW))
    assert result.crawl.rows[host].state is State.DONE


def test_no_host_waits_for_another(result: Crawled) -> None:
    """All its pages have come, each in its turn, before those that hang or crawl by the byte are given up."""
    times = result.server.times(f"steady.{DOMAIN}")
    assert len(times) == len(STEADY) + 1
    assert max(times) < min(map(result.second, SLOW))
    assert len([record for record in result.crawl.records if "//steady." in record["url"]]) == len(STEADY)


def test_the_delay_lies_between_any_two_requests(result: Crawled) -> None:
    """Also before robots.txt, between tries, and where a connection is closed instead of an answer."""
    gaps = [gap for host in {asked.host for asked in result.server.asked} for gap in result.server.gaps(host)]
    assert len(gaps) > 30
    assert min(gaps) >= 0.95 * DELAY
    assert result.server.paths(f"closes.{DOMAIN}") == ["/first.html", "/second.html", "/second.html"]


def test_every_page_is_accounted_for(result: Crawled) -> None:
    """Done, dead and waiting are what was scheduled."""
    assert result.crawl.scheduled == len(STEADY) + len(SLOW) + 1 + len(BUSY) + len(WAITS) + 1 + 2
    assert result.crawl.states == {State.DONE: len(STEADY) + len(WAITS) + 2, State.DEAD: len(SLOW) + 1 + len(BUSY) + 1}


def test_two_processes_and_one_that_is_killed_keep_the_delay(tmp_path: Path) -> None:
    """The turns are in the store: whoever asks, and also after a kill -9, a host is asked no faster."""
    names = [f"page-{number}" for number in range(10)]
    with FaultServer() as server:
        for name in names:
            server.play(address("pace", name), answer(story(name)))
        urls = [page(server, "pace", name) for name in names]
        with begun(tmp_path, urls[5:], SETTINGS, "second.txt") as second:
            with begun(tmp_path, urls[:5], SETTINGS, "first.txt"):
                until(lambda: len(server.asked) >= 4)  # and then it is killed
            with begun(tmp_path, urls[:5], SETTINGS, "first.txt") as again:
                assert [ended(tmp_path, process).status for process in (again, second)] == [0, 0]
        gaps = server.gaps(f"pace.{DOMAIN}")
        assert min(gaps) >= 0.95 * DELAY
        assert set(server.paths()) == {f"/{name}.html" for name in names}
        assert len(server.paths()) <= len(names) + 1
    assert sorted(record["id"] for record in left(tmp_path).records) == sorted(f"sample:{name}" for name in names)


def test_retry_after_wakes_a_crawl_in_which_nothing_else_happens(tmp_path: Path) -> None:
    """While the one other request hangs, no answer calls for the next page; the time that the server named does.

    Scrapy's own look, every five seconds, is switched off.
    """
    with FaultServer() as server:
        server.play(address("hang"), HANG)
        server.play(address("wait"), status(503, "Retry-After: 1"), answer(story("wait")))
        urls = [page(server, host) for host in ("hang", "wait")]
        settings = {
            **SETTINGS,
            "DOWNLOAD_TIMEOUT": 2 * TIMEOUT,
            "TWISTED_DNS_RESOLVER": "tests.fault_crawl.SleepyResolver",
        }
        with begun(tmp_path, urls, settings):
            until(lambda: len(server.paths(f"wait.{DOMAIN}")) == 2 or len(server.paths(f"hang.{DOMAIN}")) == 2)
        first, second = server.times(f"wait.{DOMAIN}", "/wait.html")
        assert second - first + 0.05 >= 1
        assert server.paths(f"hang.{DOMAIN}") == ["/hang.html"]


def test_an_interrupted_crawl_waits_for_no_turn(tmp_path: Path) -> None:
    """Ctrl-C ends with the requests that are out; what waited for its turn is as it was, and goes on by a new call."""
    with FaultServer() as server:
        server.play(f"slow.{DOMAIN}/robots.txt", answer(b"User-agent: *\nCrawl-delay: 600", kind="text/plain"))
        server.play(address("slow"), answer(story("slow")))
        server.play(address("hang"), HANG)
        urls = [page(server, host) for host in ("slow", "hang")]
        with begun(tmp_path, urls, SETTINGS) as process:
            until(lambda: server.paths() == ["/hang.html"])
            process.send_signal(signal.SIGINT)
            stopped = ended(tmp_path, process)
        assert (stopped.status, server.paths(f"slow.{DOMAIN}")) == (130, [])
        assert "Run the same command to resume" in stopped.said
        assert [stopped.rows[host].state for host in ("slow", "hang")] == [State.WAITING, State.WAITING]
        assert stopped.rows["slow"].tries == 0


NOW = 1_772_000_000.0

PATIENCE = {
    "120": 120.0,
    " 7 ": 7.0,
    "0": 0.0,
    formatdate(NOW + 90, usegmt=True): 90.0,
    formatdate(NOW - 90, usegmt=True): 0.0,
    "Wednesday, 25-Feb-26 06:14:50 GMT": 90.0,
    "soon": None,
    "-5": None,
    "1.5": None,
    "": None,
    "\uff17": None,
    "Mon, 99 Feb 2026 99:99:99 GMT": None,
}


@pytest.mark.parametrize("value", PATIENCE)
def test_retry_after_is_read_in_both_forms(value: str) -> None:
    """Seconds or a date (RFC 9110, 10.2.3); what is neither says nothing, and what is past asks for nothing."""
    assert retry_after(Headers({"Retry-After": value.encode()}), NOW) == PATIENCE[value]


def test_more_patience_than_a_run_has(tmp_path: Path) -> None:
    """Retry-After beyond an hour: the page is dead for this run and says why; its host is left alone for an hour."""
    profile = load_profile(prepared(tmp_path) / "sample")
    failures = FailureOutcomes(profile, "run", Retries(times=2, delay=1.0, statuses=frozenset({503})))
    response = Response("http://www.sample.example/one.html", status=503, headers={"Retry-After": "7200"})
    job = waiting()
    error = Quarantined(Failure.HTTP_STATUS, "answered with status 503")
    outcome = failures.refused(error, response, job, now=NOW, fetched_at=None, counts={})
    assert (outcome.result, outcome.hold) == (Result.DEAD, ("www.sample.example", NOW + 3600))
    assert outcome.reason == "answered with status 503; the server asks to wait 7200 s, a run waits at most 3600 s"


def test_each_try_waits_twice_as_long() -> None:
    """Unless the server says when; None after the last."""
    retries = Retries(times=3, delay=10.0, statuses=frozenset())
    jobs = [msgspec.structs.replace(waiting(), tries=tries) for tries in range(4)]
    assert [retries.at(job, NOW) for job in jobs] == [NOW + 10, NOW + 20, NOW + 40, None]
    assert [retries.at(job, NOW, 5.0) for job in jobs] == [NOW + 5, NOW + 5, NOW + 5, None]


def waiting() -> Job:
    """Return the row of a page that waits for the first time."""
    store = open_store(None)
    run = store_samples.begin(store).id
    store.schedule(run, [store_samples.ask(1)], 0.0)
    [job] = leased(store, 1, 1.0, run)
    store.close()
    return job
