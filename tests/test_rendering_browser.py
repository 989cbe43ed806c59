"""The browser that renders: found, started once, renewed, replaced where it hangs; and the scripts that are kept."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from pathlib import Path

import pytest
from scrapy.http import Response

from crawler.errors import Failure
from crawler.fetch import browser
from crawler.fetch.browser import NoBrowser, find_chromium
from crawler.fetch.faults import Broken
from crawler.fetch.render import Asked, Document, Renderer, fresh_for
from crawler.profiles.model import Render
from tests.waiting import finished

pytestmark = pytest.mark.usefixtures("renders")

URL = "http://www.sample.example/page.html"
SCRIPT = "http://www.sample.example/app.js"


def program(folder: Path, name: str = "chromium") -> str:
    """Make a program that can be run."""
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_where_chromium_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting, the environment, Playwright's own, then the PATH."""
    first, second, own, last = (program(tmp_path, name) for name in ("first", "second", "own", "google-chrome"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CHROMIUM", second)
    assert first == find_chromium(first, own)
    assert second == find_chromium(None, own)
    monkeypatch.delenv("CHROMIUM")
    assert own == find_chromium(None, own)
    assert last == find_chromium(None, str(tmp_path / "gone"))
    assert program(tmp_path) == find_chromium()


def test_the_message_without_a_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to install one, or what is wrong with the one that was named."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    with pytest.raises(NoBrowser, match=r"apt-get install chromium.*playwright install chromium.*PORTALSIEVE_CHROMIUM"):
        find_chromium()
    with pytest.raises(NoBrowser, match="PORTALSIEVE_CHROMIUM is /nowhere, which is not a program"):
        find_chromium("/nowhere")
    monkeypatch.setenv("CHROMIUM", str(tmp_path))
    with pytest.raises(NoBrowser, match=r"CHROMIUM is .*, which is not a program"):
        find_chromium()


def document(script: str = "") -> Document:
    """Return a page with a script."""
    body = f'<!DOCTYPE html><html><head><meta charset="gbk"><title>页</title></head><body><p id="p">渡口</p><script>{script}</script></body></html>'
    return Document(url=URL, body=body.encode("gb18030"), content_type="text/html; charset=gbk")


async def nothing(asked: Asked) -> Response:
    """Answer with an empty script."""
    return Response(asked.url, body=b"", headers={"Content-Type": "text/javascript"})


def rendering(
    work: Callable[[Renderer], Awaitable[None]],
    fetch: Callable[[Asked], Awaitable[Response]] = nothing,
    at_once: int = 4,
) -> None:
    """Do some work with a renderer, and close it."""

    async def run() -> None:
        renderer = Renderer(fetch, lambda: False, at_once=at_once)
        try:
            await work(renderer)
        finally:
            await renderer.close()

    finished(run())


FAST = Render(idle=0.0)


def test_the_page_is_the_one_that_was_sent() -> None:
    """Its charset is that of its header; the HTML afterwards is UTF-8, the same bytes each time."""

    async def work(renderer: Renderer) -> None:
        page = document("document.getElementById('p').textContent += '图书角'")
        html = {(await renderer.render(page, FAST)).html for _ in range(3)}
        [text] = [one.decode() for one in html]
        assert '<p id="p">渡口图书角</p>' in text

    rendering(work)


def test_contexts_and_browsers_are_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many pages each, with pages open in the old ones."""
    monkeypatch.setattr(browser, "PAGES_PER_CONTEXT", 2)
    monkeypatch.setattr(browser, "PAGES_PER_BROWSER", 5)

    async def work(renderer: Renderer) -> None:
        await asyncio.gather(*(renderer.render(document(), FAST) for _ in range(12)))
        assert 3 == renderer.chromium.starts
        assert 0 == len(renderer.chromium._old)
        run = renderer.chromium._run
        assert run is not None
        assert 1 == len(run.browser.contexts)

    rendering(work)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked at in /proc")
def test_a_browser_that_hangs_is_replaced() -> None:
    """It answers nothing: it is killed, and the page is rendered by another."""

    async def work(renderer: Renderer) -> None:
        await renderer.render(document(), FAST)
        run = renderer.chromium._run
        assert run is not None
        assert run.pid is not None
        os.kill(run.pid, signal.SIGSTOP)
        assert b"<p " in (await renderer.render(document(), FAST)).html
        assert renderer.chromium.starts > 1
        state = Path(f"/proc/{run.pid}/stat")
        while state.exists() and state.read_text().rpartition(") ")[2][:1] not in "ZX":
            await asyncio.sleep(0.05)

    rendering(work)


def test_a_script_without_end_ends_with_its_page() -> None:
    """It is a timeout; the browser renders the next page."""

    async def work(renderer: Renderer) -> None:
        with pytest.raises(Broken, match="was not done after 2 seconds") as error:
            await renderer.render(document("setTimeout(() => { while (true) {} }, 20)"), Render(seconds=2, idle=1))
        assert Failure.TIMEOUT == error.value.failure
        assert b"<p " in (await renderer.render(document(), FAST)).html

    rendering(work)


def test_scripts_are_kept_and_asked_for_once() -> None:
    """As long as their headers allow; pages that want the same at once wait for one request."""
    asked: list[str] = []

    async def fetch(one: Asked) -> Response:
        asked.append(one.url)
        await asyncio.sleep(0.2)
        headers = {"Content-Type": "text/javascript", "Cache-Control": "max-age=60"}
        return Response(one.url, body=b"document.title = 'ran'", headers=headers)

    async def work(renderer: Renderer) -> None:
        body = f'<!DOCTYPE html><html><body><script src="{SCRIPT}"></script></body></html>'.encode()
        page = Document(url=URL, body=body, content_type="text/html; charset=utf-8")
        found = await asyncio.gather(*(renderer.render(page, FAST) for _ in range(3)))
        found.append(await renderer.render(page, FAST))
        assert 4 == sum(b"<title>ran</title>" in one.html for one in found)

    rendering(work, fetch)
    assert [SCRIPT] == asked


NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0.0),
        ({"Cache-Control": "max-age=60"}, 60.0),
        ({"Cache-Control": "public, Max-Age=600, immutable"}, 600.0),
        ({"Cache-Control": "max-age=99999999"}, 86400.0),
        ({"Cache-Control": "no-cache, max-age=60"}, 0.0),
        ({"Cache-Control": "no-store"}, 0.0),
        ({"Last-Modified": formatdate(NOW - 1000, usegmt=True)}, 100.0),
        ({"Last-Modified": "yesterday"}, 0.0),
        ({"Last-Modified": formatdate(NOW + 1000, usegmt=True)}, 0.0),
    ],
)
def test_how_long_an_answer_is_kept(headers: dict[str, str], seconds: float) -> None:
    """By Cache-Control, else a tenth of its age; at most a day."""
    assert seconds == fresh_for(Response(SCRIPT, headers=headers), NOW)
