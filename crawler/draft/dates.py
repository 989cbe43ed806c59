"""Rules for the date of publication: in the line about the article, attributes, metas, JSON-LD, scripts, the URL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from ..profiles.model import Data, Value
from ..profiles.patterns import named_groups
from ..sieve.dates import from_groups, parse_date
from .data import ALL_LINKED, LINKED, Entry
from .learned import Learned
from .learner import LINE, PUBLISHED, Learner, Place, in_data, meta_names
from .marks import ways
from .sample import Sample

_LATE: Final = re.compile(r"modif|updat|chang|edit", re.IGNORECASE)
_ISSUED: Final = re.compile(r"pub(?!lisher)|issue|release|create|(?:^|[:._-])(?:date|time)$", re.IGNORECASE)
_NAMED: Final = re.compile(
    r"(?:.*[_a-z])?(?:pub|publish(?:ed)?|create(?:d)?|issue(?:d)?|release(?:d)?|news|post(?:ed)?|article|display|first|show)_?"
    r"(?:time(?:stamp)?|date|at|on)|(?:c|p)?time|date|created|published|timestamp",
    re.IGNORECASE,
)
"""Names of the time of publication beside an article's text in data."""
_OTHER_TIME: Final = re.compile(r"expir|valid|start|end|now|server|current|today", re.IGNORECASE)
_DATED: Final = ("datetime", "content", "title", "data-time", "data-publishtime", "data-timestamp", "data-date")
_ASSIGNED: Final = re.compile(
    r"""(?:(?<![\w$.])(?:var|let|const)\s+|window\.|["']|(?<=[{,\s]))([A-Za-z_$][\w$]{0,40})["']?\s*[=:]\s*["'](1\d{9}(?:\d{3})?|(?:19|20)\d\d[-/年.]\d\d?[-/月.]\d\d?[^"']{0,16})["']"""
)
"""A date assigned to a name in a script."""
_MOST_ASSIGNED: Final = 200
_METAS: Final = (
    "article:published_time", "og:published_time", "og:release_date", "publishdate", "pubdate", "datePublished",
    "article:create_at", "dateUpdate",
)  # fmt: skip
"""Metas for the time of publication, for pages on which the general reading finds none."""
_DAY_IN_URL: Final = (
    r"/(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?:/|[-_.])",
    r"/(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)/(?P<day>\d\d)/",
    r"/(?P<year>(?:19|20)\d\d)/(?P<month>\d\d?)/(?P<day>\d\d?)/",
    r"/(?P<year>(?:19|20)\d\d)/(?P<month>\d\d)-(?P<day>\d\d)/",
    r"/(?P<year>(?:19|20)\d\d)/(?P<month>\d\d)(?P<day>\d\d)/",
    r"/(?P<year>(?:19|20)\d\d)(?P<month>\d\d)/(?P<day>\d\d)/",
    r"/(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)(?:/|[A-Za-z_-]|\d{2,})",
    r"/t(?P<year>(?:19|20)\d\d)(?P<month>\d\d)(?P<day>\d\d)_",
    r"/(?P<year>\d\d)/(?P<month>\d\d)(?P<day>\d\d)/",
)
_DAY: Final = 10
_LONGEST: Final = 40
_SOME_TIME: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""By which relative times are recognised; their values are not used."""
_OFFSET: Final = 14 * 60


_PATHS: Final = ("datePublished", "[].datePublished | [0]", '"@graph"[].datePublished | [0]', "[]|[0].datePublished")
_ALL_PATHS: Final = ("[?headline].datePublished | [0]", '[]."@graph"[] | [?headline].datePublished | [0]')
"""The same in all JSON-LD of a page, of which only articles have a headline."""
_ATTRIBUTES: Final = "time, [itemprop=datePublished], [datetime], [data-publishtime], html[data-publishtime]"


def dates(learner: Learner) -> list[Learned]:
    """Return the rules for datePublished."""
    shown = _learn(learner, _date_of)
    if any(not rule.reason for rule in shown):
        return shown
    # the reading took another date of the page for it, such as one in a list of articles
    stated = _learn(learner, _stated)
    if any(not rule.reason for rule in stated):
        return stated
    relative = _relative(learner)
    return relative if any(not rule.reason for rule in relative) else shown


def _relative(learner: Learner) -> list[Learned]:
    """Return the rules for times such as 3小时前, which are read by the time at which a page was fetched."""

    def read(sample: Sample, text: str) -> str | None:
        found = parse_date(text, tz=sample.zone, now=_SOME_TIME) if len(text) <= LINE else None
        return found.iso if found is not None else None

    def wanted(sample: Sample) -> str | None:
        texts = (sample.outline.spaced(number) for number in sample.claiming.info)
        return next((date for text in texts if (date := read(sample, text)) is not None), None)

    def judge(sample: Sample, found: list[str], want: str | None) -> bool | None:
        given = next((date for text in found if (date := read(sample, text)) is not None), None)
        return None if given is None else given == want

    def places(sample: Sample) -> Iterator[Place]:
        if "line" in learner.regions:
            yield Place(Value(within="line"))
        for number in sample.claiming.info:
            if read(sample, sample.outline.spaced(number)) is not None:
                yield from (Place(Value(css=css)) for css in list(ways(sample.elements_of(number)))[:6])

    return learner.learn("fields.datePublished", places, wanted, judge, most=2)


def _learn(learner: Learner, wanted: Callable[[Sample], str | None]) -> list[Learned]:
    def places(sample: Sample) -> Iterator[Place]:
        date = wanted(sample)
        return _dated(sample, date, has_line="line" in learner.regions) if date is not None else iter(())

    return learner.learn("fields.datePublished", places, wanted, _same_date, most=4)


def _same_date(sample: Sample, found: list[str], wanted: str | None) -> bool | None:
    dates = (parse_date(text, tz=sample.zone, now=None) for text in found)
    parsed = next((date for date in dates if date is not None), None)
    if parsed is None:
        return None
    if wanted is None:
        return True
    return _same_moment(parsed.iso, wanted, sample)


def _dated(sample: Sample, wanted: str, *, has_line: bool) -> Iterator[Place]:
    line = [Place(Value(within="line"))] if has_line else []
    shown = [*line, *_dated_shown(sample, wanted)]
    stated = [*_dated_attribute(sample, wanted), *_dated_meta(sample, wanted)]
    # what the page shows has no zone
    yield from (*stated, *shown) if sample.zone.key == "UTC" else (*shown, *stated)
    yield from (Place(Value(data="linked", path=path), LINKED) for path in _PATHS)
    yield from (Place(Value(data="linked", path=path), ALL_LINKED) for path in _ALL_PATHS)
    # a path leads to one object's time; a name by itself may be another object's on the next page
    yield from in_data(sample, lambda entry: _is_dated(sample, entry, wanted))
    yield from _dated_script(sample, wanted)
    for url in _DAY_IN_URL:
        if from_groups(named_groups(url, sample.url) or {}) is not None:
            yield Place(Value(url=url))


def _dated_shown(sample: Sample, wanted: str) -> Iterator[Place]:
    for number in (*sample.claiming.info, *range(len(sample.outline.lines))):
        text = sample.outline.spaced(number)
        if len(text) > LINE or not any(c.isdigit() for c in text):
            continue
        parsed = parse_date(text, tz=sample.zone, now=None)
        if parsed is not None and _same_moment(parsed.iso, wanted, sample):
            for css in list(ways(sample.elements_of(number)))[:6]:
                yield Place(Value(css=css))
            yield from _dated_inside(sample, number, wanted)


def _dated_inside(sample: Sample, number: int, wanted: str) -> Iterator[Place]:
    """Yield rules for the inline elements of a line that hold the time."""
    for node in sample.outline.nodes_of(number):
        above = node.parent
        if above is None or sample.number_of(above) is not None:
            continue
        parsed = _parsed(sample, above.text())
        if parsed is not None and _same_moment(parsed, wanted, sample):
            yield from (Place(Value(css=css)) for css in list(ways(above))[:4])


def _dated_attribute(sample: Sample, wanted: str) -> Iterator[Place]:
    for node in sample.find(_ATTRIBUTES):
        for attr in _DATED:
            stated = node.attributes.get(attr)
            parsed = parse_date(stated, tz=sample.zone, now=None) if stated else None
            if parsed is None or not _same_moment(parsed.iso, wanted, sample):
                continue
            for css in [*list(ways(node))[:4], *([node.tag or ""] if node.tag in {"html", "time"} else [])]:
                yield Place(Value(css=css, attr=attr))


def _dated_meta(sample: Sample, wanted: str) -> Iterator[Place]:
    for name in meta_names(sample):
        content = sample.page.meta(name)
        parsed = parse_date(content, tz=sample.zone, now=None) if content else None
        if (
            parsed is not None
            and (not _LATE.search(name) or name in _METAS)
            and _same_moment(parsed.iso, wanted, sample)
        ):
            yield Place(Value(meta=name))


def _dated_script(sample: Sample, wanted: str) -> Iterator[Place]:
    assigned = list(islice(_ASSIGNED.finditer(sample.page.text), _MOST_ASSIGNED))
    for found in sorted(assigned, key=lambda one: PUBLISHED.fullmatch(one[1]) is None):
        parsed = parse_date(found[2], tz=sample.zone, now=None)
        if parsed is None or _LATE.search(found[1]) or _OTHER_TIME.search(found[1]):
            continue
        if _same_moment(parsed.iso, wanted, sample) and parsed.precision != "day":
            yield Place(Value(data="script"), Data(variable=found[1]))


def _is_dated(sample: Sample, entry: Entry, wanted: str) -> bool:
    """Return whether a string of the page's data is the time of publication."""
    if len(entry.values) != 1 or _LATE.search(entry.key) or _OTHER_TIME.search(entry.key):
        return False
    parsed = _parsed(sample, entry.text)
    return parsed is not None and _same_moment(parsed, wanted, sample)


