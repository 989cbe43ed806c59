"""How far a run over archives is: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from crawler.bulk.run import State

EVERY = 30.0
"""Seconds between two lines where there is no terminal."""

AFTER = 1.0
"""Seconds before the bar appears: what is over sooner needs none."""


class Meter:
    """Shows the states it is given: share, pages a second, time left."""

    def __init__(self, stream: TextIO | None = None, *, every: float = EVERY) -> None:
        self._stream = stream or sys.stderr
        self._every = every
        self._next = every
        self._bar: Progress | None = None
        if self._stream.isatty():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TextColumn("{task.fields[pace]}"),
                console=Console(file=self._stream),
                transient=True,
            )
            self._task = self._bar.add_task("", pace="")
        self._shown = False
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None and self._shown:
            self._bar.stop()

    def show(self, state: State) -> None:
        """Show how far the run is."""
        if self._bar is not None:
            if not self._shown and time.monotonic() - self._began > AFTER:
                self._bar.start()
                self._shown = True
            pages = f"{state.tally.pages} pages"
            self._bar.update(self._task, completed=state.read, total=state.size, description=pages, pace=pace(state))
        elif state.seconds >= self._next:
            self._next = state.seconds + self._every
            self._stream.write(f"{line(state)}\n")
            self._stream.flush()


def line(state: State) -> str:
    """Return how far a run is, on one line."""
    share = 100 * state.read / state.size if state.size else 100.0
    return f"{state.tally.pages} pages, {share:.0f} %, {pace(state)}"


def pace(state: State) -> str:
    """Return pages a second and the time that is left at this pace."""
    left = f", {span(state.left)} left" if state.left is not None else ""
    return f"{state.rate:.0f} pages/s{left}"


def span(seconds: float) -> str:
    """Return a time as people say it: 42 s, 12 min, 3 h 20 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
