"""The quality floor: the profiles' pinned scores, which may not fall.

A file has the scores of each site on the fixtures and on the corpus, with digests of what they were measured on. If the
corpus has grown, only the pages of the floor are measured. Its scores are compared only while these pages, their
expected records and the scoring script are unchanged; otherwise the changes are reported. Fixtures change with every
profile, so their scores are always compared; `cases` notices removed fixtures.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from ..records.write import replacing
from .fixture import encoded
from .scoring import Figures, Scores

FORMAT = 1
FIXTURES, CORPUS = "fixtures", "corpus"
FEWER = frozenset({"unknown", "extra", "leak", "untold"})
"""Scores for which lower is better; for all others, higher is better."""


class FloorBroken(ValueError):  # noqa: N818 - states what is wrong
    """A pinned file that cannot be read. The message has its name."""


class Floor(msgspec.Struct, frozen=True, kw_only=True):
    """The pinned scores; `corpus` is None if it was never measured."""

    format: int = FORMAT
    fixtures: Scores
    corpus: Scores | None = None

    def corpus_pages(self) -> frozenset[str] | None:
        """The names of the corpus pages that the floor was measured on, None if it was never measured."""
        if self.corpus is None:
            return None
        return frozenset(name for names in self.corpus.digests.values() for name in names)

    def parts(self) -> Iterator[tuple[str, Scores]]:
        """Yield the scores by name."""
        yield FIXTURES, self.fixtures
        if self.corpus is not None:
            yield CORPUS, self.corpus


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One score: the floor (None if not pinned yet), and the measured value (None if it no longer exists)."""

    part: str
    site: str
    figure: str
    floor: float | None
    now: float | None

    @property
    def is_below(self) -> bool:
        """Whether the score is worse than the floor, or missing."""
        if self.floor is None:
            return False
        if self.now is None:
            return True
        return self.now > self.floor if self.figure in FEWER else self.now < self.floor

    @property
    def is_above(self) -> bool:
        """Whether the floor can be raised."""
        return self.floor is None or (self.now is not None and self.now != self.floor and not self.is_below)


class Held(msgspec.Struct, frozen=True):
    """The comparison of scores with the floor.

    `rows` are the scores that can be compared, `changed` lists the inputs that have changed since the floor was
    measured, `uncompared` the (part, site) that can therefore not be compared.
    """

    rows: tuple[Row, ...]
    changed: tuple[str, ...]
    uncompared: frozenset[tuple[str, str]]

    @property
    def below(self) -> list[Row]:
        """The scores that are worse than the floor."""
        return [row for row in self.rows if row.is_below]

    @property
    def above(self) -> list[Row]:
        """The scores that the floor can be raised to."""
        return [row for row in self.rows if row.is_above]


def hold(floor: Floor | None, now: Floor) -> Held:
    """Compare `now` with `floor`. A part that was not measured now is left out."""
    rows: list[Row] = []
    changed: list[str] = []
    uncompared: set[tuple[str, str]] = set()
    pinned = dict(floor.parts()) if floor is not None else {}
    for part, scores in now.parts():
        old = pinned.get(part, Scores(sites={}, digests={}))
        for site in sorted({*old.sites, *scores.sites}):
            names = _changed(old.digests.get(site, {}), scores.digests.get(site, {})) if site in old.sites else []
            changed += [f"{part} of {site}: {name}" for name in names]
            if part == CORPUS and names:
                uncompared.add((part, site))
                continue
            rows += _rows(part, site, old.sites.get(site, {}), scores.sites.get(site, {}))
    return Held(tuple(rows), tuple(changed), frozenset(uncompared))


def _rows(part: str, site: str, old: Figures, now: Figures) -> list[Row]:
    names = dict.fromkeys([*old, *now])
    return [Row(part=part, site=site, figure=name, floor=old.get(name), now=now.get(name)) for name in names]


def _changed(old: dict[str, str], now: dict[str, str]) -> list[str]:
    changes = {(True, False): "was removed", (False, True): "is new", (True, True): "has changed"}
    return [
        f"{name} {changes[name in old, name in now]}" for name in sorted({*old, *now}) if old.get(name) != now.get(name)
    ]


def raised(floor: Floor | None, now: Floor, *, lower: bool) -> Floor:
    """Return `floor` raised to `now`: the better of the two for each score.

    With `lower`, all measured scores are taken. Otherwise scores that fell, removed sites, and parts that were measured
    on something else keep their floor. A part that was not measured now (no corpus) is unchanged.
    """
    if floor is None or lower:
        return Floor(fixtures=now.fixtures, corpus=now.corpus or (floor.corpus if floor is not None else None))
    held = hold(floor, now)
    parts = {part: _merged(part, scores, dict(floor.parts()).get(part), held) for part, scores in now.parts()}
    return Floor(fixtures=parts[FIXTURES], corpus=parts.get(CORPUS, floor.corpus))


def _merged(part: str, now: Scores, old: Scores | None, held: Held) -> Scores:
    if old is None:
        return now
    better: dict[str, Figures] = {}
    for row in held.rows:
        if row.part == part:
            value = row.floor if row.is_below else row.now
            if value is not None:
                better.setdefault(row.site, {})[row.figure] = value
    kept = {site for of, site in held.uncompared if of == part}
    sites = {site: old.sites[site] if site in kept else better[site] for site in sorted({*old.sites, *now.sites})}
    digests = {site: (old if site in kept or site not in now.digests else now).digests[site] for site in sites}
    return Scores(sites=sites, digests=digests)


def read(path: Path) -> Floor | None:
    """Return the pinned floor, None if the file does not exist. Raises FloorBroken."""
    if not path.is_file():
        return None
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Floor)
    except (OSError, msgspec.DecodeError) as error:
        raise FloorBroken(f"{path}: {error}; restore it from an earlier commit") from None
    if found.format != FORMAT:
        raise FloorBroken(f"{path}: format {found.format}; this version reads {FORMAT}")
    return found


def write(path: Path, floor: Floor) -> None:
    """Write the pinned file, completely or not at all."""
    with replacing(path) as out:
        out.write(encoded(msgspec.to_builtins(floor)))
