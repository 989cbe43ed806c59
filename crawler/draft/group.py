"""Groups of similar pages: selectors for the elements found on them, with how often they matched and which values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import msgspec
from selectolax.lexbor import LexborNode

from ..heuristics.marks import Mark, marks, names
from ..heuristics.reading import DATES, SOURCE_TEXT, SOURCES, Reading, text_of
from ..heuristics.regions import Part, parts
from ..page.text import size
from ..profiles.checks.generated import generated_part

_ALIKE = 0.3
"""Minimum share of common class names and ids for two pages to be in one group."""

_HASHED = re.compile(r"[-_]+(?=[A-Za-z0-9]*[A-Z0-9])[A-Za-z0-9]{5,8}$|(?<=[-_])[A-Za-z0-9]{0,3}[-_]$")
_TELLING = 7
"""Minimum characters of a selector whose name is specific, unlike .left or .main."""

_YEAR = re.compile(r"(?<!\d)(?:19[9]|20[0-4])\d(?!\d{5})")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The place of a value: selectors, best first, or a meta name; the number of pages with it, and the values."""

    marks: tuple[Mark, ...] = ()
    meta: str | None = None
    pages: int = 0
    gave: tuple[str, ...] = ()

    @property
    def css(self) -> list[str]:
        """The selectors."""
        return [mark.css for mark in self.marks]


class PageGroup:
    """The pages of one layout and what they have in common; `total` is their number."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        self.readings = list(readings)
        self.total = len(self.readings)
        self.headline = self._place(lambda one: one.headline, lambda one: _shown(one.headline))
        self.body = self._place(lambda one: one.body, lambda one: f"{_length(one.body)} characters")
        while not self.body.marks and self._widen():
            self.body = self._place(lambda one: one.body, lambda one: f"{_length(one.body)} characters")
        self.line = self._place(lambda one: one.line, lambda one: _shown(one.line))
        self.dates = tuple(date for one in self.readings if (date := one.shown_date()) is not None)
        self.metas = [meta for name in DATES if (meta := self._meta(name, dated=True)).pages]
        self.linked = tuple(d for one in self.readings for d in [_linked_date(one)] if d is not None)
        self.source = self._place(_apart, lambda one: one.source_name())
        self.source_in_line = self._place(_inside_line, lambda one: one.source_name())
        self.sources = tuple(name for one in self.readings if (name := one.source_name()) is not None)
        self.source_metas = [meta for name in SOURCES if (meta := self._meta(name, dated=False)).pages]
        self.parts: list[Part] = parts(self.readings)

    @property
    def year(self) -> int | None:
        """The year of the oldest date on the pages or in their URLs, or None."""
        dates = [int(date[:4]) for date in self.dates]
        dates = dates or [int(found[0]) for one in self.readings if (found := _YEAR.search(one.url))]
        return min(dates) if dates else None

    @property
    def stated_source(self) -> int:
        """The number of pages on which the source is labelled (来源: …)."""
        return sum(one.source is not None and _STATED.search(text_of(one.source)) is not None for one in self.readings)

    def landmarks(self, others: Sequence[PageGroup]) -> list[tuple[str, int]]:
        """Return the layout's evidence: weighted selectors that match on all pages here and on none of `others`.

        Without any, return selectors that match on `others` as well.
        """
        chosen = {
            ", ".join(place.css): weight
            for place, weight in ((self.headline, 3), (self.body, 3), (self.line, 2))
            if place.marks and all(mark.telling for mark in place.marks)
        }
        around = [way for one in self.readings[:1] for node in _around(one) for way in list(names(node))[:1]]
        alone = [css for css in around if all(len(one.page.dom.css(css)) == 1 for one in self.readings)]
        for css in sorted(dict.fromkeys(alone), key=lambda css: len(css) < _TELLING)[:2]:
            chosen.setdefault(css, 1)
        here = [(css, weight) for css, weight in chosen.items() if all(one.has(css) for one in self.readings)]
        elsewhere = [one for other in others for one in other.readings]
        return [(css, weight) for css, weight in here if not any(one.has(css) for one in elsewhere)] or here

    def _widen(self) -> bool:
        widened = [one.widen() for one in self.readings]
        return all(widened)

    def _place(self, node: Callable[[Reading], LexborNode | None], value: Callable[[Reading], str | None]) -> Place:
        found = [(one, node(one)) for one in self.readings]
        gave = [value(one) or "" for one, there in found if there is not None]
        chosen = marks([(one.page, there) for one, there in found])
        return Place(marks=tuple(chosen), pages=len(gave), gave=tuple(gave))

    def _meta(self, name: str, *, dated: bool) -> Place:
        values = [value for one in self.readings if (value := one.page.meta(name))]
        if dated:
            values = [date for value, one in zip(values, self.readings, strict=False) if (date := one.date(value))]
        return Place(meta=name, pages=len(values), gave=tuple(values))


_STATED = re.compile(SOURCE_TEXT)


def groups(readings: Sequence[Reading]) -> list[PageGroup]:
    """Return the pages in groups of similar structure, the largest first."""
    found: list[tuple[set[str], list[Reading]]] = []
    for reading in readings:
        own = _vocabulary(reading)
        for known, members in found:
            if len(own & known) >= _ALIKE * len(own | known):
                members.append(reading)
                break
        else:
            found.append((own, [reading]))
    return [PageGroup(members) for _, members in sorted(found, key=lambda one: -len(one[1]))]


def _vocabulary(reading: Reading) -> set[str]:
    """Return the class names and ids of a page, without suffixes that look generated by a build."""
    found: set[str] = set()
    for node in reading.page.dom.css("[class], [id]"):
        for name in [*(node.attributes.get("class") or "").split(), f"#{node.id}"]:
            found.add(_HASHED.sub("", name.removesuffix(generated_part(name) or "")))
    return found


def _apart(reading: Reading) -> LexborNode | None:
    return None if reading.source is None or _inside_line(reading) is not None else reading.source


def _inside_line(reading: Reading) -> LexborNode | None:
    """Return the source's element if it is inside the line with the time."""
    node = reading.source
    while node is not None and reading.line is not None:
        if node.mem_id == reading.line.mem_id:
            return reading.source
        node = node.parent
    return None


def _around(reading: Reading) -> list[LexborNode]:
    """Return the ancestors of the body, the nearest first, that contain less than the whole page."""
    found = []
    node = reading.body.parent if reading.body is not None else None
    while node is not None and node.tag not in {"body", "html", None}:
        found.append(node)
        node = node.parent
    return found


def _linked_date(reading: Reading) -> str | None:
    dates = (reading.date(value) for data in reading.linked if isinstance(value := data.get("datePublished"), str))
    return next((date for date in dates if date is not None), None)


def _shown(node: LexborNode | None) -> str | None:
    return text_of(node) if node is not None else None


def _length(node: LexborNode | None) -> int:
    return size(text_of(node)) if node is not None else 0
