"""The parts of a page: the sieve's pieces and blocks with one numbering, and the nodes that belong to each.

Nothing is decided here. `crawler.sieve` splits the page; a text node belongs to the nearest element above it that
opens a piece, or to the block that was read from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from selectolax.lexbor import LexborNode

from ...page.dom import Page
from ...page.text import size, squeeze
from ...profiles.load import Profile
from ...records.model import Block, BlockType, ChromeEntry, Coverage, Record, Role
from ...sieve.claims import Target
from ...sieve.partition import Piece
from ...sieve.record import PartitionedPage
from .rules import Rulebook, RulePlace


class Group(StrEnum):
    """Where a part's characters count in `coverage`; `unread` for an unsplit page."""

    ARTICLE = "article"
    CHROME = "chrome"
    HIDDEN = "hidden"
    UNKNOWN = "unknown"
    UNREAD = "unread"


LABELS = {
    BlockType.PARAGRAPH: "paragraph",
    BlockType.HEADING: "heading",
    BlockType.IMAGE: "image",
    BlockType.VIDEO: "video",
    BlockType.AUDIO: "audio",
    BlockType.LIST: "list",
    BlockType.TABLE: "table",
    BlockType.QUOTE: "quote",
    BlockType.CODE: "code",
}
ROLES = (Target.TITLE, Target.HEADLINE, Target.INFO, *LABELS.values(), *Role)
"""All roles in the order of the legend: those of the article, then the schema's list."""


@dataclass(slots=True)
class Part:
    """One part of the partition: a piece, or a block of the article.

    `pointer` is its place in the record (`/blocks/3`), None if it has none; `size` the number of characters in the
    shown nodes; `text` its text according to the sieve.
    """

    number: int
    group: Group
    role: str
    rule: str
    text: str
    place: RulePlace = field(default_factory=RulePlace)
    xpath: str | None = None
    pointer: str | None = None
    heading: str | None = None
    items: int | None = None
    level: int | None = None
    address: str | None = None
    from_data: bool = False
    size: int = 0
    shown: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Owners:
    """The part of each node: `inside` for nodes with their subtree, `at` for single nodes, both by identity."""

    parts: list[Part]
    inside: dict[int, Part | None]
    at: dict[int, Part]
    headings: set[int]

    def add(self, part: Part) -> Part:
        """Add `part` with the next number."""
        part.number = len(self.parts)
        self.parts.append(part)
        return part


UNREAD = Owners([], {}, {}, set())


def own(page: Page, profile: Profile, apart: PartitionedPage, record: Record | None) -> Owners:
    """Return the parts of a split page, and the part of each node; `record` is the page's, if it has one."""
    book = Rulebook(profile, apart.layout)
    owners = Owners([], {}, {}, set())
    for claim in apart.walk.claims.by_node.values():
        if claim.target is Target.BODY:
            owners.inside[claim.node.mem_id] = None
    entries = _Entries(record)
    regions: dict[int, Part] = {}
    leading: list[Piece] = []
    present = {piece.node.mem_id for piece in apart.walk.pieces}
    for piece in apart.walk.pieces:
        if piece.claim is not None and piece.claim.heading_of in present:
            leading.append(piece)
            continue
        if piece.claim is None and not size(piece.text):
            owners.inside[piece.node.mem_id] = None  # only unclaimed pictures
            continue
        part = owners.add(_of_piece(page, piece, book, entries))
        regions[piece.node.mem_id] = owners.inside[piece.node.mem_id] = part
    for piece in leading:
        # The sieve joins such a heading to the entry of its region.
        region = (
            regions[piece.claim.heading_of] if piece.claim is not None and piece.claim.heading_of is not None else None
        )
        owners.inside[piece.node.mem_id] = region
        owners.headings.add(piece.node.mem_id)
        if region is not None:
            region.text = f"{piece.text} {region.text}"
    blocks = apart.builder.blocks()
    for number, (block, nodes) in enumerate(zip(blocks, apart.builder.sources(), strict=True)):
        part = owners.add(_of_block(page, block, nodes, apart, book))
        part.pointer = f"/blocks/{number}" if record is not None else None
        if not apart.from_data:
            for node in nodes:
                owners.at[node.mem_id] = part
    return owners


