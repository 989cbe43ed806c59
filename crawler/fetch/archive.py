"""Replaying an archive: a crawl's responses come from WARC files, without any network access."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import msgspec
from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes
from w3lib.url import canonicalize_url

from ..errors import Failure
from ..page.urls import strip_tracking
from ..profiles.load import Profile
from ..profiles.match import article_id, profile_for, read_url
from ..warc.framing import Place
from ..warc.reader import ArchivedResponse, read_archive, read_response
from .faults import NotSent

OK = 200

_TABLE = """
CREATE TABLE captures (
    number INTEGER PRIMARY KEY, address TEXT, article TEXT, kind TEXT, url TEXT,
    file TEXT, offset INTEGER, skip INTEGER, status INTEGER, date TEXT
)
"""
_CAPTURE = "url, article, kind, file, offset, skip"
_BEST = "status = 200 DESC, date DESC, number"


class NotInArchive(NotSent):
    """A request for a URL that is not in the archive."""

    failure = Failure.NOT_IN_ARCHIVE


class Capture(msgspec.Struct, frozen=True):
    """An archived response: its URL as archived, its classification by the profile, and its place in the file.

    `kind` is that of the profile's URL form, None if no form matches; `article` the article's id, as records
    have it.
    """

    url: str
    article: str
    kind: str | None
    place: Place


class Archive:
    """The responses of a site in a WARC file or a folder of them, by URL.

    Stores positions rather than pages, in a temporary SQLite database that spills to disk above a few megabytes.
    """

    def __init__(self, path: Path, profile: Profile, damaged: Callable[[ArchivedResponse], None]) -> None:
        """Read the archive once and call `damaged` with each unusable record. Raises NotAnArchive."""
        self.path = path
        self._profile = profile
        self._database = sqlite3.connect("")
        try:
            self._database.execute(_TABLE)
            self._database.executemany("INSERT INTO captures VALUES (NULL,?,?,?,?,?,?,?,?,?)", self._read(damaged))
            self._database.execute("CREATE INDEX by_address ON captures (address)")
            self._database.execute("CREATE INDEX by_article ON captures (article)")
        except BaseException:
            self.close()
            raise

    def find(self, url: str) -> Capture | None:
        """Return the best capture of a URL: the newest with status 200.

        Fragment, tracking parameters, order of parameters and scheme (http or https) are ignored.
        """
        row = self._database.execute(
            f"SELECT {_CAPTURE} FROM captures WHERE address = ? ORDER BY {_BEST} LIMIT 1",  # noqa: S608
            (self._address(url),),
        ).fetchone()
        return _capture(row) if row else None

    def captures(self) -> Iterator[Capture]:
        """Yield the best capture of each URL that the profile knows, in the archive's order.

        The forms of an article's URL are adjacent, the best first.
        """
        forms = self._database.execute(
            "SELECT article FROM captures WHERE kind IS NOT NULL AND kind <> 'ignore' GROUP BY article"
            " ORDER BY min(number)"
        )
        for (article,) in forms:
            seen: set[str] = set()
            for address, *row in self._database.execute(
                f"SELECT address, {_CAPTURE} FROM captures WHERE article = ? ORDER BY {_BEST}",  # noqa: S608
                (article,),
            ):
                if address not in seen:
                    seen.add(address)
                    yield _capture(row)

    def close(self) -> None:
        """Delete the temporary database."""
        self._database.close()

    def _address(self, url: str) -> str:
        plain = canonicalize_url(strip_tracking(url, self._profile.tracking))
        return plain.partition("://")[2]

    def _read(self, damaged: Callable[[ArchivedResponse], None]) -> Iterator[tuple[str | int | None, ...]]:
        for response in read_archive(self.path):
            url = response.url
            ours = url is not None and profile_for(url, [self._profile]) is not None
            if response.problem is not None:
                damaged(response)
            elif url is not None and ours:
                reading = read_url(url, self._profile)
                place = response.place
                yield (
                    self._address(url),
                    article_id(reading, self._profile.site.site),
                    reading.kind,
                    url,
                    str(place.file),
                    place.offset,
                    place.skip,
                    response.status,
                    response.date.astimezone(UTC).isoformat() if response.date else "",
                )


def _capture(row: Sequence[Any]) -> Capture:
    url, article, kind, file, offset, skip = row
    return Capture(url, article, kind, Place(Path(file), offset, skip))


class ArchiveHandler(BaseDownloadHandler):
    """Scrapy's download handler for a spider that has an `archive`.

    Returns the archived response under its archived URL; `request.meta["fetched_at"]` becomes the time of the
    recording. Raises NotInArchive.
    """

    lazy = False

    async def download_request(self, request: Request) -> Response:
        """Return the response from the archive."""
        archive: Archive = self.crawler.spider.archive  # type: ignore[union-attr]
        capture = archive.find(request.url)
        if capture is None:
            raise NotInArchive(f"{request.url}: not in {archive.path}")
        archived = read_response(capture.place)
        if archived.problem is not None or archived.url is None:
            raise OSError(archived.problem.message if archived.problem else f"{capture.place}: not an HTTP response")
        request.meta["fetched_at"] = archived.date
        headers = Headers(archived.headers)
        kind = responsetypes.from_args(headers=headers, url=archived.url, body=archived.body)
        return kind(archived.url, status=archived.status or OK, headers=headers, body=archived.body)
