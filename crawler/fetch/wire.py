"""HTTP answers as they come over the wire: what Twisted's client lets pass is refused here.

It drops what follows an announced length without a word, bounds a header line but not the header, and takes a body
without a length for whole however the connection ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from scrapy.core.downloader.handlers.http11 import (
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
)
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress
from twisted.python.failure import Failure as TwistedFailure
from twisted.web._newclient import BODY, ResponseFailed
from twisted.web._newclient import Request as TxRequest
from twisted.web.http import _DataLoss
from twisted.web.iweb import UNKNOWN_LENGTH, IResponse

from crawler.errors import Failure
from crawler.fetch.faults import Broken

MAX_HEADER = 128 * 1024
"""Bytes of an answer's header; browsers and servers stop at 8 to 256 KiB."""


class WireParser(_LenientHTTPClientParser):
    """Parses one answer; fails on a header without bounds, on more than was announced, on a cut without an end.

    An object of Scrapy's class becomes one of this, so the defaults stand on the class.
    """

    _header = 0
    _surplus = False

    def lineReceived(self, line: bytes) -> None:
        """Take a line of the header."""
        self._header += len(line) + 1
        if self._header > MAX_HEADER:
            raise Broken(Failure.GARBLED, f"the answer's header is larger than {MAX_HEADER} bytes")
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        """Refuse a line that Twisted's parser cannot hold."""
        raise Broken(Failure.GARBLED, f"a line of the answer's header is longer than {self.MAX_LENGTH} bytes")

    def _finished(self, rest: bytes) -> None:
        if rest.strip(b"\r\n"):
            measured = self.connHeaders.hasHeader(b"content-length") and not self._chunked
            self._surplus = measured and self.response.code not in self.NO_BODY_CODES and self.request.method != b"HEAD"
            if self._surplus and self.bodyDecoder is None:
                raise Broken(Failure.TRUNCATED, "the answer announces no body, and one follows")
            self.connHeaders.setRawHeaders(b"connection", [b"close"])  # what follows is no answer to the next request
        super()._finished(rest)  # type: ignore[no-untyped-call]

    def connectionLost(self, reason: TwistedFailure | None = None) -> None:
        """End the answer: whole, or failed with what is wrong."""
        why = self._unfinished(reason)
        if why is None or self.bodyDecoder is None:
            super().connectionLost(reason)
            return
        lost = [_failure(Broken(Failure.TRUNCATED, why)), _failure(_DataLoss(why))]
        self.response._bodyDataFinished(_failure(ResponseFailed(lost, self.response)))  # type: ignore[no-untyped-call]

    @property
    def _chunked(self) -> bool:
        return bool(self.connHeaders.hasHeader(b"transfer-encoding"))

    def _unfinished(self, reason: TwistedFailure | None) -> str | None:
        if self._surplus:
            return "the answer is longer than its Content-Length, so the length or the body is wrong"
        endless = self.state == BODY and self.response.length is UNKNOWN_LENGTH and not self._chunked
        if endless and reason is not None and not isinstance(reason.value, ConnectionDone):
            return "the connection broke off in a body without a length"
        return None


def _failure(error: Exception) -> TwistedFailure:
    return TwistedFailure(error)  # type: ignore[no-untyped-call]


class WireProtocol(_LenientHTTP11ClientProtocol):
    """A connection; `sent` is told the Host of each request once it is on its way."""

    def __init__(self, quiescent: Any, sent: Callable[[str], None]) -> None:
        super().__init__(quiescent)  # type: ignore[no-untyped-call]
        self._sent = sent

    def request(self, request: TxRequest) -> Deferred[IResponse]:
        """Send a request."""
        answer = super().request(request)
        if self._parser is not None:
            self._parser.__class__ = WireParser
        loop = asyncio.get_running_loop()
        for host in request.headers.getRawHeaders(b"host", ()):
            # The next turn of the loop writes what stands in the buffer, the one after that is behind it.
            loop.call_soon(loop.call_soon, self._sent, host.decode("latin-1"))
        return answer


class WireFactory(_LenientHTTP11ClientFactory):
    """Makes connections for Twisted's pool."""

    def __init__(self, quiescent: Any, metadata: str, *, sent: Callable[[str], None]) -> None:
        super().__init__(quiescent, metadata)  # type: ignore[no-untyped-call]
        self._sent = sent

    def buildProtocol(self, address: IAddress | None) -> WireProtocol:
        """Make the protocol of a connection."""
        return WireProtocol(self._quiescentCallback, self._sent)
