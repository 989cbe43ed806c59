"""An answer that is not whole is none: what was cut or garbled on its way is refused, never parsed."""

from __future__ import annotations

import zlib
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.responsetypes import responsetypes

from crawler.errors import Failure

ACCEPTED = b"gzip, deflate"
"""What is asked for: encodings whose own checksum or end tells whether they are whole."""


class Broken(Exception):  # noqa: N818 - states what the answer is
    """An answer that cannot be used, and by which failure: TRUNCATED may pass by itself, TOO_BIG does not."""

    def __init__(self, failure: Failure, reason: str) -> None:
        super().__init__(reason)
        self.failure = failure


class WholeMiddleware:
    """Undoes the content encoding, in place of Scrapy's middleware, which passes on a gzip body that ends early."""

    def __init__(self, crawler: Crawler) -> None:
        self._most = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way to make one."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Ask for the encodings that can be checked."""
        request.headers.setdefault(b"Accept-Encoding", ACCEPTED)

    def process_response(self, request: Request, response: Response) -> Response:
        """Return the response with its encoding undone; raises Broken."""
        named = b",".join(response.headers.getlist(b"Content-Encoding")).decode("latin-1").lower()
        encodings = [name for part in named.split(",") if (name := part.strip()) not in {"", "identity"}]
        if not encodings or request.method == "HEAD" or not response.body:
            return response
        body = response.body
        for name in reversed(encodings):
            body = self._undone(body, name)
        headers = response.headers.copy()
        del headers[b"Content-Encoding"]
        kind = responsetypes.from_args(headers=headers, url=response.url, body=body)
        return response.replace(cls=kind, body=body, headers=headers)

    def _undone(self, body: bytes, encoding: str) -> bytes:
        if encoding in {"gzip", "x-gzip"}:
            return self._inflated(body, 31)
        if encoding == "deflate":
            zipped = len(body) > 1 and body[0] & 15 == 8 and not int.from_bytes(body[:2]) % 31
            return self._inflated(body, 15 if zipped else -15)
        raise Broken(Failure.TRUNCATED, f"its content encoding {encoding!r} was not asked for")

    def _inflated(self, body: bytes, window: int) -> bytes:
        parts: list[bytes] = []
        room = self._most
        while body:
            inflate = zlib.decompressobj(window)
            try:
                part = inflate.decompress(body, room + 1)
            except zlib.error as error:
                raise Broken(Failure.TRUNCATED, f"its compressed content is damaged ({error})") from None
            room -= len(part)
            if room < 0:
                raise Broken(Failure.TOO_BIG, f"more than {self._most} bytes once its encoding is undone")
            if not inflate.eof:
                raise Broken(Failure.TRUNCATED, "its compressed content ends early")
            parts.append(part)
            body = inflate.unused_data.lstrip(b"\0") if window == 31 else b""
        return b"".join(parts)
