"""The draft as commented TOML: each rule with the pages on which it holds and its values, each gap with its key."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from ..profiles.model import Data
from ..records.model import Role
from ..terminal import plain
from .body import Inner
from .group import PageGroup
from .idents import TRACKING, Form
from .learned import Learned, basic, examples, missing
from .lists import ListFound
from .regions import Part

_LINKED: Final = frozenset({Role.RELATED, Role.HOT, Role.PREVIOUS, Role.NEXT})
"""Roles of what in a body leads to other articles."""
_TAKEN: Final = frozenset({"title", "headline", "body", "line"})


def profile(
    *, site: str, title: tuple[str, str], hosts: tuple[str, str], language: tuple[str, str], zone: tuple[str, str],
    charsets: str, ports: Sequence[int], forms: Sequence[Form], total: int, metas: Sequence[tuple[str, int]],
    lists: Sequence[ListFound], day: str,
) -> str:  # fmt: skip
    """Return profile.toml; the second element of `title`, `hosts`, `language` and `zone` says where it is from."""
    lines = [
        f"# Drafted by `scrapy newsite` from {total} page{'s' * (total != 1)} on {day}. Each line is a guess and says",
        "# what it is based on: check it, fix it, delete the comment. docs/profile.md describes every key.",
        f"site = {basic(site)}",
        f"title = {basic(title[0])} # {title[1]}",
        f"hosts = [{basic(hosts[0])}] # {hosts[1]}; includes its subdomains",
        f"timezone = {basic(zone[0])} # {zone[1]}",
        f"language = {basic(language[0])} # {language[1]}",
        f"tracking = [{', '.join(map(basic, TRACKING))}] # usual ones; not part of a page's address",
        f"# charset: {charsets} (detected from the bytes of each page; no key needed)",
        "",
        *(["[crawl]", f"ports = [80, 443, {', '.join(map(str, ports))}] # those of the pages", ""] if ports else []),
        "# --- URL forms: the first match counts " + "-" * 60,
        "",
    ]
    for form in forms:
        lines += url_form(form)
    lines += _lists(lists, forms, hosts[0])
    for name, pages in metas:
        lines += [f"[[fields.{name}]] # {pages} of {total} pages", f"meta = {basic(name)}"]
        lines += ["split = '[,，;；、\\s]+'", ""] if name == "keywords" else [""]
    return "\n".join(lines).rstrip() + "\n"


def url_form(form: Form) -> list[str]:
    """Return a URL form as TOML, with what its id rests on."""
    guess = ", guessed from one URL: check what varies" if len(form.urls) == 1 else ""
    lines = [f"[[urls]] # {len(form.urls)} of the URLs{guess}: {plain(form.urls[0])}", 'kind = "article"',
             f"match = {basic(form.match)}"]  # fmt: skip
    if form.ident is not None:
        lines.append(f"id = {basic(form.ident)} # {form.why}")
    elif form.has_id and form.why:
        lines.append(f"# id: {form.why}")
    if not form.has_id:
        why = f" ({form.why})" if form.why else ""
        lines.append(
            f"# NOT FOUND: an id in the URL{why}. Put (?P<id>…) around it, otherwise ids of records are hashes."
        )
    return [*lines, '# canonical = "https://…/{id}…" # the canonical URL of an article that has several', ""]


def _lists(lists: Sequence[ListFound], forms: Sequence[Form], host: str) -> list[str]:
    lines: list[str] = []
    for found in lists:
        head = f"[[lists]] # {found.why}"
        body = [f"channel = {basic(found.channel)}", f"format = {basic(found.format)}", f"url = {basic(found.url)}"]
        if found.format == "html":
            body.append('css = "a[href]" # every link; those of the URL forms count')
        body.append('unproven = "not fetched by newsite"')
        lines += [f"# {line}" if found.reason else line for line in (head, *body)]
        lines += [f"# not kept: {found.reason}", ""] if found.reason else [""]
    if any(not found.reason for found in lists):
        return lines
    front = "/".join(forms[0].urls[0].split("/")[:3]) + "/" if forms else f"https://{host}/"
    return [
        *lines,
        "# NOT FOUND: lists; no link of the pages leads to a channel. `scrapy crawl` needs them to find articles",
        "# [[lists]]", '# channel = "news"', '# format = "html"', f'# url = "{front}"',
        "# css = 'a[href*=\"…\"]'", "",
    ]  # fmt: skip


def layout(ident: str, group: PageGroup, others: Sequence[PageGroup], idle: Mapping[str, str], day: str) -> str:
    """Return a layout's file; the rules in `idle`, by key, are written as comments with the reason."""
    total, pages = group.total, f"page{'s' * (group.total != 1)}"
    addresses = ", ".join(plain(sample.url) for sample in group.samples[:4])
    copies = group.total - len(group.distinct)
    marks = group.landmarks(others)
    share = group.threshold(marks)
    lines = [
        f"# Drafted by `scrapy newsite` from {total} {pages} on {day}: {addresses}",
        *([f"# {copies} of them repeat another page's article and were not learned from"] if copies else []),
        f"id = {basic(ident)}",
        'kind = "article"',
        *([f'since = "{group.year}-01-01" # the oldest of the pages'] if group.year else []),
        *([f"threshold = {share} # elements or data may be missing"] if share is not None else []),
        f'unproven = ["drafted from {total} {pages}; not reviewed yet"]',
        "",
    ]
    if not marks:
        lines += missing("[[evidence]]", "names that these pages share and others lack")
    for mark in marks:
        also = f"; also on {mark.shared} of other layouts" if mark.shared else ""
        where = "not here, but on another layout's pages" if mark.absent else f"on {total} of {total} {pages}{also}"
        lines += [
            f"[[evidence]] # {where}",
            *([f"css = {basic(mark.css)}"] if mark.css else []),
            *([f"data = {basic(mark.data)}"] if mark.data else []),
            *([f"path = {basic(mark.path)}"] if mark.path else []),
            *(["absent = true"] if mark.absent else []),
            *([f"weight = {mark.weight}", ""] if mark.weight > 1 else [""]),
        ]
    for name, data in group.learner.data.items():
        lines += [f"[data.{name}]", *_place(data), ""]
    article = group.article()
    keys = {rule.key for rule in article}
    titled = any(rule.key == "fields.headline" and not rule.reason for rule in group.values)
    if "article.headline" not in keys and not titled:
        lines += missing("[article.headline]", f"the headline: no element repeats the title (pages searched: {total})")
    for rule in article:
        lines += rule.written()
    if "article.body" not in keys:
        where = "" if group.shown else "; it is in the data of the pages, at a place that a rule cannot name"
        lines += missing("[[article.body]]", f"the body{where} (pages searched: {total})")
    lines += _values(group)
    lines += ["# --- What is not the article " + "-" * 80, ""]
    for rule in chrome(group, idle):
        lines += rule.written()
    return "\n".join(lines).rstrip() + "\n"


