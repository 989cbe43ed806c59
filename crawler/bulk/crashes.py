"""What becomes of a page whose process has ended: the same in archives, in engines and in crawls."""

from __future__ import annotations

import signal
import sys
from typing import Final

from ..errors import Failure
from .cost import Cost

TRIES: Final = 2
"""How often a page may crash its process: once may be an accident of the machine."""


def failure_of(code: int | None, crashes: int, cost: Cost) -> tuple[Failure, str] | None:
    """Return why a page has no record whose process has exited with `code`, None if it is to be tried again.

    `crashes` is how often that has happened with this page. Its own CPU seconds are the same each time.
    """
    spent = sys.platform != "win32" and code == -signal.SIGPROF
    if crashes < TRIES and not spent:
        return None
    return cost.failure_of(code) or (Failure.CRASHED, f"it crashed its process {TRIES} times ({exit_status(code)})")


def exit_status(code: int | None) -> str:
    """Return an exit code as text, with the name of the signal that has ended the process."""
    if code is None or code >= 0:
        return f"exit status {code}"
    try:
        return f"{signal.Signals(-code).name}" + (", out of memory?" if -code == signal.SIGKILL else "")
    except ValueError:
        return f"signal {-code}"
