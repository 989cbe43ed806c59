"""Progress of a long run: a live line, or a bar, in a terminal; a plain line at intervals elsewhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as RichProgress

from ..bulk.run import State
from ..terminal import plain
from .run import Run

AFTER = 1.0
"""Seconds before the live display appears; shorter runs do not need it."""

EVERY = 0.25
"""Seconds between two updates of the live display."""

LINE_EVERY = 15.0
"""Seconds between two plain lines."""

NAMED = 6
"""How many layouts are named, those with most records first."""

_STATES = {"done": "done", "waiting": "waiting", "dead": "failed"}


class Progress:
    """Shows `line()` while the block runs: in a terminal live, after a second.

    With `share`, which returns how much is done (0 to 1), there is a bar too. Where `stream` (standard error) is not a
    terminal, a line is written every `line_every` seconds, or none if that is None.
    """

    def __init__(
        self,
        line: Callable[[], str],
        stream: TextIO | None = None,
        *,
        line_every: float | None = None,
        share: Callable[[], float] | None = None,
    ) -> None:
        self._line = line
        self._stream = stream or sys.stderr
        self._line_every = line_every
        self._share = share
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        show = self._live if self._stream.isatty() else self._lines if self._line_every else None
        if show is not None:
            self._thread = threading.Thread(target=show, name="progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _live(self) -> None:
        if self._over.wait(AFTER):
            return
        share = self._share or (lambda: 0.0)
        columns: list[ProgressColumn] = [BarColumn(), TaskProgressColumn()] if self._share else [SpinnerColumn()]
        columns.append(TextColumn("{task.description}", markup=False))
        console = Console(file=self._stream)
        with RichProgress(*columns, console=console, transient=True, auto_refresh=False) as display:
            task = display.add_task(plain(self._line()), total=1.0)
            while not self._over.wait(EVERY):
                display.update(task, description=plain(self._line()), completed=share(), refresh=True)

    def _lines(self) -> None:
        while not self._over.wait(self._line_every):
            self._stream.write(f"{plain(self._line())}\n")
            self._stream.flush()


def crawl_line(
    run: Run, *, paused: str | None = None, in_flight: int | None = None, retry: tuple[float, str] | None = None
) -> str:
    """Return the progress of a crawl in one line: its pages by state, its rate, its records by layout.

    `paused` is why it waits; `in_flight`, given for a crawl that is stopping, is how many pages it waits for. `retry`
    is given when no page is in flight: the seconds until the next retry, and why the page failed.
    """
    if in_flight is not None:
        return f"{run.site}: stopping, {in_flight} pages in flight; Ctrl-C again stops at once, nothing is lost"
    if paused is not None:
        return f"{run.site}: paused: {paused}"
    counts = dict(run.counts)
    pages = ", ".join(f"{counts.get(state, 0)} {name}" for state, name in _STATES.items())
    refused = f", {counts['quarantined']} quarantined" if counts.get("quarantined") else ""
    layouts = ", ".join(f"{name} {count}" for name, count in run.layouts.most_common(NAMED))
    line = f"{run.site}: {pages}{refused}, {run.rate:.1f} pages/s" + (f" | {layouts}" if layouts else "")
    if retry is None:
        return line
    seconds, why = retry
    return f"{line} | next retry in {max(seconds, 0):.0f} s" + (f": {why}" if why else "")


def extraction_line(state: State) -> str:
    """Return the progress of an extraction from archives in one line: pages, share, rate, time left."""
    left = f", {duration(state.left)} left" if state.left is not None else ""
    return f"{state.tally.pages} pages, {100 * state.share:.0f} %, {state.rate:.0f} pages/s{left}"


def duration(seconds: float) -> str:
    """Return a duration for people: 42 s, 12 min, 3 h 20 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
