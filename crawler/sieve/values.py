"""The interpreter of a profile's `Value` rules, wherever they occur.

A rule says where a value is and which part of it to take. Fields are read from the page, items of lists and players of
the body from their own element (`scope`); data bodies use the same look-up of embedded JSON. Converting the string to
a text, URL, count or date is up to the caller: `Reader` for fields, `items.py` for items.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import takewhile
from typing import Final, Generic, NamedTuple, TypeVar

from selectolax.lexbor import LexborNode

from ..page import embedded
from ..page.dom import Page
from ..page.text import collapse, without_marks
from ..page.urls import absolute, query_value
from ..profiles.load import Profile
from ..profiles.model import ArticleId, Body, Data, Value
from ..profiles.pagedata import data_of
from ..profiles.patterns import Match, first_group, named_groups, pattern, split
from ..records.model import Provenance
from .claims import Claims
from .dates import ParsedDate, from_groups, parse_date
from .partition import flow_text

Made = TypeVar("Made")

_UPDATED = re.compile(r"(?:更新|修改|updated|modified)(?:时间|日期|于|\s+(?:on|at))?[\s:：]*\Z", re.IGNORECASE)
"""Labels of dates other than the date of publication."""
_LABEL: Final = 20
_MOST_DATES: Final = 5

_WIDE = str.maketrans("０１２３４５６７８９．，＋", "0123456789.,+")
_NUMBER = re.compile(
    r"(?<![\d.])(\d{1,3}(?:,\d{3})+(?!\d)|\d{1,18}(?!\d))(\.\d{1,9}(?!\d))?\s*(千万|百万|[万萬亿億千]|[wWkK](?![a-zA-Z]))?"
)
_UNITS: Final = {
    "千": 10**3, "k": 10**3, "万": 10**4, "萬": 10**4, "w": 10**4,
    "百万": 10**6, "千万": 10**7, "亿": 10**8, "億": 10**8,
}  # fmt: skip
_NAMES: Final = frozenset({"source", "account.name"})
_COUNTED: Final = "阅读|浏览|评论|点击|播放|观看|跟贴|跟帖|参与|围观"
_COUNT: Final = r"\d[\d.,]{0,15}\s?[千万亿kKwW]?\+?\s?[次人条]?"
_COUNTS = re.compile(
    rf"(?:(?:[\s|｜·,，/(（]+(?:{_COUNTED})(?:[次人]?数|量)?|(?:{_COUNTED})(?:[次人]?数|量))\s?[:：(（]?\s?{_COUNT}[)）]?"
    rf"|[\s|｜·,，/(（]+{_COUNT}(?:{_COUNTED})[)）]?)+\s*\Z"
)
"""Counts of views or comments at the end of a line; a medium may be called 全民阅读, and end with a number."""
_LONGEST_COUNTS: Final = 60


class Found(NamedTuple, Generic[Made]):
    """A value after conversion, the number of the rule that found it, and the string before conversion."""

    thing: Made
    number: int
    raw: str


class Values:
    """Finds the values of rules on a page; `data` are the places of its embedded JSON, `claims` its regions by name."""

    def __init__(self, page: Page, data: Mapping[str, Data], claims: Claims) -> None:
        self.page = page
        self.base = page.base
        self.claims = claims
        self._data = data
        self._regions: dict[str, set[int]] = {}

    def strings(self, value: Value, scope: LexborNode | None = None) -> Iterator[str]:
        """Yield the strings that `value` finds, unchanged; elements are searched at or below `scope`.

        Metas, data and the URL are always the page's.
        """
        if value.const is not None:
            yield value.const
        elif value.meta is not None:
            content = self.page.meta(value.meta)
            if content:
                yield content
        elif value.url is not None:
            found = _day_in(value.url, self.page.url) or first_group(value.url, self.page.url)
            if found:
                yield found
        elif value.data is not None:
            for item in self.embedded(value.data, value.path):
                if isinstance(item, (str, int, float)) and not isinstance(item, bool):
                    yield str(item)
        else:
            take = _taker(value)
            for place in self._places(value, scope):
                if isinstance(place, str):
                    yield place
                else:
                    yield place.text() if place.is_text_node else take(place)

    def first(
        self, rules: Iterable[Value], made: Callable[[str], Made | None], scope: LexborNode | None = None
    ) -> Found[Made] | None:
        """Return the first value of `rules` that `made` converts to something other than None."""
        for number, rule in enumerate(rules):
            for raw in self.strings(rule, scope):
                text = refined(rule, raw)
                thing = made(text) if text else None
                if thing is not None:
                    return Found(thing, number, raw)
        return None

    def element(self, value: Value) -> LexborNode | None:
        """Return the first node that `value` reads a string from, None for one that is not read from an element."""
        if value.css is None and value.xpath is None and value.within is None:
            return None
        take = _taker(value)
        for place in self._places(value, None):
            if not isinstance(place, str) and refined(value, place.text() if place.is_text_node else take(place)):
                return place
        return None

    def address(self, rules: Iterable[Value], scope: LexborNode) -> str | None:
        """Return the first http(s) URL that `rules` find in `scope`, as an absolute URL."""
        found = self.first(rules, lambda text: absolute(self.base, text), scope)
        return found.thing if found else None

    def embedded(self, name: str, path: str | None) -> Sequence[object]:
        """Return the result of the JMESPath `path` in the data of this name: the entries of a list, or one entry."""
        place = self._data.get(name)
        if place is None:
            return ()
        found = data_of(self.page, place)
        if path is not None and found is not None:
            found = embedded.query(found, path)
        return found if isinstance(found, list) else (found,)

    def filled(self, texts: Sequence[str], body: Body) -> str:
        """Return the HTML of the body's data with its marks replaced; a mark without an entry stays."""
        html = embedded.in_paragraphs(texts)
        inserts = body.inserts
        if inserts is None or body.data is None:
            return html
        found = next(iter(self.embedded(body.data, inserts.path)), None)
        entries, query = found if isinstance(found, dict) else {}, inserts.html

        def fill(mark: Match) -> str:
            name = next((group for group in mark.groups() if group is not None), mark.group(0))
            made = embedded.query(entries.get(name), query)
            return made if isinstance(made, str) else str(mark.group(0))

        return pattern(inserts.match).sub(fill, html)

    def _places(self, value: Value, scope: LexborNode | None) -> Iterable[LexborNode | str]:
        """Return the elements that `value` selects, or the strings of its XPath."""
        if value.within is None:
            if scope is None:
                return self.page.select(value.css or "*") if value.xpath is None else self.page.xpath(value.xpath)
            scopes = [scope]
        else:
            scopes = self.claims.by_name.get(value.within, [])
            if scope is not None and scopes:
                idents = self._regions.get(value.within, set())
                if len(idents) != len(scopes):
                    idents = self._regions[value.within] = {region.mem_id for region in scopes}
                scopes = _shared(idents, scope, self.claims.marked)
        if value.xpath is not None:
            return [place for one in scopes for place in self.page.xpath(value.xpath, one)]
        if value.css is None:
            return scopes
        return [found for one in scopes if one.is_element_node for found in self.page.select_in(one, value.css)]


