"""The record's pane: fields with their provenance, flags, coverage, layouts, blocks, chrome, fetch."""

from __future__ import annotations

import json
from typing import Any

from ...errors import PortalsieveError, Quarantined
from ...page.text import collapse
from ...profiles.model import Landmark
from ...records.model import Provenance, Record
from ..look.html import Html, join, tag
from .general import section
from .pane import place_text
from .parts import Group, Part
from .sheet import Sheet, Weighed

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


def record_pane(sheet: Sheet) -> list[Html]:
    """Return everything besides the page's text: links to the sections, then the sections."""
    record = sheet.record
    blocks = [part for part in sheet.parts if part.group is Group.ARTICLE]
    rest = [part for part in sheet.parts if part.group not in {Group.ARTICLE, Group.UNREAD}]
    sections = {
        "Reason": reason(sheet) if sheet.fault is not None else None,
        "Fields": _fields(sheet, record) if record is not None else None,
        "Flags": _flags(record) if record is not None else None,
        "Layout": _layouts(sheet),
        "General reading": section(sheet.judged, sheet.lines) if sheet.judged is not None else None,
        "Coverage": _coverage(sheet),
        "Blocks": _parts("Blocks", blocks),
        "Chrome": _parts("Chrome", rest),
        "Fetch": _fetch(record) if record is not None else None,
        "JSON": _json(record) if record is not None else None,
    }
    there = {name: section for name, section in sections.items() if section is not None}
    links = [tag("a", name, href=f"#{name.lower().replace(' ', '-')}") for name in there]
    return [tag("nav", *links, class_="places", aria_label="The record's sections"), *there.values()]


def reason(sheet: Sheet) -> Html:
    """Return why the page has no record: failure, message, and the rule that failed."""
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
    return tag(
        "section",
        tag("h2", "No record"),
        tag("p", str(fault), class_="why"),
        _list([(name, value) for name, value in rows if value]),
        class_="reason",
        id="reason",
    )


def _list(rows: list[tuple[str, str]]) -> Html:
    return tag("dl", *(join(tag("dt", name), tag("dd", value)) for name, value in rows))


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


def _fields(sheet: Sheet, record: Record) -> Html:
    rows, empty = [], []
    for key, value in fields_of(record).items():
        if value is None or value in ([], ""):
            empty.append(key)
            continue
        origins = [_origin(sheet, given, plain_value(value)) for given in _given(record, key)]
        rows.append(
            tag(
                "div",
                tag("dt", *dotted(key)),
                tag("dd", tag("div", plain_value(value), class_="value"), *origins),
                class_="field",
            )
        )
    none = tag("p", "Not on this page: ", ", ".join(empty), class_="empty") if empty else None
    return tag("section", tag("h2", "Fields"), tag("dl", *rows, class_="fields"), none, id="fields")


def dotted(name: str) -> list[str]:
    """Return a dotted name with optional line breaks after the dots."""
    first, *rest = name.split(".")
    return [first, *(part for inner in rest for part in (".", tag("wbr"), inner))]


def _given(record: Record, key: str) -> list[Provenance]:
    """Return the provenance of a field; that of a name or URL may be under the object's name."""
    given = record.provenance
    names = [key, f"{key}.url"] if key in given else [key.removesuffix(".name").removesuffix(".url")]
    return [given[name] for name in names if name in given]


def _origin(sheet: Sheet, given: Provenance, value: str) -> Html:
    rule, raw = given.rule, given.raw
    place = sheet.book.place(rule) if sheet.book is not None else None
    says = ", ".join(f"{key} {setting}" for key, setting in place.settings) if place is not None else ""
    where = f"{place.file}:{place.line}" if place is not None and place.file else ""
    return tag(
        "div",
        tag("code", rule, title=where or None),
        tag("span", says, class_="says") if says else None,
        tag("q", raw) if raw and raw != value else None,
        class_="origin",
    )


def _flags(record: Record) -> Html:
    flags = [tag("li", flag) for flag in record.flags]
    shown = tag("ul", *flags, class_="chips") if flags else tag("p", "none: no doubts", class_="empty")
    doubts = [
        tag("li", tag("code", doubt.where), f" {doubt.flag}: ", *[tag("q", value) for value in doubt.values])
        for doubt in record.doubts
    ]
    return tag("section", tag("h2", "Flags"), shown, tag("ul", *doubts) if doubts else None, id="flags")


