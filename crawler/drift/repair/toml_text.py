"""Changes of a profile's TOML that keep its comments, its order and everything else as it is.

A change is made in the lines of the file and then checked: the parsed file differs in nothing but what was asked for.
tomlkit would keep comments too, but would be a dependency of every installation for three kinds of changes.
"""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from ...profiles.toml import KeyPath, Lines

_HEADER = re.compile(r"\s*\[")
_REGEX = re.compile(r"[\\\"]")


class EditFailed(ValueError):  # noqa: N818 - states what happened
    """The file's form does not allow the change (inline tables, for example). The message says where."""


def written(value: Any) -> str:
    """Return a value as TOML: strings without escapes where possible."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        if "'" not in value and value.isprintable() and _REGEX.search(value):
            return f"'{value}'"
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {written(one)}" for key, one in value.items()) + " }"
    return "[" + ", ".join(map(written, value)) + "]"


class TomlText:
    """The text of a TOML file, immutable; changes return another."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.table: dict[str, Any] = tomllib.loads(text)
        self.lines = text.split("\n")
        self.places = Lines(text).paths()

    def get(self, path: KeyPath) -> Any:
        """Return the value at `path`, None if there is none."""
        found: Any = self.table
        for step in path:
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                return None
        return found

    def replaced(self, path: KeyPath, value: Any) -> TomlText:
        """Return the file with another value for the key at `path`, which it has. Raises EditFailed."""
        start, end = self._lines_of(path)
        key = self.lines[start].partition("=")[0].rstrip()
        comment = self._comment(start, end)
        new = [*self.lines[:start], f"{key} = {written(value)}{comment}", *self.lines[end:]]
        return self._checked(new, path, value)

    def with_key(self, table: KeyPath, key: str, value: Any) -> TomlText:
        """Return the file with one more key in a table that has a header. Raises EditFailed."""
        header = self._header(table)
        line = f"{key} = {written(value)}"
        return self._checked([*self.lines[: header + 1], line, *self.lines[header + 1 :]], (*table, key), value)

    def with_table(
        self, name: Sequence[str], values: Mapping[str, Any], *, before: KeyPath | None = None,
        after: KeyPath | None = None, many: bool = False, comment: str = "",
    ) -> TomlText:  # fmt: skip
        """Return the file with one more table, in front of or behind the table at a path, else at the end.

        `many` makes it an entry of an array of tables. Raises EditFailed.
        """
        title = ".".join(part if re.fullmatch(r"[\w-]+", part) else json.dumps(part) for part in name)
        block = [f"[[{title}]]" if many else f"[{title}]"]
        block[0] += f" # {comment}" if comment else ""
        block += [f"{key} = {written(value)}" for key, value in values.items()]
        if before is not None:
            at = self._header(before)
            while at > 0 and self.lines[at - 1].lstrip().startswith("#"):
                at -= 1
            new = [*self.lines[:at], *block, "", *self.lines[at:]]
        else:
            at = self._end(after) if after is not None else len(self.lines)
            head = self.lines[:at]
            while head and not head[-1].strip():
                head.pop()
            tail = self.lines[at:]
            new = [*head, "", *block, *([""] if tail and tail[0].strip() else []), *(tail or [""])]
        text = TomlText("\n".join(new))
        old = self.get(tuple(name))
        wanted: Any = [*(old or []), dict(values)] if many else dict(values)
        found = text.get(tuple(name))
        if many and before is not None and isinstance(found, list):
            wanted = found if len(found) == len(old or []) + 1 and dict(values) in found else None
        if found != wanted:
            raise EditFailed(f"[{title}] cannot be added to this file")
        return text

    def _checked(self, lines: list[str], path: KeyPath, value: Any) -> TomlText:
        try:
            made = TomlText("\n".join(lines))
        except tomllib.TOMLDecodeError as error:
            raise EditFailed(f"{'.'.join(map(str, path))}: {error}") from None
        wanted = copy.deepcopy(self.table)
        place: Any = wanted
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value
        if made.table != wanted:
            raise EditFailed(f"{'.'.join(map(str, path))} cannot be changed in this file's form")
        return made

    def _lines_of(self, path: KeyPath) -> tuple[int, int]:
        """Return the lines of a key and its value."""
        if path not in self.places:
            raise EditFailed(f"{'.'.join(map(str, path))} is not in the file")
        start = self.places[path] - 1
        for end in range(start + 1, min(len(self.lines), start + 200) + 1):
            try:
                found = tomllib.loads("\n".join(self.lines[start:end]))
            except tomllib.TOMLDecodeError:
                continue
            if found:
                return start, end
        raise EditFailed(f"{'.'.join(map(str, path))} has no lines of its own")

    def _comment(self, start: int, end: int) -> str:
        """Return the comment at the end of a value's last line, with the space before it."""
        whole = tomllib.loads("\n".join(self.lines[start:end]))
        last = self.lines[end - 1]
        for found in re.finditer(r"\s*#", last):
            try:
                if tomllib.loads("\n".join([*self.lines[start : end - 1], last[: found.start()]])) == whole:
                    return last[found.start() :]
            except tomllib.TOMLDecodeError:
                continue
        return ""

    def _header(self, path: KeyPath) -> int:
        if path not in self.places or not _HEADER.match(self.lines[self.places[path] - 1]):
            raise EditFailed(f"{'.'.join(map(str, path))} has no header of its own")
        return self.places[path] - 1

    def _end(self, path: KeyPath) -> int:
        """Return the line behind the last one of a table and the tables inside it."""
        inside = [line for other, line in self.places.items() if other[: len(path)] == path]
        at = max(inside)
        while at < len(self.lines) and not self._is_header(at):
            at += 1
        while at > 0 and (not self.lines[at - 1].strip() or self.lines[at - 1].lstrip().startswith("#")):
            at -= 1
        return at

    def _is_header(self, at: int) -> bool:
        """Return whether a line begins a table, and is not inside a value of several lines."""
        return any(line == at + 1 for line in self.places.values()) and bool(_HEADER.match(self.lines[at]))
