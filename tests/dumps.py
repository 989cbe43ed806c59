"""The dumps in textdumps/, written for the project, and what tests ask of a record made from text.

Beside each NAME.txt stands NAME.json: `headline` is a line of the dump, `body` a range of its lines less those in `not`
(all counted from 1), the rest what the record holds.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from crawler.extract import profiles_in
from crawler.page.text import size, squeeze
from crawler.records.model import Record, Role
from crawler.records.validate import validate
from crawler.textdump.extract import extract_text

DUMPS = Path(__file__).parent / "textdumps"
ARTICLES = sorted(path.stem for path in DUMPS.glob("*.json"))
WIDE = {ord(c): ord(c) + 0xFEE0 for c in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}
"""ASCII marks to their full-width forms."""


def take(text: str, **arguments: Any) -> Record:
    """Take `text` apart by the site's phrases; the record keeps the schema and holds every line exactly once."""
    record = extract_text(text, profiles_in()["netease"], **arguments)
    validate(record)
    assert Counter(squeeze(text)) == Counter(squeeze(partition(record)))
    assert record.coverage.total == size(text)
    return record


def partition(record: Record) -> str:
    """Return the record's partition as one text."""
    return " ".join(
        [
            record.title or "",
            record.headline or "",
            *(info.text for info in record.info),
            *(block.text or "" for block in record.blocks),
            *(entry.text or "" for entry in record.chrome),
        ]
    )


def body(record: Record) -> list[str]:
    """Return the texts of the record's blocks."""
    return [block.text or "" for block in record.blocks]


def unknown(record: Record) -> list[str]:
    """Return what the record files as unknown."""
    return [entry.text or "" for entry in record.chrome if entry.role is Role.UNKNOWN]


def items(record: Record, role: str) -> list[list[Any]]:
    """Return headline, author, date and, where there is one, comment count of the items under `role`."""
    return [
        [item.headline, item.author, item.date_published]
        + ([item.comment_count] if item.comment_count is not None else [])
        for entry in record.chrome
        if entry.role == role
        for item in entry.items or ()
    ]


class Dump:
    """A dump of textdumps/ with its gold."""

    def __init__(self, name: str) -> None:
        self.text = (DUMPS / f"{name}.txt").read_text(encoding="utf-8")
        self.lines = [" ".join(line.split()) for line in self.text.splitlines()]
        self.gold: dict[str, Any] = json.loads((DUMPS / f"{name}.json").read_text(encoding="utf-8"))
        self.headline = self.lines[self.gold["headline"] - 1]
        first, last = map(int, self.gold["body"].split("-"))
        places = [n for n in range(first, last + 1) if n not in self.gold.get("not", [])]
        self.body = [self.lines[n - 1] for n in places if self.lines[n - 1]]
