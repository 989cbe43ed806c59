"""Names of persons in a list of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.extract import extract
from tests.small_site import LAYOUT, URL, small_site

RULE = "\n[[fields.authors.name]]\ncss = \".by\"\nmatch = '记者\\s*(.*)'\nsplit = '[\\s、]+'\n"


@pytest.mark.parametrize(
    ("shown", "names"),
    [
        ("本报记者 沈予安 方 敏", ["沈予安", "方敏"]),
        ("本报记者 方　敏  林 舟", ["方敏", "林舟"]),
        ("本报记者 方敏、沈予安", ["方敏", "沈予安"]),
        ("本报记者 方 敏 方 舟", ["方敏", "方舟"]),
        ("本报记者 沈予安 方", ["沈予安", "方"]),
        ("本报记者 A B", ["A", "B"]),
    ],
)
def test_a_name_set_wide_is_one_name(tmp_path: Path, shown: str, names: list[str]) -> None:
    """Two single characters in a row are one name: a short name is set as wide as the longer ones beside it."""
    page = (
        "<!DOCTYPE html><html><head><title>渡口</title></head><body><article><h1>渡口图书角</h1>"
        f'<p class="time">2026-02-20 10:00:00</p><p class="by">{shown}</p>'
        f'<div class="body"><p>{"渡口停航以后，仓库空了三年。" * 8}</p></div></article></body></html>'
    )
    record = extract(page.encode(), URL, profiles=[small_site(tmp_path, LAYOUT + RULE)])
    assert names == [author.name for author in record.authors]
