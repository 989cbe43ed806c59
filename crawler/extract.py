"""The library's entry point: bytes and URL in, record out. Uses no Scrapy, event loop, network or clock."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import msgspec

from .errors import Failure, ProfileInvalid, Quarantined
from .heuristics.general import General, pager_of, read_page
from .page import charset
from .page.dom import Page
from .page.urls import MAX_URL
from .profiles.load import Profile, Profiles, load_profiles
from .profiles.match import profile_for
from .profiles.places import SHIPPED, Given, Places, look_up, site_folders
from .records.model import CharsetEvidence, CharsetSource, Fetch, Flag, Record
from .records.scalars import rfc3339
from .records.validate import validate
from .sieve.record import PartitionedPage, partition_page, sieve

PROFILES = SHIPPED
"""The profiles that ship with the project: in the package when it is installed, next to it in a checkout."""

OK = 200

_NO_PROFILE = (
    "no profile for this host; `scrapy newsite` drafts one, PORTALSIEVE_PROFILES names folders of profiles of your own"
)

Chosen = Iterable[Profile | str | os.PathLike[str]] | str | os.PathLike[str]
"""Profiles: folders of one's own, alone or in order, or profiles that were loaded already."""
Headers = Mapping[Any, Any]
"""Headers of a response, as httpx and requests have them, or as Scrapy has them: bytes, with a list of values."""


def profiles_in(folder: Path | Sequence[Path] = PROFILES) -> Profiles:
    """Return the profiles of `folder` by site (cached); invalid ones are in its `refused`.

    Of several folders the first that has a site counts. Raises `ProfileInvalid` if no folder contains a site.
    """
    return _profiles_in((folder,) if isinstance(folder, Path) else tuple(folder))


@lru_cache(maxsize=16)
def _profiles_in(folders: tuple[Path, ...]) -> Profiles:
    return load_profiles(folders)


def profiles_of(own: Given | None = None) -> Profiles:
    """Return the profiles in `own` folders, those of installed distributions and the shipped ones, in this order.

    None: the folders in the environment variable PORTALSIEVE_PROFILES. PORTALSIEVE_SHIPPED_PROFILES=0 in the
    environment leaves the installed and the shipped ones out. Raises `ProfileInvalid` for a folder without a site, or
    if there is no profile at all.
    """
    return _profiles_at(look_up(own))


@lru_cache(maxsize=16)
def _profiles_at(places: Places) -> Profiles:
    for folder in places.own:
        if not site_folders(folder):
            raise ProfileInvalid(
                "no */profile.toml here: use the folder that contains the site folders", file=str(folder)
            )
    return _profiles_in(places.all)


def extract(
    body: bytes,
    url: str,
    *,
    headers: Headers | None = None,
    fetched_at: datetime | None = None,
    status: int = OK,
    rendered: bool = False,
    profiles: Chosen | None = None,
    general: bool = False,
) -> Record:
    """Extract one page and return its validated record.

    `body` is the response as received (content encoding decoded), `url` its URL, `headers` its headers (only
    Content-Type is used; as Scrapy, httpx or requests have them), `fetched_at` the aware time that 昨天 and 3小时前 are
    relative to; without it such dates are ignored. The same arguments yield the same record, byte for byte.

    `profiles` is a folder of profiles of your own, or several in order; they count before the installed ones. Profiles
    that were loaded already (`portalsieve.profiles.load.load_profiles`) are used alone. The default is the environment
    variable PORTALSIEVE_PROFILES; PORTALSIEVE_SHIPPED_PROFILES=0 leaves the installed ones out.

    With `general`, a page of a site that is not in `profiles` is read by the general reading: its record has the flag
    `general` and a confidence in `extraction`. A page of a site with a profile is never read that way, even if its
    profile refuses it. `profiles=[]` reads every page that way.

    Raises `PageRefused` (empty, not HTML, over a limit) or `Quarantined` (no profile, layout not recognised, not an
    article, a required field missing, invalid record); `ProfileInvalid` if the profile of the page's site is invalid;
    TypeError if `body` is not bytes, ValueError if `fetched_at` has no time zone.
    """
    return extract_parted(
        body, url, headers=headers, fetched_at=fetched_at, status=status, rendered=rendered, profiles=profiles,
        general=general,
    )  # fmt: skip


