"""Archives to measure on: the shipped article pages of one site, again and again under other addresses."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, cycle, islice
from pathlib import Path

from tests.portal.archive import write_warc
from tests.portal.page import FixturePage
from tests.portal.write import read_pages

SITE = "netease"
_ID = re.compile(r"(?<=/article/)[0-9A-Z]{16}")
_DIGITS = string.digits + string.ascii_uppercase


def write_archive(path: Path, records: int) -> Path:
    """Write an archive of so many articles, each with an id of its own, and return its path."""
    write_warc(path, islice(articles(), records))
    return path


def articles() -> Iterator[FixturePage]:
    """Yield articles without end, each with an id and a headline of its own."""
    pages = [page for page in read_pages(SITE) if _ID.search(page.url) and page.status == 200]
    for number, page in zip(count(1), cycle(pages), strict=False):
        url = _ID.sub(_base36(number * 7919 + 36**15), page.url)
        headline = page.truth.get("headline") or ""
        charset = "gb18030" if "gbk" in page.case else "utf-8"
        body = (
            page.body.replace(headline.encode(charset), f"{headline} {number}".encode(charset))
            if headline
            else page.body
        )
        yield replace(page, url=url, body=body)


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits
