"""Which lines of a page are the article: the model's scores, and the run of lines that it speaks for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from .extent import BOXED, cut, with_table, without_more, without_offers
from .features import BRIEF, FIGURES, Figures, is_dated
from .forest import Forest, forest
from .lines import PROSE, Line
from .outline import ABOVE, HIDDEN, NAMES, Outline
from .roles import worded

_SHORT: Final = 160
"""Length up to which a line may be one of those that stand in a body and are not the article."""
_BESIDE_FROM_START: Final = re.compile(
    r"[^。]{0,12}编辑\s*[:：|丨/][^。！？；]{0,40}\Z|(?:投稿|执笔人?|校读|剪辑|制图)\s*[:：|丨/]|[（(\s]*(?:本文)?原(?:标题|题[:：为])"
    r"|[（(\s]*(?:文章|稿件|本文|信息)?(?:来源|稿源|转自)\s*[:：|丨/]"
    r"|[（(—\-\s]*(?:作者|记者|采写|撰文|执笔|文字|摄影|图文|监制|校对|审核|主编|值班编委|统筹|海报|原创)\s*[:：|丨/][^。？！]{0,40}\Z"
    r"|[【\[（(]\s*文\s*[/|丨／][^。！？]{0,40}\Z|[—\-\s]*《\s*[^》]{2,16}》\s*[（(]\s*\d{4}\s*年[\d\s月日期号第版]{1,24}[)）]\s*\Z"
    r"|[（(][^。]{0,40}(?:记者|通讯员|实习生)[^。]{0,40}[)）]\Z|(?:[\u4e00-\u9fff·]{0,10})?记者\s[^。，]{2,20}\Z"
    r"|\W{0,3}(?:\d、)?回复[【\[“]|上一[页篇].{0,9}下一[页篇]\Z|(?:此前|早前)报道[:：]|[-—_=*·\s]{5,}\Z"
    r"|\W{0,3}(?i:with (?:additional )?(?:files|reporting) (?:from|by) |last (?:updated|modified|reviewed)\b"
    r"|[^.!?]{0,80}\bcontributed (?:to this (?:report|story|article)|reporting)\b|read next|also read|additional reporting|advertisement|annonce|anzeige|zum artikel|taip pat skaitykite|"
    r"(?:article|story) continues|(?:first|originally) published (?:in|on|by)|read more:?\Z|do you have a story|(?:sign|log) (?:up|in) (?:for|to) )"
    r"|[\W_]{0,3}(?:\w{0,4}声明|免责)\s*[:：]"
    r"|\W{0,3}(?i:les også|læs også|läs (?:också|även|mer)|lees ook|lesen sie (?:auch|hier)|auch interessant|mehr zum thema"
    r"|(?:à )?lire (?:aussi|également)|à lire|le[ae] también|te puede interesar|leggi anche|leia (?:também|mais)|veja também|saiba mais"
    r"|czytaj (?:także|też|również)|zobacz (?:także|też|również)|čtěte také|přečtěte si|lue myös|olvassa el|citește și|baca juga"
    r"|читайте (?:также|також|ещё)|lasi arī|loe ka|xem thêm|διαβάστε (?:ακόμα|επίσης))(?:\s*[:：]|\s+\W?[A-ZÀ-ÞА-Я]|\Z)"
)
_BESIDE: Final = re.compile(
    r"(?:责任编辑|责编)[^。！？；]{0,40}\Z"
    r"|图片?(?:均)?(?:来自|来源)(?:于)?(?:网络|互联网)|扫一?扫|扫码|二维码|关注.{0,10}公众号|公众号\s*[:：]|返回.{0,8}首页|长按(?:识别|上图|下图)|点击.{0,6}(?:下载|关注)|关注我们|点.{0,2}[【\[“]?在看|一键转发|可能感兴趣"
    r"|不代表.{0,12}(?:观点|立场)"
)
_BESIDE_LATIN: Final = re.compile(
    r"sign up (?:for|to) (?:our|the) .{0,40}newsletter|réservée? aux abonnés|dieser artikel (?:ist|erschien) zuerst"
    r"|externe[nr]? inhalte?\b.{0,60}(?:youtube|twitter|facebook|instagram|anzeigen|angezeigt|redaktion)|inhalte von \w+ angezeigt"
    r"|personenbezogene daten an drittplattformen"
)
"""Credits, original title, invitations and statements: lines that are not the article wherever they stand in it."""
_CAPTION: Final = re.compile(r"\A(?:图片?来源|图\s*[/：:]|图为|[▲△↑▼])")
_GAP: Final = 8
_SHORT_PROSE: Final = 60
_COPIED: Final = 4
"""Long lines that make a passage: pages repeat three for other reasons."""
_DECK: Final = 150
"""The score from which a line below the headline is a deck."""
_TITLED: Final = 60
"""Percentage of the title that a line must repeat to be no part of the article."""
_NAMED: Final = 10
_CHINESE: Final = 20
"""Share of Chinese characters from which a line follows the ways of Chinese portals."""
_HEADS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_KIND: Final = FIGURES.index("kind")
_LENGTH: Final = FIGURES.index("length")
_DATED: Final = 1
"""The kind of a line that has a date."""
_POSTS: Final = 4
"""Dated lines that look alike from which a body is doubted: of such pages a third is read right."""
_ABOVE: Final = 12
"""Lines above a body among which one that repeats the title speaks for it."""
_HEADED: Final = 40
"""The share of the title, in percent, from which it does."""
_NEAR: Final = 6
"""Lines above a post among which its date stands."""
_NO_DECK: Final = (
    NAMES["figure"] | NAMES["meta"] | NAMES["share"] | NAMES["popup"] | NAMES["comment"] | NAMES["ad"] | NAMES["nav"]
)
_NO_DECK_NAMED: Final = _NO_DECK & ~(NAMES["share"] | NAMES["nav"])
"""Names that no element has whose own name says that it is a deck; such a one may be in a header (`header__lead`)."""
_NOT_ABOVE: Final = HIDDEN | ABOVE["li"] | ABOVE["figure"] | ABOVE["figcaption"]
_LOW: Final = 60
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
        self.signs = signs(figures, chosen, scores)


def read_body(outline: Outline, model: Forest | None = None) -> Reading:
    """Return which lines of a page are its article's."""
    known = model or forest()
    figures = Figures(outline)
    scores = [0] * len(outline.lines)
    score = known.score
    for number, row in figures.rows.items():
        scores[number] = score(row)
    return Reading(outline, chosen(figures, scores, known.model.inside, known.model.edge), scores, figures)


