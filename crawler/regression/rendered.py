"""Rendered pages as fixtures: the page after its scripts beside the page as sent, and everything its scripts asked for.

| file | content |
|---|---|
| `rendered.html.gz` | the HTML after the page's scripts, in UTF-8 |
| `requests.json` | what the scripts asked for, by URL: method, status, content type, and the body |
| `rendered.json` | for each field and role of the record, whether rendering mattered |

`replay` renders the recorded page again, with nothing but what is recorded.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping

import msgspec
from scrapy.http import Response

from ..errors import Failure, PageRefused, Quarantined
from ..extract import content_type, extract
from ..fetch.faults import Broken
from ..fetch.render import Asked, Document, Renderer
from ..profiles.load import Profile
from ..profiles.model import Render
from ..records.model import Record
from ..sieve.rendering import COMPARED, Need, changes, need
from .fixture import RENDERED, RENDERED_HEADERS, Exchange, Fixture, FixtureBroken, encoded, packed
from .secrets import is_secret, masked, sent_secrets

REQUESTS, MATTERS = "requests.json", "rendered.json"


class Answered(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One request of a page's scripts with its response; `base64` says how the body is written."""

    method: str
    url: str
    sent: str = ""
    status: int
    kind: str = ""
    allowed: str = ""
    body: str = ""
    base64: bool = False

    @classmethod
    def of(cls, asked: Asked, response: Response) -> Answered:
        """Return what is kept of a request and its response: nothing that says who asked."""
        headers = {
            name.decode("latin-1"): b"\n".join(values).decode("latin-1") for name, values in response.headers.items()
        }
        secrets = [value for value in sent_secrets(headers) if is_secret(value)]
        body, _ = masked(response.body, secrets, "utf-8")
        kind = (response.headers.get(b"Content-Type") or b"").decode("latin-1")
        allowed = (response.headers.get(b"Access-Control-Allow-Origin") or b"").decode("latin-1")
        sent = asked.body.decode("utf-8", "replace")
        try:
            text, coded = body.decode(), False
        except UnicodeDecodeError:
            text, coded = base64.b64encode(body).decode(), True
        return cls(
            method=asked.method, url=asked.url, sent=sent, status=response.status, kind=kind, allowed=allowed,
            body=text, base64=coded,
        )  # fmt: skip

    def response(self) -> Response:
        """Return the response."""
        body = base64.b64decode(self.body) if self.base64 else self.body.encode()
        headers = {"Content-Type": self.kind, "Access-Control-Allow-Origin": self.allowed}
        return Response(self.url, status=self.status, body=body, headers={k: v for k, v in headers.items() if v})


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A page after its scripts, and what they asked for; `screenshot` is a PNG."""

    html: bytes
    answers: tuple[Answered, ...] = ()
    screenshot: bytes | None = None


def files(exchange: Exchange, body: bytes, shown: Shown, profile: Profile) -> dict[str, bytes]:
    """Return the files of a rendered page by name, to be written beside the page as it was sent."""
    answers = sorted(shown.answers, key=lambda one: (one.url, one.method, one.sent))
    return {
        RENDERED: packed(shown.html),
        REQUESTS: encoded(msgspec.to_builtins(answers)),
        MATTERS: encoded(mattered(exchange, body, shown.html, profile)),
    }


def read(fixture: Fixture) -> Shown | None:
    """Return the rendered page of a fixture, None if it was not rendered. Raises FixtureBroken."""
    html = fixture.rendered
    if html is None:
        return None
    try:
        answers = msgspec.json.decode((fixture.folder / REQUESTS).read_bytes(), type=list[Answered])
    except (OSError, msgspec.DecodeError) as error:
        raise FixtureBroken(f"{fixture.folder / REQUESTS}: {error}; record the page again") from None
    return Shown(html=html, answers=tuple(answers))


def mattered(exchange: Exchange, body: bytes, html: bytes, profile: Profile) -> dict[str, dict[str, bool]]:
    """Return for each field and role whether rendering changed it; all false for a page without a record."""
    before = _found(exchange, body, exchange.headers, profile)
    after = _found(exchange, html, RENDERED_HEADERS, profile)
    if not isinstance(after, Record):
        return {"fields": dict.fromkeys(COMPARED, False), "roles": {}}
    static = before if isinstance(before, Record) else None
    changed = changes(static, after)
    roles = {entry.role.value for record in (static, after) if record is not None for entry in record.chrome}
    return {
        "fields": {name: name in changed.fields for name in COMPARED},
        "roles": {role: role in changed.roles for role in sorted(roles)},
    }


def needed(exchange: Exchange, body: bytes, profile: Profile) -> Need | None:
    """Return why a page as sent needs a browser, None if it does not."""
    kind = content_type(exchange.headers)
    return need(body, exchange.url, kind, profile, _found(exchange, body, exchange.headers, profile))


def _found(
    exchange: Exchange, body: bytes, headers: Mapping[str, str], profile: Profile
) -> Record | PageRefused | Quarantined:
    try:
        return extract(
            body, exchange.url, headers=headers, fetched_at=exchange.time, status=exchange.status, profiles=[profile]
        )  # fmt: skip
    except (PageRefused, Quarantined) as error:
        return error


async def replay(fixture: Fixture, profile: Profile, chromium: str | None = None) -> bytes:
    """Render a fixture's page again, with nothing but what was recorded; return its HTML. Raises FixtureBroken."""
    shown = read(fixture)
    if shown is None:
        raise FixtureBroken(f"{fixture.folder}: has no {RENDERED}")
    exchange = fixture.exchange
    wanted = needed(exchange, fixture.body, profile)
    rule = wanted.rule if wanted is not None else Render()
    renderer = Renderer(answering(shown.answers), lambda: False, chromium=chromium)
    try:
        kind = content_type(exchange.headers) or "text/html"
        document = Document(url=exchange.url, body=fixture.body, content_type=kind)
        rendered = await renderer.render(document, rule, wanted.awaits if wanted is not None else ())
    finally:
        await renderer.close()
    return rendered.html


class answering:  # noqa: N801 - is called like a function
    """Answers requests from what was recorded; raises Broken for any other."""

    def __init__(self, answers: Iterable[Answered]) -> None:
        self._answers = {(one.method, one.url, one.sent): one for one in answers}

    async def __call__(self, asked: Asked) -> Response:
        """Return the recorded response."""
        found = self._answers.get((asked.method, asked.url, asked.body.decode("utf-8", "replace")))
        if found is None:
            raise Broken(Failure.NOT_IN_ARCHIVE, f"{asked.method} {asked.url}: not recorded")
        return found.response()
