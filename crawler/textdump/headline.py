"""Finds the headline of a text dump by the known lines around it, or by its shape if that is unambiguous."""

from __future__ import annotations

import msgspec

from ..errors import Failure, Quarantined
from ..profiles.phrases import Place
from .lines import HEADLINE, Shapes
from .lists import ListReader

LAYOUT = "text_dump"
"""The layout id of records that were extracted from text."""
NEAR = 4
"""Lines between the breadcrumb and the lines below the headline: the headline, and remains of a search box."""
OPENING = 6
"""Short lines before the first sentence of an article whose headline is identified by its shape only."""
SHORTEST = 6
"""Minimum characters of a headline without a breadcrumb: menu words are shorter."""


class Headline(msgspec.Struct, frozen=True):
    """The headline's position, and whether its `shape` alone identifies it rather than the lines above it.

    `under` is where the known lines below the headline begin, if other lines are in between.
    """

    at: int
    after_breadcrumb: bool
    under: int | None = None
    by_shape: bool = False


class HeadlineFinder:
    """Finds the headline of one dump."""

    def __init__(self, shapes: Shapes, lists: ListReader) -> None:
        self._shapes = shapes
        self._lists = lists
        self._lines = shapes.lines

    def find(self) -> Headline:
        """Return the headline; raises `Quarantined` if no line, or more than one, can be it."""
        after, mark = self._anchors()
        start = after if after is not None else 0
        if mark is not None:
            between = [at for at in range(start, mark) if not self._is_known(at)]
            if not between:
                raise self._no_headline("breadcrumb and share line are adjacent")
            if after is None:
                return Headline(self._headline_above(between), after_breadcrumb=False)
            if len(between) <= NEAR:
                longest = max(between, key=lambda at: (len(self._lines[at].plain), -at))
                return Headline(longest, after_breadcrumb=True, under=mark)
        if after is None:
            return Headline(self._headline_by_shape(), after_breadcrumb=False, by_shape=True)
        following = next((at for at in range(start, len(self._lines)) if not self._is_known(at)), None)
        if following is None or self._is_sentence(following):
            raise self._no_headline("the breadcrumb is followed by a paragraph, or by nothing")
        return Headline(following, after_breadcrumb=True)

    def _headline_above(self, lines: list[int]) -> int:
        """Return the last of `lines` (its first copy) if it is the longest around: menu words are short."""
        last = lines[-1]
        length = len(self._lines[last].plain)
        if length < SHORTEST or any(len(self._lines[at].plain) > length for at in lines[-NEAR:]):
            raise self._no_headline(
                "the breadcrumb is missing, and the line above the share line is not like a headline"
            )
        return last - 1 if last - 1 in lines and self._lines[last].plain == self._lines[last - 1].plain else last

    def _anchors(self) -> tuple[int | None, int | None]:
        """Return the position after the last line above the headline, and that of the first line below it."""
        after: int | None = None
        at = 0
        while at < len(self._lines) and not self._is_below(at):
            top, under = self._shapes.hit(at, "top"), self._shapes.hit(at, "under")
            if top is not None and top.rule.headline == "next":
                after, at = top.end, top.end
            elif under is not None and under.rule.headline == "previous":
                return after, at
            elif self._lines[at].is_prose and at != after:
                break
            else:
                at += 1
        return after, None

    def _is_below(self, at: int) -> bool:
        """Return whether `at` is below the headline; columns are not evidence, since menus contain their headings."""
        hit = self._shapes.hit(at, "end")
        reading = self._lists.read(at, after_body=False)
        return (hit is not None and hit.rule.ends_body) or (reading is not None and reading.timed)

    def _is_known(self, at: int) -> bool:
        """Return whether the line at `at` is a known line above or below the headline."""
        places: tuple[Place, ...] = ("top", "under")
        if at in self._shapes.headings:
            return True
        for start in range(max(0, at - self._shapes.phrases.longest_span), at + 1):
            hits = [hit for place in places if (hit := self._shapes.hit(start, place)) is not None]
            card = self._shapes.cards.get(start)
            if any(hit.end > at for hit in hits) or (card is not None and card.end > at):
                return True
        return False

    def _headline_by_shape(self) -> int:
        """Return the first line if only that can be the headline: the longest of the short lines above the text."""
        first = next((at for at in range(len(self._lines)) if not self._is_known(at)), None)
        prose = next((at for at, line in enumerate(self._lines) if line.is_prose), None)
        if first is None or prose is None:
            raise Quarantined(
                Failure.NOT_AN_ARTICLE,
                "the text has no sentence below a headline, so it is a list or a menu. Copy the page from its"
                " breadcrumb to its end",
                layout=LAYOUT,
            )
        above = [at for at in range(first, prose) if not self._is_known(at)]
        long = {self._lines[at].plain: at for at in reversed(above) if len(self._lines[at].plain) >= SHORTEST}
        if len(long) == 1:
            return next(iter(long.values()))
        if first in long.values() and len(above) <= OPENING and max(long, key=len) == self._lines[first].plain:
            return first
        raise self._no_headline(
            "breadcrumb and share line are missing, and either no line or more than one could be the headline"
        )

    def _is_sentence(self, at: int) -> bool:
        line = self._lines[at]
        return len(line.plain) > HEADLINE or line.is_prose

    def _no_headline(self, why: str) -> Quarantined:
        return Quarantined(
            Failure.RULE_MISSED,
            f"the headline cannot be identified: {why}. Copy the page again from its breadcrumb on",
            pointer="/headline",
            layout=LAYOUT,
            rule="headline",
        )
