"""Rendering: a page runs its scripts in a browser, and the crawl fetches everything that they ask for.

So what a rendered page asks for waits for its host's turn, obeys robots.txt, goes to checked addresses, is recorded in
cassettes and fails by the same names as what a crawl fetches itself.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag

import msgspec
from scrapy import Request
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from ..errors import Failure
from ..profiles.model import Render
from ..profiles.patterns import occurs
from .browser import BrowserLost, Chromium, within
from .faults import Broken, Stopped
from .onsite import RENDER_HOSTS

if TYPE_CHECKING:
    from playwright.async_api import Page, Route

AT_ONCE = 4
TICK = 0.05
"""Seconds between two checks of a page."""
GIVE_UP = 5.0
"""Seconds without a request after which a missing element is no longer waited for."""
LOST_TWICE = "the browser ended twice while it rendered the page"
CACHE = 32 * 1024 * 1024
"""Maximum bytes of cached scripts and style sheets (as their headers allow), which a site's pages share."""
CACHED_FOR = 24 * 3600.0
_SENT = ("accept", "content-type", "origin", "referer", "x-requested-with")
_FETCHED = frozenset({"script", "stylesheet", "xhr", "fetch"})
_KEPT = frozenset({"script", "stylesheet"})

_STATE = """groups => [document.readyState, groups.every(([selectors, least]) => selectors.some(css => {
  try {
    return [...document.querySelectorAll(css)].some(
      node => node.textContent.replace(/\\s+/g, '').length >= least || (least > 1 && node.querySelector('img, video')))
  } catch { return false }
}))]"""
_CLICK = """selectors => { for (const css of selectors) {
  try { for (const node of document.querySelectorAll(css)) if (node.getClientRects().length) node.click() } catch {}
} }"""
_SCROLL = "() => window.scrollTo(0, document.documentElement.scrollHeight)"

Groups = tuple[tuple[tuple[str, ...], int], ...]
"""What is waited for: of each group one selector's element, with so many characters of text."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request of a page's scripts; `hosts` are those they may contact besides the site's own."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = {}
    body: bytes = b""
    hosts: tuple[str, ...] = ()


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The original page."""

    url: str
    body: bytes
    content_type: str


class Rendered(msgspec.Struct, frozen=True, kw_only=True):
    """A page after its scripts: its HTML in UTF-8, what it asked for (method, URL, status or failure), a picture."""

    html: bytes
    asked: tuple[tuple[str, str, str], ...] = ()
    screenshot: bytes | None = None


class _Kept(msgspec.Struct):
    response: Response
    until: float


class _Look:
    """One page during rendering."""

    def __init__(self, document: Document, rule: Render, end: float | None = None) -> None:
        self.document = document
        self.rule = rule
        self.end = time.monotonic() + rule.seconds if end is None else end
        self.reserve = min(2.0, rule.seconds / 5)
        self.pending = 0
        self.touched = time.monotonic()
        self.sent = False
        self.crashed = False
        self.asked: list[tuple[str, str, str]] = []

    @property
    def left(self) -> float:
        return self.end - time.monotonic()

    def crash(self, _: object) -> None:
        """Note that the page's process has ended."""
        self.crashed = True

    def quiet(self) -> float:
        """Return the seconds since the last request."""
        return 0.0 if self.pending else time.monotonic() - self.touched


