"""Chromium for tests: found, started, and watched so that nothing it asks for goes unseen."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import pytest

from crawler.fetch.browser import NoBrowser, find_chromium
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Playwright, Route

HOME = "http://explain.invalid/page.html"
"""Where the tests put a page: a name that no resolver knows."""
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
)

NOTHING = "(a connection, and nothing asked)"
OWN = (".googleapis.com", ".google.com", ".gvt1.com")
"""What Chromium requests by itself, whatever its flags are."""


class Sink:
    """A proxy that answers nobody: `asked` has the first line of every request that a browser sent to it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            # A browser opens connections that it may never use, and waits for an answer on others.
            threading.Thread(target=self._hear, args=(connection,), daemon=True).start()

    def _hear(self, connection: socket.socket) -> None:
        with connection:
            try:
                line = connection.recv(4096).split(b"\r\n", 1)[0]
            except OSError:
                line = b""
        self.asked.append(line.decode("latin-1") or NOTHING)

    def asked_by(self, html: str) -> list[str]:
        """Return what was asked, less what Chromium asks by itself from hosts that `html` does not name."""
        return [line for line in self.asked if not _own(line, html)]

    def close(self) -> None:
        """End the proxy."""
        self._socket.shutdown(socket.SHUT_RDWR)  # closing alone would not wake the thread that accepts
        self._socket.close()
        self._thread.join(timeout=PATIENCE)


def _own(line: str, html: str) -> bool:
    _, _, target = line.partition(" ")
    host = target.removeprefix("http://").split("/")[0].split(" ")[0].split(":")[0]
    return line == NOTHING or (host.endswith(OWN) and host not in html)


class Chromium:
    """A running Chromium; all that leaves it, on any way, comes to `sink`."""

    def __init__(self, playwright: Playwright, path: str) -> None:
        self._playwright = playwright
        self._path = path
        self.sink = Sink()
        ways_out = (
            f"--proxy-server=http://127.0.0.1:{self.sink.port}",
            "--proxy-bypass-list=<-loopback>",
            "--webrtc-ip-handling-policy=disable_non_proxied_udp",
        )
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        args = [*QUIET, *ways_out, *(["--no-sandbox"] if root else [])]
        self.browser = playwright.chromium.launch(executable_path=path, args=args)

    @contextmanager
    def another(self) -> Iterator[Chromium]:
        """Start one more beside it, for a page that may leave something behind."""
        more = Chromium(self._playwright, self._path)
        try:
            yield more
        finally:
            more.close()

    def close(self) -> None:
        """End the browser and its sink."""
        self.browser.close()
        self.sink.close()

    @contextmanager
    def show(
        self, html: str, *, scheme: Literal["light", "dark"] = "light", width: int = 1440, height: int = 900
    ) -> Iterator[Shown]:
        """Open `html` as a page; a context of its own, ended with the block."""
        context = self.browser.new_context(
            color_scheme=scheme, viewport={"width": width, "height": height}, service_workers="block"
        )
        try:
            yield Shown(context, html)
        finally:
            context.close()


class Shown:
    """An open page: `page`, and what it did beside being there."""

    def __init__(self, context: BrowserContext, html: str) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page: Page = context.new_page()
        context.on("page", lambda page: self.complaints.append(f"popup {page.url}"))
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error {error}"))
        self.page.on("dialog", self._dialog)
        context.route("**/*", lambda route: self._answer(route, html))
        self.page.goto(HOME, wait_until="load")

    def _console(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        if kind in {"error", "warning"}:
            self.complaints.append(f"console {kind}: {text}")

    def _dialog(self, dialog: object) -> None:
        self.complaints.append(f"dialog {getattr(dialog, 'message', '')}")
        dialog.dismiss()  # type: ignore[attr-defined]

    def _answer(self, route: Route, html: str) -> None:
        if route.request.url == HOME:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        else:
            self.requests.append(route.request.url)
            route.abort()


@contextmanager
def started() -> Iterator[Chromium]:
    """Start Chromium for as long as the block lasts; raises NoBrowser.

    Playwright's synchronous side keeps an event loop running: end the block before anything calls asyncio.run.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise NoBrowser("Playwright is not installed; `make setup-dev` does it") from None
    path = find_chromium()
    with sync_playwright() as playwright:
        running = Chromium(playwright, path)
        try:
            yield running
        finally:
            running.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """Yield a running Chromium; without one the test is skipped with the reason, in CI it fails."""
    try:
        find_chromium()
        import playwright.sync_api  # noqa: F401
    except (NoBrowser, ImportError) as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{missing}, and CI must have it")
        pytest.skip(str(missing))
    with started() as running:
        yield running
