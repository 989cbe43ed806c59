"""The record's pane: fields with their provenance, flags, coverage, layouts, blocks, chrome, fetch."""

from __future__ import annotations

import json
from typing import Any

from ...errors import PortalsieveError, Quarantined
from ...page.text import collapse
from ...profiles.model import Landmark
from ...records.model import Provenance, Record
from .pane import place_text
from .parts import Group, Part
from .sheet import Sheet

APART = frozenset(
    ["blocks", "chrome", "coverage", "layout", "provenance", "fetch", "flags", "doubts", "profile", "info"]
)
"""Keys of the record that have their own section."""
LENGTHY = frozenset({"articleBody", "articleBodyHtml", "images"})
"""Views of the blocks, which are only shown in the JSON."""
FIRST = (
    "headline", "originalHeadline", "datePublished", "datePublishedRaw", "datePrecision", "dateModified", "source",
    "account", "authors", "editors", "location", "commentCount", "keywords", "abstract", "description",
    "articleSection", "title", "breadcrumbs", "mainImage",
)  # fmt: skip
"""The most important fields in order; the others follow."""
SNIPPET = 60


def record_pane(sheet: Sheet) -> dict[str, Any]:
    """Return what `record.html` shows: everything besides the page's text."""
    record = sheet.record
    blocks = [part for part in sheet.parts if part.group is Group.ARTICLE]
    chrome = [part for part in sheet.parts if part.group not in {Group.ARTICLE, Group.UNREAD}]
    coverage = record.coverage if record is not None else sheet.coverage
    there = {
        "Reason": sheet.fault,
        "Fields": record,
        "Flags": record,
        "Layout": sheet.weighed,
        "General reading": sheet.judged,
        "Coverage": coverage.total,
        "Blocks": blocks,
        "Chrome": chrome,
        "Fetch": record,
        "JSON": record,
    }
    fields, empty = _fields(sheet, record) if record is not None else ([], [])
    return {
        "sections": [name for name, section in there.items() if section],
        "sheet": sheet,
        "record": record,
        "reason": _reason(sheet) if sheet.fault is not None else [],
        "fields": fields,
        "empty": empty,
        "choice": _choice(record) if record is not None else [],
        "chosen": sheet.apart.layout.id if sheet.apart is not None else None,
        "scored": [line for line in sheet.lines if line.score is not None],
        "coverage": coverage,
        "groups": [str(group) for group in (Group.ARTICLE, Group.CHROME, Group.HIDDEN, Group.UNKNOWN)],
        "blocks": blocks,
        "chrome": chrome,
        "fetch": _fetch(record) if record is not None else [],
        "json": json.dumps(record.to_dict(), ensure_ascii=False, indent=1) if record is not None else "",
        "snippet": snippet,
        "hint": lambda part: " ".join(filter(None, (part.pointer, part.rule, place_text(part)))),
        "landmark": landmark_text,
    }


def _reason(sheet: Sheet) -> list[tuple[str, str]]:
    """Return why the page has no record: failure, and the rule that failed."""
    fault = sheet.fault
    if not isinstance(fault, PortalsieveError):
        raise TypeError(f"{sheet.name}: has no fault")
    rows = [("failure", str(fault.failure)), ("to do", str(fault.failure.action))]
    if isinstance(fault, Quarantined):
        rows += [("missing", fault.pointer or ""), ("rule", fault.rule or ""), ("layout", fault.layout or "")]
        place = sheet.book.place(fault.rule) if sheet.book is not None and fault.rule else None
        if place is not None:
            rows += place.settings
            rows.append(("in", f"{place.file}:{place.line}" if place.file else ""))
    return [(name, value) for name, value in rows if value]


def plain_value(value: Any) -> str:
    """Return a value of the record for people, without brackets and quotes if it has only one part."""
    if isinstance(value, dict):
        return " · ".join(f"{key} {plain_value(inner)}" for key, inner in value.items() if inner is not None)
    if isinstance(value, list):
        return "; ".join(plain_value(inner) for inner in value)
    return str(value)


def fields_of(record: Record) -> dict[str, Any]:
    """Return the record's fields by dotted names, without those with their own section and views of the blocks."""
    plain = record.to_dict()
    fields: dict[str, Any] = {}
    for key in (*FIRST, *(key for key in plain if key not in FIRST)):
        value = plain[key]
        if key in APART | LENGTHY:
            continue
        if isinstance(value, dict):
            fields |= {f"{key}.{name}": inner for name, inner in value.items()}
        else:
            fields[key] = value
    return fields


def _fields(sheet: Sheet, record: Record) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the fields with values and where these are from, and the names of those without."""
    found, empty = [], []
    for key, value in fields_of(record).items():
        if value is None or value in ([], ""):
            empty.append(key)
            continue
        shown = plain_value(value)
        origins = [_origin(sheet, given, shown) for given in _given(record, key)]
        found.append({"name": key, "value": shown, "origins": origins})
    return found, empty


def _given(record: Record, key: str) -> list[Provenance]:
    """Return the provenance of a field; that of a name or URL may be under the object's name."""
    given = record.provenance
    names = [key, f"{key}.url"] if key in given else [key.removesuffix(".name").removesuffix(".url")]
    return [given[name] for name in names if name in given]


def _origin(sheet: Sheet, given: Provenance, value: str) -> dict[str, str | None]:
    place = sheet.book.place(given.rule) if sheet.book is not None else None
    return {
        "rule": given.rule,
        "says": ", ".join(f"{key} {setting}" for key, setting in place.settings) if place is not None else "",
        "where": f"{place.file}:{place.line}" if place is not None and place.file else "",
        "raw": given.raw if given.raw != value else None,
    }


def _choice(record: Record) -> list[tuple[str, str]]:
    choice = record.layout
    rows = [("layout", choice.id), ("confidence", f"{choice.confidence:.2f}")]
    if choice.runner_up is not None and choice.runner_up_confidence is not None:
        rows.append(("runner-up", f"{choice.runner_up}, {choice.runner_up_confidence:.2f}"))
    if choice.margin is not None:
        rows.append(("margin", f"{choice.margin:.2f}"))
    return rows


def landmark_text(mark: Landmark) -> str:
    """Return one piece of evidence as written in the profile."""
    says = mark.css or (f"url {mark.url}" if mark.url is not None else f"data {mark.data} {mark.path or ''}".rstrip())
    return f"without {says}" if mark.absent else says


def snippet(part: Part) -> str:
    """Return the beginning of the part's text, or its URL."""
    text = collapse(part.text) or part.address or "no text"
    return text if len(text) <= SNIPPET else text[: SNIPPET - 1] + "…"


def _fetch(record: Record) -> list[tuple[str, str]]:
    fetch, charset = record.fetch, record.fetch.charset
    rows = [("fetched", fetch.fetched_at or "not known"), ("status", str(fetch.status)), ("sha256", fetch.sha256)]
    if charset is not None:
        said = [f"{name} says {value}" for name, value in (("header", charset.header), ("meta", charset.meta)) if value]
        rows.append(("charset", ", ".join([f"{charset.name} by {charset.chosen_by}", *said])))
        rows.append(("replaced", str(charset.replaced)))
    rows.append(("profile", f"{record.profile.site}, version {record.profile.version[:12]}"))
    rows.append(("contentHash", record.content_hash))
    return rows
