"""Data embedded in a page: variables assigned in scripts, JSONP, JSON elements, elements whose text is HTML.

The text is untrusted and seldom strict JSON. It is read as JSON first (control characters in strings tolerated), then
as a JavaScript literal (bare keys, single quotes, trailing commas, comments, `undefined`, `!0`); nothing is ever run.
`NaN`, `Infinity` and `undefined` are read as None, half surrogate pairs as U+FFFD: what comes out can be written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from html import unescape
from itertools import islice
from math import isfinite
from typing import Any, Final
from urllib.parse import unquote

import chompjs
import jmespath
import re2
from jmespath.exceptions import JMESPathTypeError
from jmespath.parser import ParsedResult
from jmespath.visitor import TreeInterpreter

_TRIES: Final = 16
"""Maximum places of a name that are parsed: a page may repeat a name a thousand times."""

_MENTIONS: Final = 100_000
"""Maximum places of a name that are examined; no benign page has more."""

_LONGEST_LITERAL: Final = 2**20
"""Maximum characters parsed as JavaScript in all places of a name together; strict JSON may be longer."""


JSON_TYPES: Final = frozenset({"application/json", "application/ld+json", "text/json", "application/vnd.api+json"})
"""Media types of `script` elements that hold JSON."""


ATTRIBUTES: Final = (
    "data-preloaded",
    "data-page",
    "data-props",
    "data-state",
    "data-react-props",
    "data-initial-state",
)
"""Attributes in which frameworks write a page's data."""


def media_type(stated: str | None) -> str:
    """Return the media type of a `type` attribute without parameters, in lower case; "" without one."""
    return (stated or "").split(";")[0].strip().lower()


def _finite(number: str) -> float | None:
    value = float(number)
    return value if isfinite(value) else None


_INTERPRETER: Final = TreeInterpreter()
"""Stateless, so shared; jmespath's own `search` creates one for each query, at several times the cost of a query."""

_DECODER = json.JSONDecoder(strict=False, parse_float=_finite, parse_constant=lambda _: None)
_SUM = re.compile(r"\s*\+")
_OR = re.compile(r"\s*+\|\|\s*+")
# A name after another object's dot (`a.name =`) is another variable; after window and its synonyms it is this one.
_BEFORE_NAME = re.compile(
    r"(?:(?<![\w$.])(?:window|self|top|globalThis|this)\s*(?:\.\s*|(?P<bracket>\[)\s*(?P<index>[\"']))"
    r"|[{,]\s*(?P<key>[\"'])|(?<![\w$.\"']))\Z"
)
_REACH: Final = 24
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|\'[^\'\\]*+(?:\\.[^\'\\]*+)*+\''
_LITERAL = re.compile(_STRING, re.DOTALL)
_DECODE = re.compile(r"(?P<name>[A-Za-z_$][\w$]{0,40}?[dD]ecode)\s*+\(\s*+(?=[\"'])")
_COMMENT = r"/\*(?:.*?\*/|.*)|//[^\n]*+"
# What follows a quote that nothing closes is one token: each escaped quote in it would be searched to the end again.
_TOKEN = re.compile(
    rf"(?<![\w$.])[A-Za-z_$][\w$]{{0,40}}?[dD]ecode\s*\(\s*(?P<decoded>{_STRING})\s*\)|(?P<times>{_STRING})\s*\*\s*1\b|"
    + _STRING
    + r"|`[^`\\]*+(?:\\.[^`\\]*+)*+`|"
    + _COMMENT
    + r"|\b(?:null|true|false)[\w$]*+(?=\s*:)"
    r"|\b(?:undefined|null|true|false|NaN)\b|\bvoid\s+0\b|-?\bInfinity\b|![01]\b|(?P<unclosed>[\"'`].*+)",
    re.DOTALL,
)
_ESCAPE = re.compile(
    r"\\(?:u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|(\r\n|[\n\r\u2028\u2029])|(.))|\"", re.DOTALL
)
_KEPT_ESCAPES: Final = frozenset('nrtbf\\/"')
_OTHER_ESCAPES: Final = {"v": "\\u000b", "0": "\\u0000"}
_KEY_FOLLOWED = re.compile(r"\s*:")
_SURROGATE = re.compile(r"\\u(?:\{0{0,2})?[dD][89a-fA-F]")
_AFTER_VALUE = re.compile(r"[ \t]*(?:[;,)\]}\r\n<]|//|/\*|$)")
_AFTER_DOCUMENT = re.compile(rf"(?:[\s;]|-->|{_COMMENT}|\]\]>)*+\Z", re.DOTALL)
_BEFORE_DOCUMENT = re.compile(r"\ufeff?\s*+(?:<!--\s*+)?(?:/\*\s*<!\[CDATA\[\s*\*/|//\s*<!\[CDATA\[)?\s*+")
_CALLBACK = re.compile(
    r"\ufeff?\s*+(?:/\*.*?\*/\s*+)*+(?:[\w$.]++\s*&&\s*+)?(?![{\[\"'])[\w$.\[\]\"']++\s*+\(\s*+", re.DOTALL
)
_TAG = re.compile(r"</?[A-Za-z]")
_ESCAPED_TAG = re.compile(r"&(?:lt|#60|#x3[cC]);/?[A-Za-z]")
_BLOCK = re.compile(r"<(?:p|br|div|section|article|ul|ol|li|dl|table|h[1-6]|blockquote|figure|pre|hr)\b", re.IGNORECASE)
_JSON_PARSE = re.compile(r"JSON\s*\.\s*parse\s*\(\s*(decodeURIComponent\s*\(\s*)?")
_CONSTANTS: Final = {"!0": " true ", "!1": " false ", "true": " true ", "false": " false "}


