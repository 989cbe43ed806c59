"""TOML with care: limits before the parse, and a line for every key and element."""

from __future__ import annotations

import json
import time
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.profiles.toml import MAX_DEPTH, MAX_ENTRIES, KeyPath, Lines, TomlRefused, parse

TEXT = """\
# a comment with [brackets] and "quotes
id = "x" # = y
list = [
  "one", # ] not the end
  [2,
   3],
]
"quoted.key" = '''
several
lines'''
dotted.inner.key = { a = 1, b = [ { c = 2 } ] }

[table]
when = 2020-01-01 10:00:00
[table.sub]
x = -1.5
[[rows]]
n = 1
[[rows]]
n = 2
[rows.sub]
deep = true
[[rows.more]]
y = "a \\" = b"
"""


def test_lines_of_every_form() -> None:
    """Tables, arrays of tables, dotted and quoted keys, inline tables, arrays over several lines: each has its line."""
    assert Lines(TEXT).paths() == {
        (): 1,
        ("id",): 2,
        ("list",): 3,
        ("list", 0): 4,
        ("list", 1): 5,
        ("list", 1, 0): 5,
        ("list", 1, 1): 6,
        ("quoted.key",): 8,
        ("dotted",): 11,
        ("dotted", "inner"): 11,
        ("dotted", "inner", "key"): 11,
        ("dotted", "inner", "key", "a"): 11,
        ("dotted", "inner", "key", "b"): 11,
        ("dotted", "inner", "key", "b", 0): 11,
        ("dotted", "inner", "key", "b", 0, "c"): 11,
        ("table",): 13,
        ("table", "when"): 14,
        ("table", "sub"): 15,
        ("table", "sub", "x"): 16,
        ("rows",): 17,
        ("rows", 0): 17,
        ("rows", 0, "n"): 18,
        ("rows", 1): 19,
        ("rows", 1, "n"): 20,
        ("rows", 1, "sub"): 21,
        ("rows", 1, "sub", "deep"): 22,
        ("rows", 1, "more"): 23,
        ("rows", 1, "more", 0): 23,
        ("rows", 1, "more", 0, "y"): 24,
    }


def test_a_key_that_is_missing_has_the_line_of_its_table() -> None:
    """A path that is not in the text leads to the nearest table around it."""
    lines = Lines(TEXT)
    assert [lines.line(path) for path in (("rows", 1, "sub", "gone", 3), ("rows", 1, "gone"), ("gone",))] == [21, 19, 1]


def test_windows_line_ends_count_once() -> None:
    """CR LF is one line end, for the parse and for the lines."""
    text = TEXT.replace("\n", "\r\n")
    assert parse(text.encode()) == tomllib.loads(TEXT)
    assert Lines(text).paths() == Lines(TEXT).paths()


KEYS = st.sampled_from(["a", "b-c", "_d", "1", "é x", 'q"q', "a.b", "", "'", "[x]", "#"])
STRINGS = st.text(st.sampled_from("ab =#[]{},.'\"\\\n文"), max_size=8)
SCALARS = st.one_of(STRINGS, st.integers(-9, 9), st.booleans(), st.sampled_from([1.5, -0.25]))
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
TABLES = st.dictionaries(KEYS, VALUES, max_size=5)


class Writer:
    """Writes a table as TOML in drawn styles, and notes the line of each path."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data
        self.text = ""
        self.at: dict[KeyPath, int] = {(): 1}

    def choose(self, *ways: str) -> str:
        """Draw one of `ways`."""
        return self.data.draw(st.sampled_from(ways))

    def note(self, path: KeyPath) -> None:
        """Note that `path` begins here, unless an earlier line has it."""
        self.at.setdefault(path, self.text.count("\n") + 1)

    def key(self, name: str) -> str:
        """Return a key, bare where it can be."""
        bare = bool(name) and all(c.isascii() and (c.isalnum() or c in "-_") for c in name)
        return name if bare and self.choose("bare", "quoted") == "bare" else json.dumps(name, ensure_ascii=False)

    def value(self, path: KeyPath, value: Any) -> None:
        """Write a value in place."""
        if isinstance(value, list):
            several = self.choose("one line", "several") == "several"
            self.text += "["
            for number, item in enumerate(value):
                self.text += "\n # ] , a comment\n  " if several else ""
                self.note((*path, number))
                self.value((*path, number), item)
                self.text += "," if several or number + 1 < len(value) else ""
            self.text += "\n]" if several else "]"
        elif isinstance(value, dict):
            self.text += "{ "
            for number, (name, item) in enumerate(value.items()):
                self.text += ", " if number else ""
                self.note((*path, name))
                self.text += f"{self.key(name)} = "
                self.value((*path, name), item)
            self.text += " }"
        elif isinstance(value, str):
            self.text += self.string(value)
        else:
            self.text += json.dumps(value)

    def string(self, value: str) -> str:
        """Return a string in one of TOML's four forms."""
        basic = json.dumps(value, ensure_ascii=False)
        ways = [basic, f'"""\n{basic[1:-1]}"""']
        if "'" not in value:
            ways.append(f"'''\n{value}'''")
            if "\n" not in value:
                ways.append(f"'{value}'")
        return self.choose(*ways)

    def table(self, path: KeyPath, names: list[str], table: dict[str, Any]) -> None:
        """Write a table's pairs, then its tables under headers of their own."""
        later: list[tuple[str, Any]] = []
        for name, value in table.items():
            rows = isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
            if (isinstance(value, dict) or rows) and self.choose("header", "inline") == "header":
                later.append((name, value))
                continue
            self.note((*path, name))
            self.text += f"{self.key(name)} = "
            self.value((*path, name), value)
            self.text += self.choose("\n", " # a = [comment]\n", "\n\n")
        for name, value in later:
            inner = [*names, self.key(name)]
            for number, item in enumerate(value if isinstance(value, list) else [value]):
                place: KeyPath = (*path, name, number) if isinstance(value, list) else (*path, name)
                self.note((*path, name))
                self.note(place)
                header = ".".join(inner)
                self.text += f"[[{header}]]\n" if isinstance(value, list) else f"[{header}]\n"
                self.table(place, inner, item)


