"""Rules for a body in several elements, or whose paragraphs stand in an element with other things."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from .cases import BODY
from .selectors import Kept, Wanted, choose
from .toml_text import EditFailed
from .trial import Draft

if TYPE_CHECKING:
    from .mender import Mender


class Moved(msgspec.Struct, kw_only=True):
    """A rule that moved: its key, the new selector (None: not found), its other candidates, and on how many pages.

    `why` says what is in the way of a sure repair; "" for nothing.
    """

    rule: str
    css: str | None = None
    candidates: tuple[str, ...] = ()
    pages: int = 0
    why: str = ""
    by_text: bool = True


def add_parts(mender: Mender, wanted: Sequence[Wanted], note: Moved) -> bool:
    """Add a rule for the parts of a body that has no element of its own; return whether there is one.

    Where the old rule still finds some of the parts, the selector of the others is added to its own.
    """
    claimed = any(mender.bodies(one.seen) for one in wanted)
    parts = wanted
    if claimed:
        parts = [
            Wanted(one.seen, [part for part in one.targets if not part.idents & mender.bodies(one.seen)])
            for one in wanted
        ]
    found = choose(parts, [Kept(seen, frozenset()) for seen in mender.olds]) if any(p.targets for p in parts) else None
    if found is not None and claimed:
        draft = _with_more(mender, found.css)
        if draft is not None:
            note.css, note.candidates, mender.draft = found.css, found.others, draft
            return True
    found = choose(wanted, [one for one in mender.keeping(BODY) if claimed or not one.claimed])
    if found is None:
        note.why = "the paragraphs have no element of their own, and no selector is right on all pages"
        return False
    note.css, note.candidates = found.css, found.others
    try:
        mender.draft = with_body(mender, found.css, front=claimed)
    except EditFailed as error:
        note.why = str(error)
        return False
    return True


def _with_more(mender: Mender, css: str) -> Draft | None:
    """Return the mender's draft in which the body's first rule, or one in front of it, finds what `css` finds too."""
    try:
        name, path = mender.draft.place(mender.layout.id, ("article", "body", 0))
        file = mender.draft.files[name]
        old = file.get((*path, "css"))
        if old is None:
            return None
        new = f"{old}, {css}" if isinstance(old, str) else [f"{one}, {css}" for one in old]
        if file.get((*path, "every")):
            return mender.draft.with_file(name, file.replaced((*path, "css"), new), f"{BODY}[0]")
        return with_body(mender, new, front=True)
    except EditFailed:
        return None


def with_body(mender: Mender, css: str | list[str], *, front: bool = False) -> Draft:
    """Return the mender's draft with one more rule for the body, like its first, in front of or behind the others.

    Of several rules the first that finds a block is used. Raises EditFailed.
    """
    name, path = mender.draft.place(mender.layout.id, ("article", "body", 0))
    file = mender.draft.files[name]
    count = len(file.get(("article", "body")))
    values: dict[str, Any] = {"css": css, "every": True}
    values |= {key: value for key in ("headings", "images", "videos") if (value := file.get((*path, key))) is not None}
    before, after = (path, None) if front else (None, ("article", "body", count - 1))
    new = file.with_table(("article", "body"), values, before=before, after=after, many=True)
    return mender.draft.with_file(name, new, f"{BODY}[{0 if front else count}]")
