"""What only looks like the article of a page: readers' comments, consent, footers; and what only looks linked."""

from __future__ import annotations

import pytest

from crawler.heuristics.outline import APART, Outline
from crawler.page.dom import Page
from tests.test_general_reading import CHINESE, CHINESE_PAGE, ENGLISH, ENGLISH_PAGE, paragraphs, read

REMARKS = (
    "I take this boat every week, and nobody on the quay believes that it will ever come on time, whatever they print.",
    "My brother worked for the harbour for years; he says that the old engines were never looked after by anyone there.",
    "Eleven years! We could have built a bridge by now, with a lane for bicycles, and saved the money for the second one.",
)


def outline(source: str) -> Outline:
    """Return the outline of a page."""
    return Outline(Page(source, "https://news.example.com/a"))


def prose(source: str) -> list[str]:
    """Return the lines that count as prose."""
    return [line.text for line in outline(source).lines if line.prose]


@pytest.mark.parametrize(
    "inserted",
    [
        f'<div class="comments">{paragraphs(*REMARKS * 9)}</div>',
        f'<div id="onetrust-pc-sdk"><div class="text">{paragraphs(*REMARKS * 9)}</div></div>',
    ],
    ids=["comments", "consent"],
)
def test_the_longest_prose_of_a_page_may_be_beside_its_article(inserted: str) -> None:
    """However much of it there is."""
    page = ENGLISH_PAGE.replace("</main>", f"</main>{inserted}")
    assert [block.text for block in read(page).blocks] == list(ENGLISH)


def test_a_footers_prose_is_not_the_pages() -> None:
    """The element of most prose, by which the model finds the article, is not in it."""
    assert list(ENGLISH) == prose(f"<main>{paragraphs(*ENGLISH)}</main><footer>{paragraphs(*REMARKS * 9)}</footer>")


def test_comments_without_an_article_above_them_are_read() -> None:
    """A forum has its posts in elements of that name; so has a page whose article is named after its comments."""
    posts = f'<h1>The ferry</h1><div class="comments">{paragraphs(*REMARKS)}</div>'
    named = f'{paragraphs(*ENGLISH)}<div class="comments-open"><h1>The ferry</h1>{paragraphs(*REMARKS)}</div>'
    assert [list(REMARKS), [*ENGLISH, *REMARKS]] == [prose(posts), prose(named)]


def test_the_only_prose_of_a_page_is_read_wherever_it_stands() -> None:
    """An article inside `footer` or in a window, by an author who took these names for something else."""
    assert [list(ENGLISH), list(ENGLISH)] == [
        prose(f"<footer>{paragraphs(*ENGLISH)}</footer>"),
        prose(f'<div class="cookie-notice">{paragraphs(*ENGLISH)}</div>'),
    ]


def test_what_is_beside_the_article_is_marked_with_all_that_is_in_it() -> None:
    """And nothing else is."""
    found = outline(
        f"{paragraphs(*ENGLISH)}<div class='comment-list'><ul><li>{REMARKS[0]}</li></ul></div><p>{REMARKS[1]}</p>"
    )
    assert ["div", "ul", "li"] == [tag for tag, bits in zip(found.tags, found.above, strict=True) if bits & APART]


@pytest.mark.parametrize("anchor", ['<a href="/top">', '<a name="top">'])
def test_a_link_that_is_not_closed_does_not_make_the_article_a_link(anchor: str) -> None:
    """The parser repeats it in every element after it."""
    page = CHINESE_PAGE.replace('<div class="article-content">', f'{anchor}<div class="article-content">')
    assert [block.text for block in read(page).blocks] == list(CHINESE)


def test_teasers_that_are_links_as_a_whole_stay_links() -> None:
    """Each leads to a page of its own, however long it is."""
    teasers = "".join(f'<li><a href="/a/{n}.html">{text}</a></li>' for n, text in enumerate(ENGLISH * 5))
    assert [] == prose(f"<ul>{teasers}</ul>")
