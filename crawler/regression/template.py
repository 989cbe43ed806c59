"""The source of an annotated page: front matter, inheritance, repeated elements, placeholders, annotations.

Everything works on the source text, so that the result is byte for byte the page that a portal would serve.
"""

from __future__ import annotations

import html
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ..profiles.toml import hint
from .prose import Prose

MARK: Final = "<!-- fixture"
"""The start of an annotated page: a comment with the front matter as TOML."""
FRAME: Final = "<!-- frame"
"""The start of a frame: the parts that a site's pages share, which is a page only where a fixture extends it."""
WRAPPER: Final = "x-truth"
"""An element for annotations where the page has no suitable one; the build unwraps it."""

_TOKEN = re.compile(
    r"<!--.*?-->|<(?P<end>/?)(?P<tag>[a-zA-Z][^\s/>]*)(?P<attrs>(?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.DOTALL
)
_RAW: Final = {"script", "style", "textarea", "title", "iframe", "noscript"}
_ANNOTATION = re.compile(r"""\s+data-(truth|field|item|part|repeat)(?![\w-])(?:=(?:"([^"]*)"|'([^']*)'))?""")
_PLACEHOLDER = re.compile(r"\{\{\s*(?P<kind>[a-z]+)(?:\s+(?P<count>\d+))?(?:\s*:\s*(?P<name>[\w#.-]+))?\s*\}\}")
_VOID: Final = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)


class AnnotationError(ValueError):
    """An annotated page that cannot be built. The message has the file, the place and what to do."""


def is_annotated(path: Path) -> bool:
    """Return whether `path` is an annotated page: an HTML file that begins with its front matter."""
    if path.suffix != ".html":
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(len(MARK)) == MARK


def read(path: Path, *, extended: bool = False) -> tuple[dict[str, Any], str, tuple[Path, ...]]:
    """Return the front matter and source, merged with the page that it extends, and the files that were read.

    `extended` says that another page extends this one, which may be a frame then.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise AnnotationError(f"{path}: {error.strerror or error}") from None
    head, end, source = text.partition("-->")
    mark = FRAME if extended and head.startswith(FRAME) else MARK
    if not head.startswith(mark) or not end:
        raise AnnotationError(f"{path}: must begin with {mark!r}, a line end, TOML and '-->'")
    try:
        front = tomllib.loads(head.removeprefix(mark))
    except tomllib.TOMLDecodeError as error:
        raise AnnotationError(f"{path}: the front matter is not TOML: {error}{hint(str(error))}") from None
    source = source.removeprefix("\n")
    files: tuple[Path, ...] = (path,)
    base: dict[str, Any] = {}
    if "extends" in front:
        name = front.pop("extends")
        basis = (path.parent.parent if name.startswith("../") else path.parent) / Path(name).name
        if Path(name).name != name.removeprefix("../") or not basis.is_file():
            raise AnnotationError(f"{path}: extends {name!r}, but its folder has no such page (../NAME: its site's)")
        base, whole, files = read(basis, extended=True)
        files = (path, *files)
        parts: dict[str, list[str]] = {}
        for start, stop, name in _carriers(source, "part"):
            parts.setdefault(name, []).append(source[start:stop])
        for name, elements in parts.items():
            whole = _with_part(whole, name, "\n".join(elements), path)
        source = whole
    for name in front.pop("drop", []):
        source = _with_part(source, name, "", path)
    for old, new in front.pop("substitute", {}).items():
        if old not in source and old not in str(base):
            raise AnnotationError(f"{path}: [substitute] {old!r} is neither in the page nor in its front matter")
        source = source.replace(old, new)
        base = _substituted(base, old, new)
    return _merged(base, front), source if extended else _without_slots(source), files


def _without_slots(source: str) -> str:
    """Return `source` without the wrappers that only mark a part: the page is parsed without them."""
    parts: list[str] = []
    at = 0
    slots: list[bool] = []
    for token in _tags(source):
        if token["tag"].lower() != WRAPPER:
            continue
        if token["end"]:
            slot = bool(slots) and slots.pop()
        else:
            slot = {found[1] for found in _ANNOTATION.finditer(token["attrs"])} == {"part"}
            slots.append(slot)
        if slot:
            parts.append(source[at : token.start()])
            at = token.end()
    return "".join([*parts, source[at:]])


def _substituted(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {key: _substituted(one, old, new) for key, one in value.items()}
    if isinstance(value, list):
        return [_substituted(one, old, new) for one in value]
    return value.replace(old, new) if isinstance(value, str) else value


def _merged(base: Mapping[str, Any], front: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**base, **front}
    for table in ("fields", "headers"):
        if table in base and table in front:
            merged[table] = {**base[table], **front[table]}
    if front.get("failure"):
        merged.pop("fields", None)
    return merged


def _with_part(source: str, name: str, part: str, path: Path) -> str:
    for start, stop, found in _carriers(source, "part", deep=True):
        if found == name:
            return source[:start] + part + source[stop:]
    raise AnnotationError(f'{path}: no element of the extended page has data-part="{name}"')


def _tags(source: str) -> Iterator[re.Match[str]]:
    """Yield the tags of `source`, ignoring scripts, styles and comments."""
    at = 0
    while (token := _TOKEN.search(source, at)) is not None:
        at = token.end()
        if token["tag"] is None:
            continue
        yield token
        tag = token["tag"].lower()
        if not token["end"] and tag in _RAW:
            close = re.compile(rf"</{tag}(?=[\s/>])", re.IGNORECASE).search(source, at)
            at = close.start() if close is not None else len(source)


def _carriers(source: str, name: str, *, deep: bool = False) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and value of the elements with the attribute `data-<name>`; with `deep`, nested ones too."""
    last_end = 0
    for token in _tags(source):
        if token["end"] or (token.start() < last_end and not deep):
            continue
        for attribute in _ANNOTATION.finditer(token["attrs"]):
            if attribute[1] == name:
                last_end = _end(source, token)
                yield token.start(), last_end, attribute[2] or attribute[3] or ""


