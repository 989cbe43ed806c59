"""A fixture taken apart for the suite: also where a rule is broken, so that only what the rule gives is missing.

`crawler.extract` refuses a page whose layout is not recognised or whose headline, date or body no rule finds. A suite
that stopped there would fail in every field for one broken selector. So the page is then taken apart once more with its
own layout set and with stand-ins for what is missing, and the stand-ins are told apart from values of the page.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import msgspec

from crawler.errors import Failure, PortalsieveError, Quarantined
from crawler.profiles.load import Profile
from crawler.profiles.match import profile_for
from crawler.profiles.model import Layout, Value
from crawler.records.model import Flag, Kind, Record
from crawler.regression.fixture import Fixture
from crawler.regression.values import Values, values_of

_NO_HEADLINE = "\u2205"
_NO_DATE = "1970-01-01"
_RULES_AT_FAULT = frozenset({Failure.RULE_MISSED, Failure.UNKNOWN_LAYOUT, Failure.EMPTY_BODY})


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a fixture.

    `record` is what `crawler.extract` gave; where it refused the page or chose another layout, `refusal` says so and
    `record` is the one that the fixture's own layout gives, None where not even that can be had. `values` are the
    values of `record`, those that no rule finds being None.
    """

    record: Record | None
    values: Values
    refusal: str | None = None
    layout_at_fault: bool = False


def take(fixture: Fixture, profiles: Mapping[str, Profile]) -> Taken:
    """Take `fixture` apart; never raises for a fault of the page or the profile, which become the refusal."""
    try:
        record = fixture.extract(profiles)
    except PortalsieveError as error:
        unknown = error.failure is Failure.UNKNOWN_LAYOUT
        forced = _forced(fixture, profiles) if error.failure in _RULES_AT_FAULT else None
        if forced is None:
            return Taken(record=None, values={}, refusal=str(error), layout_at_fault=unknown)
        other = isinstance(error, Quarantined) and error.layout not in {None, fixture.layout}
        return Taken(
            record=forced, values=_without_stand_ins(forced), refusal=str(error), layout_at_fault=unknown or other
        )
    if record.layout.id == fixture.layout:
        return Taken(record=record, values=values_of(record))
    refusal = f"{record.url}: recognised as layout {record.layout.id}, and the fixture is of {fixture.layout}"
    forced = _forced(fixture, profiles)
    values = _without_stand_ins(forced) if forced is not None else {}
    return Taken(record=forced, values=values, refusal=refusal, layout_at_fault=True)


def _forced(fixture: Fixture, profiles: Mapping[str, Profile]) -> Record | None:
    """Return the record that the fixture's own layout gives with stand-ins; None where there is none to have."""
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
    """Return `layout` as one that any page is of, that needs no body, and that finds a headline and a date always."""
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


def _without_stand_ins(record: Record) -> Values:
    values = values_of(record)
    if record.headline == _NO_HEADLINE:
        values["headline"] = None
    if record.date_published_raw == _NO_DATE:
        values |= dict.fromkeys(("datePublished", "datePublishedRaw", "datePrecision"))
        values["flags"] = [flag for flag in values["flags"] if flag != Flag.DATE_PRECISION_LOW]
    return values