def _names_time(key: str) -> bool:
    return bool(_NAMED.fullmatch(key)) and not _LATE.search(key) and not _OTHER_TIME.search(key)


def _parsed(sample: Sample, text: str) -> str | None:
    if len(text) > _LONGEST or not any(char.isdigit() for char in text):
        return None
    parsed = parse_date(text, tz=sample.zone, now=None)
    return parsed.iso if parsed is not None else None


def _date_of(sample: Sample) -> str | None:
    given = sample.given.get("datePublished")
    return given.date.iso if given is not None and given.date is not None else _stated(sample)


def _stated(sample: Sample) -> str | None:
    """Return the date that metadata, a script or the URL states."""
    texts = [
        sample.page.meta(name) for name in (*_METAS, *meta_names(sample)) if name in _METAS or _ISSUED.search(name)
    ]
    texts += [value for _, value in sample.fields.metadata.values("datePublished")]
    parsed = (parse_date(text, tz=sample.zone, now=None) for text in texts if text)
    found = next((date.iso for date in parsed if date is not None), None)
    in_url = (from_groups(named_groups(url, sample.url) or {}) for url in _DAY_IN_URL)
    day = next((date.iso for date in in_url if date is not None), None)
    if found is None:
        found = _in_script(sample, day)
    if found is None:
        beside = (_parsed(sample, entry.text) for entry in sample.stated if _names_time(entry.key))
        found = next((date for date in beside if date is not None), None)
    return found or day


