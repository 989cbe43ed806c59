"""A site's coverage matrix as one self-contained HTML file: pages by layout and channel, and every rule's proof."""

from __future__ import annotations

from pathlib import Path

from crawler.regression.matrix import Matrix
from crawler.report.look import document as look
from crawler.report.look.html import Html, join, tag
from crawler.report.matrix.pages import pages
from crawler.report.matrix.rules import rules

_HERE = Path(__file__).resolve().parent


def render(matrix: Matrix, title: str) -> str:
    """Return the report on `matrix`; `title` is the portal's name for people."""
    fixtures = sum(len(cell.fixtures) for cell in matrix.cells)
    runs = f"{matrix.live_runs} live runs in the logs" if matrix.live_runs else "never crawled live from here"
    head = tag(
        "div",
        tag("h1", f"{title}: what the fixtures prove"),
        tag(
            "div",
            *(
                tag("span", said, class_="chip")
                for said in (matrix.site, f"{fixtures} fixtures", f"{len(matrix.rules)} rules", runs)
            ),
            tag("span", f"profile {matrix.version[:12]}", class_="url"),
            class_="sub",
        ),
        class_="what",
    )
    return look.document(
        f"{matrix.site}: coverage matrix",
        tag("a", "To the pages", href="#pages", class_="skip"),
        tag("header", head, tag("div", look.theme_button(), class_="buttons"), class_="top"),
        tag(
            "main",
            _figures(matrix),
            _broken(matrix),
            pages(matrix),
            _meals(matrix),
            rules(matrix),
            _notes(matrix),
            tabindex="-1",
        ),
        style=_HERE / "matrix.css",
        script=_HERE / "matrix.js",
        class_="matrix",
    )


def _figures(matrix: Matrix) -> Html:
    """Return the figures that decide, each with what it counts; those that ask for something are marked."""
    proved = sum(bool(one.hit) for one in matrix.rules)
    told = (
        (f"{proved}/{len(matrix.rules)}", "rules give something on a fixture", ""),
        (str(len(matrix.never)), "never hit, and nobody says why", "bad" if matrix.never else "good"),
        (str(len(matrix.once)), "hang on one fixture", ""),
        (str(len(matrix.standing_by)), "stand by behind an earlier rule", ""),
        (str(len(matrix.unproven)), "unproven, with the reason", ""),
        (str(len(matrix.eaten)), "texts of chrome in a body", "bad" if matrix.unreviewed_meals else "good"),
    )
    return tag(
        "dl",
        *(
            tag("div", tag("dd", figure), tag("dt", what), class_=f"figure {state}".strip())
            for figure, what, state in told
        ),
        class_="figures",
    )


def _broken(matrix: Matrix) -> Html | None:
    if not matrix.broken:
        return None
    rows = [tag("li", tag("code", name), " ", why) for name, why in matrix.broken.items()]
    return tag("section", tag("h2", "Fixtures without a record of their layout"), tag("ul", *rows), class_="alarm")


def _meals(matrix: Matrix) -> Html:
    rows = [
        tag(
            "li",
            tag("q", meal.text),
            tag(
                "p",
                tag("code", meal.fixture),
                f" took it by {', '.join(meal.rules) or 'its body'}; ",
                tag("b", meal.role),
                f" by {meal.where}",
                f"; called body in the review of {meal.reviewed}" if meal.reviewed else None,
            ),
            data_doubt=bool(meal.reviewed),
        )
        for meal in matrix.eaten
    ]
    empty = tag("p", "No body rule took in a text that is chrome elsewhere or by its own review.", class_="none")
    return tag(
        "section",
        tag("h2", "Chrome that body rules ate"),
        tag("ul", *rows, class_="meals") if rows else empty,
        id="eaten",
    )


def _notes(matrix: Matrix) -> Html | None:
    if not matrix.notes:
        return None
    told = [
        join(tag("dt", tag("code", layout)), *(tag("dd", note) for note in notes))
        for layout, notes in matrix.notes.items()
    ]
    return tag("section", tag("h2", "What layouts say of themselves"), tag("dl", *told, class_="notes"), id="notes")
