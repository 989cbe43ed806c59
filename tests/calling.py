"""Commands in this process: what they print and how they exit, without the seconds that an interpreter takes to start."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import subprocess
from unittest.mock import patch

from scrapy.exceptions import UsageError
from scrapy.settings import Settings


def call(name: str, *arguments: object, given: bytes = b"", **settings: object) -> subprocess.CompletedProcess[str]:
    """Run `scrapy NAME ARGUMENTS` as Scrapy's command line does, with these settings and standard input."""
    made = Settings()
    made.setmodule("crawler.settings", priority="project")
    made.setdict(settings, priority="project")
    shell = importlib.import_module(f"crawler.commands.{name}").Command()
    shell.settings = made
    parser = argparse.ArgumentParser(prog=f"scrapy {name}", conflict_handler="resolve")
    shell.add_options(parser)
    out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
    stdin = patch("sys.stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"))
    with stdin, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            opts, args = parser.parse_known_args([str(argument) for argument in arguments])
            shell.process_options(args, opts)
            shell.run(args, opts)
            status = shell.exitcode
        except UsageError as error:
            err.write(f"{error}\n")
            status = 2
    out.flush()
    printed = out.buffer.getvalue().decode()  # type: ignore[attr-defined]
    return subprocess.CompletedProcess([name, *arguments], status, printed, err.getvalue())
