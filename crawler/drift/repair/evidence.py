"""The evidence of a layout on changed pages: landmarks that are gone, with what stands in their places now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...page.dom import Page
from ...page.selectors import as_written
from ...profiles.match import choose_layout, weigh
from .align import Beside
from .cases import BODY, HEADLINE, Seen, idents
from .mender import Mender
from .renames import alternatives
from .selectors import Kept, Wanted, choose
from .spans import Target
from .toml_text import EditFailed
from .trial import Draft

_TRIED = 8


def evidence(mender: Mender, beside: Sequence[Beside]) -> None:
    """Add what the changed pages have to the evidence until they are recognised."""
    best = _recognised(mender, mender.draft)
    if best[0] == len(mender.affected):
        return
    used: set[str] = set()
    draft = mender.draft
    for number, landmark in enumerate(mender.layout.evidence):
        if landmark.css is None or landmark.absent:
            continue
        pages = [seen for seen in mender.affected if not seen.css(as_written(landmark.css))]
        if not any(not _has(mender, seen, landmark.css) for seen in pages):
            continue
        for css in _replacements(mender, landmark.css, beside, pages, used):
            if not any(seen.css(css) for seen in pages):
                continue
            try:
                tried = draft.with_css(mender.layout.id, ("evidence", number), css, front=False, union=True)
            except EditFailed:
                continue
            if mender.load(tried) is None:
                continue
            used.add(css)
            draft = tried
            count = _recognised(mender, draft)
            if count > best:
                mender.draft, best = draft, count
            pages = [seen for seen in pages if not seen.css(css)]
            if not pages:
                break
        if best[0] == len(mender.affected):
            break


def _replacements(
    mender: Mender, css: str, beside: Sequence[Beside], pages: Sequence[Seen], used: set[str]
) -> Iterator[str]:
    """Yield selectors of what stands in a landmark's place, then of other things of the article on `pages`.

    Those first that no page of another layout has, of these those that most pages have.
    """
    found = [*_of_the_rule(mender, css), *_in_its_place(mender, css, beside)]
    for rule in (HEADLINE, BODY, *(f"article.info.{name}" for name in mender.layout.article.info)):
        note = mender.moved.get(rule)
        found += [note.css] if note is not None and note.css else []
    found += [one for one in _of_the_article(mender) if any(seen.css(one) for seen in pages)]
    known = {way for mark in mender.layout.evidence if mark.css for way in alternatives(as_written(mark.css))}
    new = [one for one in dict.fromkeys(found) if one not in used and one not in known]
    yield from sorted(
        new,
        key=lambda one: (any(seen.css(one) for seen in mender.others), -sum(bool(seen.css(one)) for seen in pages)),
    )[:_TRIED]


def _of_the_article(mender: Mender) -> Iterator[str]:
    """Yield the selectors of the article's rules that no page of another layout has, each by itself."""
    article = mender.layout.article
    for region in (article.headline, *article.body, *article.info.values()):
        css = region.css if region is not None else None
        for one in [css] if isinstance(css, str) else css or ():
            for way in alternatives(as_written(one)):
                if not any(seen.css(way) for seen in mender.others):
                    yield way


def _has(mender: Mender, seen: Seen, css: str) -> bool:
    page = seen.page
    page.index(mender.profile.interest)
    return page.has(css)


def _of_the_rule(mender: Mender, css: str) -> Iterator[str]:
    """Yield the new selector of the rule whose element a landmark is, by the pages that stay as they are."""
    for seen in mender.kept[:4]:
        page = seen.page
        page.index(mender.profile.interest)
        found = idents(page.select(css))
        for rule, note in mender.moved.items():
            if note.css and found & idents([piece.node for piece in mender.pieces(seen).get(rule, [])]):
                yield note.css


def _in_its_place(mender: Mender, css: str, beside: Sequence[Beside]) -> Iterator[str]:
    """Yield selectors of the elements that are on the changed pages where a landmark was, by pages side by side."""
    wanted: dict[int, Wanted] = {}
    for one in beside:
        nodes = one.old.css(as_written(css))
        new = one.alignment.by_ident.get(nodes[0].mem_id) if nodes else None
        if new is not None:
            wanted.setdefault(id(one.new), Wanted(one.new, [Target([new.node], 0, 0)]))
    if not wanted:
        return
    kept = [Kept(seen, frozenset(idents(seen.css(as_written(css))))) for seen in mender.olds]
    found = choose([*wanted.values()], [*kept, *(Kept(seen, frozenset()) for seen in mender.others)], first=True)
    found = found or choose([*wanted.values()], kept, first=True)
    if found is not None:
        yield from (found.css, *found.others)


def _recognised(mender: Mender, draft: Draft) -> tuple[int, int]:
    """Return on how many of the changed pages the layout is recognised, and on how many if it were the only one."""
    profile = mender.load(draft)
    if profile is None:
        return 0, 0
    count = alone = 0
    layout = profile.layouts[mender.layout.id]
    for seen in mender.affected:
        page = Page(seen.page.text, seen.stored.url)
        page.index(profile.interest)
        choice = choose_layout(page, profile)
        count += choice.layout is layout
        marks = weigh(page, profile, layout)
        held = sum(mark.weight for mark, holds in marks if holds)
        alone += held >= layout.threshold * sum(mark.weight for mark, _ in marks)
    return count, alone
