"""The rules of a site by file: the content of each, and the fixtures that hit it."""

from __future__ import annotations

from ...regression.hits import Hits
from ...regression.matrix import Matrix
from ..look.html import Html, tag

STATES = {
    "unused": "unused",
    "single-fixture": "one fixture",
    "unproven": "unproven",
    "standby": "standby",
    "proved": "proved",
}
"""The states of a rule, worst first, with their labels."""
_SHOWN = 12
"""How many fixtures are listed by name."""


def state_of(one: Hits) -> str:
    """Return the state of a rule, a key of STATES."""
    if one.hit:
        return "single-fixture" if len(one.hit) == 1 else "proved"
    if one.standing_by:
        return "standby"
    return "unproven" if one.rule.unproven is not None else "unused"


def rules(matrix: Matrix) -> Html:
    """Return the section with all rules, and the buttons that filter them."""
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
            "A rule is hit when it claims an element, produces a value, or identifies the layout. A standby rule would"
            " produce a value, but an earlier one always does: no fixture would fail if it broke.",
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
    note = one.rule.unproven if state == "unproven" else f"{named}{more}"
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
        tag("p", f"line {one.rule.line}", f" · {note}" if note else None),
        class_="rule",
        data_state=state,
        data_find=f"{one.rule.key} {one.rule.says}".lower(),
    )
