"""An article's id in its address: what varies between the addresses of different articles.

What is the same in all of them (a channel, an account's number) is never the id, a date or a page number only together
with something else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote, urlsplit

import msgspec

from ..profiles.patterns import named_groups

TRACKING: Final = (
    "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "spm", "from", "fbclid", "gclid", "ref",
)  # fmt: skip
"""Query parameters that do not affect a page on any site known."""
_NOISE: Final = frozenset({
    "f", "fr", "ref", "refer", "referer", "source", "src", "share", "shareid", "sharer", "scene", "chksm",
    "pass_ticket", "isappinstalled", "nsukey", "clicktime", "enterid", "ascene", "devicetype", "version",
    "lang", "key", "uin", "channel", "cmp", "cid", "mkt", "tracking", "campaign", "timestamp", "ts", "t", "ver",
    "v", "sessionid", "wfr", "subscene", "exportkey", "wx_header", "abtest_cookie", "poc_token", "srcid", "uid",
    "sid", "token", "tt_from", "app",
})  # fmt: skip
_OWNER = re.compile(r"biz|user|author|media|account|cat|channel|col|type|tag|page|lang|site", re.IGNORECASE)
"""Parameters for what several articles have in common."""
_CHUNK = re.compile(r"[0-9A-Za-z]+|[^0-9A-Za-z]+")
_MARKED = re.compile(r"([A-Za-z]{1,2})(\d+)")
_DAY = re.compile(r"(?:19|20)\d{2}[-_]?(?:[01]\d)(?:[-_]?[0-3]\d)?|(?:19|20)\d{2}|[01]\d[-_]?[0-3]\d|\d{1,2}")
_YEARLY = re.compile(r"(?:19|20)\d\d")
_MIXED = re.compile(r"(?=.*[a-z])(?=.*[A-Z])[0-9A-Za-z_-]{20,24}")
"""A random id in the letters that URLs may have."""
_SLUG: Final = 3
"""Words from which a path segment is the title of an article."""
_ANY: Final = r"[^/?#]+"
_UNIQUE: Final = 7
"""Minimum digits of a number that is unique on a site; shorter ones may restart every day."""
_TOKEN: Final = 9
"""Minimum characters of letters and digits mixed that are unique on a site."""
_FIXED: Final = frozenset({4, 6, 8})
"""Lengths in digits of a year, a month with its year, a date."""
_PAGE_NUMBER: Final = 2
"""Maximum digits of the number of an article's page, after its id."""


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A URL form: a regular expression, with a group `id` if one was recognised, and the `urls` that match it.

    `ident` is the template of the article's id if it has several parts; `why` what the id rests on, or why there is
    none.
    """

    match: str
    urls: tuple[str, ...]
    has_id: bool
    ident: str | None = None
    why: str = ""

    def id_of(self, url: str) -> str | None:
        """Return the article's id in a URL, None if the URL is of another form."""
        groups = named_groups(self.match, url)
        if groups is None or not self.has_id:
            return None
        if self.ident is None:
            return groups.get("id")
        return re.sub(r"\{(\w+)\}", lambda found: groups.get(found[1], ""), self.ident)


def parameters(query: str) -> dict[str, str]:
    """Return the query's parameters that may identify a page."""
    pairs = [pair.partition("=")[::2] for pair in query.split("&") if "=" in pair]
    return {
        name: value
        for name, value in pairs
        if value and name.lower() not in _NOISE and name not in TRACKING and re.fullmatch(r"[\w\[\]:.-]+", name)
    }


# --- Ids in the query ------------------------------------------------------------------------------------------------


def in_query(urls: list[str], own: str) -> list[list[Form]]:
    """Return ways to read an id from query parameters, the best first."""
    rows = [parameters(urlsplit(url).query) for url in urls]
    names = [name for name in rows[0] if all(name in row for row in rows)]
    names = [name for name in names if any(c.isdigit() for row in rows for c in row[name]) or is_token(rows[0][name])]
    if not names:
        return []
    path = path_pattern(urls, own, None, query=True)
    values = {name: [row[name] for row in rows] for name in names}
    varying = [name for name in names if len(set(values[name])) == len(set(urls))]
    if len(urls) == 1:
        varying = [name for name in names if not _OWNER.search(name)] or names
    if _tail_identifies(urls):
        return []

    def strength(name: str) -> tuple[bool, bool, int]:
        return (
            all(is_token(value) for value in values[name]),
            "id" in name.lower(),
            min(map(len, values[name])),
        )

    single = sorted(varying, key=strength, reverse=True)
    counted = [name for name in names if all(value.isdigit() and len(value) <= 2 for value in values[name])]
    ways: list[list[Form]] = []
    for name in single:
        beside = [one for one in counted if one != name and re.search(r"idx|index|item|no|num", one, re.IGNORECASE)]
        if not all(is_token(value) for value in values[name]) or _is_number(values[name]):
            # a message with several articles numbers them
            ways += [_joined(urls, path, [name, one], values) for one in beside]
        ways.append(
            [
                Form(
                    match=rf"{path}\?(?:[^#]*&)?{literal(name)}=(?P<id>{_value(values[name])})(?:[&#]|$)",
                    urls=tuple(urls), has_id=True, why=_why(urls, f"the parameter {name}"),
                )
            ]
        )  # fmt: skip
    several = [name for name in names if len(set(values[name])) > 1]
    if len(several) == 2:
        ways.append(_joined(urls, path, several, values))
    return ways


