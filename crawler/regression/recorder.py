"""Recording: writes a response as a fixture, without secrets, and never over another fixture."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from .. import __version__
from ..errors import PortalsieveError
from ..extract import OK, charset_evidence, content_type, extract
from ..page import charset
from ..profiles.load import Profile
from ..profiles.match import profile_for, read_url
from ..records.model import Record
from ..records.scalars import rfc3339
from .fixture import (
    PAGE,
    RENDERED_HEADERS,
    RESPONSE,
    Exchange,
    Expected,
    Fixture,
    Redirect,
    encoded,
    packed,
)
from .rendered import Shown, files
from .scrub import Scrubber, differences, seeds, shape
from .secrets import is_secret, kept_headers, kept_url, masked, sent_secrets, struck
from .values import values_of

_LAYOUT = re.compile(r"[0-9]{4}_[a-z0-9_]+")
_CASE = re.compile(r"[a-z0-9][a-z0-9_]*")


class NotRecorded(ValueError):  # noqa: N818 - states what happened
    """A response that cannot be recorded. The message has the URL, the reason and what to do."""


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """A response to record, with the decoded `body`.

    Several values of a header (Set-Cookie) are joined by line ends; `request_headers` are only searched for secrets;
    `redirects` are the steps before `url`.
    """

    url: str
    body: bytes
    status: int = OK
    headers: Mapping[str, str] = {}
    request_headers: Mapping[str, str] = {}
    redirects: tuple[Redirect, ...] = ()
    fetched_at: datetime | None = None
    shown: Shown | None = None
    """The page after its scripts, if it was rendered."""


class Recorder:
    """Writes fixtures below `root`; `today` (YYYY-MM-DD) is added to a name that is taken.

    With `scrub`, the words of pages are replaced (`crawler.regression.scrub`).
    """

    def __init__(self, root: Path, profiles: Mapping[str, Profile], today: str, *, scrub: bool = False) -> None:
        self.root = root
        self.scrub = scrub
        self.profiles = profiles
        self.today = today

    def record(
        self, response: Response, *, name: str | None = None, layout: str | None = None, values: bool = True
    ) -> Fixture:
        """Write a fixture for `response` and return it; its values are unreviewed.

        `name` is the case's name, ideally its peculiarity; by default the article's id. `layout` is needed if no layout
        recognises the page yet. The fixture has no expected.json then, nor if `values` is False, until `scrapy review`
        writes it. Raises NotRecorded if there is nothing to record, or the same bytes are recorded already.
        """
        exchange, body = self._clean(response)
        profile = profile_for(exchange.url, self.profiles.values())
        if profile is None:
            raise NotRecorded(f"{exchange.url}: no profile has this host; create one with `scrapy newsite`")
        if read_url(exchange.url, profile).kind == "list":
            raise NotRecorded(f"{exchange.url}: a list page by the profile's URL forms; record its articles instead")
        shown = self._masked(response)
        record = self._record(exchange, body, layout) if shown is None else self._rendered(exchange, shown, layout)
        if self.scrub and shown is not None:
            raise NotRecorded(f"{exchange.url}: a rendered page cannot be scrubbed; record it without --scrub")
        if self.scrub:
            body, record = self._scrubbed(exchange, body, record, profile)
            exchange = msgspec.structs.replace(exchange, scrubbed=True)
        site, layout = profile.site.site, layout or (record.layout.id if record is not None else "")
        if not _LAYOUT.fullmatch(layout):
            raise NotRecorded(
                f"{exchange.url}: {layout!r} is not a layout id; use a year and a landmark, such as 2020_post_main"
            )
        for other in sorted(self.root.glob(f"{site}/*/*/{PAGE}")):
            if Fixture(other.parent).exchange.url == exchange.url and Fixture(other.parent).body == body:
                raise NotRecorded(f"{exchange.url}: the same bytes are recorded as {Fixture(other.parent).name}")
        case = self._free(site, name or _slug(exchange.url, profile))
        more = files(exchange, body, shown, profile) if shown is not None else {}
        content = {PAGE: packed(body), RESPONSE: encoded(msgspec.to_builtins(exchange)), **more}
        return self._write(self.root / site / layout / case, content, record if values else None)

    def _rendered(self, exchange: Exchange, shown: Shown, layout: str | None) -> Record | None:
        """Return the record of a page after its scripts."""
        record = self._record(msgspec.structs.replace(exchange, headers=RENDERED_HEADERS), shown.html, layout)
        if record is None:
            return None
        return msgspec.structs.replace(record, fetch=msgspec.structs.replace(record.fetch, rendered=True))

    @staticmethod
    def _masked(response: Response) -> Shown | None:
        """Return the page after its scripts without what was sent or set with the page."""
        if response.shown is None:
            return None
        secrets = [*sent_secrets(response.headers), *sent_secrets(response.request_headers)]
        html, _ = masked(response.shown.html, filter(is_secret, secrets), "utf-8")
        return msgspec.structs.replace(response.shown, html=html)

    def _record(self, exchange: Exchange, body: bytes, layout: str | None) -> Record | None:
        try:
            record = self._extracted(exchange, body)
        except PortalsieveError as error:
            if layout is not None:
                return None
            raise NotRecorded(
                f"{error}. To record the page for a layout that does not exist yet, give it with --layout ID"
            ) from None
        return record if layout in {None, record.layout.id} else None

    def _extracted(self, exchange: Exchange, body: bytes) -> Record:
        """Return the record of `body`; raises PortalsieveError."""
        return extract(
            body,
            exchange.url,
            headers=exchange.headers,
            fetched_at=exchange.time,
            status=exchange.status,
            profiles=self.profiles.values(),
        )

    def _scrubbed(
        self, exchange: Exchange, body: bytes, record: Record | None, profile: Profile
    ) -> tuple[bytes, Record]:
        """Return the page with its words replaced, and its record, which has the same shape as `record`."""
        if record is None or exchange.evidence is None:
            raise NotRecorded(f"{exchange.url}: only a page with a record can be scrubbed; write its layout first")
        wanted, charset_name = shape(record), exchange.evidence.name
        left: list[str] = []
        for seed in seeds(record.id):
            try:
                other = Scrubber(profile, seed).page(body.decode(charset_name)).encode(charset_name)
                found = self._extracted(exchange, other)
            except UnicodeError:
                raise NotRecorded(
                    f"{exchange.url}: not scrubbed: it contains bytes that are not valid {charset_name}"
                ) from None
            except PortalsieveError as error:
                left = [f"whether it has a record ({error})"]
                continue
            left = differences(wanted, shape(found))
            if not left:
                return other, found
        raise NotRecorded(
            f"{exchange.url}: not scrubbed: replacing the words changes {', '.join(left)}; a rule depends on words"
            " that the profile does not contain"
        )

    def _clean(self, response: Response) -> tuple[Exchange, bytes]:
        """Return the exchange and body to record for `response`, without anything that identifies the client."""
        profile = profile_for(response.url, self.profiles.values())
        url, dropped = kept_url(response.url, profile)
        headers, others = kept_headers(response.headers)
        secrets = [*sent_secrets(response.headers), *sent_secrets(response.request_headers)]
        secrets += [value for name, value in dropped.items() if not _tracks(name, profile)]
        steps = []
        for step in response.redirects:
            before, more = kept_url(step.url, profile)
            secrets += [value for name, value in more.items() if not _tracks(name, profile)]
            steps.append(Redirect(before, step.status))
        secrets = [value for value in secrets if is_secret(value)]
        headers = {name: struck(value, secrets) for name, value in headers.items()}
        _, evidence = charset.decode(response.body, content_type(headers))
        body, count = masked(response.body, secrets, evidence.name)
        return (
            Exchange(
                url=struck(url, secrets),
                status=response.status,
                headers=headers,
                fetched_at=rfc3339(response.fetched_at) if response.fetched_at is not None else None,
                redirects=tuple(Redirect(struck(step.url, secrets), step.status) for step in steps),
                evidence=charset_evidence(evidence),
                tool=f"portalsieve/{__version__}",
                dropped=tuple(sorted({*others, *(f"?{name}" for name in dropped)})),
                masked=count,
            ),
            body,
        )

    def _free(self, site: str, name: str) -> str:
        """Return `name`, with the date and a number if needed to make it unique within the site."""
        name = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        if not _CASE.fullmatch(name):
            raise NotRecorded(f"{name!r} is not a valid case name: use lower-case letters, digits and _")
        dated = f"{name}_{self.today.replace('-', '')}"
        numbered = (f"{dated}_{number}" for number in range(2, 1000))
        taken = {path.name for path in self.root.glob(f"{site}/*/*")}
        return next(one for one in (name, dated, *numbered) if one not in taken)

    @staticmethod
    def _write(folder: Path, content: Mapping[str, bytes], record: Record | None) -> Fixture:
        """Write a temporary folder next to `folder`, and rename it when it is complete."""
        fixture = Fixture(folder)
        more = fixture.written(Expected.unreviewed_of(values_of(record))) if record is not None else {}
        folder.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        try:
            for name, written in {**content, **more}.items():
                (making / name).write_bytes(written)
            making.chmod(0o755)
            making.rename(folder)
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise
        return fixture


def _slug(url: str, profile: Profile) -> str:
    reading = read_url(url, profile)
    return reading.id or url.partition("?")[0].rstrip("/").rsplit("/", 1)[-1].partition(".")[0] or "page"


def _tracks(name: str, profile: Profile | None) -> bool:
    """Return whether the profile lists a parameter as tracking, whose value many links share."""
    return profile is not None and name in profile.tracking
