"""The profile linter: all faults of a site's folder, with file, line and key.

`scrapy lint` prints what `lint` and `lint_all` return.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import ProfileInvalid
from .checks.advice import advise
from .checks.errors import check, shared_hosts
from .faults import Fault
from .folder import Folder
from .load import site_folders

__all__ = ["Fault", "lint", "lint_all"]


def lint(folder: Path) -> list[Fault]:
    """Return the faults of one profile folder (errors, warnings and notes) by file and line."""
    return _faults(Folder(folder))


def lint_all(folder: Path, sites: Sequence[str] = ()) -> list[Fault]:
    """Return the faults of all site folders in `folder`, or of the named `sites`.

    Raises `ProfileInvalid` if there are no site folders, or one of the names does not exist.
    """
    there = {path.name: path for path in site_folders(folder)}
    unknown = [site for site in sites if site not in there]
    if unknown or not there:
        listed = ", ".join(there) or "none"
        raise ProfileInvalid(f"no profile folder {', '.join(unknown)}; available: {listed}", file=str(folder))
    folders = {name: Folder(path) for name, path in there.items()}
    chosen = list(sites) or list(folders)
    found = [fault for name in chosen for fault in _faults(folders[name])]
    names = {str(folders[name].path / "profile.toml") for name in chosen}
    return [*found, *(fault for fault in shared_hosts(folders.values()) if fault.file in names)]


def _faults(folder: Folder) -> list[Fault]:
    found = {*check(folder), *advise(folder)}
    return sorted(found, key=lambda fault: (fault.file, fault.line or 0, fault.key, fault.message))
