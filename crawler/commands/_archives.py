"""The part of `scrapy extract` that extracts the pages of archives in several processes."""

from __future__ import annotations

import signal
import sys
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

from scrapy.exceptions import UsageError

from ..bulk.outcome import Reading, Tally, nothing_but_refused_sites
from ..bulk.output import CannotResume
from ..bulk.pool import WorkersFailed
from ..bulk.run import SameName, State, Summary, extract_archives
from ..profiles.load import Profiles
from ..records.formats import Shape
from ..records.write import CannotWrite
from ..report.progress import LINE_EVERY, Progress, duration, extraction_line
from ..report.table import print_rows
from ..spiders.options import Options
from ..terminal import STOPPED, plain
from ..warc.reader import NotAnArchive
from ._pages import Pages
from ._shared import close_output
from ._writers import to_stream


@dataclass(frozen=True, slots=True)
class ArchiveExtraction:
    """Extracts the pages of archives into `output`, or to standard output if that is None."""

    inputs: Sequence[str]
    output: str | None
    jobs: int | None
    options: Options
    reading: Reading = Reading.PROFILES

    def run(self, profiles: Profiles) -> int:
        """Extract, print a summary on standard error, and return the exit status."""
        with to_stream(sys.stdout.buffer, Shape.JSONL) as writer:
            return self._run(profiles, Pages(profiles, writer, sys.stderr, max_failed=self.options.max_failed))

    def _run(self, profiles: Profiles, printer: Pages) -> int:
        states: deque[State] = deque([State(0, 0, Tally())], maxlen=1)
        before = signal.signal(signal.SIGTERM, _stop)
        try:
            with Progress(lambda: extraction_line(states[0]), line_every=LINE_EVERY, share=lambda: states[0].share):
                summary = extract_archives(
                    self.inputs,
                    self.output,
                    sink=printer if self.output is None else None,
                    jobs=self.jobs,
                    profiles=self.options.profiles,
                    chrome=self.options.chrome,
                    progress=states.append,
                    on_lost=printer.report if self.output is not None else None,
                    max_failed=self.options.max_failed,
                    cost=self.options.cost,
                    reading=self.reading,
                )
        except KeyboardInterrupt:
            resume = "; run the same command to resume after the last finished archive" if self.output else ""
            sys.stderr.write(f"stopped{resume}\n")
            return STOPPED
        except BrokenPipeError:
            close_output()
            return int(printer.failed)
        except (CannotResume, SameName) as error:
            raise UsageError(str(error), print_help=False) from None
        except NotAnArchive as error:
            sys.stderr.write(f"{plain(str(error))}\n")
            return 1
        except CannotWrite as error:
            sys.stderr.write(f"the extraction failed: -o {plain(str(error))}\n")
            return 1
        except (WorkersFailed, OSError) as error:
            sys.stderr.write(f"the extraction failed: {plain(str(error))}\n")
            return 1
        finally:
            signal.signal(signal.SIGTERM, before)
        for reason in summary.unusable:
            sys.stderr.write(f"{plain(reason)}\n")
        if summary.too_many_failed:
            sys.stderr.write(f"failed: {summary.too_many_failed}\n")
        failed = summary.failed or nothing_but_refused_sites(summary.state.tally, profiles)
        print_rows(_rows(summary), sys.stderr, failed=failed)
        return int(failed)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise KeyboardInterrupt


def _rows(summary: Summary) -> list[tuple[str, str]]:
    state = summary.state
    resumed = f", {summary.resumed} of them in an earlier run" if summary.resumed else ""
    lost = f"{state.tally.lost} pages or archive records, each reported above" if state.tally.lost else ""
    rows = [
        ("archives", f"{summary.files}{resumed}"),
        *state.tally.rows(),
        ("lost", lost),
        ("unusable inputs", str(len(summary.unusable) or "")),
        *(("written to" if not number else "", str(path)) for number, path in enumerate(summary.written[:4])),
        ("", f"and {len(summary.written) - 4} more files" if len(summary.written) > 4 else ""),
        ("took", f"{duration(state.seconds)}, {state.rate:.0f} pages/s"),
    ]
    return [(label, plain(text)) for label, text in rows if text]
