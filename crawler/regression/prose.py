"""Chinese news prose that nobody wrote: headlines, paragraphs, people, accounts, ids and addresses from one seed.

The same seed gives the same words on every Python version (only ``random.Random`` seeded by a string, and its
``random``, ``randrange`` and ``choice``, are used). Headlines and sentences of one ``Prose`` never repeat.
"""

from __future__ import annotations

import random
import string

from . import words


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

    def hexa(self, length: int) -> str:
        """``length`` lower-case hexadecimal digits."""
        return "".join(self._rng.choice("0123456789abcdef") for _ in range(length))

    def digits(self, length: int) -> str:
        """``length`` digits, the first not 0."""
        return str(self.between(1, 9)) + "".join(self._rng.choice(string.digits) for _ in range(length - 1))

    def person(self) -> str:
        """Return the name of a person who does not exist."""
        return self.pick(words.SURNAMES) + self.pick(words.GIVEN)

    def town(self) -> str:
        """Return the name of a place that does not exist."""
        return self.pick(words.TOWNS)

    def media(self) -> str:
        """Return the name of a newspaper or station that does not exist."""
        return self.pick(words.MEDIA_HEAD) + self.pick(words.MEDIA_TAIL)

    def account(self) -> str:
        """Return the name of an account (号) that does not exist."""
        return self.pick(words.HAO_HEAD) + self.pick(words.HAO_TAIL)

    def slogan(self) -> str:
        """Return what an account says of itself."""
        return self._fill(self.pick(words.SLOGANS))

    def headline(self) -> str:
        """Return a headline that this source has not given before."""
        return self._new(words.HEADLINES)

    def sentence(self) -> str:
        """Return a sentence that this source has not given before."""
        return self._new(words.SENTENCES)

    def paragraph(self, sentences: int | None = None) -> str:
        """Return a paragraph of ``sentences`` sentences (one to four when not given)."""
        return "".join(self.sentence() for _ in range(sentences or self.between(1, 4)))

    def subhead(self) -> str:
        """Return a heading between paragraphs."""
        return self._new(words.SUBHEADS)

    def caption(self) -> str:
        """Return what stands under a picture."""
        return self._new(words.CAPTIONS)

    def comment(self) -> str:
        """Return what a reader says."""
        return self._new(words.COMMENTS)

    def keywords(self, count: int) -> list[str]:
        """``count`` different key words."""
        pool = [*words.TOPICS, *words.THINGS, *words.OFFICES]
        chosen: list[str] = []
        while len(chosen) < count:
            word = self.pick(pool)
            if word not in chosen:
                chosen.append(word)
        return chosen

    def script(self, lines: int) -> str:
        """Return a script of `lines` lines that holds markup, as those of portals do."""
        rows = [
            f"  if (/{self.hexa(6)}|mobile/.test(ua) && conf['{self.hexa(4)}'] < {self.below(9)}) "
            f"{{ list.push('<div class=\"item\" data-k=\"{row}\"><h3>' + d.t{self.below(9)} + '<\\/h3><\\/div>'); }}"
            for row in range(lines)
        ]
        head = [
            "(function (win) {",
            "  var ua = win.navigator.userAgent, conf = {}, list = [];",
            "  var tpl = '<h1>标题模板</h1><div class=\"article\"><p>模板里的正文不是正文</p></div>';",
        ]
        return "\n".join([*head, *rows, "})(window);"])

    def style(self, rules: int) -> str:
        """Return a style sheet of `rules` rules."""
        return "\n".join(
            f".t{row}_{self.hexa(4)} {{ margin: {self.below(9)}px 0; color: #{self.hexa(3)}; content: '推荐'; }}"
            for row in range(rules)
        )

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
