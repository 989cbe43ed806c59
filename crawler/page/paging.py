"""URLs of the pages of one document: `…_2.shtml`, `…-2.html`, `…/2/`, `?page=2` next to that of the first page."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

PARAMETERS: Final = ("page", "p", "pn", "pageno", "page_no", "pagenum", "pageindex", "paged")
"""Query parameters that number the pages of a document, in lower case."""
MOST_PAGES: Final = 200
"""Pages that a document may have: a higher number in an address is an id, not a page."""

_EXTENSION = re.compile(r"\.(?:s?html?|php|aspx?|jsp|do)\Z", re.IGNORECASE)
_SUFFIX = re.compile(r"[_-](\d{1,3})\Z")
_SEGMENT = re.compile(r"/(?:index|page|p)?[_-]?(\d{1,2})\Z")
_BARE = re.compile(r"p(\d{1,3})\Z")

Readings = dict[tuple[str, str, str], int | None]
"""What an address may mean: for each document (host, path, query) which page of it, None where no number is written."""


def readings(url: str) -> Readings:
    """Return what `url` may mean as the page of a document; {} where it cannot be read. Never raises."""
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
    """Return the numbers that the addresses `own` and `other` give to two pages of one document.

    None where they are of different documents, or the same page.
    """
    for document, number in readings(other).items():
        if document in own and own[document] != number:
            return own[document], number
    return None


def stem(url: str) -> str:
    """Return the part of a page's name that the addresses of the document's other pages hold too; "" for none."""
    path = _EXTENSION.sub("", urlsplit(url).path.rstrip("/"))
    name = path.removesuffix("/index").rstrip("/").rpartition("/")[2]
    return _SUFFIX.sub("", name)
