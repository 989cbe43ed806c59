"""Splits HTML bytes into tags, comments and raw text by the rules of the standard's tokenizer.

See https://html.spec.whatwg.org/#tokenization; what matters is where each piece ends, because text that only looks like
markup (in a quoted value, a comment, a script) makes no element, and an attacker may make the one look like the other.
"""

from __future__ import annotations

import re
import sys
from typing import Final

_BLANK = r"[\t\n\f\r ]"
_NAME = r"[^\t\n\f\r />][^\t\n\f\r />=]*+"
_VALUE = rf"(?:{_BLANK}*+={_BLANK}*+(?:\"[^\"]*+\"|'[^']*+'|[^\t\n\f\r >\"'][^\t\n\f\r >]*+|(?=>))|(?!{_BLANK}*+=))"
_PIECE = rf"{_BLANK}++|/(?!>)|{_NAME}{_VALUE}"
# Before 3.11.5, Python loses its position if a possessively repeated group fails (its issue 106052).
# A lookahead is not backtracked into either, at a cost in memory.
_ATTRIBUTES = (
    rf"(?P<attributes>(?:{_PIECE})*+)"
    if sys.version_info >= (3, 11, 5)
    else rf"(?=(?P<attributes>(?:{_PIECE})*))(?P=attributes)"
)

MARKUP: Final = re.compile(rb"<(?=[a-zA-Z/!?])")
"""Where a tag, comment or doctype may begin."""

TAG: Final = re.compile(rf"<(/?)([a-zA-Z][^\t\n\f\r />]*+){_ATTRIBUTES}(/?)>".encode())
"""A tag: the slash of an end tag, the name, the source of the attributes, the slash of a self-closing tag."""

TAG_REST: Final = re.compile(rf"{_ATTRIBUTES}/?>".encode())
"""What is left of a tag where an attribute may begin, up to the `>` that ends it: a quote opens a value only after an
equals sign, and only there does it hide a `>`."""

RAW_TEXT: Final = frozenset(
    ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext")
)
"""HTML elements whose content is text up to their end tag."""

ATTRIBUTE: Final = re.compile(rf"({_NAME}){_VALUE}".encode())
"""An attribute in the source of a tag's attributes, its name as a group."""

_NAMED = re.compile(rb"</?[a-zA-Z]")
_COMMENT_END = re.compile(rb"--!?>")
_SCRIPT_PARTS = re.compile(rb"<!--(-?>)?|-->|<(/?)script(?=[\t\n\f\r />])", re.IGNORECASE)
_RAW_ENDS: Final = {
    name: re.compile(rf"</{name}(?=[\t\n\f\r />])".encode(), re.IGNORECASE)
    for name in RAW_TEXT - {"script", "plaintext"}
}


def attribute_names(source: bytes) -> set[bytes]:
    """Return the names, in lower case, in the source of a tag's attributes."""
    return {name.lower() for name in ATTRIBUTE.findall(source)}


def attribute(source: bytes, name: bytes) -> bytes | None:
    """Return the value of the first attribute `name` in the source of a tag's attributes, None where it has none."""
    for found in ATTRIBUTE.finditer(source):
        if found[1].lower() == name:
            return found[0][len(name) :].strip(b"\t\n\f\r =").strip(b"\"'")
    return None


def after_comment(body: bytes, start: int, *, foreign: bool) -> int:
    """Return the end of the comment, doctype or (in SVG and MathML, `foreign`) CDATA section at `start`.

    -1 where it does not end, and where there is a tag instead, which does not end either: both swallow what follows.
    """
    if _NAMED.match(body, start):
        return -1
    if body.startswith((b"<!-->", b"<!--->"), start):
        return body.index(b">", start) + 1
    if body.startswith(b"<!--", start):
        end = _COMMENT_END.search(body, start + 4)
        return end.end() if end else -1
    if foreign and body.startswith(b"<![CDATA[", start):
        place = body.find(b"]]>", start)
        return place + 3 if place >= 0 else -1
    return body.find(b">", start) + 1 or -1


def after_raw_text(body: bytes, start: int, name: str) -> int:
    """Return the end of the end tag after the raw text of the element `name` that begins at `start`, or -1."""
    place = _script_end(body, start) if name == "script" else -1
    if name in _RAW_ENDS:
        found = _RAW_ENDS[name].search(body, start)
        place = found.start() if found else -1
    end = TAG.match(body, place) if place >= 0 else None
    return end.end() if end else -1


def _script_end(body: bytes, start: int) -> int:
    """Find the end of a script: after `<!--` and `<script`, the next end tag is text."""
    escaped = double = False
    for part in _SCRIPT_PARTS.finditer(body, start):
        if part[2] is None:
            escaped, double = (True, double) if part[0] == b"<!--" else (False, False)
        elif not part[2]:
            double = double or escaped
        elif double:
            double = False
        else:
            return part.start()
    return -1
