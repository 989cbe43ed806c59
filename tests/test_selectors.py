"""The index answers selectors as the parser does."""

from __future__ import annotations

import random
import re
import sys
import time
from types import FrameType

import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawler.page.css import parse
from crawler.page.dom import Page
from crawler.page.index import NOTEXT, Interest
from crawler.page.selectors import as_written, compile_selector, select_in, standard_css
from crawler.profiles.checks.selectors import check_selector
from tests.cases import cases
from tests.test_partition import source

CASES = cases()
DRAWN = 5000
"""How many selectors are drawn in all."""
NAMES = ["a", "b", "box-1x", "list", "Box-2", "w:1", "1st", "中文"]
DOCTYPES = [*["<!doctype html>"] * 4, "", '<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN">']
VALUES = ["x", "X", "x-y", "x y", "", 'q"q']
FORMULAS = ["1", "2", "3", "odd", "even", "n", "2n+1", "-n+2", "n + 2", "3n-1", "0", "+2", "-2n+3", "EVEN"]
STATES = ["first-child", "last-child", "only-child", "first-of-type", "last-of-type", "only-of-type", "empty", "root"]
COUNTED = ["nth-child", "nth-last-child", "nth-of-type", "nth-last-of-type"]
COMBINATORS = [" ", " > ", " + ", " ~ ", ">", "+", "~"]


def made_page(rng: random.Random) -> str:
    """Return a page of a few dozen nested elements whose names recur, some of them never closed."""
    parts: list[str] = [rng.choice(DOCTYPES)]
    depth = 0
    for _ in range(rng.randint(5, 40)):
        if depth and rng.random() < 0.45:
            parts.append(rng.choice(["</div>", "</div>", "</section>", "</svg>"]))
            depth -= 1
            continue
        ident = f' id="{rng.choice(["a", "list", "A", "w:1"])}"' if rng.random() < 0.2 else ""
        classes = rng.choice([" ", " ", "  ", "\t", "\n", "\u3000"]).join(rng.sample(NAMES, rng.randint(0, 3)))
        value = f" data-n='{rng.choice(VALUES)}'" if rng.random() < 0.4 else ""
        foreign = ' viewBox="0 0" xlink:href="x"' if rng.random() < 0.1 else ""
        tag = rng.choice(["div", "div", "section", "p", "span", "ul", "svg", "linearGradient", "noscript"])
        parts.append(f'<{tag} class="{classes}"{ident}{value}{foreign}>{rng.choice(["字", " ", "", "<!--c-->"])}')
        depth += 1
    return "".join(parts)


def escaped(name: str) -> str:
    """Return a class or id as CSS writes it."""
    first = f"\\{ord(name[0]):x} " if name[0].isdigit() else name[0]
    return first + re.sub(r"[^\w-]", lambda found: f"\\{found[0]}", name[1:])


def part_of(rng: random.Random, node: LexborNode) -> str:
    """Return a class, id or attribute test that `node` passes, or one that it may not pass."""
    named = [f".{escaped(name)}" for name in re.split("[ \t\n]+", node.attrs.get("class") or "") if name.strip()]
    if node.id:
        named.append(f"#{escaped(node.id)}")
    value = node.attributes.get("data-n") or rng.choice(["x", "y"])
    text = value.replace('"', '\\"')
    other = [
        f".{escaped(rng.choice(NAMES))}", ".box-*", ".li*", "[data-n]", '[class^="box-"]', '[class*="x"]', '[id$="t"]',
        '[class~="b"]', f'[data-n="{text}"]', f'[data-n="{text.upper()}" i]', f'[DATA-N^="{text[:1]}" s]',
        f'[data-n$="{text[-1:]}"]', f"[data-n*='{text[1:]}']", f'[data-n~="{text}"]', f'[data-n|="{text[:1]}"]',
        "[viewbox]", "[href=x]",
    ]  # fmt: skip
    return rng.choice(named) if named and rng.random() < 0.6 else rng.choice(other)


def compound_of(rng: random.Random, node: LexborNode, inside: str = "") -> str:
    """Return something that `node` is, now and then with something that it may not be."""
    tag = rng.choice([node.tag or "*", (node.tag or "*").upper(), "*", "", "", ""])
    parts = [part_of(rng, node) for _ in range(rng.choice([0, 1, 1, 1, 2]))]
    if rng.random() < 0.15:
        parts.append(f":{rng.choice(STATES)}")
    if rng.random() < 0.1:
        parts.append(f":{rng.choice(COUNTED)}({rng.choice(FORMULAS)})")
    if rng.random() < 0.2 and inside.count(":") < 2:
        function = rng.choice(["is", "not", "where", "has"])
        relatives = [node.first_child, node.next, node.parent, node] if function == "has" else [node, node.parent]
        chosen = [rng.choice(relatives) or node for _ in range(rng.choice([1, 1, 2]))]
        inner = [_argument(rng, each, f"{inside}:{function}") for each in chosen if each.is_element_node]
        if inner:
            parts.append(f":{function}({', '.join(inner)})")
    rng.shuffle(parts)
    return tag + "".join(parts) or "*"


