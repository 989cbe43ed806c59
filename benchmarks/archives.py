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
    write_warc(path, islice(_articles(), records))
    return path


def _articles() -> Iterator[FixturePage]:
    pages = [page for page in read_pages(SITE) if _ID.search(page.url) and page.status == 200]
    for number, page in zip(count(1), cycle(pages), strict=False):
        yield replace(page, url=_ID.sub(_base36(number * 7919 + 36**15), page.url))


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits
