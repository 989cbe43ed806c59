"""Traces: what stands on a page in place of what a rule found.

Of a rule that misses, an element counts as the rule's own under another name if it is at the same place in the page and
like it, and either has the old names at a new place, or names that no page of the layout had before: a redesign
renames, and what is merely left out leaves no such element behind. Of a rule that hits, an element unlike all that it
used to hit counts; of a list the links that are in no entry; of the body elements that no known body has.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from selectolax.lexbor import LexborNode

from ..errors import PortalsieveError
from ..page.dom import Page
from ..page.index import NOTEXT
from ..page.text import collapse
from ..profiles.load import Profile
from ..records.model import Record
from ..sieve.claims import apply_rules
from ..sieve.record import PartitionedPage, partition_page
from .baseline import Baseline, claims_of, findings
from .fingerprint import GENERATED, Element, Step, Value, element_of, pattern, similarity, stable, step_of, text_size
from .headline import is_confirmed
from .looks import WITH, looks, strange_looks
from .moved_data import moved_data, moved_metas
from .observe import BODY, HEADLINE, IMAGES, LINE, observe, rules_of, split_rule
from .shape import MOST_BESIDE, counts_of, has_player, hidden_pictures, holders, links_of, strange_holders, styles
from .strays import strays_of

LEARNED: Final = 3
"""Pages of a layout without a baseline whose elements are remembered."""
ALIKE: Final = 0.8
"""The least likeness of an element that has the old names."""
RENAMED: Final = 0.5
"""The least likeness of an element with new names."""
OPTIONAL: Final = 0.65
"""The least likeness of one without classes in place of what reviewed pages often lack, since each box of a column has
an id of its own, and of one without names, or whose classes are all generated."""
LINKS: Final = 0.5
"""The least share of links in an element that stands in place of a list."""
MOST_SEARCHED: Final = 12
"""Pages that are searched in place of a rule in vain; after that, only pages with names that these have not."""
_MOST: Final = 2000
"""Maximum elements of a page that are compared."""
_MOST_TEXT: Final = 300_000
"""Maximum characters of a page that is searched."""
_LONGEST_VALUE: Final = 80
_SHORTEST_STEM: Final = 3
_MOST_STRANGE: Final = 2
_NAMES = re.compile(rb"\b(?:class|id)\s*=\s*[\"']?([^\"'<>]*)", re.IGNORECASE)
_NUMBER = re.compile(r"\d{3,}")
_INSIDE = re.compile(r"\.items(?:\.|\Z)")
_FAMILIAR: Final = frozenset({HEADLINE, BODY})
"""Rules whose elements hardly differ among the pages of a layout."""


class _Known:
    """What is known of a layout: the elements and values of its rules, and all names that its pages have."""

    def __init__(self, baseline: Baseline | None) -> None:
        self.elements: dict[str, list[Element]] = {}
        self.values: dict[str, Value] = {}
        self.beside: dict[str, float] = {}
        self.inside: tuple[str, ...] = ()
        self.most: dict[str, int] = {}
        self.names: set[str] = set()
        self.learned = 0
        self.looks: dict[str, tuple[str, ...]] = {}
        self.hits: dict[str, int] = {}
        self.alternatives: dict[str, frozenset[str]] = {}
        self.optional: set[str] = set()
        body = baseline.rules.get(BODY) if baseline is not None else None
        self.player = body is not None and body.player and body.hits > 1
        self.searches: Counter[str] = Counter()
        self.usual: dict[str, set[str]] = {}
        """The names on the pages that were searched in vain, by rule."""
        for rule, one in baseline.rules.items() if baseline is not None else ():
            self.add(rule, one.elements)
            if one.value is not None:
                self.values[rule] = one.value
            self.beside[rule] = one.beside or 0.0
            self.inside += one.inside
            self.looks[rule], self.hits[rule] = one.looks, one.hits
            if one.is_optional:
                self.optional.add(rule)
            if one.hits:
                self.alternatives[rule] = frozenset(one.alternatives)
                self.most[rule] = one.most or 1

    def add(self, rule: str, elements: Iterable[Element]) -> None:
        """Remember the elements of a rule."""
        for element in elements:
            self.elements.setdefault(rule, []).append(element)
            for step in (element.step, *element.ancestors, element.before, element.after):
                if step is not None:
                    self.names |= names_of(step)


def names_of(step: Step | Element) -> set[str]:
    """Return the id and the class words of an element; generated ones are not names."""
    return {*step.classes, *([f"#{step.id}"] if step.id else [])} - {GENERATED, f"#{GENERATED}"}


class Traces:
    """The elements of a site's rules, from its baselines, or from the first pages of layouts that have none."""

    def __init__(self, profile: Profile, baselines: Mapping[str, Baseline]) -> None:
        self.profile = profile
        self.known = {layout: _Known(baselines.get(layout)) for layout in profile.layouts}
        self.reviewed = frozenset(baselines)

    def page(self, body: bytes, url: str, content_type: str | None, apart: PartitionedPage | None = None) -> TracedPage:
        """Return a page; without `apart`, its partition, it is parsed if that is needed."""
        return TracedPage(self, body, url, content_type, apart)


