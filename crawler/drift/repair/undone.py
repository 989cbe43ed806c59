"""What changed pages should say of which no text is stored, as far as their changes can be undone."""

from __future__ import annotations

from collections.abc import Sequence

from ...profiles.load import Profile
from ...profiles.model import Layout
from .cases import Seen
from .undo import undone
from .undo_lines import CHANGES
from .undo_places import PLACES, whole_lists


def conclude(pages: Sequence[Seen], olds: Sequence[Seen], profile: Profile, layout: Layout) -> list[Seen]:
    """Set what pages should say where a change can be undone, and return those pages."""
    if not pages or not olds:
        return []
    found = undone(pages, olds, profile, layout, (*CHANGES, *PLACES), whole_lists)
    for number, one in found.items():
        seen = pages[number]
        seen.before, seen.labels = one.record, {**seen.labels, **one.words}
        seen.undone, seen.partial, seen.guessed = True, False, False
    return [pages[number] for number in found]
