"""The language of `site_profiles/<site>/phrases.toml`: how to recognise the parts of a page that was copied as text.

A page copied out of a browser has no elements, only lines. Its parts are recognised by patterns (`[[lines]]`), lists
under known headings with items of a known shape (`[[lists]]`, `[rows]`) and the account's card (`[account]`). All
patterns are RE2 and must fit a whole line in its plain form (crawler/profiles/line_patterns.py): write them with
half-width punctuation and without white space.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ..errors import ProfileInvalid
from ..records.model import Role
from .line_patterns import LineFinder, LinePattern, plain, spaced
from .patterns import check_pattern
from .strings import Name
from .toml import TomlRefused, parse

FILE = "phrases.toml"
MAX_FILE = 256 * 1024
LINE_GROUPS = frozenset({"steps", "date", "source", "location", "editor", "author", "original", "icon"})
ROW_GROUPS = frozenset({"author", "time", "count"})
COUNT_GROUPS = frozenset({"articles", "followers"})
CARD_GROUPS = frozenset({"name"})
OWN_PARTS = frozenset({"headline", "again", "author"})
"""Built-in parts of an item, which need no pattern: its headline, the repeated headline, its author."""

Phrase = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=1200,
        description="An RE2 regular expression for a whole line in plain form: half-width punctuation, no white space.",
        extra_json_schema={"format": "re2"},
    ),
]
Patterns = Annotated[tuple[Phrase, ...], Meta(min_length=1, max_length=60)]
Place = Literal["top", "under", "body", "end"]
ItemPart = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}\??$",
        description="headline, again, author or a name of [rows]; ? means optional.",
    ),
]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """A TOML table; unknown keys are errors."""


class LineRule(_Table, frozen=True, kw_only=True):
    """Lines that are recognised by a pattern, in a certain place.

    Named groups yield fields: steps (breadcrumb), date, source, location, editor, author, original. The group icon is
    the alternative text of a picture in the line, which may also be the whole line above.
    """

    name: Name
    part: Annotated[
        Literal["chrome", "info", "title"],
        Meta(description="info: a line of the article other than headline and body; title: the document's title."),
    ] = "chrome"
    role: Annotated[Role | None, Meta(description="The role of a chrome line.")] = None
    place: Annotated[
        tuple[Place, ...],
        Meta(
            min_length=1,
            description="top: above the headline; under: between headline and body; body: anywhere in the body; end:"
            " after the body, or at its end.",
        ),
    ]
    match: Patterns
    span: Annotated[int, Meta(ge=1, le=8, description="Maximum number of lines that the match may be spread over.")] = 1
    spaced: Annotated[bool, Meta(description="Keep one space where the line has white space.")] = False
    headline: Annotated[
        Literal["next", "previous"] | None,
        Meta(description="Whether the headline is the line after or before this one."),
    ] = None
    ends_body: Annotated[bool, Meta(description="The pattern is so specific that the body always ends before it.")] = (
        False
    )


class ListRule(_Table, frozen=True, kw_only=True):
    """A list with a heading.

    In the body a line that equals a heading is body, unless lines of the list's shape follow it.
    """

    name: Name
    role: Role
    heading: Annotated[tuple[Phrase, ...], Meta(max_length=60, description="Patterns of the heading.")] = ()
    items: Annotated[
        tuple[Annotated[tuple[ItemPart, ...], Meta(min_length=1, max_length=8)], ...],
        Meta(
            max_length=8,
            description="Which lines make an item; several shapes in order. A list without shapes has all lines"
            " below its heading, but only after the body.",
        ),
    ] = ()
    labels: Annotated[tuple[Phrase, ...], Meta(max_length=60, description="Lines of the list that are not items.")] = ()
    headless: Annotated[bool, Meta(description="Recognise the list by its items if the heading is missing.")] = False
    most: Annotated[int, Meta(ge=1, le=200, description="Maximum number of items.")] = 100


class AccountRule(_Table, frozen=True, kw_only=True):
    """The account's card: the lines of its counts, and up to four lines before them with name and slogan."""

    role: Role = Role.ACCOUNT
    counts: Annotated[Patterns, Meta(description="Groups: articles and followers; may be spread over 4 lines.")]
    mark: Annotated[Phrase | None, Meta(description="The name with a badge's text; group name.")] = None
    labels: Annotated[
        tuple[Phrase, ...], Meta(max_length=20, description="Lines of the card that are not values.")
    ] = ()


