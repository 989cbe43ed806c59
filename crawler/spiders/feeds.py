"""Scrapy's CSV feed export (`-O records.csv`), safe to open in a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.exporters import CsvItemExporter

from ..records.cells import neutral
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
