"""The article in the data of a page whose elements have none: scripts show it, or only readers without them see it.

Looked at are JSON-LD, JSON in scripts and attributes, variables that scripts assign, what frameworks write for their
own scripts (`streams.py`), HTML in `textarea`, and `noscript`. A text of the data is the article only if the data call
it so: it is a JSON-LD article's body, or it stands beside a headline that is the page's title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape
from itertools import islice
from operator import itemgetter
from typing import Any, Final

from ..page import embedded
from ..page.dom import Page
from ..page.text import collapse
from .features import titles
from .lines import signs_in
from .streams import returned, revived, streamed

_LONGEST: Final = 4 * 2**20
"""Characters of data that are read in all."""
_SCRIPTS: Final = 60
_NAMES: Final = 8
"""Variables of a script that are read."""
_NODES: Final = 100_000
_DEEPEST: Final = 40
_SMALLEST: Final = 120
"""Characters of a script that can hold an article."""
_PROSE: Final = 240
"""Characters of an article's text, Chinese ones counted double: shorter ones describe a page or introduce a list."""
_UNSCRIPTED: Final = 320
"""Characters of such text in `noscript` or a form's field."""
_MARKED: Final = 3
"""Marks of punctuation that an article has at least."""
_PROGRAM: Final = frozenset({"", "text/javascript", "application/javascript", "module"})
_ASSIGNED = re.compile(
    r"(?<![\w$.])((?:window\.)?[A-Za-z_$][\w$]{0,60})\s{0,8}=\s{0,8}(?=[{\[]|JSON\s{0,4}\.|\w{0,20}[dD]ecode|[\"']\s{0,8}<)"
)
_TITLES = re.compile(r"(?:headline|title|name|subject)\Z", re.IGNORECASE)
_TEXTS = re.compile(r"body|content|text|html|article|story|cooked|detail|paragraph|markdown", re.IGNORECASE)
_PARTS = re.compile(r"\A(?:data|value|p)\Z|" + _TEXTS.pattern, re.IGNORECASE)
_OTHERS = re.compile(
    r"comment|repl(?:y|ies)|relat|recommend|similar|next|prev|promo|teaser|footer|legal|policy|consent|author|bio\b|caption",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_BLOCKS = re.compile(r"<(?:p|br|div|section)\b", re.IGNORECASE)
_OWN: Final = "article"
"""The key of a text that a script assigns to a variable with such a name."""
_LIKE: Final = 6
"""Characters from which a headline can be compared with the title."""


def article_html(page: Page) -> str | None:
    """Return the article of the page's data as HTML, None if there is none."""
    names = [title for text in titles(page) if len(title := _squeezed(text)) >= _LIKE]
    bodies = [body for document in _documents(page) for body in _bodies(document, names)]
    return max((*bodies, *_unscripted(page)), key=itemgetter(0), default=(0, None))[1]


def _squeezed(text: str) -> str:
    return "".join(char for char in text[:400].lower() if char.isalnum())


def _documents(page: Page) -> Iterator[Any]:
    """Yield the data of a page: objects and lists."""
    left = _LONGEST
    scripts = page.dom.css("script")[: 4 * _SCRIPTS]
    for node in scripts:
        text = node.text()
        if not _SMALLEST <= len(text) <= left:
            continue
        kind = embedded.media_type(node.attributes.get("type"))
        if kind in embedded.JSON_TYPES:
            left -= len(text)
            yield from map(revived, _read(text))
        elif kind in _PROGRAM:
            names = list(dict.fromkeys(found[1] for found in islice(_ASSIGNED.finditer(text), 10 * _NAMES)))[:_NAMES]
            for name in names:
                if (left := left - len(text)) < 0:
                    return
                try:
                    value = embedded.variable(text, name)
                except (LookupError, ValueError):
                    continue
                if not isinstance(value, str):
                    yield value
                elif _TEXTS.search(name):
                    yield {_OWN: value}
            yield from returned(text)
    yield from streamed(node.text() for node in scripts)
    for name in embedded.ATTRIBUTES:
        for node in islice(page.dom.css(f"[{name}]"), _NAMES):
            text = node.attributes.get(name) or ""
            if _SMALLEST <= len(text) <= left and text.lstrip()[:1] in {"{", "[", "%"}:
                left -= len(text)
                yield from _read(text)


def _read(text: str) -> Iterator[Any]:
    try:
        yield embedded.json_text(text, url_encoded=text.startswith("%"))
    except ValueError:
        return


def _bodies(document: Any, titles: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the texts that stand beside or below a headline that is the page's title, with their size."""
    left = _NODES
    seen: dict[
        tuple[int, bool | None], Any
    ] = {}  # what is in several places, or in itself, is read once; kept alive by this
    stack: list[tuple[Any, int, bool]] = [(document, 0, False)]  # what, how deep, whether it belongs to the article
    while stack and left:
        left -= 1
        node, depth, own = stack.pop()
        if depth > _DEEPEST:
            continue
        if isinstance(node, str):
            if len(node) > _SMALLEST and node.lstrip()[:1] in {"{", "["}:
                stack += [(inner, depth + 1, own) for inner in _read(node)]
            continue
        if isinstance(node, (list, dict)):
            if (id(node), own) in seen:
                continue
            seen[id(node), own] = node
        if isinstance(node, list):
            stack += [(item, depth + 1, own) for item in reversed(node[:_NODES])]
            continue
        if not isinstance(node, dict):
            continue
        if named := _named(node):  # an object with another headline is another article
            own = any(_alike(name, title) for name in named for title in titles) or not titles
        own = own or _OWN in node
        for key, value in node.items():
            if _OTHERS.search(str(key)):
                continue
            if own and _TEXTS.search(str(key)) and (id(value), None) not in seen:
                seen[id(value), None] = value
                if (body := _html(value)) is not None:
                    yield body
            if isinstance(value, (dict, list)) or (isinstance(value, str) and len(value) > _SMALLEST):
                stack.append((value, depth + 1, own))


def _named(node: dict[str, Any]) -> list[str]:
    """Return what an object calls itself, as far as it is long enough for a headline."""
    texts = (value for key, value in node.items() if isinstance(value, str) and _TITLES.search(key))
    return [name for text in texts if len(name := _squeezed(text)) >= _LIKE]


def _alike(name: str, title: str) -> bool:
    """Return whether a headline is a page's title, to which the site's name may be added."""
    return title in name or (name in title and len(name) * 3 >= len(title))


def _html(value: Any) -> tuple[int, str] | None:
    """Return a text of the data as HTML, after its size, if it is an article's: a string, or a list of paragraphs."""
    if isinstance(value, list):
        return _joined(value)
    if not isinstance(value, str) or value.lstrip()[:1] in {"{", "["}:
        return None
    html = embedded.html_text(value) or ""
    if _BLOCKS.search(html) is None:
        lines = [line for text in value.split("\n") if (line := text.strip())]
        if _TAG.search(html) is not None:
            html = "".join(f"<p>{line}</p>" for line in lines)
        else:
            html = "".join(f"<p>{escape(unescape(line))}</p>" for line in lines)
    return (size, html) if (size := _prose(html)) >= _PROSE else None


def _joined(parts: list[Any]) -> tuple[int, str] | None:
    """Return paragraphs that are entries of a list: strings, or objects with a text and a type."""
    found = []
    for part in parts[:2000]:
        text = part
        if isinstance(part, dict):
            if _named(part):
                return None  # articles, not paragraphs
            text = next((value for key, value in part.items() if _PARTS.search(key) and isinstance(value, str)), "")
        if isinstance(text, str) and text.strip():
            found.append(text if _BLOCKS.search(text) else f"<p>{text}</p>")
    html = "".join(found)
    return (size, html) if (size := _prose(html)) >= _PROSE else None


def _unscripted(page: Page) -> Iterator[tuple[int, str]]:
    """Yield, after its size, the HTML that a page has for readers without scripts, or keeps for its own."""
    left = _LONGEST
    for node in islice(page.dom.css("body noscript, textarea"), _SCRIPTS):
        text = (node.text() if node.tag == "textarea" else node.inner_html) or ""
        left -= len(text)
        if left < 0:
            return
        html = embedded.html_text(text) or ""
        # what a `noscript` says in a sentence or two is to switch scripts on
        named = _TEXTS.search(f"{node.attributes.get('id') or ''} {node.attributes.get('class') or ''}")
        if _BLOCKS.search(html) is not None and (size := _prose(html)) >= (_PROSE if named else _UNSCRIPTED):
            yield size, html


def _prose(html: str) -> int:
    """Return the size of a text's prose: characters, Chinese ones counted double; 0 if it has hardly any sentence."""
    text = collapse(unescape(_TAG.sub(" ", html)))
    (hanzi,), (marks,) = signs_in([text])
    return len(text) + hanzi if marks >= _MARKED else 0
