"""The log of runs: one line per run in output/runs.jsonl, with its outcome and the versions that were used."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import msgspec

from ..errors import Failure
from .model import SCHEMA_VERSION, Coverage, Flag
from .read import read_lines
from .write import append_line

MAX_FAILED = 5.0
"""Default for the percentage of a run's pages that may fail."""

JUDGED = 20
"""Minimum number of pages for a run to be judged by the share that failed: in smaller runs one page would decide."""


def too_many_failed(failed: int, pages: int, max_failed: float) -> str | None:
    """Return the fault of a run in which more than `max_failed` percent of its pages failed, else None.

    `failed` of the `pages` had no usable response or were quarantined.
    """
    if pages < JUDGED or failed * 100 <= pages * max_failed:
        return None
    share = f"{failed * 100 / pages:.1f} %, more than the {max_failed:g} % that PORTALSIEVE_MAX_FAILED allows"
    return f"{failed} of {pages} pages failed or were quarantined ({share})"


class RunStatus(StrEnum):
    """How a run ended. STOPPED means that a person or the system interrupted it (Ctrl-C, SIGTERM)."""

    OK = "ok"
    STOPPED = "stopped"
    FAILED = "failed"


class RunCounts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Counts of a run.

    `pages` were read; of these, `records` were written and `quarantined` were refused; `links` to articles were found.
    `misses` are requests that are not in the archive, `damaged` its unreadable entries, `failed` requests without a
    usable response.
    """

    pages: int = 0
    records: int = 0
    quarantined: int = 0
    links: int = 0
    misses: int = 0
    damaged: int = 0
    failed: int = 0


class Versions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The versions that produced a run's records; None for a library that is not installed."""

    portalsieve: str
    schema: str
    profile: str
    python: str
    scrapy: str | None
    selectolax: str | None

    @classmethod
    def current(cls, *, portalsieve: str, profile: str) -> Versions:
        """Return the current versions; `profile` is the digest of the profile's files. Imports no library."""
        return cls(
            portalsieve=portalsieve,
            schema=SCHEMA_VERSION,
            profile=profile,
            python=platform.python_version(),
            scrapy=_installed("scrapy"),
            selectolax=_installed("selectolax"),
        )


class RunLine(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One run: its times (RFC 3339), how it ended and why, and totals over its records.

    `layouts`, `flags` and `failures` count records by layout id, records by flag, and refused pages by failure.
    """

    run: str
    site: str
    started: str
    finished: str
    status: RunStatus
    reason: str
    counts: RunCounts
    layouts: dict[str, int]
    coverage: Coverage
    flags: dict[Flag, int]
    failures: dict[Failure, int]
    versions: Versions


def append_run(path: Path | str, line: RunLine) -> None:
    """Append `line` to the log at `path`; safe for runs that end at the same time."""
    append_line(path, line)


def read_runs(path: Path | str) -> Iterator[RunLine]:
    """Iterate over the runs of the log at `path`, the earliest to end first. Errors as in `read_lines`."""
    return read_lines(path, RunLine)


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
