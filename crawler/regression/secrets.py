"""Removing secrets from recordings: headers and query parameters by allow-list, the body by overwriting.

A recording exists for the page's bytes, so they are kept; only secrets are overwritten, byte by byte with `x`, so that
nothing else moves. A secret in a body is (1) any value that was sent or set with it (cookies, authorization, dropped
query parameters), in plain, escaped or percent-encoded form, (2) a JSON Web Token, (3) the value of anything named like
a secret: a form field, meta, script variable, JSON key or query parameter such as `csrf_token`, `sessionId`, `api_key`.
A secret in a body that was not sent and has no such name cannot be distinguished from prose.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote_plus

from ..profiles.load import Profile
from ..profiles.match import read_url

HEADERS = frozenset({
    "cache-control", "content-language", "content-type", "date", "expires", "last-modified", "server", "vary",
    "x-robots-tag",
})  # fmt: skip
"""The response headers that are recorded: those that are needed to read the page, and none about the client."""

SHORTEST = 8
"""Minimum characters of a value that is searched for in the body: shorter ones occur in any text by chance."""

_NAME = (
    rb"[\w.-]{0,40}(?:token|csrf|xsrf|session[_-]?id|sessid|api[_-]?key|app[_-]?key|secret|passw(?:or)?d|signature"
    rb"|access[_-]?key|auth[_-]?key|authorization|credential|jwt|ticket|nonce)[\w.-]{0,20}"
)
_VALUE = rb"([A-Za-z0-9_\-.+/=%~|:]{6,4096})"
_NAMED = tuple(
    re.compile(source, re.IGNORECASE)
    for source in (
        rb"[\"']?\b" + _NAME + rb"[\"']?\s*[:=]\s*\\?[\"']" + _VALUE,  # scripts and JSON
        rb"[?&;]" + _NAME + rb"=([^\s\"'<>&#;]{6,4096})",  # queries
        rb"<(?:input|meta)\b[^>]{0,300}?\b(?:name|id|property)\s*=\s*[\"']?" + _NAME
        + rb"[\"']?[^>]{0,300}?\b(?:value|content)\s*=\s*[\"']?" + _VALUE,
        rb"<(?:input|meta)\b[^>]{0,300}?\b(?:value|content)\s*=\s*[\"']?" + _VALUE
        + rb"[\"']?[^>]{0,300}?\b(?:name|id|property)\s*=\s*[\"']?" + _NAME,
        rb"\bdata-" + _NAME + rb"\s*=\s*[\"']?" + _VALUE,
        rb"\b(?:Bearer|Basic)\s+" + _VALUE,
        rb"\b(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?)",
    )
)  # fmt: skip


def kept_headers(headers: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the headers to record, and the names of the others, both sorted by name."""
    kept = {name: value for name, value in sorted(headers.items()) if name.lower() in HEADERS}
    return kept, sorted(name for name in headers if name.lower() not in HEADERS)


def kept_url(url: str, profile: Profile | None) -> tuple[str, dict[str, str]]:
    """Return `url` with only the query parameters that the site's URL forms need, and the others by name.

    A parameter is needed if the URL without it is that of another article, or of none. User information and fragment
    are dropped too.
    """
    url, _, fragment = url.partition("#")
    dropped = {"#": fragment} if fragment else {}
    if (user := re.match(r"(https?://)([^/?#@]*)@", url, re.IGNORECASE)) is not None:
        dropped["@"] = user[2]
        url = user[1] + url[user.end() :]
    path, mark, query = url.partition("?")
    pairs = [pair for pair in query.split("&") if pair] if mark else []
    for pair in list(pairs):
        rest = [other for other in pairs if other is not pair]
        shorter = f"{path}?{'&'.join(rest)}" if rest else path
        if profile is None or _reads(shorter, profile) != _reads(_joined(path, pairs), profile):
            continue
        pairs = rest
        name, _, value = pair.partition("=")
        dropped[name] = value
    if profile is None:
        dropped |= dict(pair.partition("=")[::2] for pair in pairs)
        pairs = []
    return _joined(path, pairs), dropped


def _joined(path: str, pairs: list[str]) -> str:
    return f"{path}?{'&'.join(pairs)}" if pairs else path


def _reads(url: str, profile: Profile) -> tuple[str | None, str | None]:
    reading = read_url(url, profile)
    return reading.kind, reading.id


def sent_secrets(headers: Mapping[str, str]) -> list[str]:
    """Return the values of cookies and credentials in `headers`, where several of a name are joined by line ends."""
    found: list[str] = []
    for name, value in headers.items():
        kind = name.lower()
        if kind == "cookie":
            found += [pair.partition("=")[2] for pair in value.split(";")]
        elif kind == "set-cookie":
            found += [line.partition(";")[0].partition("=")[2] for line in value.splitlines()]
        elif kind in {"authorization", "proxy-authorization"} or is_secret_name(name):
            found += value.split()[-1:]
    return [value.strip().strip('"') for value in found]


def is_secret_name(name: str) -> bool:
    """Return whether a header, parameter or field with this name contains a secret."""
    return re.fullmatch(_NAME.decode(), name, re.IGNORECASE) is not None


def is_secret(value: str) -> bool:
    """Return whether a value may identify the client: words and small numbers occur in any page by chance."""
    if len(value) < SHORTEST:
        return False
    digits = sum(character.isdigit() for character in value)
    return digits >= 10 or 0 < digits < len(value) or len(value) >= 20


def struck(text: str, secrets: Iterable[str]) -> str:
    """Return `text` with every secret overwritten with `x`."""
    for secret in secrets:
        text = text.replace(secret, "x" * len(secret))
    return text


def masked(body: bytes, secrets: Iterable[str], charset: str) -> tuple[bytes, int]:
    """Return `body` with every secret overwritten byte by byte with `x`, and their number.

    `secrets` are values that were sent or set with the body; `charset` is the body's.
    """
    spans: list[tuple[int, int]] = []
    for value in dict.fromkeys(secrets):
        for form in _forms(value, charset):
            spans += [(found.start(), found.end()) for found in re.finditer(re.escape(form), body)]
    for pattern in _NAMED:
        spans += [found.span(1) for found in pattern.finditer(body)]
    if not spans:
        return body, 0
    changed = bytearray(body)
    count = 0
    for start, end in spans:
        if changed[start:end].strip(b"x"):
            count += 1
        changed[start:end] = b"x" * (end - start)
    return bytes(changed), count


def _forms(value: str, charset: str) -> set[bytes]:
    """Return the forms in which a body may contain a value: plain, decoded, percent-encoded, escaped."""
    plain = {value, unquote_plus(value)}
    texts = {form for one in plain for form in (one, quote(one, safe=""), html.escape(one), json.dumps(one)[1:-1])}
    return {text.encode(charset, "ignore") for text in texts if len(text) >= SHORTEST}
