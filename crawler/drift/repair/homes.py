"""The layout that changed pages without one are repaired as: pages of one template together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ...page.urls import host
from ...profiles.load import Profile
from .align import Outline
from .cases import Seen
from .naming import overlap, paths_of

_OPEN = 0.1
"""What it counts that a layout was in use on the day of a page."""


def homes(pages: Sequence[Seen], profile: Profile, stored: Iterable[Seen]) -> list[tuple[list[Seen], list[str]]]:
    """Return pages that have no layout of the profile in groups, each with the layouts that it is like.

    Pages are of one template if their records of before name one layout, or if they are more like each other than
    like any stored page. They stay together; the layout that they are most like in sum is the first.
    """
    olds = [*stored]
    groups: list[tuple[list[Seen], dict[str, float]]] = []
    for seen in pages:
        scores = _scores(seen, profile, olds)
        group = next((one for one in groups if _is_of(seen, one[0], max(scores.values(), default=0.0))), None)
        if group is None:
            groups.append(([seen], scores))
        else:
            group[0].append(seen)
            for ident, score in scores.items():
                group[1][ident] = group[1].get(ident, 0.0) + score
    return [(members, sorted(total, key=lambda ident: -total[ident])) for members, total in groups]


def _is_of(seen: Seen, group: Sequence[Seen], best: float) -> bool:
    """Return whether a page is of the template of others; `best` is how much it is like a stored page."""
    if seen.before is not None:
        return any(one.before is not None and one.before.layout.id == seen.before.layout.id for one in group)
    return any(
        one.before is None and host(one.stored.url) == host(seen.stored.url) and _likeness(seen, one) > best
        for one in group
    )


def _scores(seen: Seen, profile: Profile, stored: Sequence[Seen]) -> dict[str, float]:
    """Return how much a page is like the stored page of each layout that it is most like.

    Names and nesting of the elements count; a page of a wholly new template succeeds the layout that its host had at
    the time.
    """
    pages = [one for one in stored if one.before is not None and one.before.layout.id in profile.layouts]
    here = [one for one in pages if host(one.stored.url) == host(seen.stored.url)] or pages
    when = seen.stored.fetched_at
    day = when.date().isoformat() if when is not None else "9999-12-31"
    found: dict[str, float] = {}
    for one in here:
        layout = profile.layouts[one.before.layout.id] if one.before is not None else None
        if layout is None:
            continue
        open_then = (layout.since or "") <= day <= (layout.until or "9999-12-31")
        score = _likeness(seen, one) + _OPEN * open_then
        found[layout.id] = max(score, found.get(layout.id, 0.0))
    return found


def _likeness(seen: Seen, other: Seen) -> float:
    (words, paths), (known, others) = _looks(seen), _looks(other)
    return overlap(words, known) + overlap(paths, others)


def _looks(seen: Seen) -> tuple[Counter[str], Counter[tuple[str, ...]]]:
    """Return the names of a page and the nesting of its elements."""
    if seen.looks is None:
        outline = Outline(seen)
        seen.looks = Counter(outline.words), paths_of(outline)
    return seen.looks
