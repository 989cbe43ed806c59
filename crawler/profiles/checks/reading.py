"""Parses a profile file's table into the language's classes, skipping invalid values, with the place of each part.

A linter must report every fault of a file, so one wrong key must not hide the others. Invalid values are skipped here
and reported by the schema (crawler/profiles/checks/schema.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum
from functools import cache
from math import inf
from typing import Any, Final

import msgspec
from msgspec import inspect

from ...records.model import Kind
from ..model import Layout, Site
from ..phrases import PhraseTable
from ..toml import KeyPath

KINDS: Final[dict[str, type[msgspec.Struct]]] = {"profile": Site, "layout": Layout, "phrases": PhraseTable}
"""The class for each file of a profile folder, by the name of its schema."""

_NOTHING: Final = object()

_PLACEHOLDERS: dict[str, Any] = {
    "id": "", "kind": Kind.ARTICLE, "evidence": (), "site": "", "title": "", "hosts": (),
}  # fmt: skip
"""Values of a layout's or site's required keys if they are missing or invalid."""


class String(msgspec.Struct, frozen=True):
    """A string of the file: its place, the check that it must pass (None: only its schema), and its text."""

    path: KeyPath
    format: str | None
    text: str


class ParsedTable:
    """A parsed file.

    `table` is an instance of the requested class (None for phrases without a required key), `strings` are all
    strings that fit, in the order of the language; `whole` is whether nothing was skipped.
    """

    def __init__(self, raw: dict[str, Any], cls: type[msgspec.Struct]) -> None:
        self.strings: list[String] = []
        self.whole = True
        self._paths: dict[int, KeyPath] = {}
        self._kept: list[msgspec.Struct] = []
        made = self._struct(raw, _type(cls), (), _PLACEHOLDERS)
        self.table: Any = None if made is _NOTHING else made

    def path(self, table: msgspec.Struct) -> KeyPath:
        """Return the path of `table`, a part of the parsed table, in the file; () if it is not in the file."""
        return self._paths.get(id(table), ())

    def tables(self) -> Iterator[tuple[KeyPath, msgspec.Struct]]:
        """Yield each parsed table with its path, inner tables before outer ones."""
        return ((self._paths[id(table)], table) for table in self._kept)

    def _read(self, raw: Any, kind: inspect.Type, path: KeyPath, form: str | None) -> Any:
        if isinstance(kind, inspect.Metadata):
            form = (kind.extra_json_schema or {}).get("format", form)
            return self._read(raw, kind.type, path, form)
        if isinstance(kind, inspect.UnionType):
            return self._read(raw, _member(raw, kind), path, form)
        if isinstance(kind, inspect.StructType):
            return self._struct(raw, kind, path, {}) if isinstance(raw, dict) else self._miss()
        if isinstance(kind, inspect.VarTupleType):
            return self._tuple(raw, kind, path) if isinstance(raw, list) else self._miss()
        if isinstance(kind, inspect.DictType):
            return self._dict(raw, kind, path) if isinstance(raw, dict) else self._miss()
        value = _leaf(raw, kind)
        if value is _NOTHING:
            return self._miss()
        if isinstance(kind, inspect.StrType):
            self.strings.append(String(path, form, raw))
        return value

    def _miss(self) -> Any:
        self.whole = False
        return _NOTHING

    def _struct(self, raw: dict[str, Any], kind: inspect.StructType, path: KeyPath, missing: dict[str, Any]) -> Any:
        values: dict[str, Any] = {}
        known = 0
        lacking = False
        for field in kind.fields:
            if field.encode_name in raw:
                known += 1
                value = self._read(raw[field.encode_name], field.type, (*path, field.encode_name), None)
                if value is not _NOTHING:
                    values[field.name] = value
            if field.required and field.name not in values:
                self.whole = False
                lacking |= field.name not in missing
                values[field.name] = missing.get(field.name)
        if known != len(raw):
            self.whole = False
        if lacking:  # only now, after parsing the other keys of the table, so that their faults are found as well
            return _NOTHING
        try:
            made: msgspec.Struct = kind.cls(**values)
        except ValueError:  # the class's own constraints on combinations of keys
            return self._miss()
        self._paths[id(made)] = path
        self._kept.append(made)
        return made

    def _tuple(self, raw: list[Any], kind: inspect.VarTupleType, path: KeyPath) -> tuple[Any, ...]:
        if not (kind.min_length or 0) <= len(raw) <= (kind.max_length or len(raw)):
            self.whole = False
        values = (self._read(item, kind.item_type, (*path, number), None) for number, item in enumerate(raw))
        return tuple(value for value in values if value is not _NOTHING)

    def _dict(self, raw: dict[str, Any], kind: inspect.DictType, path: KeyPath) -> dict[str, Any]:
        if len(raw) > (len(raw) if kind.max_length is None else kind.max_length):
            self.whole = False
        values: dict[str, Any] = {}
        for name, item in raw.items():
            key = self._read(name, kind.key_type, (*path, name), None)
            value = self._read(item, kind.value_type, (*path, name), None)
            if key is not _NOTHING and value is not _NOTHING:
                values[key] = value
        return values


_types: dict[type, inspect.StructType] = {}


def _type(cls: type[msgspec.Struct]) -> inspect.StructType:
    """Return msgspec's description of `cls`, cached, since each call takes milliseconds."""
    if cls not in _types:
        _remember(inspect.type_info(cls))
    return _types[cls]


