"""Spark: `portalsieve.spark.extract(frame)` returns the records of a data frame of pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .engines.extractor import Extractor
from .engines.rows import extract_rows, output_schema

if TYPE_CHECKING:
    import pyarrow
    from pyspark.sql import DataFrame


def extract(pages: DataFrame, *, refused: bool = False, **options: Any) -> DataFrame:
    """Return the records of a data frame of pages, in the schema of this project's Parquet files.

    `pages` has the columns of `crawler.engines.rows.COLUMNS`: url, body, and if known headers, status, date. With
    `refused`, return the reasons of pages without a record; `options` are those of
    `crawler.engines.extractor.Extractor`.
    """
    from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415 - an extra

    extractor = Extractor(**options)

    def batches(parts: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
        import pyarrow as pa  # noqa: PLC0415

        with extractor:
            for part in parts:
                yield from extract_rows(pa.Table.from_batches([part]), extractor, refused=refused).to_batches()

    return pages.mapInArrow(batches, from_arrow_schema(output_schema(refused=refused)))