class Renderer:
    """Renders the pages of one crawl, some at once. `fetch` fetches like the crawl and raises what a download raises.

    `stopping` says whether the crawl ends. `slowest` is the most seconds that a page has taken so far, of all tries.
    """

    def __init__(
        self,
        fetch: Callable[[Asked], Awaitable[Response]],
        stopping: Callable[[], bool],
        *,
        chromium: str | None = None,
        at_once: int = AT_ONCE,
    ) -> None:
        self.chromium = Chromium(chromium)
        self.slowest = 0.0
        self._fetch = fetch
        self._stopping = stopping
        self._places = asyncio.Semaphore(at_once)
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._coming: dict[str, asyncio.Future[Response]] = {}

    async def render(
        self,
        document: Document,
        rule: Render,
        awaits: Groups = (),
        picture: Callable[[bytes], bool] = lambda _: False,
    ) -> Rendered:
        """Return the page after its scripts. Raises NoBrowser, Stopped, and Broken where it takes longer than allowed.

        `picture` decides by the page's HTML whether a picture of it is taken. A browser that ends or hangs costs one
        more try.
        """
        async with self._places:
            begun = time.monotonic()
            try:
                return await self._twice(_Look(document, rule), awaits, picture)
            finally:
                self.slowest = max(self.slowest, time.monotonic() - begun)

    async def close(self) -> None:
        """End the browser."""
        await self.chromium.close()

    async def _twice(self, look: _Look, awaits: Groups, picture: Callable[[bytes], bool]) -> Rendered:
        try:
            return await self._once(look, awaits, picture, fresh=False)
        except BrowserLost:
            look = _Look(look.document, look.rule, look.end)
        try:
            return await self._once(look, awaits, picture, fresh=True)
        except BrowserLost as error:
            raise Broken(Failure.NO_ANSWER, f"{LOST_TWICE}: {error}") from None

    async def _once(
        self, look: _Look, awaits: Groups, picture: Callable[[bytes], bool], *, fresh: bool
    ) -> Rendered:  # fmt: skip
        async with self.chromium.page(lambda route: self._answer(route, look), fresh=fresh) as page:
            page.on("crash", look.crash)
            try:
                html = await within(look.left, self._shown(page, look, awaits))
                taken = await self._picture(page) if picture(html) else None
                return Rendered(html=html, asked=tuple(look.asked), screenshot=taken)
            except TimeoutError:
                reason = f"the browser was not done after {look.rule.seconds:g} seconds"
                raise Broken(Failure.TIMEOUT, reason) from None
            except (Broken, Stopped, BrowserLost):
                raise
            except Exception as error:  # noqa: BLE001 - Playwright's errors all mean that the page is lost
                raise BrowserLost(f"{type(error).__name__}: {error}") from None
            finally:
                page.remove_listener("crash", look.crash)

    async def _shown(self, page: Page, look: _Look, awaits: Groups) -> bytes:
        rule = look.rule
        await page.goto(look.document.url, wait_until="commit", timeout=min(COMMIT, look.left) * 1000)
        if rule.click or rule.scrolls:
            await self._settled(page, look, ())
            for step in range(rule.scrolls + 1):
                if step:
                    await page.evaluate(_SCROLL)
                if rule.click:
                    await page.evaluate(_CLICK, list(rule.click))
                look.touched = time.monotonic()
                await self._settled(page, look, ())
        await self._settled(page, look, awaits)
        return (await page.content()).encode("utf-8", "replace")

    @staticmethod
    async def _picture(page: Page) -> bytes | None:
        try:
            return await within(SHOT, page.screenshot(full_page=True))
        except Exception:  # noqa: BLE001 - it is for people, and the page is there without it
            return None

    async def _settled(self, page: Page, look: _Look, awaits: Groups) -> None:
        """Wait until what is awaited is there and scripts ask for nothing more; at most for the page's time."""
        while look.left > look.reserve:
            if self._stopping():
                raise Stopped(f"{look.document.url}: the crawl is ending")
            if look.crashed:
                raise BrowserLost("the page crashed")
            quiet = look.quiet()
            if quiet >= look.rule.idle:
                state, there = await page.evaluate(_STATE, [[list(css), least] for css, least in awaits])
                if state != "loading" and (there or quiet >= GIVE_UP):
                    return
            await asyncio.sleep(TICK)

    # --- What the page asks for ---------------------------------------------------------------------------------------

    async def _answer(self, route: Route, look: _Look) -> None:
        """Answer a request of the page; what it may not ask for is refused. Errors are the page's, not ours."""
        look.touched = time.monotonic()
        look.pending += 1
        try:
            await self._replied(route, look)
        except Exception:  # noqa: BLE001, S110 - the page is gone, which whoever renders it hears of
            pass
        finally:
            look.pending -= 1
            look.touched = time.monotonic()

    async def _replied(self, route: Route, look: _Look) -> None:
        request = route.request
        if request.is_navigation_request():
            first = not look.sent and request.frame.parent_frame is None
            if not first or urldefrag(request.url)[0] != urldefrag(look.document.url)[0]:
                await route.abort("aborted")  # frames, and other pages that a script leads to
                return
            look.sent = True
            await route.fulfill(body=look.document.body, headers={"content-type": look.document.content_type})
            return
        url = urldefrag(request.url)[0]
        if request.resource_type not in _FETCHED or request.method not in {"GET", "POST"}:
            await route.abort("blockedbyclient")
            return
        if any(occurs(pattern, url) for pattern in look.rule.block):
            await route.abort("blockedbyclient")
            return
        asked = Asked(
            url=url,
            method=request.method,
            headers={name: value for name, value in request.headers.items() if name in _SENT},
            body=request.post_data_buffer or b"",
            hosts=look.rule.hosts,
        )
        try:
            response = await self._got(asked, cacheable=request.resource_type in _KEPT)
        except Exception as error:  # noqa: BLE001 - each is a failure with a name
            look.asked.append((asked.method, url, type(error).__name__))
            await route.abort("failed")
            return
        look.asked.append((asked.method, url, str(response.status)))
        await route.fulfill(status=response.status, body=response.body, headers=_headers(response))

    async def _got(self, asked: Asked, *, cacheable: bool) -> Response:
        """Fetch, or return the stored response; pages that request the same script at once wait for one request."""
        if not cacheable or asked.method != "GET":
            return await self._fetch(asked)
        kept = self._kept.get(asked.url)
        if kept is not None and kept.until > time.time():
            self._kept.move_to_end(asked.url)
            return kept.response
        coming = self._coming.get(asked.url)
        if coming is None:
            coming = self._coming[asked.url] = asyncio.ensure_future(self._fetch(asked))
            coming.add_done_callback(lambda done: self._came(asked.url, done))
        return await asyncio.shield(coming)

    def _came(self, url: str, done: asyncio.Future[Response]) -> None:
        del self._coming[url]
        if done.cancelled() or done.exception() is not None:
            return
        response = done.result()
        seconds = fresh_for(response, time.time())
        if response.status == 200 and seconds > 0:
            self._kept[url] = _Kept(response, time.time() + seconds)
            size = sum(len(kept.response.body) for kept in self._kept.values())
            while size > CACHE:
                size -= len(self._kept.popitem(last=False)[1].response.body)


