"""The signals of a run: hits, pages and measures by rule, in blocks of pages, as the store keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..store.interface import Signal
from .events import Seen
from .otherwise import SHORT_BODY, is_rare
from .state import Watched

BLOCK: Final = 25
"""Pages of one row of signals."""


class Signals:
    """Counts the pages of a run of a site."""

    def __init__(self, run: str, site: str) -> None:
        self._run = run
        self._site = site

    def add(self, state: Watched, seen: Seen, known: Sequence[str]) -> tuple[Signal, ...]:
        """Add a page, which hit the rules `known`, to the counts of its block; return those of a block that is full."""
        for rule in known:
            state.blocks.setdefault(rule, [0, 0])[0] += 1
        for rule in (*known, *seen.misses):
            state.blocks.setdefault(rule, [0, 0])[1] += 1
        usual = (name for name in state.traced if " " not in name or not is_rare(name))
        for name in {*seen.doubts, *seen.traces, *usual, SHORT_BODY}:
            counts = state.blocks.setdefault(f"doubt {name}", [0, 0])
            counts[0] += name not in seen.doubts and name not in seen.traces
            counts[1] += 1
        for rule, figure in seen.measures.items():
            state.figures.setdefault(rule, []).append(figure)
        if state.pages % BLOCK:
            return ()
        found = self.block(state, seen.layout)
        state.blocks, state.figures = {}, {}
        return found

    def block(self, state: Watched, layout: str) -> tuple[Signal, ...]:
        """Return the counts of the block so far."""
        number = (state.pages - 1) // BLOCK
        return tuple(
            Signal(
                run=self._run, site=self._site, layout=layout, rule=rule, block=number,
                pages=state.blocks.get(rule, (0, 0))[1], hits=state.blocks.get(rule, (0, 0))[0],
                figures=tuple(state.figures.get(rule, ())), usual=state.event is None,
            )
            for rule in sorted({*state.blocks, *state.figures})
        )  # fmt: skip
