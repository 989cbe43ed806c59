"""A page that a draft learns from: what the general reading finds on it, and the elements that hold it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from selectolax.lexbor import LexborNode

from ..heuristics.body import Reading, read_body
from ..heuristics.claiming import Claiming
from ..heuristics.data import article_html
from ..heuristics.fields import Fields, Given, language
from ..heuristics.forest import forest
from ..heuristics.general import LAYOUT, LEAST, SURE, profile_of, teasers_in
from ..heuristics.outline import Outline
from ..page.dom import Page
from ..page.index import NOTEXT
from ..page.selectors import standard_css
from ..page.text import collapse, squeeze
from ..sieve.claims import Claim, Target
from ..sieve.doubts import Doubts
from .data import Entry, entries, text_of

_LINKED: Final = 0.5
_TOP: Final = frozenset({"html", "body", None})
_SHINGLE: Final = 8
ZONES: Final = {
    "zh": "Asia/Shanghai", "ja": "Asia/Tokyo", "ko": "Asia/Seoul", "de": "Europe/Berlin", "fr": "Europe/Paris",
    "it": "Europe/Rome", "es": "Europe/Madrid", "nl": "Europe/Amsterdam", "pl": "Europe/Warsaw", "cs": "Europe/Prague",
    "sv": "Europe/Stockholm", "no": "Europe/Oslo", "da": "Europe/Copenhagen", "fi": "Europe/Helsinki",
    "tr": "Europe/Istanbul", "ru": "Europe/Moscow", "lt": "Europe/Vilnius",
}  # fmt: skip
"""The time zone that most sites of a language are in."""
_SAME: Final = 0.8
_EQUAL: Final = 0.9
"""Share of the runs of characters of two texts that makes them one article."""
_MARKED_UP: Final = 30
_FRAME: Final = 2000
"""How much longer than its text HTML may be: the multiple, and characters besides."""
_MOST_HEADINGS: Final = 200
_MOST_PARTS: Final = 20
_FRONT: Final = frozenset({"", "/"})
_HAN: Final = re.compile("[\u4e00-\u9fff]")
_CHINESE: Final = 4
"""One character in this many is Chinese in a Chinese text."""


class Unread(ValueError):  # noqa: N818 - states what happened
    """The general reading finds no article on a page. The message says why."""


class Sample:
    """A page with its general reading; elements are numbered as in `outline`.

    `chosen` are the numbers of the body's lines; of a page whose article is in its data only there are none, and `html`
    has the body. Raises Unread for a page without an article.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.outline = Outline(page)
        self.reading = read_body(self.outline)
        self.confidence = forest().model.confidence(self.reading.signs)
        self.html: str | None = None
        if (problem := self._problem()) is not None:
            self.html = article_html(page) if urlsplit(page.url).path not in _FRONT else None
            if self.html is None:
                raise Unread(f"{page.url}: {problem}")
            self.reading = Reading(self.outline, [], self.reading.scores, self.reading.figures)
        tongue = language(page, self.reading)
        if self.html is not None and len(_HAN.findall(self.html)) * _CHINESE > len(text_of(self.html)):
            tongue = "zh-CN"
        self.language = tongue
        self.zone = ZoneInfo(ZONES.get((tongue or "")[:2].lower(), "UTC"))
        stand_in = profile_of(LAYOUT, tongue, "")
        page.index(stand_in.interest)
        self.claiming = Claiming(page, self.reading)
        self.claims = self.claiming.lay()
        self.chosen = list(self.claiming.chosen)
        self.fields = Fields(page, self.reading, self.claiming.info, self.zone, None, Doubts())
        self._body = set(self.chosen)
        self._kept = {*self.chosen, *self.claiming.info, self.claiming.headline} - {-1}
        self._numbers = {node.mem_id: number for number, node in enumerate(self.outline.nodes)}
        self._found: dict[str, list[LexborNode]] = {}
        if self._displayed is not None:  # the reading takes it for a heading of the body
            called = set(self.lines_in(self._displayed))
            self.chosen = [number for number in self.chosen if number not in called]
            self._body -= called
            self._kept |= called

    @property
    def url(self) -> str:
        """The page's URL."""
        return self.page.url

    @property
    def given(self) -> dict[str, Given]:
        """The values that the general reading finds, by the record's names."""
        return self.fields.given

    @cached_property
    def title(self) -> str:
        """The text of <title>."""
        node = self.page.dom.css_first("title")
        return collapse(node.text()) if node is not None else ""

    @cached_property
    def text(self) -> str:
        """The body as the general reading finds it, without white space."""
        if self.html is not None:
            return text_of(self.html)
        return squeeze("".join(self.outline.lines[number].text for number in self.chosen))

    @cached_property
    def shingles(self) -> frozenset[str]:
        """The runs of eight characters of the body."""
        return _shingles(self.text)

    def is_copy_of(self, other: Sample) -> bool:
        """Return whether both pages have the same article, whatever is around it."""
        few, many = sorted((self.shingles, other.shingles), key=len)
        return len(few & many) >= _SAME * len(few)

    def _problem(self) -> str | None:
        """Return why the page's elements hold no article, None if they do."""
        lines = self.outline.lines
        own = sum(lines[number].length for number in self.reading.chosen)
        prose = sum(lines[number].prose for number in self.reading.chosen)
        linked = sum(lines[number].linked for number in self.reading.chosen)
        if (
            own
            and prose >= LEAST
            and linked <= own * _LINKED
            and self.confidence >= SURE
            and teasers_in(self.page, self.reading) is None
        ):
            return None
        shown = sum(line.length for line in lines)
        return (
            f"no article: {prose} characters of prose in {shown} of text (Chinese ones count"
            f" double), confidence {self.confidence:.2f};"
            " a front page or a list, or a page that loads its text by script"
        )

    @cached_property
    def entries(self) -> list[Entry]:
        """The strings of the page's data, each with the place by which a profile can name it."""
        return entries(self.page)

    @cached_property
    def bodies(self) -> list[Entry]:
        """Those of the data that are the article."""
        return [entry for entry in self.entries if self.is_article(entry.text)]

    @cached_property
    def stated(self) -> list[Entry]:
        """Those of the data that hold the article: they stand beside its body, or around that."""
        around = {(body.data, path) for body in self.bodies for path in _around(body.inside)}
        return [entry for entry in self.entries if (entry.data, entry.inside) in around]

    @cached_property
    def _in_data(self) -> tuple[str, frozenset[str]]:
        """The article that the page's data give beside its headline, with its runs of characters.

        It counts if it is not shorter than what the page shows; that may be another version of it.
        """
        text = text_of(self.html if self.html is not None else article_html(self.page) or "")
        return (text, _shingles(text)) if len(text) >= _SAME * len(self.text) else ("", frozenset())

    def is_article(self, html: str) -> bool:
        """Return whether a string of the page's data is its article, as elements show it or as the data give it."""
        if len(html) < _SAME * len(self.text):
            return False
        text = None
        for known, own in ((self.text, self.shingles), self._in_data):
            if own and len(known) * _SAME <= len(html) <= len(known) * _MARKED_UP + _FRAME:
                text = text_of(html) if text is None else text
                other = _shingles(text)
                if len(own & other) >= _EQUAL * max(len(own), len(other)):
                    return True
        return False

    # --- Elements -----------------------------------------------------------------------------------------------------

    def find(self, css: str) -> list[LexborNode]:
        """Return the elements of a selector of the profile language, in document order."""
        found = self._found.get(css)
        if found is None:
            found = [node for node in self.page.dom.css(standard_css(css)) if not _is_textless(node)]
            self._found[css] = found
        return found

    def number_of(self, node: LexborNode) -> int | None:
        """Return the number of a block element, None for any other node."""
        return self._numbers.get(node.mem_id)

    def lines_in(self, node: LexborNode) -> range:
        """Return the numbers of the lines in an element; an inline element has none of its own."""
        number = self._numbers.get(node.mem_id)
        return range(self.outline.first[number], self.outline.last[number]) if number is not None else range(0)

    def length(self, numbers: Iterable[int]) -> int:
        """Return the length of lines together."""
        return sum(self.outline.lines[number].length for number in numbers)

    def in_body(self, node: LexborNode) -> int:
        """Return the length of the body's lines in an element."""
        return self.length(number for number in self.lines_in(node) if number in self._body)

    def is_body(self, number: int) -> bool:
        """Return whether a line is the body's."""
        return number in self._body

    def holds_article(self, node: LexborNode) -> bool:
        """Return whether headline, info lines or body are in an element, or around it."""
        if any(number in self._kept for number in self.lines_in(node)):
            return True
        return node.mem_id not in self._numbers and self._inline_in_article(node)

    def _inline_in_article(self, node: LexborNode) -> bool:
        """Return whether an inline element stands in a line of the article."""
        texts = {inner.mem_id for inner in node.traverse(include_text=True) if inner.is_text_node}
        return any(one.mem_id in texts for number in self._kept for one in self.outline.nodes_of(number))

    def same_lines(self, node: LexborNode) -> list[LexborNode]:
        """Return an element and those around it that hold no other text, the innermost first."""
        found = [node]
        number = self._numbers.get(node.mem_id)
        while (above := found[-1].parent) is not None and above.tag not in _TOP:
            if number is None:
                if squeeze(above.text()) != squeeze(node.text()):
                    break
                number = self._numbers.get(above.mem_id)
            elif self.lines_in(above) != self.lines_in(found[-1]):
                break
            found.append(above)
        return found

    def elements_of(self, number: int) -> LexborNode:
        """Return the innermost element that holds a line: inline if the line is part of a longer one."""
        line = self.outline.lines[number]
        element = self.outline.nodes[line.element]
        if self.outline.last[line.element] - self.outline.first[line.element] == 1:
            return element
        nodes = self.outline.nodes_of(number)
        above = nodes[0].parent
        return above if above is not None and len(nodes) == 1 else element

    def around(self, numbers: Iterable[int]) -> LexborNode:
        """Return the innermost block element that holds lines."""
        given = sorted(numbers)
        element = self.outline.lines[given[0]].element
        while not (self.outline.first[element] <= given[0] and given[-1] < self.outline.last[element]):
            element = self.outline.parents[element]
        return self.outline.nodes[element]

    # --- What the general reading claims ------------------------------------------------------------------------------

    @cached_property
    def headline(self) -> LexborNode | None:
        """The element of the headline; None if the page shows none."""
        heading = self._displayed if self._displayed is not None else self._titled
        if heading is None:
            return None
        # a word before the headline, which is in an element of its own
        stated = squeeze(self.page.meta("og:title") or "")
        parts = heading.css("*")[:_MOST_PARTS] if stated and squeeze(heading.text()) != stated else []
        return next((part for part in parts if squeeze(part.text()) == stated), heading)

    @cached_property
    def _titled(self) -> LexborNode | None:
        """The element that the title repeats."""
        number = self.claiming.headline
        return self.elements_of(number) if number >= 0 else None

    @cached_property
    def _displayed(self) -> LexborNode | None:
        """The heading between the breadcrumb and the text, if what repeats the title is a step of the breadcrumb."""
        if self._titled is None or not _is_within(self._titled, "nav"):
            return None
        first = next((number for number in self.chosen if self.outline.lines[number].prose), 0)
        for node in self.find("h1, h2")[:_MOST_HEADINGS]:
            lines = self.lines_in(node)
            if lines and self.claiming.headline < lines[0] <= first and not _is_within(node, "nav"):
                return node
        return None

    @cached_property
    def body(self) -> LexborNode | None:
        """The innermost element that holds the body; None if only the page's data have it."""
        return self.around(self.chosen) if self.chosen else None

    @cached_property
    def line(self) -> list[LexborNode]:
        """The elements that hold the lines about the article (source, time, people) and no more, innermost first."""
        numbers = [number for number in self.claiming.info if self.outline.lines[number].length <= _LONGEST]
        if not numbers:
            return []
        node = self.around(numbers)
        if node.tag in _TOP or self._beyond(node, numbers):
            dated = (n for n in numbers if self.fields.parse(self.outline.spaced(n)) is not None)
            numbers = [next(dated, numbers[0])]
            node = self.elements_of(numbers[0])
        found = [node]
        while (above := found[-1].parent) is not None and above.tag not in _TOP and not self._beyond(above, numbers):
            found.append(above)
        return found

    def _beyond(self, node: LexborNode, numbers: list[int]) -> bool:
        """Return whether an element holds more than lines about the article."""
        lines = self.lines_in(node)
        own = {*numbers, *self.claiming.info}
        if any(number in self._kept and number not in own for number in lines):
            return True
        return self.length(lines) > _LONGEST + self.length(n for n in lines if n in own)

    def regions(self, target: Target = Target.CHROME) -> Iterator[Claim]:
        """Yield the general reading's claims on elements, in page order."""
        for claim in self.claims.by_node.values():
            if claim.target is target and claim.node.is_element_node:
                yield claim


def _shingles(text: str) -> frozenset[str]:
    return frozenset(text[at : at + _SHINGLE] for at in range(max(1, len(text) - _SHINGLE + 1)))


def _around(path: str) -> Iterator[str]:
    """Yield the path to an object and those to the objects and lists around it."""
    yield path
    yield from (path[:at] for at, sign in enumerate(path) if sign in ".[")
    yield ""


_LONGEST: Final = 240
"""Length of the lines with time and source; what is longer holds more than that."""


def _is_within(node: LexborNode, tag: str) -> bool:
    """Return whether an element is in one with this tag."""
    above: LexborNode | None = node
    while above is not None and above.tag != tag:
        above = above.parent
    return above is not None


def _is_textless(node: LexborNode) -> bool:
    above: LexborNode | None = node
    while above is not None and above.is_element_node:
        if above.tag in NOTEXT:
            return True
        above = above.parent
    return False
