"""What a profile file's table breaks of its published schema: every breach, in words that say what to write instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from difflib import get_close_matches
from functools import cache
from math import inf
from typing import TYPE_CHECKING, Any, NamedTuple

from crawler.profiles.faults import Code
from crawler.profiles.toml import KeyPath

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

MOST = 200
"""Breaches told of one file; a file with more is no profile."""

_TYPES = {
    "string": "a text in quotes",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
}
_CODE_KEYS = frozenset({"class", "command", "env", "eval", "exec", "extends", "function", "hook", "hooks", "import"})
_CODE_KEYS |= {"imports", "include", "module", "plugin", "python", "run", "script_file", "shell", "use"}


class Breach(NamedTuple):
    """Where the table breaks its schema, how, and what to do."""

    path: KeyPath
    code: Code
    message: str


def breaches(table: dict[str, Any], kind: str) -> list[Breach]:
    """Return every breach of the schema of `kind` in `table`, at most MOST, in the order of the schema's keywords."""
    found: list[Breach] = []
    for error in _validator(kind).iter_errors(table):
        for breach in _told(error):
            found.append(breach)
            if len(found) == MOST:
                return found
    return found


@cache
def _validator(kind: str) -> Validator:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - a tenth of a second that a sound profile never pays
    from jsonschema.validators import extend  # noqa: PLC0415

    from crawler.profiles.schema import schema  # noqa: PLC0415

    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: _number(value, int))
    types = types.redefine("number", lambda _, value: _number(value, int | float) and abs(value) < inf)
    cls: Any = extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call]
    made: Validator = cls(schema(kind))
    return made


def _number(value: Any, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _told(error: ValidationError) -> Iterator[Breach]:
    path: KeyPath = tuple(error.absolute_path)
    value: Any = error.instance
    wanted: Any = error.validator_value
    parent: Any = error.schema
    match str(error.validator):
        case "additionalProperties":
            known = list(parent["properties"])
            for key in value:
                if key not in known:
                    yield Breach((*path, key), Code.UNKNOWN_KEY, _unknown(key, known, parent.get("title", "the file")))
        case "required":
            for key in wanted:
                if key not in value:
                    yield Breach((*path, key), Code.MISSING_KEY, f"{key!r} is missing: {_described(parent, key)}")
        case "anyOf":
            yield from _of_shape(error)
        case "oneOf":
            if isinstance(value, dict):
                yield Breach(path, Code.PLACE, _one_of(value, wanted))
        case "dependentRequired":
            for key, needed in wanted.items():
                if key in value and not set(needed) <= set(value):
                    yield Breach((*path, key), Code.PLACE, f"{key!r} needs {' and '.join(map(repr, needed))} beside it")
        case "enum":
            yield Breach(path, *_not_listed(value, wanted, parent.get("title", "")))
        case "type":
            yield Breach(path, Code.TYPE, f"is {_found(value)}; write {_TYPES.get(wanted, wanted)}{_in_quotes(value)}")
        case _:
            code, message = _bound(str(error.validator), wanted, value, parent)
            if "propertyNames" in error.absolute_schema_path:
                path, code = (*path, value), Code.NAME
            yield Breach(path, code, message)


def _of_shape(error: ValidationError) -> Iterator[Breach]:
    """Tell the breaches of that alternative which the value has the shape of."""
    choices: Any = error.validator_value
    shapes = {"string": str, "array": list, "object": dict}
    for number, choice in enumerate(choices):
        if isinstance(error.instance, shapes.get(choice.get("type", "object"), ())):
            for inner in error.context or ():
                if inner.schema_path[0] == number:
                    yield from _told(inner)
            return
    wanted = " or ".join(_TYPES.get(choice.get("type", "object"), "a table") for choice in choices)
    yield Breach(tuple(error.absolute_path), Code.TYPE, f"is {_found(error.instance)}; write {wanted}")


def _unknown(key: str, known: Sequence[str], title: str) -> str:
    message = f"{_short(key)!r} is no key of {title}"
    likely = suggestion(key, known)
    if likely is not None:
        return f"{message}; did you mean {likely!r}?"
    if key.lower() in _CODE_KEYS:
        return f"{message}: a profile is data; it imports, includes and runs nothing"
    return f"{message}; its keys: {', '.join(known)}"


def suggestion(word: str, known: Sequence[str]) -> str | None:
    """Return which of `known` someone who wrote `word` meant, None where nothing is near."""
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
        return f"says {len(given)} places ({', '.join(given)}); keep one of {listed}"
    return f"says no place; write one of {listed}"


def _not_listed(value: Any, listed: list[Any], title: str) -> tuple[Code, str]:
    what, all_of_them, code = {
        "Role": ("role", "Roles", Code.ROLE),
        "Kind": ("kind of page", "Kinds", Code.VALUE),
    }.get(title, ("value of this key", "Values", Code.VALUE))
    likely = suggestion(value, listed) if isinstance(value, str) else None
    meant = f"; did you mean {likely!r}?" if likely else "."
    return code, f"{_short(value)!r} is no {what}{meant} {all_of_them}: {', '.join(map(str, listed))}"


def _bound(keyword: str, wanted: Any, value: Any, parent: dict[str, Any]) -> tuple[Code, str]:
    """Return the code and message for a bound that is not kept."""
    what = str(parent.get("description", "")).partition("\n")[0]
    match keyword:
        case "maxLength":
            return Code.VALUE, f"has {len(value)} characters; {wanted} is the most"
        case "minLength":
            return Code.VALUE, "is empty" if not value else f"is too short: {wanted} characters are the least"
        case "maxItems" | "maxProperties":
            return Code.VALUE, f"has {len(value)} entries; {wanted} is the most"
        case "minItems":
            return Code.VALUE, f"has {len(value)} entries; {wanted} is the least"
        case "pattern":
            return Code.VALUE, f"{_short(value)!r} is not what stands here: {what} It fits {wanted}"
        case _:
            sign = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}.get(keyword, keyword)
            return Code.VALUE, f"{_short(value)} is out of bounds: {sign} {wanted}"


def _found(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    for kind, words in (
        (str, "a text"), (int, "a number"), (float, "a number"), (list, "a list"), (dict, "a table"),
        (datetime, "a time"), (date, "a day"), (time, "a time"),
    ):  # fmt: skip
        if isinstance(value, kind):
            return words
    return type(value).__name__


def _in_quotes(value: Any) -> str:
    return f": '{value.isoformat()}'" if isinstance(value, date | time) else ""


def _short(value: Any) -> Any:
    return value[:57] + "…" if isinstance(value, str) and len(value) > 60 else value
