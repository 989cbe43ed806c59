"""What is known of each line of a page before its sense is: the figures that the general reading's model decides by.

All are whole numbers, so that they are the same on every machine: lengths in characters (of a Chinese text counted
double, since its characters say as much), shares in percent. The order is `FIRST`, and `SECOND` for the second pass.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

from crawler.heuristics.outline import ABOVE, HIDDEN, MARKED, NAMES, Outline
from crawler.page.text import collapse

FAR: Final = 99
_WINDOW: Final = 10
_ABOVE: Final = 12
"""Lines above the first of prose in which a headline stands most often."""
_HEADS: Final = frozenset({"h1", "h2", "h3", "h4", "h5"})

_ENDS: Final = frozenset("。！？…!?.”\"'»’)）")
_PARAGRAPHS: Final = frozenset({"p", "h2", "h3", "h4", "blockquote", "li", "td", "section"})
_TAGS: Final = {"p": 1, "div": 2, "td": 3, "section": 4, "article": 5, "li": 6, "blockquote": 7, "pre": 8, "h1": 9, "h2": 10,
                "h3": 11, "h4": 12, "h5": 12, "h6": 12, "figcaption": 13, "figure": 13, "dd": 6, "dt": 6, "th": 3}  # fmt: skip
_PATTERN = re.compile(
    r"(?P<date>(?:19|20)\d\d\s?[-/.年]\s?\d{1,2}|\d{1,2}:\d\d|(?i:\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|"
    r"janv|févr|mai|juin|juil|août|okt|dez|ene|abr|ago|dic|gen|mag|giu|lug|set|ott)[a-zé]*\.?,? \d)|\d{1,2}\.\s?\w{3,9}\.? 20\d\d|[小分]时?前|ago\b)"
    r"|(?P<copy>©|(?i:copyright|all rights reserved|alle rechte|tous droits)|版权|ICP|京公网|许可证|转载|声明|不代表|侵权|法律责任)"
    r"|(?P<call>(?i:\b(?:read more|subscribe|sign up|newsletter|follow us|click here|share this|advertisement|related|"
    r"see also|more from|read also|lesen sie|mehr zum|lire aussi|à lire|lee también|leia|leggi anche|abonn|cookies?|log ?in|comments?)\b)"
    r"|分享|扫描|扫码|二维码|关注|点击|下载|客户端|公众号|微信|阅读原文|阅读全文|推荐阅读|相关|延伸|热点|评论|举报|点赞|收藏|更多)"
    r"|(?P<by>(?i:\A(?:by|von|par|por|di|photo|foto|image|credit|source|quelle|bild)\b)|编辑|责编|记者|作者|来源|稿源|校对|审核|监制|通讯员|出品)"
)  # fmt: skip
_PATTERNED: Final = 240
"""Characters up to which a line is searched for such words: a longer one is prose that speaks of them."""
_KIND: Final = {"date": 1, "copy": 2, "call": 3, "by": 4, None: 0}

_BAD = (
    NAMES["nav"] | NAMES["foot"] | NAMES["side"] | NAMES["comment"] | NAMES["share"] | NAMES["related"] | NAMES["hot"]
)
_BAD |= NAMES["ad"] | NAMES["tag"] | NAMES["popup"]

FIRST: Final = (
    "length", "hanzi", "marks", "end", "linked", "links", "bold", "kind", "words", "media",
    "tag", "depth", "above", "in_article", "in_aside", "in_list", "in_foot", "in_head", "in_figure", "in_quote", "hidden",
    "marked", "at", "at_text", "repeated", "titled", "after_head", "same",
    "good", "bad", "n_nav", "n_foot", "n_side", "n_comment", "n_share", "n_related", "n_hot", "n_meta", "n_title", "n_figure", "n_tag",
    "n_popup", "n_ad",
    "p0_share", "p0_prose", "p0_of_prose", "p0_linked", "p0_lines", "p1_share", "p1_prose", "p1_of_prose", "p1_linked", "p1_lines",
    "p2_share", "p2_prose", "p2_of_prose", "p2_linked", "p2_lines", "p3_share", "p3_prose", "p3_of_prose", "p3_linked", "p3_lines",
    "main_up", "main_down", "best_up", "best_down", "main_place", "best_place", "best_share", "main_share", "root_share",
    "before_prose", "after_prose", "before_linked", "after_linked",
    "b1_length", "b1_linked", "b1_prose", "a1_length", "a1_linked", "a1_prose", "b2_prose", "a2_prose", "b1_same", "a1_same",
    "b1_box", "a1_box",
    "sign_lines", "sign_length", "sign_linked", "sign_prose", "sign_mean",
    "page_prose", "page_lines", "page_linked", "page_hanzi", "longest",
)  # fmt: skip
"""The figures of the first pass, in order."""

SECOND: Final = (
    "score", "s_b1", "s_b2", "s_a1", "s_a2", "s_before", "s_after", "s_near", "s_sign", "s_p0", "s_p1", "s_p2", "s_best", "s_page",
    "s_until", "s_since",
)  # fmt: skip
"""What the second pass knows besides: the scores of the first, in thousandths."""


def _title(outline: Outline) -> list[str]:
    """Return what the page's metadata call it, each squeezed and in lower case."""
    page = outline.page
    node = page.dom.css_first("title")
    texts = [collapse(node.text())[:300] if node is not None else ""]
    texts += [page.meta(name) or "" for name in ("og:title", "twitter:title")]
    return [squeezed for text in texts if len(squeezed := "".join(text.split()).lower()) > 3]


