"""Copies of a value's rules that leave out what now stands beside the value in its element."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from .mender import Mender
from .trial import SHARED, own_file
from .values import FIELDS

_TEXTS: Final = ("own", "start")


def variants(mender: Mender, field: str) -> Iterator[dict[str, Any]]:
    """Yield the values of rules like those of a field that read an element's own text: a button or clock is inside it.

    Of a date also such that read the last one of a line, behind a clock or the time of a change.
    """
    for file in (own_file(mender.layout.id), SHARED):
        for rule in mender.draft.files[file].get(FIELDS[field]) or ():
            if not {"css", "xpath", "within"} & {*rule} or "attr" in rule or "text" in rule:
                continue
            plain = {key: value for key, value in rule.items() if key != "unproven"}
            yield from ({**plain, "text": text} for text in _TEXTS)
            match = str(plain.get("match", ""))
            if field == "datePublished" and match and not match.startswith((".*", "^")):
                yield {**plain, "match": f".*{match}"}
            elif field == "datePublished" and not match:
                yield {**plain, "match": _LAST}


_LAST: Final = (
    r".*?(?:^|\D)(\d{4}\D{1,2}\d{1,2}\D{1,2}\d{1,2}日?(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?)(?!.*\d{4}\D{1,2}\d{1,2}\D)"
)
