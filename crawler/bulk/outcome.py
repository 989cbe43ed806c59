"""The outcome of one page: a record, a refusal, or a page that is only counted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from ..errors import Failure, PageRefused, PortalsieveError, Quarantined
from ..extract import OK, content_type, extract
from ..page.urls import host
from ..profiles.load import Profiles
from ..profiles.match import profile_for, read_url
from ..records.model import Record
from ..records.quarantine import QuarantineEntry
from ..records.runs import too_many_failed
from ..records.scalars import rfc3339
from ..warc.reader import ArchivedResponse

REDIRECTS = range(300, 400)
LOST = frozenset({Failure.ARCHIVE_DAMAGED, Failure.CRASHED})
"""Failures that are not the page's fault: a part of the input is missing from the output."""


class Kind(StrEnum):
    """How a page is counted; `SKIPPED` is not counted."""

    RECORD = "record"
    REFUSED = "refused"
    LIST = "list"
    REDIRECT = "redirect"
    OTHER = "other"
    UNKNOWN_SITE = "unknown_site"
    SKIPPED = "skipped"
    GENERAL = "general"
    UNREAD = "unread"


class Reading(StrEnum):
    """Which pages the general reading is used for: none, those of sites without a profile, or all."""

    PROFILES = "profiles"
    REST = "rest"
    GENERAL = "general"


class Outcome(msgspec.Struct, frozen=True):
    """The outcome of a page: a `record`, or an `entry` for the quarantine; `host` for a site without a profile."""

    kind: Kind
    record: Record | None = None
    entry: QuarantineEntry | None = None
    host: str = ""


class Tally(msgspec.Struct, kw_only=True, rename="camel"):
    """Counts of outcomes; `refused` by failure, `hosts` of sites without a profile.

    `general` counts records of the general reading, `unread` the pages that it refused, which are not failures.
    """

    records: int = 0
    refused: dict[Failure, int] = {}
    lists: int = 0
    redirects: int = 0
    others: int = 0
    hosts: dict[str, int] = {}
    general: int = 0
    unread: dict[Failure, int] = {}

    def count(self, outcome: Outcome) -> None:
        """Count one outcome."""
        match outcome.kind:
            case Kind.RECORD:
                self.records += 1
            case Kind.REFUSED if outcome.entry is not None:
                self.refused[outcome.entry.failure] = self.refused.get(outcome.entry.failure, 0) + 1
            case Kind.LIST:
                self.lists += 1
            case Kind.REDIRECT:
                self.redirects += 1
            case Kind.OTHER:
                self.others += 1
            case Kind.GENERAL:
                self.general += 1
            case Kind.UNREAD if outcome.entry is not None:
                self.unread[outcome.entry.failure] = self.unread.get(outcome.entry.failure, 0) + 1
            case Kind.UNKNOWN_SITE:
                self.hosts[outcome.host] = self.hosts.get(outcome.host, 0) + 1

    def add(self, other: Tally) -> None:
        """Add the counts of `other`."""
        self.records += other.records
        self.lists += other.lists
        self.redirects += other.redirects
        self.others += other.others
        self.general += other.general
        for failure, count in other.unread.items():
            self.unread[failure] = self.unread.get(failure, 0) + count
        for failure, count in other.refused.items():
            self.refused[failure] = self.refused.get(failure, 0) + count
        for name, count in other.hosts.items():
            self.hosts[name] = self.hosts.get(name, 0) + count

    @property
    def pages(self) -> int:
        """The number of pages, including damaged ones."""
        unknown = sum(self.hosts.values()) + self.general + sum(self.unread.values())
        return self.records + sum(self.refused.values()) + self.lists + self.redirects + self.others + unknown

    @property
    def lost(self) -> int:
        """How many pages or records are missing from the output through no fault of theirs."""
        return sum(self.refused.get(failure, 0) for failure in LOST)

    @property
    def failed(self) -> bool:
        """Whether something was lost, or there is no record although there were pages that could have one."""
        return bool(self.lost) or (not self.records and bool(self.refused))

    def too_many_failed(self, max_failed: float) -> str | None:
        """Return an error message if more than `max_failed` percent of the known sites' pages have no record."""
        refused = sum(self.refused.values())
        return too_many_failed(refused, self.records + refused, max_failed)

    def rows(self) -> list[tuple[str, str]]:
        """Return the counts that are not zero, as (label, text)."""
        refused = ", ".join(f"{failure} {count}" for failure, count in _most(self.refused))
        hosts = ", ".join(f"{name} {count}" for name, count in _most(self.hosts)[:3])
        more = ", …" if len(self.hosts) > 3 else ""
        unread = ", ".join(f"{failure} {count}" for failure, count in _most(self.unread))
        rows = [
            ("records", str(self.records)),
            ("quarantined", str(sum(self.refused.values())) + (f" ({refused})" if refused else "")),
            ("lists", str(self.lists or "")),
            ("redirects", str(self.redirects or "")),
            ("other files of known sites", str(self.others or "")),
            ("records without a profile", str(self.general or "")),
            (
                "pages without a profile and without a record",
                f"{sum(self.unread.values())} ({unread})" * bool(unread),
            ),
            ("pages of sites without a profile", f"{sum(self.hosts.values())} ({hosts}{more})" if hosts else ""),
        ]
        return [(label, text) for label, text in rows if text]


