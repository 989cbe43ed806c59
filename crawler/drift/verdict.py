"""The outcome of a check for layout drift: a verdict for each page, one for the site, and what they are made of.

The classes are a contract, published as `crawler/drift/schema/drift-<version>.json` (see `schema.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from ..records.model import Flag
from .events import Event

SCHEMA_VERSION = "1.1.0"
ENOUGH = 3
"""Minimum number of pages without an expectation that must fail alike before they count as a change of the site."""
SHARE = 0.3
"""Minimum share of such pages that must fail: a few pages of a kind that was never recorded are not a change."""

Named = Annotated[str, Meta(min_length=1)]


class Verdict(StrEnum):
    """What became of a page."""

    SAME = "same"
    """The same article, read by the same rules."""
    EDITED = "edited"
    """The text has changed, the layout has not."""
    MOVED = "moved"
    """The content is there, but rules of the layout miss it, or take in other text."""
    NEW_LAYOUT = "new_layout"
    """No layout of the profile is recognised any more."""
    GONE = "gone"
    """The article was removed: a status, a notice, a redirect, or a page without its text."""
    BLOCKED = "blocked"
    """A captcha, a log-in wall, a consent page, a refusal (403, 429) or robots.txt stands before the page."""
    NETWORK_FAULT = "network_fault"
    """No complete response."""

    @property
    def hurt(self) -> bool:
        """Whether the layout has changed."""
        return self in {Verdict.MOVED, Verdict.NEW_LAYOUT}

    @property
    def read(self) -> bool:
        """Whether the article was read, rightly or not."""
        return self.hurt or self in {Verdict.SAME, Verdict.EDITED}


class SiteVerdict(StrEnum):
    """What became of a site."""

    UNCHANGED = "unchanged"
    """The layouts are what the profile says."""
    CHANGED = "changed"
    """The layout of some pages has changed, or the profile fails on its own recorded pages."""
    UNDECIDED = "undecided"
    """Too few pages were read to say: they are gone, blocked or out of reach."""


class Blame(StrEnum):
    """Where a change comes from."""

    THEIRS = "theirs"
    """The site: its recorded pages are still read rightly."""
    OURS = "ours"
    """The profile or the engine: recorded pages fail too."""
    BOTH = "both"
    """Some of each."""


class Origin(StrEnum):
    """Why a page was checked."""

    FIXTURE = "fixture"
    """It is a recorded page: both its bytes and its reviewed values are known."""
    STORED = "stored"
    """A crawl stored a record of it."""
    REFUSED = "refused"
    """The last crawl refused it because of its layout, or held its record back; nothing is known of it."""
    SAMPLE = "sample"
    """It is linked in a list, or is in the archive; nothing is known of it."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The element of the page that contains a value: a selector, its path, where in it, and how it begins."""

    css: str
    xpath: str
    where: Annotated[Named, Meta(description="`text`, or the name of an attribute.")]
    text: str


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A value that a rule misses, or takes in although it belongs elsewhere."""

    value: Annotated[Named, Meta(description="The record's field, `blocks`, or `chrome.ROLE`.")]
    rule: Annotated[str | None, Meta(description="The rule's key in the layout, as in a record's provenance.")]
    file: Annotated[str | None, Meta(description="The rule's file and line.")]
    expected: Annotated[str, Meta(description="The value as it was, cut to 200 characters.")]
    now: Annotated[str | None, Meta(description="What the layout's rules yield now, cut to 200 characters.")]
    found: Annotated[Place | None, Meta(description="Where the value as it was stands now; null if nowhere.")]


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """A flag of the page's record that the record before does not have, with its evidence."""

    flag: Flag
    where: str | None = None
    values: tuple[str, ...] = ()


