"""Failures between bytes and record, and how to handle them.

Each failure has a name (`Failure`), used in quarantine files and run summaries, and one `Action` for the caller.
Exceptions have the failure as an attribute, and the place and the next step in their message.
"""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """How a caller handles a failure.

    RETRY: it may be transient, so the page is fetched again a few times, with increasing delays. QUARANTINE: it is
    permanent, so the page is filed with the reason for people. SKIP: the page was deliberately not fetched, which is
    counted but is not an error. STOP: the run ends.
    """

    RETRY = "retry"
    QUARANTINE = "quarantine"
    SKIP = "skip"
    STOP = "stop"


class Failure(StrEnum):
    """Why a page yields no record, or a run stops."""

    EMPTY_BODY = "empty_body"
    NOT_HTML = "not_html"
    TOO_BIG = "too_big"
    TOO_DEEP = "too_deep"
    TOO_MANY_TAGS = "too_many_tags"
    TOO_MANY_ATTRIBUTES = "too_many_attributes"
    TOO_COSTLY = "too_costly"
    ENCODING_DOUBT = "encoding_doubt"
    TRUNCATED = "truncated"
    GARBLED = "garbled"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    DNS = "dns"
    TLS = "tls"
    HTTP_STATUS = "http_status"
    NOT_MODIFIED = "not_modified"
    REDIRECTS = "redirects"
    OFF_SITE = "off_site"
    FORBIDDEN_ADDRESS = "forbidden_address"
    BAD_URL = "bad_url"
    NO_ANSWER = "no_answer"
    ROBOTS = "robots"
    ROBOTS_UNREACHABLE = "robots_unreachable"
    CAPPED = "capped"
    NOT_IN_ARCHIVE = "not_in_archive"
    UNKNOWN_SITE = "unknown_site"
    UNKNOWN_LAYOUT = "unknown_layout"
    NOT_AN_ARTICLE = "not_an_article"
    CAPTCHA = "captcha"
    LOGIN_WALL = "login_wall"
    REMOVED = "removed"
    NOT_FOUND = "not_found"
    CONSENT = "consent"
    RULE_MISSED = "rule_missed"
    LAYOUT_DRIFT = "layout_drift"
    NEEDS_RENDERING = "needs_rendering"
    SCHEMA_INVALID = "schema_invalid"
    PROFILE_INVALID = "profile_invalid"
    ARCHIVE_DAMAGED = "archive_damaged"
    CRASHED = "crashed"

    @property
    def action(self) -> Action:
        """How to handle it."""
        return _ACTIONS.get(self, Action.QUARANTINE)


_ACTIONS = {
    Failure.EMPTY_BODY: Action.RETRY,
    Failure.TRUNCATED: Action.RETRY,
    Failure.GARBLED: Action.RETRY,
    Failure.TIMEOUT: Action.RETRY,
    Failure.CONNECTION: Action.RETRY,
    Failure.DNS: Action.RETRY,
    Failure.HTTP_STATUS: Action.RETRY,
    Failure.NOT_MODIFIED: Action.RETRY,
    Failure.NO_ANSWER: Action.RETRY,
    Failure.ROBOTS_UNREACHABLE: Action.RETRY,
    Failure.ROBOTS: Action.SKIP,
    Failure.CAPPED: Action.SKIP,
    Failure.NOT_IN_ARCHIVE: Action.SKIP,
    Failure.PROFILE_INVALID: Action.STOP,
}


NOT_RECEIVED = frozenset(
    {
        Failure.TIMEOUT, Failure.CONNECTION, Failure.DNS, Failure.TLS, Failure.HTTP_STATUS, Failure.NOT_MODIFIED,
        Failure.REDIRECTS, Failure.OFF_SITE, Failure.FORBIDDEN_ADDRESS, Failure.BAD_URL, Failure.NO_ANSWER,
        Failure.ROBOTS_UNREACHABLE, Failure.GARBLED,
    }
)  # fmt: skip
"""Failures of a request: there is no page."""


class PortalsieveError(Exception):
    """Base class of this project's errors."""

    failure: Failure

    def __init__(self, failure: Failure, message: str) -> None:
        super().__init__(message)
        self.failure = failure


class PageRefused(PortalsieveError):  # noqa: N818 - a public name
    """The bytes were not parsed: empty, not HTML, or over a limit. The message has the limit and the actual figure."""


class Quarantined(PortalsieveError):  # noqa: N818
    """A page that does not yield a record.

    `pointer` is a JSON pointer into the record (for a missing or invalid field), `layout` the nearest layout's id with
    its `score` (0 to 1), `rule` the rule that failed; each is None if not applicable.
    """

    def __init__(
        self,
        failure: Failure,
        message: str,
        *,
        pointer: str | None = None,
        layout: str | None = None,
        score: float | None = None,
        rule: str | None = None,
    ) -> None:
        super().__init__(failure, message)
        self.pointer = pointer
        self.layout = layout
        self.score = score
        self.rule = rule


class ProfileInvalid(PortalsieveError):  # noqa: N818
    """The profile is invalid and cannot be used. `line` is None if the fault concerns the whole file or folder."""

    def __init__(self, message: str, *, file: str, line: int | None = None, key: str | None = None) -> None:
        place = file + (f":{line}" if line is not None else "") + (f" {key}" if key else "")
        super().__init__(Failure.PROFILE_INVALID, f"{place}: {message}")
        self.file = file
        self.line = line
        self.key = key
        self.fault = message
