"""Checks before the parse: refuses content that is not HTML, or HTML that would be too expensive to parse.

Found by measurement (lexbor, one core): 5,000 attributes on one tag take it 33 ms, 20,000 half a second, 200,000 220 s;
a nesting of 10,000 takes 0.1 s, of 100,000 31 s; 30 kB of unclosed `<font>` become two million elements and 0.8 GB;
24 MB of tiny tags take 3 s and 1.2 GB; 100,000 different names of attributes, on whatever tags, take 5 s, twice as many
23 s, because the parser's table of names does not grow. Real portal pages have up to 7,000 tags and 25 levels.

Benign pages must not pay for that. `check` therefore first tries to prove, with a few counts and searches, that a page
cannot be over a limit; only if that fails, the page is walked tag by tag (`crawler.page.nesting`).
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from ..errors import Failure, PageRefused
from .charset import decode
from .nesting import TreeSurvey
from .tokens import ATTRIBUTE, TAG, TAG_REST


class Limits(msgspec.Struct, frozen=True):
    """The limits of a page.

    `max_bytes` as received, `max_depth` levels of nested elements, `max_tags` elements in all, `max_attributes` of
    different names on one tag of a page of 1 MiB, and on all its `<html>` and `<body>` tags together: the parser's time
    grows with the attributes on a tag times the bytes of the page, so a smaller page may have more of them in
    proportion, a larger one fewer. `max_names` different names of elements and attributes in all.
    """

    max_bytes: int = 8 * 2**20
    max_depth: int = 512
    max_attributes: int = 4000
    max_tags: int = 100_000
    max_names: int = 30_000


DEFAULT: Final = Limits()

_FEW_TAGS: Final = 2400
"""With at most this many `<`, no markup becomes more than 1.5 million elements."""
_MANY_TAGS: Final = 20_000
_ELEMENTS: Final = 2_500_000
"""Maximum elements that a parse may create in the worst case: 1 s and 0.9 GB."""
_ALIKE_AT_MOST: Final = 40
# Any name that begins as a formatting element's does, or as `html` or `body`: character classes are twice as fast as
# the names themselves, and more so without alternatives until a first letter fits. `<img` begins as none of them.
_NOTED = re.compile(rb"<[bcefhinstuBCEFHINSTU](?:[\t\n\f\r /]|(?<![iI])[IiOoMmTt][a-zA-Z]{0,4}+[\t\n\f\r /])")

_MERGED = re.compile(rb"<[bBhH][oOtT][dDmM][yYlL][\t\n\f\r /]")
_MERGED_AT_MOST: Final = 3
"""`<html>` and `<body>` tags that a page may have whatever their attributes: three times the limit costs 0.2 s."""

_MEGABYTE: Final = 2**20
_REST: Final = 2048
_LEAST_SPARE: Final = 2 * _REST
"""Pages so large (2.9 MB) that fewer bytes per tag are allowed are always walked."""
_TAG_BEGIN = re.compile(rb"</?[a-zA-Z]")
_READ_AT_MOST: Final = 4
"""How many times the page's bytes are read at most in search of the ends of tags."""
_ONE_BYTE_NAMES: Final = 223
_BEFORE_NAME: Final = b"< \n/=\t\r\f"
"""What is before each name, `=` in what is before it: a name may follow the quote that ends a value."""
_IN_NAME: Final = bytes(byte not in _BEFORE_NAME for byte in range(256))
"""A translation: 1 for bytes that a name can contain, 0 for the others."""
_WINDOW: Final = 2**14

_BEFORE_VALUE: Final = frozenset(b"=\t\n\f\r ")
_TRIES: Final = 200

