"""Values in meta elements that have other names now, or that only a meta element has any more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import Any

from ...page.text import squeeze
from ...profiles.toml import KeyPath
from ...records.model import Record
from ...sieve.dates import parse_date
from .assign import assigned
from .cases import Seen
from .mender import Mender
from .toml_text import EditFailed
from .trial import SHARED, Draft, own_file

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_:.-]{0,79}")
_LEAST, _MARGIN = 2.0, 0.5
_Metas = dict[str, str]


def metas_of(seen: Seen) -> _Metas:
    """Return the contents of a page's meta elements, by name, property or itemprop."""
    found: _Metas = {}
    for node in seen.page.dom.css("meta"):
        content = (node.attributes.get("content") or "").strip()
        for key in ("property", "name", "itemprop"):
            name = (node.attributes.get(key) or "").strip()
            if content and _NAME.fullmatch(name):
                found.setdefault(name, content)
    return found


def rename_metas(mender: Mender) -> None:
    """Add rules with the new names of meta elements that the changed pages have under other names."""
    olds, news = [metas_of(seen) for seen in mender.olds], [metas_of(seen) for seen in mender.affected]
    known, there = ({name.lower() for page in pages for name in page} for pages in (olds, news))
    used = {value["meta"] for file in _files(mender) for _, value in _rules(mender.draft.files[file].table)}
    gone = [name for name in sorted(used) if name.lower() in known and name.lower() not in there]
    fresh = sorted({name for page in news for name in page if name.lower() not in known})
    if not gone or not fresh:
        return
    pairs = [
        (metas_of(seen.old), page) for seen, page in zip(mender.affected, news, strict=True) if seen.old is not None
    ]
    scores = {
        name: {other: score for other in fresh if (score := _alike(name, other, olds, news, pairs)) >= _LEAST}
        for name in gone
    }
    before = mender.faults(mender.outcomes(mender.draft))
    draft = mender.draft
    for name, other in assigned(scores).items():
        if all(scores[name][other] - score >= _MARGIN for rival, score in scores[name].items() if rival != other):
            draft = _with_name(mender, draft, name, other)
    if draft is not mender.draft and mender.load(draft) and mender.faults(mender.outcomes(draft)) <= before:
        mender.adopt(draft)


def _alike(
    name: str, other: str, olds: Sequence[_Metas], news: Sequence[_Metas], pairs: Sequence[tuple[_Metas, _Metas]]
) -> float:
    """Return how likely a meta element's name is another's new one; `pairs` are one article's page before and now."""
    was = [content for page in olds for key, content in page.items() if key.lower() == name.lower()]
    now = [page[other] for page in news if other in page]
    score = 2.0 if re.split(r"[:._-]", name.lower())[-1] == re.split(r"[:._-]", other.lower())[-1] else 0.0
    score += 0.7 if name.lower() in other.lower() else 0.0
    score += 1.0 if _kind(was[0]) == _kind(now[0]) else -1.0
    for before, after in pairs:
        if name in before and other in after:
            return score + (3.0 if squeeze(before[name]) == squeeze(after[other]) else -3.0)
    return score


def _kind(text: str) -> str:
    if re.match(r"(?:https?:)?//", text):
        return "address"
    if re.match(r"\d{4}\D{1,2}\d{1,2}\D{1,2}\d{1,2}", text):
        return "date"
    return "number" if text.isdecimal() else "text"


def _files(mender: Mender) -> tuple[str, str]:
    return own_file(mender.layout.id), SHARED


def _rules(table: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, dict[str, Any]]]:
    """Yield the rules of a file that read a meta element, with their places."""
    if isinstance(table, dict):
        if isinstance(table.get("meta"), str):
            yield path, table
        for key, value in table.items():
            yield from _rules(value, (*path, key))
    elif isinstance(table, list):
        for number, value in enumerate(table):
            yield from _rules(value, (*path, number))


def _with_name(mender: Mender, draft: Draft, name: str, other: str) -> Draft:
    """Return the draft with a copy of each rule that reads one meta element, for the other, behind those beside it."""
    for file in _files(mender):
        for path, rule in [*_rules(draft.files[file].table)]:
            if rule["meta"] != name or not path or not isinstance(path[-1], int):
                continue
            text, place = draft.files[file], path[:-1]
            known = text.get(place)
            copy = {**{key: value for key, value in rule.items() if key != "unproven"}, "meta": other}
            label = ".".join(map(str, place))
            try:
                if path in text.places:
                    made = text.with_table([*map(str, place)], copy, after=(*place, len(known) - 1), many=True)
                else:
                    made = text.replaced(place, [*known, copy])
                draft = draft.with_file(file, made, label)
            except EditFailed:
                continue
    return draft


def meta_rules(mender: Mender, field: str, records: Sequence[Record | None]) -> Iterator[dict[str, Any]]:
    """Yield rules for a value that a meta element has on all pages where it is wrong, by the value of before."""
    names: set[str] | None = None
    for seen, record in zip(mender.affected, records, strict=True):
        before = seen.before
        if before is None or seen.guessed or not {field, "record"} & {*seen.wrong(record)}:
            continue
        zone = mender.profile.timezone
        if field == "datePublished":
            wanted = before.date_published or ""
            found = {name for name, text in metas_of(seen).items() if wanted and _day(text, zone) == wanted}
        else:
            value = before.source.name if field == "source" and before.source is not None else ""
            found = {name for name, text in metas_of(seen).items() if value and squeeze(text) == squeeze(value)}
        names = found if names is None else names & found
    yield from ({"meta": name} for name in sorted(names or ()))


def _day(text: str, zone: tzinfo) -> str | None:
    found = parse_date(text, tz=zone, now=None)
    return found.iso if found is not None else None
