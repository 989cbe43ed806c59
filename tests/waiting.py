"""How long a test waits for what must come: so long that only what hangs is ever given up, however busy the machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE = 1800.0
"""Seconds after which what has not come or ended is taken for hung. No test passes or fails by less."""


def until(true: Callable[[], bool], *, every: float = 0.02) -> None:
    """Wait for something, looking `every` so many seconds; fail if it does not come."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(every)


def finished(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine and return its result; what it leaves behind is cancelled.

    `asyncio.run` would wait for every task that is left, and tasks of a browser that is gone may never end.
    """
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(work)
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=20))
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()
