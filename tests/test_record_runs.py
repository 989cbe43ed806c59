"""The log of runs: one line per run, with counts, totals and versions."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import msgspec
import pytest

from crawler.errors import Failure
from crawler.records.model import SCHEMA_VERSION, Coverage, Flag
from crawler.records.read import UnreadableLine
from crawler.records.runs import RunCounts, RunLine, RunStatus, Versions, append_run, read_runs

LINE = RunLine(
    run="20260222T030405Z-1f",
    site="example",
    started="2026-02-22T03:04:05Z",
    finished="2026-02-22T03:05:06Z",
    status=RunStatus.FAILED,
    reason="wrote nothing: 3 of 3 pages were quarantined",
    counts=RunCounts(pages=3, quarantined=3, links=40),
    layouts={"2020_post": 2},
    coverage=Coverage(total=10, article=10) + Coverage(total=9, article=1, chrome=5, hidden=2, unknown=1),
    flags={Flag.TRUNCATED: 1},
    failures={Failure.TOO_BIG: 3},
    versions=Versions(portalsieve="0.1.0", schema="1.1.0", profile="p", python="3.11", scrapy="2.19", selectolax=None),
)


def test_runs_are_appended_and_read(tmp_path: Path) -> None:
    """Two runs are two lines, in the order in which they ended."""
    later = msgspec.structs.replace(LINE, run="20260223T030405Z-2e", status=RunStatus.OK)
    for line in (LINE, later):
        append_run(tmp_path / "output" / "runs.jsonl", line)
    assert [LINE, later] == list(read_runs(tmp_path / "output" / "runs.jsonl"))


def test_the_shape_of_a_line(tmp_path: Path) -> None:
    """Keys are in camelCase; every count is present, also zeros."""
    append_run(tmp_path / "runs.jsonl", LINE)
    line = json.loads((tmp_path / "runs.jsonl").read_text(encoding="utf-8"))
    assert list(line) == [
        "run",
        "site",
        "started",
        "finished",
        "status",
        "reason",
        "counts",
        "layouts",
        "coverage",
        "flags",
        "failures",
        "versions",
    ]
    assert line["counts"] == {
        "pages": 3, "records": 0, "quarantined": 3, "links": 40, "misses": 0, "damaged": 0, "failed": 0,
    }  # fmt: skip
    assert line["coverage"] == {"total": 19, "article": 11, "chrome": 5, "hidden": 2, "unknown": 1}
    assert (line["status"], line["flags"], line["failures"]) == ("failed", {"truncated": 1}, {"too_big": 3})


def test_a_torn_line_is_named(tmp_path: Path) -> None:
    """The incomplete line of a killed run is an error with file and line number."""
    (tmp_path / "runs.jsonl").write_text('{"run": "x"')
    append_run(tmp_path / "runs.jsonl", LINE)
    with pytest.raises(UnreadableLine, match=r"runs\.jsonl:1: not a RunLine"):
        list(read_runs(tmp_path / "runs.jsonl"))


def test_versions_at_work() -> None:
    """The versions are those of this interpreter and of the installed libraries."""
    versions = Versions.current(portalsieve="0.1.0", profile="p")
    assert (SCHEMA_VERSION, platform.python_version()) == (versions.schema, versions.python)
    assert versions.scrapy is not None
    assert versions.scrapy[0].isdigit()
    assert versions.selectolax is not None
