"""Reading profile folders: TOML to frozen data, every selector and pattern compiled before a page is seen."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jmespath
import msgspec
from lxml import etree

from crawler.errors import ProfileInvalid
from crawler.page.dom import Interest
from crawler.page.selectors import Selector, compile_selector
from crawler.profiles.model import Chrome, Items, Layout, Region, Site, Value
from crawler.profiles.patterns import pattern

MAX_FILE = 256 * 1024
T = TypeVar("T", Site, Layout)


class Profile:
    """A site's folder, loaded: `site`, its `layouts` by id, `version` (digest of the files), `interest` of all rules."""

    def __init__(self, folder: Path, site: Site, layouts: dict[str, Layout], version: str) -> None:
        self.folder = folder
        self.site = site
        self.version = version
        self.timezone = ZoneInfo(site.timezone)
        self.tracking = frozenset(site.tracking)
        self.layouts = {name: _with_shared(layout, site) for name, layout in layouts.items()}
        selectors = [s for table in (site, *self.layouts.values()) for _, s in css_in(table)]
        self.interest = Interest([compile_selector(s) for s in selectors])
        self.data = {name: {**site.data, **layout.data} for name, layout in self.layouts.items()}

    def __repr__(self) -> str:
        return f"Profile({self.site.site!r}, {len(self.layouts)} layouts, version {self.version[:12]})"


def _with_shared(layout: Layout, site: Site) -> Layout:
    """Return `layout` with the site's shared regions behind its own and the site's fields as last fallbacks."""
    shared = {name: rule for name, rule in site.chrome.items() if name not in layout.chrome}
    return msgspec.structs.replace(
        layout, chrome={**layout.chrome, **shared}, fields=_append(layout.fields, site.fields)
    )


def _append(first: Any, last: Any) -> Any:
    """Return the table `first` with the rules of `last` behind its own, value lists joined, sub-tables likewise."""
    changes: dict[str, Any] = {}
    for name in first.__struct_fields__:
        ours, theirs = getattr(first, name), getattr(last, name)
        changes[name] = ours + theirs if isinstance(ours, tuple) else _append(ours, theirs)
    return msgspec.structs.replace(first, **changes)


def load_profile(folder: Path) -> Profile:
    """Load one profile folder; raises `ProfileInvalid` naming file and key of the first fault."""
    site = _read(folder / "profile.toml", Site)
    if site.site != folder.name:
        raise ProfileInvalid(
            f"site is {site.site!r} but the folder is {folder.name!r}; give both one name",
            file=str(folder / "profile.toml"),
            key="site",
        )
    layouts: dict[str, Layout] = {}
    for path in sorted((folder / "layouts").glob("*.toml")):
        layout = _read(path, Layout)
        if layout.id != path.stem:
            raise ProfileInvalid(f"id is {layout.id!r} but the file is {path.name!r}", file=str(path), key="id")
        layouts[layout.id] = layout
    if not layouts:
        raise ProfileInvalid("no layouts/*.toml: a site needs at least one layout", file=str(folder))
    return Profile(folder, site, layouts, _digest(folder))


def load_profiles(folder: Path) -> dict[str, Profile]:
    """Load every profile folder below `folder`, by site name."""
    found = {path.parent.name: load_profile(path.parent) for path in sorted(folder.glob("*/profile.toml"))}
    if not found:
        raise ProfileInvalid("no */profile.toml here: name the folder that holds the site folders", file=str(folder))
    return found


