"""Rows of pages in, rows of records out, as Arrow tables: what Ray and Spark call for each batch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ..records.quarantine import QuarantineEntry
from ..records.tables import arrow_rows, arrow_schema
from ..warc.framing import Place
from ..warc.reader import ArchivedResponse
from .extractor import Extractor

if TYPE_CHECKING:
    import pyarrow

COLUMNS = ("url", "headers", "body", "status", "date")
"""Columns of pages: `url` and `body` (bytes, content encoding undone) are required. `headers` are a mapping, a list of
pairs, or JSON of either; `status` is a number, `date` a timestamp or text with the time of the response."""
REFUSAL = ("url", "site", "failure", "message")
"""Columns of pages without a record."""
_BATCH = 64


class BadRows(ValueError):  # noqa: N818 - states what is wrong
    """A required column is missing, or a value cannot be used. The message names it."""


def output_schema(*, refused: bool = False) -> pyarrow.Schema:
    """Return the schema of the rows that come out: that of records, or of pages without one. Raises NoArrow."""
    schema = arrow_schema()
    if not refused:
        return schema
    import pyarrow as pa  # noqa: PLC0415 - an extra, and slow to load

    return pa.schema([(name, pa.string()) for name in REFUSAL])


def extract_rows(table: pyarrow.Table, extractor: Extractor, *, refused: bool = False) -> pyarrow.Table:
    """Return the records of a table of pages, which has the columns of `COLUMNS`, in its order.

    Pages without a record are left out. With `refused`, return instead why pages have no record: those of known sites,
    and those that the general reading refuses. Raises BadRows, NoArrow.
    """
    import pyarrow as pa  # noqa: PLC0415

    schema = output_schema(refused=refused)
    missing = {"url", "body"} - {*table.column_names}
    if missing:
        raise BadRows(
            f"no column {' and '.join(sorted(missing))}; url and body are required,"
            f" the others of {', '.join(COLUMNS)} are not"
        )
    rows = _refusals(table, extractor) if refused else arrow_rows(_lines(table, extractor))
    batches = []
    while part := list(islice(rows, _BATCH)):  # as Python objects, records take many times their size
        batches.append(pa.RecordBatch.from_pylist(part, schema=schema))
    return pa.Table.from_batches(batches, schema=schema)


def _lines(table: pyarrow.Table, extractor: Extractor) -> Iterator[bytes]:
    for response in _responses(table):
        line = extractor.reply(response).line
        if line:
            yield line


def _refusals(table: pyarrow.Table, extractor: Extractor) -> Iterator[dict[str, str | None]]:
    for response in _responses(table):
        reply = extractor.reply(response)
        if reply.entry:
            entry = msgspec.json.decode(reply.entry, type=QuarantineEntry)
            yield {"url": entry.url, "site": entry.site, "failure": str(entry.failure), "message": entry.message}


def _responses(table: pyarrow.Table) -> Iterator[ArchivedResponse]:
    names = [name for name in COLUMNS if name in table.column_names]
    number = 0
    for batch in table.select(names).to_batches(max_chunksize=_BATCH):
        for row in batch.to_pylist():
            yield response_of(row, number)
            number += 1


def response_of(row: Mapping[str, Any], number: int) -> ArchivedResponse:
    """Return a row of pages as a response; `number` counts the rows of its batch. Raises BadRows."""
    body, url = row["body"], row["url"]
    if not isinstance(body, (bytes, bytearray, memoryview)) or not isinstance(url, str):
        raise BadRows(f"row {number}: url must be text and body bytes, got {type(url).__name__}, {type(body).__name__}")
    return ArchivedResponse(
        place=Place(Path("rows"), number),
        url=url,
        status=_status(row.get("status"), number),
        headers=_headers(row.get("headers"), number),
        body=bytes(body),
        date=_date(row.get("date"), number),
    )


def _status(value: Any, number: int) -> int | None:
    if value is None or value != value:  # noqa: PLR0124 - pandas has NaN for a missing number
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise BadRows(f"row {number}: status {value!r} is not a number") from None


def _headers(value: Any, number: int) -> dict[str, str]:
    if isinstance(value, (str, bytes)):
        try:
            value = json.loads(value) if value else {}
        except ValueError:
            raise BadRows(f"row {number}: headers are text, but not JSON") from None
    if value is None:
        return {}
    pairs: Iterable[Any] = value.items() if isinstance(value, Mapping) else value
    try:
        each = [pair.values() if isinstance(pair, Mapping) else pair for pair in pairs]
        return {str(name): str(text) for name, text in each if text is not None}
    except (TypeError, ValueError):
        raise BadRows(f"row {number}: headers must be a mapping or a list of pairs") from None


def _date(value: Any, number: int) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise BadRows(f"row {number}: date {value!r} is not in ISO 8601") from None
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise BadRows(f"row {number}: date must be a timestamp, got {type(value).__name__}")
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        raise BadRows(f"row {number}: date {value} is out of range") from None
