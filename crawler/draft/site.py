"""Writes a draft to disk: one profile.toml, and a layout for each group of similar pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from ..errors import PageRefused
from ..page.dom import Page
from ..page.urls import host
from ..profiles.checks.strings import check_host
from ..profiles.checks.suffixes import registered
from ..profiles.faults import Fault, Severity
from ..profiles.lint import lint
from . import text
from .addresses import forms, own_host
from .group import PageGroup, groups
from .idents import Form
from .learned import Learned, is_unedited, signed
from .lists import lists
from .sample import ZONES, Sample, Unread

_TITLE = re.compile(r"\s*[-_|—–·»]+\s*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_NAMES = re.compile(r"(?<=[.#])[\w-]+|(?<=\")[\w-]+(?=\")")
_ROUNDS: Final = 12


class NoDraft(ValueError):  # noqa: N818 - states what happened
    """A draft cannot be made from these pages. The message says why, and what to give instead."""


def no_site(url: str) -> str | None:
    """Return why the address of a page cannot be a site's, None if it can."""
    name = host(url)
    try:
        check_host(name)
    except ValueError as error:
        return (
            f"{url}: a profile is for the host name that readers of the site use, which its addresses and links have,"
            f" but {error}; give the pages by that name, or save them and use --folder"
        )
    return None


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """An input page: its bytes, its URL, its Content-Type."""

    url: str
    body: bytes
    content_type: str | None = None


