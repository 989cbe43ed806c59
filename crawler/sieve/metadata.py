"""Standard metadata of a page: JSON-LD, `article:*` and other metas, microdata. A last resort for every site.

What a page says of its update is never taken for its publication. The data are untrusted: scripts, nodes and lengths
are bounded, what cannot be read or is of another shape counts as missing, and of several articles in JSON-LD only one
that names this page or its headline is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import Any, Final

from ..page import embedded
from ..page.dom import Page, short_text
from ..page.text import collapse, squeeze
from ..page.urls import absolute, host
from ..profiles.model import Value
from ..records.model import Flag
from .dates import ParsedDate, parse_date
from .doubts import Doubts
from .values import Reader

RULE: Final = "metadata"
"""Prefix of these rules in the provenance: `metadata.jsonld.datePublished`, `metadata.meta.article:published_time`."""

_METAS: Final = {
    "datePublished": ("article:published_time", "datePublished", "og:release_date", "publishdate", "pubdate"),
    "dateModified": ("article:modified_time", "dateModified", "dateUpdate", "og:updated_time"),
    "description": ("description", "og:description"),
    "articleSection": ("article:section", "articleSection"),
    "keywords": ("keywords", "news_keywords", "article:tag"),
}
_MICRODATA: Final = ("datePublished", "dateModified", "articleSection")
"""Properties that are also read from elements other than metas."""
_CAMBRIAN: Final = {"datePublished": "pubDate", "dateModified": "upDate"}
"""Names in Baidu's JSON-LD, which has its own context and no type."""
_ARTICLE = re.compile(r"(?:\A|[/:])(?:\w*Article|Report|(?:Blog|LiveBlog|SocialMedia)Posting)\Z")
_LD_JSON: Final = "application/ld+json"
_SCRIPTS: Final = 8
_LONGEST_SCRIPT: Final = 2**18
_NODES: Final = 500
_LONGEST: Final = {"articleSection": 60, "datePublished": 100, "dateModified": 100, "keywords": 5000}
"""Maximum characters of a value; a longer one is something else."""
_LONGEST_TEXT: Final = 20_000
_MOST_KEYWORDS: Final = 100
_MOST_AUTHORS: Final = 8
_LONGEST_NAME: Final = 60
_LONGEST_HEADLINE: Final = 300
_SHORTEST_HEADLINE: Final = 5
_SHORTEST_ID: Final = 5
"""Minimum digits of a path that identifies an article by itself, so that the query is irrelevant."""
_MARKS = re.compile(r"[,，;；、|]+")
_HANZI = re.compile(r"[\u3400-\u9fff]")


