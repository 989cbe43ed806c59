"""A portal of as many articles as wanted, made while it serves: `python -m benchmarks.local_portal PAGES [HOSTS]`.

Prints its address and serves until its standard input ends. Every article is one of a few of the shipped fixtures with
an id and a headline of its own; a feed of five pages lists them all. The fixtures are light ones: what a crawl spends
besides taking pages apart weighs most on them. With HOSTS, all articles are galleries, spread over so many hosts.
"""

from __future__ import annotations

import asyncio
import json
import sys

from tests.portal import write

PREFIX = b"/_/"
FEED_PAGES = 5
_MARK = "@@NUMBER@@"
CASES = ("video_plain", "gallery_gbk", "hao_3g_host")
"""60, 35 and 110 kB."""
GALLERY = 1
"""The case whose pages are on any of the site's hosts."""
CHANNELS = ("news", "sports", "ent", "money", "tech", "auto", "war", "edu", "travel", "lady", "house", "digi")


class LocalPortal:
    """Answers `/_/<host>/<path>` as that host would."""

    def __init__(self, pages: int, hosts: int = 0) -> None:
        by_case = {page.case: page for page in write.read_pages("netease")}
        self._pages = pages
        self._bodies: list[tuple[list[bytes], str]] = []
        self.urls: list[str] = []
        for case in CASES:
            page = by_case[case]
            charset = "gb18030" if "gbk" in case else "utf-8"
            headline = page.truth["headline"]
            text = page.body.decode(charset).replace(headline, f"{headline}{_MARK}")
            self._bodies.append((text.encode(charset).split(_MARK.encode()), page.headers["Content-Type"]))
        for number in range(pages):
            if hosts:
                address = _gallery(CHANNELS[number % hosts], number * len(CASES) + GALLERY)
            else:
                address = _address(CASES[number % len(CASES)], number)
            self.urls.append(address)

    def answer(self, target: bytes) -> tuple[int, bytes, str]:
        """Return status, body and content type for a request target."""
        _, _, path = target.removeprefix(PREFIX).partition(b"/")
        if b"cm_yaowen" in path:
            number = int(path.partition(b"cm_yaowen20200213_")[2][:2] or b"1") - 1
            size = -(-self._pages // FEED_PAGES)
            entries = [
                {"docurl": url, "time": "02/20/2026 10:12:47", "point": "60"}
                for url in self.urls[number * size : (number + 1) * size]
            ]
            return 200, f"data_callback({json.dumps(entries)})".encode(), "application/javascript; charset=utf-8"
        digits = _number(path)
        if digits is None:
            return 404, b"not found", "text/plain"
        parts, kind = self._bodies[digits % len(CASES)]
        return 200, str(digits).encode().join(parts), kind


def _address(case: str, number: int) -> str:
    if case == "video_plain":
        return f"https://www.163.com/v/video/V{number:08d}.html"
    if case == "gallery_gbk":
        return _gallery("news", number)
    return f"https://3g.163.com/dy/article/K{number:015d}.html"


def _gallery(channel: str, number: int) -> str:
    return f"https://{channel}.163.com/photoview/00AN0001/{number}.html"


def _number(path: bytes) -> int | None:
    name = path.rpartition(b"/")[2].partition(b".")[0].lstrip(b"KV")
    return int(name) if name.isdigit() else None


class _Connection(asyncio.Protocol):
    def __init__(self, portal: LocalPortal) -> None:
        self._portal = portal
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            status, body, kind = self._portal.answer(head.split(b" ", 2)[1])
            told = f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
            self._transport.write(told.encode() + body)  # type: ignore[attr-defined]


async def _serve(pages: int, hosts: int = 0) -> None:
    portal = LocalPortal(pages, hosts)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(portal), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve(*map(int, sys.argv[1:])))