def variable(source: str, name: str, match: str | None = None) -> object:
    """Return the value that a script in `source` assigns to `name`.

    Supported are `var name = …`, `name = …`, `window.name = …`, `window["name"] = …` and, without such an assignment,
    the property `name: …` of an object literal; the value is an object, an array, a string, a number,
    `JSON.parse("…")`, a call of a function whose name ends in `decode`, such as `htmlDecode("…")`, or a choice such as
    `"" || "…"`. The first place that can be parsed wins; with `match` the first that is a string or number in which
    this pattern (RE2) is found. Raises LookupError if `source` has no such place, ValueError with the last error if
    none of the places can be parsed.
    """
    name = name.removeprefix("window.")
    fault: ValueError | None = None
    left = _LONGEST_LITERAL
    for position in islice(_places(source, name), _TRIES):
        try:
            value = _value_at(source, position, left)
            if match is None or (isinstance(value, (str, int, float)) and _wanted(match).search(str(value))):
                return value
            fault = ValueError(f"an unwanted value at character {position}")
        except ValueError as error:
            fault = error
            left = max(0, left - (_literal_end(source, position, left) - position))
    if fault is None:
        raise LookupError(f"no assignment to {name} in {len(source)} characters of source")
    raise ValueError(f"{name}: {fault}") from None


def is_one_value(source: str, name: str) -> bool:
    """Return whether `source` has a single string or number for `name`, which a script assigns.

    `variable` takes the first place, and a property of that name where nothing is assigned: with several values another
    page may have another one in front. A place that is empty or has an expression is not counted.
    """
    assigned: set[object] = set()
    others: set[object] = set()
    for number, position in enumerate(islice(_places(source, name.removeprefix("window.")), _TRIES + 1)):
        if number == _TRIES or source[position : position + 1] in {"{", "["}:
            return False
        try:
            value = _value_at(source, position, 0)
        except ValueError:
            continue
        if isinstance(value, (dict, list)):
            return False
        if value not in ("", None):
            sign = source[max(0, position - _REACH) : position].rstrip()
            (assigned if sign.endswith("=") else others).add(value)
    return len(assigned) == 1 and others <= assigned


