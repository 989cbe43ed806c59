"""Which line of a text dump is the headline, where the body ends, and what each other line is.

Every line that is not blank goes to exactly one part. The article is what stands between the headline and the first
line that only the page's chrome can be: a wording of its own (a disclaimer), or a list whose items have the list's
shape. A heading's word in the body, alone or in a sentence, ends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from crawler.errors import Failure, Quarantined
from crawler.profiles.phrases import Phrases, Place
from crawler.profiles.wordings import plain
from crawler.records.model import Account, Item, Role
from crawler.sieve.lines import HEADLINE, Hit, Line, Shapes
from crawler.sieve.partition import UNCLAIMED

LAYOUT = "text_dump"
NEAR = 4
"""Lines between the breadcrumb and the lines under the headline: the headline, and what a search box may leave."""
OPENING = 6
"""Short lines before the first sentence of an article that nothing but its shape tells."""
SHORTEST = 6
"""Characters of a headline that nothing but its shape tells: menu words are shorter."""
SENTENCES_BY_SHAPE = 0.5
SENTENCES_ALONE = 0.8
"""Share of sentences in a body whose headline is told by shape; in one without any of the profile's marks."""


class Part(msgspec.Struct):
    """A part of the partition: the rule that claimed its lines, what it is, the positions of the lines."""

    rule: str
    kind: Literal["chrome", "info", "title", "headline"]
    lines: list[int]
    role: Role | None = None
    heading: str | None = None
    items: tuple[Item, ...] | None = None
    groups: dict[str, str] = {}
    account: Account | None = None


