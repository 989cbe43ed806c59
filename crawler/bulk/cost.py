"""What one page may cost the process that takes it apart: CPU seconds and memory, held by the system.

CPU and not wall-clock time: the same page has the same outcome on a busy machine. The timer's signal ends the process
also while C code runs, which no Python handler would; whoever started the process sees by which signal it ended.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Final

import msgspec

from crawler.errors import Failure

if sys.platform != "win32":
    import resource

_MIB: Final = 2**20
_STATUS = Path("/proc/self/status")
_FIRM: Final = 2
"""Times the memory of a page at which the system refuses more; up to there its use is measured afterwards."""


class Cost(msgspec.Struct, frozen=True):
    """The most that one page may cost: CPU `seconds`, `memory` in MiB that its process has at most; 0 is no limit."""

    seconds: float = 5.0
    memory: int = 1024

    def says(self, code: int | None) -> tuple[Failure, str] | None:
        """Return the failure of a page whose process ended with `code`, None where its cost was not the reason."""
        if sys.platform == "win32" or code is None or code >= 0:
            return None
        if -code == signal.SIGPROF:
            return Failure.TOO_COSTLY, f"it takes more than {self.seconds:g} CPU seconds"
        if -code == signal.SIGXCPU:
            return Failure.TOO_COSTLY, "it takes more CPU seconds than this process has (RLIMIT_CPU)"
        return None


class Budget:
    """Holds the pages of this process, one after the other, to a cost. Made once, in a process of its own."""

    def __init__(self, cost: Cost) -> None:
        self._cost = cost
        if sys.platform == "win32":
            return
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        if sys.platform == "linux" and cost.memory:
            _limit_memory(cost.memory * _MIB * _FIRM)

    def begin(self) -> None:
        """Begin a page: from here on the process may use so many CPU seconds, after which the system ends it."""
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_PROF, self._cost.seconds)

    def end(self) -> None:
        """End a page."""
        if sys.platform != "win32":
            signal.setitimer(signal.ITIMER_PROF, 0)

    @property
    def exceeded(self) -> str | None:
        """Why a page was too costly in memory, None if none was. From then on the process is of no more use."""
        if sys.platform == "win32" or not self._cost.memory or _peak() <= self._cost.memory * _MIB:
            return None
        return self.memory_told

    @property
    def memory_told(self) -> str:
        """The reason of a page that needs too much memory."""
        return f"it takes more than {self._cost.memory} MiB of memory"


def _limit_memory(more: int) -> None:
    """Let this process have `more` bytes of address space beyond what it has."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    wanted = pages * resource.getpagesize() + more
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard == resource.RLIM_INFINITY or wanted < hard:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


def _peak() -> int:
    """Return the most bytes of memory that this process has had."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if sys.platform == "darwin":
        return peak
    # Linux counts what the process was before it ran this program, so a large figure is looked up.
    if peak * 1024 > 128 * _MIB and _STATUS.exists():
        line = next((line for line in _STATUS.read_text("ascii").splitlines() if line.startswith("VmHWM:")), "")
        return int(line.split()[1]) * 1024 if line else peak * 1024
    return peak * 1024
