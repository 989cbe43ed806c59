"""`repair`: what a profile needs so that changed pages are read again, proved on every stored page."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

import msgspec

from ...errors import PortalsieveError
from ...profiles.load import Profile
from ...profiles.match import article_id, read_url
from ...profiles.model import Layout
from ...records.model import Record
from ...regression.values import values_of
from ..subject import Stored, refused
from .bodies import Moved
from .cases import Seen
from .guess import doubtful, guess, inconsistent, lost, without_copies
from .homes import homes
from .known import mend, used_names
from .layouts import as_new_layout
from .mender import LEFT_OUT, Mender
from .naming import Renaming
from .proof import half_renamed, left_behind, left_inside, nameless, overlooked, unclaimed, unconfirmed, unshown
from .runs import shortfall, unusual
from .toml_text import TomlText
from .trial import Draft
from .undone import conclude

_TRIED = 3
"""Layouts that pages of a template that the profile does not have are tried as."""
_COMPARED = 6
"""Pages of a group that say which of these leaves the least wrong."""
_FEWEST = 2
"""Pages that must miss the same names for these to be changed."""
ENOUGH = 3
"""Pages that a repair without the text of before needs to be sure."""


class PageOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """A changed page: the values that were wrong, and those that still are; `stored` is whether its text was known."""

    url: str
    stored: bool
    before: tuple[str, ...]
    after: tuple[str, ...]


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """The repair of one layout.

    `moved` are the regions found elsewhere with their new selectors, `changed` all keys that are changed, `diff` what
    to write, `new_layout` the id of a layout of its own. `sure` is whether it may be written without a look at it;
    `doubts` say why not. `pages` are the changed pages, `kept` the number of stored pages that are as before, `broken`
    those that would not be.
    """

    site: str
    layout: str
    sure: bool
    diff: str
    moved: tuple[Moved, ...]
    changed: tuple[str, ...]
    doubts: tuple[str, ...]
    pages: tuple[PageOutcome, ...]
    kept: int
    broken: tuple[str, ...]
    new_layout: str | None = None
    files: Mapping[str, str] = {}
    """The changed files by their name in the site's folder."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a site: its stored pages with their records, and records without a page, by article."""

    pages: Mapping[str, tuple[Stored, Record]] = {}
    records: Mapping[str, Record] = {}

    @classmethod
    def of(cls, pages: Iterable[Stored], profile: Profile, records: Iterable[Record] = ()) -> Known:
        """Return what is known by stored pages, as far as they give a record, and by records of a crawl."""
        found: dict[str, tuple[Stored, Record]] = {}
        for page in pages:
            try:
                found[page.name] = (page, page.record(profile))
            except PortalsieveError:
                continue
        return cls(pages=found, records={record.id: record for record in records})


def repair(profile: Profile, changed: Iterable[Stored], known: Known) -> list[Repair]:
    """Return a repair for each layout of which changed pages are not read as before; [] if all are.

    `changed` are pages as the site serves them now; those over a limit are left out. Nothing is written. Layouts are
    repaired one after the other, each on top of the repairs before it that are sure.
    """
    draft = Draft.of(profile.folder)
    by_article = {record.id: (page, record) for page, record in known.pages.values()}
    old_pages = {name: Seen(page, record) for name, (page, record) in known.pages.items()}
    olds = {record.id: old_pages[page.name] for page, record in known.pages.values()}
    affected: dict[str, list[Seen]] = {}
    homeless: list[Seen] = []
    healthy: dict[str, list[Seen]] = {}
    unknown: dict[str, list[tuple[Seen, Record]]] = {}
    for page in changed:
        if refused(page) is not None:
            continue
        ident = article_id(read_url(page.url, profile), profile.site.site)
        stored = by_article.get(ident)
        before = stored[1] if stored is not None else known.records.get(ident)
        seen = Seen(page, before, olds.get(ident))
        record = seen.outcome(profile)
        wrong = seen.wrong(record)
        layout = before.layout.id if before is not None else record.layout.id if record is not None else None
        if layout not in profile.layouts:  # a record of a layout that the profile had when it was made
            layout = record.layout.id if record is not None else None
        if wrong or record is None:
            if layout is None:
                homeless.append(seen)
            else:
                affected.setdefault(layout, []).append(seen)
        elif before is None:
            unknown.setdefault(record.layout.id, []).append((seen, record))
        else:
            seen.before, seen.partial = record, True
            healthy.setdefault(record.layout.id, []).append(seen)
    for group, likely in homes(homeless, profile, old_pages.values()):
        tried = _TRIED if all(seen.before is not None for seen in group) else 1
        best = _best(group[:_COMPARED], likely[:tried], profile, draft, [*old_pages.values()])
        affected.setdefault(best, []).extend(group)
    for layout, pages in unknown.items():
        kept = [one for one in old_pages.values() if one.before is not None and one.before.layout.id == layout]
        rules = profile.layouts[layout]
        odd = [seen for seen, record in pages if doubtful(record, kept) or lost(record, kept, rules)]
        copied = without_copies(pages, kept)
        odd = [seen for seen in odd if seen not in copied]
        rest = [(seen, record) for seen, record in pages if seen not in copied and seen not in odd]
        unlike = _unlike(rest, kept, rules, used_names(draft, layout))
        affected.setdefault(layout, []).extend([*copied, *odd, *unlike])
        for seen, record in rest:
            seen.before, seen.partial = record, True
            if seen not in unlike:
                healthy.setdefault(layout, []).append(seen)
    _undo(profile, affected, healthy, old_pages.values())
    affected = {layout: pages for layout, pages in affected.items() if pages}
    for layout, found in affected.items():
        for seen in found:
            if seen.before is None:
                guess(seen, profile, profile.layouts.get(layout))
    made: list[Repair] = []
    for layout, seen_pages in sorted(affected.items(), key=lambda one: -len(one[1])):
        if layout not in profile.layouts:
            continue
        kept = [one for one in old_pages.values() if one.before is not None and one.before.layout.id == layout]
        others = [one for one in old_pages.values() if one not in kept and one.before is not None]
        mender = Mender(profile, profile.layouts[layout], draft, seen_pages, [*kept, *healthy.get(layout, [])], others)
        done, draft = _repaired(
            mender, profile, [*old_pages.values(), *(one for ones in healthy.values() for one in ones)]
        )
        if done.diff or any(not seen.partial for seen in seen_pages):
            made.append(done)
    return made


