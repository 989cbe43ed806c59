"""Recording: a response becomes a fixture folder, without its secrets, and never over another."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from crawler import __version__
from crawler.errors import PortalsieveError
from crawler.extract import OK, content_type, extract, rfc3339
from crawler.page import charset
from crawler.profiles.load import Profile
from crawler.profiles.match import profile_for, read_url
from crawler.records.model import CharsetEvidence, CharsetSource, Record
from crawler.regression.fixture import (
    PAGE,
    RESPONSE,
    Exchange,
    Expected,
    Fixture,
    Redirect,
    encoded,
    packed,
)
from crawler.regression.scrub import Scrubber, differences, seeds, shape
from crawler.regression.secrets import is_secret, kept_headers, kept_url, masked, sent_secrets, struck
from crawler.regression.values import values_of

_LAYOUT = re.compile(r"[0-9]{4}_[a-z0-9_]+")
_CASE = re.compile(r"[a-z0-9][a-z0-9_]*")


class NotRecorded(ValueError):  # noqa: N818 - states what happened
    """A response that is not recorded. The message names the URL, the reason and what would do."""


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """A response to record: `body` with its content encoding undone.

    `headers` may hold several values of a name, joined by line ends (Set-Cookie); `request_headers` are only looked
    through for secrets; `redirects` are the steps before `url`.
    """

    url: str
    body: bytes
    status: int = OK
    headers: Mapping[str, str] = {}
    request_headers: Mapping[str, str] = {}
    redirects: tuple[Redirect, ...] = ()
    fetched_at: datetime | None = None


class Recorder:
    """Writes fixtures below `root`; `today` (YYYY-MM-DD) dates a case whose name is taken.

    With `scrub` pages are recorded with other words (`crawler.regression.scrub`).
    """

    def __init__(self, root: Path, profiles: Mapping[str, Profile], today: str, *, scrub: bool = False) -> None:
        self.root = root
        self.scrub = scrub
        self.profiles = profiles
        self.today = today

    def record(
        self, response: Response, *, name: str | None = None, layout: str | None = None, values: bool = True
    ) -> Fixture:
        """Write the fixture of `response` and return it; its values are unreviewed.

        `name` is the case's, best the reason why it is kept; without one it is the article's id. `layout` is needed
        where no layout recognises the page yet: the case then has no expected.json until `scrapy review` makes one,
        nor without `values`, for a profile that is still to change.
        Raises NotRecorded where there is nothing to record, or where the same bytes are recorded already.
        """
        exchange, body = self._clean(response)
        profile = profile_for(exchange.url, self.profiles.values())
        if profile is None:
            raise NotRecorded(f"{exchange.url}: no profile has this host; begin with `scrapy newsite`")
        if read_url(exchange.url, profile).kind == "list":
            raise NotRecorded(f"{exchange.url}: a list page by the profile's URL forms; record its articles")
        record = self._record(exchange, body, layout)
        if self.scrub:
            body, record = self._scrubbed(exchange, body, record, profile)
            exchange = msgspec.structs.replace(exchange, scrubbed=True)
        site, layout = profile.site.site, layout or (record.layout.id if record is not None else "")
        if not _LAYOUT.fullmatch(layout):
            raise NotRecorded(f"{exchange.url}: {layout!r} is no layout's id: a year and a landmark, 2020_post_main")
        for other in sorted(self.root.glob(f"{site}/*/*/{PAGE}")):
            if Fixture(other.parent).exchange.url == exchange.url and Fixture(other.parent).body == body:
                raise NotRecorded(f"{exchange.url}: the same bytes are recorded as {Fixture(other.parent).name}")
        case = self._free(site, name or _slug(exchange.url, profile))
        return self._write(self.root / site / layout / case, exchange, packed(body), record if values else None)

    def _record(self, exchange: Exchange, body: bytes, layout: str | None) -> Record | None:
        try:
            record = extract(
                body,
                exchange.url,
                headers=exchange.headers,
                fetched_at=exchange.time,
                status=exchange.status,
                profiles=self.profiles.values(),
            )
        except PortalsieveError as error:
            if layout is not None:
                return None
            raise NotRecorded(
                f"{error}. To keep the page as a case of a layout that is still to be written, say which: --layout ID"
            ) from None
        return record if layout in {None, record.layout.id} else None

    def _scrubbed(
        self, exchange: Exchange, body: bytes, record: Record | None, profile: Profile
    ) -> tuple[bytes, Record]:
        """Return the page with other words, and its record, which is of the same shape as `record`."""
        if record is None or exchange.evidence is None:
            raise NotRecorded(
                f"{exchange.url}: only a page that gives a record can be scrubbed: write its layout first"
            )
        wanted, charset_name = shape(record), exchange.evidence.name
        left: list[str] = []
        for seed in seeds(record.id):
            try:
                other = Scrubber(profile, seed).page(body.decode(charset_name)).encode(charset_name)
                found = self._record(exchange, other, None)
            except UnicodeError:
                raise NotRecorded(f"{exchange.url}: not scrubbed: it holds bytes that are not {charset_name}") from None
            except NotRecorded as error:
                left = [str(error)]
                continue
            left = differences(wanted, shape(found)) if found is not None else ["layout"]
            if found is not None and not left:
                return other, found
        raise NotRecorded(
            f"{exchange.url}: not scrubbed: with other words the page has another {', '.join(left)}; some rule reads"
            " words that the profile does not name"
        )

    def _clean(self, response: Response) -> tuple[Exchange, bytes]:
        """Return what is recorded of `response`: nothing that says who asked."""
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
                evidence=CharsetEvidence(
                    name=evidence.name,
                    chosen_by=CharsetSource(evidence.chosen_by),
                    bom=evidence.bom,
                    header=evidence.header,
                    meta=evidence.meta,
                    replaced=evidence.replaced,
                ),
                tool=f"portalsieve/{__version__}",
                dropped=tuple(sorted({*others, *(f"?{name}" for name in dropped)})),
                masked=count,
            ),
            body,
        )

    def _free(self, site: str, name: str) -> str:
        """Return `name`, or `name` with the day and a number: one that no case of the site has."""
        name = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        if not _CASE.fullmatch(name):
            raise NotRecorded(f"{name!r} is no name for a case: small letters, digits and _")
        dated = f"{name}_{self.today.replace('-', '')}"
        numbered = (f"{dated}_{number}" for number in range(2, 1000))
        taken = {path.name for path in self.root.glob(f"{site}/*/*")}
        return next(one for one in (name, dated, *numbered) if one not in taken)

    @staticmethod
    def _write(folder: Path, exchange: Exchange, body: bytes, record: Record | None) -> Fixture:
        """Make the folder whole beside its place, and move it there."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        try:
            (making / PAGE).write_bytes(body)
            (making / RESPONSE).write_bytes(encoded(msgspec.to_builtins(exchange)))
            making.chmod(0o755)
            making.rename(folder)
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise
        fixture = Fixture(folder)
        if record is not None:
            fixture.write(Expected.unreviewed_of(values_of(record)))
        return fixture


def _slug(url: str, profile: Profile) -> str:
    reading = read_url(url, profile)
    return reading.id or url.partition("?")[0].rstrip("/").rsplit("/", 1)[-1].partition(".")[0] or "page"


def _tracks(name: str, profile: Profile | None) -> bool:
    """Tell whether the profile knows a parameter as one of where a click came from: many links share its value."""
    return profile is not None and name in profile.tracking
