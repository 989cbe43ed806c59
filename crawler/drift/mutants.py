"""Changed layouts of stored pages, each with what a record of it must say.

Pure and deterministic: the same page, kind and seed give the same bytes. Pages that are changed with one seed are
changed alike, as by one redesign: the same new names, the same places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from ..errors import PortalsieveError
from ..page.limits import Limits, check
from ..profiles.load import Profile
from ..records.model import Record
from .changes import KINDS, Kind
from .subject import Stored, Subject, judged, rng_of

__all__ = ["KINDS", "Mutant", "mutant", "mutants"]


LIMITS: Final = Limits(max_tags=10_000, max_attributes=400)
"""Limits of a page that is changed, which is parsed some 150 times: real pages have up to 7,000 tags."""


class Mutant(msgspec.Struct, frozen=True, kw_only=True):
    """A changed page.

    `page` is the page with its new bytes, `touches` are the keys of the rules that the change concerns, `expected` are
    the values that its record must have (`...` where any value is right), `content` is whether everything that the
    unchanged record had is still in the page: if not, no record is right too. `fails` says that it must not give
    another record than before; `flags` are those of the unchanged page.
    """

    kind: Kind
    seed: int
    layout: str
    page: Stored
    touches: tuple[str, ...]
    expected: Mapping[str, Any]
    fails: bool
    flags: tuple[str, ...]
    content: bool

    def wrong(self, record: Record | None) -> list[str]:
        """Return the names of the values that are wrong in `record`, or in no record; [] where all are right."""
        if record is None:
            return ["record"] if self.content else []
        got = judged(record)
        names = [name for name in self.expected if self.expected[name] is not ...]
        wrong = [name for name in names if got.get(name, []) != self.expected[name]]
        return ["record"] if wrong and self.fails else wrong

    def outcome(self, profile: Profile) -> tuple[Record | None, list[str]]:
        """Return the record of the changed page, None if it is refused, and the names of its wrong values."""
        try:
            record = self.page.record(profile)
        except PortalsieveError:
            return None, self.wrong(None)
        return record, self.wrong(record)


def mutant(
    page: Stored, profile: Profile, kind: Kind | str, seed: int = 0, record: Record | None = None
) -> Mutant | None:
    """Return `page` with one change of its layout; None where it has nothing of the kind.

    `record` is the record of the unchanged page, made where it is not given; raises the same as `extract` then.
    """
    kind = KINDS[kind] if isinstance(kind, str) else kind
    record = record if record is not None else page.record(profile)
    subject = Subject(page, profile, record)
    inside = subject.line_fields
    change = kind.make(subject, rng_of(seed, kind.name))
    if change is None:
        return None
    fields = (rule for line in change.touches for rule in inside.get(line, ()))
    return Mutant(
        kind=kind,
        seed=seed,
        layout=record.layout.id,
        page=page.replaced(subject.encoded()),
        touches=(*dict.fromkeys((*change.touches, *fields)),),
        expected={**subject.values(), **change.expect},
        fails=change.fails,
        flags=tuple(record.flags),
        content=change.content,
    )


def mutants(
    pages: Iterable[Stored], profile: Profile, kinds: Iterable[Kind] | None = None, seed: int = 0
) -> Iterator[Mutant]:
    """Yield each of `pages` with each change that it has a place for.

    Pages without a record, and those over `LIMITS`, are skipped.
    """
    chosen = [*(KINDS.values() if kinds is None else kinds)]
    for page in pages:
        try:
            check(page.body, LIMITS)
            record = page.record(profile)
        except PortalsieveError:
            continue
        for kind in chosen:
            made = mutant(page, profile, kind, seed, record)
            if made is not None:
                yield made