def _day_in(source: str, url: str) -> str | None:
    """Return the date of a pattern's groups `year`, `month` and `day` in a URL, None if it has no such groups."""
    if "?P<year>" not in source:
        return None
    day = from_groups(named_groups(source, url) or {})
    return day.iso if day is not None else None


def _shared(regions: Container[int], scope: LexborNode, marked: Container[int]) -> list[LexborNode]:
    """Return `scope` if it is inside one of `regions` (nodes by identity), else those of them that are inside it.

    `marked` are the elements that have a claimed node under them: only those are searched, since a list may have a
    thousand items and as many regions.
    """
    above: LexborNode | None = scope
    while above is not None:
        if above.mem_id in regions:
            return [scope]
        above = above.parent
    found: list[LexborNode] = []
    stack = [scope.first_child] if scope.mem_id in marked else []
    while stack:
        node = stack.pop()
        if node is None:
            continue
        stack.append(node.next)
        if node.mem_id in regions:
            found.append(node)
        if node.mem_id in marked:
            stack.append(node.first_child)
    return found


@lru_cache(maxsize=4096)
def reading(value: Value) -> Callable[[LexborNode], str | None]:
    """Return the function that reads `value` from an element; cached, because lists have many elements."""
    read = flow_text if value.attr is None and value.text == "all" else _collapsed(_taker(value))
    if value.match is None and value.param is None:
        return read
    return lambda node: _taken(value, read(node))


