"""Fixtures written as annotated HTML: `build` strips the annotations and derives the page and the expected values.

The format is documented in tests/pages/README.md. Expected values come only from the annotations; nothing here depends
on a profile or a record.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin

import msgspec
from selectolax.lexbor import LexborHTMLParser, LexborNode

from ..page.index import NOTEXT
from ..page.text import collapse, squeeze
from ..profiles.checks.schema import suggestion
from ..records.model import Account, Author, BlockType, Breadcrumb, Image, Pages, Role, Source
from ..sieve.partition import BLOCK
from .prose import Prose
from .template import WRAPPER, AnnotationError, Words, read, repeated, stripped
from .values import CHARSET, CHROME, FIELDS, SINCE_1_1, Values

_KEYS: Final = {
    "note", "extends", "drop", "substitute", "url", "status", "charset", "headers", "contentType", "fetchedAt",
    "failure", "flags", "fields", "unchecked",
}  # fmt: skip
_FETCHED: Final = "2026-02-21T16:05:09+08:00"
_ITEM: Final = {"headline", "url", "author", "datePublished", "image", "commentCount"}
_OF_BLOCKS: Final = {"url", "caption", "credit", "level", "width", "height"}
_LINKS: Final = {"url", "image", "canonicalUrl"}
_NUMBERS: Final = {"commentCount", "articleCount", "followerCount", "level", "width", "height", "number", "total"}
_LISTS: Final = {"authors", "breadcrumbs"}
"""Fields that are lists of objects: each element that is annotated with one adds an entry."""
_NESTED: Final[dict[str, type[msgspec.Struct]]] = {
    "account": Account, "authors": Author, "breadcrumbs": Breadcrumb, "mainImage": Image, "pages": Pages,
    "source": Source,
}  # fmt: skip
_STATED: Final = frozenset(name for name in (*FIELDS, *SINCE_1_1) if name not in _NESTED) | {
    f"{name}.{part.encode_name}" for name, kind in _NESTED.items() for part in msgspec.structs.fields(kind)
}
"""What `data-field` may name outside items and blocks: `headline`, `source.name`."""
_VALUES: Final = frozenset({*FIELDS, *SINCE_1_1, CHARSET})
"""What [fields] may state."""
_STRINGS: Final = {"editors", "keywords"}
"""Fields that are lists of strings."""
_ABSENT: Final[Values] = {
    "originalHeadline": None, "description": None, "keywords": [], "authors": [], "editors": [], "account": None,
    "source": None, "datePublished": None, "dateModified": None, "location": None, "breadcrumbs": [], "pages": None,
    "abstract": None, "articleSection": None, "commentCount": None, "info": [], "blocks": [], "flags": [],
}  # fmt: skip
"""The expected values of fields that a page does not annotate."""
OPTIONAL: Final = {"nameRaw", "credit", "width", "height", "level"}
"""Keys in values that are only compared where the page annotates them."""
_OF_THE_PROFILE: Final = ("layout_unproven",)
"""Flags about the profile instead of the page, which are only compared where the page states them."""
_CHARSETS: Final = {
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "gb18030": "gb18030",
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "big5": "big5",
}
_MEDIA: Final = {BlockType.IMAGE, BlockType.VIDEO, BlockType.AUDIO}


@dataclass(frozen=True, slots=True)
class Built:
    """The result of building an annotated page: its bytes, its response, and the expected values.

    `failure` is the expected failure of a page that must not produce a record; `values` is empty then.
    """

    body: bytes
    url: str
    status: int
    headers: dict[str, str]
    fetched_at: str
    note: str
    values: Values
    failure: str | None
    files: tuple[Path, ...]


def build(path: Path) -> Built:
    """Build the annotated page at `path`. Raises AnnotationError."""
    front, source, files = read(path)
    unknown = front.keys() - _KEYS
    if unknown or "url" not in front:
        fault = f"unknown key {sorted(unknown)[0]!r}" if unknown else "no url"
        raise AnnotationError(f"{path}: {fault} in the front matter; valid keys: {', '.join(sorted(_KEYS))}")
    if front.get("failure") and front.get("fields"):
        raise AnnotationError(f"{path}: a page with an expected failure must not have [fields]")
    for name in front.get("fields", {}):
        if name not in _VALUES and not name.startswith(CHROME):
            likely = suggestion(name, sorted(_VALUES))
            meant = f"did you mean {likely!r}?" if likely else f"values: {', '.join(sorted(_VALUES))}"
            raise AnnotationError(f"{path}: [fields] has {name!r}, which is not a value of the record; {meant}")
    words = Words(Prose("/".join((*path.parts[-3:-1], path.stem))), path)
    annotated = words.fill(repeated(source, path))
    front = words.fill_values(front)
    page = stripped(annotated)
    charset = front.get("charset", "utf-8")
    try:
        body = page.encode(charset)
    except (UnicodeEncodeError, LookupError) as error:
        raise AnnotationError(f"{path}: cannot encode the page as {charset}: {error}") from None
    values: Values = {}
    if not front.get("failure"):
        values = _Reader(path, front, annotated, page).values(_CHARSETS.get(charset.lower(), charset.lower()))
    return Built(
        body=body,
        url=front["url"],
        status=front.get("status", 200),
        headers={
            "Content-Type": front.get("contentType", f"text/html; charset={charset}"),
            **front.get("headers", {}),
        },
        fetched_at=front.get("fetchedAt", _FETCHED),
        note=front.get("note", ""),
        values=values,
        failure=front.get("failure"),
        files=files,
    )


def projected(got: Any, wanted: Any) -> Any:
    """Return `got` without what annotations need not state: nulls, nested empty lists, and keys in `OPTIONAL`."""
    if isinstance(got, Mapping):
        like = wanted if isinstance(wanted, Mapping) else {}
        return {
            key: projected(value, like.get(key))
            for key, value in got.items()
            if key in like or not (value is None or value in ([], "") or key in OPTIONAL)
        }
    if isinstance(got, (list, tuple)):
        likes = list(wanted) if isinstance(wanted, (list, tuple)) else []
        return [
            projected(one, likes[at] if at < len(likes) else None)
            for at, one in enumerate(got)
            if one not in _OF_THE_PROFILE or one in likes
        ]
    return got


@dataclass(slots=True)
class _Owner:
    """An annotated element whose text is being collected."""

    kind: str
    node: LexborNode
    parts: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    open: bool = False
    """Whether only a wrapper separates the last text from the next: then they are one text node of the page."""

    def add(self, text: str) -> None:
        """Add the text of a text node."""
        if self.open:
            self.parts[-1] += text
        else:
            self.parts.append(text)
        self.open = True

    @property
    def text(self) -> str:
        """The text, without that of nested annotated elements; chrome has a space between text nodes."""
        return collapse((" " if self.kind in set(Role) else "").join(self.parts))


class _Reader:
    """Reads the expected values from an annotated page."""

    def __init__(self, path: Path, front: Mapping[str, Any], annotated: str, page: str) -> None:
        self.path = path
        self.front = front
        self.owners: list[_Owner] = []
        self.fields: Values = {}
        self.strays: list[str] = []
        tree, bare = LexborHTMLParser(annotated), LexborHTMLParser(page)
        base = tree.css_first("base[href]")
        self.base: str = urljoin(front["url"], base.attrs.get("href") or "") if base is not None else front["url"]
        if _unwrapped(annotated) != bare.html:
            raise AnnotationError(
                f"{path}: <{WRAPPER}> changes how the page is parsed, because the parser moves the element, as inside a"
                " table; annotate an element of the page instead"
            )
        if tree.root is not None:
            self._walk(tree.root, None, None)
        if self.strays:
            shown = "; ".join(repr(collapse(text)[:40]) for text in self.strays[:5])
            raise AnnotationError(
                f'{path}: {len(self.strays)} texts have no annotation: {shown}. Annotate each with data-truth="…" on'
                f" an element around it (or on an <{WRAPPER}>); hidden and unknown are valid values too"
            )

    def _walk(self, parent: LexborNode, owner: _Owner | None, item: dict[str, Any] | None) -> None:
        for node in parent.iter(include_text=True):
            if node.is_text_node:
                text = node.text()
                if owner is not None:
                    owner.add(text)
                elif squeeze(text):
                    self.strays.append(text)
                continue
            wraps = node.tag == WRAPPER and not node.attrs.get("data-truth")
            edge = [" "] if node.tag in BLOCK or node.tag == "br" else []
            if owner is not None and not wraps:
                owner.open = False
                owner.parts += edge
            if node.is_element_node:
                inner, listed = self._opened(node, owner, item)
                if node.tag not in NOTEXT:
                    self._walk(node, inner, listed)
            if owner is not None and not wraps:
                owner.open = False
                owner.parts += edge

    def _opened(
        self, node: LexborNode, owner: _Owner | None, item: dict[str, Any] | None
    ) -> tuple[_Owner | None, dict[str, Any] | None]:
        attrs = node.attrs
        kind = attrs.get("data-truth") or ("title" if node.tag == "title" and node.parent is not None else None)
        if kind:
            kind = kind.removeprefix("role:")
            if kind not in {*BlockType, *Role, "title", "headline", "info"}:
                likely = suggestion(kind, [*BlockType, *Role, "headline", "info"])
                raise AnnotationError(
                    f'{self.path}: data-truth="{kind}" is not a valid value'
                    + (f"; did you mean {str(likely)!r}?" if likely else ".")
                    + f" Values: headline, info; blocks: {', '.join(BlockType)}; chrome: {', '.join(Role)}"
                )
            owner = _Owner(kind, node)
            self.owners.append(owner)
            item = None
        if "data-item" in attrs:
            if owner is None or owner.kind not in set(Role):
                raise AnnotationError(f"{self.path}: data-item is not inside an element whose data-truth is a role")
            link = node if node.tag == "a" else node.css_first("a[href]")
            item = {"headline": _flow(node)}
            if link is not None and link.attrs.get("href"):
                item["url"] = self._absolute(link.attrs["href"] or "")
            owner.items.append(item)
        if attrs.get("data-field"):
            self._field(node, attrs["data-field"] or "", owner, item)
        return owner, item

    def _field(self, node: LexborNode, specs: str, owner: _Owner | None, item: dict[str, Any] | None) -> None:
        """Store the values of `data-field`: `NAME`, `NAME@ATTRIBUTE` or `NAME=LITERAL`, separated by semicolons."""
        added: set[str] = set()
        for one in filter(None, (part.strip() for part in specs.split(";"))):
            name, literal, value = one.partition("=")
            name, at, attribute = name.partition("@")
            if at and not literal and attribute not in node.attributes:
                raise AnnotationError(
                    f'{self.path}: data-field="{one}": the element <{node.tag}> has no attribute {attribute!r}'
                )
            if not literal:
                value = (node.attrs.get(attribute) or "") if at else _flow(node)
            first, _, last = name.partition(".")
            found = self._typed(last or first, value)
            if item is not None and name in _ITEM:
                item[name] = found
            elif owner is not None and (name == "heading" or (owner.kind in set(BlockType) and name in _OF_BLOCKS)):
                owner.fields[name] = found
            elif name not in _STATED and name not in _LISTS:
                parts = [one for one in sorted(_STATED) if one.startswith(f"{name}.")]
                if parts:
                    raise AnnotationError(f'{self.path}: data-field="{one}": name a part of it: {", ".join(parts)}')
                likely = suggestion(name, sorted(_STATED | _ITEM | _OF_BLOCKS))
                raise AnnotationError(
                    f'{self.path}: data-field="{one}": the record has no field {name!r}'
                    + (f"; did you mean {likely!r}?" if likely else "; docs/record.md lists the fields")
                )
            elif first in _LISTS:
                entries = self.fields.setdefault(first, [])
                if first not in added:
                    entries.append({})
                    added.add(first)
                entries[-1][last or "name"] = found
            elif first in _STRINGS:
                split = re.split(r"[,，;；、\s]+", value) if first == "keywords" else [value]
                self.fields.setdefault(first, []).extend(filter(None, split))
            elif last:
                self.fields.setdefault(first, {})[last] = found
            else:
                self.fields[first] = found

    def _typed(self, name: str, value: str) -> Any:
        if name in _NUMBERS:
            try:
                return int(re.sub(r"[^\d-]", "", value))
            except ValueError:
                raise AnnotationError(f"{self.path}: {name} is not a number: {value!r}") from None
        return self._absolute(value) if name in _LINKS else collapse(value)

    def _absolute(self, link: str) -> str:
        return urljoin(self.base, link.strip())

    def values(self, charset: str) -> Values:
        """Return the expected values, in the order of the record's fields."""
        found: Values = {**_ABSENT, "url": self.front["url"], "kind": "article", **self.fields, CHARSET: charset}
        found["title"] = found.get("title")
        chrome: Values = {}
        found["info"] = [owner.text for owner in self.owners if owner.kind == "info"]
        found["blocks"] = [self._block(owner) for owner in self.owners if owner.kind in set(BlockType)]
        for owner in self.owners:
            if owner.kind in {"headline", "info"} and not owner.text:
                raise AnnotationError(f'{self.path}: an element with data-truth="{owner.kind}" has no text')
            if owner.kind in {"title", "headline"}:
                found[owner.kind] = owner.text or None  # an empty title is not a title
            elif owner.kind in set(Role) and owner.kind != Role.UNKNOWN and (owner.text or owner.items):
                entry = {**owner.fields, "text": owner.text, **({"items": owner.items} if owner.items else {})}
                chrome.setdefault(CHROME + owner.kind, []).append(entry)
        found["flags"] = list(self.front.get("flags", []))
        found.update(self.front.get("fields", {}))
        if "images" not in found:
            pictures = [one for one in found["blocks"] if one["type"] == BlockType.IMAGE and "url" in one]
            found["images"] = [{key: one[key] for key in ("url", "caption") if key in one} for one in pictures]
        for name in self.front.get("unchecked", []):
            found.pop(name, None)
        if "headline" not in found and "headline" not in self.front.get("unchecked", []):
            raise AnnotationError(f'{self.path}: no element has data-truth="headline", and [fields] has no headline')
        ordered = {name: found.pop(name) for name in FIELDS if name in found}
        return {**ordered, **found, **chrome}

    def _block(self, owner: _Owner) -> dict[str, Any]:
        kind, node = owner.kind, owner.node
        block: dict[str, Any] = {"type": kind}
        if kind in _MEDIA:
            if kind == BlockType.IMAGE and "url" not in owner.fields:
                image = node if node.tag == "img" else node.css_first("img")
                if image is not None and image.attrs.get("src"):
                    block["url"] = self._absolute(image.attrs["src"] or "")
            if owner.text:
                block["caption"] = owner.text
        elif not owner.text:
            raise AnnotationError(f'{self.path}: an element with data-truth="{kind}" has no text')
        else:
            block["text"] = owner.text
        if kind == BlockType.HEADING and node.tag is not None and re.fullmatch("h[1-6]", node.tag):
            block["level"] = int(node.tag[1])
        if kind == BlockType.LIST:
            block["items"] = [text for text in map(_flow, node.css("li")) if text]
        if kind == BlockType.TABLE:
            block["rows"] = [[_flow(cell) for cell in row.css("td, th")] for row in node.css("tr")]
        return {**block, **owner.fields}


def _flow(node: LexborNode) -> str:
    """Return the text of an element in one line: white space collapsed, a space around block elements."""
    parts: list[str] = []

    def read(parent: LexborNode) -> None:
        for child in parent.iter(include_text=True):
            if child.is_text_node:
                parts.append(child.text())
            elif child.is_element_node and child.tag not in NOTEXT:
                edge = " " if child.tag in BLOCK or child.tag == "br" else ""
                parts.append(edge)
                read(child)
                parts.append(edge)

    read(node)
    return collapse("".join(parts))


def _unwrapped(annotated: str) -> str | None:
    """Return the annotated page as parsed, with the annotations removed from the tree."""
    tree = LexborHTMLParser(annotated)
    for node in tree.css(f"{WRAPPER}[data-part]:not([data-truth]):empty"):
        node.decompose()
    for node in tree.css("[data-truth], [data-field], [data-item], [data-part], [data-repeat]"):
        for name in ("truth", "field", "item", "part", "repeat"):
            if f"data-{name}" in node.attributes:
                del node.attrs[f"data-{name}"]
    tree.unwrap_tags([WRAPPER])
    page: str | None = tree.html
    return page
