"""Changes of the article's lines that can be undone: labels, dates, a second line, a source in a line of its own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Final

from ...page.text import collapse, squeeze
from ..tree import Element, Node, Text, detach, is_text, put_after
from .cases import BODY
from .undo import LINES, NAMES, Change, Sheet, by_rule, texts_in

_DATE: Final = (
    r"(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}(?!\d(?!\d?:))\s*日?(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?"
)
_DAY: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})(?!\d{5})")
_SEPARATED: Final = re.compile(r"(?:19|20)\d\d(\s*[-/.年]\s*)\d{1,2}(\s*[-/.月]\s*)\d{1,2}(\s*日)?")
_UPDATED: Final = re.compile(
    rf"(?:最后|最近)?(?:更新|修改|编辑|修订)[^\d：:|｜]{{0,5}}[：:]?\s*{_DATE}\s*[|｜,，;；/]?\s*"
)
_PUBLISHED: Final = re.compile(rf"(?:首次)?(?:发布|发表|首发|刊发|发稿)[^\d：:|｜]{{0,4}}[：:]?\s*(?={_DATE})")
_OTHER: Final = re.compile(
    r"(?<!\d)(\d{1,2})(\s*[-/.,年月日号\s]\s*)(\d{1,2})\s*[-/.,年月日号\s]\s*((?:19|20)\d\d)日?(?=\s*\d{1,2}:\d\d|\D|$)"
)
_LABEL: Final = re.compile(r"(?:^|(?<=[\s|｜丨（(\[【\xa0\u3000]))([\u4e00-\u9fff]{1,6})\s*[：:丨|/]\s*")
_WORD: Final = re.compile(
    r"(?:^|(?<=[\s|｜丨（(\[【\xa0\u3000]))([\u4e00-\u9fff]{1,6})(?:\s*[：:丨|/]\s*|[\s\xa0\u3000]+)"
)
_MEANINGS: Final = (
    re.compile(r"来源|稿源|信源|出处|来自|转自|转载|供稿|媒体|原载"),
    re.compile(r"作者|记者|撰|采写|文字|^文$|署名|执笔|通讯员"),
    re.compile(r"编辑|责编|审校|审核|编审|校对|审读|编校|监制|值班"),
    re.compile(r"时间|发布|发表|上线|日期|刊发|发稿|更新"),
)
"""What labels of lines mean, where their order does not say which is which."""
_PAGES: Final = 2
"""Pages that must have a word in a line for it to be a label."""


# --- The time of an update before that of the publication -------------------------------------------------------------


def updated_first(sheets: Sequence[Sheet], olds: Sequence[Sheet]) -> set[int]:
    """Take out the labelled time of an update, where a labelled time of publication is in the same line."""
    usual = any(_UPDATED.search(text) for texts in by_rule(olds).values() for page in texts for text in page)
    found: set[int] = set()
    for number, sheet in enumerate(sheets) if not usual else ():
        for _, piece, node in sheet.lines():
            text = collapse(piece.text)
            if not _UPDATED.search(text) or not _PUBLISHED.search(_UPDATED.sub("", text)):
                continue
            for one in texts_in(node):
                new = _PUBLISHED.sub("", _UPDATED.sub("", one.value))
                if new != one.value:
                    one.value = new
                    found.add(number)
    return found


# --- Dates in another order -------------------------------------------------------------------------------------------


def date_order(sheets: Sequence[Sheet], olds: Sequence[Sheet]) -> set[int]:
    """Write dates year first that have the year last, where other dates of the pages say which number is the month."""
    lines = {number: [*_other_dates(sheet)] for number, sheet in enumerate(sheets)}
    lines = {number: texts for number, texts in lines.items() if texts}
    order = _order([(sheets[number], texts) for number, texts in lines.items()])
    if order is None:
        return set()
    separators = _separators(olds)
    for texts in lines.values():
        for text in texts:
            text.value = _OTHER.sub(lambda found: _written(found, order, separators), text.value)
    return {*lines}


def _other_dates(sheet: Sheet) -> Iterator[Text]:
    """Yield the texts with a date that has the year last: in lines, else in the short texts before the body."""
    found = [text for _, text in sheet.texts() if _OTHER.search(text.value)]
    if not found and sheet.record is None:
        found = [
            text
            for one in sheet.tree.body.walk()
            if one.tag not in {"script", "style", "a"}
            for text in one.children
            if is_text(text) and len(text.value) < 80 and _OTHER.search(text.value)
        ][:1]
    yield from (text for text in found if not re.search(_DATE, text.value))


def _order(pages: Sequence[tuple[Sheet, list[Text]]]) -> bool | None:
    """Return whether the month is the first number; None if nothing says so, or pages contradict each other."""
    votes: Counter[bool] = Counter()
    for sheet, texts in pages:
        found = _OTHER.search(texts[0].value)
        if found is None:
            continue
        days = {first: _day(found, first=first) for first in (True, False)}
        stated = _days(sheet)
        for first, day in days.items():
            other = days[not first]
            if day is not None and (other is None or (day in stated and other not in stated)):
                votes[first] += 1
    return None if len(votes) != 1 else next(iter(votes))


def _day(found: re.Match[str], *, first: bool) -> date | None:
    month, day = (found[1], found[3]) if first else (found[3], found[1])
    try:
        return date(int(found[4]), int(month), int(day))
    except ValueError:
        return None


def _days(sheet: Sheet) -> set[date]:
    """Return the days that are in the page's address and source, year first."""
    found: set[date] = set()
    for year, month, day in _DAY.findall(f"{sheet.seen.stored.url} {sheet.seen.page.text}"):
        try:
            found.add(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return found


def _separators(olds: Sequence[Sheet]) -> tuple[str, str, str]:
    for texts in by_rule(olds).values():
        for page in texts:
            for text in page:
                found = _SEPARATED.search(text)
                if found is not None:
                    return found[1], found[2], found[3] or ""
    return "-", "-", ""


def _written(found: re.Match[str], first: bool, separators: tuple[str, str, str]) -> str:
    day = _day(found, first=first)
    if day is None:
        return found[0]
    return f"{day.year}{separators[0]}{day.month:02}{separators[1]}{day.day:02}{separators[2]}"


# --- Labels -----------------------------------------------------------------------------------------------------------


def labels(sheets: Sequence[Sheet], olds: Sequence[Sheet]) -> set[int]:
    """Write the labels of before in the place of words that stand where those stood."""
    known, touched = by_rule(olds), set[int]()
    for rule, pages in by_rule(sheets).items():
        if rule not in known or not rule.startswith("article.info."):
            continue
        to = _new_labels(known[rule], pages)
        if not to:
            continue
        for number, sheet in enumerate(sheets):
            for of, text in sheet.texts():
                if of != rule:
                    continue
                new = _WORD.sub(lambda found, to=to: to.get(found[1], found[0]), _padded(text.value))  # type: ignore[misc]
                if new != _padded(text.value):
                    sheet.words |= {found[1]: to[found[1]] for found in _WORD.finditer(text.value) if found[1] in to}
                    text.value = new
                    touched.add(number)
    return touched


def _padded(text: str) -> str:
    """Return a text in which a word at the end is a label too: what follows is in another element."""
    return f"{text.rstrip()} " if re.search(r"[\u4e00-\u9fff]\s*\Z", text) else text


def _new_labels(before: Sequence[Sequence[str]], now: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return the label of before, with its colon, for each word that is a label now."""
    was: dict[str, str] = {}
    for page in before:
        for text in page:
            for found in _LABEL.finditer(text):
                was.setdefault(found[1], found[0])
    usual = {word for page in before for text in page for word in re.findall(r"[\u4e00-\u9fff]+", text)}
    there: Counter[str] = Counter()
    for page in now:
        there.update({found[1]: 1 for text in page for found in _WORD.finditer(f"{text} ")})
    gone = [label for label in was if not there[label]]
    fresh = [word for word in there if word not in usual]
    to: dict[str, str] = {}
    for word in fresh:
        meaning = next((one for one in _MEANINGS if one.search(word)), None)
        same = [label for label in gone if meaning is not None and meaning.search(label)]
        if len(same) == 1:
            to[word] = was[same[0]]
    rest = [word for word in fresh if word not in to and there[word] >= _PAGES]
    left = [one for one in gone if was[one] not in to.values()]
    if len(rest) == len(left) == 1 and not any(one.search(rest[0]) for one in _MEANINGS):
        to[rest[0]] = was[left[0]]
    return to


# --- A second line ----------------------------------------------------------------------------------------------------


def second_line(sheets: Sequence[Sheet], olds: Sequence[Sheet]) -> set[int]:
    """Take out the first of two lines alike whose date is not the article's, while that of the second is."""
    before = by_rule(olds)
    most = {rule: max(map(len, pages)) for rule, pages in before.items()}
    known = {_bare(text) for pages in before.values() for page in pages for text in page}
    first = _first_lines(sheets, most)
    found: set[int] = set()
    for number, sheet in enumerate(sheets):
        for rule, pieces in sheet.pieces.items():
            if not rule.startswith("article.info.") or len(pieces) <= most.get(rule, 0):
                continue
            nodes = [one for piece in pieces if (one := sheet.tree.made.get(piece.node.mem_id)) is not None]
            for one, other in pairwise(nodes):
                bare = _bare(_text_of(one))
                foreign = _bare(_text_of(other)) in known and bare not in known
                if _alike(one, other) and (foreign or first[bare] >= _ALL or _is_other(sheet, one, other)):
                    detach(one)
                    found.add(number)
                    break
    return found


_ALL: Final = 3
"""Pages that must have a line alike, but for its numbers, for it to be the site's."""


def _first_lines(sheets: Sequence[Sheet], most: Mapping[str, int]) -> Counter[str]:
    """Count the first of two lines alike, without their numbers, where the second are not all alike."""
    found: list[tuple[str, str]] = []
    for sheet in sheets:
        for rule, pieces in sheet.pieces.items():
            if rule.startswith("article.info.") and len(pieces) > most.get(rule, 0) and len(pieces) > 1:
                found.append((_bare(pieces[0].text), _bare(pieces[1].text)))
    several = len({second for _, second in found}) > 1
    return Counter(first for first, _ in found) if several else Counter()


def _bare(text: str) -> str:
    return re.sub(r"[\d\s]", "", text)


def _text_of(node: Node) -> str:
    return node.text() if isinstance(node, Element) else node.value


def _alike(one: Node, other: Node) -> bool:
    return (
        isinstance(one, Element)
        and isinstance(other, Element)
        and one.parent is other.parent
        and one.tag == other.tag
        and one.attrs.get("class") == other.attrs.get("class")
    )


def _is_other(sheet: Sheet, one: Node, other: Node) -> bool:
    """Return whether a line's day is only in that line, while the other's is also elsewhere in the page."""
    days = [_DAY.search(squeeze("".join(text.value for text in texts_in(node)))) for node in (one, other)]
    first, second = days
    if first is None or second is None or first[0] == second[0]:
        return False
    stated = _DAY.findall(f"{sheet.seen.stored.url} {sheet.seen.page.text}")
    counts = Counter((year, month.zfill(2), day.zfill(2)) for year, month, day in stated)
    keys = [(one[1], one[2].zfill(2), one[3].zfill(2)) for one in (first, second)]
    return counts[keys[0]] <= 1 < counts[keys[1]]


# --- A value in a line of its own -------------------------------------------------------------------------------------


def apart(sheets: Sequence[Sheet], olds: Sequence[Sheet]) -> set[int]:
    """Put a new element with a label and a value into the line that had the value: behind its label, or its date."""
    known = {word for sheet in olds for one in sheet.tree.root.walk() for word in one.classes}
    before = by_rule(olds)
    touched: set[int] = set()
    for number, sheet in enumerate(sheets):
        bodies = [sheet.tree.made.get(piece.node.mem_id) for piece in sheet.pieces.get(BODY, [])]
        new = [
            one
            for one in sheet.tree.body.walk()
            if one.classes and not {*one.classes} & known and 0 < len(one.text()) <= _LONGEST
            if (label := _LABEL.match(collapse(one.text()))) is not None
            if any(meaning.search(label[1]) for meaning in _MEANINGS[:-1])
            if not any(outer is body for outer in one.above() for body in bodies)
        ]
        lines = [node for rule, _, node in sheet.lines() if isinstance(node, Element) and rule in before]
        lines = [one for one in lines if re.search(_DATE, one.text()) and not any(one is other for other in new)]
        if len(new) == 1 and lines and not any(one is lines[0] for one in new[0].walk()):
            label = _LABEL.match(collapse(new[0].text()))
            _join(new[0], lines[-1], label[0] if label is not None else "")
            touched.add(number)
    return touched


def _join(element: Element, line: Element, label: str) -> None:
    """Put what is in an element behind the same label in a line, else behind the line's date."""
    texts = texts_in(line)
    word = label.strip(" :：丨|/")
    at = next((one for one in texts if one.value.rstrip(" :：丨|/\xa0\u3000").endswith(word)), None)
    dated = next((one for one in texts if re.search(_DATE, one.value)), None)
    if at is None:
        others = {found[1] for text in texts for found in _LABEL.finditer(text.value)}
        at = dated
        if others:
            label = ""
    if at is None or at.parent is None:
        return
    for text in texts_in(element)[:1]:
        text.value = text.value.lstrip().removeprefix(label.rstrip()) if label else text.value
    place: Node = at if at.parent is line else at.parent
    put_after(place, Text(" "), *element.children[:])
    detach(element)


_LONGEST: Final = 60


CHANGES: Final = (
    Change(LINES, updated_first),
    Change(LINES, date_order),
    Change(LINES, second_line),
    Change(NAMES, apart),
    Change(LINES, labels),
)
"""In the order in which they are undone."""
