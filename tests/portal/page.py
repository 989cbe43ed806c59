"""What the portal serves: a page and how it is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Truth = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FixturePage:
    """One response of the portal.

    `truth` holds what a record of an article must say; of a list page `links` (article URLs), `items`, `next` (the next page)
    and `excluded` (URLs that are not articles).
    """

    site: str
    layout: str
    case: str
    url: str
    body: bytes
    truth: Truth
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/html; charset=utf-8"})
    status: int = 200
    fetched_at: str = "2026-02-21T16:05:09+08:00"

    @property
    def name(self) -> str:
        """`site/layout/case`."""
        return f"{self.site}/{self.layout}/{self.case}"