def _collapsed(take: Callable[[LexborNode], str]) -> Callable[[LexborNode], str]:
    return lambda node: collapse(take(node))


@lru_cache(maxsize=4096)
def _taker(value: Value) -> Callable[[LexborNode], str]:
    """Return the function that reads the text or attribute that `value` names, before `match` and `param`."""
    name = value.attr
    if name is not None:
        return lambda node: node.attrs.get(name) or ""
    return _TAKERS[value.text]


def _start(node: LexborNode) -> str:
    before = takewhile(lambda child: not child.is_element_node, node.iter(include_text=True))
    return "".join(child.text() for child in before if child.is_text_node)


def _after(node: LexborNode) -> str:
    following = node.next
    return following.text() if following is not None and following.is_text_node else ""


_TAKERS: Final[Mapping[str, Callable[[LexborNode], str]]] = {
    "all": flow_text,
    "own": lambda node: node.text(deep=False),
    "start": _start,
    "after": _after,
}


def refined(value: Value, raw: str) -> str | None:
    """Return `raw` with white space collapsed and `match` and `param` applied, or None if nothing is left."""
    return _taken(value, collapse(without_marks(raw)))


def _taken(value: Value, text: str | None) -> str | None:
    if text and value.match is not None:
        text = _in_order(value.match, text) if "(?P<year>" in value.match else first_group(value.match, text)
    if text and value.param is not None:
        text = query_value(text, value.param)
    return text.strip() or None if text else None


def _in_order(source: str, text: str) -> str | None:
    """Return the date in a pattern's groups `year`, `month`, `day` and `time`, year first; None without a match."""
    groups = named_groups(source, text) or {}
    found = [groups.get(name) for name in ("year", "month", "day")]
    return f"{'-'.join(map(str, found))} {groups.get('time', '')}".strip() if all(found) else None


def _without_gaps(parts: Iterable[str | None]) -> list[str]:
    """Return the names with two single Chinese characters in a row as one: 方 敏 is set as wide as a longer name."""
    names: list[str] = []
    lone = False
    for part in parts:
        name = (part or "").strip()
        single = len(name) == 1 and "\u4e00" <= name <= "\u9fff"
        if single and lone:
            names[-1] += name
        elif name:
            names.append(name)
        lone = single and not lone
    return names


def parse_number(text: str) -> int | None:
    """Return the first number in `text` as a count (1059, 1,059, 1.2万, 3亿), or None.

    Full-width digits, thousands separators and the units 千, 万, 亿 (also k and w) are read; `10万+` is its lower
    bound, 100000. For `4.5`, which is not a whole count, it returns None.
    """
    if text.isdecimal() and text.isascii() and len(text) <= 18:
        return int(text)
    match = _NUMBER.search(text.translate(_WIDE))
    if match is None:
        return None
    whole, fraction, unit = match.groups()
    value = Decimal(whole.replace(",", "") + (fraction or "")) * (_UNITS[unit.lower()] if unit else 1)
    return int(value) if value == value.to_integral_value() else None


_PERSONS: Final = ("authors", "editors")
"""Fields that are lists of persons' names."""


