"""Parses TOML safely: refuses expensive input before parsing, and provides line numbers.

`tomllib` gives no positions and has no limits: its time grows with the square of the parts of a dotted key, and nested
arrays end in a RecursionError. The libraries considered (tomlkit, rtoml, toml-rs) do not give the line of a key either.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 12
"""Maximum nesting of arrays and inline tables; the language itself needs four."""
MAX_ENTRIES = 8000
"""Maximum keys, tables and array elements in a file; the largest profile so far has about 600."""
MAX_PARTS = 12
"""Maximum dots on one line outside strings; a dotted key has fewer parts."""

KeyPath = tuple[str | int, ...]

_STRING = (
    r'"""(?:[^"\\]++|\\.|"{1,2}(?!"))*"{3,5}'
    r"|'''(?:[^']++|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\\n]++|\\.)*+"'
    r"|'[^'\n]*+'"
)
_SHAPE = re.compile(rf"#[^\n]*+|{_STRING}|[\[\]{{}}.,=\n]", re.DOTALL)
_TOKEN = re.compile(rf"[ \t\r]++|#[^\n]*+|(?P<string>{_STRING})|(?P<bare>[A-Za-z0-9_:+-]++)|(?P<mark>.)", re.DOTALL)
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")


_HINTS = {
    "Unescaped '\\' in a string": "put patterns between single quotes",
    "Invalid value": "text needs quotes, and true and false are in lower case",
    "Expected newline or end of document": "put text that has quotes between quotes of the other kind",
}
"""What to do about frequent errors, by the beginning of tomllib's message."""


def hint(message: str) -> str:
    """Return how to correct the error that tomllib reports, as the end of its message; mostly nothing."""
    return next((f"; {what}" for beginning, what in _HINTS.items() if message.startswith(beginning)), "")


class TomlRefused(ValueError):  # noqa: N818 - named like the project's other errors
    """The text is not TOML, or over a limit; `line` is the place, None for the whole file."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def parse(raw: bytes) -> dict[str, Any]:
    """Return the table in `raw`, UTF-8, in linear time; raises `TomlRefused`."""
    if raw.startswith(b"\xef\xbb\xbf"):
        raise TomlRefused("starts with a byte order mark; save the file as UTF-8 without one", 1)
    try:
        text = raw.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        place = raw.count(b"\n", 0, error.start) + 1
        raise TomlRefused(f"byte {error.start} is not UTF-8; save the file as UTF-8", place) from None
    check_shape(text)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, line = _without_line(str(error), text)
        raise TomlRefused(f"not TOML: {message}{hint(message)}", line) from None
    except (ValueError, OverflowError) as error:  # numbers and dates out of Python's range
        raise TomlRefused(f"not TOML: {error}") from None


def _without_line(message: str, text: str) -> tuple[str, int | None]:
    found = _AT_LINE.search(message)
    if found:
        return message.replace(found.group(0), "").strip(), int(found.group(1))
    return message, text.count("\n") + 1 if "end of document" in message else None


def check_shape(text: str) -> None:
    """Raise `TomlRefused` if `text` is nested too deeply, or has too many entries or parts in a dotted key."""
    depth = entries = dots = 0
    for token in _SHAPE.finditer(text):
        mark = token.group()
        if mark in "[{=,":
            entries += 1
            if entries > MAX_ENTRIES:
                raise TomlRefused(f"more than {MAX_ENTRIES} keys and values", _line(text, token.start()))
        if mark in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise TomlRefused(
                    f"nested more than {MAX_DEPTH} levels deep; a profile needs four", _line(text, token.start())
                )
        elif mark in "]}":
            depth = max(0, depth - 1)
        elif mark == ".":
            dots += 1
            if dots > MAX_PARTS:
                raise TomlRefused(f"a dotted key with more than {MAX_PARTS} parts", _line(text, token.start()))
        elif mark == "\n":
            dots = 0


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


class Lines:
    """The line of each key and array element of a TOML text. The text must be valid TOML (see `parse`)."""

    def __init__(self, text: str) -> None:
        self._at: dict[KeyPath, int] = {(): 1}
        self._counts: dict[KeyPath, int] = {}
        self._tokens = _tokens(text.replace("\r\n", "\n"))
        self._kind = self._text = ""
        self._at_line = 1
        self._advance()
        self._document()

    def line(self, path: KeyPath) -> int:
        """Return the line of the key or element at `path`, or of the nearest enclosing table."""
        while path not in self._at:
            path = path[:-1]
        return self._at[path]

    def paths(self) -> dict[KeyPath, int]:
        """Return all paths with their lines."""
        return dict(self._at)

    def _advance(self) -> None:
        self._kind, self._text, self._at_line = next(self._tokens, ("end", "", self._at_line))

    def _skip(self, marks: str) -> None:
        while self._kind == "mark" and self._text in marks:
            self._advance()

    def _document(self) -> None:
        table: KeyPath = ()
        while True:
            self._skip("\n")
            if self._kind == "end":
                return
            if self._kind == "mark":
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> KeyPath:
        line = self._at_line
        self._advance()
        is_array = self._kind == "mark" and self._text == "["
        if is_array:
            self._advance()
        *parents, last = self._key()
        table: KeyPath = ()
        for name in parents:
            table = self._latest(self._mark(table, name, line))
        path = (*table, last)
        if is_array:
            number = self._counts.get(path, 0)
            self._counts[path] = number + 1
            self._at.setdefault(path, line)
            path = (*path, number)
        self._at[path] = line
        self._skip("]")
        return path

    def _mark(self, table: KeyPath, name: str, line: int) -> KeyPath:
        path = (*table, name)
        self._at.setdefault(path, line)
        return path

    def _latest(self, path: KeyPath) -> KeyPath:
        """Return `path`, or its last element if it is an array of tables."""
        return (*path, self._counts[path] - 1) if path in self._counts else path

    def _key(self) -> list[str]:
        parts = []
        while self._kind != "mark":
            parts.append(_name(self._kind, self._text))
            self._advance()
            if self._text == ".":
                self._advance()
        return parts

    def _pair(self, table: KeyPath) -> None:
        line = self._at_line
        for name in self._key():
            table = self._mark(table, name, line)
        self._advance()
        self._value(table)

    def _value(self, path: KeyPath) -> None:
        opening = self._text if self._kind == "mark" else ""
        self._advance()
        if opening == "[":
            number = 0
            self._skip("\n,")
            while self._text != "]" or self._kind != "mark":
                self._at[*path, number] = self._at_line
                self._value((*path, number))
                number += 1
                self._skip("\n,")
            self._advance()
        elif opening == "{":
            self._skip("\n,")
            while self._text != "}" or self._kind != "mark":
                self._pair(path)
                self._skip("\n,")
            self._advance()
        else:
            while self._kind == "bare" or (self._kind == "mark" and self._text == "."):
                self._advance()  # the rest of a number, or a time after its date


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    """Yield (kind, text, line) for strings, bare words and marks; space and comments are skipped."""
    line = 1
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind is not None:
            yield kind, token.group(), line
            line += token.group().count("\n")


def _name(kind: str, source: str) -> str:
    """Return the key that a bare word or a quoted string denotes."""
    if kind == "bare":
        return source
    if source.startswith("'"):
        return source[1:-1]
    name: str = tomllib.loads(f"k = {source}")["k"]
    return name
