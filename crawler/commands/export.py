"""`scrapy export SITE`: what came or changed since a cursor, for other projects to take in."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from crawler.commands.ending import EndsQuietly, close_output
from crawler.commands.help import with_epilog
from crawler.commands.stored import project_store
from crawler.records.tables import Format, NoArrow
from crawler.records.write import CannotWrite, clear_parts, not_a_file, replacing
from crawler.spiders.options import Options
from crawler.store.errors import BadCursor, StoreError
from crawler.store.export import Exported, export
from crawler.store.interface import Store
from crawler.terminal import plain

NEXT = "next cursor: "
"""How the last line on standard error begins."""

_EPILOG = f"""\
A line is a record with one key more, "revision": its name (ID@NUMBER), the one before it, its run, when it was kept.
The last line on standard error is "{NEXT}CURSOR"; it is there only if all that was asked for was written.
With --cursor-file the cursor is read from a file, and written to it once the export is safe.
With a cursor, -o FILE replaces no file, and leaves none when there is nothing new: name a new one for each run.
In CSV, text that a spreadsheet may run as a formula begins with ' (-s PORTALSIEVE_CSV_FORMULAS=1 keeps it as it is).

Exit status: 0 when all was written, also when there is nothing new; 1 when the store or the output cannot be used; 2
for a wrong call, such as a cursor of another store.

examples:
  scrapy export SITE > everything.jsonl
  scrapy export SITE --since 5f3a9c01-1200-8d2e11f0 -o new.jsonl
  scrapy export SITE --cursor-file SITE.cursor -o "new-$(date +%FT%H%M%S).parquet"
"""


class Command(EndsQuietly, ScrapyCommand):
    """Writes revisions to standard output or to a file; tells the next cursor on standard error."""

    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        """How it is called."""
        return "[options] SITE"

    def short_desc(self) -> str:
        """What it does, in a line."""
        return "Write what came or changed of a site since a cursor"

    def long_desc(self) -> str:
        """What it does."""
        return (
            "Write each revision of a site's articles that the store was given after a cursor, in that order, and print"
            " the cursor that the next export begins at. JSON lines on standard output, or a file: it appears whole or"
            " not at all; without a cursor it takes the place of one of its name. Parquet and CSV need pyarrow"
            " (portalsieve[parquet])."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """Add the options."""
        super().add_options(parser)
        add = parser.add_argument
        add("--since", metavar="CURSOR", help="only what was kept after this cursor (default: everything)")
        add(
            "--cursor-file",
            metavar="FILE",
            help="read the cursor from this file if it is there, and keep the next in it",
        )
        add(
            "--format",
            metavar="FORMAT",
            help=f"{', '.join(Format)} (default: by the ending of -o FILE; jsonl without one)",
        )
        add("-o", "--output", metavar="FILE", help="the file to write (default: standard output)")
        add("--bare", action="store_true", help="leave the revision out: the lines are records and nothing else")
        with_epilog(parser, _EPILOG)

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Export, print the next cursor, set the exit status."""
        if len(args) != 1:
            raise UsageError("give one site; `scrapy list` shows them", print_help=False)
        if opts.since is not None and opts.cursor_file is not None:
            raise UsageError("--since and --cursor-file both say where to begin: give one", print_help=False)
        wanted = _format(opts)
        try:
            with project_store(self.settings, args[0]) as store:
                done = self._export(store, args[0], wanted, opts)
        except BadCursor as error:
            raise UsageError(str(error), print_help=False) from None
        except BrokenPipeError:
            close_output()
            sys.stderr.write("not exported: standard output was closed early\n")
            self.exitcode = 1
        except (StoreError, OSError, NoArrow) as error:
            sys.stderr.write(f"not exported: {plain(str(error))}\n")
            self.exitcode = 1
        else:
            sys.stderr.write(
                f"{done.lines} {'line' if done.lines == 1 else 'lines'} of {args[0]}\n{NEXT}{done.cursor}\n"
            )

    def _export(self, store: Store, site: str, wanted: Format, opts: argparse.Namespace) -> Exported:
        since = opts.since if opts.cursor_file is None else _kept(Path(opts.cursor_file))
        for named in filter(None, (opts.output, opts.cursor_file)):
            clear_parts(Path(named).parent)
        how = {"bare": opts.bare, "formulas": Options.of(self.settings or {}).csv_formulas}
        partial = since is not None or opts.cursor_file is not None
        if opts.output is None:
            done = export(store, site, sys.stdout.buffer, since=since, wanted=wanted, **how)
            sys.stdout.flush()
        elif partial and os.path.lexists(opts.output) and not os.path.isdir(opts.output):
            raise FileExistsError(
                f"-o {opts.output}: is there already, and what an earlier cursor gave would be lost; name a new file"
            )
        elif partial and not (span := store.since(site, since)).records:
            sys.stderr.write(f"nothing is new: {plain(opts.output)} is not written\n")
            done = Exported(lines=0, cursor=span.cursor)
        else:
            with _told("-o"), replacing(opts.output) as out:
                done = export(store, site, out, since=since, wanted=wanted, **how)
        if opts.cursor_file is not None:
            with _told("--cursor-file"), replacing(opts.cursor_file) as out:
                out.write(f"{done.cursor}\n".encode())
        return done


def _format(opts: argparse.Namespace) -> Format:
    ending = Path(opts.output or "").suffix
    name = opts.format or ending.removeprefix(".") or Format.JSONL
    if opts.format is None and name not in set(Format):
        *others, last = (f".{known}" for known in Format)
        raise UsageError(
            f"-o {opts.output}: {ending} names no format; end it in {', '.join(others)} or {last}, or give --format",
            print_help=False,
        )
    if name not in set(Format):
        raise UsageError(f"--format {name}: it is one of {', '.join(Format)}", print_help=False)
    if name == Format.PARQUET and opts.output is None:
        raise UsageError("parquet is no text: name a file with -o FILE", print_help=False)
    return Format(name)


@contextlib.contextmanager
def _told(option: str) -> Iterator[None]:
    """Say of which option's file an error is."""
    try:
        yield
    except CannotWrite as error:
        raise OSError(f"{option} {error}") from error


def _kept(path: Path) -> str | None:
    """Return the cursor in a file, None if there is no such file."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        told = not_a_file(path) or f"cannot be read ({error.strerror})"
        raise OSError(f"--cursor-file {path}: {told}") from error
    except UnicodeDecodeError:
        raise BadCursor(f"{path}: holds no cursor; remove it to export everything") from None
