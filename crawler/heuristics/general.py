"""The general reading: the record of a news page that no profile describes, and how sure it is.

The lines of the page are found to be the article or not (`body.py`), the rest gets roles (`claiming.py`, `roles.py`);
as claims both go through the same partition, blocks and assembly as a profile's rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ..errors import Failure, Quarantined
from ..page.dom import Page
from ..page.text import collapse
from ..profiles.checks.suffixes import registered
from ..profiles.load import Profile
from ..profiles.match import Choice, read_url
from ..profiles.model import Body, Layout, Site, Value
from ..records.model import Extraction, ExtractionMethod, Fetch, Flag, Kind, Record
from ..sieve.dates import ParsedDate
from ..sieve.doubts import Doubts
from ..sieve.pager import Pager, claim_pager
from ..sieve.record import Assembly, PartitionedPage, read_html, walk_claims
from ..sieve.values import Reader, Values
from .body import Reading, read_body
from .claiming import RULE, Claiming
from .data import article_html
from .fields import Fields, language
from .forest import Forest, forest
from .outline import Outline

LAYOUT: Final = "general"
LEAST: Final = 120
"""Characters of prose (Chinese ones count double) that an article has at least."""
SURE: Final = 0.1
"""The confidence below which a page is quarantined, unless it has plenty of prose."""
PLENTY: Final = 600
"""Characters of prose that are an article, however unsure it is where that begins and ends."""
DATA: Final = 0.5
"""The highest confidence of a body that was read from the page's data, of which there are too few to calibrate it."""
DOUBTFUL: Final = 0.75
"""The confidence below which the body is flagged."""
_LINKED: Final = 0.5
_UNSURE_LINKED: Final = 0.25
_LONG: Final = 4000
"""Characters of prose that are an article however many links stand among them, fewer than half of it."""
_BELOW: Final = 12
"""Lines between a headline and its article."""
_TITLED: Final = 40
"""The share of the page's title, in percent, that a headline repeats."""
_TEASERS: Final = 8
"""Paragraphs, each below a link, that make a list of articles; half of them do on a site's front page."""
_TITLE: Final = range(14, 200)
"""Lengths of a line that is the headline of another page."""
_FRONT: Final = frozenset({"", "/"})
_TRACKING: Final = (
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_content",
    "utm_term",
    "spm",
    "from",
    "fbclid",
    "gclid",
    "ref",
)


class _Found(Reader):
    """Answers with what was found on the page, instead of asking a profile's rules."""

    def __init__(self, values: Values, profile: Profile, now: datetime | None, fields: Fields) -> None:
        super().__init__(values, profile, now)
        self._given = fields.given

    def text(self, field: str, rules: tuple[Value, ...]) -> str | None:
        """Return the value found."""
        return next(iter(self.texts(field, rules)), None)

    def texts(self, field: str, rules: tuple[Value, ...]) -> tuple[str, ...]:
        """Return the values found."""
        del rules
        given = self._given.get(field)
        if given is None or not given.values:
            return ()
        self.note(field, given.rule, given.raw)
        return tuple(dict.fromkeys(collapse(value) for value in given.values))

    def date(self, field: str, rules: tuple[Value, ...]) -> tuple[ParsedDate, Value] | None:
        """Return the date found."""
        del rules
        given = self._given.get(field)
        if given is None or given.date is None:
            return None
        self.note(field, given.rule, given.raw)
        return given.date, Value(const=given.raw or "-")


class Judged(msgspec.Struct, frozen=True):
    """A page whose body has been found: the reading, and the share of pages like it whose body is right."""

    page: Page
    reading: Reading
    confidence: float
    version: str
    """The model's digest."""


class Split(msgspec.Struct, frozen=True):
    """A judged page, split: its stand-in for a profile, its partition, and the numbers of its info lines."""

    judged: Judged
    profile: Profile
    apart: PartitionedPage
    info: list[int]


