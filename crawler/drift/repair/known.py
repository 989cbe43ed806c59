"""The repair of a layout by the text of before: names, regions, evidence, and what is still wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ...page.selectors import as_written
from .cases import region_of
from .embedded import rename_data
from .evidence import evidence
from .fixers import fix
from .mender import Mender
from .metas import rename_metas
from .naming import Renaming
from .projected import project
from .renames import Aliases, alternatives, last_tokens, renamed, selectors_in, tokens
from .rivals import without_rivals
from .toml_text import EditFailed
from .trial import SHARED, Draft, own_file
from .undone import with_lists


def mend(mender: Mender) -> None:
    """Change the mender's draft until the changed pages give the records of before, as far as it can."""
    renaming = Renaming(mender.affected, mender.olds)
    used = used_names(mender.draft, mender.layout.id)
    aliases = renaming.aliases(used)
    _rename(mender, aliases)
    rename_data(mender)
    rename_metas(mender)
    mender.doubts += _unseen(mender, renaming, used, aliases)
    project(mender, renaming.beside, names_gone=bool(renaming.gone - {*renaming.to}))
    mender.regions()
    mender.adopt(mender.draft)
    _rename(mender, {old: [new] for old, new in _by_regions(mender).items()})
    evidence(mender, renaming.beside)
    mender.adopt(mender.draft)
    without_rivals(mender)
    fix(mender)
    if with_lists(mender):
        fix(mender)


def _unseen(mender: Mender, renaming: Renaming, used: Sequence[str], aliases: Aliases) -> list[str]:
    """Return the doubt that more names may have changed than the changed pages show."""
    there = [token for token in used if any(seen.css(token) for seen in mender.olds)]
    stay = [token for token in there if token not in aliases and any(seen.css(token) for seen in mender.affected)]
    gone = [token for token in there if token not in aliases and token not in stay]
    unclear = [token for token in gone if token in renaming.unclear]
    if len(aliases) > len(stay):
        unclear = gone
    unclear += [token for token in aliases if token in renaming.likely]
    if not unclear:
        return []
    return [f"names changed, and nothing on the changed pages surely stands for {', '.join(unclear[:5])}"]


def used_names(draft: Draft, layout: str) -> list[str]:
    """Return the classes and ids that the selectors of a layout use."""
    files = (draft.files[name].table for name in (own_file(layout), SHARED))
    return sorted({token for table in files for _, css in selectors_in(table) for token in tokens(css)})


def _rename(mender: Mender, aliases: Aliases) -> None:
    """Add the new names to the selectors that use the old ones; a change that makes the profile invalid is left out."""
    if not aliases:
        return
    mender.renamed.update(aliases)
    changes = [*renamed(mender.draft, mender.layout.id, aliases)]
    whole = _applied(mender.draft, changes)
    if mender.adopt(whole):
        return
    for change in changes:
        draft = _applied(mender.draft, [change])
        if draft is not mender.draft:
            mender.adopt(draft)


def _applied(draft: Draft, changes: Sequence[Callable[[Draft], Draft]]) -> Draft:
    for change in changes:
        try:
            draft = change(draft)
        except EditFailed:
            continue
    return draft


def _by_regions(mender: Mender) -> dict[str, str]:
    """Return the names of the regions that were found elsewhere."""
    found: dict[str, str] = {}
    for rule, note in mender.moved.items():
        region = region_of(mender.layout, rule)
        last = last_tokens(note.css or "")
        new = last[0] if len(last) == 1 else None  # `div.name:has(> p)` names the element too
        if region is None or new is None or note.css is None:
            continue
        if any(seen.css(new) for seen in mender.olds):  # a name that was there before is of more than this
            if re.search(r"[,~+]", note.css):
                continue
            new = note.css
        ways = [region.css] if isinstance(region.css, str) else region.css or ()
        for part in (part for css in ways for part in alternatives(as_written(css))):
            own = last_tokens(part)
            if len(own) == 1 and not any(seen.css(own[0]) for seen in mender.affected):
                found.setdefault(own[0], new)
    return found
