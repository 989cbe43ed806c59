"""Checks a site for layout drift: each page's verdict from what was fetched now and what is known from before.

Nothing is fetched here: `KnownPage` says what to fetch, `Answer` is what came back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice

import msgspec

from .. import __version__
from ..errors import Failure, PageRefused, PortalsieveError, Quarantined
from ..extract import OK, content_type, extract
from ..page.dom import Page
from ..profiles.load import Profile
from ..profiles.match import article_id, read_url
from ..records.model import Record
from ..records.scalars import rfc3339
from ..regression.fixture import RENDERED_HEADERS, AnnotatedFixture, Fixture, FixtureBroken
from ..regression.lenient import take
from ..store.interface import Store
from .before import Before, rule_place, unknown_share
from .compare import Compared, Comparison, repeated
from .events import Event
from .showing import Showing
from .verdict import (
    ListCheck,
    Moved,
    Origin,
    PageCheck,
    SiteCheck,
    Verdict,
    counts_of,
    judge,
    missed_rules,
    standing,
)

GONE = frozenset({404, 410, 451})
BLOCKING = frozenset({401, 403, 407, 429})
_LOOKED_AT = 400
"""Maximum number of stored records that are looked through for pages to check."""
_GONE = frozenset({Failure.REMOVED, Failure.NOT_FOUND, Failure.NOT_AN_ARTICLE})
_BLOCKED = frozenset({Failure.CAPTCHA, Failure.LOGIN_WALL, Failure.CONSENT, Failure.ROBOTS})
_MISSED = frozenset({Failure.RULE_MISSED, Failure.UNKNOWN_LAYOUT, Failure.NEEDS_RENDERING, Failure.SCHEMA_INVALID})
_PAGES = frozenset({"article", "gallery", "video"})


class KnownPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page to check: `before` is what is known of its article, `recorded` why its recorded page fails today.

    `recorded` is "" for a recorded page that is still read rightly, None if there is no recorded page. `rendered`: it
    is only complete after its scripts; `invented`: no server has it.
    """

    url: str
    name: str
    origin: Origin
    before: Before | None = None
    recorded: str | None = None
    rendered: bool = False
    invented: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a page's URL answers now: a response, or the failure in place of one. `url` is where redirects led."""

    url: str
    body: bytes = b""
    status: int = OK
    headers: Mapping[str, str] = {}
    fetched_at: datetime | None = None
    rendered: bytes | None = None
    failure: Failure | None = None
    reason: str = ""


def recorded_pages(found: Iterable[Fixture], profile: Profile) -> Iterator[KnownPage]:
    """Yield recorded pages to check.

    Each is extracted with today's profile: if that fails, or a reviewed value differs, the fault is not the site's.
    """
    return (known_page(fixture, profile) for fixture in found if fixture.failure is None)


def known_page(fixture: Fixture, profile: Profile) -> KnownPage:
    """Return a recorded page as a page to check."""
    try:
        taken = take(fixture, {profile.site.site: profile})
        expected = fixture.expected
        exchange, rendered = fixture.exchange, fixture.rendered is not None
    except FixtureBroken as error:
        return KnownPage(url="", name=fixture.name, origin=Origin.FIXTURE, recorded=str(error))
    why = taken.refusal or ""
    if not why and expected is not None:
        reviewed = [name for name in expected.values if name not in expected.unreviewed]
        wrong = [name for name in reviewed if fixture.seen(name, taken.values) != expected.values[name]]
        why = f"differs from the reviewed values: {', '.join(wrong)}" if wrong else ""
    before = Before.of(taken.record) if taken.record is not None else None
    if expected is not None and (why or before is None):
        rules = before.rules if before is not None else {}
        before = Before(layout=fixture.layout, values=expected.values, rules=rules)
    return KnownPage(
        url=exchange.url,
        name=fixture.name,
        origin=Origin.FIXTURE,
        before=None if exchange.scrubbed else before,  # its words are not the site's
        recorded=why,
        rendered=rendered,
        invented=isinstance(fixture, AnnotatedFixture),
    )


