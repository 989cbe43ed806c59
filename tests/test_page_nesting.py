"""The survey of a page agrees with the tree that the parser builds, and is never below it."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from crawler.page.nesting import TreeSurvey
from crawler.page.tokens import after_raw_text, attribute, attribute_names

PLENTY = 10**6

LISTED = (
    "div p span a b i font em table tr td th tbody thead caption colgroup col li ul ol dl dd dt h1 h2 select option "
    "optgroup button form input br img svg g path title math mi foreignObject desc script style textarea object applet "
    "marquee nobr ruby rt rp pre hr center section noscript iframe xmp custom-x body html head annotation-xml"
)
TAGS = LISTED.split()
ATTRIBUTES = (
    "",
    "",
    "",
    " a=1",
    " a='>'",
    ' b=">" c',
    ' x="',
    ' "q',
    ' =">"',
    "/",
    " /",
    " a=b/",
    " size=1",
    " encoding=text/html",
)
TEXTS = ("text", " ", "<!--c-->", "<!-->", "<![CDATA[x<b>]]>", "<!DOCTYPE html>", "<?x>", "</>", "<!x>", '"', "=", ">")


def survey(source: str | bytes) -> tuple[int, int]:
    """Return depth and elements by the survey."""
    body = source.encode() if isinstance(source, str) else source
    found = TreeSurvey(body, max_depth=PLENTY, max_tags=PLENTY, max_attributes=PLENTY)
    return found.depth, found.elements


def built(source: str | bytes) -> tuple[int, int]:
    """Return depth and elements of the parser's tree."""
    root = LexborHTMLParser(source).root
    assert root is not None
    deepest = elements = 0
    stack = [(root, 1)]
    while stack:
        node, depth = stack.pop()
        elements += 1
        deepest = max(deepest, depth)
        child = node.first_child
        while child is not None:
            if child.is_element_node:
                stack.append((child, depth + 1))
            child = child.next
    return deepest, elements


@pytest.mark.parametrize(
    "source",
    [
        "<div><p>one<p>two<div>three</div></div>",
        "<ul><li>a<li>b<ul><li>c</ul><li>d</ul>",
        "<table><tr><td>a<td>b<tr><td><table><td>c</table></table>",
        "<table><col><td>x<caption>y</caption></table>",
        "<p><font color=red>one<p>two<p>three</font>",
        "<b><i><div>x</b>y</div>z",
        "<a href=1>one<a href=2>two<div>three</a>four</div>",
        "<b><b><b><b><p>x</b></b>y",
        "<p><b><b><b><b><b><p>x<p>y",
        "<svg><path d=1 /><g><circle/></g><foreignObject><p>x<br></foreignObject></svg><p>y",
        "<svg><g><div>out</div>",
        "<math><mi><b>x</mi></math>",
        "<script>a='<div><div>'; if (a<b) c</script><p>x",
        "<script><!-- <script> </script> <div> --></script><p>x",
        "<style><div></style><textarea><p></textarea><title><b></title>",
        "<!-- <div> --><div title='<p>' data-x=\"</div><div>\">x</div>",
        "<select><option>a<option>b<optgroup><option>c</select><p>x",
        "<form><div></form><p>x<form>y</form>",
        "<h1>a<h2>b</h1>c",
        "<button>a<button>b",
        "<dl><dt>a<dd>b<dt>c</dl>",
        "<object><p>x</object></p><p>y",
        "text</p></br></div>text",
        "<p>cut in the middle of <a href='x",
    ],
)
def test_agrees_with_the_parser(source: str) -> None:
    """Implied ends, adoption, foreign content and raw text are counted as the parser builds them."""
    assert built(source) == survey(source)


def test_recorded_pages_agree(corpus: Path) -> None:
    """Depth and number of elements of real pages come out as the parser has them."""
    for path in sorted((corpus / "pages").glob("*.html.gz")):
        body = gzip.decompress(path.read_bytes())
        (depth, elements), (true_depth, true_elements) = survey(body), built(body)
        assert true_depth == depth, path.name
        assert true_elements <= elements <= true_elements * 1.01, path.name


@settings(max_examples=150)
@given(st.randoms(use_true_random=False), st.sampled_from((6, 12, 30, 120)), st.sampled_from((3, 5, 8, 20)))
def test_never_below_the_parser(source: random.Random, length: int, variety: int) -> None:
    """No soup of tags becomes a tree deeper, or much larger, than the survey says."""
    tags = source.sample(TAGS, variety)
    soup = ""
    for _ in range(length):
        kind = source.random()
        if kind < 0.15:
            soup += source.choice(TEXTS)
        elif kind < 0.62:
            soup += f"<{source.choice(tags)}{source.choice(ATTRIBUTES)}>"
        else:
            soup += f"</{source.choice(tags)}>"
    (depth, elements), (true_depth, true_elements) = survey(soup), built(soup)
    assert depth + 2 >= true_depth, soup
    assert elements * 1.2 + 3 >= true_elements, soup


def test_attributes_by_the_tokenizer() -> None:
    """A quote opens a value only after an equals sign; names count once, in lower case."""
    source = b' A=1 b = \'x y\' c="=d" e/f "g" a=2 =h'
    assert {b"a", b"b", b"c", b"e", b"f", b'"g"', b"=h"} == attribute_names(source)
    assert b"x y" == attribute(source, b"b")
    assert attribute(source, b"d") is None


@pytest.mark.parametrize(
    ("source", "rest"),
    [
        (b"a</scriptx></SCRIPT >rest", b"rest"),
        (b"<!-- <script> </script> --> </script>rest", b"rest"),
        (b"<!--> <script> </script>rest", b"rest"),
        (b"<!-- </script>rest", b"rest"),
        (b"never closed", b""),
    ],
)
def test_where_a_script_ends(source: bytes, rest: bytes) -> None:
    """A script ends at its end tag, unless a comment in it has opened another."""
    end = after_raw_text(source, 0, "script")
    assert rest == (source[end:] if end >= 0 else b"")