class PageCheck(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The check of one page."""

    url: str
    name: Annotated[Named, Meta(description="The fixture's name, or the article's id.")]
    origin: Origin
    verdict: Verdict
    reason: Annotated[Named, Meta(description="One sentence.")]
    recorded: Annotated[
        bool | None,
        Meta(description="Whether the recorded page is still extracted correctly; null if there is none."),
    ] = None
    recorded_reason: Annotated[str | None, Meta(description="Why the recorded page fails.")] = None
    layout: Annotated[str | None, Meta(description="The layout before.")] = None
    layout_now: Annotated[str | None, Meta(description="The layout now; null without one.")] = None
    moved: tuple[Moved, ...] = ()
    edited: Annotated[tuple[str, ...], Meta(description="The names of the values that the site changed.")] = ()
    shifted: Annotated[
        tuple[str, ...],
        Meta(description="Rules that hit before and yield to a later alternative now, as `before > now`."),
    ] = ()
    doubts: tuple[Doubt, ...] = ()
    unknown: Annotated[float | None, Meta(description="The share of the page's text that no rule claims.")] = None
    unknown_before: Annotated[float | None, Meta(description="The same share before.")] = None
    status: int | None = None
    fetched_at: str | None = None


class ListCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The check of a list page: how many articles it links, and why it could not be read."""

    url: str
    links: int
    missed: Annotated[bool, Meta(description="Whether the profile's rule for the list finds nothing on it.")] = False
    reason: str | None = None


class RuleMissed(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that moved on some pages, the most frequent first."""

    layout: str | None
    rule: Named
    file: str | None
    pages: int
    example: Annotated[str, Meta(description="The URL of one of the pages.")]


class SiteCheck(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The check of a site."""

    schema_version: str = SCHEMA_VERSION
    site: Named
    checked_at: Annotated[str, Meta(description="RFC 3339, UTC.")]
    source: Annotated[str, Meta(description="`live`, or the archive that was read.")]
    profile: Annotated[str, Meta(description="The digest of the profile's files.")]
    portalsieve: str
    verdict: SiteVerdict
    blame: Annotated[Blame | None, Meta(description="Null unless the verdict is `changed`.")]
    reason: Annotated[Named, Meta(description="One sentence.")]
    counts: Annotated[dict[Verdict, int], Meta(description="The number of pages of each verdict; none are left out.")]
    rules: tuple[RuleMissed, ...]
    lists: tuple[ListCheck, ...] = ()
    failing: Annotated[
        dict[str, str],
        Meta(description="Further recorded pages that today's profile does not read rightly, and why."),
    ] = {}
    events: Annotated[
        tuple[Event, ...],
        Meta(description="Changes that the last crawl reported, unless all its refused pages are read rightly now."),
    ] = ()
    pages: tuple[PageCheck, ...]

    @property
    def exit_status(self) -> int:
        """The exit status of `scrapy drift`: 0 unchanged, 1 changed by the site, 3 by us or by both, 4 undecided."""
        if self.verdict is SiteVerdict.CHANGED:
            return 1 if self.blame is Blame.THEIRS else 3
        return 4 if self.verdict is SiteVerdict.UNDECIDED else 0

    @property
    def line(self) -> str:
        """The outcome in one line, for a chat message or a mail."""
        counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in self.counts.items() if count)
        blame = f" ({self.blame})" if self.blame is not None else ""
        return f"{self.site}: {self.verdict}{blame}: {self.reason} [{counts or 'no page'}]"


def standing(pages: Sequence[PageCheck], events: Sequence[Event]) -> tuple[Event, ...]:
    """Return those changes that a crawl reported which the pages that it refused still show, or do not refute."""
    found = []
    for event in events:
        refused = [page for page in pages if page.origin is Origin.REFUSED and page.verdict.read]
        refused = [page for page in refused if event.layout in {page.layout or page.layout_now or event.layout}]
        if not refused or any(page.verdict.hurt for page in refused):
            found.append(event)
    return tuple(found)


def judge(
    pages: Sequence[PageCheck],
    failing: Sequence[str] = (),
    lists: Sequence[ListCheck] = (),
    events: Sequence[Event] = (),
) -> tuple[SiteVerdict, Blame | None, str]:
    """Return the verdict on a site by those on its pages, whose fault it is, and why in one sentence.

    `failing` are the names of further recorded pages that today's profile does not read rightly. A rule for lists that
    finds nothing counts if that is so on half of the lists.
    One recorded page whose content the rules now miss is enough. Pages of which nothing is known only count if at least
    `ENOUGH` of them and a share of `SHARE` fail, because a site always has pages of kinds that nobody recorded. The
    pages that a crawl refused count if it reported changes that still stand, `events`; else the reason names them,
    because the pages of the crawl that were read are not looked at.
    """
    ours = [*(page.name for page in pages if page.recorded is False), *failing]
    refused = [page for page in pages if page.verdict.hurt and page.origin is Origin.REFUSED]
    known = [page for page in pages if page.verdict.hurt and page.origin in {Origin.FIXTURE, Origin.STORED}]
    known += refused if events else []
    samples = [page for page in pages if page.origin is Origin.SAMPLE and page.verdict.read]
    strange = [page for page in samples if page.verdict.hurt]
    counted = strange if len(strange) >= max(ENOUGH, SHARE * len(samples)) else []
    theirs = [page for page in (*known, *counted) if page.recorded is not False]
    missed = [one for one in lists if one.missed]
    unlisted = missed if len(missed) * 2 >= len(lists) else []
    if not ours and not theirs and not unlisted and not events:
        readable = sum(page.verdict.read for page in pages)
        odd = f"; {_pages(len(strange))} of no known layout" if strange else ""
        if not readable:
            why = "none of the pages is there any more: record newer ones" if _all_gone(pages) else _unread(pages)
            return SiteVerdict.UNDECIDED, None, why
        if refused:
            odd += f"; still not right: {_pages(len(refused))} that the last crawl refused"
        return SiteVerdict.UNCHANGED, None, f"{_pages(readable)} read as before{odd}"
    blame = Blame.BOTH if ours and (theirs or unlisted or events) else Blame.OURS if ours else Blame.THEIRS
    parts = [f"the last crawl found: {event.sentence}" for event in events]
    if events and not refused:
        parts.append("the pages that it refused could not be read again")
    if theirs:
        parts.append(_what(theirs))
    if unlisted:
        parts.append(f"{unlisted[0].reason}")
    if ours:
        parts.append(f"the profile fails on {_pages(len(ours), 'recorded page')} ({ours[0]})")
    return SiteVerdict.CHANGED, blame, "; ".join(parts)


def missed_rules(pages: Sequence[PageCheck]) -> tuple[RuleMissed, ...]:
    """Return the rules that moved, those on most pages first."""
    found: dict[tuple[str | None, str], list[tuple[str | None, str]]] = {}
    for page in pages:
        for moved in page.moved if page.verdict is Verdict.MOVED else ():  # with a new layout, all of them miss
            place = (page.layout, moved.rule or moved.value)
            found.setdefault(place, []).append((moved.file, page.url))
    rules = [
        RuleMissed(
            layout=layout, rule=rule, file=places[0][0], pages=len({url for _, url in places}), example=places[0][1]
        )
        for (layout, rule), places in found.items()
    ]
    return tuple(sorted(rules, key=lambda one: (-one.pages, one.layout or "", one.rule)))


def counts_of(pages: Sequence[PageCheck]) -> dict[Verdict, int]:
    """Return the number of pages of each verdict."""
    counted = Counter(page.verdict for page in pages)
    return {verdict: counted[verdict] for verdict in Verdict}


def _what(theirs: Sequence[PageCheck]) -> str:
    moved = sum(page.verdict is Verdict.MOVED for page in theirs)
    rules = [rule for rule in missed_rules(theirs) if rule.pages * 2 >= moved][:3]
    new = sum(page.verdict is Verdict.NEW_LAYOUT for page in theirs)
    parts = [f"{one.rule} of {one.layout or 'an unknown layout'} misses on {_pages(one.pages)}" for one in rules]
    if new:
        parts.insert(0, f"{_pages(new)} of no known layout")
    if not parts:
        doubt = next((doubt.flag for page in theirs for doubt in page.doubts), None)
        parts.append(f"rules miss on {_pages(len(theirs))}" + (f" ({doubt})" if doubt else ""))
    return ", ".join(parts)


def _all_gone(pages: Sequence[PageCheck]) -> bool:
    return bool(pages) and all(page.verdict is Verdict.GONE for page in pages)


def _unread(pages: Sequence[PageCheck]) -> str:
    if not pages:
        return "there was no page to check: record some, or give --sample"
    worst = Counter(page.verdict for page in pages).most_common(1)[0][0]
    first = next(page for page in pages if page.verdict is worst)
    return f"no page could be read; the first that is {worst.replace('_', ' ')}: {first.reason}"


def _pages(count: int, what: str = "page") -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