class TracedPage:
    """A page that is searched for what stands in place of what rules found."""

    def __init__(
        self, traces: Traces, body: bytes, url: str, content_type: str | None, apart: PartitionedPage | None = None
    ) -> None:
        self._traces = traces
        self._source = body, url, content_type
        self._parsed = apart.values.page if apart is not None else None
        self._found: list[tuple[LexborNode, Step, set[str]]] | None = None
        self._steps: dict[int, Step] = {}
        self._apart = apart
        self._total = 0
        self._elements: dict[int, Element] = {}
        self._claimed: dict[int, str] | None = None
        self._words: frozenset[str] | None = None

    def learn(self, record: Record) -> None:
        """Remember the elements of the page's rules, if its layout has no baseline and few of its pages are known."""
        layout = record.layout.id
        known = self._traces.known.get(layout)
        if known is None or layout in self._traces.reviewed or known.learned >= LEARNED:
            return
        known.learned += 1
        try:
            page = self._page()
            found = findings(page, self._traces.profile, record, self._partition())
        except PortalsieveError:
            return
        total = text_size(page)
        for finding in found:
            known.add(finding.rule, (element_of(node, total) for node in finding.elements[:2]))

    def shape(self, record: Record) -> dict[str, str]:
        """Return what stands in place of what rules found that hit something all the same, by rule."""
        layout = record.layout.id
        known = self._traces.known.get(layout)
        if known is None or layout not in self._traces.reviewed:
            return {}
        try:
            apart = self._partition()
        except PortalsieveError:
            return {}
        listed = {rule[0] for entry in record.chrome if entry.items and (rule := split_rule(entry.rule)) is not None}
        observation = observe(record, apart.layout)
        found: dict[str, str] = {}
        for region, links in links_of(apart, self._traces.profile, record).items():
            items = f"{region}.items"
            if region not in listed:
                found |= {items: f"links in no entry ({links.loose})"} if links.loose else {}
            elif links.share > max(MOST_BESIDE, known.beside.get(items, 0.0)):
                found[items] = f"links beside the entries ({links.beside})"
        for region, strays in strays_of(apart, record).items():
            items = f"{region}.items"
            if items not in found and strays.share > max(MOST_BESIDE, known.beside.get(items, 0.0)):
                found[items] = f"texts beside the entries ({strays.beside})"
        for of, nodes in _familiar(apart, known).items():
            strange = not any(_is_familiar(node, element) for node in nodes for element in known.elements[of])
            if of == HEADLINE and is_confirmed(record):
                continue
            if strange and of in observation.hits:
                found[of] = _written(step_of(nodes[0]))
        for name, count in counts_of(apart).items():
            if count > known.most.get(name, count):
                found[name] = f"{count} elements"
        if not record.images and known.most.get(IMAGES) and (count := hidden_pictures(apart)):
            found[IMAGES] = f"elements that name pictures ({count})"
        if known.player and not has_player(apart):
            found[f"{BODY} player"] = "a body without its player"
        found |= moved_data(apart.values.page, apart.layout, self._traces.profile.data[layout])
        read = {rule: known.alternatives[rule] for rule in observation.misses if rule in known.alternatives}
        found |= moved_metas(apart.values.page, apart.layout, read)
        found |= strange_looks(looks(record, apart, self._traces.profile.site.hosts), known.looks, known.hits)
        inside = holders(apart)
        if inside and not known.inside and known.hits.get(BODY) and not apart.from_data:
            found[f"{BODY} {WITH} text"] = "text, not only pictures"
        names = strange_holders(inside, known.inside, self._traces.profile)
        usual = styles(names, apart)
        names = [name for name in names if name not in usual]
        return found | {f"{BODY} {name}": f"text in {name}" for name in names[:_MOST_STRANGE]}

    def missed(self, layout: str) -> set[str]:
        """Return the rules for regions of a layout that claim nothing on the page, whatever its layout is."""
        profile = self._traces.profile
        known = profile.layouts[layout]
        try:
            page = self._page()
            page.index(profile.interest)
            claims = apply_rules(page, known)
        except PortalsieveError:
            return set()
        hit = {rule[0] for claim in claims.by_node.values() if (rule := split_rule(claim.rule)) is not None}
        return {rule for rule in rules_of(known) if _is_region(rule)} - hit

    def _page(self) -> Page:
        if self._parsed is None:
            self._parsed = Page.from_bytes(*self._source)
        return self._parsed

    def _partition(self) -> PartitionedPage:
        if self._apart is None:
            self._apart = partition_page(self._page(), self._traces.profile)
        return self._apart

    def trace(self, layout: str) -> Callable[[str], str | None]:
        """Return the function that looks for what stands in place of what a rule of a layout found."""

        def look(rule: str) -> str | None:
            known = self._traces.known.get(layout)
            if known is None or rule not in known.elements:
                return None
            if rule in known.optional and rule.startswith(LINE):
                return self._again(known, rule, layout)
            usual = known.usual.setdefault(rule, set())
            if known.searches[rule] >= MOST_SEARCHED and self._names() <= usual:
                return None
            known.searches[rule] += 1
            found = self._best(known, rule)
            if found is None:
                usual |= self._names()
            return found

        return look

    def _names(self) -> frozenset[str]:
        """Return the class words and ids in the page's source, without what is generated."""
        if self._words is None:
            found = {word for one in _NAMES.findall(self._source[0]) for word in one.split()}
            self._words = frozenset(stable(_NUMBER.sub("", word.decode("utf-8", "replace"))) for word in found)
        return self._words

    def _best(self, known: _Known, rule: str) -> str | None:
        elements = [(element, names_of(element)) for element in known.elements[rule]]
        own_names = frozenset().union(*(names for _, names in elements))
        tags = {element.tag for element, _ in elements}
        optional = rule in known.optional
        value = known.values.get(rule)
        best, at = 0.0, None
        for number, (node, step, names) in enumerate(self._nodes()):
            new = names.isdisjoint(known.names)
            if not (step.tag in tags if new else not names.isdisjoint(own_names)):
                continue
            own = self._elements.get(number)
            if own is None:
                own = self._elements[number] = element_of(node, self._total, self._steps)
            fits = value is not None and _fits(node, value)
            bonus = 0.1 if fits else 0.0
            least = OPTIONAL if optional and not step.classes else RENAMED
            unnamed = GENERATED in step.classes or rule.startswith("chrome.")
            for element, known_names in elements:
                same = not names.isdisjoint(known_names)
                if not (same or new) or element.links >= LINKS > own.links:
                    continue
                score = similarity(own, element, RENAMED - bonus)
                named = bool(names) or (unnamed and score >= OPTIONAL)
                renamed = new and (named or (fits and not known_names))
                renamed = renamed and score + bonus >= least and (not optional or _is_placed(own, element))
                renamed = renamed and (own.share > 0 or (not element.share and bool(node.text().strip())))  # rounded
                found = renamed or (same and score >= ALIKE)
                if found and score + bonus > best and self._is_free(node, element, rule):
                    best, at = score + bonus, step
        return _written(at) if at is not None else None

    def _again(self, known: _Known, rule: str, layout: str) -> str | None:
        """Return the only element that has the names of those of an optional line, if it is like one and unclaimed.

        A line with a condition on its text may be there without fulfilling it.
        """
        region = self._traces.profile.layouts[layout].article.info.get(rule.removeprefix(LINE))
        if region is None or region.where is not None:
            return None
        for element in known.elements[rule]:
            names = names_of(element)
            nodes = [(node, step) for node, step, own in self._nodes() if names <= own] if names else []
            if len(nodes) == 1 and nodes[0][0].text().strip() and not self._is_claimed(nodes[0][0]):
                node, step = nodes[0]
                if similarity(element_of(node, self._total, self._steps), element) >= ALIKE:
                    return _written(step)
        return None

    def _is_free(self, node: LexborNode, element: Element, rule: str) -> bool:
        """Return whether an element may have the text of a rule: it has text, if a known one has, and no other rule.

        A renamed list may well be in what another rule claims for all that is beside an article.
        """
        if element.share and not node.text().strip():
            return False
        if rule.startswith("chrome."):
            return True
        return not self._is_claimed(node, rule)

    def _is_claimed(self, node: LexborNode, rule: str | None = None) -> bool:
        """Return whether a rule other than the given one has claimed an element."""
        if self._claimed is None:
            try:
                self._claimed = {claim.node.mem_id: of for of, claim in claims_of(self._partition())}
            except PortalsieveError:  # a page without a record
                self._claimed = {}
        return self._claimed.get(node.mem_id, rule) != rule

    def _nodes(self) -> list[tuple[LexborNode, Step, set[str]]]:
        """Return the page's elements, each by its names and with the set of these."""
        if self._found is None:
            try:
                page = self._page()
            except PortalsieveError:
                self._found = []
                return self._found
            self._total = text_size(page)
            if self._total > _MOST_TEXT:
                self._found = []
                return self._found
            found = [(node, step_of(node)) for node in _elements(page)]
            self._steps = {node.mem_id: step for node, step in found}
            self._found = [(node, step, names_of(step)) for node, step in found]
        return self._found