class _Entries:
    """The record's entries by rule and XPath, each with its pointer."""

    def __init__(self, record: Record | None) -> None:
        self.chrome: dict[tuple[str, str | None], tuple[str, ChromeEntry]] = {}
        self.info: dict[tuple[str, str | None], str] = {}
        self.record = record
        for number, entry in enumerate(record.chrome if record else ()):
            self.chrome[entry.rule, entry.xpath] = (f"/chrome/{number}", entry)
        for number, info in enumerate(record.info if record else ()):
            self.info[info.rule, info.xpath] = f"/info/{number}"


def _of_piece(page: Page, piece: Piece, book: Rulebook, entries: _Entries) -> Part:
    role, claim = piece.role, piece.claim
    path = page.path(piece.node)
    if role is None:
        target = claim.target if claim is not None else Target.INFO
        pointer = entries.info.get((piece.rule, path)) if target is Target.INFO else f"/{target}"
        pointer = pointer if entries.record is not None else None
        place = RulePlace((("css", "title"),)) if target is Target.TITLE else book.place(piece.rule)
        return Part(0, Group.ARTICLE, target, piece.rule, piece.text, place, path, pointer)
    group = {Role.HIDDEN: Group.HIDDEN, Role.UNKNOWN: Group.UNKNOWN}.get(role, Group.CHROME)
    heads = claim is not None and claim.heading_of is not None
    part = Part(0, group, role, piece.rule, piece.text, book.place(piece.rule, heading=heads), path)
    found = entries.chrome.get((piece.rule, path))
    if found is not None:
        part.pointer, entry = found
        part.heading = entry.heading
        part.items = len(entry.items) if entry.items is not None else None
    return part


def _of_block(page: Page, block: Block, nodes: tuple[LexborNode, ...], apart: PartitionedPage, book: Rulebook) -> Part:
    rule = _body_rule(nodes, apart)
    return Part(
        0,
        Group.ARTICLE,
        LABELS[block.type],
        rule,
        " ".join(text for text in (block.text, block.caption) if text),
        book.place(rule),
        None if apart.from_data else page.path(nodes[0]),
        level=block.level,
        address=block.url,
        items=len(block.items) if block.items is not None else None,
        from_data=apart.from_data,
    )


def _body_rule(nodes: tuple[LexborNode, ...], apart: PartitionedPage) -> str:
    """Return the rule of the body that contains the block."""
    by_node = apart.walk.claims.by_node
    node: LexborNode | None = nodes[0]
    while node is not None and not apart.from_data:
        claim = by_node.get(node.mem_id)
        if claim is not None and claim.target is Target.BODY:
            return claim.rule
        node = node.parent
    numbers = [number for number, body in enumerate(apart.layout.article.body) if body.data is not None]
    return f"article.body[{numbers[0]}]" if numbers else "article.body"


def coverage_of(parts: list[Part]) -> Coverage:
    """Return the characters of the shown parts by where they count; {} for an unsplit page."""
    sums = dict.fromkeys(Group, 0)
    for part in parts:
        if part.group is not Group.UNREAD:
            sums[part.group] += part.size
    return Coverage(
        total=sum(sums.values()),
        article=sums[Group.ARTICLE],
        chrome=sums[Group.CHROME],
        hidden=sums[Group.HIDDEN],
        unknown=sums[Group.UNKNOWN],
    )


def faults_of(parts: list[Part], record: Record | None) -> list[str]:
    """Return the differences between the shown page and the partition, which are always bugs."""
    faults = []
    for part in parts:
        if part.group is Group.UNREAD or part.from_data:
            continue
        drawn, expected = "".join(part.shown), squeeze(part.text)
        if sorted(drawn) != sorted(expected):
            faults.append(
                f"{part.pointer or part.xpath} ({part.role}, {part.rule}): {size(drawn)} characters drawn,"
                f" {size(expected)} in the partition"
            )
    if record is not None and coverage_of(parts) != record.coverage:
        faults.append(f"coverage: drawn {coverage_of(parts)}, in the record {record.coverage}")
    return faults
