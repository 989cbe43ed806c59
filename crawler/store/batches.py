"""Settles pages in batches, because waiting for the disk takes as long for a batch as for one page.

A page is not reported as settled before it is on disk. Until then it counts as in flight, so after a kill no more pages
have to be fetched again than were allowed to be in flight.
"""

from __future__ import annotations

import asyncio
import contextlib
import time

from .interface import Outcome, Settled, Store
from .judge import Judge

LINGER = 0.05
"""Seconds that the first page of a batch waits for others to join."""


class Batches:
    """Settles the pages of a run; pages that arrive close together share a transaction."""

    def __init__(self, store: Store, run: str) -> None:
        self.judge: Judge | None = None
        """Decides which records are held back."""
        self._store = store
        self._run = run
        self._waiting: list[tuple[Outcome, asyncio.Future[Settled]]] = []
        self._no_more = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """Return the number of pages that wait for their transaction."""
        return len(self._waiting)

    async def settle(self, outcome: Outcome, *, last: bool) -> Settled:
        """Write the outcome of a page and return when it is on disk; `last`: do not wait for other pages.

        Raises StoreError; then nothing of the batch is written.
        """
        future: asyncio.Future[Settled] = asyncio.get_running_loop().create_future()
        self._waiting.append((outcome, future))
        if last:
            self._no_more.set()
        if self._task is None:
            self._task = asyncio.ensure_future(self._write())
        return await future

    async def _write(self) -> None:
        try:
            while self._waiting:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._no_more.wait(), LINGER)
                self._no_more.clear()
                batch, self._waiting = self._waiting, []
                await self._settle(batch)
        finally:
            self._task = None

    async def _settle(self, batch: list[tuple[Outcome, asyncio.Future[Settled]]]) -> None:
        waiting = [future for _, future in batch]
        try:
            outcomes = [outcome for outcome, _ in batch]
            settled = await self._store.settle_all(self._run, outcomes, time.time(), self.judge)
        except Exception as error:  # noqa: BLE001 - any error is passed on to the waiting callers
            for future in waiting:
                if not future.done():
                    future.set_exception(error)
        else:
            for future, one in zip(waiting, settled, strict=True):
                if not future.done():
                    future.set_result(one)