class PhraseTable(_Table, frozen=True, kw_only=True):
    """One `phrases.toml`."""

    evidence: Annotated[
        tuple[Annotated[tuple[Name, ...], Meta(min_length=1)], ...],
        Meta(
            min_length=1,
            max_length=20,
            description="Evidence that a text is an article of the site: one rule of each group.",
        ),
    ]
    threshold: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="Share of the evidence below which a text without a breadcrumb is accepted only if it consists"
            " of an article.",
        ),
    ]
    above: Annotated[Role, Meta(description="The role of lines above the headline that no pattern matches: the menus.")]
    rows: Annotated[
        dict[Name, Phrase],
        Meta(max_length=20, description="Lines of items that have values: groups author, time, count."),
    ] = {}
    lines: Annotated[tuple[LineRule, ...], Meta(max_length=100)] = ()
    lists: Annotated[tuple[ListRule, ...], Meta(max_length=60)] = ()
    account: AccountRule | None = None


class Phrases:
    """A compiled `phrases.toml`: the `table` itself, and finders for the possible kinds of a line."""

    def __init__(self, table: PhraseTable) -> None:
        self.table = table
        lines = [(rule, LinePattern(source, spaced=rule.spaced)) for rule in table.lines for source in rule.match]
        self.lines = LineFinder((rule, pattern) for rule, pattern in lines if not rule.spaced)
        self.spaced_lines = LineFinder((rule, pattern) for rule, pattern in lines if rule.spaced)
        self.longest_span = max((rule.span for rule in table.lines), default=1)
        self.headings = LineFinder((rule, LinePattern(source)) for rule in table.lists for source in rule.heading)
        self.labels = LineFinder((rule, LinePattern(source)) for rule in table.lists for source in rule.labels)
        self.rows = LineFinder((name, LinePattern(source)) for name, source in table.rows.items())
        account = table.account
        self.counts = LineFinder((None, LinePattern(source)) for source in (account.counts if account else ()))
        self.card_labels = LineFinder((None, LinePattern(source)) for source in (account.labels if account else ()))
        self.mark = LinePattern(account.mark) if account and account.mark else None
        self.headless = tuple(rule for rule in table.lists if rule.headless)


@lru_cache(maxsize=64)
def load_phrases(folder: Path) -> Phrases:
    """Load and compile `phrases.toml` of a profile folder (cached); raises `ProfileInvalid` with file and key."""
    path = folder / FILE
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ProfileInvalid(
            f"cannot be read: {error.strerror}; extracting text requires the site's phrases", file=str(path)
        ) from None
    if len(raw) > MAX_FILE:
        raise ProfileInvalid(f"{len(raw)} bytes; a profile file has at most {MAX_FILE}", file=str(path))
    try:
        table = msgspec.convert(parse(raw), PhraseTable)
    except TomlRefused as error:
        raise ProfileInvalid(str(error), file=str(path), line=error.line) from None
    except msgspec.ValidationError as error:
        message, _, key = str(error).partition(" - at ")
        raise ProfileInvalid(message, file=str(path), key=key.strip("`") or None) from None
    for key, fault in faults(table):
        raise ProfileInvalid(fault, file=str(path), key=key)
    return Phrases(table)


def faults(table: PhraseTable) -> Iterator[tuple[str, str]]:
    """Yield (key path, message) for errors other than types: patterns, groups, undefined names."""
    names: set[str] = set()
    for name, source in table.rows.items():
        yield from _pattern_faults(f"$.rows.{name}", (source,), ROW_GROUPS)
        if name in OWN_PARTS:
            yield f"$.rows.{name}", f"{name!r} is the name of a built-in part; choose another"
    for number, line in enumerate(table.lines):
        yield from _line_faults(line, f"$.lines[{number}]")
        yield from _twice(line.name, names, f"$.lines[{number}].name")
    for number, rule in enumerate(table.lists):
        yield from _list_faults(rule, f"$.lists[{number}]", table)
        yield from _twice(rule.name, names, f"$.lists[{number}].name")
    if table.account is not None:
        yield from _twice("account", names, "$.account")
        yield from _pattern_faults("$.account.counts", table.account.counts, COUNT_GROUPS, needed=True)
        yield from _pattern_faults("$.account.labels", table.account.labels, frozenset())
        if table.account.mark is not None:
            yield from _pattern_faults("$.account.mark", (table.account.mark,), CARD_GROUPS, needed=True)
    yield from _role_faults(table.above, "$.above")
    for number, group in enumerate(table.evidence):
        for name in group:
            if name not in names:
                yield f"$.evidence[{number}]", f"{name!r} is not the name of a rule here"


