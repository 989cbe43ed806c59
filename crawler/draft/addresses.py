"""What can be inferred from the URLs of a few pages: the site's host, the URL forms, and the article's id in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from ..page.urls import host
from ..profiles.checks.suffixes import registered
from ..profiles.patterns import pattern
from .idents import Form, in_path, in_query, is_token, parameters, path_pattern

_USUAL: Final = frozenset({"www", "m", "wap", "3g", "mobile"})
_MANY_HOSTS: Final = 3
_SHORT_LABEL: Final = 2
_CHANNELS: Final = frozenset({
    "news", "sports", "sport", "finance", "money", "tech", "ent", "edu", "travel", "auto", "home", "culture",
    "politics", "world", "business", "life", "health", "house", "opinion", "local", "society", "mil",
    "military", "history", "art", "book", "games", "economy", "china", "english", "video", "photo", "baby",
    "lady", "fashion", "digi", "mobile", "science", "biz", "company", "stock",
    "fund", "kuaixun", "law", "food", "music", "movie",
})  # fmt: skip
"""Subdomains that are channels of the site that has the registered domain."""


def own_host(urls: Sequence[str], linked: Sequence[str] = ()) -> str:
    """Return the longest domain that all hosts of `urls` belong to, without www and the like.

    `linked` are hosts that the pages link to: a site that has channels on several subdomains of the registered domain
    has the whole domain.
    """
    names = [host(url).split(".") for url in urls]
    common: list[str] = []
    for labels in zip(*(reversed(one) for one in names), strict=False):
        if len(set(labels)) > 1:
            break
        common.insert(0, labels[0])
    while len(common) > 2 and common[0] in _USUAL:
        common.pop(0)
    found = ".".join(common)
    domain = registered(found)
    label = found.removesuffix(domain).rstrip(".").rpartition(".")[2]
    if domain != found and (label in _CHANNELS or len(label) == _SHORT_LABEL):
        return domain
    others = {name for name in linked if name.endswith(f".{domain}") and not name.endswith(found)}
    return domain if domain != found and len(others) >= _MANY_HOSTS else found


def forms(urls: Sequence[str], own: str) -> list[Form]:
    """Return the forms of `urls`, the most frequent first; `own` is the site's host.

    Parts that are the same in all URLs of a form are kept literally. The form of a single URL is a guess: digits are
    assumed to vary, words are not. An id that merges two of the URLs is refused.
    """
    groups: dict[tuple[object, ...], list[str]] = {}
    for url in dict.fromkeys(urls):
        groups.setdefault(_shape(url), []).append(url)
    found: dict[str, Form] = {}
    for group in sorted(groups.values(), key=len, reverse=True):
        for made in _form(group, own):
            if made.match not in found:
                found[made.match] = made
    return _separated(list(found.values()))


def merged(found: Sequence[Form], urls: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pairs of `urls` to which the first form that matches gives the same id."""
    known: dict[str, str] = {}
    pairs = []
    for url in dict.fromkeys(urls):
        ident = next((ident for form in found if pattern(form.match).search(url) and (ident := form.id_of(url))), None)
        if ident is None:
            continue
        if ident in known and not _same_address(known[ident], url):
            pairs.append((known[ident], url))
        known.setdefault(ident, url)
    return pairs


def _separated(found: list[Form]) -> list[Form]:
    """Return the forms, without the ids of those that give one id to URLs of two forms."""
    urls = [url for form in found for url in form.urls]
    bad = {url for pair in merged(found, urls) for url in pair}
    return [
        form if not bad.intersection(form.urls) else _without_id(form, "the one found is the same in two of the URLs")
        for form in found
    ]


def _without_id(form: Form, why: str) -> Form:
    match = re.sub(r"\(\?P<(?:id|day|part\d*)>((?:[^()\\]|\\.)*)\)", r"\1", form.match)
    return Form(match=match, urls=form.urls, has_id=False, why=why)


def _shape(url: str) -> tuple[object, ...]:
    parts = urlsplit(url)
    segments = parts.path.strip("/").split("/")
    tail = segments[-1]
    ending = tail.rpartition(".")[2] if "." in tail else ""
    digits = tuple(any(c.isdigit() for c in segment) for segment in segments[:-1])
    return len(segments), digits, ending, bool(parameters(parts.query)) and not is_token(segments[-1])


def _form(urls: list[str], own: str) -> list[Form]:
    """Return the form of URLs of one shape: the first way to read an id that separates them, else one without an id."""
    made = [*in_query(urls, own), *in_path(urls, own)]
    for group in made:
        if all(_fits(group, url) for url in urls) and not merged(group, urls) and _separates(group, urls):
            return group
    plain = path_pattern(urls, own, None)
    why = "nothing in it varies" if len(urls) > 1 else ""
    return [Form(match=plain, urls=tuple(urls), has_id=False, why=why)]


def _fits(group: Sequence[Form], url: str) -> bool:
    return any(form.id_of(url) for form in group)


def _separates(group: Sequence[Form], urls: Sequence[str]) -> bool:
    """Return whether different addresses have different ids."""
    idents = {next((ident for form in group if (ident := form.id_of(url))), None) for url in urls}
    return len(urls) == 1 or len(idents) > 1 or all(_same_address(urls[0], url) for url in urls[1:])


def _same_address(one: str, other: str) -> bool:
    """Return whether two URLs are of one page, whatever their noise: scheme, host, tracking, page number, fragment."""
    first, second = urlsplit(one), urlsplit(other)
    paths = [re.sub(r"_\d{1,2}(?=\.|$)|/$", "", part.path) for part in (first, second)]
    return paths[0] == paths[1] and parameters(first.query) == parameters(second.query)
