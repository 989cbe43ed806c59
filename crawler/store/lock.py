"""The lock that ties a run to one process. The operating system releases it when the process ends for any reason."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .errors import RunBusy

if sys.platform != "win32":
    import fcntl


class RunLock:
    """A lock, held from construction to `release`; raises RunBusy. On Windows it does not lock."""

    def __init__(self, store: Path, run: str) -> None:
        self._path = store.with_name(f".{store.name}.{run}.lock")
        self._fd = self._held(store, run)

    def _held(self, store: Path, run: str) -> int:
        while True:
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            if sys.platform == "win32":
                return fd
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._path.exists() and os.path.samestat(os.fstat(fd), self._path.stat()):
                    return fd
            except FileNotFoundError:
                pass
            except OSError:
                os.close(fd)
                raise RunBusy(
                    f"{store}: another process is already crawling this (run {run}); wait for it to finish, or use"
                    " other arguments"
                ) from None
            os.close(fd)  # the lock file was released and deleted in between

    def release(self) -> None:
        """Release the run for other processes."""
        self._path.unlink(missing_ok=True)
        os.close(self._fd)
