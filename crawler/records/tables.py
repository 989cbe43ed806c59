"""Records as tables: Parquet with the record's nested types, CSV with nested values as JSON. Both use pyarrow.

The columns are derived from the record's types, not from the data, so that every export has the same columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from itertools import islice
from typing import Any, BinaryIO

import msgspec
from msgspec import inspect

from .cells import neutral
from .model import Record

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
            f"{wanted} needs pyarrow, which is not installed: install 'pyarrow>=20' into this environment"
            " (in a checkout: uv pip install --python .venv 'pyarrow>=20')"
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


def _parquet(out: BinaryIO, lines: Iterable[bytes], kind: type[Record]) -> int:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import parquet  # noqa: PLC0415

    fields = _fields(kind)
    schema = pa.schema([(name, _arrow(of)) for name, of in fields])
    count = 0
    with parquet.ParquetWriter(out, schema, compression="zstd") as writer:
        for rows in _batches(lines):
            for row in rows:
                for name, of in fields:
                    if isinstance(of, inspect.DictType):
                        row[name] = list(row.get(name, {}).items())
            writer.write_batch(pa.RecordBatch.from_pylist(rows, schema=schema))
            count += len(rows)
    return count


def _csv(out: BinaryIO, lines: Iterable[bytes], kind: type[Record], *, formulas: bool) -> int:
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import csv  # noqa: PLC0415

    columns = list(_flat(_fields(kind)))
    schema = pa.schema([(name, pa.string() if text else _arrow(of)) for name, of, text, _ in columns])
    count = 0
    with csv.CSVWriter(out, schema) as writer:
        for rows in _batches(lines):
            flat = [{name: read(row) for name, _, _, read in columns} for row in rows]
            if not formulas:
                flat = [{name: neutral(value) for name, value in row.items()} for row in flat]
            writer.write_batch(pa.RecordBatch.from_pylist(flat, schema=schema))
            count += len(rows)
    return count


def _batches(lines: Iterable[bytes]) -> Iterator[list[dict[str, Any]]]:
    left = iter(lines)
    while rows := [msgspec.json.decode(line) for line in islice(left, BATCH)]:
        yield rows


def _fields(kind: type[msgspec.Struct]) -> list[tuple[str, inspect.Type]]:
    """Return a struct's JSON keys with their types without None, as every column is nullable."""
    described = inspect.type_info(kind)
    if not isinstance(described, inspect.StructType):
        raise TypeError(f"{kind} is not a struct")
    return [(field.encode_name, _plain(field.type)) for field in described.fields]


def _plain(of: inspect.Type) -> inspect.Type:
    if isinstance(of, inspect.UnionType):
        [of] = [one for one in of.types if not isinstance(one, inspect.NoneType)]
    return of


def _arrow(of: inspect.Type) -> Any:
    """Return the pyarrow type for a msgspec type."""
    import pyarrow as pa  # noqa: PLC0415

    match _plain(of):
        case inspect.StructType(fields=fields):
            return pa.struct([(field.encode_name, _arrow(field.type)) for field in fields])
        case inspect.VarTupleType(item_type=item):
            return pa.list_(_arrow(item))
        case inspect.DictType(value_type=value):
            return pa.map_(pa.string(), _arrow(value))
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


def _flat(fields: list[tuple[str, inspect.Type]], *path: str) -> Iterator[tuple[str, inspect.Type, bool, _Read]]:
    """Yield the columns of a flat table: name, type, whether it is JSON text, and how to read it from a record.

    Values of nested objects get columns of their own (`coverage.total`); lists and mappings are JSON.
    """
    for name, of in fields:
        if isinstance(of, inspect.StructType):
            yield from _flat([(field.encode_name, _plain(field.type)) for field in of.fields], *path, name)
        else:
            nested = isinstance(of, (inspect.VarTupleType, inspect.DictType))
            yield ".".join((*path, name)), of, nested, _reader((*path, name), text=nested)


def _reader(path: tuple[str, ...], *, text: bool) -> _Read:
    def read(row: dict[str, Any]) -> Any:
        value: Any = row
        for key in path:
            value = value.get(key) if value is not None else None
        return msgspec.json.encode(value).decode() if text and value is not None else value

    return read
