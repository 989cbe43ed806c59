"""A process that does one page after another within limits, so that a page that costs too much ends only that process.

The parent writes messages to its standard input and reads one answer for each; a message is its length in four bytes
and bytes. The first message is the setup, which is answered when the process is ready.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from ..errors import Failure, ProfileInvalid
from .cost import Budget, Cost
from .crashes import failure_of

_LENGTH = 4
_PLACE = str(Path(__file__).resolve().parents[2])
"""Where the package is: an engine may have put it on the path of its own workers only."""


class Answers(NamedTuple):
    """What a process does: `answer` a message, and the answer to one that `failed`, with the reason."""

    answer: Callable[[bytes], bytes]
    failed: Callable[[bytes, Failure, str], bytes]


class Child:
    """The parent's side: `ask` starts the process if there is none, and replaces it after a page that ended it.

    `module` is a module of this package whose `main` calls `serve`; `setup` is its first message, from which
    it loads `profiles`.
    """

    def __init__(self, module: str, setup: bytes, cost: Cost, profiles: Sequence[str]) -> None:
        self._module = module
        self._setup = setup
        self._cost = cost
        self._profiles = profiles
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, message: bytes) -> bytes | tuple[Failure, str]:
        """Return the answer, or why the process ended without one. Raises ProfileInvalid if it does not start.

        A message that has crashed the process is asked once more (see `failure_of`).
        """
        crashes, failure = 0, None
        while failure is None:
            answer = self._ask(message)
            if answer is not None:
                return answer
            code = self.process.wait() if self.process is not None else None
            self.close()
            crashes += 1
            failure = failure_of(code, crashes, self._cost)
        return failure

    def _ask(self, message: bytes) -> bytes | None:
        process = self.process or self._start()
        answer = None
        try:
            with contextlib.suppress(OSError):
                _send(process.stdin, message)
                answer = _receive(process.stdout)
        except BaseException:  # the answer would be taken for that to the next message
            self.close()
            raise
        if answer is not None and answer[:1] == _SPENT:
            self.close()
        return answer[1:] if answer is not None else None

    def close(self) -> None:
        """End the process."""
        process, self.process = self.process, None
        if process is not None:
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):  # what was not sent is not needed any more
                        stream.close()
            process.kill()
            process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        code = f"import sys; sys.path.insert(0, {_PLACE!r}); from {self._module} import main; main()"
        command = [sys.executable, "-P", "-c", code]  # a module in the working directory is not the library's
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own code
        self.process = process
        ready = None
        try:
            with contextlib.suppress(OSError):
                _send(process.stdin, self._setup)
                ready = _receive(process.stdout)
        except BaseException:  # what it answers to the setup would be taken for that to a page
            self.close()
            raise
        if ready is None:
            self.close()
            raise ProfileInvalid(
                "no page can be extracted with these profiles; see the error above",
                file=self._profiles[0] if self._profiles else "profiles",
            )
        return process


_SOUND, _SPENT = b"+", b"-"
"""The first byte of an answer: whether the process can go on, or has to be replaced."""


def serve(prepare: Callable[[bytes], tuple[Cost, Answers]]) -> None:
    """Answer messages until the input ends, each within the limits that `prepare` reads from the setup."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole process group; the parent handles it
    source, out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # output of a library must not be taken for an answer
    setup = _receive(source)
    if setup is None:
        return
    cost, (answer, failed) = prepare(setup)
    _send(out, b"ready")
    budget = Budget(cost)
    while (message := _receive(source)) is not None:
        failure = None
        budget.begin()
        try:
            made = answer(message)
        except MemoryError:
            failure = Failure.TOO_COSTLY, budget.memory_message
        except Exception as error:  # noqa: BLE001 - a bug that one page reveals must not end the run
            failure = Failure.CRASHED, f"{type(error).__name__}: {error}"
        budget.end()
        exceeded = budget.exceeded
        if exceeded is not None:
            failure = Failure.TOO_COSTLY, exceeded
        if failure is not None:
            made = failed(message, *failure)
        _send(out, (_SOUND if exceeded is None else _SPENT) + made)


def _send(stream: IO[bytes] | None, message: bytes) -> None:
    if stream is not None:
        stream.write(len(message).to_bytes(_LENGTH, "big"))
        stream.write(message)
        stream.flush()


def _receive(stream: IO[bytes] | None) -> bytes | None:
    """Return the next message; None at the end of the stream."""
    head = stream.read(_LENGTH) if stream is not None else b""
    if stream is None or len(head) < _LENGTH:
        return None
    length = int.from_bytes(head, "big")
    message = stream.read(length)
    return message if len(message) == length else None
