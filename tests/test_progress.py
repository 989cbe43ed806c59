"""How far a long run is, on a terminal and where there is none."""

from __future__ import annotations

import io
import threading

import pytest

from crawler.report import progress
from crawler.report.progress import Progress


class Stream(io.StringIO):
    """Says when it was written to, and that it is a terminal if it should."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.written = threading.Event()
        self._terminal = terminal

    def isatty(self) -> bool:
        """Tell what it is."""
        return self._terminal

    def write(self, text: str) -> int:
        """Note that something came."""
        self.written.set()
        return super().write(text)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait a second."""
    monkeypatch.setattr(progress, "AFTER", 0.0)
    monkeypatch.setattr(progress, "EVERY", 0.01)


def test_plain_lines_where_there_is_no_terminal() -> None:
    """One after each span of time, without colour or cursor movements."""
    stream = Stream(terminal=False)
    with Progress(lambda: "12 done\x1b[2J", stream, plain=0.01):
        assert stream.written.wait(10)
    assert set(stream.getvalue().splitlines()) == {"12 done\\x1b[2J"}


def test_a_live_line_on_a_terminal() -> None:
    """It is there while the block runs."""
    stream = Stream(terminal=True)
    with Progress(lambda: "12 done", stream, plain=10.0):
        assert stream.written.wait(10)
    assert "12 done" in stream.getvalue()


def test_nothing_where_nobody_asked() -> None:
    """A short command that is not watched keeps still."""
    stream = Stream(terminal=False)
    with Progress(lambda: "12 done", stream):
        assert not stream.written.wait(0.05)
    assert stream.getvalue() == ""
