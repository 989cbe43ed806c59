"""The robustness of a site's rules for a terminal."""

from __future__ import annotations

from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from ..drift.robustness import Robustness, Score
from ..terminal import plain

_HEAD = ("layout", "rule or change", "score", "right", "refused", "flagged", "silent")
BRITTLE = 0.5
"""Scores below this are shown in red."""


def print_robustness(found: Robustness, stream: TextIO) -> None:
    """Print the scores by rule, by kind of change, and of the harmless kinds that were not; in colour in a terminal."""
    broken = {
        layout: {name: score for name, score in rows.items() if score.score != 1}
        for layout, rows in found.harmless.items()
    }
    for title, table in (
        ("rules, the most brittle first", found.rules),
        ("breaking changes", found.kinds),
        ("harmless changes that did harm", broken),
    ):
        rows = [(layout, name, score) for layout, scores in table.items() for name, score in scores.items()]
        stream.write(f"{title}:{'' if rows else ' none'}\n")
        if rows:
            _table(rows, stream)
        stream.write("\n")
    stream.flush()


def _table(rows: list[tuple[str, str, Score]], stream: TextIO) -> None:
    cells = [
        (
            plain(layout),
            plain(name),
            "" if score.score is None else f"{score.score:.2f}",
            *(str(count) for count in (score.right, score.refused, score.flagged, score.silent)),
        )
        for layout, name, score in rows
    ]
    if stream.isatty():
        table = Table(*_HEAD, box=None, pad_edge=False, header_style="bold")
        for row, (_, _, score) in zip(cells, rows, strict=True):
            table.add_row(*row, style="red" if score.score is not None and score.score < BRITTLE else "")
        Console(file=stream).print(table)
        return
    widths = [max(cell_len(row[at]) for row in (_HEAD, *cells)) for at in range(len(_HEAD))]
    for line in (_HEAD, *cells):
        padded = (text + " " * (width - cell_len(text)) for text, width in zip(line, widths, strict=True))
        stream.write("  ".join(padded).rstrip() + "\n")