def judge(page: Page, model: Forest | None = None) -> Judged:
    """Return the lines of a page that are its article, whatever there is of it; by the shipped model or another."""
    known = model or forest()
    outline = Outline(page)
    outline.index(profile_of(LAYOUT, None, known.version).interest)
    reading = read_body(outline, known)
    return Judged(page, reading, known.model.confidence(reading.signs), known.version)


def split(judged: Judged) -> Split:
    """Split a page by the general reading.

    Raises `Quarantined` for a front page, a list, too little prose, and a reading of too little confidence, with the
    figures.
    """
    page, reading, confidence = judged.page, judged.reading, judged.confidence
    html: str | None = None
    refused: Quarantined | None = None
    try:
        _check(page, reading, confidence)
    except Quarantined as error:
        html = article_html(page) if urlsplit(page.url).path not in _FRONT else None
        if html is None:
            raise
        refused = error
        reading = Reading(reading.outline, [], reading.scores, reading.figures)
        confidence = min(DATA, max(SURE, confidence))
        judged = Judged(page, reading, confidence, judged.version)
    host = urlsplit(page.url).hostname or ""
    profile = profile_of(_ascii(registered(host)), language(page, reading), judged.version)
    layout = profile.layouts[LAYOUT]
    doubts = Doubts()
    doubts.flags.add(Flag.GENERAL)
    if html is None:
        _doubt(page, reading, confidence, doubts)
    else:
        doubts.add(Flag.BODY_DOUBT, "/articleBody", [f"{confidence:.2f}"])
    claiming = Claiming(page, reading)
    claims = claiming.lay()
    address = read_url(page.url, profile)
    pager = claim_pager(page, claims, profile, address)
    values = Values(page, {}, claims)
    walk, builder = walk_claims(page, profile, values, claims, doubts)
    if html is not None and not read_html(html, f"{RULE}.data", Body(), values, profile, layout, builder) and refused:
        raise refused
    choice = Choice(layout, confidence, None, None, LAYOUT)
    apart = PartitionedPage(address, choice, layout, walk, builder, values, html is not None, doubts, pager)
    return Split(judged, profile, apart, claiming.info)


def read_page(page: Page, fetch: Fetch, now: datetime | None, model: Forest | None = None) -> Record:
    """Return the record of a page by the general reading; raises `Quarantined` as `split` does."""
    found = split(judge(page, model))
    profile, apart, reading = found.profile, found.apart, found.judged.reading
    fields = Fields(page, reading, found.info, profile.timezone, now, apart.doubts)
    extraction = Extraction(ExtractionMethod.GENERAL, found.judged.confidence, f"{LAYOUT} {profile.version[:16]}")
    read = _Found(apart.values, profile, now, fields)
    return Assembly(page, profile, apart, read, extraction, fields.metadata).record(fetch)


def _check(page: Page, reading: Reading, confidence: float) -> None:
    lines = reading.outline.lines
    own = sum(lines[number].length for number in reading.chosen)
    prose = sum(lines[number].prose for number in reading.chosen)
    linked = sum(lines[number].linked for number in reading.chosen)
    figures = f"{prose} characters of prose in {len(reading.chosen)} of {len(lines)} lines, confidence {confidence:.2f}"
    if not reading.chosen or prose < LEAST or linked > own * _LINKED:
        raise Quarantined(
            Failure.NOT_AN_ARTICLE,
            f"{page.url}: the general reading finds no article ({figures}); a front page, a list, or a page whose text"
            " a script fetches",
            layout=LAYOUT,
            score=confidence,
        )
    if (teasers := teasers_in(page, reading)) is not None:
        raise Quarantined(
            Failure.NOT_AN_ARTICLE,
            f"{page.url}: {teasers} paragraphs below links to other pages ({figures}); a front page or a list",
            layout=LAYOUT,
            score=confidence,
        )
    if (
        confidence < SURE
        and not _headed(page, reading)
        and (prose < PLENTY or (linked > own * _UNSURE_LINKED and prose < _LONG))
    ):
        raise Quarantined(
            Failure.UNKNOWN_LAYOUT,
            f"{page.url}: the general reading is not sure enough of the article ({figures}; {SURE} is needed, or"
            f" {PLENTY} characters of prose with few links); write a profile for the site",
            layout=LAYOUT,
            score=confidence,
        )


