"""Selectors of an element by the names that a site's people gave it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from selectolax.lexbor import LexborNode

from ..profiles.checks.generated import generated_part

_NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_NUMBERED = re.compile(r"\d{3,}|[0-9a-f]{8,}|[A-Za-z]+\d+[A-Za-z]+\d")
_SHORT_END = re.compile(r"(?<=[-_])[A-Za-z0-9]{1,3}[-_]$")
"""What looks like the first letters of a hash that has a separator inside."""
_BEGINNING = re.compile(r"[A-Za-z_][\w-]*[-_]", re.ASCII)
"""What the profile language accepts before the * of a class's beginning."""
UTILITY = re.compile(
    r".{1,2}|(?:is|has|no|u)-[\w-]+|js[-_][\w-]+"
    r"|-?(?:m|p|w|h|mt|mb|ml|mr|mx|my|pt|pb|pl|pr|px|py|g|gap|col|row|span|grid|flex|text|bg|border|float|pull|align|font|fs|fw|lh|leading|"
    r"rounded|shadow|opacity|z|top|left|right|bottom|inset|order|min|max|space|tracking|items|justify|self|object|overflow|cursor|divide)"
    r"-(?:[xytblr]-)?(?:\d[\w-]*|auto|full|screen|none|px|xs|sm|md|lg|xl|left|right|center|top|bottom|bold|medium|normal|semibold|hidden|"
    r"block|inline|wrap|between|start|end|stretch|white|black|red|blue|gr[ae]y[\w-]*|primary[\w-]*|secondary[\w-]*|cover|col|row|fit|w|h|"
    r"copy[\w-]*|dotted|solid|pointer)"
    r"|(?:tw|sm|md|lg|xl|hover|focus|print)-[\w-]+|clear(?:fix)?|clr|cf|fl|fr|left|right|first|last|odd|even|on|off|active|current|cur|"
    r"selected|show|hide|hidden|open|closed|loaded|lazy(?:load(?:ed)?)?|wrap(?:per)?|inner|outer|row|col|block|inline-block|inline|item|bold|"
    r"center|red|blue|gr[ae]y|relative|absolute|fixed|sticky|static|flex|grid|contents|visible|invisible|uppercase|italic|underline|truncate|"
    r"not-prose|prose|outline-none|flex-[\w-]+|grid-[\w-]+",
    re.IGNORECASE,
)
"""Names that say how an element looks or what state it is in, not what it is."""
_SCRAMBLED = re.compile(r"(?=.{5,8}\Z)[a-z]{1,2}(?:[A-Z][a-z]?){2,}")
"""A name such as kQpXfG, which a program made of letters."""
_QUOTED = re.compile(r"[^\W\d_][^\s\"'\\<>\[\]{}]{1,40}")
"""A name in other letters or with other signs, which stands in quotes in a selector."""
_SHORTEST_STEM: Final = 4


def names(node: LexborNode) -> Iterator[str]:
    """Yield selectors of a node by its own id, classes and attributes, the most telling first."""
    ident = (node.id or "").strip()
    if _NAME.fullmatch(ident) and not _NUMBERED.search(ident) and generated_part(ident) is None:
        yield f"#{ident}"
    attributes = node.attributes
    classes = [name for name in (attributes.get("class") or "").split() if _NAME.fullmatch(name)]
    written = [name for name in classes if generated_part(name) is None and not _NUMBERED.search(name)]
    written = [name for name in written if not _SCRAMBLED.fullmatch(name)]
    telling = [name for name in written if not UTILITY.fullmatch(name)]
    yield from (f".{name}" for name in telling)
    yield from (f"{node.tag}.{name}" for name in telling)
    yield from (f".{one}.{other}" for one, other in pairwise(telling))
    for name in classes:
        part = generated_part(name)
        stem = _SHORT_END.sub("", name.removesuffix(part)) if part else ""
        if len(stem) >= _SHORTEST_STEM and _BEGINNING.fullmatch(stem):
            yield f".{stem}*"
            yield f"{node.tag}.{stem}*"
    for name in ("itemprop", "data-testid", "data-component", "data-role"):
        value = attributes.get(name)
        if value and _NAME.fullmatch(value) and not _NUMBERED.search(value):
            yield f'[{name}="{value}"]'
    yield from _quoted(ident, attributes.get("class") or "")
    yield from (f".{one}.{other}" for one, other in pairwise(written) if not {one, other} <= {*telling})
    yield from (f"{node.tag}.{name}" for name in written if name not in telling)


def _quoted(ident: str, classes: str) -> Iterator[str]:
    """Yield selectors by names that have to stand in quotes: 正文, a:b."""
    if not _NAME.fullmatch(ident) and _is_written(ident):
        yield f'[id="{ident}"]'
    yield from (f'[class~="{name}"]' for name in classes.split() if not _NAME.fullmatch(name) and _is_written(name))


def _is_written(name: str) -> bool:
    """Return whether a person wrote such a name, as far as its signs show: no utility (`md:flex`), no number."""
    return (
        _QUOTED.fullmatch(name) is not None and name.isprintable() and not name.isascii() and not _NUMBERED.search(name)
    )
