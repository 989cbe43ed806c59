"""Review of a fixture's values by a person. Only the date is recorded, never the person."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..profiles.load import Profile
from .fixture import Expected, Fixture
from .lenient import take


class NoValues(ValueError):  # noqa: N818 - states what is missing
    """A fixture that produces no record to review. The message has the reason."""


def opened(fixture: Fixture, profiles: Mapping[str, Profile]) -> Expected:
    """Return the expected values of `fixture`, or those of its current record if it has none yet. Raises NoValues."""
    expected = fixture.expected
    if expected is not None:
        return expected
    taken = take(fixture, profiles)
    if taken.record is None or taken.refusal is not None:
        raise NoValues(f"{fixture.name}: no record to review: {taken.refusal}")
    return Expected.unreviewed_of(taken.values)


def accept(expected: Expected, names: Iterable[str], day: str) -> list[str]:
    """Accept the values `names` (by default all unreviewed ones) and return their names.

    Raises KeyError for an unknown name.
    """
    wanted = list(names) or expected.unreviewed
    for name in wanted:
        if name not in expected.values:
            raise KeyError(name)
    for name in wanted:
        expected.accept(name, day)
    return wanted


def correct(expected: Expected, name: str, written: str, day: str) -> None:
    """Set the value `name` to JSON that a person wrote. Raises ValueError for invalid JSON."""
    value: Any = json.loads(written)
    expected.put(name, value)
    if name in expected.values:
        expected.accept(name, day)
