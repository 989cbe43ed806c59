"""A site's coverage matrix as an HTML file: pages by layout and channel, and the fixtures of every rule."""

from __future__ import annotations

from pathlib import Path

from ...regression.matrix import Matrix
from ..look import document as look
from ..look.html import Html, join, tag
from .pages import pages
from .rules import rules

_HERE = Path(__file__).resolve().parent


def render(matrix: Matrix, title: str) -> str:
    """Return the report on `matrix`; `title` is the portal's name for people."""
    fixtures = sum(len(cell.fixtures) for cell in matrix.cells)
    runs = f"{matrix.live_runs} live runs in the logs" if matrix.live_runs else "no live runs in the logs"
    head = tag(
        "div",
        tag("h1", f"{title}: coverage by fixtures"),
        tag(
            "div",
            *(
                tag("span", chip, class_="chip")
                for chip in (matrix.site, f"{fixtures} fixtures", f"{len(matrix.rules)} rules", runs)
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
            _misfiled(matrix),
            rules(matrix),
            _notes(matrix),
            tabindex="-1",
        ),
        style=_HERE / "matrix.css",
        script=_HERE / "matrix.js",
        class_="matrix",
    )


def _figures(matrix: Matrix) -> Html:
    """Return the key figures with their labels; those that need attention are marked."""
    proved = sum(bool(one.hit) for one in matrix.rules)
    figures = (
        (f"{proved}/{len(matrix.rules)}", "rules hit by a fixture", ""),
        (str(len(matrix.unused)), "rules hit by no fixture", "bad" if matrix.unused else "good"),
        (str(len(matrix.single_fixture)), "rules hit by one fixture", ""),
        (str(len(matrix.standing_by)), "standby rules, after an earlier one", ""),
        (str(len(matrix.unproven)), "rules marked unproven", ""),
        (str(len(matrix.misfiled)), "chrome texts in a body", "bad" if matrix.unreviewed_misfiled else "good"),
    )
    return tag(
        "dl",
        *(
            tag("div", tag("dd", figure), tag("dt", what), class_=f"figure {state}".strip())
            for figure, what, state in figures
        ),
        class_="figures",
    )


def _broken(matrix: Matrix) -> Html | None:
    if not matrix.broken:
        return None
    rows = [tag("li", tag("code", name), " ", why) for name, why in matrix.broken.items()]
    return tag("section", tag("h2", "Fixtures without a record of their layout"), tag("ul", *rows), class_="alarm")


def _misfiled(matrix: Matrix) -> Html:
    rows = [
        tag(
            "li",
            tag("q", one.text),
            tag(
                "p",
                tag("code", one.fixture),
                f" extracted it by {', '.join(one.rules) or 'its body'}; ",
                tag("b", one.role),
                f" according to {one.where}",
                f"; confirmed as body in the review of {one.reviewed}" if one.reviewed else None,
            ),
            data_doubt=bool(one.reviewed),
        )
        for one in matrix.misfiled
    ]
    empty = tag("p", "No body contains a text that is chrome elsewhere or by its own review.", class_="none")
    return tag(
        "section",
        tag("h2", "Chrome text extracted as body"),
        tag("ul", *rows, class_="misfiled") if rows else empty,
        id="misfiled",
    )


def _notes(matrix: Matrix) -> Html | None:
    if not matrix.notes:
        return None
    notes = [
        join(tag("dt", tag("code", layout)), *(tag("dd", note) for note in texts))
        for layout, texts in matrix.notes.items()
    ]
    return tag("section", tag("h2", "Notes on unproven layouts"), tag("dl", *notes, class_="notes"), id="notes")