def _line_faults(line: LineRule, key: str) -> Iterator[tuple[str, str]]:
    yield from _pattern_faults(f"{key}.match", line.match, LINE_GROUPS, with_spaces=line.spaced)
    if (line.part == "chrome") != (line.role is not None):
        yield f"{key}.role", "chrome lines require a role, other lines must not have one"
    if line.role is not None:
        yield from _role_faults(line.role, f"{key}.role")
    needed: Place | None = {None: None, "next": "top", "previous": "under"}[line.headline]
    if needed is not None and needed not in line.place:
        yield (
            f"{key}.headline",
            f"headline = {line.headline!r} requires place = {needed!r}",
        )
    if line.ends_body and "end" not in line.place:
        yield f"{key}.endsBody", "only valid with place = 'end'"


def _list_faults(rule: ListRule, key: str, table: PhraseTable) -> Iterator[tuple[str, str]]:
    yield from _pattern_faults(f"{key}.heading", rule.heading, frozenset())
    yield from _pattern_faults(f"{key}.labels", rule.labels, frozenset())
    yield from _role_faults(rule.role, f"{key}.role")
    for number, shape in enumerate(rule.items):
        for part in shape:
            if part.rstrip("?") not in OWN_PARTS and part.rstrip("?") not in table.rows:
                yield f"{key}.items[{number}]", f"{part!r} is neither a part of an item nor a name of [rows]"
        if "headline" not in shape:
            yield f"{key}.items[{number}]", "an item requires the part 'headline'"
        elif "again?" in shape[: shape.index("headline")] or "again" in shape[: shape.index("headline")]:
            yield f"{key}.items[{number}]", "'again' is the repeated headline, so it must follow 'headline'"
    timed = [shape for shape in rule.items if any(part in table.rows for part in shape)]
    if rule.headless and len(timed) != len(rule.items):
        yield f"{key}.headless", "items without a row of [rows] are recognised by their heading only"
    if not rule.heading and not (rule.headless and timed):
        yield f"{key}.heading", "a list requires a heading, or headless items with a row of [rows]"


def _pattern_faults(
    key: str, sources: tuple[str, ...], groups: frozenset[str], *, needed: bool = False, with_spaces: bool = False
) -> Iterator[tuple[str, str]]:
    for number, source in enumerate(sources):
        place = f"{key}[{number}]" if len(sources) > 1 else key
        try:
            check_pattern(source)
            pattern = LinePattern(source)
        except ValueError as error:
            yield place, str(error)
            continue
        form = spaced if with_spaces else plain
        never = next((char for char in source if form(char) != char), None)
        if never is not None:
            like = form(never)
            yield (
                place,
                f"{never!r} never occurs in a line's {form.__name__} form; write {like!r}"
                if like
                else (f"{never!r} never occurs in a line's plain form: omit it"),
            )
        if not set(pattern.groups) <= groups:
            other = ", ".join(sorted(set(pattern.groups) - groups))
            yield place, f"unknown group {other}; valid groups: {', '.join(sorted(groups)) or 'none'}"
        if needed and not pattern.groups:
            yield place, f"requires a group: {' or '.join(sorted(groups))}"
        if pattern.read("") is not None:
            yield place, "matches an empty line; a pattern must match at least one character"


def _role_faults(role: Role, key: str) -> Iterator[tuple[str, str]]:
    if role in {Role.UNKNOWN, Role.HIDDEN}:
        yield key, f"{role.value!r} is reserved for unclaimed text"


def _twice(name: str, names: set[str], key: str) -> Iterator[tuple[str, str]]:
    if name in names:
        yield key, f"the name {name!r} is taken"
    names.add(name)
