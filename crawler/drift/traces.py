"""Traces: what stands on a page in place of what a rule found.

An element counts as the rule's own under another name if it is at the same place in the page and like it, and either
has the old names at a new place, or names that no page of the layout had before: a redesign renames, and what is merely
left out leaves no such element behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from selectolax.lexbor import LexborNode

from ..errors import PortalsieveError
from ..page.dom import Page
from ..page.index import NOTEXT
from ..page.text import collapse
from ..profiles.load import Profile
from ..records.model import Record
from .baseline import Baseline, findings
from .fingerprint import GENERATED, Element, Step, Value, element_of, pattern, similarity, step_of, text_size

LEARNED: Final = 3
"""Pages of a layout without a baseline whose elements are remembered."""
ALIKE: Final = 0.8
"""The least likeness of an element that has the old names."""
RENAMED: Final = 0.5
"""The least likeness of an element with new names."""
LINKS: Final = 0.5
"""The least share of links in an element that stands in place of a list."""
_MOST: Final = 2000
_MOST_TEXT: Final = 300_000
"""Maximum elements of a page that are compared."""
_LONGEST_VALUE: Final = 80


class _Known:
    """What is known of a layout: the elements and values of its rules, and all names that its pages have."""

    def __init__(self, baseline: Baseline | None) -> None:
        self.elements: dict[str, list[Element]] = {}
        self.values: dict[str, Value] = {}
        self.names: set[str] = set()
        self.learned = 0
        for rule, one in baseline.rules.items() if baseline is not None else ():
            self.add(rule, one.elements)
            if one.value is not None:
                self.values[rule] = one.value

    def add(self, rule: str, elements: Iterable[Element]) -> None:
        """Remember the elements of a rule."""
        for element in elements:
            self.elements.setdefault(rule, []).append(element)
            for step in (element.step, *element.ancestors, element.before, element.after):
                if step is not None:
                    self.names |= names_of(step)


def names_of(step: Step) -> set[str]:
    """Return the id and the class words of an element; generated ones are not names."""
    return {*step.classes, *([f"#{step.id}"] if step.id else [])} - {GENERATED, f"#{GENERATED}"}


class Traces:
    """The elements of a site's rules, from its baselines, or from the first pages of layouts that have none."""

    def __init__(self, profile: Profile, baselines: Mapping[str, Baseline]) -> None:
        self.profile = profile
        self.known = {layout: _Known(baselines.get(layout)) for layout in profile.layouts}
        self.reviewed = frozenset(baselines)

    def page(self, body: bytes, url: str, content_type: str | None) -> TracedPage:
        """Return a page; it is parsed only if it is needed."""
        return TracedPage(self, body, url, content_type)


class TracedPage:
    """A page that is searched for what stands in place of what rules found."""

    def __init__(self, traces: Traces, body: bytes, url: str, content_type: str | None) -> None:
        self._traces = traces
        self._source = body, url, content_type
        self._found: list[tuple[LexborNode, Step]] | None = None
        self._total = 0
        self._elements: dict[int, Element] = {}

    def learn(self, record: Record) -> None:
        """Remember the elements of the page's rules, if its layout has no baseline and few of its pages are known."""
        layout = record.layout.id
        known = self._traces.known.get(layout)
        if known is None or layout in self._traces.reviewed or known.learned >= LEARNED:
            return
        known.learned += 1
        try:
            page = Page.from_bytes(*self._source)
            found = findings(page, self._traces.profile, record)
        except PortalsieveError:
            return
        total = text_size(page)
        for finding in found:
            known.add(finding.rule, (element_of(node, total) for node in finding.elements[:2]))

    def trace(self, layout: str) -> Callable[[str], str | None]:
        """Return the function that looks for what stands in place of what a rule of a layout found."""

        def look(rule: str) -> str | None:
            known = self._traces.known.get(layout)
            if known is None or rule not in known.elements:
                return None
            return self._best(known, rule)

        return look

    def _best(self, known: _Known, rule: str) -> str | None:
        elements = known.elements[rule]
        value = known.values.get(rule)
        best, at = 0.0, None
        for number, (node, step) in enumerate(self._nodes()):
            if not any(_may_be(step, element) for element in elements):
                continue
            own = self._elements.get(number)
            if own is None:
                own = self._elements[number] = element_of(node, self._total)
            fits = value is not None and _fits(node, value)
            for element in elements:
                score = similarity(own, element)
                new = not names_of(step) & known.names
                renamed = new and (bool(names_of(step)) or (fits and not names_of(element.step)))
                same = bool(names_of(step) & names_of(element.step))
                bonus = 0.1 if fits else 0.0
                if element.links >= LINKS > own.links:
                    continue
                found = (score >= ALIKE and same) or (renamed and score + bonus >= RENAMED and own.share > 0)
                if found and score + bonus > best:
                    best, at = score + bonus, step
        return _written(at) if at is not None else None

    def _nodes(self) -> list[tuple[LexborNode, Step]]:
        if self._found is None:
            try:
                page = Page.from_bytes(*self._source)
            except PortalsieveError:
                self._found = []
                return self._found
            self._page = page
            self._total = text_size(page)
            if self._total > _MOST_TEXT:
                self._found = []
                return self._found
            self._found = [(node, step_of(node)) for node in _elements(page)]
        return self._found


def _elements(page: Page) -> Iterator[LexborNode]:
    stack = [page.dom.body or page.root]
    found = 0
    while stack and found < _MOST:
        node = stack.pop()
        found += 1
        yield node
        stack.extend(reversed([child for child in node.iter() if child.tag not in NOTEXT]))


def _may_be(step: Step, element: Element) -> bool:
    """Return whether an element may be another by its names alone."""
    return step.tag == element.tag or bool(names_of(step) & names_of(element.step))


def _fits(node: LexborNode, value: Value) -> bool:
    """Return whether an element's text looks like the values of a rule."""
    text = collapse(node.text())[:_LONGEST_VALUE]
    return (bool(value.prefix) and text.startswith(value.prefix)) or (bool(text) and pattern(text) in value.patterns)


def _written(step: Step) -> str:
    """Return an element as a selector."""
    return step.tag + (f"#{step.id}" if step.id else "") + "".join(f".{word}" for word in step.classes)
