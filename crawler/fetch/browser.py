"""One Chromium per process: found, started for the first page that needs it, renewed, and reliably ended.

The browser never touches the network. Whatever a page asks for is answered by its `Answer`, which fetches as the crawl
fetches; the proxy that the browser is given refuses all that finds a way round that (redirects, popups, WebSockets,
WebRTC, speculative connections), and it resolves no name.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page, Playwright, Route

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PAGES_PER_CONTEXT = 50
"""Contexts keep what their pages leave behind: memory that is free only when they are closed."""
PAGES_PER_BROWSER = 500
SOON = 5.0
"""Time limit in seconds for calls that take milliseconds in a working browser."""
TAB = 1.0
"""Seconds after which an unused tab is closed."""
_CLEAN = "try { sessionStorage.clear(); window.name = '' } catch {}"
"""What a tab would hand from page to page."""
CLOSE = 3.0
"""Time limit in seconds for closing a page; Chromium ends a looping script after a second."""
START = 60.0
"""Time limit in seconds for starting a browser, on a busy machine."""

_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-remote-fonts",
    "--mute-audio",
    "--block-new-web-contents",
    "--blink-settings=imagesEnabled=false",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
)

T = TypeVar("T")
log = logging.getLogger("portalsieve")

Answer = Callable[["Route"], Awaitable[None]]
"""Answers what a page asks for."""


class NoBrowser(Exception):  # noqa: N818 - states what is missing
    """No browser is available for rendering; the message names both ways to install one."""


class BrowserLost(Exception):  # noqa: N818 - states what happened
    """The browser, or the page's process, ended or does not respond."""


def find_chromium(named: str | None = None, own: str | None = None) -> str:
    """Return the path of a Chromium: `named` (the setting), $CHROMIUM, `own` (Playwright's), or one on the PATH.

    Raises NoBrowser.
    """
    for source, path in (("PORTALSIEVE_CHROMIUM", named), ("CHROMIUM", os.environ.get("CHROMIUM"))):
        if path:
            if not os.access(path, os.X_OK) or Path(path).is_dir():
                raise NoBrowser(f"{source} is {path}, which is not a program; name Chromium's executable file")
            return path
    if own and Path(own).is_file():
        return own
    found = next((path for path in map(shutil.which, NAMES) if path is not None), None)
    if found is None:
        raise NoBrowser(
            "no Chromium is installed: install your system's package (apt-get install chromium) or Playwright's"
            " (playwright install chromium), or name one in PORTALSIEVE_CHROMIUM"
        )
    return found


class Proxy:
    """A proxy on this machine that refuses every request; `refused` counts them."""

    def __init__(self) -> None:
        self.refused = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen on a free port of 127.0.0.1 and return it."""
        self._server = await asyncio.start_server(self._refuse, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _refuse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        self.refused += 1
        with contextlib.suppress(OSError):
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
        writer.close()

    def close(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()


class _Context:
    """A browser context: how many pages it has had, how many are open, and the tabs that wait for another page."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.pages = 0
        self.open = 0
        self.tabs: list[Page] = []
        self.answers: dict[Page, Answer] = {}

    async def answer(self, route: Route) -> None:
        """Answer a request by the tab that makes it; those of popups, and of tabs that are done, are refused."""
        with contextlib.suppress(Exception):  # the tab is gone, which whoever renders in it hears of
            answer = self.answers.get(route.request.frame.page)
            await (route.abort("aborted") if answer is None else answer(route))

    def keep(self, tab: Page) -> None:
        """Keep a tab for the next page; it is closed if there is none soon, because its scripts keep running."""
        self.tabs.append(tab)
        asyncio.get_running_loop().call_later(TAB, self._drop, tab)

    def _drop(self, tab: Page) -> None:
        if tab in self.tabs:
            self.tabs.remove(tab)
            _later(tab.close())


