"""A web server on 127.0.0.1 that sends scripted responses byte by byte, with every kind of network fault.

What it sends is data: a `Play` is pieces of bytes, the pause between them, and how it ends. It routes by host and path,
whatever the port, and keeps a log of what it was asked for.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import struct
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import TracebackType


@dataclass(frozen=True, slots=True)
class Play:
    """What is sent, piece by piece with `pause` seconds between; then the connection is kept, closed, reset or hung."""

    pieces: Sequence[bytes]
    pause: float = 0.0
    end: str = "keep"
    before: float = 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: when its head was read (`time.monotonic()`, the clock of all processes), and its head.

    It had not come before `since`: on a busy machine the server itself gets its turn late.
    """

    time: float
    since: float
    host: str
    path: str
    head: str


def head(*lines: str, status: str = "200 OK", kind: str = "text/html; charset=utf-8") -> bytes:
    """Return an answer's head."""
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {kind}", *lines, "", ""]).encode()


def answer(body: bytes, *lines: str, status: str = "200 OK", kind: str = "text/html; charset=utf-8") -> Play:
    """Return a sound answer."""
    return Play([head(f"Content-Length: {len(body)}", *lines, status=status, kind=kind) + body])


def coded(body: bytes, encoding: str) -> Play:
    """Return an answer whose header names an encoding, whatever the body is in."""
    return answer(body, f"Content-Encoding: {encoding}")


def chunk(data: bytes) -> bytes:
    """Return a chunk of a chunked body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


HANG = Play([], end="hang")
"""Takes the connection and the request, and says nothing."""


def loris(body: bytes) -> Play:
    """Return a sound answer at one byte every half second."""
    return Play([bytes([byte]) for byte in head(f"Content-Length: {len(body)}") + body], pause=0.5)


def broken_bodies(page: bytes) -> dict[str, Play]:
    """Return the page in each of the ways that are not whole (F8)."""
    half, zipped = page[: len(page) // 2], gzip.compress(page)
    damaged = zipped[:40] + bytes(byte ^ 0x55 for byte in zipped[40:80]) + zipped[80:]
    return {
        "length-too-long": Play([head(f"Content-Length: {len(page) + 100}") + page], end="close"),
        "length-too-short": Play([head(f"Content-Length: {len(page) - 20}") + page]),
        "length-too-short-in-two": Play([head(f"Content-Length: {len(half)}") + half, page[len(half) :]], pause=0.4),
        "length-nought": Play([head("Content-Length: 0") + page]),
        "chunked-cut": Play([head("Transfer-Encoding: chunked") + chunk(half)], end="close"),
        "chunked-damaged": Play([head("Transfer-Encoding: chunked") + chunk(half) + b"zz\r\n" + half], end="keep"),
        "no-length-cut": Play([head("Connection: close") + half], end="close"),
        "no-length-reset": Play([head("Connection: close") + page], end="reset", pause=0.05),
        "gzip-damaged": coded(damaged, "gzip"),
        "gzip-cut": coded(zipped[:-30], "gzip"),
        "gzip-without-its-checksum": coded(zipped[:-8], "gzip"),
        "gzip-unsaid": answer(zipped),
        "deflate-cut": coded(zlib.compress(page)[:-10], "deflate"),
        "encoding-said-but-not-done": coded(page, "gzip"),
        "encoding-not-asked-for": coded(page, "br"),
        "encodings-without-end": coded(zipped, ", ".join(["gzip"] * 20)),
        "header-of-one-long-line": answer(page, "X-Long: " + "x" * 200_000),
        "header-of-many-lines": answer(page, *(f"X-Line-{number}: {'x' * 180}" for number in range(1000))),
        "no-http": Play([b"SSH-2.0-OpenSSH_9.2\r\n" * 3], end="close"),
        "closed-without-an-answer": Play([], end="close"),
        "lengths-that-differ": Play([head(f"Content-Length: {len(page)}", f"Content-Length: {len(half)}") + page]),
    }


def bomb(encoding: str, size: int) -> Play:
    """Return an answer that inflates to `size` bytes."""
    inflate = gzip.compress if encoding == "gzip" else zlib.compress
    body = inflate(b"<html>" + b" " * size + b"</html>")
    if encoding == "gzip, gzip":
        body = gzip.compress(gzip.compress(b" " * size))
    return coded(body, encoding)


class FaultServer:
    """The running server, for a `with` statement. `play` says what an address answers; nothing said: 404."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.port = 0
        self._plays: dict[str, list[Play | Callable[[], Play]]] = {}
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()
        self._ticks: deque[float] = deque([0.0], maxlen=4)

    def play(self, address: str, *plays: Play | Callable[[], Play]) -> None:
        """Let an address (host and path, or a path for all hosts) give these answers in turn, the last for ever.

        One that depends on the time is a function.
        """
        self._plays[address] = list(plays)

    def times(self, host: str | None = None, path: str | None = None) -> list[float]:
        """Return when a host, or a path, or both were asked."""
        return [a.time for a in list(self.asked) if host in {None, a.host} and path in {None, a.path}]

    def gaps(self, host: str) -> list[float]:
        """Return the most seconds that can have been between any two requests to a host that followed one another."""
        came = sorted((a.time, a.since) for a in list(self.asked) if a.host == host)
        return [later[0] - earlier[1] for earlier, later in pairwise(came)]

    def paths(self, host: str | None = None) -> list[str]:
        """Return the paths asked for, but for robots.txt."""
        return [a.path for a in list(self.asked) if host in {None, a.host} and a.path != "/robots.txt"]

    def __enter__(self) -> FaultServer:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls))
        self.port = server.sockets[0].getsockname()[1]
        self._tick()
        self._ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self._loop.run_until_complete(asyncio.wait(tasks))
        self._loop.close()

    def _tick(self) -> None:
        self._ticks.append(time.monotonic())
        self._loop.call_later(0.002, self._tick)

    def _next(self, host: str, path: str) -> Play:
        queue = self._plays.get(f"{host}{path}") or self._plays.get(path)
        if queue is None:
            return answer(b"", status="404 Not Found")
        play = queue.pop(0) if len(queue) > 1 else queue[0]
        return play if isinstance(play, Play) else play()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answered(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client had enough
        finally:
            writer.close()

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        came, path = time.monotonic(), lines.split(" ")[1]
        host = lines.lower().partition("\r\nhost: ")[2].partition("\r\n")[0].partition(":")[0]
        self.asked.append(Asked(came, self._ticks[0], host, path, lines))
        play = self._next(host, path)
        await asyncio.sleep(play.before)
        for number, piece in enumerate(play.pieces):
            if number and play.pause:
                await asyncio.sleep(play.pause)
            writer.write(piece)
            await writer.drain()
        if play.end == "hang":
            await reader.read()
        if play.end == "reset":
            await asyncio.sleep(play.pause)
            raw: socket.socket = writer.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return play.end == "keep"
