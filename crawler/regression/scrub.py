"""Scrubbing a recorded page so that it can be shared: the words are replaced, the structure stays.

Markup, URLs, dates, numbers and every phrase in the site's profile are kept. Each other Han character and Latin word is
replaced by one of the same shape, chosen by a seed: equal text stays equal, which rules depend on, but many characters
map to the same one, so that the original words cannot be recovered. Scripts without data are emptied.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import quote, unquote

import msgspec

from ..page.text import size
from ..profiles.load import Profile
from ..records.model import Record
from .words import COMMON

_HAN: Final = "\u3400-\u9fff\uf900-\ufaff"
_LATIN: Final = "A-Za-zÀ-ÖØ-öø-ɏ"
_TOKEN = re.compile(
    r"(?P<comment><!--.*?-->|<![^>]*>)|<(?P<end>/?)(?P<tag>[a-zA-Z][^\s/>]*)(?P<attrs>(?:[^>\"']|\"[^\"]*\"|'[^']*')*)>",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"""(?P<name>[^\s"'<>/=]+)(?P<is>\s*=\s*)(?P<value>"[^"]*"|'[^']*'|[^\s"'=<>`]+)""")
_PROSE: Final = {"alt", "title", "content", "placeholder", "value", "aria-label", "label", "summary"}
"""Attributes in which Latin words are prose; elsewhere they may be names."""
_PROSE_METAS = re.compile(
    r"""(?:name|property|itemprop)\s*=\s*["']?[\w:. -]*(?:desc|keyword|title|author|abstract|alt)""", re.I
)
_RAW: Final = {"script", "style", "textarea", "iframe", "noscript", "xmp"}
_HAN_CHARACTER = re.compile(f"[{_HAN}]")
_ESCAPED_HAN = re.compile(r"(?<!\\)\\u([3-9][0-9a-fA-F]{3}|[fF][9aA][0-9a-fA-F]{2})")
_LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'')
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2}){3,}")
_NUMBERED: Final = r"(?:\d+\s*(?:年代?|个?月|[日号时点分秒天周万亿]|小时|分钟|星期|条|人)\s*前?)"
_WHEN: Final = r"刚刚|昨天|前天|今天|上午|下午|凌晨|(?:星期|周)[一二三四五六日天]"
_NAMES_OF_TIME: Final = (
    "jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september"
    " october november december mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday"
    " am pm gmt utc"
)
_VOWELS, _CONSONANTS = "aeiou", "bcdfghjklmnprstvwz"
_SEEDS: Final = 4


class Scrubber:
    """Replaces the words of one page of the site of `profile`; `seed` is any string, such as the page's id."""

    def __init__(self, profile: Profile, seed: str) -> None:
        self.seed = seed
        texts = [*_strings(msgspec.to_builtins(profile.site)), *_strings(_plain(profile.layouts))]
        self._variables = set(_named(_plain(profile), {"variable"}))
        self._script_ids = {
            found for text in _named(_plain(profile), {"script"}) for found in re.findall(r"#([\w-]+)", text)
        }
        phrases = {phrase for text in texts for phrase in _phrases(text)}
        self._kept_words = {word.lower() for text in texts for word in re.findall(f"[{_LATIN}]+", text)}
        self._kept_words.update(_NAMES_OF_TIME.split())
        first = "".join(sorted({re.escape(phrase[0]) for phrase in phrases})) or "\\0"
        kept = "|".join(map(re.escape, sorted(phrases, key=lambda phrase: (-len(phrase), phrase)))) or "\\0"
        self._text = re.compile(
            rf"(?P<keep>&\#?\w+;|https?:[^\s\"'<>]+|<[^>]*>|\\.|{_NUMBERED}|{_WHEN}|(?=[{first}])(?:{kept}))"
            rf"|(?P<han>[{_HAN}])|(?P<word>[{_LATIN}]+)"
        )
        self._pool = [char for char in COMMON if not any(char in phrase for phrase in phrases)] or list(COMMON)

    def page(self, source: str) -> str:
        """Return the HTML `source` with its words replaced."""
        parts: list[str] = []
        at = 0
        while (token := _TOKEN.search(source, at)) is not None:
            parts.append(self.text(source[at : token.start()]))
            at = token.end()
            if token["comment"] is not None:
                parts.append(self.text(token[0], latin=False))
                continue
            tag = token["tag"].lower()
            parts.append(self._opening(token, tag) if not token["end"] else token[0])
            if token["end"] or tag not in _RAW:
                continue
            close = re.compile(rf"</{tag}(?=[\s/>])", re.IGNORECASE).search(source, at)
            stop = close.start() if close is not None else len(source)
            parts.append(self._raw(tag, token["attrs"], source[at:stop]))
            at = stop
        return "".join([*parts, self.text(source[at:])])

    def text(self, text: str, *, latin: bool = True) -> str:
        """Return `text` with its Han characters replaced and, with `latin`, its Latin words."""

        def other(found: re.Match[str]) -> str:
            if found[0].startswith("<"):
                return _HAN_CHARACTER.sub(lambda char: self._han(char[0]), found[0])
            if found["han"] is not None:
                return self._han(found["han"])
            if found["word"] is not None and latin and found["word"].lower() not in self._kept_words:
                return self._word(found["word"])
            return found[0]

        return self._text.sub(other, text)

    def _han(self, char: str) -> str:
        return self._pool[self._pick(char) % len(self._pool)]

    def _word(self, word: str) -> str:
        letters = []
        for number, letter in enumerate(word):
            choices = _VOWELS if number % 2 else _CONSONANTS
            other = choices[self._pick(f"{word.lower()}{number}") % len(choices)]
            letters.append(other.upper() if letter.isupper() else other)
        return "".join(letters)

    def _pick(self, text: str) -> int:
        return int.from_bytes(blake2b(f"{self.seed}:{text}".encode(), digest_size=4).digest(), "big")

    def _opening(self, token: re.Match[str], tag: str) -> str:
        def other(found: re.Match[str]) -> str:
            name, value = found["name"].lower(), found["value"]
            prose = name in _PROSE and (tag != "meta" or _PROSE_METAS.search(token["attrs"]) is not None)
            value = _PERCENT.sub(self._percent, value) if name in {"href", "src"} else value
            return found["name"] + found["is"] + self.text(value, latin=prose and tag != "input")

        return f"<{token['tag']}{_ATTRIBUTE.sub(other, token['attrs'])}>"

    def _percent(self, found: re.Match[str]) -> str:
        text = unquote(found[0], errors="replace")
        return quote(self.text(text)) if re.search(f"[{_HAN}]", text) else found[0]

    def _raw(self, tag: str, attrs: str, source: str) -> str:
        if tag not in {"script", "style"}:
            return self.page(source)
        if tag == "style" or not self._holds_data(attrs, source):
            return ""
        source = _ESCAPED_HAN.sub(lambda found: chr(int(found[1], 16)), source)
        return _LITERAL.sub(lambda found: self.text(found[0], latin=_reads_as_prose(found[0])), source)

    def _holds_data(self, attrs: str, source: str) -> bool:
        if "json" in attrs.lower() or any(f'"{ident}"' in attrs or f"={ident}" in attrs for ident in self._script_ids):
            return True
        return any(re.search(rf"{re.escape(name)}\s*=", source) for name in self._variables)


def _reads_as_prose(literal: str) -> bool:
    return re.search(f"[{_HAN}]", literal) is not None or (
        literal.count(" ") > 1 and "://" not in literal.partition(" ")[0]
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Profile):
        return [_plain(value.site), _plain(value.layouts)]
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return msgspec.to_builtins(value)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _strings(one)


def _named(value: Any, names: set[str]) -> Iterator[str]:
    """Yield the strings anywhere in `value` under one of the keys `names`."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            if key in names:
                yield from _strings(one)
            else:
                yield from _named(one, names)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _named(one, names)


def _phrases(text: str) -> Iterator[str]:
    """Yield the Han phrases of a rule's text; in a pattern's character class, each character is one."""
    for inside in re.findall(r"\[[^\]]*\]", text):
        yield from re.findall(f"[{_HAN}]", inside)
    yield from re.findall(f"[{_HAN}]+", re.sub(r"\[[^\]]*\]", " ", text))


def shape(record: Record) -> dict[str, Any]:
    """Return what a scrubbed page must have in common with the original: no words, but their lengths."""
    plain = record.to_dict()
    return {
        "layout": plain["layout"]["id"],
        "kind": plain["kind"],
        "flags": plain["flags"],
        "fields": sorted(name for name, value in plain.items() if value not in (None, "", [])),
        "rules": {name: given["rule"] for name, given in plain["provenance"].items()},
        "title": size(record.title or ""),
        "headline": size(record.headline or ""),
        "info": [(line["rule"], size(line["text"])) for line in plain["info"]],
        "blocks": [_block(block) for block in plain["blocks"]],
        "chrome": [_entry(entry) for entry in plain["chrome"]],
        "coverage": plain["coverage"],
        "authors": [size(author["name"]) for author in plain["authors"]],
        "editors": [size(editor) for editor in plain["editors"]],
        "source": size(record.source.name) if record.source is not None else None,
        **{name: plain[name] for name in ("id", "datePublished", "datePrecision", "dateModified", "commentCount")},
    }


def _block(block: Mapping[str, Any]) -> Any:
    measured = {name: size(block[name]) for name in ("text", "caption", "credit") if block.get(name)}
    kept = {name: block[name] for name in ("type", "level", "width", "height") if name in block}
    return {**kept, **measured, "items": len(block.get("items") or ()), "rows": len(block.get("rows") or ())}


def _entry(entry: Mapping[str, Any]) -> Any:
    items = entry["items"]
    return {
        **{name: entry[name] for name in ("role", "rule", "xpath")},
        "text": size(entry["text"] or ""),
        "heading": size(entry["heading"] or ""),
        "items": None if items is None else [size(item["headline"] or "") for item in items],
    }


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Return the names of the values that differ between two shapes."""
    return [name for name in one if one[name] != other.get(name)]


def seeds(ident: str) -> Iterable[str]:
    """Return the seeds to try for a page, as replaced characters may happen to form a word that a rule matches."""
    return (f"{ident}:{number}" for number in range(_SEEDS))
