"""Archives for the engines, and what the command line makes of them, to compare with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crawler.bulk.outcome import Reading
from crawler.bulk.run import extract_archives
from crawler.records.tables import read_table
from crawler.warc.reader import read_archive
from tests.portal import archive, write
from tests.portal.page import FixturePage

if TYPE_CHECKING:
    import pyarrow

ROOT = Path(__file__).resolve().parent.parent
SITES = ("netease", "ifeng")
STRANGE = "https://nowhere.example/1.html"


def pages(count: int) -> list[FixturePage]:
    """Return `count` pages: those of the fixtures again and again under other ids, and some that have no record."""
    shipped = [page for page in write.read_pages(*SITES) if page.status == 200]
    plain = next(page for page in shipped if page.case == "hao_plain")
    made = shipped[:: max(1, len(shipped) // count)][: count // 2]
    made += [
        replace(plain, url=plain.url.replace("KK5ISJRA05", f"K{number:09d}")) for number in range(len(made), count - 2)
    ]
    broken = replace(
        plain, body=b"<html><body><p>x</p></body></html>", url=plain.url.replace("KK5ISJRA05", "KAAAAAAAAA")
    )
    strange = replace(plain, url=STRANGE)
    return [*made[: count - 2], broken, strange]


def write_archives(folder: Path, count: int, files: int) -> Path:
    """Write pages into `files` archives in `folder`, the last one cut off in its last record; return the folder."""
    folder.mkdir(parents=True)
    every = pages(count)
    for number in range(files):
        archive.write_warc(folder / f"{number:02d}.warc.gz", every[number::files])
    last = folder / f"{files - 1:02d}.warc.gz"
    last.write_bytes(last.read_bytes()[:-20])
    return folder


def by_command(folder: Path, out: Path, jobs: int = 1) -> pyarrow.Table:
    """Return what the command line's function extracts from the archives, by id."""
    extract_archives([folder], out / "records.jsonl", jobs=jobs, reading=Reading.REST)
    return in_order(read_table(out / "records.jsonl"))


def refusals(out: Path) -> list[tuple[str | None, str]]:
    """Return URL and failure of the pages without a record in the command line's quarantine."""
    lines = (out / "records.quarantine.jsonl").read_text(encoding="utf-8").splitlines()
    return sorted((entry.get("url") or "", entry["failure"]) for entry in map(json.loads, lines))


def in_order(table: pyarrow.Table) -> pyarrow.Table:
    """Return records by URL and id, in one chunk, so that tables can be compared."""
    return table.sort_by([("url", "ascending"), ("id", "ascending")]).combine_chunks()


def rows(folder: Path) -> list[dict[str, Any]]:
    """Return the intact responses of the archives as rows of pages."""
    return [
        {"url": one.url, "headers": json.dumps(one.headers), "body": one.body, "status": one.status, "date": one.date}
        for one in read_archive(folder)
        if one.problem is None
    ]
