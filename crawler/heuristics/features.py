"""What is known of each line of a page before its sense is: the figures that the general reading's model decides by.

All are whole numbers, so that they are the same on every machine: lengths in characters (of a Chinese text counted
double, since its characters say as much), shares in percent. The order is that of `FIGURES`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from operator import mul
from typing import Final

from ..page.dom import Page
from ..page.text import collapse
from .lines import Lines
from .outline import ABOVE, APART, HIDDEN, NAMES, Outline

FAR: Final = 99
_WINDOW: Final = 10
_SHORT: Final = 60
_BITS: Final = 2 * HIDDEN - 1
_BOXES: Final = ABOVE["nav"] | ABOVE["aside"] | ABOVE["footer"]
_WRONG: Final = ABOVE["nav"] | ABOVE["aside"]
_PLENTY: Final = 600
"""Prose in one element from which a `nav` or `aside` around it says nothing: the page's author was wrong."""
_ABOVE: Final = 12
"""Lines above the first of prose in which a headline stands most often."""
_CRUMB = re.compile(r"(?:首页|当前位置|您?(?:现在)?的?位置|home)\s*(?:[:：>›»/\-]|\Z)", re.IGNORECASE)
_HEADS: Final = frozenset({"h1", "h2", "h3", "h4", "h5"})

_ENDS: Final = frozenset("。！？…!?.”\"'»’)）")
_PARAGRAPHS: Final = frozenset({"p", "h2", "h3", "h4", "blockquote", "li", "td", "section"})
_TAGS: Final = {"p": 1, "div": 2, "td": 3, "section": 4, "article": 5, "li": 6, "blockquote": 7, "pre": 8, "h1": 9, "h2": 10,
                "h3": 11, "h4": 12, "h5": 12, "h6": 12, "figcaption": 13, "figure": 13, "dd": 6, "dt": 6, "th": 3}  # fmt: skip
_HANZI_PATTERN = re.compile(
    r"(?P<date>(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}|\d{1,2}:\d\d|[小分]时?前)"
    r"|(?P<copy>©|版权|ICP|京公网|许可证|转载|声明|不代表|侵权|法律责任)"
    r"|(?P<call>分享|扫描|扫码|二维码|关注|点击|下载|客户端|公众号|微信|阅读原文|阅读全文|推荐阅读|相关|延伸|热点|评论|举报|点赞|收藏|更多)"
    r"|(?P<by>编辑|责编|记者|作者|来源|稿源|校对|审核|监制|通讯员|出品)"
)
_PATTERN = re.compile(
    r"(?P<date>(?:19|20)\d\d[-/.]\d{1,2}|\d{1,2}:\d\d|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|janv|févr|mai|juin|"
    r"juil|août|okt|dez|ene|abr|ago|dic|gen|mag|giu|lug|set|ott)[a-zé]*\.?,? \d|\d{1,2}\.\s?\w{3,9}\.? 20\d\d|ago\b)"
    r"|(?P<copy>©|copyright|all rights reserved|alle rechte|tous droits)"
    r"|(?P<call>\b(?:read more|subscribe|sign up|newsletter|follow us|click here|share this|advertisement|related|"
    r"see also|more from|read also|lesen sie|mehr zum|lire aussi|à lire|lee también|leia|leggi anche|abonn|cookies?|log ?in|comments?)\b)"
    r"|(?P<by>\A(?:by|von|par|por|di|photo|foto|image|credit|source|quelle|bild)\b)"
)
BRIEF: Final = 80
"""Characters of a line that says little more than a date."""
_PATTERNED: Final = 240
"""Characters up to which a line is searched for such words: a longer one is prose that speaks of them."""
_KIND: Final = {"date": 1, "copy": 2, "call": 3, "by": 4, None: 0}

_BAD = (
    NAMES["nav"] | NAMES["foot"] | NAMES["side"] | NAMES["comment"] | NAMES["share"] | NAMES["related"] | NAMES["hot"]
)
_BAD |= NAMES["ad"] | NAMES["tag"] | NAMES["popup"]
_COMMENT: Final = NAMES["comment"]
_POPUP: Final = NAMES["popup"]
_RELATED: Final = NAMES["related"]
_FIGURE: Final = ABOVE["figure"] | ABOVE["figcaption"]

FIGURES: Final = (
    "length", "linked", "marks", "end", "kind", "repeated", "after_head",
    "tag", "above", "bad", "n_comment", "n_popup", "n_related", "in_figure",
    "p0_prose", "p1_of_prose", "p2_linked", "p3_lines", "main_up", "main_down", "best_down",
    "main_place", "best_place", "best_share", "after_prose", "sign_lines", "sign_length", "sign_prose", "sign_linked",
    "before_linked", "after_linked", "p1_linked", "p0_lines", "page",
)  # fmt: skip
"""The figures, in order. `p0` is the element of the line, `p1` to `p3` those around it; `main` the deepest element with
three fifths of the page's prose, `best` the one whose own paragraphs hold the most: how far up from these to what holds
the line, and down; `sign` are the lines in elements that look alike; `before` and `after` the lines next to it; `page`
is 2 for a Chinese page, 1 for one that says that it is news. Of a hundred figures tried these decide as well."""