def _elements(page: Page) -> Iterator[LexborNode]:
    stack = [page.dom.body or page.root]
    found = 0
    while stack and found < _MOST:
        node = stack.pop()
        found += 1
        yield node
        stack.extend(reversed([child for child in node.iter() if child.tag not in NOTEXT]))


def _is_placed(one: Element, other: Element) -> bool:
    """Return whether two elements have a box around them or a neighbour of the same name.

    The end of a page without named boxes is where anything new is put.
    """
    around = {name for step in one.ancestors for name in names_of(step)}
    pairs = [(one.before, other.before), (one.after, other.after)]
    return any(not around.isdisjoint(names_of(step)) for step in other.ancestors) or any(
        here is not None and there is not None and names_of(here) & names_of(there) for here, there in pairs
    )


def _is_region(rule: str) -> bool:
    """Return whether a rule claims a region by itself."""
    return rule in {HEADLINE, BODY} or (rule.startswith(("article.info.", "chrome.")) and not _INSIDE.search(rule))


def _familiar(apart: PartitionedPage, known: _Known) -> dict[str, list[LexborNode]]:
    """Return the elements of the rules whose elements hardly differ, if some are known."""
    found: dict[str, list[LexborNode]] = {}
    for rule, claim in claims_of(apart):
        if rule in _FAMILIAR and rule in known.elements:
            found.setdefault(rule, []).append(claim.node)
    return found


