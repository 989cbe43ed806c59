"""Why a request failed: maps the many network exceptions to a failure and a one-line reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    NotSupported,
    ResponseDataLossError,
    UnsupportedURLSchemeError,
)

from ..errors import Failure


class Broken(Exception):  # noqa: N818 - describes the response
    """A response that cannot be used; `failure` names the kind."""

    def __init__(self, failure: Failure, reason: str) -> None:
        super().__init__(reason)
        self.failure = failure


class NotSent(IgnoreRequest):
    """A request that was deliberately not sent; `failure` names the kind."""

    failure: Failure


class Stopped(IgnoreRequest):
    """A request that was not sent because the crawl is ending; it does not count against its page."""


_FAILURES: tuple[tuple[type[BaseException], Failure], ...] = (
    (DownloadTimeoutError, Failure.TIMEOUT),
    (ResponseDataLossError, Failure.TRUNCATED),
    (CannotResolveHostError, Failure.DNS),
    (DownloadConnectionRefusedError, Failure.CONNECTION),
    (DownloadCancelledError, Failure.TOO_BIG),
    (DownloadFailedError, Failure.CONNECTION),
    (UnsupportedURLSchemeError, Failure.BAD_URL),
    (NotSupported, Failure.BAD_URL),
    (IgnoreRequest, Failure.REDIRECTS),
    (OSError, Failure.CONNECTION),
    (ValueError, Failure.BAD_URL),
)
"""Scrapy's exceptions. It cancels a download only above DOWNLOAD_MAXSIZE, and ignores a request only after too many
redirects: its other reasons are switched off or raised by this project, with a failure of their own."""

_UNINFORMATIVE = frozenset({"ConnectionDone", "ConnectionLost", "_DataLoss"})
_NO_HTTP = frozenset({"ParseError", "BadResponseVersion", "_MalformedChunkedDataError"})
_REASONS = {
    Failure.TRUNCATED: "the response ends before its announced length",
    Failure.TOO_BIG: "the response is larger than DOWNLOAD_MAXSIZE",
    Failure.CONNECTION: "the connection was closed before the response",
}


def fault_of(error: BaseException) -> tuple[Failure, str]:
    """Return the failure that an exception of a download stands for, and a reason on one line."""
    failure = getattr(error, "failure", None)
    if isinstance(failure, Failure):
        return failure, str(error)
    failure = next((found for kind, found in _FAILURES if isinstance(error, kind)), None)
    module = type(error).__module__
    if failure is None:
        failure = Failure.CONNECTION if module == "twisted.internet.error" else Failure.NO_ANSWER
    if failure in {Failure.CONNECTION, Failure.TRUNCATED}:
        return _by_its_causes(error, failure)
    if failure is Failure.NO_ANSWER:
        return failure, f"{type(error).__name__}: {error}"
    return failure, str(error) or _REASONS.get(failure, type(error).__name__)


def _by_its_causes(error: BaseException, failure: Failure) -> tuple[Failure, str]:
    """Examine the causes that Twisted's client collects: TLS, responses that are not HTTP, and our own reasons."""
    reason = ""
    for cause in _causes(error):
        name, module = type(cause).__name__, type(cause).__module__
        if isinstance(cause, Broken):
            return cause.failure, str(cause)
        if module.startswith(("OpenSSL", "service_identity", "ssl")) or name.endswith("CertificateError"):
            return Failure.TLS, f"TLS failed (certificate not trusted, or not TLS): {_tls(cause)}"
        if module.startswith("twisted.web") and name in _NO_HTTP:
            return Failure.GARBLED, f"the response is not HTTP: {cause}"
        if isinstance(cause, (ValueError, KeyError)):
            return Failure.GARBLED, f"the response's headers contradict each other: {cause}"
        if name not in _UNINFORMATIVE and cause is not error:
            reason = reason or str(cause)
    if isinstance(error, DownloadFailedError | ResponseDataLossError):
        return failure, reason or _REASONS[failure]
    return failure, str(error) or _REASONS[failure]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and its causes, from the outermost to the innermost."""
    if error is None:
        return
    inner = [reason.value for reason in getattr(error, "reasons", None) or ()]
    if not inner:
        yield error
    for reason in inner:
        yield from _causes(reason)
    yield from _causes(error.__cause__)


def _tls(cause: BaseException) -> str:
    """Return OpenSSL's message; its errors are lists of (library, function, reason)."""
    try:
        return "; ".join(str(reason) for _, _, reason in cause.args[0])
    except (IndexError, TypeError, ValueError):
        return str(cause) or type(cause).__name__


def retry_after(headers: Mapping[Any, Any], now: float) -> float | None:
    """Return the seconds that a Retry-After header asks for, in either of its two forms (RFC 9110, 10.2.3)."""
    raw = headers.get(b"Retry-After")
    value = raw.decode("latin-1").strip() if isinstance(raw, bytes) else ""
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        when = parsedate_to_datetime(value)
        return max(when.replace(tzinfo=when.tzinfo or UTC).timestamp() - now, 0.0)
    except (TypeError, ValueError, OverflowError):
        return None
