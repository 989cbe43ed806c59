"""Opens a project's store; the only place that chooses the database behind the interface."""

from __future__ import annotations

from pathlib import Path

from ..terminal import as_called
from .errors import StoreMissing
from .policy import TableStore
from .postgres import LEASE, PostgresTables
from .server import is_server
from .sqlite import SqliteTables


def open_store(place: Path | str | None, *, make: bool = True, lease: float = LEASE, wait: float = 0.0) -> TableStore:
    """Return the store in a file, or in the PostgreSQL database at a URL; with None, a store in memory.

    It is created if missing; raises StoreMissing if `make` is false then, and any StoreError of a store that cannot be
    used. `lease`: after how many seconds of silence the pages of a process that shares a database go to others.
    `wait`: for how many seconds a database that does not answer any more is waited for.
    """
    return TableStore(open_tables(place, make=make, lease=lease, wait=wait))


def open_tables(
    place: Path | str | None, *, make: bool = True, lease: float = LEASE, wait: float = 0.0
) -> SqliteTables | PostgresTables:
    """Return the tables of a store; see `open_store`."""
    if isinstance(place, str) and is_server(place):
        return PostgresTables(place, make=make, lease=lease, wait=wait)
    path = Path(place) if place is not None else None
    if not make and path is not None and not path.exists():
        raise StoreMissing(
            f"{path}: the store does not exist yet (see PORTALSIEVE_STORE); "
            + as_called("`scrapy crawl SITE` creates it when it crawls the network; ")
            + "a crawl over an archive (-a archive=FILE) writes to output/records only"
        )
    return SqliteTables(path)
