"""The published JSON Schemas of a profile's files, generated from the classes that parse them.

`python -m crawler.profiles.schema` rewrites `schema/*.json` and, in a checkout, docs/profile.md.
"""

from __future__ import annotations

import json
from functools import cache
from inspect import cleandoc
from pathlib import Path
from typing import Any, get_args

import msgspec

from .checks.reading import KINDS
from .model import Data, Landmark, RecordField, Render, Value

FOLDER = Path(__file__).parent / "schema"

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_PLACES: dict[type[msgspec.Struct], tuple[str, ...]] = {
    Value: ("css", "xpath", "meta", "data", "url", "const"),
    Landmark: ("css", "url", "data"),
    Data: ("variable", "script", "element"),
}
_KEYS: dict[type[msgspec.Struct], dict[str, dict[str, Any]]] = {
    Render: {"fields": {"enum": sorted(get_args(RecordField))}, "roles": {"$ref": "#/$defs/Role"}},
}
"""What the names in a table may be: msgspec's schemas do not say."""
_NEEDS = {Value: {"path": ["data"]}, Landmark: {"path": ["data"]}}


@cache
def schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of `kind` ("profile", "layout" or "phrases"). It is shared: do not change it."""
    root = KINDS[kind]
    _, definitions = msgspec.json.schema_components([root], ref_template="#/$defs/{name}")
    made: dict[str, Any] = {name: _tidy(definition) for name, definition in definitions.items()}
    for cls, places in _PLACES.items():
        if cls.__name__ in made:
            made[cls.__name__].update(_one_place(cls, places))
    for cls, keys in _KEYS.items():
        for name, allowed in keys.items() if cls.__name__ in made else ():
            made[cls.__name__]["properties"][name]["propertyNames"] = allowed
    for definition in made.values():
        for name, described in definition.get("properties", {}).items():
            if "description" not in described:
                definition["properties"][name] = {"description": _borrowed(described, made), **described}
    top = made.pop(root.__name__)
    return {
        "$schema": _DRAFT,
        "$id": f"urn:portalsieve:schema:{kind}",
        "title": top.pop("title"),
        "description": top.pop("description"),
        **top,
        "$defs": dict(sorted(made.items())),
    }


def _one_place(cls: type[msgspec.Struct], places: tuple[str, ...]) -> dict[str, Any]:
    """Return the constraints of the class's `__post_init__`: exactly one place, and keys that require another."""
    choices: list[dict[str, Any]] = [{"required": [place]} for place in places]
    if "within" in cls.__struct_fields__:
        choices.append({"required": ["within"], "not": {"anyOf": list(choices)}})
    return {"oneOf": choices, **({"dependentRequired": _NEEDS[cls]} if cls in _NEEDS else {})}


def _tidy(node: Any) -> Any:
    """Return `node` without null, which TOML lacks, and without defaults that are empty."""
    if isinstance(node, list):
        return [_tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    tidy = {
        key: {name: _tidy(inner) for name, inner in value.items()} if key == "properties" else _tidy(value)
        for key, value in node.items()
        if key != "default" and (key, value) != ("required", [])
    }
    description: Any = tidy.get("description")
    if isinstance(description, str):
        tidy["description"] = cleandoc(description)
    default = node.get("default")
    if default not in (None, ()) and not isinstance(default, dict):
        tidy["default"] = list(default) if isinstance(default, tuple) else default
    if "anyOf" in tidy:
        choices = [choice for choice in tidy["anyOf"] if choice != {"type": "null"}]
        if len(choices) > 1:
            tidy["anyOf"] = choices
        else:
            del tidy["anyOf"]
            tidy = {**choices[0], **tidy}
    return tidy


def _borrowed(described: dict[str, Any], definitions: dict[str, Any]) -> str:
    """Return the description of the type of a property that has none itself."""
    target = described.get("items", described.get("additionalProperties", described))
    if "$ref" in target:
        target = definitions[target["$ref"].rpartition("/")[2]]
    if "description" not in target:
        raise ValueError(f"no description for {described}: give its field one, in Meta(description=...)")
    return str(target["description"]).partition("\n")[0]


def dumps(kind: str) -> str:
    """Return the text of `schema/<kind>.schema.json`."""
    return json.dumps(schema(kind), indent=2, ensure_ascii=False) + "\n"


def path(kind: str) -> Path:
    """Return the path of the schema of `kind`."""
    return FOLDER / f"{kind}.schema.json"


def main() -> None:
    """Rewrite the schemas, and docs/profile.md if the folder exists."""
    from .docs import page  # noqa: PLC0415 - docs imports this module

    FOLDER.mkdir(exist_ok=True)
    for kind in KINDS:
        path(kind).write_text(dumps(kind), encoding="utf-8")
    docs = Path(__file__).parents[2] / "docs"
    if docs.is_dir():
        (docs / "profile.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
