"""Tables and lists of text as one block each; distinguishes data tables from layout tables."""

from __future__ import annotations

from collections.abc import Container
from html import escape
from typing import Final

from selectolax.lexbor import LexborNode

from ..page.text import line_size
from ..records.model import BlockType
from .hidden import is_shown
from .markup import Draft
from .partition import flow_text

PROSE: Final = 80
"""Minimum characters for a cell with several paragraphs to be prose: two short sentences of Chinese."""
WORDS: Final = 30
"""Maximum characters of an entry in a one-column table, which has at least three rows."""
_DATA = "th, caption, thead"
_BLOCKS = "p, div, br, h1, h2, h3, h4, h5, h6, hr, section, article, center"


def is_layout(table: LexborNode) -> bool:
    """Return whether `table`, which holds only text, arranges an article's text rather than data.

    That is a table with one cell of text in each row, a column of short entries aside, or one in which a cell of
    several paragraphs has most of the text and hardly any row has two cells. What the page declares (`role`, header
    cells, a caption) is believed.
    """
    role = (table.attributes.get("role") or "").strip().lower()
    if role in {"presentation", "none"}:
        return True
    if role in {"table", "grid", "treegrid"} or table.css_first(_DATA) is not None:
        return False
    rows = [[(cell, line_size(flow_text(cell))) for cell in row.css("td")] for row in table.css("tr")]
    filled = [cells for row in rows if (cells := [(cell, size) for cell, size in row if size])]
    if all(len(cells) == 1 for cells in filled):
        words = all(size <= WORDS and _paragraphs(cell) < 2 for cells in filled for cell, size in cells)
        return not (words and len(filled) > 2)
    total = sum(size for cells in filled for _, size in cells)
    prose = [(cell, size, count) for cells in filled for cell, size in cells if (count := _paragraphs(cell)) > 1]
    if sum(len(cells) > 1 for cells in filled) <= 1:
        return 2 * sum(size for cell, size, _ in prose if size >= PROSE or _has_sentences(cell)) >= total > 0
    return any(size >= 2 * PROSE and count > 2 and 4 * size >= 3 * total for _, size, count in prose)


def _has_sentences(cell: LexborNode) -> bool:
    text = flow_text(cell)
    return sum(map(text.count, "。！？")) > 1


def table_of(node: LexborNode, hidden: Container[int]) -> Draft | None:
    """Return the block of a data table without the elements in `hidden`, or None if it has no visible text."""
    text = flow_text(node, hidden)
    if not text:
        return None
    rows = tuple(
        tuple(flow_text(cell, hidden) for cell in row.css("td, th") if not hidden or is_shown(cell, row, hidden))
        for row in node.css("tr")
        if not hidden or is_shown(row, node, hidden)
    )
    cells = "".join(f"<tr>{''.join(f'<td>{escape(cell, quote=False)}</td>' for cell in row)}</tr>" for row in rows)
    draft = Draft(BlockType.TABLE, [node], text, f"<table>{cells}</table>")
    draft.rows = rows
    return draft


def list_of(node: LexborNode, tag: str, hidden: Container[int]) -> Draft | None:
    """Return the block of a list without the elements in `hidden`, or None if it has no visible text."""
    text = flow_text(node, hidden)
    if not text:
        return None
    found = [item for item in node.css("li") if not hidden or is_shown(item, node, hidden)]
    items = tuple(filter(None, (flow_text(item, hidden) for item in found)))
    inner = "".join(f"<li>{escape(item, quote=False)}</li>" for item in items)
    draft = Draft(BlockType.LIST, [node], text, f"<{tag}>{inner}</{tag}>")
    draft.items = items
    return draft


def _paragraphs(cell: LexborNode) -> int:
    """Return the number of non-empty paragraphs in `cell`, by its blocks and line breaks."""
    count = 0
    open_text = False
    for node in cell.traverse(include_text=True):
        if node.is_text_node:
            open_text = open_text or bool((node.text_content or "").strip())
        elif open_text and node.tag in _BREAKS:
            count += 1
            open_text = False
    return count + open_text


_BREAKS: Final = frozenset(_BLOCKS.split(", "))
