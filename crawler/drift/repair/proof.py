"""Whether a repair may be sure: text that no rule claims, lines that nothing confirms, names that rules still use."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from ...page.text import squeeze
from ...profiles.toml import KeyPath
from ...records.model import Record, Role
from .cases import BODY, Seen, blocks_of
from .mender import Mender
from .renames import alternatives, last_tokens, selectors_in, tokens
from .trial import SHARED, Draft, own_file

_ATTRIBUTE = re.compile(r"\[(?:class|id)[*^$]=[^\]]*\]")
_TEMPLATE = 3
"""Changed names from which on a template's names are other ones."""
_LINE = 4
"""Characters from which on a text without a rule counts."""


def unclaimed(mender: Mender, seen: Seen, record: Record) -> list[str]:
    """Return texts next to the body that no rule claims, and that were not there before.

    Of a page whose text is not known, those count that are more than any page of before has there.
    """
    found = [text for text in _beside(mender, seen, record) if text not in _known(seen)]
    if seen.before is not None and not seen.guessed and not seen.partial:
        return found
    usual = {text for one in mender.olds if one.before is not None for text in _beside(mender, one, one.before)}
    most = max((len(_beside(mender, one, one.before)) for one in mender.olds if one.before is not None), default=0)
    new = [text for text in found if text not in usual]
    return new if len(new) > most else []


def unconfirmed(_mender: Mender, seen: Seen, record: Record) -> list[str]:
    """Return lines of a body that the reading without a profile does not have in its own, and lines that it alone has.

    Only of pages whose text is not known. What another rule of the profile claims is not the body's.
    """
    read = seen.before
    if not seen.guessed or read is None:
        return []
    own, other = blocks_of(record), blocks_of(read)
    texts, read_texts = "".join(own), "".join(other)
    claimed = "\0".join(
        [squeeze(line.text) for line in record.info]
        + [squeeze(one.text or "") for one in record.chrome if one.role is not Role.UNKNOWN]
    )
    found = [text for text in own if text not in read_texts and len(text) >= _LINE]
    return found + [text for text in other if text not in texts and text not in claimed and len(text) >= _LINE]


def left_behind(mender: Mender, draft: Draft) -> list[str]:
    """Return names in selectors that the repair left as they are, though they are changed: no changed page has them.

    With fewer changed pages than it takes to see each name, one that only some pages of before have does not count.
    """
    before = dict(_selectors(mender, mender.start))
    same = {css for key, css in _selectors(mender, draft) if before.get(key) == css}
    found = []
    for token in sorted({token for css in same for token in tokens(css)}):
        count = sum(bool(seen.css(token)) for seen in mender.olds)
        usual = count and len(mender.affected) * count >= 2 * len(mender.olds)
        gone = not any(seen.css(token) for seen in mender.affected)
        if token in mender.renamed or (gone and (usual or count == len(mender.olds))):
            found.append(token)
    return found


def half_renamed(mender: Mender, draft: Draft) -> list[str]:
    """Return selectors of which the repair writes some parts anew with other names, others not.

    Of `.a p, .a span` the changed pages may show one in `.b` only; a page with the other one would be read wrong.
    """
    before = dict(_selectors(mender, mender.start))
    found = []
    for key, css in _selectors(mender, draft):
        old = alternatives(before.get(key, ""))
        new = [one for one in alternatives(css) if one not in old]
        known = {token for one in old for token in tokens(one)}
        written = {token for one in new for token in tokens(one)} - known
        shared = max((sum(token in tokens(one) for one in old) for token in known), default=0)
        if written and len(new) < shared:
            found.append(css)
    return found


def unshown(mender: Mender, draft: Draft) -> list[str]:
    """Return the alternatives of changed rules of the article that pages of before need and no changed page shows.

    How the changed site writes such a page is not known: the alternative may have been changed as well. One that the
    repair adds stands for the usual one of before.
    """
    before, after = (_alternatives_of(mender, one) for one in (mender.start, draft))
    found = []
    for key, now in after.items():
        old = before.get(key, [])
        if len(old) < 2 or now == old:
            continue
        needed = Counter(number for seen in mender.olds if (number := _first(seen, old)) is not None)
        if len(needed) < 2:
            continue
        usual = needed.most_common(1)[0][0]
        places = [
            next((n for n, css in enumerate(old) if one == css or one.startswith(f"{css},")), usual) for one in now
        ]
        shown = {places[number] for seen in mender.affected if (number := _first(seen, now)) is not None}
        found += [old[number] for number in sorted({*needed} - shown)]
    return found