class Draft:
    """A draft of the profile `site` from `pages`; `day` (YYYY-MM-DD) dates it.

    `notes` say what was not found or skipped, `layouts` are the layout's id of each page that was read, by
    URL. `known` are the layouts that pages have already, by URL: a group of pages keeps the id that most of them have.
    Raises NoDraft if the pages are of several sites, or if none of them is an article.
    """

    def __init__(self, site: str, pages: Iterable[Given], day: str, known: Mapping[str, str] | None = None) -> None:
        self.site = site
        self._known = dict(known or {})
        self.day = day
        self.notes: list[str] = []
        self._pages = list({page.url: page for page in pages}.values())
        self._one_site()
        samples = [sample for page in self._pages if (sample := self._read(page)) is not None]
        if not samples:
            raise NoDraft(
                "no page looks like an article (a headline that the title repeats, and prose); " + self._notes_line
            )
        self.groups = groups(samples)
        self.layouts: dict[str, str] = {}
        self._idents: list[str] = []
        for group in self.groups:
            ident = self._ident(group)
            self._idents.append(ident)
            self.layouts |= {sample.url: ident for sample in group.samples}
        self._idle: dict[str, dict[str, str]] = {ident: {} for ident in self._idents}
        copies = sum(group.total - len(group.distinct) for group in self.groups)
        if copies:
            self.notes.append(f"{copies} of the pages repeat another page's article; nothing was learned from them")

    @property
    def _notes_line(self) -> str:
        """The notes on one line."""
        return "; ".join(self.notes)

    def write(self, folder: Path) -> list[Fault]:
        """Write the draft into `folder`, which has the site's name, and return the linter's findings.

        A region that the linter says another rule takes is written as a comment. In a folder that exists, files that
        someone has edited stay as they are, and unedited layouts that no page has any more are removed.
        """
        changes = folder / "CHANGES.md"
        (folder / "layouts").mkdir(parents=True, exist_ok=True)
        edited = {path for path in folder.rglob("*.toml") if not is_unedited(path.read_text(encoding="utf-8"))}
        for path in {*(folder / "layouts").glob("*.toml")} - edited:
            if path.stem not in self._idents:
                path.unlink()
                self.notes.append(f"removed: layout {path.stem}: its pages are read by another one now")
        self.notes += [f"kept as edited: {path.relative_to(folder)}" for path in sorted(edited)]
        before = (
            changes.read_text(encoding="utf-8") if changes.exists() else f"# {self.site}: what changed, and when\n\n"
        )
        line = f"- {self.day}: drafted from {len(self.layouts)} pages.\n"
        changes.write_text(before if line in before else before + line, encoding="utf-8")
        if folder / "profile.toml" not in edited:
            (folder / "profile.toml").write_text(signed(self._profile()), encoding="utf-8")
        self.notes += [
            f"{form.urls[0]}: no id in the URL: {form.why}"
            for form in self.forms(self.host())
            if not form.has_id and form.why
        ]
        faults: list[Fault] = []
        for _ in range(_ROUNDS):
            for ident, group in zip(self._idents, self.groups, strict=True):
                others = [other for other in self.groups if other is not group]
                path = folder / "layouts" / f"{ident}.toml"
                if path not in edited:
                    made = text.layout(ident, group, others, self._idle[ident], self.day)
                    path.write_text(signed(made), encoding="utf-8")
            faults = [fault for fault in lint(folder) if fault.severity is not Severity.NOTE]
            taken = [
                one
                for one in faults
                if one.key.startswith("chrome.") and Path(one.file).stem in self._idle and Path(one.file) not in edited
            ]
            if not taken:
                break
            for fault in taken:
                self._idle[Path(fault.file).stem][".".join(fault.key.split(".")[:2])] = fault.message
        return [fault for fault in faults if fault.severity is Severity.ERROR]

    def table(self) -> list[str]:
        """Return what was learned as lines of a table: for each layout, rule, pages, confidence, values."""
        lines: list[str] = []
        for ident, group in zip(self._idents, self.groups, strict=True):
            rules = [*group.article(), *group.values, *text.chrome(group, self._idle[ident])]
            lines += [f"{ident}: {group.total} page{'s' * (group.total != 1)}", *text.table(rules)]
        return lines

    def _one_site(self) -> None:
        if not self._pages:
            raise NoDraft("there is no page to draft from: none was given, or all were skipped")
        sites = Counter(registered(host(page.url)) for page in self._pages)
        for page in self._pages:
            if (why := no_site(page.url)) is not None:
                raise NoDraft(why)
        if len(sites) > 1:
            listed = ", ".join(f"{name} ({count})" for name, count in sites.most_common())
            raise NoDraft(f"pages of {len(sites)} sites: {listed}; give pages of one site only")

    def _read(self, given: Given) -> Sample | None:
        try:
            return Sample(Page.from_bytes(given.body, given.url, given.content_type))
        except (PageRefused, Unread) as error:
            said = str(error)
            self.notes.append(f"skipped: {said if given.url in said else f'{given.url}: {said}'}")
            return None

    def _ident(self, group: PageGroup) -> str:
        given = Counter(ident for one in group.samples if (ident := self._known.get(one.url)) is not None)
        for ident, _ in given.most_common():
            if ident not in self._idents:
                return ident
        named = _NAMES.findall(group.body.css[0]) if group.body is not None else []
        words = re.findall(r"[a-z0-9]+", "_".join(dict.fromkeys(named)).lower())
        landmark = "_".join(words)[:40].rstrip("_") or "layout"
        year = group.year
        if year is None:
            year = int(self.day[:4])
            self.notes.append(f"layout {year}_{landmark}: the pages have no date; {year} is the year of the draft")
        stem = f"{year}_{landmark}"
        return next(one for one in (stem, *(f"{stem}_{n}" for n in range(2, 999))) if one not in self._idents)

    @property
    def samples(self) -> list[Sample]:
        """The pages that were read."""
        return [sample for group in self.groups for sample in group.samples]

    @property
    def rules(self) -> list[Learned]:
        """All rules of the layouts, kept or not."""
        found = []
        for ident, group in zip(self._idents, self.groups, strict=True):
            found += [*group.article(), *group.values, *text.chrome(group, self._idle[ident])]
        return found

    def host(self) -> str:
        """Return the site's host: what all pages share, or the registered domain if they link to its other channels."""
        linked = {host(link) for sample in self.samples for link in _links(sample)}
        return own_host([sample.url for sample in self.samples], sorted(linked))

    def forms(self, own: str) -> list[Form]:
        """Return the URL forms; different articles never share an id."""
        return forms([sample.url for sample in self.samples], own)

    def _profile(self) -> str:
        samples = self.samples
        own = self.host()
        found = self.forms(own)
        seen = Counter(host(sample.url) for sample in samples)
        stated = Counter(name for one in samples if (name := (one.page.meta("og:site_name") or "").strip()))
        tails = Counter(parts[-1] for one in samples if len(parts := _TITLE.split(one.title)) > 1 and parts[-1])
        title = [(name, count) for name, count in (stated or tails).most_common(1) if _is_plain(name)]
        langs = Counter(lang for one in samples if (lang := _language(one)))
        charsets = Counter(
            f"{one.page.evidence.name} by {one.page.evidence.chosen_by}" for one in samples if one.page.evidence
        )
        metas = [
            (name, pages)
            for name in ("description", "keywords")
            if (pages := sum(bool(one.page.meta(name)) for one in samples))
        ]
        language = (
            (langs.most_common(1)[0][0], f"<html lang> or the text, {_counted(langs)}")
            if langs
            else ("zh-CN", "assumed, no page has <html lang>")
        )
        zone = ZONES.get(language[0][:2].lower())
        return text.profile(
            site=self.site,
            title=(title[0][0][:60], "og:site_name" if stated else "the end of <title>") if title else
            (self.site, "NOT FOUND: the portal's name for people"),
            hosts=(own, "seen: " + _counted(seen)),
            language=language,
            zone=(zone, "assumed from the language; pages do not say") if zone else
            ("UTC", "assumed; pages do not say"),
            charsets=_counted(charsets),
            ports=sorted({port for one in samples if (port := urlsplit(one.url).port) not in {None, 80, 443}}),
            forms=found,
            total=len(samples),
            metas=metas,
            lists=lists(samples, own, found),
            day=self.day,
        )  # fmt: skip


def _links(sample: Sample) -> list[str]:
    return [
        href if href.startswith("http") else f"https:{href}"
        for link in sample.page.dom.css("a[href]")
        if (href := (link.attributes.get("href") or "").strip()).startswith(("http://", "https://", "//"))
    ]


def _is_plain(name: str) -> bool:
    """Return whether a title can be written in a profile."""
    return not re.search(r"[<>{}\\`$\x00-\x1f]|://", name)


def _language(sample: Sample) -> str | None:
    stated = sample.language or ""
    return stated if _LANGUAGE.fullmatch(stated) else None


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
