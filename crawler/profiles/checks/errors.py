"""Errors that make a profile unusable: checks for the loader, which stops at the first error, and for the linter.

Checked are each file against its schema, each string against its format, and the relations between keys and files:
defined names, templates that can be filled, URLs on the site's own hosts. Nothing is fetched or run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ...page.urls import belongs
from ..faults import Code, Fault, Severity
from ..folder import File, Folder, convert_error
from ..model import Body, Images, Landmark, ListSource, Region, UrlForm, Value
from ..patterns import pattern
from ..phrases import faults as phrase_faults
from ..resolved import pattern_name
from ..toml import KeyPath
from .schema import schema_errors
from .strings import CHECKS, check_host, leads_out, names_in

PAGES = frozenset({"page", "page2", "offset"})
"""Names in a list's URL that vary from page to page."""
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]")

_WRITTEN_OUT = frozenset({"patterns", "proxyPaths", "urls"})
"""Tables whose regular expressions cannot be `${name}`."""

OWN_NAMES = frozenset({"title", "headline", "body"})
"""Rules that every layout has implicitly."""


def check(folder: Folder, *, phrases: bool = True) -> Iterator[Fault]:
    """Yield every error of the profile, and a fault for each unexpected file.

    `phrases` False skips the patterns of phrases.toml: their loader compiles and checks them when they are needed.
    """
    yield from folder.faults
    for file in folder.files():
        yield from _schema_errors(file)
    for file in folder.files():
        if phrases or file is not folder.phrases:
            yield from _strings(file)
            yield from _references(file, folder)
    for name, layout in folder.layouts.items():
        yield from _layout(name, layout, folder)
    if folder.profile is not None:
        yield from _site(folder.profile, folder)
    if phrases and folder.phrases is not None and folder.phrases.reading.whole:
        for key, message in phrase_faults(folder.phrases.reading.table):
            yield folder.phrases.fault(_path(key), Code.PHRASE, message)


def _path(key: str) -> KeyPath:
    """Parse a path such as `$.lines[3].match[0]`."""
    return tuple(int(number) if number else name for name, number in _STEP.findall(key))


def _schema_errors(file: File) -> Iterator[Fault]:
    if file.reading.whole:
        return
    found = schema_errors(file.table, file.kind)
    for path, code, message in found:
        yield file.fault(path, code, message)
    doubt = None if found else convert_error(file)
    if doubt is not None:
        yield file.fault((), Code.VALUE, doubt)


def _strings(file: File) -> Iterator[Fault]:
    for string in file.reading.strings:
        if string.format is not None:
            code, test = CHECKS[string.format]
            try:
                test(string.text)
            except ValueError as error:
                yield file.fault(string.path, code, str(error))


def _references(file: File, folder: Folder) -> Iterator[Fault]:
    """Yield a fault for each `${name}` that is undefined, or used where it is not replaced."""
    known = file.names("patterns") | (folder.profile.names("patterns") if folder.profile is not None else set())
    for string in file.reading.strings:
        name = pattern_name(string.text) if string.format == "re2" else None
        if name is None:
            continue
        if file.kind == "phrases" or string.path[0] in _WRITTEN_OUT:
            yield file.fault(string.path, Code.NAME, f"{string.text!r}: write the regular expression itself here")
        elif name not in known and not (folder.profile is None or "profile.toml" in folder.unread):
            yield file.fault(string.path, Code.NAME, _undefined(name, "[patterns]", known))


# --- One layout -------------------------------------------------------------------------------------------------------


def _layout(name: str, file: File, folder: Folder) -> Iterator[Fault]:
    layout = file.layout
    if layout.id and layout.id != name:
        other = " (which another file has)" if layout.id in folder.layouts else ""
        yield file.fault(("id",), Code.NAME, f"id is {layout.id!r}{other} but the file is {name!r}; they must be equal")
    if layout.since and layout.until and layout.until < layout.since:
        yield file.fault(("until",), Code.DATE, f"{layout.until} is before since, {layout.since}")
    yield from _proof(file)
    shared = folder.profile
    rules = {*OWN_NAMES, *file.names("article", "info"), *file.names("chrome")}
    data = file.names("data")
    if shared is not None:
        rules |= shared.names("chrome")
        data |= shared.names("data")
    whole = shared is not None
    yield from _rules(file, rules, data, whole=whole)


