"""Changed pages of which no text is stored, read as if a change of a known kind had not been made.

Most changes of a line can be undone in the page itself: the old label is put in the place of the new one, a date is
written year first again, a second line is taken out. What the old rules read then is what the page should say. An
undoing counts only if it changes no other value than those that it is about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from ...errors import PortalsieveError
from ...profiles.load import Profile
from ...profiles.model import Layout
from ...records.model import Record
from ...sieve.partition import Piece
from ..subject import Stored, judged
from ..tree import Element, Node, Text, Tree, is_text
from .cases import Seen

_HEADERS: Final = {"Content-Type": "text/html; charset=utf-8"}
_DATES: Final = frozenset({"datePublished", "dateModified"})
NAMES: Final = frozenset({"source", "authors", "editors", "account", "originalHeadline"})
"""The values that lines have beside their date."""
LINES: Final = _DATES | NAMES
_MOST_OLD: Final = 12


class Sheet:
    """A changed page with a tree that may be changed, and what the layout's rules claim on it."""

    def __init__(self, seen: Seen, profile: Profile, layout: Layout) -> None:
        self.seen = seen
        self.profile = profile
        self.layout = layout
        self.record = seen.outcome(profile)
        try:
            self.pieces = seen.pieces(profile, layout)
        except PortalsieveError:
            self.pieces = {}
        self.tree = Tree(seen.page)
        self.words: dict[str, str] = {}
        """The labels that were put in the place of words."""

    def lines(self) -> Iterator[tuple[str, Piece, Node]]:
        """Yield the article's lines outside headline and body: the rule, what it claims, the node in the tree."""
        for rule, pieces in self.pieces.items():
            if rule.startswith("article.info."):
                for piece in pieces:
                    node = self.tree.made.get(piece.node.mem_id)
                    if node is not None:
                        yield rule, piece, node

    def texts(self) -> Iterator[tuple[str, Text]]:
        """Yield the text nodes of the lines, each once, with the rule of the innermost line that it is in."""
        found: dict[int, tuple[str, Text]] = {}
        for rule, _, node in sorted(self.lines(), key=lambda one: -len(texts_in(one[2]))):
            found |= {id(text): (rule, text) for text in texts_in(node)}
        yield from found.values()

    def stored(self) -> Stored:
        """Return the page as its tree is now."""
        page = self.seen.stored
        return msgspec.structs.replace(page, body=self.tree.html().encode(), headers=_HEADERS)


def texts_in(node: Node) -> list[Text]:
    """Return the text nodes of a node."""
    if not isinstance(node, Element):
        return [node]
    return [child for one in node.walk() for child in one.children if is_text(child)]


class Change(msgspec.Struct, frozen=True):
    """A kind of change: the values that its undoing may change (`chrome` for lists), and what undoes it.

    `undo` is called with all changed pages of a layout and the pages of before. It changes the pages' trees and returns
    the numbers of the pages that it changed.
    """

    values: frozenset[str]
    undo: Callable[[Sequence[Sheet], Sequence[Sheet]], set[int]]


class Undone(msgspec.Struct, frozen=True):
    """What a page should say, and the words that are labels on it now, with those of before."""

    record: Record
    words: Mapping[str, str]


def undone(
    pages: Sequence[Seen],
    olds: Sequence[Seen],
    profile: Profile,
    layout: Layout,
    changes: Sequence[Change],
    lists: Callable[[Sheet, Record, Sequence[Sheet]], Record | None],
) -> dict[int, Undone]:
    """Return what pages should say of which a change can be undone, by their number; `lists` completes their lists."""
    before = [Sheet(one, profile, layout) for one in olds[:_MOST_OLD]]
    found: dict[int, Undone] = {}
    sheets = [Sheet(one, profile, layout) for one in pages]
    for change in changes:
        touched = change.undo(sheets, before)
        for number in sorted(touched):
            sheet = sheets[number]
            page = Seen(sheet.stored())
            record = page.outcome(profile)
            if record is not None and record.layout.id == layout.id and _holds(change, sheet.record, record):
                words = {**(found[number].words if number in found else {}), **sheet.words}
                found[number] = Undone(_of(pages[number], record), words)
                sheets[number] = Sheet(page, profile, layout)
            else:
                sheets[number] = Sheet(sheet.seen, profile, layout)
    for number, sheet in enumerate(sheets):
        record = found[number].record if number in found else sheet.record
        whole = lists(sheet, record, before) if record is not None and sheet.record is not None else None
        if whole is not None:
            found[number] = Undone(_of(pages[number], whole), found[number].words if number in found else {})
    return found


def _holds(change: Change, was: Record | None, now: Record) -> bool:
    """Return whether an undoing changed a value that it is about, and no other."""
    if was is None:
        return True
    old, new = judged(was), judged(now)
    differ = {name for name in {*old, *new} if old.get(name) != new.get(name)}
    return bool(differ) and all(name.partition(".")[0] in change.values for name in differ)


def _of(seen: Seen, record: Record) -> Record:
    """Return a record as one of the page itself, whose text is not known."""
    digest = hashlib.sha256(seen.stored.body).hexdigest()
    return msgspec.structs.replace(record, fetch=msgspec.structs.replace(record.fetch, sha256=digest))


def by_rule(sheets: Sequence[Sheet]) -> Mapping[str, list[list[str]]]:
    """Return the texts of the lines by rule, page by page, of the pages that have the rule."""
    found: dict[str, list[list[str]]] = {}
    for sheet in sheets:
        for rule, pieces in sheet.pieces.items():
            if rule.startswith(("article.info.", "chrome.")):
                found.setdefault(rule, []).append([piece.text for piece in pieces])
    return found