def _is_familiar(node: LexborNode, element: Element) -> bool:
    """Return whether an element has a name of a known one; if neither has names, its tag and that of its parent."""
    if node.is_text_node and node.parent is not None:
        node = node.parent
    here, there = names_of(step_of(node)), names_of(element)
    if here or there:
        return any(_is_name(one, other) for one in here for other in there)
    above = node.parent.tag if node.parent is not None else None
    known = element.ancestors[0].tag if element.ancestors else None
    return node.tag == element.tag and (known in {None, "body", above})  # boxes around the whole page say nothing


def _is_name(one: str, other: str) -> bool:
    """Return whether two names are one, but for what a build tool generates."""
    if one == other:
        return True
    stem = next((name.partition(GENERATED)[0] for name in (one, other) if GENERATED in name), "")
    return len(stem) > _SHORTEST_STEM and one.startswith(stem) and other.startswith(stem)


def _fits(node: LexborNode, value: Value) -> bool:
    """Return whether an element's text looks like the values of a rule."""
    text = collapse(node.text())[:_LONGEST_VALUE]
    return (bool(value.prefix) and text.startswith(value.prefix)) or (bool(text) and pattern(text) in value.patterns)


def _written(step: Step) -> str:
    """Return an element as a selector."""
    return step.tag + (f"#{step.id}" if step.id else "") + "".join(f".{word}" for word in step.classes)