def _headed(page: Page, reading: Reading) -> bool:
    """Return whether the page's title stands as a headline right above the body, without many links in either."""
    figures, lines = reading.figures, reading.outline.lines
    head, first = figures.head, reading.chosen[0]
    own = sum(lines[number].length for number in reading.chosen)
    linked = sum(lines[number].linked for number in reading.chosen)
    return (
        urlsplit(page.url).path not in _FRONT
        and 0 <= first - head <= _BELOW
        and figures.titled[head] >= _TITLED
        and linked <= own * _UNSURE_LINKED
    )


def teasers_in(page: Page, reading: Reading) -> str | None:
    """Return how many of the paragraphs stand below the headline of another page if they make a list, else None."""
    lines = reading.outline.lines
    prose = [number for number in reading.chosen if lines[number].prose]
    below = sum(
        any(line.length in _TITLE and line.linked * 5 >= line.length * 4 for line in lines[max(0, number - 2) : number])
        for number in prose
    )
    front = urlsplit(page.url).path in _FRONT
    if (below * 100 >= len(prose) * 94 and below >= _TEASERS) or (front and below * 2 >= len(prose) and below > 4):
        return f"{below} of {len(prose)}"
    return None


def _doubt(page: Page, reading: Reading, confidence: float, doubts: Doubts) -> None:
    """Raise the doubts about the body as a whole and about the lines at its edges."""
    outline, scores, chosen = reading.outline, reading.scores, reading.chosen
    if confidence < DOUBTFUL:
        element = outline.nodes[outline.lines[chosen[0]].element]
        doubts.add(Flag.BODY_DOUBT, page.path(element), [f"{confidence:.2f}"])
    beside = [
        number for number in (chosen[0] - 1, chosen[-1] + 1) if 0 <= number < len(scores) and scores[number] > 300
    ]
    for number in (*beside, *(one for one in (chosen[0], chosen[-1]) if scores[one] < 700)):
        doubts.add(Flag.BOUNDARY_DOUBT, page.path(outline.nodes_of(number)[0]), [outline.lines[number].text])


class General(Profile):
    """What stands in for a profile in a crawl of pages without one: `extract` reads them by the general reading.

    `hosts` are the registered domains of the pages; `ceded` are the hosts of sites that have a profile.
    """

    def __init__(self, hosts: Iterable[str], ceded: Iterable[str] = ()) -> None:
        plain = profile_of(LAYOUT, None, forest().version)
        site = msgspec.structs.replace(plain.site, title="pages without a profile", hosts=tuple(dict.fromkeys(hosts)))
        super().__init__(plain.folder, site, plain.layouts, plain.version, ceded)


def pager_of(page: Page) -> Pager | None:
    """Return the pager of a page as `read_page` finds it."""
    profile = profile_of(LAYOUT, None, forest().version)
    return claim_pager(page, Claiming(page, judge(page).reading).lay(), profile, read_url(page.url, profile))


@lru_cache(maxsize=256)
def profile_of(site: str, tongue: str | None, version: str) -> Profile:
    """Return what stands in for the profile of a site that has none."""
    zone = "Asia/Shanghai" if (tongue or "").lower().startswith("zh") else "UTC"
    given = Site(site=site, title=site, hosts=(site,), timezone=zone, language=tongue, tracking=_TRACKING)  # type: ignore[arg-type]
    layout = Layout(id=LAYOUT, kind=Kind.ARTICLE, evidence=())
    return Profile(Path(LAYOUT), given, {LAYOUT: layout}, version)


def _ascii(name: str) -> str:
    """Return a host as the record writes a site's name."""
    try:
        plain = name.encode("idna").decode()
    except UnicodeError:
        plain = name
    return (
        "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "-" for char in plain.lower())[:64]
        or "unknown"
    )