_MAGIC: Final = (
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a WebP image or a RIFF recording"),
    (b"\0\0\1\0", "an icon"),
    (b"%PDF-", "a PDF document"),
    (b"\x1f\x8b", "gzip data; undo the content encoding first"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data; undo the content encoding first"),
    (b"PK\3\4", "a ZIP archive"),
    (b"Rar!\x1a", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office document"),
    (b"ID3", "an MP3 recording"),
    (b"OggS", "an Ogg recording"),
    (b"fLaC", "a FLAC recording"),
    (b"FLV\1", "a Flash video"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM video"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
)
_ISO_MEDIA = re.compile(rb".{4}ftyp", re.DOTALL)
_CONTENT = re.compile(rb"(?:\xef\xbb\xbf)?[\x00\t\n\f\r \x0b]*")
_TAG_START = re.compile(rb"<[a-zA-Z!?/]")


def check(body: bytes, limits: Limits = DEFAULT) -> None:
    """Raise `PageRefused` for a body that must not be parsed.

    The failure is one of EMPTY_BODY, NOT_HTML, TOO_BIG, TOO_DEEP, TOO_MANY_ATTRIBUTES, TOO_MANY_TAGS; the message names
    the limit and the figure found. `body` is what the server sent, its content encoding undone.
    """
    if len(body) > limits.max_bytes:
        raise PageRefused(Failure.TOO_BIG, f"{len(body)} bytes, limit {limits.max_bytes}")
    _check_kind(body)
    if b"\0" in body:
        body = _without_zeros(body)
    if _TAG_START.search(body) is None:
        raise PageRefused(Failure.NOT_HTML, f"no tag in {len(body)} bytes")
    _check_markup(body, limits)


def check_part(html: str, limits: Limits = DEFAULT) -> None:
    """Raise `PageRefused` for a fragment, such as HTML in a page's data, that must not be parsed."""
    body = html.encode("utf-8", "replace")
    if len(body) > limits.max_bytes:
        raise PageRefused(Failure.TOO_BIG, f"{len(body)} bytes of HTML in the page's data, limit {limits.max_bytes}")
    _check_markup(body, limits)


def _check_markup(body: bytes, limits: Limits) -> None:
    attributes = limits.max_attributes * _MEGABYTE // len(body) + 1
    if not (
        _cheap(body, attributes, limits) and _few_attributes(body, attributes) and _few_names(body, limits.max_names)
    ):
        TreeSurvey(
            body,
            max_depth=limits.max_depth,
            max_tags=limits.max_tags,
            max_attributes=attributes,
            max_names=limits.max_names,
        )


def check_depth(depth: int, tag: str | None) -> None:
    """Raise `PageRefused` for an element at `depth`, itself included, if that is over the limit.

    Called for elements that the engine visits; subtrees that it leaves to the parser may be deeper.
    """
    if depth > DEFAULT.max_depth:
        raise PageRefused(Failure.TOO_DEEP, f"nested more than {DEFAULT.max_depth} elements deep, at <{tag or ''}>")


def _check_kind(body: bytes) -> None:
    """Refuse an empty body, and one whose first bytes show that it is not HTML."""
    content = _CONTENT.match(body)
    start = content.end() if content else 0
    if start == len(body):
        raise PageRefused(Failure.EMPTY_BODY, f"only white space in {len(body)} bytes")
    if body.startswith(b"<", start):
        return
    for magic, kind in _MAGIC:
        if body.startswith(magic):
            raise PageRefused(Failure.NOT_HTML, f"the first bytes are those of {kind}")
    if _ISO_MEDIA.match(body):
        raise PageRefused(Failure.NOT_HTML, "the first bytes are those of an MP4, HEIC or AVIF file")
    if body[start] in b"{[":
        raise PageRefused(Failure.NOT_HTML, "the body is JSON, not a page")


def _without_zeros(body: bytes) -> bytes:
    """Return `body` as UTF-8 if it is UTF-16; refuse binary data; a stray zero byte or two are accepted."""
    text, evidence = decode(body, None)
    if evidence.name.startswith(("utf-16", "utf-32")):
        return text.encode("utf-8", "replace")
    zeros = body.count(0)
    if zeros > 8 and zeros > len(body) / 2000:
        raise PageRefused(Failure.NOT_HTML, f"{zeros} zero bytes in {len(body)}: binary data, not text")
    return body


def _few_attributes(body: bytes, most: int) -> bool:
    """Return whether it is certain that no tag has more than `most` attributes with different names.

    Certain places end any tag, without knowing what is a tag and what is not. At `">`, not after an equals sign, every
    tag ends unless a single-quoted value is open: in a double-quoted one the quote closes it and `>` ends the tag;
    elsewhere in a tag `"` is an ordinary character, and `>` ends it. In a single-quoted value no attribute begins
    before the next `'`, and the text after that follows the tokenizer's rules up to the end of the tag. So from any
    position on, the bytes that can contain attributes of a tag that spans the position are bounded; and n attributes
    take at least 3 n - 223 bytes, because each has a byte besides its name, and all but 223 names have two bytes or
    more.

    `start` is the last such end that was examined, or a later position: where there is none, as in long scripts,
    whatever may be a tag is examined by itself. `rest` are the bytes after the next `'`.
    """
    spare = 3 * most - _ONE_BYTE_NAMES
    if spare < _LEAST_SPARE:
        return len(body) <= spare
    start = rest = 0
    apostrophe = -1
    left = _READ_AT_MOST * len(body)
    while len(body) - start > spare:
        stop = start + spare - _REST
        end = _last_end(body, start, stop)
        if end > apostrophe:
            apostrophe = body.find(b"'", end)
            if apostrophe < 0:
                apostrophe, rest = len(body), 0
            else:
                tag = TAG_REST.match(body, apostrophe + 1, apostrophe + _REST)
                rest = tag.end() - apostrophe if tag else spare
        if end >= 0 and end - start + rest <= spare:
            start = end
            continue
        for begin in _TAG_BEGIN.finditer(body, start, stop + len(b"/a")):  # also one whose `<` is the last byte
            at = begin.start()
            whole = TAG.match(body, at, at + spare)
            if whole is None:
                whole = TAG.match(body, at)
                if whole is None or len(ATTRIBUTE.findall(body, whole.start(3), whole.end(3))) > most:
                    return False
            left -= whole.end() - at
            if left < 0:
                return False
        start = stop
    return True


def _few_merged(body: bytes, noted: list[bytes], most: int) -> bool:
    """Return whether it is certain that all `<html>` and `<body>` tags together have at most `most` attributes.

    The parser adds those of every such tag to its one element, comparing each with all that are there. An attribute
    takes two bytes at least. Comments and scripts are counted as well. `noted` are the matches of `_NOTED`.
    """
    names = b"".join(noted).lower()
    if names.count(b"<html") + names.count(b"<body") <= _MERGED_AT_MOST:
        return True
    room = 2 * most
    for tag in _MERGED.finditer(body):
        whole = TAG.match(body, tag.start(), tag.start() + room)
        if whole is None:
            return False
        room -= len(whole[0])
    return room > 0


def _few_names(body: bytes, most: int) -> bool:
    """Return whether it is certain that the page has at most `most` different names of elements and attributes."""
    # Between two bytes that can be before a name is at most one: another one would need an equals sign, or `<` after a
    # `>`. Names that consist of such bytes alone, `<<` or `=<<`, are too long to be many. In what is not counted yet,
    # each other name takes three bytes, or two if the name is one byte.
    runs = 0
    for start in range(0, len(body), _WINDOW):
        if 3 * (most - runs) >= len(body) - start + _ONE_BYTE_NAMES:
            return True
        others = int.from_bytes(body[start : start + _WINDOW].translate(_IN_NAME))
        edges = (others ^ (others >> 8)).bit_count()  # each run of bytes of names has two
        runs += (edges + 1) // 2
    if runs <= most:
        return True
    names: set[bytes] = set()
    left = len(body)
    for begin in _TAG_BEGIN.finditer(body):
        tag = TAG.match(body, begin.start(), begin.start() + left)
        if tag is None:
            return False
        left -= tag.end() - tag.start()
        names.add(tag[2])
        names.update(ATTRIBUTE.findall(tag[3]))
        if len(names) > most:
            return False
    return True


def _last_end(body: bytes, start: int, stop: int) -> int:
    """Return the last position between `start` and `stop` of a `">` without a preceding equals sign, or -1."""
    for _ in range(_TRIES):
        quote = body.rfind(b'">', start + 1, stop)
        if quote < 0 or body[quote - 1] not in _BEFORE_VALUE:
            return quote + 1 if quote >= 0 else -1
        stop = quote
    return -1


def _cheap(body: bytes, attributes: int, limits: Limits) -> bool:
    """Return whether it is certain that the parser builds the tree at a bounded cost, regardless of its depth.

    Each `<` begins at most one start tag. A nesting of all of `_MANY_TAGS` costs the parser less than half a second;
    what is too deep is refused on the tree itself (`check_depth`). Formatting elements left open are reopened in
    each block, so the tree can have far more elements than the page has tags: of formatting elements at most three of
    each name alike (40 of the thirteen names that can be nested), and those with attributes of their own, times the
    tags. With few tags, half of them times the other half is harmless too.
    """
    tags = body.count(b"<")
    if tags > min(limits.max_tags, _MANY_TAGS):
        return False
    noted = _NOTED.findall(body)
    if not _few_merged(body, noted, attributes):
        return False
    return tags <= _FEW_TAGS or tags * (_ALIKE_AT_MOST + len(noted)) <= _ELEMENTS
