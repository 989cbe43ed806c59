"""Writes a draft to disk: one profile.toml, and a layout for each group of similar pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from ..errors import PageRefused
from ..heuristics.reading import Reading
from ..page.dom import Page
from ..page.urls import host
from ..profiles.faults import Fault, Severity
from ..profiles.lint import lint
from . import text
from .addresses import forms, own_host, registered
from .group import PageGroup, Place, groups

_ZONE = ZoneInfo("Asia/Shanghai")
_TITLE = re.compile(r"\s*[-_|—–]+\s*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_NAMES = re.compile(r"(?<=[.#])[\w-]+|(?<=\")[\w-]+(?=\")")
_ROUNDS = 12
_EMPTY = 400
"""Characters of a page that consists of little more than its frame."""


class NoDraft(ValueError):  # noqa: N818 - states what happened
    """A draft cannot be made from these pages. The message says why, and what to give instead."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """An input page: its bytes, its URL, its Content-Type."""

    url: str
    body: bytes
    content_type: str | None = None


class Draft:
    """A draft of the profile `site` from `pages`; `day` (YYYY-MM-DD) dates it.

    `notes` say what was not found or skipped, `layouts` are the layout's id of each page that was read, by
    URL. Raises NoDraft if the pages are of several sites, or if none of them is an article.
    """

    def __init__(self, site: str, pages: Iterable[Given], day: str) -> None:
        self.site = site
        self.day = day
        self.notes: list[str] = []
        self._pages = list(pages)
        self._one_site()
        readings = [reading for page in self._pages if (reading := self._read(page)) is not None]
        if not readings:
            raise NoDraft(
                "no page looks like an article (a headline that the title repeats, and prose); " + self._notes_line
            )
        self.groups = groups(readings)
        self.layouts: dict[str, str] = {}
        self._idents: list[str] = []
        for group in self.groups:
            ident = self._ident(group)
            self._idents.append(ident)
            self.layouts |= {reading.url: ident for reading in group.readings}
        self._idle: dict[str, set[str]] = {ident: set() for ident in self._idents}

    @property
    def _notes_line(self) -> str:
        """The notes on one line."""
        return "; ".join(self.notes)

    def write(self, folder: Path) -> list[Fault]:
        """Write the draft into `folder`, which has the site's name, and return the linter's findings.

        A region that the linter says another rule takes is written as a comment.
        """
        (folder / "layouts").mkdir(parents=True)
        (folder / "CHANGES.md").write_text(
            f"# {self.site}: what changed, and when\n\n- {self.day}: drafted from {len(self.layouts)} pages.\n",
            encoding="utf-8",
        )
        (folder / "profile.toml").write_text(self._profile(), encoding="utf-8")
        faults: list[Fault] = []
        for _ in range(_ROUNDS):
            for ident, group in zip(self._idents, self.groups, strict=True):
                others = [other for other in self.groups if other is not group]
                made = text.layout(ident, group, others, frozenset(self._idle[ident]), self.day)
                (folder / "layouts" / f"{ident}.toml").write_text(made, encoding="utf-8")
            faults = [fault for fault in lint(folder) if fault.severity is not Severity.NOTE]
            taken = [one for one in faults if one.key.startswith("chrome.") and Path(one.file).stem in self._idle]
            if not taken:
                break
            for fault in taken:
                self._idle[Path(fault.file).stem].add(fault.key.split(".")[1])
        return [fault for fault in faults if fault.severity is Severity.ERROR]

    def _one_site(self) -> None:
        if not self._pages:
            raise NoDraft("no pages were given")
        sites = Counter(registered(host(page.url)) for page in self._pages)
        if len(sites) > 1:
            listed = ", ".join(f"{name} ({count})" for name, count in sites.most_common())
            raise NoDraft(f"pages of {len(sites)} sites: {listed}; give pages of one site only")

    def _read(self, given: Given) -> Reading | None:
        try:
            page = Page.from_bytes(given.body, given.url, given.content_type)
        except PageRefused as error:
            self.notes.append(f"skipped: {error}")
            return None
        reading = Reading(page, _ZONE)
        if reading.lists:
            self.notes.append(f"skipped: {given.url}: a list of links; give articles")
            return None
        lacks = [name for name, node in (("headline", reading.headline), ("body", reading.body)) if node is None]
        if "body" in lacks or (lacks and reading.time is None):
            shown = reading.shown
            why = "its text may be loaded by a script" if shown < _EMPTY else "is it an article?"
            self.notes.append(f"skipped: {given.url}: no {' and no '.join(lacks)} in {shown} characters; {why}")
            return None
        return reading

    def _ident(self, group: PageGroup) -> str:
        named = _NAMES.findall(group.body.css[0]) if group.body.marks else []
        words = re.findall(r"[a-z0-9]+", "_".join(dict.fromkeys(named)).lower())
        landmark = "_".join(words)[:40].rstrip("_") or "layout"
        year = group.year
        if year is None:
            year = int(self.day[:4])
            self.notes.append(f"layout {year}_{landmark}: the pages have no date; {year} is the year of the draft")
        stem = f"{year}_{landmark}"
        return next(one for one in (stem, *(f"{stem}_{n}" for n in range(2, 999))) if one not in self._idents)

    def _profile(self) -> str:
        readings = [reading for group in self.groups for reading in group.readings]
        urls = [reading.url for reading in readings]
        own = own_host(urls)
        seen = Counter(host(url) for url in urls)
        stated = Counter(name for one in readings if (name := (one.page.meta("og:site_name") or "").strip()))
        tails = Counter(parts[-1] for one in readings if len(parts := _TITLE.split(one.title)) > 1 and parts[-1])
        title = (stated or tails).most_common(1)
        langs = Counter(lang for one in readings if (lang := _language(one.page)))
        charsets = Counter(
            f"{one.page.evidence.name} by {one.page.evidence.chosen_by}" for one in readings if one.page.evidence
        )
        metas = [
            Place(meta=name, pages=pages)
            for name in ("description", "keywords")
            if (pages := sum(bool(one.page.meta(name)) for one in readings))
        ]
        return text.profile(
            site=self.site,
            title=(title[0][0][:60], "og:site_name" if stated else "the end of <title>") if title else
            (self.site, "NOT FOUND: the portal's name for people"),
            hosts=(own, "seen: " + _counted(seen)),
            language=(langs.most_common(1)[0][0], f"<html lang>, {_counted(langs)}") if langs else
            ("zh-CN", "assumed, no page has <html lang>"),
            charsets=_counted(charsets),
            forms=forms(urls, own),
            total=len(readings),
            metas=metas,
            linked=sum(len(group.linked) for group in self.groups),
            day=self.day,
        )  # fmt: skip


def _language(page: Page) -> str | None:
    node = page.dom.css_first("html[lang]")
    lang = (node.attributes.get("lang") or "").strip() if node is not None else ""
    return lang if _LANGUAGE.fullmatch(lang) and lang.lower() not in {"en"} else None


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common())


def gaps(files: Sequence[Path]) -> list[str]:
    """Return the NOT FOUND comments of the drafted `files`, with file and line."""
    found = []
    for path in files:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            _, mark, what = line.partition("NOT FOUND: ")
            if mark and "the role of" not in what:
                found.append(f"{path.name}:{number}: {what.removesuffix(':')}")
    return found
