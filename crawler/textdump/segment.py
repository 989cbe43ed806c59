"""Partitions a text dump: which line is the headline, where the body ends, and what every other line is.

Every non-blank line belongs to exactly one part. The article extends from the headline to the first line that can only
be chrome: a specific phrase (a disclaimer), or a list whose items have the list's shape. The word of a heading in the
body, alone or in a sentence, does not end it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from ..errors import Failure, Quarantined
from ..profiles.line_patterns import plain
from ..records.model import Account, Item, Role
from ..sieve.partition import UNCLAIMED
from .headline import LAYOUT, Headline, HeadlineFinder
from .lines import Hit, Shapes
from .lists import ListReader

ABOVE = "above"
"""The rule of lines above the headline that no phrase matches."""
SENTENCES_BY_SHAPE = 0.5
SENTENCES_ALONE = 0.8
"""Minimum share of sentences in a body whose headline was found by shape; in one without any known phrase."""


class DumpPart(msgspec.Struct):
    """A part of the partition: the rule that claimed its lines, its kind, the positions of its lines."""

    rule: str
    kind: Literal["chrome", "info", "title", "headline"]
    lines: list[int]
    role: Role | None = None
    heading: str | None = None
    items: tuple[Item, ...] | None = None
    groups: dict[str, str] = {}
    account: Account | None = None


class Arrangement:
    """The partition of one dump: `parts` from top to bottom, `body` with the article's lines.

    `doubtful` if the headline was found by its shape, or few of the site's phrases occur. Raises `Quarantined` if
    headline or body cannot be identified.
    """

    def __init__(self, shapes: Shapes, lists: ListReader) -> None:
        self.shapes = shapes
        self.lists = lists
        self.lines = shapes.lines
        self.phrases = shapes.phrases
        self.parts: list[DumpPart] = []
        self.body: list[int] = []
        self.owned = [False] * len(self.lines)
        self.found: set[str] = set()
        self._out: dict[int, bool] = {}
        headline = HeadlineFinder(shapes, lists).find()
        self._claim_top(headline.at)
        self._claim(DumpPart("headline", "headline", [headline.at]))
        tail = self._body(self._claim_below_headline(headline))
        self._strip_closing_lines(tail)
        self._claim_tail(tail)
        self._claim_rest(headline.at)
        known = headline.after_breadcrumb or self.confidence() >= self.phrases.table.threshold
        self.doubtful = headline.by_shape or not known
        self._check(headline.at, known=known)
        self.parts.sort(key=lambda part: part.lines[0])

    def confidence(self) -> float:
        """The share of the phrases' evidence that was found."""
        groups = self.phrases.table.evidence
        return round(sum(not self.found.isdisjoint(group) for group in groups) / len(groups), 4)

    def _claim(self, part: DumpPart) -> None:
        for at in part.lines:
            self.owned[at] = True
        self.found.add(part.rule)
        last = self.parts[-1] if self.parts else None
        if last is not None and part.kind == "chrome" and part.items is None and _follows(part, last):
            last.lines.extend(part.lines)
            last.groups = {**part.groups, **last.groups}
        else:
            self.parts.append(part)

    def _claim_hit(self, at: int, hit: Hit) -> int:
        rule = hit.rule
        self._claim(DumpPart(rule.name, rule.part, [*range(at, hit.end)], role=rule.role, groups=hit.groups))
        return hit.end

    def _claim_card(self, at: int) -> int:
        card, rule = self.shapes.cards[at], self.phrases.table.account
        role = rule.role if rule is not None else Role.ACCOUNT
        self._claim(DumpPart("account", "chrome", [*range(at, card.end)], role=role, account=card.account))
        return card.end

    def _claim_top(self, headline: int) -> None:
        at = 0
        while at < headline:
            hit = self.shapes.hit(at, "top") or self.shapes.hit(at, "under")
            card = self.shapes.cards.get(at)
            if hit is not None and hit.end <= headline:
                at = self._claim_hit(at, hit)
            elif card is not None and card.end <= headline:
                at = self._claim_card(at)
            else:
                at += 1

    def _claim_below_headline(self, headline: Headline) -> int:
        """Claim the known lines below the headline, including its repetition; return where the body starts."""
        at = headline.at + 1
        if at < len(self.lines) and self.lines[at].plain == self.lines[at - 1].plain:
            self._claim(DumpPart("headline.again", "info", [at]))
            at += 1
        while at < len(self.lines):
            hit = self.shapes.hit(at, "under")
            if hit is not None:
                at = self._claim_hit(at, hit)
            elif at in self.shapes.cards:
                at = self._claim_card(at)
            elif at < (headline.under or 0):
                at += 1
            else:
                break
        return at

    def _ends_body(self, at: int) -> bool:
        """Return whether the line at `at` can only be chrome."""
        hit = self.shapes.hit(at, "end")
        if (hit is not None and hit.rule.ends_body) or at in self.shapes.cards:
            return True
        reading = self.lists.read(at, after_body=False)
        return reading is not None and reading.proven and (reading.timed or self._article_is_over(reading.end))

    def _article_is_over(self, at: int) -> bool:
        """Return whether the lines from `at` lead to chrome without another sentence of the article.

        Only then are columns and empty headings proof: a body may contain their words and short lines.
        """
        passed = []
        while at < len(self.lines) and at not in self._out:
            passed.append(at)
            hit = self.shapes.hit(at, "end")
            reading = self.lists.read(at, after_body=True)
            if at in self.shapes.cards or (reading is not None and reading.timed):
                self._out[at] = True
            elif (hit is not None and hit.rule.ends_body) or (
                reading is None and hit is None and self.lines[at].is_prose
            ):
                self._out[at] = False
            elif reading is not None:
                at = reading.end if reading.parts[-1].rule.items else reading.parts[-1].heading[-1] + 1
            else:
                at = hit.end if hit is not None else at + 1
        out = self._out.get(at, True)
        self._out.update(dict.fromkeys(passed, out))
        return out

    def _body(self, at: int) -> int:
        """Claim the body from `at` on; return where it ends."""
        while at < len(self.lines) and not self._ends_body(at):
            tip = self.shapes.hit(at, "body")
            if tip is not None:
                at = self._claim_hit(at, tip)
            else:
                self.body.append(at)
                at += 1
        return at

    def _strip_closing_lines(self, end: int) -> None:
        """Remove known closing lines from the body's end, leaving at least one line."""
        below = self.shapes.hit(end, "end")
        icon = ""
        while len(self.body) > 1:
            starts = [
                (at, hit)
                for at in range(max(self.body[1], end - self.phrases.longest_span), end)
                if (hit := self.shapes.hit(at, "end")) is not None and hit.end == end and not any(self.owned[at:end])
            ]
            if below is not None:
                icon = plain(below.groups.get("icon", "")) or icon
            if starts:
                end, below = starts[0]
                self.body = [at for at in self.body if at < end]
                self._claim_hit(end, below)
            elif self.body[-1] == end - 1 and self.lines[end - 1].plain == icon and below is not None:
                end = self.body.pop()
                self._claim(DumpPart(below.rule.name, below.rule.part, [end], role=below.rule.role))
            elif self.body[-1] == end - 1:
                break
            else:
                end -= 1

    def _claim_tail(self, start: int) -> None:
        """Partition the lines after the body; unclaimed lines there are unknown, never body.

        Sentences between a list and the phrase that ends every body belong to the body: the list was inside it.
        """
        at = start
        closed = False
        while at < len(self.lines):
            hit = self.shapes.hit(at, "end") or self.shapes.hit(at, "body")
            if at in self.shapes.cards:
                at = self._claim_card(at)
            elif (end := self._claim_lists(at)) > at:
                at = end
            elif hit is not None:
                if hit.rule.ends_body and not closed:
                    self._resume(start, at)
                    closed = True
                at = self._claim_hit(at, hit)
            else:
                at += 1

    def _claim_lists(self, at: int) -> int:
        reading = self.lists.read(at, after_body=True)
        if reading is None:
            return at
        for part in reading.parts:
            heading = " ".join(self.lines[line].text for line in part.heading) or None
            self._claim(
                DumpPart(
                    part.rule.name,
                    "chrome",
                    part.lines,
                    role=part.rule.role,
                    heading=heading,
                    items=tuple(part.items) if part.rule.items else None,
                )
            )
        return reading.end

    def _resume(self, start: int, end: int) -> None:
        between = [at for at in range(start, end) if not self.owned[at]]
        if any(self.lines[at].is_prose for at in between):
            self.body.extend(between)

    def _claim_rest(self, headline: int) -> None:
        """Claim the remaining lines: menus above the headline, and unclaimed lines below it."""
        body = set(self.body)
        left = [at for at, owned in enumerate(self.owned) if not owned and at not in body]
        for run in _runs(left, headline):
            above = run[0] < headline
            rule, role = (ABOVE, self.phrases.table.above) if above else (UNCLAIMED, Role.UNKNOWN)
            self.parts.append(DumpPart(rule, "chrome", run, role=role))

    def _check(self, headline: int, *, known: bool) -> None:
        """Refuse a dump without a body, or with few known phrases unless it consists of an article only."""
        if not self.body:
            raise Quarantined(
                Failure.RULE_MISSED,
                f"the headline {self.lines[headline].text!r} is not followed by text; copy the page to its end",
                pointer="/articleBody",
                layout=LAYOUT,
                score=self.confidence(),
                rule="body",
            )
        if not self.doubtful:
            return
        marks = self.confidence()
        total = sum(len(self.lines[at].plain) for at in self.body)
        prose = sum(len(self.lines[at].plain) for at in self.body if self.lines[at].is_prose)
        menus = not known and any(part.rule == ABOVE for part in self.parts)
        if menus or prose < total * (SENTENCES_BY_SHAPE if marks else SENTENCES_ALONE):
            raise Quarantined(
                Failure.UNKNOWN_LAYOUT,
                f"not recognised as an article of this site: {marks:.2f} of the profile's marks were found, and {prose}"
                f" of {total} characters are sentences{' below lines that may be menus' if menus else ''}. Copy"
                " the page from its breadcrumb to its end, or choose another site",
                layout=LAYOUT,
                score=marks,
            )


def _follows(part: DumpPart, last: DumpPart) -> bool:
    return (part.rule, part.kind) == (last.rule, last.kind) and part.lines[0] == last.lines[-1] + 1


def _runs(positions: Iterable[int], headline: int) -> Iterator[list[int]]:
    """Yield runs of consecutive `positions`; the headline separates runs."""
    run: list[int] = []
    for at in positions:
        if run and (at != run[-1] + 1 or run[-1] < headline < at):
            yield run
            run = []
        run.append(at)
    if run:
        yield run