def _proof(file: File) -> Iterator[Fault]:
    layout, proof = file.layout, file.layout.proof
    if proof is None:
        return
    if not layout.proved:
        yield file.fault(
            ("proof",), Code.PROOF, "`proved = false` says that no real page proves it; delete one of them"
        )
    for number, name in enumerate(proof.facts):
        if not _has_rule(file.table, name):
            yield file.fault(("proof", "facts", number), Code.PROOF, f"this file has no rule {name!r}")
    years = list(proof.years)
    if years != sorted(set(years)):
        yield file.fault(("proof", "years"), Code.PROOF, f"{years}: write each year once, in order")
    if len(years) > proof.pages:
        message = f"{len(years)} years need as many pages, and there are {proof.pages}"
        yield file.fault(("proof", "years"), Code.PROOF, message)
    first, last = layout.since or "", layout.until or "9999"
    outside = [year for year in years if not first[:4] <= str(year) <= last[:4]]
    if outside:
        message = (
            f"{outside[0]} is outside the time of the layout, since {first or 'ever'} until {layout.until or 'now'}"
        )
        yield file.fault(("proof", "years"), Code.PROOF, message)


def _has_rule(table: Any, name: str) -> bool:
    """Return whether the table of a file has the table or list `name`, such as `fields.source.url`."""
    for step in name.split("."):
        table = table.get(step) if isinstance(table, Mapping) else None
    return table is not None


def _rules(file: File, rules: set[str], data: set[str], *, whole: bool) -> Iterator[Fault]:
    """Yield the faults of the tables in one file: undefined names, regions without a place."""
    for path, table in file.reading.tables():
        if isinstance(table, Value) and table.within is not None and whole and table.within not in rules:
            yield file.fault((*path, "within"), Code.NAME, _undefined(table.within, "rule", rules))
        if (
            isinstance(table, Value | Body | Images | Landmark)
            and table.data is not None
            and whole
            and table.data not in data
        ):
            yield file.fault((*path, "data"), Code.NAME, _undefined(table.data, "[data]", data))
        if isinstance(table, Images) and table.path is not None and table.data is None:
            yield file.fault((*path, "path"), Code.PLACE, "'path' requires 'data'")
        if isinstance(table, Value) and table.xpath is not None:
            inside = table.within is not None or path[0] == "chrome" or "videos" in path
            out = leads_out(table.xpath) if inside else None
            if out is not None:
                message = f"{table.xpath!r}: {out} leads out of the element that is searched; begin with .//"
                yield file.fault((*path, "xpath"), Code.XPATH, message)
        if isinstance(table, Region):
            yield from _region(file, path, table)


def _undefined(name: str, what: str, known: set[str]) -> str:
    listed = ", ".join(sorted(known)) or "none"
    return f"undefined {what} {name!r}; defined are: {listed}"


def _region(file: File, path: KeyPath, region: Region) -> Iterator[Fault]:
    places = "css, xpath"
    if isinstance(region, Body):
        places = "css, xpath, data"
        if region.data is not None:
            return
        if region.path is not None:
            yield file.fault((*path, "path"), Code.PLACE, "'path' requires 'data'")
    raw = file.table
    for step in path:
        raw = raw[step]  # type: ignore[index]
    if not region.css and region.xpath is None and "css" not in raw and "xpath" not in raw:
        yield file.fault(path, Code.PLACE, f"none of {places} is set")
    elif region.css == () and raw["css"] == []:
        yield file.fault((*path, "css"), Code.PLACE, "the list is empty")


# --- The site ---------------------------------------------------------------------------------------------------------


def _site(file: File, folder: Folder) -> Iterator[Fault]:
    site = file.site
    if site.site and site.site != folder.path.resolve().name:
        name = folder.path.resolve().name
        yield file.fault(("site",), Code.NAME, f"site is {site.site!r} but the folder is {name!r}; they must be equal")
    rules = {*OWN_NAMES, *file.names("chrome")}
    data = file.names("data")
    for layout in folder.layouts.values():
        rules |= layout.names("article", "info") | layout.names("chrome")
        data |= layout.names("data")
    yield from _rules(file, rules, data, whole=not folder.unread)
    for path, table in file.reading.tables():
        if isinstance(table, UrlForm):
            yield from _url_form(file, path, table)
        elif isinstance(table, ListSource):
            yield from _list(file, path, table)


def _url_form(file: File, path: KeyPath, form: UrlForm) -> Iterator[Fault]:
    try:
        groups = set(pattern(form.match).groupindex)
    except ValueError:
        return  # reported for the pattern itself
    for key, template in (("id", form.id), ("canonical", form.canonical)):
        if template is None:
            continue
        names = _names(template)
        for name in names - groups:
            listed = ", ".join(sorted(groups)) or "none"
            yield file.fault(
                (*path, key), Code.TEMPLATE, f"{{{name}}}: match has no group with that name; its groups: {listed}"
            )
        if not names:
            yield file.fault(
                (*path, key),
                Code.TEMPLATE,
                f"{template!r} is the same for every page; insert groups of match in braces",
            )
    if form.canonical is not None:
        yield from _on_hosts(file, (*path, "canonical"), form.canonical)


