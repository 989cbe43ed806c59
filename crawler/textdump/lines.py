"""What each line of a text dump can be: known phrases, headings, rows of items, the account's card.

Nothing here knows where the article is; crawler/textdump/segment.py does. Positions count lines that are not blank.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from ..page.text import collapse, size
from ..profiles.line_patterns import plain, spaced
from ..profiles.phrases import LineRule, ListRule, Phrases, Place
from ..records.model import Account
from ..sieve.values import parse_number

LONG = 60
"""Characters; a longer line with punctuation is prose, whatever its last character."""
SENTENCE = 8
"""Minimum characters for a line ending in a full stop to be prose; headlines do not end in one."""
HEADLINE = 120
AUTHOR = 30
CARD = 4
"""Lines of an account's card: badge and name, name, slogan, and one spare; also of its counts."""
SPANNED = 100
"""Maximum characters of a phrase that is spread over lines."""
_STOPS = (".", '."', ".)", ";", ":")
_MARKS = frozenset(",.!?;:")


class Line(msgspec.Struct, frozen=True):
    """A non-blank line: as written (white space collapsed), in two normalised forms; whether a blank line precedes."""

    text: str
    plain: str
    spaced: str
    apart: bool

    @property
    def is_prose(self) -> bool:
        """Return whether the line reads like a sentence rather than a headline or label."""
        form = self.plain
        stops = form.endswith(_STOPS) and not form.endswith("..")
        return (stops and len(form) >= SENTENCE) or (len(form) > LONG and not _MARKS.isdisjoint(form))


def read_lines(text: str) -> list[Line]:
    """Return the lines of `text` that contain a character that coverage counts."""
    lines = []
    apart = True
    for raw in text.splitlines():
        if size(raw):
            line = collapse(raw)
            lines.append(Line(line, plain(line), spaced(line), apart))
            apart = False
        else:
            apart = True
    return lines


class Hit(msgspec.Struct, frozen=True):
    """A known phrase from its first line to `end` (exclusive), with its groups as written."""

    rule: LineRule
    end: int
    groups: dict[str, str]


class Card(msgspec.Struct, frozen=True):
    """An account's card from its first line to `end` (exclusive); `account` is None without a name."""

    end: int
    account: Account | None


class Shapes:
    """What each line of a dump can be according to the site's phrases, by position."""

    def __init__(self, lines: list[Line], phrases: Phrases) -> None:
        self.lines = lines
        self.phrases = phrases
        self.hits: dict[int, list[Hit]] = {}
        self.headings: dict[int, tuple[ListRule, int]] = {}
        self.rows: dict[int, dict[str, dict[str, str]]] = {}
        self.labels: dict[int, list[ListRule]] = {}
        for at, line in enumerate(lines):
            self._know(at, line)
        self.cards = dict(self._cards())

    def _know(self, at: int, line: Line) -> None:
        phrases = self.phrases
        hits = []
        for end in self._ends(at, phrases.longest_span):
            found = phrases.lines.find(self._plain(at, end))
            if phrases.spaced_lines:
                found += phrases.spaced_lines.find(" ".join(line.spaced for line in self.lines[at:end]))
            for rule, wording in found:
                groups = wording.read(self.text(at, end)) if end - at <= rule.span else None
                if groups is not None:
                    hits.append(Hit(rule, end, groups))
        if hits:
            self.hits[at] = sorted(hits, key=lambda hit: -hit.end)
        for end in self._ends(at, 2):
            for heading, _ in phrases.headings.find(self._plain(at, end)):
                self.headings[at] = heading, end
        rows = {name: wording.read(line.text) or {} for name, wording in phrases.rows.find(line.plain)}
        if rows:
            self.rows[at] = rows
        labels = [labelled for labelled, _ in phrases.labels.find(line.plain)]
        if labels:
            self.labels[at] = labels

    def _ends(self, at: int, most: int) -> Iterator[int]:
        """Yield the possible ends of a phrase that starts at `at` and is spread over at most `most` lines."""
        yield at + 1
        length = len(self.lines[at].plain)
        for end in range(at + 2, min(at + most, len(self.lines)) + 1):
            length += len(self.lines[end - 1].plain)
            if length > SPANNED:
                return
            yield end

    def text(self, start: int, end: int) -> str:
        """Return the lines from `start` to `end` (exclusive) joined, as written."""
        return " ".join(line.text for line in self.lines[start:end])

    def _plain(self, start: int, end: int) -> str:
        return self.lines[start].plain if end == start + 1 else "".join(line.plain for line in self.lines[start:end])

    def hit(self, at: int, place: Place) -> Hit | None:
        """Return the longest known phrase at `at` that may occur in `place`."""
        return next((hit for hit in self.hits.get(at, ()) if place in hit.rule.place), None)

    def starts(self, at: int) -> bool:
        """Return whether a part of the page other than a list's item can start at `at`."""
        return at in self.headings or at in self.cards or self.hit(at, "end") is not None

    def _cards(self) -> Iterator[tuple[int, Card]]:
        for at in range(len(self.lines)):
            for end in self._ends(at, CARD):
                found = self.phrases.counts.find(self._plain(at, end))
                if not found:
                    continue
                groups = found[0][1].read(self.text(at, end)) or {}
                start = self._card_start(at)
                yield start, Card(end, self._account(start, at, groups))
                break

    def _card_start(self, counts: int) -> int:
        """Return the start of the card whose counts are at `counts`: by its badge, a repeated name, or its shape."""
        first = counts
        while first > max(0, counts - CARD) and self._of_card(first - 1):
            first -= 1
        before = range(first, counts)
        mark = self.phrases.mark
        if mark is not None:
            for at in before:
                if mark.read(self.lines[at].text) is not None:
                    return at
        for at in before[:-1]:
            if self.lines[at].plain == self.lines[at + 1].plain:
                return at
        if not self.lines[counts].apart:
            run = next((at for at in reversed(before) if self.lines[at].apart), None)
            if run is not None:
                return run
        if len(before) > 1 and self._is_name(counts - 2):
            return counts - 2
        return counts - 1 if before and self._is_name(counts - 1) else counts

    def _of_card(self, at: int) -> bool:
        line = self.lines[at]
        known = at in self.rows or at in self.headings or at in self.hits
        return not known and len(line.plain) <= LONG

    def _is_name(self, at: int) -> bool:
        form = self.lines[at].plain
        return len(form) <= AUTHOR and _MARKS.isdisjoint(form)

    def _account(self, start: int, counts: int, groups: dict[str, str]) -> Account | None:
        mark = self.phrases.mark
        name: str | None = None
        rest: list[Line] = []
        for line in self.lines[start:counts]:
            badge = mark.read(line.text) if mark is not None else None
            if badge is not None:
                name = name or badge.get("name")
            elif not self.phrases.card_labels.find(line.plain):
                rest.append(line)
        if name is None and rest:
            name = rest[0].text
        if name is None:
            return None
        slogan = " ".join(line.text for line in rest if line.plain != plain(name))
        return Account(
            name=collapse(name),
            description=slogan or None,
            article_count=parse_number(plain(groups.get("articles", ""))),
            follower_count=parse_number(plain(groups.get("followers", ""))),
        )
