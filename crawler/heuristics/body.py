"""Which lines of a page are the article: the model's scores, and the run of lines that it speaks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ..records.model import Role
from .features import Figures
from .forest import Forest, forest
from .outline import NAMES, Line, Outline
from .roles import worded

_SHORT: Final = 160
"""Length up to which a line may be one of those that stand in a body and are not the article."""
_BESIDE: Final = re.compile(
    r"责任编辑|责编|\A[^。]{0,12}编辑\s*[:：]|\A[（(\s]*(?:本文)?原(?:标题|题[:：为])"
    r"|\A[（(\s]*(?:文章|稿件|本文|信息)?(?:来源|稿源|转自)\s*[:：|丨/]"
    r"|\A[（(—\-\s]*(?:作者|记者|采写|撰文|执笔|文字|摄影|图文|监制|校对|审核|主编|值班编委|统筹|海报|原创)\s*[:：|丨/][^。？！]{0,40}\Z"
    r"|\A[（(][^。]{0,40}(?:记者|通讯员|实习生)[^。]{0,40}[)）]\Z|\A(?:[\u4e00-\u9fff·]{0,10})?记者\s[^。，]{2,20}\Z"
    r"|图片?(?:均)?(?:来自|来源)(?:于)?(?:网络|互联网)|扫一?扫|扫码|二维码|关注.{0,10}公众号|公众号\s*[:：]|返回.{0,8}首页|长按(?:识别|上图|下图)|点击.{0,6}(?:下载|关注)|关注我们"
    r"|\A\W{0,3}(?i:read next|also read|additional reporting|advertisement|annonce|anzeige|zum artikel|taip pat skaitykite)\b"
    r"|\A[\W_]{0,3}(?:\w{0,4}声明|免责)\s*[:：]|不代表.{0,12}(?:观点|立场)"
)
"""Credits, original title, invitations and statements: lines that are not the article wherever they stand in it."""
_CAPTION: Final = re.compile(r"\A(?:图片?来源|图\s*[/：:]|图为|[▲△↑▼])")
_GAP: Final = 8
_DECK: Final = 90
_LOW: Final = 60
_HEADING: Final = 40
_ELSEWHERE: Final = frozenset({Role.RELATED, Role.HOT, Role.COMMENTS, Role.PREVIOUS})
_BYLINE: Final = re.compile(
    r"\A(?:by|von|par|por)\s+[A-ZÀ-Ý]|\A[^（(].{0,60}?(?:\b(?:19|20)\d\d\b|年\d{1,2}月|\d{1,2}:\d\d)[^.。]{0,40}\Z",
    re.IGNORECASE,
)
"""Who wrote it and when, if it stands before the first paragraph."""


class Reading:
    """The lines of the body: `chosen` by number, `scores` of all lines in thousandths, `signs` of how sure it is."""

    def __init__(self, outline: Outline, chosen: list[int], scores: list[int], figures: Figures) -> None:
        self.outline = outline
        self.chosen = chosen
        self.scores = scores
        self.figures = figures
        self.signs = signs(outline, chosen, scores)


def read_body(outline: Outline, model: Forest | None = None) -> Reading:
    """Return which lines of a page are its article's."""
    known = model or forest()
    figures = Figures(outline)
    scores = [0] * len(outline.lines)
    score = known.score
    for number, row in figures.rows.items():
        scores[number] = score(row)
    found = with_deck(outline, chosen(outline, scores, known.model.inside, known.model.edge), scores, figures.head)
    return Reading(outline, found, scores, figures)


def with_deck(outline: Outline, found: list[int], scores: Sequence[int], head: int) -> list[int]:
    """Return the lines with the deck before them: a sentence or two below the headline that its class names.

    Chinese portals give a summary there that repeats the text; it is left out.
    """
    lines = outline.lines
    if not found or head < 0 or lines[found[0]].hanzi > 20:
        return found
    for number in range(found[0] - 1, max(head, found[0] - _GAP), -1):
        line = lines[number]
        named = outline.names[line.element] | outline.names[outline.parents[line.element]]
        if line.length >= _DECK and not line.linked and scores[number] >= _LOW and named & NAMES["title"]:
            return [number, *found]
    return found


def chosen(outline: Outline, scores: Sequence[int], inside: int, edge: int) -> list[int]:
    """Return the lines of the run whose scores above `edge` outweigh the rest, less those below `inside` in it."""
    best, span, total, start = 0.0, (0, 0), 0.0, 0
    for number, (score, line) in enumerate(zip(scores, outline.lines, strict=True)):
        if total <= 0:
            total, start = 0.0, number
        value = (score - edge) * line.length**0.5
        # what stands between parts of an article weighs less than what it is made of
        total += value if value > 0 else value / 5
        if total > best:
            best, span = total, (start, number + 1)
    run = range(*span)
    kept = [number for number in run if scores[number] >= inside]
    kept = _with_between(outline, kept, scores)
    lines = outline.lines
    found: list[int] = []
    for number in kept:
        line = lines[number]
        if line.length <= _SHORT and (
            _BESIDE.search(line.text)
            or (not any(lines[n].prose for n in found[-3:]) and not found[3:] and _is_byline(line))
        ):
            continue
        found.append(number)
    return _cut(outline, found)


def _with_between(outline: Outline, kept: Sequence[int], scores: Sequence[int]) -> list[int]:
    """Return the lines with those between two of them that stand in elements like theirs, or are captions."""
    lines, parents = outline.lines, outline.parents
    found: list[int] = []
    for number, following in zip(kept, [*kept[1:], -1], strict=False):
        found.append(number)
        if following - number < 2 or following - number > _GAP:
            continue
        up = parents[lines[number].element]
        if up != parents[lines[following].element]:
            continue
        sign = outline.tags[lines[number].element], outline.tags[lines[following].element]
        for between in range(number + 1, following):
            line = lines[between]
            alike = parents[line.element] == up and outline.tags[line.element] in sign
            if not line.linked and scores[between] >= _LOW and (alike or _CAPTION.search(line.text)):
                found.append(between)
    return found


def _cut(outline: Outline, found: list[int]) -> list[int]:
    """Return the lines up to one that leads elsewhere, such as a heading of related articles, if most stand before it."""
    lines = outline.lines
    whole = sum(lines[number].length for number in found)
    before = 0
    for at, number in enumerate(found):
        line = lines[number]
        if before * 4 > whole * 3 and line.length <= _HEADING and not line.marks and worded(line.text) in _ELSEWHERE:
            return found[:at]
        before += line.length
    return found


def _is_byline(line: Line) -> bool:
    return line.prose == 0 and _BYLINE.search(line.text) is not None


def signs(outline: Outline, chosen: Sequence[int], scores: Sequence[int]) -> tuple[float, ...]:
    """Return what speaks for the reading being right: each between 0 and 1, about."""
    lines = outline.lines
    weight = sum(line.length for line in lines) or 1
    sure = sum(abs(score - 500) * line.length for score, line in zip(scores, lines, strict=True)) / weight / 500
    taken = set(chosen)
    own = sum(lines[n].length for n in chosen)
    inner = sum(scores[n] * lines[n].length for n in chosen) / (own or 1) / 1000
    lost = sum(max(0, scores[n]) * lines[n].length for n in range(len(lines)) if n not in taken) / 1000
    doubtful = sum(lines[n].length for n in range(len(lines)) if 250 < scores[n] < 750)
    return (
        sure,
        inner,
        lost / (own + lost + 1),
        doubtful / (own + doubtful + 1),
        min(own, 4000) / 4000,
        sum(lines[n].prose for n in chosen) / (own or 1),
    )
