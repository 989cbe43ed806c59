"""Pages settled together: waiting for the disk costs a batch what it costs a page.

Nobody is told that a page is settled before it is on the disk. Until then it counts as under way, so a process that is
killed has as many pages to fetch again as it was allowed to have under way, and no more.
"""

from __future__ import annotations

import asyncio
import contextlib
import time

from crawler.store.interface import Outcome, Settled, Store

LINGER = 0.05
"""Seconds that the first page of a batch waits for others."""


class Batches:
    """Settles the pages of a run, those that come close together in one transaction."""

    def __init__(self, store: Store, run: str) -> None:
        self._store = store
        self._run = run
        self._waiting: list[tuple[Outcome, asyncio.Future[Settled]]] = []
        self._no_more = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """How many pages wait for their transaction."""
        return len(self._waiting)

    async def settle(self, outcome: Outcome, *, last: bool) -> Settled:
        """Write all that came of a page, and return when it is on the disk; `last`: no other page is to be waited for.

        Raises StoreError; the whole batch is unwritten then.
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
            settled = await self._store.settle_all(self._run, [outcome for outcome, _ in batch], time.time())
        except Exception as error:  # noqa: BLE001 - whoever waits is told, whatever it is
            for future in waiting:
                if not future.done():
                    future.set_exception(error)
        else:
            for future, one in zip(waiting, settled, strict=True):
                if not future.done():
                    future.set_result(one)
