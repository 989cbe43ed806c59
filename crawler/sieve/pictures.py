"""Finds the URL of a picture: lazy-loading attributes, `srcset`, `<picture>`, copies in `noscript`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from selectolax.lexbor import LexborNode

from ..page.urls import absolute
from ..profiles.model import Images, Site
from ..profiles.patterns import occurs
from ..profiles.thumbnails import original

Attributes = Mapping[str, str | None]

LAZY: Final = (
    "data-src", "data-original", "data-lazy-src", "data-lazyload", "data-lazyload-src", "data-lazy", "data-actualsrc",
    "data-real-src", "data-realsrc", "data-echo", "data-orig-file", "data-full-src", "data-large-src", "data-src-large",
    "data-hi-res-src", "data-ks-lazyload", "data-lazy-original", "data-defer-src", "real_src", "realsrc", "_src",
    "lazy-src", "lazysrc", "lazyload", "lazy_src", "zoomfile",
)  # fmt: skip
"""Attributes that scripts copy to `src`, best first: they have the picture, whatever `src` shows meanwhile."""
VAGUE: Final = ("original", "file", "data-url", "data-image", "data-img", "data-file", "src2", "data-href")
"""Attributes that may have a picture's URL or another one: used if no other has one."""
SETS: Final = ("data-srcset", "data-lazy-srcset", "data-original-set", "srcset")
_KNOWN: Final = frozenset({*LAZY, *VAGUE, *SETS})
_NEVER: Final = frozenset(
    {*_KNOWN, "src", "alt", "title", "class", "style", "id", "href", "usemap", "longdesc", "crossorigin"}
)
_LIKE_LAZY = re.compile(r"src(?!set)|lazy|orig|echo|real", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:https?:)?//[^/\s]|[^\s?#]*\.(?:jpe?g|png|gif|webp|avif|bmp)(?:[?#!@]|$)|/\S", re.IGNORECASE)
_FILE = re.compile(r"(?:https?:)?//[^\s?#]+\.(?:jpe?g|png|gif|webp|avif|bmp)(?:[?#!@]\S*)?", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"(?:/|^)(?:(?:ajax|bg|common|default|icon|ic|image|img|js|lazy|page|pic)[_.-]?)?"
    r"(?:(?:blank|clear|dot|empty|gr[ae]y|lazy|load|loader|loading|none|nopic|occupy|pixel|space|spin|spinner|trans"
    r"|transparent|white|zhanwei)(?:[_.-]?(?:bg|icon|image|img|pic|\d{1,4}(?:x\d{1,4})?)){0,2}\.(?:gif|png|svg)"
    r"|(?:blank|loading|transparent)\.(?:jpe?g|webp))(?:[?#!@]|$)"
    r"|[/_.-](?:1x1|1px|place_?-?holder|lazy[_-]?load(?:ing)?|spacer)(?:[_.-]?\w{1,12}){0,2}\.(?:gif|png|jpe?g|webp|svg)"
    r"(?:[?#!@]|$)",
    re.IGNORECASE,
)
"""File names of placeholders that are replaced when a script has loaded the real picture."""
_LIKE_PLACEHOLDER = re.compile(r"/[\w.-]{1,16}\.(?:png|gif|svg)(?:[?#]|$)", re.IGNORECASE)
"""A short name of a file of the kinds that placeholders have; photos have other kinds or longer names."""
_MOST_DIGITS: Final = 5
"""Of a picture's width or height; Python refuses to read a number of thousands of digits."""
_SIZE = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)[wx]")


def address(
    attributes: Attributes, first: Iterable[str], base: str, sources: Iterable[Attributes] = ()
) -> Iterator[str]:
    """Yield the possible URLs of an `img` element, best first.

    `first` are the profile's own attributes, `sources` the attributes of the `source` elements next to it. Placeholders
    are left out. Where a picture is offered in several sizes, the largest is the best.
    """
    own = tuple(first)
    if own[-1:] == ("src",) and len(own) > 1:
        own = own[:-1]
    known = attributes.keys() & _KNOWN
    names = [*own, *(name for name in LAZY if name in known)] if known else own
    largest, sizes = _largest(attributes, known, sources, base)
    found = [
        url
        for name in names
        if (value := attributes.get(name)) and (name == "src" or _ADDRESS.match(value.strip()))
        if (url := _real(base, value)) is not None
    ]
    shown = _real(base, attributes.get("src") or "")
    if largest is not None and (not found or found[0] in sizes):
        yield largest
    yield from found
    if not found and (guess := _guess(attributes, base)) is not None:
        yield guess
    if shown is not None:
        yield shown
    for name in VAGUE if known else ():
        if (value := attributes.get(name)) and _ADDRESS.match(value.strip()):
            url = _real(base, value)
            if url is not None:
                yield url
    yield from sizes


