"""What the watch and the lists of a page cost grows with the page, not with its square."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from msgspec.structs import replace

from benchmarks.guard import Steps
from crawler.drift.looks import looks
from crawler.drift.shape import styles
from crawler.drift.strays import Texts, strays_of
from crawler.extract import extract_parted, profiles_in
from crawler.records.model import Record
from crawler.sieve.items import ItemReader
from crawler.sieve.record import PartitionedPage
from tests.cases import shipped

CASE = "thepaper/2017_news_part/plain"
LIST = '<div class="news_panel">'
BODY = '<div class="news_part news_part_limit">'


def read(lists: int, nested: int = 0) -> tuple[PartitionedPage, Record]:
    """Return a page with more lists of one rule, each beside a text that is in no entry, and nested elements."""
    before, mark, after = shipped(CASE).body.decode().partition(LIST)
    before, opened, rest = before.partition(BODY)
    before += f"{opened}{'<div class=odd>' * nested}{'</div>' * nested}{rest}"
    one = (
        '<div class="news_panel"><ul class="news_ul"><li class="news_item"><a><div class="item_title">新闻{0}号的标题</div>'
        '<div class="item_right_footer"><div>山谷报</div><div>2小时前</div></div></a></li><li>别的一条新闻{0}号的标题</li>'
        "</ul></div>"
    )
    html = f"{before}{''.join(map(one.format, range(lists)))}{mark}{after}"
    found: list[PartitionedPage] = []
    response = shipped(CASE).response
    record = extract_parted(
        html.encode(), response["url"], found.append, headers=response["headers"], profiles=[profiles_in()["thepaper"]]
    )
    return found[0], record


def steps(call: Callable[[], object]) -> int:
    """Return the lines and C calls of a call."""
    with Steps() as counted:
        call()
    return counted.counts.total()


def grown(make: Callable[[int], Callable[[], object]]) -> float:
    """Return how much more the second 20 lists of a page cost than the first 20."""
    _, few, some, many = (steps(make(count)) for count in (5, 5, 25, 45))  # the first fills caches
    return (many - some) / (some - few)


@pytest.mark.parametrize("what", ["signs", "record"])
def test_twice_as_many_lists_cost_twice_as_much(what: str) -> None:
    """The elements beside a list are not counted anew for each (once: by rules with `:nth-child()`)."""

    def make(count: int) -> Callable[[], object]:
        if what == "record":
            return lambda: read(count)
        apart, record = read(count)
        return lambda: (strays_of(apart, record), looks(record, apart, ["a.example"]))

    assert grown(make) < 1.2


def test_positions_of_entries_are_counted_once_for_all_lists() -> None:
    """Where the entries' selector asks for positions, a list does not count anew what stands beside it."""

    def make(count: int) -> Callable[[], object]:
        apart, record = read(count)
        claims = apart.walk.claims.by_node
        for ident, claim in claims.items():
            if claim.chrome is not None and claim.chrome.items is not None:
                items = replace(claim.chrome.items, css=".news_panel:nth-child(n + 1) .news_item")
                claims[ident] = replace(claim, chrome=replace(claim.chrome, items=items))
        unlisted = replace(record, chrome=[])
        return lambda: looks(unlisted, apart, ["a.example"])

    assert grown(make) < 1.2


def test_nested_elements_of_the_body_are_climbed_once() -> None:
    """Twice as many elements with a strange class, each in the one before, cost twice as much."""

    def make(count: int) -> Callable[[], object]:
        apart, _ = read(0, nested=count)
        return lambda: styles([".odd"], apart)

    assert grown(make) < 1.2


def test_a_list_does_not_read_the_claims_of_the_whole_page() -> None:
    """A list that has claims inside looks at the claims on its own elements only."""

    class Unread(dict[int, object]):
        def __iter__(self) -> Iterator[int]:
            pytest.fail("all claims are read")

    apart, record = read(1)
    claims = apart.walk.claims
    claim = next(one for one in claims.by_node.values() if one.chrome is not None and one.chrome.items is not None)
    assert claim.chrome is not None
    assert claim.chrome.items is not None
    claims.marked.add(claim.node.mem_id)
    claims.by_node = Unread(claims.by_node)  # type: ignore[assignment]
    profile = profiles_in()["thepaper"]
    items = ItemReader(apart.values, profile.site, profile.timezone, None).read(claim.node, claim.chrome.items)
    assert ["新闻0号的标题"] == [item.headline for item in items]
    assert record.headline


@pytest.mark.parametrize(
    ("text", "within"),
    [("甲乙丙丁", True), ("乙丙丁", True), ("丙", False), ("前丁后", True), ("甲丙丁", True), ("", False)],
)
def test_texts_are_found_within_others(text: str, within: bool) -> None:
    """A text of any length is found anywhere in another."""
    assert within == Texts(["乙丙丁", "丁", "甲乙", ""]).within(text)


def test_a_text_is_not_compared_with_all_others() -> None:
    """The cost of finding one of many texts in another does not grow with their number."""
    few, many = (Texts(f"{number}号新闻的标题" for number in range(count)) for count in (10, 1000))
    assert steps(lambda: few.within("别的一条新闻，没有标题")) == steps(lambda: many.within("别的一条新闻，没有标题"))
