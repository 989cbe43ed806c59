"""Repairs one layout: moved regions, evidence, then what is still wrong, each change tried before it is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial

from selectolax.lexbor import LexborNode

from ...errors import PortalsieveError, ProfileInvalid
from ...page.selectors import as_written
from ...page.text import squeeze
from ...profiles.load import Profile
from ...profiles.model import Layout
from ...profiles.toml import KeyPath
from ...records.model import Record
from ...sieve.partition import Piece
from .bodies import Moved, add_parts
from .cases import BODY, HEADLINE, Matching, Seen, idents, region_of
from .guess import by_print, needed
from .locate import body_targets, holds_body, moved, targets_of, text_node_targets
from .renames import alternatives
from .selectors import Choice, Kept, Wanted, choose, right
from .spans import Target
from .toml_text import EditFailed
from .trial import Draft

_FIRST = {HEADLINE, BODY}
_LEFT_OUT = 3
_MORE = 12
"""Proposals that are tried after one that is not wholly right."""
LEFT_OUT = "a selector learned without one of the pages is not right on it"


class Mender:
    """The repair of one layout, from the changed pages of it and the pages that must stay as they are."""

    def __init__(
        self, profile: Profile, layout: Layout, draft: Draft, affected: Sequence[Seen], kept: Sequence[Seen],
        others: Sequence[Seen] = (),
    ) -> None:  # fmt: skip
        self.profile = profile
        self.layout = layout
        self.start = draft
        self.draft = draft
        self.affected = [*affected]
        self.kept = [*kept]
        self.olds = [seen for seen in kept if not seen.partial] or [*kept]
        """The stored pages among them, where there are any: a new selector must find nothing new on these. Pages of
        today that are read all the same may have what it is made for."""
        self.others = [*others]
        """Stored pages of other layouts: evidence of this one must not be on them."""
        self.moved: dict[str, Moved] = {}
        self.renamed: set[str] = set()
        """Names that other names were found for."""
        self.doubts: list[str] = []
        """Further reasons for which the repair is not sure."""
        self.changes: list[tuple[KeyPath, str]] = []
        """The new selectors by the path of their rule, for a layout file of their own."""
        self._now: dict[int, dict[str, list[Piece]]] = {}
        self._whole: set[int] = set()
        """The changed pages whose body is as it was before."""

    # --- What the rules claim -----------------------------------------------------------------------------------------

    def pieces(self, seen: Seen) -> dict[str, list[Piece]]:
        """Return what the layout's rules claim on a page, by rule."""
        found = self._now.get(id(seen))
        if found is None:
            try:
                found = seen.pieces(self.profile, self.layout)
            except PortalsieveError:
                found = {}
            self._now[id(seen)] = found
        return found

    def bodies(self, seen: Seen) -> set[int]:
        """Return the elements of a page that the layout's rules for the body claim."""
        return idents([piece.node for piece in self.pieces(seen).get(BODY, [])])

    def adopt(self, draft: Draft) -> bool:
        """Continue with another draft; return whether its profile is valid."""
        profile = self.load(draft)
        if profile is None:
            return False
        self.draft, self.profile = draft, profile
        self.layout = profile.layouts[self.layout.id]
        self._now.clear()
        return True

    def keeping(self, rule: str) -> list[Kept]:
        """Return the pages that must stay as they are, with what `rule` claims on each."""
        if rule != HEADLINE:
            return self._claims(rule, self.olds)
        # what pages of today have in the place of a headline that no rule claims is not their headline
        found = self._claims(rule, {id(seen): seen for seen in [*self.olds, *self.kept]}.values())
        return [Kept(one.seen, one.claimed | _titles(one.seen)) for one in found]

    def _claims(self, rule: str, pages: Iterable[Seen]) -> list[Kept]:
        return [
            Kept(seen, frozenset(idents([_element(piece) for piece in self.pieces(seen).get(rule, [])])))
            for seen in pages
        ]

    @property
    def missing(self) -> dict[int, dict[str, list[str]]]:
        """The texts of before of the rules that do not claim them now, by page and rule."""
        found: dict[int, dict[str, list[str]]] = {}
        for seen in self.affected:
            now = {
                rule: [text for piece in pieces if (text := squeeze(piece.text))]
                for rule, pieces in self.pieces(seen).items()
            }
            found[id(seen)] = moved(seen, now)
        return found

    # --- Regions ------------------------------------------------------------------------------------------------------

    def regions(self) -> None:
        """Find the regions that moved, all at once, and add their selectors to the draft."""
        missing = self.missing
        records = zip(self.affected, self.outcomes(self.draft), strict=True)
        self._whole = {
            id(seen) for seen, record in records if not {"record", "blocks", "images"} & {*seen.wrong(record)}
        }
        places = {id(seen): self._assigned(seen, missing[id(seen)]) for seen in self.affected}
        rules = dict.fromkeys([HEADLINE, BODY, *(rule for found in places.values() for rule in found)])
        for rule in rules:
            wanted = [
                Wanted(seen, targets) for seen in self.affected if (targets := places[id(seen)].get(rule)) is not None
            ]
            if not any(one.targets for one in wanted):
                continue
            found = self._chosen(rule, wanted)
            parts = self._body_parts(wanted) if rule == BODY else None
            in_parts = parts is not None and (found is None or self._is_wide(wanted))
            if parts is not None and in_parts:
                note = self.moved[BODY] = Moved(rule=BODY, pages=len(parts))
                if add_parts(self, parts, note) or found is None:
                    continue
            note = self.moved[rule] = Moved(rule=rule, pages=len(wanted))
            if found is None:
                note.why = "no selector is right on all pages"
                continue
            note.css, note.candidates = found.css, found.others
            if any(one.seen.guessed for one in wanted) and not self._holds_without(rule, wanted):
                note.why = LEFT_OUT
            self._add(rule, found.css)

    def _chosen(self, rule: str, wanted: Sequence[Wanted]) -> Choice | None:
        """Return a selector for a rule: one that finds nothing else on the kept pages, if there is one.

        An alternative that is tried last does no harm on pages where an earlier one finds something.
        """
        places = {id(one.seen) for one in wanted}
        healthy = [seen for seen in self.affected if id(seen) not in places and self.pieces(seen).get(rule)]
        kept = [*self.keeping(rule), *self._claims(rule, healthy)]
        region = region_of(self.layout, rule)
        if region is not None and region.where is not None:
            match = partial(Matching, where=region.where, text_nodes=region.text_nodes)
            wanted = [Wanted(match(one.seen), one.targets) for one in wanted]
            kept = [Kept(match(one.seen), one.claimed) for one in kept]
        css = region.css if region is not None else None
        ways = [way for one in ([css] if isinstance(css, str) else css or ()) for way in alternatives(as_written(one))]
        found = choose(wanted, kept, first=rule in _FIRST, known=ways)
        if found is not None or any(self.pieces(seen).get(rule) for seen in self.affected):
            return found
        return choose(wanted, [one for one in kept if not self.pieces(one.seen).get(rule)], first=rule in _FIRST)

    def _holds_without(self, rule: str, wanted: Sequence[Wanted]) -> bool:
        """Return whether a selector that is learned without a page is right on it, for each of a few pages."""
        for one in wanted[:_LEFT_OUT] if len(wanted) > 1 else ():
            found = self._chosen(rule, [other for other in wanted if other is not one])
            if found is None or not right(found.css, one, first=rule in _FIRST):
                return False
        return True

    def _assigned(self, seen: Seen, missing_texts: Mapping[str, list[str]]) -> dict[str, list[Target]]:
        """Return where each moved rule's content is on a page, so that no element is given to two rules."""
        missing = dict(missing_texts)
        healthy = {
            piece.node.mem_id
            for rule, pieces in self.pieces(seen).items()
            if rule not in missing and rule != BODY
            for piece in pieces
        }
        found: dict[str, list[Target]] = {}
        for rule, texts in missing.items():
            region = region_of(self.layout, rule)
            if rule == HEADLINE:
                targets = self._headline(seen, texts[0], healthy)
            elif region is not None and region.text_nodes:
                targets = text_node_targets(seen, texts)
            else:
                targets = targets_of(seen, texts, healthy)
            if targets and self._has_them(seen, rule, targets):
                continue  # only what other rules claim inside has changed
            if targets:
                found[rule] = targets
            else:
                self.moved.setdefault(rule, Moved(rule=rule, why="its text is not on the page, or in several places"))
        if seen.before is not None and id(seen) not in self._whole and self._body_is_wrong(seen):
            whole, _ = body_targets(seen, seen.before)
            if whole:
                found[BODY] = whole
        if seen.guessed:
            found |= dict(self._printed(seen, healthy, found))
        return _without_shared(found)

    def _printed(
        self, seen: Seen, healthy: set[int], found: Mapping[str, list[Target]]
    ) -> Iterator[tuple[str, list[Target]]]:
        """Yield the regions that the article needs and that no rule claims now, by fingerprint."""
        taken = healthy | {ident for targets in found.values() for target in targets for ident in target.idents}
        hits = Counter(rule for one in self.kept for rule in self.pieces(one))
        usual = {rule for rule, count in hits.items() if 2 * count >= len(self.kept) and rule not in _FIRST}
        for rule in sorted(one for one in usual - {*self.pieces(seen)} if needed(self.layout, one)):
            targets = by_print(self, seen, rule, taken)
            if targets:
                yield rule, targets

    def _has_them(self, seen: Seen, rule: str, targets: Sequence[Target]) -> bool:
        claimed = [_element(piece).mem_id for piece in self.pieces(seen).get(rule, []) if squeeze(piece.text)]
        return len(claimed) == len(targets) and all(any(one in target.idents for target in targets) for one in claimed)

    def _headline(self, seen: Seen, text: str, healthy: set[int]) -> list[Target] | None:
        found = [one for one in seen.spans.exact(text) if not one.idents & healthy]
        outside = [one for one in found if not _is_inside(one, healthy)]
        found = outside or found
        for tags in ({"h1"}, {"h1", "h2", "h3"}):
            titled = [one for one in found if any(node.tag in tags for node in one.nodes)]
            if len(titled) == 1:
                return titled
        if len(found) == 1:
            return found
        return None if found else targets_of(seen, [text], healthy)

    def _body_is_wrong(self, seen: Seen) -> bool:
        wanted = seen.wanted
        claimed = self.pieces(seen).get(BODY, [])
        if wanted is None or seen.before is None or seen.before.body_from_data is not None:
            return False
        if not claimed:
            return True
        whole, _ = body_targets(seen, seen.before)
        return bool(whole) and not holds_body(seen, seen.before, [piece.node for piece in claimed])

    def _is_wide(self, wanted: Sequence[Wanted]) -> bool:
        """Return whether the body's element holds much more than the article."""
        for one in wanted:
            record = one.seen.before
            if record is None or not one.targets:
                continue
            length = sum(len("".join((block.text or block.caption or "").split())) for block in record.blocks)
            if one.targets[0].end - one.targets[0].start > 1.3 * length + 40:
                return True
        return False

    def _body_parts(self, wanted: Sequence[Wanted]) -> list[Wanted] | None:
        made = []
        for one in wanted:
            if one.seen.before is None:
                return None
            _, parts = body_targets(one.seen, one.seen.before, self.bodies(one.seen))
            if not parts:
                return None
            made.append(Wanted(one.seen, parts))
        return made

    def path(self, rule: str) -> KeyPath:
        """Return the path in the profile of a region's rule."""
        if rule != BODY:
            return tuple(rule.split("."))
        number = next((at for at, body in enumerate(self.layout.article.body) if body.css is not None), 0)
        return ("article", "body", number)

    def _add(self, rule: str, css: str) -> None:
        path = self.path(rule)
        claimed = any(self.pieces(seen).get(rule) for seen in self.affected)
        try:
            beside = claimed and rule.startswith("chrome.")  # of a region in several places each is found by its own
            self.draft = self.draft.with_css(self.layout.id, path, css, front=claimed, union=beside)
            self.changes.append((path, css))
        except EditFailed as error:
            self.moved[rule].why = str(error)

    def load(self, draft: Draft) -> Profile | None:
        """Return a draft's profile, None if it is invalid."""
        try:
            return draft.profile(self.profile)
        except ProfileInvalid:
            return None

    # --- What is still wrong ------------------------------------------------------------------------------------------

    def outcomes(self, draft: Draft) -> list[Record | None]:
        """Return the records of the changed pages by a draft."""
        profile = self.load(draft)
        return [seen.outcome(profile) if profile is not None else None for seen in self.affected]

    def faults(self, records: Sequence[Record | None]) -> float:
        """Return how much is wrong on the changed pages; a page without a record counts as many values."""
        return round(sum(seen.faults(record) for seen, record in zip(self.affected, records, strict=True)), 6)

    def improve(self, propose: Iterable[Callable[[], Draft]], name: str) -> bool:
        """Keep the proposed draft with the fewest wrong values, if any has fewer; return whether there was one.

        The first of several, and the first after which no page has a wrong `name`. One that leaves the pages as they
        are that must stay so is preferred; others may become a layout of their own.
        """
        now = least = self.faults(self.outcomes(self.draft))
        best: Draft | None = None
        second: Draft | None = None
        more = _MORE
        for make in propose:
            try:
                draft = make()
            except EditFailed:
                continue
            records = self.outcomes(draft)
            faults = self.faults(records)
            more -= best is not None
            if faults < least and not self._breaks(draft):
                best, least = draft, faults
                wrong = (seen.wrong(record) for seen, record in zip(self.affected, records, strict=True))
                if not any({name, "record"} & {*names} for names in wrong):
                    break
            elif faults < now:
                second = second or draft
            if not more:
                break
        best = best or second
        return best is not None and self.adopt(best)

    def harms(self, draft: Draft) -> bool:
        """Return whether a page of today that is read all the same would have other values."""
        profile = self.load(draft)
        return profile is None or any(seen.partial and seen.wrong(seen.outcome(profile)) for seen in self.kept)

    def _breaks(self, draft: Draft) -> bool:
        """Return whether a page that must stay as it is would have other values."""
        profile = self.load(draft)
        return profile is None or any(seen.wrong(seen.outcome(profile)) for seen in self.kept)


def _element(piece: Piece) -> LexborNode:
    """Return the element that a piece's rule found; of a text node the one around it, which its selector names."""
    parent = piece.node.parent
    return parent if piece.node.is_text_node and parent is not None else piece.node


def _titles(seen: Seen) -> frozenset[int]:
    """Return the elements of a page that have the text of its headline."""
    headline = squeeze((seen.before.headline if seen.before is not None else None) or "")
    return frozenset(ident for target in seen.spans.exact(headline) for ident in target.idents)


def _is_inside(target: Target, outer: set[int]) -> bool:
    node = target.nodes[-1].parent
    while node is not None:
        if node.mem_id in outer:
            return True
        node = node.parent
    return False


def _without_shared(found: dict[str, list[Target]]) -> dict[str, list[Target]]:
    """Return the places without those of rules that have an element in common; the more important rule keeps it."""
    taken: dict[tuple[int, int], str] = {}
    kept: dict[str, list[Target]] = {}
    for rule in sorted(found, key=lambda one: (one not in _FIRST, not one.startswith("article."))):
        ranges = [(target.start, target.end) for target in found[rule]]
        if any(one in taken for one in ranges):
            continue
        taken.update(dict.fromkeys(ranges, rule))
        kept[rule] = found[rule]
    return kept
