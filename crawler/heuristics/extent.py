"""Where a body ends: what is annexed to it, headings that lead elsewhere, boxes that offer a subscription."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from ..records.model import Role
from .lines import Line
from .outline import ABOVE, APART, HIDDEN, Outline
from .roles import worded

BOXED: Final = ABOVE["nav"] | ABOVE["aside"] | ABOVE["footer"] | HIDDEN | APART
"""What no line of an article stands in."""
_STATEMENT: Final = 400
_STATED: Final = re.compile(
    r"\A[\W_]{0,3}(?:\w{0,4}声明|免责)\w{0,2}\s*[:：]|\A[\W_]{0,3}特别(?:声明|提醒)|尽在.{0,12}APP\Z"
    r"|\A(?=.*(?:本[文网站报刊社号平]|转[载发]|摘编|作者|笔者|个人[观立意]|来源|侵权))"
    r".*(?:仅代表.{0,8}(?:观点|立场)|(?:版权|著作权)归.{0,20}所有|未经.{0,20}(?:授权|许可).{0,12}(?:不得|禁止|转载))"
)
"""A statement about the article at its end, which may be long. Articles about rights say such things of others."""
_EDITORS: Final = re.compile(
    r"\A[（(\[【\s]*(?:本文)?(?:责任编辑|责编|编辑|值班编辑|实习编辑|校对|校读|监制|审核|编审)\s*[:：|丨/]"
)
"""Credits at the end of an article: what follows them is not part of it."""
_ABOUT: Final = re.compile(
    r"\W{0,3}(?:about|meet) the (?:authors?|writers?|reviewers?|editors?)\b"
    r"|(?:zur person|über (?:den autor|die autorin))\W{0,3}\Z",
    re.IGNORECASE,
)
"""A heading of what is said of the author below an article."""
_HEADING: Final = 40
_ELSEWHERE: Final = frozenset({Role.RELATED, Role.HOT, Role.COMMENTS, Role.PREVIOUS})
_MORE: Final = 7
"""Tenths of the rest that are links where a heading that is not the article's leads elsewhere."""
_ROWS: Final = 3
"""Rows that a table of data has at least."""
_TABLE_LINKED: Final = 3
"""Tenths of such a table that are links at most."""
_OFFER: Final = re.compile(
    r"\W{0,4}(?:please )?(?:(?:subscribe|sign (?:up|in)|log in|register|create an? (?:free )?account"
    r"|become an? (?:paid )?(?:member|subscriber)"
    r"|unlock (?:this|more) articles?|join our (?:newsletter|mailing list))\b"
    r"|(?:this|our) .{0,20}\bis (?:reserved|exclusively|only|free)\b.{0,30}\b(?:subscribers|members|register|unlock)\b"
    r"|get .{0,60}(?:in|to|into) your (?:inbox|email)\b"
    r"|abonnez-vous|inscrivez-vous|abonnieren sie|jetzt (?:abonnieren|registrieren|anmelden)"
    r"|suscr[ií]bete|reg[ií]strate|iscriviti|assine|cadastre-se"
    r"|abonneer|meld je aan|tilmeld dig|meld deg på|prenumerera)",
    re.IGNORECASE,
)
"""The heading of a box that asks readers to subscribe or to register."""
_OFFERED: Final = 120
_OFFER_SHARE: Final = 7
"""Parts of a body of which a box with such a heading has one at most: a body may be about subscribing."""


