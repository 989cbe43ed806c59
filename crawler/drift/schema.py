"""The published JSON Schemas of a check for layout drift (`verdict.py`) and of when a layout changed (`dated.py`).

`python -m crawler.drift.schema` rewrites `schema/`. The versions are semantic, as that of the record.
"""

from __future__ import annotations

import json
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from .dated import CHANGES_VERSION, Changes
from .verdict import SCHEMA_VERSION, SiteCheck

_FOLDER = Path(__file__).parent / "schema"
KINDS: dict[str, tuple[type[msgspec.Struct], str]] = {
    "drift": (SiteCheck, SCHEMA_VERSION),
    "drift-when": (Changes, CHANGES_VERSION),
}
"""The published schemas: by name, the class and the version."""


def path(kind: str) -> Path:
    """Return the file of a schema."""
    return _FOLDER / f"{kind}-{KINDS[kind][1]}.json"


def schema(kind: str) -> dict[str, Any]:
    """Return a JSON Schema. Every key is always present, so that readers need no defaults."""
    cls, version = KINDS[kind]
    _, definitions = msgspec.json.schema_components([cls], ref_template="#/$defs/{name}")
    for definition in definitions.values():
        definition["description"] = cleandoc(definition.get("description", "")).split("\n\n")[0].replace("\n", " ")
        if "properties" in definition:
            for described in definition["properties"].values():
                described.pop("default", None)
            definition["required"] = [*definition["properties"]]
            definition["additionalProperties"] = False
    top = definitions.pop(cls.__name__)
    top["properties"]["schemaVersion"] = {"const": version}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:portalsieve:schema:{kind}:{version}",
        **top,
        "$defs": dict(sorted(definitions.items())),
    }


def dumps(kind: str) -> str:
    """Return the text of a schema's file."""
    return json.dumps(schema(kind), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    _FOLDER.mkdir(exist_ok=True)
    for kind in KINDS:
        path(kind).write_text(dumps(kind), encoding="utf-8")
