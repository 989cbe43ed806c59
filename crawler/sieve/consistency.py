"""Contradictions inside one page: values that the page itself states otherwise, and values of an odd shape.

They are what is left of a change of the layout when all rules still find something: a badge in the headline, the update
before the publication, a byline merged into the source, a placeholder in place of every picture. Each check is silent
unless the page is at odds with itself, because a right record with a doubt is a false alarm.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, tzinfo
from itertools import pairwise
from typing import Final

from selectolax.lexbor import LexborNode

from ..page.dom import Page
from ..page.text import squeeze
from ..records.model import Flag, Image, Record, Role
from .dates import ParsedDate, parse_date
from .incomplete import continued
from .promos import is_wall
from .scripted import scripted_rest

Values = tuple[str, ...]

_SHORTEST_TITLE: Final = 5
"""Minimum characters of a title's part that is compared: a shorter one names a section."""
_LONGEST_BADGE: Final = 6
"""Maximum characters that a badge adds to a headline."""
_UNLIKE: Final = 0.15
"""Maximum share of common pairs of characters of two headlines of different articles."""
_TITLE_PARTS = re.compile(r"[_|｜—–]+|\s-+\s|-{2,}|-(?=[^-]{1,12}\Z)")
_MOST_DATES: Final = 6
_NEAR: Final = 2
"""Days between a date of publication and the date in the URL: an article may be moved or scheduled."""
_URL_DAY = re.compile(r"(?<!\d)(20\d\d|19[89]\d)[-/_]?(0[1-9]|1[0-2])[-/_]?(0[1-9]|[12]\d|3[01])(?=[/_t])")
_DAY = re.compile(r"(20\d\d)[-/.年](1[0-2]|0?[1-9])[-/.月](3[01]|[12]\d|0?[1-9])")
_TWO_NAMES = re.compile(r"[\u4e00-\u9fff]\s+(?:[\u4e00-\u9fff]|\d+\D?)")
_LONGEST_SOURCE: Final = 24
_ODD_SOURCE = re.compile(
    r"[:：|｜丨]|(?:19|20)\d\d[-年/.]\d|\d{5}|[。！？]|(?:作者|记者|编辑|责编|撰文|摄影|评论|阅读|分享|转发|收藏|点击)(?!网|报|部|社|家)"
)
_ODD_AUTHOR = re.compile(r"[:：|｜]|\d{4}|[。！？]|来源|(?:记者|编辑)(?![\u4e00-\u9fff·]{0,4}(?:网|报|社|部|站))")
_LONGEST_AUTHOR: Final = 40
_SAME_PICTURE: Final = 3


def at_odds(
    page: Page,
    record: Record,
    headline: LexborNode | None,
    published: ParsedDate | None,
    stated: Iterable[str],
    texts: Iterable[str],
    tz: tzinfo,
) -> Iterator[tuple[Flag, str, Values]]:
    """Yield flag, place and values of each contradiction of a page's `record` (see `Doubts.add`).

    `headline` is the element of the headline, `published` the date of publication, `stated` what the page's metadata
    state for it, `texts` what they state of the article's text.
    """
    rest = next(continued(record.article_body, texts), None) or scripted_rest(page.text, record)
    if rest is not None:
        yield Flag.BODY_INCOMPLETE, "/articleBody", (rest,)
    for values in headlines(page, record.title, record.headline, headline):
        yield Flag.HEADLINE_DOUBT, "/headline", values
    if (second := _goes_on(record)) is not None:
        yield Flag.HEADLINE_DOUBT, "/headline", (record.headline or "", second)
    if published is not None:
        for values in dates(published, stated, (line.text for line in record.info), page.url, tz):
            yield Flag.DATE_DOUBT, "/datePublished", values
    if record.source is not None and (is_odd_source(record.source.name) or _TWO_NAMES.search(record.source.name)):
        yield Flag.SOURCE_DOUBT, "/source/name", (record.source.name,)
    if record.account is not None and is_odd_source(record.account.name):
        yield Flag.SOURCE_DOUBT, "/account/name", (record.account.name,)
    names = tuple(author.name for author in record.authors if is_odd_author(author.name))
    if names:
        yield Flag.AUTHOR_DOUBT, "/authors", names
    shared = shared_picture(record.images)
    if shared is not None:
        yield Flag.IMAGES_DOUBT, "/images", (shared,)
    for entry in record.chrome:
        if entry.role is Role.UNKNOWN and is_wall(entry.text):
            yield Flag.BODY_INCOMPLETE, entry.xpath or "/chrome", (entry.text or "",)