def _joined(urls: list[str], path: str, names: Sequence[str], values: dict[str, list[str]]) -> list[Form]:
    """Return the forms of URLs whose id consists of two parameters, in both orders."""
    first, second = names
    groups = {first: "id", second: "part"}
    found = []
    for one, other in ((first, second), (second, first)):
        match = (
            rf"{path}\?(?:[^#]*&)?{literal(one)}=(?P<{groups[one]}>{_value(values[one])})&(?:[^#]*&)?"
            rf"{literal(other)}=(?P<{groups[other]}>{_value(values[other])})(?:[&#]|$)"
        )
        found.append(
            Form(match=match, urls=tuple(urls), has_id=True, ident="{id}-{part}",
                 why=_why(urls, f"the parameters {first} and {second}: several articles may share one {first}"))
        )  # fmt: skip
    return found


def _value(values: Sequence[str]) -> str:
    return "[0-9]+" if all(value.isdigit() for value in values) else "[^&#]+"


def _tail_identifies(urls: Sequence[str]) -> bool:
    """Return whether the path alone has a number or token that differs in all URLs."""
    tails = [urlsplit(url).path.strip("/").rpartition("/")[2] for url in urls]
    stems = [tail.rpartition(".")[0] or tail for tail in tails]
    return len(set(stems)) == len({url.partition("?")[0] for url in urls}) and len(set(stems)) == len(urls) and all(
        any(_is_strong(chunk) for chunk in _CHUNK.findall(stem)) for stem in stems
    )  # fmt: skip


# --- Ids in the path -------------------------------------------------------------------------------------------------


class _Part(msgspec.Struct, frozen=True):
    """A part of the path that is the id: a segment, and the chunks of it from `start` to `stop`; None: all of it.

    The segments in `before` (a date, a volume) are parts of the id if it is not unique by itself.
    """

    segment: int
    start: int | None = None
    stop: int | None = None
    before: tuple[int, ...] = ()
    suffix: bool = False

    @property
    def template(self) -> str | None:
        """The template of the id, None if the part alone is the id."""
        names = ["day"] if len(self.before) == 1 else [f"part{n}" for n in range(1, len(self.before) + 1)]
        return "-".join(f"{{{name}}}" for name in (*names, "id")) if names else None


def in_path(urls: list[str], own: str) -> list[list[Form]]:
    """Return ways to read an id from the path, the best first."""
    ways: list[list[Form]] = []
    for part in _parts_of(urls):
        match = path_pattern(urls, own, part)
        ident = part.template
        why = "the last part alone may occur again" if ident else ""
        ways.append([Form(match=match, urls=tuple(urls), has_id=True, ident=ident, why=_why(urls, why) if why else "")])
    return ways