class Metadata:
    """A page's metadata about its article, read lazily. `headline` identifies the article.

    `known` are the same page's, which need not be read again for another headline.
    """

    def __init__(self, page: Page, headline: str | None, known: Metadata | None = None) -> None:
        self._page = page
        self._linked: list[Any] | None = known._linked if known is not None else None
        self._headline = squeeze(headline or "")
        self._node: dict[str, Any] | None = None
        self._micro: dict[str, str] | None = known._micro if known is not None else None

    def values(self, field: str) -> Iterator[tuple[str, str]]:
        """Yield rule and value of each statement of `field` (named as in the record), the most trusted first."""
        longest = _LONGEST.get(field, _LONGEST_TEXT)
        for rule, value in self._stated(field):
            if len(value) <= longest and (text := collapse(value)):
                yield f"{RULE}.{rule}", text

    def keywords(self) -> tuple[str, str, tuple[str, ...]] | None:
        """Return rule, value and parts of the first statement of keywords."""
        for rule, value in self.values("keywords"):
            parts = _MARKS.split(value)
            if len(parts) == 1 and _HANZI.search(value):
                parts = value.split()
            found = dict.fromkeys(part for part in map(collapse, parts) if part)
            if found:
                return rule, value, tuple(islice(found, _MOST_KEYWORDS))
        return None

    def texts(self) -> Iterator[str]:
        """Yield what the page states of the article's text: its beginning as a description, or all of it."""
        for label in ("description", "og:description"):
            if content := self._page.meta(label):
                yield content
        if self._node is None:
            self._node = self._article() or {}
        whole = self._node.get("articleBody")
        if isinstance(whole, str):
            yield whole

    def author(self) -> str:
        """Return the names of the authors that JSON-LD states, with commas between them; "" where it states none."""
        if self._node is None:
            self._node = self._article() or {}
        stated = self._node.get("author")
        found = stated if isinstance(stated, list) else [stated]
        names = (one.get("name") if isinstance(one, dict) else one for one in found[:_MOST_AUTHORS])
        return ", ".join(collapse(name) for name in names if isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME)

    def _stated(self, field: str) -> Iterator[tuple[str, str]]:
        if self._node is None:
            self._node = self._article() or {}
        name = field
        if name not in self._node and "@type" not in self._node:
            name = _CAMBRIAN.get(field, field)
        stated = self._node.get(name)
        if field == "articleSection" and isinstance(stated, list):
            stated = stated[0] if stated else None
        text = _text(stated)
        if text:
            yield f"jsonld.{name}", text
        for label in _METAS[field]:
            content = self._page.meta(label)
            if content:
                yield f"meta.{label}", content
        if field in _MICRODATA:
            if self._micro is None:
                self._micro = _microdata(self._page)
            if field in self._micro:
                yield f"microdata.{field}", self._micro[field]

    def _article(self) -> dict[str, Any] | None:
        """Return the article in the page's JSON-LD whose URL or headline is this page's, or None."""
        found = list(self._articles())
        own = next((node for node in found if self._is_own(node)), None)
        if own is None and len(found) == 1 and not _headline(found[0]) and not any(self._addresses(found[0])):
            return found[0]
        return own

    def _articles(self) -> Iterator[dict[str, Any]]:
        """Yield the articles in the page's JSON-LD: at top level, in lists and graphs, as a page's main entity."""
        left = _NODES
        if self._linked is None:
            self._linked = list(_documents(self._page))
        stack: list[Any] = self._linked[::-1]
        while stack and left:
            left -= 1
            node = stack.pop()
            if isinstance(node, list):
                stack.extend(reversed(node[:left]))
            elif isinstance(node, dict):
                if _is_article(node):
                    yield node
                else:
                    stack += [node[key] for key in ("mainEntity", "@graph") if isinstance(node.get(key), (dict, list))]

    def _is_own(self, node: dict[str, Any]) -> bool:
        return _alike(squeeze(_headline(node)), self._headline) or any(
            _same(self._page.url, url) for url in self._addresses(node)
        )

    def _addresses(self, node: dict[str, Any]) -> Iterator[str]:
        for key in ("url", "@id", "mainEntityOfPage"):
            value = node.get(key)
            if isinstance(value, dict):
                value = value.get("@id") or value.get("url")
            address = absolute(self._page.url, value) if isinstance(value, str) else None
            if address:
                yield address


class LastResort:
    """Reads a field from the metadata if the profile's `rules` for it (possibly empty) found nothing.

    Where there are rules, the flag `layout_fallback` is raised.
    """

    def __init__(self, metadata: Metadata, reader: Reader, doubts: Doubts) -> None:
        self._metadata = metadata
        self._reader = reader
        self._flags = doubts.flags

    def stated(self, field: str) -> Iterator[str]:
        """Yield the values that the page states for `field`, the most trusted first."""
        return (value for _, value in self._metadata.values(field))

    def texts(self) -> Iterator[str]:
        """Yield what the page states of the article's text."""
        return self._metadata.texts()

    def text(self, field: str, rules: Sequence[Value]) -> str | None:
        """Return the first value. A meta that the rules name is passed over: their patterns refused it."""
        refused = {f"{RULE}.meta.{rule.meta}" for rule in rules if rule.meta is not None}
        for rule, value in self._metadata.values(field):
            if rule not in refused:
                self._note(field, rule, value, rules)
                return value
        return None

    def date(self, field: str, rules: Sequence[Value]) -> tuple[ParsedDate, None] | None:
        """Return the first value that is a date, like `Reader.date`, but without a rule of the profile."""
        for rule, value in self._metadata.values(field):
            parsed = parse_date(value, tz=self._reader.profile.timezone, now=None)
            if parsed is not None:
                self._note(field, rule, value, rules)
                return parsed, None
        return None

    def keywords(self, rules: Sequence[Value]) -> tuple[str, ...]:
        """Return the parts of the first non-empty value."""
        found = self._metadata.keywords()
        if found is None:
            return ()
        rule, value, keywords = found
        self._note("keywords", rule, value, rules)
        return keywords

    def _note(self, field: str, rule: str, value: str, rules: Sequence[Value]) -> None:
        self._reader.note(field, rule, value)
        if rules:
            self._flags.add(Flag.LAYOUT_FALLBACK)


