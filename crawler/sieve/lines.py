"""What the lines of a text dump are by wording and shape: known lines, lists with their items, the account's card.

Nothing here knows where the article is; crawler/sieve/textdump.py does. Positions count lines that are not blank.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo

import msgspec

from crawler.page.text import collapse, size
from crawler.profiles.phrases import LineRule, ListRule, Phrases, Place
from crawler.profiles.wordings import plain, spaced
from crawler.records.model import Account, Item
from crawler.sieve.dates import parse_date
from crawler.sieve.numbers import parse_number

LONG = 60
"""Characters: a longer line with punctuation is prose, whatever it ends with."""
SENTENCE = 16
"""Characters from which on a line that ends in a full stop is prose; headlines have none."""
HEADLINE = 120
AUTHOR = 30
CARD = 4
"""Lines of an account's card: badge and name, name, slogan, and one spare; also of its counts."""
SPANNED = 100
"""Characters of a wording that is spread over lines."""
BROKEN = 3
"""Lines of an item that lost its other lines."""
_STOPS = (".", '."', ".)", ";", ":")
_MARKS = frozenset(",.!?;:")


class Line(msgspec.Struct, frozen=True):
    """A line that is not blank: as it stands (white space collapsed), in both forms, whether a blank line is above."""

    text: str
    plain: str
    spaced: str
    apart: bool

    @property
    def is_prose(self) -> bool:
        """Tell whether the line reads as a sentence of a text and not as a headline or label."""
        form = self.plain
        return (len(form) >= SENTENCE and form.endswith(_STOPS)) or (len(form) > LONG and not _MARKS.isdisjoint(form))


def read_lines(text: str) -> list[Line]:
    """Return the lines of `text` that hold a character that counts."""
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
    """A known wording over the lines from its start to `end` (not included), with its groups as they were written."""

    rule: LineRule
    end: int
    groups: dict[str, str]


class Card(msgspec.Struct, frozen=True):
    """An account's card over the lines from its start to `end` (not included); no account where it has no name."""

    end: int
    account: Account | None


class ListPart(msgspec.Struct):
    """A list while it is read: its rule, the positions of its lines, of its heading, its items."""

    rule: ListRule
    lines: list[int]
    heading: list[int]
    items: list[Item]
    timed: bool = False


class Reading(msgspec.Struct, frozen=True):
    """Lists read from one place on, to `end` (not included); `proven` where their shape shows that they are lists."""

    end: int
    parts: list[ListPart]
    proven: bool