class Reader:
    """Reads a record's fields; `provenance` collects the rule and raw string of each field."""

    def __init__(self, values: Values, profile: Profile, now: datetime | None) -> None:
        self.profile = profile
        self.now = now
        self.provenance: dict[str, Provenance] = {}
        self._values = values

    def text(self, field: str, rules: tuple[Value, ...]) -> str | None:
        """Return the first value of the rules, white space collapsed; names of media without counts behind them."""
        found = self._first(field, rules, _without_counts if field in _NAMES else str)
        return found.thing if found else None

    def stated_id(self, parts: ArticleId) -> str | None:
        """Return the article's own id as the page states it, or None if a part that has rules is not found."""
        if not parts.first:
            return None
        rules = {"id.first": parts.first, "id.second": parts.second, "id.third": parts.third}
        stated = [self.text(field, values) for field, values in rules.items() if values]
        known = [part for part in stated if part is not None]
        return ":".join(known) if known == stated and known else None

    def peek(self, rules: Iterable[Value]) -> str | None:
        """Return the first value the rules give, without a note of where it comes from."""
        found = self._values.first(rules, str)
        return found.thing if found else None

    def url(self, field: str, rules: tuple[Value, ...]) -> str | None:
        """Return the first value that is an http(s) URL, absolute, including tracking parameters."""
        found = self._first(field, rules, lambda text: absolute(self._values.base, text))
        return found.thing if found else None

    def number(self, field: str, rules: tuple[Value, ...]) -> int | None:
        """Return the first value that contains a number."""
        found = self._first(field, rules, parse_number)
        return found.thing if found else None

    def date(self, field: str, rules: tuple[Value, ...]) -> tuple[ParsedDate, Value] | None:
        """Return the first value that contains a date, with its rule.

        For `datePublished`, dates that the page labels as an update are skipped.
        """
        found = self._first(field, rules, self._published if field == "datePublished" else self._date)
        return (found.thing, rules[found.number]) if found else None

    def texts(self, field: str, rules: tuple[Value, ...]) -> tuple[str, ...]:
        """Return all values of the first rule that has any, without duplicates."""
        for number, rule in enumerate(rules):
            found: dict[str, None] = {}
            raws: list[str] = []
            for raw in self._values.strings(rule):
                text = refined(rule, raw)
                if text is None:
                    continue
                parts = split(rule.split, text) if rule.split else [text]
                if field in _PERSONS:
                    parts = _without_gaps(parts)
                found.update((part.strip(), None) for part in parts if part and part.strip())
                raws.append(raw)
                if not rule.every:
                    break
            if found:
                self.note(field, f"fields.{field}[{number}]", " | ".join(raws))
                return tuple(found)
        return ()

    def _first(self, field: str, rules: tuple[Value, ...], made: Callable[[str], Made | None]) -> Found[Made] | None:
        found = self._values.first(rules, made)
        if found is not None:
            self.note(field, f"fields.{field}[{found.number}]", found.raw)
        return found

    def _date(self, text: str) -> ParsedDate | None:
        return parse_date(text, tz=self.profile.timezone, now=self.now)

    def _published(self, text: str) -> ParsedDate | None:
        for _ in range(_MOST_DATES):
            parsed = self._date(text)
            if parsed is None:
                return None
            before, _, text = text.partition(parsed.raw)
            if _UPDATED.search(before[-_LABEL:]) is None:
                return parsed
        return None

    def note(self, field: str, rule: str, raw: str | None) -> None:
        """Record the rule that yielded `field`, and its raw string."""
        self.provenance[field] = Provenance(rule, collapse(raw)[:500] if raw is not None else None)


def _without_counts(name: str) -> str | None:
    """Return a name without the counts of views or comments behind it, None where nothing else is there."""
    found = _COUNTS.search(name, max(len(name) - _LONGEST_COUNTS, 0))
    return name if found is None else name[: found.start()] or None
