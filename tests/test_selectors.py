"""The index answers selectors as the parser does."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.page.dom import Page
from crawler.page.index import Interest
from crawler.page.selectors import compile_selector, standard_css
from tests.cases import cases
from tests.test_partition import source

NAMES = ["a", "b", "box-1x", "list"]
EXTRAS = [
    "",
    "",
    "",
    '[class^="box-"]',
    '[class*="x"]',
    "[data-n]",
    ".box-*",
    ".li*",
    '[id$="t"]',
    '[class~="b"]',
    ":not(.a)",
    ":has(.b)",
]


def made_page(rng: random.Random) -> str:
    """Return a page of a few dozen nested elements whose names recur, some of them never closed."""
    parts: list[str] = []
    depth = 0
    for _ in range(rng.randint(5, 40)):
        if depth and rng.random() < 0.35:
            parts.append(rng.choice(["</div>", "</div>", "</section>"]))
            depth -= 1
            continue
        ident = f' id="{rng.choice(["a", "list"])}"' if rng.random() < 0.2 else ""
        classes = " ".join(rng.sample(NAMES, rng.randint(0, 2)))
        parts.append(f'<{rng.choice(["div", "section", "p"])} class="{classes}"{ident}{rng.choice(["", " data-n"])}>字')
        depth += 1
    return "".join(parts)


def compound_of(rng: random.Random, node: LexborNode) -> str:
    """Return something that `node` is, now and then with something that it may not be."""
    said = [node.tag or "*", *(f".{name}" for name in (node.attrs.get("class") or "").split())]
    if node.id:
        said.append(f"#{node.id}")
    return rng.choice(said) + rng.choice(EXTRAS)


def made_selector(rng: random.Random, tree: LexborHTMLParser) -> str:
    """Return a selector whose steps are taken from a way down the page, with combinators that may be wrong."""
    alternatives = []
    for _ in range(rng.randint(1, 2)):
        node = rng.choice(tree.css("body *") or tree.css("body"))
        selector = compound_of(rng, node)
        while node.parent is not None and node.parent.tag != "html" and rng.random() < 0.7:
            node = node.parent
            if rng.random() < 0.6:
                selector = compound_of(rng, node) + rng.choice([" ", " > "]) + selector
        alternatives.append(selector)
    return ", ".join(alternatives)


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


@settings(max_examples=500)
@given(seed=st.integers(0, 2**32))
def test_index_and_parser_agree(seed: int) -> None:
    """Whatever the page and the selector, both find the same elements in the same order."""
    rng = random.Random(seed)
    html = made_page(rng)
    selector = standard_css(made_selector(rng, LexborHTMLParser("<!doctype html>" + html)))
    assert expected(html, selector) == select(html, selector)


@pytest.mark.parametrize(
    "selector",
    [
        ".post_body p",
        "#endText > p",
        'a[href*="article"]',
        ".post_side_mod, h1, .nav",
        "html, body",
        "h1, body > div h1",
    ],
)
def test_on_a_whole_page(selector: str) -> None:
    """The same on a page as large as real ones."""
    html = source(cases()[4])
    assert expected(html, selector) == select(html, selector)


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        (".text-*", ["a", "b", "c"]),
        ("p.text-*.last", ["c"]),
        (".box > .text-*", ["a", "c"]),
        (".box:has(> .text-*)", ["box"]),
        ("p:not(.text-*)", ["d"]),
        ('[title=".text-*"]', ["d"]),
    ],
)
def test_a_class_by_its_start(selector: str, found: list[str]) -> None:
    """`.name-*` finds a class that begins so, the first of the element's or another, whatever its end."""
    html = (
        '<div id="box" class="box"><p id="a" class="text-1aB">x<b id="b" class="q text-2">y</b></p>'
        '<p id="c" class="clear text-3 last"></p><p id="d" class="subtext-4" title=".text-*"></p></div>'
    )
    page = Page("<!doctype html>" + html, "http://example.org/")
    css = standard_css(selector)
    page.index(Interest([compile_selector(css)]))
    assert [node.id for node in page.select(css)] == found
    assert [node.id for node in page.dom.css(css)] == found


@pytest.mark.parametrize("selector", ["p:::", "p[", ":scope > li", "p:first-line"])
def test_a_fault_names_the_selector(selector: str) -> None:
    """What lexbor cannot parse is refused with the selector in the message."""
    with pytest.raises(ValueError, match="not a CSS selector"):
        compile_selector(selector)


@pytest.mark.parametrize("selector", ["#z .a div .b", "#z > .a div .b", ".a .a .a .a .b"])
def test_deep_nests_cost_no_combinations(selector: str) -> None:
    """A path of many steps on a deep page is decided in one climb a step, not in all combinations."""
    html = '<div class="a">' * 400 + '<p class="b">x</p>' * 5
    started = time.process_time()
    found = select(html, selector)
    assert time.process_time() - started < 1
    assert found == expected(html, selector)


def test_nested_scopes_are_asked_once() -> None:
    """A bare tag in boxes within boxes is looked for from the outermost box only."""
    html = '<div class="box">' * 400 + "<img>" * 100
    started = time.process_time()
    found = select(html, ".box img")
    assert time.process_time() - started < 1
    assert found == expected(html, ".box img")
