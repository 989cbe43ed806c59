"""How far a long run is: a live line on a terminal, plain lines now and then elsewhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.status import Status

from crawler.report.run import Run
from crawler.terminal import plain

AFTER = 1.0
"""Seconds before the line appears: what is over sooner needs none."""

EVERY = 0.25

NAMED = 6
"""How many layouts are named, those with most records first."""


class Progress:
    """Shows what `told()` returns while the block runs: on a terminal, after a second.

    Elsewhere it is a line on `stream` each `plain` seconds, and nothing where that is None.
    """

    def __init__(self, told: Callable[[], str], stream: TextIO | None = None, *, plain: float | None = None) -> None:
        self._told = told
        self._stream = stream or sys.stderr
        self._plain = plain
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        show = self._live if self._stream.isatty() else self._lines if self._plain else None
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
        with Status(self._told(), console=Console(file=self._stream)) as status:
            while not self._over.wait(EVERY):
                status.update(self._told())

    def _lines(self) -> None:
        while not self._over.wait(self._plain):
            self._stream.write(f"{plain(self._told())}\n")
            self._stream.flush()


def crawl_told(
    run: Run, *, paused: str | None = None, under_way: int | None = None, again: tuple[float, str] | None = None
) -> str:
    """Return how far a crawl is, in a line: its pages by where they stand, its rate, its records by layout.

    `paused` says why it waits; `under_way` is given of a crawl that stops: the pages that it waits for.
    `again` is given where nothing is under way: in how many seconds the next page is tried, and why it was not got.
    """
    if under_way is not None:
        return f"{run.site}: stopping when {under_way} pages are in; Ctrl-C again ends at once, and loses nothing"
    if paused is not None:
        return f"{run.site}: paused: {paused}"
    counts = dict(run.counts)
    pages = ", ".join(f"{counts.get(state, 0)} {name}" for state, name in _STATES.items())
    refused = f", {counts['quarantined']} quarantined" if counts.get("quarantined") else ""
    layouts = ", ".join(f"{name} {count}" for name, count in run.layouts.most_common(NAMED))
    told = f"{run.site}: {pages}{refused}, {run.rate:.1f} pages/s" + (f" | {layouts}" if layouts else "")
    if again is None:
        return told
    seconds, why = again
    return f"{told} | trying again in {max(seconds, 0):.0f} s" + (f": {why}" if why else "")


_STATES = {"done": "done", "waiting": "waiting", "dead": "failed"}
