"""docs/speed.md is made from the benchmarks' results, and says no other figure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import archives, measuring, report, sizing
from crawler.extract import extract
from crawler.warc.reader import read_archive

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "speed.md"


def test_the_document_and_the_results_agree() -> None:
    """`make docs` writes it after `make bench`."""
    results = json.loads(report.RESULTS.read_text(encoding="utf-8"))
    assert report.document(results) == DOCUMENT.read_text(encoding="utf-8")


def test_the_figures_on_sizing_are_measured() -> None:
    """`make docs` writes that section of docs/operations.md."""
    results = json.loads(report.RESULTS.read_text(encoding="utf-8"))
    text = sizing.DOCUMENT.read_text(encoding="utf-8")
    assert sizing.document(text, results) == text


def test_results_are_kept_benchmark_by_benchmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that did not run keeps the results it had."""
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results.json")
    (tmp_path / "replay.json").write_text('{"ratio": 1}')
    (tmp_path / "bulk.json").write_text('{"ratio": 2}')
    report.keep(tmp_path)
    (tmp_path / "bulk.json").write_text('{"ratio": 3}')
    (tmp_path / "replay.json").unlink()
    report.keep(tmp_path)
    kept = json.loads(report.RESULTS.read_text())
    assert {name: found["result"] for name, found in kept.items()} == {"replay": {"ratio": 1}, "bulk": {"ratio": 3}}


def test_a_spread_is_least_median_and_greatest() -> None:
    """Of any number of values."""
    assert measuring.spread([3.0, 1.004, 2.0]) == {"least": 1.0, "median": 2.0, "greatest": 3.0}


def test_archives_to_measure_on_hold_articles_of_their_own(tmp_path: Path) -> None:
    """As many as asked for, each with another id, each giving a record."""
    found = list(read_archive(archives.write_archive(tmp_path / "a.warc.gz", 80)))
    ids = {extract(page.body, page.url or "", headers=page.headers).id for page in found}
    assert (len(found), len(ids)) == (80, 80)