def extract_parted(
    body: bytes,
    url: str,
    parted: Callable[[PartitionedPage], None] | None = None,
    *,
    headers: Headers | None = None,
    fetched_at: datetime | None = None,
    status: int = OK,
    rendered: bool = False,
    profiles: Chosen | None = None,
    general: bool = False,
) -> Record:
    """Like `extract`; also call `parted` with the partition of a page that a profile reads, before it is returned."""
    given: object = body
    if not isinstance(given, bytes | bytearray):
        raise TypeError(
            f"extract(body): expected bytes as received, got {type(given).__name__}: use response.content,"
            " Path(…).read_bytes(), or text.encode() if only the text is available"
        )
    if len(url) > MAX_URL:
        raise Quarantined(Failure.BAD_URL, f"{url[:80]}…: a URL of {len(url)} characters, limit {MAX_URL}")
    if status != OK:
        raise Quarantined(Failure.HTTP_STATUS, f"{url}: the response has status {status}")
    profile = site_of(url, profiles)
    if isinstance(profile, General):
        profile, general = None, True
    if profile is None and not general:
        raise Quarantined(Failure.UNKNOWN_SITE, f"{url}: {_NO_PROFILE}, `general=True` reads the page without one")
    if profile is None and not _is_http(url):
        raise Quarantined(Failure.BAD_URL, f"{url}: not an http or https URL")
    page = Page.from_bytes(body, url, content_type(headers))
    evidence = page.evidence
    if evidence is not None and evidence.doubtful:
        raise Quarantined(
            Failure.ENCODING_DOUBT,
            f"{url}: decoded as {evidence.name} (by {evidence.chosen_by}) with {evidence.replaced} invalid characters;"
            " the bytes are in another charset or damaged",
        )
    whole = complete(page.text)
    if profile is not None and not whole and not any(layout.unclosed for layout in profile.layouts.values()):
        raise _cut(url)
    fetch = Fetch(
        fetched_at=rfc3339(fetched_at) if fetched_at else None,
        status=status,
        rendered=rendered,
        charset=charset_evidence(evidence) if evidence else None,
        sha256=hashlib.sha256(body).hexdigest(),
    )
    try:
        apart = partition_page(page, profile) if profile is not None else None
        if profile is None or apart is None:
            record = read_page(page, fetch, fetched_at)
        else:
            record = sieve(page, profile, apart, fetch, fetched_at)
    except Quarantined:
        if whole:
            raise
        raise _cut(url) from None
    if not whole:
        if profile is not None and not profile.layouts[record.layout.id].unclosed:
            raise _cut(url)
        record = msgspec.structs.replace(record, flags=tuple(sorted({*record.flags, Flag.TRUNCATED})))
    validate(record)
    if parted is not None and apart is not None:
        parted(apart)
    return record


def other_pages(
    body: bytes,
    url: str,
    *,
    headers: Headers | None = None,
    profiles: Chosen | None = None,
) -> dict[int, str]:
    """Return the URLs of the article's other pages by page number (from 1); {} for a single page.

    For callers that follow them if a record has the flag `pages_missing`; `crawler.sieve.joined.join` joins the pages'
    records. Arguments and errors as for `extract`.
    """
    profile = site_of(url, profiles)
    if profile is None:
        raise Quarantined(Failure.UNKNOWN_SITE, f"{url}: {_NO_PROFILE}")
    page = Page.from_bytes(body, url, content_type(headers))
    pager = pager_of(page) if isinstance(profile, General) else partition_page(page, profile).pager
    return {number: at for number, at in pager.urls.items() if number != pager.number} if pager is not None else {}


def site_of(url: str, profiles: Chosen | None = None) -> Profile | None:
    """Return the profile that the URL's host belongs to, or None; raises `ProfileInvalid`.

    `profiles` as for `extract`.
    """
    given = _loaded(profiles)
    if not isinstance(given, Profiles):
        return profile_for(url, given)
    profile = profile_for(url, given.values())
    if profile is None and (refusal := given.refusal_of(url)) is not None:
        raise refusal
    return profile


def _loaded(profiles: Chosen | None) -> Iterable[Profile] | Profiles:
    """Return loaded profiles as they are, and those of folders with the installed ones."""
    if profiles is None or isinstance(profiles, str | os.PathLike):
        return profiles_of(profiles)
    if isinstance(profiles, Profiles):
        return profiles
    if not isinstance(profiles, list | tuple):  # an iterator is read once; profiles have no other form than these
        return cast("Iterable[Profile]", profiles)
    folders = [each for each in profiles if isinstance(each, str | os.PathLike)]
    if folders and len(folders) < len(profiles):
        raise TypeError("extract(profiles): give folders or loaded profiles, not both")
    return profiles_of(folders) if folders else cast("Iterable[Profile]", profiles)


def content_type(headers: Headers | None) -> str | None:
    """Return the Content-Type in `headers`; names are case-insensitive."""
    for name, value in (headers or {}).items():
        if _text(name).lower() == "content-type":
            values = value if isinstance(value, list | tuple) else [value]
            return _text(values[0]) if values else None
    return None


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def complete(text: str) -> bool:
    """Return whether the document's source has its closing tags; a truncated page does not."""
    if text.rfind("</html") >= 0 or text.rfind("</body") >= 0:
        return True
    tail = text[-4096:].lower()
    return "</html" in tail or "</body" in tail


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # http://[::1
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _cut(url: str) -> Quarantined:
    return Quarantined(Failure.TRUNCATED, f"{url}: the page ends before </body>; fetch it again")


def charset_evidence(evidence: charset.Evidence) -> CharsetEvidence:
    """Return the evidence of a charset as it is in records."""
    return CharsetEvidence(
        name=evidence.name,
        chosen_by=CharsetSource(evidence.chosen_by),
        bom=evidence.bom,
        header=evidence.header,
        meta=evidence.meta,
        replaced=evidence.replaced,
    )