COMMIT = 10.0
"""Seconds for a tab to take the page that it is given; one that takes longer hangs."""
SHOT = 3.0
"""Seconds for a screenshot."""


async def fetch_by_engine(engine: Any, asked: Asked) -> Response:
    """Fetch what a page asks for by Scrapy's engine: with its middlewares, as every request of a crawl."""
    request = Request(
        asked.url,
        callback=NO_CALLBACK,
        method=asked.method,
        headers=dict(asked.headers),
        body=asked.body,
        meta={RENDER_HOSTS: asked.hosts},
        dont_filter=True,
    )
    response: Response = await engine.download_async(request)
    return response


def fresh_for(response: Response, now: float) -> float:
    """Return for how many seconds a response may be used again (RFC 9111, 4.2), at most a day."""
    control = b",".join(response.headers.getlist(b"Cache-Control")).decode("latin-1").lower()
    directives = dict(part.strip().partition("=")[::2] for part in control.split(","))
    if directives.keys() & {"no-store", "no-cache", "private"}:
        return 0.0
    age = directives.get("max-age", "").strip('"')
    if age.isdecimal():
        return min(float(age), CACHED_FOR)
    modified = response.headers.get(b"Last-Modified")
    try:
        since = now - parsedate_to_datetime((modified or b"").decode("latin-1")).timestamp()
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return min(max(since / 10, 0.0), CACHED_FOR)


def _headers(response: Response) -> dict[str, str]:
    """Return the headers that a browser needs of an answer: none that sets anything for other requests."""
    found: dict[str, str] = {}
    names: Any = response.headers.keys()
    for raw in names:
        name = raw.decode("latin-1").lower()
        if name == "content-type" or name.startswith("access-control-"):
            found[name] = (response.headers.get(raw) or b"").decode("latin-1")
    return found