def _remember(kind: inspect.Type) -> None:
    if isinstance(kind, inspect.StructType):
        if kind.cls not in _types:
            _types[kind.cls] = kind
            for field in kind.fields:
                _remember(field.type)
    elif isinstance(kind, inspect.Metadata):
        _remember(kind.type)
    elif isinstance(kind, inspect.UnionType):
        for member in kind.types:
            _remember(member)
    elif isinstance(kind, inspect.VarTupleType):
        _remember(kind.item_type)
    elif isinstance(kind, inspect.DictType):
        _remember(kind.value_type)


@cache
def fields_of(cls: type[msgspec.Struct], form: str) -> frozenset[str]:
    """Return the fields of `cls` whose strings have the format `form`."""
    return frozenset(field.name for field in _type(cls).fields if form in _formats(field.type))


def _formats(kind: inspect.Type) -> set[str]:
    """Return the formats of the strings that a field of this type contains directly, not in tables."""
    if isinstance(kind, inspect.Metadata):
        own = (kind.extra_json_schema or {}).get("format")
        return _formats(kind.type) | ({own} if own else set())
    if isinstance(kind, inspect.UnionType):
        return {form for member in kind.types for form in _formats(member)}
    return _formats(kind.item_type) if isinstance(kind, inspect.VarTupleType) else set()


def _member(raw: Any, kind: inspect.UnionType) -> inspect.Type:
    """Return the member of a union that `raw` is meant to be, judging by its type."""
    members = [member for member in kind.types if not isinstance(member, inspect.NoneType)]
    for member in members:
        bare = member
        while isinstance(bare, inspect.Metadata):
            bare = bare.type
        wanted: type = {
            inspect.StructType: dict, inspect.DictType: dict, inspect.VarTupleType: list, inspect.StrType: str,
        }.get(type(bare), object)  # fmt: skip
        if isinstance(raw, wanted):
            return member
    return members[0]


def _leaf(raw: Any, kind: inspect.Type) -> Any:
    """Return `raw` converted to a `kind`, or _NOTHING if it is invalid."""
    if isinstance(kind, inspect.StrType):
        return raw if isinstance(raw, str) and _fits(raw, kind) else _NOTHING
    if isinstance(kind, inspect.BoolType):
        return raw if isinstance(raw, bool) else _NOTHING
    if isinstance(kind, inspect.EnumType):
        return _enum(raw, kind.cls)
    if isinstance(kind, inspect.LiteralType):
        return raw if isinstance(raw, str) and raw in kind.values else _NOTHING
    if isinstance(kind, inspect.IntType):
        return raw if isinstance(raw, int) and not isinstance(raw, bool) and _within(raw, kind) else _NOTHING
    if isinstance(kind, inspect.FloatType):
        fits = isinstance(raw, int | float) and not isinstance(raw, bool) and _within(raw, kind)
        return raw if fits else _NOTHING
    raise TypeError(f"type not supported in the profile language: {type(kind).__name__}")


def _enum(raw: Any, cls: type[Enum]) -> Any:
    return next((member for member in cls if member.value == raw), _NOTHING)


def _fits(raw: str, kind: inspect.StrType) -> bool:
    if not (kind.min_length or 0) <= len(raw) <= (kind.max_length or len(raw)):
        return False
    return kind.pattern is None or re.search(kind.pattern, raw) is not None


def _within(raw: float, kind: inspect.IntType | inspect.FloatType) -> bool:
    return (
        (kind.ge is None or raw >= kind.ge)
        and (kind.gt is None or raw > kind.gt)
        and (kind.le is None or raw <= kind.le)
        and (kind.lt is None or raw < kind.lt)
        and abs(raw) < inf
    )
