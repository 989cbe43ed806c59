"""`scrapy export SITE`: the records that are new or changed since a cursor, for other projects to import."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ..records.remote import RemoteError, complete_file, exists, is_remote
from ..records.tables import Format, NoArrow
from ..records.write import CannotWrite, clear_parts, not_a_file, replacing
from ..store.errors import BadCursor, StoreError
from ..store.export import Exported, export
from ..store.interface import Store
from ..terminal import plain
from ._shared import Add, ProjectCommand, close_output, project_store

NEXT = "next cursor: "
"""Start of the last line on standard error."""

_EPILOG = f"""\
A line is a record with one more key, "revision": its name (ID@NUMBER), the previous revision, the run, and when it was
stored. The last line on standard error is "{NEXT}CURSOR"; it is printed only if everything was written.

With --cursor-file the cursor is read from a file, and written back to it after the export has succeeded. With a cursor,
-o FILE never replaces a file, and no file is written when there is nothing new: use a new name for each run. FILE can
be in object storage (s3://BUCKET/FILE, with the extra `s3`), where it appears when its upload is complete.

In CSV, text that a spreadsheet may run as a formula is prefixed with ' (-s PORTALSIEVE_CSV_FORMULAS=1 leaves it
unchanged).

Exit status: 0 when everything was written, also when there is nothing new; 1 when the store or the output cannot be
used; 2 for a usage error, such as a cursor of another store.

examples:
  scrapy export SITE > everything.jsonl
  scrapy export SITE --since 5f3a9c01-1200-8d2e11f0 -o new.jsonl
  scrapy export SITE --cursor-file SITE.cursor -o "new-$(date +%F).parquet"
"""


class Command(ProjectCommand, ScrapyCommand):
    """Writes revisions to standard output or to a file, and the next cursor to standard error."""

    arguments = "[options] SITE"
    summary = "Export a site's records that are new or changed since a cursor"
    description = (
        "Write the revisions of a site's articles that were stored after a cursor, in order, and print the cursor"
        " for the next export. Writes JSON lines to standard output, or a file, which appears complete or not at"
        " all and, without a cursor, replaces an existing one. Parquet and CSV need pyarrow (portalsieve[parquet])."
    )
    epilog = _EPILOG

    def _arguments(self, add: Add) -> None:
        add("--since", metavar="CURSOR", help="only what was stored after this cursor (default: everything)")
        add(
            "--cursor-file",
            metavar="FILE",
            help="read the cursor from this file if it exists, and save the next one in it",
        )
        add(
            "--format",
            metavar="FORMAT",
            help=f"{', '.join(Format)} (default: by the suffix of -o FILE, else jsonl)",
        )
        add("-o", "--output", metavar="FILE", help="the file to write (default: standard output)")
        add("--bare", action="store_true", help="leave out the revision: the lines are plain records")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Export, print the next cursor, set the exit status."""
        if len(args) != 1:
            raise UsageError("expected one site; `scrapy list` shows them", print_help=False)
        if opts.since is not None and opts.cursor_file is not None:
            raise UsageError("--since and --cursor-file cannot be combined", print_help=False)
        wanted = _format(opts)
        try:
            with project_store(self.options, args[0]) as store:
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
        since = opts.since if opts.cursor_file is None else _saved_cursor(Path(opts.cursor_file))
        for named in filter(None, (opts.output, opts.cursor_file)):
            if not is_remote(named):
                clear_parts(Path(named).parent)
        how = {"bare": opts.bare, "formulas": self.options.csv_formulas}
        partial = since is not None or opts.cursor_file is not None
        if opts.output is None:
            done = export(store, site, sys.stdout.buffer, since=since, wanted=wanted, **how)
            sys.stdout.flush()
        elif partial and _is_there(opts.output):
            raise FileExistsError(
                f"-o {opts.output}: already exists, and the changes of an earlier cursor in it would be lost; use a new"
                " name"
            )
        elif partial and not (span := store.since(site, since)).records:
            sys.stderr.write(f"nothing new: {plain(opts.output)} was not written\n")
            done = Exported(lines=0, cursor=span.cursor)
        else:
            with _naming("-o"), complete_file(opts.output) as out:
                done = export(store, site, out, since=since, wanted=wanted, **how)
        if opts.cursor_file is not None:
            with _naming("--cursor-file"), replacing(opts.cursor_file) as out:
                out.write(f"{done.cursor}\n".encode())
        return done


def _is_there(output: str) -> bool:
    """Return whether an output exists as a file or an object."""
    return exists(output) if is_remote(output) else os.path.lexists(output) and not os.path.isdir(output)


def _format(opts: argparse.Namespace) -> Format:
    ending = Path(opts.output or "").suffix
    name = opts.format or ending.removeprefix(".") or Format.JSONL
    if opts.format is None and name not in set(Format):
        *others, last = (f".{known}" for known in Format)
        raise UsageError(
            f"-o {opts.output}: {ending} is not a known suffix; use {', '.join(others)} or {last}, or give --format",
            print_help=False,
        )
    if name not in set(Format):
        raise UsageError(f"--format {name}: not one of {', '.join(Format)}", print_help=False)
    if name == Format.PARQUET and opts.output is None:
        raise UsageError("parquet is a binary format: give a file with -o FILE", print_help=False)
    return Format(name)


@contextlib.contextmanager
def _naming(option: str) -> Iterator[None]:
    """Put the option's name in front of the error of a file that cannot be written."""
    try:
        yield
    except (CannotWrite, RemoteError) as error:
        raise OSError(f"{option} {error}") from error


def _saved_cursor(path: Path) -> str | None:
    """Return the cursor in a file, None if the file does not exist."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = not_a_file(path) or f"cannot be read ({error.strerror})"
        raise OSError(f"--cursor-file {path}: {reason}") from error
    except UnicodeDecodeError:
        raise BadCursor(f"{path}: does not contain a cursor; remove it to export everything") from None
