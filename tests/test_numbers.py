"""Counts are read as portals write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.sieve.values import parse_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("1059", 1059),
        ("1,059", 1059),
        ("1，059", 1059),
        ("12,345,678", 12_345_678),
        ("1.2万", 12_000),
        ("1.25 万", 12_500),
        ("10万+", 100_000),
        ("3亿", 300_000_000),
        ("3.5億", 350_000_000),
        ("2千", 2_000),
        ("2千万", 20_000_000),
        ("1.2w", 12_000),
        ("10W+", 100_000),
        ("5k", 5_000),
        ("２３", 23),
        ("１．２万", 12_000),
        ("文章数 12", 12),
        ("12文章数", 12),
        ("跟贴 3,456 条", 3456),
        ("(99+)", 99),
        ("1,2", 1),
        ("3 kg", 3),
        ("0.5万", 5_000),
    ],
)
def test_counts(text: str, number: int) -> None:
    """Separators, units, full-width digits and words round the number are read over."""
    assert number == parse_number(text)


@pytest.mark.parametrize("text", ["", "--", "暂无", "万", "4.5", "1" * 30, "9" * 5000, "1.23456万"])
def test_no_count(text: str) -> None:
    """Without a whole number the result is None; excessively many digits are not a count."""
    assert parse_number(text) is None


@given(st.integers(0, 10**15))
def test_any_number_comes_back(number: int) -> None:
    """A number is the same plain, with separators and in words."""
    assert number == parse_number(str(number)) == parse_number(f"{number:,}") == parse_number(f"共{number}条")
    assert number * 10_000 == parse_number(f"{number}万")


@given(st.text(max_size=50))
def test_never_raises(text: str) -> None:
    """Any text has a count or none."""
    number = parse_number(text)
    assert number is None or number >= 0
