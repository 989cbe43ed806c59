"""docs/record.md matches the schema."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from crawler.records.fields import docs_page, docs_table

ROOT = Path(__file__).resolve().parent.parent


def test_the_page_is_up_to_date() -> None:
    """docs/record.md equals the generator's output; if not, run `python -m crawler.records.fields > docs/record.md`."""
    assert docs_page() == (ROOT / "docs" / "record.md").read_text(encoding="utf-8")


def test_the_command_prints_the_page() -> None:
    """`python -m crawler.records.fields` prints the page in UTF-8, whatever the terminal's encoding."""
    out = subprocess.run(
        [sys.executable, "-m", "crawler.records.fields"],
        cwd=ROOT, capture_output=True, check=True, env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert docs_page() == out.stdout.decode("utf-8")


def test_rows_of_the_table() -> None:
    """A row has the dotted name, the type in words and the meaning; objects in lists and maps have rows of their own."""
    rows = docs_table().splitlines()
    assert rows[0] == "| field | type | meaning |"
    assert {4} == {row.count("|") for row in rows}
    names = [row.split("`")[1] for row in rows[2:]]
    assert len(names) == len(set(names))
    for name in (
        "schemaVersion",
        "blocks[].rows",
        "chrome[].items[].commentCount",
        "provenance.*.raw",
        "fetch.charset.bom",
    ):
        assert name in names
    assert "| `account.articleCount` | count or null | How many articles it has (文章数). |" in rows
    assert "| `blocks[].rows` | list of lists of strings | For a table: its rows of cells, a view of `text`. |" in rows
