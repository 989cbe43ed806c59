"""Records of layouts that no real page proves say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.extract import extract
from crawler.records.model import Flag
from tests.small_site import LAYOUT, URL, small_site

PAGE = (
    "<!DOCTYPE html><html><head><title>渡口图书角</title></head><body><article><h1>渡口图书角</h1>"
    f'<p class="time">2026-02-20 10:00:00</p><div class="body"><p>{"渡口停航以后，仓库空了三年。" * 8}</p></div>'
    "</article></body></html>"
).encode()


@pytest.mark.parametrize(
    ("said", "flags"), [("proved = false", (Flag.LAYOUT_UNPROVEN,)), ("proved = true", ()), ("", ())]
)
def test_a_record_by_an_unproved_layout_is_flagged(tmp_path: Path, said: str, flags: tuple[Flag, ...]) -> None:
    """`proved = false` raises `layout_unproven`; by default a layout is taken to be proved."""
    profile = small_site(tmp_path, LAYOUT.replace('kind = "article"\n', f'kind = "article"\n{said}\n', 1))
    assert flags == extract(PAGE, URL, profiles=[profile]).flags
