"""Archives to records over several processes: the call behind `scrapy extract --warc FILE… --jobs N -o OUT`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from crawler import __version__
from crawler.bulk.cost import Cost
from crawler.bulk.messages import Batch, Setup
from crawler.bulk.outcome import LOST, Tally
from crawler.bulk.output import Head, Output
from crawler.bulk.pool import Pool
from crawler.extract import PROFILES, profiles_in
from crawler.records.quarantine import QuarantineEntry
from crawler.records.runs import MAX_FAILED
from crawler.records.write import ChromeLevel
from crawler.warc.reader import SUFFIXES, NotAnArchive, archive_files


class SameName(ValueError):  # noqa: N818 - states what is wrong
    """Two archives whose records would go to one file of a folder. The message names them and says what would do."""


class State(msgspec.Struct):
    """How far a run is: bytes of archives `read` of `size`, the `tally` so far, pages of this run, seconds it took."""

    read: int
    size: int
    tally: Tally
    pages: int = 0
    seconds: float = 0.0
    begun: int = 0
    """Bytes that earlier runs had read."""

    @property
    def left(self) -> float | None:
        """Seconds that are left at the pace so far; None while nothing can be said."""
        read = self.read - self.begun
        return self.seconds * (self.size - self.read) / read if read and self.seconds else None

    @property
    def rate(self) -> float:
        """Pages a second of this run."""
        return self.pages / self.seconds if self.seconds else 0.0


class Summary(msgspec.Struct, frozen=True):
    """What came of a run.

    `files` are the archives read, `resumed` how many of them earlier runs had done; `unusable` says which inputs could
    not be used and why, `written` names the files. More than `max_failed` percent of the pages must not fail.
    """

    state: State
    files: int
    resumed: int
    unusable: tuple[str, ...]
    written: tuple[Path, ...] = ()
    max_failed: float = MAX_FAILED

    @property
    def failed(self) -> bool:
        """Whether the exit status should tell of a failure."""
        return bool(self.unusable or self.too_many_failed) or self.state.tally.failed

    @property
    def too_many_failed(self) -> str | None:
        """What is wrong where too large a share of the pages failed."""
        return self.state.tally.too_many_failed(self.max_failed)


class Taker(Protocol):
    """Takes batches in the order of the input."""

    def write(self, batch: Batch) -> None:
        """Take a batch of the input that is under way."""

    def finished(self) -> None:
        """Hear that the input under way is wholly done."""


def extract_archives(
    inputs: Iterable[Path | str],
    output: Path | str | None = None,
    *,
    taker: Taker | None = None,
    jobs: int | None = None,
    profiles: Path = PROFILES,
    chrome: ChromeLevel = ChromeLevel.FULL,
    progress: Callable[[State], None] | None = None,
    told: Callable[[QuarantineEntry], None] | None = None,
    max_failed: float = MAX_FAILED,
    cost: Cost = Cost(),  # noqa: B008 - it cannot change
) -> Summary:
    """Take the pages of WARC files, or of folders of them, apart in `jobs` processes (None: one for each core).

    Records go to `output`, in the order of the input: to a file, or into a folder (a path that ends with a slash or is
    one) a file for each archive; pages without a record to a file beside it that ends with .quarantine.jsonl. Files
    appear whole. Called again after a kill, it goes on behind the last archive that was wholly done. Without `output`,
    `taker` is given the batches.

    `progress` is called a few times a second, `told` for everything that is lost: damaged records of an archive, and
    pages that ended their worker. Memory depends on `jobs`, not on the archives. The summary has `failed` where more
    than `max_failed` percent of at least 20 pages of known sites gave no record.

    A page that exceeds `cost` is quarantined as `too_costly`, and the run goes on.

    Raises CannotResume, SameName, WorkersFailed, ProfileInvalid, NotAnArchive where no input is one, and OSError where
    the output cannot be written. Workers are fresh interpreters: a script that calls this needs
    `if __name__ == "__main__":`.
    """
    sources, unusable = _sources(inputs)
    if not sources:
        raise NotAnArchive("; ".join(unusable) or "no archive is given")
    sizes = [file.stat().st_size for file, _ in sources]
    state = State(0, sum(sizes), Tally())
    versions = {site: profile.version for site, profile in sorted(profiles_in(profiles).items())}
    out: Output | None = None
    if output is not None:
        head = Head(
            inputs=tuple((str(file), file.stat().st_size, file.stat().st_mtime_ns) for file, _ in sources),
            chrome=chrome,
            profiles=versions,
            portalsieve=__version__,
        )
        taker = out = Output(Path(output), head, _names(sources) if is_folder(output) else None)
    if taker is None:
        raise ValueError("give an output or a taker")
    done = len(out.done) if out is not None else 0
    if out is not None:
        state.tally = out.tally
    offsets = [sum(sizes[:number]) for number in range(len(sizes))]
    todo = [(number, file, sizes[number]) for number, (file, _) in enumerate(sources) if number >= done]
    state.read = state.begun = sum(sizes[:done])
    began = time.monotonic()
    try:
        if todo:
            with Pool(jobs or cores(), Setup(str(profiles), chrome, cost)) as pool:
                for result in pool.results(todo):
                    state.seconds = time.monotonic() - began
                    if result is not None:
                        if result.end:
                            taker.finished()
                        else:
                            taker.write(result.batch)
                            state.tally.add(result.batch.tally)
                            state.pages += result.batch.tally.pages
                            _tell(result.batch, told)
                        state.read = offsets[result.index] + result.read
                    elif progress is not None:
                        progress(state)
        written = tuple(out.publish()) if out is not None else ()
    finally:
        if out is not None:
            out.close()
    return Summary(state, len(sources), done, tuple(unusable), written, max_failed)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def is_folder(output: Path | str) -> bool:
    """Tell whether an output is a folder, by its name or because it is one."""
    return str(output).endswith(("/", os.sep)) or Path(output).is_dir()


def _sources(inputs: Iterable[Path | str]) -> tuple[list[tuple[Path, Path]], list[str]]:
    """Return the archives, each with its name within the folder that was given, and why other inputs are none."""
    sources: list[tuple[Path, Path]] = []
    unusable: list[str] = []
    for given in inputs:
        root = Path(given) if Path(given).is_dir() else Path(given).parent
        try:
            sources += [(file, file.relative_to(root)) for file in archive_files(given)]
        except (NotAnArchive, OSError) as error:
            unusable.append(str(error))
    return sources, unusable


def _names(sources: Sequence[tuple[Path, Path]]) -> list[Path]:
    """Return the name of each archive's records; raises SameName where two would have the same."""
    names: dict[Path, Path] = {}
    for file, name in sources:
        plain = name.name
        for suffix in sorted(SUFFIXES, key=len, reverse=True):
            plain = plain.removesuffix(suffix)
        target = name.with_name(f"{plain}.jsonl")
        if target in names:
            raise SameName(f"{file} and {names[target]} would both be written to {target}; give a file as output")
        names[target] = file
    return list(names)


def _tell(batch: Batch, told: Callable[[QuarantineEntry], None] | None) -> None:
    if told is None or not any(failure in LOST for failure in batch.tally.refused):
        return
    for line in batch.entries.splitlines():
        entry = msgspec.json.decode(line, type=QuarantineEntry)
        if entry.failure in LOST:
            told(entry)
