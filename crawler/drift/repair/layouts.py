"""A new layout file, where old pages still need the old rules: the repaired rules with evidence of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from ...profiles.toml import KeyPath
from .cases import BODY, HEADLINE
from .mender import Mender
from .toml_text import EditFailed, TomlText
from .trial import Draft, own_file

_WEIGHTS = {HEADLINE: 3, BODY: 3}


def as_new_layout(mender: Mender, since: date) -> tuple[Draft, str] | None:
    """Return the draft with the repaired rules as a layout of their own, and its id; the old layout is as it was.

    None where nothing that was found sets the changed pages apart from the others.
    """
    evidence = _evidence(mender)
    if not evidence:
        return None
    old = own_file(mender.layout.id)
    ident = _ident(mender, [css for css, _ in evidence], since)
    try:
        text = _text(mender.draft.files[old], ident, evidence, since)
    except EditFailed:
        return None
    files = {**mender.draft.files, old: mender.start.files[old], own_file(ident): text}
    return Draft(files, mender.draft.site, (*mender.draft.changed, f"layouts/{ident}.toml")), ident


def _evidence(mender: Mender) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for rule, note in mender.moved.items():
        if not rule.startswith("article.") or note.css is None or not re.search(r"[.#\[]", note.css):
            continue
        on_all = all(seen.css(note.css) for seen in mender.affected)
        elsewhere = any(seen.css(note.css) for seen in mender.kept)
        if on_all and not elsewhere:
            found.append((note.css, _WEIGHTS.get(rule, 2)))
    return found


def _ident(mender: Mender, css: Sequence[str], since: date) -> str:
    words = re.findall(r"[a-z0-9]+", "_".join(re.findall(r"[.#]([\w-]+)", css[0])).lower()) or ["layout"]
    stem = f"{since.year}_{'_'.join(words)}"[:44].rstrip("_")
    known = {*mender.profile.layouts}
    return next(one for one in (stem, *(f"{stem}_{number}" for number in range(2, 99))) if one not in known)


def _text(old: TomlText, ident: str, evidence: Sequence[tuple[str, int]], since: date) -> TomlText:
    """Return the layout's file with another id, first day and evidence."""
    text = old.replaced(("id",), ident)
    day = since.isoformat()
    lines = text.lines
    first = [text.places[name,] - 1 for name in ("since", "until") if name in text.table]
    lines = [line for number, line in enumerate(lines) if number not in first]
    at = next(number for number, line in enumerate(lines) if line.startswith("id "))
    text = TomlText("\n".join([*lines[: at + 1], f'since = "{day}" # found by scrapy repair', *lines[at + 1 :]]))
    count = len(text.table["evidence"])
    starts = [text.places["evidence", number] - 1 for number in range(count)]
    dropped = {line for number in range(count) for line in _block(text, ("evidence", number))}
    made: list[str] = []
    for css, weight in evidence:
        made += ["[[evidence]]", f"css = {_quoted(css)}", f"weight = {weight}", ""]
    kept = [*text.lines[: starts[0]], *made]
    kept += [line for number, line in enumerate(text.lines) if number >= starts[0] and number not in dropped]
    return TomlText("\n".join(kept))


def _block(text: TomlText, path: KeyPath) -> range:
    """Return the lines of a table with the empty ones behind it."""
    start = text.places[path] - 1
    after = min((line - 1 for line in text.places.values() if line - 1 > start and _is_header(text, line - 1)),
                default=len(text.lines))  # fmt: skip
    return range(start, after)


def _is_header(text: TomlText, line: int) -> bool:
    return text.lines[line].startswith("[")


def _quoted(css: str) -> str:
    return f"'{css}'" if '"' in css else f'"{css}"'
