"""Reading single values off a page by the profile's value rules, and remembering which rule gave what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile
from typing import Final

from selectolax.lexbor import LexborNode

from crawler.page import embedded
from crawler.page.dom import Page
from crawler.page.selectors import select_in
from crawler.page.text import collapse
from crawler.page.urls import absolute, query_value
from crawler.profiles.load import Profile
from crawler.profiles.model import Data, Value
from crawler.profiles.patterns import first_group, split
from crawler.records.model import Provenance
from crawler.sieve.claims import Claims
from crawler.sieve.dates import ParsedDate, parse_date
from crawler.sieve.numbers import parse_number
from crawler.sieve.partition import flow_text

_UPDATED = re.compile(r"(?:更新|修改|updated|modified)(?:时间|日期|于|\s+(?:on|at))?[\s:：]*\Z", re.IGNORECASE)
"""What stands before a date that is not the publication's."""
_LABEL: Final = 20
_MOST_DATES: Final = 5


class Reader:
    """Reads values of one page; `provenance` collects the rule and raw string of each field read."""

    def __init__(
        self, page: Page, profile: Profile, data: dict[str, Data], claims: Claims, now: datetime | None
    ) -> None:
        self.page = page
        self.profile = profile
        self.data = data
        self.claims = claims
        self.now = now
        self.base = page.url
        self.provenance: dict[str, Provenance] = {}

    def text(self, field: str, values: tuple[Value, ...]) -> str | None:
        """Return the first value the rules give, white space collapsed."""
        for number, value in enumerate(values):
            for raw in self._raw(value):
                text = _refined(value, raw)
                if text:
                    self.note(field, f"fields.{field}[{number}]", raw)
                    return text
        return None

    def texts(self, field: str, values: tuple[Value, ...]) -> tuple[str, ...]:
        """Return all values of the first rule that gives any, without repeats."""
        for number, value in enumerate(values):
            found: dict[str, None] = {}
            raws: list[str] = []
            for raw in self._raw(value):
                text = _refined(value, raw)
                if text is None:
                    continue
                parts = split(value.split, text) if value.split else [text]
                found.update((part.strip(), None) for part in parts if part and part.strip())
                raws.append(raw)
                if not value.every:
                    break
            if found:
                self.note(field, f"fields.{field}[{number}]", " | ".join(raws))
                return tuple(found)
        return ()

    def url(self, field: str, values: tuple[Value, ...]) -> str | None:
        """Return the first value that is an http(s) URL once made absolute, tracking parameters as they stand."""
        for number, value in enumerate(values):
            for raw in self._raw(value):
                text = _refined(value, raw)
                url = absolute(self.base, text) if text else None
                if url:
                    self.note(field, f"fields.{field}[{number}]", raw)
                    return url
        return None

    def number(self, field: str, values: tuple[Value, ...]) -> int | None:
        """Return the first value that holds a number."""
        for position, value in enumerate(values):
            for raw in self._raw(value):
                text = _refined(value, raw)
                number = parse_number(text) if text else None
                if number is not None:
                    self.note(field, f"fields.{field}[{position}]", raw)
                    return number
        return None

    def date(self, field: str, values: tuple[Value, ...]) -> tuple[ParsedDate, Value] | None:
        """Return the first value that holds a date, with the rule that gave it.

        For `datePublished` a date that the page labels as that of an update is passed over.
        """
        for number, value in enumerate(values):
            for raw in self._raw(value):
                text = _refined(value, raw)
                parsed = self._date(text, published=field == "datePublished") if text else None
                if parsed is not None:
                    self.note(field, f"fields.{field}[{number}]", raw)
                    return parsed, value
        return None

    def _date(self, text: str, *, published: bool) -> ParsedDate | None:
        for _ in range(_MOST_DATES):
            parsed = parse_date(text, tz=self.profile.timezone, now=self.now)
            if parsed is None or not published:
                return parsed
            before, _, text = text.partition(parsed.raw)
            if _UPDATED.search(before[-_LABEL:]) is None:
                return parsed
        return None

    def note(self, field: str, rule: str, raw: str | None) -> None:
        """Remember which rule gave `field`, and the string it read."""
        self.provenance[field] = Provenance(rule, collapse(raw)[:500] if raw is not None else None)

    def _raw(self, value: Value) -> Iterator[str]:
        if value.const is not None:
            yield value.const
        elif value.meta is not None:
            content = self.page.meta(value.meta)
            if content:
                yield content
        elif value.url is not None:
            found = first_group(value.url, self.page.url)
            if found:
                yield found
        elif value.data is not None:
            yield from self._from_data(value)
        elif value.xpath is not None:
            for item in self.page.xpath(value.xpath):
                yield item if isinstance(item, str) else _of_node(value, item)
        else:
            for node in self._nodes(value):
                yield _of_node(value, node)

    def _nodes(self, value: Value) -> list[LexborNode]:
        if value.within is None:
            return self.page.select(value.css or "*")
        regions = self.claims.by_name.get(value.within, [])
        if value.css is None:
            return regions
        return [found for region in regions if region.is_element_node for found in select_in(region, value.css)]

    def _from_data(self, value: Value) -> Iterator[str]:
        place = self.data.get(value.data or "")
        if place is None:
            return
        found = self.page.data(place.variable, place.script, url_encoded=place.url_encoded)
        if value.path is not None and found is not None:
            found = embedded.query(found, value.path)
        for item in found if isinstance(found, list) else [found]:
            if isinstance(item, (str, int, float)) and not isinstance(item, bool):
                yield str(item)


def _of_node(value: Value, node: LexborNode) -> str:
    if node.is_text_node:
        return node.text()
    if value.attr is not None:
        return node.attributes.get(value.attr) or ""
    if value.text in {"own", "start"}:
        children = node.iter(include_text=True)
        if value.text == "start":
            children = takewhile(lambda child: not child.is_element_node, children)
        return "".join(child.text() for child in children if child.is_text_node)
    if value.text == "after":
        following = node.next
        return following.text() if following is not None and following.is_text_node else ""
    return flow_text(node)


def _refined(value: Value, raw: str) -> str | None:
    """Return what the rule takes of `raw`: the match, the query parameter; None where nothing is left."""
    text: str | None = collapse(raw)
    if text and value.match is not None:
        text = first_group(value.match, text)
    if text and value.param is not None:
        text = query_value(text, value.param)
    return text.strip() if text and text.strip() else None
