"""Pages that have only the beginning of their article, as in front of a paywall, say so in their record."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.extract import extract
from crawler.records.model import Flag
from tests.small_site import LAYOUT, URL, small_site

SIGN = '\n[[article.teaser]]\ncss = ".wall"\n'
COUNTED = SIGN + "where = '本文共'\ncharacters = '共计([\\d,]+)字'\n"
WALL = '<div class="wall">本文共计{}字，订阅后继续阅读</div>'
BODY = "渡口停航以后，仓库空了三年。" * 8


def flags(tmp_path: Path, sign: str, more: str) -> tuple[str, ...]:
    """Return the flags of a page of 112 characters with `more` after its body, by a layout with `sign`."""
    page = (
        "<!DOCTYPE html><html><head><title>渡口图书角</title></head><body><article><h1>渡口图书角</h1>"
        f'<p class="time">2026-02-20 10:00:00</p><div class="body"><p>{BODY}</p></div>{more}</article></body></html>'
    )
    return extract(page.encode(), URL, profiles=[small_site(tmp_path, LAYOUT + sign)]).flags


@pytest.mark.parametrize(
    ("sign", "more", "expected"),
    [
        (SIGN, WALL.format(2000), True),
        (SIGN, "", False),
        (SIGN, f'<div style="display:none">{WALL.format(2000)}</div>', False),
        (COUNTED, WALL.format("2,000"), True),
        (COUNTED, WALL.format("9" * 5000), True),  # more digits than Python reads
        (COUNTED, WALL.format(125), True),
        (COUNTED, WALL.format(120), False),  # counted with white space and signs, as publishers do
        (COUNTED, '<div class="wall">订阅后收听</div>', False),
        (COUNTED, '<div class="wall">本文共有两部分</div>', True),
    ],
)
def test_a_page_that_says_it_is_a_teaser_is_flagged(tmp_path: Path, sign: str, more: str, expected: bool) -> None:
    """A shown element flags the record, unless the length that it states is that of the body."""
    assert expected == (Flag.TRUNCATED in flags(tmp_path, sign, more))


def test_the_sign_is_the_evidence(tmp_path: Path) -> None:
    """The doubt has the element's place and text."""
    page = f'<!DOCTYPE html><html><body><article><h1>渡口</h1><p class="time">2026-02-20 10:00:00</p><div class="body"><p>{BODY}</p></div>{WALL.format(2000)}</article></body></html>'
    (doubt,) = (
        one for one in extract(page.encode(), URL, profiles=[small_site(tmp_path, LAYOUT + SIGN)]).doubts
        if one.flag is Flag.TRUNCATED
    )  # fmt: skip
    assert (("本文共计2000字，订阅后继续阅读",), True) == (doubt.values, doubt.where.endswith("/div[2]"))
