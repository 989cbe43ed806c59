"""Validates a profile file's table against its published schema; messages say what to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from difflib import get_close_matches
from functools import cache
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from ..faults import Code
from ..toml import KeyPath

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

MAX_ERRORS = 200
"""Maximum number of errors reported per file."""

_TYPES = {
    "string": "a string in quotes",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
}
_CODE_KEYS = frozenset({"class", "command", "env", "eval", "exec", "extends", "function", "hook", "hooks", "import"})
_CODE_KEYS |= {"imports", "include", "module", "plugin", "python", "run", "script_file", "shell", "use"}


class SchemaError(NamedTuple):
    """A place where the table violates its schema, the kind of error, and what to do."""

    path: KeyPath
    code: Code
    message: str


def schema_errors(table: dict[str, Any], kind: str) -> list[SchemaError]:
    """Return at most MAX_ERRORS violations of the schema of `kind` in `table`, in order of the schema's keywords."""
    found: list[SchemaError] = []
    for error in _validator(kind).iter_errors(table):
        for breach in _errors_of(error):
            found.append(breach)
            if len(found) == MAX_ERRORS:
                return found
    return found


@cache
def _validator(kind: str) -> Validator:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - takes a tenth of a second, and valid profiles never need it
    from jsonschema.validators import extend  # noqa: PLC0415

    from ..schema import schema  # noqa: PLC0415

    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: _number(value, int))
    types = types.redefine("number", lambda _, value: _number(value, int | float) and abs(value) < inf)
    cls: Any = extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call]
    made: Validator = cls(schema(kind))
    return made


