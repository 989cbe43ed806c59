"""Pages that a repair looks at: changed ones, with the record of before where it is stored, and unchanged ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from selectolax.lexbor import LexborNode, SelectolaxError

from ...errors import PortalsieveError
from ...extract import content_type
from ...page import charset
from ...page.dom import Page
from ...page.selectors import standard_css
from ...page.text import collapse, squeeze
from ...profiles.load import Profile
from ...profiles.model import Layout, Region
from ...profiles.patterns import occurs
from ...records.model import Record, Role
from ...sieve.claims import apply_rules
from ...sieve.doubts import Doubts
from ...sieve.partition import Piece
from ...sieve.record import walk_claims
from ...sieve.values import Values
from ..subject import Stored, judged
from .spans import Spans

_SAME = 0.85
"""Share of the body that two readings of one page must have in common."""
_COMMON = 0.6
"""Share of a body that the other reading must have."""
_REFUSED = 20.0
"""What a page without a record counts, in wrong values."""
_PART = 0.9
"""What of a list is not wrong if all its entries are there, but not in order."""
HEADLINE, BODY = "article.headline", "article.body"


def base_rule(rule: str) -> str:
    """Return a rule's key without the number of its alternative."""
    rule = rule.partition(".css[")[0].removesuffix(".xpath").removesuffix(".data")
    return BODY if rule.startswith(BODY) else rule


def region_of(layout: Layout, rule: str) -> Region | None:
    """Return the rule of a region by its key; of the body the first, None for a key without a rule."""
    name = rule.rpartition(".")[2]
    if rule == HEADLINE:
        return layout.article.headline
    if rule == BODY:
        return layout.article.body[0] if layout.article.body else None
    return layout.article.info.get(name) if rule.startswith("article.info.") else layout.chrome.get(name)


class Seen:
    """One page, parsed, with the elements and texts that a layout's rules claim on it."""

    def __init__(self, stored: Stored, before: Record | None = None, old: Seen | None = None) -> None:
        self.stored = stored
        self.before = before
        self.old = old
        """The same article's page as it was before, where it is stored."""
        self.guessed = False
        """Whether `before` is not what a rule has read, but a reading without a profile."""
        self.partial = False
        """Whether `before` is the page's own record by the old rules, which may lack values but has no wrong ones."""
        self.undone = False
        """Whether `before` is concluded: read by the old rules once a change was undone, or from too few pages."""
        self.copies: frozenset[str] = frozenset()
        """Texts (squeezed) of the page's body that are not the article's; `before` has none of them."""
        self.labels: Mapping[str, str] = {}
        """The words that are labels of the page's lines now, with those of before."""
        self.looks: tuple[Counter[str], Counter[tuple[str, ...]]] | None = None
        """What `homes` compares of pages, kept from one layout to the next."""
        self._found: dict[str, list[LexborNode]] = {}

    @cached_property
    def page(self) -> Page:
        """The parsed page."""
        text, evidence = charset.decode(self.stored.body, content_type(self.stored.headers))
        return Page(text, self.stored.url, evidence)

    @cached_property
    def spans(self) -> Spans:
        """Where the page's text is."""
        return Spans(self.page.dom.body or self.page.root)

    @property
    def wanted(self) -> dict[str, Any] | None:
        """The values of before, None where no record is stored."""
        return judged(self.before) if self.before is not None else None

    def css(self, source: str) -> list[LexborNode]:
        """Return the elements that match a selector (cached); [] for one that the parser refuses."""
        if source not in self._found:
            try:
                self._found[source] = self.page.dom.css(standard_css(source))
            except SelectolaxError:
                self._found[source] = []
        return self._found[source]

    def outcome(self, profile: Profile) -> Record | None:
        """Return the page's record by a profile, None if it is refused."""
        try:
            return self.stored.record(profile)
        except PortalsieveError:
            return None

    def wrong(self, record: Record | None) -> list[str]:
        """Return the names of the values that differ from those of before; ["record"] without a record."""
        if record is None:
            return ["record"]
        if self.guessed:
            return self._unlike(record)
        wanted = self.wanted or {}
        got = judged(record)
        if self.partial:
            wanted = {name: value for name, value in wanted.items() if value}
        return [name for name, value in wanted.items() if name != "dateModified" and got.get(name, []) != value]

    def faults(self, record: Record | None) -> float:
        """Return how much is wrong in a record: up to 1 for a value, less for a list of which a part is right."""
        names = self.wrong(record)
        if record is None or "record" in names:
            return _REFUSED
        if self.guessed or not names:
            return float(len(names))
        wanted, got = self.wanted or {}, judged(record)
        return sum(1 - _PART * _common(wanted[name], got.get(name, [])) for name in names)

    def _unlike(self, record: Record) -> list[str]:
        """Return the names of the values in which a record differs from a reading without a profile."""
        read = self.before
        if read is None:
            return []
        found = [] if squeeze(read.headline or "") == squeeze(record.headline or "") else ["headline"]
        found += [] if _same_body(read, record) else ["blocks"]
        dates = (read.date_published or "", record.date_published or "")
        return found + (["datePublished"] if dates[0] and dates[0][:10] != dates[1][:10] else [])

    def pieces(self, profile: Profile, layout: Layout) -> dict[str, list[Piece]]:
        """Return what the rules of a layout claim on the page, whatever layout it is recognised as."""
        page = self.page
        page.index(profile.interest)
        claims = apply_rules(page, layout)
        doubts = Doubts()
        values = Values(page, profile.data[layout.id], claims)
        walk, _ = walk_claims(page, profile, values, claims, doubts)
        found: dict[str, list[Piece]] = {}
        for piece in walk.pieces:
            if piece.claim is not None and piece.claim.heading_of is None:
                found.setdefault(base_rule(piece.rule), []).append(piece)
        for claim in claims.by_node.values():
            if claim.body is not None:
                found.setdefault(BODY, []).append(Piece(claim.node, claim.rule, None, claim))
        return found

    def texts(self) -> dict[str, list[str]]:
        """Return the texts (squeezed) that each rule claimed before: headline, lines, regions."""
        before = self.before
        if before is None:
            return {}
        found: dict[str, list[str]] = {}
        if self.guessed:
            return {HEADLINE: [squeeze(before.headline or "")]}
        given = before.provenance.get("headline")
        if before.headline and given is not None and given.rule.startswith("article."):
            found[HEADLINE] = [squeeze(before.headline)]
        for line in before.info:
            found.setdefault(base_rule(line.rule), []).append(squeeze(line.text))
        for entry in before.chrome:
            if entry.role in {Role.HIDDEN, Role.UNKNOWN} or not entry.rule.startswith("chrome."):
                continue
            found.setdefault(base_rule(entry.rule), []).append(squeeze(entry.text or ""))
        return found


