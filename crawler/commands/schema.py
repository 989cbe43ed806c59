"""`scrapy schema`: print the record's schema for other programs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ..records.ddl import ARROW_FILE, SQL_FILE
from ..records.validate import SCHEMA_FILE
from ._shared import Add, ProjectCommand

_FILES: dict[str, Path] = {"json": SCHEMA_FILE, "duckdb": SQL_FILE, "arrow": ARROW_FILE}
_EPILOG = """\
json is the JSON Schema; duckdb is SQL that creates the table `records` and the macro `read_records(FILES)`, which reads
JSON lines with the same types; arrow is the schema of the Parquet files, as an IPC message.

examples:
  scrapy schema > record.schema.json
  scrapy schema --format duckdb > records.sql
  scrapy schema --format arrow > records.arrow
"""


class Command(ProjectCommand, ScrapyCommand):
    """Prints a published file."""

    takes_profiles = False
    arguments = "[options]"
    summary = "Print the record's schema: JSON Schema, SQL for DuckDB, or Arrow"
    description = "Print the schema of the records that this version writes. Exit status: 0; 2 for a usage error."
    epilog = _EPILOG

    def _arguments(self, add: Add) -> None:
        add("--format", metavar="FORMAT", default="json", help=f"{', '.join(_FILES)} (default: json)")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the file."""
        if args or opts.format not in _FILES:
            raise UsageError(f"expected only --format, one of {', '.join(_FILES)}", print_help=False)
        sys.stdout.flush()
        sys.stdout.buffer.write(_FILES[opts.format].read_bytes())