def cut(outline: Outline, found: list[int]) -> list[int]:
    """Return the lines up to one that leads elsewhere or to the editors' names, if most stand before it.

    Such as a heading of related articles. Prose after editors' names is kept: they may stand at the top.
    """
    lines = outline.lines
    whole = sum(lines[number].length for number in found)
    before = 0
    for at, number in enumerate(found):
        line = lines[number]
        if before * 3 > whole:
            rest = found[at + 1 :]
            if before * 4 > whole * 3 and line.length <= _HEADING and _ABOUT.match(line.text):
                return found[:at]
            if line.length <= _HEADING and not line.marks and worded(line.text) in _ELSEWHERE:
                if before * 4 > whole * 3 or sum(lines[n].links > 0 for n in rest) * 2 >= len(rest):
                    return _before_editors(lines, found[:at])
            elif (before * 2 > whole and _EDITORS.search(line.text) and not any(lines[n].prose for n in rest)) or (
                line.length <= _STATEMENT and not rest and _STATED.search(line.text)
            ):
                return found[:at]
        before += line.length
    return found


def _before_editors(lines: Sequence[Line], found: list[int]) -> list[int]:
    """Return the lines up to the editors' names that stand below the last prose, if there are any."""
    last = next((at for at in reversed(range(len(found))) if lines[found[at]].prose), -1)
    for at in range(last + 1, len(found) if last >= 0 else 0):
        if _EDITORS.search(lines[found[at]].text):
            return found[:at]
    return found


def without_more(outline: Outline, found: list[int]) -> list[int]:
    """Return the lines up to a heading that leads elsewhere, or editors' names, between them if links follow."""
    lines = outline.lines
    rest = sum([lines[number].length for number in found])
    linked = sum([lines[number].linked for number in found])
    whole = rest
    for at in range(1, len(found)):
        last = lines[found[at - 1]]
        rest -= last.length
        linked -= last.linked
        if found[at] - found[at - 1] < 2 or (whole - rest) * 3 <= whole or linked * 10 < rest * _MORE:
            continue
        for between in range(found[at - 1] + 1, found[at]):
            line = lines[between]
            if (
                line.length <= _HEADING
                and not line.marks
                and (worded(line.text) in _ELSEWHERE or _EDITORS.search(line.text))
            ):
                return found[:at]
    return found


def with_table(outline: Outline, found: list[int]) -> list[int]:
    """Return the lines with those of a table of data right after the last, whose cells are too short to be scored."""
    number = found[-1] + 1 if found else 0
    if not 0 < number < len(outline.lines):
        return found
    tags, first, last, parents = outline.tags, outline.first, outline.last, outline.parents
    table = outline.lines[number].element
    while tags[table] != "table" and first[parents[table]] == number:
        table = parents[table]
    end = outline.ends[table] + 1
    if (
        tags[table] != "table"
        or first[table] != number
        or outline.above[table] & BOXED
        or "table" in tags[table + 1 : end]
    ):
        return found
    rows = [element for element in range(table + 1, end) if tags[element] == "tr" and last[element] > first[element]]
    wide = sum(last[row] - first[row] > 1 for row in rows)
    stop = last[table]
    linked = outline.linked_sum[stop] - outline.linked_sum[number]
    length = outline.length_sum[stop] - outline.length_sum[number]
    if len(rows) < _ROWS or wide * 3 < len(rows) * 2 or linked * 10 > length * _TABLE_LINKED:
        return found
    return [*found, *range(number, stop)]


def without_offers(outline: Outline, found: list[int]) -> list[int]:
    """Return the lines less those in small boxes that begin with an invitation to subscribe or to register."""
    lines, first, last, parents = outline.lines, outline.first, outline.last, outline.parents
    if len(found) < 2 or lines[found[0]].hanzi:
        return found
    whole = sum([lines[number].length for number in found])
    less: set[int] = set()
    for number in range(found[0], found[-1] + 1):
        line = lines[number]
        if line.length > _OFFERED or outline.tags[line.element] == "li" or not _OFFER.match(line.text):
            continue
        for box in (line.element, parents[line.element]):
            if first[box] == number and last[box] - number > 1:
                inside = found[bisect_left(found, number) : bisect_left(found, last[box])]
                if sum(lines[one].length for one in inside) * _OFFER_SHARE <= whole:
                    less.update(inside)
    return [number for number in found if number not in less] if less else found
