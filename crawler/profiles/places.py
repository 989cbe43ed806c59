"""Where profiles come from: folders of one's own, installed distributions, and the profiles that ship with the project.

`look_up` alone decides which folders are one's own, and whether the installed ones count as well: first what a call is
given, then the project's settings (which command-line options set), then the environment. The first folder that has a
site counts. A distribution offers profiles by an entry point of the group `portalsieve.profiles`, whose value is the
package with the site folders: `mysites = "my_profiles.sites"`. It is located, never imported: a profile is data.
"""

from __future__ import annotations

import importlib.util
import os
import warnings
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Final, NamedTuple

_PACKAGE = Path(__file__).resolve().parent.parent

FOLDER: Final = "site_profiles"
"""The name of a folder of profiles: the shipped one, and by default a project's own."""
INSTALLED: Final = (_PACKAGE / FOLDER).is_dir()
"""Whether this is an installed package, whose files belong to the installer; else it is a checkout."""
SHIPPED: Final = (_PACKAGE if INSTALLED else _PACKAGE.parent) / FOLDER
"""The profiles that ship with the project."""
VARIABLE: Final = "PORTALSIEVE_PROFILES"
"""The setting, and the environment variable, with folders of one's own; a string separates them as PATH does."""
SHIPPED_VARIABLE: Final = "PORTALSIEVE_SHIPPED_PROFILES"
"""The setting, and the environment variable, for whether the installed profiles count as well."""
GROUP: Final = "portalsieve.profiles"

Given = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
"""A folder of site folders, or several in order; a string may contain several, separated as in PATH."""


class Places(NamedTuple):
    """Folders of profiles, in the order in which they count."""

    own: tuple[Path, ...]
    """The user's own."""
    all: tuple[Path, ...]
    """The user's own, each once, and those that are installed unless they are left out."""


def look_up(given: Given | None = None, settings: Mapping[str, Any] | None = None, *, here: bool = False) -> Places:
    """Return the folders of profiles that count.

    The user's own are those in `given`, else in the project's `settings`, else in the environment, else, with `here`,
    `site_profiles` in the current directory if it contains a site. Whether the installed ones follow is said by the
    settings, else by the environment. Raises ValueError for a switch that is neither 1 nor 0.
    """
    for value in (given, (settings or {}).get(VARIABLE), os.environ.get(VARIABLE)):
        own = _folders(value)
        if own:
            break
    else:
        folder = Path(FOLDER)
        own = (folder,) if here and site_folders(folder) and folder.resolve() != SHIPPED else ()
    switch = (settings or {}).get(SHIPPED_VARIABLE)
    shipped = _is_on(os.environ.get(SHIPPED_VARIABLE, "") if switch is None else switch)
    return Places(own, _each_once(own, installed() if shipped else ()))


def site_folders(folder: Path) -> list[Path]:
    """Return the subfolders of `folder` that have a profile.toml or a layouts folder."""
    found = {path.parent for name in ("profile.toml", "layouts") for path in folder.glob(f"*/{name}")}
    return sorted(path for path in found if path.name[0] not in "._")


def _folders(given: Given | None) -> tuple[Path, ...]:
    if isinstance(given, str):
        return tuple(Path(name) for name in given.split(os.pathsep) if name)
    if isinstance(given, os.PathLike):
        return (Path(given),)
    return tuple(Path(name) for name in given or ())


def _is_on(value: object) -> bool:
    known = {"": True, "1": True, "true": True, "0": False, "false": False}
    found = known.get(str(value).lower())
    if found is None:
        raise ValueError(f"{SHIPPED_VARIABLE} is {value!r}; use 1 or 0")
    return found


@lru_cache(maxsize=16)  # it is asked for each page
def _each_once(*groups: tuple[Path, ...]) -> tuple[Path, ...]:
    found: dict[Path, Path] = {}
    for group in groups:
        for path in group:
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