def jsonp(text: str) -> object:
    """Return the argument of `callback(…)`; plain JSON is read as well.

    Raises ValueError with the place of the fault.
    """
    match = _CALLBACK.match(text)
    return json_text(text) if match is None else _document(text, match.end(), text.rfind(")"))


def json_text(text: str, *, url_encoded: bool = False) -> object:
    """Return the data of a JSON text, percent-encoded if `url_encoded`.

    Comment and CDATA wrappers and a closing semicolon are tolerated. Raises ValueError with the place of the fault.
    """
    if url_encoded:
        text = unquote(text)
    match = _BEFORE_DOCUMENT.match(text)
    return _document(text, match.end() if match else 0, len(text))


def html_text(text: str) -> str | None:
    """Return HTML that is the text of an element, decoded if its tags are escaped twice; None if it is blank."""
    if _TAG.search(text) is None and _ESCAPED_TAG.search(text) is not None:
        text = unescape(text)
    return text if text.strip() else None


def in_paragraphs(texts: Sequence[str]) -> str:
    """Return the HTML of `texts`: if none of them has a block element, each, or each line of a single one, is one."""
    joined = "".join(texts)
    if _BLOCK.search(joined) is not None:
        return joined
    parts = [part for part in (texts if len(texts) > 1 else joined.split("\n")) if part.strip()]
    return "".join(f"<p>{part}</p>" for part in parts) if len(parts) > 1 else joined


def query(data: object, path: str) -> object:
    """Return what the JMESPath expression `path` finds in `data`, or None.

    Raises ValueError if `path` is not valid JMESPath. Data of an unexpected shape counts as nothing found.
    """
    try:
        return _INTERPRETER.visit(_compiled(path).parsed, data)
    except (JMESPathTypeError, TypeError, ArithmeticError, RecursionError):
        return None  # jmespath compares a string with a number, and takes means of what is no number, without a test


@lru_cache(maxsize=1024)
def _compiled(path: str) -> ParsedResult:
    try:
        return jmespath.compile(path)
    except RecursionError:
        raise ValueError(f"JMESPath {path[:60]!r}… is nested too deeply") from None


def _places(source: str, name: str) -> Iterator[int]:
    """Yield the positions of values of `name`: first of assignments, then of properties with that name."""
    properties: list[int] = []
    first = source.find(name)  # many times as fast as the pattern, and most often the answer
    for after in islice(_named(name).finditer(source, first), _MENTIONS) if first >= 0 else ():
        before = _BEFORE_NAME.search(source, max(0, after.start() - _REACH), after.start())
        if before and _belong_together(before, after):
            if after["sign"] == "=":
                yield after.end()
            elif len(properties) < _TRIES:
                properties.append(after.end())
    yield from properties


@lru_cache(maxsize=256)
def _named(name: str) -> re.Pattern[str]:
    return re.compile(re.escape(name) + r"(?P<quote>[\"'])?\s*+(?:(?P<bracket>\])\s*+)?(?P<sign>=(?!=)|:)\s*+")


@lru_cache(maxsize=256)
def _wanted(pattern: str) -> Any:
    return re2.compile(pattern)


def _belong_together(before: re.Match[str], after: re.Match[str]) -> bool:
    """Return whether a name has matching quotes and brackets on both sides."""
    return (before["index"] or before["key"]) == after["quote"] and bool(before["bracket"]) == bool(after["bracket"])


def _literal_end(source: str, position: int, longest: int) -> int:
    """Return the limit for parsing a JavaScript literal at `position`: at most the end of the script."""
    end = source.find("</script", position)
    return min(len(source) if end < 0 else end, position + longest)


