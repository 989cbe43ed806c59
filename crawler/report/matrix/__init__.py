"""A site's coverage matrix as an HTML file: pages by layout and channel, and the fixtures of every rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...records.model import Kind
from ...regression.hits import Hits
from ...regression.matrix import Cell, Matrix
from ..look.document import REPORT, page

UNKNOWN_CHANNEL = "unknown"
"""The heading of pages without a channel."""
STATES = {
    "unused": "unused",
    "single-fixture": "one fixture",
    "unproven": "unproven",
    "standby": "standby",
    "proved": "proved",
}
"""The states of a rule, worst first, with their labels."""
_HERE = Path(__file__).resolve().parent
_DEEP = 4
"""Number of fixtures from which a cell has the full tint."""
_SHOWN = 12
"""How many fixtures are listed by name."""


def render(matrix: Matrix, title: str) -> str:
    """Return the report on `matrix`; `title` is the portal's name for people."""
    count = sum(len(cell.fixtures) for cell in matrix.cells)
    runs = f"{matrix.live_runs} live runs in the logs" if matrix.live_runs else "no live runs in the logs"
    channels = _channels(matrix)
    files: dict[str, list[Hits]] = {}
    for one in matrix.rules:
        files.setdefault(one.rule.file, []).append(one)
    return page(
        "matrix/matrix.html",
        title=f"{matrix.site}: coverage matrix",
        styles=[REPORT, _HERE / "matrix.css"],
        script=_HERE / "matrix.js",
        class_="report",
        heading=f"{title}: coverage by fixtures",
        chips=[matrix.site, f"{count} fixtures", f"{len(matrix.rules)} rules", runs],
        matrix=matrix,
        key_figures=_figures(matrix),
        channels=channels,
        unknown_channel=UNKNOWN_CHANNEL,
        rows=_rows(matrix, channels),
        deep=_DEEP,
        states=STATES,
        state_of=state_of,
        counts={state: sum(state_of(one) == state for one in matrix.rules) for state in STATES},
        files=[*files.items()],
        shown=_SHOWN,
    )


def state_of(one: Hits) -> str:
    """Return the state of a rule, a key of STATES."""
    if one.hit:
        return "single-fixture" if len(one.hit) == 1 else "proved"
    if one.standing_by:
        return "standby"
    return "unproven" if one.rule.unproven is not None else "unused"


def _figures(matrix: Matrix) -> list[tuple[str, str, str]]:
    """Return the key figures with their labels and states; those that need attention are marked."""
    proved = sum(bool(one.hit) for one in matrix.rules)
    return [
        (f"{proved}/{len(matrix.rules)}", "rules hit by a fixture", ""),
        (str(len(matrix.unused)), "rules hit by no fixture", "bad" if matrix.unused else "good"),
        (str(len(matrix.single_fixture)), "rules hit by one fixture", ""),
        (str(len(matrix.standing_by)), "standby rules, after an earlier one", ""),
        (str(len(matrix.unproven)), "rules marked unproven", ""),
        (str(len(matrix.misfiled)), "chrome texts in a body", "bad" if matrix.unreviewed_misfiled else "good"),
    ]


def _channels(matrix: Matrix) -> list[str | None]:
    """Return the columns: the channels with most fixtures first, None for pages without one."""
    counts: dict[str, int] = {}
    for cell in matrix.cells:
        if cell.channel:
            counts[cell.channel] = counts.get(cell.channel, 0) + len(cell.fixtures)
    named = sorted(sorted(counts), key=lambda name: -counts[name])
    return [*named, *([None] if any(cell.channel is None for cell in matrix.cells) else [])]


def _rows(matrix: Matrix, channels: list[str | None]) -> list[dict[str, Any]]:
    rows: dict[tuple[str, Kind], dict[str | None, Cell]] = {}
    for cell in matrix.cells:
        rows.setdefault((cell.layout, cell.kind), {})[cell.channel] = cell
    return [
        {
            "layout": layout,
            "kind": kind,
            "closed": matrix.closed.get(layout),
            "cells": [cells.get(name) for name in channels],
            "total": sum(len(cell.fixtures) for cell in cells.values()),
            "last_live": max((cell.last_live for cell in cells.values() if cell.last_live), default=None),
        }
        for (layout, kind), cells in rows.items()
    ]
