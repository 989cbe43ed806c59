"""The processes that a program started, also those that outlived it: found by a mark in their environment (Linux)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

NAME = "PORTALSIEVE_TEST_MARK"


def mark() -> dict[str, str]:
    """Return an environment variable that a program hands down to all that it starts."""
    return {NAME: secrets.token_hex(8)}


def marked(environment: dict[str, str]) -> dict[int, list[str]]:
    """Return the running processes with that mark, each with its command line; zombies do not run."""
    wanted = f"{NAME}={environment[NAME]}".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted not in (folder / "environ").read_bytes().split(b"\0"):
                continue
            state = (folder / "stat").read_text().rpartition(") ")[2][:1]
            line = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if state not in "ZX" and int(folder.name) != os.getpid():
            found[int(folder.name)] = line
    return found


def browsers(environment: dict[str, str]) -> list[int]:
    """Return the browsers' main processes among them."""
    return [
        pid
        for pid, line in marked(environment).items()
        if any("user-data-dir" in part for part in line) and not any(part.startswith("--type=") for part in line)
    ]
