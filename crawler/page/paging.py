"""URLs of the pages of one document: `…_2.shtml`, `…-2.html`, `…/2/`, `?page=2` next to that of the first page."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

PARAMETERS: Final = ("page", "p", "pn", "pageno", "page_no", "pagenum", "pageindex", "paged")
"""Query parameters with the page's number, in lower case."""
MOST_PAGES: Final = 200
"""Maximum pages of a document: a higher number in a URL is an id, not a page number."""

_EXTENSION = re.compile(r"\.(?:s?html?|php|aspx?|jsp|do)\Z", re.IGNORECASE)
_SUFFIX = re.compile(r"[_-](\d{1,3})\Z")
_SEGMENT = re.compile(r"/(?:index|page|p)?[_-]?(\d{1,2})\Z")
_BARE = re.compile(r"p(\d{1,3})\Z")

Readings = dict[tuple[str, str, str], int | None]
"""Interpretations of a URL: document (host, path, query) to page number, or to None if there is no number."""


def readings(url: str) -> Readings:
    """Return the interpretations of `url` as a page of a document; {} if it cannot be parsed. Never raises."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return {}
    path = _EXTENSION.sub("", parts.path.rstrip("/"))
    path = path.removesuffix("/index").rstrip("/")
    found: Readings = {(host, path, parts.query): None}
    for pattern in (_SUFFIX, _SEGMENT):
        match = pattern.search(path)
        if match is not None and int(match[1]) <= MOST_PAGES:
            found[host, path[: match.start()], parts.query] = int(match[1])
    pairs = parts.query.split("&") if parts.query else []
    for at, pair in enumerate(pairs):
        name, mark, value = pair.partition("=")
        bare = _BARE.match(pair)
        if mark and name.lower() in PARAMETERS and value.isascii() and value.isdigit():
            number = int(value[:9])
        elif bare is not None:
            number = int(bare[1])
        else:
            continue
        if number <= MOST_PAGES:
            found[host, path, "&".join(pairs[:at] + pairs[at + 1 :])] = number
    return found


def page_numbers(own: Readings, other: str) -> tuple[int | None, int | None] | None:
    """Return the page numbers in the URLs `own` and `other` of two pages of one document.

    Return None if they belong to different documents, or to the same page.
    """
    for document, number in readings(other).items():
        if document in own and own[document] != number:
            return own[document], number
    return None


def stem(url: str) -> str:
    """Return the part of a page's name that the URLs of its document's pages have in common, or ""."""
    path = _EXTENSION.sub("", urlsplit(url).path.rstrip("/"))
    name = path.removesuffix("/index").rstrip("/").rpartition("/")[2]
    return _SUFFIX.sub("", name)