def stored_pages(store: Store, site: str, most: int) -> list[KnownPage]:
    """Return at most `most` of the records stored last to check, each layout in turn. Raises StoreError."""
    by_layout: dict[str, list[KnownPage]] = {}
    seen: set[str] = set()
    looked = 0
    for run in store.runs(site):
        for revision in islice(store.revisions(run=run.id), _LOOKED_AT - looked):
            looked += 1
            record = msgspec.json.decode(revision.line, type=Record)
            if record.url is None or record.id in seen:
                continue
            seen.add(record.id)
            by_layout.setdefault(record.layout.id, []).append(
                KnownPage(url=record.url, name=record.id, origin=Origin.STORED, before=Before.of(record))
            )
        if looked >= _LOOKED_AT:
            break
    found: list[KnownPage] = []
    while len(found) < most and any(by_layout.values()):
        found += [pages.pop() for pages in by_layout.values() if pages]
    return found[:most]


def sample_page(url: str, profile: Profile) -> KnownPage:
    """Return a page of which only the URL is known."""
    return KnownPage(url=url, name=article_id(read_url(url, profile), profile.site.site), origin=Origin.SAMPLE)


def check_page(
    known: KnownPage, answer: Answer, profile: Profile, showing: Showing | None = None
) -> tuple[PageCheck, Compared]:
    """Return the check of one page, and how it differs from before.

    `showing` searches pages of which nothing is known for signs of a change.
    """
    if answer.failure is Failure.OFF_SITE and answer.url != known.url:
        return _check(known, answer, Verdict.GONE, f"redirects off the site, to {answer.url}"), Compared()
    if answer.failure is not None:
        verdict = Verdict.BLOCKED if answer.failure in _BLOCKED else Verdict.NETWORK_FAULT
        return _check(known, answer, verdict, answer.reason or str(answer.failure)), Compared()
    if answer.status != OK:
        return _check(known, answer, _by_status(answer.status), f"the status is {answer.status}"), Compared()
    body, headers = answer.body, answer.headers
    if answer.rendered is not None:
        body, headers = answer.rendered, RENDERED_HEADERS
    after: Record | PortalsieveError
    try:
        after = extract(
            body,
            answer.url,
            headers=headers,
            fetched_at=answer.fetched_at,
            rendered=answer.rendered is not None,
            profiles=[profile],
        )
    except (PageRefused, Quarantined) as error:
        after = error
    moved_to = _elsewhere(known, answer, profile)
    if isinstance(after, Record):
        if moved_to is not None:
            return _check(known, answer, Verdict.GONE, moved_to, after=after), Compared()
        if known.before is None:
            found = _signs(after, showing.of(after, body, answer.url, headers) if showing is not None else {}, profile)
            return _unknown(known, answer, after, found), found
        return _read(known, answer, after, _page(body, answer.url, headers), known.before, profile)
    if after.failure in _BLOCKED:
        return _check(known, answer, Verdict.BLOCKED, str(after)), Compared()
    if moved_to is not None or after.failure in _GONE:
        return _check(known, answer, Verdict.GONE, moved_to or str(after)), Compared()
    if after.failure is Failure.EMPTY_BODY and isinstance(after, Quarantined) and known.before is not None:
        page = _page(body, answer.url, headers)
        if Comparison(known.before, page, after, profile).there:  # the text stands outside the body's element now
            return _missed(known, answer, after, page, profile)
    if not isinstance(after, Quarantined) or after.failure not in _MISSED:
        strange = after.failure.action != "retry" and after.failure is not Failure.ENCODING_DOUBT
        verdict = Verdict.NEW_LAYOUT if strange and isinstance(after, PageRefused) else Verdict.NETWORK_FAULT
        return _check(known, answer, verdict, str(after)), Compared()
    return _missed(known, answer, after, _page(body, answer.url, headers), profile)


def _page(body: bytes, url: str, headers: Mapping[str, str]) -> Page:
    return Page.from_bytes(body, url, content_type(headers))


