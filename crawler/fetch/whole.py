"""Rejects incomplete and garbled responses, so that they are never parsed."""

from __future__ import annotations

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.responsetypes import responsetypes

from ..errors import Failure
from ..warc.payload import MOST_ENCODINGS, Fault, deflate_window, inflated
from .faults import Broken

ACCEPTED = b"gzip, deflate"
"""The requested encodings: those whose checksum or end marker shows whether they are complete."""

_GZIP = b"\x1f\x8b\x08"
_TAIL = 4096


class WholeMiddleware:
    """Decodes content encodings instead of Scrapy's middleware, which accepts truncated gzip.

    A body without a length must have a recognisable end.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._most = crawler.settings.getint("DOWNLOAD_MAXSIZE")

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Create the middleware for a crawler."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Replace the request's Accept-Encoding with the encodings that can be checked."""
        request.headers[b"Accept-Encoding"] = ACCEPTED

    def process_response(self, request: Request, response: Response) -> Response:
        """Return the decoded response; raises Broken."""
        if request.method == "HEAD" or not response.body:
            return response
        named = b",".join(response.headers.getlist(b"Content-Encoding")).decode("latin-1").lower()
        encodings = [name for part in named.split(",") if (name := part.strip()) not in {"", "identity"}]
        if not encodings:
            if response.body.startswith(_GZIP):
                raise Broken(Failure.GARBLED, "the content is gzip, but Content-Encoding does not say so")
            if "partial" in response.flags and not _is_complete(response.body):
                raise Broken(Failure.TRUNCATED, "the body has no announced length and is truncated")
            return response
        if len(encodings) > MOST_ENCODINGS:
            raise Broken(Failure.GARBLED, f"{len(encodings)} nested content encodings")
        body = response.body
        for name in reversed(encodings):
            body = self._decoded(body, name)
        headers = response.headers.copy()
        del headers[b"Content-Encoding"]
        kind = responsetypes.from_args(headers=headers, url=response.url, body=body)
        return response.replace(cls=kind, body=body, headers=headers)

    def _decoded(self, body: bytes, encoding: str) -> bytes:
        if encoding in {"gzip", "x-gzip"}:
            window = 31
        elif encoding == "deflate":
            window = deflate_window(body)
        else:
            raise Broken(Failure.GARBLED, f"content encoding {encoding!r} was not requested")
        try:
            return inflated(body, window, self._most)
        except Fault as fault:
            raise Broken(fault.failure, str(fault)) from None


def _is_complete(body: bytes) -> bool:
    """Return whether HTML or JSON is complete; other content always counts as complete."""
    start, tail = body[:_TAIL].lstrip(b"\xef\xbb\xbf \t\r\n")[:1], body[-_TAIL:].replace(b"\0", b"").lower()
    if start == b"<":
        return b"</html" in tail or b"</body" in tail
    return start not in {b"{", b"["} or tail.rstrip().endswith((b"}", b"]"))
