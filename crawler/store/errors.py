"""Why a store cannot be used. Each message names the file and the next step."""

from __future__ import annotations


class StoreError(Exception):
    """Base of what a store raises on purpose."""


class StoreDamaged(StoreError):  # noqa: N818
    """What the file holds is not what was written."""

    def __init__(self, file: str, fault: str) -> None:
        super().__init__(
            f"{file}: the store is damaged: {fault}. Put a backup in its place, or move it away (with its -wal and -shm"
            " files) to crawl anew; what was published under output/records stays"
        )


class StoreMissing(StoreError):  # noqa: N818
    """There is no store, and none is to be made."""


class StoreRefused(StoreError):  # noqa: N818
    """A file that is no store, or one of another version."""


class StoreUnusable(StoreError):  # noqa: N818
    """The disk is full, the file cannot be written, another process holds it for too long."""


class RunBusy(StoreError):  # noqa: N818
    """Another process crawls this run."""


class BadCursor(StoreError):  # noqa: N818
    """A cursor that this store did not give."""
