"""Named moments at which a trial may end the process at once, as a power cut would. They do nothing otherwise.

`PORTALSIEVE_FAILPOINT=commit.before:17` in the environment ends the process when it comes to `commit.before` for the
17th time. Without the variable a failpoint is a call of an empty function. The trials are in `tests/chaos/`.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

VARIABLE = "PORTALSIEVE_FAILPOINT"

POINTS = {
    "recover.before": "the store is open, and it is not yet known which run is taken up",
    "recover.after": "the run is resumed, and nothing has been fetched yet",
    "start.after": "the pages that a run starts from are scheduled",
    "fetch.before": "a page is leased, and its request is not yet sent",
    "fetch.after": "a page has been answered, and nothing was done with it",
    "extract.after": "a page has been split, and nothing has been written yet",
    "commit.before": "a transaction of the store is written but for its end",
    "commit.after": "a transaction of the store has ended",
    "publish.before": "the crawl is over, and none of its files is there",
    "publish.within": "a file is written under its hidden name",
    "publish.after": "all files of the run are there, and no line in runs.jsonl",
    "finish.before": "the line is in runs.jsonl, and the run is still open",
    "finish.after": "the run is closed",
}
"""Each failpoint, and what holds when it is come to."""


def _armed(order: str | None) -> Callable[[str], None]:
    """Return what a failpoint does; raises ValueError for an order that names none."""
    if order is None:
        return lambda _: None
    wanted, _, count = order.partition(":")
    if wanted not in POINTS or not (count or "1").isdigit():
        raise ValueError(f"{VARIABLE}={order}: write NAME or NAME:COUNT; the names are {', '.join(POINTS)}")
    left = int(count or "1")

    def reach(name: str) -> None:
        nonlocal left
        if name == wanted:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

    return reach


failpoint = _armed(os.environ.get(VARIABLE))
