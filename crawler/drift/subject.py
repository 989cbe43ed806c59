"""A page that is to be changed: its tree, and the elements that the profile's rules find on it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from ..errors import PageRefused
from ..extract import content_type, extract
from ..page import charset
from ..page.dom import Page
from ..page.index import NOTEXT
from ..page.limits import DEFAULT, Limits, check
from ..page.text import size, squeeze
from ..profiles.load import Profile
from ..records.model import BlockType, Record
from ..regression.fixture import RENDERED_HEADERS, Fixture
from ..sieve.claims import Target
from ..sieve.record import partition_page
from .observe import split_rule
from .tree import Comment, Element, Node, Text, Tree, is_text


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A page as it was fetched: bytes, URL, headers, time."""

    name: str
    body: bytes
    url: str
    headers: Mapping[str, str] = {}
    fetched_at: datetime | None = None

    def record(self, profile: Profile) -> Record:
        """Return the page's record; raises the same as `extract`."""
        return extract(self.body, self.url, headers=self.headers, fetched_at=self.fetched_at, profiles=[profile])

    def replaced(self, body: bytes) -> Stored:
        """Return the page with another body."""
        return msgspec.structs.replace(self, body=body)


def refused(page: Stored, limits: Limits = DEFAULT) -> str | None:
    """Return why a page must not be parsed, None for one that may be."""
    try:
        check(page.body, limits)
    except PageRefused as error:
        return str(error)
    return None


def stored_pages(found: Iterable[Fixture]) -> Iterator[Stored]:
    """Yield the pages of fixtures, as they were fetched. Raises FixtureBroken."""
    for fixture in found:
        exchange, rendered = fixture.exchange, fixture.rendered
        yield Stored(
            name=fixture.name,
            body=fixture.body if rendered is None else rendered,
            url=exchange.url,
            headers=exchange.headers if rendered is None else RENDERED_HEADERS,
            fetched_at=exchange.time,
        )


