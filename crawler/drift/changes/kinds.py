"""What a changed layout is: the kinds of changes by name, each with its effect on the page's record."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from ..subject import Subject
from ..tree import Element


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a change did: the rules it touches, and how the page's expected values differ.

    `touches` are keys of the profile (`article.headline`, `article.info.NAME`, `chrome.NAME`, `fields.NAME`).
    `expect` are the values that are different now. With `fails` the page must not give a record. `content` is whether
    everything that the record had is still in the page.
    """

    touches: tuple[str, ...]
    expect: Mapping[str, Any] = {}
    fails: bool = False
    content: bool = True


Maker = Callable[[Subject, random.Random], Change | None]
"""Changes the tree of a page; None where the page has nothing of the kind."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of change: its name, whether it can leave every record as it was, its description and what makes it."""

    name: str
    harmless: bool
    says: str
    make: Maker


KINDS: dict[str, Kind] = {}
"""All kinds, by name."""


def breaking(make: Maker) -> Maker:
    """Register a kind of change after which rules may miss."""
    return _add(make, harmless=False)


def harmless(make: Maker) -> Maker:
    """Register a kind of change that must not alarm anyone."""
    return _add(make, harmless=True)


def _add(make: Maker, *, harmless: bool) -> Maker:
    name = make.__name__.replace("_", "-")
    says = (make.__doc__ or "").strip().rstrip(".")
    KINDS[name] = Kind(name=name, harmless=harmless, says=says[:1].lower() + says[1:], make=make)
    return make


_FIRST = ("art", "cnt", "detail", "doc", "feed", "g", "hd", "main", "news", "p", "pub", "story", "ui", "v5", "view")
_SECOND = ("area", "bar", "block", "board", "bd", "cell", "con", "group", "inner", "item", "lead", "panel", "part",
           "row", "sec", "slot", "tier", "unit", "wrap", "zone")  # fmt: skip


def new_name(rng: random.Random) -> str:
    """Return a class name as people write them, that is unlikely to be on the page."""
    first, second = rng.choice(_FIRST), rng.choice(_SECOND)
    number = rng.choice(["", "", "2", "n"])
    style = rng.randrange(3)
    if style == 0:
        return f"{first}-{second}{number}"
    if style == 1:
        return f"{first}_{second}{number}"
    return f"{first}{second.capitalize()}{number}"


class Names:
    """New names for old ones: pages that are changed with one seed get the same, whatever else is on them."""

    def __init__(self, rng: random.Random) -> None:
        self._salt = rng.random()

    def of(self, word: str, *, unique: bool = False) -> str:
        """Return the new name of a class, an id or a new box; `unique` ones differ if their words do."""
        name = new_name(random.Random(f"{self._salt}{word}"))  # noqa: S311 - names, not secrets
        if not unique:
            return name
        number = zlib.crc32(word.encode())
        return name + "".join(chr(ord("a") + (number >> shift) % 26) for shift in (0, 8, 16))


def is_named(element: Element) -> bool:
    """Return whether an element has a class or an id."""
    return bool(element.classes or element.attrs.get("id"))


def rename_elements(subject: Subject, elements: Iterable[Element], names: Names) -> bool:
    """Give elements other classes and other ids; their classes change wherever they are. Return whether any had one."""
    named = [element for element in elements if is_named(element)]
    subject.rename({word: names.of(word) for element in named for word in element.classes})
    for element in named:
        if ident := element.attrs.get("id"):
            element.attrs["id"] = names.of(f"#{ident}")
    return bool(named)


def retag(element: Element, tag: str) -> None:
    """Change an element's tag."""
    element.tag = tag
