"""The partition's laws, over every page there is and over pages broken at random."""

from __future__ import annotations

import gc

import msgspec
import pytest

from crawler import PageRefused, Record
from crawler.page.dom import Page
from crawler.records.model import Flag
from tests.cases import Case, cases, record_of
from tests.mutants import SEED, faults, judged, mutants, source

CASES = cases()


def assert_partition(record: Record, html: str) -> None:
    """Every character of the page is in the record once, and the coverage says how many there are."""
    assert [] == faults(record, html)


IN_DOM = [case for case in CASES if Flag.BODY_FROM_DATA not in record_of(case.name).flags]


@pytest.mark.parametrize("case", IN_DOM, ids=lambda case: case.name)
def test_every_character_occurs_once(case: Case) -> None:
    """Nothing is lost or duplicated."""
    assert_partition(record_of(case.name), source(case))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_same_bytes_same_record(case: Case) -> None:
    """The same bytes, URL, headers and time give the same record, byte for byte."""
    assert case.extract().to_json() == case.extract().to_json()


@pytest.mark.parametrize("part", range(10))
def test_broken_pages_keep_the_law(part: int) -> None:
    """A page broken at random is quarantined with a reason, or its record still has every character once.

    `make mutants` tries all 2,000.
    """
    found = {(case.name, seed): judged(case, seed)[1] for case, seed in mutants(200, SEED + 1)[part::10]}
    assert {} == {mutant: wrong for mutant, wrong in found.items() if wrong}


def test_what_breaks_the_law_is_named() -> None:
    """What is lost, there twice or counted wrongly: mutants that could not fail would prove nothing."""
    case = next(case for case in IN_DOM if record_of(case.name).chrome)
    record, html = record_of(case.name), source(case)
    entry = record.chrome[0]
    lost = msgspec.structs.replace(record, chrome=record.chrome[1:])
    twice = msgspec.structs.replace(record, chrome=(entry, *record.chrome))
    more = msgspec.structs.replace(record.coverage, total=record.coverage.total + 1)
    assert [["lost"], ["twice"], ["coverage"]] == [
        [line.partition(":")[0] for line in faults(changed, html)]
        for changed in (lost, twice, msgspec.structs.replace(record, coverage=more))
    ]


def test_a_page_is_let_go_with_its_record() -> None:
    """A tree that waits for the garbage collector costs memory for many pages, and a collection that walks them all."""
    case = cases()[0]
    case.extract()
    gc.collect()
    before = {id(held) for held in gc.get_objects() if isinstance(held, Page)}  # those that other tests keep
    gc.disable()
    try:
        case.extract()
        assert [] == [held for held in gc.get_objects() if isinstance(held, Page) and id(held) not in before]
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
