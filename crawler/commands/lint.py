"""`scrapy lint`: report the faults of the site profiles, one per line, with file, line and key."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError

from ..errors import ProfileInvalid
from ..profiles.faults import Fault, Severity
from ..profiles.lint import lint, lint_all
from ..profiles.places import site_folders
from ..spiders.options import Options
from ._shared import Add, ProjectCommand

_EPILOG = """\
Exit status: 0 when there are no faults, or only warnings and notes; 1 for errors, and with --strict for warnings; 2
for a usage error. The codes at the ends of the lines are explained in docs/profile.md.

examples:
  scrapy lint
  scrapy lint SITE --strict --notes
  scrapy lint path/to/a/site_folder --json
"""


class Command(ProjectCommand, ScrapyCommand):
    """Prints the faults of profiles."""

    arguments = "[options] [SITE|FOLDER]..."
    summary = "Check the site profiles"
    description = (
        "Check site profiles: keys, selectors, patterns, roles, rules that never match, generated class names,"
        " evidence that does not identify a layout. By default your own profiles are"
        " checked, or all if you have none. Faults are printed with file,"
        " line and key. Nothing is fetched."
    )
    epilog = _EPILOG

    def _arguments(self, add: Add) -> None:
        add("--strict", action="store_true", help="fail on warnings too")
        add("--json", action="store_true", help="print a JSON list of the faults")
        add("--notes", action="store_true", help="also show rules that are marked unproven")

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Lint, print, set the exit status."""
        try:
            sites, faults = _faults(self.options, args)
        except ProfileInvalid as error:
            raise UsageError(str(error), print_help=False) from None
        failing = {Severity.ERROR, Severity.WARNING} if opts.strict else {Severity.ERROR}
        self.exitcode = int(any(fault.severity in failing for fault in faults))
        if opts.json:
            sys.stdout.write(json.dumps([_plain(fault) for fault in faults], ensure_ascii=False, indent=2) + "\n")
            return
        for fault in faults:
            if opts.notes or fault.severity is not Severity.NOTE:
                sys.stdout.write(f"{_near(fault)}\n")
        hidden = not opts.notes and any(fault.severity is Severity.NOTE for fault in faults)
        sys.stdout.write(summary(sites, faults) + (" (shown with --notes)" if hidden else "") + "\n")


def _faults(options: Options, args: Sequence[str]) -> tuple[int, list[Fault]]:
    """Return the number of linted sites and their faults. An argument with a slash or a leading dot is a folder.

    Without arguments the user's own profiles are linted, or all if there are none.
    """
    own = options.own_profiles or options.profiles
    folders = [Path(arg) for arg in args if os.sep in arg or arg.startswith(".")]
    for folder in folders:
        if not folder.is_dir():
            raise ProfileInvalid("no such folder", file=str(folder))
    names = [arg for arg in args if Path(arg) not in folders]
    found = [fault for folder in folders for fault in lint(folder)]
    if names or not folders:
        found += lint_all(options.profiles if names else own, names)
    return len(args) or len({site.name for folder in own for site in site_folders(folder)}), found


def _plain(fault: Fault) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(_near(fault))
    return plain


def _near(fault: Fault) -> Fault:
    """Return the fault with its file relative to the working directory, if it is inside it."""
    path, here = Path(fault.file), Path.cwd()
    inside = path.is_absolute() and path.is_relative_to(here)
    return msgspec.structs.replace(fault, file=str(path.relative_to(here))) if inside else fault


def summary(sites: int, faults: Sequence[Fault]) -> str:
    """Return the last line: the numbers of profiles, errors, warnings and notes."""
    parts = [_count(sites, "profile")]
    parts += [_count(sum(fault.severity is each for fault in faults), each.value) for each in Severity]
    return f"{parts[0]}: {', '.join(parts[1:])}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