def _in_script(sample: Sample, day: str | None) -> str | None:
    """Return the date that scripts give under the usual names; None if several may be the article's.

    Those of the `day` in the URL are preferred, then those of objects that are not in a list, the outermost first.
    """
    assigned = islice(_ASSIGNED.finditer(sample.page.text), _MOST_ASSIGNED)
    texts = [found[2] for found in assigned if PUBLISHED.fullmatch(found[1])]
    dates = {date.iso for text in texts if (date := parse_date(text, tz=sample.zone, now=None)) is not None}
    dates = {date for date in dates if date[:_DAY] == day} or dates
    if len({date[:_DAY] for date in dates}) > 1:
        depths: dict[int, set[str]] = {}
        for entry in sample.entries:
            path = entry.path or ""
            if "[" in path or not PUBLISHED.fullmatch(entry.key):
                continue
            if (moment := _parsed(sample, entry.text)) is not None:
                depths.setdefault(path.count("."), set()).add(moment)
        dates = depths[min(depths)] if depths else set[str]()
    timed = {date for date in dates if len(date) > _DAY} or dates
    return timed.pop() if len(timed) == 1 else None


def _same_moment(one: str, other: str, sample: Sample) -> bool:
    """Return whether two times are the same to the minute, or the same day if one of them is only a day.

    A time that the page shows without a zone may be off by an offset where the site's zone is not known.
    """
    if len(one) == _DAY or len(other) == _DAY:
        return one[:_DAY] == other[:_DAY]
    if one[:16] == other[:16]:
        return True
    apart = abs(datetime.fromisoformat(one) - datetime.fromisoformat(other))
    minutes, seconds = divmod(int(apart.total_seconds()), 60)
    return sample.zone.key == "UTC" and minutes <= _OFFSET and not minutes % 15 and seconds < 60
