"""The part of `scrapy extract` that takes archives apart over several processes."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

from scrapy.exceptions import UsageError

from crawler.bulk.outcome import in_vain
from crawler.bulk.output import CannotResume
from crawler.bulk.pool import WorkersFailed
from crawler.bulk.run import SameName, Summary, extract_archives
from crawler.commands.ending import STOPPED, close_output
from crawler.commands.pages import Pages
from crawler.profiles.load import Profiles
from crawler.records.write import CannotWrite
from crawler.report.meter import Meter, span
from crawler.report.table import print_rows
from crawler.spiders.options import Options
from crawler.terminal import plain
from crawler.warc.reader import NotAnArchive


@dataclass(frozen=True, slots=True)
class Bulk:
    """One call: archives in, records to `output` or, without it, to standard output."""

    inputs: Sequence[str]
    output: str | None
    jobs: int | None
    options: Options

    def run(self, profiles: Profiles) -> int:
        """Extract, tell on standard error what came of it, and return the exit status."""
        printer = Pages(profiles, sys.stdout.buffer, sys.stderr, max_failed=self.options.max_failed)
        before = signal.signal(signal.SIGTERM, _stop)
        try:
            with Meter() as meter:
                summary = extract_archives(
                    self.inputs,
                    self.output,
                    taker=printer if self.output is None else None,
                    jobs=self.jobs,
                    profiles=self.options.profiles,
                    chrome=self.options.chrome,
                    progress=meter.show,
                    told=printer.tell if self.output is not None else None,
                    max_failed=self.options.max_failed,
                    cost=self.options.cost,
                )
        except KeyboardInterrupt:
            again = "; the same call goes on behind the last archive that was wholly done" if self.output else ""
            sys.stderr.write(f"stopped{again}\n")
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
        failed = summary.failed or in_vain(summary.state.tally, profiles)
        print_rows(_rows(summary), sys.stderr, failed=failed)
        return int(failed)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise KeyboardInterrupt


def _rows(summary: Summary) -> list[tuple[str, str]]:
    state = summary.state
    resumed = f", {summary.resumed} of them by an earlier run" if summary.resumed else ""
    lost = f"{state.tally.lost} pages or records of archives, each named above" if state.tally.lost else ""
    rows = [
        ("archives", f"{summary.files}{resumed}"),
        *state.tally.rows(),
        ("lost", lost),
        ("inputs not usable", str(len(summary.unusable) or "")),
        *(("written to" if not number else "", str(path)) for number, path in enumerate(summary.written[:4])),
        ("", f"and {len(summary.written) - 4} more files" if len(summary.written) > 4 else ""),
        ("took", f"{span(state.seconds)}, {state.rate:.0f} pages/s"),
    ]
    return [(label, plain(text)) for label, text in rows if text]
