"""Safe HTML: anything that is not marked as HTML is escaped, in text and in attributes."""

from __future__ import annotations

from html import escape

VOID = frozenset({"br", "input", "link", "meta", "wbr"})


class Html(str):
    """Text that is HTML already: only created by `tag` and `join`, or from our own files."""

    __slots__ = ()

    def __html__(self) -> str:
        """Return the text itself: templates do not escape it."""
        return self


def tag(name: str, /, *children: str | None, **attributes: str | int | bool | None) -> Html:
    """Return an element: children that are not `Html` are escaped, None is left out.

    `class_` stands for class, `data_role` for data-role. True gives an attribute without value, False and None none.
    """
    parts = [f"<{name}"]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        label = key.rstrip("_").replace("_", "-")
        parts.append(f" {label}" if value is True else f' {label}="{escape(str(value))}"')
    parts.append(">")
    if name not in VOID:
        parts.append(join(*children))
        parts.append(f"</{name}>")
    return Html("".join(parts))


def join(*children: str | None) -> Html:
    """Return the children joined; those that are not `Html` are escaped."""
    return Html(
        "".join(child if isinstance(child, Html) else escape(child, quote=False) for child in children if child)
    )
