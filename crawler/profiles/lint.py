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
from .places import site_folders

__all__ = ["Fault", "lint", "lint_all"]


def lint(folder: Path) -> list[Fault]:
    """Return the faults of one profile folder (errors, warnings and notes) by file and line."""
    return _faults(Folder(folder))


def lint_all(folder: Path | Sequence[Path], sites: Sequence[str] = ()) -> list[Fault]:
    """Return the faults of all site folders in `folder`, or of the named `sites`.

    Of several folders the first that has a site counts. Raises `ProfileInvalid` if there are no site folders, or one of
    the names does not exist.
    """
    places = [folder] if isinstance(folder, Path) else list(folder)
    there = {path.name: path for place in reversed(places) for path in site_folders(place)}
    unknown = [site for site in sites if site not in there]
    if unknown or not there:
        listed = ", ".join(sorted(there)) or "none"
        shown = ", ".join(map(str, places))
        raise ProfileInvalid(f"no profile folder {', '.join(unknown)}; available: {listed}", file=shown)
    chosen = list(sites) or sorted(there)
    homes = dict.fromkeys(there[name].parent for name in chosen)
    folders = {path: Folder(path) for path in there.values() if path.parent in homes}
    found = [fault for name in chosen for fault in _faults(folders[there[name]])]
    names = {str(there[name] / "profile.toml") for name in chosen}
    shared = [shared_hosts(each for path, each in folders.items() if path.parent == home) for home in homes]
    return [*found, *(fault for faults in shared for fault in faults if fault.file in names)]


def _faults(folder: Folder) -> list[Fault]:
    found = {*check(folder), *advise(folder)}
    return sorted(found, key=lambda fault: (fault.file, fault.line or 0, fault.key, fault.message))
