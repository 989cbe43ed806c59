"""A recorded page on disk: `<fixtures>/<site>/<layout>/<case>/`.

| file | what it is |
|---|---|
| `page.html.gz` | the body's bytes as received, content encoding undone |
| `response.json` | how they came: URL, status, headers by allow-list, redirects, charset evidence, time, tool version |
| `expected.json` | the values that a person has looked at, and which nobody has looked at yet |
| `expected.md` | the same for the eye, made from expected.json |
| `rendered.html.gz`, `requests.json` | room for the page after its scripts and what they asked for; not written yet |

A folder `lists` in a layout's place holds list pages, which give no record.

A case may also be one file, `<fixtures>/<site>/<layout>/<case>.html`: an annotated page (`annotated.py`), from which
page, response and values are made when they are asked for.
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

from crawler.extract import content_type, extract
from crawler.page import charset
from crawler.page.dom import Page
from crawler.profiles.load import Profile
from crawler.records.model import CharsetEvidence, Record
from crawler.records.write import replacing
from crawler.regression.annotated import Built, build, projected
from crawler.regression.template import AnnotationError, is_annotated
from crawler.regression.values import FIELDS, Values, absent, is_chrome, markdown

PAGE, RESPONSE, EXPECTED, TEXT = "page.html.gz", "response.json", "expected.json", "expected.md"
LISTS = "lists"
PLACES = ("tests/fixtures", "tests/pages")
"""Where a project keeps its cases: recorded ones and annotated pages."""
FORMAT = 1
UNREVIEWED = "unreviewed"

T = TypeVar("T")


class FixtureBroken(ValueError):  # noqa: N818 - states what is wrong
    """A fixture folder that cannot be used. The message names the file and what would do."""


class Redirect(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A step on the way to the page: who answered, and by which status."""

    url: str
    status: int


class Exchange(msgspec.Struct, frozen=True, omit_defaults=True, rename="camel", kw_only=True):
    """How a page came. Fields beyond these (a note, what a builder says of the charset) are kept as they stand.

    `dropped` names headers, cookies and query parameters that were there and are not recorded; `masked` counts the
    places of the body where something secret was overwritten; `scrubbed` says that the page's words were replaced.
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
    """The values of a case, and for each the day it was looked at or `unreviewed`."""

    format: int = FORMAT
    review: dict[str, str]
    values: Values

    @classmethod
    def unreviewed_of(cls, values: Values) -> Expected:
        """Return `values` as nobody has looked at them yet."""
        return cls(review=dict.fromkeys(values, UNREVIEWED), values=dict(values))

    @property
    def unreviewed(self) -> list[str]:
        """The names of the values that nobody has looked at."""
        return [name for name in self.values if self.review.get(name, UNREVIEWED) == UNREVIEWED]

    def accept(self, name: str, day: str) -> None:
        """Note that a person looked at the value `name` on `day` (YYYY-MM-DD) and found it right."""
        self.review[name] = day

    def put(self, name: str, value: Any) -> None:
        """Set the value `name` anew; nobody has looked at it then. Chrome that is gone is no value any more."""
        if value == absent(name) and name not in FIELDS:
            self.values.pop(name, None)
            self.review.pop(name, None)
            return
        self.values[name] = value
        self.review[name] = UNREVIEWED


@dataclass(frozen=True, slots=True)
class Fixture:
    """One case's folder."""

    folder: Path

    @staticmethod
    def at(path: Path) -> Fixture:
        """Return the case at `path`, a folder or an annotated page."""
        return AnnotatedFixture(path) if path.suffix == ".html" else Fixture(path)

    @property
    def site(self) -> str:
        """The site's name, that of its profile."""
        return self.folder.parent.parent.name

    @property
    def layout(self) -> str:
        """The layout that the page is of."""
        return self.folder.parent.name

    @property
    def name(self) -> str:
        """`site/layout/case`."""
        return f"{self.site}/{self.layout}/{self.folder.stem if self.folder.suffix == '.html' else self.folder.name}"

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that page and values are read from."""
        return tuple(self.folder / name for name in (PAGE, RESPONSE, EXPECTED))

    @property
    def failure(self) -> str | None:
        """The failure of a page that must not give a record; None of one that must."""
        return None

    def seen(self, name: str, values: Values) -> Any:
        """Return the value `name` among a record's `values`, as far as the expected one speaks of it."""
        return values.get(name, absent(name))

    def unexpected(self, values: Values) -> list[str]:
        """Return the names of a record's `values` that nothing is expected of."""
        expected = self.expected
        return [name for name in values if expected is None or name not in expected.values]

    @property
    def body(self) -> bytes:
        """The bytes as received; raises FixtureBroken."""
        try:
            return gzip.decompress((self.folder / PAGE).read_bytes())
        except (OSError, EOFError) as error:
            raise FixtureBroken(f"{self.folder / PAGE}: cannot be read ({error}); record the page again") from None

    @property
    def exchange(self) -> Exchange:
        """How they came; raises FixtureBroken."""
        return _decoded(self.folder / RESPONSE, Exchange)

    @property
    def expected(self) -> Expected | None:
        """The values, None where there is no expected.json yet; raises FixtureBroken."""
        path = self.folder / EXPECTED
        if not path.is_file():
            return None
        found = _decoded(path, Expected)
        if found.format != FORMAT:
            raise FixtureBroken(f"{path}: format {found.format}; this version reads {FORMAT}")
        return found

    @property
    def text(self) -> str | None:
        """expected.md as it stands, None where there is none."""
        path = self.folder / TEXT
        return path.read_text(encoding="utf-8") if path.is_file() else None

    def page(self) -> Page:
        """The page, parsed but not held against the limits: who asks has a record of it."""
        exchange = self.exchange
        text, evidence = charset.decode(self.body, content_type(exchange.headers))
        return Page(text, exchange.url, evidence)

    def extract(self, profiles: Mapping[str, Profile]) -> Record:
        """Take the page apart by `profiles`; raises as `crawler.extract` does."""
        exchange = self.exchange
        return extract(
            self.body,
            exchange.url,
            headers=exchange.headers,
            fetched_at=exchange.time,
            status=exchange.status,
            profiles=profiles.values(),
        )

    def write(self, expected: Expected) -> None:
        """Write expected.json, and expected.md from it, each whole or not at all."""
        for name, content in (
            (EXPECTED, encoded(msgspec.to_builtins(expected))),
            (TEXT, markdown(self.name, expected.values).encode()),
        ):
            with replacing(self.folder / name) as out:
                out.write(content)