@given(TABLES, st.data())
@settings(max_examples=300)
def test_lines_of_any_document(table: dict[str, Any], data: st.DataObject) -> None:
    """Whatever a document says and however it is written, each path of its data has the line where it was written."""
    writer = Writer(data)
    writer.table((), [], table)
    assert tomllib.loads(writer.text) == table
    assert Lines(writer.text).paths() == writer.at


@given(st.one_of(st.binary(max_size=60), st.text(st.sampled_from("ab=[]{}.,'\"\\\n# 1-"), max_size=60).map(str.encode)))
@settings(max_examples=500)
def test_any_bytes_parse_or_are_refused(raw: bytes) -> None:
    """Bytes give what tomllib gives, with lines for all of it, or TomlRefused; nothing else comes out."""
    try:
        table = parse(raw)
    except TomlRefused:
        return
    text = raw.decode().replace("\r\n", "\n")
    assert table == tomllib.loads(text)
    for path, line in Lines(text).paths().items():
        assert 1 <= line <= text.count("\n") + 1
        _at(table, path)


def _at(value: Any, path: KeyPath) -> Any:
    for step in path:
        value = value[step]
    return value


@pytest.mark.parametrize(
    ("raw", "line", "words"),
    [
        (b"\xef\xbb\xbfid = 1", 1, "byte order mark"),
        (b"a = 1\nb = '\xff'", 2, "not UTF-8"),
        (b"a = 1\n\nb = ", 3, "not TOML"),
        (b"a = 1\nb = '\x00'", 2, "not TOML"),
        (b'a = "\\ud800"', 1, "not TOML"),
        (b"a = 1\na = 2", 2, "not TOML"),
        (b"a: 1\n", 1, "not TOML"),
        (b'match = "\\d"', 1, "not TOML: .*; put patterns between single quotes"),
        (b"textNodes = True", 1, "not TOML: .*; text needs quotes, and true and false"),
        (b'css = "a[href="x"]"', 1, "not TOML: .*; put text that has quotes between"),
        (b"%YAML 1.2\n---\n!!python/object/apply:os.system ['x']\n", 1, "not TOML"),
        (b"a = " + b"[" * 10_000, 1, f"more than {MAX_DEPTH} levels deep"),
        (b"x" + b".x" * 100_000 + b" = 1", 1, "parts"),
        (b"a = [" + b"1," * 100_000 + b"]", 1, f"more than {MAX_ENTRIES}"),
        (b"\n".join(b"k%d = 1" % n for n in range(20_000)), MAX_ENTRIES + 1, f"more than {MAX_ENTRIES}"),
        (b"a = " + b"9" * 10_000, None, "not TOML"),
        (b"a = 1e9999999999\nb = 2020-13-01", 2, "not TOML"),
        (b'a = "' + b"\\" * 100_001, 1, "not TOML"),
        (b"a = '''" + b"'x" * 100_000, 1, "not TOML"),
    ],
)
def test_what_is_refused(raw: bytes, line: int | None, words: str) -> None:
    """Each is refused with its line, in less than a second."""
    start = time.process_time()
    with pytest.raises(TomlRefused, match=words) as refused:
        parse(raw)
    assert time.process_time() - start < 1
    assert refused.value.line == line


def test_brackets_in_strings_and_comments_nest_nothing() -> None:
    """The limit of depth counts structure, not what strings and comments hold."""
    deep = "[" * 1000
    assert parse(f"# {deep}\na = \"{deep}\"\nb = '{deep}'\nc = '''{deep}'''\n".encode()) == dict.fromkeys("abc", deep)


def test_the_limits_themselves_pass() -> None:
    """Just as deep and as many as allowed is allowed."""
    deep: Any = []
    for _ in range(MAX_DEPTH - 1):
        deep = [deep]
    assert parse(("a = " + "[" * MAX_DEPTH + "]" * MAX_DEPTH).encode()) == {"a": deep}
    keys = [f"k{number}" for number in range(MAX_ENTRIES)]
    assert list(parse("\n".join(f"{key} = 1" for key in keys).encode())) == keys
