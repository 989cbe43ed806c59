"""Where a crawl may find articles: feeds that the pages name, and channels that their navigation links to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec
from selectolax.lexbor import LexborNode

from ..page.text import collapse
from ..page.urls import absolute, belongs, host
from ..profiles.patterns import pattern
from ..records.model import Role
from .idents import Form
from .sample import Sample

_MOST: Final = 12
_MOST_FEEDS: Final = 3
_LONGEST_NAME: Final = 8
_LONGEST_WORD: Final = 24
_OTHER = re.compile(
    r"about|contact|login|log-in|signin|register|subscri|account|privacy|terms|cookie|imprint|impressum|help|faq|jobs|career|shop|"
    r"store|advert|newsletter|podcast|video|live|app|search|feedback|sitemap|my|user|passport|download|weather|horoscop|"
    r"mail|e-?paper|games?|tv|radio|rss|feed|关于|联系|登录|注册|客户端|广告|招聘|帮助|邮箱|视频|直播|搜索|下载|首页|地图|手机版|English",
    re.IGNORECASE,
)
"""Links of a navigation that lead to something else than a list of articles."""


class ListFound(msgspec.Struct, frozen=True, kw_only=True):
    """A list of articles: its URL, its channel's name, where it was found, and why it is not kept."""

    url: str
    channel: str
    why: str
    format: str = "html"
    reason: str = ""


def lists(samples: Sequence[Sample], own: str, forms: Sequence[Form]) -> list[ListFound]:
    """Return the feeds and channels that most pages link to outside their articles; `own` is the site's host."""
    counts: Counter[str] = Counter()
    names: dict[str, str] = {}
    crumbs: Counter[str] = Counter()
    ports = {None, 80, 443, *(urlsplit(sample.url).port for sample in samples)}
    for sample in samples:
        here: dict[str, str] = {}
        breadcrumbs = {
            ident for claim in sample.regions() if claim.role is Role.BREADCRUMB for ident in _links(claim.node)
        }
        inside = set(_links(sample.body)) if sample.body is not None else set()
        for link in sample.page.dom.css("a[href]"):
            url = absolute(sample.page.base, link.attributes.get("href") or "")
            name = collapse(link.text())
            if url is None or link.mem_id in inside or not _is_channel(url, name, own, forms, ports):
                continue
            here.setdefault(url.partition("#")[0], name)
            if link.mem_id in breadcrumbs:
                crumbs[url.partition("#")[0]] += 1
        counts.update(list(here))
        names |= {url: name for url, name in here.items() if url not in names}
    least = max(1, (len(samples) + 1) // 2)
    feeds = Counter(url for sample in samples for url in {*_feeds(sample, own)})
    articles = _articles(samples, forms)
    below = {url: _below(url, articles) for url in counts}
    ranked = sorted(counts, key=lambda url: (-bool(crumbs[url]), -below[url], -counts[url]))
    found = [
        ListFound(url=url, channel="feed", format="feed", why=f"named by {count} of {len(samples)} pages")
        for url, count in feeds.most_common(_MOST_FEEDS)
        if count >= least
    ]
    seen = set()
    for url in ranked:
        plain = url.partition("://")[2].rstrip("/")
        if plain in seen or not (crumbs[url] or (counts[url] >= least and below[url])):
            continue
        seen.add(plain)
        where = "breadcrumb" if crumbs[url] else "navigation"
        why = f"{where} of {counts[url]} of {len(samples)} pages, which link to {below[url]} articles below it"
        found.append(ListFound(url=url, channel=names[url], why=why))
    return found[:_MOST]


def _articles(samples: Sequence[Sample], forms: Sequence[Form]) -> set[str]:
    """Return the addresses of articles that the pages link to, without their scheme, and their own."""
    found = {sample.url.partition("://")[2] for sample in samples}
    for sample in samples:
        for link in sample.page.dom.css("a[href]"):
            url = absolute(sample.page.base, link.attributes.get("href") or "")
            if url is not None and any(form.has_id and form.id_of(url) for form in forms):
                found.add(url.partition("://")[2])
    return found


def _below(url: str, articles: Iterable[str]) -> int:
    """Return how many articles are on the host of a channel and below its path, index page aside."""
    start = re.sub(r"(?:index|default)[^/]*$", "", url.partition("://")[2]).rstrip("/") + "/"
    return sum(one.startswith(start) for one in articles)


def _feeds(sample: Sample, own: str) -> list[str]:
    """Return the RSS and Atom feeds that a page names."""
    found = []
    for link in sample.page.dom.css("link[href][type]"):
        kind = (link.attributes.get("type") or "").lower()
        url = absolute(sample.page.base, link.attributes.get("href") or "")
        if ("rss" in kind or "atom" in kind) and url is not None and belongs(host(url), own) and "{" not in url:
            found.append(url)
    return found


def _links(node: LexborNode) -> list[int]:
    return [link.mem_id for link in node.css("a[href]")]


def _is_channel(url: str, name: str, own: str, forms: Sequence[Form], ports: Container[int | None]) -> bool:
    """Return whether a link of a navigation may lead to a list of articles of the site."""
    parts = urlsplit(url)
    if not belongs(host(url), own) or parts.query or not name or parts.port not in ports:
        return False
    if len(name) > (_LONGEST_WORD if name.isascii() else _LONGEST_NAME) or _OTHER.search(name):
        return False
    if any(pattern(form.match).search(url) for form in forms) or "{" in url or "@" in parts.netloc:
        return False
    path = parts.path.strip("/")
    if _OTHER.fullmatch(path.rpartition("/")[2]) or len(path.split("/")) > 3:
        return False
    return not re.search(r"\d{5,}", path)
