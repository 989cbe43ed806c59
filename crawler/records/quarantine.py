"""Quarantine: one line for each page that produced no record, with the reason and where to look."""

from __future__ import annotations

import msgspec

from ..errors import Failure, PortalsieveError, Quarantined


class QuarantineEntry(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Why a page produced no record.

    `pointer` is a JSON pointer into the record, `layout` the nearest layout's id and `score` (0 to 1) its confidence,
    `rule` the rule that failed, `sha256` the digest of the body; each is None where it does not apply. Written as JSON
    lines to output/quarantine/<site>/<run>.jsonl.
    """

    url: str | None
    site: str
    failure: Failure
    message: str
    pointer: str | None = None
    layout: str | None = None
    score: float | None = None
    rule: str | None = None
    sha256: str | None = None
    fetched_at: str | None = None
    status: int | None = None
    run: str | None = None

    @classmethod
    def from_error(
        cls,
        error: PortalsieveError,
        *,
        url: str | None,
        site: str,
        sha256: str | None = None,
        fetched_at: str | None = None,
        status: int | None = None,
        run: str | None = None,
    ) -> QuarantineEntry:
        """Return the entry for a page that was refused (PageRefused) or quarantined (Quarantined).

        Text that UTF-8 cannot encode is written as backslash escapes, so that every entry can be written.
        """
        place = error if isinstance(error, Quarantined) else None
        return cls(
            url=_writable(url),
            site=site,
            failure=error.failure,
            message=str(_writable(str(error))),
            pointer=_writable(place.pointer) if place else None,
            layout=_writable(place.layout) if place else None,
            score=place.score if place else None,
            rule=_writable(place.rule) if place else None,
            sha256=sha256,
            fetched_at=fetched_at,
            status=status,
            run=run,
        )


def _writable(text: str | None) -> str | None:
    return text if text is None else text.encode("utf-8", "backslashreplace").decode()
