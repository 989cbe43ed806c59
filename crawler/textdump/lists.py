"""Lists in a text dump: headings, and the lines below them combined into items by their shapes.

Headings in a row (tabs) share the items that follow; an item that lost a line does not end its list.
"""

from __future__ import annotations

from datetime import datetime, tzinfo

import msgspec

from ..profiles.line_patterns import plain, spaced
from ..profiles.phrases import ListRule
from ..records.model import Item
from ..sieve.dates import parse_date
from ..sieve.values import parse_number
from .lines import AUTHOR, HEADLINE, Shapes

BROKEN = 3
"""Maximum lines of an item that lost its other lines."""


class ListPart(msgspec.Struct):
    """A list during parsing: its rule, the positions of its lines and its heading, its items."""

    rule: ListRule
    lines: list[int]
    heading: list[int]
    items: list[Item]
    timed: bool = False


class ListReading(msgspec.Struct, frozen=True):
    """Lists parsed from one position to `end` (exclusive).

    `proven` where their shape, or two headings in a row, shows that they are lists.
    """

    end: int
    parts: list[ListPart]
    proven: bool

    @property
    def timed(self) -> bool:
        """Return whether an item has a row such as its time, so that its shape is not a coincidence."""
        return any(part.timed for part in self.parts)


class ListReader:
    """Parses the lists of one dump; `tz` is the site's, `now` the aware time that relative dates refer to."""

    def __init__(self, shapes: Shapes, tz: tzinfo, now: datetime | None) -> None:
        self._shapes = shapes
        self._lines = shapes.lines
        self._tz = tz
        self._now = now

    def read(self, at: int, *, after_body: bool) -> ListReading | None:
        """Parse the lists whose headings are at `at`, or a list without a heading that is identified by its items.

        Headings in a row (tabs) share the items that follow: each item goes to the list whose shape it has. After the
        body a heading is enough; in it only a `proven` reading counts.
        """
        parts: list[ListPart] = []
        end = at
        while end in self._shapes.headings:
            rule, after = self._shapes.headings[end]
            if any(part.rule is rule for part in parts):
                break
            parts.append(ListPart(rule, [*range(end, after)], [*range(end, after)], []))
            end = after
        if not parts:
            parts = [*map(_empty, self._shapes.phrases.headless)]
            if at in self._shapes.hits or self._item(parts, at, after_body=after_body) is None:
                return None
        elif not parts[-1].rule.items:
            if not after_body:
                return None
            while end < len(self._lines) and self._belongs(parts[-1].rule, end):
                parts[-1].lines.append(end)
                end += 1
            return ListReading(end, parts, proven=False)
        end = self._items(parts, end)
        return ListReading(end, [part for part in parts if part.lines], self._proven(parts, end))

    def _items(self, parts: list[ListPart], at: int) -> int:
        """Parse items into `parts` from `at` on; return where they end."""
        last = parts[-1]
        while at < len(self._lines) and at not in self._shapes.headings and at not in self._shapes.cards:
            labelled = next((part for part in reversed(parts) if part.rule in self._shapes.labels.get(at, ())), None)
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
            elif at in self._shapes.rows and last.items:
                last.lines.append(at)
                at += 1
                if self._is_time(at - 1):
                    break
            else:
                end = self._broken(parts, at)
                if end == at:
                    break
                last.lines.extend(range(at, end))
                if end - at > 1 and self._lines[at].plain == self._lines[at + 1].plain:
                    author = self._lines[at + 2].text if end - at > 2 else None
                    last.items.append(Item(headline=self._lines[at].text, author=author))
                at = end
        return at

    def _is_time(self, at: int) -> bool:
        """Return whether the line at `at` is only a time: below a list it is the time of the list."""
        return any(groups.keys() == {"time"} for groups in self._shapes.rows[at].values())

    def _belongs(self, rule: ListRule, at: int) -> bool:
        """Return whether the line at `at` belongs to a list that takes all lines below its heading."""
        if at in self._shapes.headings or at in self._shapes.cards:
            return False
        hit = self._shapes.hit(at, "end")
        if hit is not None:
            return rule in self._shapes.labels.get(at, ()) or hit.rule.role is rule.role
        return self._item([*map(_empty, self._shapes.phrases.headless)], at, after_body=True) is None

    def _broken(self, parts: list[ListPart], at: int) -> int:
        """Return the end of an incomplete item at `at`: before a complete item, another part, or the text's end."""
        timed = any(part.timed for part in parts)
        for end in range(at + 1, min(at + BROKEN, len(self._lines)) + 1):
            if not self._can_be_headline(end - 1) or self._lines[end - 1].is_prose:
                return at
            doubled = end - at > 1 and self._lines[at].plain == self._lines[at + 1].plain
            over = end == len(self._lines)
            if (over or self._shapes.starts(end)) and (doubled or (over and timed and end - at < BROKEN)):
                return end
            if (timed or doubled) and not over and self._item(parts, end) is not None:
                return end
        return at

    def _proven(self, parts: list[ListPart], end: int) -> bool:
        if any(part.timed for part in parts) or (len(parts) > 1 and end not in self._shapes.headings):
            return True
        if end == len(self._lines):
            return False
        hit = self._shapes.hit(end, "end")
        follows = end in self._shapes.cards or (hit is not None and not hit.rule.ends_body)
        return follows or (end in self._shapes.headings and any(part.items for part in parts))

    def _item(
        self, parts: list[ListPart], at: int, *, after_body: bool | None = None
    ) -> tuple[ListPart, int, Item, bool] | None:
        """Return (list, end, item, whether it has a row) for the longest item at `at`.

        Among equals the list's first shape wins, then the last heading. Without a heading,
        `after_body` says on which side of the body's end: an item is identified by its repeated headline, and after
        the body also by a shape without such a line.
        """
        best: tuple[tuple[int, int], ListPart, int, dict[str, str], bool] | None = None
        for part in reversed(parts):
            if len(part.items) >= part.rule.most:
                continue
            for number, shape in enumerate(part.rule.items):
                timed = any(name in self._shapes.phrases.table.rows for name in shape)
                if not timed and self._lines[at].is_prose:
                    continue
                values: dict[str, str] = {}
                end = self._shape(shape, 0, at, values)
                if end is None or (after_body is not None and not _is_identified(shape, values, after_body=after_body)):
                    continue
                rank = (at - end, number)
                if best is None or rank < best[0]:
                    best = rank, part, end, values, timed
        if best is None:
            return None
        _, part, end, values, timed = best
        when = values.get("time")
        date = parse_date(spaced(when), tz=self._tz, now=self._now) if when else None
        count = values.get("count")
        item = Item(
            headline=values.get("headline"),
            author=values.get("author"),
            date_published=date.iso if date else None,
            comment_count=parse_number(plain(count)) if count else None,
        )
        return part, end, item, timed

    def _shape(self, shape: tuple[str, ...], step: int, at: int, values: dict[str, str]) -> int | None:
        """Return the end of an item of `shape` that starts at `at`, or None; fills `values` from its lines."""
        if step == len(shape):
            return at
        name = shape[step].rstrip("?")
        found = self._part(name, at, values) if at < len(self._lines) else None
        if found is not None:
            inner = {**values, **found}
            end = self._shape(shape, step + 1, at + 1, inner)
            if end is not None:
                values.update(inner)
                return end
        return self._shape(shape, step + 1, at, values) if shape[step].endswith("?") else None

    def _part(self, name: str, at: int, values: dict[str, str]) -> dict[str, str] | None:
        line = self._lines[at]
        if name == "headline":
            return {"headline": line.text} if self._can_be_headline(at) else None
        if name == "again":
            return {"again": line.text} if line.plain == plain(values.get("headline", "")) else None
        if name == "author":
            fits = len(line.plain) <= AUTHOR and at not in self._shapes.rows and not self._shapes.starts(at)
            return {"author": line.text} if fits and line.plain != plain(values.get("headline", "")) else None
        return self._shapes.rows.get(at, {}).get(name)

    def _can_be_headline(self, at: int) -> bool:
        line = self._lines[at]
        return len(line.plain) <= HEADLINE and at not in self._shapes.rows and not self._shapes.starts(at)


def _is_identified(shape: tuple[str, ...], values: dict[str, str], *, after_body: bool) -> bool:
    return "again" in values or (after_body and not {"again", "again?"} & set(shape))


def _empty(rule: ListRule) -> ListPart:
    return ListPart(rule, [], [], [])
