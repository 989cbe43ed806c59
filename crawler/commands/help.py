"""Help texts that keep their lines, and whose headings are headings."""

from __future__ import annotations

import argparse
from typing import Any


def with_epilog(parser: argparse.ArgumentParser, epilog: str) -> None:
    """Put `epilog` at the end of the parser's help as it stands; the description is still wrapped."""
    base: Any = parser.formatter_class

    class Formatter(base):  # type: ignore[misc]
        """Scrapy's formatter, which keeps the lines of texts that have some."""

        def _fill_text(self, text: str, width: int, indent: str) -> str:
            if "\n" in text:
                return "\n".join(indent + line for line in text.splitlines())
            filled: str = super()._fill_text(text, width, indent)
            return filled

        def format_part_strings(self, parts: list[str]) -> list[str]:
            # Scrapy makes a heading of every line that ends in a colon, also of one that was wrapped there.
            if all(part.startswith(" ") for part in parts):
                return parts
            headed: list[str] = super().format_part_strings(parts)
            return headed

    parser.formatter_class = Formatter
    parser.epilog = epilog.rstrip("\n")