def chosen(figures: Figures, scores: Sequence[int], inside: int, edge: int) -> list[int]:
    """Return the lines of the run whose scores above `edge` outweigh the rest, less those below `inside` in it.

    Of these, what is no article wherever it stands is left out (`_BESIDE`, `_BESIDE_FROM_START`), and a deck before them is added.
    """
    outline = figures.outline
    lines = outline.lines
    best, span, total, start = 0.0, (0, 0), 0.0, 0
    for number, (score, length) in enumerate(zip(scores, outline.columns.lengths, strict=True)):
        if total <= 0:
            if score <= edge:
                continue
            total, start = 0.0, number
        value = (score - edge) * length**0.5
        # what stands between parts of an article weighs less than what it is made of
        total += value if value > 0 else value / 5
        if total > best:
            best, span = total, (start, number + 1)
    kept = [number for number in range(*span) if scores[number] >= inside]
    kept = _with_alike(outline, _with_between(outline, _without_copies(lines, kept), scores), scores)
    kept = cut(outline, _without_beside(figures, kept))
    found: list[int] = []
    for number in kept:
        line = lines[number]
        if outline.names[line.element] & NAMES["unseen"]:
            continue
        if _is_beside(line) or (
            line.length <= _SHORT
            and (line.hanzi <= _CHINESE or not any(lines[n].prose for n in found))
            and not found[3:]
            and _is_byline(line)
        ):
            continue
        found.append(number)
    found = _with_headings(figures, with_deck(figures, found, scores))
    return without_offers(outline, without_more(outline, with_table(outline, found)))


