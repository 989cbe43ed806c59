"""What a draft has learned: a rule as TOML, on which pages it holds, and why it is not kept if it is not."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence

import msgspec

from ..terminal import plain

_SIGNATURE = "# As `scrapy newsite` wrote it, so --add may write it again: "
_SHOWN = 40
_EXAMPLES = 3


class Learned(msgspec.Struct, kw_only=True):
    """A rule: its `key` in the profile and its lines of TOML.

    It holds on `held` of the `total` pages that have what it is for, and `right` of `checked` times if the page is left
    out of the learning; a single page cannot be checked. `gave` are its values. `reason` says why it is not kept.
    """

    key: str
    toml: tuple[str, ...]
    held: int
    total: int
    right: int = 0
    checked: int = 0
    gave: tuple[str, ...] = ()
    reason: str = ""
    note: str = ""

    @property
    def confidence(self) -> float:
        """The share of pages on which it may be expected to hold (rule of succession); one page says little."""
        right, total = (self.right, self.checked) if self.checked else (self.held, self.total)
        return round((right + 1) / (total + 2), 2)

    def without(self, reason: str) -> Learned:
        """Return the rule as one that is not kept."""
        return msgspec.structs.replace(self, reason=reason)

    def written(self) -> list[str]:
        """Return the rule as commented TOML; one that is not kept is a comment."""
        head = f"# {self.held} of {self.total} pages"
        if self.checked:
            head += f"; left out of the learning, right on {self.right} of {self.checked}"
        lines = [head + (f"; {self.note}" if self.note else "")]
        if self.gave:
            lines.append(f"# gave: {examples(self.gave)}")
        if self.reason:
            lines.append(f"# not kept: {self.reason}")
        return [*lines, *(f"# {line}" if self.reason else line for line in self.toml), ""]


def examples(values: Iterable[str]) -> str:
    """Return the first few values for a comment, each shortened."""
    shown = [plain(value) for value in dict.fromkeys(values)][:_EXAMPLES]
    return "; ".join(f"{value[:_SHOWN]}…" if len(value) > _SHOWN else value for value in shown)


def basic(text: str) -> str:
    """Return a TOML string: in single quotes if possible, else escaped."""
    if "'" not in text and text.isprintable():
        return f"'{text}'" if '"' in text or "\\" in text else f'"{text}"'
    return json.dumps(text, ensure_ascii=False)


def selectors(css: Sequence[str]) -> str:
    """Return one selector, or a list of alternatives, as TOML."""
    return basic(css[0]) if len(css) == 1 else f"[{', '.join(map(basic, css))}]"


def signed(text: str) -> str:
    """Return a file's text with a last line by which `is_unedited` knows it again."""
    return f"{text}{_SIGNATURE}{_digest(text)}\n"


def is_unedited(text: str) -> bool:
    """Return whether a file is as a draft wrote it."""
    before, sign, digest = text.rpartition(_SIGNATURE)
    return bool(sign) and digest.strip() == _digest(before)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def missing(key: str, what: str) -> list[str]:
    """Return a comment for a key that a person must fill in."""
    return [f"# NOT FOUND: {what}. Fill in {key}:", f"# {key}", '# css = "…"', ""]
