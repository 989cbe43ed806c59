"""The annotated pages as cases: what is served, and what a record of it must say."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from crawler import Record, extract
from crawler.regression.fixture import PAGE, RESPONSE, Expected, Fixture, encoded, fixtures, packed
from crawler.regression.values import Values, values_of

PAGES = Path(__file__).resolve().parent / "pages"
LISTS = PAGES.parent / "fixtures"
"""List pages and feeds, which give no record: `<site>/lists/<case>/`."""
REVIEWED = "2026-11-23"


@dataclass(frozen=True, slots=True)
class Case:
    """One page: an annotated one, or the folder of a list page."""

    folder: Path

    @property
    def fixture(self) -> Fixture:
        """The page as the regression suite sees it."""
        return Fixture.at(self.folder)

    @property
    def name(self) -> str:
        """`site/layout/case`."""
        return self.fixture.name

    @property
    def layout(self) -> str:
        """The layout whose page it is."""
        return self.fixture.layout

    @property
    def body(self) -> bytes:
        """The bytes as served."""
        return self.fixture.body

    @property
    def response(self) -> dict[str, Any]:
        """URL, status, headers, fetchedAt."""
        exchange = self.fixture.exchange
        return {
            "url": exchange.url,
            "status": exchange.status,
            "headers": exchange.headers,
            "fetchedAt": exchange.fetched_at,
        }

    @property
    def values(self) -> Values:
        """What a record of the page must say, by the annotations."""
        expected = self.fixture.expected
        return expected.values if expected is not None else {}

    @property
    def texts(self) -> list[str]:
        """The texts of the article's blocks; captions are not among them."""
        return [block["text"] for block in self.values.get("blocks") or [] if "text" in block]

    @property
    def links(self) -> dict[str, Any]:
        """What a list page links: `links`, `next`, `excluded`."""
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


def shipped(name: str) -> Case:
    """Return the page `site/layout/case`."""
    page = PAGES / f"{name}.html"
    return Case(page if page.is_file() else LISTS / name)


def cases() -> list[Case]:
    """Return the pages that must give a record."""
    return [Case(fixture.folder) for fixture in fixtures(PAGES)]


def lists() -> list[Case]:
    """Return the list pages."""
    return [Case(path.parent) for path in sorted(LISTS.glob(f"*/lists/*/{PAGE}"))]


@lru_cache(maxsize=256)
def record_of(name: str) -> Record:
    """Return the record of the case `name`, made once."""
    return shipped(name).extract()


def recorded(root: Path, name: str) -> Path:
    """Write the page `name` below `root` as a recorded and reviewed case and return its folder."""
    page = shipped(name)
    folder = root / name
    folder.mkdir(parents=True)
    (folder / PAGE).write_bytes(packed(page.body))
    (folder / RESPONSE).write_bytes(encoded(page.response))
    values = values_of(record_of(name))
    Fixture(folder).write(Expected(review=dict.fromkeys(values, REVIEWED), values=values))
    return folder
