"""Strict HTTP framing: rejects responses that Twisted's client accepts.

Twisted silently drops bytes after the announced length, limits a header line but not the header, and treats a body
without a length as complete however the connection ended.
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

from ..errors import Failure
from .faults import Broken

MAX_HEADER = 128 * 1024
"""Maximum bytes of a response's header; browsers and servers stop at 8 to 256 KiB."""


class WireParser(_LenientHTTPClientParser):
    """Parses one response; fails on an unbounded header, on excess bytes, and on a truncated body.

    Scrapy's parser object gets this class assigned, so defaults are class attributes.
    """

    _header = 0
    _surplus = False

    def lineReceived(self, line: bytes) -> None:
        """Parse a header line."""
        self._header += len(line) + 1
        if self._header > MAX_HEADER:
            raise Broken(Failure.GARBLED, f"the response header is larger than {MAX_HEADER} bytes")
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        """Reject a line that is too long for Twisted's parser."""
        raise Broken(Failure.GARBLED, f"a line of the response header is longer than {self.MAX_LENGTH} bytes")

    def _finished(self, rest: bytes) -> None:
        if rest.strip(b"\r\n"):
            measured = self.connHeaders.hasHeader(b"content-length") and not self._chunked
            self._surplus = measured and self.response.code not in self.NO_BODY_CODES and self.request.method != b"HEAD"
            if self._surplus and self.bodyDecoder is None:
                raise Broken(Failure.TRUNCATED, "the response has a body, although its header rules one out")
            self.connHeaders.setRawHeaders(b"connection", [b"close"])  # the rest is not another response
        super()._finished(rest)  # type: ignore[no-untyped-call]

    def connectionLost(self, reason: TwistedFailure | None = None) -> None:
        """End the response: complete, or failed with the reason."""
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
            return "the response is longer than its Content-Length, so the length or the body is wrong"
        endless = self.state == BODY and self.response.length is UNKNOWN_LENGTH and not self._chunked
        if endless and reason is not None and not isinstance(reason.value, ConnectionDone):
            return "the connection was closed within a body of unknown length"
        return None


def _failure(error: Exception) -> TwistedFailure:
    return TwistedFailure(error)  # type: ignore[no-untyped-call]


class WireProtocol(_LenientHTTP11ClientProtocol):
    """A connection that calls `sent` with the Host of each request when it has been sent."""

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
            # The next loop iteration writes the buffer; the one after that runs once it is written.
            loop.call_soon(loop.call_soon, self._sent, host.decode("latin-1"))
        return answer


class WireFactory(_LenientHTTP11ClientFactory):
    """Creates connections for Twisted's pool."""

    def __init__(self, quiescent: Any, metadata: str, *, sent: Callable[[str], None]) -> None:
        super().__init__(quiescent, metadata)  # type: ignore[no-untyped-call]
        self._sent = sent

    def buildProtocol(self, address: IAddress | None) -> WireProtocol:
        """Return the protocol of a connection."""
        return WireProtocol(self._quiescentCallback, self._sent)
