"""The record's published JSON Schema, generated from the classes of `model.py`.

`python -m crawler.records.schema` rewrites `schema/record-<version>.json`. Constraints between fields, which types
cannot state, are written here.
"""

from __future__ import annotations

import builtins
import json
from inspect import cleandoc
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec

from . import scalars
from .model import (
    SCHEMA_VERSION,
    Block,
    BlockType,
    CharsetSource,
    DatePrecision,
    ExtractionMethod,
    Flag,
    Image,
    Item,
    Kind,
    Record,
    Role,
)
from .validate import SCHEMA_FILE

_DESCRIPTION = (
    "One page of a news portal: the article, and everything else on the page by its role. All keys are always present"
    " (null or an empty list where the page has no value), except inside a block."
)
_DEFINITIONS: Final[dict[str, Any]] = {
    "text": scalars.Text,
    "someText": scalars.SomeText,
    "uri": scalars.Uri,
    "link": scalars.Link,
    "someLink": scalars.SomeLink,
    "date": scalars.Date,
    "count": scalars.Count,
    "someCount": scalars.SomeCount,
    "share": scalars.Share,
    "xpath": scalars.XPath,
    "rule": scalars.Rule,
    "sha256": scalars.Digest,
    "site": scalars.SiteName,
    "kind": Kind,
    "blockType": BlockType,
    "role": Role,
    "datePrecision": DatePrecision | None,
    "charsetEvidence": CharsetSource,
    "extractionMethod": ExtractionMethod,
    "flag": Flag,
    "picture": Image,
    "block": Block,
    "item": Item,
    "mainPicture": Image | None,
}
_TITLES = {
    "blockType": "block type",
    "datePrecision": "date precision",
    "charsetEvidence": "charset evidence",
    "extractionMethod": "extraction method",
}
_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}


def _if(condition: dict[str, Any], **then: Any) -> dict[str, Any]:
    """Return the constraint that `then` holds where all fields of `condition` match."""
    return {"if": {"required": [*condition], "properties": condition}, "then": then}


def _keys(types: list[BlockType], *needed: str, also: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the constraint that blocks of these types have the keys `needed` and no others but `also`."""
    names = {"propertyNames": {"enum": ["type", *needed, *also]}}
    return _if({"type": {"enum": [*types]}}, **({"required": [*needed]} if needed else {}), **names)


_STRING = {"type": "string"}
_NULL = {"type": "null"}
_MEDIA = ("url", "caption", "credit", "width", "height")
_CONSTRAINTS: Final[dict[type[msgspec.Struct], list[dict[str, Any]]]] = {
    Block: [
        _keys([BlockType.PARAGRAPH, BlockType.QUOTE, BlockType.CODE], "text"),
        _keys([BlockType.HEADING], "text", "level"),
        _keys([BlockType.LIST], "text", "items"),
        _keys([BlockType.TABLE], "text", "rows"),
        _keys([BlockType.IMAGE, BlockType.VIDEO, BlockType.AUDIO], also=_MEDIA),
        _if({"type": {"const": BlockType.IMAGE}}, anyOf=[{"required": ["url"]}, {"required": ["caption"]}]),
    ],
    Record: [
        {
            "description": "An `article` has a headline and at least one block.",
            **_if({"kind": {"const": Kind.ARTICLE}}, properties={"headline": _STRING, "blocks": {"minItems": 1}}),
        },
        {
            "description": "A `gallery` or `video` has a headline.",
            **_if({"kind": {"enum": [Kind.GALLERY, Kind.VIDEO]}}, properties={"headline": _STRING}),
        },
        {
            "description": "A record without a URL is from a text dump and has no `fetch.status`.",
            **_if({"url": _NULL}, properties={"fetch": {"properties": {"status": _NULL}}}),
        },
        {
            "description": "A record that a profile made of a page has `datePublished`; one from a text dump or of the"
            " general reading may lack the date.",
            **_if(
                {"url": _STRING, "extraction": {"properties": {"method": {"const": ExtractionMethod.PROFILE}}}},
                properties={"datePublished": _STRING},
            ),
        },
        {
            "description": "With `datePrecision` `day`, `datePublished` is written without a time.",
            **_if(
                {"datePrecision": {"const": DatePrecision.DAY}},
                properties={"datePublished": _STRING | {"maxLength": 10}},
            ),
        },
        {
            "description": "With `datePrecision` `second` or `minute`, `datePublished` has a time and an offset.",
            **_if(
                {"datePrecision": {"enum": [DatePrecision.SECOND, DatePrecision.MINUTE]}},
                properties={"datePublished": _STRING | {"minLength": 25}},
            ),
        },
        {
            "description": "With `datePrecision` null, `datePublished` is null.",
            **_if({"datePrecision": {"const": None}}, properties={"datePublished": _NULL}),
        },
    ],
}


def generate() -> dict[str, Any]:
    """Return the JSON Schema of the record."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:portalsieve:record:{SCHEMA_VERSION}",
        "title": "Record",
        **_object(Record),
        "description": _DESCRIPTION,
        "$defs": {name: _definition(name, hint) for name, hint in _DEFINITIONS.items()},
    }


