"""What differs between an expected value and the record's, told so that the fault can be mended.

A failure names the layout, the rules that give the value with their selectors and lines, how much of the page each
selector matches, and the node that would have given the right value.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from selectolax.lexbor import SelectolaxError

from crawler.page.dom import Page
from crawler.profiles.load import Profile
from crawler.profiles.match import profile_for
from crawler.profiles.model import Layout
from crawler.regression.fixture import Fixture
from crawler.regression.nearest import Clock, nearest
from crawler.regression.rules import Rule, rules_of

_MOST = 4
"""Differences that are shown; the others are counted."""
_WIDTH = 100
_GONE = object()


class Blame:
    """What is needed to say whose fault a difference is: the page, its profile and its layout."""

    def __init__(self, fixture: Fixture, profile: Profile | None, layout: Layout | None) -> None:
        self.fixture = fixture
        self.profile = profile
        self.layout = layout

    @classmethod
    def of(cls, fixture: Fixture, profiles: Mapping[str, Profile]) -> Blame:
        """Return what is needed for `fixture`."""
        profile = profile_for(fixture.exchange.url, profiles.values())
        return cls(fixture, profile, profile.layouts.get(fixture.layout) if profile is not None else None)

    @cached_property
    def page(self) -> Page:
        """The page, parsed once more: only a failing test pays for it."""
        return self.fixture.page()

    def lines(self, name: str, part: str, wanted: object) -> Iterator[str]:
        """Yield the lines that say which layout, which rules, and which node."""
        if self.profile is None or self.layout is None:
            return
        yield f"layout:   {self.layout.id}"
        rules = rules_of(self.profile, self.layout, name, part)
        for rule in rules:
            yield f"rule:     {rule.key}  {rule.says}{self._matches(rule)}  ({rule.place})"
        if not rules and name not in {"url", "flags", "kind"}:
            yield f"rule:     none of the layout gives {name}{'.' + part if part else ''}"
        now = self.fixture.exchange.time
        found = nearest(self.page, wanted, rules, Clock(self.profile.timezone, now))
        if found is not None:
            yield f"nearest:  {found.css}  {found.where} {found.sample!r}"
            yield f"          {found.xpath}"

    def _matches(self, rule: Rule) -> str:
        """Say how many elements the rule's selectors match on this page, by the parser itself."""
        told = []
        for css in rule.css:
            try:
                count = len(self.page.dom.css(css))
            except SelectolaxError as error:
                return f"  [{css}: {error}]"
            told.append("nothing" if not count else f"{count} element{'s' if count > 1 else ''}")
        where = f" of the page; those inside {rule.within} count" if rule.within and set(told) != {"nothing"} else ""
        return f"  [matches {', '.join(told)}{where}]" if told else ""


def told(name: str, wanted: Any, got: Any, blame: Blame) -> str:
    """Return what differs between the expected value `name` and the record's, and whose fault it is."""
    found = list(differences(wanted, got, name))
    lines: list[str] = []
    for place, expected, actual in found[:_MOST]:
        lines.append(f"  {place}" if place != name else "")
        lines += _pair(expected, actual)
    if len(found) > _MOST:
        lines.append(f"  … and {len(found) - _MOST} more differences")
    place, expected, _ = found[0]
    lost = [expected for _, expected, _ in found if expected is not _GONE]
    wish = expected if isinstance(expected, (str, int)) else _texts(lost) or _address(lost)
    lines += [f"  {line}" for line in blame.lines(name, _part(place), wish)]
    return "\n".join(line for line in lines if line)


def differences(wanted: Any, got: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield (place, expected, actual) for each leaf that differs; a list's entries are matched up first."""
    if wanted == got:
        return
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key in dict.fromkeys([*wanted, *got]):
            yield from differences(wanted.get(key, _GONE), got.get(key, _GONE), f"{place}.{key}")
    elif isinstance(wanted, list) and isinstance(got, list):
        yield from _in_lists(wanted, got, place)
    else:
        yield place, wanted, got


def _in_lists(wanted: list[Any], got: list[Any], place: str) -> Iterator[tuple[str, Any, Any]]:
    matcher = difflib.SequenceMatcher(None, [_json(v) for v in wanted], [_json(v) for v in got], autojunk=False)
    for tag, start, end, begin, stop in matcher.get_opcodes():
        if tag == "equal":
            continue
        for at in range(max(end - start, stop - begin)):
            one = wanted[start + at] if start + at < end else _GONE
            other = got[begin + at] if begin + at < stop else _GONE
            number = start + at if one is not _GONE else begin + at
            if type(one) is type(other) and isinstance(one, (dict, list)):
                yield from differences(one, other, f"{place}[{number}]")
            else:
                yield f"{place}[{number}]", one, other


def _pair(expected: Any, actual: Any) -> list[str]:
    one, other = _shown(expected), _shown(actual)
    if min(len(one), len(other)) > _WIDTH:
        same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
        start = max(0, same - _WIDTH // 2)
        one, other = (f"{'…' if start else ''}{text[start : start + _WIDTH]}" for text in (one, other))
    return [f"  expected: {_cut(one)}", f"  actual:   {_cut(other)}"]


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH * 2 else text[: _WIDTH * 2] + "…"


def _shown(value: Any) -> str:
    return "nothing" if value is _GONE else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        names = ("text", "caption", "headline", "name", "items")
        return [text for name in names if name in value for text in _texts(value[name])]
    return [text for part in value for text in _texts(part)] if isinstance(value, list) else []


def _address(value: Any) -> str | None:
    """Return the first URL in a value that has no text: a picture's."""
    if isinstance(value, dict):
        return value.get("url")
    return next((found for part in value if (found := _address(part))), None) if isinstance(value, list) else None


def _part(place: str) -> str:
    """Return the last name of a place inside a value: `followerCount` of `account.followerCount`."""
    names = re.findall(r"\.([A-Za-z]+)", place.removeprefix("chrome."))
    return names[-1] if names else ""
