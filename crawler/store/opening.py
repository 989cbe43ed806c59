"""Opens a project's store; the only place that chooses the database behind the interface."""

from __future__ import annotations

from pathlib import Path

from .errors import StoreMissing
from .policy import TableStore
from .sqlite import SqliteTables


def open_store(path: Path | None, *, make: bool = True) -> TableStore:
    """Return the store in the file `path`, created if missing; with None, a store in memory.

    Raises StoreMissing if it is missing and `make` is false, and any StoreError of a file that cannot be used.
    """
    if not make and path is not None and not path.exists():
        raise StoreMissing(
            f"{path}: the store does not exist yet (see PORTALSIEVE_STORE); `scrapy crawl SITE` creates it when it"
            " crawls the network; a crawl over an archive (`make crawl`) writes to output/records only"
        )
    return TableStore(SqliteTables(path))
