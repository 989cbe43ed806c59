"""What every builder hands out: a page with the truth about it."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any

Truth = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FixturePage:
    """One response of the portal and what an extractor must find in it.

    ``truth`` holds the record's fields by their names in the record's schema, and a few keys of its own:

    * ``body``: the texts of the article's paragraphs and headings in order (captions are in ``images``);
    * ``blocks``: some of the record's blocks that are no paragraph (heading, list, table, quote);
    * ``optional``: lines that may stand in the body as well as under a caption or a chrome role;
    * ``notInBody``: texts that must not stand in any block;
    * ``chrome``: list of ``{role, text_contains}``: some entry of that role holds that text;
    * ``items``: by role, the link lists (``headline``, ``url``, ``author``, ``datePublished``);
    * ``links``, ``next``, ``excluded`` for list pages: article addresses, the next page, addresses that are no article.

    A key that is absent is not asserted; ``None`` says that the page does not give the field.
    Texts are plain, white space collapsed; dates RFC 3339; addresses absolute, as the page gives them.
    """

    site: str
    layout: str
    case: str
    url: str
    body: bytes
    truth: Truth
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "text/html; charset=utf-8"})
    status: int = 200
    note: str = ""
    charset: dict[str, str | None] = field(default_factory=dict)
    fetched_at: str = "2026-02-21T16:05:09+08:00"

    @property
    def name(self) -> str:
        """``site/layout/case``, the folder of the fixture."""
        return f"{self.site}/{self.layout}/{self.case}"


@dataclass(frozen=True, slots=True)
class Item:
    """An entry of a link list; ``time`` as the page shows it: ``YYYY-MM-DD HH:MM[:SS]``, or something like 5小时前."""

    headline: str
    url: str
    author: str | None = None
    time: str | None = None
    image: str | None = None

    def truth(self) -> Truth:
        """Return the entry as a record has it."""
        told: Truth = {"headline": self.headline, "url": self.url, "author": self.author}
        if self.time is None or self.time[:4].isdigit():
            told["datePublished"] = rfc3339(self.time) if self.time else None
        return told


def rfc3339(wall: str) -> str:
    """``2026-02-20 10:12[:47]`` of China as RFC 3339; a bare date stays as it is."""
    if len(wall) == 10:
        return wall
    return f"{wall[:10]}T{wall[11:]}{'' if len(wall) > 16 else ':00'}+08:00"


def esc(text: str) -> str:
    """Text for an element."""
    return html.escape(text, quote=False)


def attr(text: str) -> str:
    """Text for an attribute in double quotes."""
    return html.escape(text)


def contains(role: str, *texts: str) -> list[Truth]:
    """Entries for ``truth["chrome"]``."""
    return [{"role": role, "text_contains": text} for text in texts]
