"""The draft as commented TOML: each guess with how often it held and its values, each gap with its key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from ..heuristics.reading import SOURCE_TEXT
from ..heuristics.regions import Part
from ..terminal import plain
from .addresses import Form
from .group import PageGroup, Place

_SHOWN = 40
_EXAMPLES = 3


def basic(text: str) -> str:
    """Return a TOML string: in single quotes if possible, else escaped."""
    if "'" not in text and text.isprintable():
        return f"'{text}'" if '"' in text or "\\" in text else f'"{text}"'
    return json.dumps(text, ensure_ascii=False)


def selectors(css: Sequence[str]) -> str:
    """Return one selector, or a list of alternatives, as TOML."""
    return basic(css[0]) if len(css) == 1 else f"[{', '.join(map(basic, css))}]"


def examples(values: Iterable[str]) -> str:
    """Return the first few values for a comment, each shortened."""
    shown = [plain(value) for value in dict.fromkeys(values)][:_EXAMPLES]
    return "; ".join(f"{value[:_SHOWN]}…" if len(value) > _SHOWN else value for value in shown)


def missing(key: str, what: str) -> list[str]:
    """Return a comment for a key that a person must fill in."""
    return [f"# NOT FOUND: {what}. Fill in {key}:", f"# {key}", '# css = "…"', ""]


def profile(
    *, site: str, title: tuple[str, str], hosts: tuple[str, str], language: tuple[str, str], charsets: str,
    forms: Sequence[Form], total: int, metas: Sequence[Place], linked: int, day: str,
) -> str:  # fmt: skip
    """Return profile.toml; the second element of `title`, `hosts` and `language` says where the value is from."""
    lines = [
        f"# Drafted by `scrapy newsite` from {total} page{'s' * (total != 1)} on {day}. Each line is a guess and says",
        "# what it is based on: check it, fix it, delete the comment. docs/profile.md describes every key.",
        f"site = {basic(site)}",
        f"title = {basic(title[0])} # {title[1]}",
        f"hosts = [{basic(hosts[0])}] # {hosts[1]}; includes its subdomains",
        'timezone = "Asia/Shanghai" # assumed; pages do not say',
        f"language = {basic(language[0])} # {language[1]}",
        f"# charset: {charsets} (detected from the bytes of each page; no key needed)",
        "",
        "# --- URL forms: the first match counts " + "-" * 60,
        "",
    ]
    for form in forms:
        guess = ", guessed from one URL: check what varies" if len(form.urls) == 1 else ""
        lines += [f"[[urls]] # {len(form.urls)} of the URLs{guess}: {plain(form.urls[0])}", 'kind = "article"',
                  f"match = {basic(form.match)}"]  # fmt: skip
        if form.ident is not None:
            lines.append(f"id = {basic(form.ident)} # the number alone may restart every day")
        if not form.has_id:
            lines.append("# NOT FOUND: an id in the URL. Put (?P<id>…) around it, otherwise ids of records are hashes.")
        lines += ['# canonical = "https://…/{id}…" # the canonical URL of an article that has several', ""]
    front = "/".join(forms[0].urls[0].split("/")[:3]) + "/" if forms else f"https://{hosts[0]}/"
    lines += [
        "# NOT FOUND: lists, which cannot be inferred from article pages. `scrapy crawl` needs them to find articles",
        "# [[lists]]", '# channel = "news"', '# format = "html"', f'# url = "{front}"',
        "# css = 'a[href*=\"…\"]'", "",
    ]  # fmt: skip
    if linked:
        lines += [f"[data.linked] # JSON-LD, with a date on {linked} of {total} pages",
                  "script = 'script[type=\"application/ld+json\"]'", ""]  # fmt: skip
    for meta in metas:
        key = "keywords" if meta.meta == "keywords" else "description"
        lines += [f"[[fields.{key}]] # {meta.pages} of {total} pages", f"meta = {basic(meta.meta or '')}"]
        lines += ["split = '[,，;；、\\s]+'", ""] if key == "keywords" else [""]
    return "\n".join(lines).rstrip() + "\n"


def layout(ident: str, group: PageGroup, others: Sequence[PageGroup], idle: frozenset[str], day: str) -> str:
    """Return a layout's file; regions named in `idle` are written as comments."""
    total, pages = group.total, f"page{'s' * (group.total != 1)}"
    addresses = ", ".join(plain(reading.url) for reading in group.readings[:4])
    lines = [
        f"# Drafted by `scrapy newsite` from {total} {pages} on {day}: {addresses}",
        f"id = {basic(ident)}",
        'kind = "article"',
        *([f'since = "{group.year}-01-01" # the oldest of the pages'] if group.year else []),
        f'unproven = ["drafted from {total} {pages}; not reviewed yet"]',
        "",
    ]
    marks = group.landmarks(others)
    if not marks:
        lines += missing("[[evidence]]", "names that these pages share and others lack")
    for css, weight in marks:
        shared = sum(one.has(css) for other in others for one in other.readings)
        also = f"; also on {shared} of other layouts: NOT FOUND: what distinguishes them" if shared else ""
        lines += [f"[[evidence]] # on {total} of {total} {pages}{also}", f"css = {basic(css)}"]
        lines += [f"weight = {weight}", ""] if weight > 1 else [""]
    lines += _region("[article.headline]", group.headline, group, "the headline: no element repeats the title")
    if group.line.marks:
        lines += _region("[article.info.line]", group.line, group, "", note=" (time and source)")
    if group.source.marks:
        lines += _region("[article.info.source]", group.source, group, "", note=" (source)")
    lines += _region("[[article.body]]", group.body, group, "the body")
    lines += _dates(group) + _source(group)
    lines += ["# --- What is not the article " + "-" * 80, ""]
    for name, part in named(group.parts).items():
        lines += _chrome(name, part, idle=name in idle)
    return "\n".join(lines).rstrip() + "\n"