def _best(group: list[Seen], likely: Sequence[str], profile: Profile, draft: Draft, stored: Sequence[Seen]) -> str:
    """Return the layout of some whose repair leaves the least wrong on pages with a record, "" of none."""
    if len(likely) < 2:
        return next(iter(likely), "")
    left: dict[str, float] = {}
    for layout in likely:
        kept = [one for one in stored if one.before is not None and one.before.layout.id == layout]
        others = [one for one in stored if one not in kept and one.before is not None]
        mender = Mender(profile, profile.layouts[layout], draft, group, kept, others)
        _, after = _repaired(mender, profile, stored, keep=True)
        changed = after.profile(profile) if mender.load(after) is not None else None
        left[layout] = sum(seen.faults(seen.outcome(changed) if changed is not None else None) for seen in group)
        if not left[layout]:
            return layout
    return min(left, key=lambda ident: left[ident])


def _undo(
    profile: Profile, affected: dict[str, list[Seen]], healthy: dict[str, list[Seen]], stored: Iterable[Seen]
) -> None:
    """Set what pages without a text of before should say where a change can be undone; those are affected then."""
    olds = [*stored]
    for ident in {*affected, *healthy} & {*profile.layouts}:
        kept = [one for one in olds if one.before is not None and one.before.layout.id == ident]
        pages = [one for one in affected.get(ident, []) if one.before is None or one.partial or one.copies]
        pages += [one for one in healthy.get(ident, []) if one.partial]
        pages = [one for one in pages if one.old is None]
        for seen in conclude(pages, kept, profile, profile.layouts[ident]):
            if seen in healthy.get(ident, []):
                healthy[ident].remove(seen)
                affected.setdefault(ident, []).append(seen)


def _unlike(
    pages: Sequence[tuple[Seen, Record]], kept: Sequence[Seen], layout: Layout, used: Sequence[str]
) -> list[Seen]:
    """Return the pages with a record that are not like those of before all the same: names are gone, rules miss."""
    before = [one.before for one in kept if one.before is not None]
    numbers = unusual([record for _, record in pages], before, layout)
    if len(numbers) < _FEWEST or not before:
        return []
    run, records = [pages[number][0] for number in numbers], [pages[number][1] for number in numbers]
    short = len(numbers) >= ENOUGH and shortfall(records, before, layout)
    if not short and not Renaming(run, kept).aliases(used):
        return []
    for seen in run if len(run) < ENOUGH else ():
        seen.undone = True
    return run


def repaired_profile(profile: Profile, repairs: Iterable[Repair]) -> Profile:
    """Return the profile as it would be with repairs written; raises ProfileInvalid."""
    draft = Draft.of(profile.folder)
    for one in repairs:
        for name, text in one.files.items():
            draft = draft.with_file(name, TomlText(text))
    return draft.profile(profile)


