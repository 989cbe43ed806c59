"""Records for analysts: the same types in Parquet, Arrow, DuckDB and pandas, whatever a batch contains."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from scrapy.settings import Settings

from crawler import read_table
from crawler.records.ddl import ARROW_FILE, SQL_FILE, duckdb_sql
from crawler.records.model import DatePrecision, Record
from crawler.records.tables import Format, arrow_schema, instant, write_lines
from crawler.spiders.feeds import ParquetExporter
from tests.calling import call
from tests.record_samples import article, dated_by_day, text_dump

UNDATED = msgspec.structs.replace(text_dump(), date_published=None, date_precision=None, keywords=(), provenance={})
BATCHES: dict[str, list[Record]] = {
    "first": [UNDATED, dated_by_day()],
    "second": [article(), msgspec.structs.replace(article(), id="demo:2", date_published="2026-02-25T23:30:00+08:00")],
}
"""The first has no time of day, and no value at all in some columns: what automatic typing takes for dates or text."""


def jsonl(folder: Path, name: str) -> Path:
    """Write a batch as JSON lines."""
    path = folder / f"{name}.jsonl"
    path.write_bytes(b"".join(record.line + b"\n" for record in BATCHES[name]))
    return path


def as_parquet(folder: Path, name: str) -> Path:
    """Write a batch as Parquet."""
    path = folder / f"{name}.parquet"
    with path.open("wb") as out:
        write_lines(out, [record.line for record in BATCHES[name]], Format.PARQUET, Record)
    return path


@pytest.fixture
def database() -> duckdb.DuckDBPyConnection:
    """Return a database with the published table, in a session of another time zone than the pages'."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'America/New_York'")
    connection.execute(SQL_FILE.read_text(encoding="utf-8"))
    return connection


def test_the_published_files_are_those_of_the_model() -> None:
    """`make docs` rewrites them after a change of the record's schema."""
    assert duckdb_sql() == SQL_FILE.read_text(encoding="utf-8")
    assert arrow_schema() == pa.ipc.read_schema(pa.py_buffer(ARROW_FILE.read_bytes()))


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_two_batches_go_into_one_table(database: duckdb.DuckDBPyConnection, tmp_path: Path, form: str) -> None:
    """Without a cast, in either order of the batches; a range of dates finds days and times alike."""
    for name in ("second", "first"):
        path = jsonl(tmp_path, name) if form == "jsonl" else as_parquet(tmp_path, name)
        source = f"read_records('{path}')" if form == "jsonl" else f"'{path}'"
        database.execute(f"INSERT INTO records BY NAME SELECT * FROM {source}")
    found = database.execute(
        "SELECT id FROM records WHERE datePublished >= TIMESTAMPTZ '2026-02-20 00:00:00+08'"
        " AND datePublished < TIMESTAMPTZ '2026-02-26 00:00:00+08' ORDER BY datePublished"
    ).fetchall()
    wanted = [record for batch in BATCHES.values() for record in batch if record.date_published]
    expected = [r for r in wanted if instant("2026-02-20T00:00:00+08:00") <= instant(r.date_published or "") < instant("2026-02-26T00:00:00+08:00")]  # fmt: skip
    assert [(record.id,) for record in sorted(expected, key=lambda r: instant(r.date_published or ""))] == found
    assert len(found) > 1
    assert (4, 1) == database.execute(
        "SELECT count(*), count(*) FILTER (datePublished IS NULL) FROM records"
    ).fetchone()


def test_json_and_parquet_give_the_same_rows(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """Every value of every column, and the types."""
    for name in BATCHES:
        lines, table = jsonl(tmp_path, name), as_parquet(tmp_path, name)
        one, other = f"SELECT * FROM read_records('{lines}')", f"SELECT * FROM '{table}'"
        described = [
            database.execute(f"DESCRIBE {query}").fetchall() for query in (one, other, "SELECT * FROM records")
        ]
        types = [[row[:2] for row in rows] for rows in described]
        assert types[0] == types[1] == types[2]
        assert database.execute(one).fetchall() == database.execute(other).fetchall()
        assert read_table(lines).equals(parquet.read_table(table))


def test_two_batches_are_one_data_frame(tmp_path: Path) -> None:
    """pandas: concatenated without a cast, queried by a range of dates; the same from JSON lines and from Parquet."""
    frames = {name: read_table(jsonl(tmp_path, name)).to_pandas() for name in BATCHES}
    whole = pd.concat(frames.values(), ignore_index=True)
    assert {"datetime64[us, UTC]"} == {str(frame["datePublished"].dtype) for frame in (*frames.values(), whole)}
    late = whole[whole["datePublished"].between("2026-02-25", "2026-02-26")]
    assert ["demo:2"] == list(late["id"])
    for name in BATCHES:
        pd.testing.assert_frame_equal(frames[name], pd.read_parquet(as_parquet(tmp_path, name)))


def test_a_day_is_its_midnight_and_says_so(tmp_path: Path) -> None:
    """The precision stands beside the time."""
    (row,) = read_table(jsonl(tmp_path, "first")).slice(1).to_pylist()
    day = dated_by_day().date_published
    assert (f"{day} 00:00:00+00:00", DatePrecision.DAY) == (str(row["datePublished"]), row["datePrecision"])


def test_provenance_is_a_list(tmp_path: Path) -> None:
    """One struct for each field, so that the column's type does not depend on which fields a record has."""
    row = read_table(jsonl(tmp_path, "second")).to_pylist()[0]
    assert {each.pop("field"): each for each in row["provenance"]} == article().to_dict()["provenance"]


def test_all_parquet_files_have_one_schema(tmp_path: Path) -> None:
    """Those of an extraction, of a crawl's feed and of an export without revisions; even without a row."""
    out = io.BytesIO()
    settings = Settings()
    settings.setmodule("crawler.settings", priority="project")
    assert settings["FEED_EXPORTERS"]["parquet"] == f"{ParquetExporter.__module__}.{ParquetExporter.__name__}"
    exporter = ParquetExporter(out)
    exporter.export_item(article().to_dict())
    exporter.finish_exporting()
    feed = parquet.read_table(pa.BufferReader(out.getvalue()))
    page = tmp_path / "page.html"
    page.write_text("<!-- saved from url=(1)https://www.town.example/1.html --><p>x</p>")
    assert 0 == call("extract", page, "--profiles-only", "-o", tmp_path / "none.parquet").returncode
    tables: list[Any] = [
        feed,
        parquet.read_table(tmp_path / "none.parquet"),
        parquet.read_table(as_parquet(tmp_path, "first")),
    ]
    assert [1, 0, 2] == [table.num_rows for table in tables]
    assert [arrow_schema()] * 3 == [table.schema for table in tables]
    assert feed.equals(read_table(jsonl(tmp_path, "second")).slice(0, 1))