class Arrangement:
    """The lines of one dump and which part each belongs to: `parts` from top to bottom, `body` the article's lines.

    Raises `Quarantined` where there is no headline or no body, or neither can be told.
    """

    def __init__(self, shapes: Shapes, phrases: Phrases) -> None:
        self.shapes = shapes
        self.lines: list[Line] = shapes.lines
        self.phrases = phrases
        self.parts: list[Part] = []
        self.body: list[int] = []
        self.owned = [False] * len(self.lines)
        self.found: set[str] = set()
        self.told_by_shape = False
        self._mark: int | None = None
        headline = self._headline()
        self._top(headline)
        self._claim(Part("headline", "headline", [headline]))
        tail = self._body(self._under(headline + 1))
        self._peel(tail)
        self._tail(tail)
        self._rest(headline)
        self._check(headline)
        self.parts.sort(key=lambda part: part.lines[0])

    def confidence(self) -> float:
        """Return the share of the phrases' evidence that was found."""
        groups = self.phrases.table.evidence
        return round(sum(not self.found.isdisjoint(group) for group in groups) / len(groups), 4)

    def _claim(self, part: Part) -> None:
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
        self._claim(Part(rule.name, rule.part, [*range(at, hit.end)], role=rule.role, groups=hit.groups))
        return hit.end

    def _claim_card(self, at: int) -> int:
        card, rule = self.shapes.cards[at], self.phrases.table.account
        role = rule.role if rule is not None else Role.ACCOUNT
        self._claim(Part("account", "chrome", [*range(at, card.end)], role=role, account=card.account))
        return card.end

    # --- the headline -----------------------------------------------------------------------------------------------

    def _headline(self) -> int:
        """Return where the headline stands: after the breadcrumb, before the lines under it, or by shape."""
        after, mark = self._anchors()
        start = after if after is not None else 0
        if mark is not None:
            between = [at for at in range(start, mark) if not self._is_known(at)]
            if not between:
                raise self._no_headline("its place between breadcrumb and share line is empty")
            if after is None:
                return self._headline_above(between)
            if len(between) <= NEAR:
                self._mark = mark
                return max(between, key=lambda at: (len(self.lines[at].plain), -at))
        if after is None:
            return self._headline_by_shape()
        following = next((at for at in range(start, len(self.lines)) if not self._is_known(at)), None)
        if following is None or self._is_sentence(following):
            raise self._no_headline("a paragraph, or nothing, follows the breadcrumb")
        return following

    def _headline_above(self, lines: list[int]) -> int:
        """Return the last of `lines`, its first copy, where it is the longest near it: menu words are short."""
        last = lines[-1]
        length = len(self.lines[last].plain)
        if length < SHORTEST or any(len(self.lines[at].plain) > length for at in lines[-NEAR:]):
            raise self._no_headline("there is no breadcrumb, and the line above the share line does not look like one")
        return last - 1 if last - 1 in lines and self._same(last, last - 1) else last

    def _anchors(self) -> tuple[int | None, int | None]:
        """Return the position after the last line that the headline follows, and of the first that it precedes."""
        after: int | None = None
        at = 0
        while at < len(self.lines) and not self._is_below(at):
            top, under = self.shapes.hit(at, "top"), self.shapes.hit(at, "under")
            if top is not None and top.rule.headline == "next":
                after, at = top.end, top.end
            elif under is not None and under.rule.headline == "previous":
                return after, at
            elif self.lines[at].is_prose and at != after:
                break
            else:
                at += 1
        return after, None

    def _is_below(self, at: int) -> bool:
        """Tell whether `at` is past any headline; columns do not show it, menus hold their headings' words."""
        hit = self.shapes.hit(at, "end")
        reading = self.shapes.lists(at, after_body=False)
        return (hit is not None and hit.rule.ends_body) or (
            reading is not None and any(part.timed for part in reading.parts)
        )

    def _is_known(self, at: int) -> bool:
        """Tell whether the line at `at` is one that is known above or under the headline."""
        places: tuple[Place, ...] = ("top", "under")
        if at in self.shapes.headings:
            return True
        for start in range(max(0, at - self.phrases.longest_span), at + 1):
            hits = [hit for place in places if (hit := self.shapes.hit(start, place)) is not None]
            card = self.shapes.cards.get(start)
            if any(hit.end > at for hit in hits) or (card is not None and card.end > at):
                return True
        return False

    def _headline_by_shape(self) -> int:
        """Return the first line where it alone can be the headline: the longest of the short lines above the text."""
        self.told_by_shape = True
        first = next((at for at in range(len(self.lines)) if not self._is_known(at)), None)
        prose = next((at for at, line in enumerate(self.lines) if line.is_prose), None)
        if first is None or prose is None:
            raise Quarantined(
                Failure.NOT_AN_ARTICLE,
                "no line of the text is a sentence, and none of the profile's marks stands above one: a list or a menu."
                " Copy the page from its breadcrumb to its end",
                layout=LAYOUT,
            )
        length = len(self.lines[first].plain)
        others = [line for line in self.lines[first + 1 : prose] if line.plain != self.lines[first].plain]
        if (
            not SHORTEST <= length <= HEADLINE
            or first >= prose
            or prose - first > OPENING
            or any(len(line.plain) > length for line in others)
        ):
            raise self._no_headline("there is no breadcrumb and no share line, and several lines or none could be it")
        return first

    def _is_sentence(self, at: int) -> bool:
        line = self.lines[at]
        return len(line.plain) > HEADLINE or line.is_prose

    def _same(self, one: int, other: int) -> bool:
        return self.lines[one].plain == self.lines[other].plain

    def _no_headline(self, why: str) -> Quarantined:
        return Quarantined(
            Failure.RULE_MISSED,
            f"the headline cannot be told: {why}. Copy the page again from its breadcrumb on",
            pointer="/headline",
            layout=LAYOUT,
            rule="headline",
        )

    # --- the other parts, from top to bottom ------------------------------------------------------------------------

    def _top(self, headline: int) -> None:
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

    def _under(self, at: int) -> int:
        """Claim the known lines under the headline, the headline once more among them; return where the body starts."""
        if at < len(self.lines) and self._same(at, at - 1):
            self._claim(Part("headline.again", "info", [at]))
            at += 1
        at = max(at, self._mark or at)
        while at < len(self.lines):
            hit = self.shapes.hit(at, "under")
            if hit is not None:
                at = self._claim_hit(at, hit)
            elif at in self.shapes.cards:
                at = self._claim_card(at)
            else:
                break
        return at

    def _ends_body(self, at: int) -> bool:
        """Tell whether only chrome can stand at `at`."""
        hit = self.shapes.hit(at, "end")
        if (hit is not None and hit.rule.ends_body) or at in self.shapes.cards:
            return True
        reading = self.shapes.lists(at, after_body=False)
        return reading is not None and reading.proven

    def _body(self, at: int) -> int:
        """Read the body from `at` on; return where it ends."""
        while at < len(self.lines) and not self._ends_body(at):
            tip = self.shapes.hit(at, "body")
            if tip is not None:
                at = self._claim_hit(at, tip)
            else:
                self.body.append(at)
                at += 1
        return at

    def _peel(self, end: int) -> None:
        """Take known closing lines off the body's end, one line at least being left."""
        below = self.shapes.hit(end, "end")
        while len(self.body) > 1:
            starts = [
                (at, hit)
                for at in range(max(self.body[1], end - self.phrases.longest_span), end)
                if (hit := self.shapes.hit(at, "end")) is not None and hit.end == end and not any(self.owned[at:end])
            ]
            icon = plain(below.groups.get("icon", "")) if below is not None else ""
            if starts:
                end, below = starts[0]
                self.body = [at for at in self.body if at < end]
                self._claim_hit(end, below)
            elif self.body[-1] == end - 1 and self.lines[end - 1].plain == icon and below is not None:
                end = self.body.pop()
                self._claim(Part(below.rule.name, below.rule.part, [end], role=below.rule.role))
            elif self.body[-1] == end - 1:
                break
            else:
                end -= 1

    def _tail(self, start: int) -> None:
        """Take apart what follows the body; what nothing claims there is unknown, never body.

        Sentences between a list and the wording that ends every body are the body's: the list stood inside it.
        """
        at = start
        closed = False
        while at < len(self.lines):
            hit = self.shapes.hit(at, "end") or self.shapes.hit(at, "body")
            if self.owned[at]:
                at += 1
            elif at in self.shapes.cards:
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
        reading = self.shapes.lists(at, after_body=True)
        if reading is None:
            return at
        for part in reading.parts:
            heading = " ".join(self.lines[line].text for line in part.heading) or None
            self._claim(
                Part(
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

    def _rest(self, headline: int) -> None:
        """File what is left: the menus above the headline, and what no rule knows below it."""
        body = set(self.body)
        left = [at for at, owned in enumerate(self.owned) if not owned and at not in body]
        for run in _runs(left, headline):
            above = run[0] < headline
            rule, role = ("above", self.phrases.table.above) if above else (UNCLAIMED, Role.UNKNOWN)
            self.parts.append(Part(rule, "chrome", run, role=role))

    def _check(self, headline: int) -> None:
        """Refuse a dump without body, and one whose only sign of an article is a shape that it has not."""
        if not self.body:
            raise Quarantined(
                Failure.RULE_MISSED,
                f"no text follows the headline {self.lines[headline].text!r}; copy the page to its end",
                pointer="/articleBody",
                layout=LAYOUT,
                score=self.confidence(),
                rule="body",
            )
        if not self.told_by_shape:
            return
        total = sum(len(self.lines[at].plain) for at in self.body)
        prose = sum(len(self.lines[at].plain) for at in self.body if self.lines[at].is_prose)
        marks = self.confidence()
        if prose < total * (SENTENCES_BY_SHAPE if marks else SENTENCES_ALONE):
            raise Quarantined(
                Failure.UNKNOWN_LAYOUT,
                f"{prose} of {total} characters below the first line are sentences and {marks:.2f} of the profile's"
                " marks are there: no article of this site that can be told. Copy the page from its breadcrumb to its"
                " end, or choose another site",
                layout=LAYOUT,
                score=marks,
            )


def _follows(part: Part, last: Part) -> bool:
    return (part.rule, part.kind) == (last.rule, last.kind) and part.lines[0] == last.lines[-1] + 1


def _runs(positions: Iterable[int], headline: int) -> Iterator[list[int]]:
    """Yield the runs of neighbours among `positions`; the headline parts two runs."""
    run: list[int] = []
    for at in positions:
        if run and (at != run[-1] + 1 or run[-1] < headline < at):
            yield run
            run = []
        run.append(at)
    if run:
        yield run
