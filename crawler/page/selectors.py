"""CSS selectors compiled for one page index: plain ones become look-ups, the others run in the parser.

A plain selector is a union of compounds of a tag, ids and classes (`div.post_body`, `#endText`). The page's index holds
the elements by these, so that a profile of a hundred plain rules costs no more than one. Any other selector runs in
lexbor, and only on pages that hold an element with one of its keys (the ids and classes of its last compound).
"""

from __future__ import annotations

from functools import lru_cache

import cssselect
import msgspec
from cssselect import parser as css
from selectolax.lexbor import LexborHTMLParser, SelectolaxError


class Compound(msgspec.Struct, frozen=True):
    """A tag, an id and classes that one element must have; None and () ask nothing."""

    tag: str | None
    id: str | None
    classes: tuple[str, ...]


class Selector(msgspec.Struct, frozen=True):
    """A compiled selector.

    `plain` holds the compounds of a plain selector and is empty for one that lexbor must run; `keys` are the
    compounds one of which any match has, or None where the selector has a part without such a key.
    """

    source: str
    plain: tuple[Compound, ...]
    keys: tuple[Compound, ...] | None


@lru_cache(maxsize=4096)
def compile_selector(source: str) -> Selector:
    """Compile `source`; raises ValueError naming the fault where lexbor cannot parse it."""
    try:
        LexborHTMLParser("").css(source)
    except SelectolaxError:
        raise ValueError(f"not a CSS selector: {source!r}") from None
    try:
        trees = [selector.parsed_tree for selector in cssselect.parse(source)]
    except cssselect.SelectorError:
        return Selector(source, (), None)
    plain: list[Compound] = []
    keys: list[Compound] = []
    for tree in trees:
        compound, is_plain = _last_compound(tree)
        if is_plain:
            plain.append(compound)
        keys.append(compound)
    keyed = all(key.id or key.classes or key.tag for key in keys)
    return Selector(source, tuple(plain) if len(plain) == len(trees) and keyed else (), tuple(keys) if keyed else None)


def _last_compound(tree: css.Tree) -> tuple[Compound, bool]:
    """Return what the last compound of a parsed selector asks by tag, id and class, and whether that is all of it."""
    tag: str | None = None
    ident: str | None = None
    classes: list[str] = []
    plain = True
    node = tree
    while True:
        if isinstance(node, css.Element):
            tag = node.element.lower() if node.element else None
            return Compound(tag, ident, tuple(classes)), plain and node.namespace is None
        if isinstance(node, css.Class):
            classes.append(node.class_name)
            node = node.selector
        elif isinstance(node, css.Hash):
            plain = plain and ident is None
            ident = node.id
            node = node.selector
        elif isinstance(node, css.CombinedSelector):
            plain = False
            node = node.subselector
        else:
            plain = False
            node = node.selector
