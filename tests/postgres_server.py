"""A PostgreSQL server of the tests' own, on 127.0.0.1, in a temporary folder; each store is a schema of its own."""

from __future__ import annotations

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from tests.waiting import PATIENCE

INSTALL = "install Debian's package postgresql (`make postgres`)"
_SAFE = ("-c", "fsync=on")
_QUICK = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


class NoPostgres(Exception):  # noqa: N818 - states what is missing
    """No server is installed."""


def programs() -> Path:
    """Return the folder with `initdb` and `postgres`; raises NoPostgres."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not versions:
        raise NoPostgres(f"no PostgreSQL server is installed: {INSTALL}")
    return versions[-1].parent


class Server:
    """A running server."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], port: int) -> None:
        self.folder = folder
        self.process = process
        self.port = port
        self._names = itertools.count(1)

    def url(self, schema: str | None = None) -> str:
        """Return the URL of a new store."""
        name = schema or f"store_{os.getpid()}_{next(self._names)}"
        return f"postgresql://tests@127.0.0.1:{self.port}/postgres?options={quote(f'-c search_path={name}')}"

    def end(self, *, hard: bool = False) -> None:
        """End the server, with `hard` as a power cut would: all its processes at once."""
        others = _children(self.process.pid) if hard else []
        if self.process.poll() is None:
            (self.process.kill if hard else self.process.terminate)()
        self.process.wait(timeout=PATIENCE)
        for other in others:  # one that is left would write into the files of the next server
            with contextlib.suppress(ProcessLookupError):
                os.kill(other, signal.SIGKILL)
        end = time.monotonic() + PATIENCE
        while any(map(_lives, others)) and time.monotonic() < end:
            time.sleep(0.01)


@contextlib.contextmanager
def home() -> Iterator[Path]:
    """Make a folder for a server's data, and delete it afterwards; pytest's own folders are closed to other users."""
    with tempfile.TemporaryDirectory(prefix="portalsieve-postgres-") as folder:
        yield Path(folder)


@contextlib.contextmanager
def started(
    folder: Path, *, safe: bool = False, port: int | None = None, largest: int | None = None
) -> Iterator[Server]:
    """Start a server on the data in `folder`, which are made if there are none; raises NoPostgres.

    With `safe` it writes to the disk as by default. With `largest` no file may be larger, as if the disk were full
    then; the log's files, of 1 MiB each, may. Another user must be able to enter `folder` (see `home`).
    """
    bin_ = programs()
    data = folder / "data"
    user = _other_user()
    if not data.exists():
        folder.mkdir(parents=True, exist_ok=True)
        if user is not None:
            shutil.chown(folder, user)
        subprocess.run(
            [bin_ / "initdb", "-D", data, "-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync",
             "--wal-segsize=1", "--data-checksums"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=user, cwd=folder,
        )  # fmt: skip
    number = port or _free_port()
    bounded = ("sh", "-c", f'ulimit -f {largest // 512}; exec "$0" "$@"') if largest is not None else ()
    process = subprocess.Popen(
        [
            *bounded,
            *(bin_ / "postgres", "-D", data, "-p", str(number), "-h", "127.0.0.1", "-k", ""),
            *(_SAFE if safe else _QUICK),
            *("-c", "max_connections=200", "-c", "deadlock_timeout=200ms"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        user=user,
        cwd=folder,
    )
    server = Server(folder, process, number)
    try:
        _answers(process, number)
        yield server
    finally:
        server.end(hard=True)


def _lives(process: int) -> bool:
    """Return whether a process has not ended; one that has may stay listed until somebody asks for its status."""
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _children(parent: int) -> list[int]:
    """Return the processes that a process has started, where the system lists them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text("utf-8", "replace").rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found


def _answers(process: subprocess.Popen[bytes], port: int) -> None:
    import psycopg

    end = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg.connect(f"postgresql://tests@127.0.0.1:{port}/postgres", connect_timeout=5).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


def _other_user() -> str | None:
    """Return a user for the server, which refuses to run as root; None if we are someone else already."""
    if os.geteuid():
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
