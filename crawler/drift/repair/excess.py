"""Text inside headline or body that is not the article's: promotions, badges, an element like the body's before it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ...page.text import collapse, squeeze
from ...profiles.toml import KeyPath
from ...records.model import Record, Role
from .cases import BODY, HEADLINE, Matching, Seen, blocks_of
from .mender import Mender
from .renames import tokens
from .selectors import Kept, Wanted, choose
from .spans import Target
from .trial import Draft, own_file
from .values import Proposal

_NAME = "repaired"
_LONGEST = 60
"""Characters of a text in a pattern."""
_PAGES = 2
"""Pages that must have a text alike."""
_TEXTS = 4
"""Different texts that may be in a pattern."""


def excess(mender: Mender, name: str, records: Sequence[Record | None]) -> Iterator[Proposal]:
    """Yield rules for elements inside headline or body whose text is not the article's.

    An element with a name of its own, or in one with a name that no page of before has, is claimed by that. Another is
    claimed only by its text, if that is the same on all pages: a selector such as `.body > p` would claim paragraphs
    of the next article.
    """
    wanted: list[Wanted] = []
    for seen, record in zip(mender.affected, records, strict=True):
        if record is None or seen.before is None or seen.guessed:
            continue
        if name == "headline":
            targets = _beside(seen, mender, squeeze(seen.before.headline or ""))
        else:
            known = Counter(blocks_of(seen.before))
            extra = Counter(blocks_of(record)) - known
            targets = _elements(seen, mender, extra, known)
        if targets:
            wanted.append(Wanted(seen, targets))
    if not wanted:
        return
    texts = [one.seen.spans.text[target.start : target.end] for one in wanted for target in one.targets]
    role = str(_role(mender, texts, name))
    found = choose(wanted, [Kept(seen, frozenset()) for seen in mender.olds])
    for css in (found.css, *found.others) if found is not None else ():
        if not _is_anonymous(css) or any(not any(seen.css(name) for seen in mender.olds) for name in tokens(css)):
            yield lambda css=css: _with_chrome(mender, {"role": role, "css": css})  # type: ignore[misc]
    where = _pattern(wanted)
    if where is None:
        return
    wanted = [Wanted(Matching(one.seen, where), one.targets) for one in wanted]
    found = choose(wanted, [Kept(Matching(seen, where), frozenset()) for seen in mender.olds])
    for css in (found.css, *found.others) if found is not None else ():
        yield lambda css=css: _with_chrome(mender, {"role": role, "css": css, "where": where})  # type: ignore[misc]


def _is_anonymous(css: str) -> bool:
    """Return whether a part of a selector ends in an element that any paragraph may be."""
    bare = re.sub(r":not\([^)]*\)", "", css)
    return any(re.split(r"[ >+~]+", part.strip())[-1].isalnum() and "+" not in part for part in bare.split(","))


def _pattern(wanted: Sequence[Wanted]) -> str | None:
    """Return a pattern for the texts of elements that are the same on all pages; None if they are not.

    What one page has, or what has a value of the article in it, is not known to be on the next.
    """
    pages = [
        tuple(dict.fromkeys(collapse(target.nodes[0].text(separator=" "))[:_LONGEST] for target in one.targets))
        for one in wanted
    ]
    if len(pages) < _PAGES or len({*pages}) != 1 or len(pages[0]) > _TEXTS:
        return None
    values = {value for one in wanted for value in _values(one.seen)}
    if any(value in text for value in values for text in pages[0]):
        return None
    return f"^(?:{'|'.join(map(re.escape, pages[0]))})" if len(pages[0]) > 1 else f"^{re.escape(pages[0][0])}"


def _values(seen: Seen) -> Iterator[str]:
    """Yield the short values that a page's record had."""
    before = seen.before
    if before is not None:
        yield from (author.name for author in before.authors)
        yield from before.editors
        yield from (value for value in (before.date_published_raw, before.headline) if value)
        if before.source is not None:
            yield before.source.name


def _with_chrome(mender: Mender, values: dict[str, Any]) -> Draft:
    number = 1
    while f"{_NAME}{number}" in mender.layout.chrome:
        number += 1
    name = f"{_NAME}{number}"
    file = own_file(mender.layout.id)
    text = mender.draft.files[file]
    last = list(text.get(("chrome",)) or [])
    after: KeyPath | None = None
    if last:
        after = ("chrome", last[-1])
    elif text.get(("article",)):
        after = ("article",)
    return mender.draft.with_file(file, text.with_table(("chrome", name), values, after=after), f"chrome.{name}")


def _role(mender: Mender, texts: Iterable[str], name: str) -> Role:
    """Return the role of text in excess: that of the same text before, else by what it says."""
    known = {
        squeeze(entry.text or ""): entry.role
        for seen in mender.affected
        if seen.before is not None
        for entry in seen.before.chrome
    }
    for text in texts:
        if text in known and known[text] not in {Role.UNKNOWN, Role.HIDDEN}:
            return known[text]
        if re.search(r"客户端|APP|扫码|下载", text, re.IGNORECASE):
            return Role.APP
        if re.search(r"声明|不代表|仅供参考|版权", text):
            return Role.DISCLAIMER
    return Role.TAGS if name == "headline" else Role.AD


def _beside(seen: Seen, mender: Mender, headline: str) -> list[Target]:
    """Return the elements inside the headline's whose text is not the headline's."""
    claimed = mender.pieces(seen).get(HEADLINE, [])
    if not claimed or claimed[0].node.mem_id not in seen.spans.number:
        return []
    start, end = seen.spans.span(claimed[0].node)
    at = seen.spans.text.find(headline, start, end)
    if at < 0:
        return []
    around = [(start, at), (at + len(headline), end)]
    nodes = [node for low, high in around for node in seen.spans.outermost(low, high)]
    return [seen.spans.target_of(node) for node in nodes]


def _elements(seen: Seen, mender: Mender, extra: Counter[str], known: Counter[str]) -> list[Target]:
    """Return the elements inside the body that have the texts in excess, and none of the article's."""
    bodies = [piece.node for piece in mender.pieces(seen).get(BODY, []) if piece.node.mem_id in seen.spans.number]
    found: list[Target] = []
    for text, count in extra.items():
        if not text or text in known:
            return []
        inside = [
            target
            for target in seen.spans.exact(text)
            if any(low <= target.start and target.end <= high for low, high in map(seen.spans.span, bodies))
        ]
        if len(inside) != count:
            return []
        found += inside
    return found