def _files(attributes: Attributes, base: str) -> Iterator[str]:
    """Yield the addresses of picture files in attributes of any other name: the last resort."""
    for name, value in attributes.items():
        if value and name not in _NEVER and _FILE.fullmatch(value.strip()) and (url := _real(base, value)) is not None:
            yield url


def _guess(attributes: Attributes, base: str) -> str | None:
    """Return the URL in an attribute named like those for lazy loading, or None."""
    if len(attributes) < 2:
        return None
    for name, value in attributes.items():
        if value and name not in _KNOWN and _may_be_lazy(name) and _ADDRESS.match(value.strip()):
            url = _real(base, value)
            if url is not None:
                return url
    return None


def _largest(
    attributes: Attributes, known: Iterable[str], sources: Iterable[Attributes], base: str
) -> tuple[str | None, list[str]]:
    """Return the largest picture (None if no size is stated), and all pictures."""
    offers: list[tuple[float, str]] = []
    for owner, names in ((attributes, known), *((source, source.keys()) for source in sources)):
        for name in SETS:
            if name in names:
                offers += candidates(owner.get(name) or "", base)
    if not offers:
        return None, []
    largest = max(offers, key=lambda offer: offer[0])
    return largest[1] if largest[0] > 1 else None, [url for _, url in offers]


def candidates(srcset: str, base: str) -> list[tuple[float, str]]:
    """Return the pictures of a `srcset` with their stated widths or densities.

    Source: https://html.spec.whatwg.org/multipage/images.html#parsing-a-srcset-attribute
    """
    found: list[tuple[float, str]] = []
    pending, size = "", 1.0
    for word in srcset.split():
        url = word
        if pending:
            descriptor, comma, url = word.partition(",")
            stated = _SIZE.fullmatch(descriptor)
            size = float(stated[1]) if stated else size
            if not comma:
                continue
            found.append((size, pending))
        pending, size = url.strip(","), 1.0
        if pending and url.endswith(","):
            found.append((size, pending))
            pending = ""
    if pending:
        found.append((size, pending))
    return [(size, real) for size, url in found if (real := _real(base, url)) is not None]


def _real(base: str, value: str) -> str | None:
    """Return `value` as an absolute URL, or None if it is invalid or a placeholder."""
    url = absolute(base, value)
    return None if url is None or _PLACEHOLDER.search(url) else url


def is_dot(attributes: Attributes) -> bool:
    """Return whether a picture is declared so small that it is a tracking pixel or a placeholder."""
    sides = [value.strip().removesuffix("px") for side in ("width", "height") if (value := attributes.get(side))]
    return "1" in sides or (bool(sides) and all(side in {"0", "2"} for side in sides) and not is_lazy(attributes))


def is_lazy(attributes: Attributes) -> bool:
    """Return whether a script sets the picture's URL."""
    return any(value and _may_be_lazy(name) and _ADDRESS.match(value.strip()) for name, value in attributes.items())


def _may_be_lazy(name: str) -> bool:
    return name in _KNOWN or (name not in _NEVER and _LIKE_LAZY.search(name) is not None)


def copies(region: LexborNode) -> tuple[dict[int, LexborNode], set[int]]:
    """Return copies of pictures in `noscript` elements of `region`, and the `noscript` elements with other pictures.

    A copy is next to its picture, and is mapped from that picture's identity.
    """
    twins: dict[int, LexborNode] = {}
    alone: set[int] = set()
    for outside in region.css("noscript"):
        image = outside.css_first("img")
        if image is None:
            continue
        twin = _picture_beside(outside)
        if twin is None:
            alone.add(outside.mem_id)
        else:
            twins.setdefault(twin.mem_id, image)
    return twins, alone