def overlooked(mender: Mender, draft: Draft) -> list[str]:
    """Return names that the article's rules still look for, though no changed page has them, where many are renamed.

    One of a few changed names says nothing of the others; where the whole template has other names, one that the
    changed pages do not happen to show is changed as well.
    """
    if len(mender.renamed) < _TEMPLATE:
        return []
    names = dict.fromkeys(
        name
        for (file, path), css in _selectors(mender, draft)
        if file != SHARED and path[0] == "article"
        for name in [*tokens(css), *_ATTRIBUTE.findall(css)]
        if name not in mender.renamed
    )
    return [
        name
        for name in names
        if any(seen.css(name) for seen in mender.olds) and not any(seen.css(name) for seen in mender.affected)
    ]


def left_inside(mender: Mender, draft: Draft) -> list[str]:
    """Return the lines that are sought in the old body only, though the repair adds a second element to it.

    Pages of before have such a line, and one that stands in the added element would be read as a paragraph.
    """
    before, after = dict(_selectors(mender, mender.start)), dict(_selectors(mender, draft))
    bodies = [key for key in before if key[1][:2] == ("article", "body") and key[1][3:4] == ("css",) and key in after]
    old = {token for key in bodies for token in tokens(before[key])}
    new = {token for key in bodies for one in alternatives(after[key]) for token in last_tokens(one)} - old
    if not new or not any(seen.css(token) for seen in mender.affected for token in old):
        return []
    lines: dict[str, set[str]] = {}
    for (_, path), css in after.items():
        if path[:2] == ("article", "info"):
            lines.setdefault(str(path[2]), set()).update(tokens(css))
    return [
        name
        for name, used in lines.items()
        if used & old and not used & new and any(mender.pieces(one).get(f"article.info.{name}") for one in mender.olds)
    ]


def _alternatives_of(mender: Mender, draft: Draft) -> dict[tuple[str, KeyPath], list[str]]:
    """Return the selectors of the article's rules that have several, in their order."""
    found: dict[tuple[str, KeyPath], list[str]] = {}
    for (name, path), css in _selectors(mender, draft):
        if path[0] == "article" and isinstance(path[-1], int):
            found.setdefault((name, path[:-1]), []).append(css)
    return found


def _first(seen: Seen, selectors: list[str]) -> int | None:
    return next((number for number, css in enumerate(selectors) if seen.css(css)), None)


def nameless(mender: Mender, draft: Draft) -> list[str]:
    """Return the selectors that a repair adds for elements without a name of their own: others may be like them."""
    before = dict(_selectors(mender, mender.start))
    found = []
    for key, css in _selectors(mender, draft):
        known = {_last(one) for one in alternatives(before.get(key, ""))}  # with another name around it, it is no less
        found += [one for one in alternatives(css) if _last(one) not in known and _is_nameless(one)]
    return found


def _last(css: str) -> str:
    return re.split(r"[ >+~]+(?![^()]*\))", css.strip())[-1]


def _is_nameless(css: str) -> bool:
    bare = re.sub(r":(?:not|has)\([^()]*(?:\([^()]*\)[^()]*)*\)", "", css)
    last = _last(bare)
    return not re.search(r"[.#\[]", last) and last not in {"h1", "article", "main", "time"}


def _selectors(mender: Mender, draft: Draft) -> Iterator[tuple[tuple[str, KeyPath], str]]:
    for name in (own_file(mender.layout.id), SHARED):
        for path, css in selectors_in(draft.files[name].table):
            if path[0] in {"article", "chrome", "fields"}:
                yield (name, path), css


def _known(seen: Seen) -> str:
    """Return all text that is known of a page."""
    before = seen.before
    if before is None or seen.guessed:
        return ""
    texts = [before.headline or "", *(line.text for line in before.info), *(one.text or "" for one in before.chrome)]
    return "\0".join([*map(squeeze, texts), *blocks_of(before)])


def _beside(mender: Mender, seen: Seen, record: Record) -> list[str]:
    """Return the texts that no rule claims and that stand in the body's element or in the one around it."""
    boxes = tuple(f"{seen.page.path(box)}/" for box in _boxes(mender, seen))
    return [
        text
        for entry in record.chrome
        if entry.role is Role.UNKNOWN and entry.xpath is not None and entry.xpath.startswith(boxes)
        for text in [squeeze(entry.text or "")]
        if len(text) >= _LINE
    ]


def _boxes(mender: Mender, seen: Seen) -> Iterator[LexborNode]:
    for piece in mender.pieces(seen).get(BODY, []):
        node = piece.node
        yield node
        if node.parent is not None and node.parent.tag not in {"body", "html"}:
            yield node.parent
