"""Generated Chinese news prose: headlines, paragraphs, people, accounts, ids and addresses from a seed.

The same seed generates the same words on every Python version (only ``random.Random`` seeded by a string, and its
``random``, ``randrange`` and ``choice``, are used). Headlines and sentences of one ``Prose`` never repeat.
"""

from __future__ import annotations

import html
import random
import string
from datetime import datetime, timedelta

from crawler.regression import words

BASE32 = string.digits + string.ascii_uppercase[:22]


class Prose:
    """A source of words. ``seed`` is any string, such as the name of the fixture that uses it."""

    def __init__(self, seed: str) -> None:
        self._rng = random.Random(f"portal:{seed}")  # noqa: S311 - words, not secrets
        self._said: set[str] = set()
        self._recent: list[str] = []

    def pick(self, choices: list[str] | tuple[str, ...]) -> str:
        """Return one of ``choices``."""
        return self._rng.choice(choices)

    def below(self, limit: int) -> int:
        """Return a number from 0 to ``limit - 1``."""
        return self._rng.randrange(limit)

    def between(self, low: int, high: int) -> int:
        """Return a number from ``low`` to ``high``, both included."""
        return low + self._rng.randrange(high - low + 1)

    def chance(self, share: float) -> bool:
        """Return True in ``share`` of the calls."""
        return self._rng.random() < share

    def hexa(self, length: int) -> str:
        """Return ``length`` lower-case hexadecimal digits."""
        return "".join(self._rng.choice("0123456789abcdef") for _ in range(length))

    def digits(self, length: int) -> str:
        """Return ``length`` digits, the first not 0."""
        return str(self.between(1, 9)) + "".join(self._rng.choice(string.digits) for _ in range(length - 1))

    def base32(self, length: int) -> str:
        """Return ``length`` base-32 digits, as in article ids."""
        return "".join(self._rng.choice(BASE32) for _ in range(length))

    def person(self) -> str:
        """Return the name of an invented person."""
        return self.pick(words.SURNAMES) + self.pick(words.GIVEN)

    def town(self) -> str:
        """Return the name of an invented place."""
        return self.pick(words.TOWNS)

    def media(self) -> str:
        """Return the name of an invented newspaper or station."""
        return self.pick(words.MEDIA_HEAD) + self.pick(words.MEDIA_TAIL)

    def account(self) -> str:
        """Return the name of an invented account (号)."""
        return self.pick(words.HAO_HEAD) + self.pick(words.HAO_TAIL)

    def slogan(self) -> str:
        """Return an account's description of itself."""
        return self._fill(self.pick(words.SLOGANS))

    def headline(self) -> str:
        """Return a new headline."""
        return self._new(words.HEADLINES)

    def sentence(self) -> str:
        """Return a new sentence."""
        return self._new(words.SENTENCES)

    def paragraph(self, sentences: int | None = None) -> str:
        """Return a paragraph of ``sentences`` sentences (by default one to four)."""
        return "".join(self.sentence() for _ in range(sentences or self.between(1, 4)))

    def article(self, paragraphs: int) -> list[str]:
        """Return the paragraphs of an article, with an ending."""
        return [self.paragraph() for _ in range(paragraphs - 1)] + [self._new(words.ENDINGS)]

    def subhead(self) -> str:
        """Return a heading between paragraphs."""
        return self._new(words.SUBHEADS)

    def caption(self) -> str:
        """Return the caption of a picture."""
        return self._new(words.CAPTIONS)

    def comment(self) -> str:
        """Return a reader's comment."""
        return self._new(words.COMMENTS)

    def keywords(self, count: int) -> list[str]:
        """Return ``count`` different keywords."""
        pool = [*words.TOPICS, *words.THINGS, *words.OFFICES]
        chosen: list[str] = []
        while len(chosen) < count:
            word = self.pick(pool)
            if word not in chosen:
                chosen.append(word)
        return chosen

    def moment(self, day: datetime, back_hours: int = 48) -> datetime:
        """Return a time up to ``back_hours`` before ``day``, never on a full minute (so that the seconds matter)."""
        found = day - timedelta(seconds=self.between(60, back_hours * 3600))
        return found.replace(microsecond=0, second=found.second or 7)

    def decorate(self, text: str) -> str:
        """Return ``text`` as HTML with the same words: a part of it bold, linked or in a span, the rest escaped."""
        if len(text) < 12:
            return html.escape(text, quote=False)
        start = self.between(2, len(text) // 2)
        stop = min(len(text) - 1, start + self.between(2, 8))
        before, inner, after = (
            html.escape(part, quote=False) for part in (text[:start], text[start:stop], text[stop:])
        )
        if inner != inner.strip():
            return before + inner + after
        kind = self.pick(("strong", "b", "link", "span"))
        if kind == "link":
            code = self.hexa(12)
            title = html.escape(text[start:stop])
            inner = f'<a href="/keywords/{code[0]}/{code[1]}/{code}/1.html" title="{title}" target="_blank">{inner}</a>'
        elif kind == "span":
            inner = f'<span style="text-indent: 2em; font-size: 16px;">{inner}</span>'
        else:
            inner = f"<{kind}>{inner}</{kind}>"
        return before + inner + after

    def _new(self, moulds: tuple[str, ...]) -> str:
        while True:
            mould = self.pick(moulds)
            text = self._fill(mould)
            if text not in self._said and mould not in self._recent:
                self._said.add(text)
                self._recent = [*self._recent, mould][-len(moulds) * 2 // 3 :]
                return text

    def _fill(self, mould: str) -> str:
        out: list[str] = []
        for literal, field, _, _ in string.Formatter().parse(mould):
            out.append(literal)
            if field:
                out.append(self._word(field))
        return "".join(out)

    def _word(self, field: str) -> str:
        match field:
            case "person":
                return self.person()
            case "town":
                return self.town()
            case "media":
                return self.media()
            case "num":
                return str(self.between(11, 990))
            case "small":
                return str(self.between(2, 9))
            case "age":
                return str(self.between(19, 88))
            case "month":
                return str(self.between(1, 12))
            case "day":
                return str(self.between(1, 28))
            case "hour":
                return str(self.between(6, 22))
            case _:
                return self.pick(LISTS[field])


LISTS: dict[str, list[str] | tuple[str, ...]] = {
    "country": words.COUNTRIES,
    "office": words.OFFICES,
    "company": words.COMPANIES,
    "latin": words.LATIN,
    "thing": words.THINGS,
    "action": words.ACTIONS,
    "time": words.TIMES,
    "feel": words.FEELINGS,
    "reason": words.REASONS,
    "result": words.RESULTS,
    "unit": words.UNITS,
    "topic": words.TOPICS,
}
