"""A line on a terminal that says how far a long run is."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.status import Status

AFTER = 1.0
"""Seconds before the line appears: what is over sooner needs none."""

EVERY = 0.25


class Progress:
    """Shows what `told()` returns while the block runs, on a terminal and after a second; nothing elsewhere."""

    def __init__(self, told: Callable[[], str], stream: TextIO | None = None) -> None:
        self._told = told
        self._stream = stream or sys.stderr
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        if self._stream.isatty():
            self._thread = threading.Thread(target=self._show, name="progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _show(self) -> None:
        if self._over.wait(AFTER):
            return
        with Status(self._told(), console=Console(file=self._stream)) as status:
            while not self._over.wait(EVERY):
                status.update(self._told())
