"""A portal on 127.0.0.1: serves pages by host and path, keeps a log, and can be made to answer badly.

``with Portal(pages) as portal:`` listens on a free port. A request is routed by its ``Host`` header, by an absolute
request target (so the portal can be used as an HTTP proxy), or by a prefix ``/_/<host>/path``. The scheme plays no
part; a query is looked up first as sent, then left aside.
"""

from __future__ import annotations

import gzip
import http
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from tests.portal.page import FixturePage

PREFIX = "/_/"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answers.

    ``delay`` seconds pass before it; after ``cut`` bytes of the body the connection breaks. A request that names the
    ``ETag`` among its headers gets a 304.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/html; charset=utf-8"})
    delay: float = 0.0
    cut: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came; ``time`` is ``time.monotonic()`` at its arrival, ``target`` the path with its query."""

    method: str
    host: str
    target: str
    time: float
    headers: dict[str, str]
    status: int


class Portal:
    """The running portal.

    ``pages`` are served under their addresses. ``robots`` is every host's robots.txt (none: it answers 404);
    ``missing`` the body of a 404. Answers may be changed while it runs (``answer``), and ``requests`` is the log.
    """

    def __init__(
        self, pages: Iterable[FixturePage] = (), *, robots: str | None = None, missing: bytes = b"not found"
    ) -> None:
        self.requests: list[Request] = []
        self._answers: dict[str, list[Answer]] = {}
        self._robots = robots
        self._missing = missing
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        for page in pages:
            self.answer(page.url, Answer(page.body, page.status, page.headers))

    def answer(self, url: str, *answers: Answer) -> None:
        """Let ``url`` give these answers in turn, the last one for ever."""
        if not answers:
            raise ValueError(f"{url}: give at least one answer")
        with self._lock:
            self._answers[_key(urlsplit(url).netloc, _target(url))] = list(answers)

    def address(self, url: str) -> str:
        """Return the address on this machine under which ``url`` is served."""
        return f"{self.base}{PREFIX}{urlsplit(url).netloc}{_target(url)}"

    @property
    def port(self) -> int:
        """Return the port; the portal must be running."""
        if self._server is None:
            raise RuntimeError("the portal is not running: use it in a with statement")
        return int(self._server.server_address[1])

    @property
    def base(self) -> str:
        """Return ``http://127.0.0.1:PORT``, which also serves as the address of a proxy."""
        return f"http://127.0.0.1:{self.port}"

    def find(self, host: str, target: str) -> Answer:
        """Return the answer for a host and a path with its query, and turn to the next where there are several."""
        with self._lock:
            for wanted in (target, target.partition("?")[0]):
                queue = self._answers.get(_key(host, wanted))
                if queue:
                    return queue.pop(0) if len(queue) > 1 else queue[0]
        if target == "/robots.txt" and self._robots is not None:
            return Answer(self._robots.encode(), headers={"Content-Type": "text/plain"})
        return Answer(self._missing, 404)

    def asked(self, host: str | None = None) -> list[str]:
        """Return ``host/path?query`` of each request but those for robots.txt, in order; of one host when it is given."""
        with self._lock:
            found = [r for r in self.requests if r.target != "/robots.txt" and host in {None, r.host}]
        return [f"{r.host}{r.target}" for r in found]

    def log(self, request: Request) -> None:
        """Add a request to the log."""
        with self._lock:
            self.requests.append(request)

    def __enter__(self) -> Portal:
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server and self._thread:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
        self._server = None


class _Server(ThreadingHTTPServer):
    """Says nothing of clients that were killed."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _key(host: str, target: str) -> str:
    return f"{host.lower()}{target}"


def _target(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _handler(portal: Portal) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers for the portal."""

        protocol_version = "HTTP/1.1"
        server_version = "portal"

        def do_GET(self) -> None:
            """Answer with head and body."""
            self._reply(body=True)

        def do_HEAD(self) -> None:
            """Answer with the head alone."""
            self._reply(body=False)

        def log_message(self, *args: object) -> None:
            """Keep standard error clean; the portal has its own log."""

        def _route(self) -> tuple[str, str]:
            target = self.path
            if "://" in target.partition("?")[0]:
                return urlsplit(target).netloc, _target(target)
            if target.startswith(PREFIX):
                host, slash, path = target.removeprefix(PREFIX).partition("/")
                return host, slash + path or "/"
            return self.headers.get("Host", ""), target

        def _reply(self, *, body: bool) -> None:
            host, target = self._route()
            came = time.monotonic()
            answer = portal.find(host, target)
            content, headers = answer.body, dict(answer.headers)
            if headers.get("ETag", "") and headers["ETag"] == self.headers.get("If-None-Match"):
                answer, content = replace(answer, status=304), b""
            portal.log(Request(self.command, host, target, came, dict(self.headers), answer.status))
            if answer.delay:
                time.sleep(answer.delay)
            if "gzip" in self.headers.get("Accept-Encoding", "") and answer.cut is None and len(content) > 1024:
                content = gzip.compress(content, 1)
                headers["Content-Encoding"] = "gzip"
            self.send_response(answer.status, http.HTTPStatus(answer.status).phrase)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if not body:
                return
            try:
                self.wfile.write(content[: answer.cut])
            except (BrokenPipeError, ConnectionResetError):  # the client had enough
                self.close_connection = True
            if answer.cut is not None:
                self.close_connection = True

    return Handler