def dumps() -> str:
    """Return the text of the schema's file."""
    return json.dumps(generate(), indent=2, ensure_ascii=False) + "\n"


def _definition(name: str, hint: Any) -> dict[str, Any]:
    inner, nullable = _without_none(hint)
    if not (isinstance(inner, type) and issubclass(inner, scalars.Described)):
        return _inline(hint)
    return {
        "title": _TITLES.get(name, name),
        "description": cleandoc(inner.__doc__ or ""),
        "enum": [*inner, *([None] if nullable else [])],
        "x-enumDescriptions": {member: member.meaning for member in inner},
    }


def _schema(hint: Any) -> dict[str, Any]:
    """Return the schema of a type: a reference if it is a definition."""
    for name, defined in _DEFINITIONS.items():
        if hint == defined:
            return {"$ref": f"#/$defs/{name}"}
    return _inline(hint)


def _inline(hint: Any) -> dict[str, Any]:
    if get_origin(hint) is Annotated:
        return _annotated(hint)
    inner, nullable = _without_none(hint)
    if nullable:
        made = _inline(inner)
        return {**made, "type": [made["type"], "null"]}
    args = get_args(hint)
    match get_origin(hint):
        case builtins.tuple:
            return {"type": "array", "items": _schema(args[0])}
        case builtins.dict:
            return {"type": "object", "additionalProperties": _schema(args[1])}
    return _object(hint) if issubclass(hint, msgspec.Struct) else {"type": _TYPES[hint]}


def _annotated(hint: Any) -> dict[str, Any]:
    """Return the schema of a type with what the last of its annotations adds: a meaning, or a name and bounds."""
    *others, last = hint.__metadata__
    base = _schema(Annotated[hint.__origin__, *others] if others else hint.__origin__)
    if isinstance(last, str):
        return base | {"description": last} if "$ref" in base else {"description": last} | base | {"description": last}
    named = {"title": last.title, "description": last.description} if last.title else {}
    return {**named, **base, **last.extra_json_schema}


def _object(cls: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the schema of a struct's JSON: all its keys, or what is not None where it leaves out defaults."""
    fields, hints = msgspec.structs.fields(cls), get_type_hints(cls, include_extras=True)
    sparse = cls.__struct_config__.omit_defaults
    made: dict[str, Any] = {
        "description": cleandoc(cls.__doc__ or "").partition("\n")[0],
        "type": "object",
        "additionalProperties": False,
        "required": [field.encode_name for field in fields if field.required or not sparse],
        "properties": {
            field.encode_name: _schema(_present(hints[field.name]) if sparse else hints[field.name]) for field in fields
        },
    }
    return made | ({"allOf": _CONSTRAINTS[cls]} if cls in _CONSTRAINTS else {})


def _present(hint: Any) -> Any:
    """Return a field's type without None."""
    inner, _ = _without_none(hint.__origin__)
    return Annotated[inner, *hint.__metadata__]


def _without_none(hint: Any) -> tuple[Any, bool]:
    """Return a type without None, and whether it had it."""
    kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    kept = [kind for kind in kinds if kind is not NoneType]
    return kept[0], len(kept) < len(kinds)


if __name__ == "__main__":
    SCHEMA_FILE.write_text(dumps(), encoding="utf-8")