def _list(file: File, path: KeyPath, source: ListSource) -> Iterator[Fault]:
    names = _names(source.url)
    for key, template in (("url", source.url), ("firstUrl", source.first_url)):
        if template is None:
            continue
        for name in _names(template) - PAGES - {"media"}:
            known = ", ".join(f"{{{each}}}" for each in (*sorted(PAGES), "media"))
            yield file.fault((*path, key), Code.TEMPLATE, f"{{{name}}}: unknown name; valid names: {known}")
        yield from _on_hosts(file, (*path, key), template)
    if source.pages > 1 and not names & PAGES:
        yield file.fault(
            (*path, "pages"), Code.TEMPLATE, "several pages require {page}, {page2} or {offset} in the URL"
        )
    if source.media != ("media" in names):
        what = (
            "media = true requires {media} in the URL" if source.media else "a URL with {media} requires media = true"
        )
        yield file.fault((*path, "media" if source.media else "url"), Code.TEMPLATE, what)
    if source.format == "html" and source.css is None:
        yield file.fault(path, Code.PLACE, "a list in HTML requires css: the elements that contain the links")


def _names(template: str) -> set[str]:
    try:
        return set(names_in(template))
    except ValueError:
        return set()  # reported for the template itself


def _on_hosts(file: File, path: KeyPath, template: str) -> Iterator[Fault]:
    """Yield a fault if a URL is not on the profile's hosts."""
    try:
        host = urlsplit(template.replace("{", "").replace("}", "")).hostname or ""
    except ValueError:
        return  # reported for the URL itself
    hosts = file.site.hosts
    if hosts and host and not any(belongs(host, own) for own in hosts):
        yield file.fault(
            path, Code.URL, f"{host} is neither one of the profile's hosts ({', '.join(hosts)}) nor a subdomain"
        )


# --- All sites --------------------------------------------------------------------------------------------------------


def shared_hosts(folders: Iterable[Folder]) -> Iterator[Fault]:
    """Yield the faults of hosts that two profiles claim, in folder order.

    The same host: an error of the later profile, which cannot be used, and a warning for the first, which stays in use.
    A host below another profile's host: a note, since the more specific claim decides.
    """
    sites = [folder for folder in folders if folder.profile is not None]
    owners: dict[str, Claim] = {}
    for folder in sites:
        claimed = list(claims(folder))
        taken = [(claim, owners[claim.host]) for claim in claimed if claim.host in owners]
        for claim, owner in taken:
            yield claim.fault(f"{claim.host} is already a host of {owner}, which comes first and stays in use")
            yield owner.fault(f"{owner.host} is also claimed by {claim}, which cannot be used", Severity.WARNING)
        if not taken:
            owners.update((claim.host, claim) for claim in claimed)
    for claim in owners.values():
        wider = [owner for owner in owners.values() if belongs(claim.host, owner.host)]
        above = max((owner for owner in wider if owner.site != claim.site), key=lambda o: len(o.host), default=None)
        if above is not None:
            message = f"{claim.host} is a subdomain of {above.host} of {above}; its pages belong to this profile"
            yield claim.fault(message, Severity.NOTE)


class Claim(NamedTuple):
    """A host that a profile claims, and the place of the claim."""

    file: File
    site: str
    number: int
    host: str

    def __str__(self) -> str:
        return f"the profile {self.site!r} ({self.file.path}:{self.file.line(self._key)})"

    @property
    def _key(self) -> KeyPath:
        return ("hosts", self.number)

    def fault(self, message: str, severity: Severity | None = None) -> Fault:
        """Return a fault of this claim."""
        return self.file.fault(self._key, Code.HOST, message, severity)


def claims(folder: Folder) -> Iterator[Claim]:
    """Yield the valid hosts of a profile.toml, even if the rest of it is invalid."""
    file = folder.profile
    hosts = file.table.get("hosts") if file is not None else None
    if file is None or not isinstance(hosts, list):
        return
    for number, host in enumerate(hosts):
        if isinstance(host, str) and host not in hosts[:number] and _valid(host):
            yield Claim(file, folder.path.name, number, host)


def _valid(host: str) -> bool:
    try:
        check_host(host)
    except ValueError:
        return False
    return True
