"""Who decides which records of a run are held back: a judge, asked within the transaction that settles their pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import msgspec

from .interface import Held, Outcome


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A layout that has changed: blocks of the run from `block` on are not usual.

    The pages `revisit`, which yielded no record because of it, are due for a visit by the next run. `line` is the
    decision as it is kept for the other processes of the run, the `number`th of the run, from 1.
    """

    layout: str
    block: int
    number: int
    line: bytes
    revisit: tuple[int, ...] = ()


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """A page's outcome with what is decided because of it: held pages to `release` and to `refuse`, a `change`."""

    outcome: Outcome
    release: tuple[int, ...] = ()
    refuse: Mapping[int, str] = {}
    change: Change | None = None


class Decided(msgspec.Struct, frozen=True):
    """The result of `Store.decide`: what was released, and whether it is new or changed; how many were refused."""

    released: list[tuple[Held, bool]]
    refused: int


class Judge(Protocol):
    """Decides which records of a run are held back, in the transaction that settles their pages.

    So all processes of a run judge its pages in one order, and each by all pages before. The methods are called in
    this order, `judge` once for each page; without `confirm` the transaction was not committed.
    """

    def follow(self, observed: Callable[[int], list[tuple[int, bytes]]]) -> None:
        """Take into account what other processes have observed; `observed` reads it (see `Store.observed`)."""

    def judge(self, outcome: Outcome) -> Judgement:
        """Return what is decided about a page that has something `seen`."""

    def confirm(self) -> None:
        """Note that the transaction was committed."""
