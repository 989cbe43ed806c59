"""A connection to a server that is made again when it is lost: a server that restarts does not end a crawl."""

from __future__ import annotations

import asyncio
import functools
import logging
import signal
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from ..terminal import plain
from .errors import StoreUnusable

if TYPE_CHECKING:
    import psycopg

WAIT = 300.0
"""Seconds to wait for a server that does not answer any more."""
_PAUSE = 0.5
"""Seconds between two attempts to connect, and before a transaction is repeated."""
_ASK_AGAIN = 30.0
"""Seconds after which a server that was waited for in vain is asked once more: an attempt may take ten itself."""

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger("portalsieve")


def first_line(error: Exception) -> str:
    """Return the first line of an error's message."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


class Uncommitted(StoreUnusable):
    """The connection was lost in a transaction, which is known not to have been committed; it is connected again.

    `wait` is the number of seconds for which the transaction is to be repeated at most.
    """

    def __init__(self, message: str, wait: float) -> None:
        super().__init__(message)
        self.wait = wait


class Patience:
    """For how many seconds the connections of a store wait for their server, together; `name` is the store's."""

    def __init__(self, name: str, wait: float) -> None:
        self.name = name
        self.wait = wait
        self.over = wait <= 0
        """Whether the server was waited for in vain: nothing waits again before it answers."""
        self.asked = 0.0
        """When it was asked last since then."""

    def give_up(self) -> None:
        """Note that the server was waited for, or asked once more, in vain."""
        self.over, self.asked = True, time.monotonic()

    @property
    def may_ask(self) -> bool:
        """Whether it is time to ask once more, without waiting."""
        return self.wait > 0 and time.monotonic() - self.asked >= _ASK_AGAIN


class Link:
    """A connection that `connect` makes. When it is lost, work that may be done twice waits for the server.

    Methods raise the driver's errors; those of a server that stays away are the error by which the connection was lost.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], patience: Patience) -> None:
        self._connect = connect
        self._patience = patience
        self.connection = connect()
        self.since = time.monotonic()
        """When the connection was made."""

    @property
    def lost(self) -> bool:
        """Whether the connection is lost."""
        return self.connection.closed

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def ask(self, statement: str, values: Any = None) -> psycopg.Cursor[Any]:
        """Execute a statement that may be executed twice, as reading may; inside a transaction it is tried once."""
        return self.repeat(lambda connection: connection.execute(statement, values))

    def repeat(
        self,
        work: Callable[[psycopg.Connection[Any]], T],
        before: Callable[[psycopg.Connection[Any]], object] | None = None,
    ) -> T:
        """Return the result of work that may be done twice; `before` it is repeated something else may be needed."""
        again, end = False, time.monotonic() + self._patience.wait
        while True:
            inside = self.connection.info.transaction_status.name == "INTRANS"
            try:
                if again and before is not None:
                    before(self.connection)
                return work(self.connection)
            except Exception as error:
                if inside or not self.lost or (again and time.monotonic() > end):
                    raise
                self.renew(error)
                again = True

    def renew(self, error: Exception) -> None:
        """Connect again, or raise `error` if the server stays away, or if the user ends the crawl meanwhile."""
        patience, begun, handler = self._patience, time.monotonic(), signal.getsignal(signal.SIGINT)
        if patience.over:
            if patience.may_ask and self.try_again():
                return
            if patience.may_ask:
                patience.give_up()
            raise error
        log.warning(
            "%s: the connection is lost (%s); waiting up to %g s", patience.name, plain(first_line(error)),
            patience.wait,
        )  # fmt: skip
        while not self.try_again():
            # Scrapy's handler replaces itself when the user ends the crawl, which has to wait for the store as well.
            ended = signal.getsignal(signal.SIGINT) is not handler
            if patience.over or ended or time.monotonic() - begun > patience.wait:
                patience.give_up()
                raise error
            time.sleep(_PAUSE)
        log.warning("%s: connected again after %.1f s", patience.name, time.monotonic() - begun)

    def try_again(self) -> bool:
        """Connect once; return whether that succeeded."""
        try:
            made = self._connect()
        except Exception:  # noqa: BLE001 - any reason why it does not answer yet
            return False
        self.connection.close()
        self.connection = made
        self.since = time.monotonic()
        self._patience.over = self._patience.wait <= 0
        return True


def repeated(method: Callable[P, T]) -> Callable[P, T]:
    """Repeat a method that is one transaction when its connection was lost before it was committed."""

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        begun = time.monotonic()
        while True:
            try:
                return method(*args, **kwargs)
            except Uncommitted as error:
                if time.monotonic() - begun > error.wait:
                    raise
            time.sleep(_PAUSE)

    return call


def repeated_soon(method: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Do the same for a coroutine."""

    @functools.wraps(method)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        begun = time.monotonic()
        while True:
            try:
                return await method(*args, **kwargs)
            except Uncommitted as error:
                if time.monotonic() - begun > error.wait:
                    raise
            await asyncio.sleep(_PAUSE)

    return call
