"""What changed pages should say of which no text is stored, as far as their changes can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from ...profiles.load import Profile
from ...profiles.model import Layout
from .cases import Seen
from .guess import blocks_without, doubtful
from .undo import Sheet, undone
from .undo_boxes import BOXES
from .undo_lines import CHANGES
from .undo_places import PLACES, whole_lists

if TYPE_CHECKING:
    from .mender import Mender


def conclude(pages: Sequence[Seen], olds: Sequence[Seen], profile: Profile, layout: Layout) -> list[Seen]:
    """Set what pages should say where a change can be undone, and return those pages.

    A record that the page contradicts all the same is not what it should say.
    """
    if not pages or not olds:
        return []
    found = undone(pages, olds, profile, layout, (*BOXES, *CHANGES, *PLACES), whole_lists)
    found = {number: one for number, one in found.items() if not doubtful(one.record, olds)}
    for number, one in found.items():
        seen, record = pages[number], one.record
        if seen.copies and seen.before is not None:
            blocks = blocks_without(record, seen.copies)
            record = msgspec.structs.replace(record, blocks=blocks, headline=seen.before.headline)
        seen.before, seen.labels = record, {**seen.labels, **one.words}
        seen.undone, seen.partial, seen.guessed = True, False, False
    return [pages[number] for number in found]


def with_lists(mender: Mender) -> bool:
    """Set what lists should say that are found only now, on pages without a text of before; return whether any."""
    pages = [one for one in mender.affected if one.partial or one.undone]
    if not pages or not any(chrome.items is not None for chrome in mender.layout.chrome.values()):
        return False
    olds = [Sheet(one, mender.profile, mender.layout) for one in mender.olds]
    found = False
    for seen in pages:
        sheet = Sheet(seen, mender.profile, mender.layout)
        whole = whole_lists(sheet, sheet.record, olds) if sheet.record is not None else None
        if whole is not None and seen.before is not None and not seen.wrong(sheet.record):
            seen.before = msgspec.structs.replace(seen.before, chrome=whole.chrome)
            seen.undone, seen.partial, found = True, False, True
    return found
