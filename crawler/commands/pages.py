"""Pages at hand, one after the other, to records on a stream: what `scrapy extract` does with each of its inputs."""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TextIO

import msgspec
from parsel import Selector

from crawler.bulk.messages import Batch
from crawler.bulk.outcome import Kind, Outcome, Tally, in_vain, page_outcome, refusal, unknown_site
from crawler.errors import Failure, ProfileInvalid, Quarantined
from crawler.page import charset, urls
from crawler.profiles.load import Profile, Profiles
from crawler.profiles.match import profile_for, read_url
from crawler.records.model import Record
from crawler.records.quarantine import QuarantineEntry
from crawler.records.runs import MAX_FAILED
from crawler.records.validate import validate
from crawler.records.write import ChromeLevel, chrome_level
from crawler.terminal import plain
from crawler.textdump.extract import extract_text
from crawler.warc.payload import MAX_BODY

_HEAD = 256 * 1024
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\(\d+\)(https?://\S+)", re.IGNORECASE)


class Unusable(ValueError):  # noqa: N818 - states what happened
    """An input that gives no page. The message names it and says what would do."""


def read_input(name: str) -> bytes:
    """Return the bytes of a file, of a gzipped one, or of standard input for `-`; raises Unusable."""
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
        raise Unusable(f"{name}: its gzip data are damaged: {error}") from None
    if not inflate.eof and len(plain_body) <= MAX_BODY:
        raise Unusable(f"{name}: its gzip data end early")
    return plain_body


def stated_url(body: bytes, name: str) -> str:
    """Return where a page says it comes from: a browser's note, its canonical link, og:url. Raises Unusable."""
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
    raise Unusable(f"{source}: the page does not say where it comes from; say it with --url URL")


def says_otherwise(body: bytes, url: str, profiles: Mapping[str, Profile]) -> str | None:
    """Return the address that a page states where that is another article than `url`, by the sites' own ids; or None.

    Pages state addresses of another form (www for m., without tracking) and none at all: neither is a doubt.
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
    """Writes the record of each page to `out`, tells on `err` which pages gave none, and counts.

    `failed` tells, at the end, that pages of known sites gave no record at all, that more than `max_failed` percent of
    them gave none, that something of an archive was lost, or that an input could not be used.
    """

    def __init__(
        self,
        profiles: Profiles,
        out: BinaryIO,
        err: TextIO,
        *,
        chrome: ChromeLevel = ChromeLevel.FULL,
        pretty: bool = False,
        max_failed: float = MAX_FAILED,
    ) -> None:
        self.profiles = profiles
        self._out = out
        self._err = err
        self._chrome = chrome
        self._pretty = pretty
        self._max_failed = max_failed
        self.tally = Tally()
        self.unusables = 0

    @property
    def failed(self) -> bool:
        """Whether the exit status should tell of a failure."""
        tally = self.tally
        return bool(self.unusables or self.too_many_failed) or tally.failed or in_vain(tally, self.profiles)

    @property
    def too_many_failed(self) -> str | None:
        """What is wrong where too large a share of the pages failed."""
        return self.tally.too_many_failed(self._max_failed)

    def told(self) -> str:
        """Return the counts on one line."""
        parts = [f"{label}: {text}" for label, text in self.tally.rows()]
        if self.unusables:
            parts.append(f"inputs that could not be used: {self.unusables}")
        return plain(", ".join(parts))

    def page(self, body: bytes, url: str, *, fetched_at: datetime | None = None) -> None:
        """Print the record of a page, or tell why there is none."""
        self.take(page_outcome(body, url, self.profiles, fetched_at=fetched_at))

    def dump(self, body: bytes, site: str, name: str, *, fetched_at: datetime | None = None) -> None:
        """Print the record of a page of `site` that was copied as text, or tell why there is none."""
        try:
            record = extract_text(charset.decode(body, None)[0], self.profiles[site], fetched_at=fetched_at)
            validate(record)
        except Quarantined as error:
            self.refused(error.failure, f"{name}: {error}")
        except ProfileInvalid as error:
            self.unusable(str(error))
        else:
            self.record(record)

    def take(self, outcome: Outcome) -> None:
        """Print and count what a page gave."""
        self.tally.count(outcome)
        if outcome.record is not None:
            line = chrome_level(outcome.record, self._chrome).line
            self._out.write((msgspec.json.format(line, indent=2) if self._pretty else line) + b"\n")
            self._out.flush()
        if outcome.entry is not None:
            self.tell(outcome.entry)

    def tell(self, entry: QuarantineEntry) -> None:
        """Tell of a page that gives no record; of a profile that cannot be used was told before, once for its pages."""
        if entry.failure is Failure.PROFILE_INVALID:
            return
        self._err.write(f"quarantined: {entry.failure}: {plain(entry.message)}\n")

    def record(self, record: Record) -> None:
        """Print a record."""
        self.take(Outcome(Kind.RECORD, record=record))

    def refused(self, failure: Failure, message: str) -> None:
        """Tell of a page of a known site that gives no record."""
        self.take(refusal(Quarantined(failure, message), None, ""))

    def unusable(self, message: str) -> None:
        """Tell of an input that could not be used."""
        self.unusables += 1
        self._err.write(f"{plain(message)}\n")

    def unknown(self, url: str) -> None:
        """Count a page of a site without a profile, or of one whose profile cannot be used."""
        self.take(unknown_site(url, self.profiles))

    def list_page(self, url: str) -> None:
        """Count a page that gives links and no record."""
        del url
        self.take(Outcome(Kind.LIST))

    def write(self, batch: Batch) -> None:
        """Print and count what a worker sends."""
        self.tally.add(batch.tally)
        lines = batch.lines
        if self._pretty:
            lines = b"".join(msgspec.json.format(line, indent=2) + b"\n" for line in lines.splitlines())
        self._out.write(lines)
        self._out.flush()
        for line in batch.entries.splitlines():
            self.tell(msgspec.json.decode(line, type=QuarantineEntry))

    def finished(self) -> None:
        """Hear that an archive is wholly done: nothing is left to do, all is printed."""
