"""URLs: absolute links, hosts, query parameters, the image behind a thumbnail proxy.

Nothing here is specific to a site, uses the network or raises on a bad URL: None stands for invalid URLs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final
from urllib.parse import unquote, unquote_to_bytes, urljoin

MAX_URL: Final = 8192
"""Maximum characters of a URL: what servers accept (RFC 9110, 4.1: at least 8,000)."""

_PROXY_HOPS: Final = 5
"""Maximum nesting of proxies, which also ends self-references."""

_HALF = r"\ud800-\udfff"
"""Halves of characters, as a broken escape in JSON leaves them: no encoding of a URL has them."""
_PORT = r"[0-5]?[0-9]{0,4}|6(?:[0-4][0-9]{3}|5(?:[0-4][0-9]{2}|5(?:[0-2][0-9]|3[0-5])))"
_HOST = rf"(?!\.+(?:[:/?#]|\Z))[^\s\x00-\x20\x7f{_HALF}@/?#\\:\[\]<>^`{{|}}\"%]+"
_AUTHORITY = rf"(?:{_HOST}|\[[0-9a-fA-F:.]+\])(?::(?:{_PORT}))?"
_ABSOLUTE = re.compile(rf"https?://{_AUTHORITY}(?:[/?#][^\s\x00-\x20\x7f{_HALF}]*)?")
_START = re.compile(rf"(https?)://{_AUTHORITY}(?=[/?#]|\Z)")
"""Deletes visible ASCII characters, which is faster than a regular expression: the rest must be empty."""
_NAME = re.compile(r"[0-9A-Za-z_-]+(?:\.[0-9A-Za-z]+)?")
"""A link to a page in the same folder."""
_RELATIVE_PROTOCOL = re.compile(rf"//{_AUTHORITY}(?:[/?#][^\s\x00-\x20\x7f{_HALF}]*)?")
_ROOTED = re.compile(rf"/(?![/\\])[^\s\x00-\x20\x7f{_HALF}\\]*")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.\-]*):")
_PLAIN = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?:[/?#]|\Z)")
_LONG = re.compile(
    r"(?P<scheme>https?)://(?:[^/?#@\s]*@)?(?P<host>[^/?#@:\[\]\s]+)(?::(?P<port>[0-9]{0,5}))?(?=[/?#]|\Z)",
    re.IGNORECASE,
)
_PARTS = re.compile(r"(https?)://(?:[^/?#@\\]*@)?(\[[^\]/?#]*\]|[^/?#:\\]*)", re.IGNORECASE)
_EDGES: Final = "".join(map(chr, range(0x21))) + "\u3000\xa0\ufeff\u200b"
_NO_BREAKS = str.maketrans("", "", "\t\r\n")
_UNSAFE = re.compile(r"[\s\x00-\x20\x7f]")


def absolute(base: str, href: str) -> str | None:
    """Return the http or https URL that `href` on the page `base` points to.

    None for what leads to no page: an empty `href`, one longer than `MAX_URL`, a mere fragment, another scheme, no
    host, a port over 65535, user information before the host (the trick that shows one host and leads to another).
    White space round it and line breaks in it are dropped as browsers do, other spaces encoded; nothing else of it is
    rewritten.
    Never raises.
    """
    if len(href) > MAX_URL:
        return None
    if href.isascii() and href.isprintable() and " " not in href:
        if _START.match(href):
            return href
        if href.startswith("//") and _START.match("http:" + href):
            scheme = _origin(base)[0]
            return f"{scheme}:{href}" if scheme else None
        if _NAME.fullmatch(href):
            folder = _folder(base)
            return folder + href if folder else None
    if _ABSOLUTE.fullmatch(href):
        return href
    if _RELATIVE_PROTOCOL.fullmatch(href):
        scheme = _origin(base)[0]
        return f"{scheme}:{href}" if scheme else None
    if _ROOTED.fullmatch(href):
        origin = _origin(base)[1]
        return _resolved(base, href) if "/." in href or not origin else origin + href
    return _uncommon(base, href)


def _uncommon(base: str, href: str) -> str | None:
    """Resolve URLs that the fast paths of `absolute` do not cover."""
    href = href.strip(_EDGES).translate(_NO_BREAKS)
    if not href or href[0] == "#":
        return None
    path, mark, rest = _split_path(href)
    href = path.replace("\\", "/") + mark + rest
    href = _UNSAFE.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace")), href)
    scheme = _SCHEME.match(href)
    if scheme is not None:
        if scheme[1].lower() not in ("http", "https"):
            return None
        href = scheme[1].lower() + href[scheme.end(1) :]
        if href[scheme.end() : scheme.end() + 2] == "//":
            return href if _ABSOLUTE.fullmatch(href) else None
        return None
    return _resolved(base, href)


def _resolved(base: str, href: str) -> str | None:
    try:
        joined = urljoin(base, href)
    except ValueError:
        return None
    return joined if _ABSOLUTE.fullmatch(joined) else None


def _split_path(href: str) -> tuple[str, str, str]:
    """Split `href` before its query or fragment: backslashes are slashes in the path only."""
    ends = [place for place in (href.find("?"), href.find("#")) if place >= 0]
    if not ends:
        return href, "", ""
    end = min(ends)
    return href[:end], href[end], href[end + 1 :]


@lru_cache(maxsize=1024)
def _origin(url: str) -> tuple[str, str]:
    """Return scheme and origin (`https://host:port`) of an http(s) URL, or two empty strings."""
    match = _START.match(url)
    return (match[1], match[0]) if match else ("", "")


@lru_cache(maxsize=1024)
def _folder(url: str) -> str:
    """Return the URL up to its last slash, to which relative names are appended, or ""."""
    return (_resolved(url, "x") or "")[:-1]


def host(url: str) -> str:
    """Return the host of an http(s) URL in lower case, without port, brackets and trailing dot; "" if invalid."""
    match = _PARTS.match(url)
    return match[2].strip("[]").rstrip(".").lower() if match else ""


def plain(url: str) -> str:
    """Return an http(s) URL with scheme and host in lower case and without credentials, default port and closing dot.

    `HTTPS://WWW.Example.com:443/a` and `https://www.example.com/a` are one page; the path stays as it is.
    """
    if _PLAIN.match(url) is not None:
        return url
    match = _LONG.match(url)
    if match is None:
        return url
    scheme, host, port = match["scheme"].lower(), match["host"].rstrip(".").lower(), match["port"]
    default = {"http": "80", "https": "443"}[scheme]
    shown = "" if port in {None, "", default} else f":{port}"
    return f"{scheme}://{host}{shown}{url[match.end() :]}"


def belongs(host: str, domain: str) -> bool:
    """Return whether `host` is `domain` or one of its subdomains."""
    return host == domain or host.endswith(f".{domain}")


def strip_tracking(url: str, parameters: frozenset[str]) -> str:
    """Return `url` without its fragment and without the query parameters named; the others keep order and spelling."""
    url = url.partition("#")[0]
    path, mark, query = url.partition("?")
    if not mark:
        return url
    kept = [pair for pair in query.split("&") if pair and pair.partition("=")[0] not in parameters]
    return f"{path}?{'&'.join(kept)}" if kept else path


def query_value(url: str, name: str) -> str | None:
    """Return the first query parameter `name` of `url`, percent-decoded, or None.

    A plus sign is kept: these values are URLs and ids, not search terms. Escaped GBK and UTF-8 are distinguished.
    """
    query = url.partition("#")[0].partition("?")[2]
    for pair in query.split("&"):
        key, mark, value = pair.partition("=")
        if mark and key == name:
            return _unquote(value)
    return None


def _unquote(value: str) -> str:
    if "%" not in value:
        return value
    raw = unquote_to_bytes(value)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("gb18030", "replace")


def original_image(url: str, proxies: Mapping[str, str]) -> str:
    """Return the URL of the image behind a thumbnail proxy.

    `proxies` maps a proxy's host to the query parameter with the URL of the original. Proxies behind
    proxies are followed; a URL of another host, or one without a web address in that parameter, comes back as it is.
    """
    for _ in range(_PROXY_HOPS):
        parameter = proxies.get(host(url))
        value = query_value(url, parameter) if parameter else None
        if value and value.lower().startswith(("http%", "https%")):
            value = unquote(value)  # encoded twice
        if not value or not value.lower().startswith(("http://", "https://", "//")):
            break
        inner = absolute(url, value)
        if inner is None:
            break
        url = inner
    return url
