"""What can be inferred from the URLs of a few pages: the site's host, the URL forms, and where the id is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from ..page.urls import host
from ..profiles.patterns import pattern

_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gov", "net", "org"})
_USUAL = frozenset({"www", "m", "wap", "3g", "mobile"})
_CHUNK = re.compile(r"[0-9A-Za-z]+|[^0-9A-Za-z]+")
_MARKED = re.compile(r"([A-Za-z]{1,2})\d+")
_DAY = re.compile(r"(?:19|20)\d{2}[-_]?(?:[01]\d)(?:[-_]?[0-3]\d)?|[01]\d[-_]?[0-3]\d")
_ANY = r"[^/?#]+"
_LONG = 5
_UNIQUE = 7
"""Minimum digits of a number that is unique on a site; shorter ones may restart every day."""
_FIXED = frozenset({4, 6, 8})
"""Lengths in digits of a year, a month with its year, a date."""


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A URL form: a regular expression, with a group `id` if one was recognised, and the `urls` that match it.

    `ident` is the template of the article's id if the group alone is not unique.
    """

    match: str
    urls: tuple[str, ...]
    has_id: bool
    ident: str | None = None


def registered(name: str) -> str:
    """Return the registered domain of a host name: two labels, or three under suffixes such as com.cn."""
    labels = name.split(".")
    short = len(labels) > 2 and labels[-2] in _SECOND_LEVEL and len(labels[-1]) == 2
    return ".".join(labels[-3:] if short else labels[-2:])


def own_host(urls: Sequence[str]) -> str:
    """Return the longest domain that all hosts of `urls` belong to, without www and the like."""
    names = [host(url).split(".") for url in urls]
    common: list[str] = []
    for labels in zip(*(reversed(one) for one in names), strict=False):
        if len(set(labels)) > 1:
            break
        common.insert(0, labels[0])
    while len(common) > 2 and common[0] in _USUAL:
        common.pop(0)
    return ".".join(common)


def forms(urls: Sequence[str], own: str) -> list[Form]:
    """Return the forms of `urls`, the most frequent first; `own` is the site's host.

    Parts that are the same in all URLs of a form are kept literally. The form of a single URL is a guess: digits are
    assumed to vary, words are not.
    """
    groups: dict[tuple[object, ...], list[str]] = {}
    for url in dict.fromkeys(urls):
        groups.setdefault(_shape(url), []).append(url)
    found: dict[str, Form] = {}
    for group in sorted(groups.values(), key=len, reverse=True):
        made = _form(group, own)
        if all(pattern(made.match).search(url) for url in group) and made.match not in found:
            found[made.match] = made
    return list(found.values())


def _shape(url: str) -> tuple[object, ...]:
    parts = urlsplit(url)
    segments = parts.path.strip("/").split("/")
    tail = segments[-1]
    ending = tail.rpartition(".")[2] if "." in tail else ""
    digits = tuple(any(c.isdigit() for c in segment) for segment in segments)
    return len(segments), digits, ending, _query_id(parts.query)[0]


def _form(urls: list[str], own: str) -> Form:
    parts = [urlsplit(url) for url in urls]
    rows = [part.path.strip("/").split("/") for part in parts]
    key, value = _query_id(parts[0].query)
    columns = [list(column) for column in zip(*rows, strict=True)]
    digits = [n for n, column in enumerate(columns) if any(c.isdigit() for stem in column for c in stem)]
    in_query = bool(key) and (len(columns) - 1) not in digits
    place = None if in_query or not digits else digits[-1]
    dated = [n for n in digits if n != place and all(_DAY.fullmatch(value) for value in columns[n])]
    made = [_segment(column, named=number == place) for number, column in enumerate(columns)]
    path = [inner for inner, _ in made]
    daily = bool(dated) and any(few for _, few in made)
    if daily:
        path[dated[-1]] = f"(?P<day>{path[dated[-1]]})"
    text = rf"^https?://(?:[\w-]+\.)*{_literal(own)}/{'/'.join(path)}"
    if in_query:
        text += rf"\?(?:.*&)?{_literal(key)}=(?P<id>{'[0-9]+' if value.isdigit() else '[0-9A-Za-z_-]+'})"
    elif place is not None:
        text += ("" if "." in columns[-1][0] else "/?") + "(?:[?#]|$)"
    return Form(
        match=text,
        urls=tuple(urls),
        has_id=in_query or place is not None,
        ident="{day}-{id}" if daily else None,
    )


def _query_id(query: str) -> tuple[str, str]:
    """Return name and value of the query parameter that looks most like an id, or two empty strings."""
    pairs = [pair.partition("=")[::2] for pair in query.split("&") if "=" in pair]
    ids = [(name, value) for name, value in pairs if any(c.isdigit() for c in value)]
    ids.sort(key=lambda pair: "id" in pair[0].lower(), reverse=True)
    return ids[0] if ids else ("", "")


def _segment(values: list[str], *, named: bool) -> tuple[str, bool]:
    """Return the pattern of one path segment; with `named` it has a group `id` that excludes the file extension.

    The second value is whether the id has so few digits that it may restart every day.
    """
    endings = {value[value.rfind(".") :] if "." in value else "" for value in values}
    ending = endings.pop() if len(endings) == 1 else ""
    stems = [value[: len(value) - len(ending)] if ending else value for value in values]
    rows = [_CHUNK.findall(stem) for stem in stems]
    if len({tuple(chunk for chunk in row if not chunk.isalnum()) for row in rows}) > 1 or len({*map(len, rows)}) > 1:
        return (f"(?P<id>{_ANY})" if named else _ANY) + _literal(ending), False
    columns = [list(column) for column in zip(*rows, strict=True)]
    digits = [max(sum(c.isdigit() for c in chunk) for chunk in column) for column in columns]
    long = [n for n, count in enumerate(digits) if count >= _LONG]
    some = [n for n, count in enumerate(digits) if count]
    place = (long or some)[-1] if named and some else None
    pieces = [_chunk(column, named=number == place) for number, column in enumerate(columns)]
    return "".join(pieces) + _literal(ending), place is not None and digits[place] < _UNIQUE


def _chunk(values: list[str], *, named: bool) -> str:
    """Return the pattern of a word, a number or an id; with `named` in a group `id`."""
    first = values[0]
    if len(set(values)) == 1 and not any(c.isdigit() for c in first):
        return _literal(first)
    before = ""
    if all(value.isdigit() for value in values):
        lengths = {len(value) for value in values}
        inner = rf"\d{{{len(first)}}}" if len(lengths) == 1 and lengths <= _FIXED and not named else r"\d+"
    elif (marked := _MARKED.fullmatch(first)) and all(
        (other := _MARKED.fullmatch(value)) and other[1] == marked[1] for value in values
    ):
        before, inner = marked[1], r"\d+"
    else:
        inner = "[0-9A-Za-z]+" if any(c.isdigit() for value in values for c in value) else "[A-Za-z]+"
    return before + (f"(?P<id>{inner})" if named else inner)


def _literal(text: str) -> str:
    return re.sub(r"([.+*?()\[\]{}|^$\\])", r"\\\1", text)