def _place(data: Data) -> list[str]:
    """Return the keys that say where data are."""
    stated = (
        ("variable", data.variables[0] if data.variables else None), ("script", data.script), ("element", data.element),
        ("attr", data.attr), ("path", data.path),
    )  # fmt: skip
    lines = [f"{key} = {basic(value)}" for key, value in stated if value is not None]
    return [*lines, *(["every = true"] if data.every else []), *(["urlEncoded = true"] if data.url_encoded else [])]


def _values(group: PageGroup) -> list[str]:
    lines: list[str] = []
    for rule in group.values:
        lines += rule.written()
    keys = {rule.key for rule in group.values if not rule.reason}
    if "fields.datePublished" not in keys:
        lines += missing("[[fields.datePublished]]", f"the time, as a whole date (pages searched: {group.total})")
    if not keys & {"fields.source.name", "fields.account.name", "fields.authors.name"}:
        lines += missing("[[fields.source.name]]", f"the source, 来源 (pages searched: {group.total})")
    return lines


def chrome(group: PageGroup, idle: Mapping[str, str]) -> list[Learned]:
    """Return the rules for what is not the article: parts inside the body first."""
    found: list[Learned] = []
    used: set[str] = set(_TAKEN)
    total = len(group.distinct)
    for one in group.inner:
        if one.deck and not one.reason:
            found.append(_deck(one, sum(rule.key.startswith("article.info.") for rule in found)))
            continue
        name = _name(one.rule.role, one.rule.css if one.rule.where is None else "inBody", used)
        found.append(_with(idle, _inner(name, one, total)))
    found += [_with(idle, _part(_name(part.role, part.css, used), part, group)) for part in group.parts]
    return found


def _with(idle: Mapping[str, str], rule: Learned) -> Learned:
    return rule.without(idle[rule.key]) if rule.key in idle and not rule.reason else rule


