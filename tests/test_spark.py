"""Spark gives the same records as the command line, byte for byte; `make spark` runs this, for it needs Java."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from crawler.records.tables import arrow_schema
from tests import engine_pages

pyspark = pytest.importorskip("pyspark", reason="Spark is tested by `make spark`")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """Start Spark with two workers on this machine."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable

    made = (
        SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.executorEnv.PYTHONPATH", str(engine_pages.ROOT))
        .config("spark.sql.session.timeZone", "UTC").getOrCreate()
    )  # fmt: skip
    yield made
    made.stop()


def test_spark(session: Any, tmp_path: Path) -> None:
    """Two workers; the schema is that of the Parquet files."""
    from crawler.spark import extract

    folder = engine_pages.write_archives(tmp_path / "warc", 60, 3)
    expected = engine_pages.by_command(folder, tmp_path)
    rows = [{**row, "date": row["date"].isoformat()} for row in engine_pages.rows(folder)]
    pages = session.createDataFrame(
        rows, "url string, headers string, body binary, status int, date string"
    ).repartition(4)
    found: pa.Table = extract(pages).toArrow()
    assert engine_pages.in_order(found.cast(arrow_schema())).equals(expected)
    refused = extract(pages, refused=True).collect()
    known = [failure for _, failure in engine_pages.refusals(tmp_path) if failure != "archive_damaged"]
    assert sorted(known) == sorted(row["failure"] for row in refused)
