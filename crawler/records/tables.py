"""Records as tables: Parquet with the record's nested types, CSV with nested values as JSON. Both use pyarrow.

The columns are derived from the record's types, not from the data, so that every file has the same columns. In Arrow
and Parquet a time is a timestamp in UTC (a day is its midnight; `datePrecision` says which), and provenance is a list
of structs with the name of the field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

import msgspec
from msgspec import inspect

from .cells import neutral
from .model import Record
from .read import read_records

if TYPE_CHECKING:
    import pyarrow

TIMES: Final = frozenset({"datePublished", "dateModified", "fetch.fetchedAt", "revision.storedAt"})
"""Columns that are timestamps in Arrow, Parquet and DuckDB."""
KEY: Final = "field"
"""The key of a mapping (such as `provenance`) in the structs that it becomes."""

BATCH = 500
"""Number of lines in memory at a time."""


class Format(StrEnum):
    """The file format of an export."""

    JSONL = "jsonl"
    PARQUET = "parquet"
    CSV = "csv"


class NoArrow(RuntimeError):  # noqa: N818 - states what is missing
    """Parquet or CSV was asked for, but pyarrow is not installed."""

    def __init__(self, wanted: Format) -> None:
        super().__init__(
            f"{wanted} needs pyarrow, which is not installed: pip install 'portalsieve[parquet]'"
            " (in a checkout: make setup-dev)"
        )


def need_arrow(wanted: Format) -> None:
    """Raise NoArrow if `wanted` needs pyarrow and it is not installed."""
    if wanted is not Format.JSONL:
        try:
            import pyarrow as pa  # noqa: F401, PLC0415 - an extra, and slow to load
        except ImportError:
            raise NoArrow(wanted) from None


def write_lines(
    out: BinaryIO, lines: Iterable[bytes], wanted: Format, kind: type[Record], *, formulas: bool = False
) -> int:
    """Write the lines of records to `out` and return how many; a table has the columns of `kind`.

    In CSV, text that a spreadsheet may run as a formula is neutralised, unless `formulas` is set. Raises NoArrow.
    """
    if wanted is not Format.JSONL:
        need_arrow(wanted)
        return _parquet(out, lines, kind) if wanted is Format.PARQUET else _csv(out, lines, kind, formulas=formulas)
    count = 0
    for count, line in enumerate(lines, 1):  # noqa: B007 - the last one is how many
        out.write(line + b"\n")
    return count


class Column(NamedTuple):
    """A column, or a field of a struct: its key in JSON, its type, and its path with dots."""

    name: str
    of: inspect.Type
    path: str

    @property
    def is_time(self) -> bool:
        """Whether it is a timestamp."""
        return self.path in TIMES

    def inner(self) -> list[Column]:
        """Return the fields of a struct, or of the structs of a list or mapping; [] for other types."""
        of = self.of
        if isinstance(of, inspect.VarTupleType):
            return Column(self.name, plain(of.item_type), f"{self.path}[]").inner()
        if isinstance(of, inspect.DictType):
            inner = Column(self.name, plain(of.value_type), f"{self.path}.*").inner()
            return [Column(KEY, inspect.StrType(), f"{self.path}.*"), *inner]
        return columns(of.cls, f"{self.path}.") if isinstance(of, inspect.StructType) else []


def columns(kind: type[msgspec.Struct], prefix: str = "") -> list[Column]:
    """Return a struct's fields by their JSON keys, with their types without None, as every column is nullable."""
    described = inspect.type_info(kind)
    if not isinstance(described, inspect.StructType):
        raise TypeError(f"{kind} is not a struct")
    return [Column(field.encode_name, plain(field.type), prefix + field.encode_name) for field in described.fields]


def plain(of: inspect.Type) -> inspect.Type:
    """Return a type without None, and without its bounds."""
    if isinstance(of, inspect.Metadata):
        return plain(of.type)
    if isinstance(of, inspect.UnionType):
        [of] = [one for one in of.types if not isinstance(one, inspect.NoneType)]
        return plain(of)
    return of


def arrow_schema(kind: type[Record] = Record) -> pyarrow.Schema:
    """Return the Arrow schema of records: that of every Parquet file that this project writes. Raises NoArrow."""
    need_arrow(Format.PARQUET)
    import pyarrow as pa  # noqa: PLC0415

    return pa.schema([(column.name, _arrow(column)) for column in columns(kind)])


def arrow_rows(lines: Iterable[bytes], kind: type[Record] = Record) -> Iterator[dict[str, Any]]:
    """Yield the rows of records' lines for `arrow_schema`: times as datetimes, mappings as lists of structs."""
    change = _changes(columns(kind))
    for line in lines:
        yield change(msgspec.json.decode(line))


def _changes(known: Iterable[Column]) -> _Read:
    """Return what gives a row or a struct the values of its columns in Arrow, where these are not those in JSON."""
    each = {column.name: change for column in known if (change := _change(column)) is not None}

    def changed(row: dict[str, Any]) -> dict[str, Any]:
        return row | {name: change(value) for name, change in each.items() if (value := row.get(name)) is not None}

    return changed