def _deck(one: Inner, number: int) -> Learned:
    """Return the rule for the article's summary, which is neither its body nor chrome."""
    key = f"article.info.lead{number + 1 if number else ''}"
    return Learned(
        key=key, toml=(f"[{key}]", f"css = {basic(one.rule.css)}"), held=len(one.pages), total=len(one.pages),
        right=_seen_elsewhere(len(one.pages)), checked=0, gave=(one.sample,), note="a summary above the text",
    )  # fmt: skip


def _inner(name: str, one: Inner, total: int) -> Learned:
    toml = [f"[chrome.{name}]", f"role = {basic(one.rule.role.value)}", f"css = {basic(one.rule.css)}"]
    if one.rule.where is not None:
        toml.append(f"where = {basic(one.rule.where)}")
    if one.rule.text_nodes:
        toml.append("textNodes = true")
    unproven = one.guess and not one.pages
    toml += ['unproven = "no page at hand has it: most sites do"'] if unproven else []
    if one.rule.role in _LINKED and not one.rule.text_nodes:
        toml += [f"[chrome.{name}.items]", 'css = "a[href]"']
    if unproven:
        return Learned(
            key=f"chrome.{name}", toml=tuple(toml), held=0, total=0, note="a guess: takes nothing of these articles"
        )
    return Learned(
        key=f"chrome.{name}", toml=tuple(toml), held=len(one.pages), total=len(one.pages),
        right=_seen_elsewhere(len(one.pages)), checked=len(one.pages) if total > 1 else 0, gave=(one.sample,),
        reason=one.reason, note="inside the body",
    )  # fmt: skip


def _part(name: str, part: Part, group: PageGroup) -> Learned:
    if part.role is Role.UNKNOWN:
        return Learned(
            key=f"chrome.{name}", toml=(f"[chrome.{name}]", 'role = "…"', f"css = {basic(part.css)}"), held=part.agree,
            total=part.pages, gave=(part.sample,), reason=part.reason,
            note=f"NOT FOUND: the role of {part.characters} characters",
        )  # fmt: skip
    toml = [f"[chrome.{name}]", f"role = {basic(part.role.value)}", f"css = {basic(part.css)}"]
    if part.heading:
        toml.append(f"heading = {basic(part.heading)}")
    if part.items:
        toml += [f"[chrome.{name}.items]", f"css = {basic(part.items)}"]
        for key, css in (("author", part.item_author), ("datePublished", part.item_date)):
            if css is not None:
                toml.append(f"{key} = [{{ css = {basic(css)} }}]")
        items = (item for sample in group.distinct for node in sample.find(part.css) for item in node.css(part.items))
        if part.role not in {Role.NAV, Role.BREADCRUMB} and any(item.css_first("h2, h3, h4, h5") for item in items):
            toml.append('headline = [{ css = "h2, h3, h4, h5" }, { css = "a" }]')
    return Learned(
        key=f"chrome.{name}", toml=tuple(toml), held=part.agree, total=part.total, right=_seen_elsewhere(part.agree),
        checked=part.total if len(group.distinct) > 1 else 0, gave=(part.sample,), reason=part.reason,
        note=f"{part.characters} characters",
    )  # fmt: skip


def _seen_elsewhere(pages: int) -> int:
    """Return on how many pages a region would be known from the others: what one page alone has is known from none."""
    return pages if pages > 1 else 0


def _name(role: Role, css: str, used: set[str]) -> str:
    """Return a rule's name: the role and the words of the selector."""
    words = [word for word in re.split(r"[^A-Za-z0-9]+", css) if word]
    stem = "".join(["what" if role is Role.UNKNOWN else role.value, *(word[:1].upper() + word[1:] for word in words)])[
        :36
    ]
    name = next(one for one in (stem, *(f"{stem}{n}" for n in range(2, 999))) if one not in used)
    used.add(name)
    return name


def table(rules: Sequence[Learned]) -> list[str]:
    """Return the learned rules as a table: rule, pages on which it holds, confidence, what it gave."""
    rows = [("rule", "pages", "left out", "confidence", "gave")]
    rows += [_row(rule) for rule in rules]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]]) for row in rows]


def _row(rule: Learned) -> tuple[str, str, str, str, str]:
    checked = f"{rule.right}/{rule.checked}" if rule.checked else "-"
    sure = "not kept" if rule.reason else f"{rule.confidence:.2f}"
    return rule.key, f"{rule.held}/{rule.total}", checked, sure, rule.reason or examples(rule.gave[:2])