def _picture_beside(node: LexborNode) -> LexborNode | None:
    """Return the picture directly before or after `node`, alone or inside a link or the like."""
    for backwards in (True, False):
        beside = node.prev if backwards else node.next
        while beside is not None and (beside.is_comment_node or (beside.is_text_node and not beside.text().strip())):
            beside = beside.prev if backwards else beside.next
        if beside is None or not beside.is_element_node or beside.tag == "noscript":
            continue
        images = [beside] if beside.tag == "img" else beside.css("img")
        if len(images) == 1 and not beside.text().strip():
            return images[0]
    return None


def sources_of(node: LexborNode) -> list[Attributes]:
    """Return the attributes of the `source` elements before the `img` element `node` in a `picture`."""
    found: list[Attributes] = []
    before = node.prev
    while before is not None and before.tag != "img":
        if before.tag == "source":
            found.append(before.attributes)
        before = before.prev
    return found[::-1]


_CIPHER = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
"""An encrypted address as base64: an address that can be read has a dot."""


class Pictures:
    """The pictures of one body. `alone` are the `noscript` elements that are not the copy of another picture."""

    def __init__(
        self, region: LexborNode, images: Images, base: str, site: Site, listed: Sequence[object] = ()
    ) -> None:
        """Find copies in `region`; `images` are the profile's rules for pictures.

        `listed` are the URLs of the region's pictures in their order, as the page's data has them.
        """
        self.images = images
        self.base = base
        self.site = site
        self._twins, self.alone = ({}, set[int]()) if region.is_text_node else copies(region)
        self._listed: dict[int, str] = {}
        if listed and region.is_element_node:
            shown = dict.fromkeys(node.mem_id for node in region.css("img"))
            urls = (absolute(base, url) if isinstance(url, str) else None for url in listed)
            self._listed = {ident: url for ident, url in zip(shown, urls, strict=False) if url is not None}

    def find(self, node: LexborNode, attributes: Attributes) -> tuple[str | None, bool]:
        """Return the URL of the picture of the `img` element `node`, and whether it should have one.

        What the profile excludes, what only counts visits and what keeps a place for nothing is not a picture.
        """
        excluded = self.images.exclude_url
        is_excluded = False
        listed = self._listed.get(node.mem_id)
        if listed is not None and any(value and _CIPHER.fullmatch(value) for value in attributes.values()):
            return original(listed, self.site), False
        for url in self._addresses(node, attributes):
            if excluded is None or not occurs(excluded, url):
                return (None if is_dot(attributes) else original(url, self.site)), False
            is_excluded = True
        return None, not is_excluded and not is_dot(attributes)

    def rival(self, node: LexborNode, attributes: Attributes, url: str) -> str | None:
        """Return another picture file that the element names in an attribute of unknown meaning, None without one.

        `url` is the picture that was found. Only one that may be a placeholder has a rival: attributes also hold
        addresses that the picture once had.
        """
        if _LIKE_PLACEHOLDER.search(url) is None:
            return None
        parent = node.parent
        owners = [attributes, *(sources_of(node) if parent is not None and parent.tag == "picture" else ())]
        for owner in owners:
            if len(owner) > 1 or owner is not attributes:
                for other in _files(owner, self.base):
                    if _name(original(other, self.site)) != _name(url):
                        return other
        return None

    def _addresses(self, node: LexborNode, attributes: Attributes) -> Iterator[str]:
        """Yield possible URLs of a picture, best first: its own attributes, those around it, its copy."""
        parent = node.parent
        sources = sources_of(node) if parent is not None and parent.tag == "picture" else ()
        yield from address(attributes, self.images.attrs, self.base, sources)
        twin = self._twins.get(node.mem_id)
        if twin is not None:
            yield from address(twin.attributes, self.images.attrs, self.base)
        yield from _files(attributes, self.base)


def _name(url: str) -> str:
    """Return the name of the file that a URL ends in."""
    return url.partition("?")[0].rpartition("/")[2].partition(".")[0]


def media_address(node: LexborNode, base: str) -> str | None:
    """Return the URL of a player's element or of its first `source`, or None."""
    attributes = node.attrs
    url = absolute(base, attributes.get("src") or attributes.get("data-src") or attributes.get("data") or "")
    source = node.css_first("source[src]") if url is None else None
    return url if source is None else absolute(base, source.attrs.get("src") or "")


def pixels(value: str | None) -> int | None:
    """Parse `value` as a number of pixels; return None if it is not one."""
    digits = (value or "").removesuffix("px").strip().lstrip("0")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS else None
