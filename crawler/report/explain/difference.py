"""The differences between two versions of a page, or between two profiles on one page."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from ...page.text import squeeze
from .parts import Part
from .record import fields_of
from .sheet import Sheet

ALIKE = 0.5
"""Minimum share of common characters for two texts of one rule to be one changed part."""
COMPARED = 4000
"""Maximum characters of a text that are compared, which is enough and keeps the comparison fast."""


class Change(StrEnum):
    """How a part has changed."""

    SAME = "same"
    ROLE = "role"
    RULE = "rule"
    TEXT = "text"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Pair:
    """A part before and after; one of them is None if it was added or removed."""

    change: Change
    before: Part | None
    after: Part | None

    @property
    def one(self) -> Part:
        """The part after, or before if it was removed."""
        part = self.after if self.after is not None else self.before
        if part is None:
            raise ValueError("a pair needs a part before or after")
        return part


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of the record before and after; None without a record."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Flow:
    """Characters of the same page that changed from one role to another."""

    before: str
    after: str
    characters: int


@dataclass(frozen=True, slots=True)
class Difference:
    """All differences: parts in page order, fields, and for the same page the characters that changed their role."""

    pairs: list[Pair]
    fields: list[FieldChange]
    flows: list[Flow]

    @property
    def moved(self) -> list[Pair]:
        """The parts that have changed."""
        return [pair for pair in self.pairs if pair.change is not Change.SAME]


def compare(before: Sheet, after: Sheet) -> Difference:
    """Compare two laid-out pages."""
    return Difference(_pairs(before.parts, after.parts), _fields(before, after), _flows(before, after))


def _pairs(before: list[Part], after: list[Part]) -> list[Pair]:
    """Match parts by their text, first in order; then similar ones of the same rule; the rest is one-sided."""
    old, new = [_text(part) for part in before], [_text(part) for part in after]
    match: dict[int, int] = {}
    for start, other, length in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        match |= {start + i: other + i for i in range(length)}
    _match_elsewhere(old, new, match)
    _match_alike(before, after, match)
    pairs = [
        _pair(part, after[match[i]]) if i in match else Pair(Change.REMOVED, part, None)
        for i, part in enumerate(before)
    ]
    back = {other: i for i, other in match.items()}
    place = 0
    for j, part in enumerate(after):
        if j in back:
            place = next(k for k, pair in enumerate(pairs) if pair.after is part) + 1
        else:
            pairs.insert(place, Pair(Change.ADDED, None, part))
            place += 1
    return pairs


def _text(part: Part) -> str:
    return squeeze(part.text) or part.address or f"{part.role} {part.rule}"


def _pair(before: Part, after: Part) -> Pair:
    if before.role != after.role or before.level != after.level:
        return Pair(Change.ROLE, before, after)
    if _text(before) != _text(after):
        return Pair(Change.TEXT, before, after)
    return Pair(Change.RULE if before.rule != after.rule else Change.SAME, before, after)


def _match_elsewhere(old: list[str], new: list[str], match: dict[int, int]) -> None:
    taken = set(match.values())
    places = defaultdict(list)
    for j, text in enumerate(new):
        if j not in taken:
            places[text].append(j)
    for i, text in enumerate(old):
        if i not in match and places[text]:
            match[i] = places[text].pop(0)


def _match_alike(before: list[Part], after: list[Part], match: dict[int, int]) -> None:
    """Match the remaining parts of one rule: if each side has one, those, else the most similar texts."""
    taken = set(match.values())
    names = [Counter((part.role, part.rule) for part in parts) for parts in (before, after)]
    for i, part in enumerate(before):
        if i in match:
            continue
        best = (ALIKE, -1)
        for j, other in enumerate(after):
            if j not in taken and (part.role, part.rule) == (other.role, other.rule):
                alone = names[0][part.role, part.rule] == names[1][other.role, other.rule] == 1
                best = max(best, (1.0 if alone else _likeness(part, other), j))
        if best[1] >= 0:
            match[i] = best[1]
            taken.add(best[1])


def _likeness(before: Part, after: Part) -> float:
    old, new = _text(before)[:COMPARED], _text(after)[:COMPARED]
    common = (Counter(old) & Counter(new)).total()
    return 2 * common / (len(old) + len(new))


def _fields(before: Sheet, after: Sheet) -> list[FieldChange]:
    old, new = _plain(before), _plain(after)
    return [
        FieldChange(name, old.get(name), new.get(name))
        for name in dict.fromkeys((*old, *new))
        if old.get(name) != new.get(name)
    ]


def _plain(sheet: Sheet) -> dict[str, Any]:
    """Return what is compared besides the parts: fields, the rules that produced them, layout, flags, profile."""
    record = sheet.record
    if record is None:
        return {"failure": str(sheet.fault.failure)} if sheet.fault is not None else {}
    plain = fields_of(record)
    plain |= {f"rule of {name}": given.rule for name, given in record.provenance.items()}
    plain |= {"flags": list(record.flags), "layout": record.layout.id, "confidence": record.layout.confidence}
    plain["runner-up"] = record.layout.runner_up
    return plain | {"profile version": record.profile.version[:12], "contentHash": record.content_hash}


def _flows(before: Sheet, after: Sheet) -> list[Flow]:
    """Return the changes of role by characters if both pages show exactly the same text; else []."""
    old, new = _roles(before), _roles(after)
    if "".join(text for _, text in old) != "".join(text for _, text in new):
        return []
    flows: Counter[tuple[str, str]] = Counter()
    for was, now in zip(
        (role for role, text in old for _ in text), (role for role, text in new for _ in text), strict=True
    ):
        if was != now:
            flows[was, now] += 1
    return [Flow(was, now, count) for (was, now), count in flows.most_common()]


def _roles(sheet: Sheet) -> list[tuple[str, str]]:
    """Return (role, text) for each run of the page, in document order."""
    return [(run.part.role, run.text) for run in sheet.runs if run.part is not None]
