"""The partition's laws, over every page there is and over pages broken at random."""

from __future__ import annotations

import gc
import random
import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from crawler import PageRefused, Quarantined, Record
from crawler.page.dom import Page
from crawler.page.index import NOTEXT
from crawler.page.text import size, squeeze
from crawler.records.model import Flag
from tests.cases import Case, cases, pages, record_of

CASES = [*cases(), *pages()]


def page_text(html: str) -> str:
    """The page's text by the contract's own words: every text node outside the listed elements, white space removed."""
    parts: list[str] = []
    stack = [LexborHTMLParser(html).root]
    while stack:
        node = stack.pop()
        while node is not None:
            if node.is_text_node:
                parts.append(node.text())
            elif node.is_element_node and node.tag not in NOTEXT and node.first_child is not None:
                stack.append(node.first_child)
            node = node.next
    return squeeze("".join(parts))


def told(record: Record) -> list[str]:
    """The partition's texts."""
    headline = record.headline if record.provenance["headline"].rule.startswith("article.") else None
    texts = [record.title, headline, *(info.text for info in record.info)]
    texts += [text for block in record.blocks for text in (block.text, block.caption)]
    texts += [entry.text for entry in record.chrome]
    return [text for text in texts if text]


def assert_partition(record: Record, html: str) -> None:
    """Every character of the page is told once, and the coverage says how many there are."""
    expected = page_text(html)
    assert Counter(expected) == Counter(squeeze("".join(told(record))))
    coverage = record.coverage
    assert coverage.total == size(expected)
    assert coverage.total == coverage.article + coverage.chrome + coverage.hidden + coverage.unknown


def source(case: Case) -> str:
    """The case's page as text, in the charset that its record found."""
    charset = record_of(case.name).fetch.charset
    assert charset is not None
    return case.body.decode(charset.name)


IN_DOM = [case for case in CASES if Flag.BODY_FROM_DATA not in record_of(case.name).flags]


@pytest.mark.parametrize("case", IN_DOM, ids=lambda case: case.name)
def test_every_character_is_told_once(case: Case) -> None:
    """Nothing is lost and nothing is told twice."""
    assert_partition(record_of(case.name), source(case))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_same_bytes_same_record(case: Case) -> None:
    """The same bytes, URL, headers and time give the same record, byte for byte."""
    assert case.extract().to_json() == case.extract().to_json()


def mutate(html: str, seed: int, changes: int) -> str:
    """Break `html` at `changes` random places: tags dropped, doubled, unclosed, renamed classes, text moved."""
    rng = random.Random(seed)
    tags = [match.span() for match in re.finditer(r"<[^>]{1,200}>", html)]
    edits: list[tuple[int, int, str]] = []
    for start, end in rng.sample(tags, min(changes, len(tags))):
        tag = html[start:end]
        if tag.lower().startswith(("<script", "</script", "<style", "</style", "<html", "</html", "</body", "<!--")):
            continue
        edits.append(
            (
                start,
                end,
                rng.choice(
                    [
                        "",
                        tag + tag,
                        tag[:-1],
                        tag.replace('class="', 'class="x'),
                        tag + "孤字",
                        "<div>" + tag,
                        tag + "</div>",
                    ]
                ),
            )
        )
    for start, end, text in sorted(edits, reverse=True):
        html = html[:start] + text + html[end:]
    return html


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(case=st.sampled_from(IN_DOM), seed=st.integers(0, 2**32), changes=st.integers(1, 12))
def test_broken_pages_keep_the_law(case: Case, seed: int, changes: int) -> None:
    """A page broken at random is quarantined with a reason, or its record still tells every character once."""
    html = mutate(source(case), seed, changes)
    try:
        record = case.extract(('<meta charset="utf-8">' + html).encode())
    except (Quarantined, PageRefused):
        return
    if Flag.BODY_FROM_DATA not in record.flags:  # its body's text is not among the page's
        assert_partition(record, '<meta charset="utf-8">' + html)


def test_a_page_is_let_go_with_its_record() -> None:
    """A tree that waits for the garbage collector costs memory for many pages, and a collection that walks them all."""
    case = cases()[0]
    case.extract()
    gc.collect()
    gc.disable()
    try:
        case.extract()
        assert [] == [held for held in gc.get_objects() if isinstance(held, Page)]
    finally:
        gc.enable()


@pytest.mark.parametrize("tag", ["div", "b", "em"])
def test_a_deep_body_is_read(tag: str) -> None:
    """Text 480 elements deep in the body is in a block; deeper than a page may be, the page is refused."""
    case = next(case for case in IN_DOM if case.layout == "2020_post_main")
    start, body, rest = source(case).partition('<div class="post_body">\n')
    deep = case.extract(f"{start}{body}<p>{f'<{tag}>' * 480}深处{rest}".encode())
    assert "深处" in [block.text for block in deep.blocks]
    with pytest.raises(PageRefused, match="more than 512 elements"):
        case.extract(f"{start}{body}<p>{f'<{tag}>' * 520}深处{rest}".encode())


def test_what_nobody_claims_may_be_deep() -> None:
    """Text that no rule claims is read whole by the parser, however deep it stands: one entry, nothing lost."""
    case = next(case for case in IN_DOM if case.layout == "2020_post_main")
    html = source(case).replace("</body>", f"{'<span>' * 900}深处{'</span>' * 900}</body>")
    record = case.extract(html.encode())
    assert [entry.text for entry in record.chrome if entry.role == "unknown"] == ["深处"]
    assert_partition(record, html)
