"""Repairs of a site for a terminal: what moved, why a repair is not sure, and the diff."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from ..drift.repair.engine import Repair
from ..terminal import plain

_PAGES = 5


def print_repairs(found: Sequence[Repair], stream: TextIO) -> None:
    """Print each repair: its state, the rules that moved, the pages that are still wrong, the diff."""
    for one in found:
        state = "sure" if one.sure else "found, not sure" if one.diff else "not found"
        stored = sum(page.stored for page in one.pages)
        right = sum(not page.after for page in one.pages)
        stream.write(
            f"{plain(one.site)}/{plain(one.layout)}: {state}; {right} of {len(one.pages)} changed pages right"
            f" ({stored} with their earlier text), {one.kept} stored pages unchanged\n"
        )
        if one.new_layout is not None:
            stream.write(f"  a layout of its own, {plain(one.new_layout)}: old pages still need the old rules\n")
        for note in one.moved:
            where = plain(note.css) if note.css else f"not found: {note.why}"
            others = f" (also possible: {plain(', '.join(note.candidates[:3]))})" if note.candidates else ""
            stream.write(f"  {plain(note.rule)}: {where}{others if not one.sure else ''}\n")
        for doubt in one.doubts:
            stream.write(f"  doubt: {plain(doubt)}\n")
        for page in [page for page in one.pages if page.after][:_PAGES]:
            stream.write(f"  still wrong: {plain(page.url)}: {', '.join(page.after)}\n")
        stream.write("\n")
        for line in one.diff.splitlines():
            stream.write(plain(line) + "\n")
    if not found:
        stream.write("nothing to repair: all pages are read as before\n")
    stream.flush()