class Subject:
    """The tree of a stored page, in which the elements of each rule are known.

    `headline` and `bodies` are the article's, `infos` its other lines by the rule's name, `chrome` the other regions
    by the rule's name. The lists with items are in `lists`.
    """

    def __init__(self, stored: Stored, profile: Profile, record: Record) -> None:
        text, evidence = charset.decode(stored.body, content_type(stored.headers))
        page = Page(text, stored.url)
        apart = partition_page(page, profile)
        self.stored = stored
        self.record = record
        self.profile = profile
        self.encoding = evidence.name
        self.tree = Tree(page)
        self.headline: Element | None = None
        self.bodies: list[Element] = []
        self.infos: dict[str, list[Element]] = {}
        self.chrome: dict[str, list[Element]] = {}
        self.lists: dict[str, list[Element]] = {}
        self.rules: dict[int, str] = {}
        """The rule of each claimed element, by the element's identity."""
        for claim in apart.walk.claims.by_node.values():
            made = self.tree.made.get(claim.node.mem_id)
            if made is None:
                continue
            rule = claim.rule.partition(".css[")[0].removesuffix(".xpath")
            self.rules[id(made)] = rule
            if claim.target is Target.INFO:
                owner = _owner(made)
                if owner is not None:
                    self.infos.setdefault(rule.rpartition(".")[2], []).append(owner)
            if not isinstance(made, Element):
                continue
            if claim.target is Target.HEADLINE:
                self.headline = made
            elif claim.target is Target.BODY:
                self.bodies.append(made)
            elif claim.target is Target.CHROME and claim.heading_of is None:
                name = rule.split(".")[1]
                self.chrome.setdefault(name, []).append(made)
                if claim.chrome is not None and claim.chrome.items is not None:
                    self.lists.setdefault(name, []).append(made)

    @property
    def body(self) -> Element | None:
        """The first element of the body."""
        return self.bodies[0] if self.bodies else None

    def encoded(self) -> bytes:
        """Return the tree as bytes, in the page's charset."""
        return self.tree.html().encode(self.encoding, "xmlcharrefreplace")

    def paragraphs(self) -> list[Element]:
        """Return the elements that hold the paragraphs of the body."""
        wanted = {squeeze(block.text) for block in self.record.blocks if block.text and block.type in _PROSE}
        longest = max(map(len, wanted), default=0)
        found: dict[Element, None] = {}
        for body in self.bodies:
            lengths = _lengths(body)
            for element in body.walk():
                if element is body or element.tag in _INLINE or lengths[element] > longest or element.is_in(found):
                    continue
                if squeeze(element.text()) in wanted:
                    found[element] = None
        return [*found]

    def places(self) -> list[Node]:
        """Return the paragraphs of the body: elements, or text nodes between line breaks."""
        found: list[Node] = [*self.paragraphs()]
        if found:
            return found
        wanted = {squeeze(block.text) for block in self.record.blocks if block.text and block.type in _PROSE}
        inside = (child for body in self.bodies for one in body.walk() for child in one.children)
        return [child for child in inside if is_text(child) and squeeze(child.value) in wanted]

    def around(self, text: str | None, inside: Iterable[Element]) -> Element | None:
        """Return the deepest element that has `text` in it, among and inside the given ones."""
        wanted = squeeze(text or "")
        if not wanted:
            return None
        for region in inside:
            if wanted not in squeeze(region.text()):
                continue
            element = region
            while (inner := next((e for e in element.elements if wanted in squeeze(e.text())), None)) is not None:
                element = inner
            return element
        return None

    def lines(self) -> list[Element]:
        """Return the elements of the article's lines outside headline and body."""
        return [element for elements in self.infos.values() for element in elements]

    @property
    def line_rules(self) -> tuple[str, ...]:
        """The keys of the rules of those lines."""
        return tuple(f"article.info.{name}" for name in self.infos)

    @property
    def line_fields(self) -> dict[str, list[str]]:
        """The rules of the fields whose values stand in those lines, by the rules of the lines."""
        texts = {
            f"article.info.{name}": squeeze("".join(one.text() for one in found)) for name, found in self.infos.items()
        }
        read = [
            (rule[0], raw)
            for given in self.record.provenance.values()
            if (rule := split_rule(given.rule)) is not None and (raw := squeeze(given.raw or ""))
        ]
        return {line: [rule for rule, raw in read if raw in text] for line, text in texts.items()}

    def rename(self, names: Mapping[str, str]) -> None:
        """Rename classes, on all elements that have them; `names` are the new ones by the old."""
        for element in self.tree.root.walk() if names else ():
            classes = element.classes
            if any(name in names for name in classes):
                element.attrs["class"] = " ".join(names.get(name, name) for name in classes)

    def values(self) -> dict[str, Any]:
        """Return the values of the unchanged page that changes are judged by."""
        return judged(self.record)


_PROSE = {BlockType.PARAGRAPH, BlockType.QUOTE, BlockType.HEADING}
_INLINE = frozenset({"a", "b", "strong", "em", "i", "span", "font", "u", "small", "sub", "sup", "br", "img"})


def _lengths(element: Element) -> dict[Element, int]:
    """Return the characters, without white space, of the text in each element that is inside `element`, or itself."""
    found: dict[Element, int] = {}
    for one in reversed([*element.walk()]):
        if one.tag in NOTEXT:
            found[one] = 0
            continue
        found[one] = sum(
            found[child] if isinstance(child, Element) else 0 if isinstance(child, Comment) else size(child.value)
            for child in one.children
        )
    return found


def _owner(node: Node) -> Element | None:
    return node.parent if isinstance(node, Text) else node


def judged(record: Record) -> dict[str, Any]:
    """Return the values of a record that count when a changed page is judged: the article, and the lists around it."""
    values: dict[str, Any] = {
        "headline": record.headline,
        "datePublished": record.date_published,
        "dateModified": record.date_modified,
        "source": record.source.name if record.source is not None else None,
        "authors": [author.name for author in record.authors],
        "editors": list(record.editors),
        "originalHeadline": record.original_headline,
        "account": record.account.name if record.account is not None else None,
        "blocks": [[str(block.type), block.text or block.caption, block.url] for block in record.blocks],
        "images": [image.url for image in record.images],
    }
    for entry in record.chrome:
        if entry.items:
            found = values.setdefault(f"chrome.{entry.role}", [])
            found += [[item.headline, item.url] for item in entry.items]
    return values


def rng_of(*parts: object) -> random.Random:
    """Return a random generator that is the same for the same arguments, on every Python."""
    return random.Random("\0".join(map(str, parts)))  # noqa: S311 - changes, not secrets
