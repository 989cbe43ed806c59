"""Names that a site changed: the classes and ids that are gone, and those that elements in their places have now.

Pages of before are laid beside changed ones (of the same article, or of others with the layout), each pair of elements
votes for its names, and the names are assigned all at once, so that no two get the same new one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...profiles.checks.generated import generated_part
from .align import Alignment, Beside, Outline
from .assign import assigned
from .cases import Seen

_PAGES, _BESIDE = 12, 3
"""Changed pages that are looked at, and pages of before for each."""
_CLEAR = 0.6
"""Share of a name's votes that its new name must have."""
_ROUNDS = 2
_PARAGRAPH = 40
"""Characters of a text that an element without any is not likely to have now, or to have had."""
_VOTE = 4
"""Votes of a pair of elements whose names are as many: each stands for one. A name that stays there has as many."""


class Renaming:
    """Changed pages beside pages of before: `to` are the names that are gone, with their new ones.

    `gone` are names of the pages of before that no changed page has, `fresh` those of the changed pages that no page of
    before has, `unclear` those that are gone without a clear new one, `likely` those whose new one is by exclusion.
    """

    def __init__(self, changed: Sequence[Seen], before: Sequence[Seen]) -> None:
        self.to: dict[str, str] = {}
        self.unclear: set[str] = set()
        self.likely: set[str] = set()
        self._outlines: dict[int, Outline] = {}
        olds = [one.old for one in changed if one.old is not None]
        fresh = _words(self._outline(seen) for seen in changed)
        known = _words(self._outline(seen) for seen in [*olds, *before])
        self.gone = known - fresh
        self._changed = changed
        self.fresh = fresh - known
        self._pages = [(seen.old, seen) for seen in changed[:_PAGES] if seen.old is not None]
        if not self._pages:
            outlined = [(one, paths_of(self._outline(one))) for one in before]
            for seen in changed[:_PAGES]:
                paths = paths_of(self._outline(seen))
                near = sorted(outlined, key=lambda one: -overlap(one[1], paths))
                self._pages += [(one, seen) for one, _ in near[:_BESIDE]]
        self.beside: list[Beside] = []
        for _ in range(_ROUNDS):
            self._align()
            if not self.fresh:
                break
            self._vote()

    def _outline(self, seen: Seen) -> Outline:
        found = self._outlines.get(id(seen))
        if found is None:
            found = self._outlines[id(seen)] = Outline(seen)
        return found

    def _align(self) -> None:
        self.beside = [
            Beside(old, new, Alignment(self._outline(old), self._outline(new), self.to)) for old, new in self._pages
        ]

    def _vote(self) -> None:
        votes: dict[str, Counter[str]] = {}
        stays: Counter[str] = Counter()
        for one in self.beside:
            for old, new in one.alignment.pairs():
                stays.update(word for word in old.words if word in new.words)
                if bool(old.text) != bool(new.text) and len(old.text or new.text) >= _PARAGRAPH:
                    continue
                for sign in ".#":
                    lost = [word for word in old.words if word[0] == sign and word not in new.words]
                    come = [word for word in new.words if word[0] == sign and word in self.fresh]
                    if len(lost) == len(come):
                        for word, other in zip(lost, come, strict=True):
                            votes.setdefault(word, Counter())[other] += _VOTE
                    else:
                        for word in lost:
                            votes.setdefault(word, Counter()).update(come)
        self.likely.clear()
        found = assigned(votes)
        totals: Counter[str] = Counter()
        for row in votes.values():
            totals.update(row)
        self.to = {
            old: new
            for old, new in found.items()
            if votes[old][new] >= _CLEAR * votes[old].total() and votes[old][new] >= _CLEAR * totals[new]
            if votes[old][new] >= _VOTE * stays[old]
        }
        self._likely(votes, stays)
        self.unclear = {old for old in votes if old not in self.to and old in self.gone}

    def _likely(self, votes: Mapping[str, Counter[str]], stays: Mapping[str, int]) -> None:
        """Add names whose own new one is clear once those are left out that are clearly of other names.

        A caption that few pages have is laid beside paragraphs on the others. A generated name is not one of them: in
        selectors its beginning stands for all names that begin so.
        """
        taken = {*self.to.values()}
        rest = {old: Counter({new: n for new, n in row.items() if new not in taken}) for old, row in votes.items()}
        rest = {old: row for old, row in rest.items() if old not in self.to and old in self.gone and row}
        totals: Counter[str] = Counter()
        for row in rest.values():
            totals.update(row)
        for old, new in assigned(rest).items():
            count = rest[old][new]
            if generated_part(old[1:]) is not None:
                continue
            if count >= _CLEAR * max(rest[old].total(), totals[new]) and count >= _VOTE * max(1, stays[old]):
                self.to[old] = new
                self.likely.add(old)

    def aliases(self, used: Iterable[str]) -> dict[str, list[str]]:
        """Return the new names of those names in selectors (`.name`, `#name`, `.name-*`) that no changed page has."""
        found: dict[str, list[str]] = {}
        lost = {*self.gone, *self.to}
        for token in used:
            begins = token.removesuffix("*")
            olds = sorted(word for word in lost if word == token or (begins != token and word.startswith(begins)))
            if not olds:
                continue
            news = dict.fromkeys(_stable(self.to[old], self._changed) for old in olds if old in self.to)
            known = [new for new in news if new is not None]
            if known and len(known) == len(news) and len(known) <= _SEVERAL:
                found[token] = known
            elif any(old in self.unclear for old in olds):
                self.unclear.add(token)
        return found


_SEVERAL = 3


def _stable(new: str, changed: Sequence[Seen]) -> str | None:
    """Return a new name as selectors have it: one that a build made by its beginning; None if others begin so too."""
    part = generated_part(new[1:])
    if part is None:
        return new
    begins = f"{new.removesuffix(part)}*"
    if new[0] == "#" or len(begins) < 5:
        return None
    same = all([a.mem_id for a in seen.css(begins)] == [b.mem_id for b in seen.css(new)] for seen in changed[:_PAGES])
    return begins if same else None


def paths_of(outline: Outline) -> Counter[tuple[str, ...]]:
    """Return how often each tag is inside each other, three deep."""
    found: Counter[tuple[str, ...]] = Counter()
    for one in outline.shapes:
        above = one.outer
        found[one.tag, above.tag if above else "", above.outer.tag if above and above.outer else ""] += 1
    return found


def overlap(one: Counter[Any], other: Counter[Any]) -> float:
    """Return the share of two counts that they have in common."""
    return sum((one & other).values()) / max(1, sum((one | other).values()))


def _words(outlines: Iterable[Outline]) -> set[str]:
    return {word for outline in outlines for word in outline.words}
