"""Errors of the store. Each message names the file and the next step."""

from __future__ import annotations


class StoreError(Exception):
    """Base class of the store's errors."""


class StoreDamaged(StoreError):  # noqa: N818
    """The file's content is not what was written to it."""

    def __init__(self, file: str, fault: str) -> None:
        super().__init__(
            f"{file}: the store is damaged: {fault}. Restore a backup, or move the file away (with its -wal and -shm"
            " files) to start over; the records published under output/records are not affected"
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
