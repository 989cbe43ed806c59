"""What is known of each line of a page before its sense is: the figures that the general reading's model decides by.

All are whole numbers, so that they are the same on every machine: lengths in characters (of a Chinese text counted
double, since its characters say as much), shares in percent. The order is that of `FIGURES`.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from ..page.text import collapse
from .outline import ABOVE, HIDDEN, NAMES, Outline

FAR: Final = 99
_WINDOW: Final = 10
_SHORT: Final = 60
_BITS: Final = 2 * HIDDEN - 1
_BOXES: Final = ABOVE["nav"] | ABOVE["aside"] | ABOVE["footer"]
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
_PATTERNED: Final = 240
"""Characters up to which a line is searched for such words: a longer one is prose that speaks of them."""
_KIND: Final = {"date": 1, "copy": 2, "call": 3, "by": 4, None: 0}

_BAD = (
    NAMES["nav"] | NAMES["foot"] | NAMES["side"] | NAMES["comment"] | NAMES["share"] | NAMES["related"] | NAMES["hot"]
)
_BAD |= NAMES["ad"] | NAMES["tag"] | NAMES["popup"]

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


def _title(outline: Outline) -> list[str]:
    """Return what the page's metadata call it, each squeezed and in lower case."""
    page = outline.page
    node = page.dom.css_first("title")
    texts = [collapse(node.text())[:300] if node is not None else ""]
    texts += [(page.meta(name) or "")[:300] for name in ("og:title", "twitter:title")]
    return [squeezed for text in texts if len(squeezed := "".join(text.split()).lower()) > 3]


