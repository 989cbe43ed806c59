"""Reads a profile folder from disk with care: its files, their tables, and why a file cannot be read.

The content of the tables is checked elsewhere, in `crawler/profiles/checks/`.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from .checks.reading import KINDS, ParsedTable
from .faults import Code, Fault, Severity, key_text, visible
from .model import Layout, Site
from .places import base_of
from .toml import KeyPath, Lines, TomlRefused, parse

T = TypeVar("T")

MAX_FILE = 256 * 1024
MAX_LAYOUTS = 100
_MAX_ENTRIES = 500

BASELINE = "baseline"
"""The folder of baselines, which `crawler/drift/` writes and reads."""
_AGAIN = "write it again with `make baseline`"

_KNOWN = frozenset({"profile.toml", "phrases.toml", "CHANGES.md", "README.md"})
_CODE = frozenset({".py", ".pyc", ".pyd", ".pyw", ".pyx", ".so", ".dll", ".js", ".sh", ".exe", ".pkl", ".pickle"})
_DATA = frozenset({".yaml", ".yml", ".json", ".ini", ".cfg", ".xml"})


class File:
    """One TOML file of the folder: its bytes, its table, and the table as classes of the language.

    `base` is the file of the extended profile, whose table is then part of this one's.
    """

    def __init__(self, path: Path, kind: str, raw: bytes, base: File | None = None) -> None:
        self.path = path
        self.kind = kind
        self.raw = raw
        own = parse(raw)
        self.table: dict[str, Any] = own if base is None else extended(base.table, own)
        self.reading = ParsedTable(self.table, KINDS[kind])
        self._lines: Lines | None = None

    @property
    def site(self) -> Site:
        """The content of a profile.toml."""
        return self._table(Site)

    @property
    def layout(self) -> Layout:
        """The content of a layouts/*.toml."""
        return self._table(Layout)

    def _table(self, cls: type[T]) -> T:
        if not isinstance(self.reading.table, cls):
            raise TypeError(f"{self.path} is read as a {self.kind}")
        return self.reading.table

    def line(self, path: KeyPath) -> int:
        """Return the line of the key at `path`, or of the nearest enclosing table."""
        if self._lines is None:
            self._lines = Lines(self.raw.decode("utf-8"))
        return self._lines.line(path)

    def fault(self, path: KeyPath, code: Code, message: str, severity: Severity | None = None) -> Fault:
        """Return a fault of the key at `path` in this file."""
        return Fault(str(self.path), self.line(path), key_text(path), visible(message), severity or code.severity, code)

    def names(self, *path: str) -> set[str]:
        """Return the names in the table at `path`, including those of invalid entries."""
        table: Any = self.table
        for step in path:
            table = table.get(step) if isinstance(table, dict) else None
        return set(table) if isinstance(table, dict) else set()


class Folder:
    """A profile folder: `profile`, `layouts` by file name, `phrases`, and the `faults` of unreadable files.

    `base` is the folder that it `extends`, whose files are then part of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults: list[Fault] = []
        self.unread: set[str] = set()
        self.profile = self._read(path / "profile.toml", "profile")
        self.base = self._base()
        if self.base is not None and self.profile is not None:
            self.profile = File(self.profile.path, "profile", self.profile.raw, self.base.profile)
        self.layouts: dict[str, File] = dict(self.base.layouts) if self.base is not None else {}
        layouts = sorted((path / "layouts").glob("*.toml"))
        if len(layouts) > MAX_LAYOUTS:
            self._fault(path / "layouts", Code.FILE, f"{len(layouts)} layouts; a site has at most {MAX_LAYOUTS}")
        for file in layouts[:MAX_LAYOUTS]:
            layout = self._read(file, "layout", self.layouts.get(file.stem))
            if layout is not None:
                self.layouts[file.stem] = layout
        if not layouts and self.base is None:
            self._fault(path / "layouts", Code.FILE, "no layouts/*.toml: a site needs at least one layout")
        phrases = path / "phrases.toml"
        self.phrases: File | None = self.base.phrases if self.base is not None else None
        if os.path.lexists(phrases):
            self.phrases = self._read(phrases, "phrases")
        self.faults += self._strangers()

    def files(self) -> Iterator[File]:
        """Yield the files that were read: profile, layouts, phrases."""
        if self.profile is not None:
            yield self.profile
        yield from self.layouts.values()
        if self.phrases is not None:
            yield self.phrases

    def digest(self) -> str:
        """Return a digest of the files' names and contents, independent of line ends."""
        digest = hashlib.sha256()
        own = [file for file in self.files() if file.path.is_relative_to(self.path)]
        contents = {file.path.relative_to(self.path).as_posix(): file.raw for file in own}
        for name, raw in sorted(contents.items()):
            digest.update(name.encode() + b"\0" + raw.replace(b"\r\n", b"\n") + b"\0")
        if self.base is not None:
            digest.update(self.base.digest().encode())
        return digest.hexdigest()

    def _base(self) -> Folder | None:
        """Return the folder that this one extends."""
        name = self.profile.table.get("extends") if self.profile is not None else None
        if self.profile is None or not isinstance(name, str):
            return None
        path = base_of(name, self.path) if re.fullmatch(r"\w+", name) else None
        if path is None:
            message = f"no installed profile {name!r} to extend; `scrapy list` shows them"
            self.faults.append(self.profile.fault(("extends",), Code.NAME, message))
            return None
        return Folder(path)

    def _fault(self, path: Path, code: Code, message: str, line: int | None = None) -> None:
        self.faults.append(Fault(str(path), line, "", visible(message), code.severity, code))

    def _read(self, path: Path, kind: str, base: File | None = None) -> File | None:
        try:
            status = path.lstat()
            linked = stat.S_ISLNK(status.st_mode) or (kind == "layout" and path.parent.is_symlink())
            if linked or not stat.S_ISREG(status.st_mode):
                self._fault(path, Code.FILE, "is a link or not a regular file; a profile's files must be in its folder")
                return None
            if status.st_size > MAX_FILE:
                self._fault(path, Code.FILE, f"has {status.st_size} bytes; a profile file has at most {MAX_FILE}")
                return None
            return File(path, kind, path.read_bytes(), base)
        except OSError as error:
            self._fault(path, Code.FILE, f"cannot be read: {error.strerror or error}")
        except TomlRefused as error:
            self._fault(path, Code.TOML, str(error), error.line)
        self.unread.add(path.name)
        return None

    def _strangers(self) -> Iterator[Fault]:
        """Yield a fault for each unexpected file: an error for code, a note for others."""
        seen = 0
        for place, folders, names in os.walk(self.path):
            folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
            for name in sorted(names):
                seen += 1
                if seen > _MAX_ENTRIES:
                    return
                path = Path(place, name)
                inner = path.relative_to(self.path)
                is_layout = inner.parts[:-1] == ("layouts",) and inner.suffix == ".toml"
                if is_layout or str(inner) in _KNOWN or name.startswith("."):
                    continue
                if inner.parts[:-1] == (BASELINE,) and inner.suffix == ".json":
                    yield from self._baseline(path)
                    continue
                suffix = path.suffix.lower()
                if suffix in _CODE:
                    message = "is code; a profile is data and is never run: use rules instead"
                    yield Fault(str(path), None, "", message, Severity.ERROR, Code.FILE)
                else:
                    what = "profiles are TOML" if suffix in _DATA else "nothing reads it"
                    yield Fault(str(path), None, "", f"does not belong here: {what}", Code.STRAY.severity, Code.STRAY)

    def _baseline(self, path: Path) -> Iterator[Fault]:
        """Yield a fault for a baseline file that is not JSON, or not of a layout of the site."""
        if path.stem not in self.layouts and f"{path.stem}.toml" not in self.unread:
            message = f"is the baseline of a layout that the site does not have; {_AGAIN}"
            yield Fault(str(path), None, "", message, Code.STRAY.severity, Code.STRAY)
            return
        try:
            size = path.lstat().st_size
            table = msgspec.json.decode(path.read_bytes()) if size <= MAX_FILE and not path.is_symlink() else None
        except (OSError, ValueError):
            table = None
        if not isinstance(table, dict) or table.get("layout") != path.stem:
            message = f"is not a baseline of the layout {path.stem} of at most {MAX_FILE} bytes; {_AGAIN}"
            yield Fault(str(path), None, "", message, Severity.ERROR, Code.FILE)


def extended(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table of a file that extends another.

    A key of its own replaces the base's; a list begins with its own entries; a table has the base's other keys too.
    """
    table = {**own, **{key: value for key, value in base.items() if key not in own}}
    for key, value in own.items():
        given = base.get(key)
        if isinstance(value, dict) and isinstance(given, dict):
            table[key] = {**value, **{name: each for name, each in given.items() if name not in value}}
        elif isinstance(value, list) and isinstance(given, list):
            table[key] = [*value, *(each for each in given if each not in value)]
    return table


def convert_error(file: File) -> str | None:
    """Return msgspec's error for the file's table, or None if it is valid. msgspec has the last word."""
    try:
        msgspec.convert(file.table, KINDS[file.kind])
    except msgspec.ValidationError as error:
        return str(error)
    return None
