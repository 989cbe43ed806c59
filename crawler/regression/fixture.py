"""Fixtures: recorded pages on disk, as `<fixtures>/<site>/<layout>/<case>/`.

| file | content |
|---|---|
| `page.html.gz` | the decoded body as received |
| `response.json` | the response: URL, status, headers by allow-list, redirects, charset evidence, time, tool version |
| `expected.json` | the expected values, each with the date of its review or `unreviewed` |
| `expected.md` | the same for reading, generated from expected.json |
| `rendered.html.gz` … | of a rendered page: the page after its scripts and their requests (`rendered.py`) |

A folder `lists` instead of a layout has list pages, which produce no record.

A fixture can also be one file, `<fixtures>/<site>/<layout>/<case>.html`: an annotated page (`annotated.py`), from which
page, response and values are built on demand.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ..extract import content_type, extract
from ..page import charset
from ..page.dom import Page
from ..profiles.load import Profile
from ..records.model import CharsetEvidence, Record
from ..records.write import replacing
from .annotated import Built, build, projected
from .template import AnnotationError, is_annotated
from .values import FIELDS, Values, absent, is_chrome, markdown

RENDERED = "rendered.html.gz"
RENDERED_HEADERS = {"content-type": "text/html; charset=utf-8"}
PAGE, RESPONSE, EXPECTED, TEXT = "page.html.gz", "response.json", "expected.json", "expected.md"
LISTS = "lists"
PLACES = ("tests/fixtures", "tests/pages")
"""The folders of a project's fixtures: recorded pages and annotated pages."""
FORMAT = 1
UNREVIEWED = "unreviewed"

T = TypeVar("T")


class FixtureBroken(ValueError):  # noqa: N818 - states what is wrong
    """A fixture that cannot be used. The message has the file and what to do."""


