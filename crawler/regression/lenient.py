"""Lenient extraction of fixtures for the suite: a broken rule costs only the values that it produces.

`crawler.extract` refuses a page whose layout is not recognised, or without a headline, date or body. A suite that
stopped there would fail for every value because of one broken selector. So such a page is extracted again with its own
layout and with placeholders for missing values, which are removed from the result.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import msgspec

from ..errors import Failure, PortalsieveError, Quarantined
from ..profiles.load import Profile
from ..profiles.match import profile_for
from ..profiles.model import Layout, Value
from ..records.model import Flag, Kind, Record
from .fixture import Fixture
from .values import Values, values_of

_NO_HEADLINE = "\u2205"
_NO_DATE = "1970-01-01"
_RULES_AT_FAULT = frozenset({Failure.RULE_MISSED, Failure.UNKNOWN_LAYOUT, Failure.EMPTY_BODY})


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The result of extracting a fixture.

    `record` is the result of `crawler.extract`. If that refused the page or chose another layout, `refusal` is the
    reason and `record` the result with the fixture's own layout, None if that fails too. `values` are those of
    `record`, None for those that no rule finds.
    """

    record: Record | None
    values: Values
    refusal: str | None = None
    layout_at_fault: bool = False


def take(fixture: Fixture, profiles: Mapping[str, Profile]) -> Taken:
    """Extract `fixture`. Never raises for a fault of the page or the profile, which becomes the refusal."""
    try:
        record = fixture.extract(profiles)
    except PortalsieveError as error:
        unknown = error.failure is Failure.UNKNOWN_LAYOUT
        forced = _forced(fixture, profiles) if error.failure in _RULES_AT_FAULT else None
        if forced is None:
            return Taken(record=None, values={}, refusal=str(error), layout_at_fault=unknown)
        other = isinstance(error, Quarantined) and error.layout not in {None, fixture.layout}
        return Taken(
            record=forced, values=_without_placeholders(forced), refusal=str(error), layout_at_fault=unknown or other
        )
    if record.layout.id == fixture.layout:
        return Taken(record=record, values=values_of(record))
    refusal = f"{record.url}: recognised as layout {record.layout.id}, but the fixture's is {fixture.layout}"
    forced = _forced(fixture, profiles)
    values = _without_placeholders(forced) if forced is not None else {}
    return Taken(record=forced, values=values, refusal=refusal, layout_at_fault=True)


def _forced(fixture: Fixture, profiles: Mapping[str, Profile]) -> Record | None:
    """Return the record by the fixture's own layout, with placeholders; None if that fails too."""
    profile = profile_for(fixture.exchange.url, profiles.values())
    layout = profile.layouts.get(fixture.layout) if profile is not None else None
    if profile is None or layout is None:
        return None
    alone = copy.copy(profile)
    alone.layouts = {layout.id: _lenient(layout)}
    try:
        record = fixture.extract({profile.site.site: alone})
    except PortalsieveError:
        return None
    return msgspec.structs.replace(record, kind=layout.kind)


def _lenient(layout: Layout) -> Layout:
    """Return `layout` changed to match every page, to need no body, and to always find a headline and a date."""
    fields = layout.fields
    return msgspec.structs.replace(
        layout,
        threshold=0.0,
        kind=Kind.GALLERY,
        fields=msgspec.structs.replace(
            fields,
            headline=(*fields.headline, Value(const=_NO_HEADLINE)),
            date_published=(*fields.date_published, Value(const=_NO_DATE)),
        ),
    )


def _without_placeholders(record: Record) -> Values:
    values = values_of(record)
    of_placeholder = set()
    if record.headline == _NO_HEADLINE:
        values["headline"] = None
        of_placeholder.add(Flag.HEADLINE_DOUBT)
    if record.date_published_raw == _NO_DATE:
        values |= dict.fromkeys(("datePublished", "datePublishedRaw", "datePrecision"))
        of_placeholder |= {Flag.DATE_PRECISION_LOW, Flag.DATE_DOUBT}
    values["flags"] = [flag for flag in values["flags"] if flag not in of_placeholder]
    return values
