"""The rules of a site, file by file: what each says, and which fixtures prove it."""

from __future__ import annotations

from crawler.regression.hits import Hits
from crawler.regression.matrix import Matrix
from crawler.report.look.html import Html, tag

STATES = {
    "never": "never hit",
    "once": "one fixture",
    "unproven": "unproven",
    "by": "stands by",
    "proved": "proved",
}
"""What a rule can be, worst first, and how it is called."""
_SHOWN = 12
"""Fixtures that are named; of more the number is told."""


def state_of(one: Hits) -> str:
    """Return what a rule is, a key of STATES."""
    if one.hit:
        return "once" if len(one.hit) == 1 else "proved"
    if one.standing_by:
        return "by"
    return "unproven" if one.rule.unproven is not None else "never"


def rules(matrix: Matrix) -> Html:
    """Return the section with every rule, and the buttons that choose among them."""
    counts = {state: sum(state_of(one) == state for one in matrix.rules) for state in STATES}
    buttons = [
        tag(
            "button",
            tag("span", class_="dot", data_state=state, aria_hidden="true"),
            name,
            tag("span", str(counts[state]), class_="num"),
            type="button",
            data_only=state,
            aria_pressed="false",
        )
        for state, name in STATES.items()
    ]
    files: dict[str, list[Hits]] = {}
    for one in matrix.rules:
        files.setdefault(one.rule.file, []).append(one)
    return tag(
        "section",
        tag("h2", "Rules"),
        tag(
            "p",
            "A rule is hit where it claims an element, gives a value, or tells the layout. One that stands by would"
            " give a value, but an earlier one always does: no fixture would notice if it broke.",
            class_="lead",
        ),
        tag(
            "div",
            *buttons,
            tag("label", "Find", tag("kbd", "/"), for_="filter"),
            tag(
                "input", id="filter", type="search", autocomplete="off", spellcheck="false", placeholder="key, selector"
            ),
            tag("span", id="found", role="status"),
            class_="choose",
        ),
        *(_file(matrix.site, name, found) for name, found in files.items()),
        id="rules",
    )


def _file(site: str, name: str, found: list[Hits]) -> Html:
    head = tag("h3", tag("code", f"{site}/{name}"), tag("span", f"{len(found)} rules", class_="num"))
    return tag("section", head, tag("div", *map(_rule, found), class_="rows"), class_="file")


def _rule(one: Hits) -> Html:
    state = state_of(one)
    fixtures = one.hit or one.standing_by
    named = ", ".join(name.partition("/")[2] for name in fixtures[:_SHOWN])
    more = f" and {len(fixtures) - _SHOWN} more" if len(fixtures) > _SHOWN else ""
    told = one.rule.unproven if state == "unproven" else f"{named}{more}"
    count = str(len(fixtures)) if fixtures else ""
    return tag(
        "details",
        tag(
            "summary",
            tag("span", class_="dot", data_state=state, title=STATES[state]),
            tag("code", one.rule.key, class_="key"),
            tag("code", one.rule.says, class_="says"),
            tag("span", STATES[state] if state != "proved" else "", class_="state"),
            tag("span", count, class_="num"),
        ),
        tag("p", tag("code", one.rule.says)),
        tag("p", f"line {one.rule.line}", f" · {told}" if told else None),
        class_="rule",
        data_state=state,
        data_find=f"{one.rule.key} {one.rule.says}".lower(),
    )
