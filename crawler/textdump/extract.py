"""Extracts a record from a page as plain text, such as copied out of a browser, with the profile's phrases."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from html import escape

from ..errors import Failure, Quarantined
from ..page.text import size, squeeze
from ..profiles.line_patterns import plain, spaced
from ..profiles.load import Profile
from ..profiles.phrases import FILE as PHRASES
from ..profiles.phrases import load_phrases
from ..records.model import (
    Account,
    Author,
    Block,
    BlockType,
    Breadcrumb,
    ChromeEntry,
    Coverage,
    DatePrecision,
    Extraction,
    ExtractionMethod,
    Fetch,
    Flag,
    Info,
    Kind,
    LayoutChoice,
    ProfileRef,
    Provenance,
    Record,
    Role,
    Source,
)
from ..records.scalars import rfc3339
from ..sieve.copies import content_hash
from ..sieve.dates import ParsedDate, parse_date
from ..sieve.record import SHORT_BODY
from .headline import LAYOUT
from .lines import Shapes, read_lines
from .lists import ListReader
from .segment import Arrangement, DumpPart

MAX_SIZE = 2_000_000
MAX_LINES = 10_000
_MARKUP = re.compile(r"<(?:!doctype|html|head|body|\?xml)\b", re.IGNORECASE)


def extract_text(text: str, profile: Profile, *, fetched_at: datetime | None = None) -> Record:
    """Extract a page that was copied as text and return its record, not yet validated.

    `fetched_at` is the aware time that 昨天 and 3小时前 are relative to; without it such dates are ignored. Raises
    `Quarantined` if headline or body cannot be identified, `ProfileInvalid` if the profile lacks a valid phrases.toml.
    """
    try:
        raw = text.encode()
    except UnicodeEncodeError as error:
        raise Quarantined(
            Failure.ENCODING_DOUBT,
            f"character {error.start} of the text is a lone surrogate; decode the file as UTF-8 again",
        ) from None
    phrases = load_phrases(profile.file(PHRASES).parent)
    if len(text) > MAX_SIZE:
        raise Quarantined(Failure.TOO_BIG, f"{len(text)} characters; a page copied as text has at most {MAX_SIZE}")
    lines = read_lines(text.removeprefix("\ufeff"))
    if not lines:
        raise Quarantined(Failure.EMPTY_BODY, "the text is empty; copy the page again")
    if _MARKUP.match(lines[0].text):
        raise Quarantined(Failure.NOT_AN_ARTICLE, "this is HTML, not copied text; extract it as a page")
    if len(lines) > MAX_LINES:
        raise Quarantined(Failure.TOO_BIG, f"{len(lines)} lines; a page copied as text has at most {MAX_LINES}")
    shapes = Shapes(lines, phrases)
    dump = Arrangement(shapes, ListReader(shapes, profile.timezone, fetched_at))
    return _Writer(dump, profile, fetched_at).record(text, raw)


class _Writer:
    """Builds the record of one partitioned dump."""

    def __init__(self, dump: Arrangement, profile: Profile, now: datetime | None) -> None:
        self.dump = dump
        self.profile = profile
        self.now = now
        self.provenance: dict[str, Provenance] = {}

    def record(self, text: str, raw: bytes) -> Record:
        """Return the record; `raw` are the text's UTF-8 bytes."""
        site = self.profile.site
        headline = self._text(next(part for part in self.dump.parts if part.kind == "headline"))
        self.provenance["headline"] = Provenance("phrases.headline", headline)
        blocks = tuple(Block(type=BlockType.PARAGRAPH, text=self.dump.lines[at].text) for at in sorted(self.dump.body))
        body = "\n\n".join(block.text or "" for block in blocks)
        date = self._date()
        source, location = self._field("source"), self._field("location")
        author, editor = self._field("author", "authors"), self._field("editor", "editors")
        return Record(
            id=f"{site.site}:{hashlib.sha256(squeeze(text).encode()).hexdigest()[:16]}",
            site=site.site,
            kind=Kind.ARTICLE,
            url=None,
            title=next((self._text(part) for part in self.dump.parts if part.kind == "title"), None),
            headline=headline,
            original_headline=self._field("original", "originalHeadline"),
            info=tuple(
                Info(self._text(part), f"phrases.{part.rule}") for part in self.dump.parts if part.kind == "info"
            ),
            authors=tuple(Author(name, author) for name in _names(author)),
            editors=tuple(_names(editor)),
            account=self._account(),
            source=Source(source) if source else None,
            date_published=date.iso if date else None,
            date_published_raw=date.raw if date else None,
            date_precision=DatePrecision(date.precision) if date else None,
            location=location,
            in_language=site.language,
            breadcrumbs=tuple(Breadcrumb(name) for name in _steps(self._field("steps", "breadcrumbs"))),
            blocks=blocks,
            article_body=body,
            article_body_html="\n".join(f"<p>{escape(block.text or '', quote=False)}</p>" for block in blocks),
            chrome=tuple(self._chrome()),
            coverage=self._coverage(text),
            layout=LayoutChoice(LAYOUT, self.dump.confidence()),
            profile=ProfileRef(site.site, self.profile.version),
            extraction=Extraction(ExtractionMethod.TEXT, self.dump.confidence()),
            provenance=dict(sorted(self.provenance.items())),
            fetch=Fetch(
                fetched_at=rfc3339(self.now) if self.now else None,
                status=None,
                charset=None,
                sha256=hashlib.sha256(raw).hexdigest(),
            ),
            content_hash=content_hash(headline, blocks),
            flags=tuple(sorted(self._flags(body, date))),
        )

    def _text(self, part: DumpPart) -> str:
        return " ".join(self.dump.lines[at].text for at in part.lines)

    def _field(self, group: str, field: str | None = None) -> str | None:
        """Return the value of the first part with this group; `field` is its name in the record."""
        for part in self.dump.parts:
            value = part.groups.get(group)
            if value:
                self.provenance[field or group] = Provenance(f"phrases.{part.rule}", self._text(part))
                return value
        return None

    def _date(self) -> ParsedDate | None:
        written = self._field("date", "datePublished")
        date = parse_date(spaced(written), tz=self.profile.timezone, now=self.now) if written else None
        if date is None:
            self.provenance.pop("datePublished", None)
        return date

    def _account(self) -> Account | None:
        for part in self.dump.parts:
            if part.account is not None:
                for field, value in (
                    ("name", part.account.name),
                    ("description", part.account.description),
                    ("articleCount", part.account.article_count),
                    ("followerCount", part.account.follower_count),
                ):
                    if value is not None:
                        self.provenance[f"account.{field}"] = Provenance(f"phrases.{part.rule}", self._text(part))
                return part.account
        return None

    def _chrome(self) -> Iterator[ChromeEntry]:
        for part in self.dump.parts:
            if part.role is not None:
                rule = part.rule if part.role is Role.UNKNOWN else f"phrases.{part.rule}"
                yield ChromeEntry(
                    role=part.role, text=self._text(part), heading=part.heading, items=part.items, rule=rule
                )

    def _coverage(self, text: str) -> Coverage:
        sums = {"article": sum(size(self.dump.lines[at].text) for at in self.dump.body), "chrome": 0, "unknown": 0}
        for part in self.dump.parts:
            where = "article" if part.role is None else "unknown" if part.role is Role.UNKNOWN else "chrome"
            sums[where] += size(self._text(part))
        return Coverage(total=size(text), **sums)

    def _flags(self, body: str, date: ParsedDate | None) -> Iterator[Flag]:
        if self.dump.doubtful:
            yield Flag.LAYOUT_FALLBACK
        if size(body) < SHORT_BODY:
            yield Flag.BODY_SHORT
        if date is not None and date.relative:
            yield Flag.RELATIVE_DATE
        if date is not None and date.precision == "day":
            yield Flag.DATE_PRECISION_LOW


def _names(value: str | None) -> list[str]:
    """Return the names in a byline, separated by commas (Chinese or not) or white space."""
    return "".join(" " if plain(char) == "," else char for char in value or "").split()


def _steps(value: str | None) -> list[str]:
    parts = "".join(">" if plain(char) == ">" else char for char in value or "").split(">")
    return [step for part in parts if (step := part.strip())]