def _by_status(status: int) -> Verdict:
    if status in GONE:
        return Verdict.GONE
    return Verdict.BLOCKED if status in BLOCKING else Verdict.NETWORK_FAULT


def _elsewhere(known: KnownPage, answer: Answer, profile: Profile) -> str | None:
    """Return why the answer is not the page that was asked for: a redirect to another article, or to none."""
    if answer.url == known.url:
        return None
    asked, got = read_url(known.url, profile), read_url(answer.url, profile)
    if asked.kind not in _PAGES:
        return None
    if got.kind not in _PAGES:
        return f"redirects to {answer.url}, which is not an article"
    site = profile.site.site
    if asked.id and got.id and article_id(asked, site) != article_id(got, site):
        return f"redirects to another article, {answer.url}"
    return None


def _signs(after: Record, shown: Mapping[str, str], profile: Profile) -> Compared:
    """Return the rules that a page shows to have changed, with what stands there now."""
    moved = (
        Moved(
            value=rule,
            rule=rule,
            file=rule_place(profile, after.layout.id, rule),
            expected="",
            now=now[:200],
            found=None,
        )
        for rule, now in shown.items()
    )
    return Compared(moved=tuple(moved))


def _unknown(known: KnownPage, answer: Answer, after: Record, found: Compared) -> PageCheck:
    """Return the check of a page with a record of which nothing is known from before."""
    read = f"read as {after.layout.id}"
    if not found.moved:
        return _check(known, answer, Verdict.SAME, read, after=after)
    signs = ", ".join(f"{one.rule} ({one.now})" for one in found.moved[:3])
    return _check(known, answer, Verdict.MOVED, f"{read}, but its rules may miss: {signs}", after=after, found=found)


def _read(
    known: KnownPage, answer: Answer, after: Record, page: Page, before: Before, profile: Profile
) -> tuple[PageCheck, Compared]:
    """Return the check of a page that has a record, as it had `before`."""
    found = Comparison(before, page, after, profile).compare()
    note = "" if after.layout.id == before.layout else f" (now read by layout {after.layout.id})"
    if found.moved or found.doubts:
        raised = f"the record raises {', '.join(dict.fromkeys(doubt.flag for doubt in found.doubts))}"
        lines = [raised] if found.doubts else []
        reason = "; ".join([*lines, *(_moved_line(one) for one in found.moved[:3])])
        verdict = Verdict.MOVED
    elif found.edited:
        reason, verdict = f"the site changed {', '.join(found.edited)}", Verdict.EDITED
    else:
        reason, verdict = "the article is the same", Verdict.SAME
    return _check(known, answer, verdict, reason + note, after=after, found=found), found


def _moved_line(moved: Moved) -> str:
    rule = moved.rule or moved.value
    place = f"; it stands in {moved.found.css or moved.found.xpath} now" if moved.found is not None else ""
    return f"{rule} yields {_quoted(moved.now)} instead of {_quoted(moved.expected)}{place}"


def _quoted(text: str | None) -> str:
    if text is None:
        return "nothing"
    line = " ".join(text.split())
    return f"“{line[:40]}…”" if len(line) > 40 else f"“{line}”"


def _missed(
    known: KnownPage, answer: Answer, error: Quarantined, page: Page, profile: Profile
) -> tuple[PageCheck, Compared]:
    """Return the check of a page whose layout or rules were not found."""
    new = error.failure in {Failure.UNKNOWN_LAYOUT, Failure.NEEDS_RENDERING}
    before = known.before
    if before is None:
        verdict = Verdict.NEW_LAYOUT if new else Verdict.MOVED
        rule = error.rule or error.pointer or str(error.failure)
        lost = Moved(
            value=(error.pointer or rule).strip("/") or rule,
            rule=rule,
            file=rule_place(profile, error.layout, rule),
            expected="",
            now=None,
            found=None,
        )
        found = Compared(moved=() if new else (lost,))
        return _check(known, answer, verdict, str(error), found=found, layout=error.layout), found
    if error.failure is Failure.NEEDS_RENDERING and known.rendered and answer.rendered is None:
        return _check(known, answer, Verdict.NETWORK_FAULT, "not rendered: give --rendered"), Compared()
    comparison = Comparison(before, page, error, profile)
    if not comparison.there and error.failure is not Failure.NEEDS_RENDERING:
        reason = f"the article's text is not on the page ({error.failure})"
        return _check(known, answer, Verdict.GONE, reason), Compared()
    found = comparison.compare()
    reason = f"{error.failure}: " + ("; ".join(_moved_line(one) for one in found.moved[:3]) or str(error))
    return _check(known, answer, Verdict.NEW_LAYOUT if new else Verdict.MOVED, reason, found=found), found


