"""Which store a project uses: the one place that chooses the database behind the interface."""

from __future__ import annotations

from pathlib import Path

from crawler.store.errors import StoreMissing
from crawler.store.policy import TableStore
from crawler.store.sqlite import SqliteTables


def open_store(path: Path | None, *, make: bool = True) -> TableStore:
    """Return the store in the file `path`, made where there is none; None: one that is gone when it is closed.

    Raises StoreMissing where none may be made, and every StoreError of a file that cannot be used.
    """
    if not make and path is not None and not path.exists():
        raise StoreMissing(
            f"{path}: there is no store yet (PORTALSIEVE_STORE names it); `scrapy crawl SITE` online makes it,"
            " a crawl over an archive (`make crawl`) keeps its records in output/records only"
        )
    return TableStore(SqliteTables(path))