def _argument(rng: random.Random, node: LexborNode, inside: str) -> str:
    text = compound_of(rng, node, inside)
    if rng.random() < 0.3 and node.parent is not None and node.parent.is_element_node:
        text = compound_of(rng, node.parent, inside) + rng.choice(COMBINATORS) + text
    return rng.choice(["> ", "+ ", "~ ", ""]) + text if inside.endswith("has") and rng.random() < 0.5 else text


def made_selector(rng: random.Random, nodes: list[LexborNode]) -> str:
    """Return a selector whose steps are taken from a way through the page, with combinators that may be wrong."""
    alternatives = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        node = rng.choice(nodes)
        selector = compound_of(rng, node)
        while rng.random() < 0.55:
            beside = rng.random() < 0.5
            before = node.prev if beside else node.parent
            if before is None or not before.is_element_node:
                break
            node = before
            combinator = rng.choice(COMBINATORS) if rng.random() < 0.2 else rng.choice("+~" if beside else " >")
            selector = compound_of(rng, node) + combinator + selector
        alternatives.append(selector)
    return rng.choice([", ", ","]).join(alternatives)


def accepted(source: str) -> str | None:
    """Return `source` as the engine gets it, None where the linter refuses it."""
    try:
        check_selector(source)
    except ValueError:
        return None
    return standard_css(source)


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


def assert_equal_on(html: str, rng: random.Random, number: int) -> None:
    """Draw `number` selectors that the linter accepts; engine and parser find the same elements in the same order."""
    page = Page(html, "http://example.org/")
    nodes = page.dom.css("body, body *") or page.dom.css("*")
    order = {node.mem_id: place for place, node in enumerate(page.root.traverse())}
    drawn: list[str] = []
    while len(drawn) < number:
        if (selector := accepted(made_selector(rng, nodes))) is not None:
            drawn.append(selector)
    page.index(Interest([compile_selector(selector) for selector in drawn]))
    closed = {node.mem_id for node in page.dom.css(", ".join(f"{tag} *" for tag in sorted(NOTEXT)))}
    for selector in drawn:
        found = [order[node.mem_id] for node in page.select(selector)]
        parsed = {order[node.mem_id] for node in page.dom.css(selector) if node.mem_id not in closed}
        assert sorted(parsed) == found, selector
    for selector in drawn[:3]:
        region = rng.choice(nodes)
        assert {node.mem_id for node in region.css(selector)} == {
            node.mem_id for node in select_in(region, selector)
        }, selector


