"""Records for people: plain text, Markdown and HTML. Tables are in `tables.py`, JSON is the record itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from html import escape

from .model import Block, BlockType, Record

_SPECIAL = re.compile(r"([\\`*_\[\]<>~]|&(?=#?\w{1,40};))|^(\s*)([#+-]|\d+[.)])(?=[\s-]|$)")


class Shape(StrEnum):
    """The format of what is written for a page."""

    JSONL = "jsonl"
    JSON = "json"
    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    CSV = "csv"
    PARQUET = "parquet"

    @property
    def suffix(self) -> str:
        """The suffix of its files."""
        return {Shape.TEXT: ".txt", Shape.MARKDOWN: ".md"}.get(self, f".{self}")


SUFFIXES = {shape.suffix: shape for shape in Shape} | {".htm": Shape.HTML, ".ndjson": Shape.JSONL}
"""The format for the suffix of a file's name."""


def as_text(record: Record) -> str:
    """Return headline and body as plain text, paragraphs separated by empty lines; ends with a line end."""
    return "\n\n".join(filter(None, [record.headline, record.article_body])) + "\n"


def as_markdown(record: Record) -> str:
    """Return the article as CommonMark with a YAML header: title, date, source, authors, URL."""
    parts = [_front(record), f"# {_escaped(record.headline)}" if record.headline else ""]
    return "\n\n".join(filter(None, [*parts, *map(_block, record.blocks)])) + "\n"


def _front(record: Record) -> str:
    values: list[tuple[str, object]] = [
        ("title", record.headline),
        ("date", record.date_published),
        ("source", record.source.name if record.source else None),
        ("authors", [author.name for author in record.authors if author.name]),
        ("url", record.canonical_url or record.url),
        ("id", record.id),
    ]
    lines = [f"{name}: {_yaml(value)}" for name, value in values if value]
    return "\n".join(["---", *lines, "---"])


def _yaml(value: object) -> str:
    """Return a string, or a list of strings, as YAML (its flow style: JSON's, which every reader understands)."""
    if isinstance(value, list):
        return f"[{', '.join(map(_yaml, value))}]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" if ord(c) < 0x10000 else " " for c in text) + '"'


def _escaped(text: str | None) -> str:
    """Return text of a page so that Markdown shows it as it is, on one line."""
    flat = " ".join(line for part in (text or "").splitlines() if (line := part.strip()))
    return _SPECIAL.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}{m[3][:-1]}\\{m[3][-1]}", flat)


def _block(block: Block) -> str:
    match block.type:
        case BlockType.HEADING:
            return f"{'#' * min(6, max(2, block.level or 2))} {_escaped(block.text)}"
        case BlockType.IMAGE | BlockType.VIDEO | BlockType.AUDIO:
            return _media(block)
        case BlockType.LIST:
            return "\n".join(f"- {_escaped(item)}" for item in block.items or ())
        case BlockType.TABLE:
            return "\n".join(_rows(block))
        case BlockType.QUOTE:
            return "\n".join(f"> {_escaped(line)}" for line in (block.text or "").splitlines())
        case BlockType.CODE:
            text = block.text or ""
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
            return f"{fence}\n{text}\n{fence}"
        case _:
            return _escaped(block.text)


def _media(block: Block) -> str:
    caption = _escaped(" ".join(filter(None, [block.caption, block.credit])))
    if not block.url:
        return caption
    link = f"[{caption or block.type}](<{block.url.replace('<', '%3C').replace('>', '%3E')}>)"
    return f"!{link}" if block.type is BlockType.IMAGE else link


def _rows(block: Block) -> Iterator[str]:
    rows = block.rows or ()
    width = max(map(len, rows), default=0)
    for number, row in enumerate(rows):
        cells = [_escaped(cell).replace("|", "\\|") for cell in row] + [""] * (width - len(row))
        yield f"| {' | '.join(cells)} |"
        if number == 0:
            yield f"|{' --- |' * width}"


def as_html(record: Record) -> str:
    """Return the article as a complete HTML document without scripts, with the record's clean HTML."""
    title = escape(record.headline or record.title or record.id)
    url = record.canonical_url or record.url
    link = f'<link rel="canonical" href="{escape(url)}">\n' if url else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(record.in_language or "und")}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title}</title>\n{link}</head>\n<body>\n{article_html(record)}\n</body>\n</html>\n"
    )


def article_html(record: Record) -> str:
    """Return the article as an `<article>` element."""
    published = record.date_published
    parts = [
        f"<h1>{escape(record.headline)}</h1>" if record.headline else "",
        f'<p><time datetime="{escape(published)}">{escape(published)}</time></p>' if published else "",
        record.article_body_html,
    ]
    return "\n".join(["<article>", *filter(None, parts), "</article>"])
