"""The recorded cases on disk: what was served, and the truth about it."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from crawler import Record, extract
from crawler.regression.fixture import Fixture, fixtures

FIXTURES = Path(__file__).resolve().parent / "fixtures"
PAGES = FIXTURES.parent / "pages"


@dataclass(frozen=True, slots=True)
class Case:
    """One folder `tests/fixtures/<site>/<layout>/<case>/`."""

    folder: Path

    @property
    def name(self) -> str:
        """`site/layout/case`."""
        return self.folder.relative_to(FIXTURES).as_posix()

    @property
    def layout(self) -> str:
        """The layout whose pages the folder holds."""
        return self.folder.parent.name

    @property
    def body(self) -> bytes:
        """The bytes as served."""
        return gzip.decompress((self.folder / "page.html.gz").read_bytes())

    @property
    def response(self) -> dict[str, Any]:
        """URL, status, headers, fetchedAt."""
        loaded: dict[str, Any] = json.loads((self.folder / "response.json").read_text(encoding="utf-8"))
        return loaded

    @property
    def truth(self) -> dict[str, Any]:
        """What is on the page."""
        loaded: dict[str, Any] = json.loads((self.folder / "truth.json").read_text(encoding="utf-8"))
        return loaded

    def extract(self, body: bytes | None = None) -> Record:
        """Take the page apart, or `body` as if it had been served in its place."""
        response = self.response
        return extract(
            self.body if body is None else body,
            response["url"],
            headers=response["headers"],
            fetched_at=datetime.fromisoformat(response["fetchedAt"]),
            status=response["status"],
        )


class PageCase(Case):
    """One annotated page `tests/pages/<site>/<layout>/<case>.html`; it has no truth beside it."""

    __slots__ = ()

    @property
    def name(self) -> str:
        """`site/layout/case`."""
        return self.folder.relative_to(PAGES).with_suffix("").as_posix()

    @property
    def body(self) -> bytes:
        """The page without its annotations."""
        return Fixture.at(self.folder).body

    @property
    def response(self) -> dict[str, Any]:
        """URL, status, headers, fetchedAt."""
        exchange = Fixture.at(self.folder).exchange
        return {
            "url": exchange.url,
            "status": exchange.status,
            "headers": exchange.headers,
            "fetchedAt": exchange.fetched_at,
        }


def pages() -> list[Case]:
    """Return the annotated pages that must give a record."""
    return [PageCase(fixture.folder) for fixture in fixtures(PAGES)]


def cases(*, lists: bool = False) -> list[Case]:
    """Return the built cases that give a record, or the list pages; recorded ones have no truth, and a suite of their own."""
    folders = sorted(path.parent for path in FIXTURES.glob("*/*/*/truth.json"))
    return [Case(folder) for folder in folders if (folder.parent.name == "lists") == lists]


@lru_cache(maxsize=256)
def record_of(name: str) -> Record:
    """Return the record of the case `name`, made once."""
    page = PAGES / f"{name}.html"
    return (Case(FIXTURES / name) if (FIXTURES / name).is_dir() else PageCase(page)).extract()
