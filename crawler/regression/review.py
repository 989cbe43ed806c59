"""Review: what a person says of a fixture's values, and how it is written down: only when, never who."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from crawler.profiles.load import Profile
from crawler.regression.fixture import Expected, Fixture
from crawler.regression.lenient import take


class NoValues(ValueError):  # noqa: N818 - states what is missing
    """A fixture that gives no record to review. The message says why."""


def opened(fixture: Fixture, profiles: Mapping[str, Profile]) -> Expected:
    """Return the values of `fixture`; where it has none yet, those of its record now. Raises NoValues."""
    expected = fixture.expected
    if expected is not None:
        return expected
    taken = take(fixture, profiles)
    if taken.record is None or taken.refusal is not None:
        raise NoValues(f"{fixture.name}: no record to review: {taken.refusal}")
    return Expected.unreviewed_of(taken.values)


def accept(expected: Expected, names: Iterable[str], day: str) -> list[str]:
    """Note that a person looked at the values `names` (all that are unreviewed, without a name); return their names.

    Raises KeyError for a name that is none of the fixture's values.
    """
    wanted = list(names) or expected.unreviewed
    for name in wanted:
        if name not in expected.values:
            raise KeyError(name)
    for name in wanted:
        expected.accept(name, day)
    return wanted


def correct(expected: Expected, name: str, written: str, day: str) -> None:
    """Set the value `name` to what a person wrote as JSON; raises ValueError where that is none."""
    value: Any = json.loads(written)
    expected.put(name, value)
    if name in expected.values:
        expected.accept(name, day)
