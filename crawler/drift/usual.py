"""What the watch takes for a sign of change on reviewed fixtures: on pages like them it is usual."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from ..profiles.load import Profile
from ..regression.fixture import Fixture
from ..sieve.record import partition_page
from .baseline import Baseline, baselines, reviewed
from .events import Seen
from .repeats import REPEATED, Repeats, lines_of
from .traces import Traces
from .watch import Watch


def complete_baselines(profile: Profile, fixtures: Iterable[Fixture]) -> dict[str, Baseline]:
    """Return the baselines of a site's layouts, with the fixtures on which each sign of change stands, in `doubts`.

    A sign that stands on one of three fixtures is no reason to hold back the third part of a crawl. Fixtures whose body
    has a line of two others before them are counted as well.
    """
    pages = [*fixtures]
    found = baselines(profile, pages)
    traces = Traces(profile, found)
    signs: dict[str, Counter[str]] = {}
    repeats: dict[str, Repeats] = {}
    for number, (fixture, record) in enumerate(reviewed(profile, pages)):
        layout = record.layout.id
        exchange = fixture.exchange
        if repeats.setdefault(layout, Repeats()).add(number, lines_of(record)):
            signs.setdefault(layout, Counter())[REPEATED] += 1
        page = traces.page(fixture.body, exchange.url, None, partition_page(fixture.page(), profile))
        watch = Watch(profile, "", found)
        observed = watch.see(0, exchange.url, record, page.trace(layout), page.shape(record)).observed
        if observed is not None:
            signs.setdefault(layout, Counter()).update(msgspec.json.decode(observed[1], type=Seen).traces.keys())
    return {
        layout: msgspec.structs.replace(one, doubts=dict(sorted({**one.doubts, **signs.get(layout, {})}.items())))
        for layout, one in found.items()
    }
