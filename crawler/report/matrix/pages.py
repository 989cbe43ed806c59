"""The pages of a site as a table: fixtures counted by layout and kind (rows) and channel (columns)."""

from __future__ import annotations

from ...records.model import Kind
from ...regression.matrix import Cell, Matrix
from ..look.html import Html, join, tag

UNKNOWN_CHANNEL = "unknown"
"""The heading of pages without a channel."""
_DEEP = 4
"""Number of fixtures from which a cell has the full tint."""


def pages(matrix: Matrix) -> Html:
    """Return the section with the table of pages."""
    channels = sorted({cell.channel for cell in matrix.cells if cell.channel}, key=lambda name: -_count(matrix, name))
    across: list[str | None] = [*channels, *([None] if any(cell.channel is None for cell in matrix.cells) else [])]
    rows: dict[tuple[str, Kind], dict[str | None, Cell]] = {}
    for cell in matrix.cells:
        rows.setdefault((cell.layout, cell.kind), {})[cell.channel] = cell
    head = tag(
        "tr",
        tag("th", "layout", scope="col"),
        tag("th", "kind", scope="col"),
        *(tag("th", name or UNKNOWN_CHANNEL, scope="col", class_="" if name else "unknown") for name in across),
        tag("th", "all", scope="col", class_="num"),
        tag("th", "last seen live", scope="col"),
    )
    body = [_row(matrix, layout, kind, cells, across) for (layout, kind), cells in rows.items()]
    return tag(
        "section",
        tag("h2", "Pages"),
        tag(
            "p",
            "Fixtures by layout and channel. Empty cells are pages that are not recorded, or that the site does not"
            " have.",
            class_="lead",
        ),
        tag("div", tag("table", tag("thead", head), tag("tbody", *body), class_="pages"), class_="wide", tabindex="0"),
        id="pages",
    )


def _count(matrix: Matrix, channel: str) -> int:
    return sum(len(cell.fixtures) for cell in matrix.cells if cell.channel == channel)


def _row(matrix: Matrix, layout: str, kind: Kind, cells: dict[str | None, Cell], across: list[str | None]) -> Html:
    days = [cell.last_live for cell in cells.values() if cell.last_live]
    total = sum(len(cell.fixtures) for cell in cells.values())
    closed = matrix.closed.get(layout)
    return tag(
        "tr",
        tag("th", tag("code", layout), tag("span", f"closed {closed}", class_="chip") if closed else None, scope="row"),
        tag("td", kind),
        *(_cell(cells.get(name)) for name in across),
        tag("td", str(total), class_="num total"),
        tag("td", max(days)) if days else tag("td", "never", class_="never"),
    )


def _cell(cell: Cell | None) -> Html:
    if cell is None or not (cell.fixtures or cell.live_records):
        return tag("td", class_="cell")
    count = len(cell.fixtures)
    names = [tag("li", name.rpartition("/")[2]) for name in cell.fixtures]
    seen = f"{cell.live_records} live records, the last on {cell.last_live}" if cell.live_records else None
    inside = tag(
        "details", tag("summary", str(count)), join(tag("ul", *names), tag("p", seen) if seen else None), name="cell"
    )
    return tag("td", inside, class_="cell", data_deep=min(count, _DEEP))