def _parts_of(urls: Sequence[str]) -> list[_Part]:
    """Return the parts of the path that may be the id, the best first."""
    columns = _columns(urls)
    single = len(set(urls)) == 1
    found: list[_Part] = []
    weak: list[_Part] = []
    days = [n for n, column in enumerate(columns) if all(_is_day(value) for value in column)]
    if not all(any(_YEARLY.match(row[n]) for n in days) for row in zip(*columns, strict=True)):
        days = []
    for number in range(len(columns) - 1, -1, -1):
        stems, _ = _stems(columns[number])
        if not single and len(set(stems)) == 1:
            continue
        rows = [_CHUNK.findall(stem) for stem in stems]
        level = len({tuple(c if not c.isalnum() else "" for c in row) for row in rows}) == 1
        if level:
            chunks = list(zip(*rows, strict=True))
            numbered = [n for n, chunk in enumerate(chunks) if all(any(c.isdigit() for c in value) for value in chunk)]
            varying = [n for n in numbered if single or len(set(chunks[n])) > 1]
            strong = [n for n in varying if all(_is_strong(value) for value in chunks[n])]
            unique = [n for n in strong if single or len(set(chunks[n])) == len(set(stems))]
            tokens = [
                n
                for n in range(len(chunks))
                if n in unique or ((single or len(set(chunks[n])) > 1) and all(is_token(value) for value in chunks[n]))
            ]
            if len(tokens) == 1 or (single and tokens):
                best = max(tokens, key=lambda n: (min(map(len, chunks[n])), -n))
                found.append(_Part(number, best, best + 1))
            elif len(tokens) > 1:
                found.append(_Part(number, tokens[0], tokens[-1] + 1))
            short = [n for n in varying if n not in strong and not all(_is_day(value) for value in chunks[n])]
            outer = tuple(day for day in days if day != number)
            if not single and len(varying) == 1 and not strong and len(numbered) == 1 and len(rows[0]) > 1:
                weak.append(_Part(number, varying[0], varying[0] + 1, before=outer))
            if short and not tokens:
                at = max(short, key=lambda n: min(map(len, chunks[n])))
                dated = [n for n in numbered if n != at and all(_is_day(value) for value in chunks[n])]
                if dated and not outer:
                    weak.append(_Part(number))
                else:
                    weak.append(_Part(number, at, at + 1, before=outer))
            elif varying and not tokens and not all(_is_day(stem) for stem in stems):
                weak.append(_Part(number))
            elif varying and not tokens and outer and number == len(columns) - 1:
                weak.append(_Part(number, varying[-1], varying[-1] + 1, before=outer))
        elif all(re.search(r"[-_.]\d{5,}$", stem) for stem in stems):
            found.append(_Part(number, suffix=True))
        if _is_slug(stems[0]) and all(re.search(r"[-_.]\d{5,}$", stem) for stem in stems):
            found.insert(0, _Part(number, suffix=True))
        if (not single and len(set(stems)) == len(set(urls)) and not all(_is_day(stem) for stem in stems)) or (
            single and any(is_token(stem) for stem in stems)
        ):
            weak.append(_Part(number))
        if not single and days and number not in days and not all(_is_day(stem) for stem in stems):
            weak.append(_Part(number, before=tuple(days)))
    numeric = [n for n, column in enumerate(columns) if all(stem.isdigit() for stem in _stems(column)[0])]
    if len(numeric) > 1 and numeric[-1] == len(columns) - 1 and not days:
        outer = tuple(n for n in numeric[:-1] if not single and len(set(columns[n])) > 1) or tuple(numeric[-2:-1])
        last = _Part(numeric[-1], 0, 1, before=outer)
        weak = [last, *weak] if single else [*weak, last]
    counted = [n for n, column in enumerate(columns) if any(c.isdigit() for c in _stems(column)[0][0])]
    last_resort = [_Part(n) for n in reversed(counted) if single or len(set(columns[n])) > 1]
    return [*found, *weak, *last_resort]


def _columns(urls: Sequence[str]) -> list[list[str]]:
    rows = [urlsplit(url).path.strip("/").split("/") for url in urls]
    return [list(column) for column in zip(*rows, strict=True)]


def _stems(values: Sequence[str]) -> tuple[list[str], str]:
    """Return path segments without the ending that they share, and that ending."""
    endings = {value[value.rfind(".") :] if "." in value else "" for value in values}
    ending = endings.pop() if len(endings) == 1 else ""
    return [value[: len(value) - len(ending)] if ending else value for value in values], ending


def _is_day(value: str) -> bool:
    marked = _MARKED.fullmatch(value)
    return _DAY.fullmatch(marked[2] if marked and len(marked[2]) == 8 else value) is not None


def _is_slug(stem: str) -> bool:
    """Return whether a segment consists of the words of a title."""
    return len(re.findall(r"[^\W\d_]{2,}", stem)) >= _SLUG and "-" in stem


def _is_number(values: Sequence[str]) -> bool:
    return all(value.isdigit() for value in values)


def _is_strong(chunk: str) -> bool:
    """Return whether a number or token is unique on its site by its length."""
    if _is_day(chunk):
        return False
    return sum(c.isdigit() for c in chunk) >= _UNIQUE or is_token(chunk)


def is_token(chunk: str) -> bool:
    """Return whether letters and digits are mixed as in an id: long, or with capitals in the middle."""
    marked = _MARKED.fullmatch(chunk)
    if marked is not None:
        return len(marked[2]) >= _UNIQUE and not _is_day(chunk)
    if not any(c.isdigit() for c in chunk) or not any(c.isalpha() for c in chunk) or not chunk.isascii():
        return False
    return len(chunk) >= _TOKEN and "." not in chunk


