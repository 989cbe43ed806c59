"""Limits on the CPU time and memory of one page, enforced by the operating system.

CPU time instead of wall-clock time, so that a page has the same outcome on a busy machine. The timer's signal ends the
process even inside C code, which a Python signal handler could not; the parent process sees which signal it was.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Final

import msgspec

from ..errors import Failure

if sys.platform != "win32":
    import resource

_MIB: Final = 2**20
_STATUS = Path("/proc/self/status")
_FIRM: Final = 2
"""The operating system refuses memory above the limit times this; up to there, the use is measured afterwards."""


class Cost(msgspec.Struct, frozen=True):
    """Limits for one page: CPU `seconds`, and `memory` of its process in MiB; 0 means no limit."""

    seconds: float = 5.0
    memory: int = 1024

    def failure_of(self, code: int | None) -> tuple[Failure, str] | None:
        """Return the failure of a page whose process exited with `code`, None if its cost was not the reason."""
        if sys.platform == "win32" or code is None or code >= 0:
            return None
        if -code == signal.SIGPROF:
            return Failure.TOO_COSTLY, f"it takes more than {self.seconds:g} CPU seconds"
        if -code == signal.SIGXCPU:
            return Failure.TOO_COSTLY, "it takes more CPU seconds than the process may use (RLIMIT_CPU)"
        return None


class Budget:
    """Enforces a cost for the pages of this process, one at a time. Created once, in a separate process."""

    def __init__(self, cost: Cost) -> None:
        self._cost = cost
        if sys.platform == "win32":
            return
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        if sys.platform == "linux" and cost.memory:
            _limit_memory(cost.memory * _MIB * _FIRM)

    def begin(self) -> None:
        """Begin a page: the operating system ends the process after the given CPU seconds."""
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_PROF, self._cost.seconds)

    def end(self) -> None:
        """End a page."""
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_PROF, 0)

    @property
    def exceeded(self) -> str | None:
        """An error message if a page used too much memory, else None. After that the process should be replaced."""
        if sys.platform == "win32" or not self._cost.memory or _peak() <= self._cost.memory * _MIB:
            return None
        return self.memory_message

    @property
    def memory_message(self) -> str:
        """The error message for a page that needs too much memory."""
        return f"it takes more than {self._cost.memory} MiB of memory"


def _limit_memory(more: int) -> None:
    """Limit this process to `more` bytes of address space on top of its current size."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    wanted = pages * resource.getpagesize() + more
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard == resource.RLIM_INFINITY or wanted < hard:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


def _peak() -> int:
    """Return the peak memory of this process in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if sys.platform == "darwin":
        return peak
    # On Linux this includes the process before exec, so a large value is verified.
    if peak * 1024 > 128 * _MIB and _STATUS.exists():
        line = next((line for line in _STATUS.read_text("ascii").splitlines() if line.startswith("VmHWM:")), "")
        return int(line.split()[1]) * 1024 if line else peak * 1024
    return peak * 1024
