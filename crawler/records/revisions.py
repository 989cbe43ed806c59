"""What an exported line says beyond its record: which revision of the article it is, and which came before it.

The record's JSON Schema is closed, so the `revision` is a key beside the record's own, put last: taken off, what is
left is the record as it was published. `read_records` passes it over, as any key that it does not know.
"""

from __future__ import annotations

import msgspec

from crawler.records.lines import encode_line
from crawler.records.model import Record


class RevisionMark(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A revision of an article: `<id>@<number>`, the one before it (None: there is none), and how it came.

    `stored_at` is when the store was given it (RFC 3339), `run` the run that read it, `cursor` a place to go on from:
    an export since this cursor begins with the line after this one.
    """

    name: str
    previous: str | None
    run: str
    stored_at: str
    cursor: str


class ExportedRecord(Record, frozen=True, rename="camel", kw_only=True):
    """A line of an export: a record, and its revision."""

    revision: RevisionMark


def marked(line: bytes, mark: RevisionMark) -> bytes:
    """Return a record's line with its revision as the last key."""
    return line[:-1] + b',"revision":' + encode_line(mark) + b"}"
