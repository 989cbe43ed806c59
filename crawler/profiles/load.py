"""Loads profile folders: everything is checked and compiled before the first page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from ..errors import ProfileInvalid
from ..page.index import Interest
from ..page.selectors import compile_selector
from ..page.urls import belongs, host
from .checks.errors import check, claims, shared_hosts
from .checks.reading import fields_of
from .faults import Fault, Severity
from .folder import Folder
from .model import Chrome, Layout, Render, Site, Value, Videos
from .places import site_folders
from .resolved import resolved


class Profile:
    """A loaded site folder.

    `site` is its profile.toml, `layouts` are its layouts by id with the site's shared rules after their own,
    `version` is a digest of the files, `interest` what a page's index must contain for all rules, `data` the places of
    embedded JSON by layout and name. `ceded` are its hosts, or subdomains of them, that belong to other profiles.
    `base` is the folder that it extends.
    """

    def __init__(
        self,
        folder: Path,
        site: Site,
        layouts: dict[str, Layout],
        version: str,
        ceded: Iterable[str] = (),
        base: Folder | None = None,
    ) -> None:
        self.folder = folder
        self.base = base
        self.site = site
        self.version = version
        self.ceded = tuple(ceded)
        self._ends = tuple(f".{own}" for own in site.hosts)
        self.timezone = ZoneInfo(site.timezone)
        self.tracking = frozenset(site.tracking)
        self.layouts = {name: _with_shared(layout, site) for name, layout in layouts.items()}
        sources = dict.fromkeys(["title", *_page_wide((site, *self.layouts.values()))])
        self.interest = Interest(
            [compile_selector(source) for source in sources], [compile_selector(source) for source in site.sealed]
        )
        self.data = {name: {**site.data, **layout.data} for name, layout in self.layouts.items()}

    def render(self, layout: str | None) -> Render:
        """Return when and how pages of a layout are rendered; None: pages that no layout recognises."""
        found = self.layouts.get(layout or "")
        own = found.render if found is not None else None
        shared = self.site.render
        if own is None:
            return shared
        return msgspec.structs.replace(own, hosts=(*own.hosts, *shared.hosts), block=(*own.block, *shared.block))

    def claim(self, name: str) -> int:
        """Return the length of the longest of its hosts that the host `name` equals or is a subdomain of.

        0: the host is not the site's, or a longer match belongs to another profile.
        """
        if not f".{name}".endswith(self._ends):  # nearly every profile that a page's URL is compared with
            return 0
        longest = max(len(own) for own in self.site.hosts if belongs(name, own))
        return 0 if any(len(other) >= longest and belongs(name, other) for other in self.ceded) else longest

    def file(self, name: str) -> Path:
        """Return the path of one of its files; of the extended profile's if the folder has none of this name."""
        path, base = self.folder / name, self.base
        while base is not None and not path.exists():
            path, base = base.path / name, base.base
        return path

    def __repr__(self) -> str:
        return f"Profile({self.site.site!r}, {len(self.layouts)} layouts, version {self.version[:12]})"


class Profiles(dict[str, Profile]):
    """The valid profiles of a folder, by site; `refused` has the first fault of each invalid one."""

    def __init__(self, sound: Mapping[str, Profile], refused: Mapping[str, Fault], hosts: Mapping[str, str]) -> None:
        super().__init__(sound)
        self.refused = dict(refused)
        self._hosts = dict(hosts)

    def refusal(self, site: str) -> ProfileInvalid:
        """Return the error for a site in `refused`."""
        return _refused(self.refused[site])

    def refusal_of(self, url: str) -> ProfileInvalid | None:
        """Return the error for the refused site that the URL belongs to, or None.

        The hosts of a site are unknown if its profile.toml cannot be read.
        """
        name = host(url)
        sites = (site for own, site in self._hosts.items() if belongs(name, own))
        return next((self.refusal(site) for site in sites), None)


def load_profile(folder: Path) -> Profile:
    """Return the profile in `folder`; raises `ProfileInvalid` with file, line and key of the first fault."""
    return _profile(_checked(folder))


