"""Where a body ends and what is not part of it in between, by the elements around its lines."""

from __future__ import annotations

import pytest

from crawler.heuristics.body import chosen
from crawler.heuristics.extent import cut, with_table, without_more, without_offers
from crawler.heuristics.features import Figures
from crawler.heuristics.outline import Outline
from crawler.page.dom import Page

PROSE = (
    "The harbour company will paint its seven ferries in the colours of the islands before the summer begins.",
    "Each of them takes nine days in the dock, and the first one left the water on Monday morning, it said.",
    "Islanders chose the colours in a vote in which two thousand of them took part, more than in any election.",
)
TEXT = "".join(f"<p>{text}</p>" for text in PROSE)


def outline(html: str) -> Outline:
    """Return the outline of a page with this body."""
    return Outline(Page(f"<body><div>{html}</div></body>", "https://news.example.com/a"))


def texts(found: Outline, numbers: list[int]) -> list[str]:
    """Return the texts of the numbered lines."""
    return [found.lines[number].text for number in numbers]


def numbers(found: Outline, *wanted: str) -> list[int]:
    """Return the numbers of the lines that have these texts."""
    return [number for number, line in enumerate(found.lines) if line.text in wanted]


@pytest.mark.parametrize(
    ("last", "read"),
    [
        ("法院最后认定，书的著作权归原告所有，被告应当停止销售。", True),
        ("未经许可，任何单位和个人不得在河道内采砂。", True),
        ("本文图片的著作权归临湾日报社所有。", False),
        ("未经授权，不得转载。", False),
        ("以上仅代表个人观点。", False),
    ],
)
def test_a_statement_about_the_article_at_its_end(last: str, read: bool) -> None:
    """It is not part of it; an article may end with such a statement about something else."""
    found = outline(f"{TEXT}<p>{last}</p>")
    every = [*range(len(found.lines))]
    assert (every if read else every[:-1]) == cut(found, every)


@pytest.mark.parametrize(
    ("heading", "read"),
    [
        ("<h3>Nine days in the dock</h3>", True),
        ('<h3><a href="/dock">Nine days in the dock</a></h3>', True),
        ("<h3>Related</h3>", False),
        ("<h3>Read more</h3>", False),
        ('<h3 class="visually-hidden">Nine days in the dock</h3>', False),
        ("<aside><h3>Nine days in the dock</h3></aside>", False),
        ("<div>Nine days in the dock</div>", False),
    ],
)
def test_a_heading_alone_between_two_lines_is_read(heading: str, read: bool) -> None:
    """However low its score is; not one that names what is beside the article."""
    found = outline(f"{TEXT}<p>Another {PROSE[0]}</p>".replace("<p>Each", f"{heading}<p>Each"))
    scores = [900 if line.prose else 0 for line in found.lines]
    body = texts(found, chosen(Figures(found), scores, 400, 500))
    assert (len(PROSE) + 1 + read, read) == (len(body), "Nine days in the dock" in body)


def test_many_headings_that_are_links_are_not_read() -> None:
    """Each of them is the headline of a teaser."""
    found = outline(TEXT.replace("<p>", '<h3><a href="/dock">Nine days in the dock</a></h3><p>'))
    scores = [900 if line.prose else 0 for line in found.lines]
    assert list(PROSE) == texts(found, chosen(Figures(found), scores, 400, 500))


ROWS = "".join(f"<tr><td>Ferry {number}</td><td>{number} June</td></tr>" for number in range(3))
LINKED = "".join(f'<tr><td><a href="/{number}">Ferry {number}</a></td><td>June</td></tr>' for number in range(3))


@pytest.mark.parametrize(
    ("table", "cells"),
    [
        (f"<table>{ROWS}</table>", 6),
        (f"<div><table><tbody>{ROWS}</tbody></table></div>", 6),
        (f"<p>Map</p><table>{ROWS}</table>", 0),
        (f"<table>{LINKED}</table>", 0),
        ("<table><tr><td>Ferry 1</td><td>1 June</td></tr><tr><td>Ferry 2</td><td>2 June</td></tr></table>", 0),
        ("<table><tr><td>Ferry</td></tr><tr><td>Boat</td></tr><tr><td>Dock</td></tr></table>", 0),
        (f"<table><tr><td><table>{ROWS}</table></td></tr></table>", 6),
        (f"<aside><table>{ROWS}</table></aside>", 0),
    ],
    ids=["right after", "boxed", "further below", "links", "two rows", "one column", "laid out", "aside"],
)
def test_a_table_of_data_right_after_the_body_is_read(table: str, cells: int) -> None:
    """An annex: rows of several cells, few of them links."""
    found = outline(TEXT + table)
    body = numbers(found, *PROSE)
    assert len(body) + cells == len(with_table(found, body))


@pytest.mark.parametrize(
    ("heading", "after", "read"),
    [
        ("Related stories", '<p><a href="/b">The bakery at the landing has a new oven</a></p>', False),
        ("编辑：周未", '<p><a href="/b">旧馆将改建为少年儿童图书馆</a></p>', False),
        (
            "Related stories",
            "<p>The dock is booked until the autumn, the company said, and asked for patience.</p>",
            True,
        ),
        ("The dock", '<p><a href="/b">The bakery at the landing has a new oven</a></p>', True),
    ],
    ids=["related", "editors", "prose after", "another heading"],
)
def test_links_below_a_heading_that_leads_elsewhere_are_not_read(heading: str, after: str, read: bool) -> None:
    """Although the heading itself was not taken for a line of the article."""
    found = outline(f"{TEXT}<div>{heading}</div>{after}")
    body = [number for number, line in enumerate(found.lines) if line.text != heading]
    assert len(PROSE) + read == len(without_more(found, body))


def test_a_box_that_offers_a_subscription_is_not_read() -> None:
    """Its heading says so; the body may be about subscribing, and its steps may begin so."""
    offer = "<div><h3>Subscribe to unlock more articles</h3><ul><li>Daily puzzles</li><li>The paper on your phone</li></ul></div>"
    found = outline(TEXT.replace("<p>Each", f"{offer}<p>Each"))
    assert list(PROSE) == texts(
        found, without_offers(found, numbers(found, *PROSE, "Daily puzzles", "The paper on your phone"))
    )
    for html in (
        f"<div><h3>Subscribe to the ferry</h3>{TEXT}</div>",
        TEXT + "<ol><li>Sign in</li><li>Choose a colour</li></ol>",
        TEXT.replace("<p>Each", "<h3>Sign in first</h3><p>Each"),
    ):
        found = outline(html)
        everything = list(range(len(found.lines)))
        assert everything == without_offers(found, everything)
