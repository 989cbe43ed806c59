"""Which pages a crawl covers, from its spider arguments (`-a NAME=VALUE`)."""

from __future__ import annotations

import difflib
import hashlib
import re
import sys
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from ..page import urls
from ..profiles.load import Profile, Profiles
from ..profiles.match import profile_for, read_url
from ..warc.reader import NotAnArchive, archive_files
from .lists import ListPage

ARGUMENTS = {
    "url": "only this article",
    "urls_file": "the URLs in a file, one per line; `-` reads standard input",
    "channel": "only the lists of this channel",
    "media": "only the page of this account (网易号)",
    "since": "only articles published on or after this date (YYYY-MM-DD)",
    "limit": "at most N records",
    "archive": "read pages from a WARC archive (or a folder of archives) instead of the network",
}

GENERAL = ("url", "urls_file", "since", "limit")
"""The arguments of a crawl without a profile."""

_SCOPE = 2000
_MEDIA = re.compile(r"[A-Za-z0-9_-]{1,64}")


class BadArgument(ValueError):  # noqa: N818 - states what is wrong
    """A spider argument is unknown or its value cannot be used. The message names it and says what is valid."""


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """The pages to crawl: single pages, lists, or (`everything`) all pages of the site in the archive.

    `whole_site`: no argument narrows the crawl, so it includes articles that are due for a revisit.
    """

    urls: tuple[str, ...] = ()
    lists: tuple[ListPage, ...] = ()
    since: date | None = None
    limit: int | None = None
    archive: Path | None = None
    whole_site: bool = False

    @property
    def everything(self) -> bool:
        """Whether each archived page of the site is a start."""
        return self.archive is not None and not self.urls and not self.lists

    @property
    def scope(self) -> str:
        """The selection as text: a crawl resumes an unfinished one with the same scope.

        The whole site is one scope whatever lists its profile has, so that the profile may be fixed in between.
        """
        if self.whole_site:
            return "whole site"
        asked = [self.urls, [page.url for page in self.lists], self.since, self.limit]
        text = msgspec.json.encode(asked).decode()
        return text if len(text) <= _SCOPE else f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    @classmethod
    def of(cls, profile: Profile, arguments: Mapping[str, Any]) -> Selection:
        """Parse the spider arguments of a crawl of this site; raises BadArgument."""
        given = _given(arguments)
        pages = [_url(url, profile, place) for place, url in _asked(given)]
        lists: list[ListPage] = []
        if "channel" in given:
            lists += _channel(given["channel"], profile)
        if "media" in given:
            lists += _media(given["media"], profile)
        if not pages and not lists and "archive" not in given:
            lists += [ListPage(source) for source in profile.site.lists if not source.media]
            if not lists:
                raise BadArgument(
                    f"the profile of {profile.site.site} has no lists; name the pages to crawl: {_known()}"
                )
        return cls(
            urls=tuple(dict.fromkeys(pages)),
            lists=tuple(lists),
            since=_since(given["since"]) if "since" in given else None,
            limit=_limit(given["limit"]) if "limit" in given else None,
            archive=_archive(given["archive"]) if "archive" in given else None,
            whole_site=not given,
        )

    @classmethod
    def of_pages(cls, arguments: Mapping[str, Any], profiles: Profiles) -> Selection:
        """Parse the arguments of a crawl without a profile; raises BadArgument, also for a page of a site with one."""
        given = _given(arguments, GENERAL)
        pages = [_unprofiled(url, profiles, place) for place, url in _asked(given)]
        if not pages:
            raise BadArgument(f"a crawl without a profile needs its pages: {_known(GENERAL[:2])}")
        return cls(
            urls=tuple(dict.fromkeys(pages)),
            since=_since(given["since"]) if "since" in given else None,
            limit=_limit(given["limit"]) if "limit" in given else None,
        )


def _known(names: Collection[str] = ARGUMENTS) -> str:
    return "; ".join(f"-a {name}= {what}" for name, what in ARGUMENTS.items() if name in names)


def _given(arguments: Mapping[str, Any], names: Collection[str] = ARGUMENTS) -> dict[str, str]:
    """Return the arguments as text; raises BadArgument for an unknown or an empty one."""
    for name in arguments:
        if name not in names:
            near = difflib.get_close_matches(name, names, 1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise BadArgument(f"unknown spider argument -a {name}{hint}. Valid arguments: {_known(names)}")
    given = {name: str(value).strip() for name, value in arguments.items()}
    for name, value in given.items():
        if not value:
            raise BadArgument(f"-a {name}= is empty: {ARGUMENTS[name]}")
    return given


def _asked(given: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the URLs that were asked for, each with the place where it stands."""
    pages = [("-a url", given["url"])] if "url" in given else []
    return pages + (_urls_file(given["urls_file"]) if "urls_file" in given else [])


def _unprofiled(url: str, profiles: Profiles, place: str) -> str:
    if urls.absolute("", url) is None:
        raise BadArgument(f"{place}: {url!r} is not an http(s) URL")
    profile = profile_for(url, profiles.values())
    if profile is None and (refusal := profiles.refusal_of(url)) is not None:
        raise BadArgument(f"{place}: {refusal}")
    if profile is not None:
        site = profile.site.site
        raise BadArgument(f"{place}: {url} is a page of {site}, which has a profile; use `scrapy crawl {site}`")
    return url


def _url(url: str, profile: Profile, place: str) -> str:
    site = profile.site
    if urls.absolute("", url) is None:
        raise BadArgument(f"{place}: {url!r} is not an http(s) URL")
    if profile_for(url, [profile]) is None:
        hosts = ", ".join(site.hosts)
        raise BadArgument(
            f"{place}: {url} is not a page of {site.site} (hosts: {hosts}); `scrapy list` shows the sites"
        )
    if read_url(url, profile).kind == "ignore":
        raise BadArgument(f"{place}: the profile of {site.site} ignores {url}")
    return url


def _urls_file(name: str) -> list[tuple[str, str]]:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else f"not UTF-8 ({error})"
        raise BadArgument(f"-a urls_file={name}: cannot read the file: {why}") from None
    source = "standard input" if name == "-" else name
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    found = [(f"{source}:{number}", line) for number, line in lines if line and not line.startswith("#")]
    if not found:
        raise BadArgument(f"-a urls_file={name}: the file has no URLs; write one per line")
    return found


def _channel(name: str, profile: Profile) -> list[ListPage]:
    lists = [source for source in profile.site.lists if source.channel and not source.media]
    found = [ListPage(source) for source in lists if source.channel == name]
    if not found:
        known = ", ".join(dict.fromkeys(str(source.channel) for source in lists)) or "none"
        raise BadArgument(f"-a channel={name}: {profile.site.site} has no such channel; its channels: {known}")
    return found


def _media(ident: str, profile: Profile) -> list[ListPage]:
    if not _MEDIA.fullmatch(ident):
        raise BadArgument(f"-a media={ident}: not an account id; use 1 to 64 letters, digits, - or _")
    found = [ListPage(source, 0, ident) for source in profile.site.lists if source.media]
    if not found:
        raise BadArgument(f"-a media={ident}: the profile of {profile.site.site} has no list with media = true")
    return found


def _since(value: str) -> date:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise BadArgument(f"-a since={value}: not a date; use YYYY-MM-DD")


def _limit(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 10**9):
        raise BadArgument(f"-a limit={value}: not a number of records; use 1 or more")
    return int(value)


def _archive(value: str) -> Path:
    path = Path(value)
    try:
        archive_files(path)
    except (NotAnArchive, OSError) as error:
        raise BadArgument(f"-a archive={value}: {error}") from None
    return path
