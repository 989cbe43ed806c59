"""A small site written for the kill trials: the same articles, found by a tree of lists, one flat list or a paged one."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path

from tests.portal.server import Answer, Portal
from tests.profile_samples import write

SITE = "harbour"
HOST = "news.harbour.example"
ROOT = f"http://{HOST}"
CONCURRENCY = 16

_LISTS = {
    "tree": 'url = "{root}/list/0.html"',
    "flat": 'url = "{root}/list/all.html"',
    "paged": 'url = "{root}/list/page_{{page}}.html"\npages = 1000',
}
_BRANCHES, _LEVELS, _PER_PAGE = 5, 3, 40

_PROFILE = """\
site = "{site}"
title = "港口新闻"
hosts = ["harbour.example"]
tracking = ["from"]

[[urls]]
kind = "article"
match = '^https?://(?:www|m|news)\\.harbour\\.example/a/(?P<id>\\d+)\\.html'

[[urls]]
kind = "list"
match = '^https?://news\\.harbour\\.example/list/'

[[lists]]
{source}
format = "html"
css = "ul a"

[crawl]
delay = 0
concurrency = {concurrency}
depth = {depth}
{more}
"""

_LAYOUT = """\
id = "2026_berth"
kind = "article"
since = "2026-01-01"

[[evidence]]
css = "div.berth"
weight = 3

[[evidence]]
css = "h1.berth-title"
weight = 2

[article.headline]
css = "h1.berth-title"

[[article.body]]
css = "div.berth"

[article.info.line]
css = ".berth-line"

[chrome.footer]
role = "footer"
css = "footer"

[[fields.datePublished]]
within = "line"
"""


class Shape(StrEnum):
    """How the articles are linked."""

    TREE = "tree"
    FLAT = "flat"
    PAGED = "paged"


def write_profile(folder: Path, shape: Shape, *, depth: int | None = None, more: str = "") -> Path:
    """Write the site's profile below `folder`, with `more` keys and tables of [crawl]; return the folder of profiles."""
    source = _LISTS[shape].format(root=ROOT)
    depth = depth if depth is not None else _LEVELS if shape is Shape.TREE else 0
    profile = _PROFILE.format(site=SITE, source=source, concurrency=CONCURRENCY, depth=depth, more=more)
    write(folder, site=SITE, profile=profile, layouts={"2026_berth": _LAYOUT})
    return folder


def serve(portal: Portal, shape: Shape, articles: int) -> int:
    """Let the portal serve the site, and give the number of its pages.

    Every 50th article is gone (404) and every 47th has another layout, so gives no record; each stands in one list, and
    every tenth in a second list as well, with a parameter that means nothing.
    """
    for number in range(articles):
        portal.answer(article_url(number), _answer(number))
    lists = dict(_lists(shape, articles))
    for url, links in lists.items():
        portal.answer(url, Answer(list_page(links)))
    return articles + len(lists)


def list_page(links: Iterable[str]) -> bytes:
    """Return a list of these links."""
    anchors = "".join(f'<li><a href="{link}">第{n}条</a></li>' for n, link in enumerate(links))
    return f"<html><body><ul>{anchors}<li><a href='/about.html'>关于</a></li></ul></body></html>".encode()


def _answer(number: int) -> Answer:
    if number % 50 == 49:
        return Answer(b"gone", status=404)
    return Answer(article_page(number, name="quay" if number % 47 == 46 else "berth"))


def article_page(number: int, *, name: str = "berth", text: str = "", published: str | None = None) -> bytes:
    """Return an article; of another `name` than the layout's it is of no layout that is known."""
    rng = random.Random(number)
    sentences = [
        f"第{rng.randrange(1000)}号泊位在{rng.randrange(1, 29)}日卸下{rng.randrange(10, 900)}吨货物。" for _ in range(6)
    ]
    return f"""<html><head><meta charset="utf-8"><title>泊位{number}</title></head><body>
<h1 class="{name}-title">泊位{number}的一天</h1><p class="{name}-line">{published or f"2026-02-{number % 28 + 1:02d} 10:12:47"}</p>
<div class="{name}">{"".join(f"<p>{told}</p>" for told in [*sentences, text] if told)}</div><footer>港口新闻</footer></body></html>""".encode()


def article_url(number: int) -> str:
    """Return an article's address."""
    return f"{ROOT}/a/{number}.html"


def _lists(shape: Shape, articles: int) -> Iterator[tuple[str, list[str]]]:
    """Yield the list pages: each with its address and its links."""
    links = [article_url(number) for number in range(articles)]
    again = [f"{link}?from=list" for link in links[::10]]
    if shape is Shape.FLAT:
        yield f"{ROOT}/list/all.html", links + again
    elif shape is Shape.PAGED:
        links += again
        for page, start in enumerate(range(0, len(links), _PER_PAGE), 1):
            yield f"{ROOT}/list/page_{page}.html", links[start : start + _PER_PAGE]
    else:
        nodes = sum(_BRANCHES**level for level in range(_LEVELS + 1))
        inner = (nodes - 1) // _BRANCHES
        for node in range(nodes):
            below = range(node * _BRANCHES + 1, node * _BRANCHES + _BRANCHES + 1) if node < inner else ()
            yield (
                f"{ROOT}/list/{node}.html",
                [
                    *(f"{ROOT}/list/{child}.html" for child in below),
                    *links[node::nodes],
                    *again[node * 7 % nodes :: nodes],
                ],
            )