class Matching(Seen):
    """A page of which selectors find only elements whose text matches a pattern, as a rule with `where` does.

    With `text_nodes`, those that have a text node that matches it.
    """

    def __init__(self, seen: Seen, where: str, *, text_nodes: bool = False) -> None:
        super().__init__(seen.stored, seen.before, seen.old)
        self._seen = seen
        self._where = where
        self._text_nodes = text_nodes

    @cached_property
    def page(self) -> Page:
        """The parsed page, whose elements `css` returns."""
        return self._seen.page

    @cached_property
    def spans(self) -> Spans:
        """Where its text is."""
        return self._seen.spans

    def css(self, source: str) -> list[LexborNode]:
        """Return the matches whose text matches the pattern."""
        return [node for node in self._seen.css(source) if any(occurs(self._where, one) for one in self._texts(node))]

    def _texts(self, node: LexborNode) -> list[str]:
        if not self._text_nodes:
            return [collapse(node.text(separator=" "))]
        return [collapse(one.text_content or "") for one in node.iter(include_text=True) if one.is_text_node]


def _common(wanted: Any, got: Any) -> float:
    """Return the share of entries that two lists have in common, 0 for other values."""
    if not isinstance(wanted, list) or not isinstance(got, list):
        return 0.0
    one, other = (Counter(map(str, entries)) for entries in (wanted, got))
    return (one & other).total() / max(1, (one | other).total())


def _same_body(read: Record, record: Record) -> bool:
    """Return whether a record's body is what a reading without a profile takes for it, as far as that can say.

    That reading may take in a list or a notice; what it has and the body has not must then be claimed elsewhere.
    """
    parts, held = blocks_of(read), "".join(blocks_of(record))
    claimed = [squeeze(line.text) for line in record.info]
    claimed += [squeeze(one.text or "") for one in record.chrome if one.role is not Role.UNKNOWN]
    beside = "\0".join(claimed)
    whole = sum(map(len, parts))
    missing = sum(len(part) for part in parts if part not in held and part not in beside)
    common = sum(len(part) for part in parts if part in held)
    return missing <= (1 - _SAME) * whole and common >= _COMMON * len(held)


def blocks_of(record: Record) -> list[str]:
    """Return the texts of a record's blocks (squeezed)."""
    return [squeeze(text) for block in record.blocks for text in (block.text, block.caption) if text]


def idents(nodes: Sequence[LexborNode]) -> set[int]:
    """Return the identities of nodes."""
    return {node.mem_id for node in nodes}
