"""List pages: their URLs, from the profile's templates, and the links to articles on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

import msgspec
from parsel import Selector

from ..errors import Failure, PageRefused
from ..page import charset, embedded, limits, urls
from ..profiles.load import Profile
from ..profiles.match import article_id, profile_for, read_url
from ..profiles.model import ListSource
from ..sieve.dates import parse_date

ARTICLES = frozenset({"article", "gallery", "video"})
"""The kinds of URL forms whose pages yield records."""


_DAYS = ("pubDate", "published", "date", "updated")
_HALF = re.compile(r"&#(?:x0*d[89a-f][0-9a-f]{2}|0*5[5-7][0-9]{3});", re.IGNORECASE)
"""References to halves of characters, and a few rare ones more, which libxml2 keeps and lxml cannot decode."""
_FEED = re.compile(r"<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)
MAX_LINKS = 20_000
"""Maximum number of links on one list page. Portals' lists have up to a thousand."""


class ListUnreadable(ValueError):  # noqa: N818 - states what happened
    """The profile's rule finds nothing on a list page. The message names the rule and what was found instead."""


class Link(msgspec.Struct, frozen=True):
    """A link to an article: its URL, the article's id (`<site>:<id>`), and the date next to it in the list, if any."""

    url: str
    key: str
    day: date | None = None


class ListPage(msgspec.Struct, frozen=True):
    """One page of a list: `page` counts from 0, `media` is the account's id if the list belongs to an account."""

    source: ListSource
    page: int = 0
    media: str | None = None

    @property
    def url(self) -> str:
        """The page's URL."""
        source = self.source
        template = source.first_url if self.page == 0 and source.first_url else source.url
        number = source.first_page + self.page
        filled = template.replace("{page2}", f"{number:02d}").replace("{page}", str(number))
        return filled.replace("{offset}", str(self.page * source.page_size)).replace("{media}", self.media or "")

    @property
    def following(self) -> ListPage | None:
        """The next page, or None after the last one that the profile allows."""
        if self.page + 1 >= self.source.pages:
            return None
        return ListPage(self.source, self.page + 1, self.media)


def page_of(url: str, profile: Profile) -> ListPage | None:
    """Return the page of the profile's lists with this URL (http and https are equivalent), or None."""
    plain = url.partition("#")[0].partition("://")[2]
    for source in profile.site.lists:
        match = _template(source.first_url).fullmatch(plain) if source.first_url else None
        if match is not None:
            return ListPage(source, 0, match.groupdict().get("media"))
        match = _template(source.url).fullmatch(plain)
        if match is not None:
            found = match.groupdict()
            number = found.get("page") or found.get("page2")
            page = int(number) - source.first_page if number else int(found.get("offset") or 0) // source.page_size
            return ListPage(source, max(page, 0), found.get("media"))
    return None


@lru_cache(maxsize=512)
def _template(url: str) -> re.Pattern[str]:
    """Return a pattern for the URLs of a template without the scheme. It cannot backtrack, so it is linear."""
    pattern = re.escape(url.partition("://")[2])
    for name in ("page2", "page", "offset"):
        pattern = pattern.replace(re.escape(f"{{{name}}}"), rf"(?P<{name}>[0-9]{{1,6}})", 1)
    return re.compile(pattern.replace(re.escape("{media}"), r"(?P<media>[A-Za-z0-9_-]{1,64})", 1))


def read_list(
    body: bytes,
    url: str,
    content_type: str | None,
    page: ListPage | None,
    profile: Profile,
    *,
    now: datetime | None = None,
) -> list[Link]:
    """Return the links to articles of this site in the list's order, each article once.

    Without a `page` of the profile's lists every link counts, in HTML and in JSON. Raises ListUnreadable if the
    profile's rule does not find a list, PageRefused for bytes over a limit of the parser.
    """
    source = page.source if page is not None else None
    text = charset.decode(body, content_type)[0]
    found: Iterator[tuple[str, date | None]]
    if source is not None and source.format == "feed":
        limits.check(body)
        found = _feed(text, url, profile)
    elif source is not None and source.format != "html":
        found = _json(text, source, profile, now)
    elif source is None and (data := _data(text)) is not None:
        found = ((href, None) for href in _strings(data) if href.startswith(("http://", "https://", "//")))
    else:
        limits.check(body)
        found = _html(text, url, source)
    links: dict[str, Link] = {}
    for number, (href, day) in enumerate(found):
        if number >= MAX_LINKS:
            raise PageRefused(Failure.TOO_COSTLY, f"{url}: more than {MAX_LINKS} links on one list page")
        target = urls.absolute(url, href)
        if target is None or profile_for(target, [profile]) is None:
            continue
        reading = read_url(target, profile)
        if reading.kind in ARTICLES:
            key = article_id(reading, profile.site.site)
            links.setdefault(key, Link(urls.strip_tracking(target, profile.tracking), key, day))
    return list(links.values())