def load_profiles(folder: Path | Sequence[Path]) -> Profiles:
    """Return all profiles in `folder`. An invalid profile is refused without affecting other sites.

    Of several folders, the first that has a site counts, even if its profile is invalid; a host of a profile in an
    earlier folder belongs to that profile. If two in one folder claim the same host, the first by name is used and the
    other refused. A subdomain of another profile's host belongs to the more specific profile only. Raises
    `ProfileInvalid` if there are no site folders.
    """
    places = [folder] if isinstance(folder, Path) else list(folder)
    folders: dict[str, Folder] = {}
    refused: dict[str, Fault] = {}
    owners: dict[str, str] = {}
    for place in places:
        added = [Folder(path) for path in site_folders(place) if path.name not in folders]
        folders.update((site.path.name, site) for site in added)
        refused.update((site.path.name, fault) for site in added if (fault := _first_error(site)) is not None)
        clashes = _clashes([site for site in added if site.path.name not in refused])
        refused |= clashes
        for site in sorted(added, key=lambda site: site.path.name in refused):
            if site.path.name not in clashes:
                for own in _hosts(site):
                    owners.setdefault(own, site.path.name)
    if not folders:
        shown = ", ".join(map(str, places))
        raise ProfileInvalid("no */profile.toml here: use the folder that contains the site folders", file=shown)
    sound = {name: _profile(site, owners) for name, site in folders.items() if name not in refused}
    taken = {own for profile in sound.values() for own in profile.site.hosts if own not in profile.ceded}
    hosts = {own: name for name, site in folders.items() if name in refused for own in _hosts(site)}
    return Profiles(sound, refused, {own: name for own, name in hosts.items() if own not in taken})


def _clashes(folders: list[Folder]) -> dict[str, Fault]:
    """Return, by site, a fault for each folder that claims a host of an earlier one."""
    found: dict[str, Fault] = {}
    names = {str(folder.profile.path): folder.path.name for folder in folders if folder.profile is not None}
    for fault in shared_hosts(folders):
        if fault.severity is Severity.ERROR:
            found.setdefault(names[fault.file], fault)
    return found


def _checked(path: Path) -> Folder:
    folder = Folder(path)
    fault = _first_error(folder)
    if fault is not None:
        raise _refused(fault)
    return folder


def _first_error(folder: Folder) -> Fault | None:
    return next((fault for fault in check(folder, phrases=False) if fault.severity is Severity.ERROR), None)


def _hosts(folder: Folder) -> list[str]:
    """Return the hosts that a profile.toml claims, even if the rest of it is invalid."""
    return [claim.host for claim in claims(folder)]


def _refused(fault: Fault) -> ProfileInvalid:
    return ProfileInvalid(fault.message, file=fault.file, line=fault.line, key=fault.key or None)


def _profile(folder: Folder, owners: Mapping[str, str] | None = None) -> Profile:
    """Return the profile of a folder; `owners` maps the hosts of all profiles to their sites."""
    if folder.profile is None:
        raise ProfileInvalid("no profile.toml", file=str(folder.path))
    name, hosts = folder.path.name, folder.profile.site.hosts
    ceded = [host for host, site in (owners or {}).items() if site != name and any(belongs(host, own) for own in hosts)]
    site = folder.profile.site
    layouts = {
        name: resolved(file.layout, {**site.patterns, **file.layout.patterns}) for name, file in folder.layouts.items()
    }
    return Profile(folder.path, resolved(site, site.patterns), layouts, folder.digest(), ceded, folder.base)


def _with_shared(layout: Layout, site: Site) -> Layout:
    """Return `layout` with the site's shared regions after its own and the site's fields as last fallbacks.

    Rules for the `rest` come last, the layout's before the site's.
    """
    shared = {name: rule for name, rule in site.chrome.items() if name not in layout.chrome}
    chrome = {**layout.chrome, **shared}
    named = {name: rule for name, rule in chrome.items() if not rule.rest}
    return msgspec.structs.replace(layout, chrome={**named, **chrome}, fields=_append(layout.fields, site.fields))


def _append(first: Any, last: Any) -> Any:
    """Return the table `first` with the rules of `last` appended; lists are joined, sub-tables merged likewise."""
    changes: dict[str, Any] = {}
    for name in first.__struct_fields__:
        ours, theirs = getattr(first, name), getattr(last, name)
        changes[name] = ours + theirs if isinstance(ours, tuple) else _append(ours, theirs)
    return msgspec.structs.replace(first, **changes)


_ELSEWHERE = frozenset({
    (Chrome, "heading"), (Chrome, "items"), (Videos, "url"), (Site, "lists"), (Site, "data"), (Layout, "data"),
    (Site, "render"), (Layout, "render"),
})  # fmt: skip
"""Keys whose selectors apply inside a region, or not to article pages."""


def _page_wide(table: Any) -> Iterator[str]:
    """Yield each selector in `table` that applies to a whole page."""
    if isinstance(table, dict):
        for inner in table.values():
            yield from _page_wide(inner)
    elif isinstance(table, tuple):
        for inner in table:
            yield from _page_wide(inner)
    elif isinstance(table, msgspec.Struct) and not (isinstance(table, Value) and table.within is not None):
        selectors = fields_of(type(table), "css")
        for name in table.__struct_fields__:
            value = getattr(table, name)
            if (type(table), name) in _ELSEWHERE:
                continue
            if name in selectors:
                yield from (value,) if isinstance(value, str) else value or ()
            else:
                yield from _page_wide(value)