def headings(outline: Outline) -> list[int]:
    """Return for each line how much of a title it is in percent: characters shared in a row, of the title's."""
    titles = _title(outline)
    found = []
    for line in outline.lines:
        best = 0
        if titles and 4 < line.length < 300:
            text = ""
            for title in titles:
                # what is shorter than a title and does not begin with one of its characters is no part of it
                if len(line.text) < len(title) and line.text[0].lower() not in title:
                    continue
                text = text or "".join(line.text.split()).lower()
                if text in title:
                    best = max(best, 100 * len(text) // len(title))
                elif len(title) > 8 and title in text:
                    best = max(best, 100 * len(title) // len(text))
        found.append(best)
    return found


def head_of(outline: Outline, titled: list[int], start: int) -> int:
    """Return the number of the line that is the headline, -1 where none looks like it; `start` is the first of prose."""
    best, at = 25, -1
    for number, likeness in enumerate(titled):
        line = outline.lines[number]
        tag = outline.tags[line.element]
        near = start - _ABOVE <= number < start
        if not likeness and tag != "h1" and not (near and tag in _HEADS and line.length > 8):
            continue
        if _CRUMB.match(line.text):
            continue
        score = likeness + {"h1": 60 if likeness > 40 or near else 30, "h2": 25, "h3": 8}.get(tag, 0)
        score += 15 * bool(outline.names[line.element] & NAMES["title"])
        score -= 40 * bool(outline.above[line.element] & (ABOVE["nav"] | ABOVE["footer"] | ABOVE["li"] | HIDDEN))
        score -= 30 * (line.linked * 2 > line.length)
        score += (20 + number - start + _ABOVE) * near - 40 * (number > start)
        if score > best:
            best, at = score, number
    return at


class Figures:
    """The figures of a page's lines by their numbers (`rows`), and what they are told by.

    Lines that are certainly not the article are left out: short ones away from the page's prose, those in navigation
    and the like, and short links outside the element of most prose. That is three in five.
    """

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.titled = headings(outline)
        self.main = self._main()
        self.best = self._best()
        self.head = head_of(outline, self.titled, self._start())
        self.page = self._page()
        """2 for a Chinese page, 1 for one that says that it is news, else 0."""
        self.rows: dict[int, tuple[int, ...]] = {}
        self._read()

    def _page(self) -> int:
        outline = self.outline
        if sum(line.hanzi * line.length for line in outline.lines) > 25 * outline.length_sum[-1]:
            return 2
        return int(NEWS in outline.page.text)

    def _main(self) -> int:
        """Return the deepest element that holds three fifths of the page's prose."""
        outline = self.outline
        prose = outline.prose_sum
        total = prose[-1]
        best = 0
        first, last = outline.first, outline.last
        for element in range(len(outline.nodes)):
            if (prose[last[element]] - prose[first[element]]) * 5 > total * 3:
                best = element
        return best

    def _best(self) -> int:
        """Return the element whose own paragraphs hold the most prose."""
        outline = self.outline
        parents, tags = outline.parents, outline.tags
        scores: dict[int, int] = {}
        for line in outline.lines:
            if line.prose:
                holder = parents[line.element] if tags[line.element] in _PARAGRAPHS else line.element
                up = parents[holder]
                scores[holder] = scores.get(holder, 0) + 2 * line.prose
                scores[up] = scores.get(up, 0) + line.prose
        return max(scores, key=lambda element: (scores[element], element)) if scores else 0

    def _start(self) -> int:
        """Return the number of the first line of prose in that element."""
        outline = self.outline
        inside = range(outline.first[self.best], outline.last[self.best])
        return next((number for number in inside if outline.lines[number].prose), len(outline.lines))

    def _read(self) -> None:
        outline = self.outline
        lines = outline.lines
        first, last, sign, above = outline.first, outline.last, outline.sign, outline.above
        proses = outline.prose_sum
        count = len(lines)
        if not count:
            return
        repeats = Counter([line.text for line in lines])
        by_sign: dict[tuple[str, str, str, str], list[int]] = {}
        groups: dict[int, list[int]] = {}  # by element
        for line in lines:
            element = line.element
            group = groups.get(element)
            if group is None:
                group = groups[element] = by_sign.setdefault(sign(element), [0, 0, 0, 0])
            group[0] += 1
            group[1] += line.length
            group[2] += line.prose
            group[3] += line.linked
        main, best, head = self.main, self.best, self.head
        main_first, main_last = first[main], last[main]
        best_first, best_last = first[best], last[best]
        best_share = 100 * (proses[best_last] - proses[best_first]) // (proses[-1] or 1)
        main_size, best_size = max(1, main_last - main_first), max(1, best_last - best_first)
        ways = self._way(main), self._way(best)
        of_element: dict[int, tuple[bool, int, int, tuple[int, ...]]] = {}
        linked_of = [*(100 * line.linked // line.length for line in lines), -1]
        page = self.page
        rows = self.rows
        skipped = _BOXES | HIDDEN if outline.unseen else _BOXES
        for number, line in enumerate(lines):
            element, length = line.element, line.length
            if above[element] & skipped:
                continue
            short = length < _SHORT
            if short and line.linked * 5 >= length * 4 and not best_first <= number < best_last:
                continue
            known = of_element.get(element)
            if known is None:
                known = of_element[element] = self._of_element(element, *ways)
            beside, p1_linked, p0_lines, figures = known
            if short and beside:
                continue
            text = line.text
            kind = 0
            if length < _PATTERNED and not line.prose:
                found = _HANZI_PATTERN.search(text) if line.hanzi else _PATTERN.search(text.lower())
                if found is not None:
                    kind = _KIND[found.lastgroup]
            group = groups[element]
            rows[number] = (
                length,
                linked_of[number],
                line.marks,
                text[-1] in _ENDS,
                kind,
                repeats[text],
                max(-FAR, min(FAR, number - head)) if head >= 0 else -FAR - 1,
                *figures,
                100 * (number - main_first) // main_size if main_first <= number < main_last else -1,
                -1 if number < best_first else 100 * (number - best_first) // best_size if number < best_last else 101,
                best_share,
                proses[min(count, number + 1 + _WINDOW)] - proses[number + 1],
                group[0],
                group[1],
                100 * group[2] // (group[1] or 1),
                100 * group[3] // (group[1] or 1),
                linked_of[number - 1] if number else -1,
                linked_of[number + 1],
                p1_linked,
                p0_lines,
                page,
            )

    def _way(self, element: int) -> dict[int, int]:
        """Return the elements around one, itself included, each with its distance."""
        parents = self.outline.parents
        way = {element: 0}
        while element:
            element = parents[element]
            way[element] = len(way)
        return way

    def _of_element(
        self, element: int, way_to_main: dict[int, int], way_to_best: dict[int, int]
    ) -> tuple[bool, int, int, tuple[int, ...]]:
        """Return whether an element lies beside the page's prose, and the figures that all of its lines share.

        Two of these apart: how much of the element around it is linked, and its number of lines.
        """
        outline = self.outline
        parents, names, first, last = outline.parents, outline.names, outline.first, outline.last
        lengths, linkeds, proses = outline.length_sum, outline.linked_sum, outline.prose_sum
        bits = outline.above[element]
        bad = FAR
        near = 0
        at = element
        for up in range(8):
            own = names[at]
            if own:
                if bad == FAR and own & _BAD:
                    bad = up
                if up < 5:
                    near |= own
            if not at:
                break
            at = parents[at]
        boxes = []
        at = element
        for _ in range(4):
            start, end = first[at], last[at]
            boxes.append((start, end))
            # an element that adds nothing to the one inside says nothing new
            while at and last[parents[at]] - first[parents[at]] == end - start:
                at = parents[at]
            at = parents[at]
        (s0, e0), (s1, e1), (s2, e2), (s3, e3) = boxes
        down = 0
        at = element
        while at not in way_to_main:
            at = parents[at]
            down += 1
        deep = 0
        there = element
        while there not in way_to_best:
            there = parents[there]
            deep += 1
        up_to_main = way_to_main[at]
        linked = 100 * (linkeds[e1] - linkeds[s1]) // (lengths[e1] - lengths[s1] or 1)
        return (
            up_to_main > 0 and way_to_best[there] > 1,
            linked,
            e0 - s0,
            (
                _TAGS.get(outline.tags[element], 0),
                bits & _BITS,
                bad,
                bool(near & NAMES["comment"]),
                bool(near & NAMES["popup"]),
                bool(near & NAMES["related"]),
                bool(bits & (ABOVE["figure"] | ABOVE["figcaption"])),
                100 * (proses[e0] - proses[s0]) // (lengths[e0] - lengths[s0] or 1),
                100 * (proses[e1] - proses[s1]) // (proses[-1] or 1),
                100 * (linkeds[e2] - linkeds[s2]) // (lengths[e2] - lengths[s2] or 1),
                e3 - s3,
                up_to_main,
                down,
                deep,
            ),
        )
