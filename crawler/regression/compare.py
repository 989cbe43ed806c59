"""Messages about differences between an expected value and the record's, with what is needed to fix the profile.

A message has the layout, the rules that produce the value with selectors and lines, how many elements each selector
matches, and the node that contains the expected value.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from selectolax.lexbor import SelectolaxError

from ..page.dom import Page
from ..profiles.load import Profile
from ..profiles.match import profile_for
from ..profiles.model import Layout
from .fixture import Fixture
from .nearest import Clock, nearest
from .rules import OF_URL, Rule, rules_of, url_form

_MOST = 4
"""How many differences are shown; the others are counted."""
_WIDTH = 100
_MISSING = object()


class Blame:
    """Finds the rules that are responsible for a difference, from the page, its profile and its layout."""

    def __init__(self, fixture: Fixture, profile: Profile | None, layout: Layout | None) -> None:
        self.fixture = fixture
        self.profile = profile
        self.layout = layout

    @classmethod
    def of(cls, fixture: Fixture, profiles: Mapping[str, Profile]) -> Blame:
        """Return a Blame for `fixture`."""
        profile = profile_for(fixture.exchange.url, profiles.values())
        return cls(fixture, profile, profile.layouts.get(fixture.layout) if profile is not None else None)

    @cached_property
    def page(self) -> Page:
        """The page, parsed again, which only failing tests need."""
        return self.fixture.page()

    def lines(self, name: str, part: str, wanted: object) -> Iterator[str]:
        """Yield lines with the layout, the rules and the nearest node."""
        if self.profile is None or self.layout is None:
            return
        yield f"layout:   {self.layout.id}"
        rules = rules_of(self.profile, self.layout, name, part)
        for rule in rules:
            yield f"rule:     {rule.key}  {rule.says}{self._matches(rule)}  ({rule.place})"
        if name in OF_URL:
            yield f"rule:     {url_form(self.profile, self.fixture.exchange.url, OF_URL[name])}"
        elif name == "kind":
            yield f'rule:     kind = "{self.layout.kind}" of the layout; the fixture states its kind under [fields]'
        elif not rules and name not in {"url", "flags"}:
            yield f"rule:     the layout has no rule for {name}{'.' + part if part else ''}"
        now = self.fixture.exchange.time
        found = nearest(self.page, wanted, rules, Clock(self.profile.timezone, now))
        if found is not None:
            yield f"nearest:  {found.css}  {found.where} {found.sample!r}"
            yield f"          {found.xpath}"

    def _matches(self, rule: Rule) -> str:
        """Return how many elements the rule's selectors match on this page, as counted by the parser."""
        counts = []
        for css in rule.css:
            try:
                count = len(self.page.dom.css(css))
            except SelectolaxError as error:
                return f"  [{css}: {error}]"
            counts.append("nothing" if not count else f"{count} element{'s' if count > 1 else ''}")
        where = f" of the page; only those in {rule.within} count" if rule.within and {*counts} != {"nothing"} else ""
        return f"  [matches {', '.join(counts)}{where}]" if counts else ""


def explain_difference(name: str, wanted: Any, got: Any, blame: Blame) -> str:
    """Return the differences between the expected value `name` and the record's, with the responsible rules."""
    found = list(differences(wanted, got, name))
    lines: list[str] = []
    for place, expected, actual in found[:_MOST]:
        lines.append(f"  {place}" if place != name else "")
        lines += _pair(expected, actual)
    if len(found) > _MOST:
        lines.append(f"  … and {len(found) - _MOST} more differences")
    place, expected, _ = found[0]
    lost = [expected for _, expected, _ in found if expected is not _MISSING]
    wish = expected if isinstance(expected, (str, int)) else _texts(lost) or _address(lost)
    lines += [f"  {line}" for line in blame.lines(name, _part(place), wish)]
    return "\n".join(line for line in lines if line)


def differences(wanted: Any, got: Any, place: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield (path, expected, actual) for each leaf that differs; the entries of lists are aligned first."""
    if wanted == got:
        return
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key in dict.fromkeys([*wanted, *got]):
            yield from differences(wanted.get(key, _MISSING), got.get(key, _MISSING), f"{place}.{key}")
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
            one = wanted[start + at] if start + at < end else _MISSING
            other = got[begin + at] if begin + at < stop else _MISSING
            number = start + at if one is not _MISSING else begin + at
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
    return "nothing" if value is _MISSING else _json(value)


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
    """Return the first URL in a value without text, such as a picture's."""
    if isinstance(value, dict):
        return value.get("url")
    return next((found for part in value if (found := _address(part))), None) if isinstance(value, list) else None


def _part(place: str) -> str:
    """Return the last name of a path in a value: `followerCount` for `account.followerCount`."""
    names = re.findall(r"\.([A-Za-z]+)", place.removeprefix("chrome."))
    return names[-1] if names else ""