def path_pattern(urls: Sequence[str], own: str, part: _Part | None, *, query: bool = False) -> str:
    """Return the pattern of the URLs up to the path's end, with the id's group in `part`."""
    columns = _columns(urls)
    made = []
    for number, column in enumerate(columns):
        if part is not None and number == part.segment:
            made.append(_named(column, part))
        else:
            inner = _segment(column)
            before = part.before if part is not None else ()
            name = "day" if len(before) == 1 else f"part{before.index(number) + 1}" if number in before else ""
            made.append(f"(?P<{name}>{inner})" if number in before else inner)
    port = r"(?::\d+)?" if any(":" in urlsplit(url).netloc for url in urls) else ""
    text = rf"^https?://(?:[\w-]+\.)*{literal(own)}{port}/{'/'.join(made)}"
    if query:
        return text
    if part is None and not any(c.isdigit() for column in columns for value in column for c in value):
        return text
    return text + ("" if "." in columns[-1][0] else "/?") + "(?:[?#]|$)"


def _named(values: Sequence[str], part: _Part) -> str:
    """Return the pattern of the segment that has the id."""
    stems, ending = _stems(values)
    end = literal(ending)
    if part.suffix:
        return rf"[^/?#]*[-_.](?P<id>\d+){end}"
    if part.start is not None and part.segment >= 0 and not ending and all(_MIXED.fullmatch(stem) for stem in stems):
        return "(?P<id>[0-9A-Za-z_-]+)"
    if part.start is None or part.stop is None:
        return f"(?P<id>{_ANY if not ending else '[^/?#]+?'}){end}"
    rows = [_CHUNK.findall(stem) for stem in stems]
    columns = [list(column) for column in zip(*rows, strict=True)]
    pieces: list[str] = []
    for number, column in enumerate(columns):
        if number == part.start:
            inner = "".join(_chunk(columns[n], named=True) for n in range(part.start, part.stop))
            before = ""
            marked = [_MARKED.fullmatch(value) for value in column]
            if part.stop == part.start + 1 and all(marked) and len({m[1] for m in marked if m}) == 1:
                before, inner = next(m[1] for m in marked if m), r"\d+"
            pieces.append(f"{before}(?P<id>{inner})")
        elif not part.start < number < part.stop:
            pieces.append(_chunk(column, named=False))
    text = "".join(pieces)
    last = columns[-1]
    if part.stop == len(columns) - 2 and all(value.isdigit() and len(value) <= _PAGE_NUMBER for value in last):
        text = "".join(pieces[:-2]) + rf"(?:{literal(columns[-2][0])}\d+)?"
    elif part.stop == len(columns) and not ending:
        return text
    elif part.stop == len(columns) and all(any(c.isdigit() for c in value) for value in columns[part.start]):
        text += r"(?:_\d{1,2})?"
    return text + end


def _segment(values: Sequence[str]) -> str:
    """Return the pattern of a path segment that is not the id."""
    stems, ending = _stems(values)
    rows = [_CHUNK.findall(stem) for stem in stems]
    if any(map(_is_slug, stems)):
        return (_ANY if not ending else "[^/?#]+?") + literal(ending)
    if len({tuple(chunk for chunk in row if not chunk.isalnum()) for row in rows}) > 1 or len({*map(len, rows)}) > 1:
        return _ANY + literal(ending)
    columns = [list(column) for column in zip(*rows, strict=True)]
    return "".join(_chunk(column, named=False) for column in columns) + literal(ending)


def _chunk(values: Sequence[str], *, named: bool) -> str:
    """Return the pattern of a word, a number or an id."""
    first = values[0]
    if len(set(values)) == 1 and not any(c.isdigit() for c in first):
        return literal(first)
    if all(value.isdigit() for value in values):
        lengths = {len(value) for value in values}
        dated = len(lengths) == 1 and lengths <= _FIXED and all(_is_day(value) for value in values)
        return rf"\d{{{len(first)}}}" if dated and not named else r"\d+"
    if not all(value.isalnum() for value in values):
        return literal(first) if len(set(values)) == 1 else _ANY
    marked = [_MARKED.fullmatch(value) for value in values]
    if all(marked) and len({found[1] for found in marked if found}) == 1:
        return next(found[1] for found in marked if found) + r"\d+"
    return "[0-9A-Za-z]+" if any(c.isdigit() for value in values for c in value) else "[A-Za-z]+"


def _why(urls: Sequence[str], what: str) -> str:
    return what if len(urls) == 1 else f"{what}; differs in all {len(urls)} URLs"


def literal(text: str) -> str:
    """Return a pattern for a text as it is."""
    return re.sub(r"([.+*?()\[\]{}|^$\\])", r"\\\1", unquote(text) if "%" not in text else text)
