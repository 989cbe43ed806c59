"""The documentation of the record, made from its JSON Schema: `python -m crawler.records.fields > docs/record.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from crawler.records.model import SCHEMA_VERSION
from crawler.records.validate import load_schema

_HEAD = f"""\
<!-- Made by `python -m crawler.records.fields` from crawler/records/schema/record-{SCHEMA_VERSION}.json: edit that. -->
# The record, version {SCHEMA_VERSION}
"""

_VERSIONS = """\
The version is semantic: a patch changes words only; a minor version adds keys, or values to the closed lists; a major
version changes or removes what is there. Every record carries it as `schemaVersion`, and the readers refuse a record of
another major version.
"""

_PARTITION = """\
Each character of the page's text, white space aside, stands exactly once in `title`, `headline`, `info[].text`,
`blocks[].text`, `blocks[].caption` and `chrome[].text`. All other fields are views: they repeat what stands there.
"""


def docs_table() -> str:
    """Return the Markdown table of all fields: dotted name (`[]` for the entries of a list), type, meaning."""
    rows = ([f"`{name}`", kind, meaning] for name, kind, meaning in _fields(load_schema(), ""))
    return _table(["field", "type", "meaning"], rows)


def docs_page() -> str:
    """Return docs/record.md: the fields, the kinds of value, what a record must have, the closed lists."""
    schema = load_schema()
    named = [d for d in schema["$defs"].values() if "title" in d]
    values = {d["title"]: d["description"] for d in reversed(named) if "enum" not in d}
    parts = [
        _HEAD,
        schema["description"] + "\n",
        _PARTITION,
        _VERSIONS,
        "## Fields\n",
        docs_table(),
        "## Kinds of value\n",
        _table(["type", "meaning"], ([title, meaning] for title, meaning in reversed(values.items()))),
        "## What holds between fields\n",
        "\n".join(f"- {rule['description']}" for rule in schema["allOf"]) + "\n",
        "## Closed lists\n",
    ]
    for definition in named:
        if "enum" in definition:
            meanings = definition["x-enumDescriptions"].items()
            parts += [
                f"### {definition['title']}\n",
                definition["description"] + "\n",
                _table(["value", "meaning"], ([f"`{value}`", meaning] for value, meaning in meanings)),
            ]
    return "\n".join(parts)


def _fields(schema: dict[str, Any], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, own in schema["properties"].items():
        full = _resolve(own)
        yield prefix + name, _type(own), full["description"]
        yield from _inside(full, prefix + name)


def _inside(schema: dict[str, Any], name: str) -> Iterator[tuple[str, str, str]]:
    """Yield the fields of the objects that `schema` is, or is a list or map of."""
    if "properties" in schema:
        yield from _fields(schema, name + ".")
    elif "items" in schema:
        yield from _inside(_resolve(schema["items"]), name + "[]")
    elif isinstance(schema.get("additionalProperties"), dict):
        yield from _inside(_resolve(schema["additionalProperties"]), name + ".*")


def _type(schema: dict[str, Any]) -> str:
    """Return the type in words, such as "list of objects" or "date or null"."""
    full = _resolve(schema)
    if "const" in full:
        return f'"{full["const"]}"'
    types = full.get("type", [])
    types = [types] if isinstance(types, str) else types
    null = " or null" if "null" in types or None in full.get("enum", []) else ""
    if "title" in full:
        return str(full["title"]) + null
    (kind,) = (t for t in types if t != "null")
    if kind == "array":
        kind = f"list of {_plural(_type(full['items']))}"
    elif isinstance(full.get("additionalProperties"), dict):
        kind = f"map of {_plural(_type(full['additionalProperties']))}"
    return str(kind) + null


def _plural(kind: str) -> str:
    if kind.startswith("list of "):
        return "lists of " + kind.removeprefix("list of ")
    return kind if kind == "text" else kind + "s"


def _resolve(schema: dict[str, Any]) -> dict[str, Any]:
    """Return `schema` with what it refers to; its own keys, such as the description, win."""
    if "$ref" not in schema:
        return schema
    target: dict[str, Any] = load_schema()["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    return target | schema


def _table(heads: list[str], rows: Iterable[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(docs_page())
