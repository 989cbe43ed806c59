"""Progress of a long run, in a terminal and elsewhere."""

from __future__ import annotations

import io
import threading

import pytest

from crawler.bulk.outcome import Tally
from crawler.bulk.run import State
from crawler.report import progress
from crawler.report.progress import Progress, extraction_line
from tests.waiting import until


class Stream(io.StringIO):
    """A stream that notes when it is written to, and may claim to be a terminal."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.written = threading.Event()
        self._terminal = terminal

    def isatty(self) -> bool:
        """Return whether it claims to be a terminal."""
        return self._terminal

    def write(self, text: str) -> int:
        """Note that something was written."""
        self.written.set()
        return super().write(text)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait a second."""
    monkeypatch.setattr(progress, "AFTER", 0.0)
    monkeypatch.setattr(progress, "EVERY", 0.01)


def test_plain_lines_without_a_terminal() -> None:
    """One line per interval, without colour or cursor movements."""
    stream = Stream(terminal=False)
    with Progress(lambda: "12 done\x1b[2J", stream, line_every=0.01):
        assert stream.written.wait(10)
    assert set(stream.getvalue().splitlines()) == {"12 done\\x1b[2J"}


def test_a_live_line_on_a_terminal() -> None:
    """It is shown while the block runs."""
    stream = Stream(terminal=True)
    with Progress(lambda: "12 done", stream, line_every=10.0):
        assert stream.written.wait(10)
    assert "12 done" in stream.getvalue()


def test_nothing_without_an_interval() -> None:
    """Outside a terminal, a short command prints no progress."""
    stream = Stream(terminal=False)
    with Progress(lambda: "12 done", stream):
        assert not stream.written.wait(0.05)
    assert stream.getvalue() == ""


def test_a_bar_in_a_terminal() -> None:
    """With a share there is a bar and a percentage before the line."""
    stream = Stream(terminal=True)
    with Progress(lambda: "12 [done]", stream, share=lambda: 0.4):
        assert stream.written.wait(10)
        until(lambda: "40%" in stream.getvalue())
    assert "12 [done]" in stream.getvalue()


def test_line_of_an_extraction() -> None:
    """Pages, share, rate and the time left, which is estimated from what this run has read."""
    state = State(read=600, size=1000, tally=Tally(records=70), pages=50, seconds=10.0, begun=500)
    assert extraction_line(state) == "70 pages, 60 %, 5 pages/s, 40 s left"
    state.seconds = 3600
    assert extraction_line(state).endswith("4 h 0 min left")
    assert extraction_line(State(read=0, size=0, tally=Tally())) == "0 pages, 100 %, 0 pages/s"
