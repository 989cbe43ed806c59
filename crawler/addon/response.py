"""A record from a response of Scrapy."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from scrapy.http import Response

from ..extract import Chosen, extract, profiles_in
from ..records.model import Record
from .items import register

PROFILES_KEY = "portalsieve_profiles"
"""The key of `Request.meta` under which the add-on notes the folders of profiles in the project's settings."""


def record_from(
    response: Response,
    *,
    profiles: Chosen | None = None,
    general: bool = False,
    fetched_at: datetime | None = None,
) -> Record:
    """Return the record of the page in `response`, which a callback may yield as an item.

    `fetched_at` is the aware time that relative dates (昨天) refer to. By default it is the time of the response: its
    Date header if it comes from a cache, else now. Without `profiles` those of the project's settings are used if the
    project has the add-on, else those that `portalsieve.extract` uses. The other arguments and the errors are those of
    `portalsieve.extract`; `Quarantined` says why a page has no record.
    """
    register()
    if profiles is None and response.request is not None and (noted := response.request.meta.get(PROFILES_KEY)):
        profiles = profiles_in([*map(Path, noted)])
    return extract(
        response.body,
        response.url,
        headers=response.headers,
        fetched_at=fetched_at or _time(response),
        status=response.status,
        profiles=profiles,
        general=general,
    )


def _time(response: Response) -> datetime:
    stated = response.headers.get(b"Date") if "cached" in response.flags else None
    try:
        when = parsedate_to_datetime(stated.decode("latin-1")) if stated else None
    except (ValueError, OverflowError):
        when = None
    return when if when is not None and when.tzinfo is not None else datetime.now(UTC)
