"""A record as the values a fixture pins, one name for each, and as the text that a reviewer reads.

What the page says is pinned: fields, blocks, chrome by role. What the machine says of itself (rules, paths, scores,
counts, digests) is not: it changes with every profile, and checks of its own watch over it, in
`crawler/regression/suite.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crawler.records.model import Record, Role

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
"""Fields of schema 1.1: pinned where a page has them, so that fixtures recorded before keep their values."""

CHROME = "chrome."
CHARSET = "charset"
_SHOWN = 160
"""Characters of a chrome entry that the text for reviewers shows; expected.json holds all."""
_ITEMS = 5
"""Entries of a list that it shows."""


def values_of(record: Record) -> Values:
    """Return the values of `record` that a fixture pins.

    Unknown text is left out: nobody has said what it is, and a limit of its own watches over it.
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
    """Return a chrome entry without the rule's part in it, and without keys that say nothing."""
    kept = {key: entry[key] for key in ("heading", "text") if entry[key] is not None}
    if entry["items"] is not None:
        kept["items"] = [{key: value for key, value in item.items() if value is not None} for item in entry["items"]]
    return kept


def is_chrome(name: str) -> bool:
    """Tell whether a value is the chrome of one role."""
    return name.startswith(CHROME)


def absent(name: str) -> Any:
    """Return what stands for a value that a page has nothing of: an empty list for chrome, else None."""
    return [] if is_chrome(name) else None


def markdown(name: str, values: Mapping[str, Any]) -> str:
    """Return the values as text for a reviewer's eyes and for diffs: what the article is, what the chrome is.

    `name` is the heading. Long chrome and long lists are cut: how much is left out stands there.
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
    told = [str(block["text"])] if "text" in block else []
    told += [f"{key}: {_short(value)}" for key, value in rest.items()]
    return f"[{kind}] " + " · ".join(told)


def _chrome(entry: Mapping[str, Any]) -> list[str]:
    text = entry.get("text") or ""
    cut = f" … {len(text) - _SHOWN} more characters" if len(text) > _SHOWN else ""
    heading = f"**{entry['heading']}** " if entry.get("heading") else ""
    lines = [f"{heading}{text[:_SHOWN]}{cut}"]
    items = entry.get("items") or []
    lines += [f"- {_short(item)}" for item in items[:_ITEMS]]
    return [*lines, f"- … {len(items) - _ITEMS} more entries"] if len(items) > _ITEMS else lines