NEWS: Final = "NewsArticle"
"""What a page's linked data call an article of news."""


def titles(page: Page) -> list[str]:
    """Return what a page's metadata call it, each without white space and in lower case."""
    node = page.dom.css_first("title")
    texts = [collapse(node.text())[:300] if node is not None else ""]
    texts += [(page.meta(name) or "")[:300] for name in ("og:title", "twitter:title")]
    found = ["".join(text.split()).lower() for text in texts]
    return [*dict.fromkeys(text for text in found if len(text) > 3)]


def headings(outline: Outline) -> list[int]:
    """Return for each line how much of a title it is in percent: characters shared in a row, of the title's."""
    known = titles(outline.page)
    found = [0] * len(outline.lines)
    if not known:
        return found
    shortest = min(map(len, known))
    joined = " ".join(known)
    initials = {*joined, *joined.upper()}
    texts = outline.columns.texts
    # what is shorter than a title and does not begin with one of its characters is no part of it
    alike = [
        number
        for number, (text, length) in enumerate(zip(texts, outline.columns.lengths, strict=True))
        if 4 < length < 300 and (text[0] in initials or len(text) >= shortest)
    ]
    for number in alike:
        text = texts[number]
        count = len(text)
        plain = "".join(text.split()).lower()
        if count < shortest and plain not in joined:
            continue
        best = 0
        for title in known:
            if count < len(title) and text[0].lower() not in title:
                continue
            if plain in title:
                best = max(best, 100 * len(plain) // len(title))
            elif len(title) > 8 and title in plain:
                best = max(best, 100 * len(title) // len(plain))
        found[number] = best
    return found


def head_of(outline: Outline, titled: list[int], start: int) -> int:
    """Return the number of the line that is the headline, -1 where none looks like it; `start` is the first of prose."""
    lines, tags, elements = outline.lines, outline.tags, outline.columns.elements
    candidates = {number for number, likeness in enumerate(titled) if likeness}
    for element in [element for element, tag in enumerate(tags) if tag == "h1"]:
        candidates.update(n for n in range(outline.first[element], outline.last[element]) if elements[n] == element)
    candidates.update(
        number
        for number in range(max(0, start - _ABOVE), start)
        if tags[elements[number]] in _HEADS and lines[number].length > 8
    )
    best, at = 25, -1
    for number in sorted(candidates):
        line = lines[number]
        if _CRUMB.match(line.text):
            continue
        likeness = titled[number]
        tag = tags[line.element]
        near = start - _ABOVE <= number < start
        score = likeness + {"h1": 60 if likeness > 40 or near else 30, "h2": 25, "h3": 8}.get(tag, 0)
        score += 15 * bool(outline.names[line.element] & NAMES["title"])
        score -= 40 * bool(outline.above[line.element] & (ABOVE["nav"] | ABOVE["footer"] | ABOVE["li"] | HIDDEN))
        score -= 30 * (line.linked * 2 > line.length)
        score += (20 + number - start + _ABOVE) * near - 40 * (number > start)
        if score > best:
            best, at = score, number
    return at


def is_dated(columns: Lines, number: int) -> bool:
    """Return whether a line is short and has a date."""
    if columns.lengths[number] > BRIEF:
        return False
    text = columns.texts[number]
    found = _HANZI_PATTERN.search(text) if columns.hanzi[number] else _PATTERN.search(text.lower())
    return found is not None and found.lastgroup == "date"


class Figures:
    """The figures of a page's lines by their numbers (`rows`), and the features they are classified by.

    Lines that are certainly not the article are left out: short ones away from the page's prose, those in navigation
    and the like, and short links outside the element of most prose. That is three in five.
    """

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.titled = headings(outline)
        self.main = self._main()
        self.best = self._best()
        self.mistaken = self._mistaken()
        self.head = head_of(outline, self.titled, self._start())
        self.page = self._page()
        """2 for a Chinese page, 1 for one that says that it is news, else 0."""
        self.rows: dict[int, tuple[int, ...]] = {}
        if outline.lines:
            self._read()

    def _page(self) -> int:
        columns = self.outline.columns
        if sum(map(mul, columns.hanzi, columns.lengths)) > 25 * self.outline.length_sum[-1]:
            return 2
        return int(NEWS in self.outline.page.text)

    def _main(self) -> int:
        """Return the deepest element that holds three fifths of the page's prose."""
        outline = self.outline
        prose, parents, first, last = outline.prose_sum, outline.parents, outline.first, outline.last
        total = prose[-1]
        if not total:
            return 0
        # more than half of the prose lies around its middle
        element = outline.columns.elements[bisect_left(prose, (total + 1) // 2) - 1]
        while element and (prose[last[element]] - prose[first[element]]) * 5 <= total * 3:
            element = parents[element]
        return element

    def _best(self) -> int:
        """Return the element whose own paragraphs hold the most prose."""
        outline = self.outline
        parents, tags, elements = outline.parents, outline.tags, outline.columns.elements
        scores: dict[int, int] = {}
        for number, prose in enumerate(outline.columns.prose):
            if prose:
                element = elements[number]
                holder = parents[element] if tags[element] in _PARAGRAPHS else element
                up = parents[holder]
                scores[holder] = scores.get(holder, 0) + 2 * prose
                scores[up] = scores.get(up, 0) + prose
        return max(scores, key=lambda element: (scores[element], element)) if scores else 0

    def _start(self) -> int:
        """Return the number of the first line of prose in that element."""
        outline = self.outline
        inside = range(outline.first[self.best], outline.last[self.best])
        return next((number for number in inside if outline.columns.prose[number]), len(outline.lines))

    def _mistaken(self) -> int:
        """Return the bits of `_WRONG` that stand around the page's article."""
        outline, best = self.outline, self.best
        prose = outline.prose_sum
        own = prose[outline.last[best]] - prose[outline.first[best]]
        return outline.above[best] & _WRONG if own >= _PLENTY and own * 2 >= prose[-1] else 0

    def _wanted(self) -> list[int]:
        """Return the lines that may be the article."""
        outline = self.outline
        columns, above, ends, parents = outline.columns, outline.above, outline.ends, outline.parents
        lengths, linked = columns.lengths, columns.linked
        skipped = ((_BOXES | HIDDEN if outline.unseen else _BOXES) & ~self.mistaken) | APART
        main, best = self.main, self.best
        around = parents[best]
        main_end, around_end = ends[main], ends[around]
        best_first, best_last = outline.first[best], outline.last[best]
        found = []
        for number, element in enumerate(columns.elements):
            if above[element] & skipped:
                continue
            length = lengths[number]
            if length < _SHORT and (
                not (main <= element <= main_end or around <= element <= around_end)
                or (linked[number] * 5 >= length * 4 and not best_first <= number < best_last)
            ):
                continue
            found.append(number)
        return found

    def _groups(self, wanted: list[int]) -> dict[int, list[int]]:
        """Return by sign what all lines in elements that look like those of such lines come to.

        Their number, length, length of prose, linked characters.
        """
        signs = self.outline.signs
        columns = self.outline.columns
        lengths, proses, linkeds = columns.lengths, columns.prose, columns.linked
        found = {signs[number]: [0, 0, 0, 0] for number in wanted}
        for number, sign in enumerate(signs):
            if sign in found:
                group = found[sign]
                group[0] += 1
                group[1] += lengths[number]
                group[2] += proses[number]
                group[3] += linkeds[number]
        return found

    def _read(self) -> None:
        outline = self.outline
        columns = outline.columns
        texts, elements, lengths, linkeds = columns.texts, columns.elements, columns.lengths, columns.linked
        marks, prose_of, hanzi = columns.marks, columns.prose, columns.hanzi
        first, last, proses = outline.first, outline.last, outline.prose_sum
        main, best, head, page = self.main, self.best, self.head, self.page
        last_line = len(texts) - 1
        main_first, main_last = first[main], last[main]
        best_first, best_last = first[best], last[best]
        best_share = 100 * (proses[best_last] - proses[best_first]) // (proses[-1] or 1)
        main_size, best_size = max(1, main_last - main_first), max(1, best_last - best_first)
        surroundings = _Surroundings(outline, main, best, _BITS & ~self.mistaken)
        of_element: dict[int, tuple[tuple[int, ...], tuple[int, ...], tuple[int, int]]] = {}
        rows = self.rows
        wanted = self._wanted()
        groups = self._groups(wanted)
        repeats = Counter(texts)
        for number in wanted:
            element, length, text = elements[number], lengths[number], texts[number]
            known = of_element.get(element)
            if known is None:
                lines, size, prose, linked = groups[outline.signs[number]]
                alike = (lines, size, 100 * prose // (size or 1), 100 * linked // (size or 1))
                known = of_element[element] = alike, *surroundings.of(element)
            of_alike, figures, around = known
            kind = 0
            if length < _PATTERNED and not prose_of[number]:
                found = _HANZI_PATTERN.search(text) if hanzi[number] else _PATTERN.search(text.lower())
                if found is not None:
                    kind = _KIND[found.lastgroup]
            rows[number] = (
                length,
                100 * linkeds[number] // length,
                marks[number],
                text[-1] in _ENDS,
                kind,
                repeats[text],
                max(-FAR, min(FAR, number - head)) if head >= 0 else -FAR - 1,
                *figures,
                100 * (number - main_first) // main_size if main_first <= number < main_last else -1,
                -1 if number < best_first else 100 * (number - best_first) // best_size if number < best_last else 101,
                best_share,
                proses[min(last_line + 1, number + 1 + _WINDOW)] - proses[number + 1],
                *of_alike,
                100 * linkeds[number - 1] // lengths[number - 1] if number else -1,
                100 * linkeds[number + 1] // lengths[number + 1] if number < last_line else -1,
                *around,
                page,
            )


class _Surroundings:
    """What is around the elements of lines. What elements side by side share is found once."""

    def __init__(self, outline: Outline, main: int, best: int, told: int) -> None:
        self.outline = outline
        self._told = told  # the bits of `above` that say something
        self._to_main = self._way(main)
        self._to_best = self._way(best)
        self._shared: dict[int, tuple[int, int, int, int, int]] = {}
        self._boxed: dict[int, tuple[int, int, int, int]] = {}

    def _way(self, element: int) -> dict[int, int]:
        """Return the elements around one, itself included, each with its distance."""
        parents = self.outline.parents
        way = {element: 0}
        while element:
            element = parents[element]
            way[element] = len(way)
        return way

    def of(self, element: int) -> tuple[tuple[int, ...], tuple[int, int]]:
        """Return the figures that all lines of an element share.

        Two of these apart: how much of the element around it is linked, and its number of lines.
        """
        outline = self.outline
        parents, first, last = outline.parents, outline.first, outline.last
        parent = at = parents[element]
        shared = self._shared.get(parent)
        if shared is None:
            shared = self._shared[parent] = self._share(parent)
        bad, near, up_to_main, down, deep = shared
        if own := outline.names[element]:
            near |= own
            if own & _BAD:
                bad = 0
        if (up := self._to_main.get(element)) is not None:
            up_to_main, down = up, 0
        if element in self._to_best:
            deep = 0
        start, end = first[element], last[element]
        size = end - start
        # an element that adds nothing to the one inside says nothing new
        while at and last[at] - first[at] == size:
            at = parents[at]
        boxes = self._boxed.get(at)
        if boxes is None:
            boxes = self._boxed[at] = self._boxes(at)
        of_prose, linked_around, linked, lines = boxes
        bits = outline.above[element]
        proses, lengths = outline.prose_sum, outline.length_sum
        return (
            (
                _TAGS.get(outline.tags[element], 0),
                bits & self._told,
                bad,
                bool(near & _COMMENT),
                bool(near & _POPUP),
                bool(near & _RELATED),
                bool(bits & _FIGURE),
                100 * (proses[end] - proses[start]) // (lengths[end] - lengths[start] or 1),
                of_prose,
                linked_around,
                lines,
                up_to_main,
                down,
                deep,
            ),
            (linked, size),
        )

    def _share(self, parent: int) -> tuple[int, int, int, int, int]:
        """Return what the names around the elements in one say, and how far these are from `main` and `best`."""
        parents, names = self.outline.parents, self.outline.names
        bad, near = FAR, 0
        at = parent
        for up in range(1, 8):
            if own := names[at]:
                if bad == FAR and own & _BAD:
                    bad = up
                if up < 5:
                    near |= own
            if not at:
                break
            at = parents[at]
        down = deep = 1
        at = there = parent
        while at not in self._to_main:
            at = parents[at]
            down += 1
        while there not in self._to_best:
            there = parents[there]
            deep += 1
        return bad, near, self._to_main[at], down, deep

    def _boxes(self, at: int) -> tuple[int, int, int, int]:
        """Return of an element the share of the page's prose, of that around it how much is linked.

        Then how much of itself is linked, and the lines of the element around the second.
        """
        outline = self.outline
        parents, first, last = outline.parents, outline.first, outline.last
        lengths, linkeds, proses = outline.length_sum, outline.linked_sum, outline.prose_sum
        boxes = []
        for _ in range(3):
            start, end = first[at], last[at]
            boxes.append((start, end))
            while at and last[parents[at]] - first[parents[at]] == end - start:
                at = parents[at]
            at = parents[at]
        (s1, e1), (s2, e2), (s3, e3) = boxes
        return (
            100 * (proses[e1] - proses[s1]) // (proses[-1] or 1),
            100 * (linkeds[e2] - linkeds[s2]) // (lengths[e2] - lengths[s2] or 1),
            100 * (linkeds[e1] - linkeds[s1]) // (lengths[e1] - lengths[s1] or 1),
            e3 - s3,
        )