def _value_at(source: str, position: int, longest: int) -> object:
    """Return the value at `position`; a JavaScript literal may have at most `longest` characters.

    Raises ValueError with the position and the reason.
    """
    if source[position : position + 1] in ("{", "["):
        try:
            value, after = _guarded(lambda: _DECODER.raw_decode(source, position), position)
        except json.JSONDecodeError:
            after = _literal_end(source, position, longest)
            value = _literal(source[position:after], position)
        return _whole(value, source, position, after)
    if source[position : position + 1] in ('"', "'"):
        text, after = _string_at(source, position)
        if _SUM.match(source, after):
            raise ValueError(f"a sum of strings at character {position}")
        if not text and (choice := _OR.match(source, after)) is not None:
            return _value_at(source, choice.end(), longest)
        return text
    if (decode := _DECODE.match(source, position)) is not None:
        text, _ = _string_at(source, decode.end())
        return unescape(text) if decode["name"].lower().startswith("html") else text
    call = _JSON_PARSE.match(source, position)
    if call is not None:
        text, _ = _string_at(source, call.end())
        return json_text(text, url_encoded=call[1] is not None)
    try:
        value, after = _guarded(lambda: _DECODER.raw_decode(source, position), position)
    except json.JSONDecodeError:
        raise ValueError(f"no value at character {position}") from None
    if _AFTER_VALUE.match(source, after) is None:
        raise ValueError(f"an expression, not a value, at character {position}")
    return value


def _string_at(source: str, position: int) -> tuple[str, int]:
    match = _LITERAL.match(source, position)
    if match is None:
        raise ValueError(f"no string at character {position}")
    value = _whole(_literal(f"[{match[0]}]", position), match[0], 0, len(match[0]))
    return "".join(map(str, value)) if isinstance(value, list) else "", match.end()


def _document(text: str, start: int, end: int) -> object:
    """Return the single value in `text` between `start` and `end`."""
    if start >= len(text) or end < start:
        raise ValueError("no data: the text is empty or a bracket is not closed")
    try:
        value, after = _guarded(lambda: _DECODER.raw_decode(text, start), start)
    except json.JSONDecodeError as error:
        if text[start] not in "{[":
            raise ValueError(f"{error.msg} at character {error.pos}") from None
        value, after = _literal(text[start : min(end, start + _LONGEST_LITERAL)], start), end
    if after < end and _AFTER_DOCUMENT.match(text, after, end) is None:
        raise ValueError(f"unexpected text after the value at character {after}")
    return _whole(value, text, start, end)


def _literal(text: str, place: int) -> object:
    """Return the JavaScript literal at the start of `text`; `place` is its position, for messages."""
    try:
        return _guarded(lambda: chompjs.parse_js_object(_TOKEN.sub(_as_json, text), loader=_DECODER.decode), place)
    except ValueError as error:
        raise ValueError(f"neither JSON nor a JavaScript literal at character {place}: {error}") from None


def _as_json(token: re.Match[str]) -> str:
    found = token["decoded"] or token["times"] or token[0]
    if token.lastgroup == "unclosed":
        return found
    if found[0] in "\"'`":
        return f'"{_ESCAPE.sub(_as_json_escape, found[1:-1])}"'
    if found.startswith(("//", "/*")):
        return " "
    if _KEY_FOLLOWED.match(token.string, token.end()):
        return f'"{found}"'
    # Without white space around them, chompjs turns null, true and false into strings.
    return _CONSTANTS.get(found, " null ")


def _as_json_escape(escape: re.Match[str]) -> str:
    """Return the JSON form of an escape, or of a quote that needs one."""
    unit, point, byte, line, other = escape.groups()
    if unit or byte:
        return f"\\u{unit or '00' + byte}"
    if point:
        return json.dumps(chr(min(int(point, 16), 0x10FFFF)))[1:-1]
    if line:
        return ""
    if other is None:
        return '\\"'
    return "\\" + other if other in _KEPT_ESCAPES else _OTHER_ESCAPES.get(other, other)


def _guarded(read: Callable[[], Any], place: int) -> Any:
    """Run a parser of nested data; RecursionError becomes ValueError."""
    try:
        return read()
    except RecursionError:
        raise ValueError(f"nested too deeply at character {place}") from None


def _whole(value: object, source: str, start: int, end: int) -> object:
    """Return `value` without lone surrogates, which cannot be encoded."""
    if _SURROGATE.search(source, start, end) is None:
        return value
    return _guarded(lambda: _mended(value), start)


def _mended(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return value
