"""The inputs of `scrapy extract`: files, folders, patterns, URLs, archives and standard input, with their URLs."""

from __future__ import annotations

import csv
import errno
import glob
import os
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

from ..page.urls import absolute
from ..records.remote import is_remote
from ..warc.reader import SUFFIXES
from ._pages import Unusable

PAGES = (".html", ".htm", ".shtml", ".xhtml", ".html.gz", ".htm.gz", ".shtml.gz", ".xhtml.gz")
"""Suffixes of saved pages in a folder."""
_SHOWN = 80
"""Characters that are shown of a name that is too long."""


class Origin(StrEnum):
    """What an input is."""

    FILE = "file"
    URL = "url"
    ARCHIVE = "archive"


class Input(msgspec.Struct, frozen=True):
    """One input. `place` is its path for the output: that below the folder that was given, without the suffix."""

    origin: Origin
    name: str
    place: Path


def inputs(given: Iterable[str], archives: Iterable[str] = ()) -> Iterator[Input | str]:
    """Yield the inputs that are given, folders and patterns resolved, and an error message for each without any."""
    for name in given:
        if name.startswith(("http://", "https://")):
            yield Input(Origin.URL, name, Path()) if absolute("", name) else f"{name}: not a URL that can be fetched"
        elif is_remote(name):
            yield Input(Origin.ARCHIVE, name, _remote_place(name))
        elif name == "-":
            yield Input(Origin.FILE, name, Path("stdin"))
        elif _is_too_long(name):
            yield f"{name[:_SHOWN]}…: cannot be read: {os.strerror(errno.ENAMETOOLONG)}"
        elif Path(name).is_dir():
            yield from _below(Path(name))
        elif not Path(name).exists() and glob.has_magic(name):
            yield from _matching(name)
        else:
            yield _of(Path(name), Path(Path(name).name))
    for name in archives:
        yield Input(Origin.ARCHIVE, name, _remote_place(name) if is_remote(name) else Path(_stem(Path(name).name)))


def _is_too_long(name: str) -> bool:
    """Return whether a name is too long for a file, as text is that was given in place of one."""
    try:
        Path(name).lstat()
    except OSError as error:
        return error.errno == errno.ENAMETOOLONG
    return False


def _below(folder: Path) -> Iterator[Input | str]:
    found = sorted(path for path in folder.rglob("*") if _is_input(path) and not _hidden(path.relative_to(folder)))
    if not found:
        yield f"{folder}: contains no saved page ({', '.join(PAGES[:4])}, also .gz) and no archive"
    for path in found:
        yield _of(path, path.relative_to(folder))


def _matching(pattern: str) -> Iterator[Input | str]:
    found = [Path(name) for name in sorted(glob.glob(pattern, recursive=True))]
    files = [path for path in found if path.is_file()]
    if not found:
        yield f"{pattern}: matches no file"
    root = _fixed(pattern)
    for path in files:
        yield _of(path, path.relative_to(root) if path.is_relative_to(root) else Path(path.name))
    for path in found:
        if path.is_dir() and not any(path in file.parents for file in files):
            yield from _below(path)


def _fixed(pattern: str) -> Path:
    """Return the folder before the first part of a pattern that is not fixed."""
    parts = Path(pattern).parts
    number = next(n for n, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:number])


def _remote_place(url: str) -> Path:
    """Return the place of archives in object storage: the last part of the URL, of a pattern's fixed beginning."""
    fixed, magic, _ = url.partition(next((sign for sign in url if sign in "*?["), "\0"))
    return Path(_stem((fixed.rpartition("/")[0] if magic else fixed).rstrip("/").rpartition("/")[2]))


def _of(path: Path, place: Path) -> Input:
    origin = Origin.ARCHIVE if path.name.endswith(SUFFIXES) else Origin.FILE
    return Input(origin, str(path), place.with_name(_stem(place.name)))


def _is_input(path: Path) -> bool:
    return path.name.lower().endswith((*PAGES, *SUFFIXES)) and path.is_file()


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _stem(name: str) -> str:
    for suffix in (*SUFFIXES, *PAGES):
        if name.lower().endswith(suffix) and len(name) > len(suffix):
            return name[: -len(suffix)]
    return name


def read_manifest(name: str) -> dict[Path, str]:
    """Return the URL of each file in a manifest: lines `FILE<tab>URL`, or CSV with the columns `file` and `url`.

    Files are relative to the manifest. Raises Unusable.
    """
    path = Path(name)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise Unusable(f"--manifest {name}: cannot be read: {why}") from None
    lines = [line for line in text.splitlines() if line.strip()]
    tabbed = "\t" in lines[0] if lines else False
    try:
        rows = list(csv.reader(lines, delimiter="\t" if tabbed else ","))
    except csv.Error as error:
        raise Unusable(f"--manifest {name}: neither lines FILE<tab>URL nor CSV: {error}") from None
    file, url = 0, 1
    if rows and {"file", "url"} <= {cell.strip().lower() for cell in rows[0]}:
        head = [cell.strip().lower() for cell in rows.pop(0)]
        file, url = head.index("file"), head.index("url")
    found = {}
    for number, row in enumerate(rows, 1):
        if len(row) <= max(file, url) or absolute("", row[url].strip()) is None:
            shown = " ".join(row)[:80]
            raise Unusable(f"--manifest {name}: entry {number} is not a file and an http(s) URL: {shown!r}")
        found[(path.parent / row[file].strip()).resolve()] = row[url].strip()
    if not found:
        raise Unusable(f"--manifest {name}: contains no file")
    return found


def url_in(manifest: Mapping[Path, str], name: str) -> str | None:
    """Return the URL that a manifest has for a file."""
    return manifest.get(Path(name).resolve()) if manifest and name != "-" else None
