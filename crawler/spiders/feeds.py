"""Scrapy's feed exports: CSV that is safe to open in a spreadsheet, and Parquet with the record's types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO, Self

from itemadapter import ItemAdapter
from scrapy.crawler import Crawler
from scrapy.exporters import BaseItemExporter, CsvItemExporter

from ..records.cells import neutral
from ..records.lines import encode_line
from ..records.tables import ParquetLines
from .options import Options


class CsvExporter(CsvItemExporter):
    """Writes cells that a spreadsheet would run as a formula as text, unless `formulas` is true."""

    def __init__(self, *args: Any, formulas: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._formulas = formulas

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Create the exporter; `formulas` is the setting PORTALSIEVE_CSV_FORMULAS."""
        return cls(*args, formulas=Options.of(crawler.settings).csv_formulas, **kwargs)

    def _build_row(self, values: Iterable[Any]) -> Iterable[Any]:
        row = super()._build_row(values)
        return row if self._formulas else map(neutral, row)


class ParquetExporter(BaseItemExporter):
    """Writes records (`-O records.parquet`) with the columns of all Parquet files of this project; needs pyarrow.

    Other keys of an item are left out.
    """

    def __init__(self, file: BinaryIO, **kwargs: Any) -> None:
        super().__init__(dont_fail=True, **kwargs)
        self._lines = ParquetLines(file)

    def export_item(self, item: Any) -> None:
        """Write an item."""
        self._lines.write(encode_line(ItemAdapter(item).asdict()))

    def finish_exporting(self) -> None:
        """Write the rest of the file."""
        self._lines.close()
