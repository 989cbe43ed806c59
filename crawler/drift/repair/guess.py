"""Changed pages of which no text of before is stored: what they should say, by the page itself and by other pages.

The body is taken by its text, from the general reading; the headline by the page's title; other regions by
fingerprint, compared with the elements that the rules claim on unchanged pages. Text that many pages have alike is not
the article's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import msgspec
from selectolax.lexbor import LexborNode

from ...errors import PortalsieveError
from ...extract import extract
from ...page.text import collapse, squeeze
from ...profiles.load import Profile
from ...profiles.model import Layout, Value
from ...records.model import Block, Record, Role
from ..fingerprint import Element, element_of, similarity, value_of
from ..observe import RULES_OF_FLAGS, observe
from .cases import BODY, HEADLINE, Seen, blocks_of
from .spans import Target

if TYPE_CHECKING:
    from .mender import Mender

_ALIKE = 3
"""Pages that must have a text alike for it to be the site's, not an article's."""
_LIKELY, _MARGIN = 0.45, 0.06
_PRINTS, _MOST = 4, 3
_PARTS = ("source", "authors", "editors", "account", "images")
_DATED = re.compile(r"\d{4}\D{1,3}\d{1,2}\D{1,3}\d{1,2}")


def guess(seen: Seen, profile: Profile, layout: Layout | None) -> None:
    """Set what a page should say, by a reading without a profile; nothing where that finds no article.

    What rules of the layout beside the body still claim is not the body's.
    """
    page = seen.stored
    try:
        read = extract(page.body, page.url, headers=page.headers, fetched_at=page.fetched_at, profiles=[], general=True)
    except PortalsieveError:
        return
    if not read.headline or not read.blocks or squeeze(read.headline) not in squeeze(read.title or ""):
        return
    claimed = _claimed_beside(seen, profile, layout) if layout is not None else set()
    blocks = blocks_without(read, claimed)
    if 2 * sum(map(len, blocks_of(msgspec.structs.replace(read, blocks=blocks)))) > sum(map(len, blocks_of(read))):
        read = msgspec.structs.replace(read, blocks=blocks)
    seen.before, seen.guessed = read, True


def _claimed_beside(seen: Seen, profile: Profile, layout: Layout) -> set[str]:
    """Return the texts (squeezed) of the regions that a layout's rules claim beside headline and body."""
    try:
        pieces = seen.pieces(profile, layout)
    except PortalsieveError:
        return set()
    found = {squeeze(one.text) for rule, ones in pieces.items() if rule not in {HEADLINE, BODY} for one in ones}
    return found - {""}


def doubtful(record: Record, kept: Sequence[Seen]) -> list[str]:
    """Return a record's doubts about values, by their flags, that no unchanged page of its layout has."""
    usual = {flag for seen in kept if seen.before is not None for flag in seen.before.flags}
    return [flag.value for flag in record.flags if flag in RULES_OF_FLAGS and flag not in usual]


def without_copies(pages: Sequence[tuple[Seen, Record]], kept: Sequence[Seen]) -> list[Seen]:
    """Return the pages whose body or headline has text that is not the article's, with the record they should give.

    Blocks that several pages have alike, and unchanged pages do not, are not the article's; nor are those that
    unchanged pages have beside the article, nor what a headline has beside the words of the page's title.
    """
    counts = Counter(text for _, record in pages for text in {*blocks_of(record)})
    usual = {text for seen in kept if seen.before is not None for text in blocks_of(seen.before)}
    enough = min(_ALIKE, max(_ALIKE - 1, len(pages)))
    alike = {text for text, count in counts.items() if count >= enough and text not in usual and len(text) > 3}
    alike |= _beside_of(kept) - usual
    titled = bool(kept) and all(_in_title(one.before) for one in kept if one.before is not None)
    found = []
    for seen, record in pages:
        blocks = blocks_without(record, alike)
        headline = _titled(seen, record, elsewhere=titled)
        if (len(blocks) == len(record.blocks) and headline == record.headline) or not blocks:
            continue
        seen.before = msgspec.structs.replace(record, blocks=blocks, headline=headline)
        seen.copies = frozenset(alike)
        seen.undone = len(pages) < _ALIKE
        found.append(seen)
    return found