def _end(source: str, opening: re.Match[str]) -> int:
    tag = opening["tag"].lower()
    if tag in _VOID:
        return opening.end()
    depth = 0
    for token in _tags(source[opening.start() :]):
        if token["tag"].lower() == tag:
            depth += -1 if token["end"] else 1
            if depth == 0:
                return opening.start() + token.end()
    return len(source)


def repeated(source: str, path: Path) -> str:
    """Return `source` with each `data-repeat` element repeated, and `#` in names numbered."""
    found = next(_carriers(source, "repeat"), None)
    if found is None:
        return source
    start, stop, count = found
    if not count.isdigit():
        raise AnnotationError(f"{path}: data-repeat={count!r} is not a number")
    head = re.sub(r'\s+data-repeat="?\d+"?', "", source[start:stop], count=1)
    copies = [
        _PLACEHOLDER.sub(lambda found, at=at: found[0].replace("#", f"-{at}"), head)  # type: ignore[misc]
        for at in range(1, int(count) + 1)
    ]
    return source[:start] + repeated("\n".join(copies) + source[stop:], path)


def stripped(source: str) -> str:
    """Return `source` without annotations."""
    parts: list[str] = []
    at = 0
    for token in _tags(source):
        parts.append(source[at : token.start()])
        at = token.end()
        if token["tag"].lower() != WRAPPER:
            parts.append(token[0] if token["end"] else _ANNOTATION.sub("", token[0]))
    return "".join([*parts, source[at:]])


_WORDS: Final[dict[str, Callable[[Prose, int | None], str]]] = {
    "headline": lambda prose, _: prose.headline(),
    "sentence": lambda prose, count: prose.paragraph(count or 1),
    "paragraph": lambda prose, count: prose.paragraph(count or 3),
    "subhead": lambda prose, _: prose.subhead(),
    "caption": lambda prose, _: prose.caption(),
    "comment": lambda prose, _: prose.comment(),
    "slogan": lambda prose, _: prose.slogan(),
    "name": lambda prose, _: prose.person(),
    "source": lambda prose, _: prose.media(),
    "account": lambda prose, _: prose.account(),
    "town": lambda prose, _: prose.town(),
    "keyword": lambda prose, _: prose.keywords(1)[0],
    "digits": lambda prose, count: prose.digits(count or 8),
    "hex": lambda prose, count: prose.hexa(count or 12),
    "script": lambda prose, count: prose.script(count or 20),
    "style": lambda prose, count: prose.style(count or 20),
}
"""The kinds of placeholders."""
_DISTINCT: Final = {"name", "keyword"}
"""Placeholders that never give the same words twice on a page."""
_CODE: Final = {"script", "style"}
"""Placeholders whose text is code: it is not escaped."""


class Words:
    """Fills the placeholders of one page; those with the same name get the same words."""

    def __init__(self, prose: Prose, path: Path) -> None:
        self.prose = prose
        self.path = path
        self.named: dict[tuple[str, str], str] = {}
        self.given: set[str] = set()
        """The names and keywords given so far: none is given twice."""

    def fill(self, source: str) -> str:
        """Return `source` with its placeholders filled, escaped for HTML or scripts."""
        scripts = [found.span() for found in re.finditer(r"<script\b.*?</script", source, re.DOTALL | re.IGNORECASE)]
        data = [found.span() for found in re.finditer(r"<textarea\b[^>]*>\s*[\[{].*?</textarea", source, re.DOTALL)]

        def word(found: re.Match[str]) -> str:
            text = self._word(found)
            if found["kind"] in _CODE:
                return text
            if any(start < found.start() < stop for start, stop in scripts):
                return json.dumps(text, ensure_ascii=False)[1:-1].replace("</", "<\\/")
            if any(start < found.start() < stop for start, stop in data):
                return html.escape(json.dumps(text, ensure_ascii=False)[1:-1])
            return html.escape(text)

        return _PLACEHOLDER.sub(word, source)

    def fill_values(self, value: Any) -> Any:
        """Return the front matter with its placeholders filled."""
        if isinstance(value, dict):
            return {key: self.fill_values(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self.fill_values(one) for one in value]
        return _PLACEHOLDER.sub(self._word, value) if isinstance(value, str) else value

    def _word(self, found: re.Match[str]) -> str:
        kind, count, name = found["kind"], found["count"], found["name"]
        if kind not in _WORDS:
            raise AnnotationError(
                f"{self.path}: unknown placeholder {found[0]}; available: {', '.join(sorted(_WORDS))}"
            )
        if name is None:
            return self._new(kind, count)
        if (kind, name) not in self.named:
            self.named[kind, name] = self._new(kind, count)
        return self.named[kind, name]

    def _new(self, kind: str, count: str | None) -> str:
        for _ in range(1000):
            text = _WORDS[kind](self.prose, int(count) if count else None)
            if kind not in _DISTINCT:
                return text
            if text not in self.given:
                self.given.add(text)
                return text
        raise AnnotationError(f"{self.path}: no further {kind} is left for the page; name one to use it again")
