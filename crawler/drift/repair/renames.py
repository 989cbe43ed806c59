"""Names that a site changed: what elements with an old class or id are called now, and all selectors that use it.

A name is paired by the text of its elements on the page of before and on the changed page, or by a region that was
found.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ...draft.marks import names
from ...profiles.toml import KeyPath
from .cases import Seen
from .selectors import Wanted, right
from .spans import Target
from .toml_text import EditFailed
from .trial import SHARED, Draft, own_file

_TOKEN = re.compile(r"[.#](-?[A-Za-z_][\w-]*)(\*?)")
_KEYS = frozenset({"css", "heading", "headingBefore", "headingSkip", "captions", "exclude", "headings"})
_LONGEST = 20_000


def tokens(css: str) -> list[str]:
    """Return the classes and ids that a selector names, `.name` and `#name`, each once."""
    bare = re.sub(r"\"[^\"]*\"|'[^']*'", "", css)
    return list(dict.fromkeys(found[0] for found in _TOKEN.finditer(bare)))


def as_token(css: str) -> str | None:
    """Return a selector as a name in other selectors: a class, an id, `.name-*` for a generated class; else None."""
    return css if tokens(css) == [css] else None


def selectors_in(table: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, str]]:
    """Yield the selectors of a file's table, with their paths."""
    if isinstance(table, dict):
        for key, value in table.items():
            if key in _KEYS and isinstance(value, (str, list)):
                for number, css in enumerate([value] if isinstance(value, str) else value):
                    if isinstance(css, str):
                        yield ((*path, key) if isinstance(value, str) else (*path, key, number)), css
            else:
                yield from selectors_in(value, (*path, key))
    elif isinstance(table, list):
        for number, value in enumerate(table):
            yield from selectors_in(value, (*path, number))


def paired(token: str, affected: Sequence[Seen]) -> str | None:
    """Return what elements with the name `token` are called on the changed pages, None if that is not clear.

    It is not renamed where it is still on one of the pages.
    """
    if any(seen.css(token) for seen in affected):
        return None
    wanted = []
    for seen in affected:
        if seen.old is None:
            continue
        old = seen.old.spans
        texts = [old.text_of(node) for node in seen.old.css(token) if node.mem_id in old.number]
        texts = [text for text in texts if text]
        if not texts:
            continue
        targets: list[Target] = []
        for text, count in Counter(texts).items():
            found = seen.spans.exact(text) if len(text) < _LONGEST else []
            if len(found) != count:
                targets = []
                break
            targets += found
        if targets:
            wanted.append(Wanted(seen, targets))
    found_names = dict.fromkeys(
        name
        for one in wanted[:3]
        for target in one.targets[:4]
        for node in target.nodes
        for name in names(node)
        if name[0] in ".#"
    )
    good = [
        name for name in found_names if name.count(".") < 2 and all(right(name, one, first=False) for one in wanted)
    ]
    return good[0] if wanted and good else None


def substituted(css: str, aliases: Mapping[str, str]) -> str:
    """Return a selector with old names replaced."""

    def word(found: re.Match[str]) -> str:
        return aliases.get(found[0], found[0])

    parts = re.split(r"(\"[^\"]*\"|'[^']*')", css)
    return "".join(_TOKEN.sub(word, part) if number % 2 == 0 else part for number, part in enumerate(parts))


def renamed(draft: Draft, layout: str, aliases: Mapping[str, str]) -> Iterator[Callable[[Draft], Draft]]:
    """Yield the changes by which each selector that uses an old name also has the new one; the old stays."""
    for name in (own_file(layout), SHARED):
        for path, css in [*selectors_in(draft.files[name].table)][::-1]:
            if path[0] in {"sealed", "lists", "errorPages", "render"} or not any(one in aliases for one in tokens(css)):
                continue
            parts = [(part, substituted(part, aliases)) for part in _alternatives(css)]
            new = ", ".join(dict.fromkeys(changed for part, changed in parts if changed != part))
            if new:
                yield lambda made, name=name, path=path, css=css, new=new: _with(  # type: ignore[misc]
                    made, name, path, css, new
                )


def _alternatives(css: str) -> list[str]:
    """Return the parts of a selector between commas that are not inside brackets."""
    parts, depth, start = [], 0, 0
    for at, char in enumerate(css):
        depth += (char in "([") - (char in ")]")
        if char == "," and depth == 0:
            parts.append(css[start:at].strip())
            start = at + 1
    return [*parts, css[start:].strip()]


def _with(draft: Draft, name: str, path: KeyPath, old: str, new: str) -> Draft:
    """Return the draft with one more selector at a path, which may be inside a list of values. Raises EditFailed."""
    text = draft.files[name]
    rule = ".".join(map(str, path))
    if isinstance(path[-1], int) and new in text.get(path[:-1]):
        raise EditFailed(f"{rule}: the new selector is an alternative already")
    if "~" in old and path[0] in {"article", "chrome"} and "css" in path[-2:]:  # the linter allows one in a selector
        key = path if path[-1] == "css" else path[:-1]
        known = text.get(key)
        value = [known, new] if isinstance(known, str) else _inserted(known, path[-1], new)
        return draft.with_file(name, text.replaced(key, value), rule)
    for end in range(len(path), 0, -1):
        key = path[:end]
        if isinstance(key[-1], int) or key not in text.places:
            continue
        value = _set(text.get(key), path[end:], f"{old}, {new}")
        try:
            return draft.with_file(name, text.replaced(key, value), rule)
        except EditFailed:  # inside a list of values: the list is written anew
            continue
    raise EditFailed(f"{rule} has no line of its own")


def _inserted(values: list[str], at: int | str, value: str) -> list[str]:
    after = int(at) + 1
    return [*values[:after], value, *values[after:]]


def _set(value: Any, path: KeyPath, css: str) -> Any:
    if not path:
        return css
    if isinstance(value, list):
        return [_set(one, path[1:], css) if number == path[0] else one for number, one in enumerate(value)]
    return {key: _set(one, path[1:], css) if key == path[0] else one for key, one in value.items()}
