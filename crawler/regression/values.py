"""The values of a record that a fixture pins, by name, and their text for reviewers.

Values that come from the page are pinned: fields, blocks, chrome by role. Values about the extraction (rules, paths,
scores, counts, digests) are not: they change with every profile, and `crawler/regression/suite.py` has checks for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..records.model import Record, Role

Values = dict[str, Any]
"""By name: `headline`, `account`, `blocks`, `chrome.related` and so on, as decoded JSON."""

FIELDS = (
    "id",
    "kind",
    "url",
    "canonicalUrl",
    "title",
    "headline",
    "originalHeadline",
    "info",
    "description",
    "keywords",
    "authors",
    "editors",
    "account",
    "source",
    "datePublished",
    "datePublishedRaw",
    "datePrecision",
    "dateModified",
    "location",
    "inLanguage",
    "breadcrumbs",
    "blocks",
    "articleBodyHtml",
    "images",
    "mainImage",
    "commentCount",
    "pages",
    "flags",
)
"""The record's fields that are pinned as they are, in the record's order; `charset` and chrome follow them."""

SINCE_1_1 = ("abstract", "articleSection")
"""Fields of schema 1.1: pinned only if a page has them, so that older fixtures keep their values."""

CHROME = "chrome."
CHARSET = "charset"
_SHOWN = 160
"""Characters of a chrome entry that are shown to reviewers; expected.json has all."""
_ITEMS = 5
"""Entries of a list that are shown to reviewers."""


def values_of(record: Record) -> Values:
    """Return the values of `record` that a fixture pins.

    Unknown text is left out: it has no confirmed role, and its amount is checked separately.
    """
    plain = record.to_dict()
    values: Values = {name: plain[name] for name in FIELDS}
    values["info"] = [line["text"] for line in plain["info"]]
    values |= {name: plain[name] for name in SINCE_1_1 if plain[name] is not None}
    values[CHARSET] = record.fetch.charset.name if record.fetch.charset else None
    for entry in plain["chrome"]:
        if entry["role"] != Role.UNKNOWN:
            values.setdefault(CHROME + entry["role"], []).append(_entry(entry))
    return values


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return a chrome entry without rule and XPath, and without null values."""
    kept = {key: entry[key] for key in ("heading", "text") if entry[key] is not None}
    if entry["items"] is not None:
        kept["items"] = [{key: value for key, value in item.items() if value is not None} for item in entry["items"]]
    return kept


def is_chrome(name: str) -> bool:
    """Return whether the value with this name is the chrome of a role."""
    return name.startswith(CHROME)


def absent(name: str) -> Any:
    """Return the value that stands for a missing one: an empty list for chrome, else None."""
    return [] if is_chrome(name) else None


def markdown(name: str, values: Mapping[str, Any]) -> str:
    """Return the values as Markdown for reviewers and diffs, with the article and the chrome.

    `name` is the heading. Long chrome and long lists are truncated, with a note of how much is left out.
    """
    lines = [f"# {name}", ""]
    for field in (*FIELDS, *SINCE_1_1):
        if field in {"blocks", "articleBodyHtml"} or not values.get(field):
            continue
        lines.append(f"- {field}: {_short(values[field])}")
    lines += ["", "## Article", ""]
    for block in values.get("blocks") or []:
        lines += [_block(block), ""]
    for field in values:
        if not is_chrome(field):
            continue
        lines += [f"## {field.removeprefix(CHROME)}", ""]
        for entry in values[field]:
            lines += [*_chrome(entry), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _short(value: Any) -> str:
    if isinstance(value, list):
        return " | ".join(_short(part) for part in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_short(part)}" for key, part in value.items() if part is not None)
    return str(value)


def _block(block: Mapping[str, Any]) -> str:
    kind = block["type"] + (f" {block['level']}" if "level" in block else "")
    rest = {key: value for key, value in block.items() if key not in {"type", "level", "text"}}
    texts = [str(block["text"])] if "text" in block else []
    texts += [f"{key}: {_short(value)}" for key, value in rest.items()]
    return f"[{kind}] " + " · ".join(texts)


def _chrome(entry: Mapping[str, Any]) -> list[str]:
    text = entry.get("text") or ""
    cut = f" … {len(text) - _SHOWN} more characters" if len(text) > _SHOWN else ""
    heading = f"**{entry['heading']}** " if entry.get("heading") else ""
    lines = [f"{heading}{text[:_SHOWN]}{cut}"]
    items = entry.get("items") or []
    lines += [f"- {_short(item)}" for item in items[:_ITEMS]]
    return [*lines, f"- … {len(items) - _ITEMS} more entries"] if len(items) > _ITEMS else lines
