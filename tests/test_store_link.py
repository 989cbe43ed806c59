"""Connections that are made again: for how long, and what ends the wait."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from crawler.store import link
from crawler.store.errors import StoreUnusable
from crawler.store.interface import State
from crawler.store.link import Link, Patience
from crawler.store.opening import open_store
from crawler.store.policy import TableStore
from tests.crawling import crawl_portal
from tests.portal.server import Answer, Portal
from tests.small_site import URL, small_site


class Lost(Exception):  # noqa: N818 - states what happened
    """A connection is lost, or cannot be made."""


class Server:
    """A server that cuts connections and answers again after some attempts."""

    def __init__(self, attempts: int) -> None:
        self.attempts = attempts
        self.asked = 0
        self.closed = False
        self.info: Any = type("Info", (), {"transaction_status": type("Idle", (), {"name": "IDLE"})})

    def connect(self) -> Any:
        """Make a connection, which is this server."""
        self.asked += 1
        if self.closed and self.asked <= self.attempts:
            raise Lost
        self.closed = False
        return self

    def close(self) -> None:
        """Close the connection."""

    def work(self, _: Any) -> str:
        """Do something, which fails if the connection is lost."""
        if self.closed:
            raise Lost("server closed the connection")
        return "done"

    def cut(self, attempts: int) -> None:
        """Cut the connection, and answer again after some attempts."""
        self.closed, self.asked, self.attempts = True, 0, attempts


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "_PAUSE", 0.0)


def linked(wait: float) -> tuple[Server, Link]:
    """Return a server and a connection to it."""
    server = Server(0)
    return server, Link(server.connect, Patience("store", wait))


def test_work_is_done_when_the_server_answers_again() -> None:
    """After as many attempts as it takes."""
    server, connection = linked(1000.0)
    server.cut(5)
    assert ("done", 6) == (connection.repeat(server.work), server.asked)


@pytest.mark.parametrize("wait", [0.0, 1e-6])
def test_a_server_that_stays_away_is_waited_for_once(wait: float) -> None:
    """The error is the first one; what is asked next fails at once, until the server answers."""
    server, connection = linked(wait)
    server.cut(10**9)
    for _ in range(2):
        with pytest.raises(Lost, match="server closed the connection"):
            connection.repeat(server.work)
    attempts = server.asked
    with pytest.raises(Lost):
        connection.repeat(server.work)
    assert attempts == server.asked <= 2 * bool(wait)
    server.cut(0)
    assert (True, "done") == (connection.try_again(), connection.repeat(server.work))


def test_a_server_that_was_given_up_is_asked_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, without waiting; a command without a heartbeat would otherwise never use it again."""
    server, connection = linked(1e-6)
    server.cut(10**9)
    with pytest.raises(Lost):
        connection.repeat(server.work)
    asked = server.asked
    monkeypatch.setattr(link, "_ASK_AGAIN", 0.0)
    with pytest.raises(Lost):
        connection.repeat(server.work)
    assert asked + 1 == server.asked
    server.cut(0)
    assert ("done", False) == (connection.repeat(server.work), connection._patience.over)


def test_a_user_who_ends_the_crawl_ends_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scrapy's handler replaces itself by another one, and then waits for the event loop, which waits for the server."""
    server, connection = linked(1000.0)
    before = signal.getsignal(signal.SIGINT)
    connect = server.connect

    def interrupted() -> Any:
        signal.signal(signal.SIGINT, lambda *_: None)
        return connect()

    server.cut(10**9)
    monkeypatch.setattr(connection, "_connect", interrupted)
    try:
        with pytest.raises(Lost):
            connection.repeat(server.work)
    finally:
        signal.signal(signal.SIGINT, before)
    assert 1 == server.asked


@pytest.mark.parametrize("question", ["take_turn", "give_back"])
def test_a_fault_of_the_store_is_no_fault_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    """It ends the crawl, and the page waits for the next one."""
    small_site(tmp_path / "profiles")

    def failing(*_: Any) -> Any:
        raise StoreUnusable("store: the store cannot be used")

    with Portal() as portal, monkeypatch.context() as patch:
        portal.answer(URL, Answer(b"<html></html>"))
        patch.setattr(TableStore, question, failing)
        settings = {"PORTALSIEVE_PROFILES": str(tmp_path / "profiles"), "PORTALSIEVE_SHIPPED_PROFILES": 0}
        line = crawl_portal(tmp_path / "output", portal, settings, site="demo", url=URL)
    assert ("failed", "store: the store cannot be used") == (line.status, line.reason.partition(" (")[0])
    store = open_store(tmp_path / "output" / "store.sqlite")
    states = {state for _, state in store.states(line.run)}
    store.close()
    assert {State.WAITING if question == "take_turn" else State.DONE} == states
