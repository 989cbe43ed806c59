"""Joins the records of an article's pages into one record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ..page.text import line_size
from ..records.model import Doubt, Flag, Pages, Provenance, Record
from .copies import content_hash

_FILLED = ("authors", "editors", "source", "location", "date_modified")
"""Fields that a later page may provide: the editor is named at the end of the last page."""


def join(pages: Mapping[int, Record]) -> Record:
    """Return the record of an article from the records of its `pages` by number (from 1), as returned by `extract`.

    Blocks and their views are those of all pages in reading order; everything else (URL, chrome, layout, fetch) is that
    of the earliest page, apart from bylines that only a later page has. `coverage` counts the earliest page and the
    blocks of the others. `pages_missing` stays where the total says that a page is not among them. Not validated: call
    `crawler.records.validate.validate`.

    Raises ValueError without a page.
    """
    ordered = [pages[number] for number in sorted(pages)]
    if not ordered:
        raise ValueError("no record to join")
    first, *others = ordered
    if not others:
        return first
    blocks = tuple(block for record in ordered for block in record.blocks)
    texts = [text for block in blocks for text in (block.text, block.caption) if text]
    images = tuple(image for record in ordered for image in record.images)
    urls = tuple(record.url for record in ordered if record.url is not None)
    total = max(*pages, *(record.pages.total for record in ordered if record.pages is not None))
    missing = set(range(1, total + 1)) - set(pages)
    added = 0
    for record in others:
        if record.body_from_data is None:
            added += sum(line_size(text) for block in record.blocks for text in (block.text, block.caption) if text)
    flags = {flag for record in ordered for flag in record.flags} - (set() if missing else {Flag.PAGES_MISSING})
    if any(Flag.BODY_SHORT not in record.flags for record in ordered):
        flags.discard(Flag.BODY_SHORT)
    filled, provenance = _filled(first, others)
    return msgspec.structs.replace(
        first,
        **filled,
        blocks=blocks,
        article_body="\n\n".join(texts),
        article_body_html="\n".join(record.article_body_html for record in ordered if record.article_body_html),
        images=images,
        main_image=first.main_image or (images[0] if images else None),
        pages=Pages(min(pages), total, urls),
        coverage=msgspec.structs.replace(
            first.coverage, total=first.coverage.total + added, article=first.coverage.article + added
        ),
        provenance=provenance,
        content_hash=content_hash(first.headline, blocks),
        flags=tuple(sorted(flags)),
        doubts=_doubts(ordered, missing=bool(missing)),
    )


def _filled(first: Record, others: Sequence[Record]) -> tuple[dict[str, object], dict[str, Provenance]]:
    """Return the fields that only a later page has, and the provenance of all fields."""
    filled: dict[str, object] = {}
    provenance = dict(first.provenance)
    names = dict(zip(Record.__struct_fields__, Record.__struct_encode_fields__, strict=True))
    for field in _FILLED:
        if getattr(first, field):
            continue
        giver = next((record for record in others if getattr(record, field)), None)
        if giver is not None:
            filled[field] = getattr(giver, field)
            key = names[field]
            provenance |= {k: v for k, v in giver.provenance.items() if k == key or k.startswith(f"{key}.")}
    return filled, dict(sorted(provenance.items()))


def _doubts(records: Sequence[Record], *, missing: bool) -> tuple[Doubt, ...]:
    """Return the doubts of all pages; places on later pages are given by the page's entry in `pages.urls`."""
    found: dict[Doubt, None] = {}
    for at, record in enumerate(records):
        for doubt in record.doubts:
            if doubt.flag is Flag.PAGES_MISSING and not missing:
                continue
            where = doubt.where if at == 0 else f"/pages/urls/{at}"
            found[Doubt(doubt.flag, where, doubt.values)] = None
    return tuple(sorted(found, key=lambda doubt: doubt.flag))
