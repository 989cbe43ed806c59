"""How the general reading judged a page: the score of each line, and the figures that decided it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from selectolax.lexbor import LexborNode

from ...heuristics.forest import forest
from ...heuristics.general import Judged
from .parts import Owners, Part
from .rules import RulePlace

SAYS: Final = {
    "length": "characters (Chinese ones count double)",
    "linked": "percent of it that is linked",
    "marks": "marks of punctuation",
    "end": "ends like a sentence",
    "kind": "words of a date, copyright, invitation or byline",
    "repeated": "times on the page",
    "after_head": "lines after the headline",
    "tag": "its element's tag",
    "above": "tags around it",
    "bad": "distance to a name of chrome",
    "n_comment": "named as comments",
    "n_popup": "named as a pop-up",
    "n_related": "named as related",
    "in_figure": "in a figure",
    "p0_prose": "percent of prose in its element",
    "p1_of_prose": "percent of the page's prose in the element around it",
    "p2_linked": "percent linked two elements up",
    "p3_lines": "lines three elements up",
    "main_up": "levels up to the element of most prose",
    "main_down": "levels down from there",
    "best_down": "levels down from the element of most paragraphs",
    "main_place": "place in the element of most prose",
    "best_place": "place in the element of most paragraphs",
    "best_share": "percent of the page's prose in that element",
    "after_prose": "prose in the ten lines after it",
    "sign_lines": "lines in elements that look alike",
    "sign_length": "characters in these",
    "sign_prose": "percent of prose in these",
    "sign_linked": "percent linked in these",
    "before_linked": "percent of the line before that is linked",
    "after_linked": "percent of the line after that is linked",
    "p1_linked": "percent linked in the element around it",
    "p0_lines": "lines in its element",
    "page": "Chinese (2) or news by its metadata (1)",
}
"""What the model's figures are."""
_MOST: Final = 3


@dataclass(frozen=True, slots=True)
class LineScore:
    """A line: its text, whether it was chosen, its score (0 to 1; None: it was ruled out unscored), what decided it."""

    text: str
    chosen: bool
    score: float | None
    reasons: tuple[str, ...]
    nodes: tuple[LexborNode, ...]


def line_scores(judged: Judged) -> list[LineScore]:
    """Return the lines of a judged page, in its order."""
    reading = judged.reading
    chosen = set(reading.chosen)
    rows = reading.figures.rows
    model = forest()
    return [
        LineScore(
            line.text,
            number in chosen,
            reading.scores[number] / 1000 if number in rows else None,
            _reasons(model.decided(rows[number])) if number in rows else (),
            tuple(reading.outline.nodes_of(number)),
        )
        for number, line in enumerate(reading.outline.lines)
    ]


def _reasons(decided: list[tuple[str, int, float]]) -> tuple[str, ...]:
    for_it = [one for one in decided if one[2] > 0][:_MOST]
    against = [one for one in decided if one[2] < 0][:_MOST]
    return tuple(f"{amount:+.2f} {name} {value}: {SAYS[name]}" for name, value, amount in (*for_it, *against))


def attach(lines: list[LineScore], owners: Owners) -> None:
    """Give each part of the page the score of its first line, and what decided it, as settings of its rule."""
    for line in lines:
        part = _owner(line.nodes[0], owners)
        if part is None or part.place.settings:
            continue
        score = f"{line.score:.2f}" if line.score is not None else "none: ruled out by its place, links or length"
        settings = (("score", score), *((f"reason {number}", text) for number, text in enumerate(line.reasons, 1)))
        part.place = RulePlace(settings=settings)


def _owner(node: LexborNode, owners: Owners) -> Part | None:
    above: LexborNode | None = node
    while above is not None:
        ident = above.mem_id
        part = owners.at.get(ident) or owners.inside.get(ident)
        if part is not None:
            return part
        above = above.parent
    return None
