"""The checks of a fixture: one per expected value, and general checks that every record must pass.

`names` returns the checks of a fixture, `check` runs one and returns an error message, None if it passes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

from ..errors import PortalsieveError, Quarantined
from ..page.dom import Page
from ..page.index import NOTEXT
from ..page.text import size, squeeze
from ..profiles.load import Profile
from ..profiles.match import profile_for, weigh
from ..records.model import Flag, Record
from ..records.validate import validate
from ..sieve.copies import content_hash
from .compare import Blame, explain_difference
from .fixture import Fixture, FixtureBroken
from .lenient import Taken, take
from .rules import rule_text
from .values import markdown

LAWS = ("layout", "schema", "partition", "derived", "determinism", "unknown", "no-extra", "text", "reviewed")
"""The general checks: see `check`."""

FIRST = "layout"
"""The check that fails if a page that must produce a record has none."""

FAILURE = "failure"
"""The only check of a page that must not produce a record."""

UNKNOWN_LIMIT = 0.005
"""Maximum share of a page's text that may be unclaimed."""

CLEAR_MARGIN = 0.2
"""Minimum margin of a fixture's layout over the runner-up."""


class Suite:
    """The checks of fixtures with `profiles`.

    With `strict`, as in CI, unreviewed values fail.
    """

    def __init__(
        self, profiles: Mapping[str, Profile], *, unknown_limit: float = UNKNOWN_LIMIT, strict: bool = False
    ) -> None:
        self.profiles = profiles
        self.unknown_limit = unknown_limit
        self.strict = strict
        self.taken = lru_cache(maxsize=64)(self._take)

    def _take(self, folder: Path) -> Taken:
        return take(Fixture.at(folder), self.profiles)

    @staticmethod
    def names(fixture: Fixture) -> list[str]:
        """Return the checks of `fixture`: the general ones, then its values by name. Raises FixtureBroken."""
        if fixture.failure is not None:
            return [FAILURE]
        expected = fixture.expected
        return [*LAWS, *(expected.values if expected is not None else ())]

    def check(self, fixture: Fixture, name: str) -> str | None:
        """Run one check and return an error message, None if it passes.

        * `layout`: the page is recognised as the folder's layout, by a clear margin
        * `schema`: the record is valid by the schema, and its coverage adds up
        * `partition`: each character of the page is in the record exactly once
        * `derived`: site, body text and content hash match the folder, the blocks and the headline
        * `determinism`: the same bytes produce the same record
        * `unknown`: the share of unclaimed text is below the limit
        * `no-extra`: the record has no value that is not expected
        * `text`: expected.md matches expected.json
        * `reviewed`: every value is reviewed, and there is an expected.json (only in CI)
        * `failure`: a page that must not produce a record fails as expected
        * any other name: the record's value equals the expected one
        """
        try:
            laws = {
                "layout": self._layout, "schema": self._schema, "partition": self._partition, "text": self._text,
                "derived": self._derived, "determinism": self._determinism, "unknown": self._unknown,
                "no-extra": self._no_extra, "reviewed": self._reviewed, FAILURE: self._failure,
            }  # fmt: skip
            wrong = laws[name](fixture) if name in laws else self._value(fixture, name)
        except FixtureBroken as error:
            wrong = str(error)
        return f"{fixture.name}: {name}\n{wrong}" if wrong else None

    def _record(self, fixture: Fixture) -> Record | None:
        return self.taken(fixture.folder).record

    def _refused(self, fixture: Fixture) -> str:
        return f"  no record: {self.taken(fixture.folder).refusal}"

    def _value(self, fixture: Fixture, name: str) -> str | None:
        expected, taken = fixture.expected, self.taken(fixture.folder)
        if expected is None or taken.record is None:
            return self._refused(fixture)
        wanted, got = expected.values[name], fixture.seen(name, taken.values)
        if wanted == got:
            return None
        return explain_difference(name, wanted, got, Blame.of(fixture, self.profiles))

    def _failure(self, fixture: Fixture) -> str | None:
        try:
            record = fixture.extract(self.profiles)
        except PortalsieveError as error:
            return None if error.failure == fixture.failure else f"  {error.failure}, but {fixture.failure} is expected"
        return f"  a record of layout {record.layout.id}, but {fixture.failure} is expected"

    def _layout(self, fixture: Fixture) -> str | None:
        taken = self.taken(fixture.folder)
        if taken.record is None or taken.layout_at_fault:
            return f"  {taken.refusal}{self._evidence(fixture, fixture.layout) if taken.layout_at_fault else ''}"
        margin = taken.record.layout.margin
        if taken.refusal is None and margin is not None and margin < CLEAR_MARGIN:
            choice = taken.record.layout
            return (
                f"  {choice.id} has {choice.confidence:.2f} of its evidence, {choice.runner_up} nearly as much: the"
                f" margin is {margin:.2f}, but {CLEAR_MARGIN} is needed. Add evidence that only one of them has,"
                f" such as a landmark of {choice.id} to {choice.runner_up} with `absent = true`"
                f"{self._evidence(fixture, choice.runner_up or '')}"
            )
        return None

    def _evidence(self, fixture: Fixture, name: str) -> str:
        """Return lines with the score of the layout of this name, and what the page lacks of its evidence."""
        profile = profile_for(fixture.exchange.url, self.profiles.values())
        layout = profile.layouts.get(name) if profile is not None else None
        if profile is None:
            return ""
        if layout is None:
            return f"\n  {fixture.site} has no layout {name}; layouts: {', '.join(profile.layouts)}"
        page = fixture.page()
        page.index(profile.interest)
        weighed = weigh(page, profile, layout)
        found = sum(mark.weight for mark, there in weighed if there)
        score = found / sum(mark.weight for mark, _ in weighed)
        lines = [f"{layout.id} has {score:.2f} of its evidence, and {layout.threshold} is needed"]
        lines += [
            f"  not found: evidence[{number}]  {rule_text(msgspec.to_builtins(mark))}  (weight {mark.weight})"
            for number, (mark, there) in enumerate(weighed)
            if not there
        ]
        return "".join(f"\n  {line}" for line in lines)

    def _schema(self, fixture: Fixture) -> str | None:
        record = self._record(fixture)
        if record is None:
            return self._refused(fixture)
        if self.taken(fixture.folder).refusal is not None:
            return None  # a required value is missing: the check of that value fails
        try:
            validate(record)
        except Quarantined as error:
            return f"  {error}"
        return None

    def _partition(self, fixture: Fixture) -> str | None:
        record = self._record(fixture)
        if record is None:
            return self._refused(fixture)
        there, got = Counter(page_text(fixture.page())), Counter(squeeze("".join(_texts(record))))
        if there == got:
            return None
        lost, twice = there - got, got - there
        return (
            f"  {lost.total()} characters of the page are not in the record, {twice.total()} are in it too often;"
            f" first missing: {''.join(lost)[:40]!r}, first duplicate: {''.join(twice)[:40]!r}"
        )

    def _derived(self, fixture: Fixture) -> str | None:
        record = self._record(fixture)
        if record is None:
            return self._refused(fixture)
        texts = [text for block in record.blocks for text in (block.text, block.caption) if text]
        wanted = (fixture.site, "\n\n".join(texts), content_hash(record.headline, record.blocks))
        got = (record.site, record.article_body, record.content_hash)
        wrong = [
            name
            for name, one, other in zip(("site", "articleBody", "contentHash"), wanted, got, strict=True)
            if one != other
        ]
        return f"  {', '.join(wrong)}: does not match headline, blocks and folder" if wrong else None

    def _determinism(self, fixture: Fixture) -> str | None:
        record = self._record(fixture)
        if record is None:
            return self._refused(fixture)
        again = take(fixture, self.profiles).record
        if again is not None and record.to_json() == again.to_json():
            return None
        return "  the same bytes produced two different records"

    def _unknown(self, fixture: Fixture) -> str | None:
        record = self._record(fixture)
        if record is None:
            return self._refused(fixture)
        coverage = record.coverage
        if coverage.unknown <= self.unknown_limit * coverage.total:
            return None
        entries = sorted((e for e in record.chrome if e.role == "unknown"), key=lambda e: -size(e.text or ""))
        shown = "\n".join(f"    {entry.xpath}  {(entry.text or '')[:60]!r}" for entry in entries[:5])
        return (
            f"  {coverage.unknown} of {coverage.total} characters are unclaimed, more than {self.unknown_limit:.1%};"
            f" add a rule to layout {record.layout.id} for:\n{shown}"
        )

    def _no_extra(self, fixture: Fixture) -> str | None:
        expected, taken = fixture.expected, self.taken(fixture.folder)
        if expected is None:
            return None
        if taken.record is None:
            return self._refused(fixture)
        extra = fixture.unexpected(taken.values)
        if not extra:
            return None
        first = msgspec.json.encode(taken.values[extra[0]]).decode()[:200]
        return f"  the record has unexpected values: {', '.join(extra)}\n    {extra[0]}: {first}"

    def _text(self, fixture: Fixture) -> str | None:
        expected = fixture.expected
        if expected is None or fixture.text == markdown(fixture.name, expected.values):
            return None
        return "  expected.md does not match expected.json; `scrapy review` rewrites it"

    def _reviewed(self, fixture: Fixture) -> str | None:
        expected = fixture.expected
        if expected is None:
            return f"  there is no expected.json: run `scrapy review {fixture.name}`" if self.strict else None
        left = expected.unreviewed
        if not left or not self.strict:
            return None
        return f"  unreviewed: {', '.join(left)}; run `scrapy review {fixture.name}`"


def page_text(page: Page) -> str:
    """Return the text of a page by the contract's definition: text nodes outside NOTEXT elements, no white space.

    It has its own walk, so that the partition is not checked by the code that creates it.
    """
    parts: list[str] = []
    stack = [page.root]
    while stack:
        node = stack.pop()
        while True:
            if node.is_text_node:
                parts.append(node.text())
            elif node.is_element_node and node.tag not in NOTEXT and node.first_child is not None:
                stack.append(node.first_child)
            following = node.next
            if following is None:
                break
            node = following
    return squeeze("".join(parts))


def _texts(record: Record) -> list[str]:
    texts = [
        record.title,
        record.headline if not _from_elsewhere(record) else None,
        *(info.text for info in record.info),
    ]
    if Flag.BODY_FROM_DATA not in record.flags:
        texts += [text for block in record.blocks for text in (block.text, block.caption)]
    texts += [entry.text for entry in record.chrome]
    return [text for text in texts if text]


def _from_elsewhere(record: Record) -> bool:
    """Return whether the headline is not part of the page's text: it was read by a field rule, not from a region."""
    given = record.provenance.get("headline")
    return given is not None and given.rule.startswith("fields.")
