"""jsonschema, the reference implementation, in the place of the validator of `crawler.records.validate`."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from crawler.records.model import Record
from crawler.records.validate import (
    Fault,
    _check_encoding,
    _faults,
    _plain,
    _refuse,
    _surrogate,
    conservation,
    load_schema,
)


def validate_reference(record: Record | dict[str, Any]) -> None:
    """Do the same as `validate`, with the reference validator."""
    plain = _plain(record)
    found = faults_reference(plain)
    if found:
        _refuse(plain, found)
    conservation(plain)


def faults_reference(record: Record | dict[str, Any]) -> list[Fault]:
    """Return the same as `faults`, found by jsonschema in the decoded JSON."""
    plain = _plain(record)
    try:
        _check_encoding(record)
    except UnicodeEncodeError:
        return [_surrogate(plain)]
    written = json.loads(json.dumps(plain), parse_constant=_NotANumber)
    found = set()
    for error in _reference().iter_errors(written):
        keyword = str(error.validator)
        instance: Any = error.instance
        if "propertyNames" in error.schema_path:
            keyword, names = "propertyNames", [instance]
        elif keyword == "required":
            names = [name for name in error.validator_value if name not in instance]
        elif keyword == "additionalProperties":
            names = [name for name in instance if name not in error.schema["properties"]]
        else:
            names = []
        found.update(_faults([*error.absolute_path], names, keyword, error.message))
    return sorted(found)


@cache
def _reference() -> Draft202012Validator:
    return Draft202012Validator(load_schema())


class _NotANumber:
    """NaN or infinity, which JSON does not have. As null, which is what would be written, it could pass unnoticed."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name
