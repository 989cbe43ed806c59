"""Reading pages from files and printing their records: what `scrapy extract` does with each of its inputs."""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TextIO

import msgspec
from parsel import Selector

from ..bulk.messages import Batch
from ..bulk.outcome import (
    Kind,
    Outcome,
    Reading,
    Tally,
    nothing_but_refused_sites,
    page_outcome,
    refusal,
    unknown_site,
)
from ..errors import NOT_RECEIVED, Failure, ProfileInvalid, Quarantined
from ..page import charset, urls
from ..profiles.load import Profile, Profiles
from ..profiles.match import profile_for, read_url
from ..records.model import Record
from ..records.quarantine import QuarantineEntry
from ..records.runs import MAX_FAILED
from ..records.validate import validate
from ..records.write import ChromeLevel, chrome_level
from ..terminal import as_called, plain
from ..textdump.extract import extract_text
from ..warc.payload import MAX_BODY
from ._missing import Missing, missing, uncounted, unusable
from ._writers import Writer, file_name

_HEAD = 256 * 1024
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)(https?://\S+)", re.IGNORECASE)


class Unusable(ValueError):  # noqa: N818 - states what happened
    """An input that does not contain a page. The message has its name and what to do."""


def read_input(name: str) -> bytes:
    """Return the bytes of a file, decompressed if it is gzipped, or of standard input for `-`. Raises Unusable."""
    try:
        if name == "-":
            body = sys.stdin.buffer.read(MAX_BODY + 1)
        else:
            with Path(name).open("rb") as stream:
                body = stream.read(MAX_BODY + 1)
    except OSError as error:
        raise Unusable(f"{name}: cannot be read: {error.strerror}") from None
    return _unzipped(body, name) if body.startswith(b"\x1f\x8b") else body


def _unzipped(body: bytes, name: str) -> bytes:
    inflate = zlib.decompressobj(31)
    try:
        plain_body = inflate.decompress(body, MAX_BODY + 1)
    except zlib.error as error:
        raise Unusable(f"{name}: the gzip data is damaged: {error}") from None
    if not inflate.eof and len(plain_body) <= MAX_BODY:
        raise Unusable(f"{name}: the gzip data ends early")
    return plain_body


def stated_url(body: bytes, name: str) -> str:
    """Return the URL that a saved page states: a browser's comment, canonical link or og:url. Raises Unusable."""
    head = charset.decode(body[:_HEAD], None)[0]
    noted = _SAVED_FROM.search(head[:4096])
    found = [noted[1]] if noted else []
    if "<" in head:
        document = Selector(head, type="html")
        found += document.xpath('//link[@rel="canonical"]/@href | //meta[@property="og:url"]/@content').getall()
    for url in found:
        if urls.absolute("", url.strip()) is not None:
            return url.strip()
    source = "standard input" if name == "-" else name
    raise Unusable(f"{source}: the page does not contain its own URL; give it with --url URL")


def conflicting_url(body: bytes, url: str, profiles: Mapping[str, Profile]) -> str | None:
    """Return the URL that a page states if it belongs to another article than `url`, by the sites' ids; else None.

    Stating another form of the URL (www for m., without tracking), or none, is not a conflict.
    """
    try:
        stated = stated_url(body, url)
    except Unusable:
        return None
    one, other = profile_for(url, profiles.values()), profile_for(stated, profiles.values())
    if one is not other or one is None:
        return stated if one is not other and other is not None else None
    ids = {read_url(address, one).id for address in (url, stated)}
    return stated if len(ids) == 2 and None not in ids else None


class Pages:
    """Writes the record of each page to `writer`, reports pages without one on `err`, and counts.

    Pages without a record are added to `missing` too. `at` says which input the next pages are from.

    At the end, `failed` is set if no page of a known site produced a record, if more than `max_failed` percent of them
    produced none, if a part of an archive was lost, or if an input could not be used.
    """

    def __init__(
        self,
        profiles: Profiles,
        writer: Writer,
        err: TextIO,
        *,
        missing: list[Missing] | None = None,
        chrome: ChromeLevel = ChromeLevel.FULL,
        max_failed: float = MAX_FAILED,
        reading: Reading = Reading.PROFILES,
    ) -> None:
        self.profiles = profiles
        self._writer = writer
        self._err = err
        self._chrome = chrome
        self.missing = missing if missing is not None else []
        self._source, self._place, self._saved, self._many = "", Path(), False, False
        self._max_failed = max_failed
        self.reading = reading
        self.tally = Tally()
        self.unusables = self.unreceived = 0
        self._hosts: dict[str, int] = {}

    @property
    def failed(self) -> bool:
        """Whether the exit status should be 1."""
        tally = self.tally
        return (
            bool(self.unusables or self.too_many_failed)
            or tally.failed
            or nothing_but_refused_sites(tally, self.profiles)
        )

    @property
    def too_many_failed(self) -> str | None:
        """An error message if too large a share of the pages failed, else None."""
        return self.tally.too_many_failed(self._max_failed)

    def counts(self) -> str:
        """Return the counts in one line."""
        parts = [f"{label}: {text}" for label, text in self.tally.rows()]
        if self.unusables:
            parts.append(f"unusable inputs: {self.unusables}")
        return plain(", ".join(parts))

    def at(self, source: str, place: Path = Path(), *, saved: bool = False, many: bool = False) -> None:
        """Name the input of the next pages, and their `place` in an output folder.

        `saved`: it is a saved page; `many`: it has several pages, whose files have names of their own below the place.
        """
        self._source, self._place, self._saved, self._many = source, place, saved, many

    def _write(self, record: Record) -> None:
        self._writer.write(record, self._place / file_name(record) if self._many else self._place)

    def page(self, body: bytes, url: str, *, fetched_at: datetime | None = None) -> None:
        """Print the record of a page, or report why there is none."""
        self.take(page_outcome(body, url, self.profiles, fetched_at=fetched_at, reading=self.reading), url)

    def dump(self, body: bytes, site: str, name: str, *, fetched_at: datetime | None = None) -> None:
        """Print the record of a text dump of a page of `site`, or report why there is none."""
        try:
            record = extract_text(charset.decode(body, None)[0], self.profiles[site], fetched_at=fetched_at)
            validate(record)
        except Quarantined as error:
            self.take(refusal(Quarantined(error.failure, f"{name}: {error}"), None, ""))
        except ProfileInvalid as error:
            self.unusable(str(error))
        else:
            self.record(record)

    def take(self, outcome: Outcome, url: str | None = None) -> None:
        """Print and count the outcome of a page."""
        self.tally.count(outcome)
        if outcome.record is not None:
            self._write(chrome_level(outcome.record, self._chrome))
        elif (miss := missing(outcome, self._source, url, file=self._saved)) is not None:
            self.missing.append(miss)
        if outcome.entry is not None:
            self.report(outcome.entry, of_profile=outcome.kind is not Kind.UNREAD)

    def report(self, entry: QuarantineEntry, *, of_profile: bool = True) -> None:
        """Report a page without a record. An invalid profile was reported before, once for all its pages.

        `of_profile`: a profile reads the page; others are not counted as quarantined.
        """
        if entry.failure is Failure.PROFILE_INVALID:
            return
        page = f"{entry.url}: " if entry.url and entry.url not in entry.message else ""
        what = "quarantined" if of_profile else "no record"
        self._err.write(f"{what}: {entry.failure}: {plain(page + as_called(entry.message))}\n")

    def record(self, record: Record, *, general: bool = False) -> None:
        """Print a record, which the general reading or a profile made."""
        self.take(Outcome(Kind.GENERAL if general else Kind.RECORD, record=record))

    def fetched(self, entry: QuarantineEntry, *, general: bool) -> None:
        """Report and count a page of a crawl without a record.

        One that a crawl did not receive cannot be used, also if it was for the general reading.
        """
        self.at(entry.url or "", many=True)
        self.take(Outcome(Kind.UNREAD if general else Kind.REFUSED, entry=entry))
        if entry.failure in NOT_RECEIVED:
            self.unreceived += 1
            self.unusables += general

    def unusable(self, message: str) -> None:
        """Report and count an input that cannot be used."""
        self.unusables += 1
        self.missing.append(unusable(self._source, message))
        self._err.write(f"{plain(as_called(message))}\n")

    def unknown(self, url: str) -> None:
        """Count a page of a site without a profile, or with an invalid one."""
        self.take(unknown_site(url, self.profiles), url)

    def list_page(self, url: str) -> None:
        """Count a list page, which has links and no record."""
        self.take(Outcome(Kind.LIST), url)

    def write(self, batch: Batch) -> None:
        """Print and count a batch of a worker."""
        self.tally.add(batch.tally)
        for line in batch.lines.splitlines():
            self._write(msgspec.json.decode(line, type=Record))
        for line in batch.entries.splitlines():
            entry = msgspec.json.decode(line, type=QuarantineEntry)
            unread = entry.failure in batch.tally.unread and entry.failure not in batch.tally.refused
            self.report(entry, of_profile=not unread)
            if (miss := missing(Outcome(Kind.REFUSED, entry=entry), self._source, entry.url, file=False)) is not None:
                self.missing.append(miss)
        for name, count in batch.tally.hosts.items():
            self._hosts[name] = self._hosts.get(name, 0) + count

    def finished(self) -> None:
        """End an archive: its pages of sites without a profile, which are only counted, are listed by host."""
        self.missing.extend(uncounted(self._source, name, count) for name, count in sorted(self._hosts.items()))
        self._hosts.clear()