@dataclass(frozen=True, slots=True)
class AnnotatedFixture(Fixture):
    """An annotated page as a case; `folder` is its file."""

    @property
    def files(self) -> tuple[Path, ...]:
        """The page, and the one that it extends."""
        return self._built.files

    @property
    def body(self) -> bytes:
        """The page without its annotations; raises FixtureBroken."""
        return self._built.body

    @property
    def exchange(self) -> Exchange:
        """How it is served; raises FixtureBroken."""
        built = self._built
        return Exchange(url=built.url, status=built.status, headers=built.headers, fetched_at=built.fetched_at)

    @property
    def expected(self) -> Expected | None:
        """What the annotations state: a person has written each; raises FixtureBroken."""
        values = self._built.values
        return Expected(review=dict.fromkeys(values, "annotated"), values=values)

    @property
    def text(self) -> str | None:
        """The same for the eye: made here, so it always agrees."""
        return markdown(self.name, self._built.values)

    @property
    def failure(self) -> str | None:
        """The failure that the page must end in, None where it must give a record."""
        return self._built.failure

    def seen(self, name: str, values: Values) -> Any:
        """Return the value without what annotations may leave unsaid."""
        return projected(values.get(name, absent(name)), self._built.values.get(name))

    def unexpected(self, values: Values) -> list[str]:
        """Return the roles of a record's chrome that no annotation names; fields may be left unsaid."""
        return [name for name in values if is_chrome(name) and name not in self._built.values]

    def write(self, expected: Expected) -> None:  # noqa: ARG002 - the base's
        """Refuse: what is expected stands in the page."""
        raise FixtureBroken(f"{self.folder}: its values are its annotations; edit them there")

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
    """Return the cases below `root` (one folder or several) by name.

    `place` narrows them to a site, a layout (site/layout) or one case. With `failing` the annotated pages that must not
    give a record are among them.
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
    """Return JSON for people and diffs: indented, Chinese as it stands, a line end at the end."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def packed(body: bytes) -> bytes:
    """Return `body` gzipped, the same bytes on every run."""
    return gzip.compress(body, 9, mtime=0)


def _decoded(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError) as error:
        raise FixtureBroken(f"{path}: {error}; compare it with a case beside it, or record the page again") from None
