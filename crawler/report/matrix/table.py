"""The coverage matrix for a terminal: the table of pages, then what asks for something, a line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crawler.regression.hits import Hits
from crawler.regression.matrix import Matrix
from crawler.report.matrix.pages import UNTOLD
from crawler.terminal import plain

_HEAD = ("layout", "kind", "channel", "fixtures", "last seen live")
_SAYS = 100
"""Characters of a rule that are shown."""


def print_matrix(matrix: Matrix, stream: TextIO, *, everything: bool = False) -> None:
    """Print `matrix`: in colour on a terminal, else as plain lines; with `everything` also the rules that stand by."""
    rows = [
        (
            cell.layout,
            str(cell.kind),
            cell.channel or UNTOLD,
            str(len(cell.fixtures)),
            cell.last_live or "never",
        )
        for cell in matrix.cells
    ]
    if stream.isatty():
        table = Table(*_HEAD, box=None, pad_edge=False, header_style="bold")
        for row in rows:
            table.add_row(*(Text(plain(text), style="dim" if text == "never" else "") for text in row))
        Console(file=stream).print(table)
    else:
        widths = [max(cell_len(row[at]) for row in (_HEAD, *rows)) for at in range(len(_HEAD))]
        for row in (_HEAD, *rows):
            padded = (text + " " * (width - cell_len(text)) for text, width in zip(row, widths, strict=True))
            stream.write("  ".join(plain(text) for text in padded).rstrip() + "\n")
    for line in lines(matrix, everything=everything):
        stream.write(f"{plain(line)}\n")
    stream.flush()


def lines(matrix: Matrix, *, everything: bool = False) -> Iterator[str]:
    """Yield what is told beside the table."""
    if not matrix.live_runs:
        yield f"no run asked {matrix.site} itself: nothing was seen live from here"
    proved = sum(bool(one.hit) for one in matrix.rules)
    yield ""
    yield f"{len(matrix.rules)} rules: {proved} give something on a fixture, {len(matrix.standing_by)} stand by"
    yield from _rules(matrix, "never hit by a fixture, and the profile does not say why", matrix.never)
    yield from _rules(matrix, "hit by one fixture only", matrix.once)
    yield from _rules(matrix, "unproven, as the profile says", matrix.unproven)
    yield from _rules(matrix, "called unproven, and fixtures prove them: drop the note", matrix.proved_after_all)
    if everything:
        yield from _rules(matrix, "standing by: an earlier rule gives the value", matrix.standing_by)
    if matrix.broken:
        yield ""
        yield f"{len(matrix.broken)} fixtures without a record of their layout:"
        yield from (f"  {name}: {why}" for name, why in matrix.broken.items())
    if matrix.eaten:
        yield ""
        yield f"{len(matrix.eaten)} texts of chrome in a body:"
        for meal in matrix.eaten:
            doubt = f", called body in the review of {meal.reviewed}" if meal.reviewed else ""
            yield f"  {meal.fixture}: {meal.text[:60]!r} is {meal.role} by {meal.where}{doubt}"


def _rules(matrix: Matrix, what: str, found: Iterable[Hits]) -> Iterator[str]:
    told = list(found)
    if not told:
        return
    yield ""
    yield f"{len(told)} {what}:"
    for one in told:
        rule = one.rule
        why = rule.unproven if not one.hit and not one.standing_by else ""
        by = one.hit[0].partition("/")[2] if len(one.hit) == 1 else ""
        note = f"  ({why or by})" if why or by else ""
        yield f"  {matrix.site}/{rule.file}:{rule.line} {rule.key}  {rule.says[:_SAYS]}{note}"