class _Run:
    """One start of the browser with its driver. All calls into it have a time limit."""

    def __init__(self, driver: Playwright, browser: Browser, pid: int | None) -> None:
        self.driver = driver
        self.browser = browser
        self.pid = pid
        self.pages = 0
        self.open = 0
        self.ended = False
        self.context: _Context | None = None
        self.profile = _profile_of(pid)

    @property
    def alive(self) -> bool:
        return not self.ended and self.browser.is_connected()

    async def end(self) -> None:
        """End browser and driver: by asking, and by force where that does not help."""
        if self.ended:
            return
        self.ended = True
        with contextlib.suppress(Exception):
            await within(SOON, self.browser.close())
        self._kill()
        await _stopped(self.driver)
        if self.profile is not None:
            shutil.rmtree(self.profile, ignore_errors=True)

    async def kill(self) -> None:
        """End browser and driver by force."""
        if not self.ended:
            self.ended = True
            self._kill()
            await _stopped(self.driver)
            if self.profile is not None:
                shutil.rmtree(self.profile, ignore_errors=True)

    def _kill(self) -> None:
        """Kill the browser's processes; Playwright starts it as the leader of a group of its own."""
        if self.pid is None or (self.profile is not None and _profile_of(self.pid) != self.profile):
            return
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg") and os.getpgid(self.pid) == self.pid:
                os.killpg(self.pid, signal.SIGKILL)
            else:
                os.kill(self.pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)


class Chromium:
    """Provides open pages in contexts and browsers that are renewed; starts nothing before the first page."""

    def __init__(self, named: str | None = None) -> None:
        self._named = named
        self._proxy: Proxy | None = None
        self._port = 0
        self._run: _Run | None = None
        self._old: set[_Run] = set()
        self._starting = asyncio.Lock()
        self.starts = 0

    @property
    def refused(self) -> int:
        """The number of connections that bypassed `Answer` and were refused."""
        return self._proxy.refused if self._proxy is not None else 0

    @asynccontextmanager
    async def page(self, answer: Answer, *, fresh: bool = False) -> AsyncIterator[Page]:
        """Yield a tab for one page; `answer` answers its requests. Raises NoBrowser, BrowserLost.

        Tabs are reused, which halves the CPU time of a page; a `fresh` one was not used before.
        """
        run, context, page = await self._tab(fresh=fresh)
        whole = False
        context.answers[page] = answer
        try:
            yield page
            whole = True
        finally:
            run.open -= 1
            context.open -= 1
            context.answers.pop(page, None)
            if whole and context is run.context and run is self._run and run.alive:
                context.keep(page)
            else:
                await self._leave(run, context, page)

    async def _tab(self, *, fresh: bool) -> tuple[_Run, _Context, Page]:
        """Return a tab; a browser that does not open one is replaced by another, once."""
        for last in (False, True):
            run, context = await self._ready()
            run.open += 1
            context.open += 1
            if context.tabs and not fresh:
                return run, context, context.tabs.pop()
            try:
                page = await self._call(run, context.context.new_page())
            except BrowserLost:
                run.open -= 1
                context.open -= 1
                if last:
                    raise
                continue
            page.on("popup", lambda popup: _later(popup.close()))
            return run, context, page
        raise AssertionError("unreachable")

    async def close(self) -> None:
        """End every browser that was started."""
        runs = {*self._old, *([self._run] if self._run is not None else [])}
        self._run = None
        self._old.clear()
        await asyncio.gather(*(run.end() for run in runs))
        if self._proxy is not None:
            self._proxy.close()

    async def lost(self) -> None:
        """End the browser by force: it does not answer. Its other pages are lost with it."""
        run, self._run = self._run, None
        if run is not None:
            await run.kill()

    async def _leave(self, run: _Run, context: _Context, page: Page) -> None:
        """Close a page, and the context and the browser that have had their pages."""
        if not run.alive:
            if run is self._run:
                self._run = None
            await run.kill()
            self._old.discard(run)
            return
        try:
            await within(CLOSE, page.close())
            if context is not run.context and not context.open:
                await within(SOON, context.context.close())
        except Exception as error:  # noqa: BLE001 - a browser that does not close a page is of no more use
            log.info("the browser did not close a page and is stopped: %s", error)
            if run is self._run:
                self._run = None
            self._old.discard(run)
            await run.kill()
            return
        if run in self._old and not run.open:
            self._old.discard(run)
            await run.end()

    async def _call(self, run: _Run, call: Coroutine[Any, Any, T]) -> T:
        """Await a call into the browser; raises BrowserLost if it fails or takes too long."""
        try:
            return await within(SOON, call)
        except Exception as error:  # noqa: BLE001 - Playwright's errors all mean that it is of no more use
            if run is self._run:
                self._run = None
            await run.kill()
            raise BrowserLost(f"{type(error).__name__}: {error}") from None

    async def _ready(self) -> tuple[_Run, _Context]:
        async with self._starting:
            run = self._run
            if run is not None and not run.alive:
                self._run = None
                await run.kill()
            elif run is not None and run.pages >= PAGES_PER_BROWSER:
                self._run = None
                if run.open:
                    self._old.add(run)
                else:
                    await run.end()
            if self._run is None:
                self._run = await self._start()
            run = self._run
            run.pages += 1
            context = run.context
            if context is None or context.pages >= PAGES_PER_CONTEXT:
                made = await self._call(run, run.browser.new_context(service_workers="block", accept_downloads=False))
                run.context, before = _Context(made), run.context
                await self._call(run, made.route("**/*", run.context.answer))
                await self._call(run, made.add_init_script(_CLEAN))
                if before is not None and not before.open:
                    await self._call(run, before.context.close())
                context = run.context
            context.pages += 1
            return run, context

    async def _start(self) -> _Run:
        """Start a browser; one that crashes while it starts is started again. Raises NoBrowser."""
        try:
            return await self._started()
        except NoBrowser as error:
            log.info("%s; trying again", error)
        return await self._started()

    async def _started(self) -> _Run:
        try:
            from playwright.async_api import Error, async_playwright  # noqa: PLC0415 - an extra
        except ImportError:
            raise NoBrowser(
                "Playwright is not installed; the extra `render` brings it: pip install 'portalsieve[render]'"
            ) from None
        if self._proxy is None:
            self._proxy = Proxy()
            self._port = await self._proxy.start()
        driver = await within(START, async_playwright().start())
        root = hasattr(os, "geteuid") and os.geteuid() == 0
        try:
            path = find_chromium(self._named, driver.chromium.executable_path)
            browser = await within(
                START,
                driver.chromium.launch(
                    executable_path=path,
                    args=[*_ARGUMENTS, f"--proxy-server=http://127.0.0.1:{self._port}"],
                    chromium_sandbox=not root,
                    handle_sigint=False,
                    handle_sigterm=False,
                    handle_sighup=False,
                ),
            )
        except (Error, TimeoutError) as error:
            await _stopped(driver)
            raise NoBrowser(f"Chromium does not start: {str(error).strip() or 'it takes too long'}") from None
        except BaseException:
            await _stopped(driver)
            raise
        self.starts += 1
        return _Run(driver, browser, await _pid(browser))


