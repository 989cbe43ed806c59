"""Checks of a release: `python -m tests.release v1.2.3` fails if the tag, the version and the changelog differ."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def fragments() -> list[Path]:
    """Return the files that describe what has changed since the last release."""
    return sorted(path for path in (ROOT / "changes").iterdir() if path.name != "README.md")


def faults(tag: str) -> list[str]:
    """Return what speaks against releasing `tag`."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    stated = re.search(
        r'^__version__ = "(.+)"$', (ROOT / "crawler/__init__.py").read_text(encoding="utf-8"), re.MULTILINE
    )
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = []
    if tag != f"v{version}":
        found.append(f"the tag is {tag}, but pyproject.toml has version {version}")
    if stated is None or stated[1] != version:
        found.append(f"crawler.__version__ is {stated and stated[1]}, but pyproject.toml has version {version}")
    if not re.search(rf"^## {re.escape(version)}( |$)", changelog, re.MULTILINE):
        found.append(f"CHANGELOG.md has no section '## {version}': nox -s changelog -- {version}")
    if left := [path.name for path in fragments()]:
        found.append(f"changes/ has files that are not in CHANGELOG.md: {', '.join(left)}")
    return found


if __name__ == "__main__":
    problems = faults(sys.argv[1])
    sys.stderr.write("".join(f"{problem}\n" for problem in problems))
    sys.exit(bool(problems))
