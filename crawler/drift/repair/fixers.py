"""What regions and names do not explain: text in excess, single values, pictures, the items of lists.

Each fixer proposes drafts, the most likely first; the mender keeps the first that makes records better.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from ...records.model import Record
from .bodies import with_body
from .cases import blocks_of
from .excess import excess
from .lists import item_rules
from .locate import body_targets
from .mender import Mender
from .pictures import caption_rules, picture_rules
from .renames import alternatives
from .selectors import Wanted, choose
from .values import FIELDS, Proposal, value_rules, with_value
from .variants import variants

_WRONG: Final = frozenset({"blocks", "record"})


def fix(mender: Mender) -> None:
    """Try all fixers until nothing gets better."""
    for _ in range(6):
        records = mender.outcomes(mender.draft)
        wrong = Counter(
            name for seen, record in zip(mender.affected, records, strict=True) for name in seen.wrong(record)
        )
        if not wrong:
            return
        if not any(mender.improve(proposals(mender, name, records), name) for name in wrong):
            return


def proposals(mender: Mender, name: str, records: Sequence[Record | None]) -> Iterator[Proposal]:
    """Yield changes that may make the value `name` right."""
    if name in {"headline", "blocks", "images"}:
        yield from excess(mender, name, records)
    if name in {"blocks", "images"}:
        yield from picture_rules(mender)
        yield from caption_rules(mender, records)
    if name in {"blocks", "record"}:
        yield from _unwrapped(mender, records)
    if name in FIELDS or name == "record":
        for field in [name] if name in FIELDS else ["datePublished"]:
            yield from value_rules(mender, field, records)
            for values in variants(mender, field):
                yield lambda values=values, field=field: with_value(mender, field, values, front=True)  # type: ignore[misc]
    if name.startswith("chrome."):
        yield from item_rules(mender, name.removeprefix("chrome."), records)


def _unwrapped(mender: Mender, records: Sequence[Record | None]) -> Iterator[Proposal]:
    """Yield bodies whose paragraphs stand in an element with other things: those of its children, or all it has."""
    wanted: list[Wanted] = []
    tags: Counter[str] = Counter()
    for seen, record in zip(mender.affected, records, strict=True):
        if seen.before is None or seen.before.body_from_data is not None or not _WRONG & {*seen.wrong(record)}:
            continue
        whole, _ = body_targets(seen, seen.before)
        if not whole or whole[0].nodes[0].tag in {"body", "html"}:
            continue
        wanted.append(Wanted(seen, whole))
        places = [place for place in seen.spans.ordered(blocks_of(seen.before)) if place is not None]
        for child in whole[0].nodes[0].iter():
            if child.mem_id in seen.spans.number:
                start, end = seen.spans.span(child)
                inside = any(start <= low and high <= end for low, high in places)
                tags.update([child.tag or ""] if inside or child.css_first("img") is not None else [])
    found = choose(wanted, first=True) if wanted else None
    if found is None:
        return
    for css in (found.css, *found.others[:2]):
        paragraphs = [tag for tag in ("p", "figure", "section", "blockquote", "table") if tag in tags]
        if paragraphs and max(tags, key=lambda tag: tags[tag]) in paragraphs:
            children = ", ".join(f"{way} > {tag}" for way in alternatives(css) for tag in paragraphs)
            yield lambda css=children: with_body(mender, css)  # type: ignore[misc]
        yield lambda css=css: with_body(mender, css)  # type: ignore[misc]
