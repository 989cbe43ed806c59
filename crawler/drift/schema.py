"""The published JSON Schema of a check for layout drift, generated from the classes in `verdict.py`.

`python -m crawler.drift.schema` rewrites `schema/drift-<version>.json`. The version is semantic, as that of the record.
"""

from __future__ import annotations

import json
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec

from .verdict import SCHEMA_VERSION, SiteCheck

PATH = Path(__file__).parent / "schema" / f"drift-{SCHEMA_VERSION}.json"


def schema() -> dict[str, Any]:
    """Return the JSON Schema. Every key is always present, so that readers need no defaults."""
    _, definitions = msgspec.json.schema_components([SiteCheck], ref_template="#/$defs/{name}")
    for definition in definitions.values():
        definition["description"] = cleandoc(definition.get("description", "")).split("\n\n")[0].replace("\n", " ")
        if "properties" in definition:
            for described in definition["properties"].values():
                described.pop("default", None)
            definition["required"] = [*definition["properties"]]
            definition["additionalProperties"] = False
    top = definitions.pop("SiteCheck")
    top["properties"]["schemaVersion"] = {"const": SCHEMA_VERSION}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:portalsieve:schema:drift:{SCHEMA_VERSION}",
        **top,
        "$defs": dict(sorted(definitions.items())),
    }


def dumps() -> str:
    """Return the text of the schema's file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(dumps(), encoding="utf-8")
