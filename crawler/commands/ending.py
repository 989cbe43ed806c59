"""How a command ends when somebody ends it: whoever reads has enough, or whoever called it presses Ctrl-C."""

from __future__ import annotations

import argparse
import os
import sys

STOPPED = 130
"""The exit status of what a SIGINT ended, by the shells' custom: 128 and the signal's number."""


class EndsQuietly:
    """Mixed into a command, whose `work` then is what it does: no trace of Python when it is cut short."""

    exitcode: int

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do the work; a closed standard output ends it with the status so far, an interrupt with `STOPPED`."""
        try:
            self.work(args, opts)
            sys.stdout.flush()
        except BrokenPipeError:
            close_output()
        except KeyboardInterrupt:
            sys.stderr.write("stopped\n")
            self.exitcode = STOPPED

    def work(self, args: list[str], opts: argparse.Namespace) -> None:
        """Do what the command is for, and set `exitcode`."""
        raise NotImplementedError


def close_output() -> None:
    """Let nothing more be written to a standard output that nobody reads, also not by the interpreter at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
