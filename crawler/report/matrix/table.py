"""The coverage matrix for a terminal: the table of pages, then everything that needs attention, one line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...regression.hits import Hits
from ...regression.matrix import Matrix
from ...terminal import plain
from . import UNKNOWN_CHANNEL

_HEAD = ("layout", "kind", "channel", "fixtures", "last seen live")
_SAYS = 100
"""Maximum characters of a rule that are shown."""


def print_matrix(matrix: Matrix, stream: TextIO, *, everything: bool = False) -> None:
    """Print `matrix`, in colour in a terminal, else as plain lines; with `everything` also the standby rules."""
    rows = [
        (
            cell.layout,
            str(cell.kind),
            cell.channel or UNKNOWN_CHANNEL,
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
    """Yield the lines after the table."""
    if not matrix.live_runs:
        yield f"no live runs of {matrix.site} in the logs"
    proved = sum(bool(one.hit) for one in matrix.rules)
    yield ""
    yield f"{_count(len(matrix.rules), 'rule')}: {proved} hit by a fixture, {len(matrix.standing_by)} standby"
    yield from _rules(matrix, "hit by no fixture and not marked unproven", matrix.unused)
    yield from _rules(matrix, "hit by one fixture only", matrix.single_fixture)
    yield from _rules(matrix, "marked unproven", matrix.unproven)
    yield from _rules(matrix, "marked unproven but hit by fixtures (remove the note)", matrix.stale_unproven)
    if everything:
        yield from _rules(matrix, "standby (an earlier rule always produces the value)", matrix.standing_by)
    if matrix.broken:
        yield ""
        yield f"{_count(len(matrix.broken), 'fixture')} without a record of the layout:"
        yield from (f"  {name}: {why}" for name, why in matrix.broken.items())
    if matrix.misfiled:
        yield ""
        yield f"{_count(len(matrix.misfiled), 'chrome text')} in a body:"
        for one in matrix.misfiled:
            doubt = f", confirmed as body in the review of {one.reviewed}" if one.reviewed else ""
            yield f"  {one.fixture}: {one.text[:60]!r} is {one.role} according to {one.where}{doubt}"


def _rules(matrix: Matrix, what: str, found: Iterable[Hits]) -> Iterator[str]:
    listed = list(found)
    if not listed:
        return
    yield ""
    yield f"{_count(len(listed), 'rule')} {what}:"
    for one in listed:
        rule = one.rule
        why = rule.unproven if not one.hit and not one.standing_by else ""
        by = one.hit[0].partition("/")[2] if len(one.hit) == 1 else ""
        note = f"  ({why or by})" if why or by else ""
        yield f"  {matrix.site}/{rule.file}:{rule.line} {rule.key}  {rule.says[:_SAYS]}{note}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
