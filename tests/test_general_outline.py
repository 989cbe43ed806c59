"""The outline of a page: what its lines are, where they stand, how they are measured."""

from __future__ import annotations

import re

import pytest
from selectolax.lexbor import LexborNode

from crawler.heuristics.lines import MARKS, signs_in
from crawler.heuristics.outline import Outline
from crawler.page.dom import Page
from crawler.page.index import NOTEXT, Interest
from crawler.page.selectors import compile_selector
from crawler.page.text import collapse
from tests.cases import cases

MIXED = """<body><div id="a">Start <b>bold</b> <i>of <u>it</u></i><!-- note --> <span> </span>end
<p>own <a href="/x">linked</a></p> tail <br> after <a href="/y"><div>boxed</div>rest</a></div>
<meta name="author" content="A"><button>Go<script>x()</script><svg><path/></svg></button><noscript><img><meta name="keywords" content="k"></noscript>
<script>no()</script><div class="empty"></div><ul><li>only</li> <li><a href="/z"><img src="i.png">pic</a></li></ul>一二 three</body>"""


def outline(source: str) -> Outline:
    """Return the outline of a page."""
    return Outline(Page(source, "https://news.example.com/a"))


def test_a_line_is_what_stands_between_block_elements_and_breaks() -> None:
    """Block elements and breaks end lines; lines have links and linked characters, pictures the lines before them."""
    found = outline(MIXED)
    assert [
        ("Start bold of it end", "div", 0, 0),
        ("own linked", "p", 1, 6),
        ("tail", "div", 0, 0),
        ("after", "div", 1, 0),
        ("boxed", "div", 1, 5),
        ("rest", "div", 1, 4),
        ("Go", "button", 0, 0),
        ("only", "li", 0, 0),
        ("pic", "li", 1, 3),
        ("一二 three", "body", 0, 0),
    ] == [(line.text, found.tags[line.element], line.links, line.linked) for line in found.lines]
    assert ([8], ["img"]) == ([before for before, _, _ in found.media], [node.tag for _, _, node in found.media])


@pytest.mark.parametrize("source", [MIXED, *(case.body.decode("utf-8", "replace") for case in cases()[::9])])
def test_the_text_nodes_of_a_line_are_found_again(source: str) -> None:
    """The nodes that a line stands in hold its text, whatever else is in their element."""
    found = outline(source)
    assert [line.text for line in found.lines] == [
        collapse("".join([node.text_content or "" for node in found.nodes_of(number)]))
        for number in range(len(found.lines))
    ]


@pytest.mark.parametrize("source", [MIXED, *(case.body.decode("utf-8", "replace") for case in cases()[::20])])
def test_elements_are_numbered_before_what_is_in_them(source: str) -> None:
    """The elements in one have the numbers after it, up to `ends`."""
    found = outline(source)
    count = len(found.nodes)
    inside = [[one for one in range(number, count) if number in _way(found, one)] for number in range(count)]
    assert [(numbers[0], numbers[-1], len(numbers)) for numbers in inside] == [
        (number, end, end - number + 1) for number, end in enumerate(found.ends)
    ]


def _way(found: Outline, number: int) -> set[int]:
    way = {number}
    while number:
        number = found.parents[number]
        way.add(number)
    return way


@pytest.mark.parametrize(
    "texts",
    [
        [],
        ["abc", "", "d"],
        ["一a二", "㐀鿿", "ꀀ，。"],
        ["😀中", "文𠀀字，", "\ud800中？"],
        ["，。！？；、…,.!?;", "", "a.b"],
        [
            "".join(
                map(chr, [*range(32, 127), *range(0x80, 0x10000, 7), *range(0x3000, 0x3100), *range(0xFF00, 0xFFFF)])
            )
        ],
    ],
    ids=range(6),
)
def test_chinese_characters_and_marks_are_counted_by_line(texts: list[str]) -> None:
    """Counting in all texts at once gives what counting in each gives, with characters of two UTF-16 units as well."""
    hanzi = [len(re.findall("[\u3400-\u9fff]", text)) for text in texts]
    assert (hanzi, [len(MARKS.findall(text)) for text in texts]) == signs_in(texts)


@pytest.mark.parametrize("source", [MIXED, *(case.body.decode("utf-8", "replace") for case in cases()[::9])])
@pytest.mark.parametrize("css", ["title", "h1"])
def test_the_outline_indexes_a_page_as_the_parser_does(source: str, css: str) -> None:
    """An index made of what the outline has seen holds what queries for it find."""
    interest = Interest([compile_selector(css)])
    asked = Page(source, "https://news.example.com/a")
    asked.index(interest)
    seen = outline(source)
    seen.index(interest)
    assert [
        [node.html for node in asked.select(css)],
        [node.html for node in asked.textless if not _inside_one(node)],
    ] == [
        [node.html for node in seen.page.select(css)],
        [node.html for node in seen.page.textless if not _inside_one(node)],
    ]
    names = ("description", "og:title", "keywords", "author")
    assert [asked.meta(name) for name in names] == [seen.page.meta(name) for name in names]


def _inside_one(node: LexborNode) -> bool:
    above = node.parent
    while above is not None:
        if above.tag in NOTEXT:
            return True
        above = above.parent
    return False
