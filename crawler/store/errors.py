"""Errors of the store. Each message names the file or database and the next step."""

from __future__ import annotations


class StoreError(Exception):
    """Base class of the store's errors."""


class StoreDamaged(StoreError):  # noqa: N818
    """The store's content is not what was written to it. `name` is a file or the URL of a database."""

    def __init__(self, name: str, fault: str) -> None:
        anew = (
            "set PORTALSIEVE_STORE to another database or schema"
            if "://" in name
            else "move the file away (with its -wal and -shm files)"
        )
        super().__init__(
            f"{name}: the store is damaged: {fault}. Restore a backup, or {anew} to start over; the records published"
            " under output/records are not affected"
        )


class StoreMissing(StoreError):  # noqa: N818
    """The store does not exist and must not be created."""


class StoreRefused(StoreError):  # noqa: N818
    """The file is not a store, or is a store of a newer version."""


class StoreUnusable(StoreError):  # noqa: N818
    """The disk is full, the file is not writable, or another process has locked it for too long."""


class RunBusy(StoreError):  # noqa: N818
    """Another process is working on this run."""


class BadCursor(StoreError):  # noqa: N818
    """The cursor is not from this store."""