def _change(column: Column) -> Callable[[Any], Any] | None:
    if column.is_time:
        return instant
    if isinstance(column.of, inspect.DictType):
        return lambda value: [{KEY: key, **each} for key, each in value.items()]
    return _changes(column.inner()) if isinstance(column.of, inspect.StructType) else None


def instant(text: str) -> datetime:
    """Return a record's time in UTC; a bare day is its midnight in UTC."""
    when = datetime.fromisoformat(text)
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def read_table(path: Path | str) -> pyarrow.Table:
    """Return the records of a `.jsonl` or `.jsonl.gz` file, or of a folder of them, as an Arrow table.

    The types are those of `arrow_schema` whatever the records contain, so that tables can be joined as they are;
    `.to_pandas()` makes a data frame. Paths and errors as for `read_records`; raises NoArrow without pyarrow.
    """
    schema = arrow_schema()
    import pyarrow as pa  # noqa: PLC0415

    rows = arrow_rows(record.line for record in read_records(path))
    batches = []
    while part := list(islice(rows, BATCH)):
        batches.append(pa.RecordBatch.from_pylist(part, schema=schema))
    return pa.Table.from_batches(batches, schema=schema)


class ParquetLines:
    """Writes records' lines to a Parquet file as they come; `close` completes it. Raises NoArrow."""

    def __init__(self, out: BinaryIO, kind: type[Record] = Record) -> None:
        self._schema = arrow_schema(kind)
        from pyarrow import parquet  # noqa: PLC0415

        self._kind = kind
        self._lines: list[bytes] = []
        self._writer = parquet.ParquetWriter(out, self._schema, compression="zstd")

    def write(self, line: bytes) -> None:
        """Append a record."""
        self._lines.append(line)
        if len(self._lines) >= BATCH:
            self._flush()

    def close(self) -> None:
        """Write the rest and the footer."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa  # noqa: PLC0415

        if self._lines:
            rows = [*arrow_rows(self._lines, self._kind)]
            self._writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=self._schema))
            self._lines = []


def _parquet(out: BinaryIO, lines: Iterable[bytes], kind: type[Record]) -> int:
    writer = ParquetLines(out, kind)
    count = 0
    try:
        for count, line in enumerate(lines, 1):  # noqa: B007 - the last one is how many
            writer.write(line)
    finally:
        writer.close()
    return count


def _csv(out: BinaryIO, lines: Iterable[bytes], kind: type[Record], *, formulas: bool) -> int:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import csv  # noqa: PLC0415

    flat_columns = list(_flat(columns(kind)))
    schema = pa.schema([(name, pa.string() if text else _leaf(of)) for name, of, text, _ in flat_columns])
    count = 0
    with csv.CSVWriter(out, schema) as writer:
        for rows in _batches(lines):
            flat = [{name: read(row) for name, _, _, read in flat_columns} for row in rows]
            if not formulas:
                flat = [{name: neutral(value) for name, value in row.items()} for row in flat]
            writer.write_batch(pa.RecordBatch.from_pylist(flat, schema=schema))
            count += len(rows)
    return count


def _batches(lines: Iterable[bytes]) -> Iterator[list[dict[str, Any]]]:
    left = iter(lines)
    while rows := [msgspec.json.decode(line) for line in islice(left, BATCH)]:
        yield rows


def _arrow(column: Column) -> Any:
    """Return the pyarrow type of a column."""
    import pyarrow as pa  # noqa: PLC0415

    if column.is_time:
        return pa.timestamp("us", tz="UTC")
    match column.of:
        case inspect.StructType():
            return pa.struct([(inner.name, _arrow(inner)) for inner in column.inner()])
        case inspect.DictType():
            return pa.list_(pa.struct([(inner.name, _arrow(inner)) for inner in column.inner()]))
        case inspect.VarTupleType(item_type=item):
            return pa.list_(_arrow(Column(column.name, plain(item), f"{column.path}[]")))
        case of:
            return _leaf(of)


def _leaf(of: inspect.Type) -> Any:
    import pyarrow as pa  # noqa: PLC0415

    match of:
        case inspect.IntType():
            return pa.int64()
        case inspect.FloatType():
            return pa.float64()
        case inspect.BoolType():
            return pa.bool_()
        case inspect.StrType() | inspect.EnumType():
            return pa.string()
        case other:
            raise TypeError(f"no column type for {other}")


_Read = Callable[[dict[str, Any]], Any]


def _flat(fields: list[Column], *path: str) -> Iterator[tuple[str, inspect.Type, bool, _Read]]:
    """Yield the columns of a flat table: name, type, whether it is JSON text, and how to read it from a record.

    Values of nested objects get columns of their own (`coverage.total`); lists and mappings are JSON.
    """
    for column in fields:
        if isinstance(column.of, inspect.StructType):
            yield from _flat(column.inner(), *path, column.name)
        else:
            nested = isinstance(column.of, inspect.VarTupleType | inspect.DictType)
            yield ".".join((*path, column.name)), column.of, nested, _reader((*path, column.name), text=nested)


def _reader(path: tuple[str, ...], *, text: bool) -> _Read:
    def read(row: dict[str, Any]) -> Any:
        value: Any = row
        for key in path:
            value = value.get(key) if value is not None else None
        return msgspec.json.encode(value).decode() if text and value is not None else value

    return read