async def within(seconds: float, call: Awaitable[T]) -> T:
    """Return what `call` returns; raises TimeoutError after so many seconds.

    `asyncio.wait_for` waits until a cancelled call has ended, and calls into a browser that hangs may never end.
    """
    task = asyncio.ensure_future(call)
    try:
        done, _ = await asyncio.wait({task}, timeout=max(seconds, 0.001))
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not done:
        task.cancel()
        raise TimeoutError
    return task.result()


async def _stopped(driver: Playwright) -> None:
    with contextlib.suppress(Exception):
        await within(SOON, driver.stop())
        return
    process: Any = getattr(getattr(getattr(driver, "_impl_obj", None), "_connection", None), "_transport", None)
    with contextlib.suppress(Exception):
        process._proc.kill()


async def _pid(browser: Browser) -> int | None:
    """Return the browser's process id, which Playwright keeps to itself."""
    try:
        session = await within(SOON, browser.new_browser_cdp_session())
        found = await within(SOON, session.send("SystemInfo.getProcessInfo"))
        await within(SOON, session.detach())
    except Exception as error:  # noqa: BLE001 - it only serves to end a browser that hangs
        log.info("the browser's process is not known: %s", error)
        return None
    return next((int(one["id"]) for one in found["processInfo"] if one["type"] == "browser"), None)


def _profile_of(pid: int | None) -> Path | None:
    """Return the browser's profile folder from its command line, if the system shows it."""
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    found = next((part for part in line if part.startswith(b"--user-data-dir=")), None)
    return Path(os.fsdecode(found.partition(b"=")[2])) if found is not None else None


_TASKS: set[asyncio.Future[Any]] = set()


def _later(call: Coroutine[Any, Any, Any]) -> None:
    """Run a call in the background."""

    async def quietly() -> None:
        with contextlib.suppress(Exception):
            await within(SOON, call)

    task = asyncio.ensure_future(quietly())
    _TASKS.add(task)
    task.add_done_callback(_TASKS.discard)