def _without_copies(lines: Sequence[Line], kept: list[int]) -> list[int]:
    """Return the lines less passages that repeat earlier ones, as pages with a version for each screen do.

    A passage is at least `_COPIED` long lines that follow each other as before. Fewer may be the article's own, such as a
    refrain or an abstract.
    """
    first: dict[str, int] = {}
    copies = []
    for at, number in enumerate(kept):
        if lines[number].length >= _SHORT_PROSE:
            before = first.setdefault(lines[number].text, at)
            if before != at:
                copies.append((at, before))
    if len(copies) < _COPIED:
        return kept
    texts = {lines[number].text for number in kept[: copies[0][0]]}
    less: set[int] = set()
    start = 0
    for end in range(1, len(copies) + 1):
        if end < len(copies) and all(0 < b - a <= _GAP for a, b in zip(copies[end - 1], copies[end], strict=True)):
            continue
        passage = range(copies[start][0], copies[end - 1][0] + 1)
        if end - start >= _COPIED:
            less.update(at for at in passage if lines[kept[at]].text in texts)
        start = end
    return [number for at, number in enumerate(kept) if at not in less]


def _without_beside(figures: Figures, kept: list[int]) -> list[int]:
    """Return the lines less a second headline, captions of European pages, and the links between paragraphs.

    Portals print captions as lines of the article, and lists of links may be what an article consists of.
    """
    outline = figures.outline
    lines = outline.lines
    first = next((number for number in kept if lines[number].prose), -1)
    links = [number for number in kept if lines[number].linked * 10 >= lines[number].length * 9]
    few = len(links) * (4 if figures.page == 1 else 8) <= len(kept)
    captions = [number for number in kept if _is_caption(outline, lines[number])]
    less = set(captions) if len(captions) * 4 <= len(kept) else set()
    if few:
        less.update(links)
    for number in kept:
        if number > first:
            break
        if figures.titled[number] >= _TITLED and lines[number].length > _NAMED:
            less.add(number)
    found = [number for number in kept if number not in less]
    while len(found) > 1 and _is_summary(outline, found):
        del found[0]
    while found and lines[found[-1]].linked * 10 >= lines[found[-1]].length * 9:
        found.pop()
    return found


def _is_summary(outline: Outline, found: Sequence[int]) -> bool:
    """Return whether the first line of a Chinese page is a summary by its name, and what follows is not named so."""
    first, second = (outline.lines[number] for number in found[:2])
    names = outline.names
    return bool(
        first.hanzi > _CHINESE
        and outline.tags[first.element] not in _HEADS
        and names[first.element] & NAMES["title"]
        and not names[second.element] & NAMES["title"]
    )


def _is_caption(outline: Outline, line: Line) -> bool:
    element = line.element
    if line.hanzi > _CHINESE:
        return False
    return bool(
        outline.tags[element] == "figcaption"
        or (outline.names[element] | outline.names[outline.parents[element]]) & NAMES["figure"]
    )


def with_deck(figures: Figures, found: list[int], scores: Sequence[int]) -> list[int]:
    """Return the lines with the deck before them: a sentence or two below the headline of a news article.

    Right below it a deck needs no marks if it is named so or is a heading.

    Chinese portals give a summary there that repeats the text; it is left out, as it is on pages that do not say that
    they are news.
    """
    outline, head = figures.outline, figures.head
    lines = outline.lines
    if not found or head < 0 or lines[found[0]].hanzi > _CHINESE or figures.page != 1:
        return found
    deck: list[int] = []
    for number in range(head + 1, min(found[0], head + _GAP)):
        line = lines[number]
        row = figures.rows.get(number)
        named = outline.names[line.element] & NAMES["title"]
        below = number == head + 1 and (named or outline.tags[line.element] == "h2")
        if (
            row is not None
            and (line.prose or (below and line.length >= PROSE))
            and scores[number] >= _DECK
            and line.linked * 5 < line.length
            and figures.titled[number] < _TITLED
            and not row[_KIND]
            and not outline.names[line.element] & (_NO_DECK_NAMED if named else _NO_DECK)
            and not outline.above[line.element] & _NOT_ABOVE
            and (
                not deck
                or line.element == lines[deck[-1]].element
                or outline.parents[line.element] == outline.parents[lines[deck[-1]].element]
            )
        ):
            deck.append(number)
    return [*deck, *found]


def _with_alike(outline: Outline, kept: list[int], scores: Sequence[int]) -> list[int]:
    """Return the lines with the prose right after them that stands in elements like that of the last, side by side.

    The last paragraph of a short page has little around it that speaks for it.
    """
    lines, parents = outline.lines, outline.parents
    while kept and kept[-1] + 1 < len(lines):
        last, line = lines[kept[-1]], lines[kept[-1] + 1]
        alike = line.element == last.element or (
            parents[line.element] == parents[last.element] and outline.signs[kept[-1] + 1] == outline.signs[kept[-1]]
        )
        if not (alike and last.prose and line.prose and not line.linked and scores[kept[-1] + 1] >= _LOW):
            break
        kept = [*kept, kept[-1] + 1]
    return kept


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


