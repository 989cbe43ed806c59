"""Looks of a body: lines that it has twice, small texts that a script keeps, pictures that are icons or small copies.

What is put into a body has a form of its own, which no reviewed page of the layout has. See `looks.py`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Set
from typing import Final

from selectolax.lexbor import LexborNode

from ..page.index import NOTEXT
from ..page.text import squeeze
from ..records.model import BlockType, Record
from ..sieve.claims import Claims
from ..sieve.pictures import pixels
from ..sieve.record import PartitionedPage
from .fingerprint import pattern
from .observe import BODY, IMAGES, SOURCE

_LONGEST_TEXT: Final = 24
"""Maximum characters of a text inside a paragraph that a script keeps up to date."""
_ALIKE: Final = 2
"""Minimum of such texts."""
_LAST: Final = 3
"""Last blocks among which a line that states the source is the last one with text."""
_LONGEST_LINE: Final = 40
"""Maximum characters of such a line."""
_SIGNED = re.compile(r"[（(【\[]?(?:本文|文章|稿件|信息)?(?:来源|稿源)[：:丨|]")
_SENTENCE: Final = 30
"""Minimum characters of prose beside a body."""
_WRITTEN: Final = {BlockType.QUOTE: "paragraph", BlockType.HEADING: "paragraph"}
_SMALL: Final = 48
"""Maximum pixels of an icon's sides."""
_THUMBNAIL: Final = 320
"""Maximum pixels of a small copy's sides."""
_MOST: Final = 200
"""Maximum elements and lines that are examined."""
_NO_BOXES: Final = frozenset({"img", "svg", "video", "iframe", "a", "button", "i"})
"""Elements that are pictures, players, controls or icons whatever their background."""
_FILES: Final = "file"
ONE_FILE: Final = f"{_FILES} one"
_FILE = re.compile(r"[^\s{}<>%,]+\.(?:jpe?g|png|webp|gif)(?:[?!@#][^\s{}<>,]*)?", re.IGNORECASE)
_LONGEST_FILE: Final = 1000
"""Maximum characters of an attribute that names a file: what may be one is matched in quadratic time."""
_PIXELS = re.compile(r"(?<![0-9A-Za-z.])(\d{2,3})[x*×](\d{2,3})(?![0-9A-Za-z])")
_ICON = re.compile(
    r"(?:\A|[/_.-])(?:icons?|ico|logos?|avatars?|share|qr|qrcode|btn|button|pixel|spacer|track|count|stat)(?:[/_.-]|\d*\.)",
    re.IGNORECASE,
)


def of_body(apart: PartitionedPage, record: Record) -> Iterator[tuple[str, str]]:
    """Yield the looks of a body, each with its rule."""
    lines = [squeeze(one.text) for one in record.blocks[-_LAST:] if one.text]
    source = squeeze(record.source.name) if record.source is not None else ""
    if (
        lines
        and _SIGNED.match(lines[-1])
        and len(lines[-1]) <= _LONGEST_LINE
        and (source in lines[-1] or record.account is None)
    ):
        yield SOURCE, "signed"
    sizes: Counter[str] = Counter()
    for one in record.blocks:
        sizes[_WRITTEN.get(one.type, one.type.value)] += len(one.text or "")
    if sizes.total():
        yield BODY, f"mostly {sizes.most_common(1)[0][0]}"
    bodies = [node for node in apart.walk.claims.by_name.get("body", ()) if node.is_element_node]
    if any(_has_prose(beside, apart.walk.claims) for node in bodies for beside in neighbours(node)):
        yield BODY, "lead"
    if any(map(_has_kept, bodies)):
        yield BODY, "kept"
    urls = [image.url for image in record.images]
    taken = {_name(url) for url in urls}
    if any(_ICON.search(url.partition("://")[2].partition("/")[2]) for url in urls):
        yield IMAGES, "icon"
    if any(_is_small(url) for url in urls):
        yield IMAGES, "small"
    if any(map(_has_backgrounds, bodies)):
        yield IMAGES, "background"
    for node in bodies:
        for picture in node.css("img")[:_MOST]:
            yield from ((IMAGES, look) for look in _of_picture(picture, taken))


def neighbours(node: LexborNode) -> Iterator[LexborNode]:
    """Yield the elements before and after an element."""
    for way in ("prev", "next"):
        beside = getattr(node, way)
        while beside is not None and not beside.is_element_node:
            beside = getattr(beside, way)
        if beside is not None:
            yield beside


def _has_prose(node: LexborNode, claims: Claims) -> bool:
    """Return whether an element that no rule claims has a sentence, and hardly any links."""
    if node.mem_id in claims.by_node or node.mem_id in claims.marked or node.tag in NOTEXT:
        return False
    text = squeeze(node.text())
    linked = sum(len(squeeze(link.text())) for link in node.css("a"))
    return len(text) >= _SENTENCE and text[-1] in "。！？”" and "。" in text and 2 * linked < len(text)


def _has_kept(body: LexborNode) -> bool:
    """Return whether paragraphs have short texts of one form, with numbers, in elements of one kind."""
    found: Counter[tuple[str, str]] = Counter()
    for node in body.css("span[class],em[class],i[class],b[class],sup[class],button,time,label")[:_MOST]:
        text = squeeze(node.text())
        before = node.prev
        if 1 < len(text) <= _LONGEST_TEXT and before is not None and before.is_text_node:
            form = pattern(text)
            if "0" in form:
                found[node.tag or "", form] += 1
    return any(count >= _ALIKE for count in found.values())


def _has_backgrounds(body: LexborNode) -> bool:
    """Return whether elements that hold nothing have a file as their background, as boxes in place of pictures do."""
    return any(
        "url(" in (node.attributes.get("style") or "")
        and node.tag not in _NO_BOXES
        and all(child.is_empty_text_node for child in node.iter(include_text=True))
        for node in body.css("[style*=background]")[:_MOST]
    )


def _of_picture(node: LexborNode, taken: Set[str]) -> Iterator[str]:
    attributes = node.attributes
    names = {
        _name(value)
        for name, value in attributes.items()
        if value and len(value) <= _LONGEST_FILE and name not in {"alt", "title", "style"} and _FILE.fullmatch(value)
    }
    if not names & taken:
        return
    yield f"{_FILES} other" if names - taken else ONE_FILE
    sides = [pixels(attributes.get("width")), pixels(attributes.get("height"))]
    if all(side is not None and side <= _SMALL for side in sides):
        yield "icon"


def _name(url: str) -> str:
    """Return the name of the file that a URL ends in."""
    return url.partition("?")[0].rpartition("/")[2].partition(".")[0]


def _is_small(url: str) -> bool:
    return any(
        int(width) <= _THUMBNAIL and int(height) <= _THUMBNAIL
        for width, height in _PIXELS.findall(url.partition("?")[0])
    )
