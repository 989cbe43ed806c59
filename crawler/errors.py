"""What can go wrong between bytes and record, whose fault it is, and what to do next.

Each failure has a name (`Failure`) that stands in quarantine files and run summaries, and one `Action` that the caller
takes. Exceptions carry the failure, the place and the next step in their message.
"""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What a caller does about a failure.

    RETRY: it may pass, so the page is asked for again, a few times and ever later. QUARANTINE: it stays, so the page is
    put aside for people with its reason. SKIP: the page was rightly not fetched, which is counted and no fault. STOP:
    the run ends.
    """

    RETRY = "retry"
    QUARANTINE = "quarantine"
    SKIP = "skip"
    STOP = "stop"


class Failure(StrEnum):
    """Why a page gives no record, or a run stops."""

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
    NEEDS_RENDERING = "needs_rendering"
    SCHEMA_INVALID = "schema_invalid"
    PROFILE_INVALID = "profile_invalid"
    ARCHIVE_DAMAGED = "archive_damaged"
    CRASHED = "crashed"

    @property
    def action(self) -> Action:
        """The one thing to do about it."""
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


class PortalsieveError(Exception):
    """Base of every error this project raises on purpose."""

    failure: Failure

    def __init__(self, failure: Failure, message: str) -> None:
        super().__init__(message)
        self.failure = failure


class PageRefused(PortalsieveError):  # noqa: N818 - states what happened, as the contract's words do
    """The bytes were not parsed: empty, no HTML, or beyond a limit, which the message names with the figure found."""


class Quarantined(PortalsieveError):  # noqa: N818
    """A page that gives no ordinary record.

    `pointer` is a JSON pointer into the record (for a missing field or a schema fault), `layout` the nearest layout's
    id with its `score` (0 to 1), `rule` the rule that missed; each None where it does not apply.
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
    """A profile that must not be run. Names file, line and key; `line` is None where the fault has no line."""

    def __init__(self, message: str, *, file: str, line: int | None = None, key: str | None = None) -> None:
        place = file + (f":{line}" if line is not None else "") + (f" {key}" if key else "")
        super().__init__(Failure.PROFILE_INVALID, f"{place}: {message}")
        self.file = file
        self.line = line
        self.key = key
        self.fault = message
