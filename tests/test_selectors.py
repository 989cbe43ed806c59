"""The index answers selectors as the parser does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from crawler.page.dom import Interest, Page
from crawler.page.selectors import compile_selector
from tests.cases import cases
from tests.test_partition import source

TAGS = st.sampled_from(["div", "p", "a", "ul", "li", "*", ""])
NAMES = st.sampled_from(["a", "b", "box-1x", "box-2y", "list"])
COMPOUND = st.builds(
    lambda tag, classes, ident, attribute: (tag + classes + ident + attribute) or "*",
    TAGS,
    st.sampled_from(["", ".a", ".b", ".a.b", ".list"]),
    st.sampled_from(["", "", "#a", "#list"]),
    st.sampled_from(
        ["", "", '[class^="box-"]', '[class*="x"]', "[data-n]", '[id$="t"]', '[class~="b"]', ":not(.a)", ":first-child"]
    ),
)
SELECTOR = st.builds(
    lambda parts, joints: "".join(joint + part for joint, part in zip(["", *joints], parts, strict=False)),
    st.lists(COMPOUND, min_size=1, max_size=3),
    st.lists(st.sampled_from([" ", " > ", ", "]), min_size=2, max_size=2),
)
ELEMENT = st.builds(
    lambda tag, classes, ident, data: (
        f'<{tag} class="{" ".join(classes)}"' + (f' id="{ident}"' if ident else "") + (" data-n" if data else "") + ">"
    ),
    st.sampled_from(["div", "p", "a", "ul", "li"]),
    st.lists(NAMES, max_size=2, unique=True),
    st.sampled_from(["", "", "a", "list"]),
    st.booleans(),
)
HTML = st.lists(st.one_of(ELEMENT, st.sampled_from(["</div>", "</ul>", "</a>", "text"])), max_size=25).map("".join)


def select(html: str, selector: str) -> list[int]:
    """Return where in the document the index finds `selector`."""
    page = Page("<!doctype html>" + html, "http://example.org/")
    page.index(Interest([compile_selector(selector)]))
    order = {node.mem_id: i for i, node in enumerate(page.root.traverse())}
    return [order[node.mem_id] for node in page.select(selector)]


def expected(html: str, selector: str) -> list[int]:
    """Return where lexbor itself finds it."""
    tree = LexborHTMLParser("<!doctype html>" + html)
    assert tree.root is not None
    order = {node.mem_id: i for i, node in enumerate(tree.root.traverse())}
    return sorted({order[node.mem_id] for node in tree.css(selector)})


@given(HTML, SELECTOR)
def test_index_and_parser_agree(html: str, selector: str) -> None:
    """Whatever the page and the selector, both find the same elements in the same order."""
    assert expected(html, selector) == select(html, selector)


@pytest.mark.parametrize("selector", [".post_body p", "#endText > p", 'a[href*="article"]', ".post_side_mod, h1, .nav"])
def test_on_a_whole_page(selector: str) -> None:
    """The same on a page as large as real ones."""
    html = source(cases()[4])
    assert expected(html, selector) == select(html, selector)


@pytest.mark.parametrize("selector", ["p:::", "p[", ":scope > li", "p:first-line"])
def test_a_fault_names_the_selector(selector: str) -> None:
    """What lexbor cannot parse is refused with the selector in the message."""
    with pytest.raises(ValueError, match="not a CSS selector"):
        compile_selector(selector)