def named(parts: Sequence[Part]) -> dict[str, Part]:
    """Return the regions by rule name: role and number, or `what` if the role is unknown."""
    found: dict[str, Part] = {}
    for part in parts:
        words = [word for word in re.split(r"[^A-Za-z0-9]+", part.css) if word]
        stem = "".join([part.role or "what", *(word[:1].upper() + word[1:] for word in words)])[:36]
        name = next(one for one in (stem, *(f"{stem}{n}" for n in range(2, 999))) if one not in found)
        found[name] = part
    return found


def _region(head: str, place: Place, group: PageGroup, what: str, note: str = "") -> list[str]:
    if not place.marks:
        return missing(head, f"{what} (pages searched: {group.total})") if what else []
    held = "; ".join(f"{mark.css} right on {mark.right}, wrong on {mark.wrong}" for mark in place.marks)
    return [f"# {place.pages} of {group.total} pages{note}, {held}", f"# gave: {examples(place.gave)}", head,
            f"css = {selectors(place.css)}", ""]  # fmt: skip


def _dates(group: PageGroup) -> list[str]:
    lines: list[str] = []
    if group.line.marks and group.dates:
        lines += [f"[[fields.datePublished]] # {len(group.dates)} of {group.total} pages: {examples(group.dates)}",
                  'within = "line"', ""]  # fmt: skip
    for meta in group.metas:
        agree = sum(one.date(one.page.meta(meta.meta or "")) == one.shown_date() is not None for one in group.readings)
        found = f"{meta.pages} of {group.total} pages, as the page shows it on {agree}: {examples(meta.gave)}"
        late = any(word in (meta.meta or "") for word in ("modified", "update"))
        if late and lines:
            lines += [f"[[fields.dateModified]] # {found}", f"meta = {basic(meta.meta or '')}", ""]
            continue
        doubt = " (by its name the last change: is there another?)" if late else ""
        lines += [f"[[fields.datePublished]] # {found}{doubt}", f"meta = {basic(meta.meta or '')}", ""]
    if group.linked:
        lines += [f"[[fields.datePublished]] # {len(group.linked)} of {group.total} pages: {examples(group.linked)}",
                  'data = "linked"', 'path = "datePublished"', ""]  # fmt: skip
    if not any("datePublished" in line for line in lines):
        return missing("[[fields.datePublished]]", f"the time, as a whole date (pages searched: {group.total})")
    return lines


def _source(group: PageGroup) -> list[str]:
    lines: list[str] = []
    found = f"{len(group.sources)} of {group.total} pages: {examples(group.sources)}"
    match = f"match = {basic(SOURCE_TEXT)}"
    if group.source.marks:
        lines += [
            f"[[fields.source.name]] # {found}",
            'within = "source"',
            *([match] if group.stated_source else []),
            "",
        ]
    if group.source_in_line.pages and group.line.marks:
        if group.stated_source:
            lines += [f"[[fields.source.name]] # {found}", 'within = "line"', match, ""]
        elif group.source_in_line.marks:
            css = group.source_in_line.css[0].rpartition(" ")[2]
            lines += [
                f"[[fields.source.name]] # {found}; by its class name only",
                'within = "line"',
                f"css = {basic(css)}",
                "",
            ]
    for meta in group.source_metas:
        lines += [f"[[fields.source.name]] # {meta.pages} of {group.total} pages: {examples(meta.gave)}",
                  f"meta = {basic(meta.meta or '')}", ""]  # fmt: skip
    return lines or missing("[[fields.source.name]]", f"the source, 来源 (pages searched: {group.total})")


def _chrome(name: str, part: Part, *, idle: bool) -> list[str]:
    lines = [f"[chrome.{name}]", f"role = {basic(part.role.value if part.role else '…')}", f"css = {basic(part.css)}"]
    if part.role is None:
        head = f"# NOT FOUND: the role of {part.characters} characters: {examples([part.sample])}"
    else:
        head = f"# {part.characters} characters, {part.role.value} {part.reason}: {examples([part.sample])}"
    if idle and part.role is not None:
        head += " (another rule takes it)"
    return [head, *(f"# {line}" if idle or part.role is None else line for line in lines), ""]