def blocks_without(record: Record, texts: Collection[str]) -> tuple[Block, ...]:
    """Return the blocks of a record without those that have one of some texts (squeezed)."""
    return tuple(one for one in record.blocks if squeeze(one.text or one.caption or "") not in texts)


def _beside_of(kept: Sequence[Seen]) -> set[str]:
    """Return the texts (squeezed) that unchanged pages have beside the article, of lists and hidden ones not."""
    return {
        text
        for seen in kept
        if seen.before is not None
        for entry in seen.before.chrome
        if entry.items is None and entry.role not in {Role.UNKNOWN, Role.HIDDEN}
        if len(text := squeeze(entry.text or "")) >= _LEAST
    }


_LEAST = 8
"""Characters of a text beside the article that is not likely to be one of another article's own."""


def _in_title(record: Record) -> bool:
    return squeeze(record.headline or "") in squeeze(record.title or "")


def _titled(seen: Seen, record: Record, *, elsewhere: bool) -> str | None:
    """Return the part of a headline that the page's title begins with, the headline where that is all or little.

    Of a headline that has nothing of the title, the text of an element `elsewhere` that the title begins with.
    """
    headline, title = record.headline or "", record.title or ""
    if _in_title(record):
        return record.headline
    same = SequenceMatcher(None, headline, title, autojunk=False).find_longest_match()
    part = headline[same.a : same.a + same.size].strip()
    if same.b <= 1 and len(part) >= 6 and 0.6 * len(headline) <= len(part) and part[-1] not in "_-|":
        return part
    return (_with_title(seen, squeeze(title)) if elsewhere and same.size < _LEAST // 2 else None) or record.headline


def _with_title(seen: Seen, title: str) -> str | None:
    """Return the longest text of an element that a title (squeezed) begins with, before a sign or its end."""
    spans = seen.spans
    best: LexborNode | None = None
    longest = _LEAST - 1
    for number, node in enumerate(spans.nodes):
        length = spans.ends[number] - spans.starts[number]
        text = spans.text[spans.starts[number] : spans.ends[number]]
        if length > longest and title.startswith(text) and not title[length : length + 1].isalnum():
            best, longest = node, length
    return collapse(best.text()) if best is not None else None


def by_print(mender: Mender, seen: Seen, rule: str, taken: set[int]) -> list[Target]:
    """Return the elements most like those that a rule claims on unchanged pages, [] without a clear one for each."""
    found: list[Target] = []
    for prints, texts in _prints(mender, rule):
        target = _likeliest(seen, prints, texts, taken)
        if target is None or any(target.start < one.end and one.start < target.end for one in found):
            return []
        found.append(target)
    return found


def _likeliest(seen: Seen, prints: Sequence[Element], texts: Sequence[str], taken: set[int]) -> Target | None:
    lengths = [len(text) for text in texts]
    label = squeeze(value_of(texts).prefix)
    dated = all(_DATED.search(text) for text in texts)
    spans = seen.spans
    total = len(spans.text)
    scored: list[tuple[float, Target]] = []
    for number, node in enumerate(spans.nodes):
        length = spans.ends[number] - spans.starts[number]
        if not min(lengths) / 3 <= length <= 3 * max(lengths) + 10 or node.mem_id in taken or node.tag == "body":
            continue
        text = spans.text[spans.starts[number] : spans.ends[number]]
        likeness = max(similarity(element_of(node, total), one) for one in prints)
        likeness += 0.25 * (bool(label) and text.startswith(label))
        likeness += 0.2 * dated * (1 if _DATED.search(text) else -1)
        scored.append((likeness, Target([node], spans.starts[number], spans.ends[number])))
    scored.sort(key=lambda one: -one[0])
    if not scored or scored[0][0] < _LIKELY:
        return None
    best = scored[0][1]
    rival = next((score for score, one in scored[1:] if one.end <= best.start or one.start >= best.end), 0.0)
    return best if scored[0][0] - rival >= _MARGIN else None


def _prints(mender: Mender, rule: str) -> list[tuple[list[Element], list[str]]]:
    """Return fingerprints and texts of what a rule claims, for its first, second, … element of a page."""
    pages = [[one for one in mender.pieces(seen).get(rule, []) if squeeze(one.text)] for seen in mender.kept]
    count = Counter(len(pieces) for pieces in pages if pieces).most_common(1)
    if not count or count[0][0] > _MOST:
        return []
    found: list[tuple[list[Element], list[str]]] = [([], []) for _ in range(count[0][0])]
    for seen, pieces in zip(mender.kept, pages, strict=True):
        if len(pieces) != len(found):
            continue
        for (prints, texts), piece in zip(found, pieces, strict=True):
            texts.append(squeeze(piece.text))
            if len(prints) < _PRINTS:
                prints.append(element_of(piece.node, len(seen.spans.text)))
    return found


def lost(record: Record, kept: Sequence[Seen], layout: Layout) -> list[str]:
    """Return the rules that unchanged pages always hit and this page does not; [] with few unchanged pages.

    A rule inside a region counts only on pages with the region: a page need not have an original headline, but one
    that has its line must give it.
    """
    seen = [observe(one.before, layout) for one in kept if one.before is not None]
    if len(seen) < _ALIKE:
        return []
    now = observe(record, layout)
    regions = {rule for rule in set.intersection(*(set(one.hits) for one in seen)) if needed(layout, rule)}
    inside = {
        rule
        for rule, within in _fields(layout)
        if rule not in now.hits
        for region in within & set(now.hits)
        if _always(rule, region, [set(one.hits) for one in seen])
    }
    return sorted((regions - set(now.hits)) | inside)


def _always(rule: str, region: str, hits: Sequence[set[str]]) -> bool:
    """Return whether unchanged pages that have a region always give a field that is read inside it."""
    having = [one for one in hits if region in one]
    return len(having) > 1 and all(rule in one for one in having)


def _fields(layout: Layout) -> Iterator[tuple[str, set[str]]]:
    """Yield the rules of the fields, each with the keys of the regions that it is read inside."""
    fields = layout.fields
    for name, label in zip(fields.__struct_fields__, fields.__struct_encode_fields__, strict=True):
        within = _inside(getattr(fields, name))
        yield f"fields.{label}", {f"article.info.{one}" for one in within} | {f"chrome.{one}" for one in within}


def needed(layout: Layout, rule: str) -> bool:
    """Return whether a region is needed: it is a line of the article, has items, or a field is read inside it."""
    name = rule.rpartition(".")[2]
    if rule.startswith("article.info."):
        return True
    chrome = layout.chrome.get(name) if rule.count(".") == 1 else None
    return chrome is not None and (chrome.items is not None or name in _inside(layout.fields))


def _inside(table: object) -> set[str]:
    if isinstance(table, Value):
        return {table.within} if table.within else set()
    if isinstance(table, tuple):
        return {name for one in table for name in _inside(one)}
    if isinstance(table, msgspec.Struct):
        return {name for field in table.__struct_fields__ for name in _inside(getattr(table, field))}
    return set()


def inconsistent(mender: Mender, record: Record | None) -> list[str]:
    """Return what is in the way of a repair being sure on a page of which no text of before is stored."""
    if record is None:
        return ["record"]
    usual = [one.before for one in mender.kept if one.before is not None]
    found = []
    if squeeze(record.headline or "") not in squeeze(record.title or ""):
        found.append("headline")
    found += [
        name for name in _PARTS if usual and all(getattr(one, name) for one in usual) and not getattr(record, name)
    ]
    found += doubtful(record, mender.kept)
    found += lost(record, mender.kept, mender.layout)
    most = max((one.coverage.unknown / max(1, one.coverage.total) for one in usual), default=1.0)
    if record.coverage.unknown > (most + 0.05) * record.coverage.total:
        found.append("unknown text")
    return found