def list_links(body: bytes, url: str, content_type: str | None, profile: Profile) -> list[str]:
    """Return the URLs of the profile's lists that a page links to, each once, in its order.

    A page over a limit of the parser yields an empty list.
    """
    try:
        limits.check(body)
    except PageRefused:
        return []
    found: dict[str, None] = {}
    for href in Selector(charset.decode(body, content_type)[0], type="html").css("a::attr(href)").getall():
        target = urls.absolute(url, href)
        if target is not None and profile_for(target, [profile]) and read_url(target, profile).kind == "list":
            found[urls.strip_tracking(target, profile.tracking)] = None
    return list(found)


def _html(text: str, url: str, source: ListSource | None) -> Iterator[tuple[str, date | None]]:
    css = source.css if source is not None and source.css else "a[href]"
    elements = Selector(text, type="html").css(css)
    if not elements and source is not None:
        raise ListUnreadable(f"{url}: lists.css {css!r} finds nothing; the list page has changed or is not a list")
    for element in elements:
        for href in element.xpath("descendant-or-self::a/@href").getall():
            yield href, None


def _feed(text: str, url: str, profile: Profile) -> Iterator[tuple[str, date | None]]:
    """Yield the links of an RSS or Atom feed; entities that the feed defines are not resolved."""
    entries = Selector(_HALF.sub("\ufffd", text), type="xml").xpath(
        "//*[local-name() = 'item' or local-name() = 'entry']"
    )
    if not entries and _FEED.search(text) is None:
        raise ListUnreadable(f"{url}: neither RSS nor Atom; the feed has moved or is not a feed")
    for entry in entries:
        links = entry.xpath(
            "*[local-name() = 'link'][not(@rel) or @rel = 'alternate']/@href | *[local-name() = 'link']/text()"
            " | *[local-name() = 'guid'][not(@isPermaLink = 'false')]/text()"
        ).getall()
        href = next((link.strip() for link in links if link.strip()), None)
        stated = [text for name in _DAYS for text in entry.xpath(f"*[local-name() = '{name}']/text()").getall()]
        if href is not None:
            yield href, next((day for value in stated if (day := _feed_day(value, profile)) is not None), None)


def _feed_day(value: str, profile: Profile) -> date | None:
    """Return the day of a time as in RSS (RFC 822) or Atom, in the site's time zone."""
    try:
        when = parsedate_to_datetime(value.strip())
        return when.astimezone(profile.timezone).date() if when.tzinfo is not None else when.date()
    except (ValueError, OverflowError):
        return _day(value, profile, None)


def _json(text: str, source: ListSource, profile: Profile, now: datetime | None) -> Iterator[tuple[str, date | None]]:
    try:
        data = embedded.jsonp(text)
    except ValueError as error:
        raise ListUnreadable(f"{source.url}: not valid {source.format}: {error}") from None
    items = embedded.query(data, source.items) if source.items else data
    if not isinstance(items, list):
        raise ListUnreadable(
            f"{source.url}: lists.items {source.items or '@'!r} finds {type(items).__name__} instead of a list of items"
        )
    if len(items) > MAX_LINKS:
        raise PageRefused(Failure.TOO_COSTLY, f"{source.url}: more than {MAX_LINKS} items in one list")
    for item in items:
        href = embedded.query(item, source.link)
        if isinstance(href, str) and not (source.skip and _is_true(embedded.query(item, source.skip))):
            yield href, _day(embedded.query(item, source.date), profile, now) if source.date else None


def _data(text: str) -> object:
    """Return the data of a text in JSON or JSONP, or None for any other text."""
    if text.lstrip()[:1] in {"<", ""}:
        return None
    try:
        return embedded.jsonp(text)
    except ValueError:
        return None


def _strings(data: object) -> Iterator[str]:
    """Yield the strings in `data` in order. Not recursive, so nesting may be of any depth."""
    path = [iter([data])]
    while path:
        for value in path[-1]:
            if isinstance(value, str):
                yield value
            elif isinstance(value, (list, dict)):
                path.append(iter(value if isinstance(value, list) else value.values()))
                break
        else:
            path.pop()


def _is_true(value: Any) -> bool:
    """Return whether JMESPath treats a value as true; 0 is true there."""
    return value is not None and value is not False and value not in ("", [], {})


def _day(value: Any, profile: Profile, now: datetime | None) -> date | None:
    parsed = parse_date(str(value), tz=profile.timezone, now=now) if isinstance(value, (str, int)) else None
    return date.fromisoformat(parsed.iso[:10]) if parsed is not None else None