def _number(value: Any, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _errors_of(error: ValidationError) -> Iterator[SchemaError]:
    path: KeyPath = tuple(error.absolute_path)
    value: Any = error.instance
    wanted: Any = error.validator_value
    parent: Any = error.schema
    match str(error.validator):
        case "additionalProperties":
            known = list(parent["properties"])
            for key in value:
                if key not in known:
                    yield SchemaError(
                        (*path, key), Code.UNKNOWN_KEY, _unknown(key, known, parent.get("title", "the file"))
                    )
        case "required":
            for key in wanted:
                if key not in value:
                    yield SchemaError((*path, key), Code.MISSING_KEY, f"{key!r} is missing: {_described(parent, key)}")
        case "anyOf":
            yield from _errors_of_alternative(error)
        case "oneOf":
            if isinstance(value, dict):
                yield SchemaError(path, Code.PLACE, _one_of(value, wanted))
        case "dependentRequired":
            for key, needed in wanted.items():
                if key in value and not set(needed) <= set(value):
                    yield SchemaError((*path, key), Code.PLACE, f"{key!r} requires {' and '.join(map(repr, needed))}")
        case "enum":
            yield SchemaError(path, *_not_listed(value, wanted, parent.get("title", "")))
        case "type":
            correct = _in_quotes(value) or _header(path, value, parent)
            yield SchemaError(path, Code.TYPE, f"is {_found(value)}; use {_TYPES.get(wanted, wanted)}{correct}")
        case _:
            code, message = _bound(str(error.validator), wanted, value, parent)
            if "propertyNames" in error.absolute_schema_path:
                path, code = (*path, value), Code.NAME
            yield SchemaError(path, code, message)


def _errors_of_alternative(error: ValidationError) -> Iterator[SchemaError]:
    """Yield the errors of the alternative that matches the value's type."""
    choices: Any = error.validator_value
    shapes = {"string": str, "array": list, "object": dict}
    for number, choice in enumerate(choices):
        if isinstance(error.instance, shapes.get(choice.get("type", "object"), ())):
            for inner in error.context or ():
                if inner.schema_path[0] == number:
                    yield from _errors_of(inner)
            return
    wanted = " or ".join(_TYPES.get(choice.get("type", "object"), "a table") for choice in choices)
    yield SchemaError(tuple(error.absolute_path), Code.TYPE, f"is {_found(error.instance)}; use {wanted}")


def _unknown(key: str, known: Sequence[str], title: str) -> str:
    message = f"unknown key {_short(key)!r} in {title}"
    likely = suggestion(key, known)
    if likely is not None:
        return f"{message}; did you mean {likely!r}?"
    if key.lower() in _CODE_KEYS:
        return f"{message}: a profile is data; it cannot import, include or run anything"
    return f"{message}; valid keys: {', '.join(known)}"


def suggestion(word: str, known: Sequence[str]) -> str | None:
    """Return the one of `known` that is most similar to `word`, or None."""
    plain = {name.lower(): name for name in known}
    near = get_close_matches(word[:60].replace("_", "").replace("-", "").lower(), list(plain), 1, 0.7)
    return plain[near[0]] if near else None


def _described(parent: dict[str, Any], key: str) -> str:
    """Return the key's description as the end of a sentence."""
    description = str(parent["properties"][key]["description"]).partition("\n")[0]
    return description[:1].lower() + description[1:]


def _one_of(value: dict[str, Any], choices: list[dict[str, Any]]) -> str:
    places = [choice["required"][0] for choice in choices if "not" not in choice]
    given = [place for place in places if place in value]
    listed = ", ".join(places)
    if given:
        return f"more than one of {listed} is set ({', '.join(given)}); keep one"
    return f"none of {listed} is set"


def _not_listed(value: Any, listed: list[Any], title: str) -> tuple[Code, str]:
    what, all_of_them, code = {
        "Role": ("role", "Roles", Code.ROLE),
        "Kind": ("kind of page", "Kinds", Code.VALUE),
    }.get(title, ("valid value", "Values", Code.VALUE))
    likely = suggestion(value, listed) if isinstance(value, str) else None
    meant = f"; did you mean {likely!r}?" if likely else "."
    return code, f"{_short(value)!r} is not a {what}{meant} {all_of_them}: {', '.join(map(str, listed))}"


def _bound(keyword: str, wanted: Any, value: Any, parent: dict[str, Any]) -> tuple[Code, str]:
    """Return the code and message for a violated constraint."""
    what = str(parent.get("description", "")).partition("\n")[0]
    match keyword:
        case "maxLength":
            return Code.VALUE, f"has {len(value)} characters; the maximum is {wanted}"
        case "minLength":
            return Code.VALUE, "is empty" if not value else f"is too short; the minimum is {wanted} characters"
        case "maxItems" | "maxProperties":
            return Code.VALUE, f"has {len(value)} entries; the maximum is {wanted}"
        case "minItems":
            return Code.VALUE, f"has {len(value)} entries; the minimum is {wanted}"
        case "pattern":
            return Code.VALUE, f"{_short(value)!r} does not match {wanted}: {what}"
        case _:
            sign = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}.get(keyword, keyword)
            return Code.VALUE, f"{_short(value)} is out of range: {sign} {wanted}"


def _found(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    for kind, words in (
        (str, "a string"), (int, "a number"), (float, "a number"), (list, "a list"), (dict, "a table"),
        (datetime, "a time"), (date, "a date"), (time, "a time"),
    ):  # fmt: skip
        if isinstance(value, kind):
            return words
    return type(value).__name__


def _in_quotes(value: Any) -> str:
    return f": '{value.isoformat()}'" if isinstance(value, date | time) else ""


def _header(path: KeyPath, value: Any, wanted: dict[str, Any]) -> str:
    """Return the header to write for a table with one pair of brackets too many or too few, else nothing."""
    name = ".".join(part for part in path if isinstance(part, str))
    entry = wanted.get("items", {})
    if isinstance(value, dict) and ("$ref" in entry or entry.get("type") == "object"):
        return f": [[{name}]]"
    if isinstance(value, list) and wanted.get("type") == "object" and all(isinstance(one, dict) for one in value):
        return f": [{name}]"
    return ""


def _short(value: Any) -> Any:
    return value[:57] + "…" if isinstance(value, str) and len(value) > 60 else value
