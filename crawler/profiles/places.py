"""Where profiles come from: folders of one's own, installed distributions, and the profiles that ship with the project.

The first that has a site counts. A distribution offers profiles by an entry point of the group `portalsieve.profiles`,
whose value is the package with the site folders: `mysites = "my_profiles.sites"`. It is located, never imported,
because a profile is data.
"""

from __future__ import annotations

import importlib.util
import os
import warnings
from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final

_PACKAGE = Path(__file__).resolve().parent.parent

FOLDER: Final = "site_profiles"
"""The name of a folder of profiles: the shipped one, and by default a project's own."""
INSTALLED: Final = (_PACKAGE / FOLDER).is_dir()
"""Whether this is an installed package, whose files belong to the installer; else it is a checkout."""
SHIPPED: Final = (_PACKAGE if INSTALLED else _PACKAGE.parent) / FOLDER
"""The profiles that ship with the project."""
VARIABLE: Final = "PORTALSIEVE_PROFILES"
"""The environment variable with folders of one's own, separated as in PATH."""
GROUP: Final = "portalsieve.profiles"

Given = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
"""A folder of site folders, or several in order; a string may contain several, separated as in PATH."""


def own_folders(given: Given | None = None) -> tuple[Path, ...]:
    """Return the folders in `given`; None: those in the environment variable."""
    if given is None:
        given = os.environ.get(VARIABLE, "")
    if isinstance(given, str):
        return tuple(Path(name) for name in given.split(os.pathsep) if name)
    if isinstance(given, os.PathLike):
        return (Path(given),)
    return tuple(Path(name) for name in given)


def search_path(own: Iterable[Path] = (), *, shipped: bool = True) -> tuple[Path, ...]:
    """Return all folders of profiles in the order in which they count, each once: `own`, then what is installed."""
    found: dict[Path, Path] = {}
    for path in (*own, *(installed() if shipped else ())):
        found.setdefault(path.resolve(), path)
    return tuple(found.values())


@cache
def installed() -> tuple[Path, ...]:
    """Return the folders of profiles of installed distributions, by name, and the shipped one at the end."""
    points = sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value))
    located = [(point, _located(point)) for point in points]
    for point, folder in located:
        if folder is None:
            maker = point.dist.name if point.dist is not None else "a distribution"
            warnings.warn(f"{maker}: no folder for the entry point {GROUP}: {point.name} = {point.value}", stacklevel=2)
    return tuple(dict.fromkeys([*(folder for _, folder in located if folder is not None), SHIPPED]))


def _located(point: EntryPoint) -> Path | None:
    """Return the folder of the package that an entry point names, without importing it."""
    package, *inner = point.value.partition(":")[0].strip().split(".")
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return None
    homes = spec.submodule_search_locations if spec is not None else None
    return next((folder for home in homes or () if (folder := Path(home, *inner)).is_dir()), None)


def base_of(site: str, path: Path) -> Path | None:
    """Return the folder of the installed profile `site` that the one in `path` may extend, None without one.

    A profile of a distribution extends only what counts after it, so that nothing extends itself.
    """
    places = list(installed())
    homes = [place.resolve() for place in places]
    if path.resolve().parent in homes:
        places = places[homes.index(path.resolve().parent) + 1 :]
    return next((place / site for place in places if (place / site / "profile.toml").is_file()), None)