def _coverage(sheet: Sheet) -> Html | None:
    coverage = sheet.record.coverage if sheet.record is not None else sheet.coverage
    if not coverage.total:
        return None
    rows = [
        tag(
            "tr",
            tag("th", group, scope="row"),
            tag("td", f"{count:,}"),
            tag("td", f"{count / coverage.total:.1%}"),
        )
        for group in (Group.ARTICLE, Group.CHROME, Group.HIDDEN, Group.UNKNOWN)
        for count in (getattr(coverage, group),)
    ]
    rows.append(tag("tr", tag("th", "total", scope="row"), tag("td", f"{coverage.total:,}"), tag("td", "")))
    head = tag(
        "tr", tag("th", "coverage", scope="col"), tag("th", "characters", scope="col"), tag("th", "share", scope="col")
    )
    return tag("section", tag("h2", "Coverage"), tag("table", head, *rows), id="coverage")


def _layouts(sheet: Sheet) -> Html | None:
    if not sheet.weighed:
        return None
    choice = sheet.record.layout if sheet.record is not None else None
    summary = None
    if choice is not None:
        rows = [("layout", choice.id), ("confidence", f"{choice.confidence:.2f}")]
        if choice.runner_up is not None and choice.runner_up_confidence is not None:
            rows.append(("runner-up", f"{choice.runner_up}, {choice.runner_up_confidence:.2f}"))
        if choice.margin is not None:
            rows.append(("margin", f"{choice.margin:.2f}"))
        summary = _list(rows)
    chosen = sheet.apart.layout.id if sheet.apart is not None else None
    scores = [
        _weighed(one, chosen=one.layout.id == chosen, open_=not number) for number, one in enumerate(sheet.weighed)
    ]
    return tag("section", tag("h2", "Layout"), summary, *scores, id="layout")


def _weighed(one: Weighed, *, chosen: bool, open_: bool) -> Html:
    state = "chosen" if chosen else "recognised" if one.recognised else "below its threshold"
    marks = [
        tag(
            "li",
            tag(
                "span",
                "✓" if held else "✗",
                class_="held" if held else "missed",
                aria_label="held" if held else "missed",
            ),
            tag("span", f"weight {mark.weight}", class_="weight"),
            tag("code", landmark_text(mark)),
        )
        for mark, held in one.marks
    ]
    summary = tag(
        "summary",
        tag("span", one.layout.id, class_="name"),
        tag("meter", min=0, max=1, value=f"{one.score:.4f}", aria_label=f"score of {one.layout.id}"),
        tag("span", f"{one.score:.2f} of {one.layout.threshold:.2f}", class_="num"),
        tag("span", state, class_="state"),
    )
    return tag("details", summary, tag("ul", *marks), class_="layout", open=open_, data_layout=one.layout.id)


def landmark_text(mark: Landmark) -> str:
    """Return one piece of evidence as written in the profile."""
    says = mark.css or (f"url {mark.url}" if mark.url is not None else f"data {mark.data} {mark.path or ''}".rstrip())
    return f"without {says}" if mark.absent else says


def _parts(title: str, parts: list[Part]) -> Html | None:
    if not parts:
        return None
    rows = [
        tag(
            "li",
            tag(
                "button",
                tag("span", class_="swatch", data_role=part.role, aria_hidden="true"),
                tag("span", part.role, class_="name"),
                tag("span", snippet(part), class_="snippet"),
                tag("span", f"{part.size:,}", class_="num", title="characters"),
                type="button",
                data_goto=f"p{part.number}",
                title=" ".join(filter(None, (part.pointer, part.rule, place_text(part)))),
            ),
        )
        for part in parts
    ]
    return tag(
        "section",
        tag("h2", title, tag("span", str(len(parts)), class_="num")),
        tag("ol", *rows),
        class_="parts",
        id=title.lower(),
    )


def snippet(part: Part) -> str:
    """Return the beginning of the part's text, or its URL."""
    text = collapse(part.text) or part.address or "no text"
    return text if len(text) <= SNIPPET else text[: SNIPPET - 1] + "…"


def _fetch(record: Record) -> Html:
    fetch, charset = record.fetch, record.fetch.charset
    rows = [("fetched", fetch.fetched_at or "not known"), ("status", str(fetch.status)), ("sha256", fetch.sha256)]
    if charset is not None:
        said = [f"{name} says {value}" for name, value in (("header", charset.header), ("meta", charset.meta)) if value]
        rows.append(("charset", ", ".join([f"{charset.name} by {charset.chosen_by}", *said])))
        rows.append(("replaced", str(charset.replaced)))
    rows.append(("profile", f"{record.profile.site}, version {record.profile.version[:12]}"))
    rows.append(("contentHash", record.content_hash))
    return tag("section", tag("h2", "Fetch and profile"), _list(rows), id="fetch")


def _json(record: Record) -> Html:
    text = json.dumps(record.to_dict(), ensure_ascii=False, indent=1)
    return tag(
        "details", tag("summary", "The record as JSON"), tag("pre", text, tabindex="0"), class_="json", id="json"
    )