def page_outcome(
    body: bytes,
    url: str,
    profiles: Profiles,
    *,
    headers: Mapping[str, str] | None = None,
    fetched_at: datetime | None = None,
    status: int = OK,
    reading: Reading = Reading.PROFILES,
) -> Outcome:
    """Extract a page, if it is a page of a known site that can have a record, or one for the general reading."""
    profile = profile_for(url, profiles.values()) if reading is not Reading.GENERAL else None
    if profile is None:
        if reading is Reading.PROFILES or (reading is Reading.REST and profiles.refusal_of(url) is not None):
            return unknown_site(url, profiles)
        return general_outcome(body, url, headers=headers, fetched_at=fetched_at, status=status)
    if read_url(url, profile).kind == "list":
        return Outcome(Kind.LIST)
    try:
        record = extract(body, url, headers=headers, fetched_at=fetched_at, status=status, profiles=(profile,))
    except (PageRefused, Quarantined) as error:
        return refusal(error, url, profile.site.site, body=body, fetched_at=fetched_at, status=status)
    return Outcome(Kind.RECORD, record=record)


def general_outcome(
    body: bytes,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    fetched_at: datetime | None = None,
    status: int = OK,
) -> Outcome:
    """Extract a page without a profile."""
    try:
        record = extract(body, url, headers=headers, fetched_at=fetched_at, status=status, profiles=(), general=True)
    except (PageRefused, Quarantined) as error:
        refused = refusal(error, url, "", body=body, fetched_at=fetched_at, status=status)
        return Outcome(Kind.UNREAD, entry=refused.entry)
    return Outcome(Kind.GENERAL, record=record)


def archived_outcome(response: ArchivedResponse, profiles: Profiles, reading: Reading = Reading.PROFILES) -> Outcome:
    """Extract an archived page. Damaged pages are refused.

    Pages of unknown sites are only counted, or read by the general reading if they are HTML with status 200.
    """
    url = response.url or ""
    profile = profile_for(url, profiles.values()) if reading is not Reading.GENERAL else None
    site = profile.site.site if profile is not None else ""
    if response.problem is not None:
        if profile is None and response.problem.failure is not Failure.ARCHIVE_DAMAGED:
            return Outcome(Kind.SKIPPED)
        error = Quarantined(response.problem.failure, response.problem.message)
        return refusal(error, response.url, site)
    if profile is None:
        is_page = response.status in {None, OK} and "html" in (content_type(response.headers) or "").lower()
        if not is_page or not url:
            return unknown_site(url, profiles)
        return page_outcome(
            response.body, url, profiles, headers=response.headers, fetched_at=response.date, reading=reading
        )
    kind = read_url(url, profile).kind
    if kind == "ignore" or (kind is None and "html" not in (content_type(response.headers) or "").lower()):
        return Outcome(Kind.OTHER)
    status = response.status or OK
    if status in REDIRECTS:
        return Outcome(Kind.REDIRECT)
    return page_outcome(response.body, url, profiles, headers=response.headers, fetched_at=response.date, status=status)


def refusal(
    error: PortalsieveError,
    url: str | None,
    site: str,
    *,
    body: bytes | None = None,
    fetched_at: datetime | None = None,
    status: int | None = None,
) -> Outcome:
    """Return the outcome of a refused page, with its quarantine entry."""
    entry = QuarantineEntry.from_error(
        error,
        url=url,
        site=site,
        sha256=hashlib.sha256(body).hexdigest() if body is not None else None,
        fetched_at=rfc3339(fetched_at) if fetched_at else None,
        status=status,
    )
    return Outcome(Kind.REFUSED, entry=entry)


def unknown_site(url: str, profiles: Profiles) -> Outcome:
    """Return the outcome of a page of a site without a profile, or with an invalid one."""
    error = profiles.refusal_of(url)
    if error is not None:
        return refusal(error, url, "")
    return Outcome(Kind.UNKNOWN_SITE, host=host(url) or "?")


def nothing_but_refused_sites(tally: Tally, profiles: Profiles) -> bool:
    """Return whether there is no record although pages may belong to a site whose profile is invalid."""
    return not tally.records and bool(profiles.refused and tally.hosts)


def _most(counts: Mapping[Any, int]) -> list[tuple[Any, int]]:
    return sorted(counts.items(), key=lambda item: -item[1])
