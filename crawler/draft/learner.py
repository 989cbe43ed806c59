"""Learns rules for values: of the places that are offered, those that give what the general reading found."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec
from selectolax.lexbor import LexborNode

from ..page import embedded
from ..profiles.model import Data, Value
from ..profiles.pagedata import data_of
from ..profiles.patterns import first_group, named_groups, split
from ..sieve.dates import from_groups
from ..sieve.partition import flow_text
from ..sieve.values import refined
from .data import Entry
from .learned import Learned, basic
from .sample import Sample

_MOST_NODES: Final = 40
_MOST_PLACES: Final = 8
PUBLISHED: Final = re.compile(
    r"(?:s|str|article|news|post)?_?(?:publish(?:ed)?_?(?:time|date|at)?|pub_?(?:time|date)|create_?time|ctime|ct|ptime|datePublished)",
    re.IGNORECASE,
)
"""Names of the time of publication in scripts."""
LINE: Final = 240
"""Length of the lines with time, source and people; a longer one is prose."""
_LONGEST_NAME: Final = 36
"""Characters of a name for data, before the number by which others of the same name differ: a profile can have 40."""

_OF_SEVERAL: Final = re.compile(r"([^*\[\]|]*(?:\[\]|\*))\.([^*\[\]|]+) \| \[0\]")
"""The path to a value of the first of the objects in one list, or under one key."""


class Place(msgspec.Struct, frozen=True):
    """A rule for a value, and the data that it names."""

    value: Value
    data: Data | None = None


class Learner:
    """Learns rules for values from pages; `regions` maps the names of learned regions to their selectors.

    `data` are the places in the data that the rules name, `kept` the rules by the key that they are for.
    """

    def __init__(self, samples: Sequence[Sample], regions: Mapping[str, Sequence[str]]) -> None:
        self.samples = list(samples)
        self.regions = dict(regions)
        self.data: dict[str, Data] = {}
        self.kept: dict[str, list[Place]] = {}

    # --- Evaluation ---------------------------------------------------------------------------------------------------

    def strings(self, place: Place, sample: Sample) -> list[str]:
        """Return the strings that a rule finds on a page, after its `match` and `param`."""
        value = place.value
        raws: list[str] = []
        if value.meta is not None:
            content = sample.page.meta(value.meta)
            raws = [content] if content else []
        elif value.url is not None:
            groups = named_groups(value.url, sample.url) or {}
            day = from_groups(groups)
            stated = day.iso if day is not None else None if groups else first_group(value.url, sample.url)
            raws = [stated] if stated else []
        elif place.data is not None:
            raws = self._embedded(place, sample)
        else:
            raws = [_taken(value, node) for node in self._nodes(value, sample)[:_MOST_NODES]]
            if value.split is not None and not value.every:
                raws = [raw for raw in raws if raw and refined(value, raw)][:1]
        found = [text for raw in raws if raw and (text := refined(value, raw))]
        if value.split is not None:
            found = [part for text in found for part in split(value.split, text) if part and part.strip()]
        return found

    def _embedded(self, place: Place, sample: Sample) -> list[str]:
        data = place.data
        if data is None:
            return []
        found = data_of(sample.page, data)
        if place.value.path is not None and found is not None:
            found = embedded.query(found, place.value.path)
        items = found if isinstance(found, list) else [found]
        return [str(one) for one in items if isinstance(one, (str, int)) and not isinstance(one, bool)]

    def _nodes(self, value: Value, sample: Sample) -> list[LexborNode]:
        if value.within is None:
            return sample.find(value.css or "*")
        scopes = region(sample, self.regions.get(value.within, ()))
        if value.css is None:
            return scopes
        inside = sample.find(value.css)
        return [node for node in inside if any(_is_in(node, scope) for scope in scopes)]

    # --- Learning -----------------------------------------------------------------------------------------------------

    def learn(
        self,
        key: str,
        candidates: Callable[[Sample], Iterator[Place]],
        wanted: Callable[[Sample], str | None],
        judge: Callable[[Sample, list[str], str | None], bool | None],
        *,
        most: int = 3,
    ) -> list[Learned]:
        """Return rules in the order to try, each with the pages on which it holds.

        `judge` says whether what a rule gives on a page is right, wrong, or (None) nothing.
        """
        offered: dict[Place, set[int]] = {}
        for number, sample in enumerate(self.samples):
            if wanted(sample) is not None:
                for place in candidates(sample):
                    offered.setdefault(place, set()).add(number)
        doubtful = {
            place: count for place in offered if (count := sum(_is_ambiguous(place, one) for one in self.samples))
        }
        verdicts: dict[Place, list[bool | None]] = {}
        for place in offered:
            verdicts[place] = [judge(one, self.strings(place, one), wanted(one)) for one in self.samples]
        sure = {place: by for place, by in offered.items() if place not in doubtful}
        there = [wanted(sample) is not None for sample in self.samples]
        total = sum(there)
        rank = {place: number for number, place in enumerate(sure)}
        chosen, rejected = _greedy(sure, verdicts, rank, there, None, most)
        if chosen:
            self.kept[key] = chosen
        checked = 0
        right = 0
        if len(self.samples) > 1:
            for left in range(len(self.samples)):
                if not there[left]:
                    continue
                checked += 1
                others, _ = _greedy(sure, verdicts, rank, there, left, most)
                got = next((verdicts[place][left] for place in others if verdicts[place][left] is not None), None)
                right += got is True
        found = []
        for place in chosen:
            gave = [text for one in self.samples for text in self.strings(place, one)[:1]]
            held = sum(v is True for v in verdicts[place])
            found.append(
                Learned(
                    key=key, toml=tuple(self._toml(key, place)), held=held, total=total, right=right, checked=checked,
                    gave=tuple(gave),
                )
            )  # fmt: skip
        rejected = rejected or max(doubtful, key=lambda place: verdicts[place].count(True), default=None)
        if not chosen and rejected is not None:
            held, wrong = (verdicts[rejected].count(verdict) for verdict in (True, False))
            gave = [text for one in self.samples for text in self.strings(rejected, one)[:1]]
            pages = f"of {len(self.samples)} pages"
            reason = f"right on {held}, but another value on {wrong} {pages}"
            if rejected in doubtful:
                reason = (
                    f"not a variable with a single value on {doubtful[rejected]} {pages}: could be another article's"
                )
            found.append(
                Learned(
                    key=key, toml=tuple(self._toml(key, rejected, quiet=True)), held=held, total=total,
                    gave=tuple(gave), reason=reason,
                )
            )  # fmt: skip
        return found

    def _toml(self, key: str, place: Place, *, quiet: bool = False) -> list[str]:
        value = place.value
        lines = [f"[[{key}]]"]
        if place.data is not None:
            name = self._data_name(place.data, quiet=quiet)
            lines.append(f"data = {basic(name)}")
        for label in ("css", "meta", "url", "within", "path", "attr"):
            said = getattr(value, label)
            if said is not None:
                lines.append(f"{label} = {basic(said)}")
        if value.text != "all":
            lines.append(f"text = {basic(value.text)}")
        for label in ("match", "split"):
            said = getattr(value, label)
            if said is not None:
                lines.append(f"{label} = {basic(said)}")
        if value.every:
            lines.append("every = true")
        return lines

    def name_of(self, data: Data | None) -> str:
        """Return the name of data that a kept rule names, "" for none."""
        return next((name for name, one in self.data.items() if one == data), "")

    def _data_name(self, data: Data, *, quiet: bool) -> str:
        known = next((name for name, one in self.data.items() if one == data), None)
        if known is not None:
            return known
        place = next(iter(data.variables), "") or data.script or data.element or ""
        place = ("linked" if "ld+json" in place else "json") if place.startswith("script[") else place
        stem = re.sub(r"[^A-Za-z0-9]", "", place) or "data"
        stem = (stem if stem[0].isalpha() else f"v{stem}")[:_LONGEST_NAME]
        name = next(one for one in (stem, *(f"{stem}{n}" for n in range(2, 99))) if one not in self.data)
        if not quiet:
            self.data[name] = data
        return name


def _is_ambiguous(place: Place, sample: Sample) -> bool:
    """Return whether a rule names a bare variable of which a page has no assignment, or several values."""
    data = place.data
    if data is None or not data.variables or place.value.path is not None:
        return False
    return sample.page.data(data.variable, None) is not None and not embedded.is_one_value(
        sample.page.text, data.variables[0]
    )


def _greedy(
    offered: Mapping[Place, set[int]],
    verdicts: Mapping[Place, list[bool | None]],
    rank: Mapping[Place, int],
    there: Sequence[bool],
    left: int | None,
    most: int,
) -> tuple[list[Place], Place | None]:
    """Return the fewest rules that give the value on most pages and no other value, and the best that is not kept."""
    pages = [n for n in range(len(there)) if n != left]
    good: list[tuple[int, int, Place]] = []
    rejected: tuple[int, int, Place] | None = None
    for place, by in offered.items():
        if not by - {left}:
            continue
        right = sum(verdicts[place][n] is True for n in pages)
        wrong = sum(verdicts[place][n] is False for n in pages)
        entry = (-right, rank[place], place)
        if not right:
            continue
        if wrong == 0:
            good.append(entry)
        elif rejected is None or (wrong - right, rank[place]) < (rejected[0], rejected[1]):
            rejected = (wrong - right, rank[place], place)
    chosen: list[Place] = []
    open_pages = {n for n in pages if there[n]}
    for _, _, place in sorted(good, key=lambda one: (one[0], one[1])):
        gives = {n for n in open_pages if verdicts[place][n] is True}
        if gives or (chosen and all(_other_kind(place, one) for one in chosen)):
            chosen.append(place)
            open_pages -= gives
        if len(chosen) >= most:
            break
    chosen.sort(key=lambda place: place.value.url is not None)  # a day only: last
    return chosen, rejected[2] if rejected is not None else None


def _other_kind(one: Place, other: Place) -> bool:
    """Return whether two rules look in different places, so that the second may find what the first one misses."""
    if one.data is not None and one.data.variables and one.value.path is None:
        return PUBLISHED.fullmatch(one.data.variables[0]) is not None and _kind(one) != _kind(other)
    return _kind(one) != _kind(other)


def _kind(place: Place) -> str:
    value = place.value
    return (
        "meta"
        if value.meta
        else "url"
        if value.url
        else "data"
        if place.data
        else "attribute"
        if value.attr
        else "shown"
    )


def in_data(sample: Sample, fits: Callable[[Entry], bool], *, every: bool = False) -> Iterator[Place]:
    """Yield rules for the strings of a page's data that fit, those beside the article's body first."""
    found = [entry for entry in sample.entries if fits(entry)]
    near = [entry for entry in sample.stated if fits(entry)] if found else []
    bodies = sample.bodies if near and not every else []
    for entry in list(dict.fromkeys((*near, *found)))[:_MOST_PLACES]:
        for path in dict.fromkeys((*_with_body(entry, bodies), entry.path)):
            yield Place(Value(data="data", path=path, every=every), entry.data)


def _with_body(entry: Entry, bodies: Iterable[Entry]) -> Iterator[str]:
    """Yield the path to a value of the first of several objects that has a body: other articles may stand before it."""
    own = _OF_SEVERAL.fullmatch(entry.path or "")
    for body in bodies:
        of = _OF_SEVERAL.fullmatch(body.path or "")
        if own is not None and of is not None and (body.data, body.inside, of[1]) == (entry.data, entry.inside, own[1]):
            objects = own[1].removesuffix("[]") if own[1].endswith("[]") else f"{own[1]} | "
            yield f"{objects}[?{of[2]}].{own[2]} | [0]"


def meta_names(sample: Sample) -> list[str]:
    """Return the names of the page's metas that a profile can ask for."""
    found: dict[str, None] = {}
    for node in sample.page.dom.css("meta[content]"):
        for label in ("property", "name", "itemprop"):
            name = (node.attributes.get(label) or "").strip()
            if name and re.fullmatch(r"[A-Za-z][\w:.\-]{0,60}", name, re.ASCII):
                found[name] = None
    return list(found)


def region(sample: Sample, css: Sequence[str]) -> list[LexborNode]:
    """Return the elements of the first selector that finds any."""
    return next((nodes for one in css if (nodes := sample.find(one))), [])


def _is_in(node: LexborNode, outer: LexborNode) -> bool:
    above: LexborNode | None = node
    while above is not None:
        if above.mem_id == outer.mem_id:
            return True
        above = above.parent
    return False


def _taken(value: Value, node: LexborNode) -> str:
    if value.attr is not None:
        return node.attributes.get(value.attr) or ""
    return node.text(deep=False) if value.text == "own" else flow_text(node)