def _with_headings(figures: Figures, found: Sequence[int]) -> list[int]:
    """Return the lines with the headings that stand alone between two of them.

    Many of them that are links are those of a list of teasers.
    """
    outline = figures.outline
    lines = outline.lines
    alone = [number + 1 for number, following in pairwise(found) if following - number == 2]
    heads = [number for number in alone if _is_heading(figures, number)]
    linked = {number for number in heads if lines[number].linked * 2 > lines[number].length}
    if len(linked) * 4 > len(found):
        heads = [number for number in heads if number not in linked]
    return sorted([*found, *heads])


def _is_heading(figures: Figures, number: int) -> bool:
    """Return whether a line is a heading, and neither the page's nor one of what stands beside the article."""
    outline = figures.outline
    line = outline.lines[number]
    return (
        outline.tags[line.element] in _HEADS
        and not outline.above[line.element] & BOXED
        and not outline.names[line.element] & NAMES["unseen"]
        and figures.titled[number] < _TITLED
        and worded(line.text) is None
        and not _is_beside(line)
    )


def _is_beside(line: Line) -> bool:
    """Return whether a line is not the article wherever it stands in it."""
    return line.length <= _SHORT and (
        _BESIDE_FROM_START.match(line.text) is not None
        or (_BESIDE.search(line.text) if line.hanzi else _BESIDE_LATIN.search(line.text.lower())) is not None
    )


def _is_byline(line: Line) -> bool:
    return line.prose == 0 and _BYLINE.search(line.text) is not None


def signs(figures: Figures, chosen: Sequence[int], scores: Sequence[int]) -> tuple[float, ...]:
    """Return what speaks for the reading being right: each between 0 and 1, about."""
    outline = figures.outline
    lines, lengths = outline.lines, outline.columns.lengths
    scored = [(number, score) for number, score in enumerate(scores) if score]
    weight = outline.length_sum[-1] or 1
    sure = 500 * outline.length_sum[-1]
    sure += sum([(abs(score - 500) - 500) * lengths[number] for number, score in scored])
    taken = set(chosen)
    own = sum([lengths[n] for n in chosen])
    inner = sum([scores[n] * lengths[n] for n in chosen]) / (own or 1) / 1000
    lost = sum([score * lengths[number] for number, score in scored if number not in taken]) / 1000
    doubtful = sum([lengths[number] for number, score in scored if 250 < score < 750])
    return (
        sure / weight / 500,
        inner,
        lost / (own + lost + 1),
        doubtful / (own + doubtful + 1),
        min(own, 4000) / 4000,
        sum([lines[n].prose for n in chosen]) / (own or 1),
        max(figures.titled[max(0, chosen[0] - _ABOVE) : chosen[0] + 1]) / 100 if chosen else 0,
        figures.page == 2,
        _posts(figures, chosen) >= _POSTS,
    )


def _posts(figures: Figures, chosen: Sequence[int]) -> int:
    """Return how many short lines with a date look alike among the chosen: a list of posts has one for each.

    Or on the page, one of them right above the chosen lines, if these have no headline of the page and prose stands
    between most: then one post of several has been chosen.
    """
    if not chosen:
        return 0
    signs, rows = figures.outline.signs, figures.rows
    dated = [
        signs[number]
        for number in range(chosen[0], chosen[-1] + 1)
        if (row := rows.get(number)) is not None and row[_KIND] == _DATED and row[_LENGTH] <= BRIEF
    ]
    inside = max(Counter(dated).values(), default=0) if len(dated) >= _POSTS else 0
    start = max(0, chosen[0] - _ABOVE)
    if inside >= _POSTS or max(figures.titled[start : chosen[0] + 1]) >= _HEADED:
        return inside
    columns, prose = figures.outline.columns, figures.outline.prose_sum
    above = {signs[number] for number in range(max(0, chosen[0] - _NEAR), chosen[0]) if is_dated(columns, number)}
    for sign in above:
        alike = [number for number, own in enumerate(signs) if own == sign and is_dated(columns, number)]
        inside = max(inside, 1 + sum(prose[after] - prose[before] >= PROSE for before, after in pairwise(alike)))
    return inside
