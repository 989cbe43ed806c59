"""Everything that explains one page: the record or why there is none, parts, runs, layouts with their scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ...errors import PageRefused, PortalsieveError, ProfileInvalid, Quarantined
from ...extract import OK, content_type, extract, site_of
from ...heuristics.general import General, Judged, judge, split
from ...page.dom import Page
from ...profiles.load import Profile
from ...profiles.match import profile_for, weigh
from ...profiles.model import Landmark, Layout
from ...records.model import Coverage, Record
from ...sieve.record import PartitionedPage, partition_page
from .general import LineScore, attach, line_scores
from .layout import Drawer, Run
from .parts import Owners, Part, coverage_of, faults_of, own
from .rules import Rulebook


@dataclass(frozen=True, slots=True)
class Weighed:
    """The result of one layout on this page: its score (0 to 1), and whether each piece of evidence was found."""

    layout: Layout
    score: float
    marks: tuple[tuple[Landmark, bool], ...]

    @property
    def recognised(self) -> bool:
        """Whether the score reaches the layout's threshold."""
        return self.score >= self.layout.threshold


@dataclass(frozen=True, slots=True)
class Sheet:
    """The explanation of one page, before it is rendered as HTML.

    `record` is None where the page yields none, and `fault` then says why; `apart` is None where no layout was
    recognised or nothing could be parsed. `judged` and `lines` are the general reading's, of a page without a profile.
    `faults` names each difference between what is drawn and the partition: none, or a bug.
    """

    name: str
    url: str
    record: Record | None = None
    fault: PortalsieveError | None = None
    profile: Profile | None = None
    apart: PartitionedPage | None = None
    book: Rulebook | None = None
    parts: list[Part] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    weighed: list[Weighed] = field(default_factory=list)
    coverage: Coverage = field(default_factory=Coverage)
    faults: list[str] = field(default_factory=list)
    judged: Judged | None = None
    lines: list[LineScore] = field(default_factory=list)


def lay_out(
    body: bytes,
    url: str,
    *,
    name: str,
    headers: Mapping[str, str] | None = None,
    fetched_at: datetime | None = None,
    status: int = OK,
    rendered: bool = False,
    profiles: Iterable[Profile] | None = None,
    general: bool = False,
) -> Sheet:
    """Split a page as `crawler.extract` does, and return everything that explains the result.

    With `general` a page without a profile is split by the general reading. A page without a record is explained too.
    Raises only `ProfileInvalid`.
    """
    chosen = list(profiles) if profiles is not None else [own for own in [site_of(url)] if own is not None]
    record: Record | None = None
    fault: PortalsieveError | None = None
    try:
        record = extract(
            body,
            url,
            headers=headers,
            fetched_at=fetched_at,
            status=status,
            rendered=rendered,
            profiles=chosen,
            general=general,
        )
    except ProfileInvalid:
        raise
    except PortalsieveError as error:
        fault = error
    profile = profile_for(url, chosen)
    if isinstance(profile, General):
        profile, general = None, True
    try:
        page = Page.from_bytes(body, url, content_type(headers))
    except PageRefused:
        return Sheet(name, url, fault=fault, profile=profile)
    judged = judge(page) if general and profile is None else None
    lines = line_scores(judged) if judged is not None else []
    apart, weighed = _apart(page, profile)
    if judged is not None:
        profile, apart = _general(judged)
    if profile is None or apart is None:
        owners = Owners([], {}, {}, set())
        book = None
    else:
        owners = own(page, profile, apart, record)
        book = Rulebook(profile, apart.layout)
        attach(lines, owners)
    runs = Drawer(page, owners, unread=apart is None).draw()
    drawn = {run.part.number for run in runs if run.part is not None}
    parts = [part for part in owners.parts if part.number in drawn or part.pointer is not None]
    return Sheet(
        name=name,
        url=url,
        record=record,
        fault=fault,
        profile=profile,
        apart=apart,
        book=book,
        parts=parts,
        runs=runs,
        weighed=weighed,
        coverage=coverage_of(parts),
        faults=faults_of(parts, record),
        judged=judged,
        lines=lines,
    )


def _general(judged: Judged) -> tuple[Profile | None, PartitionedPage | None]:
    """Return what stands in for a page's profile, and the page split by the general reading; None if it refuses it."""
    try:
        found = split(judged)
    except Quarantined:
        return None, None
    return found.profile, found.apart


def _apart(page: Page, profile: Profile | None) -> tuple[PartitionedPage | None, list[Weighed]]:
    """Return the split page, None if no layout is recognised, and all layouts with their scores, best first."""
    if profile is None:
        return None, []
    apart = None
    try:
        apart = partition_page(page, profile)
    except Quarantined:
        page = Page(page.text, page.url, page.evidence)
        page.index(profile.interest)
    weighed = []
    for layout in profile.layouts.values():
        marks = weigh(page, profile, layout)
        total = sum(mark.weight for mark, _ in marks)
        score = sum(mark.weight for mark, held in marks if held) / total
        weighed.append(Weighed(layout, round(score, 4), tuple(marks)))
    return apart, sorted(weighed, key=lambda one: (-one.score, one.layout.id))