def _digest(folder: Path) -> str:
    """Return a digest of the profile's files: names and contents, line ends made one."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in {".toml", ".py"} and p.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def _read(path: Path, kind: type[T]) -> T:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ProfileInvalid(f"cannot be read: {error.strerror}", file=str(path)) from None
    if len(raw) > MAX_FILE:
        raise ProfileInvalid(f"{len(raw)} bytes; a profile file has at most {MAX_FILE}", file=str(path))
    try:
        table = tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProfileInvalid(f"not TOML: {error}", file=str(path)) from None
    try:
        made = msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        message, _, key = str(error).partition(" - at ")
        raise ProfileInvalid(message, file=str(path), key=key.strip("`") or None) from None
    for key, fault in faults(made):
        raise ProfileInvalid(fault, file=str(path), key=key)
    return made


def walk(table: Any, key: str = "$") -> Iterator[tuple[str, Any]]:
    """Yield (key path, table) for `table` and each table inside it."""
    yield key, table
    names = table.__struct_config__ and table.__struct_fields__
    labels = table.__struct_encode_fields__
    for name, label in zip(names, labels, strict=True):
        value = getattr(table, name)
        inner = f"{key}.{label}"
        if isinstance(value, msgspec.Struct):
            yield from walk(value, inner)
        elif isinstance(value, tuple):
            for i, item in enumerate(value):
                if isinstance(item, msgspec.Struct):
                    yield from walk(item, f"{inner}[{i}]")
        elif isinstance(value, dict):
            for entry, item in value.items():
                if isinstance(item, msgspec.Struct):
                    yield from walk(item, f"{inner}.{entry}")


CSS_KEYS = ("css", "heading", "heading_before", "heading_skip", "exclude", "captions", "headings", "script")
PATTERN_KEYS = ("match", "where", "split", "exclude_url", "credits", "url", "line")
RELATIVE = (Items,)


def css_in(table: Any) -> Iterator[tuple[str, str]]:
    """Yield (key path, selector) for every CSS selector that is asked of the whole page."""
    for key, inner in walk(table):
        if ".items" in key and not isinstance(inner, Region):
            continue  # asked inside one region only
        for name in CSS_KEYS:
            value = getattr(inner, name, None)
            if isinstance(inner, Chrome) and name == "heading":
                continue
            if isinstance(inner, Value) and inner.within is not None:
                continue
            for source in (value,) if isinstance(value, str) else value or ():
                yield f"{key}.{name}", source


def faults(table: Site | Layout) -> Iterator[tuple[str, str]]:
    """Yield (key path, fault) for what the types cannot say: selectors, patterns, paths, names that lead nowhere."""
    for key, inner in walk(table):
        for name in CSS_KEYS:
            value = getattr(inner, name, None)
            for source in (value,) if isinstance(value, str) else value or ():
                yield from _fault(f"{key}.{name}", compile_selector, source)
        for name in PATTERN_KEYS:
            value = getattr(inner, name, None)
            if name == "url" and not _url_is_pattern(inner):
                continue
            for source in (value,) if isinstance(value, str) else value or ():
                if isinstance(source, str):
                    yield from _fault(f"{key}.{name}", pattern, source)
        for name in ("path", "items", "link", "date", "skip"):
            value = getattr(inner, name, None)
            if isinstance(value, str):
                yield from _fault(f"{key}.{name}", _jmespath, value)
        expression = getattr(inner, "xpath", None)
        if expression is not None:
            yield from _fault(f"{key}.xpath", check_xpath, expression)
    if isinstance(table, Site):
        yield from _fault("$.timezone", _zone, table.timezone)


def _url_is_pattern(table: Any) -> bool:
    return type(table).__name__ in {"Value", "Landmark"}


def _fault(key: str, check: Any, value: str) -> Iterator[tuple[str, str]]:
    try:
        check(value)
    except ValueError as error:
        yield key, str(error)


def _jmespath(source: str) -> None:
    try:
        jmespath.compile(source)
    except jmespath.exceptions.JMESPathError as error:
        raise ValueError(f"not a JMESPath: {source!r}: {error}") from None


def _zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"no such time zone: {name!r}") from None


def check_xpath(expression: str) -> None:
    """Refuse XPath that does not compile or whose cost grows faster than the page.

    Nested predicates, and paths through all descendants or functions of node sets inside a predicate, are quadratic
    and worse (facts/reliability.md, "Parser and rule hazards"); document() and extension functions reach outside.
    """
    try:
        etree.XPath(expression)
    except etree.XPathSyntaxError as error:
        raise ValueError(f"XPath {expression!r}: {error}") from None
    depth = 0
    for i, char in enumerate(expression):
        depth += (char == "[") - (char == "]")
        inside = expression[i:]
        if depth > 1 or (
            depth == 1 and inside.startswith(("//", "count(", "descendant", "following", "preceding", "ancestor"))
        ):
            raise ValueError(f"XPath {expression!r}: a predicate that walks the page again is refused; use CSS :has()")
    if "document(" in expression or ":" in expression.replace("::", ""):
        raise ValueError(f"XPath {expression!r}: only XPath 1.0's own functions, without prefixes")


def selectors_of(table: Any) -> Iterable[Selector]:
    """Return the compiled selectors of a table."""
    return [compile_selector(source) for _, source in css_in(table)]
