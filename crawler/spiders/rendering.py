"""Pages that need a browser, in a crawl: rendered if the profile requires it, extracted again, and compared."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Callable
from pathlib import Path

import msgspec
from scrapy.http import Response

from ..errors import Failure, PageRefused, PortalsieveError, Quarantined
from ..fetch.browser import NoBrowser
from ..fetch.render import Document, Rendered, Renderer
from ..profiles.load import Profile
from ..records.model import Record
from ..records.validate import validate
from ..records.write import replacing
from ..sieve.rendering import Need, changes, difference, need
from ..terminal import plain

HTML = "text/html; charset=utf-8"
_STILL = frozenset({Failure.EMPTY_BODY, Failure.NEEDS_RENDERING, Failure.UNKNOWN_LAYOUT, Failure.RULE_MISSED})
"""Failures that suggest that scripts have not filled the page."""

Found = Record | PageRefused | Quarantined
log = logging.getLogger("portalsieve")


class Seen(msgspec.Struct, frozen=True):
    """The result for a page, its response, and the counts of its rendering."""

    found: Found
    response: Response
    counts: dict[str, int] = {}
    waits: bool = False
    """Whether the page waits for a run with a browser."""

    def record(self) -> Record:
        """Return the record; raises the error of a page without one."""
        if isinstance(self.found, Record):
            return self.found
        raise self.found


class Rendering:
    """Renders the pages of one run. `read` returns the record of a response, or its error.

    `pictures` is the folder for screenshots of rendered pages without a record.
    """

    def __init__(
        self, site: Profile, renderer: Renderer | None, read: Callable[[Response], Found], pictures: Path
    ) -> None:
        self._site = site
        self._renderer = renderer
        self._read = read
        self._pictures = pictures
        self._missing = "" if renderer is not None else "PORTALSIEVE_RENDER_PAGES is 0"

    def need(self, response: Response, found: Found) -> Need | None:
        """Return why a page needs a browser, or None if it does not."""
        kind = response.headers.get(b"Content-Type")
        return need(response.body, response.url, kind.decode("latin-1") if kind else None, self._site, found)

    async def render(self, response: Response, found: Found, wanted: Need) -> Seen:
        """Return the result for a page after its scripts; `found` is the result for the original page.

        If the scripts break the page, return the original result. Raises Stopped, and Broken if rendering fails.
        """
        if self._renderer is None or self._missing:
            return self._waiting(response, found, wanted)
        results: list[tuple[Found, Response]] = []

        def has_no_record(html: bytes) -> bool:
            body = response.replace(body=html, headers={b"Content-Type": HTML.encode()})
            results.append((self._read(body), body))
            return not isinstance(results[-1][0], Record)

        try:
            rendered = await self._renderer.render(_document(response), wanted.rule, wanted.awaits, has_no_record)
        except NoBrowser as error:
            self._missing = str(error)
            log.warning("pages that need a browser are waiting: %s", plain(str(error)))
            return self._waiting(response, found, wanted)
        after, body = results[-1]
        return self._compared(found, response, after, body, wanted, rendered)

    async def render_list(self, response: Response, wanted: Need) -> Response:
        """Return a list page after its scripts. Raises NoBrowser, Stopped, and Broken if rendering fails."""
        if self._renderer is None or self._missing:
            raise NoBrowser(self._missing)
        rendered = await self._renderer.render(_document(response), wanted.rule, wanted.awaits)
        return response.replace(body=rendered.html, headers={b"Content-Type": HTML.encode()})

    @property
    def slowest(self) -> float:
        """The most seconds that rendering a page has taken."""
        return self._renderer.slowest if self._renderer is not None else 0.0

    async def close(self) -> None:
        """End the browser."""
        if self._renderer is not None:
            await self._renderer.close()

    def _compared(
        self, found: Found, response: Response, after: Found, body: Response, wanted: Need, rendered: Rendered
    ) -> Seen:
        static = found if isinstance(found, Record) else None
        counts = {"rendered": 1}
        if not isinstance(after, Record):
            if static is not None:
                log.info(
                    "%s: using the original page, because the rendered one has no record: %s",
                    response.url,
                    plain(str(after)),
                )
                return Seen(static, response, counts)
            return Seen(self._unfilled(after, response, wanted, rendered), body, counts)
        if static is not None and 2 * len(after.article_body) < len(static.article_body):
            log.info("%s: using the original page, because the rendered one lost most of its text", response.url)
            return Seen(static, response, counts)
        changed = changes(static, after)
        fetch = msgspec.structs.replace(after.fetch, rendered=True, rendered_changes=changed)
        record = msgspec.structs.replace(after, fetch=fetch)
        validate(record)
        counts[f"rendered {record.layout.id}"] = 1
        counts[f"rendering matters {record.layout.id}"] = int(static is None or difference(wanted.rule, changed))
        return Seen(record, body, counts)

    def _unfilled(self, error: PortalsieveError, response: Response, wanted: Need, rendered: Rendered) -> Quarantined:
        """Return the failure of a page that has no record even after its scripts, with a screenshot."""
        failed = [f"{method} {url} ({status})" for method, url, status in rendered.asked if not status.startswith("2")]
        reason = f"{error}; it was rendered, because {wanted.why}"
        if failed:
            reason += f"; failed requests of its scripts: {', '.join(failed[:3])}"
        if rendered.screenshot is not None:
            name = f"{hashlib.sha256(response.url.encode()).hexdigest()[:16]}.png"
            with contextlib.suppress(OSError):
                self._pictures.mkdir(parents=True, exist_ok=True)
                with replacing(self._pictures / name) as out:
                    out.write(rendered.screenshot)
                reason += f"; screenshot: {self._pictures / name}"
        place = error if isinstance(error, Quarantined) else None
        return Quarantined(
            Failure.NEEDS_RENDERING if error.failure in _STILL else error.failure,
            reason,
            pointer=place.pointer if place else None,
            layout=place.layout if place else None,
            score=place.score if place else None,
            rule=place.rule if place else None,
        )

    def _waiting(self, response: Response, found: Found, wanted: Need) -> Seen:
        """Return the outcome of a page without a browser: used as received, or waiting."""
        counts = {"unrendered": 1}
        if isinstance(found, Record):
            return Seen(found, response, counts)
        reason = unavailable(response, wanted, self._missing)
        place = found if isinstance(found, Quarantined) else None
        layout, score = (place.layout, place.score) if place else (None, None)
        error = Quarantined(Failure.NEEDS_RENDERING, reason, layout=layout, score=score)
        return Seen(error, response, counts, waits=True)


def unavailable(response: Response, wanted: Need, missing: str) -> str:
    """Return the error message for a page that waits for a run with a browser."""
    return f"{response.url}: {wanted.why}, but no browser is available to run its scripts: {missing}"


def _document(response: Response) -> Document:
    kind = response.headers.get(b"Content-Type")
    return Document(
        url=response.url, body=response.body, content_type=kind.decode("latin-1") if kind else "text/html"
    )  # fmt: skip
