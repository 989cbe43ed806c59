"""Other layouts that changed pages are taken for, as what a page of theirs must not have is not there any more."""

from __future__ import annotations

from collections.abc import Iterator

from ...page.selectors import as_written
from ...profiles.model import Region
from .cases import BODY, region_of
from .mender import Mender
from .renames import alternatives
from .toml_text import EditFailed


def without_rivals(mender: Mender) -> None:
    """Add to the evidence of other layouts, of what a page must not have, what changed pages have in its place now."""
    taken = {
        record.layout.id
        for record in mender.outcomes(mender.draft)
        if record is not None and record.layout.id != mender.layout.id
    }
    for rival in sorted(taken):
        for number, landmark in enumerate(mender.profile.layouts[rival].evidence):
            if landmark.css is None or not landmark.absent:
                continue
            path, before = ("evidence", number), mender.faults(mender.outcomes(mender.draft))
            pages = [*mender.affected]
            for css in _in_its_place(mender, landmark.css):
                if not any(seen.css(css) for seen in pages):
                    continue
                try:
                    draft = mender.draft.with_css(rival, path, css, front=False, union=True)
                except EditFailed:
                    continue
                faults = mender.faults(mender.outcomes(draft)) if mender.load(draft) is not None else before
                if faults < before and mender.adopt(draft):
                    before, pages = faults, [seen for seen in pages if not seen.css(css)]


def _in_its_place(mender: Mender, css: str) -> Iterator[str]:
    """Yield what the layout has on changed pages and on none of other layouts, if a selector finds nothing there.

    First what all of them have; of these, and of others, first what its evidence or a region has beside that selector,
    then what its body has.
    """
    written = as_written(css)
    if any(seen.css(written) for seen in mender.affected) or not any(seen.css(written) for seen in mender.olds):
        return
    known, body = {*alternatives(written)}, region_of(mender.layout, BODY)
    groups = [alternatives(as_written(mark.css)) for mark in mender.layout.evidence if mark.css and not mark.absent]
    groups += [[*_ways(region_of(mender.layout, rule)), note.css or ""] for rule, note in mender.moved.items()]
    near = [way for group in groups if known & {*group} for way in group]
    ways = [way for way in dict.fromkeys([*near, *_ways(body)]) if way and way not in known]
    own = [way for way in ways if not any(seen.css(way) for seen in mender.others)]
    yield from sorted(own, key=lambda way: not all(seen.css(way) for seen in mender.affected))


def _ways(region: Region | None) -> list[str]:
    """Return the selectors of a region, each by itself."""
    css = region.css if region is not None else None
    return [way for one in ([css] if isinstance(css, str) else css or ()) for way in alternatives(as_written(one))]