def _goes_on(record: Record) -> str | None:
    """Return unclaimed text with which the title's headline continues after the record's; None without it."""
    _, found, rest = squeeze(record.title or "").partition(squeeze(record.headline or "\n"))
    if not found:
        return None
    for entry in record.chrome:
        text = squeeze(entry.text or "") if entry.role is Role.UNKNOWN else ""
        if len(text) > 1 and rest.startswith(text) and _TITLE_PARTS.match(text) is None:
            return entry.text
    return None


def headlines(page: Page, title: str | None, headline: str | None, node: LexborNode | None) -> Iterator[Values]:
    """Yield the headline and what the page's title states in its place.

    The title has the headline, or a longer form of it, on nearly every page. At odds are a headline that is unlike all
    titles, and one that has more than a title, the rest being an element of its own: a badge.
    """
    shown = squeeze(headline or "").lower()
    if not shown or shown in squeeze(title or "").lower():
        return
    stated = [text for text in (page.meta("og:title"), page.meta("twitter:title")) if text]
    forms = [squeeze(text).lower() for text in (*stated, title or "") if text]
    if any(shown in form for form in forms):
        return
    forms += [squeeze(part).lower() for part in _TITLE_PARTS.split(title or "")]
    forms = [form for form in forms if len(form) >= _SHORTEST_TITLE]
    if not forms:
        return
    best = max((form for form in forms if form in shown), key=len, default="")
    if best:
        rest = shown.replace(best, "", 1)
        if len(rest) <= _LONGEST_BADGE and node is not None and rest in _parts(node):
            yield headline or "", best
    elif max(_likeness(shown, form) for form in forms) < _UNLIKE:
        yield (headline or "", *stated, title or "")


def _parts(node: LexborNode) -> set[str]:
    """Return the texts of the elements inside an element."""
    return {squeeze(inner.text()).lower() for inner in node.css("*") if inner.mem_id != node.mem_id}


def _likeness(one: str, other: str) -> float:
    pairs, others = {*pairwise(one)}, {*pairwise(other)}
    return len(pairs & others) / (min(len(pairs), len(others)) or 1)


def dates(found: ParsedDate, stated: Iterable[str], near: Iterable[str], url: str, tz: tzinfo) -> Iterator[Values]:
    """Yield the date of publication and another date that the page states for it.

    `stated` are the values in the page's metadata, best first, of which the first date counts. `near` are the texts
    that the date may be from: an earlier date in the same text is the publication, the later one an update.
    """
    if found.relative:
        return
    day = found.iso[:10]
    for value in stated:
        other = parse_date(value, tz=tz, now=None)
        if other is not None:
            if other.iso[:10] != day:
                yield found.raw, value
                return
            break
    for text in near:
        if found.raw in text:
            earlier = next((other for other in _dates(text, tz) if _is_before(other, found.iso)), None)
            if earlier is not None:
                yield found.raw, earlier
                return
    of_url = _URL_DAY.search(url)
    if of_url is not None:
        try:
            apart = abs((date.fromisoformat(day) - date(*map(int, of_url.groups()))).days)
        except ValueError:
            return
        if apart > _NEAR:
            yield found.raw, url


def _dates(text: str, tz: tzinfo) -> Iterator[str]:
    """Yield the dates in a text, with their time if they have one, then the days that stand next to other digits."""
    rest = text
    for _ in range(_MOST_DATES):
        found = parse_date(rest, tz=tz, now=None)
        if found is None:
            break
        yield found.iso
        rest = rest.partition(found.raw)[2]
    for year, month, day in _DAY.findall(text):
        yield f"{year}-{int(month):02}-{int(day):02}"


def _is_before(one: str, other: str) -> bool:
    """Return whether a date is before another; of one day, only if both have a time."""
    if one[:10] != other[:10]:
        return one[:10] < other[:10]
    return len(one) > 10 and len(other) > 10 and one[:16] < other[:16]


def is_odd_source(name: str) -> bool:
    """Return whether the name of a source has an odd shape: a label or a date in it, or too many characters."""
    return len(name) > _LONGEST_SOURCE or _ODD_SOURCE.search(name) is not None


def is_odd_author(name: str) -> bool:
    """Return whether a name does not look like that of a person."""
    return len(name) > _LONGEST_AUTHOR or _ODD_AUTHOR.search(name) is not None


def shared_picture(images: Sequence[Image]) -> str | None:
    """Return the address that several pictures have: that of a placeholder, or of an icon; None without one."""
    if len(images) < 2:
        return None
    url, times = Counter(image.url for image in images).most_common(1)[0]
    return url if times >= _SAME_PICTURE or times == len(images) else None