def _check(
    known: KnownPage,
    answer: Answer,
    verdict: Verdict,
    reason: str,
    *,
    after: Record | None = None,
    found: Compared | None = None,
    layout: str | None = None,
) -> PageCheck:
    before, found = known.before, found or Compared()
    return PageCheck(
        url=known.url,
        name=known.name,
        origin=known.origin,
        verdict=verdict,
        reason=reason,
        recorded=None if known.recorded is None else not known.recorded,
        recorded_reason=known.recorded or None,
        layout=before.layout if before is not None else layout,
        layout_now=after.layout.id if after is not None else None,
        moved=found.moved,
        edited=found.edited,
        shifted=found.shifted,
        doubts=found.doubts,
        unknown=unknown_share(after) if after is not None else None,
        unknown_before=before.unknown if before is not None else None,
        status=answer.status if answer.failure is None else None,
        fetched_at=rfc3339(answer.fetched_at) if answer.fetched_at is not None else None,
    )


def check_site(
    profile: Profile,
    answers: Sequence[tuple[KnownPage, Answer]],
    *,
    recorded: Sequence[KnownPage] = (),
    events: Sequence[Event] = (),
    lists: Sequence[ListCheck] = (),
    source: str = "live",
    now: datetime | None = None,
    progress: Callable[[int], None] = lambda _count: None,
) -> SiteCheck:
    """Return the check of a site from what its pages answered.

    `recorded` are recorded pages that were not fetched: they show whether the profile still reads what it was made for.
    `events` are the changes that the last crawl reported, which the pages that it refused may refute.
    `progress` is called with the number of pages that are checked so far.
    """
    checked = []
    showing = Showing(profile, events)
    for known, answer in answers:
        checked.append(check_page(known, answer, profile, showing))
        progress(len(checked))
    alike = repeated([found.fresh for page, found in checked if page.verdict.read])
    pages = tuple(_intruded(page, found, alike, profile) for page, found in checked)
    failing = [known for known in recorded if known.recorded]
    events = standing(pages, events)
    verdict, blame, reason = judge(pages, [known.name for known in failing], lists, events)
    return SiteCheck(
        site=profile.site.site,
        checked_at=rfc3339(now or datetime.now(UTC)),
        source=source,
        profile=profile.version,
        portalsieve=__version__,
        verdict=verdict,
        blame=blame,
        reason=reason,
        counts=counts_of(pages),
        rules=missed_rules(pages),
        lists=tuple(lists),
        failing={known.name: known.recorded or "" for known in failing},
        events=tuple(events),
        pages=pages,
    )


def _intruded(page: PageCheck, found: Compared, alike: set[str], profile: Profile) -> PageCheck:
    """Return the check, as moved if the body has new text that other articles have too: it is the site's."""
    shared = [text for text in found.fresh if text in alike]
    if not shared or page.verdict not in {Verdict.SAME, Verdict.EDITED}:
        return page
    rule = "article.body"
    moved = Moved(
        value="blocks",
        rule=rule,
        file=rule_place(profile, page.layout, rule),
        expected="",
        now=shared[0][:200],
        found=None,
    )
    return msgspec.structs.replace(
        page,
        verdict=Verdict.MOVED,
        reason=f"{rule} takes in text that other articles have too: {_quoted(shared[0])}",
        moved=(*page.moved, moved),
    )
