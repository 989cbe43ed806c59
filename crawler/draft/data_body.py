"""The rule for a body that stands in the page's data: beside the elements that show it, or in their place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from ..profiles.model import Value
from .learned import Learned
from .learner import Learner, Place
from .sample import Sample

KEY = "article.body"
_FIRST: Final = " | [0]"


def body_in_data(learner: Learner, *, shown: bool) -> list[Learned]:
    """Return the rules for the data that hold the body; with `shown`, elements have it too, so doubts are left out."""

    def candidates(sample: Sample) -> Iterator[Place]:
        for entry in sample.bodies:
            yield from (Place(Value(data="data", path=path), entry.data) for path in _whole(entry.path))

    def judge(sample: Sample, found: list[str], _want: str | None) -> bool | None:
        return sample.is_article("\n".join(found)) if found else None

    found = learner.learn(KEY, candidates, lambda sample: sample.text, judge, most=2)
    sizes = tuple(f"{len(sample.text)} characters" for sample in learner.samples)
    return [msgspec.structs.replace(rule, gave=sizes) for rule in found if not (shown and rule.reason)]


def _whole(path: str | None) -> Iterator[str | None]:
    """Yield the path to all entries of a list before that to its first: the next article may have more parts."""
    if path is not None and path.endswith(_FIRST) and "*" not in path:
        yield path.removesuffix(_FIRST)
    yield path