def _repaired(
    mender: Mender, original: Profile, controls: Sequence[Seen], *, keep: bool = False
) -> tuple[Repair, Draft]:
    """Repair one layout; return the repair, and the draft to go on with: with `keep` also where it is not sure."""
    before = [seen.wrong(seen.outcome(original)) for seen in mender.affected]
    mend(mender)
    draft, ident = mender.draft, None
    broken = _broken(mender, draft, original, controls)
    if broken or any("record" in seen.wrong(record) for seen, record in _outcomes(mender, draft)):
        other = as_new_layout(mender, _since(mender))
        if other is not None:
            worse = _broken(mender, other[0], original, controls)
            if not worse and _faults(mender, other[0]) <= _faults(mender, draft):
                (draft, ident), broken = other, worse
    outcomes = _outcomes(mender, draft)
    after = [seen.wrong(record) for seen, record in outcomes]
    pages = tuple(
        PageOutcome(url=seen.stored.url, stored=not _is_guess(seen), before=tuple(old), after=tuple(new))
        for seen, old, new in zip(mender.affected, before, after, strict=True)
    )
    doubts = [*_doubts(mender, outcomes, pages, broken)]
    if any(seen.undone for seen in mender.affected):
        doubts.append("what the pages should say is concluded: their text of before is not stored")
    proofs = [
        (half_renamed, "a rule is changed in part"),
        (overlooked, "rules look for names that no changed page has"),
        (unshown, "no changed page shows what pages of before have"),
        (left_inside, "lines are sought in one element of the body only"),
    ]
    if any(_is_guess(seen) for seen in mender.affected):
        proofs += [(left_behind, "rules look for what no changed page has"), (nameless, "elements without a name")]
    doubts += [f"{says}: {', '.join(found[:5])}" for check, says in proofs if (found := check(mender, draft))]
    diff = draft.diff(mender.start)
    done = Repair(
        site=mender.start.site,
        layout=mender.layout.id,
        sure=bool(diff) and not doubts,
        diff=diff,
        moved=tuple(mender.moved.values()),
        changed=draft.changed,
        doubts=tuple(doubts),
        pages=pages,
        kept=len(controls) - len(broken),
        broken=tuple(broken),
        new_layout=ident,
        files={
            name: text.text
            for name, text in draft.files.items()
            if name not in mender.start.files or mender.start.files[name].text != text.text
        },
    )
    return done, draft if done.sure or keep else mender.start


def _is_guess(seen: Seen) -> bool:
    return seen.before is None or seen.guessed or seen.before.fetch.sha256 == _digest(seen)


def _digest(seen: Seen) -> str:
    return hashlib.sha256(seen.stored.body).hexdigest()


def _outcomes(mender: Mender, draft: Draft) -> list[tuple[Seen, Record | None]]:
    return [*zip(mender.affected, mender.outcomes(draft), strict=True)]


def _faults(mender: Mender, draft: Draft) -> float:
    return mender.faults([record for _, record in _outcomes(mender, draft)])


def _broken(mender: Mender, draft: Draft, original: Profile, controls: Sequence[Seen]) -> list[str]:
    """Return the stored pages whose record would not be as before."""
    profile = draft.profile(original) if mender.load(draft) is not None else None
    broken = []
    for seen in controls:
        record = seen.outcome(profile) if profile is not None else None
        if record is None or seen.before is None:
            broken.append(seen.stored.name)
        elif seen.partial:  # of a changed page only the values count: what a repair claims there may be new
            broken += [seen.stored.name] if seen.wrong(record) else []
        elif values_of(record) != values_of(seen.before):
            broken.append(seen.stored.name)
    return broken


def _doubts(
    mender: Mender, outcomes: Sequence[tuple[Seen, Record | None]], pages: Sequence[PageOutcome], broken: Sequence[str]
) -> Iterable[str]:
    """Yield the reasons why a repair is not certain."""
    if broken:
        yield f"{len(broken)} stored pages would change: {', '.join(broken[:3])}"
    left = Counter(name for page in pages for name in page.after)
    if left:
        values = ", ".join(f"{name} on {count}" for name, count in left.most_common(5))
        yield f"of {len(pages)} changed pages not right yet: {values}"
    stored = sum(page.stored for page in pages)
    found = Counter(name for seen, record in outcomes if _is_guess(seen) for name in inconsistent(mender, record))
    if found:
        names = ", ".join(f"{name} on {count}" for name, count in found.most_common(5))
        yield f"pages without a text of before are not consistent: {names}"
    for yields, says in ((unclaimed, "no rule claims text beside the body"), (unconfirmed, "the body is not certain")):
        texts = Counter(
            text for seen, record in outcomes if record is not None for text in yields(mender, seen, record)[:3]
        )
        if texts:
            yield f"{says}: {', '.join(text[:20] for text, _ in texts.most_common(3))}"
    if not stored and len(pages) < ENOUGH:
        yield f"{len(pages)} changed pages and no text of before: {ENOUGH} pages are needed"
    unproved = [record for seen, record in outcomes if _is_guess(seen) and record is not None]
    short = shortfall(unproved, [seen.before for seen in mender.kept if seen.before is not None], mender.layout)
    if short:
        yield f"pages without a text of before do not have what others have: {', '.join(short[:5])}"
    yield from mender.doubts
    for note in mender.moved.values():
        if note.why and ((note.rule.startswith("article.") and left) or (note.css and note.why == LEFT_OUT)):
            yield f"{note.rule}: {note.why}"


def _since(mender: Mender) -> date:
    """Return the day from which the changed pages are, as far as it is known."""
    times = [seen.stored.fetched_at for seen in mender.affected if seen.stored.fetched_at is not None]
    return min(times).date() if times else datetime.now(UTC).date()
