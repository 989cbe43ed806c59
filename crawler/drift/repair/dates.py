"""Rules for dates that a site writes in another order than the year first, which is how dates are read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from ...page.text import collapse
from ...records.model import Record
from .cases import Seen
from .mender import Mender
from .selectors import Wanted, choose

_YEAR, _MONTH, _DAY = r"(?P<year>\d{4})", r"(?P<month>\d{1,2})", r"(?P<day>\d{1,2})"
_TIME = r"(?:\D{0,3}(?P<time>\d{1,2}:\d{2}(?::\d{2})?))?"
_APART = r"\s*[-/.,年月日号\s]\s*"
_ORDERS: Final = tuple(
    rf"(?:^|\D){_APART.join(order)}日?{_TIME}"
    for order in ((_DAY, _MONTH, _YEAR), (_MONTH, _DAY, _YEAR), (_YEAR, _DAY, _MONTH))
)
_LONGEST = 200


def date_rules(mender: Mender, records: Sequence[Record | None]) -> Iterator[dict[str, Any]]:
    """Yield the values of rules for the date of publication, by the date that pages had before.

    On each page the pattern must give that date, so that day and month are not guessed: 3/5 may be either. Of pages
    whose date is not known, one must have a day that no month is.
    """
    pages: list[tuple[Seen, str | None]] = []
    for seen, record in zip(mender.affected, records, strict=True):
        before = seen.before
        if before is not None and before.date_published and {"record", "datePublished"} & {*seen.wrong(record)}:
            pages.append((seen, None if seen.guessed else before.date_published))
        elif before is not None and seen.guessed and record is None:
            pages.append((seen, None))
    for pattern in _ORDERS if pages else ():
        regions = [
            {
                rule
                for rule, pieces in mender.pieces(seen).items()
                if rule.startswith(("article.info.", "chrome."))
                if any(_is_date(pattern, collapse(piece.node.text(separator=" ")), when) for piece in pieces[:1])
            }
            for seen, when in pages
        ]
        if all(when is None for _, when in pages) and not _is_certain(pattern, [seen for seen, _ in pages]):
            continue
        yield from (
            {"within": rule.rpartition(".")[2], "match": pattern} for rule in sorted(set.intersection(*regions))
        )
        wanted = []
        for seen, when in pages:
            found = [
                node
                for number, node in enumerate(seen.spans.nodes)
                if 6 <= seen.spans.ends[number] - seen.spans.starts[number] <= _LONGEST
                and _is_date(pattern, collapse(node.text(separator=" ")), when)
            ]
            if not found:
                break
            wanted.append(Wanted(seen, [seen.spans.target_of(found[-1])]))
        found_by = choose(wanted, first=True) if len(wanted) == len(pages) else None
        if found_by is not None:
            yield from ({"css": css, "match": pattern} for css in (found_by.css, *found_by.others[:2]))


def _is_certain(pattern: str, pages: Sequence[Seen]) -> bool:
    """Return whether a pattern reads the dates of all pages, and would not if day and month were the other way round.

    Only texts of a date's length are looked at: a page has other numbers.
    """
    other = pattern.replace("month", "_").replace("day", "month").replace("_>", "day>")
    texts = [[text for text in _texts(seen) if _is_date(pattern, text, None)] for seen in pages]
    return all(texts) and not all(any(_is_date(other, text, None) for text in found) for found in texts)


def _texts(seen: Seen) -> list[str]:
    spans = seen.spans
    return [
        collapse(node.text(separator=" "))
        for number, node in enumerate(spans.nodes)
        if 6 <= spans.ends[number] - spans.starts[number] <= _LONGEST // 4
    ]


def _is_date(pattern: str, text: str, when: str | None) -> bool:
    """Return whether the first match of a pattern in a text is a date, and its time where it has one."""
    found = re.search(pattern, text, re.ASCII)
    if found is None:
        return False
    if when is None:
        return 1 <= int(found["month"]) <= 12 and 1 <= int(found["day"]) <= 31
    day = f"{found['year']}-{int(found['month']):02}-{int(found['day']):02}"
    clock = ":".join(part.zfill(2) for part in (found["time"] or "").split(":"))
    return when[:10] == day and (not found["time"] or "T" not in when or when[11:].startswith(clock))