class Shapes:
    """What each line of a dump can be by the site's phrases; `tz` and `now` are for the items' dates."""

    def __init__(self, lines: list[Line], phrases: Phrases, tz: tzinfo, now: datetime | None) -> None:
        self.lines = lines
        self.phrases = phrases
        self.tz = tz
        self.now = now
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
        """Yield where a wording that starts at `at` and is spread over `most` lines can end."""
        yield at + 1
        length = len(self.lines[at].plain)
        for end in range(at + 2, min(at + most, len(self.lines)) + 1):
            length += len(self.lines[end - 1].plain)
            if length > SPANNED:
                return
            yield end

    def text(self, start: int, end: int) -> str:
        """Return the lines from `start` to `end` (not included) as one, as they stand."""
        return " ".join(line.text for line in self.lines[start:end])

    def _plain(self, start: int, end: int) -> str:
        return self.lines[start].plain if end == start + 1 else "".join(line.plain for line in self.lines[start:end])

    def hit(self, at: int, place: Place) -> Hit | None:
        """Return the longest known wording at `at` that may stand in `place`."""
        return next((hit for hit in self.hits.get(at, ()) if place in hit.rule.place), None)

    def starts(self, at: int) -> bool:
        """Tell whether another part of the page than a list's item can start at `at`."""
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
        """Return where the card whose counts stand at `counts` starts: by its badge, a name told twice, or its look."""
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
            article_count=parse_number(groups.get("articles", "")),
            follower_count=parse_number(groups.get("followers", "")),
        )

    def lists(self, at: int, *, after_body: bool) -> Reading | None:
        """Read the lists whose headings stand at `at`, or a list without heading that is known by its items.

        Headings in a row (tabs) share the items that follow: each item goes to the list whose shape it has. After the
        body a heading is enough; in it only a `proven` reading counts.
        """
        parts = []
        end = at
        while end in self.headings:
            rule, after = self.headings[end]
            parts.append(ListPart(rule, [*range(end, after)], [*range(end, after)], []))
            end = after
        headed = bool(parts)
        if not headed:
            parts = [*map(_empty, self.phrases.headless)]
            if at in self.hits or self._item(parts, at, after_body=after_body) is None:
                return None
        elif not parts[-1].rule.items:
            if not after_body:
                return None
            while end < len(self.lines) and self._belongs(parts[-1].rule, end):
                parts[-1].lines.append(end)
                end += 1
            return Reading(end, parts, proven=False)
        end = self._items(parts, end)
        return Reading(end, [part for part in parts if part.lines], self._proven(parts, end, headed=headed))

    def _items(self, parts: list[ListPart], at: int) -> int:
        """Read items into `parts` from `at` on; return where they end."""
        last = parts[-1]
        while at < len(self.lines) and at not in self.headings and at not in self.cards:
            labelled = next((part for part in reversed(parts) if part.rule in self.labels.get(at, ())), None)
            found = self._item(parts, at)
            if labelled is not None:
                labelled.lines.append(at)
                at += 1
            elif found is not None:
                last, end, item, timed = found
                last.lines.extend(range(at, end))
                last.items.append(item)
                last.timed |= timed
                at = end
            elif at in self.rows and last.items:
                last.lines.append(at)
                at += 1
                if self._is_time(at - 1):
                    break
            else:
                end = self._broken(parts, at)
                if end == at:
                    break
                last.lines.extend(range(at, end))
                if end - at > 1 and self.lines[at].plain == self.lines[at + 1].plain:
                    author = self.lines[at + 2].text if end - at > 2 else None
                    last.items.append(Item(headline=self.lines[at].text, author=author))
                at = end
        return at

    def _is_time(self, at: int) -> bool:
        """Tell whether the line at `at` is a time alone: below a list it says when the list was made."""
        return any(groups.keys() == {"time"} for groups in self.rows[at].values())

    def _belongs(self, rule: ListRule, at: int) -> bool:
        """Tell whether the line at `at` is part of a list that takes what stands below its heading."""
        if at in self.headings or at in self.cards:
            return False
        hit = self.hit(at, "end")
        if hit is not None:
            return rule in self.labels.get(at, ()) or hit.rule.role is rule.role
        return self._item([*map(_empty, self.phrases.headless)], at, after_body=True) is None

    def _broken(self, parts: list[ListPart], at: int) -> int:
        """Return where an item at `at` that lost lines ends: before a whole item, or a start, or the text's end."""
        if not any(part.timed for part in parts):
            return at
        for end in range(at + 1, min(at + BROKEN, len(self.lines)) + 1):
            if not self._can_be_headline(end - 1) or self.lines[end - 1].is_prose:
                return at
            doubled = end - at > 1 and self.lines[at].plain == self.lines[at + 1].plain
            over = end == len(self.lines)
            if (over and (doubled or end - at < BROKEN)) or (not over and self.starts(end) and doubled):
                return end
            if not over and self._item(parts, end) is not None:
                return end
        return at

    def _proven(self, parts: list[ListPart], end: int, *, headed: bool) -> bool:
        if any(part.timed for part in parts):
            return True
        over = end == len(self.lines)
        if not headed or (over and len(parts) < 2):
            return False
        if over:
            return True
        hit = self.hit(end, "end")
        follows = end in self.cards or (hit is not None and not hit.rule.ends_body)
        return follows or (any(part.items for part in parts) and end in self.headings)

    def _item(
        self, parts: list[ListPart], at: int, *, after_body: bool | None = None
    ) -> tuple[ListPart, int, Item, bool] | None:
        """Return (list, end, item, whether it has a row) for the item at `at` that takes most lines.

        Among equals the shape that stands first in its list wins, then the last heading. Where there is no heading,
        `after_body` says on which side of the body's end: an item is told by its headline that stands there twice, and
        after the body by a shape that has no such line.
        """
        best: tuple[tuple[int, int], ListPart, int, dict[str, str], bool] | None = None
        for part in reversed(parts):
            if len(part.items) >= part.rule.most:
                continue
            for number, shape in enumerate(part.rule.items):
                timed = any(name in self.phrases.table.rows for name in shape)
                if not timed and self.lines[at].is_prose:
                    continue
                values: dict[str, str] = {}
                end = self._shape(shape, 0, at, values)
                if end is None or (after_body is not None and not _is_told(shape, values, after_body=after_body)):
                    continue
                rank = (at - end, number)
                if best is None or rank < best[0]:
                    best = rank, part, end, values, timed
        if best is None:
            return None
        _, part, end, values, timed = best
        when = values.get("time")
        date = parse_date(spaced(when), tz=self.tz, now=self.now) if when else None
        count = values.get("count")
        item = Item(
            headline=values.get("headline"),
            author=values.get("author"),
            date_published=date.iso if date else None,
            comment_count=parse_number(count) if count else None,
        )
        return part, end, item, timed

    def _shape(self, shape: tuple[str, ...], step: int, at: int, values: dict[str, str]) -> int | None:
        """Return where an item of `shape` that starts at `at` ends; fills `values` with what its lines say."""
        if step == len(shape):
            return at
        name = shape[step].rstrip("?")
        found = self._part(name, at, values) if at < len(self.lines) else None
        if found is not None:
            inner = {**values, **found}
            end = self._shape(shape, step + 1, at + 1, inner)
            if end is not None:
                values.update(inner)
                return end
        return self._shape(shape, step + 1, at, values) if shape[step].endswith("?") else None

    def _part(self, name: str, at: int, values: dict[str, str]) -> dict[str, str] | None:
        line = self.lines[at]
        if name == "headline":
            return {"headline": line.text} if self._can_be_headline(at) else None
        if name == "again":
            return {"again": line.text} if line.plain == plain(values.get("headline", "")) else None
        if name == "author":
            fits = len(line.plain) <= AUTHOR and at not in self.rows and not self.starts(at)
            return {"author": line.text} if fits else None
        return self.rows.get(at, {}).get(name)

    def _can_be_headline(self, at: int) -> bool:
        line = self.lines[at]
        return len(line.plain) <= HEADLINE and at not in self.rows and not self.starts(at)


def _is_told(shape: tuple[str, ...], values: dict[str, str], *, after_body: bool) -> bool:
    return "again" in values or (after_body and not {"again", "again?"} & set(shape))


def _empty(rule: ListRule) -> ListPart:
    return ListPart(rule, [], [], [])
