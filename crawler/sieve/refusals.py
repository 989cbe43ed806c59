"""Refuses error pages served with status 200, with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from selectolax.lexbor import LexborNode

from ..errors import Failure, Quarantined
from ..page.dom import Page
from ..page.text import collapse, size
from ..profiles.load import Profile
from ..profiles.match import Choice
from ..profiles.model import ErrorPage, Layout
from ..profiles.patterns import occurs
from ..records.model import Kind
from . import notices
from .blocks import BlockBuilder

WHOLE = frozenset({"title", "body", "html"})
"""Selectors of `errorPages` for the whole page: their matches mean little if there is an article."""
FEW = 40
"""Maximum characters of prose for such a match to count: less than a sentence of news."""


def check_page(page: Page, profile: Profile) -> None:
    """Raise `Quarantined` if the page matches one of the profile's `errorPages`, whatever its layout."""
    for error in profile.site.error_pages:
        if error.css not in WHOLE and _is(page, error):
            raise _no_article(page, Failure.NOT_AN_ARTICLE, error.reason)


def check_body(
    page: Page,
    profile: Profile,
    layout: Layout,
    choice: Choice,
    builder: BlockBuilder,
    body_size: int,
    title: str | None,
    headline: str | None,
) -> None:
    """Raise `Quarantined` if body, title or headline is a notice, or the body is empty."""
    texts = builder.texts() if body_size <= notices.LONG else ()
    edges = texts if body_size <= notices.SHORT else (*texts[:3], *texts[-2:])
    if not notices.may_be_notice(body_size, (title, headline, *edges)):
        return
    lines = builder.prose()
    pictures = builder.shows()
    found = notices.of_body(lines, pictures=pictures)
    if found is None and not pictures and body_size <= notices.TINY:
        # regions claimed inside the body, such as a heading, may be the notice, or the content of an empty body
        nodes = _elements(page, layout)
        inside = [*_texts_of(nodes, page)]
        found = notices.of_body(inside, pictures=False) if nodes else notices.of_page(page_texts(page))
    rest = sum(size(line) for line in lines if not notices.is_bare(line))
    if found is None and rest <= notices.PROSE:
        found = notices.of_line(headline) or notices.of_title(title)
    if found is not None:
        raise _noticed(page, found, choice)
    if rest <= FEW:
        for error in profile.site.error_pages:
            if _is(page, error):
                raise _no_article(page, Failure.NOT_AN_ARTICLE, error.reason, choice)
    empty = layout.kind is not Kind.VIDEO and not pictures and all(map(notices.is_bare, texts))
    if empty and (builder.drafts or _elements(page, layout)):
        raise Quarantined(
            Failure.EMPTY_BODY,
            f"{page.url}: the article's body is empty; fetch the page again",
            pointer="/articleBody",
            layout=layout.id,
            score=choice.score,
            rule="article.body",
        )


def unrecognised(page: Page, profile: Profile, choice: Choice) -> Quarantined:
    """Return the error for a page without a layout: not an article, or an unknown layout."""
    for error in profile.site.error_pages:
        if _is(page, error):
            return _no_article(page, Failure.NOT_AN_ARTICLE, error.reason, choice)
    found = notices.of_page(page_texts(page))
    if found is not None:
        return _noticed(page, found, choice)
    return Quarantined(
        Failure.UNKNOWN_LAYOUT,
        f"{page.url}: no layout of {profile.site.site} is recognised; the nearest is {choice.nearest} with"
        f" {choice.score:.2f} of its evidence. If the page is an article, add a layout for it",
        layout=choice.nearest,
        score=choice.score,
    )


def _noticed(page: Page, found: notices.Notice, choice: Choice) -> Quarantined:
    return _no_article(page, found.failure, f"{found.reason} ({found.text})", choice)


def _no_article(page: Page, failure: Failure, reason: str, choice: Choice | None = None) -> Quarantined:
    return Quarantined(
        failure,
        f"{page.url}: {reason}, not an article",
        layout=choice.nearest if choice is not None else None,
        score=choice.score if choice is not None else None,
    )


def _is(page: Page, error: ErrorPage) -> bool:
    """Return whether `page` matches the profile's description of an error page."""
    nodes = page.select(error.css)
    return any(error.where is None or occurs(error.where, collapse(node.text(separator=" "))) for node in nodes)


def _elements(page: Page, layout: Layout) -> list[LexborNode]:
    """Return the elements matched by the first successful selector of the layout's body, including empty ones."""
    for body in layout.article.body:
        for css in (body.css,) if isinstance(body.css, str) else body.css or ():
            if nodes := page.select(css):
                return nodes
    return []


def page_texts(page: Page) -> Iterator[str]:
    """Yield the title's parts and the text nodes of the page, white space collapsed."""
    for node in page.select("title")[:1]:
        yield from notices.title_parts(collapse(node.text()))
    body = page.dom.body
    yield from _texts_of([body] if body is not None else [], page)


def _texts_of(nodes: Sequence[LexborNode], page: Page) -> Iterator[str]:
    """Yield the text nodes in `nodes`, white space collapsed."""
    closed = {node.mem_id for node in page.textless}
    stack = [*reversed(nodes)]
    while stack:
        node = stack.pop()
        if node.is_text_node:
            if text := collapse(node.text_content or ""):
                yield text
        elif node.is_element_node and node.mem_id not in closed:
            stack.extend(reversed([*node.iter(include_text=True, skip_empty=True)]))