@pytest.mark.parametrize("part", range(4))
def test_index_and_parser_agree(part: int) -> None:
    """Whatever the page and the selector, both find the same elements in the same order.

    Drawings, `noscript` and the like are left out: no rule looks into them.
    """
    rng = random.Random(part)
    for _ in range(DRAWN // 20):
        assert_equal_on(made_page(rng), rng, 4)


@pytest.mark.parametrize("number", range(0, len(CASES), max(1, len(CASES) // 8)))
def test_index_and_parser_agree_on_a_fixture(number: int) -> None:
    """The same on pages as large as real ones."""
    assert_equal_on(source(CASES[number]), random.Random(number), DRAWN // 40)


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


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        (".tip + div", [3]), (".tip ~ .k", [5]), ("#box .tip ~ p", [4, 6]), ("div + p", [4, 6]), (".lead ~ div.k", [5]),
        ("#box > .tip, #box > .tip + div", [2, 3]), (".tip + .k", []), ("#box > :is(.k) + p", [6]),
    ],
)  # fmt: skip
def test_siblings(selector: str, found: list[int]) -> None:
    """`+` is the next element beside, `~` any later one."""
    html = "<div id=box><b class=tip></b><div></div><p class=lead></p><div class=k></div><p></p></div><div class=k>"
    page = Page("<!doctype html>" + html, "http://example.org/")
    page.index(Interest([compile_selector(selector)]))
    order = {node.mem_id: place for place, node in enumerate(page.dom.css("body, body *"))}
    assert [order[node.mem_id] for node in page.select(selector)] == found


def test_nothing_matches_inside_a_sealed_element() -> None:
    """A sealed element is found and what is in it is not, whatever the selector; other elements are as they were."""
    html = (
        "<div id=one class=wide><div class=shut><p class=a>x</p><p>y</p></div></div><p class=a>z</p>"
        "<div class=open><p class=a>z</p><p>z</p></div>"
    )
    sealed = compile_selector(".wide > *:not(.open)")
    for selector in [".a", "p", ".a + p", "#one p", ".shut p:nth-child(2)", "p:not(.b)", ".shut", "#one > .shut", "*"]:
        page = Page("<!doctype html>" + html, "http://example.org/")
        page.index(Interest([compile_selector(selector)], [sealed]))
        inside = {node.mem_id for node in page.dom.css(".shut *")}
        outside = [node.mem_id for node in page.dom.css(selector) if node.mem_id not in inside]
        assert [node.mem_id for node in page.select(selector)] == outside, selector


@pytest.mark.parametrize(
    "selector", [".z ~ p", "p:nth-child(odd)", ".box > p:nth-last-of-type(2)", ".z ~ p + .y", "*:nth-of-type(3) ~ .z"]
)
def test_many_siblings_take_linear_time(selector: str) -> None:
    """What the parser alone takes the square of the siblings for is decided for each of them once."""
    html = '<div class="box">' + "<p>x" * 20_000
    page = Page("<!doctype html>" + html, "http://example.org/")
    page.index(Interest([compile_selector(selector)]))
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        page.select(selector)
    finally:
        sys.setprofile(None)
    assert calls < 10 * 20_000


@pytest.mark.parametrize("selector", ["#z .a div .b", "#z > .a div .b", ".a .a .a .a .b"])
def test_deep_nests_cost_no_combinations(selector: str) -> None:
    """A path of many steps on a deep page is decided in one climb a step, not in all combinations."""
    html = '<div class="a">' * 400 + '<p class="b">x</p>' * 5
    started = time.process_time()
    found = select(html, selector)
    assert time.process_time() - started < 1
    assert found == expected(html, selector)


@pytest.mark.parametrize("selector", [".c .a .b", ".a .b", ".a > .a .b", "#z .b", ".d .a > .b", ".c + .a .b"])
def test_many_elements_as_deep_climb_once(selector: str) -> None:
    """What is asked of the elements far above is asked for the first of them; the others know the answer."""
    html = '<div class="d"><i class="c"></i>' + '<div class="a">' * 120 + '<p class="b">x</p>' * 3_000
    page = Page("<!doctype html>" + html, "http://example.org/")
    page.index(Interest([compile_selector(selector)]))
    lines = 0

    def count(_frame: FrameType, event: str, _argument: object) -> object:
        nonlocal lines
        lines += event == "line"
        return count

    sys.settrace(count)
    try:
        page.select(selector)
    finally:
        sys.settrace(None)
    assert lines < 700 * 3_000
    assert select(html, selector) == expected(html, selector)


def test_nested_scopes_are_asked_once() -> None:
    """A bare tag in boxes within boxes is looked for from the outermost box only."""
    html = '<div class="box">' * 400 + "<img>" * 100
    started = time.process_time()
    found = select(html, ".box img")
    assert time.process_time() - started < 1
    assert found == expected(html, ".box img")


def test_what_was_written_out_is_shown_as_its_file_has_it() -> None:
    """People read `.name-*`, not what the parser is asked in its place."""
    selector = 'div.text-* > .a.index_b_*, p[class^="c"]'
    assert as_written(standard_css(selector)) == selector


def test_a_selector_is_parsed() -> None:
    """Alternatives, compounds with the combinator before them, simple selectors, and what stands in brackets."""
    first, second = parse(" .a > b:not(.c, > d e) ,[x='), ']")
    assert (".a > b:not(.c, > d e)", "[x='), ']") == (first.text, second.text)
    assert [("", [".a"]), (">", ["b", ":not(.c, > d e)"])] == [
        (compound.combinator, [part.text for part in compound.parts]) for compound in first.compounds
    ]
    inside = first.compounds[1].parts[1].inside or []
    assert [[""], ["", ">", " "]] == [[compound.combinator for compound in path.compounds] for path in inside]


@pytest.mark.parametrize(
    ("css", "message"), [("a)", "not opened"), ("a:not(b", "not closed"), ("a:is(b:has(c)", "not closed")]
)
def test_brackets_that_do_not_match(css: str, message: str) -> None:
    """A bracket without its other half is an error."""
    with pytest.raises(ValueError, match=message):
        parse(css)