class Redirect(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A redirect on the way to the page: the URL and the status of its response."""

    url: str
    status: int


class Exchange(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True):
    """The request and response of a page. Other keys in the file (such as a note) are kept unchanged.

    `dropped` lists the names of headers, cookies and query parameters that were not recorded; `masked` counts the
    secrets in the body that were overwritten; `scrubbed` is set if the page's words were replaced.
    """

    url: str
    status: int
    headers: dict[str, str] = {}
    fetched_at: str | None = None
    redirects: tuple[Redirect, ...] = ()
    evidence: CharsetEvidence | None = None
    tool: str | None = None
    dropped: tuple[str, ...] = ()
    masked: int = 0
    scrubbed: bool = False

    @property
    def time(self) -> datetime | None:
        """When the page was fetched."""
        return datetime.fromisoformat(self.fetched_at) if self.fetched_at else None


class Expected(msgspec.Struct, kw_only=True):
    """The expected values of a fixture, each with the date of its review or `unreviewed`."""

    format: int = FORMAT
    review: dict[str, str]
    values: Values

    @classmethod
    def unreviewed_of(cls, values: Values) -> Expected:
        """Return `values`, all unreviewed."""
        return cls(review=dict.fromkeys(values, UNREVIEWED), values=dict(values))

    @property
    def unreviewed(self) -> list[str]:
        """The names of the unreviewed values."""
        return [name for name in self.values if self.review.get(name, UNREVIEWED) == UNREVIEWED]

    def accept(self, name: str, day: str) -> None:
        """Note that a person reviewed and accepted the value `name` on `day` (YYYY-MM-DD)."""
        self.review[name] = day

    def put(self, name: str, value: Any) -> None:
        """Set the value `name`, which is unreviewed then. A role without chrome is removed."""
        if value == absent(name) and name not in FIELDS:
            self.values.pop(name, None)
            self.review.pop(name, None)
            return
        self.values[name] = value
        self.review[name] = UNREVIEWED


@dataclass(frozen=True, slots=True)
class Fixture:
    """A recorded fixture; `folder` is its folder."""

    folder: Path

    @staticmethod
    def at(path: Path) -> Fixture:
        """Return the fixture at `path`, a folder or an annotated page."""
        return AnnotatedFixture(path) if path.suffix == ".html" else Fixture(path)

    @property
    def site(self) -> str:
        """The name of the site's profile."""
        return self.folder.parent.parent.name

    @property
    def layout(self) -> str:
        """The layout of the page."""
        return self.folder.parent.name

    @property
    def name(self) -> str:
        """`site/layout/case`."""
        return f"{self.site}/{self.layout}/{self.folder.stem if self.folder.suffix == '.html' else self.folder.name}"

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that the page and the values are read from."""
        return tuple(self.folder / name for name in (PAGE, RESPONSE, EXPECTED))

    @property
    def failure(self) -> str | None:
        """The expected failure of a page that must not produce a record; else None."""
        return None

    def seen(self, name: str, values: Values) -> Any:
        """Return the value `name` of a record's `values`, reduced to what the expected value states."""
        return values.get(name, absent(name))

    def unexpected(self, values: Values) -> list[str]:
        """Return the names of a record's `values` without an expected value."""
        expected = self.expected
        return [name for name in values if expected is None or name not in expected.values]

    @property
    def body(self) -> bytes:
        """The body as received. Raises FixtureBroken."""
        try:
            return gzip.decompress((self.folder / PAGE).read_bytes())
        except (OSError, EOFError) as error:
            raise FixtureBroken(f"{self.folder / PAGE}: cannot be read ({error}); record the page again") from None

    @property
    def exchange(self) -> Exchange:
        """The request and response. Raises FixtureBroken."""
        return _decoded(self.folder / RESPONSE, Exchange)

    @property
    def expected(self) -> Expected | None:
        """The expected values, None if there is no expected.json yet. Raises FixtureBroken."""
        path = self.folder / EXPECTED
        if not path.is_file():
            return None
        found = _decoded(path, Expected)
        if found.format != FORMAT:
            raise FixtureBroken(f"{path}: format {found.format}; this version reads {FORMAT}")
        return found

    @property
    def text(self) -> str | None:
        """The content of expected.md, None if it does not exist."""
        path = self.folder / TEXT
        return path.read_text(encoding="utf-8") if path.is_file() else None

    @property
    def rendered(self) -> bytes | None:
        """The page after its scripts, None if it was not rendered. Raises FixtureBroken."""
        path = self.folder / RENDERED
        if not path.is_file():
            return None
        try:
            return gzip.decompress(path.read_bytes())
        except (OSError, EOFError) as error:
            raise FixtureBroken(f"{path}: cannot be read ({error}); record the page again") from None

    def page(self) -> Page:
        """Return the parsed page. Limits are not checked, as callers have a record of it."""
        exchange, rendered = self.exchange, self.rendered
        if rendered is not None:
            return Page(rendered.decode(), exchange.url)
        text, evidence = charset.decode(self.body, content_type(exchange.headers))
        return Page(text, exchange.url, evidence)

    def extract(self, profiles: Mapping[str, Profile]) -> Record:
        """Extract the page, after its scripts if it was rendered. Raises the same as `crawler.extract`."""
        exchange, rendered = self.exchange, self.rendered
        return extract(
            self.body if rendered is None else rendered,
            exchange.url,
            headers=exchange.headers if rendered is None else RENDERED_HEADERS,
            fetched_at=exchange.time,
            status=exchange.status,
            rendered=rendered is not None,
            profiles=profiles.values(),
        )

    def written(self, expected: Expected) -> dict[str, bytes]:
        """Return the files that expected values are written to, by name."""
        return {
            EXPECTED: encoded(msgspec.to_builtins(expected)),
            TEXT: markdown(self.name, expected.values).encode(),
        }

    def write(self, expected: Expected) -> None:
        """Write expected.json and expected.md, each completely or not at all."""
        for name, content in self.written(expected).items():
            with replacing(self.folder / name) as out:
                out.write(content)


@dataclass(frozen=True, slots=True)
class AnnotatedFixture(Fixture):
    """An annotated page; `folder` is its file."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The page and those that it extends."""
        return self._built.files

    @property
    def rendered(self) -> bytes | None:
        """Always None: an annotated page is read as it is built."""
        return None

    @property
    def body(self) -> bytes:
        """The page without its annotations. Raises FixtureBroken."""
        return self._built.body

    @property
    def exchange(self) -> Exchange:
        """The request and response. Raises FixtureBroken."""
        built = self._built
        return Exchange(url=built.url, status=built.status, headers=built.headers, fetched_at=built.fetched_at)

    @property
    def expected(self) -> Expected | None:
        """The annotated values, which count as reviewed. Raises FixtureBroken."""
        values = self._built.values
        return Expected(review=dict.fromkeys(values, "annotated"), values=values)

    @property
    def text(self) -> str | None:
        """The same for reading; it is generated, so it always matches."""
        return markdown(self.name, self._built.values)

    @property
    def failure(self) -> str | None:
        """The expected failure of a page that must not produce a record; else None."""
        return self._built.failure

    def seen(self, name: str, values: Values) -> Any:
        """Return the value without what annotations need not state."""
        return projected(values.get(name, absent(name)), self._built.values.get(name))

    def unexpected(self, values: Values) -> list[str]:
        """Return the roles of chrome without an annotation; fields need not be annotated."""
        return [name for name in values if is_chrome(name) and name not in self._built.values]

    def write(self, expected: Expected) -> None:  # noqa: ARG002 - the base's
        """Raise FixtureBroken: the expected values are in the page."""
        raise FixtureBroken(f"{self.folder}: the expected values are the page's annotations; edit them there")

    @property
    def _built(self) -> Built:
        try:
            return _built(self.folder, self.folder.stat().st_mtime_ns)
        except (AnnotationError, OSError) as error:
            raise FixtureBroken(str(error)) from None


@lru_cache(maxsize=512)
def _built(path: Path, _changed: int) -> Built:
    return build(path)


def fixtures(root: Path | Iterable[Path], place: str = "", *, failing: bool = False) -> list[Fixture]:
    """Return the fixtures below `root` (one folder or several), sorted by name.

    `place` narrows them to a site, a layout (site/layout) or one case. With `failing`, annotated pages that must not
    produce a record are included.
    """
    found: list[Fixture] = []
    for folder in (root,) if isinstance(root, Path) else root:
        found += [Fixture(path.parent) for path in folder.glob(f"*/*/*/{PAGE}") if path.parent.parent.name != LISTS]
        pages = [AnnotatedFixture(path) for path in folder.glob("*/*/*.html") if is_annotated(path)]
        found += [one for one in pages if failing or one.failure is None]
    wanted = place.strip("/")
    return sorted(
        (one for one in found if not wanted or one.name == wanted or one.name.startswith(wanted + "/")),
        key=lambda one: one.name,
    )


def encoded(value: Any) -> bytes:
    """Return JSON for people and diffs: indented, Chinese unescaped, with a final line end."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def packed(body: bytes) -> bytes:
    """Return `body` gzipped, reproducibly."""
    return gzip.compress(body, 9, mtime=0)


def _decoded(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError) as error:
        raise FixtureBroken(f"{path}: {error}; compare it with another fixture, or record the page again") from None
