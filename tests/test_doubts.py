"""Doubts: bounded lists of evidence for the flags of a record."""

from __future__ import annotations

from crawler.records.model import Doubt, Flag
from crawler.sieve.doubts import LONGEST_VALUE, MOST_DOUBTS, MOST_VALUES, Doubts


def test_a_doubt_raises_its_flag() -> None:
    """Values are collapsed and cut, empty ones left out; the same doubt twice is one entry; sorted by flag."""
    doubts = Doubts()
    doubts.add(Flag.PAGES_MISSING, "/pages")
    doubts.add(Flag.BODY_INCOMPLETE, "/html/body/p[2]", ["  还有\n一段 ", " ", "长" * 999])
    doubts.add(Flag.PAGES_MISSING, "/pages")
    assert {Flag.PAGES_MISSING, Flag.BODY_INCOMPLETE} == doubts.flags
    assert (
        Doubt(Flag.BODY_INCOMPLETE, "/html/body/p[2]", ("还有 一段", "长" * LONGEST_VALUE)),
        Doubt(Flag.PAGES_MISSING, "/pages"),
    ) == doubts.entries()


def test_the_list_is_bounded() -> None:
    """A hostile page cannot make a record of a thousand doubts, nor of a thousand values."""
    doubts = Doubts()
    for number in range(1000):
        doubts.add(Flag.BODY_INCOMPLETE, f"/p[{number}]", map(str, range(1000)))
    entries = doubts.entries()
    assert MOST_DOUBTS == len(entries)
    assert {MOST_VALUES} == {len(doubt.values) for doubt in entries}
