"""Validation of records against the schema, before they are written.

jsonschema-rs takes tens of microseconds per record. tests/test_record_validators.py compares it with jsonschema, the
reference implementation, about a hundred times slower: both report the same errors at the same pointers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import msgspec

from ..errors import Failure, Quarantined
from .model import SCHEMA_VERSION, Record

SCHEMA_FILE: Final = Path(__file__).parent / "schema" / f"record-{SCHEMA_VERSION}.json"

_MESSAGE_LIMIT = 300


class Fault(msgspec.Struct, frozen=True, order=True):
    """One violation of the schema: JSON pointer ("" for the whole record), schema keyword, message."""

    pointer: str
    keyword: str
    message: str


@cache
def load_schema() -> dict[str, Any]:
    """Return the JSON Schema of the record. The returned dict is shared: do not change it."""
    schema: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return schema


def validate(record: Record | dict[str, Any]) -> None:
    """Raise Quarantined(SCHEMA_INVALID) unless `record` matches the schema and its coverage adds up.

    The exception points to the first fault in pointer order, counts the others, and names the layout and the rule that
    produced the field, where the record contains them.
    """
    plain = _plain(record)
    try:
        _check_encoding(record)
        if _validator().is_valid(plain):
            conservation(plain)
            return
    except UnicodeEncodeError:
        pass  # faults() below finds where it is
    _refuse(plain, faults(plain))


def conservation(record: Record | dict[str, Any]) -> None:
    """Raise Quarantined(SCHEMA_INVALID) at /coverage/total unless the total is the sum of the parts.

    This is the partition law in numbers: each character of the page's text is in exactly one of article, chrome,
    hidden and unknown. The record must match the schema.
    """
    parts = dict(_plain(record)["coverage"])
    total = parts.pop("total")
    counted = sum(parts.values())
    if total == counted:
        return
    figures = " + ".join(f"{name} {count}" for name, count in parts.items())
    what = (
        f"{total - counted} characters of the page are lost"
        if counted < total
        else f"{counted - total} characters are counted twice"
    )
    raise Quarantined(
        Failure.SCHEMA_INVALID,
        f"coverage: total {total} is not {figures} = {counted}: {what}; look for rules that overlap or drop text",
        pointer="/coverage/total",
        **_nearest(record),
    )


def faults(record: Record | dict[str, Any]) -> list[Fault]:
    """Return all violations of the schema in pointer order, found by jsonschema-rs; an empty list if it is valid."""
    plain = _plain(record)
    found = set()
    try:
        _check_encoding(record)
        for error in _validator().iter_errors(plain):
            kind: Any = error.kind
            keyword = kind.name
            path = [*error.instance_path]
            if keyword == "required":
                names = [kind.property]
            elif keyword == "additionalProperties":
                names = kind.unexpected
            elif keyword == "propertyNames":
                names = [kind.error.instance]
            else:
                names = []
            found.update(_faults(path, names, keyword, error.message))
    except UnicodeEncodeError:
        return [_surrogate(plain)]
    return sorted(found)


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(load_schema(), validate_formats=False, offline=True)


def _plain(record: Record | dict[str, Any]) -> dict[str, Any]:
    """Return the record as dicts. Tuples stay: jsonschema-rs accepts them as lists, and `to_dict` would copy them."""
    return msgspec.to_builtins(record) if isinstance(record, Record) else record


def _check_encoding(record: Record | dict[str, Any]) -> None:
    """Raise UnicodeEncodeError for lone surrogates, which jsonschema-rs accepts in some places."""
    if isinstance(record, Record):
        _ = record.line
    else:
        msgspec.json.encode(record)


def _faults(path: list[Any], names: list[str], keyword: str, message: str) -> list[Fault]:
    """Return one fault per key where the validator points at the object with missing or unknown keys."""
    if not names:
        return [Fault(_pointer(path), keyword, _short(message))]
    what = "is missing" if keyword == "required" else "is not a key of the schema here"
    return [Fault(_pointer([*path, name]), keyword, _short(f"{name!r} {what}")) for name in names]


def _refuse(plain: dict[str, Any], found: list[Fault]) -> None:
    first = found[0]
    others = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    raise Quarantined(
        Failure.SCHEMA_INVALID,
        f"{first.pointer or 'the record'} breaks the record schema {SCHEMA_VERSION}, {first.keyword}: {first.message}"
        f"{others}; fix the rule that produces the field",
        pointer=first.pointer,
        rule=_rule(plain, first.pointer),
        **_nearest(plain),
    )


def _rule(plain: dict[str, Any], pointer: str) -> str | None:
    """Return the rule that produced the field at `pointer`, if it is in the record's provenance."""
    names = pointer.split("/")[1:3]
    provenance = plain.get("provenance")
    if not isinstance(provenance, dict):
        return None
    for field in (".".join(names), *names[:1]):
        entry = provenance.get(field)
        if isinstance(entry, dict) and isinstance(entry.get("rule"), str):
            return str(entry["rule"])
    return None


def _nearest(record: Record | dict[str, Any]) -> dict[str, Any]:
    """Return `layout` and `score` for the exception, None where an invalid record lacks them."""
    layout = _plain(record).get("layout")
    if not isinstance(layout, dict):
        return {"layout": None, "score": None}
    name, score = layout.get("id"), layout.get("confidence")
    return {
        "layout": name if isinstance(name, str) else None,
        "score": score if isinstance(score, float | int) else None,
    }


def _pointer(path: list[Any]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _short(message: str) -> str:
    """Return the message with control characters escaped, truncated: it may quote a whole article."""
    safe = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in message[:_MESSAGE_LIMIT])
    return safe if len(message) <= _MESSAGE_LIMIT >= len(safe) else safe[: _MESSAGE_LIMIT - 1] + "…"


def _surrogate(plain: dict[str, Any]) -> Fault:
    """Return a fault at the first text that UTF-8 cannot encode."""
    path = next(path for path, leaf in _leaves(plain, []) if isinstance(leaf, str) and not _encodable(leaf))
    return Fault(_pointer(path), "encoding", "contains a lone surrogate, which UTF-8 cannot encode")


def _encodable(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text)


def _leaves(value: Any, path: list[Any]) -> Iterator[tuple[list[Any], Any]]:
    """Yield every key and every value that is neither dict nor list, with its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            step = [*path, _short(key)]
            yield step, key
            yield from _leaves(inner, step)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _leaves(inner, [*path, index])
    else:
        yield path, value
