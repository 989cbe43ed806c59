"""The coverage matrix of a site: the layouts, channels and rules that fixtures cover, and when each was seen live.

A page's channel is read from its URL (the group `channel` of the profile's URL form, or of the article's canonical
URL), since every page has a URL that does not depend on its content. If no form has one, it is the first breadcrumb
after the front page. A page with neither has no channel.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from ..errors import PortalsieveError
from ..profiles.load import Profile
from ..profiles.match import read_url
from ..records.model import Kind, Record
from .catalogue import Catalogue, Entry
from .fixture import Fixture, FixtureBroken
from .hits import Hits, hits
from .live import Live, Step, live
from .misfiled import Misfiled, misfiled


class Cell(msgspec.Struct, frozen=True, rename="camel"):
    """The pages of one layout, kind and channel (None if unknown): fixtures, and the last day seen live.

    `live_records` counts the records of live runs; `last_live` is None if there are none.
    """

    layout: str
    kind: Kind
    channel: str | None
    fixtures: tuple[str, ...]
    live_records: int
    last_live: str | None


class Matrix(msgspec.Struct, frozen=True, rename="camel"):
    """The coverage of a site.

    `cells` by layout, kind and channel, including layouts without fixtures; `rules` each with its fixtures; `misfiled`
    chrome texts that were extracted as body; `broken` fixtures without a record of their layout, with the reason;
    `notes` the `unproven` notes of layouts. `live_runs` counts the runs over the network, by the logs in `output`.
    """

    site: str
    version: str
    cells: tuple[Cell, ...]
    rules: tuple[Hits, ...]
    misfiled: tuple[Misfiled, ...]
    broken: dict[str, str]
    notes: dict[str, tuple[str, ...]]
    live_runs: int
    closed: dict[str, str]

    @property
    def unused(self) -> list[Hits]:
        """The rules that no fixture hits and that are not marked `unproven`."""
        return [one for one in self.unhit if not one.standing_by and one.rule.unproven is None]

    @property
    def unproven(self) -> list[Hits]:
        """The rules that no fixture hits and that are marked `unproven`."""
        return [one for one in self.unhit if not one.standing_by and one.rule.unproven is not None]

    @property
    def standing_by(self) -> list[Hits]:
        """The rules that would match, but always after an earlier one."""
        return [one for one in self.unhit if one.standing_by]

    @property
    def single_fixture(self) -> list[Hits]:
        """The rules that only one fixture hits."""
        return [one for one in self.rules if len(one.hit) == 1]

    @property
    def stale_unproven(self) -> list[Hits]:
        """The rules that are marked `unproven` although fixtures hit them."""
        whole: dict[tuple[str, str], bool] = {}
        for one in self.rules:
            place = (one.rule.file, stem(one.rule))
            whole[place] = whole.get(place, True) and bool(one.hit or one.standing_by)
        return [one for one in self.rules if one.rule.unproven and whole[one.rule.file, stem(one.rule)]]

    @property
    def unhit(self) -> list[Hits]:
        """The rules that no fixture hits."""
        return [one for one in self.rules if not one.hit]

    @property
    def no_fixture(self) -> list[str]:
        """The layouts without a fixture."""
        proved = {cell.layout for cell in self.cells if cell.fixtures}
        return list(dict.fromkeys(cell.layout for cell in self.cells if cell.layout not in proved))

    @property
    def unreviewed_misfiled(self) -> list[Misfiled]:
        """The chrome texts extracted as body, without those that a review confirmed as body."""
        return [one for one in self.misfiled if one.reviewed is None]


def stem(rule: Entry) -> str:
    """Return the key of the table that contains a rule: the scope of one `unproven`."""
    parts = rule.key.partition(".css[")[0].split(".")
    if parts[0] in {"article", "chrome"}:
        return ".".join(parts[: 3 if parts[1] == "info" else 2])
    return rule.key


def matrix(profile: Profile, fixtures: Sequence[Fixture], output: Path) -> Matrix:
    """Return the coverage matrix of a profile's site, from its `fixtures` and the runs in the folder `output`."""
    records, broken = _records(profile, fixtures)
    proved = hits(Catalogue(profile), fixtures, records)
    seen = live(output, profile.site.site)
    return Matrix(
        site=profile.site.site,
        version=profile.version,
        cells=tuple(_cells(profile, fixtures, records, seen)),
        rules=tuple(proved),
        misfiled=tuple(misfiled(fixtures, records, proved)),
        broken=broken,
        notes={name: layout.unproven for name, layout in profile.layouts.items() if layout.unproven},
        live_runs=seen.runs,
        closed={name: layout.until for name, layout in profile.layouts.items() if layout.until},
    )


def _records(profile: Profile, fixtures: Iterable[Fixture]) -> tuple[dict[str, Record], dict[str, str]]:
    records: dict[str, Record] = {}
    broken: dict[str, str] = {}
    for fixture in fixtures:
        try:
            record = fixture.extract({profile.site.site: profile})
        except (PortalsieveError, FixtureBroken) as error:
            broken[fixture.name] = str(error)
            continue
        if record.layout.id == fixture.layout:
            records[fixture.name] = record
        else:
            broken[fixture.name] = f"recognised as layout {record.layout.id}"
    return records, broken


def _cells(profile: Profile, fixtures: Iterable[Fixture], records: Mapping[str, Record], seen: Live) -> list[Cell]:
    proved: dict[tuple[str, str, str], list[str]] = {}
    for fixture in fixtures:
        record = records.get(fixture.name)
        if record is None:
            continue
        crumbs = tuple(Step(step.name, step.url) for step in record.breadcrumbs)
        key = (fixture.layout, record.kind, channel(record.url, crumbs, profile) or "")
        proved.setdefault(key, []).append(fixture.name)
    days: dict[tuple[str, str, str], list[str]] = {}
    for one in seen.records:
        key = (one.layout.id, one.kind, channel(one.url, one.breadcrumbs, profile) or "")
        days.setdefault(key, []).append((one.fetch.fetched_at or "")[:10])
    known = {layout for layout, _, _ in (*proved, *days)}
    keys = {*proved, *days, *((name, layout.kind, "") for name, layout in profile.layouts.items() if name not in known)}
    return [
        Cell(
            layout,
            Kind(kind),
            name or None,
            tuple(proved.get((layout, kind, name), ())),
            len(days.get((layout, kind, name), ())),
            max(days.get((layout, kind, name), ()), default="")
            or (seen.layouts.get(layout) if layout not in known else None),
        )
        for layout, kind, name in sorted(keys)
    ]


def channel(url: str | None, crumbs: Sequence[Step], profile: Profile) -> str | None:
    """Return the channel of a page by its URL and breadcrumbs; None if neither has one."""
    if url is not None:
        reading = read_url(url, profile)
        found = reading.groups.get("channel") or read_url(reading.canonical, profile).groups.get("channel")
        if found:
            return found
    return next((step.name for step in crumbs if step.name and not _is_front(step, profile)), None)


def _is_front(step: Step, profile: Profile) -> bool:
    """Return whether a step links to the portal's front page: a host without a path."""
    parts = urlsplit(step.url or "")
    return (parts.hostname or "").removeprefix("www.") in profile.site.hosts and not parts.path.strip("/")