def _documents(page: Page) -> Iterator[Any]:
    """Yield the data of the page's JSON-LD scripts; scripts that are too long or invalid are skipped."""
    scripts = (
        node
        for node in page.textless
        if node.tag == "script" and (node.attrs.get("type") or "").split(";")[0].strip().lower() == _LD_JSON
    )
    for script in islice(scripts, _SCRIPTS):
        text = script.text()
        if len(text) > _LONGEST_SCRIPT:
            continue
        try:
            yield embedded.json_text(text)
        except ValueError:
            continue


def _is_article(node: dict[str, Any]) -> bool:
    types = node.get("@type")
    if types is None:
        context = node.get("@context")
        return isinstance(context, str) and "cambrian" in context
    return any(isinstance(one, str) and _ARTICLE.search(one) for one in (types if isinstance(types, list) else [types]))


def _text(value: object) -> str:
    """Return a string, or the first of a list, or a list of strings joined by commas; "" for anything else."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return ",".join(one.strip() for one in value[:_MOST_KEYWORDS] if isinstance(one, str))
    return ""


def _headline(node: dict[str, Any]) -> str:
    return _text(node.get("headline")) or _text(node.get("title"))


def _alike(one: str, other: str) -> bool:
    """Return whether two headlines belong to one article: one may be shortened, or have the site's name added."""
    shorter, longer = sorted((one[:_LONGEST_HEADLINE], other[:_LONGEST_HEADLINE]), key=len)
    if len(shorter) >= _SHORTEST_HEADLINE and shorter in longer:
        return True
    pairs, others = {*pairwise(one)}, {*pairwise(other)}
    return bool(pairs & others) and len(pairs & others) * 2 >= len(pairs | others)


def _same(one: str, other: str) -> bool:
    """Return whether two URLs are of one page; a site's hosts for phones and desktops have the same pages."""
    (site, path, query), (other_site, other_path, other_query) = map(_parts, (one, other))
    numbered = sum(map(str.isdigit, path)) >= _SHORTEST_ID
    return (site, path) == (other_site, other_path) and (numbered or query == other_query)


def _parts(url: str) -> tuple[str, str, str]:
    address, _, query = url.partition("#")[0].partition("?")
    path = address.partition("://")[2].partition("/")[2].rstrip("/")
    return ".".join(host(url).split(".")[-2:]), path, query


def _microdata(page: Page) -> dict[str, str]:
    """Return the article's microdata properties, excluding those of comments and other items."""
    if 'itemprop="' not in page.text:
        return {}
    found: dict[str, str] = {}
    query = ", ".join(f'[itemprop~="{name}"]' for name in _MICRODATA)
    for node in islice(page.dom.css(query), _NODES):
        attributes = node.attributes
        scope = node.parent
        while scope is not None and "itemscope" not in scope.attributes:
            scope = scope.parent
        kind = (scope.attributes.get("itemtype") or "") if scope is not None else ""
        if kind and not _ARTICLE.search(kind.rstrip("/")):
            continue
        value = attributes.get("content") or attributes.get("datetime") or short_text(node)
        for name in (attributes.get("itemprop") or "").split():
            if name in _MICRODATA and value.strip():
                found.setdefault(name, collapse(value))
    return found
