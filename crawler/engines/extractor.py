"""An extractor for workers of an engine: each page costs at most what is allowed, and none ends the worker."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import msgspec

from ..bulk.cost import Cost
from ..bulk.messages import Setup
from ..bulk.outcome import Outcome, Reading
from ..errors import Failure, ProfileInvalid
from ..extract import PROFILES
from ..records.write import ChromeLevel
from ..warc.reader import ArchivedResponse
from .child import Reply, failed, receive, send


class Extractor:
    """Returns the outcome of responses, one after another, from a process of its own.

    `profiles` are folders of profiles, `reading` says which pages are read without one, `cost` limits a page. It can be
    pickled; the process is started with the first response, and again after one that ended it. `close` ends it. Raises
    ProfileInvalid where the folders of profiles cannot be used.
    """

    def __init__(
        self,
        profiles: Path | str | Sequence[Path | str] = PROFILES,
        *,
        chrome: ChromeLevel = ChromeLevel.FULL,
        reading: Reading = Reading.REST,
        cost: Cost = Cost(),  # noqa: B008 - it is immutable
    ) -> None:
        folders = [profiles] if isinstance(profiles, (Path, str)) else profiles
        self.setup = Setup(tuple(map(str, folders)), ChromeLevel(chrome), cost, Reading(reading))
        self._process: subprocess.Popen[bytes] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {"setup": self.setup, "_process": None}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def reply(self, response: ArchivedResponse) -> Reply:
        """Return the outcome of a response: its record's line, its quarantine entry, or how it is counted."""
        process = self._process or self._start()
        message = None
        if process.stdin is not None and process.stdout is not None:
            try:
                send(process.stdin, msgspec.msgpack.encode(response, enc_hook=str))
                message = receive(process.stdout)
            except OSError:
                message = None
            except BaseException:  # the answer would be taken for that of the next page
                self.close()
                raise
        if message is None:
            return Reply.of(self._ended(response), self.setup)
        reply = msgspec.msgpack.decode(message, type=Reply)
        if reply.spent:
            self.close()
        return reply

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):  # what was not sent is not needed any more
                        stream.close()
            process.kill()
            process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        code = f"import sys; sys.path.insert(0, {_PLACE!r}); from {__package__}.child import main; main()"
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._process = process
        ready = None
        if process.stdin is not None and process.stdout is not None:
            with contextlib.suppress(OSError):
                send(process.stdin, msgspec.msgpack.encode(self.setup))
                ready = receive(process.stdout)
        if ready is None:
            self.close()
            raise ProfileInvalid(
                "no page can be extracted with these profiles; see the error above", file=self.setup.profiles[0]
            )
        return process

    def _ended(self, response: ArchivedResponse) -> Outcome:
        code = None
        if self._process is not None:
            code = self._process.wait()
        self.close()
        failure, reason = self.setup.cost.failure_of(code) or (
            Failure.CRASHED,
            f"it crashed its process (exit status {code})",
        )
        return failed(response, failure, reason)


_PLACE = str(Path(__file__).resolve().parents[2])
"""Where the package is: an engine may have put it on the path of its own workers only."""
