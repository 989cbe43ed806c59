"""Extraction of archives in several processes: the function behind `scrapy extract --warc FILE… --jobs N -o OUT`."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from .. import __version__
from ..extract import PROFILES, profiles_in
from ..heuristics.forest import forest
from ..records.quarantine import QuarantineEntry
from ..records.remote import Staged, exists, is_remote
from ..records.runs import MAX_FAILED
from ..records.write import ChromeLevel
from ..warc.reader import SUFFIXES, NotAnArchive
from .cost import Cost
from .messages import Batch, Setup
from .outcome import LOST, Reading, Tally
from .output import CannotResume, Head, Output
from .pool import Pool
from .sources import Copies, Source, sources_in


class SameName(ValueError):  # noqa: N818 - states what is wrong
    """The records of two archives would go to the same file. The message has their names and what to do."""


class State(msgspec.Struct):
    """The progress of a run: bytes of archives `read` of `size`, `tally` so far, pages of this run, its seconds."""

    read: int
    size: int
    tally: Tally
    pages: int = 0
    seconds: float = 0.0
    begun: int = 0
    """Bytes that were read by earlier runs."""

    @property
    def share(self) -> float:
        """The share of the bytes that is read, from 0 to 1."""
        return self.read / self.size if self.size else 1.0

    @property
    def left(self) -> float | None:
        """Estimated seconds left; None while unknown."""
        read = self.read - self.begun
        return self.seconds * (self.size - self.read) / read if read and self.seconds else None

    @property
    def rate(self) -> float:
        """Pages per second of this run."""
        return self.pages / self.seconds if self.seconds else 0.0


class Summary(msgspec.Struct, frozen=True):
    """The outcome of a run.

    `files` is the number of archives, `resumed` how many of them were finished by earlier runs; `unusable` has an error
    message for each input that could not be used, `written` the files, or the URLs of objects. At most `max_failed`
    percent of the pages may fail.
    """

    state: State
    files: int
    resumed: int
    unusable: tuple[str, ...]
    written: tuple[Path | str, ...] = ()
    max_failed: float = MAX_FAILED

    @property
    def failed(self) -> bool:
        """Whether the exit status should be 1."""
        return bool(self.unusable or self.too_many_failed) or self.state.tally.failed

    @property
    def too_many_failed(self) -> str | None:
        """An error message if too large a share of the pages failed, else None."""
        return self.state.tally.too_many_failed(self.max_failed)


class Sink(Protocol):
    """Receives batches in the order of the input."""

    def write(self, batch: Batch) -> None:
        """Receive a batch of the current input."""

    def finished(self) -> None:
        """Called after the last batch of the current input."""


def extract_archives(
    inputs: Iterable[Path | str],
    output: Path | str | None = None,
    *,
    sink: Sink | None = None,
    jobs: int | None = None,
    profiles: Path | Sequence[Path] = PROFILES,
    chrome: ChromeLevel = ChromeLevel.FULL,
    progress: Callable[[State], None] | None = None,
    on_lost: Callable[[QuarantineEntry], None] | None = None,
    max_failed: float = MAX_FAILED,
    cost: Cost = Cost(),  # noqa: B008 - it is immutable
    reading: Reading = Reading.PROFILES,
) -> Summary:
    """Extract the pages of WARC files, or of folders of them, in `jobs` processes (None: one per core).

    Records are written to `output` in the order of the input: to a file, or to one file per archive in a folder (a path
    that ends with a slash or is a folder). Pages without a record go to a file next to it, NAME.quarantine.jsonl. Files
    appear only when they are complete. Called again after a kill, it resumes after the last finished archive. Without
    `output`, the batches are passed to `sink`.

    Inputs and `output` can be fsspec URLs, such as s3://bucket/folder/: archives are copied to a temporary file while
    they are read, and the output is uploaded when all of it is complete.

    `progress` is called a few times per second, `on_lost` for everything that is lost: damaged records of an archive,
    and pages that crashed their worker. Memory depends on `jobs`, not on the archives. The summary is `failed` if more
    than `max_failed` percent of at least 20 pages of known sites have no record.

    `reading` says which pages are read without a profile. A page that exceeds `cost` is quarantined as `too_costly`,
    and the run continues.

    Raises CannotResume, SameName, WorkersFailed, ProfileInvalid, NotAnArchive if no input is an archive, and OSError if
    the output cannot be written (RemoteError for object storage). Workers are new interpreters: a script that calls
    this function needs `if __name__ == "__main__":`.
    """
    sources, unusable = _sources(inputs)
    if not sources:
        raise NotAnArchive("; ".join(unusable) or "no archive is given")
    sizes = [source.size for source in sources]
    state = State(0, sum(sizes), Tally())
    folders = [profiles] if isinstance(profiles, Path) else profiles
    versions = {site: profile.version for site, profile in sorted(profiles_in(folders).items())}
    if reading is not Reading.PROFILES:
        versions = {**(versions if reading is Reading.REST else {}), "": forest().version}
    out: Output | None = None
    staged = Staged(output, kept=True) if isinstance(output, str) and is_remote(output) else None
    if output is not None:
        head = Head(
            inputs=tuple((source.name, source.size, source.version) for source in sources),
            chrome=chrome,
            profiles=versions,
            portalsieve=__version__,
        )
        place = staged.place if staged is not None else Path(output)
        sink = out = Output(place, head, _names(sources) if is_folder(output) else None)
        if staged is not None and not out.done:
            _refuse_existing(staged, out)
    if sink is None:
        raise ValueError("either output or sink is required")
    done = len(out.done) if out is not None else 0
    if out is not None:
        state.tally = out.tally
    offsets = [sum(sizes[:number]) for number in range(len(sizes))]
    todo = [*enumerate(sources)][done:]
    copies = Copies()
    state.read = state.begun = sum(sizes[:done])
    began = time.monotonic()
    try:
        if todo:
            with Pool(jobs or cores(), Setup(tuple(map(str, folders)), chrome, cost, reading)) as pool:
                for result in pool.results(copies.local(number, source) for number, source in todo):
                    state.seconds = time.monotonic() - began
                    if result is not None:
                        if result.end:
                            sink.finished()
                            copies.drop(result.index)
                        else:
                            copies.rename(result.batch, result.index, sources[result.index])
                            sink.write(result.batch)
                            state.tally.add(result.batch.tally)
                            state.pages += result.batch.tally.pages
                            _report_lost(result.batch, on_lost)
                        state.read = offsets[result.index] + result.read
                    elif progress is not None:
                        progress(state)
        written: tuple[Path | str, ...] = ()
        if out is not None and staged is not None:
            written = tuple(map(staged.url_of, out.publish(staged.upload)))
            staged.remove()  # before the state is closed: without it, what is left would be taken for another output
        elif out is not None:
            written = tuple(out.publish())
    finally:
        copies.close()
        if out is not None:
            out.close()
    return Summary(state, len(sources), done, tuple(unusable), written, max_failed)


def _refuse_existing(staged: Staged, out: Output) -> None:
    """Raise CannotResume if an object of the output exists, RemoteError if the storage cannot be used."""
    with contextlib.ExitStack() as refused:
        refused.callback(staged.remove)
        refused.callback(out.close)
        there = next((url for url in map(staged.url_of, out.files) if exists(url)), None)
        if there is not None:
            raise CannotResume(f"{there} already exists; choose another output")
        refused.pop_all()


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_folder(output: Path | str) -> bool:
    """Return whether an output is a folder: it exists as one, or its name ends with a slash."""
    return str(output).endswith(("/", os.sep)) or Path(output).is_dir()


def _sources(inputs: Iterable[Path | str]) -> tuple[list[Source], list[str]]:
    """Return the archives, each with its path relative to the given folder, and an error message per unusable input."""
    sources: list[Source] = []
    unusable: list[str] = []
    for given in inputs:
        try:
            sources += sources_in(given)
        except (NotAnArchive, OSError) as error:
            unusable.append(str(error))
    return sources, unusable


def _names(sources: Sequence[Source]) -> list[Path]:
    """Return the name of each archive's file of records. Raises SameName if two would be the same."""
    names: dict[Path, str] = {}
    for source in sources:
        plain = source.place.name
        for suffix in sorted(SUFFIXES, key=len, reverse=True):
            plain = plain.removesuffix(suffix)
        target = source.place.with_name(f"{plain}.jsonl")
        if target in names:
            raise SameName(
                f"{source.name} and {names[target]} would both be written to {target}; give a file as output"
            )
        names[target] = source.name
    return list(names)


def _report_lost(batch: Batch, on_lost: Callable[[QuarantineEntry], None] | None) -> None:
    if on_lost is None or not any(failure in LOST for failure in batch.tally.refused):
        return
    for line in batch.entries.splitlines():
        entry = msgspec.json.decode(line, type=QuarantineEntry)
        if entry.failure in LOST:
            on_lost(entry)