def headings(outline: Outline) -> list[int]:
    """Return for each line how much of a title it is in percent: characters shared in a row, of the title's."""
    titles = _title(outline)
    found = []
    for line in outline.lines:
        best = 0
        if titles and 4 < line.length < 300:
            text = "".join(line.text.split()).lower()
            for title in titles:
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
        score = likeness + {"h1": 60 if likeness > 40 or near else 30, "h2": 25, "h3": 8}.get(tag, 0)
        score += 15 * bool(outline.names[line.element] & NAMES["title"])
        score -= 40 * bool(outline.above[line.element] & (ABOVE["nav"] | ABOVE["footer"] | ABOVE["li"] | HIDDEN))
        score -= 30 * (line.linked * 2 > line.length)
        score += (20 + number - start + _ABOVE) * near - 40 * (number > start)
        if score > best:
            best, at = score, number
    return at


class Figures:
    """The first pass's figures of every line (`rows`), and what both passes need to know of the page."""

    def __init__(self, outline: Outline) -> None:
        self.outline = outline
        self.titled = headings(outline)
        self.main = self._main()
        self.best = self._best()
        self.head = head_of(outline, self.titled, self._start())
        self.rows: list[tuple[int, ...]] = []
        self._read()

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
        lines, parents = outline.lines, outline.parents
        first, last, signs = outline.first, outline.last, outline.signs
        lengths, linkeds, proses = outline.length_sum, outline.linked_sum, outline.prose_sum
        count = len(lines)
        if not count:
            return
        total, total_prose = lengths[-1] or 1, proses[-1]
        page_linked = 100 * linkeds[-1] // total
        page_hanzi = sum(line.hanzi * line.length for line in lines) // total
        longest = max(line.length for line in lines)
        repeats = Counter(line.text for line in lines)
        by_sign: dict[int, list[int]] = {}
        for line in lines:
            group = by_sign.setdefault(signs[line.element], [0, 0, 0, 0])
            group[0] += 1
            group[1] += line.length
            group[2] += line.linked
            group[3] += line.prose
        main = self.main
        main_first, main_last = first[main], last[main]
        main_prose = proses[main_last] - proses[main_first]
        best = self.best
        best_first, best_last = first[best], last[best]
        best_prose = proses[best_last] - proses[best_first]
        ways = self._way(main), self._way(best)
        of_element: dict[int, tuple[int, ...]] = {}
        rows = self.rows
        nothing = (0, 0, 0)
        facts = [(line.length, 100 * line.linked // line.length, line.prose) for line in lines]
        for number, line in enumerate(lines):
            element = line.element
            known = of_element.get(element)
            if known is None:
                known = of_element[element] = self._of_element(element, *ways)
            length, linked_share, _ = facts[number]
            text = line.text
            kind = 0
            if length < _PATTERNED:
                found = _PATTERN.search(text)
                if found is not None:
                    kind = _KIND[found.lastgroup]
            low, high = max(0, number - _WINDOW), min(count, number + 1 + _WINDOW)
            before, after = (
                facts[number - 1] if number else nothing,
                facts[number + 1] if number + 1 < count else nothing,
            )
            group = by_sign[signs[element]]
            last_of = number + 1 < count and lines[number + 1].element
            rows.append((
                length, line.hanzi, line.marks, text[-1] in _ENDS, linked_share, line.links,
                100 * line.bold // length, kind, text.count(" ") if length < 400 else 99, line.media,
                *known[:11],
                known[11], 100 * number // count, 100 * lengths[number] // total, repeats[text], self.titled[number],
                max(-FAR, min(FAR, number - self.head)) if self.head >= 0 else -FAR - 1, last[element] - first[element],
                *known[12:],
                100 * (number - main_first) // max(1, main_last - main_first) if main_first <= number < main_last else -1,
                100 * (number - best_first) // max(1, best_last - best_first) if best_first <= number < best_last
                else -1 if number < best_first else 101,
                100 * best_prose // (total_prose or 1),
                100 * main_prose // (total_prose or 1), 100 * main_prose // total,
                proses[number] - proses[low], proses[high] - proses[number + 1],
                linkeds[number] - linkeds[low], linkeds[high] - linkeds[number + 1],
                *before, *after,
                facts[number - 2][2] if number > 1 else 0, facts[number + 2][2] if number + 2 < count else 0,
                number > 0 and signs[lines[number - 1].element] == signs[element],
                last_of is not False and signs[last_of] == signs[element],
                number > 0 and parents[lines[number - 1].element] == parents[element],
                last_of is not False and parents[last_of] == parents[element],
                group[0], group[1], 100 * group[2] // (group[1] or 1), 100 * group[3] // (group[1] or 1), group[1] // group[0],
                total_prose, count, page_linked, page_hanzi, longest,
            ))  # fmt: skip

    def _way(self, element: int) -> dict[int, int]:
        """Return the elements around one, itself included, each with its distance."""
        parents = self.outline.parents
        way = {element: 0}
        while element:
            element = parents[element]
            way[element] = len(way)
        return way

    def _of_element(self, element: int, way_to_main: dict[int, int], way_to_best: dict[int, int]) -> tuple[int, ...]:
        """Return the figures that are the same for every line of an element."""
        outline = self.outline
        parents, names, first, last = outline.parents, outline.names, outline.first, outline.last
        lengths, linkeds, proses = outline.length_sum, outline.linked_sum, outline.prose_sum
        bits = outline.above[element]
        good = bad = FAR
        near = 0
        at = element
        for up in range(8):
            own = names[at]
            if own:
                if good == FAR and own & 1:
                    good = up
                if bad == FAR and own & _BAD:
                    bad = up
                if up < 5:
                    near |= own
            if not at:
                break
            at = parents[at]
        boxes: list[int] = []
        total, total_prose = lengths[-1], proses[-1] or 1
        at = element
        for _ in range(4):
            start, end = first[at], last[at]
            length = lengths[end] - lengths[start]
            boxes += (
                100 * length // total,
                100 * (proses[end] - proses[start]) // (length or 1),
                100 * (proses[end] - proses[start]) // total_prose,
                100 * (linkeds[end] - linkeds[start]) // (length or 1),
                end - start,
            )
            # an element that adds nothing to the one inside says nothing new
            while at and last[parents[at]] - first[parents[at]] == end - start:
                at = parents[at]
            at = parents[at]
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
        return (
            _TAGS.get(outline.tags[element], 0),
            outline.depths[element],
            bits & 0xFFFF,
            bool(bits & (ABOVE["article"] | ABOVE["main"])),
            bool(bits & (ABOVE["aside"] | ABOVE["nav"])),
            bool(bits & ABOVE["li"]),
            bool(bits & ABOVE["footer"]),
            bool(bits & ABOVE["header"]),
            bool(bits & (ABOVE["figure"] | ABOVE["figcaption"])),
            bool(bits & ABOVE["blockquote"]),
            bool(bits & HIDDEN),
            bool(bits & MARKED),
            good,
            bad,
            *(bool(near & NAMES[name]) for name in _NEAR),
            *boxes,
            way_to_main[at],
            down,
            way_to_best[there],
            deep,
        )

    def second(self, scores: list[int]) -> list[tuple[int, ...]]:
        """Return the second pass's figures of every line: the first's, and `scores` of the line and those about it."""
        outline = self.outline
        lines, parents, signs, first, last = outline.lines, outline.parents, outline.signs, outline.first, outline.last
        count = len(lines)
        weighed = [0]
        lengths = outline.length_sum
        for line, score in zip(lines, scores, strict=True):
            weighed.append(weighed[-1] + score * line.length)
        by_sign: dict[int, list[int]] = {}
        for line, score in zip(lines, scores, strict=True):
            group = by_sign.setdefault(signs[line.element], [0, 0])
            group[0] += score * line.length
            group[1] += line.length
        mean = {sign: total // weight for sign, (total, weight) in by_sign.items()}

        def share(start: int, end: int) -> int:
            return (weighed[end] - weighed[start]) // ((lengths[end] - lengths[start]) or 1)

        best = max(scores, default=0)
        page = share(0, count)
        whole = weighed[-1] or 1
        found: list[tuple[int, ...]] = []
        of_element: dict[int, tuple[int, int, int]] = {}
        for number, line in enumerate(lines):
            element = line.element
            boxes = of_element.get(element)
            if boxes is None:
                up = parents[element]
                top = parents[up]
                boxes = of_element[element] = (
                    share(first[element], last[element]), share(first[up], last[up]), share(first[top], last[top])
                )  # fmt: skip
            found.append((
                scores[number],
                scores[number - 1] if number else 0,
                scores[number - 2] if number > 1 else 0,
                scores[number + 1] if number + 1 < count else 0,
                scores[number + 2] if number + 2 < count else 0,
                share(max(0, number - 5), number), share(number + 1, min(count, number + 6)),
                share(max(0, number - 2), min(count, number + 3)),
                mean[signs[element]], *boxes, best, page,
                1000 * weighed[number] // whole, 1000 * (weighed[-1] - weighed[number + 1]) // whole,
            ))  # fmt: skip
        return found


_NEAR: Final = (
    "nav",
    "foot",
    "side",
    "comment",
    "share",
    "related",
    "hot",
    "meta",
    "title",
    "figure",
    "tag",
    "popup",
    "ad",
)
