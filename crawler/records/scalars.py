"""The types of values in a record: plain Python types with a meaning and the bounds of the JSON Schema.

Creating a struct checks nothing; the bounds are the schema's (`schema.py`), which every record is validated against.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from msgspec import Meta


class Described(StrEnum):
    """A closed list whose values have a meaning, which is published with the schema."""

    meaning: str

    def __new__(cls, value: str, meaning: str = "") -> Self:
        """Create a member from its value and meaning."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member


def _bounds(name: str | None = None, description: str | None = None, **bounds: Any) -> Meta:
    """Describe a type of values by keywords of JSON Schema; `but_not` is a pattern that must not occur in it.

    A type with a `name` is a definition of the schema.
    """
    if "but_not" in bounds:
        bounds["not"] = {"type": "string", "pattern": bounds.pop("but_not")}
    return Meta(title=name, description=description, extra_json_schema=bounds)


_HTTP = "^[Hh][Tt][Tt][Pp][Ss]?://[^/]"
_DAY = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = "T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_OFFSET = "[+-][0-9]{2}:[0-9]{2}"
_EXACT = 2**53 - 1

Text = Annotated[
    str | None,
    _bounds("text", "Text as a reader sees it; null where the page has none, never an empty string.", minLength=1),
]
SomeText = Annotated[str, _bounds("text", "Text that is there.", minLength=1)]
Uri = Annotated[
    str | None,
    _bounds(
        "URI",
        "An absolute http or https URL without white space or control characters; null where there is none.",
        format="iri",
        pattern=_HTTP,
        but_not=r"[\x00-\x20\x7f]",
    ),
]
Link = Annotated[
    str | None,
    _bounds(
        "link",
        "An absolute http or https URL that the page links to; null where it has none. Other schemes (javascript:,"
        " data:, blob:) are never included.",
        pattern=_HTTP,
    ),
]
SomeLink = Annotated[str, _bounds("link", "An absolute http or https URL that is there.", pattern=_HTTP)]
Date = Annotated[
    str | None,
    _bounds(
        "date",
        "RFC 3339 to the second with the site's offset (2026-02-20T10:12:47+08:00), or a bare YYYY-MM-DD where the page"
        " states only the day; null where it has none.",
        pattern=f"^{_DAY}({_TIME}{_OFFSET})?$",
        but_not="[^0-9T:+-]",
    ),
]
Count = Annotated[
    int | None,
    _bounds(
        "count",
        "A count; null where the page does not state it. At most 2^53 - 1, so that every JSON reader represents it"
        " exactly.",
        minimum=0,
        maximum=_EXACT,
    ),
]
SomeCount = Annotated[int, _bounds("count", "A count that is there.", minimum=0, maximum=_EXACT)]
Share = Annotated[
    float | None, _bounds("share", "A number from 0 to 1; null where there is none.", minimum=0, maximum=1)
]
XPath = Annotated[
    str | None,
    _bounds(
        "XPath",
        "Where it is in the page: an XPath in the parsed document; null in a record from a text dump.",
        minLength=1,
    ),
]
Rule = Annotated[str, _bounds("rule", "The name of the profile's rule that claimed it.", minLength=1)]
Digest = Annotated[
    str,
    _bounds(
        "SHA-256",
        "A SHA-256 digest, 64 lower-case hexadecimal digits.",
        minLength=64,
        maxLength=64,
        but_not="[^0-9a-f]",
    ),
]
SiteName = Annotated[
    str,
    _bounds(
        "site",
        "Name of the site's profile folder: lower-case letters, digits, _ and -. Of a site without a profile its"
        " registered domain, such as `example.com.cn`.",
        minLength=1,
        maxLength=64,
        but_not="[^a-z0-9._-]",
    ),
]

# Of single fields: their bounds stand in the field's own schema.
RecordId = Annotated[str, _bounds(maxLength=512, pattern="^[a-z0-9._-]+:[!-~]", but_not="[^!-~]")]
Language = Annotated[str, _bounds(maxLength=35, pattern="^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$", but_not="[^A-Za-z0-9-]")]
Instant = Annotated[
    str,
    _bounds(
        format="date-time",
        maxLength=32,
        pattern=f"^{_DAY}{_TIME}([.][0-9]{{1,6}})?(Z|{_OFFSET})$",
        but_not="[^0-9TZ:.+-]",
    ),
]
SomeShare = Annotated[float, _bounds(minimum=0, maximum=1)]
Level = Annotated[int, _bounds(minimum=1, maximum=6)]
Pixels = Annotated[int, _bounds(minimum=1, maximum=1_000_000)]
PageNumber = Annotated[int, _bounds(minimum=1, maximum=100_000)]
HttpStatus = Annotated[int, _bounds(minimum=100, maximum=599)]
UNIQUE = Meta(extra_json_schema={"uniqueItems": True})
FIELD_NAMES = Meta(
    extra_json_schema={"propertyNames": {"pattern": "^[a-z]", "not": {"type": "string", "pattern": "[^A-Za-z.]"}}}
)
ALWAYS = Meta(extra_json_schema={"type": "object"})
"""Of an object that only records of an older minor version lack."""


def rfc3339(when: datetime) -> str:
    """Return an aware time as RFC 3339 in UTC, to the second; raises ValueError for a naive one."""
    if when.tzinfo is None:
        raise ValueError("fetched_at has no time zone; use an aware datetime, such as datetime.now(timezone.utc)")
    try:
        return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except OverflowError:
        raise ValueError(f"fetched_at is {when}, which does not exist in UTC; use the time of the response") from None
