"""Chooses a profile and URL form by URL, and a layout by the page's evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

import msgspec

from ..page import embedded
from ..page.dom import Page
from ..page.urls import plain, strip_tracking
from .load import Profile
from .model import Data, Landmark, Layout, UrlForm
from .pagedata import data_of
from .patterns import named_groups, occurs


class UrlReading(msgspec.Struct, frozen=True):
    """A URL parsed by a profile: its form, the article's id, the canonical URL, the named groups."""

    form: UrlForm | None
    id: str | None
    canonical: str
    groups: dict[str, str]

    @property
    def kind(self) -> str | None:
        """The form's kind, or None if no form matches."""
        return self.form.kind if self.form else None


class Choice(msgspec.Struct, frozen=True):
    """The layout with the best score (the share of its evidence found, 0 to 1), and the runner-up."""

    layout: Layout | None
    score: float
    runner_up: str | None
    runner_up_score: float | None
    nearest: str | None


def profile_for(url: str, profiles: Iterable[Profile]) -> Profile | None:
    """Return the profile that the URL's host belongs to; the longest matching host wins.

    None if no profile matches, or the URL cannot be parsed.
    """
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:  # http://[::1
        return None
    best, longest = None, 0
    for profile in profiles:
        length = profile.claim(host)
        if length > longest:
            best, longest = profile, length
    return best


def read_url(url: str, profile: Profile) -> UrlReading:
    """Parse `url` with the first of the profile's forms that matches; without one the URL itself is canonical."""
    url = plain(url)
    for form in profile.site.urls:
        groups = named_groups(form.match, url)
        if groups is None:
            continue
        ident = _fill(form.id, groups) if form.id else groups.get("id")
        canonical = _fill(form.canonical, groups) if form.canonical else strip_tracking(url, profile.tracking)
        return UrlReading(form, ident, canonical, groups)
    return UrlReading(None, None, strip_tracking(url, profile.tracking), {})


def article_id(reading: UrlReading, site: str, stated: str | None = None) -> str:
    """Return the record's id: the one that the page has `stated`, that of the URL, or a hash of the canonical URL."""
    own = stated or reading.id
    if own:
        return f"{site}:{own}"
    return f"{site}:{hashlib.sha256(reading.canonical.encode()).hexdigest()[:16]}"


def _fill(template: str, groups: dict[str, str]) -> str:
    for name, value in groups.items():
        template = template.replace("{" + name + "}", value)
    return template


def choose_layout(page: Page, profile: Profile) -> Choice:
    """Weigh every layout's evidence; `layout` is None if the best score is below its threshold."""
    scores = sorted(
        ((_score(page, profile, layout), layout) for layout in profile.layouts.values()),
        key=lambda scored: (-scored[0], scored[1].id),
    )
    (score, layout), *others = scores
    runner_up = others[0] if others else None
    return Choice(
        layout=layout if score >= layout.threshold else None,
        score=score,
        runner_up=runner_up[1].id if runner_up else None,
        runner_up_score=runner_up[0] if runner_up else None,
        nearest=layout.id,
    )


def _score(page: Page, profile: Profile, layout: Layout) -> float:
    """Return the share of the layout's weights whose evidence the page has, 0 for a layout without evidence.

    Embedded data are the most expensive, so they are searched only if the layout can still reach its threshold.
    """
    total = found = 0
    costly = []
    for mark in layout.evidence:
        total += mark.weight
        if mark.data is not None:
            costly.append(mark)
        elif _holds(page, mark):
            found += mark.weight
    if not total:
        return 0.0
    if costly and (found + sum(mark.weight for mark in costly)) / total >= layout.threshold:
        data = profile.data[layout.id]
        found += sum(mark.weight for mark in costly if _embeds(page, data, mark) != mark.absent)
    return round(found / total, 4)


def weigh(page: Page, profile: Profile, layout: Layout) -> list[tuple[Landmark, bool]]:
    """Return each landmark of `layout` and whether the page has it (for the explain page)."""
    data = profile.data[layout.id]
    return [
        (mark, _holds(page, mark) if mark.data is None else _embeds(page, data, mark) != mark.absent)
        for mark in layout.evidence
    ]


def _holds(page: Page, mark: Landmark) -> bool:
    if mark.url is not None:
        return occurs(mark.url, page.url) != mark.absent
    return page.has(mark.css or "*") != mark.absent


def _embeds(page: Page, data: Mapping[str, Data], mark: Landmark) -> bool:
    place = data.get(mark.data or "")
    if place is None:
        return False
    found = data_of(page, place)
    if mark.path is not None and found is not None:
        found = embedded.query(found, mark.path)
    return bool(found)
