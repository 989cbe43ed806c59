"""The checks of a fixture: one for each value, and one for each law that any record keeps.

`names` says which checks a fixture has, `check` runs one and returns what is wrong, None where nothing is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import msgspec

from crawler.errors import PortalsieveError, Quarantined
from crawler.page.dom import Page
from crawler.page.index import NOTEXT
from crawler.page.text import size, squeeze
from crawler.profiles.load import Profile
from crawler.records.model import Flag, Record
from crawler.records.validate import validate
from crawler.regression.compare import Blame, told
from crawler.regression.fixture import Fixture, FixtureBroken
from crawler.regression.lenient import Taken, take
from crawler.regression.values import markdown
from crawler.sieve.record import content_hash

LAWS = ("layout", "schema", "partition", "derived", "determinism", "unknown", "no-extra", "text", "reviewed")
"""The checks beside the values': see `check`."""

FAILURE = "failure"
"""The one check of a page that must not give a record."""

UNKNOWN_LIMIT = 0.005
"""The share of a page's text that no rule may claim."""

CLEAR_MARGIN = 0.2
"""How much better than the runner-up a fixture's layout must be."""


class Suite:
    """The checks of fixtures by the profiles in `profiles`.

    `strict` is CI's way: a value that nobody has looked at is a failure there.
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
        """Return the checks of `fixture`: its laws, then its values by name; raises FixtureBroken."""
        if fixture.failure is not None:
            return [FAILURE]
        expected = fixture.expected
        return [*LAWS, *(expected.values if expected is not None else ())]

    def check(self, fixture: Fixture, name: str) -> str | None:
        """Run one check and return what is wrong as text for a person, None where nothing is.

        * `layout`: the page is recognised as the folder's layout, by a clear margin
        * `schema`: the record keeps the schema, and its coverage adds up
        * `partition`: each character of the page is told exactly once
        * `derived`: site, body text and content hash follow from the folder, the blocks and the headline
        * `determinism`: the same bytes give the same record
        * `unknown`: no rule claims a share of the text below the limit
        * `no-extra`: the record has no value that the fixture does not know
        * `text`: expected.md says what expected.json says
        * `reviewed`: a person looked at each value (in CI, or where there is no expected.json)
        * `failure`: a page that must not give a record fails as it says
        * any other name: the record's value is the expected one
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
        return f"  there is no record: {self.taken(fixture.folder).refusal}"

    def _value(self, fixture: Fixture, name: str) -> str | None:
        expected, taken = fixture.expected, self.taken(fixture.folder)
        if expected is None or taken.record is None:
            return self._refused(fixture)
        wanted, got = expected.values[name], fixture.seen(name, taken.values)
        if wanted == got:
            return None
        return told(name, wanted, got, Blame.of(fixture, self.profiles))

    def _failure(self, fixture: Fixture) -> str | None:
        try:
            record = fixture.extract(self.profiles)
        except PortalsieveError as error:
            return None if error.failure == fixture.failure else f"  {error.failure}, and {fixture.failure} is expected"
        return f"  there is a record, of layout {record.layout.id}, and {fixture.failure} is expected"

    def _layout(self, fixture: Fixture) -> str | None:
        taken = self.taken(fixture.folder)
        if taken.record is None or taken.layout_at_fault:
            return f"  {taken.refusal}"
        margin = taken.record.layout.margin
        if taken.refusal is None and margin is not None and margin < CLEAR_MARGIN:
            choice = taken.record.layout
            return (
                f"  {choice.id} has {choice.confidence:.2f} of its evidence, {choice.runner_up} nearly as much:"
                f" {margin:.2f} apart, and {CLEAR_MARGIN} are needed. Give one of them evidence that the other has not"
            )
        return None

    def _schema(self, fixture: Fixture) -> str | None:
        record = self._record(fixture)
        if record is None:
            return self._refused(fixture)
        if self.taken(fixture.folder).refusal is not None:
            return None  # a value that the schema needs is missing: the test of that value says so
        try:
            validate(record)
        except Quarantined as error:
            return f"  {error}"
        return None

    def _partition(self, fixture: Fixture) -> str | None:
        record = self._record(fixture)
        if record is None:
            return self._refused(fixture)
        there, got = Counter(page_text(fixture.page())), Counter(squeeze("".join(_told(record))))
        if there == got:
            return None
        lost, twice = there - got, got - there
        return (
            f"  {lost.total()} characters of the page are not in the record, {twice.total()} stand there too often;"
            f" first lost: {''.join(lost)[:40]!r}, first twice: {''.join(twice)[:40]!r}"
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
        return f"  {', '.join(wrong)}: not what headline, blocks and folder say" if wrong else None

    def _determinism(self, fixture: Fixture) -> str | None:
        record = self._record(fixture)
        if record is None:
            return self._refused(fixture)
        again = take(fixture, self.profiles).record
        if again is not None and record.to_json() == again.to_json():
            return None
        return "  the same bytes gave two different records"

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
            f"  {coverage.unknown} of {coverage.total} characters are claimed by no rule, and"
            f" {self.unknown_limit:.1%} may be; write a rule in layout {record.layout.id} for:\n{shown}"
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
        return f"  the record has values that the fixture does not know: {', '.join(extra)}\n    {extra[0]}: {first}"

    def _text(self, fixture: Fixture) -> str | None:
        expected = fixture.expected
        if expected is None or fixture.text == markdown(fixture.name, expected.values):
            return None
        return "  expected.md does not say what expected.json says; `scrapy review` writes it anew"

    def _reviewed(self, fixture: Fixture) -> str | None:
        expected = fixture.expected
        if expected is None:
            return f"  there is no expected.json: run `scrapy review {fixture.name}`" if self.strict else None
        left = expected.unreviewed
        if not left or not self.strict:
            return None
        return f"  nobody has looked at {', '.join(left)}: run `scrapy review {fixture.name}`"


def page_text(page: Page) -> str:
    """Return the text of a page by the contract's own words: text nodes outside the listed elements, no white space.

    Walked for itself, so that the partition is not judged by its own walk.
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


def _told(record: Record) -> list[str]:
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
    """Tell whether the headline is no part of the page's text: a field rule gave it, not a region."""
    given = record.provenance.get("headline")
    return given is not None and given.rule.startswith("fields.")
